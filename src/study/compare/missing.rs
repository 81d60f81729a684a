//! The builds and figures that a comparison lacks, without which it cannot show that there is no regression.

use crate::report::number;
use crate::stats::sign_test::needed_rounds;
use crate::study::compare::difference::figure;
use crate::study::compare::summary::measurement;
use crate::study::compare::{Against, Comparison, CountDifference, Difference};
use crate::study::counts::{Change, Judgement};
use crate::tracking::Level;
use crate::workloads::Workload;

/// The builds and figures that a comparison lacks, a line for each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// The builds without a program, with the reason.
    pub builds: Vec<String>,
    /// The figures of the other builds: those that could not be measured, and those that were compared with nothing or
    /// in too few rounds.
    pub figures: Vec<String>,
}

impl Missing {
    /// Returns what a comparison lacks. Every build but the references needs a judged figure on each workload and
    /// level.
    pub fn of(comparison: &Comparison) -> Self {
        let builds = comparison.builds.iter();
        let not_built = builds.filter_map(|build| Some(build.not_built.as_ref()?.why.clone()));
        let compared = (0..comparison.builds.len())
            .filter(|&build| comparison.builds[build].not_built.is_none() && !comparison.against.is_start(build));
        let groups = comparison.plan.groups().into_iter().filter(|(_, level)| *level != Level::Untracked);
        let places: Vec<Place> = groups
            .flat_map(|(workload, level)| {
                compared.clone().map(move |build| Place { comparison, build, workload, level })
            })
            .collect();
        let times = places.iter().filter(|_| comparison.plan.is_timed()).filter_map(Place::time);
        let counts = places.iter().filter(|_| comparison.plan.counts).filter_map(Place::count);
        Self { builds: not_built.collect(), figures: times.chain(counts).collect() }
    }

    /// Returns whether nothing is missing.
    pub fn is_empty(&self) -> bool {
        self.builds.is_empty() && self.figures.is_empty()
    }

    /// Returns the lines for an exit with an error.
    pub fn lines(&self) -> Vec<String> {
        self.builds.iter().chain(&self.figures).map(|line| format!("not judged: {line}")).collect()
    }
}

/// A build on a workload at a level.
struct Place<'a> {
    comparison: &'a Comparison,
    build: usize,
    workload: Workload,
    level: Level,
}

impl Place<'_> {
    fn name(&self, build: usize) -> &str {
        &self.comparison.builds[build].name
    }

    fn line(&self, why: &str) -> String {
        format!("{}/{}: {} {why}", self.workload, self.level, self.name(self.build))
    }

    /// Returns the reason why the time is not judged; `None` if it is.
    fn time(&self) -> Option<String> {
        let Self { comparison, build, workload, level } = *self;
        let compared = &comparison.builds[build];
        if figure(&compared.measurements, (workload, level)).is_none() {
            let measured = measurement(compared, workload, level);
            let failure = measured.and_then(|measured| measured.failure());
            return Some(self.line(&failure.map_or_else(|| "has no rounds".to_owned(), ToString::to_string)));
        }
        match comparison.difference(build, workload, level) {
            None => {
                let failed = comparison.against.intended(build).and_then(|reference| {
                    let measured = measurement(&comparison.builds[reference], workload, level)?;
                    Some((reference, measured.failure()?.to_string()))
                });
                Some(self.line(&self.without_reference(failed)))
            }
            Some(Difference { rounds, ratio, .. }) => {
                let needed = needed_rounds(comparison.comparisons());
                let is_judged = ratio.is_some() && *rounds >= needed;
                let rounds = number::counted(*rounds, "round");
                (!is_judged).then(|| self.line(&format!("has {rounds}, and a verdict needs at least {needed}")))
            }
        }
    }

    /// Returns the reason why the counts are not judged; `None` if they are.
    fn count(&self) -> Option<String> {
        let Self { comparison, build, workload, level } = *self;
        let of = |build: usize| {
            let mut counts = comparison.builds[build].counts.iter();
            counts.find(|counts| (counts.workload, counts.level) == (workload, level))
        };
        let failure = |build: usize| of(build)?.failure.as_ref().map(ToString::to_string);
        let Some(counts) = of(build) else { return Some(self.line("was not counted")) };
        if let Some(failure) = &counts.failure {
            return Some(self.line(&format!("was not counted: {failure}")));
        }
        let Some(CountDifference { difference, .. }) = comparison.count_difference(build, workload, level) else {
            let reference = comparison.against.intended(build);
            let failed = reference.and_then(|reference| Some((reference, failure(reference)?)));
            return Some(self.line(&format!("was counted, but {}", self.without_reference(failed))));
        };
        let is_lost = |change: &&Change| change.base.is_some() != change.head.is_some();
        if let Some(lost) = difference.changes.iter().find(is_lost) {
            return Some(self.line(&format!("or its reference has no count of {}", lost.metric)));
        }
        let is_judged = difference.changes.iter().any(|change| change.judgement != Judgement::Unknown);
        (!is_judged).then(|| self.line("has no count with a verdict"))
    }

    /// Returns the words for a figure that is compared with nothing, with the failure of the reference if it is known.
    fn without_reference(&self, reference: Option<(usize, String)>) -> String {
        let why =
            reference.map_or(String::new(), |(reference, failure)| format!(": {} {failure}", self.name(reference)));
        format!("has nothing to be compared with{why}")
    }
}

impl Against {
    /// Returns whether a build is only a reference of others.
    fn is_start(&self, build: usize) -> bool {
        self.intended(build).is_none()
    }

    /// Returns the intended reference of a build; `None` for a build that is not compared.
    fn intended(&self, build: usize) -> Option<usize> {
        match self {
            Self::First => (build > 0).then_some(0),
            Self::Previous => build.checked_sub(1),
            Self::Each(references) => references.get(build).copied().flatten(),
        }
    }
}
