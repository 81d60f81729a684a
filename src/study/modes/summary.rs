//! The page: answers in sentences, the table of modes, and notes.

use super::mode::{Mode, added_ns};
use super::{FeatureBuild, Modes, answer};
use crate::platform::list::each_once;
use crate::report::document::{Column, Document, Table, left, right};
use crate::report::number;
use crate::schedule::measurement::Measurement;
use crate::stats::share::Share;
use crate::study::overhead;
use crate::study::overhead::record::Results;
use crate::tracking::{RecordingKind, Timing};
use crate::worker::failure::Failure;
use crate::workloads::Workload;

/// Returns the page.
pub(super) fn summary(modes: &Modes) -> Document {
    let mut document = Document::default();
    document.heading(format!("Which mode? {} {}", modes.origin.memscope.name, modes.origin.memscope.version));
    document.notes(answer::sentences(modes));
    document.table(table(modes));
    document.notes(notes(modes));
    document
}

fn table(modes: &Modes) -> Table {
    let workloads = workloads(modes);
    let costs = workloads.iter().map(|workload| left(format!("CPU time, {workload}")).short(workload.name()));
    let columns: Vec<Column> = [left("mode")]
        .into_iter()
        .chain(costs)
        .chain([
            right("peak memory").short("memory"),
            left("records").off_terminal(),
            right("sees"),
            right("frees").off_terminal(),
            right("right thread").short("thread"),
            right("right name").short("name"),
            right("right task").short("task"),
            right("keeps"),
        ])
        .collect();
    let mut table = Table::new(columns);
    for mode in modes.modes() {
        let costs = workloads.iter().map(|&workload| cost(&mode, workload));
        let facts = facts(&mode);
        table.row([mode.level.to_string()].into_iter().chain(costs).chain(facts).collect::<Vec<_>>());
    }
    table
}

/// Returns the workloads, in the order in which they were measured.
fn workloads(modes: &Modes) -> Vec<Workload> {
    each_once(modes.measurements.iter().map(|measurement| measurement.workload))
}

/// Returns the cost of a mode on a workload in words, or its outcome.
fn cost(mode: &Mode, workload: Workload) -> String {
    let found = mode.measurements.iter().find(|measurement| measurement.workload == workload);
    let Some(measurement) = found else { return String::new() };
    let cost = overhead::summary::cpu_in_words(measurement);
    let cpu = measurement.overhead().and_then(|overhead| overhead.cpu);
    let is_added = mode.level.timing() == Timing::Process && cpu.is_some_and(|cpu| !cpu.contains_one());
    match added_ns(measurement).filter(|&added| is_added && added > 0.0) {
        Some(added) => format!("{cost}, +{}", number::time(added)),
        None => cost,
    }
}

/// Returns the texts of the columns after the costs.
fn facts(mode: &Mode) -> [String; 8] {
    let dash = || "—".to_owned();
    if mode.lack().is_some() {
        return std::array::from_fn(|_| String::new());
    }
    let share = |share: Option<Share>| share.map_or_else(dash, |share| format!("{} of {}", share.part, share.of));
    let planted = mode.planted;
    let sees = match mode.sees() {
        _ if mode.records_nothing() => "nothing".to_owned(),
        sees => number::fidelity(sees),
    };
    // A mode that records nothing attributes nothing.
    let known = planted.filter(|_| !mode.records_nothing());
    [
        mode.memory().map_or_else(|| "unknown".to_owned(), |memory| format!("×{}", number::factor(memory))),
        records(mode).to_owned(),
        sees,
        mode.sees_frees().filter(|_| mode.is_of_events()).map_or_else(dash, |frees| number::fidelity(Some(frees))),
        share(known.and_then(|planted| planted.threads)),
        share(known.and_then(|planted| planted.names)),
        share(known.and_then(|planted| planted.tasks)),
        known.and_then(|planted| planted.kept_bytes).map_or_else(dash, |bytes| number::bytes(bytes.max(0.0))),
    ]
}

/// Returns the documented records of a mode.
fn records(mode: &Mode) -> &'static str {
    match mode.level.records() {
        RecordingKind::Nothing => "nothing",
        RecordingKind::Counts => "counts",
        RecordingKind::NamedValues => "named values",
        RecordingKind::SampledValues => "some named values",
        RecordingKind::Events | RecordingKind::Backtraces => "allocations",
        RecordingKind::Samples => "some allocations",
    }
}

fn notes(modes: &Modes) -> Vec<String> {
    let mut lines: Vec<String> =
        modes.modes().iter().map(|mode| format!("{}: {}.", mode.level, mode.level.about())).collect();
    let all = modes.modes();
    if all.iter().any(|mode| mode.level.timing() == Timing::Process) {
        lines.push(
            "The figures of quick-start, periodic, atexit and auto-signal cover whole processes from start to end, as \
             the system accounts for the child, against `whole-process`. They include the export and are not \
             comparable with the figures of a window."
                .to_owned(),
        );
    }
    lines.extend(modes.feature_builds.iter().map(|FeatureBuild { feature, build, not_built }| match not_built {
        None => format!("The mode that needs memscope's feature `{feature}` was measured in the build {build}."),
        Some(why) => format!("The build {build} failed: {why}."),
    }));
    lines.push(
        "sees: allocations or named values, recorded ÷ happened. right …: the share of the planted ones that are \
         attributed to the right one. keeps: bytes kept per freed allocation. A dash: the mode has no such record."
            .to_owned(),
    );
    let disk = all.iter().filter_map(|mode| Some((mode.level, mode.planted?.disk_bytes.filter(|&bytes| bytes > 0)?)));
    lines.extend(disk.map(|(level, bytes)| format!("{level} writes {} of files.", number::bytes(bytes as f64))));
    for outcome in modes.planted.iter() {
        match &outcome.failure {
            None | Some(Failure::Unsupported { .. }) => {}
            Some(failure) => lines.push(format!("{}: the known program {failure}", outcome.level)),
        }
    }
    // A mode that the version lacks is reported once above.
    let is_reported = |measurement: &&Measurement| !matches!(measurement.failure(), Some(Failure::Unsupported { .. }));
    let measurements = modes.measurements.iter().filter(is_reported).cloned().collect();
    let results = Results { measurements, ..Results::begin(modes.origin.clone()) };
    lines.extend(overhead::summary::notes_by_cpu(&results));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::origin::Origin;
    use crate::study::modes::SCHEMA;

    #[test]
    fn the_page_names_the_builds_with_features() {
        let build = |feature: &str, not_built: Option<&str>| FeatureBuild {
            feature: feature.to_owned(),
            build: format!("0.1.0+{feature}"),
            not_built: not_built.map(str::to_owned),
        };
        let modes = Modes {
            schema: SCHEMA,
            origin: Origin::here("memscope-bench modes 0.1.0 --with-features".to_owned()),
            measurements: Vec::new(),
            planted: Vec::new(),
            feature_builds: vec![build("backtrace", None), build("atexit", Some("it has no such feature"))],
        };
        let notes = notes(&modes);
        for line in [
            "The mode that needs memscope's feature `backtrace` was measured in the build 0.1.0+backtrace.",
            "The build 0.1.0+atexit failed: it has no such feature.",
        ] {
            assert!(notes.iter().any(|note| note == line), "{line}: {notes:?}");
        }
    }
}
