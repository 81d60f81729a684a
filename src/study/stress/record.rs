//! The record of a stress run, from which its figures and its chart are drawn.

use super::{chart, summary};
use crate::platform::files::Versioned;
use crate::report::document::Document;
use crate::report::metric::Metric;
use crate::report::origin::Origin;
use crate::study::Study;
use crate::tracking::memscope::TypeUse;
use crate::tracking::{Recorded, counting};
use crate::worker::probe::{Truth, is_zero};
use crate::workloads::Workload;
use serde::{Deserialize, Serialize};

/// The version of the record's format. A change that an older reader would misread raises it.
pub const SCHEMA: u32 = 1;

/// A stress run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The version of this format: [`SCHEMA`].
    pub schema: u32,
    /// The origin.
    #[serde(flatten)]
    pub origin: Origin,
    /// The factor of its scale.
    pub scale: f64,
    /// The seed of its data.
    pub seed: u64,
    /// The time in microseconds of each sleep that replaces a real wait.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub wait_us: u64,
    /// The threads of each pool.
    pub threads: usize,
    /// The duration of the phases, in nanoseconds, without the time of heap snapshots.
    pub duration_ns: u64,
    /// The duration of heap snapshots, in nanoseconds.
    pub looking_ns: u64,
    /// The counts of the harness, including those of memscope's variable tracking, which the hook records too.
    pub truth: Truth,
    /// memscope's own counts.
    pub recorded: Recorded,
    /// The part of the truth that memscope's variable tracking allocated for itself.
    pub of_tracker: Amount,
    /// Allocations that the workloads leaked on purpose.
    pub leaked_allocations: u64,
    /// Bytes that the workloads leaked on purpose.
    pub leaked_bytes: u64,
    /// Values that the workloads named.
    pub variables: u64,
    /// The phases, in order.
    pub phases: Vec<Phase>,
    /// The named values by their Rust types, as the harness knows them, the largest first.
    pub types: Vec<TypeUse>,
    /// The named values by type, as memscope knows them.
    pub types_recorded: Vec<TypeUse>,
    /// The heap snapshots, in order.
    pub heaps: Vec<HeapSnapshot>,
}

impl Versioned for Record {
    const KIND: &str = "stress";
    const WHAT: &str = "a record of a stress run";
    const SCHEMA: u32 = SCHEMA;
}

impl Study for Record {
    fn summary(&self) -> Document {
        summary::summary(self)
    }

    fn chart(&self) -> Option<String> {
        Some(chart::draw(self))
    }

    fn metrics(&self) -> Vec<Metric> {
        let figures = summary::figures(self);
        let ratios = figures.iter().filter_map(|figure| Some((figure, figure.ratio()?)));
        ratios.map(|(figure, ratio)| Metric::plain(figure.name, "recorded-per-counted", ratio)).collect()
    }

    fn origins(&self) -> Vec<(&'static str, &Origin)> {
        vec![("", &self.origin)]
    }
}

impl Record {
    /// Returns the average size of an allocation, in bytes, by the counters.
    pub fn average_size(&self) -> Option<f64> {
        average(Some(self.truth.allocated_bytes), Some(self.truth.allocations))
    }

    /// Returns the average size of an allocation, in bytes, by memscope's record.
    pub fn average_size_recorded(&self) -> Option<f64> {
        average(self.recorded.allocated_bytes, self.recorded.allocations)
    }

    /// Returns the efficiency by the counters: the share of all allocations that were freed. It corresponds to the
    /// published suite's 97.6 %: (10,343,110 − 245,239) ÷ 10,343,110.
    pub fn efficiency(&self) -> Option<f64> {
        average(Some(self.truth.deallocations), Some(self.truth.allocations))
    }

    /// Returns the efficiency by memscope's record: the share of its allocations that it does not report as live.
    pub fn efficiency_recorded(&self) -> Option<f64> {
        let freed = self.recorded.allocations?.checked_sub(self.recorded.active_allocations?);
        average(freed, self.recorded.allocations)
    }

    /// Returns the number of allocations that were alive at the end, by the counters.
    pub fn active_allocations(&self) -> u64 {
        self.truth.allocations.saturating_sub(self.truth.deallocations)
    }
}

fn average(sum: Option<u64>, count: Option<u64>) -> Option<f64> {
    count.filter(|&count| count > 0).zip(sum).map(|(count, sum)| sum as f64 / count as f64)
}

/// A number of allocations, and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// The number of allocations.
    pub allocations: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// One workload's run within the stress run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// The workload.
    pub workload: Workload,
    /// The time of its beginning, in nanoseconds from the run's start.
    pub began_ns: u64,
    /// The time of its end, in nanoseconds from the run's start.
    pub ended_ns: u64,
    /// The counts of the phase. The peak is the highest up to the phase's end.
    pub truth: Truth,
    /// The number of values that it named.
    pub variables: u64,
    /// Its time in equal slices.
    pub slices: Vec<Slice>,
}

/// A slice of a phase's time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice {
    /// Allocations made in it, by size class (`counting::CLASS_LIMITS`).
    pub by_class: [u64; counting::CLASSES],
    /// The peak live bytes in it.
    pub live_bytes: u64,
    /// The peak number of live allocations in it.
    pub live_allocations: u64,
    /// The peak resident memory in it, in bytes; `None` if the system does not report it.
    pub resident_bytes: Option<u64>,
}

/// The heap at a checkpoint: the blocks that memscope reports as live, laid out in their pages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeapSnapshot {
    /// The phase.
    pub workload: Workload,
    /// The name of the checkpoint.
    pub name: String,
    /// The number of live blocks.
    pub blocks: u64,
    /// The number of blocks that memscope reports as live outside the process's memory. No other figure includes them.
    #[serde(default)]
    pub unmapped: u64,
    /// The bytes of the live blocks; overlaps count once.
    pub bytes: u64,
    /// The bytes of a page.
    pub page_bytes: u64,
    /// The number of pages with at least one live block.
    pub pages: u64,
    /// The largest gaps between neighbouring blocks of one mapping, in bytes, the largest first.
    pub largest_gaps: Vec<u64>,
    /// The utilisation of the pages, from the lowest address to the highest, in equal parts of the pages between the
    /// first and the last block of each mapping: 0 is empty, 1 is full.
    pub strip: Vec<f32>,
}

impl HeapSnapshot {
    /// Returns the part of the pages' bytes that live blocks fill, over pages with any; `None` if there are none.
    pub fn utilisation(&self) -> Option<f64> {
        average(Some(self.bytes), Some(self.pages * self.page_bytes))
    }
}
