//! A report as data: headings, tables and notes. The format that draws it decides how it looks.

/// A report, from top to bottom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// Its parts, in order.
    pub parts: Vec<Part>,
}

/// A part of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A title above what follows.
    Heading(String),
    /// A table.
    Table(Table),
    /// Sentences, a line each. They may contain Markdown's `code` marks, and text from outside.
    Notes(Vec<String>),
}

impl Document {
    /// Adds a title.
    pub fn heading(&mut self, text: impl Into<String>) {
        self.parts.push(Part::Heading(text.into()));
    }

    /// Adds a table.
    pub fn table(&mut self, table: Table) {
        self.parts.push(Part::Table(table));
    }

    /// Adds sentences, a line each; nothing if there are none.
    pub fn notes(&mut self, lines: Vec<String>) {
        if !lines.is_empty() {
            self.parts.push(Part::Notes(lines));
        }
    }

    /// Returns the tables alone.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.parts.iter().filter_map(|part| match part {
            Part::Table(table) => Some(table),
            Part::Heading(_) | Part::Notes(_) => None,
        })
    }
}

/// A table: columns with their titles, and rows of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, each with a text for each column. The texts may come from outside.
    pub rows: Vec<Vec<String>>,
    /// The columns at the left that group rows: a terminal shows each group's name once.
    pub group: usize,
    /// The width on a terminal, in characters, beyond which texts are wrapped.
    pub width: Option<u16>,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The title.
    pub title: String,
    /// The side to which its texts are aligned.
    pub align: Align,
}

/// The side to which a column's texts are aligned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// Returns a column of words.
pub(crate) fn left(title: impl Into<String>) -> Column {
    Column { title: title.into(), align: Align::Left }
}

/// Returns a column of numbers.
pub(crate) fn right(title: impl Into<String>) -> Column {
    Column { title: title.into(), align: Align::Right }
}

impl Table {
    /// Returns a table without rows.
    pub fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        Self { columns: columns.into_iter().collect(), rows: Vec::new(), group: 0, width: None }
    }

    /// Inserts a column at a place, with a text for each row.
    pub(crate) fn insert(&mut self, place: usize, column: Column, texts: impl IntoIterator<Item = String>) {
        self.columns.insert(place, column);
        self.rows.iter_mut().zip(texts).for_each(|(row, text)| row.insert(place, text));
    }

    /// Groups the rows by the first columns.
    #[must_use]
    pub fn grouped_by(self, columns: usize) -> Self {
        Self { group: columns, ..self }
    }

    /// Wraps the texts on a terminal, so that no line is longer than this.
    #[must_use]
    pub fn wrapped_at(self, width: u16) -> Self {
        Self { width: Some(width), ..self }
    }

    /// Adds a row.
    ///
    /// # Panics
    /// If the number of texts differs from that of the columns.
    pub fn row(&mut self, texts: impl IntoIterator<Item = impl Into<String>>) {
        let row: Vec<String> = texts.into_iter().map(Into::into).collect();
        assert_eq!(row.len(), self.columns.len(), "a text for each column");
        self.rows.push(row);
    }

    /// Returns the rows for a terminal: the texts that group rows are blank if they repeat the row above.
    pub(super) fn with_blanks(&self) -> Vec<Vec<String>> {
        let mut shown = self.rows.clone();
        for place in (1..self.rows.len()).rev() {
            let (above, row) = (&self.rows[place - 1], &self.rows[place]);
            for column in (0..self.group).take_while(|&column| above[column] == row[column]) {
                shown[place][column].clear();
            }
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_named_once() {
        let mut table = Table::new([left("a"), left("b"), right("c")]).grouped_by(2);
        table.row(["x", "y", "1"]);
        table.row(["x", "y", "1"]);
        table.row(["x", "z", "1"]);
        table.row(["w", "z", "1"]);
        assert_eq!(table.with_blanks(), [["x", "y", "1"], ["", "", "1"], ["", "z", "1"], ["w", "z", "1"]]);
    }
}
