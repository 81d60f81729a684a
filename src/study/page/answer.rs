//! The answer of a results file in a few sentences: the first sentences of the study's own report, and the headline.

use crate::report::document::{Document, Part};
use crate::study::kept::{Kept, Visitor};
use crate::study::trackers::overview;
use crate::study::{Study, headline};

/// The maximum number of sentences of one file.
const MAX_SENTENCES: usize = 3;

/// Returns the answer of a file; empty if its report begins with tables.
pub(super) fn sentences(kept: &Kept) -> Vec<String> {
    match kept {
        Kept::Overhead(results) if results.is_control() => harness_cost(&results.summary()),
        Kept::Overhead(results) => headline::sentences(results),
        Kept::Trackers(trackers) => overview::sentences(trackers),
        // The first sentence sums up, and the last one is on the newest change.
        Kept::Comparison(comparison) => ends(lead(&comparison.summary())),
        // A sentence for each build, and the newest build is the last.
        Kept::Accuracy(accuracy) => lead(&accuracy.summary()).pop().into_iter().collect(),
        Kept::Validation(validation) => figures(lead(&validation.summary())),
        Kept::Stress(record) => first_heading(&record.summary()).into_iter().collect(),
        other => lead(&other.visit(&mut Summary)).into_iter().take(MAX_SENTENCES).collect(),
    }
}

/// Returns the sentences above the first table of a report.
fn lead(document: &Document) -> Vec<String> {
    let above = document.parts.iter().take_while(|part| !matches!(part, Part::Table(_)));
    let notes = above.filter_map(|part| if let Part::Notes(lines) = part { Some(lines) } else { None });
    notes.flatten().filter(|line| !line.starts_with("Warning:")).cloned().collect()
}

fn ends(mut lines: Vec<String>) -> Vec<String> {
    if lines.len() > 2 {
        lines.drain(1..lines.len() - 1);
    }
    lines
}

/// Returns the sentences with shares; sentences about the definition have none.
fn figures(lines: Vec<String>) -> Vec<String> {
    lines.into_iter().filter(|line| line.contains(" %)") || line.starts_with("Target")).take(MAX_SENTENCES).collect()
}

/// Returns the sentence on the cost of the harness itself.
fn harness_cost(document: &Document) -> Vec<String> {
    let notes = document.parts.iter().filter_map(|part| if let Part::Notes(lines) = part { Some(lines) } else { None });
    notes.flatten().filter(|line| line.starts_with("Harness cost: ")).cloned().collect()
}

fn first_heading(document: &Document) -> Option<String> {
    document.parts.iter().find_map(|part| if let Part::Heading(heading) = part { Some(heading.clone()) } else { None })
}

struct Summary;

impl Visitor for Summary {
    type Output = Document;

    fn visit<S: Study>(&mut self, study: &S) -> Document {
        study.summary()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::document::{Table, left};

    #[test]
    fn the_sentences_above_the_first_table_are_the_answer() {
        let mut document = Document::default();
        document.heading("a heading");
        document.notes(["one", "Warning: two", "three", "four"].map(str::to_owned).to_vec());
        document.table(Table::new([left("a")]));
        document.notes(vec!["below".to_owned()]);
        assert_eq!(lead(&document), ["one", "three", "four"]);
        assert_eq!(ends(lead(&document)), ["one", "four"]);
        assert_eq!(first_heading(&document).as_deref(), Some("a heading"));
        let shares = ["Coverage: 1 of 2 (50.0 %) blocks", "A definition", "Target reached: x"].map(str::to_owned);
        assert_eq!(figures(shares.to_vec()).len(), 2);
    }
}
