//! Studies: one folder for each question. A study is measured, saved as a file, and reported from that file alone.

pub mod accuracy;
pub mod calls;
pub mod check;
pub mod claims;
pub mod compare;
pub mod conformance;
pub(crate) mod control;
pub mod counts;
pub mod footprint;
pub(crate) mod headline;
pub(crate) mod instructions;
pub mod kept;
pub mod modes;
pub mod overhead;
pub(crate) mod page;
pub(crate) mod predict;
pub mod programs;
pub mod replay;
pub mod sessions;
pub mod soak;
pub(crate) mod splice;
pub mod stress;
pub mod traces;
pub mod trackers;
pub(crate) mod trend;
pub mod validation;
pub mod why;

use crate::platform::console;
use crate::platform::files::{self, FileError, NoNumber, Versioned};
use crate::platform::shell;
use crate::report::chart::canvas;
use crate::report::document::Document;
use crate::report::format::Format;
use crate::report::metric::Metric;
use crate::report::origin::Origin;
use crate::report::{bmf, csv, markdown, text};
use crate::study::control::ControlFailure;
use std::fs;
use std::path::{Path, PathBuf};

/// A study's record: the measurements from which every report is drawn.
pub trait Study: Versioned {
    /// Returns the report: tables and notes.
    fn summary(&self) -> Document;

    /// Returns the chart as SVG; `None` if the study has none.
    fn chart(&self) -> Option<String> {
        None
    }

    /// Returns the figures for other programs.
    fn metrics(&self) -> Vec<Metric>;

    /// Returns the origins of the measurements, each with its part, which is empty for a study without parts. A study
    /// that measures nothing has none.
    fn origins(&self) -> Vec<(&'static str, &Origin)> {
        Vec::new()
    }

    /// Returns the reason why the run's own control failed, if it did: its results are then not kept.
    fn control_failure(&self) -> Option<ControlFailure> {
        None
    }

    /// Returns a line for each benchmark that has no figure, with its outcome.
    fn left_out(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Draws a study in a format. The text ends without a line break.
///
/// # Errors
/// If it has a figure that the format cannot represent.
///
/// ```
/// use memscope_bench::{Comparison, Format, draw, read};
/// use std::path::{Path, PathBuf};
///
/// let comparison: Comparison = read(Path::new("results/commits/compare.json"))?;
/// let table = draw(&comparison, Format::Markdown).expect("each figure is a number");
/// assert!(table.contains("| workload | level | build"));
/// # Ok::<(), memscope_bench::FileError>(())
/// ```
pub fn draw(study: &impl Study, format: Format) -> Result<String, NoNumber> {
    Ok(match format {
        Format::Text => text::draw(&study.summary()),
        Format::Markdown => markdown::draw(&study.summary()),
        Format::Csv => csv::draw(&study.metrics()),
        Format::Json => files::json(study)?.trim_end().to_owned(),
        Format::Bmf => bmf::draw(&study.metrics()),
    })
}

/// Prints a study in a format, and reports on stderr what the format leaves out.
pub fn print(study: &impl Study, format: Format) {
    match draw(study, format) {
        Ok(text) => console::print(text),
        Err(error) => console::fail(error),
    }
    if matches!(format, Format::Csv | Format::Bmf) {
        study.left_out().into_iter().for_each(console::complain);
    }
}

/// The folder of results that are not kept, below the working directory.
const NOT_KEPT: &str = "target/not-kept";

/// The end of a study: its results are saved, or not kept.
#[derive(Debug)]
pub enum Settled {
    /// They are saved in files of these names.
    Saved(Vec<String>),
    /// The study's control failed.
    NotKept(NotKept),
}

/// Results that are not kept, because the run's own control failed.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.explained())]
pub struct NotKept {
    /// The reason.
    pub failure: ControlFailure,
    /// The file with the results.
    pub path: PathBuf,
    /// The file that was not replaced.
    pub instead_of: PathBuf,
}

impl NotKept {
    /// Returns the reason, and how to keep the results anyway.
    fn explained(&self) -> String {
        let Self { failure, path, instead_of } = self;
        let [from, to] = [path, instead_of].map(|path| shell::quoted(path.as_os_str()));
        format!(
            "the run's own control failed: {failure}. {} is unchanged. Measure again on a quiet machine. To keep these \
             results anyway: cp {from} {to} && memscope-bench report {to}",
            instead_of.display()
        )
    }
}

/// The files of a study in a folder: `NAME.json`, `NAME.md` and, if there is a chart, `NAME.svg`.
#[derive(Clone, Copy, Debug)]
pub struct Files<'a> {
    /// The folder.
    pub folder: &'a Path,
    /// The common name of the files.
    pub name: &'a str,
}

impl Files<'_> {
    /// Checks that the files can be written, and creates the folder. Call this before anything is measured.
    ///
    /// # Errors
    /// If they cannot be written, or a file of that name has other content.
    pub fn prepare<S: Study>(&self) -> Result<(), FileError> {
        let [json, table, picture] = ["json", "md", "svg"].map(|ending| format!("{}.{ending}", self.name));
        files::prepare_in::<S>(self.folder, &json, &[&table, &picture])
    }

