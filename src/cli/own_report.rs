//! memscope's own report after a stress run: a chart, or a dashboard if requested.
//!
//! It comes last, after the measurements are saved. Some versions take minutes for it, panic, or report success and
//! write nothing. So a separate thread writes it under a time limit, and the result is checked.

use crate::cli::Error;
use crate::platform::{console, files, text};
use crate::tracking::memscope::OWN_REPORT;
use crate::worker::task::TaskError;
use std::any::Any;
use std::fs;
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// The time limit of a report that the user did not request.
const LIMIT: Duration = Duration::from_secs(60);

/// The stack size of memscope's report in bytes: as large as a main thread's.
const STACK: usize = 8 << 20;

/// Keeps memscope's own report in a folder, if the linked version writes one by default, or the user requested it.
///
/// # Errors
/// If a requested report is not available, or a file cannot be written. If memscope fails to write a report that was
/// not requested, this is only reported on stderr.
pub(super) fn keep(folder: &Path, is_asked_for: bool) -> Result<(), Error> {
    let report = OWN_REPORT;
    if !report.on_demand && is_asked_for {
        let why = "it draws a picture, which is always kept; --dashboard has no effect";
        return Err(TaskError::Unsupported(why).into());
    }
    if report.on_demand && !is_asked_for {
        return Ok(());
    }
    console::complain(format_args!("memscope writes its own {} ...", report.name));
    let scratch = files::scratch_folder(folder)?;
    let written = scratch.path().join(report.name);
    let limit = if is_asked_for { Duration::MAX } else { LIMIT };
    match write(report.write, &written, limit) {
        Ok(()) => {
            files::replace(&written, &folder.join(report.name))?;
            console::complain(format_args!("Wrote {} in {}", report.name, folder.display()));
            Ok(())
        }
        Err(why) => {
            let why = format!("memscope's own {} was not written: {why}", report.name);
            if is_asked_for {
                return Err(Error::Other(why));
            }
            console::complain(text::one_line(&why));
            Ok(())
        }
    }
}

/// Lets memscope write a report to a path, under a time limit.
fn write(write: fn(&Path) -> Result<(), String>, path: &Path, limit: Duration) -> Result<(), String> {
    let (done, ended) = mpsc::channel();
    let to = path.to_owned();
    let writer = thread::Builder::new().name("memscope's report".to_owned()).stack_size(STACK);
    let writer = writer.spawn(move || done.send(write(&to))).map_err(|error| error.to_string())?;
    let result = ended.recv_timeout(limit).map_err(|error| match error {
        // The thread keeps running until the process ends, which is soon.
        RecvTimeoutError::Timeout => format!("it did not finish within {} s", limit.as_secs()),
        RecvTimeoutError::Disconnected => format!("it panicked{}", writer.join().err().map(words).unwrap_or_default()),
    })?;
    result?;
    if fs::metadata(path).map_or(true, |about| about.is_file() && about.len() == 0) {
        return Err("it reported success but wrote nothing".to_owned());
    }
    Ok(())
}

/// Returns the message of a panic, after a colon; empty if it has no text.
fn words(panic: Box<dyn Any + Send>) -> String {
    let words = panic.downcast::<String>().map(|words| *words);
    let words = words.or_else(|panic| panic.downcast::<&str>().map(|words| (*words).to_owned()));
    words.map(|words| format!(": {words}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(report: fn(&Path) -> Result<(), String>, limit: Duration) -> Result<(), String> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        write(report, &folder.path().join("report"), limit)
    }

    fn put(path: &Path, text: &str) -> Result<(), String> {
        fs::write(path, text).map_err(|error| error.to_string())
    }

    #[test]
    fn every_failure_to_write_a_report_is_returned() {
        let failed = |why: &str| Err(why.to_owned());
        let nothing = || failed("it reported success but wrote nothing");
        assert_eq!(written(|path| put(path, "a report"), Duration::MAX), Ok(()));
        assert_eq!(written(|path| put(path, ""), Duration::MAX), nothing());
        assert_eq!(written(|_| Ok(()), Duration::MAX), nothing());
        assert_eq!(written(|_| Err("no".to_owned()), Duration::MAX), failed("no"));
        assert_eq!(written(|_| panic!("so {}", "bad"), Duration::MAX), failed("it panicked: so bad"));
        let hang = |_: &Path| loop {
            thread::park();
        };
        assert_eq!(written(hang, Duration::from_millis(10)), failed("it did not finish within 0 s"));
    }
}
