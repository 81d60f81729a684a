//! Fragmentation: for each checkpoint the memory of the pages with live blocks and its used part, and for the phase
//! that fragments the heap the places of those pages.
//!
//! The blocks are those that memscope reports as live, including its variables' own data. They exclude its allocations
//! within the hook: a gap may contain those, or nothing.

use crate::report::chart::canvas::{centred, ending, legend, line, panel, rectangle, telling, text};
use crate::report::number::{bytes, grouped};
use crate::study::stress::chart::{HEAT_STEPS, Panel, panel_width, phases};
use crate::study::stress::{HeapSnapshot, Record};
use crate::workloads::Workload;
use svg::node::element::{Group, Path};

/// The top and the bottom of the bars.
const TOP: f64 = 84.0;
const BOTTOM: f64 = 214.0;
/// The heading of the strips, and the height of each.
const STRIPS: f64 = 272.0;
const ROW: f64 = 20.0;
const STRIP: f64 = 250.0;
const STRIP_WIDTH: f64 = 640.0;
/// The strips' columns of figures, by their right edges.
const COLUMNS: [(f64, &str); 3] = [(950.0, "used"), (1_040.0, "live blocks"), (1_136.0, "largest gap")];
/// The strips that are shown: the last checkpoints of the phase.
const SHOWN: usize = 3;
/// The minimum width of a bar with a label above it.
const LABELLED: f64 = 22.0;

pub(super) fn draw(record: &Record) -> Panel {
    let strips = strips(&record.heaps);
    let bottom = STRIPS + if strips.is_empty() { -30.0 } else { 12.0 + ROW * strips.len() as f64 };
    let unmapped = record.heaps.iter().map(|heap| heap.unmapped).max().unwrap_or_default();
    let height = bottom + if unmapped > 0 { 38.0 } else { 20.0 };
    let about = "the memory of all pages that hold live blocks, and the part of it that the blocks use, at checkpoints";
    let mut drawing = panel(panel_width(), height, "Memory Fragmentation Analysis", about);
    if record.heaps.is_empty() {
        let words = "This version of memscope does not list live blocks.";
        return Panel { drawing: drawing.add(text(20.0, TOP, "faint", words)), height };
    }
    drawing = drawing.add(answer(&record.heaps)).add(phases::bands(record, TOP, BOTTOM)).add(bars(record));
    if !strips.is_empty() {
        drawing = drawing.add(places(&strips));
    }
    if unmapped > 0 {
        let words = format!(
            "Not shown: blocks that memscope reports as live where the process has no memory, at most {} of them.",
            grouped(unmapped)
        );
        drawing = drawing.add(text(20.0, bottom + 16.0, "small faint", words));
    }
    Panel { drawing, height }
}

/// Reports the maximum and the minimum utilisation of all checkpoints.
fn answer(heaps: &[HeapSnapshot]) -> Group {
    let mut by_use: Vec<&HeapSnapshot> = heaps.iter().filter(|heap| heap.utilisation().is_some()).collect();
    by_use.sort_by(|a, b| a.utilisation().partial_cmp(&b.utilisation()).expect("utilisations are numbers"));
    let named = |heap: &HeapSnapshot| format!("{} ({}, {})", percent(heap), heap.workload, heap.name);
    let words = match (by_use.first(), by_use.last()) {
        (Some(least), Some(most)) => format!("Used: from {} to {}.", named(least), named(most)),
        _ => "No checkpoint has a live block.".to_owned(),
    };
    let key = [("used", "one"), ("unused, in the same pages", "none")].map(|(words, class)| (words.to_owned(), class));
    Group::new().add(text(20.0, 55.0, "small strong", words)).add(legend(key, 880.0, 51.0))
}

fn percent(heap: &HeapSnapshot) -> String {
    heap.utilisation().map_or("—".to_owned(), |used| format!("{:.0} %", used * 100.0))
}

fn page_memory(heap: &HeapSnapshot) -> f64 {
    (heap.pages * heap.page_bytes) as f64
}

/// Draws a bar for each checkpoint, within the band of its phase.
fn bars(record: &Record) -> Group {
    let greatest = record.heaps.iter().map(page_memory).fold(1.0, f64::max);
    let scaled = |bytes: f64| bytes / greatest * (BOTTOM - TOP - 18.0);
    let mut bars = Group::new().add(line(phases::LEFT, BOTTOM, phases::RIGHT, BOTTOM, "rule"));
    for part in [0.0, 0.5, 1.0] {
        let y = BOTTOM - scaled(part * greatest) + 4.0;
        bars = bars.add(ending(phases::LEFT - 10.0, y, "small faint", bytes(part * greatest)));
    }
    for (number, phase) in record.phases.iter().enumerate() {
        let heaps: Vec<&HeapSnapshot> = of(&record.heaps, phase.workload).collect();
        let step = phases::width(record) / heaps.len().max(1) as f64;
        for (place, heap) in heaps.into_iter().enumerate() {
            let middle = phases::x(record, number, 0.0) + (place as f64 + 0.5) * step;
            let width = (step * 0.7).min(34.0);
            let (all, used) = (scaled(page_memory(heap)), scaled(heap.bytes as f64));
            let mut bar = telling(description(heap))
                .add(rectangle(middle - width / 2.0, BOTTOM - all, width, all, "none"))
                .add(rectangle(middle - width / 2.0, BOTTOM - used, width, used, "one"));
            if width >= LABELLED {
                bar = bar.add(centred(middle, BOTTOM - all - 5.0, "small", percent(heap)));
            }
            bars = bars.add(bar);
        }
    }
    bars
}

