//! The journal of a run: every pair is appended when it is measured, so a killed run can be resumed.
//!
//! The file has a line of JSON for each entry. The first line has the run's plan, and may have more. A last line that
//! is incomplete, because the run was killed while writing it, is ignored. Only one process at a time has a journal
//! open.

use super::measurement::{Measurement, Pair};
use crate::platform::console;
use crate::worker::failure::Failure;
use crate::workloads::Digest;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// An entry after the plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "entry")]
pub enum Entry {
    /// The trial of a measurement ended, with its first results or its failure.
    Began {
        /// The measurement's index.
        measurement: usize,
        /// The measurement before its first pair.
        known: Box<Measurement>,
        /// The expected digest of its probes.
        expected: Digest,
    },
    /// A measurement's next pair.
    Pair {
        /// The measurement's index.
        measurement: usize,
        /// The pair.
        pair: Pair,
    },
    /// A measurement failed after some pairs.
    Failed {
        /// The measurement's index.
        measurement: usize,
        /// The failure.
        failure: Failure,
    },
    /// A measurement used up its time in the current pass of its group, so it takes no more pairs there.
    Rests {
        /// The measurement's index.
        measurement: usize,
    },
    /// A pass of a group of measurements ended.
    Closed {
        /// The group's index.
        group: usize,
        /// The pass, from 0.
        pass: usize,
    },
}

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    /// True if the run continues when an entry cannot be written; later entries are then not written.
    is_optional: bool,
    has_failed: bool,
}

impl Journal {
    fn of(path: &Path, file: File) -> Self {
        Self { path: path.to_owned(), file, is_optional: false, has_failed: false }
    }

    /// Makes the journal optional: if an entry cannot be written, the run continues with a warning. For short runs,
    /// which can be repeated.
    #[must_use]
    pub fn optional(self) -> Self {
        Self { is_optional: true, ..self }
    }

    /// Creates a journal.
    ///
    /// # Errors
    /// If the file exists already, or cannot be written.
    pub fn begin<P: Serialize>(path: &Path, plan: &P) -> Result<Self, JournalError> {
        let failed = |source| JournalError::File { path: path.to_owned(), source };
        let file = OpenOptions::new().read(true).append(true).create_new(true).open(path).map_err(|error| {
            if error.kind() == io::ErrorKind::AlreadyExists { JournalError::there(path) } else { failed(error) }
        })?;
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            file.lock().map_err(failed)?;
        }
        let mut journal = Self::of(path, file);
        match journal.append(plan) {
            Ok(()) => Ok(journal),
            Err(error) => {
                // An incomplete plan is useless.
                let _ = std::fs::remove_file(path);
                Err(error)
            }
        }
    }

    /// Opens the journal of an unfinished run, and returns its entries without an incomplete last one.
    ///
    /// # Errors
    /// If there is no journal, another process has it open, or its plan differs from this one.
    pub fn resume<P, E>(path: &Path, plan: &P) -> Result<(Self, Vec<E>), JournalError>
    where
        P: Serialize + DeserializeOwned + PartialEq,
        E: DeserializeOwned,
    {
        Self::resume_from(path, plan, plan)
    }

    /// Opens a journal like [`resume`](Self::resume). If the run ended while it wrote its first line, the journal begins
    /// with this one.
    ///
    /// # Errors
    /// As for [`resume`](Self::resume).
    pub fn resume_from<P, E>(path: &Path, plan: &P, first: &impl Serialize) -> Result<(Self, Vec<E>), JournalError>
    where
        P: Serialize + DeserializeOwned + PartialEq,
        E: DeserializeOwned,
    {
        let failed = |source| JournalError::File { path: path.to_owned(), source };
        let mut file = OpenOptions::new().read(true).append(true).open(path).map_err(|error| {
            if error.kind() == io::ErrorKind::NotFound { JournalError::None(path.to_owned()) } else { failed(error) }
        })?;
        if !is_free(&file) {
            return Err(JournalError::InUse(path.to_owned()));
        }
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(failed)?;
        let whole = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);

        let corrupt = |number: usize| JournalError::Corrupt { path: path.to_owned(), line: number + 1 };
        let mut lines = text[..whole].split_inclusive(|&byte| byte == b'\n').enumerate();
        let Some((_, theirs)) = lines.next() else {
            // The run ended while it wrote its first line, or the file is not a journal.
            let whole = line(plan).map_err(failed)?;
            if !whole.starts_with(&text) && !text.starts_with(whole.strip_suffix(b"}\n").unwrap_or(&whole)) {
                return Err(JournalError::no_plan(path));
            }
            file.set_len(0).map_err(failed)?;
            let mut journal = Self::of(path, file);
            journal.append(first)?;
            return Ok((journal, Vec::new()));
        };
        let theirs: P = serde_json::from_slice(theirs).map_err(|_| JournalError::no_plan(path))?;
        check_same(path, &theirs, plan)?;
        let entries = lines
            .map(|(number, line)| serde_json::from_slice(line).map_err(|_| corrupt(number)))
            .collect::<Result<Vec<E>, _>>()?;
        file.set_len(whole as u64).map_err(failed)?;
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        Ok((Self::of(path, file), entries))
    }

    /// Returns the plan of an unfinished run, so that another one is noticed before anything slow. `None` if the run
    /// ended while it wrote its plan; [`resume`](Self::resume) then decides.
    ///
    /// # Errors
    /// If the file cannot be read, or begins with something else.
    pub fn plan<P: DeserializeOwned>(path: &Path) -> Result<Option<P>, JournalError> {
        // Opening a pipe would wait for a writer.
        if !path.is_file() {
            return Ok(None);
        }
        let failed = |source| JournalError::File { path: path.to_owned(), source };
        let mut first = Vec::new();
        BufReader::new(File::open(path).map_err(failed)?).read_until(b'\n', &mut first).map_err(failed)?;
        if first.pop() != Some(b'\n') {
            return Ok(None);
        }
        serde_json::from_slice(&first).map(Some).map_err(|_| JournalError::no_plan(path))
    }

    /// Appends an entry.
    ///
    /// # Errors
    /// If it cannot be written, and the journal is not optional.
    pub fn append(&mut self, entry: &impl Serialize) -> Result<(), JournalError> {
        let failed = |source| JournalError::File { path: self.path.clone(), source };
        if self.has_failed {
            return Ok(());
        }
        match line(entry).and_then(|line| self.file.write_all(&line)).map_err(failed) {
            Err(error) if self.is_optional => {
                self.has_failed = true;
                console::complain(format_args!("Warning: {error}. If this run is killed, it cannot be resumed."));
                Ok(())
            }
            outcome => outcome,
        }
    }

    /// Removes the journal after the results of the run are written.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn end(self) -> Result<(), JournalError> {
        std::fs::remove_file(&self.path).map_err(|source| JournalError::File { path: self.path, source })
    }
}

