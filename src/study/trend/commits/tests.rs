//! Verdicts on simulated histories with known steps, on machines with different overheads.

use super::super::differences::tests::{commit, line};
use super::*;
use crate::stats::passes::interval;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

fn estimate(differences: Vec<Difference>) -> Commits {
    Commits::of("trend.jsonl".to_owned(), Kept { differences, broken: None }, &[], &[], 3.0)
}

fn letter(place: usize) -> String {
    char::from(b'a' + place as u8).to_string()
}

/// Measures commits with these true log overheads, as `history` does, on a machine whose own overhead is added to all:
/// samples deviate by 6 %, the machine from pass to pass by 5 %, and a build from pass to pass by 1 %.
fn run(
    machine: &str,
    day: u32,
    workload: Workload,
    commits: &[usize],
    truth: impl Fn(usize) -> f64,
    rng: &mut Pcg64Mcg,
) -> Vec<Difference> {
    const ROUNDS: usize = 60;
    let mut normal = || (0..12).map(|_| rng.random_range(-0.5..0.5)).sum::<f64>();
    let own = if machine == "A" { 1.0 } else { 2.5 };
    let states: Vec<f64> = (0..6).map(|_| own + 0.05 * normal()).collect();
    let mut build = |&commit: &usize| -> Vec<f64> {
        let passes: Vec<f64> = (0..6).map(|pass| states[pass] + 0.01 * normal()).collect();
        (0..ROUNDS).map(|round| truth(commit) + passes[round * 6 / ROUNDS] + 0.06 * normal()).collect()
    };
    let measured: Vec<Vec<f64>> = commits.iter().map(&mut build).collect();
    let ends: Vec<usize> = (1..=6).map(|pass| ROUNDS * pass / 6).collect();
    let back = |of: usize| [1, 2, 4, 8].into_iter().filter_map(move |back| Some((of, of.checked_sub(back)?, back)));
    (0..commits.len())
        .flat_map(back)
        .map(|(of, to, back)| {
            let logs: Vec<f64> = measured[of].iter().zip(&measured[to]).map(|(of, to)| of - to).collect();
            let found = interval(&logs, &ends).expect("enough rounds");
            let Estimate { value, low, high } = found;
            let ratio = Estimate { value: value.exp(), low: low.exp(), high: high.exp() };
            let mut kept = line(&letter(commits[of]), &letter(commits[to]), value);
            kept.machine.processor = machine.to_owned();
            kept.started += chrono::TimeDelta::days(i64::from(day));
            Difference { back, workload, rounds: ROUNDS, ratio, log_error: ratio.log_error(), ..kept }
        })
        .collect()
}

/// Returns the workload, the commit and the verdict of each regression or improvement.
fn changes(commits: &Commits) -> Vec<(Workload, String, Verdict)> {
    let of_lane = |lane: &CommitLane| {
        let found = lane
            .points()
            .filter_map(|point| Some((point.commit, point.step.filter(|step| step.verdict.is_change())?.verdict)));
        let workload = lane.kind.workload;
        found
            .map(|(commit, verdict)| (workload, commits.list[commit].hash[..1].to_owned(), verdict))
            .collect::<Vec<_>>()
    };
    commits.lanes.iter().flat_map(of_lane).collect()
}

const LANES: [Workload; 4] = [Workload::CYCLES, Workload::STRUCTURES, Workload::LEAKS, Workload::HIERARCHIES];
const WHOLE: [usize; 12] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

