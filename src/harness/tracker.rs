//! The program of another crate's tracker: [`tracker!`](crate::tracker!).

use crate::platform::console;
use crate::tracking::{AllocationTracker, Tracked};
use crate::worker::installed::Installed;
use std::process::ExitCode;

/// Defines the program by which memscope-bench measures your own tracker. One call makes a complete target called
/// `tracker`.
///
/// The macro installs the allocator of an [`AllocationTracker`] and defines `main`. `memscope-bench trackers --tracker`
/// and `memscope-bench conform` start the program. See docs/TRACKERS.md for a guide.
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

/// Runs the program: a worker, and in a build with the command line also a single probe.
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
