//! The verdict of a check.

use super::axis::Axis;
use super::row::Row;
use crate::study::counts::Judgement;
use serde::{Deserialize, Serialize};

/// The verdict on the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Nothing is worse, and everything that a check needs is known.
    Ok,
    /// At least one axis is worse, or over its budget.
    Worse,
    /// Nothing is shown to be worse, but an axis that the check needs is unknown.
    CannotTell,
}

impl Verdict {
    /// Returns the verdict on rows.
    pub(super) fn of(rows: &[Row]) -> Self {
        if rows.iter().any(Row::is_worse) {
            return Self::Worse;
        }
        let lacks = |axis: Axis| !rows.iter().any(|row| row.axis == axis);
        let needed = Axis::all().filter(|axis| axis.is_needed());
        if rows.iter().any(|row| is_open(row, rows)) || needed.into_iter().any(lacks) {
            Self::CannotTell
        } else {
            Self::Ok
        }
    }

    /// Returns the verdict in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Worse => "worse",
            Self::CannotTell => "cannot tell",
        }
    }
}

/// Returns whether a row leaves the verdict open.
pub(super) fn is_open(row: &Row, rows: &[Row]) -> bool {
    row.judgement == Judgement::Unknown && (needs(row) || is_alone(row, rows))
}

/// Returns whether the verdict needs a row. For time, it needs the typical change and the rows without any figure;
/// single workloads have their detectable differences.
fn needs(row: &Row) -> bool {
    row.axis.is_needed() && (row.axis != Axis::CpuTime || row.place.of.is_none() || row.change.is_none())
}

/// Returns whether a row is the time of a level without a typical change, so that nothing else shows its time.
fn is_alone(row: &Row, rows: &[Row]) -> bool {
    let is_typical = |other: &Row| other.place.of.is_none() && other.place.level == row.place.level;
    row.axis == Axis::CpuTime && !rows.iter().any(|other| other.axis == row.axis && is_typical(other))
}

/// Returns the judgement on an axis: worse if any row is worse, better if some row is better and the others are the
/// same or unknown, and the same if all rows are. For CPU time, the typical changes must be the same, and single
/// workloads may be unknown; [`unknown_places`] counts them.
pub(super) fn on_axis(rows: &[Row], axis: Axis) -> Option<Judgement> {
    let of_axis = || rows.iter().filter(|row| row.axis == axis);
    let any = |judgement| of_axis().any(|row| row.judgement == judgement);
    of_axis().next()?;
    Some(if of_axis().any(Row::is_worse) {
        Judgement::Worse
    } else if any(Judgement::Better) {
        Judgement::Better
    } else if of_axis().all(|row| row.judgement == Judgement::Same || !is_decisive(row)) {
        Judgement::Same
    } else {
        Judgement::Unknown
    })
}

/// Returns the number of single places at which an axis is unknown, and of all of its single places.
pub(super) fn unknown_places(rows: &[Row], axis: Axis) -> (usize, usize) {
    let single = || rows.iter().filter(|row| row.axis == axis && row.place.of.is_some());
    (single().filter(|row| row.judgement == Judgement::Unknown).count(), single().count())
}

/// Returns whether an unknown row leaves its axis unknown.
fn is_decisive(row: &Row) -> bool {
    row.axis != Axis::CpuTime || needs(row)
}

#[cfg(test)]
mod tests {
    use super::super::row::Place;
    use super::*;
    use crate::tracking::Level;
    use crate::workloads::Workload;

    fn row(axis: Axis, place: Place, judgement: Judgement) -> Row {
        Row { judgement, ..Row::begin(axis, place) }
    }

    fn typical(judgement: Judgement) -> Row {
        row(Axis::CpuTime, Place { of: None, level: Some(Level::Full) }, judgement)
    }

    fn of_workload(axis: Axis, judgement: Judgement) -> Row {
        let row = row(axis, Place::workload(Workload::CYCLES, Level::Full), judgement);
        Row { change: Row::exact(axis, Place::default(), [1.0, 1.0], 1.0, 0.0).change, ..row }
    }

    #[test]
    fn required_axes_decide_the_verdict() {
        let fidelity = of_workload(Axis::Fidelity, Judgement::Same);
        let same = typical(Judgement::Same);
        assert_eq!(Verdict::of(&[]), Verdict::CannotTell);
        assert_eq!(Verdict::of(std::slice::from_ref(&same)), Verdict::CannotTell, "fidelity is unknown");
        assert_eq!(Verdict::of(&[same.clone(), fidelity.clone()]), Verdict::Ok);
        let open = [same.clone(), fidelity.clone(), of_workload(Axis::CpuTime, Judgement::Unknown)];
        assert_eq!(Verdict::of(&open), Verdict::Ok, "a single workload has its detectable difference");
        let failed = row(Axis::CpuTime, Place::workload(Workload::CYCLES, Level::Full), Judgement::Unknown);
        assert_eq!(Verdict::of(&[same.clone(), fidelity.clone(), failed]), Verdict::CannotTell);
        assert_eq!(Verdict::of(&[typical(Judgement::Unknown), fidelity.clone()]), Verdict::CannotTell);
        // One workload has no typical change.
        let alone = |judgement| Verdict::of(&[of_workload(Axis::CpuTime, judgement), fidelity.clone()]);
        assert_eq!([Judgement::Same, Judgement::Unknown].map(alone), [Verdict::Ok, Verdict::CannotTell]);
        let misses = of_workload(Axis::DataMisses, Judgement::Worse);
        assert_eq!(Verdict::of(&[typical(Judgement::Unknown), misses.clone()]), Verdict::Worse);
        let over = Row { over_budget: Some(1.0), ..fidelity };
        assert_eq!(Verdict::of(&[same, over]), Verdict::Worse, "over its budget");
    }

    #[test]
    fn an_axis_is_as_bad_as_its_worst_place() {
        let of = |judgements: &[Judgement]| {
            let rows: Vec<Row> = judgements.iter().map(|&judgement| of_workload(Axis::DataMisses, judgement)).collect();
            on_axis(&rows, Axis::DataMisses)
        };
        use Judgement::{Better, Same, Unknown, Worse};
        assert_eq!(of(&[Better, Same, Worse]), Some(Worse));
        assert_eq!(of(&[Better, Same, Unknown]), Some(Better));
        assert_eq!(of(&[Same, Unknown]), Some(Unknown));
        assert_eq!(of(&[Same, Same]), Some(Same));
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn a_single_workload_that_is_unknown_leaves_cpu_time_the_same_and_is_counted() {
        let single = |judgement| of_workload(Axis::CpuTime, judgement);
        let rows = [typical(Judgement::Same), single(Judgement::Same), single(Judgement::Unknown)];
        assert_eq!(on_axis(&rows, Axis::CpuTime), Some(Judgement::Same));
        assert_eq!(unknown_places(&rows, Axis::CpuTime), (1, 2));
        assert_eq!(
            on_axis(&[typical(Judgement::Unknown), single(Judgement::Same)], Axis::CpuTime),
            Some(Judgement::Unknown)
        );
    }
}
