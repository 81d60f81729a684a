//! Evaluates stretches of pairs with a known truth: computes the intervals and verdicts that the commands would have
//! reported, and counts the right ones.
//!
//! All functions here are pure. [`overhead`] computes the intervals, and [`differences`] the verdicts, so no rule is
//! implemented twice. Nothing is resampled. Measurements and comparisons share no pairs, and each counts once.

use super::record::{ByClock, Compared, Family, Seen};
use crate::schedule::estimate::overhead;
use crate::schedule::measurement::{Clock, Measurement, Pair};
use crate::stats::estimate::Estimate;
use crate::stats::median::deviation_from_zero;
use crate::stats::share::Share;
use crate::study::compare::{Against, THRESHOLD_PERCENT, Verdict, differences};
use crate::tracking::Level;

/// Returns the results of several measurements, each with an equal part of these pairs. Each gets its part of every
/// pass, so it is spread over the run like the whole. Pairs that would make the parts unequal are left out.
pub(super) fn split(measurement: &Measurement, parts: usize) -> Vec<Seen> {
    let has_deadline = matches!(measurement.level, Level::Deadline(_));
    let part = |part: usize| {
        let (mut pairs, mut ends) = (Vec::new(), Vec::new());
        for pass in measurement.by_pass() {
            let length = pass.len() / parts;
            pairs.extend_from_slice(&pass[part * length..(part + 1) * length]);
            ends.push(pairs.len());
        }
        seen(&pairs, &ends, measurement.allocations.filter(|_| has_deadline))
    };
    (0..parts).map(part).collect()
}

/// Returns the result of pairs. The time for each allocation is computed by both clocks: by wall time, it is the same
/// estimate from pairs whose CPU time is replaced.
fn seen(pairs: &[Pair], passes: &[usize], allocations: Option<u64>) -> Seen {
    let by_cpu = overhead(pairs, passes, allocations);
    let by_wall = overhead(&pairs.iter().map(by_wall_time).collect::<Vec<_>>(), passes, allocations);
    let times = [by_wall, by_cpu].map(|overhead| overhead.and_then(|overhead| overhead.ns_per_allocation));
    Seen {
        ratio: ByClock::of(|clock| by_cpu.and_then(|overhead| overhead.by(clock))),
        ns_per_allocation: allocations.map(|_| ByClock { wall: times[0], cpu: times[1] }),
    }
}

/// Returns a pair whose CPU time is its wall time.
fn by_wall_time(pair: &Pair) -> Pair {
    let mut pair = *pair;
    for sample in [&mut pair.untracked, &mut pair.tracked] {
        sample.cpu_ns = sample.wall_ns;
    }
    pair
}

/// Returns whether an interval contains the truth, which has an interval too. The two are independent, so the squares
/// of their uncertainties add, and 95 % of valid intervals contain the truth.
pub(super) fn covers(interval: &Estimate, truth: &Estimate) -> bool {
    let below = (interval.value - interval.low).hypot(truth.high - truth.value);
    let above = (interval.high - interval.value).hypot(truth.value - truth.low);
    (interval.value - below..=interval.value + above).contains(&truth.value)
}

/// Returns the share of intervals that contain their truth.
pub(super) fn coverage(intervals: impl IntoIterator<Item = (Estimate, Estimate)>) -> Share {
    Share::of(intervals.into_iter().map(|(interval, truth)| covers(&interval, &truth)))
}

/// Returns intervals half as wide, each with its truth, to see whether a figure would notice them.
pub(super) fn halved(intervals: &[(Estimate, Estimate)]) -> Vec<(Estimate, Estimate)> {
    let half = |Estimate { value, low, high }: Estimate| Estimate {
        value,
        low: value.midpoint(low),
        high: value.midpoint(high),
    };
    intervals.iter().map(|&(interval, truth)| (half(interval), truth)).collect()
}

/// Returns the robust standard deviation of the errors of ratios, each in units of the standard error of its difference
/// from the truth: more than 1 if intervals are too narrow. `None` without an error.
pub(super) fn deviation_in_errors(intervals: &[(Estimate, Estimate)]) -> Option<f64> {
    deviation_from_zero(intervals.iter().filter_map(|(interval, truth)| interval.log_difference(truth)))
}

