//! A row of a check: one axis at one place, with its judgement.

use super::axis::Axis;
use crate::stats::estimate::Estimate;
use crate::study::compare::{Verdict, decision};
use crate::study::counts::Judgement;
use crate::tracking::Level;
use crate::worker::failure::Failure;
use crate::workloads::Workload;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The place of a row: the thing that ran, and its level.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The workload, the operation or the report; `None` for the build as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// The level, if any.
    #[serde(default, rename = "tracking", skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
}

impl Place {
    /// Returns the place of a workload at a level.
    pub(super) fn workload(workload: Workload, level: Level) -> Self {
        Self { of: Some(workload.name().to_owned()), level: Some(level) }
    }

    /// Returns the place of something else that ran at a level.
    pub(super) fn other(of: impl Into<String>, level: Level) -> Self {
        Self { of: Some(of.into()), level: Some(level) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.of, self.level) {
            (Some(of), Some(level)) => write!(f, "{of}/{level}"),
            (Some(of), None) => f.write_str(of),
            (None, Some(level)) => write!(f, "all workloads/{level}"),
            (None, None) => f.write_str("the build"),
        }
    }
}

/// A judgement on one axis at one place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The axis.
    pub axis: Axis,
    /// The place.
    #[serde(flatten)]
    pub place: Place,
    /// The base's figure.
    pub base: Option<f64>,
    /// The head's figure.
    pub head: Option<f64>,
    /// The head's figure ÷ the base's, with its interval if there is one; for exact figures all three are equal.
    pub change: Option<Estimate>,
    /// The threshold of a verdict, in percent.
    pub threshold_percent: f64,
    /// The smallest change, in percent, that would have been found with a probability of 80 %.
    pub detectable_percent: Option<f64>,
    /// The judgement.
    pub judgement: Judgement,
    /// The reason for an unknown judgement, or for one that its figures do not explain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The budget's limit that the head exceeds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over_budget: Option<f64>,
}

impl Row {
    /// Returns a row that is not judged, with the reason.
    pub(super) fn unknown(axis: Axis, place: Place, why: impl Into<String>) -> Self {
        Self { why: Some(why.into()), ..Self::begin(axis, place) }
    }

    /// Returns the row of a place where a build failed, if one did: worse if only the head failed, because a missing
    /// figure cannot be shown to be as good.
    pub(super) fn of_failures(axis: Axis, place: &Place, failures: [Option<&Failure>; 2]) -> Option<Self> {
        let [base, head] = failures;
        let row = Self::unknown(axis, place.clone(), head.or(base)?.to_string());
        let judgement = if base.is_none() { Judgement::Worse } else { Judgement::Unknown };
        Some(Self { judgement, ..row })
    }

    /// Returns a row without figures.
    pub(super) fn begin(axis: Axis, place: Place) -> Self {
        Self {
            axis,
            place,
            base: None,
            head: None,
            change: None,
            threshold_percent: axis.threshold_percent(),
            detectable_percent: None,
            judgement: Judgement::Unknown,
            why: None,
            over_budget: None,
        }
    }

    /// Returns a row of two exact figures. A change counts if it exceeds both the threshold, in percent, and the
    /// minimum amount.
    pub(super) fn exact(axis: Axis, place: Place, [base, head]: [f64; 2], threshold_percent: f64, least: f64) -> Self {
        let more = head - base;
        let allowed = least.max(base.abs() * threshold_percent / 100.0);
        let judgement = match (more.abs() > allowed, (more > 0.0) == axis.more_is_better()) {
            (false, _) => Judgement::Same,
            (true, true) => Judgement::Better,
            (true, false) => Judgement::Worse,
        };
        let ratio = Some(head / base).filter(|ratio| base > 0.0 && ratio.is_finite());
        Self {
            base: Some(base),
            head: Some(head),
            change: ratio.map(|value| Estimate { value, low: value, high: value }),
            threshold_percent,
            detectable_percent: Some(allowed / base.abs() * 100.0).filter(|percent| percent.is_finite()),
            judgement,
            ..Self::begin(axis, place)
        }
    }

    /// Returns the row of a change that a sign test decides, without the figures of the builds. `shift` is the
    /// logarithm of the change that the test would find, and `unsure` the reason for an unknown judgement.
    pub(super) fn of_signs(
        axis: Axis,
        place: Place,
        change: Estimate,
        is_sure: bool,
        shift: Option<f64>,
        threshold_percent: f64,
        unsure: &str,
    ) -> Self {
        let judgement = judgement(decision(change, is_sure, threshold_percent), Some(change), threshold_percent);
        Self {
            change: Some(change),
            threshold_percent,
            detectable_percent: shift.map(|shift| threshold_percent.max(shift.exp_m1() * 100.0)),
            judgement,
            why: (judgement == Judgement::Unknown).then(|| unsure.to_owned()),
            ..Self::begin(axis, place)
        }
    }

    /// Returns whether the row counts against the head.
    pub fn is_worse(&self) -> bool {
        self.judgement == Judgement::Worse || self.over_budget.is_some()
    }
}

/// Returns the judgement on a figure with an interval, from its verdict. Without a verdict, it is *same* only if the
/// whole interval lies within the threshold.
pub(super) fn judgement(verdict: Verdict, ratio: Option<Estimate>, threshold_percent: f64) -> Judgement {
    match verdict {
        Verdict::Regression => Judgement::Worse,
        Verdict::Improvement => Judgement::Better,
        _ if ratio.is_some_and(|ratio| ratio.is_within(threshold_percent)) => Judgement::Same,
        _ => Judgement::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_figures_have_a_direction() {
        let judged =
            |axis, figures, threshold, least| Row::exact(axis, Place::default(), figures, threshold, least).judgement;
        assert_eq!(judged(Axis::LiveBytes, [285.0, 301.0], 1.0, 0.5), Judgement::Worse);
        assert_eq!(judged(Axis::LiveBytes, [285.0, 269.0], 1.0, 0.5), Judgement::Better);
        assert_eq!(judged(Axis::LiveBytes, [285.0, 286.0], 1.0, 0.5), Judgement::Same);
        assert_eq!(judged(Axis::KeptBytes, [0.0, 0.01], 1.0, 0.05), Judgement::Same, "too little to count");
        assert_eq!(judged(Axis::Fidelity, [1.0, 0.9999], 0.0, 1e-6), Judgement::Worse);
        assert_eq!(judged(Axis::Fidelity, [0.9, 1.0], 0.0, 1e-6), Judgement::Better);
    }
}
