//! The forms in which results can be printed, and which report each of them is.

use super::table::{self, Form};
use super::{bmf, instructions};
use crate::files;
use crate::results::Results;
use clap::ValueEnum;

/// A form in which results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Tables for a terminal, with notes below them
    #[default]
    Text,
    /// The same as GitHub's Markdown
    Markdown,
    /// Everything that was measured, as a results file has it
    Json,
    /// Bencher Metric Format, for Bencher's `json` adapter
    Bmf,
}

impl Format {
    /// The results in this form. It ends without a line break.
    pub fn draw(self, results: &Results) -> String {
        match self {
            Self::Text => tables(results, Form::Terminal),
            Self::Markdown => tables(results, Form::Markdown),
            Self::Json => files::json(results).trim_end().to_owned(),
            Self::Bmf => bmf::draw(results),
        }
    }

    /// What this form cannot show of the results, a line each.
    pub fn left_out(self, results: &Results) -> Vec<String> {
        if self == Self::Bmf { bmf::left_out(results) } else { Vec::new() }
    }
}

/// The table of overheads, or that of instructions, where those were counted instead.
fn tables(results: &Results, form: Form) -> String {
    if results.instructions.is_empty() { table::overheads(results, form) } else { instructions::counts(results, form) }
}
