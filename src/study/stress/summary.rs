//! The report of a stress run: its beginning, each phase as it ends, and the figures at the end.

use crate::report::document::{Document, Table, left, right};
use crate::report::number::{bytes, counted, fidelity, grouped, time};
use crate::study::stress::{HeapSnapshot, Phase, Record};
use crate::workloads::{Scale, Workload};

/// Returns the first lines of a run.
pub fn opening(workloads: &[Workload], scale: Scale, threads: usize) -> String {
    format!(
        "Starting the memscope-rs stress run: {} under full tracking, scale {}, seed {}, {}\n{}",
        counted(workloads.len(), "phase"),
        scale.factor(),
        scale.seed(),
        counted(threads, "thread"),
        "=".repeat(100)
    )
}

/// Returns the report of a phase.
pub fn phase(number: usize, phase: &Phase, heaps: &[HeapSnapshot]) -> String {
    let Phase { workload, began_ns, ended_ns, truth, variables, .. } = phase;
    let mut lines = vec![
        format!("Phase {number}: {} ({workload})", workload.title()),
        format!(
            "  {} allocations of {} in {}, {} variables named",
            grouped(truth.allocations),
            bytes(truth.allocated_bytes as f64),
            time((ended_ns - began_ns) as f64),
            grouped(*variables)
        ),
    ];
    if heaps.is_empty() {
        lines.push("    live blocks: unknown, this version of memscope does not list them".to_owned());
    }
    lines.extend(heaps.iter().map(|heap| {
        let pages = heap
            .utilisation()
            .map_or("no pages".to_owned(), |full| format!("{} pages {:.0} % full", grouped(heap.pages), full * 100.0));
        let unmapped = match heap.unmapped {
            0 => String::new(),
            blocks => format!("; {} more at unmapped addresses", grouped(blocks)),
        };
        let (blocks, bytes) = (grouped(heap.blocks), bytes(heap.bytes as f64));
        format!("    {}: {blocks} live blocks of {bytes}, {pages}{unmapped}", heap.name)
    }));
    lines.join("\n")
}

/// Returns the report: each figure as memscope recorded it, next to the counted one.
pub fn summary(record: &Record) -> Document {
    let columns = ["memscope recorded", "counted", "recorded ÷ counted"].map(right);
    let mut table = Table::new([left("figure")].into_iter().chain(columns));
    figures(record).iter().for_each(|figure| table.row(figure.row()));
    let mut document = Document::default();
    let phases = match record.phases.len() {
        1 => "The phase".to_owned(),
        all => format!("All {all} phases"),
    };
    document.heading(format!(
        "{phases} completed in {} (plus {} in which the harness inspected the heap).",
        time(record.duration_ns as f64),
        time(record.looking_ns as f64),
    ));
    document.table(table);
    let mut notes = vec![
        format!(
            "Counts cover all calls that reach the allocator; {} of them ({}) are memscope's own, made while it \
             recorded variables.",
            grouped(record.of_tracker.allocations),
            bytes(record.of_tracker.bytes as f64),
        ),
        format!(
            "Deliberately leaked: {} leaks of {}.",
            grouped(record.leaked_allocations),
            bytes(record.leaked_bytes as f64),
        ),
        "Efficiency: the share of allocations that were freed.".to_owned(),
    ];
    if record.origin.toolchain.is_unoptimised() {
        notes.push("This is a debug build: its times are not those of a release build.".to_owned());
    }
    document.notes(notes);
    document
}

/// A figure of the run: the value that memscope recorded, and the counted one.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    /// The name.
    pub name: &'static str,
    /// memscope's value; `None` if memscope does not know it.
    pub recorded: Option<f64>,
    /// The value counted by the harness.
    pub counted: Option<f64>,
    /// Formats a value.
    pub shown: fn(f64) -> String,
}

impl Figure {
    /// Returns memscope's figure ÷ the counted one.
    pub fn ratio(&self) -> Option<f64> {
        match (self.recorded?, self.counted?) {
            (recorded, counted) if recorded == counted => Some(1.0),
            (recorded, counted) => Some(recorded / counted),
        }
    }

    /// Formats memscope's value or the counted one.
    pub fn text(&self, value: Option<f64>) -> String {
        value.map_or("unknown".to_owned(), self.shown)
    }

    fn row(&self) -> [String; 4] {
        [self.name.to_owned(), self.text(self.recorded), self.text(self.counted), fidelity(self.ratio())]
    }
}

/// Returns the six figures of the dashboard.
pub fn figures(record: &Record) -> [Figure; 6] {
    let count: fn(f64) -> String = |value| grouped(value as u64);
    let size: fn(f64) -> String = |value| bytes(value);
    let part: fn(f64) -> String = |value| format!("{:.1} %", value * 100.0);
    let float = |value: Option<u64>| value.map(|value| value as f64);
    let (recorded, truth) = (&record.recorded, &record.truth);
    let figure = |name, recorded, counted, shown| Figure { name, recorded, counted, shown };
    [
        figure("Total tracked", float(recorded.allocations), Some(truth.allocations as f64), count),
        figure(
            "Active allocations",
            float(recorded.active_allocations),
            Some(record.active_allocations() as f64),
            count,
        ),
        figure("Peak memory", float(recorded.peak_bytes), Some(truth.peak_live_bytes as f64), size),
        figure("Active memory", float(recorded.active_bytes), Some(truth.live_bytes as f64), size),
        figure("Average size", record.average_size_recorded(), record.average_size(), size),
        figure("Efficiency", record.efficiency_recorded(), record.efficiency(), part),
    ]
}
