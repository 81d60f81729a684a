//! Singles: calls that are timed one by one, and the instructions of a call.

use crate::report::origin::Origin;
use crate::stats::estimate::Estimate;
use crate::stats::median::median_interval;
use crate::tracking::Level;
use crate::worker::failure::Failure;
use crate::worker::tasks::operation::Singly;
use crate::worker::tasks::quantiles::Quantiles;
use serde::{Deserialize, Serialize};

/// The calls that one run timed one by one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Singles {
    /// The origin.
    #[serde(flatten)]
    pub origin: Origin,
    /// The reason why no instructions were counted, if none were.
    pub not_counted: Option<String>,
    /// The calls, in the order of the reports.
    pub calls: Vec<Single>,
}

/// A call under a level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Single {
    /// The call's name.
    pub operation: String,
    /// The level that it ran under.
    #[serde(rename = "tracking")]
    pub level: Level,
    /// The number of calls that each process timed; 1 if each call needed a fresh process.
    pub calls: u64,
    /// The instructions; `None` if they were not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted: Option<Counted>,
    /// The failure of the process that counted them, if it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count_failure: Option<Failure>,
    /// The times of each process, in the order in which they ran; empty for a call that a process makes once.
    pub processes: Vec<Singly>,
}

/// The instructions of repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// The number of repeats.
    pub repeats: u64,
    /// The instructions of all repeats together.
    pub instructions: u64,
}

impl Counted {
    /// Returns the instructions of one call.
    pub fn each(self) -> f64 {
        self.instructions as f64 / self.repeats.max(1) as f64
    }
}

impl Single {
    /// Returns whether a process times enough calls for one of the recorded quantiles, by its index.
    pub fn has(&self, place: usize) -> bool {
        Quantiles::is_defined(place, self.calls)
    }

    /// Returns the time at one of the recorded quantiles, by its index, in nanoseconds: the median over processes. `None`
    /// if there are fewer processes than an interval needs.
    pub fn at(&self, place: usize) -> Option<Estimate> {
        median_interval(self.processes.iter().map(|seen| seen.calls.at(place) as f64))
    }

    /// Returns the time of nothing at one of the recorded quantiles, by its index: the cost of timing.
    pub fn timing(&self, place: usize) -> Option<Estimate> {
        median_interval(self.processes.iter().map(|seen| seen.timing.at(place) as f64))
    }

    /// Returns the largest step of the clock in its processes, in nanoseconds; `None` if a process lacks it.
    pub fn step_ns(&self) -> Option<u64> {
        let steps: Option<Vec<u64>> = self.processes.iter().map(|seen| seen.step_ns).collect();
        steps?.into_iter().max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn single(calls: u64) -> Single {
        let times = |of: u64| Quantiles(std::array::from_fn(|place| of + place as u64));
        let seen = |of: u64| Singly { calls: times(of), timing: times(20), step_ns: Some(10) };
        Single {
            operation: "allocate-16B".to_owned(),
            level: Level::Allocator,
            calls,
            counted: Some(Counted { repeats: 4, instructions: 10 }),
            count_failure: None,
            processes: (1..=6).map(|number| seen(number * 100)).collect(),
        }
    }

    #[test]
    fn a_quantile_needs_a_call_beyond_it() {
        let defined = |calls: u64| {
            let single = single(calls);
            [0.5, 0.9, 0.99, 0.999, 1.0].map(|quantile| single.has(Quantiles::place(quantile)))
        };
        assert_eq!(defined(1), [false; 5]);
        assert_eq!(defined(2), [true, false, false, false, true]);
        assert_eq!(defined(10), [true, true, false, false, true]);
        assert_eq!(defined(99), [true, true, false, false, true]);
        assert_eq!(defined(100), [true, true, true, false, true]);
        assert_eq!(defined(1_000), [true; 5]);
    }

    #[test]
    fn a_figure_is_the_median_over_processes() {
        let single = single(100);
        assert_eq!(single.at(0), Some(Estimate { value: 350.0, low: 100.0, high: 600.0 }));
        assert_eq!(single.timing(1).map(|time| time.value), Some(21.0));
        assert_eq!((single.step_ns(), single.counted.map(Counted::each)), (Some(10), Some(2.5)));
    }
}
