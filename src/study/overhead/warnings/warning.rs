//! The reasons to distrust a table, in words.

use super::place::Place;
use crate::report::number;
use crate::stats::estimate::Estimate;
use std::fmt;

/// A reason to distrust a run's figures.
#[derive(Clone, Debug, PartialEq)]
pub enum Warning {
    /// Other work was running when the run began.
    BusyCores {
        /// The load, in cores.
        cores: f64,
    },
    /// Untracked differs from itself.
    Noise {
        /// The place.
        at: Place,
        /// The ratio.
        wall: Estimate,
    },
    /// The processor's speed follows its load.
    Governor {
        /// The governors that allow it.
        names: Vec<String>,
    },
    /// The processor may run faster than its nominal frequency.
    Turbo,
    /// The untracked time at the end of a measurement differs from that at its beginning.
    Drift {
        /// The place.
        at: Place,
        /// The median of the last third of the pairs ÷ that of the first third.
        ratio: f64,
    },
    /// The clock saw no time pass in some pairs.
    CoarseClock {
        /// The place.
        at: Place,
        /// The number of pairs without a time.
        untimed: usize,
        /// The number of all pairs.
        pairs: usize,
    },
    /// The hypervisor gave much of the wanted time to other machines.
    Stolen {
        /// The place.
        at: Place,
        /// The part that was stolen.
        share: f64,
    },
    /// Tasks waited for a processor during much of the time.
    Waited {
        /// The place.
        at: Place,
        /// The part of the time in which some task waited.
        share: f64,
    },
    /// Addresses are the same in every process.
    FixedAddresses,
    /// The compiler did not optimise.
    Unoptimised,
    /// A library installed another allocator.
    Allocator {
        /// The allocator.
        name: String,
    },
    /// memscope's own environment variables change how it works.
    Mode {
        /// The variables.
        names: Vec<String>,
    },
    /// An overhead is significant, but its size is uncertain.
    WideInterval {
        /// The place.
        at: Place,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BusyCores { cores } => {
                write!(f, "other programs kept {cores:.1} cores busy when the run began. Close them and measure again.")
            }
            Self::Noise { at, wall } => write!(
                f,
                "{at} differs from itself by {}. Close other programs and measure again.",
                number::percent_interval(*wall)
            ),
            Self::Governor { names } => write!(
                f,
                "the frequency governor is {}: the clock rate follows the load. Fix it: `sudo cpupower frequency-set \
                 -g performance`.",
                names.join(" and ")
            ),
            Self::Turbo => write!(
                f,
                "turbo is on: the clock rate follows the temperature. Turn it off (intel_pstate/no_turbo or \
                 cpufreq/boost in /sys/devices/system/cpu)."
            ),
            Self::Drift { at, ratio } => write!(
                f,
                "{at}: untracked drifted by {} % from first pairs to last. Let the machine settle and measure again.",
                number::percent(*ratio)
            ),
            Self::CoarseClock { at, untimed, pairs } => write!(
                f,
                "{at}: the clock is too coarse: {untimed} of {pairs} pairs show no elapsed time. Use a larger \
                 `--scale`."
            ),
            Self::Stolen { at, share } => write!(
                f,
                "{at}: the host gave other machines {} % of the requested time. Measure again when it is quieter.",
                number::decimal(100.0 * share, 0)
            ),
            Self::Waited { at, share } => write!(
                f,
                "{at}: tasks waited for a core {} % of the time. Close other programs and measure again.",
                number::decimal(100.0 * share, 0)
            ),
            Self::FixedAddresses => write!(
                f,
                "address randomisation is off: every pair has the same memory layout. Set kernel.randomize_va_space=2, \
                 and do not use `setarch -R`."
            ),
            Self::Unoptimised => write!(
                f,
                "this is a debug build: its figures are not those of a release build. Use `cargo run --release`."
            ),
            Self::Allocator { name } => write!(
                f,
                "the trackers allocate from {name} instead of the system's allocator. Run without that library, or \
                 compare only with runs that use it."
            ),
            Self::Mode { names } => write!(
                f,
                "the environment changes how memscope works: {}. Unset what you do not need.",
                names.join(" and ")
            ),
            Self::WideInterval { at } => write!(
                f,
                "{at}: interval wider than the effect. Take more pairs: `--pairs` or Criterion's `--measurement-time`."
            ),
        }
    }
}
