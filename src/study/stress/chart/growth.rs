//! Growth: live bytes and live allocations over time, with the peak marked, and resident memory below them.

use crate::report::chart::canvas::{ending, line, panel, rectangle, short, telling, text};
use crate::report::number::{bytes, grouped, short_count};
use crate::study::stress::chart::{Panel, panel_width, phases};
use crate::study::stress::{Record, Slice};
use svg::node::element::{Group, Path, Title};

const LIVE_TOP: f64 = 64.0;
const LIVE_BOTTOM: f64 = 224.0;
const RESIDENT_TOP: f64 = 256.0;
const RESIDENT_BOTTOM: f64 = 336.0;
const HEIGHT: f64 = 388.0;
/// The number of slices of a phase in each tooltip.
const MERGED: usize = 3;
/// The minimum upper end of a scale.
const MIN_SCALE: f64 = 1.0;

pub(super) fn draw(record: &Record) -> Panel {
    let live = Plot::new(record, LIVE_TOP, LIVE_BOTTOM, |slice| Some(slice.live_bytes as f64));
    let peak = record.truth.peak_live_bytes as f64;
    let live = live.reaching(peak);
    let count = Plot::new(record, LIVE_TOP, LIVE_BOTTOM, |slice| Some(slice.live_allocations as f64));
    let resident =
        Plot::new(record, RESIDENT_TOP, RESIDENT_BOTTOM, |slice| slice.resident_bytes.map(|bytes| bytes as f64));

    let about = "counted, memscope's own variables included; resident memory from the system";
    let mut drawing = panel(panel_width(), HEIGHT, "Memory Growth Trends", about)
        .add(legend())
        .add(phases::bands(record, LIVE_TOP, RESIDENT_BOTTOM))
        .add(rectangle(
            phases::LEFT,
            LIVE_BOTTOM + 1.0,
            phases::RIGHT - phases::LEFT,
            RESIDENT_TOP - LIVE_BOTTOM - 2.0,
            "none area",
        ))
        .add(live.axis(bytes, phases::LEFT - 10.0, true))
        .add(count.axis(short_count, phases::RIGHT + 10.0, false))
        .add(live.area("one area"))
        .add(live.line("line one"))
        .add(count.line("line three"))
        .add(live.mark(peak));
    if resident.greatest > MIN_SCALE {
        drawing = drawing
            .add(resident.axis(bytes, phases::LEFT - 10.0, true))
            .add(resident.area("two area"))
            .add(resident.line("line two"));
    } else {
        drawing = drawing.add(text(
            phases::LEFT + 10.0,
            RESIDENT_TOP + 40.0,
            "faint",
            "resident memory is not known on this system",
        ));
    }
    Panel { drawing: drawing.add(hover(record)), height: HEIGHT }
}

fn legend() -> Group {
    let mut legend = Group::new();
    let entries =
        [("one", "live bytes", 742.0), ("three", "live allocations (right)", 830.0), ("two", "resident memory", 990.0)];
    for (class, words, x) in entries {
        legend = legend
            .add(line(x - 22.0, 26.0, x - 6.0, 26.0, &format!("line {class}")))
            .add(text(x, 30.0, "small", words));
    }
    legend
}

/// One series on its own scale.
struct Plot<'a> {
    record: &'a Record,
    top: f64,
    bottom: f64,
    greatest: f64,
    value: fn(&Slice) -> Option<f64>,
}

impl<'a> Plot<'a> {
    fn new(record: &'a Record, top: f64, bottom: f64, value: fn(&Slice) -> Option<f64>) -> Self {
        let values = record.phases.iter().flat_map(|phase| phase.slices.iter().filter_map(value));
        let greatest = values.fold(MIN_SCALE, f64::max);
        Self { record, top, bottom, greatest, value }
    }

    /// Returns the plot with a scale that reaches a value.
    fn reaching(self, value: f64) -> Self {
        Self { greatest: self.greatest.max(value), ..self }
    }

