//! The plan of single calls: the calls, their numbers and the number of processes.

use crate::study::calls::sampling::measured;
use crate::study::calls::{Measured, Operation, Sample, Single, Timing};
use crate::tracking::Level;
use crate::worker::failure::Failure;
use crate::worker::tasks::operation::{Request, Singly};
use rand::seq::SliceRandom;
use rand::{SeedableRng, rngs::SmallRng};
use std::time::Duration;

/// The time that a process spends on repeats together, and again on single calls. It determines the number of calls.
const BUDGET: Duration = Duration::from_millis(100);

/// The number of repeats of the second trial, because the first repeat of a cheap call is slower than the others.
const TRIAL: u64 = 1_000;

/// The plan of a run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The calls.
    pub operations: Vec<&'static Operation>,
    /// The number of processes for each call and level.
    pub processes: usize,
    /// The maximum number of calls that a process times one by one.
    pub most: u64,
    /// The seed of the order.
    pub seed: u64,
}

impl Plan {
    /// Returns the number of times that progress is reported, unless something fails.
    pub fn steps(&self) -> usize {
        self.operations.iter().map(|operation| operation.levels().len()).sum::<usize>() * self.processes
    }

    /// Times each call under each of its levels, in processes by turns, in a different shuffled order each turn. `run`
    /// runs one process; `progress` is called before each.
    pub fn measure(
        &self,
        run: impl Fn(Request) -> Result<Timing, Failure>,
        mut progress: impl FnMut(&'static Operation, Level),
    ) -> (Vec<Measured>, Vec<Single>) {
        let levels = |&operation: &&'static Operation| operation.levels().iter().map(move |&level| (operation, level));
        let mut all: Vec<Timed> =
            self.operations.iter().flat_map(levels).map(|(operation, level)| Timed::begin(operation, level)).collect();
        let mut order = SmallRng::seed_from_u64(self.seed);
        for turn in 0..self.processes {
            let mut each: Vec<&mut Timed> = all.iter_mut().collect();
            each.shuffle(&mut order);
            for timed in each {
                progress(timed.operation, timed.level);
                if turn == 0 {
                    timed.choose_calls(self.most, &run);
                }
                timed.process(&run);
            }
        }
        all.into_iter().map(Timed::finish).unzip()
    }
}

/// A call under a level while it is being timed.
struct Timed {
    operation: &'static Operation,
    level: Level,
    /// The number of calls that each process times.
    calls: u64,
    samples: Vec<Sample>,
    singly: Vec<Singly>,
    failure: Option<Failure>,
}

impl Timed {
    fn begin(operation: &'static Operation, level: Level) -> Self {
        Self { operation, level, calls: 1, samples: Vec::new(), singly: Vec::new(), failure: None }
    }

    /// Chooses the number of calls by trials.
    fn choose_calls(&mut self, most: u64, run: impl Fn(Request) -> Result<Timing, Failure>) {
        let together = |repeats| Request::together(self.operation.name, self.level, repeats);
        // The same number is timed together.
        let most = most.min(self.operation.state.most_repeats() / 2);
        match affordable(BUDGET, most, |repeats| Ok(run(together(repeats))?.elapsed_ns)) {
            Ok(calls) => self.calls = calls,
            Err(failure) => self.failure = Some(failure),
        }
    }

    /// Runs one process, unless one has failed.
    fn process(&mut self, run: impl Fn(Request) -> Result<Timing, Failure>) {
        if self.failure.is_some() {
            return;
        }
        let singly = self.calls > 1;
        match run(Request { singly, ..Request::together(self.operation.name, self.level, self.calls) }) {
            Ok(timing) => {
                self.samples.push(Sample { iterations: self.calls, elapsed_ns: timing.elapsed_ns });
                self.singly.extend(timing.singly);
            }
            Err(failure) => self.failure = Some(failure),
        }
    }