/// Two measurements of the same rounds, and the true change from the first to the second.
#[derive(Clone, Debug)]
pub(super) struct Rounds {
    /// The reference.
    pub reference: Measurement,
    /// The measurement that is compared with it.
    pub other: Measurement,
    /// The true change.
    pub truth: ByClock<Estimate>,
}

/// Compares the two measurements of each of these rounds, like a run of `compare` with this number of comparisons.
pub(super) fn family(rounds: &[Rounds]) -> Family {
    // The names of workloads and levels only distinguish the comparisons of a run, and here they may repeat.
    let label = |number: usize| Level::Synthetic(number as u32);
    let labelled = |of: fn(&Rounds) -> &Measurement| -> Vec<Measurement> {
        let measurements = rounds.iter().map(of).cloned().enumerate();
        measurements.map(|(number, measurement)| Measurement { level: label(number), ..measurement }).collect()
    };
    let builds = [labelled(|rounds| &rounds.reference), labelled(|rounds| &rounds.other)];
    let builds = [builds[0].as_slice(), builds[1].as_slice()];
    let groups: Vec<_> =
        rounds.iter().enumerate().map(|(number, rounds)| (rounds.reference.workload, label(number))).collect();
    let found = ByClock::of(|clock| differences(&builds, &Against::First, &groups, clock, THRESHOLD_PERCENT));
    let compared = rounds.iter().enumerate().map(|(number, Rounds { reference, other, truth })| {
        let of = |clock: Clock| found.by(clock).iter().find(|difference| difference.level == label(number));
        Compared {
            workload: reference.workload,
            level: reference.level,
            other: other.level,
            truth: *truth,
            change: ByClock::of(|clock| of(clock).and_then(|difference| difference.ratio)),
            verdict: ByClock::of(|clock| of(clock).map_or(Verdict::Inconclusive, |difference| difference.verdict)),
        }
    });
    compared.collect()
}

/// Returns the share of families in which a tracker differs from itself.
pub(super) fn false_alarms(families: &[Family], clock: Clock) -> Share {
    let is_false = |compared: &Compared| compared.is_identical() && compared.is_change(clock);
    Share::of(families.iter().map(|family| family.iter().any(is_false)))
}

