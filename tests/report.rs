//! `report`: kept results redrawn in every format, and inserted into documents.

mod common;

use common::memscope_bench;
use memscope_bench::internal::platform::files;
use memscope_bench::internal::study::Study;
use memscope_bench::internal::study::kept::{Kept, Visitor};
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The project's kept results files.
fn kept() -> Vec<PathBuf> {
    let folders = ["results", "results/commits"].map(|folder| package().join(folder));
    let files = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten();
    let files = files.map(|entry| entry.expect("an entry").path());
    files.filter(|path| path.extension().is_some_and(|ending| ending == "json")).collect()
}

/// The largest file that is printed in every form, in bytes. Larger ones, which take seconds, are printed in two.
const SMALL: u64 = 400_000;

#[test]
fn every_kept_file_is_printed_in_every_form_and_its_table_is_the_kept_one() {
    let files = kept();
    assert!(files.len() >= 10, "{files:?}");
    for file in &files {
        let is_small = fs::metadata(file).expect("it is there").len() <= SMALL;
        let forms: &[&str] = if is_small { &["markdown", "csv", "text", "json", "bmf"] } else { &["markdown", "csv"] };
        for &format in forms {
            let assert = memscope_bench().args(["report", "--print", "--format", format]).arg(file).assert().success();
            let printed = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
            let (begin, name) = (printed.chars().next(), file.display());
            match format {
                "csv" => assert!(printed.starts_with("benchmark,measure,value,low,high\n"), "{name}"),
                "json" => assert!(printed.starts_with("{\n \"kind\": \""), "{name}"),
                "bmf" => assert_eq!(begin, Some('{'), "{name}"),
                _ => assert!(printed.lines().count() > 3, "{name}"),
            }
            let table = file.with_extension("md");
            if let Some(kept) = fs::read_to_string(&table).ok().filter(|_| format == "markdown") {
                assert_eq!(printed, kept, "{}: run `memscope-bench report` on it", table.display());
            }
        }
    }
}

/// Returns the places at which two values differ: in text, or in a number by more than rounding.
fn differences(place: &str, stored: &Value, again: &Value) -> Vec<String> {
    let below = |key: &str, stored: &Value, again: &Value| differences(&format!("{place}/{key}"), stored, again);
    match (stored, again) {
        (Value::Object(stored), Value::Object(again)) if stored.len() == again.len() => {
            let of = |(key, value): (&String, &Value)| below(key, value, &again[key]);
            stored.iter().flat_map(of).collect()
        }
        (Value::Array(stored), Value::Array(again)) if stored.len() == again.len() => {
            let both = stored.iter().zip(again).enumerate();
            both.flat_map(|(place, (stored, again))| below(&place.to_string(), stored, again)).collect()
        }
        _ => {
            let numbers = stored.as_f64().zip(again.as_f64());
            let is_rounding = numbers.is_some_and(|(stored, again)| (stored - again).abs() <= 1e-9 * again.abs());
            if stored == again || is_rounding { Vec::new() } else { vec![place.to_owned()] }
        }
    }
}

/// Conclusions are recomputed when a file is read, and other programs read the stored ones.
#[test]
fn every_kept_file_stores_the_conclusions_that_are_drawn_from_it() {
    struct Json;
    impl Visitor for Json {
        type Output = String;

        fn visit<S: Study>(&mut self, study: &S) -> String {
            files::json(study).expect("numbers")
        }
    }
    for file in kept() {
        let value = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
        let stored = value(&fs::read_to_string(&file).expect("the file"));
        let again = value(&Kept::read(&file).expect("a results file").visit(&mut Json));
        let differing = differences("", &stored, &again);
        assert!(differing.is_empty(), "{}: run `memscope-bench report` on it: {differing:?}", file.display());
    }
}

