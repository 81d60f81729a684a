//! The canvas of all charts: the sheet with its colours for light and dark, and the few shapes on it.
//!
//! Colours and fonts are classes of one style sheet, so a chart follows the reader's colour scheme, and a shape has a
//! meaning instead of a look. There are no scripts: tooltips are `<title>` elements.

use crate::platform::system::Machine;
use crate::platform::text as outside;
use crate::report::origin::Origin;
use std::fs;
use svg::Document;
use svg::node::Value;
use svg::node::element::{Circle, Description, Group, Path, Rectangle, Style, TSpan, Text, Title};

/// The palette and the fonts of all charts. `:root` is the chart itself, both alone and in a page.
pub(super) const STYLE: &str = "
:root {
  --paper: #ffffff; --panel: #f6f8fa; --rule: #d0d7de; --ink: #1f2328; --faint: #59636e;
  --one: #0969da; --two: #bc4c00; --three: #8250df; --good: #1a7f37; --bad: #cf222e; --none: #d8dee4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #0d1117; --panel: #161b22; --rule: #30363d; --ink: #e6edf3; --faint: #9198a1;
    --one: #58a6ff; --two: #f0883e; --three: #bc8cff; --good: #3fb950; --bad: #ff7b72; --none: #2a3038;
  }
}
text { font-family: ui-sans-serif, system-ui, 'Segoe UI', Helvetica, Arial, sans-serif; font-size: 13px; }
text { fill: var(--ink); }
.paper { fill: var(--paper); }
.panel { fill: var(--panel); stroke: var(--rule); }
.title { font-size: 24px; font-weight: 600; }
.heading { font-size: 16px; font-weight: 600; }
.figure { font-size: 21px; font-weight: 600; }
.strong { font-weight: 600; }
.faint { fill: var(--faint); }
.small { font-size: 11.5px; }
.rule { stroke: var(--rule); }
.none { fill: var(--none); }
.one { fill: var(--one); } .two { fill: var(--two); } .three { fill: var(--three); }
.good { fill: var(--good); } .bad { fill: var(--bad); }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.line.one, .whisker.one { stroke: var(--one); } .line.two, .whisker.two { stroke: var(--two); }
.line.three, .whisker.three { stroke: var(--three); } .whisker.faint { stroke: var(--faint); }
.line.good { stroke: var(--good); } .line.bad { stroke: var(--bad); }
.line.one, .line.two, .line.three, .line.good, .line.bad { fill: none; }
.area { opacity: 0.18; }
.dot { fill-opacity: 0.7; } .ring { fill: transparent; stroke-width: 1.5; }
.ring.faint { stroke: var(--faint); } .ring.one { stroke: var(--one); }
.ring.two { stroke: var(--two); } .ring.three { stroke: var(--three); }
.ring.good { stroke: var(--good); } .ring.bad { stroke: var(--bad); } .ring.good, .ring.bad { fill: none; }
.whisker { stroke-width: 2.5; stroke-linecap: round; }
.hover { transition: opacity 0.15s; }
.hover:hover { opacity: 0.65; }
";

/// Returns a sheet of the given size, with its description for screen readers.
pub(crate) fn sheet(width: f64, height: f64, title: &str, description: &str) -> Document {
    Document::new()
        .set("viewBox", (0, 0, width, height))
        .set("width", width)
        .set("height", height)
        .set("role", "img")
        .set("aria-labelledby", LABELS)
        .add(Title::new(title).set("id", "title"))
        .add(Description::new().set("id", "description").add(svg::node::Text::new(description)))
        .add(Style::new(STYLE))
        .add(rectangle(0.0, 0.0, width, height, "paper"))
}

/// The ids of a chart's title and description.
const LABELS: &str = "title description";

/// Returns whether a file is a chart of this program.
pub(crate) fn is_ours(path: &std::path::Path) -> bool {
    fs::read_to_string(path).is_ok_and(|text| text.starts_with(&format!("<svg aria-labelledby=\"{LABELS}\"")))
}

