//! Blocks of documents that are drawn from results files.
//!
//! A block is enclosed by two comments, `<!-- begin overhead.json table -->` and `<!-- end -->`, the first of which
//! names the results file and the part of its report. `<!-- begin soak.json answer bytes kept -->` names the sentences
//! of an answer that contain these words, and `<!-- begin calls.json predict FILE.trace -->` names the costs and the
//! trace of a prediction: `predict` is its sentence and its table, and `prediction` its sentence. The text between them
//! is replaced; everything else stays unchanged.

use super::calls::Calls;
use super::kept::{Kept, Visitor};
use super::predict::{Prediction, origin};
use super::traces::{Traces, Way};
use super::{Study, headline};
use crate::platform::console;
use crate::platform::files::{self, FileError};
use crate::report::document::{Document, Part};
use crate::report::markdown;
use crate::trace::Trace;
use crate::tracking::Level;
use std::path::{Path, PathBuf};

/// The beginning of the comment above a block.
const BEGIN: &str = "<!-- begin ";
/// The comment below a block.
const END: &str = "<!-- end -->";

/// A document that cannot be spliced.
#[derive(Debug, thiserror::Error)]
pub enum SpliceError {
    /// A block's comment is wrong.
    #[error("{}:{line}: {why}", path.display())]
    Block {
        /// The document.
        path: PathBuf,
        /// The line of the comment.
        line: usize,
        /// The reason, with the correct form.
        why: String,
    },
    /// Documents differ from the results.
    #[error("differs from the results: {}; run `memscope-bench report --splice {}`", .0.join(", "), .0.join(" "))]
    Differ(Vec<String>),
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
}

/// Replaces the blocks of documents with the present results in a folder, or only compares them.
///
/// # Errors
/// If a document or a results file cannot be read, a block is wrong, or, with `check`, a block differs.
pub(crate) fn documents(documents: &[PathBuf], results: &Path, check: bool) -> Result<(), SpliceError> {
    let spliced = documents
        .iter()
        .map(|path| {
            let text = files::read_text(path, "a document")?;
            let new = splice(path, &text, &|file, part| block(&results.join(file), part))?;
            Ok((path, (new != text).then_some(new)))
        })
        .collect::<Result<Vec<_>, SpliceError>>()?;
    let changed: Vec<(&PathBuf, String)> = spliced.into_iter().filter_map(|(path, new)| Some((path, new?))).collect();
    if check {
        let names: Vec<String> = changed.iter().map(|(path, _)| path.display().to_string()).collect();
        return if names.is_empty() { Ok(()) } else { Err(SpliceError::Differ(names)) };
    }
    for (path, new) in changed {
        files::write(path, &new)?;
        console::complain(format_args!("Wrote {}", path.display()));
    }
    Ok(())
}

/// Returns a document with its blocks replaced. `block` returns the text for a file and a part, or the correct form
/// as an error.
fn splice(
    path: &Path,
    text: &str,
    block: &dyn Fn(&str, &str) -> Result<String, String>,
) -> Result<String, SpliceError> {
    let wrong = |line: usize, why: String| SpliceError::Block { path: path.to_owned(), line: line + 1, why };
    let mut new = String::with_capacity(text.len());
    let mut lines = text.split_inclusive('\n').enumerate();
    while let Some((number, line)) = lines.next() {
        new += line;
        let Some(named) = line.trim_end().strip_prefix(BEGIN) else { continue };
        let named =
            named.strip_suffix(" -->").ok_or_else(|| wrong(number, "the comment ends with ` -->`".to_owned()))?;
        let (file, part) = named.split_once(' ').unwrap_or((named, "table"));
        new += &block(file, part).map_err(|why| wrong(number, why))?;
        new += "\n";
        let end = lines.find(|(_, line)| line.trim_end() == END);
        let (_, end) = end.ok_or_else(|| wrong(number, format!("the block has no end: `{END}`")))?;
        new += end;
    }
    Ok(new)
}

/// Draws a part of a results file.
fn block(path: &Path, part: &str) -> Result<String, String> {
    let kept = Kept::read(path).map_err(|error| error.to_string())?;
    let drawn = |select: &dyn Fn(Document) -> Document| Ok(kept.visit(&mut Selected(select)));
    let text = match (part, &kept) {
        ("table", _) => drawn(&whole),
        ("tables", _) => drawn(&tables),
        ("notes", _) => drawn(&notes),
        ("answer", _) => drawn(&answer),
        ("first", _) => drawn(&first),
        ("last", _) => drawn(&last),
        ("headline", Kept::Overhead(results)) => Ok(headline::draw(results)),
        ("headline", _) => Err(format!("{} has no headline: only overheads have one", path.display())),
        (part, kept) => match (part.split_once(' '), kept) {
            (Some(("answer", words)), _) => match drawn(&|document| sentences(document, words)) {
                Ok(text) if text.is_empty() => {
                    Err(format!("no sentence of the answer of {} contains '{words}'", path.display()))
                }
                sentences => sentences,
            },
            (Some((part @ ("predict" | "prediction"), trace)), Kept::Calls(calls)) => {
                let prediction = predicted(&path.with_file_name(trace), calls, &path.with_file_name("traces.json"))?;
                let mut document = answer(prediction.summary());
                if part == "predict" {
                    document.parts.extend(first(prediction.summary()).parts);
                }
                Ok(markdown::draw(&document))
            }
            (Some(("predict" | "prediction", _)), _) => {
                Err(format!("{} predicts nothing: only the costs of calls do", path.display()))
            }
            _ => Err(format!(
                "unknown part '{part}': choose from table, tables, notes, answer, answer WORDS, first, last, headline, \
                 predict TRACE and prediction TRACE"
            )),
        },
    }?;
    // A block is below a heading of its document.
    let lines: Vec<String> =
        text.lines().map(|line| if line.starts_with("## ") { format!("#{line}") } else { line.to_owned() }).collect();
    Ok(lines.join("\n"))
}

