//! Latencies: the times of single allocations and frees in a full heap, on several threads.
//!
//! A program's latency depends on its slowest allocations. So one process runs under one level on a number of threads,
//! times each call, and reports the quantiles of those times. The process is the replicate: several run for each
//! measurement, with the levels taking turns. A figure is the median over processes with its interval.
//!
//! Earlier versions wrote them to `latency.json`.

pub use crate::worker::tasks::latency::{HELD, Means, Observed, Pattern};
pub use crate::worker::tasks::quantiles::{QUANTILES, Quantiles};

use crate::platform::files::Versioned;
use crate::report::origin::Origin;
use crate::stats::estimate::Estimate;
use crate::stats::median::median_interval;
use crate::tracking::Level;
use crate::worker::failure::Failure;
use rand::seq::SliceRandom;
use rand::{SeedableRng, rngs::SmallRng};
use serde::{Deserialize, Serialize};

/// A timed operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// An allocation.
    Allocating,
    /// A free.
    Freeing,
    /// An empty call: the cost of timing.
    Timing,
}

impl Operation {
    /// The operations that are reported for each level.
    pub const REPORTED: [Self; 2] = [Self::Allocating, Self::Freeing];

    /// Returns the operation's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allocating => "allocate",
            Self::Freeing => "free",
            Self::Timing => "nothing",
        }
    }

    /// Returns the mean time of the operation in a process, in nanoseconds; `None` if an earlier version recorded none.
    pub(crate) fn mean_of(self, seen: &Observed) -> Option<f64> {
        let means = seen.means?;
        Some(match self {
            Self::Allocating => means.allocating,
            Self::Freeing => means.freeing,
            Self::Timing => means.timing,
        })
    }

    /// Returns the times of the operation in a process.
    pub(crate) fn of(self, seen: &Observed) -> &Quantiles {
        match self {
            Self::Allocating => &seen.allocating,
            Self::Freeing => &seen.freeing,
            Self::Timing => &seen.timing,
        }
    }
}

/// The latencies of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Latencies {
    /// The version of this format.
    pub schema: u32,
    /// The origin.
    #[serde(flatten)]
    pub origin: Origin,
    /// The number of allocations, and of frees, that each thread of each process timed.
    pub operations: u32,
    /// The number of blocks that each thread kept.
    pub held: usize,
    /// The measurements, in order.
    #[serde(alias = "cells")]
    pub measurements: Vec<Latency>,
}

impl Latencies {
    /// Returns the number of calls of each kind that a process with this many threads times, over which it takes the
    /// maximum.
    pub fn calls(&self, threads: usize) -> u64 {
        u64::from(self.operations) * threads as u64
    }

    /// Returns a measurement's time at one of [`QUANTILES`], by its index there, in nanoseconds; `None` if there are fewer
    /// calls than the quantile needs, or fewer processes than an interval needs.
    pub fn at(&self, measurement: &Latency, operation: Operation, place: usize) -> Option<Estimate> {
        let is_defined = Quantiles::is_defined(place, self.calls(measurement.threads));
        measurement.at(operation, place).filter(|_| is_defined)
    }
}

impl Versioned for Latencies {
    const KIND: &str = "latency";
    const WHAT: &str = "a file of latencies";
    const SCHEMA: u32 = 1;
}

/// One level on one number of threads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// The level.
    #[serde(rename = "tracking")]
    pub level: Level,
    /// The number of threads that allocated at once.
    pub threads: usize,
    /// The times of each process, in the order in which they ran.
    pub processes: Vec<Observed>,
    /// The failure of a process, if one failed; no further process is started after it.
    pub failure: Option<Failure>,
}

impl Latency {
    /// Returns a measurement without processes.
    pub fn begin(level: Level, threads: usize) -> Self {
        Self { level, threads, processes: Vec::new(), failure: None }
    }

    /// Runs one more process, unless one has failed.
    pub fn run(&mut self, process: impl FnOnce() -> Result<Observed, Failure>) {
        if self.failure.is_none() {
            match process() {
                Ok(seen) => self.processes.push(seen),
                Err(failure) => self.failure = Some(failure),
            }
        }
    }

    /// Returns the time at one of [`QUANTILES`], by its index there, in nanoseconds: the median over processes.
    /// `None` if there are fewer processes than an interval needs.
    pub fn at(&self, operation: Operation, place: usize) -> Option<Estimate> {
        median_interval(self.processes.iter().map(|seen| operation.of(seen).at(place) as f64))
    }

    /// Returns the mean time, in nanoseconds: the median over processes. `None` if a process lacks it.
    pub fn mean(&self, operation: Operation) -> Option<Estimate> {
        let means: Option<Vec<f64>> = self.processes.iter().map(|seen| operation.mean_of(seen)).collect();
        median_interval(means?)
    }

