//! The cost of one operation under a level, from the measurements of `calls`.
//!
//! | figure | from |
//! |---|---|
//! | allocation with its free, by size | `allocate-16B` to `allocate-1MiB`, with lines between logarithms of sizes |
//! | allocation of zeros | from 4 KiB on, `zeroed-4KiB` and `zeroed-64MiB`, with a line between the sizes |
//! | reallocation | `reallocate-1KiB` without `allocate-1KiB` |
//! | the part of the allocation in both | allocations and frees in a full heap |
//! | threads and live blocks | the same, in proportion to `allocate-64B` |
//!
//! The times of threads are on the clock. With more threads than cores they contain the wait for a core, which is no
//! CPU time, so only those of threads that have a core each are used.

use crate::stats::estimate::Estimate;
use crate::study::calls::Calls;
use crate::study::calls::latency::{Latency, Operation};
use crate::tracking::Level;

/// The sizes of the calls that allocate and free a block.
const SIZES: [(f64, &str); 4] =
    [(16.0, "allocate-16B"), (64.0, "allocate-64B"), (1_024.0, "allocate-1KiB"), (1_048_576.0, "allocate-1MiB")];
/// The sizes of the calls that allocate zeros.
const ZEROED: [(f64, &str); 2] = [(4_096.0, "zeroed-4KiB"), (67_108_864.0, "zeroed-64MiB")];
/// The call that represents an allocation with its free, of the latencies' sizes.
const TYPICAL: &str = "allocate-64B";
/// The number of live blocks above which a heap is full: a tenth of the blocks of the latencies.
pub(super) const FULL: u64 = 1_000;

/// A missing figure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no cost of {call} under {level}: measure it with `memscope-bench calls`")]
pub(crate) struct NoCost {
    call: &'static str,
    level: Level,
}

/// The cost of an operation, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cost {
    /// Time that the level adds.
    pub added: Estimate,
    /// Time without the level.
    pub untracked: f64,
}

impl Cost {
    fn map(self, other: Self, figure: impl Fn(f64, f64) -> f64) -> Self {
        let (one, two) = (self.added, other.added);
        Self {
            added: Estimate {
                value: figure(one.value, two.value),
                low: figure(one.low, two.low),
                high: figure(one.high, two.high),
            },
            untracked: figure(self.untracked, other.untracked),
        }
    }

    /// Returns the cost minus another one, at least 0. The two were measured independently, so its interval combines
    /// the ends of both.
    fn minus(self, other: Self) -> Self {
        let least = |cost: f64| cost.max(0.0);
        let Estimate { value, low, high } = difference(self.added, other.added);
        Self {
            added: Estimate { value: least(value), low: least(low), high: least(high) },
            untracked: least(self.untracked - other.untracked),
        }
    }

    /// Returns the cost at this part of the way to another one.
    fn towards(self, other: Self, part: f64) -> Self {
        self.map(other, |from, to| from + part * (to - from))
    }

    /// Returns the cost times a factor.
    fn times(self, factor: f64) -> Self {
        self.map(self, |cost, _| cost * factor)
    }
}

/// The costs of operations under a level.
#[derive(Clone, Debug)]
pub(crate) struct Costs {
    sizes: Vec<(f64, Cost)>,
    zeroed: Vec<(f64, Cost)>,
    /// `None` if it was not measured.
    reallocate: Option<Cost>,
    /// The allocation's part of an allocation with its free. `None` if it was not measured.
    share: Option<f64>,
    /// The factor of the trace's number of threads and blocks, and its source. `None` if it was not measured.
    pub(super) factor: Option<(Estimate, usize)>,
}

impl Costs {
    /// Returns the costs under a level, with this number of threads and live blocks.
    ///
    /// # Errors
    /// If a required call is missing.
    pub(crate) fn of(calls: &Calls, level: Level, threads: usize, live: u64) -> Result<Self, NoCost> {
        let sizes =
            SIZES.iter().map(|&(size, call)| Ok((size, cost(calls, call, level)?))).collect::<Result<_, NoCost>>()?;
        let zeroed = ZEROED.iter().filter_map(|&(size, call)| Some((size, cost(calls, call, level).ok()?))).collect();
        let both = || Some((cost(calls, "reallocate-1KiB", level).ok()?, cost(calls, "allocate-1KiB", level).ok()?));
        let reallocate = both().map(|(with, without)| with.minus(without));
        let on_threads = |level, threads| latency(calls, level, threads);
        let at = |threads: usize| Some((on_threads(level, threads)?, on_threads(Level::Untracked, threads)?));
        let part = |operation| {
            let (tracked, untracked) = at(1)?;
            Some(tracked.mean(operation)?.value - untracked.mean(operation)?.value)
        };
        let share = part(Operation::Allocating)
            .zip(part(Operation::Freeing))
            .map(|(allocating, freeing)| (allocating / (allocating + freeing)).clamp(0.0, 1.0));
        Ok(Self { sizes, zeroed, reallocate, share, factor: factor(calls, level, threads, live) })
    }

