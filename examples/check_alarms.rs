//! Replays kept comparisons of a build with itself as checks: the share of checks that would report *worse* by time is
//! their false-alarm rate.
//!
//! Each check takes its rounds in stages, as `check` does, from a separate stretch of the kept rounds. The workloads
//! and levels of one file are one check.
//!
//! `cargo run --release --example check_alarms -- [--rounds 60] compare.json …`

use memscope_bench::internal::platform::files;
use memscope_bench::internal::schedule::measurement::{Measurement, Pair};
use memscope_bench::internal::study::check::{Budget, Source, measure, times};
use memscope_bench::internal::study::compare::{Comparison, Verdict};
use memscope_bench::internal::tracking::Level;
use memscope_bench::internal::workloads::Workload;
use std::convert::Infallible;
use std::ops::Range;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// The number of passes of a stage.
const PASSES: usize = 6;
/// The duration of a round, by which the stages are planned.
const ROUND: Duration = Duration::from_secs(1);

/// A stretch of a kept comparison, in place of the machine.
struct Replay<'a> {
    builds: [&'a [Measurement]; 2],
    /// The rounds of each pass that this check may take.
    stretch: Range<usize>,
    /// The used rounds of each pass, for each group.
    taken: Vec<((Workload, Level), usize)>,
    left: Duration,
}

impl Replay<'_> {
    /// Returns the next rounds of a group, this many in each pass.
    fn next(&self, build: usize, group: (Workload, Level), from: usize, each: usize) -> Option<Measurement> {
        let of_group = |found: &&Measurement| (found.workload, found.level) == group;
        let kept = self.builds[build].iter().find(of_group)?;
        let (mut pairs, mut passes): (Vec<Pair>, Vec<usize>) = (Vec::new(), Vec::new());
        for pass in kept.by_pass() {
            let from = (self.stretch.start + from).min(pass.len());
            let to = (from + each).min(self.stretch.end).min(pass.len()).max(from);
            pairs.extend(&pass[from..to]);
            passes.push(pairs.len());
        }
        Some(Measurement { pairs, passes, ..kept.clone() })
    }
}

impl Source for Replay<'_> {
    type Error = Infallible;

    fn left(&self) -> Duration {
        self.left
    }

    fn take(&mut self, groups: &[(Workload, Level)], rounds: usize) -> Result<[Vec<Measurement>; 2], Infallible> {
        let each = rounds.div_ceil(PASSES);
        self.left = self.left.saturating_sub(ROUND * (groups.len() * rounds) as u32);
        let mut measured = [Vec::new(), Vec::new()];
        for &group in groups {
            let from = self.taken.iter().find(|(known, _)| *known == group).map_or(0, |(_, taken)| *taken);
            for (build, measured) in measured.iter_mut().enumerate() {
                measured.extend(self.next(build, group, from, each));
            }
            self.taken.retain(|(known, _)| *known != group);
            self.taken.push((group, from + each));
        }
        Ok(measured)
    }
}

fn main() -> ExitCode {
    let mut paths: Vec<String> = std::env::args().skip(1).collect();
    let mut rounds = 60;
    if let Some(place) = paths.iter().position(|argument| argument == "--rounds") {
        match paths.get(place + 1).and_then(|number| number.parse().ok()) {
            Some(number) if number >= 2 * PASSES => rounds = number,
            _ => return refuse("--rounds takes a number of at least 12"),
        }
        paths.drain(place..place + 2);
    }
    if paths.is_empty() {
        return refuse("name at least one file that `compare 0.2.5 0.2.5` wrote");
    }
    let (mut checks, mut worse, mut stages) = (0_u32, 0_u32, 0);
    for path in &paths {
        let comparison: Comparison = match files::read(Path::new(path)) {
            Ok(comparison) => comparison,
            Err(error) => return refuse(&error.to_string()),
        };
        let [base, head] = comparison.builds.as_slice() else {
            return refuse(&format!("{path} has {} builds, and a check has two", comparison.builds.len()));
        };
        let groups: Vec<(Workload, Level)> =
            comparison.plan.groups().into_iter().filter(|(_, level)| *level != Level::Untracked).collect();
        let in_pass = comparison.plan.rounds / PASSES;
        let each = rounds.div_ceil(PASSES);
        for stretch in 0..in_pass / each {
            let mut replay = Replay {
                builds: [&base.measurements, &head.measurements],
                stretch: stretch * each..(stretch + 1) * each,
                taken: Vec::new(),
                left: ROUND * (groups.len() * rounds) as u32,
            };
            let budget = Budget::default();
            let Ok(found) = measure(&mut replay, &groups, 1, &budget);
            let times = times(&found, 1, &budget);
            let of_workloads = times.cpu.iter().chain(&times.wall).map(|found| found.verdict);
            let verdicts = of_workloads.chain(times.typical.iter().map(|found| found.verdict));
            let is_worse = verdicts.into_iter().any(|verdict| verdict == Verdict::Regression);
            (checks, worse, stages) = (checks + 1, worse + u32::from(is_worse), stages + found.len());
        }
    }
    if checks == 0 {
        return refuse(&format!("the kept comparisons have fewer than {rounds} rounds"));
    }
    println!(
        "{checks} checks of equal builds, of up to {rounds} rounds of each workload and level in {:.1} stages: \
         {worse} say worse ({:.1} %)",
        stages as f64 / f64::from(checks),
        f64::from(worse) / f64::from(checks) * 100.0
    );
    ExitCode::SUCCESS
}

fn refuse(why: &str) -> ExitCode {
    eprintln!("error: {why}");
    ExitCode::from(2)
}
