//! The chart of calls: each call alone on one scale of times, and allocations and frees in a full heap below.

mod alone;
mod threads;

use crate::platform::list::each_once;
use crate::report::chart::canvas::{self, finished, sheet, short, small_print, text, where_and_when};
use crate::report::origin::Origin;
use crate::study::calls::Calls;
use crate::tracking::Level;
use svg::node::element::Group;

const WIDTH: f64 = 960.0;
const MARGIN: f64 = 24.0;
const HEAD: f64 = 90.0;
const FOOT: f64 = 52.0;

/// Draws the chart; `None` if there is nothing to draw.
pub fn draw(calls: &Calls) -> Option<String> {
    let (_, origin) = *calls.origins().first()?;
    let Origin { memscope, .. } = origin;
    let all = calls.all();
    let alone = (!all.is_empty()).then(|| (alone::height(&all), alone::draw(&all), alone::description(&all)));
    let on_threads = calls.latencies.as_ref();
    let on_threads = on_threads.map(|of| (threads::height(of), threads::draw(of), threads::description(of)));
    let parts: Vec<(f64, Group, String)> = alone.into_iter().chain(on_threads).collect();
    let height = HEAD + parts.iter().map(|(height, ..)| height).sum::<f64>() + FOOT;
    let description: Vec<&str> = parts.iter().map(|(.., words)| words.as_str()).collect();
    let title = format!("What one call costs under {} {}", memscope.name, memscope.version);
    let about = "Times on log scales; medians over processes.";
    let mut picture = sheet(WIDTH, height, &title, &description.join("; "))
        .add(text(MARGIN, 42.0, "title", title.clone()))
        .add(text(MARGIN, 66.0, "faint", about));
    let mut y = HEAD;
    for (height, part, _) in parts {
        picture = picture.add(part.set("transform", format!("translate(0 {})", short(y))));
        y += height;
    }
    let print = small_print([(y + 18.0, memscope.to_string()), (y + 36.0, where_and_when(origin))]);
    Some(finished(&picture.add(print)))
}

/// Returns the classes of a line in a level's colour.
fn stroke(class: &str) -> String {
    if class == "faint" { "whisker faint".to_owned() } else { format!("line {class}") }
}

/// Draws the legend of levels, and of one more item.
fn legend(levels: impl Iterator<Item = Level>, more: Option<&str>, y: f64) -> Group {
    let entry = |level: Level| {
        let words = if level.has_hook() { format!("{level}: {}", level.about()) } else { level.to_string() };
        (words, level.properties().time_class)
    };
    let levels = each_once(levels).into_iter().map(entry);
    canvas::legend(levels.chain(more.map(|words| (words.to_owned(), "faint"))), MARGIN, y)
}
