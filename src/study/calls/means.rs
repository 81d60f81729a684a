//! The plan of means: repeats of each call that are timed together.
//!
//! The samples of all calls take turns, because the state of a shared machine lasts longer than a sample: samples that
//! follow each other would all see the same one.

use crate::study::calls::{Measured, Operation, Sampling};
use crate::tracking::Level;
use crate::worker::launcher::Launcher;
use rand::seq::SliceRandom;
use rand::{SeedableRng, rngs::SmallRng};
use std::time::Duration;

/// The seed of the order.
const SEED: u64 = 1;

/// The plan of a run.
#[derive(Clone, Debug)]
pub struct Means {
    /// The calls, each under a level.
    pub calls: Vec<(&'static Operation, Level)>,
    /// The number of samples of each call.
    pub samples: usize,
    /// The number of samples of a call with a process for each repeat.
    pub of_processes: usize,
    /// The time for all samples of a call.
    pub time: Duration,
}

impl Means {
    /// Returns the number of samples in all.
    pub fn steps(&self) -> usize {
        self.calls.iter().map(|(operation, _)| self.samples_of(operation)).sum()
    }

    fn samples_of(&self, operation: &Operation) -> usize {
        if operation.state.is_once() { self.of_processes } else { self.samples }
    }

    /// Times the calls by turns, in a different shuffled order each turn. `progress` is called before each sample.
    pub fn measure(&self, launcher: &Launcher, mut progress: impl FnMut(&'static Operation, Level)) -> Vec<Measured> {
        let mut all: Vec<Turns> = self.calls.iter().map(|&call| self.begin(launcher, call)).collect();
        let mut order = SmallRng::seed_from_u64(SEED);
        for turn in 0..self.samples.max(self.of_processes) {
            let mut each: Vec<&mut Turns> = all.iter_mut().filter(|turns| turn < turns.samples).collect();
            each.shuffle(&mut order);
            for Turns { call: (operation, level), iterations, sampling, .. } in each {
                progress(operation, *level);
                sampling.sample(*iterations);
            }
        }
        all.into_iter().map(|turns| turns.sampling.finish()).collect()
    }

    fn begin<'a>(&self, launcher: &'a Launcher, call: (&'static Operation, Level)) -> Turns<'a> {
        let samples = self.samples_of(call.0);
        let mut sampling = Sampling::begin(launcher, call.0, call.1);
        let iterations = sampling.iterations_in(self.time.div_f64(samples.max(1) as f64));
        Turns { call, samples, iterations, sampling }
    }
}

/// The turns of one call.
struct Turns<'a> {
    call: (&'static Operation, Level),
    samples: usize,
    /// The iterations of a sample.
    iterations: u64,
    sampling: Sampling<'a>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::launcher::Limits;
    use crate::worker::scripts;

    #[test]
    fn calls_alternate_and_a_failed_one_is_not_repeated() {
        // A repeat takes 1 µs; naming a Vec fails.
        let (_folder, launcher) = scripts::launcher(
            r#"request=$(cat); case $request in *name-vec*) kill -ABRT $$;; esac
            repeats=${request##*'"repeats":'}; repeats=${repeats%%[!0-9]*}
            printf '{"schema":1,"operation":"x","tracking":"variables","repeats":%s,' $repeats
            printf '"elapsed_ns":%s,"subject":{"name":"m","version":"1","source":"s"}}' $((1000 * repeats))"#,
            Limits::default(),
        );
        let call = |name| (Operation::named(name).expect("there is such a call"), Level::Variables);
        let calls = ["name-box", "analyse-1000", "name-vec"].map(call).to_vec();
        let means = Means { calls, samples: 8, of_processes: 6, time: Duration::from_micros(160) };
        let mut order = Vec::new();
        let measured = means.measure(&launcher, |operation, _| order.push(operation.name));
        assert_eq!((order.len(), means.steps()), (22, 22));
        let turns: Vec<&[&str]> = order.chunks(3).collect();
        assert!(
            turns[..6].iter().all(|turn| turn.contains(&"name-box") && turn.contains(&"analyse-1000")),
            "{order:?}"
        );
        assert!(turns.iter().any(|turn| *turn != turns[0]), "always in the same order: {order:?}");
        let seen: Vec<(usize, Option<u64>)> = measured
            .iter()
            .map(|one| (one.samples.len(), one.samples.first().map(|sample| sample.iterations)))
            .collect();
        assert_eq!(seen, [(8, Some(20)), (6, Some(1)), (0, None)], "20 µs, one process each, and a failure");
        assert!(measured[2].failure.is_some() && measured[0].failure.is_none());
    }
}
