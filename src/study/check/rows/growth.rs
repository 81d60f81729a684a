//! Growth: the CPU time that tracking adds to an event after many others ÷ early in the process, and its class.

use super::super::Record;
use super::super::axis::Axis;
use super::super::resolution::Thresholds;
use super::super::row::{Place, Row};
use crate::study::counts::Judgement;
use crate::study::soak::{Growth, Measured, Pair, Quantity, Soak};

/// The smallest change of the ratio that counts.
const MIN_CHANGE: f64 = 0.1;

pub(super) fn rows(record: &Record, thresholds: &Thresholds) -> Vec<Row> {
    let [base, head] = &record.soaks;
    base.iter().zip(head).map(|(base, head)| row(base, head, thresholds)).collect()
}

fn row(base: &Soak, head: &Soak, thresholds: &Thresholds) -> Row {
    let place = Place::other("soak", base.level());
    match (base.failure(), head.failure()) {
        (None, Some(failure)) => {
            let row = Row::unknown(Axis::Growth, place, failure.to_string());
            return Row { judgement: Judgement::Worse, ..row };
        }
        (Some(failure), _) => return Row::unknown(Axis::Growth, place, failure.to_string()),
        (None, None) => {}
    }
    let Some(growths) = compared(base, head) else {
        return Row::unknown(Axis::Growth, place, "too few checkpoints within the time");
    };
    let (Some(before), Some(after)) = (growths[0].ratio(), growths[1].ratio()) else {
        return Row::unknown(Axis::Growth, place, "tracking adds no time to an event");
    };
    let threshold_percent = thresholds.percent(Axis::Growth, place.level);
    let row = Row::exact(Axis::Growth, place, [before, after], threshold_percent, MIN_CHANGE);
    let row = match differ(&growths) {
        Some((judgement, why)) if row.judgement == Judgement::Same => {
            Row { judgement, change: None, why: Some(why), ..row }
        }
        _ => row,
    };
    if row.judgement == Judgement::Same || are_apart([base, head], growths[0].reached()) {
        return row;
    }
    Row { judgement: Judgement::Unknown, why: Some("pairs of both builds overlap".to_owned()), ..row }
}

/// Returns whether each pair of one build grew by more than each pair of the other one, up to a number of events. The
/// growth of single processes varies by tens of percent. Of three equal pairs against three, all lie on one side in a
/// tenth of cases, and rarely by as much as the threshold.
fn are_apart(soaks: [&Soak; 2], reached: u64) -> bool {
    let ratio = |soak: &Soak, pair: &Pair| {
        let alone = Measured::begin(soak.level(), soak.measured.live).with(vec![pair.clone()]);
        Growth::of(Quantity::CpuTime, &alone)?.up_to(reached).ratio()
    };
    let [base, head] = soaks.map(|soak| {
        let ratios: Option<Vec<f64>> = soak.measured.pairs.iter().map(|pair| ratio(soak, pair)).collect();
        ratios.unwrap_or_default()
    });
    let is_below = |low: &[f64], high: &[f64]| low.iter().all(|low| high.iter().all(|high| low < high));
    !base.is_empty() && !head.is_empty() && (is_below(&base, &head) || is_below(&head, &base))
}

/// Returns both growths of CPU time over the checkpoints that both builds reached: a slower build reaches fewer in the
/// same time. `None` if they have no class.
fn compared(base: &Soak, head: &Soak) -> Option<[Growth; 2]> {
    let growth = |soak: &Soak| soak.growths.iter().find(|growth| growth.quantity == Quantity::CpuTime).cloned();
    let (base, head) = (growth(base)?, growth(head)?);
    let reached = base.reached().min(head.reached());
    let both = [base, head].map(|growth| growth.up_to(reached));
    both.iter().all(|growth| growth.fit.is_some()).then_some(both)
}

/// Returns the judgement on two classes, if each fit rules out the other's class. A cost of which no growth was found
/// rules out none, unless it is flat.
fn differ([base, head]: &[Growth; 2]) -> Option<(Judgement, String)> {
    if base.is_undecided() || head.is_undecided() {
        return None;
    }
    let (base, head) = (base.fit?, head.fit?);
    if base.class == head.class || base.or == Some(head.class) || head.or == Some(base.class) {
        return None;
    }
    let judgement = if head.class > base.class { Judgement::Worse } else { Judgement::Better };
    Some((judgement, format!("{} instead of {}", head.class, base.class)))
}
