//! The growth of each build's cost over events.

use crate::report::document::{Table, left, right};
use crate::report::metric::Metric;
use crate::report::number;
use crate::study::compare::Comparison;
use crate::study::compare::summary::shortened;
use crate::study::soak;
use crate::study::soak::{Growth, Quantity, Soak};
use crate::tracking::Level;

/// The title of the table.
pub(super) const TITLE: &str = "How the cost grows";

/// The meaning of the table, for a note.
pub(super) const NOTE: &str = "How the cost grows: the CPU time that tracking adds to an allocation or a free, early \
                               and after the number of events in the last column, with a constant number of live \
                               blocks; and the bytes that the tracker keeps by then. `soak` measures more events.";

/// Returns the table of each build at each level; `None` if nothing was soaked.
pub(super) fn table(comparison: &Comparison) -> Option<Table> {
    let words = ["level", "build"].map(left);
    let numbers = ["early", "late", "late ÷ early"].map(right);
    let of_memory = [left("class"), right("kept"), left("class of kept"), right("events")];
    let mut table = Table::new(words.into_iter().chain(numbers).chain(of_memory)).grouped_by(1);
    for level in levels(comparison) {
        for (place, build) in comparison.builds.iter().enumerate() {
            let Some(soak) = build.soaks.iter().find(|soak| soak.level() == level) else { continue };
            let cells = cells(soak);
            table.row([level.to_string(), shortened(comparison, place)].into_iter().chain(cells));
        }
    }
    (!table.rows.is_empty()).then_some(table)
}

/// Returns the levels that were soaked, each once.
fn levels(comparison: &Comparison) -> Vec<Level> {
    let mut levels: Vec<Level> = comparison.builds.iter().flat_map(|build| &build.soaks).map(Soak::level).collect();
    levels.sort_unstable();
    levels.dedup();
    levels
}

fn cells(soak: &Soak) -> [String; 7] {
    let growth = |quantity: Quantity| soak.growths.iter().find(|growth| growth.quantity == quantity);
    let Some(time) = growth(Quantity::CpuTime) else {
        let why = soak.failure().map_or_else(|| "no figure".to_owned(), |failure| failure.label());
        return [why, String::new(), String::new(), String::new(), String::new(), String::new(), String::new()];
    };
    let figure =
        |growth: &Growth, figure: Option<f64>| figure.map_or(String::new(), |figure| growth.quantity.format(figure));
    let kept = growth(Quantity::KeptBytes);
    [
        figure(time, time.early()),
        figure(time, time.late()),
        time.ratio().map_or(String::new(), |ratio| format!("×{}", number::factor(ratio))),
        soak::class(time),
        kept.map_or(String::new(), |kept| figure(kept, kept.late())),
        kept.map_or(String::new(), soak::class),
        number::short_count(time.reached() as f64),
    ]
}

/// Returns the figures for other programs.
pub(super) fn metrics(comparison: &Comparison) -> impl Iterator<Item = Metric> {
    comparison.builds.iter().flat_map(|build| soak::metrics(&build.name, &build.soaks))
}
