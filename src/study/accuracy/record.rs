//! The record of accuracy: for each build and promise, the facts that were found, missed and invented.

use crate::platform::files::Versioned;
use crate::report::document::Document;
use crate::report::metric::Metric;
use crate::report::origin::Origin;
use crate::study::Study;
use crate::study::accuracy::{Status, summary};
use crate::tracking::memscope::MemscopeBuild;
use crate::worker::failure::Failure;
use crate::worker::tasks::promises::{Compared, Fact, Facts};
use serde::{Deserialize, Serialize};

/// The version of the file's format. A change that an older reader would misread raises it.
pub const SCHEMA: u32 = 1;

/// The maximum number of example facts of a kind in a file.
const EXAMPLES: usize = 4;

/// The accuracy of several builds of memscope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Accuracy {
    /// The version of this format: [`SCHEMA`].
    pub schema: u32,
    /// The origin. Its build is the build of the program that started the others.
    #[serde(flatten)]
    pub origin: Origin,
    /// The builds, in the order in which they were named.
    pub builds: Vec<BuildAccuracy>,
}

/// The accuracy of one build.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BuildAccuracy {
    /// The build's name in reports.
    pub name: String,
    /// The build; `None` if there is none.
    pub memscope: Option<MemscopeBuild>,
    /// The reason for a build without promises: it was not built.
    pub failure: Option<String>,
    /// The promises, in the order of reports.
    pub promises: Vec<PromiseOutcome>,
}

/// A promise, and its outcome with a build.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PromiseOutcome {
    /// The promise's name.
    pub promise: String,
    /// The content of a report that keeps the promise.
    pub about: String,
    /// Expected facts that are reported.
    pub true_positives: u64,
    /// Expected facts that are not reported.
    pub false_negatives: u64,
    /// Reported facts that are not expected.
    pub false_positives: u64,
    /// The first of the facts that are not reported.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missed: Vec<Fact>,
    /// The first of the facts that are not expected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub invented: Vec<Fact>,
    /// The outcome of the program, if it gave no facts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// The runs of the program, if it ran several times: this is the outcome of the worst one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runs: Option<Runs>,
}

/// The runs of a promise's program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Runs {
    /// The number of runs.
    pub all: u64,
    /// The runs whose report was right and complete.
    pub kept: u64,
}

impl PromiseOutcome {
    /// Returns the outcome of a promise's program.
    pub fn of(promise: &str, about: &str, facts: Result<Facts, Failure>) -> Self {
        let (compared, failure) = match facts {
            Ok(facts) => (facts.compare(), None),
            Err(failure) => (Compared::default(), Some(failure)),
        };
        // Some versions list facts in random order.
        let first = |facts: &[Fact]| {
            let mut facts = facts.to_vec();
            facts.sort();
            facts.truncate(EXAMPLES);
            facts
        };
        Self {
            promise: promise.to_owned(),
            about: about.to_owned(),
            true_positives: compared.true_positives,
            false_negatives: compared.missed.len() as u64,
            false_positives: compared.invented.len() as u64,
            missed: first(&compared.missed),
            invented: first(&compared.invented),
            failure,
            runs: None,
        }
    }

    /// Returns the worst outcome of several runs of a program, with their number. `None` if there are none.
    ///
    /// Some reports depend on the scheduler, such as those of a tracker that drops an event while another thread has
    /// its lock. A report that is right by luck does not keep a promise.
    pub fn worst_of(outcomes: Vec<Self>) -> Option<Self> {
        let kept = outcomes.iter().filter(|outcome| outcome.status() == Status::Kept).count() as u64;
        let runs = (outcomes.len() > 1).then_some(Runs { all: outcomes.len() as u64, kept });
        let worst = outcomes.into_iter().min_by(|one, other| one.rank().total_cmp(&other.rank()))?;
        Some(Self { runs, ..worst })
    }

    /// Returns the order of outcomes, from the worst: a report that crashes or hangs, then by true facts.
    fn rank(&self) -> f64 {
        match self.status() {
            Status::Crashes | Status::Hangs => -1.0,
            Status::Unsupported | Status::Unknown => 2.0,
            Status::Kept | Status::Partly { .. } | Status::NotKept => self.truth().unwrap_or(0.0),
        }
    }

    /// Returns whether some runs kept the promise, and others did not.
    pub fn varies(&self) -> bool {
        self.runs.is_some_and(|Runs { all, kept }| kept > 0 && kept < all)
    }

    /// Returns the status of the promise.
    pub fn status(&self) -> Status {
        Status::of(match &self.failure {
            Some(failure) => Err(failure),
            None => Ok((self.true_positives, self.false_negatives, self.false_positives)),
        })
    }

    /// Returns the part of all true or reported facts that are both; `None` if there are none.
    pub fn truth(&self) -> Option<f64> {
        part(self.true_positives, self.false_negatives + self.false_positives)
    }

