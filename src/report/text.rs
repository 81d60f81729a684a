//! A document as text for a terminal.

use super::document::{Align, Document, Part, Table};
use crate::platform::text::one_line;
use comfy_table::{CellAlignment, ContentArrangement, LineStyle, TableStyle};

/// Draws a document. It ends without a line break.
pub(crate) fn draw(document: &Document) -> String {
    let mut text = String::new();
    for (place, part) in document.parts.iter().enumerate() {
        if place > 0 {
            // A heading begins a new part.
            text += if matches!(part, Part::Heading(_)) { "\n\n" } else { "\n" };
        }
        text += &match part {
            Part::Heading(heading) => one_line(heading),
            Part::Table(table) => draw_table(&table.for_terminal()),
            Part::Notes(lines) => lines.iter().map(|line| one_line(line)).collect::<Vec<_>>().join("\n"),
        };
    }
    text
}

fn draw_table(table: &Table) -> String {
    let rule = LineStyle::none().fill('─').junction('─');
    let mut drawn = comfy_table::Table::new();
    drawn.load_style(TableStyle::new().top_border(rule).header_separator(rule).bottom_border(rule));
    if let Some(width) = table.width {
        drawn.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    drawn.set_header(table.columns.iter().map(|column| one_line(&column.title)));
    for row in &table.rows {
        drawn.add_row(row.iter().map(|text| one_line(text)));
    }
    align(&mut drawn, table);
    drawn.trim_fmt()
}

/// Aligns the columns of a drawn table.
pub(super) fn align(drawn: &mut comfy_table::Table, table: &Table) {
    for (drawn, column) in drawn.column_iter_mut().zip(&table.columns) {
        drawn.set_cell_alignment(match column.align {
            Align::Left => CellAlignment::Left,
            Align::Right => CellAlignment::Right,
        });
    }
}
