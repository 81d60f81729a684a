//! Memory by type: the named values by their Rust types, and the memory without a named value.

use crate::report::chart::canvas::{ending, panel, rectangle, telling, text};
use crate::report::number::{bytes, grouped};
use crate::study::stress::Record;
use crate::study::stress::chart::{Panel, panel_width};
use crate::tracking::memscope::TypeUse;
use svg::node::element::Group;

const ROW: f64 = 23.0;
const TOP: f64 = 118.0;
/// The left and right ends of the bars, after the types' names.
const BARS: f64 = 330.0;
const BARS_END: f64 = 690.0;
/// The place of memscope's own view.
const RECORDED: f64 = 880.0;
/// The number of types with their own row.
const SHOWN: usize = 14;
/// The characters of a type's name that fit.
const NAME: usize = 38;

pub(super) fn draw(record: &Record) -> Panel {
    let rows = rows(record);
    let height = TOP + ROW * rows.len().max(record.types_recorded.len() + 2) as f64 + 16.0;
    let named: u64 = record.types.iter().map(|used| used.bytes).sum();

    let about =
        "bytes that the named values owned when they were named; what a value holds in other blocks is not its own";
    let mut drawing =
        panel(panel_width(), height, "Memory Usage by Type", about).add(whole(named, record.truth.allocated_bytes));
    let greatest = rows.iter().map(|row| row.bytes).max().unwrap_or(1).max(1) as f64;
    for (number, used) in rows.iter().enumerate() {
        drawing = drawing.add(bar(used, TOP + ROW * number as f64, greatest, named));
    }
    Panel { drawing: drawing.add(recorded(&record.types_recorded)), height }
}

/// Returns the types that are shown: the largest, and the others as one row.
fn rows(record: &Record) -> Vec<TypeUse> {
    let (shown, others) = record.types.split_at(record.types.len().min(SHOWN));
    let mut rows = shown.to_vec();
    if !others.is_empty() {
        rows.push(TypeUse {
            name: format!("{} more types", others.len()),
            count: others.iter().map(|used| used.count).sum(),
            bytes: others.iter().map(|used| used.bytes).sum(),
        });
    }
    rows
}

/// Draws all allocated bytes in one bar: those attributed to a named value, and the rest.
fn whole(named: u64, allocated: u64) -> Group {
    let (left, width) = (20.0, panel_width() - 40.0);
    let part = (named as f64 / allocated.max(1) as f64).min(1.0);
    let words = format!("{:.1} % named: {}", part * 100.0, bytes(named as f64));
    let rest = allocated.saturating_sub(named);
    let unnamed = format!("{:.1} % not attributed to a variable: {}", (1.0 - part) * 100.0, bytes(rest as f64));
    telling(format!("{} B of {} B allocated were owned by named values", grouped(named), grouped(allocated)))
        .add(rectangle(left, 46.0, width, 14.0, "none"))
        .add(rectangle(left, 46.0, width * part, 14.0, "one"))
        .add(text(left, 76.0, "small strong", words))
        .add(ending(left + width, 76.0, "small faint", unnamed))
}

fn bar(used: &TypeUse, y: f64, greatest: f64, named: u64) -> Group {
    let middle = y + ROW / 2.0 + 4.0;
    let width = (used.bytes as f64 / greatest * (BARS_END - BARS)).max(1.5);
    let part = used.bytes as f64 / named.max(1) as f64 * 100.0;
    telling(format!("{}: {} values, {} B", used.name, grouped(used.count), grouped(used.bytes)))
        .add(ending(BARS - 12.0, middle, "small", shortened(&used.name)))
        .add(rectangle(BARS, y + 4.0, width, ROW - 8.0, "one"))
        .add(text(
            BARS + width + 8.0,
            middle,
            "small faint",
            format!("{} in {} ({part:.1} %)", bytes(used.bytes as f64), grouped(used.count)),
        ))
}

/// Draws memscope's own view of the same values.
fn recorded(types: &[TypeUse]) -> Group {
    let mut list = Group::new().add(text(RECORDED, TOP - 8.0, "small strong", "As memscope knows the same values"));
    for (number, used) in types.iter().enumerate() {
        let y = TOP + ROW * number as f64 + 14.0;
        list = list.add(text(RECORDED, y, "small", used.name.clone())).add(ending(
            RECORDED + 256.0,
            y,
            "small faint",
            format!("{} in {}", bytes(used.bytes as f64), grouped(used.count)),
        ));
    }
    if types.is_empty() {
        list = list.add(text(RECORDED, TOP + 14.0, "small faint", "it reports none"));
    }
    list
}

/// Shortens a name to fit: the outermost types identify it best.
fn shortened(name: &str) -> String {
    if name.chars().count() <= NAME { name.to_owned() } else { name.chars().take(NAME - 1).chain(['…']).collect() }
}