/// At most 5 % of the reported steps are false, and a step of 10 % is found at any place. In every other history
/// nothing changes.
#[test]
fn false_steps_are_rare_and_true_ones_are_found() {
    const HISTORIES: usize = 60;
    let mut rng = Pcg64Mcg::seed_from_u64(23);
    let (mut right, mut wrong, mut null_with_any) = (0, 0, 0);
    for history in 0..HISTORIES {
        let has_step = history % 2 == 0;
        // Commit e made it 10 % slower, and commit i 10 % faster, on two of four workloads.
        let truth = |workload: Workload, commit: usize| {
            let changes = has_step && [Workload::CYCLES, Workload::LEAKS].contains(&workload);
            if changes && (4..8).contains(&commit) { 1.1_f64.ln() } else { 0.0 }
        };
        let lane = |&workload: &Workload| run("A", 1, workload, &WHOLE, |commit| truth(workload, commit), &mut rng);
        let found = changes(&estimate(LANES.iter().flat_map(lane).collect()));
        let is_right = |(workload, commit, verdict): &&(Workload, String, Verdict)| {
            let wanted = match commit.as_str() {
                "e" => Some(Verdict::Regression),
                "i" => Some(Verdict::Improvement),
                _ => None,
            };
            truth(*workload, 4) > 0.0 && wanted == Some(*verdict)
        };
        let of_history = found.iter().filter(is_right).count();
        right += of_history;
        wrong += found.len() - of_history;
        null_with_any += usize::from(!has_step && !found.is_empty());
    }
    assert!(right >= 4 * HISTORIES / 2 * 95 / 100, "{right} of {} true steps are found", 4 * HISTORIES / 2);
    assert!(wrong * 20 <= right + wrong, "{wrong} of {} are false", right + wrong);
    assert!(null_with_any * 20 <= HISTORIES / 2, "{null_with_any} of {} histories without a step", HISTORIES / 2);
}

/// Two machines whose overheads differ by far more than any step agree on the steps, and estimate them better together.
#[test]
fn machines_with_different_overheads_are_combined() {
    let mut rng = Pcg64Mcg::seed_from_u64(29);
    let truth = |commit: usize| if commit >= 6 { 1.1_f64.ln() } else { 0.0 };
    let one = run("A", 1, Workload::CYCLES, &WHOLE, truth, &mut rng);
    let other = run("B", 2, Workload::CYCLES, &WHOLE[3..], truth, &mut rng);
    let alone = estimate(one.clone());
    let both = estimate([one, other].concat());
    assert_eq!((both.runs.len(), both.machines().len()), (2, 2));
    let [lane] = &both.lanes[..] else { panic!("one workload under one level") };
    assert_eq!((lane.parts.len(), lane.freedom, &lane.runs[..]), (1, 8, &[0, 1][..]));
    assert!(lane.chi_square / 8.0 < 3.0, "{}", lane.chi_square);
    assert_eq!(changes(&both), [(Workload::CYCLES, "g".to_owned(), Verdict::Regression)]);
    let width = |commits: &Commits| {
        let step = commits.lanes[0].parts[0][6].step.expect("a step");
        step.ratio.high / step.ratio.low
    };
    assert!(width(&both) < width(&alone));
}

/// A commit that was skipped, or has no figure, is no gap: the next commit was compared with the one before it.
#[test]
fn missing_commits_are_skipped_and_each_part_has_its_own_first_commit() {
    let missing = estimate(vec![line("b", "a", 0.0), line("d", "b", 0.2)]);
    let [point] = &missing.lanes[0].parts[0][2..] else { panic!("three commits") };
    let step = point.step.expect("a step");
    assert_eq!((missing.list[step.since].hash.as_str(), step.verdict), (&*"b".repeat(40), Verdict::Regression));

    let apart = estimate(vec![line("b", "a", 0.1), line("e", "d", 0.2)]);
    let [first, second] = &apart.lanes[0].parts[..] else { panic!("two parts: {:?}", apart.lanes[0].parts) };
    let one = Estimate { value: 1.0, low: 1.0, high: 1.0 };
    assert_eq!((first[0].ratio, second[0].ratio, second[0].step), (one, one, None));
    assert!((second[1].ratio.value - 0.2_f64.exp()).abs() < 1e-9);
}

