//! Checks of made-up records: a fault that is planted on one axis is reported on that axis, and on no other.

use super::*;
use crate::platform::files;
use crate::report::markdown;
use crate::schedule::measurement::{Outcome, Pair, Sample, Series};
use crate::schedule::scheduler::PASSES;
use crate::study::accuracy::{Finding, Report, Score};
use crate::study::calls::latency::{Observed, QUANTILES, Quantiles};
use crate::study::counts::{Judgement, Runs};
use crate::study::footprint::Point;
use crate::study::soak::{Checkpoint, Measured, Pair as SoakPair, Process, Trace};
use crate::worker::failure::Failure;
use crate::worker::probe::Request;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

const WORKLOADS: [Workload; 3] = [Workload::STRUCTURES, Workload::CYCLES, Workload::CONCURRENT];

/// Returns a measurement of 48 rounds with noise of 1 %.
fn measurement(workload: Workload, rng: &mut Pcg64Mcg) -> Measurement {
    let request = Request::at(None, workload, Level::Full, 2);
    let mut sample = |ns: f64| {
        let ns = (ns * (1.0 + rng.random_range(-0.01..0.01))) as u64;
        Sample { wall_ns: ns, cpu_ns: ns, peak_rss_bytes: Some(1 << 24), ..Sample::default() }
    };
    let pair = |_| Pair { untracked_first: true, untracked: sample(1e7), tracked: sample(8e7) };
    let pairs: Vec<Pair> = (0..48).map(pair).collect();
    let passes = (1..=PASSES).map(|pass| 8 * pass).collect();
    let measured = Measurement { fidelity: Some(1.0), passes, pairs, ..Measurement::new(Series::Overhead, &request) };
    Measurement { allocations: Some(100_000), ..measured }
}

fn counts(workload: Workload) -> Counts {
    let runs = |factor: u64| Runs {
        instructions: vec![10_000_000 * factor; 2],
        data_misses: vec![100_000 * factor; 2],
        last_level_misses: vec![10_000 * factor; 2],
        page_faults: vec![1_000 * factor; 6],
        ..Runs::default()
    };
    Counts {
        workload,
        level: Level::Full,
        scale: 0.1,
        seed: 1,
        threads: 2,
        allocations: Some(100_000),
        failure: None,
        untracked: runs(1),
        tracked: runs(8),
    }
}

fn footprint() -> Footprint {
    let point = |n: u64| Point {
        scale: n as f64,
        events: 2_000 * n,
        fidelity: Some(1.0),
        live_allocations: 1_000 * n,
        peak_bytes: 285_000 * n,
        kept_bytes: 20_000 * n,
    };
    Footprint {
        workload: Workload::STRUCTURES,
        level: Level::Full,
        threads: 1,
        seed: 1,
        points: (1..=8).map(point).collect(),
        peaks: Vec::new(),
        failure: None,
    }
}

fn latency() -> Latency {
    let times = Quantiles([400; QUANTILES.len()]);
    let seen = Observed { allocating: times, freeing: times, timing: times, means: None, step_ns: Some(1) };
    Latency { level: Level::Allocator, threads: 1, processes: vec![seen; 16], failure: None }
}

/// Returns a soak in which tracking adds 300 ns to an event, and `growth` more with each million events.
fn soak(growth: f64) -> Soak {
    let events = [10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000];
    let process = |added: &dyn Fn(u64) -> f64| {
        let at = |events| Checkpoint { events, event_ns: Some(20.0 + added(events)), ..Checkpoint::default() };
        Process { trace: Trace { checkpoints: events.map(at).to_vec(), end: None }, failure: None }
    };
    let pair = SoakPair {
        untracked_first: true,
        untracked: process(&|_| 0.0),
        tracked: process(&|events| 300.0 + growth * events as f64 / 1e6),
    };
    Measured::begin(Level::Full, 1_000).with(vec![pair]).into()
}

fn report() -> accuracy::Row {
    let held = Some(Score { true_positives: 20, false_negatives: 0, false_positives: 0 });
    accuracy::Row {
        workload: Workload::LEAKS,
        scale: 0.2,
        seed: 1,
        report: Report::all().into_iter().next().map(|report| Report { lacking: None, ..report }).expect("one"),
        finding: Some(Finding { planted: 20, named: 20, held, leaked: 20, alive: 20 }),
        failure: None,
    }
}

