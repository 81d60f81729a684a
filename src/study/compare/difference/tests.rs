//! Tests of the differences: on simulated pairs of disturbed machines.

use super::*;
use crate::schedule::measurement::{Clock, Outcome};
use crate::schedule::measurement::{Pair, Sample, Series};
use crate::schedule::scheduler::PASSES;
use crate::study::compare::typical::typical;
use crate::worker::failure::Failure;
use crate::worker::probe::Request;
use crate::workloads::{Scale, registered};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use std::slice::from_ref;

const GROUP: [(Workload, Level); 1] = [(Workload::CYCLES, Level::Full)];

/// Returns a deviate like the logarithm of a probe's time on a shared machine: most deviate by 5 %, and one in eight is
/// slowed by other work, mostly by a few percent and sometimes by much more.
fn disturbed(rng: &mut Pcg64Mcg) -> f64 {
    let core: f64 = (0..12).map(|_| rng.random_range(-0.5..0.5)).sum();
    let slowed = if rng.random_bool(0.125) { -0.08 * rng.random_range(f64::EPSILON..1.0_f64).ln() } else { 0.0 };
    0.05 * core + slowed
}

/// Returns a measurement with an overhead, both of whose samples are disturbed.
fn measurement(overhead: f64, rounds: usize, rng: &mut Pcg64Mcg) -> Measurement {
    let side = |ns: f64| Sample { wall_ns: ns as u64, cpu_ns: ns as u64, ..Sample::default() };
    let pairs = (0..rounds).map(|_| {
        let [untracked, tracked] = [1e6, 1e6 * overhead].map(|ns| side(ns * disturbed(rng).exp()));
        Pair { untracked_first: true, untracked, tracked }
    });
    let scale = Scale::new(1.0).expect("positive");
    let request = Request { workload: Workload::CYCLES, level: Level::Full, scale, threads: 1, count: false };
    let passes = (1..=PASSES).map(|pass| rounds * pass / PASSES).collect();
    Measurement { passes, pairs: pairs.collect(), ..Measurement::new(Series::Overhead, &request) }
}

fn against_the_first(builds: &[&[Measurement]], threshold: f64) -> Vec<Difference> {
    differences(builds, &Against::First, &GROUP, Clock::Wall, threshold)
}

fn compare(first: f64, second: f64, threshold: f64) -> Difference {
    let mut rng = Pcg64Mcg::seed_from_u64(3);
    let [a, b] = [first, second].map(|overhead| measurement(overhead, 60, &mut rng));
    against_the_first(&[&[a], &[b]], threshold).remove(0)
}

/// Runs all workloads at a level with builds of these overheads, each compared with the one before it.
fn run(overheads: &[f64], rng: &mut Pcg64Mcg) -> Vec<Difference> {
    let groups: Vec<_> = registered().iter().map(|&workload| (workload, Level::Full)).collect();
    let mut build = |&overhead: &f64| {
        let of = |&workload: &Workload| Measurement { workload, ..measurement(overhead, 60, rng) };
        registered().iter().map(of).collect::<Vec<Measurement>>()
    };
    let builds: Vec<Vec<Measurement>> = overheads.iter().map(&mut build).collect();
    let builds: Vec<&[Measurement]> = builds.iter().map(Vec::as_slice).collect();
    differences(&builds, &Against::Previous, &groups, Clock::Wall, 3.0)
}

#[test]
fn a_true_difference_has_a_verdict() {
    let slower = compare(4.0, 5.0, 3.0);
    assert_eq!(slower.verdict, Verdict::Regression);
    let ratio = slower.ratio.expect("sixty rounds");
    assert!(ratio.low <= 1.25 && 1.25 <= ratio.high, "{ratio:?}");
    assert_eq!(slower.rounds, 60);
    assert_eq!(compare(5.0, 4.0, 3.0).verdict, Verdict::Improvement);
    assert_eq!(compare(4.0, 5.0, 60.0).verdict, Verdict::NoDifference, "below the threshold");
    assert_eq!(compare(4.0, 4.0, 3.0).verdict, Verdict::NoDifference);
}

