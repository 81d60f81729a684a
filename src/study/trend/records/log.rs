//! The committed versions of a results file, and the overheads of each.

use super::git::{self, HistoryError};
use super::lane::{Lane, Point};
use super::record::{Figure, Record};
use crate::platform::files;
use crate::platform::git::Commit;
use crate::platform::system::Machine;
use crate::schedule::measurement::Series;
use crate::stats::spread::Spread;
use crate::study::overhead::record::Results;
use crate::tracking::Level;
use crate::workloads::{Workload, nameable};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The committed versions of a results file, oldest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Log {
    /// The file's path within the repository.
    pub file: String,
    /// The commits that changed the file.
    pub entries: Vec<Entry>,
    /// The machines of the records, each once, in order of appearance.
    pub machines: Vec<Machine>,
}

/// A commit that changed the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The commit.
    pub commit: Commit,
    /// The content of the file, or the reason why it cannot be read.
    pub record: Result<Record, String>,
}

impl Log {
    /// Returns a log without records, for a file without a readable history.
    pub fn none(file: &Path) -> Self {
        Self { file: file.to_string_lossy().into_owned(), entries: Vec::new(), machines: Vec::new() }
    }

    /// Reads all committed versions of a file from its repository. An unreadable one becomes an entry with the
    /// reason.
    ///
    /// # Errors
    /// If the history does not exist, is cut off, or has no readable version.
    pub fn read(repository: &Path, file: &Path) -> Result<Self, HistoryError> {
        let versions = git::commits(repository, file)?.into_iter().map(|commit| {
            let text = git::content(repository, &commit, file);
            let results = text.and_then(|text| files::parse(file, &text).map_err(|error| error.to_string()));
            (commit, results)
        });
        let log = Self::of(file, versions);
        match log.entries.last() {
            Some(Entry { record: Err(last), .. }) if log.records().next().is_none() => {
                Err(HistoryError::NothingReadable {
                    file: file.to_owned(),
                    versions: log.entries.len(),
                    last: last.clone(),
                })
            }
            _ => Ok(log),
        }
    }

    /// Returns the log of these versions of a file, oldest first.
    pub fn of(file: &Path, versions: impl Iterator<Item = (Commit, Result<Results, String>)>) -> Self {
        let mut machines = Vec::new();
        let entries = versions.map(|(commit, results)| {
            let record = results.map(|results| Record {
                machine: place(&mut machines, &results.origin.machine),
                floor: results.noise_floor().map(|(measurement, floor)| (measurement.workload, floor.wall)),
                figures: results
                    .series(Series::Overhead)
                    .map(|measurement| Figure::of(&results, measurement))
                    .collect(),
                origin: results.origin,
            });
            Entry { commit, record }
        });
        Self { file: file.to_string_lossy().into_owned(), entries: entries.collect(), machines }
    }

    /// Returns the kind and the index of a missing record or machine; `None` if all indices are valid.
    pub(in crate::study::trend) fn missing(&self, lanes: &[Lane]) -> Option<(&'static str, usize)> {
        let has_record = |entry: usize| self.entries.get(entry).is_some_and(|entry| entry.record.is_ok());
        let mut entries = lanes.iter().flat_map(|lane| &lane.points).map(|point| point.entry);
        let record = entries.find(|&entry| !has_record(entry));
        let mut machines = self.records().map(|(_, record)| record.machine);
        let machine = machines.find(|&machine| machine >= self.machines.len());
        record.map(|entry| ("record", entry)).or(machine.map(|machine| ("machine", machine)))
    }

    /// Returns the readable entries, each with its index among all.
    pub fn records(&self) -> impl Iterator<Item = (usize, &Record)> {
        self.entries.iter().enumerate().filter_map(|(place, entry)| Some((place, entry.record.as_ref().ok()?)))
    }

    /// Returns the lanes of these workloads and levels through all records, in that order. Without workloads, it
    /// returns all measured ones.
    ///
    /// # Errors
    /// If none of them was ever measured.
    pub fn lanes(&self, workloads: &[Workload], levels: &[Level]) -> Result<Vec<Lane>, HistoryError> {
        let workloads = if workloads.is_empty() { nameable() } else { workloads };
        let requested = workloads.iter().flat_map(|&workload| levels.iter().map(move |&level| (workload, level)));
        let mut lanes: Vec<Lane> = Vec::new();
        for (workload, level) in requested {
            let is_new = !lanes.iter().any(|lane| lane.workload == workload && lane.level == level);
            let points = if is_new { self.points(workload, level) } else { Vec::new() };
            if !points.is_empty() {
                lanes.push(Lane { workload, level, points });
            }
        }
        if lanes.is_empty() { Err(self.not_measured(workloads, levels)) } else { Ok(lanes) }
    }

