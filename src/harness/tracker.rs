//! The program of a crate with a tracker of its own: [`tracker!`](crate::tracker!).

use crate::platform::console;
use crate::tracking::{AllocationTracker, Tracked};
use crate::worker::installed::Installed;
use std::process::ExitCode;

/// Makes a program that memscope-bench measures your own tracker with. It is the whole of a target called `tracker`.
///
/// The macro installs the allocator of an [`AllocationTracker`] and makes `main`. `memscope-bench trackers --tracker`
/// and `memscope-bench conform` start the program. docs/TRACKERS.md leads through it.
#[macro_export]
macro_rules! tracker {
    ($tracker:ty) => {
        #[global_allocator]
        static MEMSCOPE_BENCH_TRACKER: $crate::Tracked<<$tracker as $crate::AllocationTracker>::Allocator> =
            $crate::Tracked::new(<$tracker as $crate::AllocationTracker>::ALLOCATOR);

        fn main() -> ::std::process::ExitCode {
            $crate::harness::tracker::main::<$tracker>(&MEMSCOPE_BENCH_TRACKER)
        }
    };
}

/// Runs the program: a worker, and in a build with the command line also single probes.
pub fn main<T: AllocationTracker>(tracked: &'static Tracked<T::Allocator>) -> ExitCode {
    match Installed::<T>::own(tracked) {
        Ok(tracker) => run(&tracker),
        Err(why) => {
            console::complain(format_args!("error: {why}"));
            ExitCode::from(2)
        }
    }
}

#[cfg(feature = "studies")]
fn run<T: AllocationTracker>(tracker: &Installed<T>) -> ExitCode {
    crate::cli::run_tracker(tracker)
}

#[cfg(not(feature = "studies"))]
fn run<T: AllocationTracker>(tracker: &Installed<T>) -> ExitCode {
    crate::worker::serve::run_with(|task, fault| tracker.serve(task, fault))
}
