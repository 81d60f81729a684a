//! A report as data: headings, tables and notes. The output format decides on their form.

/// A report, from top to bottom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// Its parts, in order.
    pub parts: Vec<Part>,
}

/// A part of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A heading of the following parts.
    Heading(String),
    /// A table.
    Table(Table),
    /// Sentences, one per line. They may contain Markdown's `code` marks, and text from outside.
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

    /// Returns the document with each run of tables that have the same columns, each below its heading, as one table:
    /// the headings become a first column with this title.
    #[must_use]
    pub(crate) fn merged(self, title: &str) -> Self {
        let mut merged = Self::default();
        let mut run: Vec<(String, Table)> = Vec::new();
        let mut parts = self.parts.into_iter().peekable();
        while let Some(part) = parts.next() {
            let is_heading = matches!(part, Part::Heading(_));
            match (part, parts.next_if(|next| is_heading && matches!(next, Part::Table(_)))) {
                (Part::Heading(heading), Some(Part::Table(table))) => {
                    if run.last().is_some_and(|(_, above)| above.columns != table.columns) {
                        merged.join(std::mem::take(&mut run), title);
                    }
                    run.push((heading, table));
                }
                (part, _) => {
                    merged.join(std::mem::take(&mut run), title);
                    merged.parts.push(part);
                }
            }
        }
        merged.join(run, title);
        merged
    }

    /// Adds tables with their headings: several as one table.
    fn join(&mut self, run: Vec<(String, Table)>, title: &str) {
        let is_one = run.len() == 1;
        let mut joined: Option<Table> = None;
        for (heading, mut table) in run {
            if is_one {
                self.heading(heading);
                self.table(table);
                return;
            }
            let headings = vec![heading; table.rows.len()];
            table.insert(0, left(title), headings);
            match &mut joined {
                Some(joined) => joined.rows.extend(table.rows),
                None => joined = Some(table),
            }
        }
        self.parts.extend(joined.map(Part::Table));
    }

    /// Returns only the tables.
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
    /// The title. It may come from outside, such as a build's name.
    pub title: String,
    /// The title on a terminal, which is narrow; `None` to omit the column there.
    pub on_terminal: Option<String>,
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
    Column::new(title.into(), Align::Left)
}

/// Returns a column of numbers.
pub(crate) fn right(title: impl Into<String>) -> Column {
    Column::new(title.into(), Align::Right)
}

impl Column {
    fn new(title: String, align: Align) -> Self {
        Self { on_terminal: Some(title.clone()), title, align }
    }

    /// Sets a shorter title for terminals.
    #[must_use]
    pub(crate) fn short(self, title: &str) -> Self {
        Self { on_terminal: Some(title.to_owned()), ..self }
    }

    /// Omits the column on a terminal.
    #[must_use]
    pub(crate) fn off_terminal(self) -> Self {
        Self { on_terminal: None, ..self }
    }
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
    /// If the number of texts differs from the number of columns.
    pub fn row(&mut self, texts: impl IntoIterator<Item = impl Into<String>>) {
        let row: Vec<String> = texts.into_iter().map(Into::into).collect();
        assert_eq!(row.len(), self.columns.len(), "a text for each column");
        self.rows.push(row);
    }

    /// Returns the table for a terminal: with short titles, without the omitted columns, and with blanks in place of
    /// grouping texts that repeat the row above.
    pub(super) fn for_terminal(&self) -> Self {
        let shown: Vec<usize> =
            (0..self.columns.len()).filter(|&place| self.columns[place].on_terminal.is_some()).collect();
        let titled = |column: &Column| column.on_terminal.clone().map(|title| Column { title, ..column.clone() });
        let rows = self.with_blanks();
        Self {
            columns: self.columns.iter().filter_map(titled).collect(),
            rows: rows.iter().map(|row| shown.iter().map(|&place| row[place].clone()).collect()).collect(),
            ..*self
        }
    }

    fn with_blanks(&self) -> Vec<Vec<String>> {
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
    fn tables_with_the_same_columns_are_merged() {
        let table = |columns: &[&str], cells: &[&str]| {
            let mut table = Table::new(columns.iter().map(|&title| left(title)));
            table.row(cells.iter().copied());
            table
        };
        let mut document = Document::default();
        for (heading, columns, cells) in
            [("one", &["a"][..], &["1"][..]), ("two", &["a"], &["2"]), ("three", &["a", "b"], &["3", "4"])]
        {
            document.heading(heading);
            document.table(table(columns, cells));
        }
        document.notes(vec!["a note".to_owned()]);
        let merged = document.merged("of");
        let rows: Vec<&Vec<Vec<String>>> = merged.tables().map(|table| &table.rows).collect();
        assert_eq!(rows, [&vec![vec!["one", "1"], vec!["two", "2"]], &vec![vec!["3", "4"]]]);
        assert_eq!(merged.parts[1], Part::Heading("three".to_owned()), "a single table keeps its heading");
        assert_eq!(merged.parts.len(), 4, "the note is there too");
    }

    #[test]
    fn a_group_is_named_once() {
        let mut table = Table::new([left("a"), left("b"), right("c")]).grouped_by(2);
        table.row(["x", "y", "1"]);
        table.row(["x", "y", "1"]);
        table.row(["x", "z", "1"]);
        table.row(["w", "z", "1"]);
        assert_eq!(table.for_terminal().rows, [["x", "y", "1"], ["", "", "1"], ["", "z", "1"], ["w", "z", "1"]]);
    }

    #[test]
    fn a_terminal_has_fewer_columns_and_shorter_titles() {
        let mut table =
            Table::new([left("a"), right("a long title").short("b"), right("c").off_terminal(), right("d")]);
        table.row(["1", "2", "3", "4"]);
        let narrow = table.for_terminal();
        assert_eq!(narrow.columns.iter().map(|column| column.title.as_str()).collect::<Vec<_>>(), ["a", "b", "d"]);
        assert_eq!(narrow.rows, [["1", "2", "4"]]);
        assert_eq!(table.columns[1].title, "a long title");
    }
}
