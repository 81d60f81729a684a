//! The formats of a report, from data that is the same on every machine: the output for readers and programs is pinned.

mod common;

use common::{comparison, counted_comparison, full_record, results};
use memscope_bench::internal::report::format::Format;
use memscope_bench::internal::schedule::measurement::{Clock, Measurement};
use memscope_bench::internal::study::compare;
use memscope_bench::internal::study::compare::{
    Against, ComparedBuild, Comparison, Difference, Record, Verdict, verdicts,
};
use memscope_bench::internal::study::overhead;
use memscope_bench::internal::study::overhead::record::Results;
use memscope_bench::internal::study::soak;
use memscope_bench::internal::study::stress;
use memscope_bench::internal::study::{self, Study};
use memscope_bench::internal::tracking::Level;
use memscope_bench::internal::worker::failure::Failure;
use memscope_bench::internal::workloads::Workload;

#[test]
fn the_table_on_a_terminal() {
    insta::assert_snapshot!(common::text(&results()));
}

#[test]
fn the_table_in_markdown() {
    insta::assert_snapshot!(common::markdown(&results()));
}

#[test]
fn the_table_of_a_comparison() {
    insta::assert_snapshot!(common::text(&comparison(Clock::Wall)));
}

#[test]
fn the_tables_of_a_comparison_with_counts() {
    insta::assert_snapshot!(common::text(&counted_comparison()));
    insta::assert_snapshot!(common::markdown(&only_counted()));
}

/// Without rounds, there are no times to report and no chart to draw.
#[test]
fn a_comparison_of_counts_alone_does_not_mention_times() {
    let counted = only_counted();
    let text = common::text(&counted);
    for absent in ["overhead", "Noise floor", "CPU time", "Regression, improvement", "nothing to compare"] {
        assert!(!text.contains(absent), "{absent}: {text}");
    }
    assert!(counted.chart().is_none() && text.contains("Counts of ../memscope-rs against 0.1.0 at full: "), "{text}");
    let csv = study::draw(&counted, Format::Csv).expect("all figures are numbers");
    assert!(csv.contains("cycles/full/../memscope-rs,counted-instructions,125952000"), "{csv}");
    let json = study::draw(&counted, Format::Json).expect("all figures are numbers");
    assert_eq!(serde_json::from_str::<Comparison>(&json).expect("it can be read again"), counted);
    let regressions = verdicts::regressions(&counted);
    assert!(regressions.iter().any(|line| line.ends_with(": instructions +2.40 %")), "{regressions:?}");
}

fn only_counted() -> Comparison {
    let mut counted = counted_comparison();
    counted.plan.rounds = 0;
    counted.builds.iter_mut().for_each(|build| build.measurements.clear());
    counted.judged(None, None)
}

