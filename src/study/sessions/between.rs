//! The spread between sessions, for reports of other runs on the same machine.

use super::Sessions;
use super::agreement::figures;
use crate::platform::system::Machine;
use crate::schedule::measurement::{Clock, Measurement, Pair};
use crate::stats::mean::finite_mean;
use crate::stats::spread::Spread;
use crate::tracking::Level;
use crate::workloads::Workload;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The spread between sessions of each workload and level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BetweenSessions {
    /// The beginning of the first session.
    pub started: DateTime<Utc>,
    /// The number of sessions.
    pub sessions: usize,
    /// The time from the beginning of the first session to the beginning of the last one, in minutes.
    pub minutes: f64,
    /// The spreads.
    pub spreads: Vec<WorkSpread>,
}

/// The spread of one workload at one level.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkSpread {
    /// The workload.
    pub workload: Workload,
    /// The level.
    #[serde(rename = "tracking")]
    pub level: Level,
    /// The factor of the scale.
    pub scale: f64,
    /// The threads of each pool.
    pub threads: usize,
    /// The spread of the overhead by wall time.
    pub wall: Spread,
    /// The spread of the overhead by CPU time.
    pub cpu: Option<Spread>,
    /// The spread of the mean ratio of a session's pairs, which Criterion compares between runs.
    pub mean_ratio: Option<Spread>,
    /// The spread of the mean tracked wall time of a session.
    pub mean_time: Option<Spread>,
}

impl BetweenSessions {
    /// Returns the spreads of sessions for runs on a machine; `None` if the sessions ran on another one, or are too
    /// few.
    pub fn of(sessions: &Sessions, machine: &Machine) -> Option<Self> {
        let [first, .., last] = &sessions.sessions[..] else { return None };
        let spreads = first.measurements.iter().filter_map(|measurement| spread(sessions, measurement));
        sessions.origin.machine.is(machine).then(|| Self {
            started: first.started,
            sessions: sessions.sessions.len(),
            minutes: (last.started - first.started).as_seconds_f64() / 60.0,
            spreads: spreads.collect(),
        })
    }

    /// Returns the spread of a measurement's work at its level, if the sessions have the same.
    pub fn spread(&self, measurement: &Measurement) -> Option<&WorkSpread> {
        let Measurement { workload, level, scale, threads, .. } = *measurement;
        let wanted = (workload, level, scale, threads);
        self.spreads.iter().find(|found| (found.workload, found.level, found.scale, found.threads) == wanted)
    }

    /// Returns the relative change of the mean ratio that two sessions of one binary rarely exceed.
    pub fn change_of_mean_ratio(&self, measurement: &Measurement) -> Option<f64> {
        self.change(measurement, |spread| spread.mean_ratio)
    }

    /// Returns the relative change of the mean tracked time that two sessions of one binary rarely exceed.
    pub fn change_of_mean_time(&self, measurement: &Measurement) -> Option<f64> {
        self.change(measurement, |spread| spread.mean_time)
    }

    fn change(&self, measurement: &Measurement, of: impl Fn(&WorkSpread) -> Option<Spread>) -> Option<f64> {
        let own = of(self.spread(measurement)?)?;
        let at_level = self.spreads.iter().filter(|spread| spread.level == measurement.level);
        own.rarely_exceeded(&at_level.filter_map(of).collect::<Vec<Spread>>())
    }
}

fn spread(sessions: &Sessions, of: &Measurement) -> Option<WorkSpread> {
    let Measurement { workload, level, scale, threads, .. } = *of;
    let all = |spread: &Spread| spread.sessions == sessions.sessions.len();
    let by = |clock| {
        let values: Vec<f64> = figures(sessions, workload, level, clock).iter().map(|figure| figure.value).collect();
        Spread::of(&values).filter(all)
    };
    let mean = |value: fn(&Pair) -> f64| {
        let means = sessions
            .sessions
            .iter()
            .filter_map(|session| finite_mean(session.measurement(workload, level)?.pairs.iter().map(value)));
        Spread::of(&means.collect::<Vec<f64>>()).filter(all)
    };
    let mean_ratio = mean(|pair| pair.ratio(Clock::Wall));
    let mean_time = mean(|pair| pair.tracked.ns(Clock::Wall));
    Some(WorkSpread {
        workload,
        level,
        scale,
        threads,
        wall: by(Clock::Wall)?,
        cpu: by(Clock::Cpu),
        mean_ratio,
        mean_time,
    })
}

#[cfg(test)]
mod tests {
    use super::super::agreement::tests::{sessions, within};
    use super::*;

    #[test]
    fn a_spread_applies_only_to_the_same_work_and_machine() {
        let kept = sessions(&[within(4.0, 5.0), within(4.4, 5.0)]);
        let machine = kept.origin.machine.clone();
        let between = BetweenSessions::of(&kept, &machine).expect("two sessions");
        let measurement = &kept.sessions[0].measurements[0];
        let spread = between.spread(measurement).expect("the same work");
        assert_eq!((between.sessions, spread.wall), (2, Spread::of(&[4.0, 4.4]).expect("two figures")));
        assert_eq!(between.spread(&Measurement { scale: 0.5, ..measurement.clone() }), None);
        assert_eq!(between.spread(&Measurement { level: Level::Counting, ..measurement.clone() }), None);
        let other = Machine { cores: machine.cores + 1, ..machine.clone() };
        assert_eq!(BetweenSessions::of(&kept, &other), None);
        assert_eq!(BetweenSessions::of(&sessions(&[within(4.0, 5.0)]), &machine), None);
    }

    #[test]
    fn the_rarely_exceeded_change_uses_the_spreads_at_the_level() {
        let kept = sessions(&[within(4.0, 5.0), within(4.4, 5.0)]);
        let mut between = BetweenSessions::of(&kept, &kept.origin.machine).expect("two sessions");
        let measurement = kept.sessions[0].measurements[0].clone();
        assert_eq!(between.change_of_mean_ratio(&measurement), None, "the pairs are unknown");
        let own = WorkSpread { mean_ratio: Some(Spread { sessions: 6, log_sd: 0.01 }), ..between.spreads[0] };
        let other =
            WorkSpread { workload: Workload::LEAKS, mean_ratio: Some(Spread { sessions: 6, log_sd: 0.03 }), ..own };
        between.spreads = vec![own, other];
        let change = |of: Spread| of.rarely_exceeded(&[own, other].map(|spread| spread.mean_ratio.expect("known")));
        assert_eq!(between.change_of_mean_ratio(&measurement), own.mean_ratio.and_then(change));
        let leaks = Measurement { workload: Workload::LEAKS, ..measurement };
        assert_eq!(between.change_of_mean_ratio(&leaks), other.mean_ratio.and_then(change));
        let elsewhere = Measurement { level: Level::Counting, ..leaks };
        assert_eq!(between.change_of_mean_ratio(&elsewhere), None);
    }
}
