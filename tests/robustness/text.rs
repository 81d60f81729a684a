//! Text from outside: in charts, in Markdown, in JSON and on terminals.

use crate::common::git::{git, has_git};
use crate::common::{comparison, full_record, memscope_bench, results, trackers};
use crate::output::folder;
use memscope_bench::internal::platform::files;
use memscope_bench::internal::report::origin::Origin;
use memscope_bench::internal::schedule::measurement::{Clock, Outcome};
use memscope_bench::internal::study::compare;
use memscope_bench::internal::study::compare::Against;
use memscope_bench::internal::study::overhead;
use memscope_bench::internal::study::overhead::record::Results;
use memscope_bench::internal::study::stress;
use memscope_bench::internal::study::trackers;
use memscope_bench::internal::worker::failure::Failure;
use std::fs;
use std::path::Path;

/// Text that must not affect a terminal, Markdown or XML.
const NASTY: &str = "\x1b[31mred\x1b]0;title\x07 \u{9b}2J \u{202e}txt.exe\u{2066} a|b `c <img src=x> &amp; ]]> \"d\" \
                     \u{2028} \u{fffe} \u{ffff} \x00 \x0b \r [x](javascript:1) 🚀\nsecond line";

fn nasty_origin(origin: &mut Origin) {
    let of = |text: &mut String| *text = NASTY.to_owned();
    of(&mut origin.command);
    of(&mut origin.machine.processor);
    of(&mut origin.machine.system);
    of(&mut origin.toolchain.rustc);
    of(&mut origin.toolchain.flags);
    of(&mut origin.toolchain.allocator);
    of(&mut origin.memscope.source);
    of(&mut origin.memscope.version);
    origin.environment.insert("MALLOC_CONF".to_owned(), NASTY.to_owned());
}

fn nasty_results() -> Results {
    let mut results = results();
    nasty_origin(&mut results.origin);
    results.measurements[6].outcome = Outcome::Failed(Failure::Crashed { how: NASTY.to_owned() });
    results
}

/// Checks that a chart is well-formed and harmless.
fn check_picture(name: &str, text: &str) {
    let picture = roxmltree::Document::parse(text).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(picture.descendants().all(|node| !node.has_tag_name("img") && !node.has_tag_name("script")), "{name}");
    check_terminal(name, text);
    assert!(text.contains("␛[31mred"), "{name} has the text without its effects");
}

