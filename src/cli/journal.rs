//! The journal of a command: created, or continued by `--resume`, and removed when the results are saved.

use crate::cli::Error;
use crate::cli::arguments::{KeepArguments, bar, show};
use crate::platform::conditions::Conditions;
use crate::platform::files::FileError;
use crate::platform::system::Machine;
use crate::report::format::Format;
use crate::report::origin::Origin;
use crate::schedule::journal::{Journal, JournalError, is_in_use};
use crate::schedule::measurement::Measurement;
use crate::schedule::plan::Plan;
use crate::study::{Files, Settled, Study};
use crate::worker::launcher::Launcher;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::io;
use std::path::Path;

/// The first line of a journal.
#[derive(Serialize)]
struct FirstLine<'a, P> {
    #[serde(flatten)]
    plan: &'a P,
    began: Began,
}

/// The time at which a run began, its machine and the state of that.
#[derive(Serialize, Deserialize)]
struct Began {
    time: DateTime<Utc>,
    machine: Machine,
    conditions: Option<Conditions>,
}

/// Returns the beginning of the run that a journal belongs to; `None` if there is no journal, or its first line is
/// incomplete.
fn began(path: &Path) -> Result<Option<Began>, JournalError> {
    #[derive(Deserialize)]
    struct Beginning {
        began: Option<Began>,
    }
    Ok(Journal::plan::<Beginning>(path)?.and_then(|first| first.began))
}

/// Checks that a run is resumed on its machine: figures of two machines are not one sample.
///
/// # Errors
/// If it began on another one.
pub(super) fn check_machine(path: &Path, there: &Machine) -> Result<(), JournalError> {
    let here = Machine::here();
    if there.is(&here) {
        return Ok(());
    }
    let named = |machine: &Machine| format!("{}, {} cores, {}", machine.processor, machine.cores, machine.system);
    let why = format!("it began on another machine ({} there, {} here)", named(there), named(&here));
    Err(JournalError::OtherRun { path: path.to_owned(), why })
}

/// Returns the origin of a run: that of this command, with the beginning of a resumed run.
///
/// # Errors
/// If the journal cannot be read.
pub(super) fn origin(path: &Path) -> Result<Origin, JournalError> {
    let origin = Origin::of_this_command();
    Ok(match began(path)? {
        Some(Began { time, conditions, .. }) => Origin { started: time, conditions, ..origin },
        None => origin,
    })
}

/// Checks that a journal exists for a resumed run, and none for a new one. Call this before anything slow.
///
/// # Errors
/// If the journal is missing or unexpected, or of another machine. The error reports whether another run is writing it.
pub(super) fn check(path: &Path, resume: bool) -> Result<(), JournalError> {
    match (resume, path.exists()) {
        (false, true) => Err(JournalError::there(path)),
        (true, false) => Err(JournalError::None(path.to_owned())),
        (true, true) if is_in_use(path) => Err(JournalError::InUse(path.to_owned())),
        (true, true) => began(path)?.map_or(Ok(()), |began| check_machine(path, &began.machine)),
        (false, false) => Ok(()),
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
    let began = Began { time: Utc::now(), machine: Machine::here(), conditions: Some(Conditions::here()) };
    let first = FirstLine { plan, began };
    if resume { Journal::resume_from(path, plan, &first) } else { Ok((Journal::begin(path, &first)?, Vec::new())) }
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::fs;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Settings {
        rounds: u32,
    }

    #[test]
    fn a_resumed_run_keeps_its_beginning_and_its_machine() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("x.journal");
        let settings = Settings { rounds: 3 };
        assert!(check(&path, false).is_ok() && check(&path, true).is_err());
        let open = |resume| open::<_, u32>(&path, resume, &settings).map(|(_, entries)| entries);
        assert!(open(false).expect("a journal").is_empty());
        let whole = fs::read_to_string(&path).expect("a journal");
        let began: Value = serde_json::from_str(&whole).expect("a line");
        let started = origin(&path).expect("it can be read").started;
        assert_eq!(serde_json::to_value(started).expect("a time"), began["began"]["time"]);
        assert!(check(&path, true).is_ok());
        assert!(open(true).expect("the journal").is_empty());

        let mut elsewhere = began;
        elsewhere["began"]["machine"]["processor"] = "an abacus".into();
        fs::write(&path, format!("{elsewhere}\n")).expect("a journal");
        let why = check(&path, true).expect_err("it is refused").to_string();
        assert!(why.contains("it began on another machine (an abacus, "), "{why}");

        for length in 0..whole.len() {
            fs::write(&path, &whole.as_bytes()[..length]).expect("a journal");
            assert!(check(&path, true).is_ok(), "{length}");
            assert!(open(true).expect("a run that ended at once").is_empty(), "{length}");
            assert!(fs::read_to_string(&path).expect("a journal").contains("\"began\":"), "{length}");
        }
    }
}
