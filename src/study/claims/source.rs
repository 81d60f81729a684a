//! The source of a setting's figures: a study, and the quantity that it measures.

use super::evidence::Quantified;
use super::{Evidence, Seen};
use crate::schedule::measurement::{Clock, Measurement, Pair};
use crate::stats::estimate::Estimate;
use crate::stats::passes::freedom_below;
use crate::study::footprint::Footprint;
use crate::tracking::Level;
use serde::Deserialize;

/// A study with the quantity that a setting needs.
#[derive(Debug, Deserialize)]
#[serde(tag = "study", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Source {
    /// Overheads of the linked version: overhead.json.
    Measure {
        /// The level.
        level: Level,
        /// The quantity.
        quantity: PairQuantity,
    },
    /// Overheads of a build: compare.json.
    Compare {
        /// The build's name.
        build: String,
        /// The level.
        level: Level,
        /// The quantity.
        quantity: PairQuantity,
    },
    /// Memory and fidelity as workloads grow: footprint.json.
    Footprint {
        /// The build's name.
        build: String,
        /// The level.
        level: Level,
        /// The quantity.
        quantity: FootprintQuantity,
    },
    /// The median time of an allocation on one thread: calls.json.
    Latency {
        /// The level.
        level: Level,
    },
    /// The times of operations of the linked version, under any level except `untracked`: calls.json.
    Operations {
        /// The operations' names.
        names: Vec<String>,
        /// The number of repetitions that a figure covers.
        #[serde(default = "once")]
        times: f64,
    },
    /// The part of facts that a build reports correctly: accuracy.json.
    Accuracy {
        /// The build's name.
        build: String,
        /// The promises' names.
        promises: Vec<String>,
    },
    /// No study.
    None {
        /// The reason.
        reason: String,
    },
}

const fn once() -> f64 {
    1.0
}

/// A quantity of a measurement of pairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PairQuantity {
    /// Tracked ÷ untracked, of wall time.
    WallTime,
    /// Tracked ÷ untracked, of peak resident memory.
    PeakMemory,
    /// CPU time that is added to an allocation with its free, in nanoseconds.
    PerAllocation,
    /// Events recorded ÷ events that happened.
    Fidelity,
}

/// A quantity of a footprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FootprintQuantity {
    /// Bytes for each live allocation.
    PerLiveAllocation,
    /// Bytes kept for each event.
    PerEvent,
    /// The tracker's peak bytes at the largest scale, for each thread.
    PerThread,
    /// Events recorded ÷ events that happened, on a hundred threads or more.
    #[serde(rename = "fidelity-on-100-threads")]
    FidelityOnManyThreads,
}

impl Source {
    /// Returns the figures in the files.
    pub fn figures<'e>(&self, evidence: &'e Evidence) -> Seen<'e> {
        match self {
            Self::Measure { level, quantity } => evidence.of_linked(*level, |of| quantity.of(of)),
            Self::Compare { build, level, quantity } => evidence.of_build(build, *level, |of| quantity.of(of)),
            Self::Footprint { build, level, quantity } => evidence.footprints(build, *level, |of| quantity.of(of)),
            Self::Latency { level } => evidence.median_allocation(*level),
            Self::Operations { names, times } => evidence.operations(names, *times),
            Self::Accuracy { build, promises } => evidence.truth(build, promises),
            Self::None { reason } => {
                let (lack, not_included) = (Some(reason.clone()), None);
                Seen { file: "", origin: None, figures: Vec::new(), lack, not_included }
            }
        }
    }
}

impl PairQuantity {
    fn of(self, measurement: &Measurement) -> Option<Quantified> {
        let figure = match self {
            Self::WallTime => measurement.overhead()?.wall,
            Self::PeakMemory => measurement.overhead()?.peak_memory?,
            Self::PerAllocation => measurement.ns_per_allocation()?,
            Self::Fidelity => exact(measurement.fidelity?),
        };
        let values: Vec<f64> = measurement.pairs.iter().map(|pair| self.of_pair(pair)).collect();
        Some((figure, freedom_below(&values, &measurement.passes)))
    }

    /// Returns the value of a pair whose spread over passes the figure's interval includes; NaN if it has none. Factors
    /// do not matter to the degrees of freedom, so the time is not divided by allocations.
    fn of_pair(self, pair: &Pair) -> f64 {
        let added = |clock| pair.tracked.ns(clock) - pair.untracked.ns(clock);
        match self {
            Self::WallTime => pair.ratio(Clock::Wall).ln(),
            Self::PeakMemory => match (pair.tracked.peak_rss_bytes, pair.untracked.peak_rss_bytes) {
                (Some(tracked), Some(untracked)) => (tracked as f64 / untracked as f64).ln(),
                _ => f64::NAN,
            },
            Self::PerAllocation if pair.is_timed_by(Clock::Cpu) => added(Clock::Cpu),
            Self::PerAllocation | Self::Fidelity => f64::NAN,
        }
    }
}

impl FootprintQuantity {
    fn of(self, measurement: &Footprint) -> Option<Estimate> {
        /// The number of threads that a document calls "many".
        const MANY_THREADS: usize = 100;
        match self {
            Self::PerLiveAllocation => measurement.bytes_per_live_allocation(),
            Self::PerEvent => measurement.bytes_per_event(),
            Self::PerThread => {
                let peak = measurement.points.last()?.peak_bytes;
                Some(exact(peak as f64 / measurement.threads as f64))
            }
            Self::FidelityOnManyThreads => {
                measurement.fidelity().filter(|_| measurement.threads >= MANY_THREADS).map(exact)
            }
        }
    }
}

/// Returns a figure without an interval.
pub(super) const fn exact(value: f64) -> Estimate {
    Estimate { value, low: value, high: value }
}
