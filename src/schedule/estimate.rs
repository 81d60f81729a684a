//! The estimator: computes the overhead of a measurement from its pairs.

use super::measurement::{Clock, Measurement, Outcome, Overhead, Pair};
use crate::stats::estimate::Estimate;
use crate::stats::mean;
use crate::stats::median::median;
use crate::stats::passes;
use crate::stats::ratio::ratio_of_sums;

/// Returns the overhead of pairs; `None` if too few of them have a ratio by wall time.
///
/// `passes` are the numbers of pairs up to the end of each pass over the run's measurements. With at least six, an
/// interval includes the uncertainty between passes. `allocations` is the number of allocations in one untracked run.
///
/// ```
/// use memscope_bench::{Pair, Sample, overhead};
///
/// let sample = |wall_ns| Sample { wall_ns, cpu_ns: wall_ns, ..Sample::default() };
/// let pair = |n: u64| Pair {
///     untracked_first: n.is_multiple_of(2),
///     untracked: sample(1_000 + n),
///     tracked: sample(7 * (1_000 + n)),
/// };
/// let pairs: Vec<Pair> = (0..20).map(pair).collect();
/// assert_eq!(overhead(&pairs, &[], None).expect("20 pairs").wall.value, 7.0);
/// ```
pub fn overhead(pairs: &[Pair], passes: &[usize], allocations: Option<u64>) -> Option<Overhead> {
    let timed: Vec<&Pair> = pairs.iter().filter(|pair| pair.is_timed_by(Clock::Wall)).collect();
    let memory = |pair: &Pair| {
        let (tracked, untracked) = (pair.tracked.peak_rss_bytes?, pair.untracked.peak_rss_bytes?);
        (tracked > 0 && untracked > 0).then(|| tracked as f64 / untracked as f64)
    };
    // The memory of only some processes is not comparable with the memory of all.
    let memory: Option<Vec<f64>> = pairs.iter().map(memory).collect();
    let cpu = ratios(pairs, passes, Clock::Cpu);
    Some(Overhead {
        pairs: timed.len(),
        wall: ratios(pairs, passes, Clock::Wall)?,
        cpu,
        ns_per_allocation: ns_per_allocation(pairs, passes, allocations),
        peak_memory: memory.and_then(|memory| passes::ratio_interval(&memory, passes)),
        page_faults: page_faults(pairs, passes),
        kernel_share: cpu.filter(|cpu| cpu.low > 1.0).and_then(|_| kernel_share(pairs)),
        untracked_ns: median(timed.iter().map(|pair| pair.untracked.wall_ns as f64))?,
    })
}

/// Returns a measurement with the overhead of its pairs. A failed measurement stays unchanged: its earlier pairs are
/// kept as data, without an overhead.
#[must_use]
pub fn estimated(mut measurement: Measurement) -> Measurement {
    if measurement.failure().is_none()
        && let Some(overhead) = overhead(&measurement.pairs, &measurement.passes, measurement.allocations)
    {
        measurement.outcome = Outcome::Measured(overhead);
    }
    measurement
}

/// Returns the geometric mean of the overheads of several measurements by wall time or CPU time, with its interval: the
/// hull of that of independent measurements and, where passes are known, that over the geometric means within each
/// pass. `None` if there are no overheads.
pub(crate) fn typical(overheads: &[(&Measurement, Estimate)], clock: Clock) -> Option<Estimate> {
    let ratios: Vec<Estimate> = overheads.iter().map(|(_, overhead)| *overhead).collect();
    let logs: Vec<Vec<Option<f64>>> = overheads.iter().map(|(measurement, _)| measurement.log_medians(clock)).collect();
    Some(passes::hull(mean::with_interval(&ratios)?, mean::over_groups(&logs)))
}

/// Returns the CPU time that tracking adds to an allocation with its free, in nanoseconds; `None` if allocations are
/// unknown or the CPU clock is too coarse.
pub(crate) fn ns_per_allocation(pairs: &[Pair], passes: &[usize], allocations: Option<u64>) -> Option<Estimate> {
    let count = allocations.filter(|&count| count > 0)? as f64;
    let added = |pair: &Pair| (pair.tracked.ns(Clock::Cpu) - pair.untracked.ns(Clock::Cpu)) / count;
    passes::interval(&of_timed(pairs, Clock::Cpu, added)?, passes)
}

/// Returns the ratio of the pairs by wall time or CPU time.
fn ratios(pairs: &[Pair], passes: &[usize], clock: Clock) -> Option<Estimate> {
    passes::ratio_interval(&of_timed(pairs, clock, |pair| pair.ratio(clock))?, passes)
}