    /// Returns whether reallocations were measured.
    pub(super) const fn has_reallocations(&self) -> bool {
        self.reallocate.is_some()
    }

    /// Returns whether the parts of allocations and frees are known.
    pub(super) const fn has_share(&self) -> bool {
        self.share.is_some()
    }

    fn scaled(&self, cost: Cost) -> Cost {
        let Some((factor, _)) = self.factor else { return cost };
        let Estimate { value, low, high } = cost.added;
        let added = Estimate { value: value * factor.value, low: low * factor.low, high: high * factor.high };
        Cost { added, ..cost }
    }

    fn pair(&self, size: f64) -> Cost {
        between(&self.sizes, size, f64::log2)
    }

    /// Returns the cost of an allocation.
    pub(crate) fn allocate(&self, size: u64, is_zeroed: bool) -> Cost {
        let size = (size as f64).max(1.0);
        let part = self.share.unwrap_or(0.5);
        let pair = self.pair(size);
        let free = pair.times(1.0 - part);
        self.scaled(if is_zeroed && size > ZEROED[0].0 {
            self.zeros(size).minus(free)
        } else {
            // The free is a part of the same figure, so the ends of both belong together.
            pair.map(free, |pair, free| (pair - free).max(0.0))
        })
    }

    fn zeros(&self, size: f64) -> Cost {
        let mut points = self.zeroed.clone();
        // If small zeroed blocks were not measured, zeroing them costs nothing.
        if points.first().is_none_or(|&(size, _)| size > ZEROED[0].0) {
            points.insert(0, (ZEROED[0].0, self.pair(ZEROED[0].0)));
        }
        between(&points, size, |size| size)
    }

    /// Returns the cost of a free.
    pub(crate) fn free(&self, size: u64) -> Cost {
        self.scaled(self.pair((size as f64).max(1.0)).times(1.0 - self.share.unwrap_or(0.5)))
    }

    /// Returns the cost of a reallocation to a size.
    pub(crate) fn reallocate(&self, size: u64) -> Cost {
        self.scaled(self.reallocate.unwrap_or_else(|| self.pair((size as f64).max(1.0))))
    }
}

/// Returns the cost at a size on the line through the nearest points; outside of them, the cost of the nearest point.
fn between(points: &[(f64, Cost)], size: f64, scale: impl Fn(f64) -> f64) -> Cost {
    let above = points.iter().position(|&(point, _)| point >= size).unwrap_or(points.len() - 1);
    let (below, above) = (points[above.saturating_sub(1)], points[above]);
    let length = scale(above.0) - scale(below.0);
    let part = if length > 0.0 { ((scale(size) - scale(below.0)) / length).clamp(0.0, 1.0) } else { 0.0 };
    below.1.towards(above.1, part)
}

/// Returns the cost of a call. The cost that a level adds is the difference of two figures.
fn cost(calls: &Calls, call: &'static str, level: Level) -> Result<Cost, NoCost> {
    let mean = |level| calls.call(call, level).and_then(|call| call.batch?.ns).ok_or(NoCost { call, level });
    Ok(added(mean(level)?, mean(Level::Untracked)?))
}

fn added(tracked: Estimate, untracked: Estimate) -> Cost {
    Cost { added: difference(tracked, untracked), untracked: untracked.value }
}

/// Returns the difference of two figures. Its interval combines the ends of both.
fn difference(one: Estimate, other: Estimate) -> Estimate {
    Estimate { value: one.value - other.value, low: one.low - other.high, high: one.high - other.low }
}

fn latency(calls: &Calls, level: Level, threads: usize) -> Option<&Latency> {
    let measurements = &calls.latencies.as_ref()?.measurements;
    measurements.iter().find(|one| (one.level, one.threads) == (level, threads))
}

/// Returns the number of cores of the machine that measured the threads; `None` if none were measured.
pub(super) fn cores(calls: &Calls) -> Option<usize> {
    usize::try_from(calls.latencies.as_ref()?.origin.machine.cores).ok()
}

