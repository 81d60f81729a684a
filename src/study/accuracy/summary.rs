//! The report of accuracy: the answer in sentences, the matrix of promises and builds, and the errors of each build.

use crate::platform::text;
use crate::report::circumstances::circumstances_of_other_builds;
use crate::report::commit;
use crate::report::document::{Document, Table, left, right};
use crate::report::number::{self, grouped};
use crate::study::accuracy::{Accuracy, BuildAccuracy, PromiseOutcome, Runs, Status};
use crate::study::overhead::warnings;
use crate::worker::failure::Failure;

/// The width of the table of wrong reports on a terminal, in characters.
const WIDTH: u16 = 150;

/// Returns the report.
pub(super) fn summary(accuracy: &Accuracy) -> Document {
    let mut document = Document::default();
    document.notes(answers(accuracy));
    document.table(matrix(accuracy));
    let wrong = wrong(accuracy);
    if !wrong.rows.is_empty() {
        document.heading("What is wrong");
        document.table(wrong);
    }
    document.notes(notes(accuracy));
    document
}

/// Returns a sentence for each build with the number of promises that it keeps and the names of the broken ones.
fn answers(accuracy: &Accuracy) -> Vec<String> {
    let answer = |build: &BuildAccuracy| {
        if let Some(why) = &build.failure {
            return format!("{} was not tested: {}.", build.name, text::quoted_message(why));
        }
        let made: Vec<&PromiseOutcome> = build.promises.iter().filter(|kept| kept.status().is_made()).collect();
        let names = |is: &dyn Fn(&PromiseOutcome) -> bool| -> Vec<&str> {
            made.iter().filter(|kept| is(kept)).map(|kept| kept.promise.as_str()).collect()
        };
        let of = |is: fn(Status) -> bool| names(&|kept| is(kept.status()) && !kept.varies());
        let kept = of(|status| status == Status::Kept).len();
        let mut sentence = format!("{} keeps {kept} of {}", build.name, number::counted(made.len(), "promise"));
        let kinds: [(&str, Vec<&str>); 5] = [
            ("only sometimes", names(&PromiseOutcome::varies)),
            ("in part", of(|status| matches!(status, Status::Partly { .. }))),
            ("not", of(|status| status == Status::NotKept)),
            ("with a crash", of(|status| status == Status::Crashes)),
            ("with a timeout", of(|status| status == Status::Hangs)),
        ];
        for (word, names) in kinds.into_iter().filter(|(_, names)| !names.is_empty()) {
            sentence += &format!("; {} {word}: {}", names.len(), names.join(", "));
        }
        sentence + "."
    };
    accuracy.builds.iter().map(answer).collect()
}

fn tested(accuracy: &Accuracy) -> impl Iterator<Item = &BuildAccuracy> {
    accuracy.builds.iter().filter(|build| build.failure.is_none())
}

/// Returns the promises in the order of reports, each once.
fn promises(accuracy: &Accuracy) -> Vec<&PromiseOutcome> {
    let mut promises: Vec<&PromiseOutcome> = Vec::new();
    for kept in tested(accuracy).flat_map(|build| &build.promises) {
        if promises.iter().all(|known| known.promise != kept.promise) {
            promises.push(kept);
        }
    }
    promises
}

fn matrix(accuracy: &Accuracy) -> Table {
    let builds = tested(accuracy).map(|build| left(build.name.as_str()));
    let mut table = Table::new([left("promise"), left("a report contains")].into_iter().chain(builds));
    for promise in promises(accuracy) {
        let status = |build: &BuildAccuracy| {
            let kept = build.promises.iter().find(|kept| kept.promise == promise.promise);
            kept.map_or_else(String::new, label)
        };
        let head = [promise.promise.clone(), promise.about.clone()];
        table.row(head.into_iter().chain(tested(accuracy).map(status)));
    }
    table
}

/// Returns the status in a word or two: of the worst run, if it varies.
fn label(kept: &PromiseOutcome) -> String {
    let label = kept.status().label();
    if kept.varies() { format!("sometimes ({label})") } else { label }
}