/// Returns a figure of each pair, or NaN if a clock saw no time pass. If it saw none in half of the pairs, it is too
/// coarse for the rest as well.
fn of_timed(pairs: &[Pair], clock: Clock, figure: impl Fn(&Pair) -> f64) -> Option<Vec<f64>> {
    let timed = pairs.iter().filter(|pair| pair.is_timed_by(clock)).count();
    let each = |pair: &Pair| if pair.is_timed_by(clock) { figure(pair) } else { f64::NAN };
    (2 * timed > pairs.len()).then(|| pairs.iter().map(each).collect())
}

/// Returns the page faults that tracking adds to a run; `None` if a sample lacks them.
fn page_faults(pairs: &[Pair], passes: &[usize]) -> Option<Estimate> {
    let added = |pair: &Pair| Some(pair.tracked.page_faults? as f64 - pair.untracked.page_faults? as f64);
    let added: Option<Vec<f64>> = pairs.iter().map(added).collect();
    passes::interval(&added?, passes)
}

/// The largest standard error of a kernel share that is reported: a tenth of the time that tracking adds.
const MAX_SHARE_ERROR: f64 = 0.1;

/// Returns the kernel's part of the CPU time that tracking adds; `None` if a sample lacks it, or if the standard error
/// of the ratio is above [`MAX_SHARE_ERROR`]. It is a ratio of sums: most kernels sample by a tick every few
/// milliseconds, so a single sample has hardly any digits.
fn kernel_share(pairs: &[Pair]) -> Option<f64> {
    let added = |pair: &Pair| {
        let kernel = pair.tracked.kernel_ns? as f64 - pair.untracked.kernel_ns? as f64;
        Some((kernel, pair.tracked.cpu_ns as f64 - pair.untracked.cpu_ns as f64))
    };
    let added: Vec<(f64, f64)> = pairs.iter().map(added).collect::<Option<_>>()?;
    let (share, error) = ratio_of_sums(&added)?;
    (error <= MAX_SHARE_ERROR).then_some(share)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::measurement::{Sample, Series};
    use crate::stats::median::MIN_PAIRS;
    use crate::tracking::Level;
    use crate::worker::probe::Request;
    use crate::workloads::Workload;

    fn pair(untracked: u64, tracked: u64) -> Pair {
        let side = |ns| Sample { wall_ns: ns, cpu_ns: ns, peak_rss_bytes: Some(ns), ..Sample::default() };
        Pair { untracked_first: true, untracked: side(untracked), tracked: side(tracked) }
    }

    #[test]
    fn an_overhead_is_the_median_ratio_and_not_the_ratio_of_means() {
        // The time of every pair doubles; the machine is slow for a while, and only one tracked sample is disturbed.
        let mut pairs: Vec<Pair> = (0..20).map(|n| if n < 8 { pair(300, 600) } else { pair(100, 200) }).collect();
        pairs[15] = pair(100, 5_000);
        let overhead = overhead(&pairs, &[], Some(10)).expect("20 pairs");
        assert_eq!(overhead.wall, Estimate { value: 2.0, low: 2.0, high: 2.0 });
        assert_eq!(overhead.ns_per_allocation.map(|ns| ns.low), Some(10.0));
        assert_eq!(overhead.untracked_ns, 100.0);
        assert!(!overhead.wall.contains_one());
    }

    /// Two workloads that the machine slows down in the same passes, by a tenth.
    #[test]
    fn a_typical_overhead_includes_the_variation_shared_in_a_pass() {
        let of = |workload| {
            let request = Request::at(None, workload, Level::Full, 1);
            let pairs = (0..30).map(|n| pair(1_000, 2_000 + 200 * (n / 5 % 2) + n % 5)).collect();
            let passes = (1..=6).map(|pass| 5 * pass).collect();
            estimated(Measurement { passes, pairs, ..Measurement::new(Series::Overhead, &request) })
        };
        let both = [Workload::CYCLES, Workload::LEAKS].map(of);
        let typical_of = |both: &[Measurement; 2]| {
            let narrow = Estimate { value: 2.1, low: 2.09, high: 2.11 };
            typical(&both.each_ref().map(|measurement| (measurement, narrow)), Clock::Wall).expect("two overheads")
        };
        let seen = typical_of(&both);
        assert!((seen.value - 2.1).abs() < 1e-9 && seen.low < 2.02 && seen.high > 2.18, "{seen:?}");
        let earlier = both.map(|measurement| Measurement { passes: Vec::new(), ..measurement });
        let seen = typical_of(&earlier);
        assert!(seen.low > 2.09 && seen.high < 2.11, "without passes they are taken as independent: {seen:?}");
    }

    #[test]
    fn the_cost_of_an_allocation_includes_all_threads() {
        // Two threads pay the cost at once: wall time shows half of it.
        let side = |wall_ns, cpu_ns| Sample { wall_ns, cpu_ns, ..Sample::default() };
        let pair = Pair { untracked_first: true, untracked: side(100, 190), tracked: side(500, 990) };
        let mut pairs = vec![pair; 20];
        assert_eq!(ns_per_allocation(&pairs, &[], Some(10)), Some(Estimate { value: 80.0, low: 80.0, high: 80.0 }));
        assert_eq!(overhead(&pairs, &[], Some(10)).and_then(|seen| seen.ns_per_allocation?.value.into()), Some(80.0));
        assert_eq!((ns_per_allocation(&pairs, &[], None), ns_per_allocation(&pairs, &[], Some(0))), (None, None));
        pairs.iter_mut().take(10).for_each(|pair| pair.untracked.cpu_ns = 0);
        assert_eq!(ns_per_allocation(&pairs, &[], Some(10)), None, "half of them show no time");
    }

    #[test]
    fn too_few_pairs_give_no_overhead() {
        assert_eq!(overhead(&[pair(1, 2); MIN_PAIRS - 1], &[], None), None);
        assert!(overhead(&[pair(1, 2); MIN_PAIRS], &[], None).is_some());
    }

    #[test]
    fn a_pair_without_measurable_time_has_no_ratio() {
        let timed = |count| vec![pair(100, 200); count];
        let of = |pairs: [Vec<Pair>; 2]| overhead(&pairs.concat(), &[], Some(10));
        for zero in [pair(0, 200), pair(100, 0), pair(0, 0)] {
            assert_eq!(of([vec![zero; 20], timed(MIN_PAIRS - 1)]), None);
            assert_eq!(of([vec![zero; 20], timed(20)]), None, "half of them are too many");
            let seen = of([vec![zero; 3], timed(20)]).expect("20 pairs");
            assert_eq!((seen.pairs, seen.wall.low, seen.wall.high, seen.untracked_ns), (20, 2.0, 2.0, 100.0));
            assert_eq!(seen.ns_per_allocation.map(|ns| ns.value), Some(10.0));
        }
    }

    #[test]
    fn a_coarse_cpu_clock_does_not_affect_wall_time() {
        let mut pairs = vec![pair(100, 200); 20];
        pairs.iter_mut().take(12).for_each(|pair| pair.untracked.cpu_ns = 0);
        let seen = overhead(&pairs, &[], None).expect("20 pairs");
        assert_eq!((seen.wall.value, seen.cpu), (2.0, None));
        pairs.iter_mut().for_each(|pair| pair.untracked.peak_rss_bytes = Some(0));
        assert_eq!(overhead(&pairs, &[], None).expect("20 pairs").peak_memory, None);
    }

    #[test]
    fn page_faults_and_kernel_time_are_those_added_by_tracking() {
        let side = |ns, kernel, faults| Sample {
            wall_ns: ns,
            cpu_ns: ns,
            kernel_ns: Some(kernel),
            page_faults: Some(faults),
            ..Sample::default()
        };
        // A tick falls into the kernel or not, so only the sums are right.
        let pair = |n: u64| Pair {
            untracked_first: true,
            untracked: side(1_000, 0, 90),
            tracked: side(9_000, 4_000 * (n % 2), 7_490 + n % 3),
        };
        let mut pairs: Vec<Pair> = (0..20).map(pair).collect();
        let seen = overhead(&pairs, &[], None).expect("20 pairs");
        assert_eq!((seen.page_faults.map(|faults| faults.value), seen.kernel_share), (Some(7_401.0), Some(0.25)));
        // One extra tick in half of the pairs is more than a small overhead.
        let few: Vec<Pair> =
            pairs.iter().map(|pair| Pair { tracked: Sample { cpu_ns: 1_060, ..pair.tracked }, ..*pair }).collect();
        assert_eq!(overhead(&few, &[], None).expect("20 pairs").kernel_share, None, "a share of 33 times the whole");
        pairs[3].tracked.page_faults = None;
        pairs[3].untracked.kernel_ns = None;
        let seen = overhead(&pairs, &[], None).expect("20 pairs");
        assert_eq!((seen.page_faults, seen.kernel_share), (None, None), "not those of some samples");
    }

    #[test]
    fn without_added_time_there_is_no_kernel_share() {
        let side = |kernel_ns| Sample { kernel_ns, page_faults: Some(7), ..pair(100, 100).tracked };
        let same = Pair { untracked_first: true, untracked: side(Some(10)), tracked: side(Some(20)) };
        let seen = overhead(&[same; 20], &[], None).expect("20 pairs");
        assert_eq!((seen.page_faults.map(|faults| faults.value), seen.kernel_share), (Some(0.0), None));
    }
}