#[test]
fn each_part_of_the_rule_is_required() {
    let of = |value: f64, half: f64, halves: [f64; 2], probability| {
        let ratio = Estimate { value, low: value - half, high: value + half };
        verdict(ratio, halves.map(Some), probability, 3.0)
    };
    assert_eq!(of(1.1, 0.05, [1.05, 1.2], 0.01), Verdict::Regression);
    assert_eq!(of(0.9, 0.05, [0.95, 0.8], 0.01), Verdict::Improvement);
    assert_eq!(of(1.1, 0.05, [1.05, 1.2], 0.05), Verdict::Inconclusive, "not significant");
    assert_eq!(of(1.1, 0.05, [0.99, 1.2], 0.01), Verdict::Inconclusive, "the halves disagree");
    assert_eq!(of(1.025, 0.01, [1.02, 1.03], 0.01), Verdict::Inconclusive, "it may exceed the threshold or not");
    assert_eq!(of(1.015, 0.01, [1.01, 1.02], 0.01), Verdict::NoDifference, "all of it is below the threshold");
    assert_eq!(of(1.1, 0.2, [1.05, 1.2], 0.3), Verdict::NoDifference, "the interval contains no change");
    let ratio = Estimate { value: 1.1, low: 1.05, high: 1.15 };
    assert_eq!(verdict(ratio, [Some(1.1), None], 0.01, 3.0), Verdict::Inconclusive, "one half shows nothing");
}

/// Compares 14 copies of a build, each with the previous one on 8 workloads, on a disturbed machine.
#[test]
fn equal_builds_have_no_verdict() {
    let mut rng = Pcg64Mcg::seed_from_u64(5);
    let found = run(&[4.0; 14], &mut rng);
    assert_eq!((found.len(), found.iter().filter(|row| row.verdict.is_change()).count()), (104, 0));
    let measurements: Vec<Measurement> = (0..200).map(|_| measurement(4.0, 40, &mut rng)).collect();
    let rows: Vec<&[Measurement]> = measurements.iter().map(from_ref).collect();
    let found = against_the_first(&rows, 0.0);
    assert!(found.len() == 199 && !found.iter().any(|row| row.verdict.is_change()), "without a threshold, too");
}

/// In 200 runs of equal builds, at most 5 % have a false verdict on any workload, and at most 5 % a false typical one,
/// within two standard errors.
#[test]
fn runs_of_equal_builds_keep_the_rate_of_false_alarms() {
    let mut rng = Pcg64Mcg::seed_from_u64(13);
    let runs: Vec<Vec<Difference>> = (0..200).map(|_| run(&[4.0, 4.0], &mut rng)).collect();
    let rows = runs.iter().filter(|rows| rows.iter().any(|row| row.verdict.is_change())).count();
    assert!(rows <= 16, "{rows} of 200");
    let typical_of = |rows: &[Difference]| typical(rows, &[Level::Full], &Against::Previous, |_| 0.0).remove(0);
    let typical = runs.iter().filter(|rows| typical_of(rows).verdict.is_change()).count();
    assert!(typical <= 16, "{typical} of 200");
}

#[test]
fn a_change_of_ten_percent_is_found_on_most_workloads() {
    let mut rng = Pcg64Mcg::seed_from_u64(7);
    for (factor, wanted) in [(1.1, Verdict::Regression), (1.0 / 1.1, Verdict::Improvement)] {
        let found: Vec<Difference> = (0..10).flat_map(|_| run(&[4.0, 4.0 * factor], &mut rng)).collect();
        let right = found.iter().filter(|row| row.verdict == wanted).count();
        assert!(right >= 60, "{right} of 80");
        assert_eq!(found.iter().filter(|row| row.verdict.is_change()).count(), right, "none has the other sign");
    }
}

