//! The file of differences: a line of JSON for each.
//!
//! It is written completely or not at all, so a killed run leaves no incomplete line. A copy or a merge may leave an
//! incomplete last line, which is reported and ignored. Any other line that cannot be read is an error, because it may
//! be a merge conflict.

use super::{Difference, SCHEMA};
use crate::platform::files::{self, FileError};
use serde::Deserialize;
use std::path::Path;

/// A description of the file, for messages.
const WHAT: &str = "a file of differences";
/// The largest logarithm of a ratio, and of its error. The statistics fail far beyond what any run measures.
const MAX_LOG: f64 = 100.0;

/// The content of a file of differences.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Kept {
    /// The differences, each once, in order.
    pub differences: Vec<Difference>,
    /// The number of an incomplete last line, from 1.
    pub broken: Option<usize>,
}

/// Reads a file of differences.
///
/// # Errors
/// If it cannot be read, or a line other than an incomplete last one is not a difference.
pub(crate) fn read(path: &Path) -> Result<Kept, FileError> {
    let content = files::read_bytes(path, WHAT)?;
    let mut kept = Kept::default();
    for (place, line) in content.split_inclusive(|&byte| byte == b'\n').enumerate() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        match difference(path, place + 1, line) {
            Ok(found) => add(&mut kept.differences, found),
            Err(FileError::Corrupt { .. }) if !line.ends_with(b"\n") => kept.broken = Some(place + 1),
            Err(error) => return Err(error),
        };
    }
    Ok(kept)
}

/// Adds new differences to a file, and returns their number. The file is created if it does not exist, and an
/// incomplete last line is removed. A lock makes other runs that add differences wait.
///
/// # Errors
/// If it cannot be read or written. It then stays unchanged.
pub(crate) fn append(path: &Path, new: Vec<Difference>) -> Result<usize, FileError> {
    let _lock = files::lock_for_change(path);
    let Kept { mut differences, .. } = if path.exists() { read(path)? } else { Kept::default() };
    let earlier = differences.len();
    for difference in new {
        add(&mut differences, difference);
    }
    let added = differences.len() - earlier;
    if added > 0 {
        let lines = differences.iter().map(|line| serde_json::to_string(line).expect("plain data") + "\n");
        files::write(path, &lines.collect::<String>())?;
    }
    Ok(added)
}

fn add(kept: &mut Vec<Difference>, difference: Difference) {
    if !kept.iter().any(|other| other.is(&difference)) {
        kept.push(difference);
    }
}

/// Reads a line.
fn difference(path: &Path, number: usize, line: &[u8]) -> Result<Difference, FileError> {
    /// The part that is read first, because the rest of a newer line may not parse.
    #[derive(Deserialize)]
    struct Head {
        schema: u64,
    }
    let corrupt = |why: String| FileError::corrupt(path, WHAT, format!("line {number}: {why}"));
    let of_json = |error: serde_json::Error| corrupt(error.to_string().replace(" at line 1 column", " at column"));
    let Head { schema } = serde_json::from_slice(line).map_err(of_json)?;
    if schema > u64::from(SCHEMA) {
        return Err(FileError::Newer { path: path.to_owned(), found: schema, known: SCHEMA });
    }
    let found: Difference = serde_json::from_slice(line).map_err(of_json)?;
    if !(found.log_ratio.abs() <= MAX_LOG && (0.0..=MAX_LOG).contains(&found.log_error)) {
        return Err(corrupt("its ratio, or the error of it, is out of range".to_owned()));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::super::tests::line;
    use super::*;
    use std::fs;
    use std::path::PathBuf;

    fn file() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("trend.jsonl");
        (folder, path)
    }

    #[test]
    fn each_difference_is_kept_once() {
        let (_folder, path) = file();
        let lines = vec![line("b", "a", 0.1), line("c", "b", 0.2)];
        assert_eq!(append(&path, lines.clone()).expect("it can be written"), 2);
        assert_eq!(append(&path, lines.clone()).expect("it can be written"), 0, "the same run");
        let before = fs::read(&path).expect("the file");
        // A resumed run has another beginning and the same rounds.
        let resumed = Difference { started: "2026-02-02T00:00:00Z".parse().expect("a time"), ..lines[0].clone() };
        assert_eq!(append(&path, vec![resumed.clone()]).expect("it can be written"), 0);
        assert_eq!(fs::read(&path).expect("the file"), before);
        let again = Difference { log_ratio: 0.11, ..resumed };
        assert_eq!(append(&path, vec![again.clone()]).expect("it can be written"), 1, "another run");
        assert_eq!(read(&path).expect("it can be read").differences, [lines, vec![again]].concat());
    }

    #[test]
    fn runs_that_end_at_the_same_moment_lose_nothing() {
        let (_folder, path) = file();
        let lock = files::lock_for_change(&path).expect("it can be locked");
        let other = std::thread::spawn({
            let path = path.clone();
            move || append(&path, vec![line("c", "b", 0.2)])
        });
        std::thread::sleep(std::time::Duration::from_millis(50));
        assert!(!path.exists(), "the other one waits");
        fs::write(&path, serde_json::to_string(&line("b", "a", 0.1)).expect("plain data") + "\n").expect("a file");
        drop(lock);
        assert_eq!(other.join().expect("no panic").expect("it can be written"), 1);
        let kept = read(&path).expect("it can be read");
        assert_eq!(kept.differences, [line("b", "a", 0.1), line("c", "b", 0.2)]);
    }

    #[test]
    fn an_incomplete_last_line_is_ignored_and_any_other_is_an_error() {
        let (_folder, path) = file();
        append(&path, vec![line("b", "a", 0.1)]).expect("it can be written");
        let whole = fs::read(&path).expect("the file");
        // Cut within a character of two bytes.
        fs::write(&path, [&whole[..], b"{\"schema\": 1, \"subject\": \"\xc3"].concat()).expect("a file");
        let kept = read(&path).expect("it can be read");
        assert_eq!((kept.differences.len(), kept.broken), (1, Some(2)));
        append(&path, vec![line("c", "b", 0.2)]).expect("it can be written");
        let kept = read(&path).expect("it can be read");
        assert_eq!((kept.differences.len(), kept.broken), (2, None));
        // An editor may leave out the last line break.
        fs::write(&path, whole.trim_ascii_end()).expect("a file");
        assert_eq!(read(&path).expect("it can be read"), Kept { differences: vec![line("b", "a", 0.1)], broken: None });

        for (text, why) in [
            ("<<<<<<< HEAD\n", "trend.jsonl is not a file of differences of memscope-bench: line 2: expected value"),
            ("{\"schema\": 1}\n", "line 2: missing field"),
            ("{\"schema\": 2}\n", "has schema 2; this memscope-bench reads up to 1"),
        ] {
            let damaged = [&whole[..], text.as_bytes()].concat();
            fs::write(&path, &damaged).expect("a file");
            let refusal = read(&path).expect_err("refused").to_string();
            assert!(refusal.contains(why), "{refusal}");
            append(&path, vec![line("c", "b", 0.2)]).expect_err("refused");
            assert_eq!(fs::read(&path).expect("the file"), damaged, "it is unchanged");
        }
        for huge in [
            Difference { log_ratio: -1e308, ..line("c", "b", 0.2) },
            Difference { log_error: 1e308, ..line("c", "b", 0.2) },
        ] {
            fs::write(&path, serde_json::to_string(&huge).expect("plain data") + "\n").expect("a file");
            let refusal = read(&path).expect_err("refused").to_string();
            assert!(refusal.contains("line 1: its ratio, or the error of it, is out of range"), "{refusal}");
        }
    }
}