/// Returns a row for each promise of each build that is not kept.
fn wrong(accuracy: &Accuracy) -> Table {
    let words = ["promise", "build"].map(left);
    let counts = ["true positives", "false negatives", "false positives", "precision", "recall"].map(right);
    let last = ["missing, for example", "false, for example", "kept in"].map(left);
    let columns = words.into_iter().chain(counts).chain(last);
    let mut table = Table::new(columns).grouped_by(1).wrapped_at(WIDTH);
    for promise in promises(accuracy) {
        for build in tested(accuracy) {
            let of_build = build.promises.iter().filter(|kept| kept.promise == promise.promise);
            for kept in of_build.filter(|kept| kept.status().is_made() && kept.status() != Status::Kept) {
                table.row(row(kept, &build.name));
            }
        }
    }
    table
}

fn row(kept: &PromiseOutcome, build: &str) -> [String; 10] {
    let head = [kept.promise.clone(), build.to_owned()];
    let [counts, examples] = match &kept.failure {
        None => [
            [kept.true_positives, kept.false_negatives, kept.false_positives].map(grouped).to_vec(),
            vec![kept.missed.first().cloned().unwrap_or_default(), kept.invented.first().cloned().unwrap_or_default()],
        ],
        Some(failure) => [vec![String::new(); 3], vec![text::quoted_message(&failure.to_string()), String::new()]],
    };
    let shares = [kept.precision(), kept.recall()].map(|share| share.map_or_else(String::new, number::share));
    let kept_in = kept.runs.map(|Runs { all, kept }| format!("{kept} of {}", number::counted(all as usize, "run")));
    let cells = head.into_iter().chain(counts).chain(shares).chain(examples).chain([kept_in.unwrap_or_default()]);
    let cells: Vec<String> = cells.collect();
    cells.try_into().expect("as many as there are columns")
}

fn notes(accuracy: &Accuracy) -> Vec<String> {
    let mut lines = warnings::of_origin(&accuracy.origin);
    lines.push(
        "Each promise is a program with a known answer, in a separate process. Its facts are compared one by one: a \
         true positive is expected and reported, a false negative only expected, a false positive only reported. Kept: \
         no errors. `5 of 6`: that many of the expected facts are reported. Not kept: none of them is. The worst of \
         several runs counts; `sometimes`: in others the promise was kept."
            .to_owned(),
    );
    lines.push(
        "The first promises concern blocks that the hook sees; the promises on values concern values that the program \
         named. The workloads `leaks` and `cycles` plant the leaks and cycles. Threads are compared in pairs: which \
         two blocks belong to one thread. The content `T` of a `Vec<T>` does not count as a type. memscope forgets a \
         freed value when its address is reused, so false leaks vary by a few from run to run."
            .to_owned(),
    );
    lines.push(
        "No memory is really used after it was freed, freed twice or read beyond its end: memscope's detectors receive \
         such events with invented addresses."
            .to_owned(),
    );
    for promise in promises(accuracy) {
        let lacks = |build: &&BuildAccuracy| {
            let status = build.promises.iter().find(|kept| kept.promise == promise.promise).map(PromiseOutcome::status);
            status == Some(Status::Unsupported)
        };
        let lacking: Vec<&BuildAccuracy> = tested(accuracy).filter(lacks).collect();
        let why = lacking.first().and_then(|build| {
            let kept = build.promises.iter().find(|kept| kept.promise == promise.promise)?;
            let Failure::Unsupported { why } = kept.failure.as_ref()? else { return None };
            // The build is named in the last column.
            Some(text::quoted_message(why.rsplit("cannot do that: ").next().unwrap_or(why)))
        });
        if let Some(why) = why {
            let names: Vec<&str> = lacking.iter().map(|build| build.name.as_str()).collect();
            lines.push(format!("{} is not tested: {why} ({}).", promise.promise, names.join(", ")));
        }
    }
    // The table names the builds, which may not include this program's build.
    lines.extend(commit::note(accuracy.builds.iter().map(|build| {
        let commit = build.memscope.as_ref().and_then(|memscope| memscope.commit.as_deref());
        (build.name.as_str(), None, commit)
    })));
    lines.extend(circumstances_of_other_builds(&accuracy.origin));
    lines
}
