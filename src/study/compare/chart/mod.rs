//! The chart of a comparison: the difference of each build's overhead from its reference's.
//!
//! Few builds are drawn as a list, with a row for each workload. Many builds are drawn as a small plot for each
//! workload and level, in the order in which they were named, which for versions and commits is chronological. All
//! plots of a level share their scale, so levels can be compared down a column and workloads across a row.

mod axis;
mod frame;
mod grid;
mod list;
mod mark;
mod row;

use crate::study::compare::{Against, Comparison};

const MARGIN: f64 = 24.0;
/// The minimum width of the chart.
const MIN_WIDTH: f64 = 900.0;
/// The right edge of the workloads' names.
const NAMES: f64 = 128.0;
/// The height of a line of text.
const LINE: f64 = 19.0;

/// The maximum number of blocks of a list; a block is a build at a level.
const MAX_BLOCKS: usize = 4;

/// Draws a comparison.
pub fn draw(comparison: &Comparison) -> String {
    let title = title(&comparison.against);
    let blocks = list::blocks(comparison);
    if blocks.len() <= MAX_BLOCKS { list::draw(comparison, &blocks, title) } else { grid::draw(comparison, title) }
}

/// Returns the title, which names the reference.
const fn title(against: &Against) -> &'static str {
    match against {
        Against::First => "What memscope-rs costs, against the first build",
        Against::Previous => "What memscope-rs costs, from build to build",
        Against::Each(_) => "What memscope-rs costs, commit by commit",
    }
}