    fn y(&self, value: f64) -> f64 {
        // A margin above the maximum, for the mark.
        self.bottom - value / (self.greatest * 1.12) * (self.bottom - self.top)
    }

    /// Returns the points of the series: the middle of each slice.
    fn points(&self) -> impl Iterator<Item = (f64, f64)> {
        self.record.phases.iter().enumerate().flat_map(move |(number, phase)| {
            let count = phase.slices.len() as f64;
            phase.slices.iter().enumerate().filter_map(move |(slice_number, slice)| {
                let part = (slice_number as f64 + 0.5) / count;
                // A slice without a sample has no live allocations at all: the line continues at the next.
                let value = (self.value)(slice).filter(|&value| value > 0.0)?;
                Some((phases::x(self.record, number, part), self.y(value)))
            })
        })
    }

    fn line(&self, class: &str) -> Path {
        let points: Vec<String> = self.points().map(|(x, y)| format!("{} {}", short(x), short(y))).collect();
        let data = if points.is_empty() { "M0 0".to_owned() } else { format!("M{}", points.join("L")) };
        Path::new().set("class", class).set("d", data)
    }

    fn area(&self, class: &str) -> Path {
        let points: Vec<(f64, f64)> = self.points().collect();
        let (Some(first), Some(last)) = (points.first(), points.last()) else { return Path::new().set("d", "M0 0") };
        let line: Vec<String> = points.iter().map(|&(x, y)| format!("{} {}", short(x), short(y))).collect();
        let data = format!("M{} {}L{}L{} {}Z", short(first.0), self.bottom, line.join("L"), short(last.0), self.bottom);
        Path::new().set("class", class).set("d", data)
    }

    /// Draws the scale's labels, at none, half and all of the greatest value.
    fn axis(&self, shown: fn(f64) -> String, x: f64, is_left: bool) -> Group {
        let mut axis = Group::new().add(line(phases::LEFT, self.bottom, phases::RIGHT, self.bottom, "rule"));
        for part in [0.0, 0.5, 1.0] {
            let (y, words) = (self.y(part * self.greatest) + 4.0, shown(part * self.greatest));
            axis =
                axis.add(if is_left { ending(x, y, "small faint", words) } else { text(x, y, "small faint", words) });
        }
        axis
    }

    /// Draws the mark of the peak: a line at its height, with a label.
    fn mark(&self, peak: f64) -> Group {
        let y = self.y(peak);
        telling(format!("Peak of live bytes: {} B", grouped(peak as u64)))
            .add(line(phases::LEFT, y, phases::RIGHT, y, "peak"))
            .add(ending(phases::RIGHT - 6.0, y - 6.0, "small bad", format!("peak {}", bytes(peak))))
    }
}

/// Draws invisible columns over the plots, whose tooltips have the maxima of their time range.
fn hover(record: &Record) -> Group {
    let mut columns = Group::new().set("fill-opacity", 0);
    for (number, phase) in record.phases.iter().enumerate() {
        let count = phase.slices.len().div_ceil(MERGED).max(1) as f64;
        for (column, slices) in phase.slices.chunks(MERGED).enumerate() {
            let most = |value: fn(&Slice) -> u64| slices.iter().map(value).max().unwrap_or(0);
            let resident = slices.iter().filter_map(|slice| slice.resident_bytes).max();
            let told = format!(
                "{}: {} in {} blocks, resident {}",
                phase.workload,
                bytes(most(|slice| slice.live_bytes) as f64),
                grouped(most(|slice| slice.live_allocations)),
                resident.map_or("unknown".to_owned(), |resident| bytes(resident as f64))
            );
            let x = phases::x(record, number, column as f64 / count);
            let over = rectangle(x, LIVE_TOP, phases::width(record) / count, RESIDENT_BOTTOM - LIVE_TOP, "");
            columns = columns.add(over.add(Title::new(told)));
        }
    }
    columns
}
