//! `memscope-bench report`: redraws kept results files, inserts them into documents, and draws the page of all of them.

use super::arguments::{FormatArguments, not_negative};
use super::{Error, page};
use crate::platform::files;
use crate::study::compare::{Against, Comparison};
use crate::study::kept::{Kept, Visitor};
use crate::study::{Files, Study, splice};
use clap::Args;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The results files (results/compare.json). With --html also folders [default with --html: results]
    #[arg(value_name = "FILE", required_unless_present_any = ["splice", "html"])]
    files: Vec<PathBuf>,
    /// Write one HTML page with the answers from all of these files. It needs no network and no scripts
    #[arg(long, conflicts_with_all = ["print", "against", "threshold", "splice", "format"])]
    html: bool,
    /// The path of the page [default: index.html in the folder of results]
    #[arg(long, value_name = "FILE", requires = "html")]
    output: Option<PathBuf>,
    /// Print only, and write no tables and charts beside the files
    #[arg(long)]
    print: bool,
    /// Judge a comparison again, against another build
    #[arg(long, value_enum)]
    against: Option<Against>,
    /// Judge a comparison again, with another smallest regression or improvement, in percent
    #[arg(long, value_name = "PERCENT", value_parser = not_negative)]
    threshold: Option<f64>,
    /// Replace the marked blocks in these documents by the current results
    #[arg(long, value_name = "DOCUMENT", num_args = 1..)]
    #[arg(conflicts_with_all = ["files", "print", "against", "threshold"])]
    splice: Vec<PathBuf>,
    /// Check only: fail if a block differs from the current results
    #[arg(long, requires = "splice")]
    check: bool,
    /// The folder of the results to splice
    #[arg(long, default_value = "results", value_name = "DIR", requires = "splice")]
    results: PathBuf,
    #[command(flatten)]
    format: FormatArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Error> {
    if arguments.check && arguments.splice.is_empty() {
        return Err(Error::Other("--check compares the blocks of documents: name them after --splice".to_owned()));
    }
    if !arguments.splice.is_empty() {
        return Ok(splice::documents(&arguments.splice, &arguments.results, arguments.check)?);
    }
    if arguments.html {
        return page::write(&arguments.files, arguments.output.as_deref());
    }
    // All files are read before any is drawn, so a wrong name changes nothing.
    let kept = arguments.files.iter().map(|path| Kept::read(path)).collect::<Result<Vec<_>, _>>()?;
    if let Some(other) = arguments.files.iter().zip(&kept).find(|(_, kept)| !matches!(kept, Kept::Comparison(_)))
        && (arguments.against.is_some() || arguments.threshold.is_some())
    {
        let why = "only a comparison has verdicts: leave out --against and --threshold";
        return Err(Error::Other(format!("{}: {why}", other.0.display())));
    }
    arguments.files.iter().zip(kept).try_for_each(|(path, kept)| arguments.report(path, kept))
}

impl Arguments {
    /// Draws one file.
    fn report(&self, path: &Path, kept: Kept) -> Result<(), Error> {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let mut draw = Draw { arguments: self, path, files: Files { folder: files::folder_of(path), name: &stem } };
        match kept {
            Kept::Comparison(comparison) => draw.comparison(*comparison),
            Kept::Check(check) => draw.with_file(check.as_ref()),
            Kept::Soak(soaks) => draw.with_file(soaks.as_ref()),
            other => other.visit(&mut draw),
        }
    }
}

struct Draw<'a> {
    arguments: &'a Arguments,
    path: &'a Path,
    files: Files<'a>,
}

impl Draw<'_> {
    /// Draws a comparison, judged by the present rule.
    fn comparison(&mut self, comparison: Comparison) -> Result<(), Error> {
        let Arguments { against, threshold, .. } = self.arguments;
        self.with_file(&comparison.judged(against.clone(), *threshold))
    }

    /// Draws a study whose conclusions are recomputed when its file is read. The saved file gets the same ones as the
    /// report.
    fn with_file<S: Study>(&mut self, study: &S) -> Result<(), Error> {
        if !self.arguments.print {
            files::write_json(self.path, study)?;
        }
        self.visit(study)
    }
}

impl Visitor for Draw<'_> {
    type Output = Result<(), Error>;

    fn visit<S: Study>(&mut self, study: &S) -> Result<(), Error> {
        let drawn = if self.arguments.print { Ok(Vec::new()) } else { self.files.redraw(study) };
        self.files.print(study, self.arguments.format.format, drawn.as_deref().unwrap_or_default());
        Ok(drawn.map(drop)?)
    }
}
