//! A document as HTML: a part of a page, as well-formed XML. The template escapes every text.

mod order;

use super::document::{Align, Document, Part, Table};
use crate::platform::text::{self, Span, one_line};
use askama::Template;
use askama::filters::HtmlSafe;
use order::order;
use std::fmt;

/// Finished HTML, which a template inserts unescaped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Html(String);

impl Html {
    /// Returns the text of a template.
    ///
    /// # Panics
    /// If a value in it cannot be displayed, which no value of this crate does.
    pub(crate) fn of(template: &impl Template) -> Self {
        Self(template.render().expect("every value can be displayed"))
    }

    /// Returns a chart of this crate, unescaped.
    pub(crate) fn picture(svg: String) -> Self {
        Self(svg)
    }
}

impl fmt::Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Html {}

/// The maximum number of notes that are not folded.
const FEW: usize = 4;

/// Draws a document below headings of the third level. `name` is unique in the page, and `title` describes a table
/// without a heading.
pub(crate) fn draw(document: &Document, name: &str, title: &str) -> Html {
    draw_below(false, document, name, title)
}

/// Draws the rest of a document whose beginning is above it. `has_table` is true if the beginning has a table.
pub(crate) fn draw_below(has_table: bool, document: &Document, name: &str, title: &str) -> Html {
    let mut blocks = Vec::new();
    let mut above = None;
    let mut tables = 0;
    let mut parts = document.parts.iter().peekable();
    while let Some(part) = parts.next() {
        match part {
            Part::Heading(heading) => {
                above = Some(one_line(heading));
                blocks.push(Block::Heading(line(heading)));
            }
            Part::Table(table) => {
                tables += 1;
                let label = above.take().unwrap_or_else(|| title.to_owned());
                blocks.push(Block::Table(TableView::of(table, format!("{name}-table-{tables}"), label)));
            }
            // The notes below tables mostly define terms; those above are the answers.
            Part::Notes(lines) => {
                let is_below = has_table || tables > 0;
                blocks.extend(notes(lines, is_below && !matches!(parts.peek(), Some(Part::Table(_)))));
            }
        }
    }
    Html::of(&DocumentTemplate { blocks })
}

/// Draws one line of a report, in which text between backticks is code.
pub(crate) fn line(text: &str) -> Html {
    let text = one_line(text);
    let runs = text::spans(&text).into_iter().map(|span| match span {
        Span::Words(words) => Run { is_code: false, text: words },
        Span::Code { text, .. } => Run { is_code: true, text: without_padding(text) },
    });
    Html::of(&LineTemplate { runs: runs.collect() })
}

/// Returns code without the spaces that separate a backtick in it from those around it.
fn without_padding(code: &str) -> &str {
    let bare = code.strip_prefix(' ').and_then(|code| code.strip_suffix(' '));
    bare.filter(|bare| bare.starts_with('`') || bare.ends_with('`')).unwrap_or(code)
}

/// Returns notes with the warnings first. Many are folded, if that is allowed.
fn notes(lines: &[String], may_fold: bool) -> Vec<Block> {
    let (warnings, others): (Vec<&String>, Vec<&String>) = lines.iter().partition(|line| line.starts_with("Warning:"));
    let drawn = |lines: Vec<&String>| lines.into_iter().map(|text| line(text)).collect::<Vec<_>>();
    let is_folded = may_fold && others.len() > FEW;
    let all = [
        Block::Notes { lines: drawn(warnings), kind: Notes::Warnings },
        Block::Notes { lines: drawn(others), kind: if is_folded { Notes::Folded } else { Notes::Open } },
    ];
    all.into_iter().filter(|block| !matches!(block, Block::Notes { lines, .. } if lines.is_empty())).collect()
}

#[derive(Template)]
#[template(path = "document.html", config = "src/report/html/askama.toml")]
struct DocumentTemplate {
    blocks: Vec<Block>,
}

#[derive(Template)]
#[template(path = "line.html", config = "src/report/html/askama.toml")]
struct LineTemplate<'a> {
    runs: Vec<Run<'a>>,
}

/// A part of a line in one font.
struct Run<'a> {
    is_code: bool,
    text: &'a str,
}

enum Block {
    Heading(Html),
    Table(TableView),
    Notes { lines: Vec<Html>, kind: Notes },
}

#[derive(PartialEq, Eq)]
enum Notes {
    Open,
    Folded,
    Warnings,
}