/// Returns a record of two equal builds.
fn equal() -> Record {
    let mut rng = Pcg64Mcg::seed_from_u64(1);
    let plan = Plan {
        workloads: WORKLOADS.to_vec(),
        levels: vec![Level::Full],
        scale: None,
        threads: 2,
        minutes: 10.0,
        is_self: false,
        without_counts: false,
        budget: Budget::default(),
    };
    let memscope = MemscopeBuild::of_this_build();
    let build = |name: &str| CheckedBuild { name: name.to_owned(), about: None, memscope: memscope.clone() };
    let mut of_build = || WORKLOADS.map(|workload| measurement(workload, &mut rng)).to_vec();
    let stage = Stage { rounds: 48, groups: plan.groups(), measurements: [of_build(), of_build()] };
    let counted = WORKLOADS.map(counts).to_vec();
    let package = Package { crates: Some(40), program_bytes: Some(9_000_000), build_seconds: Some(60) };
    Record {
        counts: [counted.clone(), counted],
        footprints: [vec![footprint()], vec![footprint()]],
        latencies: [vec![latency()], vec![latency()]],
        soaks: [vec![soak(0.0)], vec![soak(0.0)]],
        reports: [vec![report()], vec![report()]],
        packages: [package; 2],
        stages: vec![stage],
        ..Record::begin(plan, [build("base"), build("head")], 8)
    }
}

fn with(change: impl FnOnce(&mut Record)) -> Check {
    let mut record = equal();
    change(&mut record);
    Check::from(record)
}

/// Returns the axes with a judgement.
fn axes(check: &Check, judgement: Judgement) -> Vec<Axis> {
    let mut axes: Vec<Axis> = check.rows.iter().filter(|row| row.judgement == judgement).map(|row| row.axis).collect();
    axes.dedup();
    axes
}

fn slow_down(record: &mut Record, factor: f64, change: fn(&mut Sample, f64)) {
    for measurement in &mut record.stages[0].measurements[1] {
        measurement.pairs.iter_mut().for_each(|pair| change(&mut pair.tracked, factor));
    }
}

#[test]
fn equal_builds_are_ok() {
    let check = with(|_| ());
    assert_eq!(check.verdict, Verdict::Ok, "{:?}", axes(&check, Judgement::Worse));
    assert_eq!(axes(&check, Judgement::Worse), []);
    assert_eq!(axes(&check, Judgement::Better), []);
    assert!(summary::answer(&check).starts_with("ok: head against base: no axis is worse"));
}

/// The head changes the features of a dependency, and the program takes 10 % less time with and without tracking.
#[test]
fn a_program_that_differs_is_named_and_no_axis_is_worse() {
    let page = |check: &Check| markdown::draw(&check.summary());
    let names_it = |check: &Check| page(check).contains("time without tracking changes");
    assert!(!names_it(&with(|_| ())));
    let check = with(|record| {
        let samples = record.stages[0].measurements[1].iter_mut().flat_map(|measurement| &mut measurement.pairs);
        for sample in samples.flat_map(|pair| [&mut pair.untracked, &mut pair.tracked]) {
            sample.cpu_ns = sample.cpu_ns * 9 / 10;
        }
    });
    let page = page(&check);
    assert_eq!(check.verdict, Verdict::Ok, "{page}");
    assert!(page.contains("structures, head against base: the time without tracking changes by −"), "{page}");
    assert!(page.lines().count() <= 60, "{page}");
}

