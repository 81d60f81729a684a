//! The rows of a check, by source.

mod counts;
mod fidelity;
mod growth;
mod latency;
mod memory;
mod package;
mod reports;
mod time;

use super::Record;
use super::resolution::Thresholds;
use super::row::Row;

/// Returns the rows of all axes, in the order of reports.
pub(super) fn rows(record: &Record, thresholds: &Thresholds) -> Vec<Row> {
    let of_studies: [fn(&Record, &Thresholds) -> Vec<Row>; 8] = [
        time::rows,
        counts::rows,
        memory::rows,
        fidelity::rows,
        latency::rows,
        growth::rows,
        reports::rows,
        package::rows,
    ];
    let mut rows: Vec<Row> = of_studies.iter().flat_map(|rows| rows(record, thresholds)).collect();
    rows.sort_by_key(|row| row.axis);
    rows.into_iter().map(|row| record.plan.budget.mark(row)).collect()
}
