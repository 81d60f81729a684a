//! The report of a trend: the steps between memscope's commits, then the records of single runs.

mod commits;
mod records;

pub(super) use commits::{rule, sentences, word};
pub(super) use records::{NO_VERDICTS, between_sessions, floor, machine_name, machine_note, record_of, shown, version};

use crate::report::document::Document;
use crate::study::trend::Trend;

/// The number of characters of a commit's message that are shown.
const MESSAGE: usize = 50;

/// Returns the report.
pub(crate) fn summary(trend: &Trend) -> Document {
    let mut document = Document::default();
    match &trend.commits {
        Some(commits) => commits::add(&mut document, commits),
        None => document.notes(vec![NO_DIFFERENCES.to_owned()]),
    }
    match &trend.no_records {
        Some(why) => document.notes(vec![format!("No records of single runs are shown: {why}.")]),
        None => {
            document.heading("Records of single runs");
            records::add(&mut document, &trend.log, &trend.lanes);
        }
    }
    document
}

/// The note if there are no commits.
const NO_DIFFERENCES: &str = "No differences of commits yet: `memscope-bench history` measures commits of memscope-rs \
                              side by side, and appends them to `trend.jsonl`.";

/// Shortens a long message.
fn shortened(message: &str) -> String {
    match message.char_indices().nth(MESSAGE) {
        Some((end, _)) => format!("{}…", message[..end].trim_end()),
        None => message.to_owned(),
    }
}
