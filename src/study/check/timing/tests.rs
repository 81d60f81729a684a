//! Simulated checks: builds with known overheads, on a disturbed machine.

use super::*;
use crate::schedule::measurement::{Pair, Sample, Series};
use crate::schedule::scheduler::{PASSES, rounds_before};
use crate::worker::probe::Request;
use crate::workloads::registered;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use std::convert::Infallible;

/// The time of a round.
const ROUND: Duration = Duration::from_millis(300);

/// A machine whose rounds take [`ROUND`], with the factor by which the head costs more on each workload.
struct Simulated {
    rng: Pcg64Mcg,
    left: Duration,
    factor: fn(Workload) -> f64,
    /// The groups and rounds of each stage.
    taken: Vec<(Vec<(Workload, Level)>, usize)>,
}

impl Simulated {
    fn new(seed: u64, minutes: u64, factor: fn(Workload) -> f64) -> Self {
        let left = Duration::from_secs(60 * minutes);
        Self { rng: Pcg64Mcg::seed_from_u64(seed), left, factor, taken: Vec::new() }
    }

    /// Returns a deviate like the logarithm of a probe's time: most deviate by 4 %, and one in eight is slowed by other
    /// work.
    fn disturbed(&mut self) -> f64 {
        let core: f64 = (0..12).map(|_| self.rng.random_range(-0.5..0.5)).sum();
        let slowed = if self.rng.random_bool(0.125) { self.rng.random_range(0.0..0.2) } else { 0.0 };
        0.04 * core + slowed
    }

    fn measurement(&mut self, (workload, level): (Workload, Level), overhead: f64, rounds: usize) -> Measurement {
        let request = Request::at(Some(1.0), workload, level, 1);
        let mut sample = |ns: f64| {
            let ns = (ns * self.disturbed().exp()) as u64;
            Sample { wall_ns: ns, cpu_ns: ns, ..Sample::default() }
        };
        let pairs = (0..rounds).map(|_| Pair {
            untracked_first: true,
            untracked: sample(1e7),
            tracked: sample(1e7 * overhead),
        });
        let pairs = pairs.collect();
        let passes = (1..=PASSES).map(|pass| rounds_before(pass, rounds, PASSES)).collect();
        Measurement { passes, pairs, ..Measurement::new(Series::Overhead, &request) }
    }
}

impl Source for Simulated {
    type Error = Infallible;

    fn left(&self) -> Duration {
        self.left
    }

    fn take(&mut self, groups: &[(Workload, Level)], rounds: usize) -> Result<[Vec<Measurement>; 2], Infallible> {
        self.left = self.left.saturating_sub(ROUND * (groups.len() * rounds) as u32);
        self.taken.push((groups.to_vec(), rounds));
        let factor = self.factor;
        let mut of = |is_head: bool| -> Vec<Measurement> {
            let overhead = |workload| if is_head { 4.0 * factor(workload) } else { 4.0 };
            groups.iter().map(|&group| self.measurement(group, overhead(group.0), rounds)).collect()
        };
        Ok([of(false), of(true)])
    }
}

fn groups() -> Vec<(Workload, Level)> {
    registered().iter().map(|&workload| (workload, Level::Full)).collect()
}

fn verdicts(source: &mut Simulated) -> (Vec<Stage>, Times) {
    let budget = Budget::default();
    let Ok(stages) = measure(source, &groups(), 8, &budget);
    let times = times(&stages, 8, &budget);
    (stages, times)
}

#[test]
fn time_is_spent_on_undecided_groups() {
    // One workload is far slower and decided at once; the others use the rest of the time.
    let mut source = Simulated::new(3, 10, |workload| if workload == Workload::CYCLES { 2.0 } else { 1.0 });
    let (stages, times) = verdicts(&mut source);
    assert_eq!(source.taken[0], (groups(), FIRST_ROUNDS));
    assert!(stages.len() > 1);
    let slow = (Workload::CYCLES, Level::Full);
    assert!(source.taken.last().is_some_and(|(groups, _)| !groups.contains(&slow)), "{:?}", source.taken);
    let found = times.cpu.iter().find(|found| found.workload == Workload::CYCLES).expect("it was measured");
    assert_eq!(found.verdict, Verdict::Regression);
    let quiet = times.cpu.iter().filter(|found| found.workload != Workload::CYCLES);
    assert!(quiet.clone().all(|found| found.verdict != Verdict::Regression), "{quiet:?}");
    // A stage is planned from the duration of a round, so the check ends in time.
    let taken: usize = source.taken.iter().map(|(groups, rounds)| groups.len() * rounds).sum();
    assert!(ROUND * taken as u32 <= Duration::from_secs(600), "{taken} rounds");
}

#[test]
fn all_stages_of_a_group_are_judged_together() {
    let mut source = Simulated::new(5, 4, |_| 1.0);
    let (stages, times) = verdicts(&mut source);
    for found in &times.cpu {
        let group = (found.workload, found.level);
        let rounds: usize = stages.iter().filter(|stage| stage.groups.contains(&group)).map(|stage| stage.rounds).sum();
        assert_eq!(found.rounds, rounds, "{group:?}");
    }
    let parallel = registered().iter().filter(|workload| workload.is_parallel()).count();
    assert_eq!((times.cpu.len(), times.wall.len()), (registered().len(), parallel));
}

/// Looking at four stages must not make more false alarms than looking once.
#[test]
fn equal_builds_are_rarely_worse() {
    let alarms = |seed| {
        let (_, times) = verdicts(&mut Simulated::new(seed, 2, |_| 1.0));
        let typical = times.typical.iter().any(|found| found.verdict == Verdict::Regression);
        typical || times.cpu.iter().chain(&times.wall).any(|found| found.verdict == Verdict::Regression)
    };
    let worse = (0..100).filter(|&seed| alarms(seed)).count();
    assert!(worse <= 5, "{worse} of 100");
}

#[test]
fn a_head_that_costs_a_tenth_more_is_found() {
    let found = |seed| {
        let (_, times) = verdicts(&mut Simulated::new(seed, 8, |_| 1.1));
        times.cpu.iter().filter(|found| found.verdict == Verdict::Regression).count()
    };
    let found: usize = (0..10).map(found).sum();
    assert!(found >= 60, "{found} of {}", 10 * registered().len());
}

/// A change that single workloads do not show in so short a time is found in all of them together.
#[test]
fn a_hook_that_costs_a_little_more_everywhere_is_found() {
    let found = |seed| {
        let (_, times) = verdicts(&mut Simulated::new(seed, 3, |_| 1.045));
        let [typical] = &times.typical[..] else { panic!("one level: {:?}", times.typical) };
        typical.verdict == Verdict::Regression
    };
    let found = (0..10).filter(|&seed| found(seed)).count();
    assert!(found >= 8, "{found} of 10");
}

#[test]
fn without_time_only_the_first_stage_is_measured() {
    let mut source = Simulated::new(3, 0, |_| 1.0);
    let (stages, _) = verdicts(&mut source);
    assert_eq!(stages.len(), 1, "the first stage shows at least something");
}