/// Returns the measured number of threads that is nearest to this one, of those that had a core each.
fn nearest(calls: &Calls, level: Level, threads: usize) -> Option<usize> {
    let cores = cores(calls)?;
    let measured = calls.latencies.as_ref()?.measurements.iter().filter(|one| one.level == level);
    let distance = |other: usize| (other as f64 / threads as f64).ln().abs();
    measured.map(|one| one.threads).filter(|&other| other <= cores).min_by(|a, b| distance(*a).total_cmp(&distance(*b)))
}

/// Returns the cost of an allocation with its free with this number of threads and blocks ÷ the cost on one thread with
/// an empty heap, by the nearest measured number of threads.
fn factor(calls: &Calls, level: Level, threads: usize, live: u64) -> Option<(Estimate, usize)> {
    let nearest = nearest(calls, level, threads)?;
    let both = |threads: usize| {
        let (tracked, untracked) = (latency(calls, level, threads)?, latency(calls, Level::Untracked, threads)?);
        let of = |operation| Some(added(tracked.mean(operation)?, untracked.mean(operation)?).added);
        let (allocating, freeing) = (of(Operation::Allocating)?, of(Operation::Freeing)?);
        Some(Estimate {
            value: allocating.value + freeing.value,
            low: allocating.low + freeing.low,
            high: allocating.high + freeing.high,
        })
    };
    let present = both(nearest)?;
    // If the heap is not full, only the threads matter.
    let usual = if live < FULL { both(1)? } else { cost(calls, TYPICAL, level).ok()?.added };
    let (low, high) = (present.low / usual.high, present.high / usual.low);
    if live < FULL && nearest == 1 {
        return Some((Estimate { value: 1.0, low: 1.0, high: 1.0 }, 1));
    }
    (usual.low > 0.0 && present.low > 0.0)
        .then_some((Estimate { value: present.value / usual.value, low, high }, nearest))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::report::origin::Origin;
    use crate::study::calls::latency::{Latencies, Means, Observed, QUANTILES, Quantiles};
    use crate::study::calls::{Batches, Measured};

    /// The cores of the machine that measured the calls.
    pub(in crate::study::predict) const CORES: u64 = 4;

    /// Returns calls to each of which a level adds a cost.
    pub(in crate::study::predict) fn calls(costs: &[(&str, f64)], with_threads: bool) -> Calls {
        let mut origin = Origin::here("memscope-bench calls".to_owned());
        origin.machine.cores = CORES;
        let measured = |(call, ns): (&str, f64), level| Measured {
            operation: call.to_owned(),
            about: String::new(),
            level,
            most_repeats: 1,
            failure: None,
            ns: Some(Estimate { value: ns, low: 0.9 * ns, high: 1.1 * ns }),
            samples: Vec::new(),
        };
        let both = |&(call, added): &(&str, f64)| {
            [measured((call, 10.0), Level::Untracked), measured((call, 10.0 + added), Level::Allocator)]
        };
        let operations = costs.iter().flat_map(both).collect();
        let latency = |level, threads: usize, allocating, freeing| {
            let times = Quantiles([1; QUANTILES.len()]);
            let means = Some(Means { allocating, freeing, timing: 20.0 });
            let seen = Observed { allocating: times, freeing: times, timing: times, means, step_ns: None };
            Latency { level, threads, processes: vec![seen; 6], failure: None }
        };
        let on = |threads: usize| {
            let slow = threads as f64;
            [
                latency(Level::Untracked, threads, 50.0, 40.0),
                latency(Level::Allocator, threads, 50.0 + 300.0 * slow, 40.0 + 100.0 * slow),
            ]
        };
        let measurements = [1, 4].into_iter().flat_map(on).collect();
        let latencies = Latencies { schema: 1, origin: origin.clone(), operations: 1_000, held: 10_000, measurements };
        Calls { latencies: with_threads.then_some(latencies), ..Calls::from(Batches::new(origin, operations)) }
    }

    pub(in crate::study::predict) const USUAL: [(&str, f64); 7] = [
        ("allocate-16B", 200.0),
        ("allocate-64B", 200.0),
        ("allocate-1KiB", 400.0),
        ("allocate-1MiB", 400.0),
        ("reallocate-1KiB", 700.0),
        ("zeroed-4KiB", 400.0),
        ("zeroed-64MiB", 67_000_400.0),
    ];

    fn close(one: f64, other: f64) -> bool {
        (one - other).abs() < 1e-6 * other.abs().max(1.0)
    }

    #[test]
    fn a_cost_is_interpolated_between_measured_sizes() {
        let costs = Costs::of(&calls(&USUAL, false), Level::Allocator, 1, 10).expect("costs");
        let both = |size| costs.allocate(size, false).added.value + costs.free(size).added.value;
        for (size, expected) in [(1, 200.0), (40, 200.0), (256, 300.0), (1_024, 400.0), (1 << 30, 400.0)] {
            assert!(close(both(size), expected), "{size}: {}", both(size));
        }
        let zeros = |size| costs.allocate(size, true).added.value + costs.free(size).added.value;
        assert!(close(zeros(64), 200.0) && close(zeros(64 << 20), 67_000_400.0));
        assert!((zeros(32 << 20) / 33_500_000.0 - 1.0).abs() < 0.01, "{}", zeros(32 << 20));
        assert!(close(costs.reallocate(5).added.value, 300.0));
        assert!(!costs.has_share() && costs.factor.is_none());
    }

    #[test]
    fn the_interval_of_a_difference_of_costs_has_the_ends_of_both() {
        let costs = Costs::of(&calls(&USUAL, false), Level::Allocator, 1, 10).expect("costs");
        let Estimate { value, low, high } = costs.reallocate(5).added;
        // 700 from 710 and 10, and 400 from 410 and 10, each within 10 %.
        let [with, without] = [(639.0 - 11.0, 781.0 - 9.0), (369.0 - 11.0, 451.0 - 9.0)];
        assert!(
            close(value, 300.0) && close(low, with.0 - without.1) && close(high, with.1 - without.0),
            "{low} {high}"
        );
        // A wide interval of the allocation alone does not turn the interval around.
        let mut wide = calls(&USUAL, false);
        let operations = &mut wide.batches.as_mut().expect("measured").operations;
        let allocations = operations.iter_mut().filter(|one| one.operation == "allocate-1KiB");
        for estimate in allocations.filter_map(|one| one.ns.as_mut()) {
            (estimate.low, estimate.high) = (0.1 * estimate.value, 3.0 * estimate.value);
        }
        let costs = Costs::of(&wide, Level::Allocator, 1, 10).expect("costs");
        for cost in [costs.reallocate(5), costs.allocate(8_192, true), costs.allocate(8_192, false), costs.free(1_024)]
        {
            let Estimate { value, low, high } = cost.added;
            assert!(low <= value && value <= high, "{:?}", cost.added);
        }
    }

    #[test]
    fn threads_and_a_full_heap_multiply_the_cost() {
        let calls = calls(&USUAL, true);
        let costs = |threads, live| Costs::of(&calls, Level::Allocator, threads, live).expect("costs");
        let factor = |threads, live| costs(threads, live).factor.expect("measured").0.value;
        assert!(close(factor(1, 10), 1.0), "as `allocate-64B` is measured");
        assert!(close(factor(1, 10_000), 2.0), "400 ns in a full heap");
        assert!(close(factor(6, 10), 4.0) && close(factor(6, 10_000), 8.0));
        assert!(close(costs(1, 10).allocate(64, false).added.value, 150.0), "three quarters");
        let cost = costs(4, 10_000).free(64).added;
        assert!(cost.low < cost.value && cost.value < cost.high, "{cost:?}");
    }

    #[test]
    fn threads_that_waited_for_a_core_are_not_used() {
        let factor = |cores: u64| {
            let mut calls = calls(&USUAL, true);
            calls.latencies.as_mut().expect("measured").origin.machine.cores = cores;
            Costs::of(&calls, Level::Allocator, 6, 10_000).expect("costs").factor.map(|(factor, on)| (factor.value, on))
        };
        let near = |found: Option<(f64, usize)>, (value, on): (f64, usize)| {
            let (factor, threads) = found.expect("measured");
            assert!(close(factor, value) && threads == on, "{factor} on {threads}");
        };
        near(factor(4), (8.0, 4));
        near(factor(3), (2.0, 1));
        assert_eq!(factor(0), None);
    }

    #[test]
    fn a_missing_cost_is_named() {
        let refusal = Costs::of(&calls(&USUAL[1..], false), Level::Allocator, 1, 10).expect_err("refused").to_string();
        assert_eq!(refusal, "no cost of allocate-16B under allocator: measure it with `memscope-bench calls`");
        assert!(Costs::of(&calls(&USUAL, false), Level::Counting, 1, 10).is_err());
    }
}
