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
        }
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
