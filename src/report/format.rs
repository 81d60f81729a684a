//! The formats in which a study is printed.

use clap::ValueEnum;

/// A format in which a study is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Tables for a terminal, with notes below them
    #[default]
    Text,
    /// The same as GitHub's Markdown
    Markdown,
    /// A row for each figure, with its interval
    Csv,
    /// Everything that was measured, as in the study's file
    Json,
    /// Bencher Metric Format, for Bencher's `json` adapter
    Bmf,
}
