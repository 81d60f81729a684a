//! The promise of the quick start: the first program that a version's documents show compiles, records its values, and
//! writes its report.

use super::facts::Facts;
use super::planted::failed;
use crate::tracking::memscope::{QUICK_START, SERVICE_START, Started, Starting};
use crate::worker::probe::check_switch;
use crate::worker::task::TaskError;
use std::env;
use std::fs;
use std::path::Path;

/// Runs the quick start in an empty folder.
pub(super) fn first() -> Result<Facts, TaskError> {
    run(QUICK_START)
}

/// Runs the documented program of a service.
pub(super) fn service() -> Result<Facts, TaskError> {
    run(SERVICE_START.ok_or(TaskError::Unsupported("this version's documents show no program of a service"))?)
}

fn run(start: Result<Starting, &'static str>) -> Result<Facts, TaskError> {
    let Starting { mode, report, run } = match start {
        Ok(starting) => starting,
        Err(why) => return Ok(Facts { reported: vec![failed(why)], ..judge(None, None, None) }),
    };
    check_switch()?;
    let system = |source| TaskError::System { action: "make a folder to work in", source };
    let scratch = tempfile::tempdir().map_err(system)?;
    env::set_current_dir(scratch.path()).map_err(system)?;
    let started = mode.window(run).and_then(|Started { named, recorded }| Ok((named, recorded()?)));
    let bytes = report.map(|name| bytes_of(scratch.path(), name));
    Ok(match started {
        Ok(started) => judge(Some(started), report, bytes),
        Err(why) => Facts { reported: vec![failed(&why)], ..judge(None, report, None) },
    })
}

/// Judges the numbers of named and recorded values, and the size of the report.
fn judge(started: Option<(u64, u64)>, report: Option<&str>, bytes: Option<u64>) -> Facts {
    let mut expected = vec!["it compiles".to_owned(), "each value is recorded".to_owned()];
    expected.extend(report.map(|_| "its report is written".to_owned()));
    let mut reported = Vec::new();
    if let Some((named, recorded)) = started {
        reported.push("it compiles".to_owned());
        reported.push(match recorded {
            all if all == named => "each value is recorded".to_owned(),
            recorded => format!("{recorded} values are recorded, of {named}"),
        });
        match bytes {
            Some(0) => reported.push("its report is empty".to_owned()),
            Some(_) => reported.push("its report is written".to_owned()),
            None => {}
        }
    }
    Facts { expected, reported }
}

/// Returns the size of all files in a folder or below it with a name in their path that begins like this.
fn bytes_of(folder: &Path, name: &str) -> u64 {
    let entries = folder.read_dir().into_iter().flatten().filter_map(Result::ok);
    let bytes = entries.map(|entry| {
        let path = entry.path();
        match (path.is_dir(), entry.file_name().to_string_lossy().starts_with(name)) {
            (true, true) => bytes_of(&path, ""),
            (true, false) => bytes_of(&path, name),
            (false, true) => fs::metadata(&path).map_or(0, |data| data.len()),
            (false, false) => 0,
        }
    });
    bytes.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quick_start_that_records_less_is_noticed() {
        let judged =
            |named, recorded, bytes| judge(Some((named, recorded)), Some("report"), Some(bytes)).compare().is_perfect();
        assert!(judged(3, 3, 100));
        assert!(!judged(3, 2, 100) && !judged(3, 4, 100) && !judged(3, 0, 100), "a value is missing or invented");
        assert!(!judged(3, 3, 0), "the report is empty");
        assert!(!judge(None, None, None).compare().is_perfect(), "it does not compile");
        assert!(judge(Some((1, 1)), None, None).compare().is_perfect(), "it writes none");
    }

    #[test]
    fn reports_are_found_where_the_version_puts_them() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let inner = folder.path().join("MemoryAnalysis/report");
        fs::create_dir_all(&inner).expect("it can be created");
        fs::write(inner.join("data.json"), "{}").expect("it can be written");
        fs::write(folder.path().join("other.json"), "{}").expect("it can be written");
        assert_eq!(bytes_of(folder.path(), "report"), 2);
        assert_eq!(bytes_of(folder.path(), "nothing"), 0);
    }
}