/// One fault on each axis.
#[test]
fn each_fault_is_reported_only_on_its_axis() {
    type Fault = (Axis, fn(&mut Record));
    let faults: [Fault; 15] = [
        (Axis::CpuTime, |record| {
            slow_down(record, 1.1, |sample, by| sample.cpu_ns = (sample.cpu_ns as f64 * by) as u64)
        }),
        (Axis::WallTime, |record| {
            slow_down(record, 1.1, |sample, by| sample.wall_ns = (sample.wall_ns as f64 * by) as u64);
        }),
        (Axis::Instructions, |record| {
            record.counts[1].iter_mut().flat_map(|of| &mut of.tracked.instructions).for_each(|n| *n += *n / 50);
        }),
        (Axis::DataMisses, |record| {
            record.counts[1].iter_mut().flat_map(|of| &mut of.tracked.data_misses).for_each(|n| *n += *n / 10);
        }),
        (Axis::LastLevelMisses, |record| {
            record.counts[1].iter_mut().flat_map(|of| &mut of.tracked.last_level_misses).for_each(|n| *n += *n / 5);
        }),
        (Axis::PageFaults, |record| {
            record.counts[1].iter_mut().flat_map(|of| &mut of.tracked.page_faults).for_each(|n| *n += *n / 10);
        }),
        (Axis::LiveBytes, |record| {
            let points = record.footprints[1].iter_mut().flat_map(|of| &mut of.points);
            points.for_each(|point| point.peak_bytes += 16 * point.live_allocations);
        }),
        (Axis::KeptBytes, |record| {
            record.footprints[1].iter_mut().flat_map(|of| &mut of.points).for_each(|point| point.kept_bytes *= 2);
        }),
        (Axis::PeakMemory, |record| {
            slow_down(record, 1.1, |sample, by| {
                sample.peak_rss_bytes = sample.peak_rss_bytes.map(|bytes| (bytes as f64 * by) as u64);
            });
        }),
        (Axis::Fidelity, |record| record.stages[0].measurements[1][1].fidelity = Some(0.9999)),
        (Axis::RareLatency, |record| {
            let place = QUANTILES.iter().position(|&quantile| quantile == 0.9999).expect("it is recorded");
            record.latencies[1][0].processes.iter_mut().for_each(|seen| seen.allocating.0[place] = 2_000_000);
        }),
        (Axis::Growth, |record| record.soaks[1] = vec![soak(300.0)]),
        (Axis::Recall, |record| {
            let blind = Some(Score { true_positives: 0, false_negatives: 20, false_positives: 0 });
            record.reports[1][0].finding.as_mut().expect("a finding").held = blind;
        }),
        (Axis::Precision, |record| {
            let noisy = Some(Score { true_positives: 20, false_negatives: 0, false_positives: 3 });
            record.reports[1][0].finding.as_mut().expect("a finding").held = noisy;
        }),
        (Axis::Crates, |record| record.packages[1].crates = Some(41)),
    ];
    for (axis, fault) in faults {
        let check = with(fault);
        assert_eq!(axes(&check, Judgement::Worse), [axis]);
        assert_eq!((check.verdict, axes(&check, Judgement::Better)), (Verdict::Worse, vec![]), "{axis}");
        let answer = summary::answer(&check);
        assert!(answer.starts_with(&format!("worse: head against base: {axis} ")), "{answer}");
        let page = markdown::draw(&check.summary());
        assert!(page.lines().count() <= 60, "{} lines: {page}", page.lines().count());
        assert!(page.contains("[x] Potential performance regression"), "{page}");
    }
}

#[test]
fn a_probe_that_fails_in_the_head_alone_is_worse() {
    let fail = |record: &mut Record, build: usize| {
        let measurement = &mut record.stages[0].measurements[build][1];
        measurement.outcome = Outcome::Failed(Failure::TimedOut { seconds: 10 });
        measurement.pairs.clear();
    };
    let head = with(|record| fail(record, 1));
    assert_eq!(head.verdict, Verdict::Worse);
    assert!(summary::answer(&head).contains("cycles/full"), "{}", summary::answer(&head));
    let both = with(|record| [0, 1].into_iter().for_each(|build| fail(record, build)));
    assert_eq!(both.verdict, Verdict::CannotTell);
}

#[test]
fn a_workload_that_cannot_be_counted_in_the_head_alone_is_worse() {
    let fail = |record: &mut Record, build: usize| {
        record.counts[build][0].failure = Some(Failure::TimedOut { seconds: 10 });
        record.counts[build][0].tracked = Runs::default();
    };
    let head = with(|record| fail(record, 1));
    assert_eq!((head.verdict, axes(&head, Judgement::Worse)), (Verdict::Worse, vec![Axis::Instructions]));
    assert!(summary::answer(&head).contains("10 s"), "{}", summary::answer(&head));
    assert_ne!(with(|record| fail(record, 0)).verdict, Verdict::Worse);
}

