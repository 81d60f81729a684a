//! The growth of one quantity over the events of a soak.

use crate::report::number;
use crate::stats::growth_class::{GrowthClass, GrowthFit, excludes_growth, flat_fit, growth_fit};
use crate::stats::median::median;
use crate::stats::student::Mean;
use crate::study::instructions::Stretch;
use crate::study::soak::record::{Measured, Pair};
use crate::worker::tasks::soak::Checkpoint;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The number of checkpoints at either end whose median is the early or the late figure.
const AT_AN_END: usize = 3;

/// A quantity that may grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quantity {
    /// CPU time that tracking adds to an event.
    CpuTime,
    /// Instructions that tracking adds to an event.
    Instructions,
    /// The time that one call in a thousand exceeds.
    RareCall,
    /// The time of a query of the tracker's statistics.
    Query,
    /// The bytes that the tracker keeps, by the harness's counters.
    KeptBytes,
    /// The resident memory that tracking adds.
    Resident,
}

impl Quantity {
    /// All quantities, in the order of reports.
    pub const ALL: [Self; 6] =
        [Self::CpuTime, Self::Instructions, Self::RareCall, Self::Query, Self::KeptBytes, Self::Resident];

    /// Returns the name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CpuTime => "CPU time of an event",
            Self::Instructions => "instructions of an event",
            Self::RareCall => "p99.9 of a call",
            Self::Query => "query of the statistics",
            Self::KeptBytes => "bytes kept",
            Self::Resident => "resident memory, added",
        }
    }

    /// Returns the name for other programs.
    pub const fn key(self) -> &'static str {
        match self {
            Self::CpuTime => "event-ns",
            Self::Instructions => "event-instructions",
            Self::RareCall => "call-p99.9-ns",
            Self::Query => "query-ns",
            Self::KeptBytes => "kept-bytes",
            Self::Resident => "resident-bytes",
        }
    }

    /// Returns whether it is an amount of memory.
    pub const fn is_memory(self) -> bool {
        matches!(self, Self::KeptBytes | Self::Resident)
    }

    /// Formats a figure.
    pub(crate) fn format(self, figure: f64) -> String {
        match self {
            Self::Instructions => number::amount(figure),
            quantity if quantity.is_memory() => number::bytes(figure),
            _ => number::time(figure),
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The figures of a quantity over the events, and the class of their growth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Growth {
    /// The quantity.
    pub quantity: Quantity,
    /// The events before each checkpoint, with the figure there.
    pub points: Vec<(u64, f64)>,
    /// The number of events from a checkpoint to the middle of its measurement, which the fit includes.
    pub later: u64,
    /// The figure of the untracked program, or of its own blocks: errors and the growth that matters are relative to
    /// the sum of both.
    pub base: f64,
    /// The figures of each pair at the same checkpoints, if the figures are medians of pairs.
    #[serde(skip)]
    pub(crate) each: Vec<Vec<(u64, f64)>>,
    /// The growth of the sum of figure and base; `None` if there are too few checkpoints.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fit: Option<GrowthFit>,
}

impl Growth {
    /// Returns the growths of all quantities that have figures.
    pub(super) fn all(measured: &Measured) -> Vec<Self> {
        Quantity::ALL.into_iter().filter_map(|quantity| Self::of(quantity, measured)).collect()
    }

    /// Returns the growth of a quantity; `None` if it has no figures.
    pub(crate) fn of(quantity: Quantity, measured: &Measured) -> Option<Self> {
        let live = measured.live as u64;
        let pairs = &measured.pairs;
        let (each, points, base) = match quantity {
            Quantity::CpuTime => differences(pairs, |checkpoint| checkpoint.event_ns),
            Quantity::Resident => differences(pairs, |checkpoint| Some(checkpoint.resident_bytes? as f64)),
            Quantity::RareCall => tracked(pairs, |checkpoint| Some(checkpoint.calls?.p999_ns as f64)),
            Quantity::Query => tracked(pairs, |checkpoint| Some(checkpoint.query?.ns as f64)),
            Quantity::KeptBytes => kept(measured),
            Quantity::Instructions => instructions(measured),
        };
        // A stretch lasts for two events of each block, followed by single calls, and then the query.
        let later = match quantity {
            Quantity::CpuTime | Quantity::Instructions => live,
            Quantity::RareCall => 3 * live,
            Quantity::Query => 4 * live,
            Quantity::KeptBytes | Quantity::Resident => 0,
        };
        (!points.is_empty()).then(|| Self { quantity, points, later, base, each, fit: None }.fitted())
    }

    /// Returns the growth with its fit. A growth that the pairs do not repeat counts as none: the machine may have changed
    /// its speed.
    fn fitted(self) -> Self {
        let whole = self.whole();
        let fit = growth_fit(&whole).filter(|fit| fit.class == GrowthClass::Flat || self.is_repeated());
        Self { fit: fit.or_else(|| flat_fit(&whole)), ..self }
    }

    /// Returns whether the 95 % interval of the mean growth of the pairs excludes none; true for one pair, which has no
    /// interval.
    fn is_repeated(&self) -> bool {
        let growths: Vec<f64> = self.each.iter().filter_map(|points| self.log_growth(points)).collect();
        growths.len() < 2 || Mean::of(&growths).interval().0 > 0.0
    }

    /// Returns whether the figures are those of one pair.
    pub(crate) fn is_of_one_pair(&self) -> bool {
        self.each.len() == 1
    }

    /// Returns the logarithm of a pair's late ÷ early sum of figure and base.
    fn log_growth(&self, points: &[(u64, f64)]) -> Option<f64> {
        let log = |figure: f64| Some((figure + self.base).ln()).filter(|log| log.is_finite());
        Some(log(late(points)?)? - log(early(points)?)?)
    }

    /// Returns the sums of figure and base, each with the events before the middle of its measurement.
    fn whole(&self) -> Vec<(f64, f64)> {
        let whole = |&(events, figure): &(u64, f64)| ((events + self.later) as f64, figure + self.base);
        self.points.iter().map(whole).collect()
    }

    /// Returns the growth up to a number of events.
    pub(crate) fn up_to(&self, events: u64) -> Self {
        let within = |points: &Vec<(u64, f64)>| points.iter().copied().filter(|point| point.0 <= events).collect();
        Self { points: within(&self.points), each: self.each.iter().map(within).collect(), ..*self }.fitted()
    }

    /// Returns the class; `None` if there are too few checkpoints.
    pub fn class(&self) -> Option<GrowthClass> {
        Some(self.fit?.class)
    }

    /// Returns whether no growth was found, and growth that matters is not excluded either.
    pub(crate) fn is_undecided(&self) -> bool {
        self.class() == Some(GrowthClass::Flat) && !excludes_growth(&self.whole())
    }

    /// Returns the early figure: the median over the first checkpoints.
    pub fn early(&self) -> Option<f64> {
        early(&self.points)
    }

    /// Returns the late figure: the median over the last checkpoints.
    pub fn late(&self) -> Option<f64> {
        late(&self.points)
    }

    /// Returns the late figure ÷ the early one; `None` if the early one is not positive.
    pub fn ratio(&self) -> Option<f64> {
        Some(self.late()? / self.early().filter(|&early| early > 0.0)?)
    }

    /// Returns the events before the last checkpoint.
    pub fn reached(&self) -> u64 {
        self.points.last().map_or(0, |point| point.0)
    }

    /// Returns the number of events at which the figure reaches a value, if it grows.
    pub(super) fn reaches(&self, figure: f64) -> Option<f64> {
        self.fit?.reaches(figure + self.base)
    }
}

/// Returns the early figure of points: the median of the first ones.
fn early(points: &[(u64, f64)]) -> Option<f64> {
    median(points.iter().take(AT_AN_END).map(|point| point.1))
}

/// Returns the late figure of points: the median of the last ones.
fn late(points: &[(u64, f64)]) -> Option<f64> {
    median(points.iter().rev().take(AT_AN_END).map(|point| point.1))
}

type Figure = fn(&Checkpoint) -> Option<f64>;

/// The figures of each pair, the figure at each checkpoint, and the base.
type Figures = (Vec<Vec<(u64, f64)>>, Vec<(u64, f64)>, f64);

/// Returns tracked − untracked, and the median of the untracked figures.
fn differences(pairs: &[Pair], figure: Figure) -> Figures {
    let base = median(pairs.iter().flat_map(|pair| &pair.untracked.trace.checkpoints).filter_map(figure));
    let difference = |pair: &Pair, at: &Checkpoint| Some(figure(at)? - figure(pair.untracked.at(at.events)?)?);
    of_pairs(pairs, base.unwrap_or(0.0), difference)
}

/// Returns the tracked figures.
fn tracked(pairs: &[Pair], figure: Figure) -> Figures {
    of_pairs(pairs, 0.0, |_, checkpoint| figure(checkpoint))
}

/// Returns a figure of the tracked processes, with its median at each checkpoint that most pairs reached.
fn of_pairs(pairs: &[Pair], base: f64, figure: impl Fn(&Pair, &Checkpoint) -> Option<f64>) -> Figures {
    let of = |pair: &Pair| {
        let checkpoints = pair.tracked.trace.checkpoints.iter();
        checkpoints.filter_map(|at| Some((at.events, figure(pair, at)?))).collect()
    };
    let mut each: Vec<Vec<(u64, f64)>> = pairs.iter().map(of).collect();
    let longest = each.iter().max_by_key(|points| points.len());
    let at = |events: u64| {
        let figures: Vec<f64> = each.iter().flatten().filter(|point| point.0 == events).map(|point| point.1).collect();
        (2 * figures.len() > pairs.len()).then_some((events, median(figures)?))
    };
    let points: Vec<(u64, f64)> = longest.into_iter().flatten().filter_map(|&(events, _)| at(events)).collect();
    let reached = points.last().map_or(0, |point| point.0);
    each.iter_mut().for_each(|points| points.retain(|point| point.0 <= reached));
    each.retain(|points| !points.is_empty());
    (each, points, base)
}

/// Returns the bytes that the tracker keeps, and the bytes of the program's blocks.
fn kept(measured: &Measured) -> Figures {
    let checkpoints = || measured.counted.iter().flat_map(|process| &process.trace.checkpoints);
    let points = checkpoints().filter_map(|checkpoint| Some((checkpoint.events, checkpoint.kept_bytes? as f64)));
    (Vec::new(), points.collect(), median(checkpoints().map(|checkpoint| checkpoint.live_bytes as f64)).unwrap_or(0.0))
}

/// Returns the instructions that tracking adds to an event, and the instructions of an untracked event.
fn instructions(measured: &Measured) -> Figures {
    let live = measured.live as u64;
    let of_event = |stretch: &Stretch| stretch.instructions as f64 / (2 * live) as f64;
    let of = &measured.instructions;
    let Some(base) = median(of.untracked.iter().map(of_event)) else { return (Vec::new(), Vec::new(), 0.0) };
    let points = of.tracked.iter().filter_map(|stretch| {
        let untracked = of.untracked.iter().find(|other| other.events == stretch.events)?;
        Some((stretch.events, of_event(stretch) - of_event(untracked)))
    });
    (Vec::new(), points.collect(), base)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::soak::record::{Instructions, Process};
    use crate::tracking::{Growing, Level};
    use crate::worker::tasks::soak::{Calls, Meter, Query, Request, Trace};
    use rand::{RngExt, SeedableRng};
    use rand_pcg::Pcg64Mcg;

    /// Returns the checkpoints of a soak of ten million events, with 1,000 live blocks.
    fn checkpoints(of: impl Fn(u64) -> Checkpoint) -> Process {
        let (level, meter) = (Level::Allocator, Meter::Time);
        let request = Request {
            level,
            meter,
            events: 10_000_000,
            live: 1_000,
            seed: 1,
            limit_ms: 1,
            memory_bytes: 1,
            trace: String::new(),
        };
        let checkpoints = request.checkpoints().into_iter().map(of).collect();
        Process { trace: Trace { checkpoints, end: None }, failure: None }
    }

    fn checkpoint(events: u64, event_ns: f64) -> Checkpoint {
        Checkpoint {
            events,
            live_bytes: 2_300_000,
            event_ns: Some(event_ns),
            calls: Some(Calls { calls: 2_000, p50_ns: 100, p999_ns: 900, max_ns: 5_000 }),
            resident_bytes: Some(8_000_000),
            kept_bytes: Some(300_000),
            query: Some(Query { ns: 250, recorded: Default::default() }),
        }
    }

    /// Returns pairs in which tracking adds this much to an event.
    fn measured(added: impl Fn(u64) -> f64) -> Measured {
        let pair = |pair: u32| {
            // The machine is slower in some pairs, and equally for both processes of a pair.
            let slow = 1.0 + f64::from(pair) / 10.0;
            Pair {
                untracked_first: pair.is_multiple_of(2),
                untracked: checkpoints(|events| checkpoint(events, 20.0 * slow)),
                tracked: checkpoints(|events| checkpoint(events, 20.0 * slow + added(events + 1_000))),
            }
        };
        let counted = Some(checkpoints(|events| checkpoint(events, 1.0)));
        let pairs = (0..3).map(pair).collect();
        Measured { level: Level::Allocator, live: 1_000, pairs, counted, instructions: Instructions::default() }
    }

    fn of(quantity: Quantity, measured: &Measured) -> Growth {
        Growth::of(quantity, measured).expect("it has figures")
    }

    /// The planted trackers' own counts of work, an allocation for each two events, at a nanosecond for each unit.
    #[test]
    fn planted_growth_is_recognised() {
        for (wanted, growing) in [
            (GrowthClass::Logarithmic, Growing::Logarithmic(100)),
            (GrowthClass::Linear, Growing::Linear(10)),
            (GrowthClass::Quadratic, Growing::Quadratic(1)),
            (GrowthClass::Flat, Growing::Keeping(64)),
        ] {
            let measured = measured(|events| 150.0 + growing.units(events / 2) as f64 / 2.0);
            let growth = of(Quantity::CpuTime, &measured);
            assert_eq!(growth.class(), Some(wanted), "{growing:?}: {growth:?}");
            assert!(growth.early() >= Some(150.0) && growth.ratio() >= Some(1.0), "{growth:?}");
        }
    }

    #[test]
    fn bytes_kept_for_each_event_grow_linearly() {
        let mut measured = measured(|_| 150.0);
        assert_eq!(of(Quantity::KeptBytes, &measured).class(), Some(GrowthClass::Flat));
        let counted = measured.counted.as_mut().expect("it was counted");
        counted.trace.checkpoints.iter_mut().for_each(|at| at.kept_bytes = Some(300_000 + 32 * at.events));
        let growth = of(Quantity::KeptBytes, &measured);
        assert_eq!((growth.class(), growth.base), (Some(GrowthClass::Linear), 2_300_000.0));
        let gibibyte = growth.reaches((1_u64 << 30) as f64).expect("it grows");
        assert!((gibibyte / ((1 << 30) as f64 / 32.0) - 1.0).abs() < 0.01, "{gibibyte}");
    }

    #[test]
    fn each_quantity_has_its_figures() {
        let mut measured = measured(|_| 150.0);
        let stretches = |instructions: u64| [10_000, 14_678].map(|events| Stretch { events, instructions }).to_vec();
        measured.instructions =
            Instructions { untracked: stretches(100_000), tracked: stretches(700_000), unknown: None };
        let early = |quantity| of(quantity, &measured).early();
        assert_eq!(early(Quantity::CpuTime).map(f64::round), Some(150.0), "the slow machine affects both");
        assert_eq!(early(Quantity::Instructions), Some(300.0));
        assert_eq!((early(Quantity::RareCall), early(Quantity::Query)), (Some(900.0), Some(250.0)));
        assert_eq!((early(Quantity::KeptBytes), early(Quantity::Resident)), (Some(300_000.0), Some(0.0)));
        assert_eq!(of(Quantity::Instructions, &measured).class(), None, "two checkpoints are too few");
        assert_eq!(of(Quantity::Resident, &measured).ratio(), None, "nothing is added");
    }

    #[test]
    fn growth_that_the_pairs_do_not_repeat_is_none() {
        // The machine slows down during the second pair.
        let slowed = |by: [f64; 3]| {
            let mut measured = measured(|_| 150.0);
            for (pair, by) in measured.pairs.iter_mut().zip(by) {
                for at in &mut pair.tracked.trace.checkpoints {
                    let part = (at.events as f64 / 1e4).log10() / 3.0;
                    at.event_ns = at.event_ns.map(|ns| ns * (1.0 + by * part));
                }
            }
            of(Quantity::CpuTime, &measured)
        };
        let growths = [[0.15, 1.1, 0.3], [0.4, 0.4, 0.5]].map(slowed);
        assert_eq!(
            growths.clone().map(|growth| growth.class()),
            [GrowthClass::Flat, GrowthClass::Logarithmic].map(Some)
        );
        assert!(growths[0].is_undecided(), "growth is not excluded either");
        let alone = Growth { each: vec![growths[0].each[1].clone()], ..growths[0].clone() }.fitted();
        assert_eq!(alone.class(), Some(GrowthClass::Logarithmic), "one pair repeats nothing");
        let kept = growths[1].up_to(1_000_000);
        assert_eq!((kept.reached(), kept.each[0].last().map(|point| point.0)), (1_000_000, Some(1_000_000)));
    }

    /// Without the test of pairs, a machine that changes its speed makes growth in more than a tenth of the soaks of a
    /// cost that is flat. With it, 2.5 % of three pairs have an interval above no growth.
    #[test]
    fn a_machine_that_changes_its_speed_rarely_makes_growth() {
        const SOAKS: u64 = 300;
        let mut grown = [0, 0];
        for seed in 0..SOAKS {
            let mut rng = Pcg64Mcg::seed_from_u64(seed);
            let mut measured = measured(|_| 150.0);
            for pair in &mut measured.pairs {
                // Each process becomes faster or slower by up to a half, at a checkpoint of its own.
                let (change, by) = (rng.random_range(0..19), rng.random_range(-0.4..0.4_f64).exp());
                for (place, at) in pair.tracked.trace.checkpoints.iter_mut().enumerate() {
                    let factor = if place < change { 1.0 } else { by } * rng.random_range(0.95..1.05);
                    at.event_ns = at.event_ns.map(|ns| ns * factor);
                }
            }
            let growth = of(Quantity::CpuTime, &measured);
            let untested = Growth { each: Vec::new(), ..growth.clone() }.fitted();
            for (grown, growth) in grown.iter_mut().zip([growth, untested]) {
                *grown += u64::from(growth.class() != Some(GrowthClass::Flat));
            }
        }
        assert!(grown[0] <= SOAKS / 20 && grown[1] > SOAKS / 10, "{grown:?} of {SOAKS}");
    }

    #[test]
    fn a_checkpoint_counts_if_most_pairs_reached_it() {
        let mut measured = measured(|_| 150.0);
        measured.pairs[0].tracked.trace.checkpoints.truncate(10);
        assert_eq!(of(Quantity::CpuTime, &measured).points.len(), 19);
        measured.pairs[1].tracked.trace.checkpoints.truncate(12);
        let growth = of(Quantity::CpuTime, &measured);
        assert_eq!((growth.points.len(), growth.reached()), (12, growth.points[11].0));
        measured.pairs[2].tracked.trace.checkpoints.clear();
        let growth = of(Quantity::CpuTime, &measured);
        assert_eq!((growth.each.len(), growth.points.len()), (2, 10), "a pair without checkpoints repeats nothing");
        measured.pairs.clear();
        assert!(Growth::of(Quantity::CpuTime, &measured).is_none());
    }
}
