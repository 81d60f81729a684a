//! Numbers: coarse clocks, and zero, missing and impossible times. No report shows a value that is not a number.

use crate::common;
use memscope_bench::internal::platform::files;
use memscope_bench::internal::report::format::Format;
use memscope_bench::internal::schedule::estimate::overhead;
use memscope_bench::internal::schedule::measurement::{Measurement, Outcome};
use memscope_bench::internal::stats::estimate::Estimate;
use memscope_bench::internal::study::overhead;
use memscope_bench::internal::study::overhead::record::Results;
use memscope_bench::internal::study::trackers;
use std::path::Path;

/// Checks that a report shows only valid numbers.
fn assert_sound(report: &str) {
    for none in ["NaN", "inf ", "inf%", "inf]", "inf,", "\"inf", "×inf", "+inf", "−inf", "-inf", "null"] {
        assert!(!report.contains(none), "{none} in {report}");
    }
}

/// Draws every report of results, and checks it.
fn assert_reports_are_sound(results: &Results) {
    assert_sound(&common::text(results));
    assert_sound(&common::markdown(results));
    for format in [Format::Bmf, Format::Csv] {
        assert_sound(&memscope_bench::internal::study::draw(results, format).expect("every number is finite"));
    }
    let picture = overhead::chart::draw(results);
    assert_sound(&picture);
    roxmltree::Document::parse(&picture).expect("well-formed");
    let ranked = memscope_bench::internal::study::trackers::Trackers::from(results.clone());
    assert_sound(&common::text(&ranked));
    assert_sound(&trackers::chart::draw(&ranked));
}

/// Checks that a file of the results can be read again, with the same content.
fn assert_can_be_read(results: &Results) {
    let text = files::json(results).expect("every number is finite");
    let read: Results = files::parse(Path::new("results.json"), &text).expect("it can be read");
    assert_eq!(&read, results);
}

/// Returns the usual results with other times, and the overheads computed from them.
fn with_times(change: impl Fn(usize, &mut Measurement)) -> Results {
    let mut results = common::results();
    for (number, measurement) in results.measurements.iter_mut().enumerate() {
        change(number, measurement);
        if let Outcome::Measured(_) = measurement.outcome {
            let overhead = overhead(&measurement.pairs, &measurement.passes, measurement.allocations);
            measurement.outcome = overhead.map_or(Outcome::TooFew, Outcome::Measured);
        }
    }
    results
}

#[test]
fn reports_are_valid_if_clocks_show_no_time() {
    // In every pair, in every second one, in a few; in either sample; and in CPU time alone.
    for (every, untracked, tracked) in
        [(1, true, true), (1, true, false), (1, false, true), (2, true, false), (9, true, false)]
    {
        let results = with_times(|_, measurement| {
            for pair in measurement.pairs.iter_mut().step_by(every) {
                pair.untracked.wall_ns *= u64::from(!untracked);
                pair.tracked.wall_ns *= u64::from(!tracked);
            }
        });
        assert_reports_are_sound(&results);
        assert_can_be_read(&results);
        let text = common::text(&results);
        let told = if every < 3 { "the clock is too coarse at this scale" } else { "pairs show no elapsed time" };
        assert!(text.contains(told) && text.contains("Use a larger"), "{text}");
    }
    let results = with_times(|_, measurement| measurement.pairs.iter_mut().for_each(|pair| pair.tracked.cpu_ns = 0));
    assert_reports_are_sound(&results);
    assert_can_be_read(&results);
    assert!(results.measurements[0].overhead().is_some_and(|overhead| overhead.cpu.is_none()));
}

#[test]
fn reports_are_valid_without_memory_and_allocations() {
    let results = with_times(|number, measurement| {
        measurement.allocations = [None, Some(0)][number % 2];
        for pair in &mut measurement.pairs {
            pair.untracked.peak_rss_bytes = [None, Some(0), Some(1)][number % 3];
        }
    });
    assert_reports_are_sound(&results);
    assert_can_be_read(&results);
}

#[test]
fn reports_are_valid_for_times_of_any_size() {
    for (untracked, tracked) in [(1, u64::MAX), (u64::MAX, 1), (1, 1), (u64::MAX, u64::MAX)] {
        let results = with_times(|_, measurement| {
            for pair in &mut measurement.pairs {
                (pair.untracked.wall_ns, pair.tracked.wall_ns) = (untracked, tracked);
                (pair.untracked.cpu_ns, pair.tracked.cpu_ns) = (tracked, untracked);
            }
        });
        assert_reports_are_sound(&results);
        assert_can_be_read(&results);
    }
}

