//! Files of results and journals that are damaged: cut or changed at any byte, they are an error or a value, never a
//! panic.

use memscope_bench::platform::files::{self, FileError, Versioned};
use memscope_bench::study::accuracy::Detections;
use memscope_bench::study::compare::{Comparison, Entry, Journal, JournalError};
use memscope_bench::study::footprint::Footprints;
use memscope_bench::study::latency::Latencies;
use memscope_bench::study::operations::OperationResults;
use memscope_bench::study::overhead::record::Results;
use memscope_bench::study::stress::Record;
use memscope_bench::study::trackers::Trackers;
use memscope_bench::study::validation::Validation;
use memscope_bench::worker::failure::Failure;
use proptest::prelude::any;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};
use std::fs;
use std::path::{Path, PathBuf};

/// The number of bytes that the damaged copies of one file have together, which limits the time.
const BYTES: u64 = 2_000_000;

/// Reads a file as the study that its name begins with: `results/compare.json`, `tests/data/compare-v1.json`.
fn read(file: &Path, name: &str) -> Result<(), FileError> {
    fn as_kind<T: Versioned>(file: &Path) -> Result<(), FileError> {
        files::read::<T>(file).map(drop)
    }
    match name.split(['-', '.']).next().unwrap_or_default() {
        "compare" | "history" => as_kind::<Comparison>(file),
        "detection" | "accuracy" => as_kind::<Detections>(file),
        "footprint" => as_kind::<Footprints>(file),
        "ladder" | "trackers" => as_kind::<Trackers>(file),
        "latency" => as_kind::<Latencies>(file),
        "memory_analysis" | "stress" => as_kind::<Record>(file),
        "operations" => as_kind::<OperationResults>(file),
        "validation" => as_kind::<Validation>(file),
        "control" | "fixed" | "instructions" | "overhead" | "pinned" | "plain" => as_kind::<Results>(file),
        _ => panic!("no reader is known for {name}: name it here"),
    }
}

/// Returns the kept files.
fn kept() -> Vec<PathBuf> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["results", "results/trials", "tests/data"].map(|folder| package.join(folder));
    let entries = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
    files.sort();
    files
}

#[test]
fn a_damaged_file_is_an_error_or_a_value() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let damaged = folder.path().join("damaged.json");
    for path in kept() {
        let name = path.file_name().expect("a name").to_string_lossy();
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
                match read(&damaged, &name) {
                    Err(error) if !error.to_string().contains("damaged.json") => {
                        Err(TestCaseError::fail(format!("it is not named: {error}")))
                    }
                    // Only the line break at the end can be missed.
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
        read(&path, &path.file_name().expect("a name").to_string_lossy()).expect("it can be read");
    }
}

/// The content of a journal with three entries.
fn journal(path: &Path, plan: &String) -> (Vec<u8>, Vec<Entry>) {
    let failure = Failure::Crashed { how: "signal: 11 – über".to_owned() };
    let entries = vec![
        Entry::Rests { measurement: 3 },
        Entry::Failed { measurement: 1, failure },
        Entry::Closed { group: 0, batch: 1 },
    ];
    let mut journal = Journal::begin(path, plan).expect("it can be begun");
    entries.iter().for_each(|entry| journal.append(entry).expect("it can be written"));
    drop(journal);
    (fs::read(path).expect("it can be read"), entries)
}

#[test]
fn a_journal_that_is_cut_keeps_its_whole_lines() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("journal");
    let plan = "a plan".to_owned();
    let (bytes, entries) = journal(&path, &plan);
    for cut in 0..=bytes.len() {
        fs::write(&path, &bytes[..cut]).expect("it can be written");
        let lines = bytes[..cut].iter().filter(|&&byte| byte == b'\n').count();
        match Journal::resume(&path, &plan) {
            Ok((mut journal, resumed)) => {
                assert_eq!(resumed, entries[..lines - 1], "cut at {cut}");
                journal.append(&entries[0]).expect("it can be written");
                drop(journal);
                let (_, resumed) = Journal::resume(&path, &plan).expect("it can be resumed");
                assert_eq!(resumed, [&entries[..lines - 1], &entries[..1]].concat(), "cut at {cut}");
            }
            Err(error) => {
                assert!(lines == 0 || std::str::from_utf8(&bytes[..cut]).is_err(), "cut at {cut}: {error}");
                assert_eq!(fs::read(&path).expect("it can be read"), bytes[..cut], "a refused journal is not touched");
            }
        }
    }
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
            let refused = Journal::resume(&path, &plan).err();
            assert!(!matches!(refused, Some(JournalError::None(_) | JournalError::InUse(_))), "{refused:?}");
        }
    }
}