    /// Returns whether a path leads to one of the files.
    pub fn has(&self, path: &Path) -> bool {
        ["json", "md", "svg"]
            .iter()
            .any(|ending| files::are_same_file(path, &self.folder.join(format!("{}.{ending}", self.name))))
    }

    /// Saves a study with its table and chart, then prints it. A study that cannot be saved is still printed.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn finish(&self, study: &impl Study, format: Format) -> Result<(), FileError> {
        let saved = self.save(study);
        self.print(study, format, saved.as_deref().unwrap_or_default());
        saved.map(drop)
    }

    /// Prints a study, and the names of the written files on stderr.
    pub fn print(&self, study: &impl Study, format: Format, written: &[String]) {
        print(study, format);
        if !written.is_empty() {
            console::complain(format_args!("Wrote {} in {}", written.join(", "), self.folder.display()));
        }
    }

    /// Saves a study with its table and chart, unless its own control failed and `keep` is false. It is then written to
    /// a folder of results that are not kept, and the files in this folder stay.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn settle(&self, study: &impl Study, keep: bool) -> Result<Settled, FileError> {
        self.settle_beside(study, keep, Path::new(NOT_KEPT))
    }

    fn settle_beside(&self, study: &impl Study, keep: bool, not_kept: &Path) -> Result<Settled, FileError> {
        let Some(failure) = study.control_failure().filter(|_| !keep) else {
            return self.save(study).map(Settled::Saved);
        };
        let json = format!("{}.json", self.name);
        files::prepare_folder(not_kept)?;
        let path = not_kept.join(&json);
        files::write_json(&path, study)?;
        Ok(Settled::NotKept(NotKept { failure, path, instead_of: self.folder.join(json) }))
    }

    /// Saves a study with its table and chart. Returns the names of the files.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn save(&self, study: &impl Study) -> Result<Vec<String>, FileError> {
        let json = format!("{}.json", self.name);
        files::write_json(&self.folder.join(&json), study)?;
        let mut written = vec![json];
        written.extend(self.redraw(study)?);
        Ok(written)
    }

    /// Writes a study's table and chart. Returns the names of the files.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn redraw(&self, study: &impl Study) -> Result<Vec<String>, FileError> {
        let mut written = vec![format!("{}.md", self.name)];
        files::write(&self.folder.join(&written[0]), &format!("{}\n", markdown::draw(&study.summary())))?;
        let name = format!("{}.svg", self.name);
        let path = self.folder.join(&name);
        match study.chart() {
            Some(picture) => {
                files::write(&path, &picture)?;
                written.push(name);
            }
            // An earlier chart would show other results than the table.
            None if canvas::is_ours(&path) => {
                fs::remove_file(&path).map_err(|source| FileError::Write { path, source })?;
            }
            None => {}
        }
        Ok(written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::measurement::Measurement;
    use crate::study::control::tests::shifted;
    use crate::study::overhead::record::Results;

    fn results(measurement: Measurement) -> Results {
        Results { measurements: vec![measurement], ..Results::begin(Origin::here("memscope-bench measure".to_owned())) }
    }

    #[test]
    fn results_whose_control_failed_do_not_replace_earlier_ones() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (kept, not_kept) = (folder.path().join("results"), folder.path().join("not kept"));
        let files = Files { folder: &kept, name: "overhead" };
        files.prepare::<Results>().expect("it can be created");
        let (good, bad) = (results(shifted(1.0)), results(shifted(1.05)));
        let read = || files::read::<Results>(&kept.join("overhead.json")).expect("a results file");
        let settled = files.settle_beside(&good, false, &not_kept).expect("it can be written");
        assert!(matches!(settled, Settled::Saved(written) if written.len() == 2));
        assert_eq!(read(), good);

        let settled = files.settle_beside(&bad, false, &not_kept).expect("it can be written");
        let Settled::NotKept(refused) = settled else { panic!("its control failed") };
        assert_eq!(read(), good, "the earlier results are unchanged");
        assert_eq!(files::read::<Results>(&refused.path).expect("a results file"), bad, "and these are not lost");
        let message = refused.to_string();
        for part in ["differs from itself by +5.0 %", "overhead.json is unchanged", "'", "&& memscope-bench report"] {
            assert!(message.contains(part), "{message}");
        }
        files.settle_beside(&bad, true, &not_kept).expect("it can be written");
        assert_eq!(read(), bad, "the user decides");
    }
}
