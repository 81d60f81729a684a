//! Reports: the planted objects that leak, cycle and live-allocation reports find.

use super::super::Record;
use super::super::axis::Axis;
use super::super::resolution::Thresholds;
use super::super::row::{Place, Row as CheckRow};
use crate::study::accuracy::{Finding, Row};
use crate::study::counts::Judgement;

pub(super) fn rows(record: &Record, _: &Thresholds) -> Vec<CheckRow> {
    let [base, head] = &record.reports;
    let of_base = base.iter().map(|row| {
        let same = |other: &&Row| is_same(row, other);
        compared(row, head.iter().find(same))
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

/// Returns the part of the planted objects that a report finds, minus its false positives; 0 if it finds none, or
/// fails.
fn recall(row: &Row) -> f64 {
    let Some(Finding { planted, named, held, .. }) = row.finding else { return 0.0 };
    let (found, false_finds) = match held {
        Some(score) => (score.true_positives, score.false_positives),
        // A report that only counts is right up to the smaller number; the excess over the planted objects is wrong.
        None => (named.min(planted), named.saturating_sub(planted)),
    };
    if planted == 0 {
        return f64::from(u8::from(false_finds == 0));
    }
    (found as f64 - false_finds as f64).max(0.0) / planted as f64
}

fn compared(base: &Row, head: Option<&Row>) -> Option<CheckRow> {
    // A report that the base lacks cannot become worse.
    if base.report.lacking.is_some() {
        return None;
    }
    let lost = || head.is_none_or(|head| head.report.lacking.is_some()) && base.finding.is_some();
    let figures = [recall(base), head.map_or(0.0, recall)];
    let row = CheckRow::exact(Axis::Recall, place(base), figures, 0.0, 1e-9);
    let failure = head.and_then(|head| head.failure.as_ref()).filter(|_| base.failure.is_none());
    Some(match failure {
        Some(failure) => CheckRow { judgement: Judgement::Worse, why: Some(failure.to_string()), ..row },
        None if lost() => CheckRow { judgement: Judgement::Worse, why: Some("the head lacks it".to_owned()), ..row },
        None => row,
    })
}

/// Returns the row of a report that the base does not have; `None` if it returns nothing.
fn new(head: &Row) -> Option<CheckRow> {
    head.finding?;
    Some(CheckRow::exact(Axis::Recall, place(head), [0.0, recall(head)], 0.0, 1e-9))
}
