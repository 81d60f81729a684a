//! One workload in depth: each of its measurements with every pair, the command that repeats it, and the raw file.

use super::found::{Found, ResultsFile};
use super::questions::role;
use super::strip;
use crate::platform::files::address;
use crate::platform::list::each_once;
use crate::platform::{itself, shell, text};
use crate::report::document::Part;
use crate::report::html::{self, Html};
use crate::report::number;
use crate::schedule::measurement::{Measurement, Series};
use crate::study::Study;
use crate::study::kept::Kept;
use crate::study::overhead::record::Results;
use crate::tracking::Level;
use crate::workloads::{Scale, Workload};
use askama::Template;
use std::ffi::OsStr;
use std::path::Path;

/// A workload of a file of overheads.
#[derive(Template)]
#[template(path = "workload.html", config = "src/report/html/askama.toml")]
struct WorkloadTemplate {
    name: String,
    title: &'static str,
    /// The overheads in a line.
    overheads: String,
    table: Html,
    strips: Vec<StripView>,
    command: String,
    file: String,
    address: String,
    hash: String,
    /// Criterion's pages of the workload, with their addresses.
    criterion: Vec<(String, &'static str)>,
}

struct StripView {
    caption: String,
    picture: Html,
}

/// Draws each workload of the first file of overheads.
pub(super) fn workloads(found: &Found, folder: &Path, criterion: &Path) -> Vec<Html> {
    let is_overheads = |file: &&ResultsFile| role(file) == "overhead";
    let Some(file) = found.files.iter().find(is_overheads) else { return Vec::new() };
    let Kept::Overhead(results) = &file.kept else { return Vec::new() };
    let shown = results.measurements.iter().filter(|measurement| measurement.series != Series::Control);
    let workloads = each_once(shown.map(|measurement| measurement.workload));
    let of = |workload| Html::of(&workload_of(file, results, workload, folder, criterion));
    workloads.into_iter().map(of).collect()
}

fn workload_of(
    file: &ResultsFile,
    results: &Results,
    workload: Workload,
    folder: &Path,
    criterion: &Path,
) -> WorkloadTemplate {
    let of_series =
        |series| results.series(series).filter(|measurement| measurement.workload == workload).collect::<Vec<_>>();
    let measurements = of_series(Series::Overhead);
    let tracked = measurements.iter().filter(|measurement| measurement.level != Level::Untracked);
    let overheads = tracked.filter_map(|measurement| {
        Some(format!("{} {}", measurement.level, number::overhead(measurement.overhead()?.wall)))
    });
    let own = Results {
        measurements: Series::SHOWN.into_iter().flat_map(of_series).cloned().collect(),
        between_sessions: results.between_sessions.clone(),
        ..Results::begin(results.origin.clone())
    };
    let mut document = own.summary();
    document.parts.retain(|part| !matches!(part, Part::Notes(_)));
    let name = workload.name().to_owned();
    let strips = Series::SHOWN.into_iter().flat_map(of_series).filter_map(|measurement| {
        Some(StripView { caption: caption(measurement), picture: Html::picture(strip::draw(measurement)?) })
    });
    WorkloadTemplate {
        title: workload.title(),
        overheads: number::list(&overheads.collect::<Vec<_>>()),
        table: html::draw(&document, &format!("workload-{name}"), &name),
        strips: strips.collect(),
        command: command(&measurements, workload),
        file: text::one_line(&file.path.display().to_string()),
        address: address(folder, &file.path),
        hash: file.hash.clone(),
        criterion: criterions(workload, folder, criterion),
        name,
    }
}

fn caption(measurement: &Measurement) -> String {
    let overhead = measurement.overhead().map_or_else(|| measurement.lack(), |found| number::overhead(found.wall));
    format!("{}: {overhead}, {}", measurement.name(), number::counted(measurement.pairs.len(), "pair"))
}

/// Returns the command that measures the workload alone, as it was measured.
fn command(measurements: &[&Measurement], workload: Workload) -> String {
    let levels: Vec<String> = measurements
        .iter()
        .filter(|measurement| measurement.level != Level::Untracked)
        .map(|measurement| measurement.level.to_string())
        .collect();
    let quoted = |text: &str| shell::quoted(OsStr::new(text));
    let program = itself::another_command().unwrap_or("cargo run --release --");
    let mut command = format!("{program} measure --workloads {}", quoted(workload.name()));
    if !levels.is_empty() {
        command += &format!(" --tracking {}", quoted(&levels.join(",")));
    }
    if let Some(measurement) = measurements.first() {
        let Measurement { scale, seed, wait_us, threads, .. } = measurement;
        if *scale != workload.short_scale() {
            command += &format!(" --scale {scale}");
        }
        if *seed != Scale::DEFAULT_SEED {
            command += &format!(" --seed {seed}");
        }
        if *wait_us != 0 {
            command += &format!(" --wait-us {wait_us}");
        }
        if workload.is_parallel() {
            command += &format!(" --threads {threads}");
        }
    }
    command
}

/// Returns Criterion's pages of a workload that exist: its times, and its overheads.
fn criterions(workload: Workload, folder: &Path, criterion: &Path) -> Vec<(String, &'static str)> {
    let name = workload.name();
    let groups = [(name.to_owned(), "times"), (format!("{name}-overhead"), "overheads")];
    let page = |(group, what): (String, &'static str)| {
        let page = criterion.join(group).join("report/index.html");
        page.is_file().then(|| (address(folder, &page), what))
    };
    groups.into_iter().filter_map(page).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::control::tests::shifted;
    use std::fs;

    #[test]
    fn a_command_repeats_the_workload_as_it_was_measured() {
        let usual = Measurement { level: Level::Full, scale: 1.5, seed: 1, ..shifted(1.0) };
        let workload = usual.workload;
        let usual = Measurement { scale: workload.short_scale(), seed: Scale::DEFAULT_SEED, ..usual };
        let start = format!("cargo run --release -- measure --workloads {workload} --tracking full");
        assert_eq!(command(&[&usual], workload), start);
        let other = Measurement { scale: 0.5, seed: 7, wait_us: 3, ..usual };
        assert_eq!(command(&[&other], workload), format!("{start} --scale 0.5 --seed 7 --wait-us 3"));
    }

    #[test]
    fn only_pages_of_criterion_that_exist_are_linked() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let results = folder.path().join("results");
        let criterion = folder.path().join("target/criterion");
        assert!(criterions(Workload::CYCLES, &results, &criterion).is_empty());
        let page = criterion.join("cycles-overhead/report");
        fs::create_dir_all(&page).expect("a folder");
        fs::create_dir_all(&results).expect("a folder");
        fs::write(page.join("index.html"), "").expect("a file");
        let linked = criterions(Workload::CYCLES, &results, &criterion);
        assert_eq!(linked, [("../target/criterion/cycles-overhead/report/index.html".to_owned(), "overheads")]);
    }
}