/// A soak of each build that was built: one grows, one is flat, and one crashed.
#[test]
fn the_growth_of_each_build_is_shown_with_its_overhead() {
    let mut soaked = comparison(Clock::Wall);
    let trace = |added: fn(u64) -> f64| {
        let events = [10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000];
        let checkpoints = events.map(|events| soak::Checkpoint {
            events,
            live_bytes: 2_000_000,
            event_ns: Some(20.0 + added(events)),
            kept_bytes: Some(300_000),
            ..soak::Checkpoint::default()
        });
        soak::Process { trace: soak::Trace { checkpoints: checkpoints.to_vec(), end: None }, failure: None }
    };
    let pair = |tracked| soak::Pair { untracked_first: true, untracked: trace(|_| 0.0), tracked };
    let of = |tracked: soak::Process, counted| {
        let pairs = vec![pair(tracked.clone()), pair(tracked)];
        let measured = soak::Measured::begin(Level::Full, 1_000).with(pairs);
        vec![soak::Soak::from(soak::Measured { counted, ..measured })]
    };
    let crashed = Failure::Crashed { how: "SIGSEGV".to_owned() };
    let crashed = soak::Process { failure: Some(crashed), ..soak::Process::default() };
    let processes = [
        of(trace(|events| 300.0 + events as f64 / 1e3), Some(trace(|_| 0.0))),
        of(trace(|_| 300.0), None),
        of(crashed, None),
    ];
    soaked.builds.iter_mut().zip(processes).for_each(|(build, soaks)| build.soaks = soaks);
    let text = common::markdown(&soaked);
    for row in [
        "| full | 0.1.0 | 320 ns | 800 ns | ×2.50 | linear | 293 KiB | flat | 1 M |",
        "| full | 0.2.4 | 300 ns | 300 ns | ×1.00 | flat |  |  | 1 M |",
        "| full | ../memscope-rs | crashed (SIGSEGV) |  |  |  |  |  |  |",
    ] {
        let spaces = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.lines().any(|line| spaces(line) == spaces(row)), "{row}: {text}");
    }
    assert!(text.contains("How the cost grows") && text.contains("late ÷ early"), "{text}");
    let csv = study::draw(&soaked, Format::Csv).expect("all figures are numbers");
    assert!(csv.contains("event-ns/full/0.1.0,late,800"), "{csv}");
    let json = study::draw(&soaked, Format::Json).expect("all figures are numbers");
    assert_eq!(serde_json::from_str::<Comparison>(&json).expect("it can be read again"), soaked);
}

#[test]
fn the_table_of_a_comparison_by_processor_time() {
    insta::assert_snapshot!(common::markdown(&comparison(Clock::Cpu)));
}

/// Returns two builds on three workloads at two levels, one of which changed.
fn two_builds() -> Comparison {
    let comparison = comparison(Clock::Wall);
    let [old, _, new, _] = &comparison.builds[..] else { panic!("four builds") };
    let (mut old, mut new, mut plan) = (old.clone(), new.clone(), comparison.plan.clone());
    plan.builds = vec![plan.builds[0].clone(), plan.builds[2].clone()];
    plan.workloads = vec![Workload::CYCLES, Workload::LEAKS, Workload::MIXED];
    // The first build lacked the level; here it gets the figures of the second.
    old.measurements[1] = new.measurements[0].clone();
    for build in [&mut old, &mut new] {
        let measurements = build.measurements.clone();
        for workload in [Workload::LEAKS, Workload::MIXED] {
            build
                .measurements
                .extend(measurements.iter().cloned().map(|measurement| Measurement { workload, ..measurement }));
        }
    }
    let Comparison { origin, clock, threshold_percent, against, .. } = comparison;
    Record { origin, plan, clock, threshold_percent, against, builds: vec![old, new] }.into()
}

#[test]
fn the_verdict_on_two_builds_is_above_the_table() {
    let comparison = two_builds();
    let [sentence] = &compare::verdicts::sentences(&comparison)[..] else { panic!("one sentence") };
    assert_eq!(
        sentence,
        "../memscope-rs costs more than 0.1.0 at full: typical +29.9 % [+29.9, +29.9], a regression on 3 of 3 \
         workloads; no difference at variables (detectable: 3.0 % typical, 3.0 % on one workload)."
    );
    for (table, rows) in [(common::text(&comparison), 1), (common::markdown(&comparison), 4)] {
        assert!(table.trim_start_matches("- ").starts_with(sentence), "{table}");
        assert_eq!(table.matches("typical").count(), 2 + rows + 1, "{table}");
    }
    assert_eq!(compare::verdicts::regressions(&comparison).len(), 4, "three workloads, and the typical change");
    let same = two_builds().judged(None, Some(31.0));
    let [sentence] = &compare::verdicts::sentences(&same)[..] else { panic!("one sentence") };
    assert!(sentence.starts_with("0.1.0 and ../memscope-rs: no difference at variables"), "{sentence}");
    assert!(common::text(&same).contains("no difference (< 31 %)"), "it is below the threshold");
}

