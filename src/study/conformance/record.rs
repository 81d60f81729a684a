//! The record of conformance: for each tracker and test, the answer or the end of its process.

use super::summary;
use crate::platform::files::Versioned;
use crate::report::document::Document;
use crate::report::metric::Metric;
use crate::report::origin::Origin;
use crate::study::Study;
use crate::worker::failure::Failure;
use crate::worker::tasks::conformance::{Answer, Test};
use serde::{Deserialize, Serialize};

/// The version of the file's format. A change that an older reader would misread raises it.
pub const SCHEMA: u32 = 1;

/// The conformance of several trackers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conformance {
    /// The version of this format: [`SCHEMA`].
    pub schema: u32,
    /// The origin. Its build of memscope provides memscope's levels.
    #[serde(flatten)]
    pub origin: Origin,
    /// The trackers, in the order in which they were named.
    pub trackers: Vec<TrackerConformance>,
}

/// The conformance of one tracker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrackerConformance {
    /// Its name: the name of its level.
    pub name: String,
    /// Its description in a few words.
    pub about: String,
    /// The argument of the command: a level, or the path of a tracker.
    pub subject: String,
    /// The tests, in the order of reports.
    pub tests: Vec<TestOutcome>,
}

/// A test, and the tracker's answer to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestOutcome {
    /// The test's name.
    pub test: String,
    /// The behaviour that passes it.
    pub about: String,
    /// The answer; `None` if the process gave none.
    pub answer: Option<Answer>,
    /// The failure of a process without an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

/// The verdict on one test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The tracker passed.
    Pass,
    /// The tracker failed, or its process crashed, hung or ran out of memory.
    Fail,
    /// The test has nothing to check.
    Inapplicable,
    /// The test could not run: the system prevented it, or the tracker does not exist here.
    NotRun,
}

impl TestOutcome {
    /// Returns the outcome of a test's process.
    pub fn of(test: &Test, answer: Result<Answer, Failure>) -> Self {
        let (test, about) = (test.name.to_owned(), test.about.to_owned());
        match answer {
            Ok(answer) => Self { test, about, answer: Some(answer), failure: None },
            Err(failure) => Self { test, about, answer: None, failure: Some(failure) },
        }
    }

    /// Returns the verdict.
    pub fn verdict(&self) -> Verdict {
        match (&self.answer, &self.failure) {
            (Some(Answer::Passed), _) => Verdict::Pass,
            (Some(Answer::Failed { .. }), _) => Verdict::Fail,
            (Some(Answer::Inapplicable { .. }), _) => Verdict::Inapplicable,
            (None, Some(Failure::Unsupported { .. } | Failure::Prevented { .. }) | None) => Verdict::NotRun,
            (None, Some(_)) => Verdict::Fail,
        }
    }
}

impl Conformance {
    /// Returns the tests with a verdict, each with its tracker.
    pub fn with(&self, verdict: Verdict) -> impl Iterator<Item = (&TrackerConformance, &TestOutcome)> {
        let all = self.trackers.iter().flat_map(|tracker| tracker.tests.iter().map(move |test| (tracker, test)));
        all.filter(move |(_, test)| test.verdict() == verdict)
    }
}

impl Versioned for Conformance {
    const KIND: &str = "conform";
    const WHAT: &str = "a file of conformance";
    const SCHEMA: u32 = SCHEMA;
}

impl Study for Conformance {
    fn summary(&self) -> Document {
        summary::summary(self)
    }

    fn metrics(&self) -> Vec<Metric> {
        let metric = |tracker: &TrackerConformance| {
            let count = |wanted| tracker.tests.iter().filter(|test| test.verdict() == wanted).count() as f64;
            let benchmark = |what: &str| format!("{}/{what}", tracker.name);
            [("passed", Verdict::Pass), ("failed", Verdict::Fail)]
                .map(|(what, verdict)| Metric::plain(benchmark(what), "tests", count(verdict)))
        };
        self.trackers.iter().flat_map(metric).collect()
    }

    fn origins(&self) -> Vec<(&'static str, &Origin)> {
        vec![("", &self.origin)]
    }

    fn left_out(&self) -> Vec<String> {
        self.with(Verdict::NotRun).map(|(tracker, test)| format!("{}/{}: not run", tracker.name, test.test)).collect()
    }
}
