//! Integration tests of `soak`: each level has its checkpoints and its memory, planted growth is found, and limits end
//! a process, which keeps its measurements.

use crate::common::{has_valgrind, linked, memscope_bench};
use memscope_bench::internal::platform::files;
use memscope_bench::internal::study::soak::{Growth, GrowthClass, Quantity, Soak, Soaks, Stop};
use memscope_bench::internal::tracking::Level;
use predicates::str::contains;
use std::path::Path;

/// The blocks and events of a soak with seven checkpoints, from 1,000 to 10,000 events.
const SEVEN: [&str; 2] = ["--live=100", "--events=10000"];

/// Runs a soak of this program, and returns the soaks of its levels with the report.
fn soaked(folder: &Path, size: [&str; 2], arguments: &[&str]) -> (Vec<Soak>, String) {
    let output = memscope_bench()
        .args(["soak", "--pairs=1"])
        .args(size)
        .args(arguments)
        .arg("--output")
        .arg(folder)
        .assert()
        .success();
    let printed = String::from_utf8_lossy(&output.get_output().stdout).into_owned();
    let mut soaks: Soaks = files::read(&folder.join("soak.json")).expect("the file");
    (soaks.builds.remove(0).soaks, printed)
}

fn growth(soak: &Soak, quantity: Quantity) -> &Growth {
    let found = soak.growths.iter().find(|growth| growth.quantity == quantity);
    found.unwrap_or_else(|| panic!("{} has no {quantity}: {soak:?}", soak.level()))
}

#[test]
fn every_level_has_its_checkpoints_and_its_memory() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let levels = ["counting", "allocator", "full"];
    let tracking = format!("--tracking={}", levels.join(","));
    let (soaks, printed) =
        soaked(folder.path(), ["--live=500", "--events=10000"], &["--without-instructions", &tracking]);
    assert_eq!(soaks.iter().map(|soak| soak.level().to_string()).collect::<Vec<_>>(), levels);
    for soak in &soaks {
        assert_eq!(soak.failure(), None, "{printed}");
        let [pair] = soak.measured.pairs.as_slice() else { panic!("one pair: {soak:?}") };
        for process in [&pair.untracked, &pair.tracked] {
            let events: Vec<u64> = process.trace.checkpoints.iter().map(|checkpoint| checkpoint.events).collect();
            assert_eq!(events, [5_000, 7_340], "of 10,000 events");
            let end = process.trace.end.expect("it came to its end");
            assert_eq!((end.stopped, end.live), (Stop::Events, 0));
        }
        let counted = soak.measured.counted.as_ref().expect("bytes are counted");
        let kept: Vec<Option<u64>> = counted.trace.checkpoints.iter().map(|checkpoint| checkpoint.kept_bytes).collect();
        if soak.level() == Level::Counting {
            // Counters in statics use no heap memory.
            assert_eq!((kept, counted.trace.end.and_then(|end| end.kept_bytes)), (vec![Some(0); 2], Some(0)));
        } else {
            assert!(kept.iter().all(|&bytes| bytes > Some(1_000)), "{kept:?}");
            let recorded = pair.tracked.trace.checkpoints[0].query.expect("statistics").recorded;
            assert!(!linked::records_every_event() || recorded.allocations > Some(2_500), "{recorded:?}");
        }
    }
    for part in ["CPU time of an event", "bytes kept", "When everything is freed"] {
        assert!(printed.contains(part), "{part}: {printed}");
    }
    let picture = std::fs::read_to_string(folder.path().join("soak.svg")).expect("the picture");
    roxmltree::Document::parse(&picture).expect("well-formed");
}

#[test]
fn cpu_time_is_reported_at_every_checkpoint() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let tracking = "--tracking=linear:1000,quadratic:500";
    let (soaks, printed) = soaked(folder.path(), SEVEN, &["--without-instructions", tracking]);
    // The class depends on the machine, so src/study/soak/growth.rs tests it with given times.
    for (soak, level) in soaks.iter().zip(["linear:1000", "quadratic:500"]) {
        let growth = growth(soak, Quantity::CpuTime);
        let events: Vec<u64> = growth.points.iter().map(|point| point.0).collect();
        assert_eq!(events.len(), 7, "{printed}");
        assert!(events.is_sorted() && growth.fit.is_some(), "{growth:?}");
        assert!(printed.contains(&format!("{level}: CPU time of an event: ")), "{printed}");
    }
}

