//! The location of the cost: the functions and groups of functions that execute the added instructions.
//!
//! callgrind's profile of a tracked window minus the profile of an untracked one shows the added instructions, by call
//! path. For two builds, the difference between their added instructions is reported. The profile excludes the kernel's
//! work, so the report adds page faults, the kernel's time from ordinary pairs, and the tracker's memory.

mod changes;
mod chart;
mod classify;
mod cost;
mod explain;
pub mod group;
pub mod record;
mod summary;

pub use changes::{changed, top_changes};
pub(crate) use explain::{check_explainable, explain};

use crate::schedule::measurement::Series;
use crate::schedule::pairing::{MeasurementRun, checked};
use crate::study::footprint::Point;
use crate::study::instructions::InstructionCounter;
use crate::tracking::Level;
use crate::tracking::memscope::MemscopeBuild;
use crate::worker::failure::Failure;
use crate::worker::launcher::Launcher;
use crate::worker::probe::Request;
use record::{BuildCost, CostProfile, TrackerMemory};

/// The number of ordinary pairs of a build. Page faults hardly vary from run to run.
pub const PAIRS: usize = 6;

/// The number of steps of a build for a progress bar: the trial, two profiles, and the pairs.
pub(crate) const STEPS: usize = 3 + PAIRS;

/// Measures one build. `progress` is called after each of [`STEPS`], unless a probe fails.
pub(crate) fn measure(
    name: String,
    memscope: MemscopeBuild,
    counter: &InstructionCounter<'_>,
    launcher: &Launcher,
    request: &Request,
    mut progress: impl FnMut(),
) -> BuildCost {
    let mut run = MeasurementRun::begin(launcher, Series::Overhead, *request);
    let costs = match run.failure() {
        Some(failure) => Err(failure.clone()),
        None => {
            progress();
            profile(counter, launcher, request, &mut progress).and_then(|profile| {
                let memory = memory(launcher, request)?;
                Ok((profile, memory))
            })
        }
    };
    if costs.is_ok() {
        for _ in 0..PAIRS {
            run.pair();
            progress();
        }
    }
    let pairs = run.finish();
    let (profile, memory, failure) = match costs {
        Ok((profile, memory)) => (Some(profile), memory, pairs.failure().cloned()),
        Err(failure) => (None, None, Some(failure)),
    };
    BuildCost { name, memscope, failure, profile, memory, pairs }
}

/// Returns the instructions that tracking adds, by location. `progress` is called after each of the two profiles.
fn profile(
    counter: &InstructionCounter<'_>,
    launcher: &Launcher,
    request: &Request,
    mut progress: impl FnMut(),
) -> Result<CostProfile, Failure> {
    // This run is not under valgrind: it counts the allocations, and its digest is the expected one.
    let seen = launcher.run(&Request { level: Level::Untracked, count: true, ..*request })?;
    let allocations = seen.truth.map_or(0, |truth| truth.allocations);
    let mut profile = |level| {
        let profile = counter.profile(&Request { level, count: false, ..*request }, seen.digest);
        progress();
        profile
    };
    let untracked = profile(Level::Untracked)?;
    let tracked = profile(request.level)?;
    Ok(cost::cost(&untracked, &tracked, allocations))
}

/// Returns the tracker's memory; `None` if a probe does not count it.
fn memory(launcher: &Launcher, request: &Request) -> Result<Option<TrackerMemory>, Failure> {
    let counted = |level| launcher.run(&Request { level, count: true, ..*request });
    let untracked = counted(Level::Untracked)?;
    let tracked = checked(counted(request.level)?, untracked.digest)?;
    let point = Point::of(&untracked, &tracked);
    Ok(point.map(|Point { peak_bytes, kept_bytes, .. }| TrackerMemory { peak_bytes, kept_bytes }))
}
