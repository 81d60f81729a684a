//! The report of conformance: a row for each test, a column for each tracker, and the failures.

use super::{Answer, Conformance, TestOutcome, TrackerConformance, Verdict};
use crate::platform::{shell, text};
use crate::report::circumstances::circumstances;
use crate::report::document::{Document, Table, left};
use crate::report::number;

/// Returns the report: the table, the expectation and the result of each failed test, and the tests in words.
pub(super) fn summary(conformance: &Conformance) -> Document {
    let mut document = Document::default();
    document.notes(conformance.trackers.iter().map(sentence).collect());
    document.table(table(conformance));
    let mut notes: Vec<String> = conformance.with(Verdict::Fail).map(|(tracker, test)| failed(tracker, test)).collect();
    notes.extend(conformance.with(Verdict::NotRun).map(|(tracker, test)| not_run(tracker, test)));
    notes.extend(tests(conformance).map(|test| format!("{}: {}.", test.test, test.about)));
    notes.push(
        "A dash marks a test that does not apply: it checks counts of all events, and the tracker keeps none."
            .to_owned(),
    );
    notes.extend(circumstances(&conformance.origin));
    document.notes(notes);
    document
}

/// Returns the verdict on a tracker in a sentence.
fn sentence(tracker: &TrackerConformance) -> String {
    let of = |verdict| tracker.tests.iter().filter(|test| test.verdict() == verdict).count();
    let (passed, failed, missing) = (of(Verdict::Pass), of(Verdict::Fail), of(Verdict::NotRun));
    let tested = passed + failed;
    let verdict = match failed {
        0 => format!("passes {}", number::counted(passed, "test")),
        failed => format!("fails {failed} of {}", number::counted(tested, "test")),
    };
    let missing =
        if missing == 0 { String::new() } else { format!("; {} did not run", number::counted(missing, "test")) };
    format!("{} ({}): {verdict}{missing}.", text::code(&tracker.name), tracker.about)
}

/// Returns the tests of the first tracker.
fn tests(conformance: &Conformance) -> impl Iterator<Item = &TestOutcome> {
    conformance.trackers.first().into_iter().flat_map(|tracker| &tracker.tests)
}

fn table(conformance: &Conformance) -> Table {
    let names = conformance.trackers.iter().map(|tracker| left(&tracker.name));
    let mut table = Table::new(std::iter::once(left("test")).chain(names));
    for test in tests(conformance) {
        let of = |tracker: &TrackerConformance| {
            let same = tracker.tests.iter().find(|other| other.test == test.test);
            same.map_or_else(|| "—".to_owned(), words)
        };
        table.row(std::iter::once(test.test.clone()).chain(conformance.trackers.iter().map(of)));
    }
    table
}

/// Returns an outcome in a word or two.
fn words(test: &TestOutcome) -> String {
    match (test.verdict(), &test.failure) {
        (Verdict::Pass, _) => "pass".to_owned(),
        (Verdict::Inapplicable, _) => "—".to_owned(),
        (_, Some(failure)) => failure.label(),
        (_, None) => "FAIL".to_owned(),
    }
}

/// Explains a failed test.
fn failed(tracker: &TrackerConformance, test: &TestOutcome) -> String {
    let why = match (&test.answer, &test.failure) {
        (Some(Answer::Failed { expected, found }), _) => format!("expected {expected}; found {found}"),
        (_, Some(failure)) => failure.to_string(),
        _ => "no answer".to_owned(),
    };
    let subject = shell::quoted(tracker.subject.as_ref());
    let alone = format!("cargo run --release -- conform {subject} --tests {}", test.test);
    format!("{}, {}: {why}. Run it alone: {}", tracker.name, test.test, text::code(&alone))
}

fn not_run(tracker: &TrackerConformance, test: &TestOutcome) -> String {
    let why = test.failure.as_ref().map_or_else(|| "no answer".to_owned(), ToString::to_string);
    format!("{}, {}: not run, {why}.", tracker.name, test.test)
}