struct TableView {
    name: String,
    label: String,
    columns: Vec<HeadView>,
    rows: Vec<Vec<CellView>>,
}

struct HeadView {
    title: String,
    is_number: bool,
}

struct CellView {
    text: Html,
    /// The class, from a fixed list: the side, the colour of a verdict, or wrapping.
    class: &'static str,
    /// The number by which the cell is sorted, if its text is not enough.
    order: Option<f32>,
}

impl TableView {
    fn of(table: &Table, name: String, label: String) -> Self {
        let columns = table
            .columns
            .iter()
            .map(|column| HeadView { title: one_line(&column.title), is_number: column.align == Align::Right });
        let cell = |(text, column): (&String, &super::document::Column)| CellView {
            text: line(text),
            class: class(text, column.align),
            // Further digits are invisible, and a page has thousands of cells.
            order: order(text).map(|order| order as f32),
        };
        let row = |row: &Vec<String>| row.iter().zip(&table.columns).map(cell).collect();
        Self { name, label, columns: columns.collect(), rows: table.rows.iter().map(row).collect() }
    }
}

/// The verdicts that have a colour. The cell also contains the word.
const GOOD: [&str; 2] = ["improvement", "kept"];
const BAD: [&str; 2] = ["regression", "not kept"];

/// The length in characters above which a text is wrapped.
const LONG: usize = 48;

fn class(text: &str, align: Align) -> &'static str {
    let is_one_of = |words: [&str; 2]| words.iter().any(|word| text.starts_with(word));
    match align {
        Align::Right => "n",
        Align::Left if is_one_of(GOOD) => "good",
        Align::Left if is_one_of(BAD) => "bad",
        Align::Left if text.chars().count() > LONG => "w",
        Align::Left => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::document::{left, right};

    #[test]
    fn every_text_is_escaped() {
        let mut document = Document::default();
        let evil = "<script>alert(1)</script> & \"x\" \u{1b}[31m";
        document.heading(evil);
        let mut table = Table::new([left(evil), right(evil)]);
        table.row([evil, evil]);
        document.table(table);
        document.notes(vec![evil.to_owned(), format!("by `{evil}`")]);
        let html = draw(&document, "x", evil).to_string();
        assert!(!html.contains("<script>") && !html.contains('\u{1b}'), "{html}");
        let page = format!("<main>{html}</main>");
        let parsed = roxmltree::Document::parse(&page).expect("it is well-formed");
        let shown = parsed.descendants().filter(|node| node.is_text() && node.text().expect("it").contains("alert(1)"));
        assert_eq!(shown.count(), 7);
    }

    #[test]
    fn code_is_marked_and_warnings_come_first() {
        assert_eq!(line("by `a < b`, so").to_string(), "by <code>a &#60; b</code>, so");
        assert_eq!(line("`` `a` ``").to_string(), "<code>`a`</code>");
        let mut document = Document::default();
        document.notes(["one", "Warning: two", "three"].map(str::to_owned).to_vec());
        let html = draw(&document, "x", "").to_string();
        let place = |text: &str| html.find(text).expect(text);
        assert!(place("Warning: two") < place("one") && !html.contains("<details"), "{html}");
        let many: Vec<String> = (0..9).map(|number| number.to_string()).collect();
        document.notes(many.clone());
        document.table(Table::new([left("a")]));
        assert!(!draw(&document, "x", "").to_string().contains("<details"), "sentences above a table are not folded");
        document.notes(many.clone());
        assert!(draw(&document, "x", "").to_string().contains("<details"));
        let mut rest = Document::default();
        rest.notes(many);
        assert!(draw_below(true, &rest, "x", "").to_string().contains("<details"));
        assert!(!draw_below(false, &rest, "x", "").to_string().contains("<details"));
    }

    #[test]
    fn verdicts_have_colours_and_figures_an_order() {
        let mut table = Table::new([left("verdict"), right("overhead")]);
        table.row(["regression", "×6.95 [6.35, 7.37]"]);
        table.row(["no difference", "12"]);
        let mut document = Document::default();
        document.table(table);
        let html = draw(&document, "x", "").to_string();
        assert!(html.contains("<td class=\"bad\">regression</td>"), "{html}");
        assert!(html.contains("<td class=\"n\" data-order=\"6.95\">×6.95 [6.35, 7.37]</td>"), "{html}");
        assert!(html.contains("<td>no difference</td>") && html.contains("<td class=\"n\">12</td>"), "{html}");
    }
}
