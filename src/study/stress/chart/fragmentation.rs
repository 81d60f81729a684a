//! Fragmentation: the utilisation of the heap's pages at each phase's fullest, after it, and within the phase that is
//! made to fragment it.
//!
//! The blocks are those that memscope reports as live, including its variables' own data. Its allocations within the
//! hook are not among them: a gap may contain those, or nothing.

use crate::report::chart::canvas::{ending, panel, rectangle, telling, text};
use crate::report::number::{bytes, grouped};
use crate::study::stress::chart::{HEAT_STEPS, Panel, panel_width};
use crate::study::stress::{HeapSnapshot, Record};
use svg::node::element::{Group, Path};

const TOP: f64 = 86.0;
const ROW: f64 = 17.0;
const STRIP: f64 = 330.0;
const STRIP_WIDTH: f64 = 470.0;
/// The columns of figures, by their right edges.
const COLUMNS: [(f64, &str); 4] =
    [(872.0, "full"), (950.0, "pages"), (1_040.0, "live blocks"), (1_136.0, "largest gap")];

pub(super) fn draw(record: &Record) -> Panel {
    let bottom = TOP + ROW * record.heaps.len() as f64;
    let unmapped = record.heaps.iter().map(|heap| heap.unmapped).max().unwrap_or_default();
    let height = bottom + if unmapped > 0 { 40.0 } else { 22.0 };
    let about =
        "the heap's pages from the lowest address to the highest, and how full memscope's live blocks make them";
    let mut drawing = panel(panel_width(), height, "Memory Fragmentation Analysis", about).add(legend());
    for (x, name) in COLUMNS {
        drawing = drawing.add(ending(x, TOP - 10.0, "small strong", name));
    }
    let mut above = None;
    for (number, heap) in record.heaps.iter().enumerate() {
        let y = TOP + ROW * number as f64;
        if above != Some(heap.workload) {
            drawing = drawing.add(text(20.0, y + 12.5, "small strong", heap.workload.name()));
            above = Some(heap.workload);
        }
        drawing = drawing.add(row(heap, y));
    }
    if record.heaps.is_empty() {
        drawing = drawing.add(text(20.0, TOP + 4.0, "faint", "This memscope does not report which blocks are alive."));
    }
    if unmapped > 0 {
        let words = format!(
            "Not shown: blocks that memscope reports as live where the process has no memory, at most {} of them.",
            grouped(unmapped)
        );
        drawing = drawing.add(text(20.0, bottom + 18.0, "small faint", words));
    }
    Panel { drawing, height }
}

fn legend() -> Group {
    let mut legend = Group::new().add(text(STRIP, TOP - 10.0, "small faint", "empty"));
    for step in 0..HEAT_STEPS {
        legend = legend.add(rectangle(STRIP + 42.0 + step as f64 * 26.0, TOP - 19.0, 26.0, 10.0, &format!("h{step}")));
    }
    legend.add(text(STRIP + 48.0 + HEAT_STEPS as f64 * 26.0, TOP - 10.0, "small faint", "full"))
}

fn row(heap: &HeapSnapshot, y: f64) -> Group {
    let full = heap.utilisation();
    let percent = full.map_or("—".to_owned(), |full| format!("{:.0} %", full * 100.0));
    let gaps: Vec<String> = heap.largest_gaps.iter().map(|&gap| bytes(gap as f64)).collect();
    let told = format!(
        "{}, {}\n{} live blocks of {} on {} pages of {}, {percent} full\nlargest gaps: {}",
        heap.workload,
        heap.name,
        grouped(heap.blocks),
        bytes(heap.bytes as f64),
        grouped(heap.pages),
        bytes(heap.page_bytes as f64),
        if gaps.is_empty() { "none".to_owned() } else { gaps.join(", ") }
    );
    let figures =
        [percent, grouped(heap.pages), grouped(heap.blocks), gaps.first().cloned().unwrap_or_else(|| "—".to_owned())];
    let mut row =
        telling(told).add(ending(STRIP - 12.0, y + 12.5, "small", heap.name.clone())).add(strip(heap, y + 8.5));
    for ((x, _), words) in COLUMNS.into_iter().zip(figures) {
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