#[test]
fn reports_show_no_invalid_figures() {
    // No estimate is one of these; if something else produces one, a report still shows none.
    for none in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -1.0, f64::MAX, f64::MIN_POSITIVE] {
        let mut results = common::results();
        for measurement in &mut results.measurements {
            let Outcome::Measured(overhead) = &mut measurement.outcome else { continue };
            let estimate = Estimate { value: none, low: none, high: none };
            (overhead.wall, overhead.cpu) = (estimate, Some(estimate));
            (overhead.ns_per_allocation, overhead.peak_memory) = (Some(estimate), Some(estimate));
            overhead.untracked_ns = none;
        }
        assert_reports_are_sound(&results);
    }
}

#[test]
fn the_smallest_scale_works_on_any_number_of_threads() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = folder.path().join("results");
    for threads in ["--threads=1", "--threads=8"] {
        for scale in ["--scale=0.001", "--scale=1e-300"] {
            let assert = common::memscope_bench()
                .args(["measure", "--workloads=cycles,concurrent", "--tracking=untracked", "--pairs=6", threads, scale])
                .arg(format!("--output={}", output.display()))
                .assert()
                .success();
            assert_sound(&String::from_utf8_lossy(&assert.get_output().stdout));
            let results: Results = files::read(&output.join("overhead.json")).expect("it can be read");
            assert!(results.measurements.iter().all(|measurement| measurement.pairs.len() == 6));
        }
    }
}

/// Returns a library that gives the program's clocks steps of ten milliseconds, as some systems' clocks have; `None`,
/// with a message, if it cannot be made.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn coarse_clock(folder: &Path) -> Option<std::path::PathBuf> {
    const SOURCE: &str = r"
        #define _GNU_SOURCE
        #include <sys/syscall.h>
        #include <time.h>
        #include <unistd.h>
        int clock_gettime(clockid_t id, struct timespec *now) {
            int result = syscall(SYS_clock_gettime, id, now);
            now->tv_nsec -= now->tv_nsec % 10000000;
            return result;
        }";
    let (source, library) = (folder.join("clock.c"), folder.join("clock.so"));
    std::fs::write(&source, SOURCE).expect("a file");
    let compiler = std::process::Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(source).status();
    if !compiler.is_ok_and(|status| status.success()) {
        eprintln!("skipped: there is no C compiler");
        return None;
    }
    Some(library)
}

#[test]
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn coarse_clocks_give_no_invalid_figures() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let Some(library) = coarse_clock(folder.path()) else { return };
    let run = |arguments: &[&str]| {
        let mut command = common::memscope_bench();
        command.args(arguments).current_dir(folder.path()).env("LD_PRELOAD", &library);
        let assert = command.assert().success();
        String::from_utf8_lossy(&assert.get_output().stdout).into_owned()
    };
    // Windows of a few microseconds: now and then, one contains a step of the clock.
    let tiny = ["--workloads=cycles", "--tracking=untracked", "--scale=0.001"];
    let shown = run(&[&["measure", "--pairs=12", "--output=."], &tiny[..]].concat());
    assert_sound(&shown);
    assert!(
        shown.contains("the clock is too coarse at this scale") && shown.contains("Use a larger --scale"),
        "{shown}"
    );
    let results: Results = files::read(&folder.path().join("overhead.json")).expect("it can be read");
    assert_eq!((results.measurements[0].overhead(), results.measurements[0].pairs.len()), (None, 12));
    assert_reports_are_sound(&results);

    let calls = ["calls", "--calls=allocate-16B", "--without-instructions"];
    let shown = run(&[&calls[..], &["--threads=1", "--processes=6", "--operations=20", "--output=."]].concat());
    assert!(shown.contains("too short") && shown.contains("too coarse for single calls"), "{shown}");
    assert!(!shown.contains("0 ns [0, 0]"), "{shown}");
    common::memscope_bench()
        .args(["validate", "--quick", "--workloads=cycles", "--scale=0.001", "--rounds=12", "--output=."])
        .current_dir(folder.path())
        .env("LD_PRELOAD", &library)
        .assert()
        .code(2)
        .stderr(predicates::str::contains("is too coarse for windows of this size: use a larger --scale"));
    assert!(!folder.path().join("validation.json").exists(), "nothing incomplete is left");
}