/// A terminal of 160 columns shows a row in one line, for names at their longest.
#[test]
fn the_table_is_not_wider_than_a_terminal() {
    let mut comparison = two_builds();
    comparison.builds.iter_mut().for_each(|build| build.name = "../a-long-path/memscope-rs@v0.2.4".to_owned());
    let table = common::text(&comparison);
    let rows = table.lines().skip(1).take_while(|line| !line.starts_with("Regression, improvement"));
    for row in rows {
        assert!(row.chars().count() <= 160, "{} columns: {row}", row.chars().count());
    }
}

/// A build of memscope changes the features of a dependency, and the program takes 10 % less time with and without
/// tracking.
#[test]
fn a_program_that_differs_between_builds_is_named() {
    let comparison = comparison(Clock::Wall);
    let names_it = |comparison: &Comparison| common::text(comparison).contains("the time without tracking changes");
    assert!(!names_it(&comparison));
    let Comparison { origin, plan, clock, threshold_percent, against, mut builds, .. } = comparison;
    for pair in builds[2].measurements.iter_mut().flat_map(|measurement| &mut measurement.pairs) {
        for sample in [&mut pair.untracked, &mut pair.tracked] {
            sample.wall_ns = sample.wall_ns * 9 / 10;
        }
    }
    let text = common::text(&Comparison::from(Record { origin, plan, clock, threshold_percent, against, builds }));
    let sentence = "cycles, ../memscope-rs against 0.2.4: the time without tracking changes by −10.0 % [−10.0, −10.0], \
                    so the overheads are relative to different programs. The time with tracking changes by −10.0 % \
                    [−10.0, −10.0] at variables.";
    assert!(text.contains(sentence), "{text}");
}

/// Hundreds of rows of all published versions have a verdict, which would be unreadable as a list.
#[test]
fn many_verdicts_are_summarised() {
    let mut comparison = comparison(Clock::Wall);
    let regression = comparison.differences.iter().find(|row| row.verdict == Verdict::Regression).expect("one").clone();
    for number in 0..30 {
        let build = ComparedBuild { name: format!("0.3.{number}"), ..comparison.builds[0].clone() };
        comparison.builds.push(build);
        let build = comparison.builds.len() - 1;
        comparison.differences.push(Difference { build, ..regression.clone() });
    }
    let sentences = compare::verdicts::sentences(&comparison);
    assert_eq!(sentences.len(), 2, "{sentences:?}");
    assert!(sentences[0].starts_with("32 comparisons: 31 regressions, 0 improvements, 1 without"), "{sentences:?}");
    assert!(sentences[1].starts_with("0.3.29 costs more than 0.1.0 at full on cycles: +29.9 %"), "{sentences:?}");
}

#[test]
fn a_picture_of_a_comparison_is_valid_and_describes_it_in_words() {
    for (clock, words) in [
        (Clock::Wall, "cycles at full: ×5.21 [5.21, 5.21], +29.9 % [+29.9, +30.0] against 0.1.0: regression"),
        (Clock::Cpu, "cycles at full: ×4.01 [4.01, 4.01], +0.0 % [+0.0, +0.0] against 0.1.0: no difference"),
    ] {
        let text = compare::chart::draw(&comparison(clock));
        let picture = roxmltree::Document::parse(&text).expect("valid XML");
        let described = picture.descendants().find(|node| node.has_tag_name("desc")).and_then(|node| node.text());
        assert!(described.expect("a text alternative").contains(words), "{words} in {described:?}");
        for words in [
            "Take a lock &lt;twice&gt;",
            "../broken: does not compile",
            "0.2.4 at full has no figure: timed-out on cycles",
        ] {
            assert!(text.contains(words), "{words}");
        }
        assert_eq!(text.contains("Overhead (CPU time tracked"), clock == Clock::Cpu);
    }
}

