//! Reports: the planted objects that leak, cycle and live-allocation reports find.

use super::super::Record;
use super::super::axis::Axis;
use super::super::resolution::Thresholds;
use super::super::row::{Place, Row as CheckRow};
use crate::study::accuracy::{Finding, Row};
use crate::study::counts::Judgement;

pub(super) fn rows(record: &Record, thresholds: &Thresholds) -> Vec<CheckRow> {
    let [base, head] = &record.reports;
    let of_base = base.iter().map(|row| {
        let same = |other: &&Row| is_same(row, other);
        compared(row, head.iter().find(same), thresholds)
    });
    let is_new = |row: &&Row| !base.iter().any(|other| is_same(row, other));
    of_base.flatten().chain(head.iter().filter(is_new).filter_map(new)).collect()
}

fn is_same(row: &Row, other: &Row) -> bool {
    row.workload == other.workload && row.report.name() == other.report.name()
}

fn place(row: &Row) -> Place {
    Place::other(format!("{} after {}", row.report.sought.name(), row.workload), row.report.level)
}

/// The objects that a report names: the planted ones, and others.
struct Named {
    planted: u64,
    found: u64,
    false_positives: u64,
}

impl Named {
    /// Returns what a report names; `None` if it fails or is unsupported.
    fn of(row: &Row) -> Option<Self> {
        let Finding { planted, named, held, .. } = row.finding?;
        let (found, false_positives) = match held {
            Some(score) => (score.true_positives, score.false_positives),
            // A report that only counts is right up to the smaller number; the excess over the planted objects is
            // wrong.
            None => (named.min(planted), named.saturating_sub(planted)),
        };
        Some(Self { planted, found, false_positives })
    }

    /// Returns the part of the planted objects that are found; `None` if nothing is planted.
    fn recall(&self) -> Option<f64> {
        (self.planted > 0).then(|| self.found as f64 / self.planted as f64)
    }

    fn is_empty(&self) -> bool {
        self.found + self.false_positives == 0
    }

    /// Returns the part of the named objects that are planted; 1 if none is named, since none is false.
    fn precision(&self) -> f64 {
        if self.is_empty() { 1.0 } else { self.found as f64 / (self.found + self.false_positives) as f64 }
    }
}

/// Returns the recall of a report. It is 0 if the report fails.
fn recall(row: &Row) -> f64 {
    Named::of(row).map_or(0.0, |named| named.recall().unwrap_or(1.0))
}

/// Returns the rows of a report that the base has.
fn compared(base: &Row, head: Option<&Row>, thresholds: &Thresholds) -> Vec<CheckRow> {
    // A report that the base lacks cannot become worse.
    if base.report.lacking.is_some() {
        return Vec::new();
    }
    let lost = || head.is_none_or(|head| head.report.lacking.is_some()) && base.finding.is_some();
    let row = recall_row(base, [recall(base), head.map_or(0.0, recall)]);
    let failure = head.and_then(|head| head.failure.as_ref()).filter(|_| base.failure.is_none());
    let recall = match failure {
        Some(failure) => CheckRow { judgement: Judgement::Worse, why: Some(failure.to_string()), ..row },
        None if lost() => CheckRow { judgement: Judgement::Worse, why: Some("the head lacks it".to_owned()), ..row },
        None => row,
    };
    [Some(recall), head.and_then(|head| precision_row(base, head, thresholds))].into_iter().flatten().collect()
}

/// Returns the row of a report's precision; `None` if the head names nothing, which its recall shows.
fn precision_row(base: &Row, head: &Row, thresholds: &Thresholds) -> Option<CheckRow> {
    let [before, after] = [Named::of(base)?, Named::of(head)?];
    let place = place(base);
    // The tracker's own live blocks are among the false finds, and their number varies a little between processes.
    let percent = thresholds.percent(Axis::Precision, place.level);
    let figures = [before.precision(), after.precision()];
    (!after.is_empty()).then(|| CheckRow::exact(Axis::Precision, place, figures, percent, 1e-9))
}

/// Returns the row of a report that the base does not have; `None` if it returns nothing.
fn new(head: &Row) -> Option<CheckRow> {
    head.finding?;
    Some(recall_row(head, [0.0, recall(head)]))
}

fn recall_row(report: &Row, figures: [f64; 2]) -> CheckRow {
    CheckRow::exact(Axis::Recall, place(report), figures, 0.0, 1e-9)
}
