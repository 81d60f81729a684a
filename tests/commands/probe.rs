//! Integration tests of the probe: its output, the equal work of every level, and the exactness of the counts.

#[cfg(target_os = "linux")]
use crate::common::processes;
use crate::common::{linked, memscope_bench, probe};
use memscope_bench::internal::tracking::memscope::MemscopeBuild;
use memscope_bench::internal::tracking::{Level, Recorded};
use memscope_bench::internal::workloads::{Digest, Workload, registered};
use predicates::prelude::*;
use predicates::str::contains;
#[cfg(target_os = "linux")]
use std::process::{Command, Stdio};

const TINY: &str = "--scale=0.01";

fn of(workload: Workload) -> String {
    format!("--workload={workload}")
}

#[test]
fn a_probe_prints_every_field_of_its_observation() {
    let output = memscope_bench()
        .args(["probe", "--workload=structures", "--tracking=full", TINY, "--count", "--threads=2", "--seed=7"])
        .assert()
        .success()
        .stderr("")
        .get_output()
        .stdout
        .clone();
    let value: serde_json::Value = serde_json::from_slice(&output).expect("JSON");
    let names =
        |value: &serde_json::Value| -> Vec<String> { value.as_object().expect("an object").keys().cloned().collect() };
    let fields = [
        "cpu_ns",
        "digest",
        "kernel_ns",
        "own",
        "page_faults",
        "peak_rss_bytes",
        "recorded",
        "scale",
        "schema",
        "seed",
        "subject",
        "threads",
        "tracking",
        "truth",
        "variables",
        "wall_ns",
        "workload",
    ];
    assert_eq!(names(&value), fields);
    assert_eq!(names(&value["subject"]), ["name", "source", "version"]);
    for field in ["allocations", "deallocations", "allocated_bytes", "peak_live_bytes"] {
        assert!(value["truth"][field].as_u64() > Some(0), "truth.{field}");
    }
    for field in ["allocations", "deallocations", "allocated_bytes", "active_allocations", "active_bytes", "peak_bytes"]
    {
        let recorded = &value["recorded"][field];
        if linked::figures().contains(&field) {
            // The events that a version drops belong to memscope's memory, which is the only live memory at the end.
            let may_be_none = field.starts_with("active") && !linked::records_every_event();
            assert!(recorded.as_u64() >= Some(u64::from(!may_be_none)), "recorded.{field}: {recorded}");
        } else {
            assert!(recorded.is_null(), "recorded.{field}: {recorded}");
        }
    }
    assert_eq!((value["seed"].as_u64(), value["threads"].as_u64()), (Some(7), Some(2)));
    assert_eq!(value["subject"]["name"], "memscope-rs");
}

#[test]
fn unknown_figures_are_null_and_never_zero() {
    let untracked = probe(&["--workload=cycles", "--tracking=untracked", TINY]);
    assert_eq!((untracked.truth, untracked.fidelity()), (None, None));
    assert_eq!(untracked.recorded, Default::default());
    if linked::supports(Level::Variables) {
        let variables = probe(&["--workload=cycles", "--tracking=variables", TINY]);
        let counts = linked::counts_named_values();
        let recorded = Recorded { variables: counts.then_some(variables.variables), ..Recorded::default() };
        assert_eq!(variables.recorded, recorded);
        assert_eq!(variables.fidelity(), counts.then_some(1.0));
    }
    let counting = probe(&["--workload=cycles", "--tracking=counting", TINY]);
    assert!(counting.truth.is_some());
}

#[test]
fn only_levels_that_the_version_lacks_are_refused() {
    for &level in Level::ALL {
        let assert =
            memscope_bench().args(["probe", "--workload=cycles", &format!("--tracking={level}"), TINY]).assert();
        if linked::supports(level) {
            assert.success();
        } else {
            let build = MemscopeBuild::of_this_build().to_string();
            assert.code(69).stdout("").stderr(contains(build).and(contains("cannot do that")));
        }
    }
}