/// With many builds, a plot for each workload and level shows outcomes next to figures.
#[test]
fn a_picture_of_many_builds_shows_references_and_outcomes() {
    let mut comparison = comparison(Clock::Wall);
    let again = comparison.builds[2].clone();
    comparison.builds.extend((0..4).map(|number| ComparedBuild { name: format!("again-{number}"), ..again.clone() }));
    let text = compare::chart::draw(&comparison.judged(Some(Against::Previous), None));
    let picture = roxmltree::Document::parse(&text).expect("valid XML");
    let count = |word: &str| {
        picture.descendants().filter(|node| node.has_tag_name("text") && node.text() == Some(word)).count()
    };
    assert_eq!(count("reference"), 2, "one at each level");
    // One build lacks each level, one is not built, and the legend explains the mark.
    assert_eq!(count("×"), 2 * 2 + 1);
    for words in ["does not compile", "again-3", "timed-out: it still ran after 10 s", "reference: not compared"] {
        assert!(text.contains(words), "{words}");
    }
}

#[test]
fn a_picture_of_two_builds_has_words_beside_each_mark() {
    let text = compare::chart::draw(&two_builds());
    let picture = roxmltree::Document::parse(&text).expect("valid XML");
    let words: Vec<&str> =
        picture.descendants().filter(|node| node.has_tag_name("text")).filter_map(|node| node.text()).collect();
    // Three workloads and the typical change.
    assert_eq!(words.iter().filter(|word| word.starts_with("+29.9 % [")).count(), 4, "{words:?}");
    assert_eq!(words.iter().filter(|word| **word == "regression").count(), 4 + 1, "and the legend");
    for text in ["full: ../memscope-rs against 0.1.0", "no difference (detectable: 3.0 %)"] {
        assert!(words.contains(&text), "{text} in {words:?}");
    }
}

#[test]
fn the_figures_of_a_stress_run() {
    insta::assert_snapshot!(common::text(&full_record()));
}

/// The shape of a results file: one measurement, with two of its pairs.
#[test]
fn the_results_file() {
    let mut results = results();
    results.measurements.truncate(2);
    for measurement in &mut results.measurements {
        measurement.pairs.truncate(2);
    }
    insta::assert_json_snapshot!(results);
}

#[test]
fn files_are_read_as_they_were_written() {
    let json = serde_json::to_string(&results()).expect("serialises");
    assert!(serde_json::from_str::<Results>(&json).expect("reads back") == results());
    let json = serde_json::to_string(&full_record()).expect("serialises");
    assert!(serde_json::from_str::<stress::Record>(&json).expect("reads back") == full_record());
}

/// Conditions came into the files later. A file without them is read, and drawn without mention of them.
#[test]
fn a_file_without_conditions_is_still_read() {
    let mut file = serde_json::to_value(results()).expect("serialises");
    file.as_object_mut().and_then(|file| file.remove("conditions")).expect("conditions");
    let results: Results = serde_json::from_value(file).expect("reads back");
    assert_eq!(results.origin.conditions, None);
    assert!(!common::text(&results).contains("Warning: "));
}

#[test]
fn a_picture_of_overheads_is_valid_and_describes_them_in_words() {
    let text = overhead::chart::draw(&results());
    let picture = roxmltree::Document::parse(&text).expect("valid XML");
    let root = picture.root_element();
    assert_eq!(root.attribute("role"), Some("img"));
    let described = picture.descendants().find(|node| node.has_tag_name("desc")).and_then(|node| node.text());
    let described = described.expect("a text alternative");
    for told in ["structures/full: ×31.5", "cycles/full: crashed (SIGSEGV)", "too few pairs"] {
        assert!(described.contains(told), "{told} in {described}");
    }
}

#[test]
fn the_fullest_picture_of_a_stress_run_is_valid_and_small() {
    let text = stress::chart::draw(&full_record());
    roxmltree::Document::parse(&text).expect("valid XML");
    assert!(text.len() < 150_000, "{} bytes", text.len());
    assert!(text.contains("&lt;brackets&gt; &amp; ampersands"), "text is escaped");
    assert!(text.contains("unknown"), "a figure that memscope does not know is not shown as a number");
}