    /// Returns the points of one workload under one level.
    fn points(&self, workload: Workload, level: Level) -> Vec<Point> {
        let point = |(entry, record): (usize, &Record)| {
            let figure = record.figure(workload, level)?;
            let between_sessions = self.spread(record.machine, figure);
            Some(Point { entry, figure: Figure { between_sessions, ..figure.clone() } })
        };
        self.records().filter_map(point).collect()
    }

    /// Returns the spread between sessions from the latest record of a machine for the same work and level. It is a
    /// property of the machine, so it applies to earlier records too.
    fn spread(&self, machine: usize, of: &Figure) -> Option<Spread> {
        let records = self.entries.iter().rev().filter_map(|entry| entry.record.as_ref().ok());
        let figures = records.filter(|record| record.machine == machine).flat_map(|record| &record.figures);
        figures
            .filter(|figure| figure.level == of.level && figure.work.is(&of.work))
            .find_map(|figure| figure.between_sessions)
    }

    fn not_measured(&self, workloads: &[Workload], levels: &[Level]) -> HistoryError {
        let measured: Vec<(Workload, Level)> = self
            .records()
            .flat_map(|(_, record)| record.figures.iter().map(|figure| (figure.work.workload, figure.level)))
            .collect();
        let seen = |workload| measured.iter().any(|&(measured, _)| measured == workload);
        let there: Vec<Workload> = nameable().iter().copied().filter(|&workload| seen(workload)).collect();
        let mut under: Vec<Level> = measured.iter().map(|&(_, level)| level).collect();
        under.sort_unstable();
        under.dedup();
        HistoryError::NotMeasured { requested: listed(workloads, levels), there: listed(&there, &under) }
    }
}

/// Returns workloads and levels in words.
fn listed(workloads: &[Workload], levels: &[Level]) -> String {
    let workloads: Vec<&str> = workloads.iter().map(|workload| workload.name()).collect();
    let levels: Vec<String> = levels.iter().map(ToString::to_string).collect();
    format!("{} under {}", workloads.join(", "), levels.join(", "))
}

