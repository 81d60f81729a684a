//! Few builds: a row for each workload, and a block for each build and level.

use super::axis::Axis;
use super::frame::{Foot, description, head, outcomes};
use super::mark::{class, mark, stem};
use super::row::{Found, Row, Shown, rows};
use super::{LINE, MARGIN, MIN_WIDTH, NAMES};
use crate::report::chart::canvas::{ending, finished, line, sheet, telling, text};
use crate::report::chart::words::clipped;
use crate::report::number;
use crate::study::compare::Comparison;
use crate::study::compare::summary::{levels, shortened};
use crate::tracking::Level;
use svg::node::element::Group;

/// The height of a row.
const ROW: f64 = 26.0;
/// The ends of the axis, between the columns of text.
pub(super) const AXIS: (f64, f64) = (150.0, 480.0);
const CHANGE: f64 = 496.0;
const VERDICT: f64 = 652.0;

/// A build and its reference at a level.
pub(super) struct Block {
    pub(super) level: Level,
    pub(super) build: usize,
    pub(super) reference: usize,
}

/// Returns the builds that are compared at each level. The reference is the typical change's, or else the first row's.
pub(super) fn blocks(comparison: &Comparison) -> Vec<Block> {
    let builds = 0..comparison.builds.len();
    let places = levels(comparison).flat_map(|level| builds.clone().map(move |build| (level, build)));
    let block = |(level, build)| {
        let row = comparison.differences.iter().find(|row| (row.level, row.build) == (level, build))?;
        let typical = comparison.typical_change(build, level);
        let reference = typical.map_or(row.reference, |typical| typical.reference);
        Some(Block { level, build, reference })
    };
    places.filter_map(block).collect()
}

/// Draws few builds: a row for each workload, a block for each build and level.
pub(super) fn draw(comparison: &Comparison, blocks: &[Block], title: &str) -> String {
    let rows = rows(comparison);
    let step = 3.0 * LINE + rows.len() as f64 * ROW;
    let head = head(comparison, title, MIN_WIDTH);
    let foot = Foot::of(comparison, MIN_WIDTH).after(outcomes(comparison), MIN_WIDTH);
    let height = head.height + blocks.len() as f64 * step + LINE + foot.height();

    let mut picture = sheet(MIN_WIDTH, height, title, &description(comparison)).add(head.drawing);
    for (number, block) in blocks.iter().enumerate() {
        let axis = Axis::of(comparison, block.level);
        let top = head.height + number as f64 * step + 2.0 * LINE;
        let name = |place: usize| shortened(comparison, place);
        let heading = format!("{}: {} against {}", block.level, name(block.build), name(block.reference));
        picture = picture.add(text(AXIS.0, top - 14.0, "strong", heading));
        picture = picture.add(axis.across(rows.len() as f64 * ROW, top));
        for (number, &row) in rows.iter().enumerate() {
            let y = top + (number as f64 + 0.5) * ROW;
            picture =
                picture.add(ending(NAMES, y + 4.0, "strong", row.name())).add(listed(comparison, row, block, axis, y));
        }
    }
    finished(&picture.add(foot.draw(height)))
}

/// Draws a row of the list: the mark, the change and the verdict, or the reason why they are missing.
fn listed(comparison: &Comparison, row: Row, block: &Block, axis: Axis, y: f64) -> Group {
    let Shown { found, about } = Shown::of(comparison, row, block.level, block.build);
    let mut group = telling(about);
    let words = match found {
        Found::Change { ratio, verdict, mut words, reference } => {
            let x = |ratio| AXIS.0 + axis.part(ratio) * (AXIS.1 - AXIS.0);
            let class = class(verdict);
            if reference != block.reference {
                words += &format!(" (against {})", shortened(comparison, reference));
            }
            group = group
                .add(stem(x(1.0), y, x(ratio.value), y, class))
                .add(line(x(ratio.low), y, x(ratio.high), y, &format!("line whisker {class}")))
                .add(mark(x(ratio.value), y, verdict))
                .add(text(CHANGE, y + 4.0, "small", number::change(ratio)));
            return group.add(text(VERDICT, y + 4.0, "small", clipped(&words, MIN_WIDTH - VERDICT - MARGIN, 6.0)));
        }
        Found::Reference => "no reference has a figure".to_owned(),
        Found::Nothing(why) => why,
    };
    group.add(text(CHANGE, y + 4.0, "small faint", clipped(&words, MIN_WIDTH - CHANGE - MARGIN, 6.4)))
}
