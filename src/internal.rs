//! The items that this package's own programs, benchmarks and tests use in addition to the facade. They may change at
//! any time.

#[cfg(feature = "criterion")]
pub mod bench {
    pub use crate::bench::{Package, Programs, operations, overhead};
}

pub mod builds {
    pub use crate::builds::outcome;
}

pub mod cli {
    pub use crate::cli::{
        Cli, Environment, bar, exit_code, page, read_command_line, run_probe, run_tracker, show, stress,
    };
}

pub mod platform {
    pub use crate::platform::{conditions, console, files, system, text};
}

pub mod report {
    pub use crate::report::{format, number, origin};
}

pub mod schedule {
    pub use crate::schedule::{estimate, links, measurement, pairing, plan};
}

pub mod stats {
    pub use crate::stats::estimate;
}

pub mod study {
    pub use crate::study::{
        Files, Settled, Study, accuracy, calls, check, claims, compare, conformance, counts, draw, footprint, kept,
        modes, overhead, print, programs, replay, sessions, soak, stress, traces, trackers, validation, why,
    };
}

pub mod trace {
    pub use crate::trace::plan::Plan;
    pub use crate::trace::{Deed, Kinds, Step, Summary, Trace, TraceError, format, made};
}

pub mod tracking {
    pub use crate::tracking::counting::{CLASS_LIMITS, Counts};
    pub use crate::tracking::{Level, Recorded, SwitchedAllocator, counted, memscope, references};
}

pub mod worker {
    pub use crate::worker::{failure, installed, launcher, probe, task, tasks};
}

pub mod workloads {
    pub use crate::workloads::{Digest, Scale, Workload, pools, registered};
}