    /// Returns the part of the reported facts that are true; `None` if none are reported.
    pub fn precision(&self) -> Option<f64> {
        part(self.true_positives, self.false_positives)
    }

    /// Returns the part of the true facts that are reported; `None` if there are none.
    pub fn recall(&self) -> Option<f64> {
        part(self.true_positives, self.false_negatives)
    }
}

fn part(of: u64, beside: u64) -> Option<f64> {
    (of + beside > 0).then(|| of as f64 / (of + beside) as f64)
}

impl Versioned for Accuracy {
    const KIND: &str = "accuracy";
    const WHAT: &str = "a file of accuracy";
    const SCHEMA: u32 = SCHEMA;
}

impl Study for Accuracy {
    fn summary(&self) -> Document {
        summary::summary(self)
    }

    fn metrics(&self) -> Vec<Metric> {
        let kept = self.builds.iter().flat_map(|build| build.promises.iter().map(move |kept| (build, kept)));
        let of_promise = |(build, kept): (&BuildAccuracy, &PromiseOutcome)| {
            let name = format!("{}/{}", kept.promise, build.name);
            let shares = [("precision", kept.precision()), ("recall", kept.recall())];
            let metric = |(measure, share): (&'static str, Option<f64>)| Some(Metric::plain(&name, measure, share?));
            shares.into_iter().filter_map(metric).collect::<Vec<_>>()
        };
        kept.flat_map(of_promise).collect()
    }

    fn origins(&self) -> Vec<(&'static str, &Origin)> {
        vec![("", &self.origin)]
    }

    fn left_out(&self) -> Vec<String> {
        let failed = self.builds.iter().flat_map(|build| build.promises.iter().map(move |kept| (build, kept)));
        let line = |(build, kept): (&BuildAccuracy, &PromiseOutcome)| {
            Some(format!("{}/{}: {}", kept.promise, build.name, kept.failure.as_ref()?))
        };
        failed.filter_map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(facts: &[&str]) -> PromiseOutcome {
        let all = |facts: &[&str]| facts.iter().map(|fact| (*fact).to_owned()).collect();
        PromiseOutcome::of("leaks", "each leak", Ok(Facts { expected: all(&["a", "b"]), reported: all(facts) }))
    }

    #[test]
    fn the_worst_run_decides() {
        let of = |runs: &[&PromiseOutcome]| {
            let worst = PromiseOutcome::worst_of(runs.iter().map(|&run| run.clone()).collect()).expect("a run");
            (worst.status().label(), worst.runs.map(|runs| (runs.kept, runs.all)), worst.varies())
        };
        let (kept, partly, noisy, none) = (found(&["a", "b"]), found(&["a"]), found(&["a", "b", "x"]), found(&[]));
        assert_eq!(of(&[&kept]), ("kept".to_owned(), None, false));
        assert_eq!(of(&[&kept, &kept]), ("kept".to_owned(), Some((2, 2)), false));
        assert_eq!(of(&[&kept, &noisy, &partly, &kept]), ("1 of 2".to_owned(), Some((2, 4)), true));
        assert_eq!(of(&[&none, &partly]), ("not kept".to_owned(), Some((0, 2)), false));
        let failed = |failure| PromiseOutcome::of("leaks", "each leak", Err(failure));
        let crashed = failed(Failure::Crashed { how: "SIGABRT".to_owned() });
        assert_eq!(of(&[&kept, &none, &crashed]), ("crashes".to_owned(), Some((1, 3)), true));
        let prevented = failed(Failure::Prevented { why: "no memory for a process".to_owned() });
        assert_eq!(of(&[&partly, &prevented]).0, "1 of 2", "the harness's own failure is not the tracker's");
        assert_eq!(PromiseOutcome::worst_of(Vec::new()), None);
    }

    #[test]
    fn facts_become_precision_and_recall() {
        let facts = Facts {
            expected: ["a", "b", "c", "d"].map(str::to_owned).to_vec(),
            reported: ["a", "b", "c", "x"].map(str::to_owned).to_vec(),
        };
        let kept = PromiseOutcome::of("leaks", "each leak", Ok(facts));
        assert_eq!((kept.true_positives, kept.false_negatives, kept.false_positives), (3, 1, 1));
        assert_eq!((kept.precision(), kept.recall()), (Some(0.75), Some(0.75)));
        assert_eq!((kept.missed, kept.invented), (vec!["d".to_owned()], vec!["x".to_owned()]));
        let crashed = PromiseOutcome::of("leaks", "each leak", Err(Failure::Crashed { how: "SIGABRT".to_owned() }));
        assert_eq!((crashed.status(), crashed.precision(), crashed.recall()), (Status::Crashes, None, None));
    }
}
