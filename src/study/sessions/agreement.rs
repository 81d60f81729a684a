//! The agreement of sessions: tests whether the intervals of two runs of one command overlap.

use super::{Session, Sessions};
use crate::schedule::measurement::Clock;
use crate::stats::estimate::Estimate;
use crate::stats::median::{deviation_from_zero, median};
use crate::stats::spread::Spread;
use crate::tracking::Level;
use crate::workloads::Workload;

/// The agreement of sessions at one level, over all workloads.
#[derive(Clone, Debug, PartialEq)]
pub struct Agreement {
    /// The level.
    pub level: Level,
    /// The pairs of sessions that were compared, over all workloads.
    pub pairs: usize,
    /// The number of these pairs if each session belonged to one pair only: such pairs are independent.
    pub apart: usize,
    /// The pairs whose intervals are disjoint.
    pub disjoint: usize,
    /// The robust standard deviation of difference ÷ its standard error: 1 if the intervals are as wide as they should
    /// be. `None` without a pair.
    pub in_errors: Option<f64>,
    /// The spread between sessions on each workload that has a figure in all of them.
    pub spreads: Vec<(Workload, Spread)>,
}

impl Agreement {
    /// Returns the share of disjoint pairs in percent; `None` without a pair.
    pub fn disjoint_percent(&self) -> Option<f64> {
        (self.pairs > 0).then(|| 100.0 * self.disjoint as f64 / self.pairs as f64)
    }

    /// Returns the spread of the median workload, in percent: the standard deviation between sessions.
    pub fn typical_percent(&self) -> Option<f64> {
        median(self.spreads.iter().map(|(_, spread)| spread.log_sd.exp_m1() * 100.0))
    }

    /// Returns the workload with the largest spread.
    pub fn widest(&self) -> Option<(Workload, Spread)> {
        self.spreads.iter().copied().max_by(|a, b| a.1.log_sd.total_cmp(&b.1.log_sd))
    }
}

/// Returns the agreement of sessions at each level, by wall time or CPU time.
pub fn agreement(sessions: &Sessions, clock: Clock) -> Vec<Agreement> {
    sessions.plan.levels.iter().map(|&level| at_level(sessions, level, clock)).collect()
}

fn at_level(sessions: &Sessions, level: Level, clock: Clock) -> Agreement {
    let mut found = Agreement { level, pairs: 0, apart: 0, disjoint: 0, in_errors: None, spreads: Vec::new() };
    let mut distances = Vec::new();
    for &workload in &sessions.plan.workloads {
        let figures = figures(sessions, workload, level, clock);
        found.apart += figures.len() / 2;
        for (place, a) in figures.iter().enumerate() {
            for b in &figures[..place] {
                found.pairs += 1;
                found.disjoint += usize::from(a.high < b.low || b.high < a.low);
                distances.extend(a.log_difference(b));
            }
        }
        let values: Vec<f64> = figures.iter().map(|figure| figure.value).collect();
        let spread = Spread::of(&values).filter(|spread| spread.sessions == sessions.sessions.len());
        found.spreads.extend(spread.map(|spread| (workload, spread)));
    }
    found.in_errors = deviation_from_zero(distances);
    found
}

/// Returns the figures of a workload at a level, one from each session that has it.
pub(super) fn figures(sessions: &Sessions, workload: Workload, level: Level, clock: Clock) -> Vec<Estimate> {
    let figure = |session: &Session| session.measurement(workload, level)?.overhead()?.by(clock);
    sessions.sessions.iter().filter_map(figure).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::report::origin::Origin;
    use crate::schedule::measurement::{Measurement, Outcome, Overhead, Series};
    use crate::study::sessions::{Plan, SCHEMA};
    use crate::worker::probe::Request;
    use crate::workloads::Scale;

    /// Returns sessions with these figures of one workload at `full`.
    pub(crate) fn sessions(figures: &[Estimate]) -> Sessions {
        let scale = Scale::new(1.0).expect("positive");
        let request = Request { workload: Workload::CYCLES, level: Level::Full, scale, threads: 2, count: false };
        let measurement = |&wall: &Estimate| {
            let overhead = Overhead {
                pairs: 60,
                wall,
                cpu: Some(wall),
                ns_per_allocation: None,
                peak_memory: None,
                page_faults: None,
                kernel_share: None,
                untracked_ns: 1e7,
            };
            Measurement { outcome: Outcome::Measured(overhead), ..Measurement::new(Series::Overhead, &request) }
        };
        let origin = Origin::here("memscope-bench validate --sessions=3".to_owned());
        let session = |figure| Session { started: origin.started, measurements: vec![measurement(figure)] };
        Sessions {
            schema: SCHEMA,
            plan: Plan {
                program: String::new(),
                sessions: figures.len(),
                minutes: 0.0,
                pairs: 60,
                workloads: vec![Workload::CYCLES, Workload::LEAKS],
                levels: vec![Level::Untracked, Level::Full],
                scale: Some(1.0),
                threads: 2,
            },
            sessions: figures.iter().map(session).collect(),
            origin,
        }
    }

    pub(crate) fn within(value: f64, percent: f64) -> Estimate {
        let factor = 1.0 + percent / 100.0;
        Estimate { value, low: value / factor, high: value * factor }
    }

    #[test]
    fn disjoint_intervals_of_pairs_of_sessions_are_counted() {
        let kept = sessions(&[within(4.0, 5.0), within(4.1, 5.0), within(5.0, 5.0)]);
        let [untracked, full] = &agreement(&kept, Clock::Wall)[..] else { panic!("two levels") };
        assert_eq!((untracked.pairs, untracked.disjoint_percent(), untracked.in_errors), (0, None, None));
        assert_eq!((full.pairs, full.apart, full.disjoint), (3, 1, 2));
        let spread = Spread::of(&[4.0, 4.1, 5.0]).expect("three sessions");
        assert_eq!(full.spreads, [(Workload::CYCLES, spread)]);
        assert_eq!(full.widest(), Some((Workload::CYCLES, spread)));
        // The median of |ln(4.1 ÷ 4)|, |ln(5 ÷ 4)|, |ln(5 ÷ 4.1)|, in errors of √2 · ln 1.05 ÷ 1.96.
        let middle = (5.0_f64 / 4.1).ln() / (2.0_f64.sqrt() * 1.05_f64.ln() / 1.959_963_985);
        assert!((full.in_errors.expect("three pairs") - 1.4826 * middle).abs() < 1e-9);
    }

    #[test]
    fn a_level_that_failed_in_a_session_has_no_spread() {
        let mut kept = sessions(&[within(4.0, 5.0), within(4.1, 5.0), within(5.0, 5.0)]);
        kept.sessions[1].measurements[0].outcome = Outcome::TooFew;
        let full = &agreement(&kept, Clock::Wall)[1];
        assert_eq!((full.pairs, full.disjoint, full.spreads.len()), (1, 1, 0));
    }
}
