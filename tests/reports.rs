//! The forms of a report, from data that is the same everywhere: what people and programs read is pinned.

mod common;

use common::{comparison, full_record, results};
use memscope_bench::compare::Claim;
use memscope_bench::report::table::{Form, overheads};
use memscope_bench::report::{compare_svg, compare_table, figures, memory_svg, overhead_svg, stress_text};
use memscope_bench::results::{Clock, Failure, Results};
use memscope_bench::stress::Record;

#[test]
fn the_table_on_a_terminal() {
    insta::assert_snapshot!(overheads(&results(), Form::Terminal));
}

#[test]
fn the_table_in_markdown() {
    insta::assert_snapshot!(overheads(&results(), Form::Markdown));
}

#[test]
fn the_table_of_a_comparison() {
    insta::assert_snapshot!(compare_table::draw(&comparison(Clock::Wall), Form::Terminal));
}

#[test]
fn the_table_of_a_comparison_by_processor_time() {
    insta::assert_snapshot!(compare_table::draw(&comparison(Clock::Processor), Form::Markdown));
}

/// Of all published versions hundreds are claimed: a list of them is read by no one.
#[test]
fn many_claims_stand_in_the_table_alone() {
    let mut comparison = comparison(Clock::Wall);
    let claimed = comparison.differences.iter().find(|difference| difference.claim != Claim::None).expect("a claim");
    let more = vec![claimed.clone(); 20];
    comparison.differences.extend(more);
    let table = compare_table::draw(&comparison, Form::Terminal);
    assert!(table.contains("21 regressions and 0 gains are claimed") && !table.contains("Regression: "), "{table}");
}

#[test]
fn a_picture_of_a_comparison_is_valid_and_tells_it_in_words() {
    for (clock, told) in [(Clock::Wall, "cycles under full: ×5.21"), (Clock::Processor, "cycles under full: ×4.01")] {
        let text = compare_svg::draw(&comparison(clock), "Versions & <others>", true);
        let picture = roxmltree::Document::parse(&text).expect("valid XML");
        let described = picture.descendants().find(|node| node.has_tag_name("desc")).and_then(|node| node.text());
        assert!(described.expect("a text alternative").contains(told), "{told} in {described:?}");
        assert!(text.contains("Take a lock &lt;twice&gt;") && text.contains("not built"));
        assert_eq!(text.contains("Processor time under tracking"), clock == Clock::Processor);
    }
}

#[test]
fn the_figures_of_a_stress_run() {
    insta::assert_snapshot!(stress_text::closing(&full_record()));
}

/// The first level of a workload may be one that the version lacks.
#[test]
fn a_row_that_failed_leaves_the_untracked_time_to_the_next() {
    let mut results = results();
    let time = figures::time(results.cells[2].overhead.expect("an overhead").untracked_ns);
    let row_of_allocator = |results: &Results| {
        let table = overheads(results, Form::Terminal);
        table.lines().find(|line| line.contains(" allocator ")).expect("a row").to_owned()
    };
    assert!(!row_of_allocator(&results).contains(&time), "it is told once");
    results.cells[1].overhead = None;
    results.cells[1].failure = Some(Failure::Unsupported { why: "it lacks a thing".to_owned() });
    assert!(row_of_allocator(&results).contains(&time));
}

/// A results file's shape: one cell, with two of its pairs.
#[test]
fn the_results_file() {
    let mut results = results();
    results.cells.truncate(2);
    for cell in &mut results.cells {
        cell.pairs.truncate(2);
    }
    insta::assert_json_snapshot!(results);
}

#[test]
fn files_are_read_as_they_were_written() {
    let json = serde_json::to_string(&results()).expect("serialises");
    assert!(serde_json::from_str::<Results>(&json).expect("reads back") == results());
    let json = serde_json::to_string(&full_record()).expect("serialises");
    assert!(serde_json::from_str::<Record>(&json).expect("reads back") == full_record());
}

/// Conditions came into the files later: one without them is read, and drawn without a word on them.
#[test]
fn a_file_without_conditions_is_still_read() {
    let mut file = serde_json::to_value(results()).expect("serialises");
    file.as_object_mut().and_then(|file| file.remove("conditions")).expect("conditions");
    let results: Results = serde_json::from_value(file).expect("reads back");
    assert_eq!(results.origin.conditions, None);
    assert!(!overheads(&results, Form::Terminal).contains("Warning: "));
}

#[test]
fn a_picture_of_overheads_is_valid_and_tells_them_in_words() {
    let text = overhead_svg::draw(&results());
    let picture = roxmltree::Document::parse(&text).expect("valid XML");
    let root = picture.root_element();
    assert_eq!(root.attribute("role"), Some("img"));
    let described = picture.descendants().find(|node| node.has_tag_name("desc")).and_then(|node| node.text());
    let described = described.expect("a text alternative");
    for told in ["structures under full: ×31.5", "cycles under full: crashed (SIGSEGV)", "too few pairs"] {
        assert!(described.contains(told), "{told} in {described}");
    }
}

#[test]
fn the_fullest_picture_of_a_stress_run_is_valid_and_small() {
    let text = memory_svg::draw(&full_record());
    roxmltree::Document::parse(&text).expect("valid XML");
    assert!(text.len() < 150_000, "{} bytes", text.len());
    assert!(text.contains("&lt;brackets&gt; &amp; ampersands"), "text is escaped");
    assert!(text.contains("unknown"), "a figure that memscope does not know is not shown as a number");
}