fn of(heaps: &[HeapSnapshot], workload: Workload) -> impl Iterator<Item = &HeapSnapshot> {
    heaps.iter().filter(move |heap| heap.workload == workload)
}

/// Returns the last checkpoints of the workload that fragments the heap, if it ran.
fn strips(heaps: &[HeapSnapshot]) -> Vec<&HeapSnapshot> {
    let all: Vec<&HeapSnapshot> = of(heaps, Workload::FRAGMENTATION).collect();
    all[all.len().saturating_sub(SHOWN)..].to_vec()
}

/// Draws the pages by their addresses, a strip for each checkpoint.
fn places(heaps: &[&HeapSnapshot]) -> Group {
    let heading = "Where it lies in fragmentation: pages by address";
    let mut drawing = Group::new().add(text(20.0, STRIPS - 2.0, "small strong", heading)).add(scale());
    for (x, name) in COLUMNS {
        drawing = drawing.add(ending(x, STRIPS - 2.0, "small faint", name));
    }
    for (number, heap) in heaps.iter().enumerate() {
        drawing = drawing.add(row(heap, STRIPS + 10.0 + ROW * number as f64));
    }
    drawing
}

/// Draws the colours of the strips, from empty to full.
fn scale() -> Group {
    let (left, top) = (STRIP + 180.0, STRIPS - 12.0);
    let mut scale = Group::new().add(ending(left - 8.0, STRIPS - 2.0, "small faint", "empty"));
    for step in 0..HEAT_STEPS {
        scale = scale.add(rectangle(left + step as f64 * 26.0, top, 26.0, 10.0, &format!("h{step}")));
    }
    scale.add(text(left + 8.0 + HEAT_STEPS as f64 * 26.0, STRIPS - 2.0, "small faint", "full"))
}

fn description(heap: &HeapSnapshot) -> String {
    let gaps: Vec<String> = heap.largest_gaps.iter().map(|&gap| bytes(gap as f64)).collect();
    format!(
        "{}, {}\n{} live blocks of {} on {} pages of {}, {} used\nlargest gaps: {}",
        heap.workload,
        heap.name,
        grouped(heap.blocks),
        bytes(heap.bytes as f64),
        grouped(heap.pages),
        bytes(heap.page_bytes as f64),
        percent(heap),
        if gaps.is_empty() { "none".to_owned() } else { gaps.join(", ") }
    )
}

fn row(heap: &HeapSnapshot, y: f64) -> Group {
    let gap = heap.largest_gaps.first().map_or("—".to_owned(), |&gap| bytes(gap as f64));
    let mut row = telling(description(heap))
        .add(ending(STRIP - 12.0, y + 12.5, "small", heap.name.clone()))
        .add(strip(heap, y + 8.5));
    for ((x, _), words) in COLUMNS.into_iter().zip([percent(heap), grouped(heap.blocks), gap]) {
        row = row.add(ending(x, y + 12.5, "small faint", words));
    }
    row
}

/// Draws the strip of pages: a path for each step of the scale, with a dash for each run of parts in that step. A
/// part is one unit wide and the whole is stretched, which keeps the file small.
fn strip(heap: &HeapSnapshot, y: f64) -> Group {
    let step = |full: f32| (full > 0.0).then(|| ((full * HEAT_STEPS as f32) as usize).min(HEAT_STEPS - 1));
    let mut data: [String; HEAT_STEPS] = Default::default();
    let mut at = 0;
    for run in heap.strip.chunk_by(|a, b| step(*a) == step(*b)) {
        if let Some(step) = step(run[0]) {
            data[step].push_str(&format!("M{at} 0h{}", run.len()));
        }
        at += run.len();
    }
    let stretch = STRIP_WIDTH / heap.strip.len().max(1) as f64;
    let paths = data.into_iter().enumerate().filter(|(_, data)| !data.is_empty()).fold(
        Group::new().set("transform", format!("translate({STRIP} {y}) scale({stretch:.3} 1)")),
        |strip, (step, data)| strip.add(Path::new().set("class", format!("h{step}")).set("d", data)),
    );
    Group::new().add(rectangle(STRIP, y - 6.0, STRIP_WIDTH, 12.0, "none area")).add(paths)
}
