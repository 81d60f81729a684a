//! The page: one HTML file with the answers from all results files. It needs no network, and is readable without
//! scripts.
//!
//! Each section answers a question from the files of its studies. Its tables are the tables of the studies' own
//! reports, so every number in them is in a report, rounded in the same way.

mod answer;
mod depth;
mod exhibit;
mod found;
mod questions;
mod strip;

pub(crate) use found::Found;

use crate::platform::files::FileError;
use crate::platform::itself;
use crate::report::chart::inline;
use crate::report::html::{Html, line};
use askama::Template;
use exhibit::Exhibit;
use questions::{QUESTIONS, Question, command_of};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The name of the page in a folder of results.
pub(crate) const NAME: &str = "index.html";

/// The mark of a page that may be replaced.
const MARK: &str = "<meta name=\"generator\" content=\"memscope-bench";

/// Checks that a page can be written to a path: it does not exist, or is an earlier page.
///
/// # Errors
/// If the path is another file.
pub(crate) fn check_place(path: &Path) -> Result<(), FileError> {
    match fs::read(path) {
        Ok(earlier) if !earlier.is_empty() && !String::from_utf8_lossy(&earlier).contains(MARK) => {
            Err(FileError::corrupt(path, "a page of memscope-bench", "it would be replaced: name another file"))
        }
        _ => Ok(()),
    }
}

/// Draws the page of these files for a folder. `criterion` is the folder of Criterion's reports, which are linked if
/// they exist.
pub(crate) fn draw(found: &Found, folder: &Path, criterion: &Path) -> String {
    let mut names = BTreeSet::new();
    let mut sections: Vec<Section> =
        QUESTIONS.iter().map(|question| Section::of(question, found, folder, criterion, &mut names)).collect();
    sections.retain(|section| section.question.is_in_depth() || !section.is_empty());
    let newest = sections.iter().flat_map(|section| &section.exhibits).filter_map(Exhibit::newest).max();
    let unreadable = found.unreadable.iter().map(|file| line(&file.to_string())).collect();
    let page = PageTemplate {
        pictures: inline::style(),
        files: found.files.len(),
        newest: newest.map(|newest| newest.format("%Y-%m-%d").to_string()),
        version: env!("CARGO_PKG_VERSION"),
        program: itself::another_command().unwrap_or("memscope-bench"),
        bench: command_of("cargo bench", itself::another_command()).unwrap_or_default(),
        unreadable,
        sections,
    };
    Html::of(&page).to_string()
}

#[derive(Template)]
#[template(path = "page.html", config = "src/report/html/askama.toml")]
struct PageTemplate {
    /// The style sheet that the charts share. It has the colours of the page too.
    pictures: &'static str,
    files: usize,
    newest: Option<String>,
    version: &'static str,
    /// The command of this program, without its arguments.
    program: &'static str,
    /// The command that measures the overheads.
    bench: String,
    unreadable: Vec<Html>,
    sections: Vec<Section>,
}

/// A question with its answers.
struct Section {
    question: &'static Question,
    /// The answer in sentences.
    answers: Vec<Html>,
    exhibits: Vec<Exhibit>,
    /// The missing files, each with the command that makes it.
    missing: Vec<Html>,
    /// The workloads in depth, in the one section that has them.
    workloads: Vec<Html>,
}

impl Section {
    fn of(
        question: &'static Question,
        found: &Found,
        folder: &Path,
        criterion: &Path,
        names: &mut BTreeSet<String>,
    ) -> Self {
        let files = question.files(&found.files);
        let is_open = |place: usize| place == 0 || question.is_first_of_its_role(&files, place);
        let exhibits: Vec<Exhibit> =
            files.iter().enumerate().map(|(place, file)| Exhibit::of(file, folder, is_open(place), names)).collect();
        let open = files.iter().enumerate().filter(|&(place, _)| is_open(place));
        let answers = open.flat_map(|(_, file)| answer::sentences(&file.kept)).map(|text| line(&text)).collect();
        let missing = question
            .missing(&found.files)
            .map(|(file, command)| line(&format!("`{file}` is missing: `{command}` creates it.")));
        let workloads = if question.is_in_depth() { depth::workloads(found, folder, criterion) } else { Vec::new() };
        Self { question, answers, exhibits, missing: missing.collect(), workloads }
    }

    /// Returns whether there is no file, and no command that makes one.
    fn is_empty(&self) -> bool {
        self.exhibits.is_empty() && self.missing.is_empty()
    }
}
