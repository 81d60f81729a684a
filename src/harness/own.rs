//! Workloads of another crate: their definition by `harness!`, and their registration.

use crate::harness::Context;
use crate::harness::context::Named;
#[cfg(feature = "studies")]
use crate::study::stress::Observer;
use crate::tracking::VariableTracker;
use crate::worker::tasks::detection::ledger::Ledger;
use crate::workloads::{self, Definition, Digest, RegistrationError, Scale, Untracked};

/// A workload of another crate. [`harness!`](crate::harness!) implements this trait for each function.
pub trait Own: 'static {
    /// The name of the function.
    const NAME: &'static str;
    /// True if it runs on several threads.
    const IS_PARALLEL: bool;

    /// Runs the workload once, and returns a value that depends on its results.
    fn run(context: &Context, scale: Scale) -> u64;
}

/// The scale of a short run, at which workloads of other crates take about 10 ms.
const SHORT_SCALE: f64 = 1.0;

/// Registers a workload for all trackers that run workloads.
///
/// # Errors
/// If another workload has its name.
pub fn register<W: Own>() -> Result<(), RegistrationError> {
    register_for::<W, Untracked>()?;
    register_for::<W, VariableTracker>()?;
    register_for::<W, Ledger>()?;
    #[cfg(feature = "studies")]
    register_for::<W, Observer>()?;
    Ok(())
}

fn register_for<W: Own, T: Named>() -> Result<(), RegistrationError> {
    // The registry lives as long as the program.
    workloads::register::<T>(Box::leak(Box::new(Definition {
        name: W::NAME,
        title: W::NAME,
        short_scale: SHORT_SCALE,
        is_parallel: W::IS_PARALLEL,
        run: run::<W, T>,
    })))
}

/// Runs a workload with a tracker.
fn run<W: Own, T: Named>(tracker: &T, scale: Scale) -> Digest {
    let context = Context::new(tracker.workload_tracker());
    let checksum = W::run(&context, scale);
    context.digest(checksum)
}