/// A figure that is missing cannot be shown to be as good, on any axis.
#[test]
fn a_task_that_fails_in_the_head_alone_is_worse() {
    let failure = || Some(Failure::TimedOut { seconds: 10 });
    type Fault<'a> = (&'a [Axis], &'a dyn Fn(&mut Record, usize));
    let faults: [Fault; 2] = [
        (&[Axis::LiveBytes, Axis::KeptBytes], &|record, build| record.footprints[build][0].failure = failure()),
        (&[Axis::Latency, Axis::RareLatency], &|record, build| record.latencies[build][0].failure = failure()),
    ];
    for (of, fail) in faults {
        let head = with(|record| fail(record, 1));
        assert_eq!((head.verdict, axes(&head, Judgement::Worse)), (Verdict::Worse, of.to_vec()));
        for builds in [&[0][..], &[0, 1]] {
            let check = with(|record| builds.iter().for_each(|&build| fail(record, build)));
            assert_eq!((check.verdict, axes(&check, Judgement::Worse)), (Verdict::Ok, vec![]), "{of:?} of {builds:?}");
            assert!(axes(&check, Judgement::Unknown).starts_with(of));
        }
    }
    let neither = with(|record| {
        record.counts.iter_mut().for_each(|counts| counts[0].failure = failure());
        record.counts.iter_mut().for_each(|counts| counts[0].tracked = Runs::default());
    });
    assert!(axes(&neither, Judgement::Unknown).contains(&Axis::Instructions), "it has a row");
}

/// A limit without a figure to compare it with is not kept.
#[test]
fn a_limit_without_a_figure_cannot_be_told() {
    let check = |limit: &str| {
        with(|record| {
            record.plan.without_counts = true;
            record.counts.iter_mut().flatten().for_each(|counts| {
                counts.tracked.instructions.clear();
            });
            record.plan.budget = toml_edit::de::from_str(&format!("[[limit]]\n{limit}\n")).expect("a budget");
        })
    };
    for (limit, words) in [
        ("axis = 'instructions'\nat-most = 1e12", "the head has no instructions to compare with"),
        ("axis = 'instructions'\nlevel = 'full'\nat-most = 1e12", "no instructions at full to compare"),
        ("axis = 'fidelity'\nof = 'cycels'\nat-least = 0.9", "no fidelity of cycels to compare"),
    ] {
        let check = check(limit);
        let answer = summary::answer(&check);
        assert_eq!(check.verdict, Verdict::CannotTell, "{limit}: {answer}");
        assert!(answer.contains(words), "{limit}: {answer}");
    }
    for limit in [
        "axis = 'fidelity'\nat-least = 0.9",
        "axis = 'instructions'\nlevel = 'variables'\nat-most = 1",
        "axis = 'instructions'\nof = 'leaks'\nat-most = 1",
    ] {
        assert_eq!(check(limit).verdict, Verdict::Ok, "{limit}: kept, or of something that was not asked for");
    }
}

#[test]
fn growth_has_no_verdict_if_pairs_of_both_builds_overlap() {
    let pairs = |growths: [f64; 3]| {
        let pairs = growths.iter().flat_map(|&growth| soak(growth).measured.pairs).collect();
        Soak::from(Measured::begin(Level::Full, 1_000).with(pairs))
    };
    let judgement = |base: [f64; 3], head: [f64; 3]| {
        let check = with(|record| record.soaks = [vec![pairs(base)], vec![pairs(head)]]);
        check.rows.iter().find(|row| row.axis == Axis::Growth).expect("a row").judgement
    };
    assert_eq!(judgement([100.0, 120.0, 80.0], [300.0, 320.0, 280.0]), Judgement::Worse);
    assert_eq!(judgement([300.0, 320.0, 280.0], [100.0, 120.0, 80.0]), Judgement::Better);
    assert_eq!(judgement([100.0, 310.0, 80.0], [300.0, 320.0, 280.0]), Judgement::Unknown, "one pair is as high");
}

