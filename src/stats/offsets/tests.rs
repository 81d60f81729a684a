//! Offsets from known differences, and from simulated runs whose true offsets are known.

use super::*;
use crate::stats::estimate::STANDARD_ERRORS;
use crate::stats::passes::interval;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

fn difference(of: usize, to: usize, log: f64, error: f64) -> Difference {
    Difference { of, to, log, error, rounds: 60 }
}

fn near(given: Option<(f64, f64)>, log: f64, error: f64) {
    let (found, found_error) = given.expect("both are of one part");
    assert!((found - log).abs() < 1e-9 && (found_error - error).abs() < 1e-9, "{found} ± {found_error}");
}

#[test]
fn a_single_difference_keeps_its_error() {
    let found = offsets(&[vec![difference(7, 3, 0.1, 0.02)]]);
    assert_eq!((found.parts.len(), found.freedom, &found.parts[0].nodes[..]), (1, 0, &[3, 7][..]));
    near(found.parts[0].difference(7, 3), 0.1, 0.02);
    near(found.parts[0].difference(3, 7), -0.1, 0.02);
    assert_eq!(found.parts[0].difference(3, 4), None);
    assert!(offsets(&[]).parts.is_empty());
}

/// The differences of a run share their samples, so more differences do not reduce the errors.
#[test]
fn a_single_run_keeps_its_errors() {
    let run: Vec<Difference> = (1..20)
        .flat_map(|of| [1, 2, 4, 8].map(|back| (of, back)))
        .filter(|(of, back)| back <= of)
        .map(|(of, back)| difference(of, of - back, 0.01 * back as f64, 0.02))
        .collect();
    let found = offsets(&[run]);
    for (of, to) in [(1, 0), (10, 9), (19, 18), (19, 0)] {
        near(found.parts[0].difference(of, to), 0.01 * (of - to) as f64, 0.02);
    }
    assert_eq!(found.freedom, 0);
}

#[test]
fn agreement_of_runs_reduces_errors_and_disagreement_widens_them() {
    let one = |log| vec![difference(1, 0, log, 0.02)];
    let agree = offsets(&[one(0.1), one(0.1)]);
    near(agree.parts[0].difference(1, 0), 0.1, 0.02 / 2.0_f64.sqrt());
    assert_eq!((agree.freedom, agree.chi_square < 1e-9), (1, true));
    // 0.2 apart: ten errors of 0.02 each, so χ² is 0.2² ÷ (2 × 0.02²).
    let differ = offsets(&[one(0.0), one(0.2)]);
    assert!((differ.chi_square - 50.0).abs() < 1e-6, "{}", differ.chi_square);
    near(differ.parts[0].difference(1, 0), 0.1, 0.02 / 2.0_f64.sqrt() * 50.0_f64.sqrt());
}

#[test]
fn only_runs_that_share_a_commit_are_connected() {
    let runs =
        [vec![difference(1, 0, 0.1, 0.02)], vec![difference(2, 1, 0.2, 0.02)], vec![difference(5, 4, 0.3, 0.02)]];
    let found = offsets(&runs);
    assert_eq!(found.parts.iter().map(|part| part.nodes.clone()).collect::<Vec<_>>(), [vec![0, 1, 2], vec![4, 5]]);
    near(found.parts[0].difference(2, 0), 0.3, 0.02 * 2.0_f64.sqrt());
    assert_eq!(found.parts[0].difference(4, 0), None);
}

#[test]
fn the_noisy_commit_is_found_by_its_differences() {
    // Commit 2 has a variance of 9, all others of 1.
    let variance = |node: usize| if node == 2 { 9.0 } else { 1.0 };
    let pairs = (1..6_usize).flat_map(|of| (of.saturating_sub(3)..of).map(move |to| (of, to)));
    let run: Vec<Difference> =
        pairs.map(|(of, to)| difference(of, to, 0.0, 0.01 * f64::sqrt(variance(of) + variance(to)))).collect();
    let found = variances(6, &run);
    assert!((found[2] / 9e-4 - 1.0).abs() < 0.1, "{found:?}");
    assert!(found.iter().enumerate().all(|(node, found)| node == 2 || (found / 1e-4 - 1.0).abs() < 0.6), "{found:?}");
}

/// Returns a run of these commits with these true offsets: the differences of each commit from those one, two, four and
/// eight back, as a comparison computes them from rounds in six passes. Samples deviate by 6 %, and a build by 1 % from
/// pass to pass.
fn run(commits: &[usize], truth: &[f64], rng: &mut Pcg64Mcg) -> Vec<Difference> {
    const ROUNDS: usize = 30;
    let mut normal = || (0..12).map(|_| rng.random_range(-0.5..0.5)).sum::<f64>();
    let mut build = |&commit: &usize| -> Vec<f64> {
        let passes = (0..6).map(|_| 0.01 * normal()).collect::<Vec<f64>>();
        (0..ROUNDS).map(|round| truth[commit] + passes[round * 6 / ROUNDS] + 0.06 * normal()).collect()
    };
    let measured: Vec<Vec<f64>> = commits.iter().map(&mut build).collect();
    let ends: Vec<usize> = (1..=6).map(|pass| ROUNDS * pass / 6).collect();
    let pairs =
        (0..commits.len()).flat_map(|of| [1, 2, 4, 8].into_iter().filter_map(move |b| Some((of, of.checked_sub(b)?))));
    pairs
        .map(|(of, to)| {
            let logs: Vec<f64> = measured[of].iter().zip(&measured[to]).map(|(of, to)| of - to).collect();
            let found = interval(&logs, &ends).expect("enough rounds");
            let error = (found.high - found.low) / STANDARD_ERRORS;
            Difference { of: commits[of], to: commits[to], log: found.value, error, rounds: ROUNDS }
        })
        .collect()
}

/// In 200 simulated histories on two machines, one of which has a gap, 95 % intervals contain the true offsets and the
/// true steps.
#[test]
fn intervals_contain_the_true_offsets() {
    let mut rng = Pcg64Mcg::seed_from_u64(17);
    let (mut covered, mut all) = ([0, 0], [0, 0]);
    for _ in 0..200 {
        let truth: Vec<f64> = (0..12).map(|_| rng.random_range(-0.3..0.3)).collect();
        let whole: Vec<usize> = (0..12).collect();
        let every_other: Vec<usize> = (0..12).step_by(2).collect();
        let found = offsets(&[run(&whole, &truth, &mut rng), run(&every_other, &truth, &mut rng)]);
        let part = &found.parts[0];
        for commit in 1..12 {
            for (kind, to) in [0, commit - 1].into_iter().enumerate() {
                let (log, error) = part.difference(commit, to).expect("one part");
                all[kind] += 1;
                let is_covered = (log - (truth[commit] - truth[to])).abs() <= error * STANDARD_ERRORS / 2.0;
                covered[kind] += usize::from(is_covered);
            }
        }
    }
    let shares = [0, 1].map(|kind| 100.0 * covered[kind] as f64 / all[kind] as f64);
    assert!(shares.iter().all(|share| (93.0..99.5).contains(share)), "{shares:?} %");
}