/// Distributes rounds to the passes in turn.
fn in_passes(rounds: &[f64]) -> Logs {
    let all: Vec<f64> = (0..PASSES).flat_map(|pass| rounds.iter().copied().skip(pass).step_by(PASSES)).collect();
    let ends = (1..=PASSES).map(|pass| all.len() * pass / PASSES).collect();
    Logs { ends, turns: vec![0; all.len()], links: 1, all }
}

#[test]
fn the_detectable_difference_follows_from_the_residuals() {
    // Of 61 rounds 22 may disagree (Conover, table A3), so that 68 % must lie on one side for a power of 80 %.
    // Residuals from −30 to 30 % have 68 % below 11 %.
    let logs: Vec<f64> = (-30..=30).map(|step| f64::from(step) / 100.0).collect();
    let found = detectable_percent(&in_passes(&logs), 1, 0.0).expect("enough rounds");
    // The interval, which must also exclude no change, needs a little more.
    assert!((11.5..12.5).contains(&found), "{found}");
    // The spread matters, not the position; more comparisons need a larger change.
    let moved: Vec<f64> = logs.iter().map(|log| log + 1.0).collect();
    assert!((detectable_percent(&in_passes(&moved), 1, 0.0).expect("enough rounds") - found).abs() < 1e-9);
    assert!(detectable_percent(&in_passes(&logs), 352, 0.0).expect("enough rounds") > 1.5 * found);
    // Skewed residuals are harder to shift one way: the larger change of both directions counts.
    let skewed: Vec<f64> = logs.iter().map(|log| if *log > 0.0 { log * 3.0 } else { *log }).collect();
    let mirrored: Vec<f64> = skewed.iter().map(|log| -log).collect();
    let [skewed, mirrored] =
        [skewed, mirrored].map(|logs| detectable_percent(&in_passes(&logs), 1, 0.0).expect("enough rounds"));
    assert!((skewed - mirrored).abs() < 1e-9 && skewed > 2.5 * found, "{skewed} {mirrored}");
}

#[test]
fn nothing_is_detectable_below_the_threshold_or_in_too_few_rounds() {
    assert_eq!(detectable_percent(&in_passes(&[0.1; 60]), 8, 3.0).map(f64::round), Some(3.0), "without noise");
    assert_eq!(detectable_percent(&in_passes(&[0.1; 13]), 352, 3.0), None);
    assert_eq!(detectable_percent(&in_passes(&[0.1; 5]), 1, 3.0), None);
    let noisy: Vec<f64> = (0..60).map(f64::from).collect();
    assert_eq!(detectable_percent(&in_passes(&noisy), 8, f64::MAX), None, "no number is so large");
}

/// A change that one run reports as detectable is found by another run in about 80 % of cases, up or down.
#[test]
fn a_detectable_difference_is_found_with_the_desired_power() {
    let mut rng = Pcg64Mcg::seed_from_u64(11);
    let mut rounds = |count: usize| -> Vec<f64> {
        (0..count).map(|_| (0..4).map(|side| disturbed(&mut rng) * f64::from(1 - side % 2 * 2)).sum()).collect()
    };
    for (count, comparisons) in [(60, 1), (60, 24), (60, 352), (200, 24)] {
        let repeats = 400;
        let mut found = 0;
        for repeat in 0..repeats {
            let detectable = detectable_percent(&in_passes(&rounds(count)), comparisons, 3.0).expect("enough rounds");
            let sign = if repeat % 2 == 0 { 1.0 } else { -1.0 };
            let shift = sign * (detectable / 100.0).ln_1p();
            let logs: Vec<f64> = rounds(count).iter().map(|log| log + shift).collect();
            let logs = in_passes(&logs);
            let probability = sign_test(&logs.all).expect("rounds") * comparisons as f64;
            let wanted = if sign > 0.0 { Verdict::Regression } else { Verdict::Improvement };
            found += usize::from(verdict(logs.ratio().expect("rounds"), logs.halves(), probability, 3.0) == wanted);
        }
        let power = found as f64 / f64::from(repeats);
        assert!((0.72..0.92).contains(&power), "{count} rounds, {comparisons} comparisons: {power}");
    }
}

