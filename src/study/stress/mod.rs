//! The stress run: the workloads as phases, one after the other in this process, under one window of full tracking.
//!
//! A probe only measures time. The stress run observes everything, and its times are only for the record. A sampler
//! reads the counters while a phase runs (`timeline`). An observer between the workload and memscope keeps the real
//! types of named values (`observer`). At the peak of a phase, the blocks that memscope reports as live are laid out in
//! their pages ([`heap`]). The result is a [`Record`], from which the console's figures and the memory analysis are
//! drawn.

pub mod chart;
pub mod heap;
mod observer;
mod record;
pub mod summary;
mod timeline;

pub(crate) use observer::Observer;
pub use record::{Amount, HeapSnapshot, Phase, Record, SCHEMA, Slice};

use crate::report::origin::Origin;
use crate::tracking::memscope::NamedValues;
use crate::tracking::{Level, PauseGuard, Session, counting};
use crate::worker::probe::{Truth, check_switch};
use crate::worker::task::TaskError;
use crate::workloads::{Digest, Scale, Workload, pools};
use std::time::Duration;
use timeline::Timeline;

/// Runs the workloads as phases under full tracking. Call this once in a process.
///
/// A separate thread calls `tick` at intervals with the allocations so far; `on_phase` is called after each phase.
/// Their allocations are neither tracked nor counted.
///
/// # Errors
/// If the program's global allocator is not [`SwitchedAllocator`](crate::tracking::SwitchedAllocator), or the system
/// does not start the threads.
pub fn run(
    workloads: &[Workload],
    scale: Scale,
    threads: usize,
    origin: Origin,
    tick: impl Fn(u64) + Send + 'static,
    mut on_phase: impl FnMut(&Phase, &[HeapSnapshot]),
) -> Result<Record, TaskError> {
    check_switch()?;
    pools::start(threads)?;
    let session = Session::prepare(Level::Full, true);
    let start = counting::totals();
    let timeline = Timeline::start(tick);
    let observer = Observer::new(session.tracker().clone(), timeline.clock());

    let mut leaked = Digest::default();
    let mut phases = Vec::with_capacity(workloads.len());
    session.window(|| {
        for &workload in workloads {
            let (began, counts_before) = quietly(|| timeline.mark());
            observer.enter(workload);
            let digest = workload.run(&observer, scale);
            quietly(|| {
                let (ended, counts) = timeline.mark();
                observer.look("after the phase");
                leaked.leaked_allocations += digest.leaked_allocations;
                leaked.leaked_bytes += digest.leaked_bytes;
                let slices = timeline.slices(began, ended);
                let phase = Phase {
                    workload,
                    began_ns: nanoseconds(began),
                    ended_ns: nanoseconds(ended),
                    truth: counts.since(&counts_before).into(),
                    variables: digest.variables,
                    slices,
                };
                on_phase(&phase, &observer.heaps_of(workload));
                phases.push(phase);
            });
        }
    });

    let clock = timeline.stop();
    let duration = clock.now();
    let seen = observer.into_seen();
    Ok(Record {
        schema: SCHEMA,
        origin,
        scale: scale.factor(),
        seed: scale.seed(),
        wait_us: scale.wait_us(),
        threads,
        duration_ns: nanoseconds(duration),
        looking_ns: nanoseconds(clock.looked()),
        truth: Truth::from(counting::totals().since(&start)),
        recorded: session.recorded(),
        of_tracker: seen.of_tracker,
        leaked_allocations: leaked.leaked_allocations,
        leaked_bytes: leaked.leaked_bytes,
        variables: phases.iter().map(|phase| phase.variables).sum(),
        phases,
        types: seen.types,
        types_recorded: session.tracker().variables().map(|variables| variables.by_type()).unwrap_or_default(),
        heaps: seen.heaps,
    })
}

/// Runs `run` hidden from the tracker on this thread.
fn quietly<R>(run: impl FnOnce() -> R) -> R {
    let _paused = PauseGuard::new();
    run()
}

fn nanoseconds(duration: Duration) -> u64 {
    duration.as_nanos() as u64
}