    fn finish(self) -> (Measured, Single) {
        let Self { operation, level, calls, samples, singly, failure } = self;
        let single = Single {
            operation: operation.name.to_owned(),
            level,
            calls,
            counted: None,
            count_failure: None,
            processes: singly,
        };
        (measured(operation, level, samples, failure), single)
    }
}

/// Returns the number of repeats that take about as long as the budget, by trials: at least one, and at most `most`.
/// `run` returns the time of its repeats in nanoseconds.
///
/// # Errors
/// The failure of a trial.
pub(super) fn affordable(
    budget: Duration,
    most: u64,
    run: impl Fn(u64) -> Result<u64, Failure>,
) -> Result<u64, Failure> {
    let trial = |repeats: u64| -> Result<f64, Failure> { Ok(run(repeats)? as f64 / repeats as f64) };
    if most < 2 {
        return Ok(1);
    }
    let budget = budget.as_nanos() as f64;
    let first = trial(1)?;
    let is_cheap = first * (TRIAL as f64) < budget;
    let each = if is_cheap && most >= TRIAL { trial(TRIAL)? } else { first };
    Ok(round((budget / each.max(1.0)) as u64).min(most).max(1))
}

/// Rounds a number down to 1, 2 or 5 and zeros, so that two runs mostly choose the same number.
fn round(number: u64) -> u64 {
    let power = 10_u64.pow(number.max(1).ilog10());
    match number / power {
        0..2 => power,
        2..5 => 2 * power,
        _ => 5 * power,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracking::memscope::MemscopeBuild;
    use crate::worker::tasks::quantiles::{QUANTILES, Quantiles};
    use std::cell::RefCell;

    fn plan(names: &[&str], most: u64) -> Plan {
        let operations = names.iter().map(|name| Operation::named(name).expect("there is such a call")).collect();
        Plan { operations, processes: 6, most, seed: 1 }
    }

    /// Replies like a process whose calls take this long each.
    fn timing(request: Request, each_ns: u64) -> Timing {
        let all = Quantiles([each_ns; QUANTILES.len()]);
        Timing {
            schema: 1,
            operation: request.operation,
            level: request.level,
            repeats: request.repeats,
            elapsed_ns: each_ns * request.repeats,
            singly: request.singly.then_some(Singly { calls: all, timing: all, step_ns: Some(1) }),
            memscope: MemscopeBuild::of_this_build(),
        }
    }

    #[test]
    fn numbers_of_calls_are_rounded() {
        assert_eq!([0, 1, 4, 5, 19, 20, 777, 99_999].map(round), [1, 1, 2, 5, 10, 20, 500, 50_000]);
    }

    #[test]
    fn the_time_of_a_call_determines_how_many_are_timed() {
        let calls = |name: &str, each_ns: u64, most: u64| {
            let (_, singles) = plan(&[name], most).measure(|request| Ok(timing(request, each_ns)), |_, _| {});
            singles[0].calls
        };
        assert_eq!(calls("allocate-16B", 12, 1_000_000), 50_000, "as many as are timed together");
        assert_eq!(calls("allocate-16B", 12, 50), 50);
        assert_eq!(calls("grow-vector", 80_000, 1_000_000), 1_000);
        assert_eq!(calls("zeroed-64MiB", 45_000_000, 1_000_000), 2);
        assert_eq!(calls("name-vec", 1_500, 1_000_000), 100, "half of the calls that leave the process unchanged");
        assert_eq!(calls("analyse-1000", 3_000_000, 1_000_000), 1);
    }

    #[test]
    fn calls_alternate_and_a_failed_one_is_not_repeated() {
        let order = RefCell::new(Vec::new());
        let run = |request: Request| {
            order.borrow_mut().push((request.operation.clone(), request.level));
            let fails = request.operation == "name-vec" && request.singly;
            if fails { Err(Failure::TimedOut { seconds: 1 }) } else { Ok(timing(request, 1_000)) }
        };
        let plan = plan(&["allocate-16B", "name-vec", "analyse-1000"], 100);
        let mut steps = 0;
        let (batches, singles) = plan.measure(run, |_, _| steps += 1);
        assert_eq!((steps, plan.steps()), (24, 24), "two levels of the first call, and one of each other");
        let names: Vec<&str> = batches.iter().map(|measured| measured.operation.as_str()).collect();
        assert_eq!(names, ["allocate-16B", "allocate-16B", "name-vec", "analyse-1000"]);
        assert_eq!(batches.iter().map(|measured| measured.samples.len()).collect::<Vec<_>>(), [6, 6, 0, 6]);
        assert_eq!(batches[2].failure, Some(Failure::TimedOut { seconds: 1 }));
        assert_eq!(batches[0].ns.map(|ns| ns.value), Some(1_000.0));
        assert_eq!(singles.iter().map(|single| single.processes.len()).collect::<Vec<_>>(), [6, 6, 0, 0]);
        let order = order.borrow();
        assert_eq!(order.iter().filter(|(name, _)| name == "name-vec").count(), 2, "a trial and the failure");
        let of = |level: Level| order.iter().filter(|one| **one == ("allocate-16B".to_owned(), level)).count();
        assert_eq!((of(Level::Untracked), of(Level::Allocator)), (7, 7), "a trial and six processes");
    }
}