#[test]
fn digests_are_pinned_and_the_same_under_every_level() {
    let pinned = |checksum, variables, leaked_allocations, leaked_bytes| Digest {
        checksum,
        variables,
        leaked_allocations,
        leaked_bytes,
    };
    let expected = [
        (Workload::STRUCTURES, pinned(0x4975_9745_e212_4cbb, 12, 0, 0)),
        (Workload::HIERARCHIES, pinned(0x92b0_ded9_1ee9_ec0c, 22, 0, 0)),
        (Workload::CONCURRENT, pinned(0x733a_7394_a203_8a5b, 50, 0, 0)),
        (Workload::PROCESSING, pinned(0xd9c2_2114_93b5_1098, 17, 0, 0)),
        (Workload::FRAGMENTATION, pinned(0xdda4_50a7_7692_3b6f, 11, 0, 0)),
        (Workload::CYCLES, pinned(0x31f6_37e0_368d_ef7e, 22, 106, 4240)),
        (Workload::MIXED, pinned(0x6061_2c84_eec0_18e9, 5, 0, 0)),
        (Workload::LEAKS, pinned(0xfa62_3eb2_0cfe_8d9c, 5, 1, 64)),
    ];
    assert_eq!(expected.map(|(workload, _)| workload), *registered());
    for (workload, digest) in expected {
        for level in Level::ALL.iter().filter(|level| linked::supports(**level)) {
            let threads: &[&str] =
                if workload.is_parallel() { &["--threads=1", "--threads=3"] } else { &["--threads=3"] };
            for threads in threads {
                let seen = probe(&[&of(workload), &format!("--tracking={level}"), TINY, "--seed=1", threads]);
                assert_eq!(seen.digest, digest, "{workload}/{level} {threads}");
            }
        }
    }
}

#[test]
fn only_deliberate_leaks_stay_alive() {
    // On one thread only: a runtime's own bookkeeping is not the workload's.
    for workload in registered().iter().filter(|workload| !workload.is_parallel()) {
        let seen = probe(&[&of(*workload), "--tracking=counting", TINY]);
        let truth = seen.truth.expect("counted");
        let alive = (truth.allocations - truth.deallocations, truth.live_bytes);
        assert_eq!(alive, (seen.digest.leaked_allocations, seen.digest.leaked_bytes), "{workload}");
    }
}

#[test]
fn the_hook_records_every_event() {
    for workload in registered() {
        let seen = probe(&[&of(*workload), "--tracking=allocator", TINY, "--count", "--threads=2"]);
        let (truth, recorded) = (seen.truth.expect("counted"), seen.recorded);
        let fidelity = seen.fidelity().expect("both are known");
        if workload.is_parallel() {
            // A runtime's thread may be within a call when the window closes, and then only one of the two records it.
            let least = if linked::records_every_event() { 0.99 } else { f64::MIN_POSITIVE };
            assert!((least..=1.01).contains(&fidelity), "{workload}: {fidelity}");
        } else {
            assert_eq!(fidelity, 1.0, "{workload}");
            assert_eq!(recorded.allocated_bytes, Some(truth.allocated_bytes), "{workload}");
        }
    }
}

#[test]
fn the_counters_change_nothing_that_is_recorded() {
    let recorded = |count: &[&str]| {
        let arguments = [&["--workload=hierarchies", "--tracking=allocator", TINY], count].concat();
        probe(&arguments).recorded.allocations
    };
    assert_eq!(recorded(&[]), recorded(&["--count"]));
}

#[test]
fn the_full_run_makes_at_least_as_many_allocations_as_the_published_suite() {
    // A fifth of it: the counts of allocations grow in proportion to the scale.
    let allocations = registered().iter().map(|workload| {
        let seen = probe(&[&of(*workload), "--tracking=counting", "--scale=0.2"]);
        seen.truth.expect("counted").allocations
    });
    let total: u64 = allocations.sum();
    assert!(total >= 10_343_110 / 5, "{total}");
}

#[test]
fn waits_can_be_added() {
    let seen = probe(&["--workload=concurrent", "--tracking=untracked", TINY, "--wait-us=1000"]);
    assert!(seen.wall_ns > 50 * 1_000_000, "50 waits of a millisecond in one task, in {} ns", seen.wall_ns);
    assert_eq!(seen.wait_us, 1_000);
}

#[test]
#[cfg(target_os = "linux")]
fn no_probe_outlives_its_parent() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let log = folder.path().join("log");
    let mut parent = Command::new(env!("CARGO_BIN_EXE_memscope-bench"))
        .args(["measure", "--workloads=cycles", "--scale=0.001", "--pairs=1"])
        .arg(format!("--log={}", log.display()))
        .env("MEMSCOPE_BENCH_FAULT", "cycles/untracked=hang")
        // Killed at once, it leaves its temporary folder.
        .env("TMPDIR", folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let child = processes::wait_for(|| Some(processes::children(parent.id())).filter(|children| !children.is_empty()));
    // A probe is tied to its parent once it has read its arguments, as a hanging one has.
    processes::wait_for(|| processes::is_asleep(&child).then_some(()));
    parent.kill().expect("the parent can be killed");
    parent.wait().expect("the parent is gone");
    processes::wait_for(|| processes::is_gone(&child).then_some(()));
}
