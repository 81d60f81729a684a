//! A target of a share, and what cases show about it.

use super::estimate::Estimate;
use super::share;

/// A target of a share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// The share, in percent.
    pub percent: f64,
    /// True if the share must be at least this, and false if it must be at most this.
    pub is_least: bool,
    /// The minimum number of cases.
    pub cases: usize,
}

/// The verdict of cases on a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The interval of the share lies on the target's right side.
    Reached,
    /// The interval of the share lies on the target's wrong side.
    Missed,
    /// The interval contains the target, or there are fewer cases than the target needs.
    NotShown,
}

impl Verdict {
    /// Returns the verdict in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Reached => "reached",
            Self::Missed => "missed",
            Self::NotShown => "not shown",
        }
    }
}

impl Target {
    /// Returns what this number of cases shows. `share` is their share in percent, with its interval.
    pub fn verdict(&self, share: Estimate, cases: usize) -> Verdict {
        let (is_right, is_wrong) = if self.is_least {
            (share.low >= self.percent, share.high < self.percent)
        } else {
            (share.high <= self.percent, share.low > self.percent)
        };
        match (is_right && cases >= self.cases, is_wrong) {
            (true, _) => Verdict::Reached,
            (_, true) => Verdict::Missed,
            _ => Verdict::NotShown,
        }
    }

    /// Returns the number of independent cases that would show that the target is reached, if their share is this
    /// fraction; `None` if ten thousand would not.
    pub fn needed(&self, fraction: f64) -> Option<usize> {
        const MAX_CASES: usize = 10_000;
        let shows = |cases: usize| self.verdict(share::percent(fraction, cases as f64), cases) == Verdict::Reached;
        if !shows(MAX_CASES) {
            return None;
        }
        let (mut too_few, mut enough) = (0, MAX_CASES);
        while enough - too_few > 1 {
            let middle = usize::midpoint(too_few, enough);
            if shows(middle) { enough = middle } else { too_few = middle }
        }
        Some(enough)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::share::Share;

    const FEW_ALARMS: Target = Target { percent: 5.0, is_least: false, cases: 1 };
    const MOST_COVERED: Target = Target { percent: 94.0, is_least: true, cases: 900 };

    fn verdict(target: Target, part: usize, of: usize) -> Verdict {
        let share = Share { part, of };
        target.verdict(share.percent().expect("there are cases"), of)
    }

    #[test]
    fn a_target_is_reached_if_the_whole_interval_is_on_its_right_side() {
        // 0 of 71: [0, 5.06]; 0 of 72: [0, 4.99]. 3 of 10: [6.7, 65.2].
        assert_eq!([10, 71, 72].map(|of| verdict(FEW_ALARMS, 0, of) == Verdict::Reached), [false, false, true]);
        assert_eq!([0, 2, 3].map(|part| verdict(FEW_ALARMS, part, 10) == Verdict::Missed), [false, false, true]);
        // 867 of 900: [94.9, 97.5]; 855: [93.4, 96.3]; 829: [90.1, 93.8].
        let covered = [867, 855, 829].map(|part| verdict(MOST_COVERED, part, 900));
        assert_eq!(covered, [Verdict::Reached, Verdict::NotShown, Verdict::Missed]);
        assert_eq!(verdict(MOST_COVERED, 899, 899), Verdict::NotShown, "too few cases");
        assert_eq!(verdict(MOST_COVERED, 0, 10), Verdict::Missed, "enough to see that it is not reached");
    }

    #[test]
    fn the_cases_that_a_share_needs_are_the_first_that_show_it() {
        assert_eq!(FEW_ALARMS.needed(0.0), Some(72));
        assert_eq!(MOST_COVERED.needed(1.0), Some(900), "its own number, although 60 would do");
        assert_eq!([FEW_ALARMS.needed(0.05), FEW_ALARMS.needed(0.3), MOST_COVERED.needed(0.9)], [None; 3]);
        // Half a point from the target. By the normal approximation at the target, (1.96 ÷ 0.005)² · 0.06 · 0.94 =
        // 8,667 cases; Clopper and Pearson's interval is a little wider.
        let needed = MOST_COVERED.needed(0.945).expect("fewer than ten thousand");
        assert!((8_600..8_900).contains(&needed), "{needed}");
    }
}