#[test]
fn growth_is_compared_by_class_and_over_common_events() {
    let row = |base: Soak, head: Soak| {
        let check = with(|record| record.soaks = [vec![base], vec![head]]);
        let row = check.rows.iter().find(|row| row.axis == Axis::Growth).cloned().expect("a row");
        (row.judgement, row.why)
    };
    let cut = |growth: f64, checkpoints: usize| {
        let mut measured = soak(growth).measured;
        measured.pairs.iter_mut().for_each(|pair| pair.tracked.trace.checkpoints.truncate(checkpoints));
        Soak::from(measured)
    };
    assert_eq!(row(soak(300.0), soak(300.0)), (Judgement::Same, None));
    assert_eq!(row(soak(300.0), soak(0.0)).0, Judgement::Better);
    assert_eq!(row(soak(600.0), cut(600.0, 6)).0, Judgement::Same, "the slower one is not better because it stopped");
    let why = "too few checkpoints within the time".to_owned();
    assert_eq!(row(soak(0.0), cut(0.0, 5)), (Judgement::Unknown, Some(why)));
    // From flat to linear, by less than the threshold.
    let why = "linear instead of flat".to_owned();
    assert_eq!(row(soak(0.0), soak(50.0)), (Judgement::Worse, Some(why)));
    // A base that varies rules out no growth.
    let mut varied = soak(0.0).measured;
    for pair in &mut varied.pairs {
        let costs = pair.tracked.trace.checkpoints.iter_mut().filter_map(|at| at.event_ns.as_mut());
        costs.enumerate().for_each(|(place, cost)| *cost *= [0.7, 1.0, 1.3][place % 3]);
    }
    assert_eq!(row(varied.into(), soak(50.0)), (Judgement::Same, None));
    let mut crashed = soak(0.0).measured;
    crashed.pairs[0].tracked.failure = Some(Failure::TimedOut { seconds: 8 });
    assert_eq!(row(soak(0.0), crashed.clone().into()).0, Judgement::Worse);
    assert_eq!(row(crashed.clone().into(), crashed.into()).0, Judgement::Unknown);
}

#[test]
fn a_limit_that_is_exceeded_is_worse_even_if_nothing_changed() {
    let budget = |record: &mut Record, most: f64| {
        record.plan.budget = toml_edit::de::from_str(&format!(
            "[[limit]]\naxis = 'ns-per-allocation'\nlevel = 'full'\nat-most = {most}\n"
        ))
        .expect("a budget");
    };
    let check = with(|record| budget(record, 600.0));
    assert_eq!(check.verdict, Verdict::Worse, "70 ms over 100,000 allocations are 700 ns");
    let lines = summary::worse(&check);
    assert!(lines.len() == 3 && lines[0].contains("CPU time per allocation"), "{lines:?}");
    assert_eq!(with(|record| budget(record, 1_000.0)).verdict, Verdict::Ok);
}

#[test]
fn an_undecided_check_has_a_reason() {
    let check = with(|record| {
        let mut rng = Pcg64Mcg::seed_from_u64(2);
        for measurement in &mut record.stages[0].measurements[1] {
            for pair in &mut measurement.pairs {
                let factor: f64 = rng.random_range(-1.0..1.0);
                pair.tracked.cpu_ns = (pair.tracked.cpu_ns as f64 * factor.exp()) as u64;
            }
        }
    });
    assert_eq!(check.verdict, Verdict::CannotTell);
    let answer = summary::answer(&check);
    assert!(answer.starts_with("cannot tell: ") && answer.contains("may exceed 3 %"), "{answer}");
}

#[test]
fn an_axis_that_is_the_same_counts_its_unknown_places_and_names_the_greatest_change_of_all() {
    let check = with(|record| {
        let mut rng = Pcg64Mcg::seed_from_u64(3);
        for pair in &mut record.stages[0].measurements[1][1].pairs {
            pair.tracked.cpu_ns = (pair.tracked.cpu_ns as f64 * rng.random_range(0.88..1.18)) as u64;
        }
    });
    let page = markdown::draw(&check.summary());
    let line = page.lines().find(|line| line.starts_with("| CPU time ")).expect("a row");
    assert!(line.contains("| same; 1 of 3 unknown |") && line.contains("| cycles/full "), "{line}");
}

