//! Integration tests of `measure --format`: each format is valid for its readers, and is only printed on stdout.

mod common;

use common::{linked, memscope_bench};
use memscope_bench::internal::report::format::Format;
use memscope_bench::internal::study::overhead::record::Results;
use memscope_bench::internal::study::{self, Study};
use memscope_bench::internal::worker::failure::Failure;
use predicates::prelude::*;
use predicates::str::{contains, starts_with};
use serde_json::Value;
use std::fs;

const TINY: [&str; 4] = ["measure", "--workloads=cycles", "--scale=0.001", "--pairs=6"];

/// Returns the benchmarks of a text in Bencher's format, after checking it: metrics are numbers, the value within its
/// bounds.
fn benchmarks(text: &str) -> Value {
    let all: Value = serde_json::from_str(text).expect("JSON");
    for (name, measures) in all.as_object().expect("benchmarks by name") {
        for (measure, metric) in measures.as_object().expect("measures by name") {
            let number = |key: &str| metric.get(key).map(|number| number.as_f64().expect("a number"));
            let value = number("value").expect("a value");
            let [low, high] = ["lower_value", "upper_value"].map(number);
            assert!(low.is_none_or(|low| low <= value), "{name} {measure}: {metric}");
            assert!(high.is_none_or(|high| value <= high), "{name} {measure}: {metric}");
        }
    }
    all
}

fn names(object: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = object.as_object().expect("an object").keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

#[test]
fn json_equals_the_content_of_the_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = folder.path().join("overhead.json");
    let assert = memscope_bench()
        .args(TINY)
        .args(["--format=json", &format!("--output={}", folder.path().display())])
        .assert()
        .success()
        .stderr(contains("Wrote overhead.json, overhead.md, overhead.svg in "));
    let text = String::from_utf8(assert.get_output().stdout.clone()).expect("text");
    assert_eq!(text, fs::read_to_string(&output).expect("the file"));
    let results: Results = serde_json::from_str(&text).expect("a results file");
    assert_eq!(results.measurements.len(), 2);
}

#[test]
fn markdown_is_a_table_and_a_list() {
    let assert = memscope_bench().args(TINY).arg("--format=markdown").assert().success().stderr("");
    let text = String::from_utf8(assert.get_output().stdout.clone()).expect("text");
    let (table, notes) = text.split_once("\n\n").expect("a table and notes");
    assert!(table.starts_with("| workload |") && table.lines().all(|line| line.starts_with('|')), "{text}");
    assert!(notes.lines().all(|line| line.starts_with("- ")), "{text}");
}

#[test]
fn text_is_the_default_format() {
    for format in [&[][..], &["--format=text"]] {
        memscope_bench().args(TINY).args(format).assert().success().stdout(starts_with("───"));
    }
}

#[test]
fn bmf_has_a_benchmark_for_each_workload_and_level() {
    let assert = memscope_bench()
        .args(TINY)
        .args(["--tracking=counting,allocator,full", "--format=bmf"])
        .assert()
        .success()
        .stderr("");
    let all = benchmarks(&String::from_utf8(assert.get_output().stdout.clone()).expect("text"));
    assert_eq!(names(&all), ["cycles/allocator", "cycles/counting", "cycles/full", "cycles/untracked"]);
    let full = &all["cycles/full"];
    let measures = names(full);
    for measure in ["overhead", "cpu-time", "ns-per-allocation"] {
        assert_eq!(names(&full[measure]), ["lower_value", "upper_value", "value"], "{measure}");
    }
    assert_eq!(names(&full["fidelity"]), ["value"], "a fidelity has no bounds");
    for level in ["cycles/allocator", "cycles/full"] {
        // With named values, some versions drop events of a single thread too.
        if level == "cycles/allocator" || linked::records_every_event() {
            assert_eq!(all[level]["fidelity"]["value"], 1.0, "{level}");
        }
    }
    assert_eq!(measures.contains(&"peak-memory"), cfg!(target_os = "linux"), "{measures:?}");
    assert_eq!(all["cycles/counting"].get("fidelity"), None, "a reference has no fidelity");
}

#[test]
fn bmf_names_omitted_measurements_on_stderr() {
    let assert = memscope_bench()
        .args(TINY)
        .args(["--tracking=allocator,full", "--format=bmf"])
        .env("MEMSCOPE_BENCH_FAULT", "cycles/full=exit")
        .assert()
        .success()
        .stderr(contains("cycles/full is left out: crashed: exit code 70"));
    let all = benchmarks(&String::from_utf8(assert.get_output().stdout.clone()).expect("text"));
    assert_eq!(names(&all), ["cycles/allocator", "cycles/untracked"]);

    memscope_bench()
        .args(["measure", "--workloads=cycles", "--scale=0.001", "--pairs=5", "--format=bmf"])
        .assert()
        .success()
        .stdout("{}\n")
        .stderr(contains("cycles/full is left out: too few pairs (5)"));
}

/// A complete run has several measurements of one workload and level, and each must keep its own name.
#[test]
fn bmf_of_a_complete_run_distinguishes_its_series() {
    let results = common::results();
    let all = benchmarks(&study::draw(&results, Format::Bmf).expect("all figures are numbers"));
    let with_overhead = results.measurements.iter().filter(|measurement| measurement.overhead().is_some()).count();
    assert_eq!(names(&all).len(), with_overhead);
    assert!(all.get("structures/full/scale-0.05").is_some() && all.get("concurrent/full/threads-2").is_some());
    assert_eq!(results.left_out().len(), results.measurements.len() - with_overhead);
    assert_eq!(all["structures/full"]["fidelity"]["value"], 0.612_34);
}

#[test]
fn an_unknown_format_is_refused_with_the_known_ones() {
    let known = ["text", "markdown", "csv", "json", "bmf"].map(contains);
    let [text, markdown, csv, json, bmf] = known;
    memscope_bench()
        .args(TINY)
        .arg("--format=yaml")
        .assert()
        .code(2)
        .stdout("")
        .stderr(contains("'yaml'").and(text).and(markdown).and(csv).and(json).and(bmf));
}

#[test]
fn counted_instructions_have_the_same_forms() {
    let text = fs::read_to_string("tests/data/instructions-v1.json").expect("the kept file");
    let mut kept: Value = serde_json::from_str(&text).expect("JSON");
    let mut failed = kept["instructions"][0].clone();
    failed["tracking"] = "variables".into();
    failed["overhead"] = Value::Null;
    failed["failure"] = serde_json::to_value(Failure::Crashed { how: "exit code 70".to_owned() }).expect("JSON");
    kept["instructions"].as_array_mut().expect("the counts").push(failed);
    let results: Results = serde_json::from_value(kept).expect("a results file");

    let markdown = study::draw(&results, Format::Markdown).expect("all figures are numbers");
    let (tables, notes) = markdown.rsplit_once("\n\n").expect("tables and notes");
    assert!(tables.starts_with("| workload |") && notes.lines().all(|line| line.starts_with("- ")), "{markdown}");

    let all = benchmarks(&study::draw(&results, Format::Bmf).expect("all figures are numbers"));
    assert_eq!(names(&all), ["cycles/full"]);
    assert_eq!(names(&all["cycles/full"]), ["instructions", "instructions-per-allocation"]);
    assert_eq!(results.left_out(), ["cycles/variables is left out: crashed: exit code 70"]);
}