/// Returns the prediction for a trace's program, from the costs of calls and the accuracy of predictions, if known.
fn predicted(trace: &Path, calls: &Calls, accuracy: &Path) -> Result<Prediction, String> {
    let name = trace.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let recorded = Trace::read(trace).map_err(|error| error.to_string())?;
    let prediction = Prediction::of(name, &recorded, Level::Allocator, calls)
        .map_err(|lack| format!("{}: {lack}", trace.display()))?;
    let traces: Option<Traces> = files::read_if_there(accuracy).map_err(|error| error.to_string())?;
    let known = traces.zip(origin(calls));
    let accuracy = known.and_then(|(traces, calls)| traces.accuracy_on(&calls.machine, Way::Prediction));
    Ok(prediction.with_accuracy(accuracy))
}

/// A part of a report, selected by a function.
struct Selected<'a>(&'a dyn Fn(Document) -> Document);

impl Visitor for Selected<'_> {
    type Output = String;

    fn visit<S: Study>(&mut self, study: &S) -> String {
        markdown::draw(&self.0(study.summary()))
    }
}

/// Returns the whole report.
fn whole(document: Document) -> Document {
    document
}

/// Returns the tables with their headings.
fn tables(mut document: Document) -> Document {
    document.parts.retain(|part| !matches!(part, Part::Notes(_)));
    document
}

/// Returns the notes, with the headings right above them.
fn notes(mut document: Document) -> Document {
    let is_note: Vec<bool> = document.parts.iter().map(|part| matches!(part, Part::Notes(_))).collect();
    let mut place = 0;
    document.parts.retain(|part| {
        place += 1;
        let is_above_notes = matches!(part, Part::Heading(_)) && is_note.get(place) == Some(&true);
        is_note[place - 1] || is_above_notes
    });
    document
}

/// Returns the sentences above the first table.
fn answer(document: Document) -> Document {
    let above = document.parts.into_iter().take_while(|part| !matches!(part, Part::Table(_)));
    Document { parts: above.filter(|part| matches!(part, Part::Notes(_))).collect() }
}

/// Returns the sentences of the answer that contain these words.
fn sentences(document: Document, words: &str) -> Document {
    let mut answer = answer(document);
    for part in &mut answer.parts {
        if let Part::Notes(lines) = part {
            lines.retain(|line| line.contains(words));
        }
    }
    answer.parts.retain(|part| !matches!(part, Part::Notes(lines) if lines.is_empty()));
    answer
}

/// Returns the first table, without its heading.
fn first(document: Document) -> Document {
    Document { parts: document.parts.into_iter().find(|part| matches!(part, Part::Table(_))).into_iter().collect() }
}

/// Returns the last table, without its heading.
fn last(document: Document) -> Document {
    let table = document.parts.into_iter().rfind(|part| matches!(part, Part::Table(_)));
    Document { parts: table.into_iter().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::document::{Table, left};

    fn spliced(text: &str) -> Result<String, String> {
        let block = |file: &str, part: &str| {
            if file == "x.json" { Ok(format!("<{file} {part}>")) } else { Err(format!("no {file}")) }
        };
        splice(Path::new("README.md"), text, &block).map_err(|error| error.to_string())
    }

    #[test]
    fn blocks_are_replaced_and_the_rest_is_unchanged() {
        let text = "a\r\n<!-- begin x.json notes -->\nold\n\nold\n<!-- end -->\nb\n<!-- begin x.json -->\n<!-- end -->";
        let new = "a\r\n<!-- begin x.json notes -->\n<x.json notes>\n<!-- end -->\nb\n<!-- begin x.json -->\n<x.json \
         table>\n<!-- end -->";
        assert_eq!(spliced(text).as_deref(), Ok(new));
        assert_eq!(spliced(new).as_deref(), Ok(new));
        assert_eq!(spliced("no blocks").as_deref(), Ok("no blocks"));
    }

    #[test]
    fn the_answer_and_the_first_table_begin_a_report_and_the_last_table_ends_it() {
        let mut document = Document::default();
        document.heading("a title");
        document.notes(["the answer", "and more"].map(str::to_owned).to_vec());
        for column in ["one", "two"] {
            document.table(Table::new([left(column)]));
            document.notes(vec!["a note".to_owned()]);
        }
        assert_eq!(answer(document.clone()).parts, document.parts[1..2]);
        assert_eq!(sentences(document.clone(), "more").parts, [Part::Notes(vec!["and more".to_owned()])]);
        assert_eq!(sentences(document.clone(), "title"), Document::default());
        assert_eq!(first(document.clone()).parts, document.parts[2..3]);
        assert_eq!(last(document.clone()).parts, document.parts[4..5]);
        for one in [first, last] {
            assert_eq!(one(Document::default()), Document::default());
        }
    }

    #[test]
    fn a_wrong_block_is_named_by_its_line() {
        assert_eq!(spliced("\n<!-- begin y.json -->\n<!-- end -->").unwrap_err(), "README.md:2: no y.json");
        assert!(
            spliced("<!-- begin x.json -->\nnever ends").unwrap_err().contains("README.md:1: the block has no end")
        );
        assert!(spliced("<!-- begin x.json\n<!-- end -->").unwrap_err().contains("README.md:1: the comment ends"));
    }
}