#[test]
fn instructions_show_the_class_of_planted_growth() {
    if !has_valgrind() {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let tracking = "--tracking=synthetic:64,logarithmic:100,linear:200,quadratic:200";
    let size = ["--live=50", "--events=5000"];
    let (soaks, printed) = soaked(folder.path(), size, &["--counted-events=5000", tracking]);
    for (soak, wanted) in
        soaks.iter().zip([GrowthClass::Flat, GrowthClass::Logarithmic, GrowthClass::Linear, GrowthClass::Quadratic])
    {
        let growth = growth(soak, Quantity::Instructions);
        assert_eq!((growth.class(), growth.points.len()), (Some(wanted), 7), "{}: {printed}", soak.level());
        assert!(growth.fit.is_some_and(|fit| fit.or.is_none()), "{growth:?}");
    }
}

#[test]
fn kept_bytes_are_exact() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (soaks, printed) = soaked(folder.path(), SEVEN, &["--without-instructions", "--tracking=keeping:4096"]);
    let growth = growth(&soaks[0], Quantity::KeptBytes);
    for &(events, kept) in &growth.points {
        // The first 100 events are only allocations.
        assert_eq!(kept, (4_096 * (events + 100) / 2) as f64, "after {events} events");
    }
    assert_eq!(growth.class(), Some(GrowthClass::Linear), "{printed}");
    assert!(printed.contains("linear, 2048.0 B per event"), "{printed}");
    let after = soaks[0].measured.counted.as_ref().and_then(|process| process.trace.end?.kept_bytes);
    assert!(after >= growth.points.last().map(|point| point.1 as u64), "nothing of it is freed: {after:?}");
}

#[test]
fn a_process_ends_at_its_limits_and_keeps_its_measurements() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // A tenth of a millisecond for each allocation.
    let (soaks, printed) = soaked(
        folder.path(),
        ["--live=10", "--events=100000"],
        &["--without-instructions", "--tracking=deadline:100000", "--time-limit=1"],
    );
    let end = soaks[0].end().expect("it ended by itself");
    assert!(end.stopped == Stop::Time && (100..=21_000).contains(&end.events), "{end:?}");
    assert!((100..end.events).contains(&soaks[0].reached()), "{}", soaks[0].reached());
    assert!(printed.contains(" events: its time of 1 s ran out"), "{printed}");
    if cfg!(not(target_os = "linux")) {
        // The system does not report a process's resident memory.
        return;
    }
    let (soaks, printed) = soaked(
        folder.path(),
        ["--live=100", "--events=100000"],
        &["--without-instructions", "--tracking=keeping:65536", "--memory-limit=320"],
    );
    let end = soaks[0].end().expect("it ended by itself");
    assert!(end.stopped == Stop::Memory && end.events < 15_000, "{end:?}");
    assert!(printed.contains("it had more than 240 MiB of resident memory"), "{printed}");
}

#[test]
fn impossible_soaks_are_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let refused = |arguments: &[&str], why: &str| {
        let assert = memscope_bench().current_dir(folder.path()).arg("soak").args(arguments).assert();
        assert.code(2).stdout("").stderr(contains(why.to_owned()));
        assert!(!folder.path().join("results").exists(), "nothing was measured");
    };
    refused(&["--tracking=untracked"], "untracked always runs beside each level");
    refused(&["--tracking=heaptrack"], "it runs in another program");
    refused(&["--tracking=quick-start"], "it is timed as a whole process");
    refused(&["--events=9999"], "--events 9999: the first checkpoint is at 10000 events");
    refused(&["--counted-events=100"], "--counted-events 100: the first checkpoint");
    refused(&["--live=1"], "--live");
}