/// Returns the chart's text, without characters that XML cannot contain or a reader cannot see. It leaves out the
/// line breaks that the builder puts next to tags: a tooltip then begins with its first word, and the file is a tenth
/// smaller.
pub(crate) fn finished(picture: &Document) -> String {
    outside::harmless(&picture.to_string()).replace(">\n", ">").replace("\n<", "<") + "\n"
}

/// Draws a rectangle of a class.
pub(crate) fn rectangle(x: f64, y: f64, width: f64, height: f64, class: &str) -> Rectangle {
    Rectangle::new()
        .set("x", short(x))
        .set("y", short(y))
        .set("width", short(width))
        .set("height", short(height))
        .set("class", class)
}

/// Draws a framed panel with its heading, a description, and the source of its figures.
pub(crate) fn panel(width: f64, height: f64, heading: &str, about: &str) -> Group {
    let words = Text::new("")
        .set("x", 20)
        .set("y", 30)
        .add(TSpan::new(heading).set("class", "heading"))
        .add(TSpan::new(about).set("class", "small faint").set("dx", 12));
    Group::new().add(rectangle(0.0, 0.0, width, height, "panel").set("rx", 8)).add(words)
}

/// Draws a disc of a class around a point.
pub(crate) fn dot(x: f64, y: f64, radius: f64, class: &str) -> Circle {
    Circle::new().set("cx", short(x)).set("cy", short(y)).set("r", radius).set("class", class)
}

/// Draws a legend that begins at a point: for each entry a disc of its class and its text.
pub(crate) fn legend(entries: impl IntoIterator<Item = (String, &'static str)>, mut x: f64, y: f64) -> Group {
    let mut legend = Group::new();
    for (words, class) in entries {
        let width = words.len() as f64 * 6.3;
        legend = legend.add(dot(x + 5.0, y, 5.0, class)).add(text(x + 16.0, y + 4.5, "small", words));
        x += 40.0 + width;
    }
    legend
}

/// Draws lines of small print, each at its height.
pub(crate) fn small_print<const N: usize>(lines: [(f64, String); N]) -> Group {
    lines.into_iter().fold(Group::new(), |print, (y, words)| print.add(text(24.0, y, "small faint", words)))
}

/// Returns the machine, the compiler and the day of a chart, for its small print.
pub(crate) fn where_and_when(origin: &Origin) -> String {
    let Origin { machine, toolchain, started, .. } = origin;
    let Machine { processor, cores, system, .. } = machine;
    format!("{processor}, {cores} cores, {system}; {}; {}", toolchain.rustc, started.format("%Y-%m-%d"))
}

/// Draws text that begins at a point.
pub(crate) fn text(x: f64, y: f64, class: &str, content: impl Into<String>) -> Text {
    Text::new(content).set("x", short(x)).set("y", short(y)).set("class", class)
}

/// Draws text that is centred on a point.
pub(crate) fn centred(x: f64, y: f64, class: &str, content: impl Into<String>) -> Text {
    text(x, y, class, content).set("text-anchor", "middle")
}

/// Draws text that ends at a point.
pub(crate) fn ending(x: f64, y: f64, class: &str, content: impl Into<String>) -> Text {
    text(x, y, class, content).set("text-anchor", "end")
}

/// Draws a straight line of a class. It is a path, which is a third shorter in the file: charts have thousands.
pub(crate) fn line(x1: f64, y1: f64, x2: f64, y2: f64, class: &str) -> Path {
    let [x1, y1, x2, y2] = [x1, y1, x2, y2].map(short);
    let end = match (x1 == x2, y1 == y2) {
        (true, _) => format!("V{y2}"),
        (_, true) => format!("H{x2}"),
        _ => format!("L{x2} {y2}"),
    };
    Path::new().set("d", format!("M{x1} {y1}{end}")).set("class", class)
}

/// Returns a group with a tooltip.
pub(crate) fn telling(content: impl Into<String>) -> Group {
    Group::new().set("class", "hover").add(Title::new(content))
}

/// Rounds a coordinate to a tenth of a pixel, which is invisible and makes the file smaller. NaN becomes 0, because it
/// would break the whole chart.
pub(crate) fn short(coordinate: f64) -> Value {
    let tenths = (coordinate * 10.0).round() / 10.0;
    (if tenths.is_finite() { tenths } else { 0.0 }).into()
}
