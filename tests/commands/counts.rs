//! Integration tests of counts: `compare`, `history` and `bisect --counts` without valgrind, what counting finds, and
//! its resumption.

use crate::common::{NO_VALGRIND, has_valgrind, memscope_bench};
use memscope_bench::internal::study::compare::{Journal, Plan, apart};
use memscope_bench::internal::study::counts::{Counts, Judgement, Metric, Scope, change, compare};
use memscope_bench::internal::tracking::Level;
use memscope_bench::internal::worker::launcher::{Launcher, Limits};
use memscope_bench::internal::workloads::Workload;
use predicates::prelude::*;
use predicates::str::contains;
use std::error::Error;
use std::path::Path;

fn refused(arguments: &[&str], why: &str, more: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    memscope_bench().current_dir(folder.path()).env("PATH", "").args(arguments).assert().code(2).stdout("").stderr(
        contains(why.to_owned())
            .and(contains(more.to_owned()))
            .and(predicate::function(|text: &str| text.lines().count() == 1)),
    );
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 0, "nothing is left behind");
}

#[test]
fn without_valgrind_one_line_explains_how_to_get_it() {
    let bisect = ["bisect", "--repository=.", "--good=a", "--bad=b", "--workload=cycles", "--tracking=full"];
    for (option, command) in [
        ("--counts", &["compare", "0.2.5", "--counts"][..]),
        ("--counts-only", &["compare", "0.2.5", "--counts-only"]),
        ("--counts", &["history", "--repository=.", "--range=a..b", "--counts"]),
        ("--counts", &[&bisect[..], &["--counts"]].concat()),
        ("--counts", &[&bisect[..], &["--counts=last-level-misses"]].concat()),
    ] {
        refused(command, &format!("error: {option}: counting instructions needs valgrind"), NO_VALGRIND);
    }
    // Page faults need no valgrind: the error is about the missing repository.
    memscope_bench()
        .args([&bisect[..], &["--counts=page-faults"]].concat())
        .env("PATH", "")
        .assert()
        .code(2)
        .stderr(contains("valgrind").not());
}

#[test]
fn impossible_counts_are_refused_by_name() {
    let bisect = ["bisect", "--repository=.", "--good=a", "--bad=b", "--workload=mixed", "--tracking=full"];
    refused(&[&bisect[..], &["--counts"]].concat(), "--counts cannot count mixed", "only single-threaded workloads");
    let unknown = [&bisect[..], &["--counts=time"]].concat();
    let values = "[possible values: instructions, data-misses, last-level-misses, page-faults]";
    memscope_bench().args(unknown).assert().code(2).stderr(contains(values));
    for (only_time, option) in [
        ("--rounds=20", "--rounds"),
        ("--seconds=3", "--seconds"),
        ("--links=2", "--links"),
        ("--clock=cpu", "--clock"),
    ] {
        let command = ["compare", "0.2.5", "--counts-only", only_time];
        memscope_bench().args(command).assert().code(2).stdout("").stderr(contains(option));
    }
}

fn launcher() -> Launcher {
    Launcher::new(assert_cmd::cargo::cargo_bin("memscope-bench"), Limits::default())
}

#[test]
fn a_program_does_not_differ_from_itself() {
    let scope = Scope {
        workloads: vec![Workload::CYCLES, Workload::CONCURRENT],
        levels: vec![Level::Allocator],
        scale: Some(0.001),
        part: 1.0,
        threads: 2,
        // Those need no valgrind.
        metrics: vec![Metric::PageFaults],
    };
    let mut steps = 0;
    let compared = compare(&launcher(), &launcher(), &scope, |_, _| steps += 1).expect("it can be counted");
    assert_eq!(steps, 2 * scope.steps());
    for (workload, difference) in scope.workloads.iter().zip(&compared.differences) {
        assert_eq!((difference.workload, difference.level), (*workload, Level::Allocator));
        let judged = |metric| difference.change(metric).expect("each metric has a change").judgement;
        assert_eq!(judged(Metric::Instructions), Judgement::Unknown, "they were not counted");
        if cfg!(target_os = "linux") {
            assert_eq!(judged(Metric::PageFaults), Judgement::Same, "{difference:?}");
        }
    }
    assert_eq!(compared.base[0].tracked.page_faults.len(), 6);
}

/// One level is the other with known additional work, which touches no memory.
#[test]
fn a_planted_cost_is_found_and_counted_only_once() {
    if !has_valgrind() {
        return;
    }
    let plan = Plan {
        builds: ["a", "not built"].map(|name| (name.to_owned(), String::new())).to_vec(),
        workloads: vec![Workload::CYCLES, Workload::CONCURRENT],
        levels: vec![Level::Untracked, Level::Full, "full+synthetic:20".parse().expect("a level")],
        scale: Some(0.001),
        threads: 2,
        rounds: 0,
        seconds: 60,
        seed: 1,
        counts: true,
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("journal");
    let launcher = launcher();
    let counted = |journal: &mut Journal, known: &[_]| -> (Vec<Vec<Counts>>, usize) {
        let mut steps = 0;
        let counts = plan.count::<Box<dyn Error>>(&[Some(&launcher), None], journal, known, |_, _, _| steps += 1);
        (counts.expect("it can be counted"), steps)
    };
    let (whole, steps) = counted(&mut Journal::begin(&path, &plan).expect("a journal"), &[]);
    assert_eq!(steps, plan.scope().steps());
    let [full, slowed, of_threads, _] = &whole[0][..] else { panic!("each workload at each level") };
    assert_eq!((&full.failure, &slowed.failure), (&None, &None));
    let judged = |metric| change(metric, full.tracked.of(metric), slowed.tracked.of(metric)).judgement;
    assert_eq!(judged(Metric::Instructions), Judgement::Worse);
    assert_eq!(judged(Metric::LastLevelMisses), Judgement::Same);
    assert!(full.added(Metric::Instructions).expect("both were counted") > 0.0, "tracking adds instructions");
    let runs =
        |counts: &Counts| [Metric::Instructions, Metric::PageFaults].map(|metric| counts.tracked.of(metric).len());
    assert_eq!([full, of_threads].map(runs), [[3, 6], [0, 6]], "several threads have only page faults");
    assert!(whole[1].is_empty(), "it was not built");

    let resumed = |path: &Path| {
        let (mut journal, lines) = Journal::resume(path, &plan).expect("a journal");
        let (known, entries) = apart(lines);
        assert!(entries.is_empty(), "no rounds: {entries:?}");
        counted(&mut journal, &known)
    };
    assert_eq!(resumed(&path), (whole.clone(), 0));
    // Killed while it counted the second workload.
    let text = std::fs::read_to_string(&path).expect("the journal");
    let first_two: String = text.lines().take(2).map(|line| format!("{line}\n")).collect();
    std::fs::write(&path, first_two + "{\"entry\":\"cou").expect("half a journal");
    let (again, steps) = resumed(&path);
    assert_eq!((again[0][0] == whole[0][0], steps), (true, plan.scope().steps_of(Workload::CONCURRENT)));
}