/// Checks that text does not affect a terminal.
fn check_terminal(name: &str, text: &str) {
    let harmful = |c: &char| {
        (c.is_control() && *c != '\n')
            || matches!(*c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
    };
    assert_eq!(text.chars().find(harmful), None, "{name}: {text:?}");
}

/// Checks that rows have the same number of measurements, that notes are one line each, and that there is no HTML.
fn check_markdown(name: &str, text: &str) {
    check_terminal(name, text);
    let measurements = |line: &str| line.replace("\\|", "").matches('|').count();
    let mut columns = None;
    for line in text.lines() {
        if line.starts_with('|') {
            let first = *columns.get_or_insert(measurements(line));
            assert_eq!(measurements(line), first, "{name}: {line}");
        } else {
            columns = None;
            let is_known = line.is_empty() || line.starts_with("- ") || line.starts_with('#');
            assert!(is_known, "{name}: a broken line: {line}");
        }
    }
    let mut outside_of_code = text.to_owned();
    while let Some(start) = outside_of_code.find('`') {
        let rest = &outside_of_code[start..];
        let fence = &rest[..rest.len() - rest.trim_start_matches('`').len()];
        let is_escaped = outside_of_code[..start].ends_with('\\');
        let end = if is_escaped { None } else { rest[fence.len()..].find(fence) };
        let end = end.map_or(start + fence.len(), |end| start + fence.len() + end + fence.len());
        outside_of_code.replace_range(start..end, "");
    }
    assert!(!outside_of_code.contains("<img"), "{name}: {outside_of_code}");
    assert!(!outside_of_code.replace("\\](", "").contains("](javascript"), "{name}: {outside_of_code}");
}

#[test]
fn charts_of_any_text_are_well_formed() {
    check_picture("overhead", &overhead::chart::draw(&nasty_results()));

    let mut compared = comparison(Clock::Wall);
    nasty_origin(&mut compared.origin);
    for build in &mut compared.builds {
        build.name = NASTY.to_owned();
        build.about = Some(NASTY.to_owned());
    }
    for against in [Against::First, Against::Previous] {
        check_picture("compare", &compare::chart::draw(&compared.clone().judged(Some(against), None)));
    }

    let mut record = full_record();
    nasty_origin(&mut record.origin);
    record.types.iter_mut().chain(&mut record.types_recorded).for_each(|used| used.name = NASTY.to_owned());
    record.heaps.iter_mut().for_each(|heap| heap.name = NASTY.to_owned());
    check_picture("memory analysis", &stress::chart::draw(&record));

    let mut trackers = trackers();
    nasty_origin(&mut trackers.results.origin);
    trackers.results.measurements[10].outcome = Outcome::Failed(Failure::Unsupported { why: NASTY.to_owned() });
    check_picture("trackers", &trackers::chart::draw(&trackers));
}

#[test]
fn tables_of_any_text_are_intact() {
    let results = nasty_results();
    check_terminal("overheads", &crate::common::text(&results));
    check_markdown("overheads", &crate::common::markdown(&results));

    let mut compared = comparison(Clock::Wall);
    nasty_origin(&mut compared.origin);
    for build in &mut compared.builds {
        build.name = NASTY.to_owned();
        if let Some(failed) = &mut build.not_built {
            failed.why = NASTY.to_owned();
        }
    }
    check_terminal("compare", &crate::common::text(&compared));
    check_markdown("compare", &crate::common::markdown(&compared));

    let mut trackers = trackers();
    nasty_origin(&mut trackers.results.origin);
    trackers.results.measurements[4].outcome = Outcome::Failed(Failure::Crashed { how: NASTY.to_owned() });
    trackers.results.measurements[10].outcome = Outcome::Failed(Failure::Unsupported { why: NASTY.to_owned() });
    check_terminal("trackers", &crate::common::text(&trackers));
    check_markdown("trackers", &crate::common::markdown(&trackers));
}

/// JSON contains every character, with escapes for those that affect a terminal.
#[test]
fn json_keeps_the_text() {
    let results = nasty_results();
    let text = files::json(&results).expect("all figures are numbers");
    check_terminal("json", &text);
    let read: Results = files::parse(Path::new("r.json"), &text).expect("it can be read");
    assert_eq!(read, results);
}

#[test]
fn the_subject_of_a_commit_is_shown_as_text() {
    if !has_git() {
        return;
    }
    let folder = folder();
    git(folder.path(), &["init", "--quiet", "--template="]);
    let file = folder.path().join("results/overhead.json");
    fs::create_dir(folder.path().join("results")).expect("a folder");
    let subject = NASTY.replace(['\0', '\n', '\r'], " ");
    for number in 0..2 {
        let mut results = nasty_results();
        results.origin.command = format!("run {number}");
        files::write_json(&file, &results).expect("it can be written");
        git(folder.path(), &["add", "."]);
        git(folder.path(), &["commit", "--quiet", "-m", &subject]);
    }
    let log = ["trend", "--repository"];
    let assert = memscope_bench().args(log).arg(folder.path()).arg("--output").arg(folder.path()).assert().success();
    let output = assert.get_output();
    check_terminal("log", &String::from_utf8_lossy(&output.stdout));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.starts_with("Wrote trend.json, ") && errors.lines().count() == 1, "{errors}");
    check_picture("log", &fs::read_to_string(folder.path().join("trend.svg")).expect("the picture"));
}

#[test]
fn errors_quote_harmlessly_and_in_one_line() {
    let folder = folder();
    let strange = folder.path().join("no \x1b[31m such\nfolder \u{202e}");
    let refused = |arguments: &[&str]| {
        let assert = memscope_bench().args(arguments).arg(&strange).assert().code(2);
        let said = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
        check_terminal("stderr", &said);
        said
    };
    for arguments in [&["claims", "--results"][..], &["trend", "--repository"]] {
        let said = refused(arguments);
        assert!(said.lines().count() == 1 && said.contains("␛[31m such"), "{said}");
    }
    refused(&["measure", "--workloads"]);
    refused(&["measure", "--scale"]);
}