/// Checks that a run has the plan of an unfinished one.
///
/// # Errors
/// If it has another one; the first difference is named.
pub(crate) fn check_same<P: Serialize + PartialEq>(path: &Path, there: &P, here: &P) -> Result<(), JournalError> {
    if there == here {
        return Ok(());
    }
    let values = serde_json::to_value(there).ok().zip(serde_json::to_value(here).ok());
    let why = values.and_then(|(there, here)| difference("", &there, &here));
    Err(JournalError::OtherRun { path: path.to_owned(), why: why.unwrap_or_else(|| "of other settings".to_owned()) })
}

/// Returns the first difference of two plans, by its name and both values: `rounds: 100 there, 50 here`.
fn difference(name: &str, there: &Value, here: &Value) -> Option<String> {
    let is_plain = |value: &Value| !value.is_object() && !value.is_array();
    match (there, here) {
        _ if there == here => None,
        (Value::Object(these), Value::Object(those)) => {
            let keys: BTreeSet<&String> = these.keys().chain(those.keys()).collect();
            let named = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
            keys.into_iter().find_map(|key| {
                let value = |of: &serde_json::Map<String, Value>| of.get(key).cloned().unwrap_or_default();
                difference(&named(key), &value(these), &value(those))
            })
        }
        (Value::Array(these), Value::Array(those)) if !these.iter().chain(those).all(is_plain) => {
            let first = these.iter().zip(those).find_map(|(there, here)| difference(name, there, here));
            first.or_else(|| Some(format!("{name}: {} there, {} here", these.len(), those.len())))
        }
        _ => Some(format!("{name}: {} there, {} here", shown(there), shown(here))),
    }
}

/// Formats the value of a setting.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(list) => format!("[{}]", list.iter().map(shown).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// Returns an entry as a line of a journal.
fn line(entry: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(entry)?;
    line.push(b'\n');
    Ok(line)
}

/// Locks a journal; gives up after several tries. A child process that is being started briefly inherits all open
/// files, including the lock. On a file system without locks every journal counts as free.
fn is_free(file: &File) -> bool {
    const PATIENCE: Duration = Duration::from_millis(20);
    (0..25).any(|_| {
        !matches!(file.try_lock(), Err(TryLockError::WouldBlock)) || {
            std::thread::sleep(PATIENCE);
            false
        }
    })
}

/// Returns whether another process is writing a journal.
pub(crate) fn is_in_use(path: &Path) -> bool {
    // Opening a pipe would wait for a writer.
    path.is_file() && File::open(path).is_ok_and(|file| !is_free(&file))
}

impl JournalError {
    /// Returns the error for a journal that exists already: another run is writing it, or an unfinished run left it.
    pub(crate) fn there(path: &Path) -> Self {
        if is_in_use(path) { Self::InUse(path.to_owned()) } else { Self::Unfinished(path.to_owned()) }
    }

    /// Returns the error for a file that begins with no plan of such a run.
    fn no_plan(path: &Path) -> Self {
        Self::OtherRun { path: path.to_owned(), why: "it has no plan of such a run".to_owned() }
    }
}

