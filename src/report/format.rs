//! The forms in which what was measured can be printed, and which report each of them is.

use crate::platform::files;
use crate::platform::files::NoNumber;
use crate::report::bmf;
use crate::study::compare::Comparison;
use crate::study::overhead::record::Results;
use crate::study::overhead::summary::Form;
use crate::study::trackers::Ladder;
use crate::study::{compare, instructions, overhead, trackers};
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

/// What can be printed in each form.
pub trait Printed {
    /// The tables, with notes below them.
    fn tables(&self, form: Form) -> String;
    /// Everything, as a file has it.
    ///
    /// # Errors
    /// If a figure is no number.
    fn json(&self) -> Result<String, NoNumber>;
    /// The benchmarks of Bencher's format.
    fn bmf(&self) -> String;
    /// What Bencher's format cannot show, a line each.
    fn left_out_of_bmf(&self) -> Vec<String>;
}

impl Format {
    /// What was measured, in this form. It ends without a line break.
    ///
    /// # Errors
    /// If it has a figure that the form cannot show.
    pub fn draw(self, printed: &impl Printed) -> Result<String, NoNumber> {
        Ok(match self {
            Self::Text => printed.tables(Form::Terminal),
            Self::Markdown => printed.tables(Form::Markdown),
            Self::Json => printed.json()?.trim_end().to_owned(),
            Self::Bmf => printed.bmf(),
        })
    }

    /// What this form cannot show, a line each.
    pub fn left_out(self, printed: &impl Printed) -> Vec<String> {
        if self == Self::Bmf { printed.left_out_of_bmf() } else { Vec::new() }
    }
}

impl Printed for Results {
    /// The table of overheads, or that of instructions, where those were counted instead.
    fn tables(&self, form: Form) -> String {
        if self.instructions.is_empty() {
            overhead::summary::overheads(self, form)
        } else {
            instructions::summary::counts(self, form)
        }
    }
    fn json(&self) -> Result<String, NoNumber> {
        files::json(self)
    }
    fn bmf(&self) -> String {
        bmf::of_results(self)
    }
    fn left_out_of_bmf(&self) -> Vec<String> {
        bmf::left_out_of_results(self)
    }
}

impl Printed for Comparison {
    fn tables(&self, form: Form) -> String {
        compare::summary::draw(self, form)
    }
    fn json(&self) -> Result<String, NoNumber> {
        files::json(self)
    }
    fn bmf(&self) -> String {
        bmf::of_comparison(self)
    }
    fn left_out_of_bmf(&self) -> Vec<String> {
        bmf::left_out_of_comparison(self)
    }
}

impl Printed for Ladder {
    fn tables(&self, form: Form) -> String {
        trackers::summary::draw(self, form)
    }
    fn json(&self) -> Result<String, NoNumber> {
        files::json(self)
    }
    fn bmf(&self) -> String {
        bmf::of_results(&self.0)
    }
    fn left_out_of_bmf(&self) -> Vec<String> {
        bmf::left_out_of_results(&self.0)
    }
}