#[test]
fn a_step_starts_at_the_latest_reference() {
    // One run skipped b and c, and a later one measured them.
    let sparse = line("d", "a", 0.0);
    let mut dense = vec![line("b", "a", 0.0), line("c", "b", 0.0), line("d", "c", 0.0)];
    dense.iter_mut().for_each(|line| line.started += chrono::TimeDelta::days(1));
    let found = estimate([vec![sparse], dense].concat());
    let since = |point: &CommitPoint| point.step.map(|step| found.list[step.since].hash[..1].to_owned());
    let steps: Vec<Option<String>> = found.lanes[0].points().map(since).collect();
    assert_eq!(steps, [None, Some("a"), Some("b"), Some("c")].map(|letter| letter.map(str::to_owned)));
}

#[test]
fn one_commit_or_none_has_no_steps() {
    let nothing = estimate(Vec::new());
    assert!(nothing.lanes.is_empty() && nothing.list.is_empty() && nothing.runs.is_empty());
    let alone = estimate(vec![line("a", "a", 0.0)]);
    assert_eq!(alone.list, [commit("a")]);
    assert!(changes(&alone).is_empty() && alone.lanes[0].parts.is_empty());
}

#[test]
fn other_work_and_the_other_clock_have_separate_lanes() {
    let of = |change: fn(&mut Difference)| {
        let mut other = line("b", "a", 0.5);
        change(&mut other);
        let found = estimate(vec![line("b", "a", 0.1), other]);
        found.lanes.iter().map(|lane| lane.kind.name(&found.lanes)).collect::<Vec<_>>()
    };
    assert_eq!(of(|line| line.started += chrono::TimeDelta::days(1)), ["cycles/full"]);
    assert_eq!(of(|line| line.threads = 4), ["cycles/full"], "it has no threads");
    assert_eq!(of(|line| line.scale = 3.0), ["cycles/full at scale 1.5", "cycles/full at scale 3"]);
    assert_eq!(of(|line| line.clock = Clock::Cpu), ["cycles/full", "cycles/full by CPU time"]);
    assert_eq!(of(|line| line.level = Level::Variables), ["cycles/variables", "cycles/full"]);
    assert_eq!(of(|line| line.workload = Workload::STRUCTURES), ["structures/full", "cycles/full"]);
    let mut threads =
        [2, 4].map(|threads| Difference { workload: Workload::CONCURRENT, threads, ..line("b", "a", 0.1) });
    threads[1].started += chrono::TimeDelta::days(1);
    let found = estimate(threads.into());
    let names: Vec<String> = found.lanes.iter().map(|lane| lane.kind.name(&found.lanes)).collect();
    assert_eq!(names, ["concurrent/full with 2 threads", "concurrent/full with 4 threads"]);
}

#[test]
fn a_small_step_is_no_change_however_precise_it_is() {
    let sure = |log_ratio| Difference { log_error: 0.001, ..line("b", "a", log_ratio) };
    let verdict = |log_ratio| {
        let found = estimate(vec![sure(log_ratio)]);
        found.lanes[0].parts[0][1].step.expect("a step").verdict
    };
    assert_eq!(verdict(0.02), Verdict::NoDifference);
    assert_eq!(verdict(0.05), Verdict::Regression);
    assert_eq!(verdict(-0.05), Verdict::Improvement);
    let unsure = estimate(vec![Difference { log_error: 0.018, ..line("b", "a", 0.04) }]);
    assert_eq!(unsure.lanes[0].parts[0][1].step.expect("a step").verdict, Verdict::Inconclusive);
}

#[test]
fn a_difference_without_error_has_a_probability() {
    assert_eq!([probability(0.0, 0.0, 5), probability(0.1, 0.0, 5), probability(-0.1, 0.0, 5)], [1.0, 0.0, 0.0]);
    assert!((probability(0.02, 0.01, 5) - tails(2.0, 5)).abs() < 1e-12);
    assert!((probability(0.0, 0.01, 5) - 1.0).abs() < 1e-12);
}