/// An error of a journal.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// It could not be read or written.
    #[error("cannot use the journal {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// An unfinished run left a journal.
    #[error("{} is the journal of an unfinished run: continue it with --resume, or remove the file", .0.display())]
    Unfinished(PathBuf),
    /// There is no journal to resume.
    #[error("nothing to resume: no journal {}", .0.display())]
    None(PathBuf),
    /// Another process is writing the journal.
    #[error("{} is in use by another run", .0.display())]
    InUse(PathBuf),
    /// The journal belongs to other builds or other settings.
    #[error("{} is the journal of another run: {why}", path.display())]
    OtherRun {
        /// The file.
        path: PathBuf,
        /// The first difference.
        why: String,
    },
    /// A line is not an entry.
    #[error("line {line} of {} is not an entry of a journal", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::fs;

    fn resume(path: &Path, plan: &String) -> Result<(Journal, Vec<Entry>), JournalError> {
        Journal::resume(path, plan)
    }

    fn closed(group: usize) -> Entry {
        Entry::Closed { group, pass: 0 }
    }

    #[test]
    fn a_journal_is_resumed_where_it_stopped() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("journal");
        let plan = "a plan".to_owned();
        assert!(matches!(resume(&path, &plan), Err(JournalError::None(_))));
        let mut journal = Journal::begin(&path, &plan).expect("it can be begun");
        journal.append(&closed(1)).expect("it can be written");
        assert!(matches!(Journal::begin(&path, &plan), Err(JournalError::InUse(_))));
        assert!(matches!(resume(&path, &plan), Err(JournalError::InUse(_))));
        drop(journal);
        assert!(matches!(Journal::begin(&path, &plan), Err(JournalError::Unfinished(_))));

        // Killed while writing a line.
        let mut file = OpenOptions::new().append(true).open(&path).expect("the journal");
        file.write_all(b"{\"entry\":\"clo").expect("half a line");
        drop(file);
        let (mut journal, entries) = resume(&path, &plan).expect("it can be resumed");
        assert_eq!(entries, [closed(1)]);
        journal.append(&closed(2)).expect("it can be written");
        drop(journal);
        let (journal, entries) = resume(&path, &plan).expect("it can be resumed");
        assert_eq!(entries, [closed(1), closed(2)]);
        journal.end().expect("it can be ended");
        assert!(!path.exists());
    }

    #[test]
    fn the_journal_of_another_run_is_not_changed() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("journal");
        drop(Journal::begin(&path, &"one plan".to_owned()).expect("it can be begun"));
        assert!(matches!(resume(&path, &"another".to_owned()), Err(JournalError::OtherRun { .. })));
        fs::write(&path, "\"one plan\"\nnonsense\n").expect("a file");
        let error = resume(&path, &"one plan".to_owned()).expect_err("corrupt").to_string();
        assert!(error.contains("line 2 of"), "{error}");
        assert_eq!(fs::read_to_string(&path).expect("a file"), "\"one plan\"\nnonsense\n");
    }

    #[test]
    fn another_plan_is_named_by_its_first_difference() {
        let of = |there: Value, here: Value| {
            check_same(Path::new("journal"), &there, &here).expect_err("they differ").to_string()
        };
        let why = |there, here| of(there, here).split_once("another run: ").expect("a reason").1.to_owned();
        assert_eq!(
            why(json!({ "rounds": 100, "seed": 1 }), json!({ "rounds": 50, "seed": 1 })),
            "rounds: 100 there, 50 here"
        );
        assert_eq!(why(json!({ "scale": null }), json!({ "scale": 0.5 })), "scale: none there, 0.5 here");
        assert_eq!(why(json!({}), json!({ "counts": true })), "counts: none there, true here");
        let levels = |levels: &[&str]| json!({ "levels": levels });
        let words = "levels: [full] there, [allocator, full] here";
        assert_eq!(why(levels(&["full"]), levels(&["allocator", "full"])), words);
        // The measurements of a plan are lists of objects.
        let plan = |threads: &[u64]| {
            let all: Vec<Value> = threads.iter().map(|threads| json!(["overhead", { "threads": threads }])).collect();
            json!({ "measurements": all })
        };
        assert_eq!(why(plan(&[1, 2]), plan(&[1, 4])), "measurements.threads: 2 there, 4 here");
        assert_eq!(why(plan(&[1, 2]), plan(&[1])), "measurements: 2 there, 1 here");
        assert!(check_same(Path::new("journal"), &plan(&[1]), &plan(&[1])).is_ok());
    }

    #[test]
    fn a_plan_is_read_without_opening_its_journal() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("journal");
        let read = || Journal::plan::<String>(&path);
        assert!(matches!(read(), Ok(None)), "there is none");
        drop(Journal::begin(&path, &"one plan".to_owned()).expect("it can be begun"));
        assert_eq!(read().expect("it can be read").as_deref(), Some("one plan"));
        fs::write(&path, "\"one pl").expect("half a plan");
        assert!(matches!(read(), Ok(None)), "it was killed while it wrote its plan");
        fs::write(&path, "{}\n").expect("a file");
        assert!(matches!(read(), Err(JournalError::OtherRun { .. })));
    }
}