    /// Returns the largest step of the clock in its processes, in nanoseconds; `None` if a process lacks it.
    pub fn step_ns(&self) -> Option<u64> {
        let steps: Option<Vec<u64>> = self.processes.iter().map(|seen| seen.step_ns).collect();
        steps?.into_iter().max()
    }
}

/// The plan of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The levels.
    pub levels: Vec<Level>,
    /// The thread counts.
    pub threads: Vec<usize>,
    /// The number of processes for each level and thread count.
    pub processes: usize,
    /// The number of allocations that each thread times.
    pub operations: u32,
    /// The seed of the blocks' sizes and places.
    pub seed: u64,
}

impl Plan {
    /// Measures everything: for each number of threads, the levels by turns, in a different shuffled order each turn,
    /// so the order of levels varies. `run` runs one process; `progress` is called before each.
    pub fn measure(
        &self,
        run: impl Fn(Pattern) -> Result<Observed, Failure>,
        mut progress: impl FnMut(Pattern),
    ) -> Vec<Latency> {
        let mut measurements = Vec::new();
        for &threads in &self.threads {
            let mut row: Vec<Latency> = self.levels.iter().map(|&level| Latency::begin(level, threads)).collect();
            for process in 0..self.processes as u64 {
                let seed = self.seed.wrapping_add(process);
                let mut turn: Vec<&mut Latency> = row.iter_mut().collect();
                turn.shuffle(&mut SmallRng::seed_from_u64(seed ^ (threads as u64) << 32));
                for measurement in turn {
                    let pattern = Pattern { level: measurement.level, threads, operations: self.operations, seed };
                    progress(pattern);
                    measurement.run(|| run(pattern));
                }
            }
            measurements.append(&mut row);
        }
        measurements
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    fn seen(nanoseconds: u64) -> Observed {
        let all = Quantiles([nanoseconds; QUANTILES.len()]);
        Observed { allocating: all, freeing: all, timing: all, means: None, step_ns: Some(nanoseconds) }
    }

    #[test]
    fn a_quantile_needs_enough_calls() {
        let measurement = Latency { level: Level::Allocator, threads: 2, failure: None, processes: vec![seen(7); 6] };
        let origin = Origin::here("memscope-bench calls".to_owned());
        let latencies =
            Latencies { schema: 1, origin, operations: 50, held: 1, measurements: vec![measurement.clone()] };
        let at = |quantile| latencies.at(&measurement, Operation::Allocating, Quantiles::place(quantile));
        assert!(at(0.5).is_some() && at(0.99).is_some() && at(1.0).is_some(), "of 100 calls");
        assert_eq!((at(0.999), at(0.9999)), (None, None));
    }

    #[test]
    fn levels_alternate_and_a_failed_one_is_not_repeated() {
        let plan = Plan {
            levels: vec![Level::Untracked, Level::Counting, Level::Allocator],
            threads: vec![1, 2],
            processes: 6,
            operations: 1,
            seed: 1,
        };
        let order = RefCell::new(Vec::new());
        let run = |pattern: Pattern| {
            order.borrow_mut().push((pattern.threads, pattern.level));
            if pattern.level == Level::Counting { Err(Failure::TimedOut { seconds: 1 }) } else { Ok(seen(7)) }
        };
        let measurements = plan.measure(run, |_| {});
        let order = order.borrow();
        let turns: Vec<Vec<Level>> = order
            .iter()
            .filter(|(threads, level)| *threads == 1 && *level != Level::Counting)
            .map(|(_, level)| *level)
            .collect::<Vec<_>>()
            .chunks(2)
            .map(<[_]>::to_vec)
            .collect();
        assert_eq!(turns.len(), 6);
        assert!(turns.iter().all(|turn| turn[0] != turn[1]), "each level once in a turn: {turns:?}");
        assert!(turns.iter().any(|turn| turn != &turns[0]), "not always in the same order: {turns:?}");
        assert_eq!(
            order.iter().filter(|(_, level)| *level == Level::Counting).count(),
            2,
            "once for each of the threads"
        );
        assert!(order.is_sorted_by_key(|(threads, _)| *threads));
        assert_eq!(
            measurements.iter().map(|measurement| measurement.processes.len()).collect::<Vec<_>>(),
            [6, 0, 6, 6, 0, 6]
        );
        assert_eq!(measurements[0].at(Operation::Freeing, 0), Some(Estimate { value: 7.0, low: 7.0, high: 7.0 }));
        assert_eq!(measurements[1].at(Operation::Freeing, 0), None);
        assert_eq!(measurements[0].step_ns(), Some(7));
    }
}