#[test]
fn typical_overheads_cover_the_workloads_of_both_builds() {
    let check = with(|record| {
        record.stages[0].measurements[0][1].pairs.iter_mut().for_each(|pair| pair.tracked.cpu_ns /= 4);
        record.stages[0].measurements[1][1].outcome = Outcome::Failed(Failure::TimedOut { seconds: 10 });
    });
    let [before, after] = check.typical_overheads(Level::Full).expect("two workloads");
    assert!([before, after].iter().all(|overhead| (overhead / 8.0 - 1.0).abs() < 0.02), "{before} {after}");
}

#[test]
fn the_typical_change_has_the_threshold_of_a_workload() {
    let judgement = |factor: f64, accepted: Option<f64>| {
        let check = with(|record| {
            slow_down(record, factor, |sample, by| sample.cpu_ns = (sample.cpu_ns as f64 * by) as u64);
            let accept = |percent| budget::Change { axis: Axis::CpuTime, level: None, percent };
            record.plan.budget.change.extend(accepted.map(accept));
        });
        let typical = check.rows.iter().find(|row| row.axis == Axis::CpuTime && row.place.of.is_none());
        typical.expect("three workloads").judgement
    };
    assert_eq!([1.02, 1.05].map(|factor| judgement(factor, None)), [Judgement::Same, Judgement::Worse]);
    assert_eq!([judgement(1.02, Some(1.0)), judgement(1.05, Some(8.0))], [Judgement::Worse, Judgement::Same]);
}

#[test]
fn the_page_does_not_name_the_build_of_this_program() {
    let page = markdown::draw(&with(|_| ()).summary());
    assert!(!page.contains("- Build: "), "{page}");
}

/// The leak report of 0.2.5 names three false leaks for each true one.
#[test]
fn a_report_of_mostly_false_positives_can_still_become_worse() {
    let judged = |base: Score, head: Score| {
        let check = with(|record| {
            for (reports, score) in record.reports.iter_mut().zip([base, head]) {
                reports[0].finding.as_mut().expect("a finding").held = Some(score);
            }
        });
        (axes(&check, Judgement::Worse), axes(&check, Judgement::Better))
    };
    let score = |true_positives, false_positives| Score {
        true_positives,
        false_negatives: 20 - true_positives,
        false_positives,
    };
    assert_eq!(judged(score(20, 60), score(0, 0)), (vec![Axis::Recall], vec![]));
    assert_eq!(judged(score(20, 60), score(19, 57)), (vec![Axis::Recall], vec![]));
    assert_eq!(judged(score(20, 60), score(20, 80)), (vec![Axis::Precision], vec![]));
    assert_eq!(judged(score(20, 60), score(20, 0)), (vec![], vec![Axis::Precision]));
    assert_eq!(judged(score(20, 60), score(20, 61)), (vec![], vec![]), "the tracker's own blocks vary");
    assert_eq!(judged(score(0, 0), score(0, 5)), (vec![Axis::Precision], vec![]));
    assert_eq!(judged(score(0, 0), score(20, 0)), (vec![], vec![Axis::Recall]));
}

#[test]
fn an_axis_shows_a_place_with_a_figure_above_zero() {
    let check = with(|record| {
        let blind = Some(Score { true_positives: 0, false_negatives: 20, false_positives: 0 });
        for reports in &mut record.reports {
            let finding = reports[0].finding.map(|finding| Finding { held: blind, ..finding });
            reports.push(accuracy::Row { workload: Workload::CYCLES, finding, ..report() });
        }
    });
    let page = markdown::draw(&check.summary());
    assert!(page.contains("| recall of reports") && !page.contains(" 0.00000 |"), "{page}");
}

#[test]
fn a_check_is_judged_again_when_it_is_read() {
    let check = with(|record| record.packages[1].crates = Some(41));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("check.json");
    files::write_json(&path, &check).expect("it can be written");
    assert_eq!(files::read::<Check>(&path).expect("a check"), check);
}
