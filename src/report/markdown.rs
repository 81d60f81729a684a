//! A document as GitHub's Markdown.

use super::document::{Document, Part, Table};
use super::text::align;
use crate::platform::text::{markdown, markdown_cell};
use comfy_table::presets::ASCII_MARKDOWN;

/// Draws a document. It ends without a line break.
pub(crate) fn draw(document: &Document) -> String {
    let parts = document.parts.iter().map(|part| match part {
        Part::Heading(heading) => format!("## {}", markdown(heading)),
        Part::Table(table) => draw_table(table),
        Part::Notes(lines) => lines.iter().map(|line| format!("- {}", markdown(line))).collect::<Vec<_>>().join("\n"),
    });
    parts.collect::<Vec<_>>().join("\n\n")
}

/// Draws a table alone.
pub(crate) fn draw_table(table: &Table) -> String {
    let mut drawn = comfy_table::Table::new();
    drawn.load_style(ASCII_MARKDOWN);
    drawn.set_header(table.columns.iter().map(|column| markdown_cell(&column.title)));
    for row in &table.rows {
        drawn.add_row(row.iter().map(|text| markdown_cell(text)));
    }
    align(&mut drawn, table);
    drawn.trim_fmt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::document::left;

    #[test]
    fn a_title_stays_within_its_column() {
        let mut table = Table::new([left("../a|b"), left("<img>")]);
        table.row(["1", "2"]);
        let drawn = draw_table(&table);
        assert!(drawn.starts_with("| ../a\\|b | &lt;img> |\n"), "{drawn}");
    }
}
