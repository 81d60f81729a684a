//! The program of a crate that measures its own workloads: [`harness!`](crate::harness!).
//!
//! One program is all of these: `cargo bench` with Criterion's flags, the command line of memscope-bench on the crate's
//! workloads, and the worker that runs their probes.

mod context;
mod own;
#[cfg(feature = "studies")]
mod program;
pub mod tracker;

pub use context::Context;
pub use own::{Own, register};

use crate::platform::console;
use crate::workloads::{self, RegistrationError};
use std::process::ExitCode;

/// Measures the overhead of tracking on functions of your own crate. One call makes a complete bench target.
///
/// ```no_run
/// use memscope_bench::{Context, Scale, harness};
///
/// /// Splits text into words, and sorts them.
/// fn words(context: &Context, scale: Scale) -> u64 {
///     let text = "the quick brown fox jumps over the lazy dog ".repeat(scale.count(2_000) as usize);
///     let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
///     words.sort();
///     context.track("words", &words);
///     words.iter().map(|word| word.len() as u64).sum()
/// }
///
/// harness!(words);
/// ```
///
/// A workload is a function of a [`Context`] and a [`Scale`](crate::Scale). It does the same work each time, frees
/// everything that it allocates, and returns a value that depends on its results. If the values of two levels differ,
/// they did different work, and the measurement fails. At scale 1 it should take about 10 ms. Naming values is
/// optional. `name(parallel)` declares a workload that runs on several threads.
///
/// The macro installs the switched allocator and defines `main`, so a target has one `harness!` and no other allocator.
/// See docs/OWN.md for a guide.
#[macro_export]
macro_rules! harness {
    ($($workload:ident $(($kind:ident))?),+ $(,)?) => {
        #[global_allocator]
        static MEMSCOPE_BENCH_ALLOCATOR: $crate::SwitchedAllocator = $crate::SwitchedAllocator;

        fn main() -> ::std::process::ExitCode {
            $(
                #[allow(non_camel_case_types)]
                struct $workload {}

                impl $crate::harness::Own for $workload {
                    const NAME: &'static str = ::std::stringify!($workload);
                    const IS_PARALLEL: bool = $crate::harness_is_parallel!($($kind)?);

                    fn run(context: &$crate::Context, scale: $crate::Scale) -> u64 {
                        $workload(context, scale)
                    }
                }
            )+
            let (folder, target) = (::std::env!("CARGO_MANIFEST_DIR"), ::std::env!("CARGO_CRATE_NAME"));
            $crate::harness::main(folder, target, &[$($crate::harness::register::<$workload>),+])
        }
    };
}

/// Returns whether a workload of `harness!` is parallel, by the word after its name.
#[doc(hidden)]
#[macro_export]
macro_rules! harness_is_parallel {
    () => {
        false
    };
    (parallel) => {
        true
    };
}

/// Runs the program: a command of memscope-bench if the first argument is one, and otherwise the bench. `folder` and
/// `target` belong to the crate, and `register` registers its workloads. A copy that is built for a comparison is only
/// a worker.
pub fn main(folder: &str, target: &str, register: &[fn() -> Result<(), RegistrationError>]) -> ExitCode {
    if let Err(error) = register.iter().try_for_each(|register| register()) {
        console::complain(format_args!("error: {error}"));
        return ExitCode::from(2);
    }
    workloads::list_others_alone();
    run(folder, target)
}

#[cfg(feature = "studies")]
fn run(folder: &str, target: &str) -> ExitCode {
    program::run(folder, target)
}

#[cfg(not(feature = "studies"))]
fn run(_: &str, _: &str) -> ExitCode {
    crate::worker::serve::run()
}
