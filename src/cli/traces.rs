//! `memscope-bench validate --traces`: measures workloads directly, and compares replays and predictions of their
//! traces.

use crate::cli::arguments::{KeepArguments, bar, or_nameable, show};
use crate::cli::sessions::Shared;
use crate::cli::{Error, journal};
use crate::platform::files::{self, Versioned};
use crate::platform::scratch::Scratch;
use crate::platform::system::Machine;
use crate::report::origin::Origin;
use crate::schedule::measurement::Series;
use crate::schedule::plan::{Effort, Plan};
use crate::study::calls::Calls;
use crate::study::predict::Prediction;
use crate::study::replay::{Gaps, TraceLauncher};
use crate::study::traces::{Accuracy, Program, SCHEMA, Traces, Way};
use crate::trace::{self, Summary, Trace};
use crate::tracking::Level;
use crate::worker::launcher::Launcher;
use crate::worker::probe::{Observation, Request};
use crate::worker::task::Task;
use crate::worker::tasks::recorded;
use crate::workloads::{Workload, pools};
use std::path::Path;

/// The level whose overhead is estimated.
const LEVEL: Level = Level::Allocator;

/// A workload whose trace is ready to replay.
struct Ready {
    workload: Workload,
    recorded: Summary,
    replays: TraceLauncher,
    predicted: Result<Prediction, String>,
}

/// Measures, saves and reports.
pub(super) fn run(shared: &Shared, pairs: usize) -> Result<(), Error> {
    let files = shared.results.files(Traces::KIND);
    files.prepare::<Traces>()?;
    let path = shared.results.output.join("calls.json");
    let calls = usable(files::read_if_there(&path)?, &path, &Machine::here());
    let launcher = shared.results.launcher()?;
    let origin = Origin::of_this_command();
    let no_folder = |error| Error::Other(format!("cannot create a folder for the traces: {error}"));
    let scratch = Scratch::new().map_err(no_folder)?;
    let request = |workload, level| {
        Request::at(shared.scale.map(|scale| scale.factor()), workload, level, pools::default_threads())
    };
    let ready = or_nameable(shared.workloads)
        .into_iter()
        .map(|workload| ready(&launcher, request(workload, LEVEL), scratch.path(), &calls))
        .collect::<Result<Vec<Ready>, Error>>()?;

    let mut plan = Plan::new(Effort::pairs(pairs));
    for Ready { workload, recorded, replays, .. } in &ready {
        for level in [Level::Untracked, LEVEL, Level::Recording] {
            plan.add(&launcher, Series::Overhead, request(*workload, level));
        }
        plan.add(replays, Series::Overhead, Request::of_trace(recorded.threads as usize, LEVEL));
    }
    let bar = bar(plan.pairs(), "pairs");
    let (measurements, _) = plan.measure(None, |progress| show(&bar, progress))?;
    bar.finish_and_clear();

    let mut measurements = measurements.into_iter();
    let programs = ready.into_iter().map_while(|Ready { recorded, predicted, .. }| {
        let mut next = || measurements.next();
        let (control, direct, recording, replayed) = (next()?, next()?, next()?, next()?);
        let (predicted, not_predicted) = match predicted {
            Ok(prediction) => (Some(prediction.overhead), None),
            Err(why) => (None, Some(why)),
        };
        Some(Program { recorded, control, direct, recording, replayed, predicted, not_predicted })
    });
    let traces = Traces { schema: SCHEMA, origin, level: LEVEL, programs: programs.collect() };
    journal::finish(&files, &traces, None, shared.results.format(), KeepArguments { keep: false })
}

/// Returns the costs of calls for predictions, or the reason why there can be none: the predicted overheads are compared
/// with those of this machine, which costs of another one cannot predict.
fn usable(calls: Option<Calls>, path: &Path, here: &Machine) -> Result<Calls, String> {
    let lack = |what| format!("{} {what}: measure it with `memscope-bench calls`", path.display());
    let calls = calls.ok_or_else(|| lack("is missing"))?;
    let is_of_here = calls.origins().iter().all(|(_, origin)| origin.machine.is(here));
    is_of_here.then_some(calls).ok_or_else(|| lack("is from another machine"))
}

/// Returns the accuracy of a way, with its level, from the file of an earlier run on this machine; `None` if there is
/// no file, or it is from another machine.
///
/// # Errors
/// If the file exists and cannot be read.
pub(super) fn accuracy(path: &Path, way: Way) -> Result<Option<(Level, Accuracy)>, Error> {
    let traces = files::read_if_there::<Traces>(path)?;
    Ok(traces.and_then(|traces| traces.accuracy_on(&Machine::here(), way)))
}

/// Records a workload, and prepares its replay and its prediction.
fn ready(launcher: &Launcher, probe: Request, folder: &Path, calls: &Result<Calls, String>) -> Result<Ready, Error> {
    let workload = probe.workload;
    let failed = |failure| Error::Other(format!("{workload} cannot be recorded or replayed: it {failure}"));
    let path = folder.join(format!("{workload}.trace"));
    let task = Task::Record(recorded::Request { probe, trace: path.display().to_string() });
    launcher.run_task::<Observation>(&task).map_err(failed)?;
    let trace = Trace::read(&path)?;
    let plan = folder.join(format!("{workload}.plan"));
    trace::plan::Plan::of(&trace)?.write(&plan)?;
    let replays = TraceLauncher::new(launcher, &plan, Gaps::Recorded).map_err(failed)?;
    let predicted = calls
        .as_ref()
        .map_err(Clone::clone)
        .and_then(|calls| Prediction::of(workload.to_string(), &trace, LEVEL, calls).map_err(|lack| lack.to_string()));
    // The program of the trace is this one, at any path.
    let recorded = Summary { program: workload.to_string(), ..trace.summary() };
    Ok(Ready { workload, recorded, replays, predicted })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_of_another_machine_predict_nothing() {
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/calls-v1.json");
        let calls: Calls = files::read(&kept).expect("a file of calls");
        let there = calls.origins()[0].1.machine.clone();
        let elsewhere = Machine { processor: "an abacus".to_owned(), ..there.clone() };
        let path = Path::new("calls.json");
        assert!(usable(Some(calls.clone()), path, &there).is_ok());
        let why = usable(Some(calls), path, &elsewhere).expect_err("it is from another machine");
        assert_eq!(why, "calls.json is from another machine: measure it with `memscope-bench calls`");
        assert!(usable(None, path, &there).is_err_and(|why| why.contains("is missing")));
    }
}
