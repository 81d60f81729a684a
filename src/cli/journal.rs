//! The journal of a command: created, or continued by `--resume`, and removed when the results are saved.

use crate::cli::Error;
use crate::cli::arguments::{KeepArguments, bar, show};
use crate::platform::files::FileError;
use crate::report::format::Format;
use crate::schedule::journal::{Journal, JournalError, is_in_use};
use crate::schedule::measurement::Measurement;
use crate::schedule::plan::Plan;
use crate::study::{Files, Settled, Study};
use crate::worker::launcher::Launcher;
use serde::{Serialize, de::DeserializeOwned};
use std::io;
use std::path::Path;

/// Checks that a journal exists for a resumed run, and none for a new one. Call this before anything slow.
///
/// # Errors
/// If the journal is missing or unexpected. The error reports whether another run is writing it.
pub(super) fn check(path: &Path, resume: bool) -> Result<(), JournalError> {
    match (resume, path.exists()) {
        (false, true) => Err(JournalError::there(path)),
        (true, false) => Err(JournalError::None(path.to_owned())),
        (true, true) if is_in_use(path) => Err(JournalError::InUse(path.to_owned())),
        _ => Ok(()),
    }
}

/// Creates a journal, or opens the journal of the unfinished run.
///
/// # Errors
/// If it cannot be used.
pub(super) fn open<P, E>(path: &Path, resume: bool, plan: &P) -> Result<(Journal, Vec<E>), JournalError>
where
    P: Serialize + DeserializeOwned + PartialEq,
    E: DeserializeOwned,
{
    if resume { Journal::resume(path, plan) } else { Ok((Journal::begin(path, plan)?, Vec::new())) }
}

/// Measures a plan's pairs with a program and a progress bar, and appends them to a journal, if it has a path. If the
/// journal cannot be written, the run continues without it: such a run is short, and can be repeated.
///
/// # Errors
/// If the journal cannot be used.
pub(super) fn measure(
    path: Option<&Path>,
    resume: bool,
    plan: Plan,
    launcher: &Launcher,
) -> Result<(Vec<Measurement>, Option<Journal>), Error> {
    measure_programs(path, resume, plan, || launcher.fingerprint())
}

/// Measures like [`measure`] a plan of several programs. `fingerprint` returns a hash of their content.
///
/// # Errors
/// If the journal cannot be used.
pub(super) fn measure_programs(
    path: Option<&Path>,
    resume: bool,
    plan: Plan,
    fingerprint: impl FnOnce() -> io::Result<String>,
) -> Result<(Vec<Measurement>, Option<Journal>), Error> {
    let journal = match path {
        None => None,
        Some(path) => {
            let (journal, entries) = open(path, resume, &plan.work(fingerprint()?))?;
            Some((journal.optional(), entries))
        }
    };
    let bar = bar(plan.pairs(), "pairs");
    let measured = plan.measure(journal, |progress| show(&bar, progress))?;
    bar.finish_and_clear();
    Ok(measured)
}

/// Saves a study, ends its journal, and prints it. If the study cannot be saved, it is still printed, and the journal
/// stays.
///
/// # Errors
/// If a file cannot be written, or the study is not kept because its own control failed.
pub(super) fn finish(
    files: &Files,
    study: &impl Study,
    journal: Option<Journal>,
    format: Format,
    keep: KeepArguments,
) -> Result<(), Error> {
    finish_with(files, study, journal, format, keep, || Ok(None))
}

/// Saves, ends and prints like [`finish`], and writes one more file after the study is saved. `beside` returns the name
/// of the file.
///
/// # Errors
/// If a file cannot be written, or the study is not kept because its own control failed.
pub(super) fn finish_with(
    files: &Files,
    study: &impl Study,
    journal: Option<Journal>,
    format: Format,
    keep: KeepArguments,
    beside: impl FnOnce() -> Result<Option<String>, FileError>,
) -> Result<(), Error> {
    let mut settled = files.settle(study, keep.keep);
    let beside = match &mut settled {
        Ok(Settled::Saved(written)) => beside().map(|name| written.extend(name)),
        _ => Ok(()),
    };
    let ended = match journal {
        Some(journal) if settled.is_ok() && beside.is_ok() => journal.end(),
        _ => Ok(()),
    };
    let written = if let Ok(Settled::Saved(written)) = &settled { written.as_slice() } else { &[] };
    files.print(study, format, written);
    if let Settled::NotKept(not_kept) = settled? {
        return Err(not_kept.into());
    }
    beside?;
    Ok(ended?)
}
