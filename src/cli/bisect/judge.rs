//! The judge of a bisection: decides by time or by counts on which side a commit lies.

use super::Arguments;
use crate::cli::Error;
use crate::cli::builds::CheckedProgram;
use crate::report::number;
use crate::schedule::measurement::Series;
use crate::schedule::pairing::MeasurementRun;
use crate::stats::estimate::Estimate;
use crate::study::compare::{Contest, Leaning, THRESHOLD_PERCENT, side, side_of_bad};
use crate::study::counts::{Change, Counter, Metric, Scope};
use crate::study::instructions::check_tools;
use crate::worker::failure::Failure;
use crate::worker::probe::Request;
use std::cell::RefCell;

/// A decision on the last of several programs.
pub(super) struct Decision {
    /// The side of the program.
    pub leaning: Leaning,
    /// The program's figure ÷ the good one's.
    pub ratio: String,
    /// The effort.
    effort: String,
    figure: &'static str,
}

impl Decision {
    /// Describes the decision for a line after the commit's name: `1.20–1.24 × the good one's overhead, 40 rounds`.
    pub(super) fn described(&self) -> String {
        format!("{} × the good one's {}, {}", self.ratio, self.figure, self.effort)
    }
}

/// Decides on commits.
pub(super) struct Judge<'a> {
    arguments: &'a Arguments,
    /// The counts of earlier programs, by fingerprint.
    counted: RefCell<Vec<(String, Vec<u64>)>>,
}

impl<'a> Judge<'a> {
    /// Returns a judge. Call this before anything is built.
    ///
    /// # Errors
    /// If the requested metric cannot be counted.
    pub(super) fn new(arguments: &'a Arguments) -> Result<Self, Error> {
        const OPTION: &str = "--counts";
        if arguments.counts.is_some_and(Metric::needs_callgrind) {
            if arguments.workload.is_parallel() {
                return Err(Error::Parallel { option: OPTION, workloads: arguments.workload.to_string() });
            }
            check_tools().map_err(|why| Error::CannotCount { option: OPTION, why })?;
        }
        Ok(Self { arguments, counted: RefCell::default() })
    }

    /// Returns the name of the compared figure.
    pub(super) fn figure(&self) -> &'static str {
        self.arguments.counts.map_or("overhead", Metric::name)
    }

    /// Decides whether the bad commit costs more than the good one.
    ///
    /// # Errors
    /// The commit that failed, by its index.
    pub(super) fn of_ends(&self, ends: [&CheckedProgram; 2]) -> Result<Decision, (usize, Failure)> {
        let factor = |percent: f64| 1.0 + percent / 100.0;
        let threshold = self.arguments.threshold;
        let Some(metric) = self.arguments.counts else {
            return self.by_time(&ends, factor(threshold.unwrap_or(THRESHOLD_PERCENT)));
        };
        let [good, bad] = [self.count(metric, &ends, 0)?, self.count(metric, &ends, 1)?];
        let (leaning, change) = side_of_bad(metric, &good, &bad, threshold.map(factor));
        Ok(counted(metric, leaning, change, bad.len()))
    }

    /// Decides on which side a commit between a good and a bad one lies.
    ///
    /// # Errors
    /// The commit that failed, by its index: good, bad, between.
    pub(super) fn between(&self, programs: [&CheckedProgram; 3]) -> Result<Decision, (usize, Failure)> {
        let Some(metric) = self.arguments.counts else { return self.by_time(&programs, 1.0) };
        let [good, bad, between] = [0, 1, 2].map(|place| self.count(metric, &programs, place));
        let (good, bad, between) = (good?, bad?, between?);
        let (_, change) = side_of_bad(metric, &good, &between, None);
        Ok(counted(metric, side(&good, &bad, &between), change, between.len()))
    }

    /// Returns the condition that the bad commit does not meet, for the error that there is nothing to search for.
    pub(super) fn requirement(&self) -> String {
        match (self.arguments.counts, self.arguments.threshold) {
            (None, threshold) => format!("cost {} % more than", threshold.unwrap_or(THRESHOLD_PERCENT)),
            (Some(metric), Some(threshold)) => format!("have {threshold} % more {metric} than"),
            (Some(metric), None) => format!("have more {metric} than"),
        }
    }

    /// Runs rounds of the programs.
    fn by_time(&self, programs: &[&CheckedProgram], factor: f64) -> Result<Decision, (usize, Failure)> {
        let Arguments { clock, rounds, .. } = self.arguments;
        let request = self.arguments.request();
        let runs = programs.iter().map(|program| MeasurementRun::begin(&program.links, Series::Overhead, request));
        let mut contest = Contest::of(runs.collect(), *clock)?;
        let leaning = contest.decide(*rounds as usize, factor)?;
        let ratio = contest.ratio().map_or("unknown".to_owned(), interval);
        Ok(Decision { leaning, ratio, effort: number::counted(contest.rounds(), "round"), figure: self.figure() })
    }

    /// Counts one of the programs, unless it was counted before.
    fn count(&self, metric: Metric, programs: &[&CheckedProgram], place: usize) -> Result<Vec<u64>, (usize, Failure)> {
        let program = programs[place];
        let known = |counted: &[(String, Vec<u64>)]| {
            counted.iter().find(|(known, _)| *known == program.fingerprint).map(|(_, runs)| runs.clone())
        };
        if let Some(runs) = known(&self.counted.borrow()) {
            return Ok(runs);
        }
        let Request { workload, level, scale, threads, .. } = self.arguments.request();
        let scope = Scope {
            workloads: vec![workload],
            levels: vec![level],
            scale: Some(scale.factor()),
            part: 1.0,
            threads,
            metrics: vec![metric],
        };
        let failed = |failure| (place, failure);
        let counter = Counter::new(&program.launcher, &scope)
            .map_err(|error| failed(Failure::Prevented { why: error.to_string() }))?;
        let counts = counter.count(workload, |_, _| {}).remove(0);
        if let Some(failure) = counts.failure {
            return Err(failed(failure));
        }
        let runs = counts.tracked.of(metric).to_vec();
        if runs.is_empty() {
            let why = format!("this system does not report {metric}");
            return Err(failed(Failure::Unsupported { why }));
        }
        self.counted.borrow_mut().push((program.fingerprint.clone(), runs.clone()));
        Ok(runs)
    }
}

fn counted(metric: Metric, leaning: Leaning, change: Change, runs: usize) -> Decision {
    let ratio = change.ratio.map_or("unknown".to_owned(), |ratio| number::decimal(ratio, 4));
    Decision { leaning, ratio, effort: number::counted(runs, "run"), figure: metric.name() }
}

fn interval(ratio: Estimate) -> String {
    format!("{}–{}", number::factor(ratio.low), number::factor(ratio.high))
}
