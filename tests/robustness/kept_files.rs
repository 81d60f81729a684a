//! Damaged results files and journals. Cut or changed at any byte, they give an error or a value, never a panic. A run
//! does not replace a file that it cannot read.

use crate::common::memscope_bench;
use memscope_bench::internal::study::compare::{Entry, Journal, JournalError};
use memscope_bench::internal::study::kept::Kept;
use memscope_bench::internal::worker::failure::Failure;
use predicates::str::contains;
use proptest::prelude::any;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The total size of the damaged copies of one file, in bytes, which limits the time.
const BYTES: u64 = 2_000_000;

/// Returns the kept files.
fn kept() -> Vec<PathBuf> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["results", "results/commits", "results/trials", "tests/data"].map(|folder| package.join(folder));
    let entries = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
    files.sort();
    files
}

#[test]
fn a_damaged_file_is_an_error_or_a_value() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for path in kept() {
        let name = path.file_name().expect("a name").to_string_lossy();
        // An old file's kind is in its name.
        let damaged = folder.path().join(&*name);
        let bytes = fs::read(&path).expect("it can be read");
        let cases = BYTES / (bytes.len() as u64).max(1);
        let config = Config { cases: cases.clamp(2, 40) as u32, rng_seed: RngSeed::Fixed(1), ..Config::default() };
        let mut runner = TestRunner::new(Config { failure_persistence: None, ..config });
        runner
            .run(&(any::<Index>(), any::<Option<u8>>()), |(place, change)| {
                let place = place.index(bytes.len());
                let mut bytes = bytes.clone();
                match change {
                    Some(byte) => bytes[place] = byte,
                    None => bytes.truncate(place),
                }
                fs::write(&damaged, &bytes).expect("it can be written");
                match Kept::read(&damaged).map(drop) {
                    Err(error) if !error.to_string().contains(&*name) => {
                        Err(TestCaseError::fail(format!("it is not named: {error}")))
                    }
                    // Only a missing line break at the end can go unnoticed.
                    Ok(()) if change.is_none() && place + 1 < bytes.len() => Err(TestCaseError::fail("it was cut")),
                    _ => Ok(()),
                }
            })
            .unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn kept_files_are_readable() {
    let files = kept();
    assert!(files.len() > 10, "{files:?}");
    for path in files {
        Kept::read(&path).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn an_earlier_file_is_never_lost() {
    for (command, kind, what) in [
        ("measure", "overhead", "a results file"),
        ("modes", "modes", "a file of modes"),
        ("trackers", "trackers", "a file of trackers"),
        ("accuracy", "accuracy", "a file of accuracy"),
        ("calls", "calls", "a file of calls"),
    ] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join(format!("{kind}.json"));
        for (text, why) in [
            ("not JSON", format!("{kind}.json is not {what} of memscope-bench")),
            ("{\"schema\": 99}", format!("{kind}.json has schema 99; this memscope-bench reads up to ")),
        ] {
            fs::write(&path, text).expect("it can be written");
            let mut run = memscope_bench();
            // Longer than a refusal takes, and shorter than measuring.
            run.arg(command).arg("--output").arg(folder.path()).timeout(Duration::from_secs(60));
            run.assert().code(2).stdout("").stderr(contains(why));
            assert_eq!(fs::read_to_string(&path).expect("it can be read"), text, "{command}");
        }
    }
}

#[test]
fn a_trend_that_refers_to_missing_entries_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("trend.json");
    let whole = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/trend-v2.json");
    let whole: serde_json::Value = serde_json::from_slice(&fs::read(whole).expect("the file")).expect("JSON");
    for list in ["/entries", "/machines", "/commits/list", "/commits/runs"] {
        let mut trend = whole.clone();
        *trend.pointer_mut(list).expect("it is there") = serde_json::Value::Array(Vec::new());
        fs::write(&path, trend.to_string()).expect("it can be written");
        let refusal = Kept::read(&path).map(drop).expect_err("refused").to_string();
        assert!(refusal.contains("trend.json is not a trend of memscope-bench: it refers to "), "{list}: {refusal}");
    }
}

#[test]
fn an_unreadable_earlier_check_ends_a_check_at_once() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("check-self.json"), "{\"schema\": 1").expect("it can be written");
    let mut check = memscope_bench();
    check.args(["check", "--base=0.2.4", "--head=0.2.5", "--without-counts", "--output"]).arg(folder.path());
    check.assert().code(2).stdout("").stderr(contains("check-self.json is not"));
}

/// Returns the content of a journal with three entries.
fn journal(path: &Path, plan: &String) -> (Vec<u8>, Vec<Entry>) {
    let failure = Failure::Crashed { how: "signal: 11 – über".to_owned() };
    let entries = vec![
        Entry::Rests { measurement: 3 },
        Entry::Failed { measurement: 1, failure },
        Entry::Closed { group: 0, pass: 1 },
    ];
    let mut journal = Journal::begin(path, plan).expect("it can be begun");
    entries.iter().for_each(|entry| journal.append(entry).expect("it can be written"));
    drop(journal);
    (fs::read(path).expect("it can be read"), entries)
}

#[test]
fn a_journal_that_is_cut_anywhere_is_resumed_from_its_complete_lines() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("journal");
    let plan = "a plan – über".to_owned();
    let (bytes, entries) = journal(&path, &plan);
    for cut in 0..=bytes.len() {
        fs::write(&path, &bytes[..cut]).expect("it can be written");
        let whole = bytes[..cut].iter().filter(|&&byte| byte == b'\n').count().saturating_sub(1);
        let (mut journal, resumed) =
            Journal::resume::<_, Entry>(&path, &plan).unwrap_or_else(|error| panic!("cut at {cut}: {error}"));
        assert_eq!(resumed, entries[..whole], "cut at {cut}");
        journal.append(&entries[0]).expect("it can be written");
        drop(journal);
        let (_, resumed) = Journal::resume::<_, Entry>(&path, &plan).expect("it can be resumed");
        assert_eq!(resumed, [&entries[..whole], &entries[..1]].concat(), "cut at {cut}");
    }
    // No newline, and not the beginning of this plan: it is another program's file.
    fs::write(&path, "\"another plan").expect("it can be written");
    assert!(matches!(Journal::resume::<_, Entry>(&path, &plan), Err(JournalError::OtherRun { .. })));
    assert_eq!(fs::read(&path).expect("it can be read"), b"\"another plan");
}

#[test]
fn a_journal_with_a_changed_byte_is_resumed_or_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("journal");
    let plan = "a plan".to_owned();
    let (bytes, _) = journal(&path, &plan);
    for place in 0..bytes.len() {
        for change in [b'\n', b'"', b'9', 0xff] {
            let mut bytes = bytes.clone();
            bytes[place] = change;
            fs::write(&path, &bytes).expect("it can be written");
            let refused = Journal::resume::<_, Entry>(&path, &plan).err();
            assert!(!matches!(refused, Some(JournalError::None(_) | JournalError::InUse(_))), "{refused:?}");
        }
    }
}