/// Returns a machine's index among the known ones, after adding it if it is new.
fn place(known: &mut Vec<Machine>, machine: &Machine) -> usize {
    known.iter().position(|other| other.is(machine)).unwrap_or_else(|| {
        known.push(machine.clone());
        known.len() - 1
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::system::Toolchain;
    use crate::report::origin::Origin;
    use crate::schedule::estimate::estimated;
    use crate::schedule::measurement::{Measurement, Outcome};
    use crate::schedule::measurement::{Pair, Sample};
    use crate::tracking::memscope::MemscopeBuild;
    use crate::worker::failure::Failure;
    use crate::worker::probe::Request;
    use crate::workloads::Scale;

    fn commit(number: usize) -> Commit {
        Commit {
            hash: format!("{number:08}{:032}", 0),
            parents: Vec::new(),
            date: "2026-01-02T03:04:05Z".parse().expect("a time"),
            subject: format!("Commit {number}"),
        }
    }

    /// Returns a measurement whose tracked probes take about `factor` times as long.
    fn measurement(level: Level, factor: f64) -> Measurement {
        let side = |wall_ns| Sample { wall_ns, cpu_ns: wall_ns, ..Sample::default() };
        let pairs: Vec<Pair> = (0..20)
            .map(|n| Pair {
                untracked_first: n % 2 == 0,
                untracked: side(10_000_000),
                tracked: side((10_000_000.0 * factor) as u64 + n * 10_000),
            })
            .collect();
        let scale = Scale::new(1.0).expect("positive");
        let request = Request { workload: Workload::CYCLES, level, scale, threads: 2, count: false };
        let measurement = Measurement::new(Series::Overhead, &request);
        estimated(Measurement { allocations: Some(1_000), pairs, ..measurement })
    }

    fn results(processor: &str, measurements: Vec<Measurement>) -> Results {
        let text = |text: &str| text.to_owned();
        let machine =
            Machine { processor: text(processor), cores: 2, memory_bytes: 1 << 30, system: text("Example OS 1.0") };
        let toolchain = Toolchain {
            rustc: text("rustc 1.95.0"),
            target: text("x86_64"),
            opt_level: text("3"),
            allocator: text("system"),
            flags: String::new(),
            wrapper: String::new(),
            debug_assertions: false,
            features: Vec::new(),
        };
        let memscope = MemscopeBuild {
            name: text("memscope-rs"),
            version: text("0.2.5"),
            source: text("crates.io"),
            commit: None,
        };
        let started = "2026-01-02T03:04:05Z".parse().expect("a time");
        let (command, environment) = (text("cargo bench"), Default::default());
        let origin = Origin { started, command, machine, conditions: None, environment, toolchain, memscope };
        Results { measurements, ..Results::begin(origin) }
    }

    /// Returns a record with a noise floor of half a percent.
    fn quiet(processor: &str, factor: f64) -> Result<Results, String> {
        Ok(results(processor, vec![measurement(Level::Untracked, 0.996), measurement(Level::Full, factor)]))
    }

    fn log(versions: Vec<Result<Results, String>>) -> Log {
        Log::of(Path::new("overhead.json"), (0..).map(commit).zip(versions))
    }

    #[test]
    fn a_lane_has_a_point_for_each_record_and_no_verdict() {
        let log = log(vec![quiet("A", 4.0), quiet("B", 8.0), quiet("A", 4.001)]);
        assert_eq!(log.machines.iter().map(|machine| machine.processor.as_str()).collect::<Vec<_>>(), ["A", "B"]);
        let lanes = log.lanes(&[], &[Level::Full]).expect("full was measured");
        let [lane] = &lanes[..] else { panic!("one workload at one level") };
        assert_eq!(lane.points.iter().map(|point| point.entry).collect::<Vec<_>>(), [0, 1, 2]);
        assert!(lane.points.iter().all(|point| point.figure.outcome.measured().is_some()));
    }

    /// A machine's spread between sessions is a property of the machine, also for records from before it was measured.
    #[test]
    fn the_spread_between_sessions_belongs_to_the_machine() {
        let mut log = log(vec![quiet("A", 4.0), quiet("B", 4.0), quiet("A", 4.0)]);
        let spread = Spread { sessions: 6, log_sd: 0.02 };
        for figure in &mut log.entries[2].record.as_mut().expect("a record").figures {
            figure.between_sessions = Some(spread);
        }
        let lanes = log.lanes(&[], &[Level::Full]).expect("full was measured");
        let spreads: Vec<Option<Spread>> = lanes[0].points.iter().map(|point| point.figure.between_sessions).collect();
        assert_eq!(spreads, [Some(spread), None, Some(spread)]);
    }

    #[test]
    fn a_different_amount_of_memory_is_the_same_machine() {
        let mut versions = [4.0, 4.0].map(|factor| results("A", vec![measurement(Level::Full, factor)]));
        versions[1].origin.machine.memory_bytes += 4_096;
        assert_eq!(log(versions.map(Ok).into()).machines.len(), 1);
        let mut versions = [4.0, 4.0].map(|factor| results("A", vec![measurement(Level::Full, factor)]));
        versions[1].origin.machine.system = "Example OS 2.0".to_owned();
        assert_eq!(log(versions.map(Ok).into()).machines.len(), 2);
    }

    #[test]
    fn different_work_is_recognised() {
        let work = |change: fn(&mut Measurement)| {
            let mut measurement = measurement(Level::Full, 2.0);
            change(&mut measurement);
            let log = log(vec![Ok(results("A", vec![measurement]))]);
            log.lanes(&[], &[Level::Full]).expect("full was measured")[0].points[0].figure.work
        };
        let is_same = |change| work(|_| ()).is(&work(change));
        assert!(is_same(|_| ()));
        assert!(!is_same(|measurement| measurement.scale = 2.0));
        assert!(!is_same(|measurement| measurement.seed = 2));
        assert!(!is_same(|measurement| measurement.wait_us = 1_000));
        assert!(!is_same(|measurement| measurement.threads = 4));
        assert!(!is_same(|measurement| measurement.allocations = Some(1_020)));
        assert!(is_same(|measurement| measurement.allocations = Some(1_001)), "threads make one more or less");
    }

    #[test]
    fn failed_and_unreadable_records_are_skipped() {
        let mut failed = measurement(Level::Full, 4.0);
        failed.outcome = Outcome::Failed(Failure::TimedOut { seconds: 60 });
        let log = log(vec![
            quiet("A", 4.0),
            Err("it is no results file".to_owned()),
            Ok(results("A", vec![failed])),
            Ok(results("A", vec![measurement(Level::Variables, 1.1)])),
            quiet("A", 2.0),
        ]);
        assert_eq!(log.records().map(|(place, _)| place).collect::<Vec<_>>(), [0, 2, 3, 4]);
        let lanes = log.lanes(&[], &[Level::Full]).expect("full was measured");
        assert_eq!(lanes[0].points.iter().map(|point| point.entry).collect::<Vec<_>>(), [0, 2, 4]);
    }

    #[test]
    fn workloads_that_were_never_measured_are_refused_with_the_measured_ones() {
        let refusal = log(vec![quiet("A", 4.0)]).lanes(&[Workload::LEAKS], &[Level::Counting]).expect_err("refused");
        assert_eq!(refusal.to_string(), "no record has leaks under counting; there are cycles under untracked, full");
    }
}