/// Files of each study and schema, as the version that introduced the schema wrote them. Their output for readers and
/// programs is pinned.
#[test]
fn a_file_of_each_study_and_schema_is_drawn() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let entries = fs::read_dir(package().join("tests/data")).expect("the folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into()).collect();
    // A study reads its lines, and reports its own file.
    names.retain(|name| name.ends_with(".json"));
    names.sort_unstable();
    for kind in Kept::KINDS {
        assert!(
            names.iter().any(|name| name.starts_with(&format!("{kind}-v"))),
            "no file of the study {kind}: {names:?}"
        );
    }
    for name in &names {
        let file = folder.path().join(name);
        fs::copy(package().join("tests/data").join(name), &file).expect("a copy");
        let assert = memscope_bench().arg("report").arg(&file).assert().success();
        let read = |ending: &str| fs::read_to_string(file.with_extension(ending)).ok();
        let name = name.trim_end_matches(".json");
        insta::assert_snapshot!(format!("{name}.txt"), String::from_utf8_lossy(&assert.get_output().stdout));
        insta::assert_snapshot!(format!("{name}.md"), read("md").expect("a table"));
        if let Some(picture) = read("svg") {
            insta::assert_snapshot!(format!("{name}.svg"), picture);
        }
    }
}

#[test]
fn documents_agree_with_the_results() {
    let docs = fs::read_dir(package().join("docs")).expect("the folder").map(|entry| entry.expect("an entry").path());
    let documents = docs.chain(["README.md", "METHODOLOGY.md"].map(|name| package().join(name)));
    memscope_bench().current_dir(package()).args(["report", "--check", "--splice"]).args(documents).assert().success();
}

#[test]
fn a_document_is_spliced_and_then_agrees() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let document = folder.path().join("NOTES.md");
    let results = package().join("results");
    let text = "before\n<!-- begin overhead.json headline -->\nold\n<!-- end -->\nafter\n";
    fs::write(&document, text).expect("a file");
    let splice = |more: &[&str]| {
        let mut command = memscope_bench();
        command.args(["report", "--results"]).arg(&results).args(more).arg("--splice").arg(&document);
        command.assert()
    };
    splice(&["--check"]).code(2).stderr(contains("differs from the results: "));
    assert_eq!(fs::read_to_string(&document).expect("the file"), text, "a check changes nothing");
    splice(&[]).success().stderr(contains("Wrote"));
    let spliced = fs::read_to_string(&document).expect("the file");
    assert!(spliced.starts_with("before\n<!-- begin") && spliced.ends_with("<!-- end -->\nafter\n"), "{spliced}");
    assert!(spliced.contains("| full") && !spliced.contains("old"), "{spliced}");
    splice(&["--check"]).success();

    fs::write(&document, "<!-- begin none.json -->\n<!-- end -->\n").expect("a file");
    splice(&[]).code(2).stderr(contains("NOTES.md:1: ").and(contains("none.json")));
    fs::write(&document, "<!-- begin overhead.json tabel -->\n<!-- end -->\n").expect("a file");
    splice(&[]).code(2).stderr(contains(
        "unknown part 'tabel': choose from table, tables, notes, answer, answer WORDS, first, last, headline",
    ));
}

#[test]
fn a_report_is_written_next_to_its_file_unless_it_is_only_printed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("mine.json");
    fs::copy(package().join("results/trackers.json"), &file).expect("a file");
    let before = fs::read(&file).expect("the file");
    let names = || {
        let mut names: Vec<String> = fs::read_dir(folder.path())
            .expect("the folder")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort_unstable();
        names
    };
    memscope_bench().args(["report", "--print"]).arg(&file).assert().success().stderr("");
    assert_eq!(names(), ["mine.json"]);
    memscope_bench().arg("report").arg(&file).assert().success().stderr(contains("Wrote mine.md, mine.svg in "));
    assert_eq!(names(), ["mine.json", "mine.md", "mine.svg"]);
    assert_eq!(fs::read(&file).expect("the file"), before);
    // Only verdicts can be judged again.
    let judged = memscope_bench().args(["report", "--threshold=5"]).arg(&file).assert().code(2).stdout("");
    judged.stderr(contains("only a comparison has verdicts"));
}

#[test]
fn a_file_of_no_known_kind_is_refused_with_the_known_ones() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("x.json");
    for text in ["{\"schema\": 1, \"kind\": \"diary\"}", "{}", "[1]", "not JSON", ""] {
        fs::write(&file, text).expect("a file");
        let assert = memscope_bench().arg("report").arg(&file).assert().code(2).stdout("");
        let said = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
        assert!(said.lines().count() == 1 && said.contains("x.json"), "{said}");
        assert!(Kept::KINDS.iter().all(|kind| said.contains(kind)), "{said}");
    }
    memscope_bench().arg("report").assert().code(2).stdout("");
}