/// Returns the share of the selected comparisons that are a regression.
pub(super) fn found<'a>(compared: impl IntoIterator<Item = &'a Compared>, clock: Clock) -> Share {
    Share::of(compared.into_iter().map(|compared| *compared.verdict.by(clock) == Verdict::Regression))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::measurement::{Outcome, Sample, Series};
    use crate::study::validation::truth::NO_CHANGE;
    use crate::workloads::Workload;
    use rand::{RngExt, SeedableRng};
    use rand_pcg::Pcg64Mcg;

    /// Returns a deviate of about the standard normal distribution.
    fn normal(rng: &mut Pcg64Mcg) -> f64 {
        (0..12).map(|_| rng.random_range(-0.5..0.5)).sum()
    }

    /// Returns a measurement of six passes on a machine whose state changes from pass to pass by this much, with noise
    /// of 4 %. Measurements of the same rounds share that state, so comparisons are simulated without it.
    fn measurement(level: Level, (ratio, change): (f64, f64), pairs: usize, rng: &mut Pcg64Mcg) -> Measurement {
        let sample = |ns: f64| Sample { wall_ns: ns as u64, cpu_ns: ns as u64, ..Sample::default() };
        let ends: Vec<usize> = (1..=6).map(|pass| pairs * pass / 6).collect();
        let mut state = 0.0;
        let pairs = (0..pairs).map(|number| {
            if number == 0 || ends.contains(&number) {
                state = change * normal(rng);
            }
            let tracked = 1e7 * ratio * (state + 0.04 * normal(rng)).exp();
            Pair { untracked_first: number.is_multiple_of(2), untracked: sample(1e7), tracked: sample(tracked) }
        });
        Measurement {
            series: Series::Overhead,
            workload: Workload::CYCLES,
            level,
            scale: 1.0,
            seed: 1,
            wait_us: 0,
            threads: 1,
            layout: None,
            allocations: Some(10_000),
            fidelity: None,
            fidelity_probes: 0,
            fidelities: Vec::new(),
            disturbance: Default::default(),
            outcome: Outcome::TooFew,
            pairs: pairs.collect(),
            passes: ends,
        }
    }

    /// Returns the intervals by wall time of 1,000 simulated measurements, each with a truth of this standard error,
    /// whose own interval is as wide as that says.
    fn simulated(error: f64) -> Vec<(Estimate, Estimate)> {
        let mut rng = Pcg64Mcg::seed_from_u64(17);
        let one = |_| {
            let measured = split(&measurement(Level::Synthetic(3), (1.1, 0.02), 60, &mut rng), 1)[0].ratio.wall;
            let truth = 1.1 * (error * normal(&mut rng)).exp();
            let half = 1.96 * error * truth;
            (measured.expect("60 pairs"), Estimate { value: truth, low: truth - half, high: truth + half })
        };
        (0..1_000).map(one).collect()
    }

    /// Returns the share of intervals that contain their truth, in percent with its interval, and the deviation of
    /// their errors.
    fn seen(intervals: &[(Estimate, Estimate)]) -> (Estimate, f64) {
        let covered = coverage(intervals.iter().copied()).percent().expect("intervals");
        (covered, deviation_in_errors(intervals).expect("intervals"))
    }

    #[test]
    fn correct_intervals_cover_the_truth_and_halved_ones_are_noticed() {
        let exact = simulated(0.0);
        let ((honest, deviation), (narrow, narrow_deviation)) = (seen(&exact), seen(&halved(&exact)));
        assert!(honest.high >= 95.0 && deviation < 1.0, "{honest:?} {deviation}");
        assert!(narrow.high < 90.0 && narrow_deviation > 1.4, "{narrow:?} {narrow_deviation}");
    }

    /// Beside a truth that is a little wider than a measurement, intervals half as wide still cover about as often as
    /// the target asks. The deviation of the errors shows them.
    #[test]
    fn beside_a_wide_truth_errors_show_what_coverage_does_not() {
        let wide = simulated(0.0152);
        let width = |of: &Estimate| of.high - of.low;
        let widths = wide.iter().map(|(interval, truth)| width(truth) / width(interval));
        let width = crate::stats::median::median(widths).expect("intervals");
        assert!((1.1..1.25).contains(&width), "as in the kept run: {width}");
        let ((honest, deviation), (narrow, narrow_deviation)) = (seen(&wide), seen(&halved(&wide)));
        assert!(honest.high >= 95.0 && deviation < 1.0, "{honest:?} {deviation}");
        assert!(narrow.high > 94.0 && narrow_deviation > 1.05, "{narrow:?} {narrow_deviation}");
    }

    #[test]
    fn an_instrument_that_shows_too_little_is_noticed() {
        let biased = simulated(0.005).into_iter().map(|(interval, Estimate { value, low, high })| {
            (interval, Estimate { value: value * 1.05, low: low * 1.05, high: high * 1.05 })
        });
        let (covered, deviation) = seen(&biased.collect::<Vec<_>>());
        assert!(covered.high < 50.0 && deviation > 1.5, "{covered:?} {deviation}");
    }

    #[test]
    fn the_uncertainties_of_both_sides_add_as_squares() {
        let interval = Estimate { value: 1.0, low: 0.97, high: 1.03 };
        let truth = |value: f64, half: f64| Estimate { value, low: value - half, high: value + half };
        assert!(covers(&interval, &truth(1.03, 0.0)) && !covers(&interval, &truth(1.031, 0.0)));
        assert!(covers(&interval, &truth(1.049, 0.04)) && !covers(&interval, &truth(1.051, 0.04)));
        assert!(covers(&interval, &truth(0.951, 0.04)) && !covers(&interval, &truth(0.949, 0.04)));
        // Only the end of the truth's interval that faces the interval counts.
        assert!(!covers(&interval, &Estimate { value: 1.04, low: 1.04, high: 1.2 }));
    }

    #[test]
    fn parts_of_a_measurement_share_no_pair_and_have_all_passes() {
        let mut rng = Pcg64Mcg::seed_from_u64(1);
        let mut whole = measurement(Level::Deadline(100), (1.0, 0.0), 126, &mut rng);
        for (number, pair) in whole.pairs.iter_mut().enumerate() {
            // The first ten pairs of each pass belong to one part, and the next ten to the other; one is left over.
            pair.tracked.wall_ns = [20_000_000, 30_000_000, 70_000_000][(number % 21) / 10];
            pair.tracked.cpu_ns = 15_000_000;
        }
        let parts = split(&whole, 2);
        let is = |seen: Option<Estimate>, value: f64| {
            let Estimate { low, high, .. } = seen.expect("60 pairs");
            assert!((low - value).abs() < 1e-9 * value && (high - value).abs() < 1e-9 * value, "{seen:?}, not {value}");
        };
        assert_eq!(parts.len(), 2);
        is(parts[0].ratio.wall, 2.0);
        is(parts[1].ratio.wall, 3.0);
        is(parts[0].ratio.cpu, 1.5);
        let times = parts[1].ns_per_allocation.expect("a deadline");
        is(times.wall, 2_000.0);
        is(times.cpu, 500.0);
        assert_eq!(split(&measurement(Level::Full, (1.0, 0.0), 60, &mut rng), 1)[0].ns_per_allocation, None);
    }

    /// Returns a family of 24 comparisons of 120 rounds.
    fn simulated_family(change: f64, rng: &mut Pcg64Mcg) -> Family {
        let rounds = (0..24).map(|_| {
            let [reference, other] =
                [1.0, change].map(|change| measurement(Level::Full, (8.0 * change, 0.0), 120, rng));
            Rounds { reference, other, truth: ByClock { wall: NO_CHANGE, cpu: NO_CHANGE } }
        });
        family(&rounds.collect::<Vec<_>>())
    }

    #[test]
    fn a_tracker_rarely_differs_from_itself_and_a_slowed_one_is_found() {
        let mut rng = Pcg64Mcg::seed_from_u64(23);
        let equal: Vec<Family> = (0..10).map(|_| simulated_family(1.0, &mut rng)).collect();
        let alarms = false_alarms(&equal, Clock::Wall);
        assert!(alarms.of == 10 && alarms.part <= 2, "{alarms:?}");
        let slowed: Vec<Family> = (0..3).map(|_| simulated_family(1.10, &mut rng)).collect();
        let seen = found(slowed.iter().flatten(), Clock::Cpu);
        assert!(seen.of == 72 && seen.part >= 60, "{seen:?}");
        assert_eq!(false_alarms(&slowed, Clock::Wall).part, 3, "families whose members are called identical");
    }

    #[test]
    fn comparisons_of_the_same_workload_and_level_stay_separate() {
        let mut rng = Pcg64Mcg::seed_from_u64(5);
        let mut rounds = |change: f64, other| Rounds {
            reference: measurement(Level::Full, (1.0, 0.0), 120, &mut rng),
            other: measurement(other, (change, 0.0), 120, &mut rng),
            truth: ByClock { wall: NO_CHANGE, cpu: NO_CHANGE },
        };
        let family = family(&[rounds(1.0, Level::Full), rounds(1.5, Level::SlowedFull(9)), rounds(0.5, Level::Full)]);
        let verdicts: Vec<Verdict> = family.iter().map(|compared| compared.verdict.wall).collect();
        assert_eq!(verdicts, [Verdict::NoDifference, Verdict::Regression, Verdict::Improvement]);
        assert_eq!(family.iter().map(Compared::is_identical).collect::<Vec<_>>(), [true, false, true]);
        assert_eq!(false_alarms(&[family], Clock::Wall), Share { part: 1, of: 1 });
    }
}
