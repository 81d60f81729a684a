//! Memory by type: a treemap of the named values' bytes by Rust type, and the memory without a named value.

use crate::report::chart::canvas::{ending, panel, rectangle, telling, text};
use crate::report::chart::treemap::{Area, treemap};
use crate::report::chart::words::clipped;
use crate::report::number::{bytes, grouped};
use crate::study::stress::Record;
use crate::study::stress::chart::{Panel, panel_width};
use crate::tracking::memscope::TypeUse;
use std::cmp::Reverse;
use svg::node::element::Group;

/// The area of the map.
const MAP: Area = Area { x: 20.0, y: 116.0, width: 816.0, height: 190.0 };
const HEIGHT: f64 = MAP.y + MAP.height + 22.0;
/// The position of memscope's own view, and the height of its rows.
const RECORDED: f64 = 880.0;
const ROW: f64 = 23.0;
/// The minimum part of all named bytes that gets a separate area.
const MIN_SHARE: f64 = 0.01;
/// The width of a character, the minimum number of characters of a label, and its margins.
const CHARACTER: f64 = 7.2;
const MIN_ROOM: usize = 6;
const MARGIN: f64 = 8.0;
const LINE: f64 = 17.0;

pub(super) fn draw(record: &Record) -> Panel {
    let height = HEIGHT.max(MAP.y + ROW * (record.types_recorded.len() + 1) as f64);
    let about = "bytes that the named values owned when they were named, without what they hold in other blocks";
    let drawing = panel(panel_width(), height, "Memory Usage by Type", about)
        .add(whole(record.types.iter().map(|used| used.bytes).sum(), record.truth.allocated_bytes))
        .add(map(&record.types))
        .add(recorded(&record.types_recorded));
    Panel { drawing, height }
}

/// Returns the types with a separate area, in descending order, and the others as one.
fn areas(types: &[TypeUse]) -> Vec<TypeUse> {
    let named: u64 = types.iter().map(|used| used.bytes).sum();
    let (mut shown, others): (Vec<_>, Vec<_>) =
        types.iter().cloned().partition(|used| used.bytes as f64 >= MIN_SHARE * named as f64 && used.bytes > 0);
    shown.sort_by_key(|used| Reverse(used.bytes));
    if !others.is_empty() {
        shown.push(TypeUse {
            name: format!("{} more types", others.len()),
            count: others.iter().map(|used| used.count).sum(),
            bytes: others.iter().map(|used| used.bytes).sum(),
        });
    }
    shown
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

fn map(types: &[TypeUse]) -> Group {
    let heading = text(MAP.x, MAP.y - 10.0, "small strong", "The named part, by type");
    let areas = areas(types);
    let named: u64 = areas.iter().map(|used| used.bytes).sum();
    let sizes: Vec<f64> = areas.iter().map(|used| used.bytes as f64).collect();
    let map = Group::new().add(heading);
    areas.iter().zip(treemap(&sizes, MAP)).fold(map, |map, (used, area)| map.add(cell(used, area, named)))
}

fn cell(used: &TypeUse, area: Area, named: u64) -> Group {
    let part = format!("{:.1} %", used.bytes as f64 / named.max(1) as f64 * 100.0);
    let Area { x, y, width, height } = area;
    let told = format!("{}: {} values, {} B, {part}", used.name, grouped(used.count), grouped(used.bytes));
    let mut cell =
        telling(told).add(rectangle(x + 1.0, y + 1.0, (width - 2.0).max(0.5), (height - 2.0).max(0.5), "one area"));
    let inner = width - 2.0 * MARGIN;
    let room = (inner / CHARACTER) as usize;
    let lines = [
        ("small strong", clipped(&used.name, inner, CHARACTER)),
        ("small", format!("{} in {}", bytes(used.bytes as f64), grouped(used.count))),
        ("small faint", part),
    ];
    let mut below = LINE;
    for (class, words) in lines {
        if below + 4.0 <= height && words.chars().count() <= room && room >= MIN_ROOM {
            cell = cell.add(text(x + MARGIN, y + below, class, words));
            below += LINE;
        }
    }
    cell
}

/// Draws memscope's own view of the same values.
fn recorded(types: &[TypeUse]) -> Group {
    let mut list = Group::new().add(text(RECORDED, MAP.y - 10.0, "small strong", "As memscope knows the same values"));
    for (number, used) in types.iter().enumerate() {
        let y = MAP.y + ROW * number as f64 + 14.0;
        list = list.add(text(RECORDED, y, "small", used.name.clone())).add(ending(
            RECORDED + 256.0,
            y,
            "small faint",
            format!("{} in {}", bytes(used.bytes as f64), grouped(used.count)),
        ));
    }
    if types.is_empty() {
        list = list.add(text(RECORDED, MAP.y + 14.0, "small faint", "it reports none"));
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_types_share_an_area() {
        let used = |name: &str, bytes| TypeUse { name: name.to_owned(), count: 2, bytes };
        let areas = areas(&[used("String", 300), used("Vec<u8>", 690), used("Rc<u8>", 6), used("Box<u8>", 4)]);
        let named: Vec<(&str, u64, u64)> =
            areas.iter().map(|used| (used.name.as_str(), used.count, used.bytes)).collect();
        assert_eq!(named, [("Vec<u8>", 2, 690), ("String", 2, 300), ("2 more types", 4, 10)]);
        assert_eq!(clipped("Vec<Vec<String>>", 80.0, 10.0), "Vec<Vec…");
    }
}