#[test]
fn a_failed_build_is_not_a_reference() {
    let mut rng = Pcg64Mcg::seed_from_u64(3);
    let mut measurements: Vec<Measurement> = (0..5).map(|_| measurement(4.0, 60, &mut rng)).collect();
    for failed in [0, 3] {
        measurements[failed].outcome = Outcome::Failed(Failure::TimedOut { seconds: 1 });
    }
    let rows: Vec<&[Measurement]> = measurements.iter().map(from_ref).collect();
    let places = |against| {
        let found = differences(&rows, against, &GROUP, Clock::Wall, 3.0);
        found.iter().map(|difference| (difference.build, difference.reference)).collect::<Vec<_>>()
    };
    assert_eq!(places(&Against::First), [(2, 1), (4, 1)]);
    assert_eq!(places(&Against::Previous), [(2, 1), (4, 2)]);
}

#[test]
fn each_clock_has_its_own_differences() {
    let mut rng = Pcg64Mcg::seed_from_u64(3);
    let [a, mut b] = [4.0, 4.0].map(|overhead| measurement(overhead, 60, &mut rng));
    // The probe waits while others have the processor, and works no more than before.
    b.pairs.iter_mut().for_each(|pair| pair.tracked.wall_ns *= 2);
    let verdict = |clock| {
        let found = differences(&[from_ref(&a), from_ref(&b)], &Against::First, &GROUP, clock, 3.0);
        found[0].verdict
    };
    assert_eq!((verdict(Clock::Wall), verdict(Clock::Cpu)), (Verdict::Regression, Verdict::NoDifference));
}

#[test]
fn a_slow_build_is_compared_on_the_rounds_that_it_took() {
    let mut rng = Pcg64Mcg::seed_from_u64(3);
    let mut fast = measurement(4.0, 60, &mut rng);
    // The machine changes in the second half of each pass, in which the slow build rests.
    fast.pairs.chunks_mut(10).flat_map(|pass| &mut pass[5..]).for_each(|pair| pair.tracked.wall_ns *= 10);
    let slow = measurement(5.0, 24, &mut rng);
    let found = against_the_first(&[&[fast], &[slow]], 3.0);
    let near = |ratio: f64| (ratio - 1.25).abs() < 0.1;
    let [early, late] = found[0].halves.map(|half| half.expect("twelve rounds"));
    assert!(near(early) && near(late) && near(found[0].ratio.expect("24 rounds").value), "{found:?}");
    assert_eq!(found[0].rounds, 24);
}

/// A coarse clock shows no time for a short window. Such a pair has no ratio, and its round is ignored for both builds.
#[test]
fn a_round_without_time_is_left_out() {
    let mut rng = Pcg64Mcg::seed_from_u64(3);
    let [mut a, mut b] = [4.0, 5.0].map(|overhead| measurement(overhead, 60, &mut rng));
    a.pairs[3].untracked.wall_ns = 0;
    a.pairs[40].tracked.wall_ns = 0;
    b.pairs[3].untracked.wall_ns = 0;
    b.pairs[50].untracked.wall_ns = 0;
    let found = against_the_first(&[from_ref(&a), from_ref(&b)], 3.0).remove(0);
    assert_eq!((found.rounds, found.verdict), (57, Verdict::Regression));
    b.pairs[5..].iter_mut().for_each(|pair| pair.tracked.wall_ns = 0);
    let found = against_the_first(&[from_ref(&a), from_ref(&b)], 3.0).remove(0);
    assert_eq!((found.rounds, found.ratio, found.probability), (4, None, None));
    assert_eq!((found.detectable_percent, found.verdict), (None, Verdict::Inconclusive));
}
