//! The pairs of one measurement: the trial, the order of the samples, and the end.

use super::launch::{Launch, Place};
use crate::platform::cores;
use crate::platform::disturbance;
use crate::schedule::estimate::{estimated, overhead};
use crate::schedule::measurement::{Measurement, Outcome, Pair, Precision, Sample, Series};
use crate::tracking::{Level, Timing};
use crate::worker::failure::Failure;
use crate::worker::launcher::{TRIES, suspended};
use crate::worker::probe::{Observation, Request};
use crate::workloads::Digest;
use std::iter;
use std::time::Duration;

/// The number of counted probes of a level if several threads run, including the trial.
pub const FIDELITY_PROBES: usize = 6;

/// One measurement while it is being measured.
#[derive(Debug)]
pub struct MeasurementRun<'a> {
    /// Takes the untracked samples.
    baseline: &'a dyn Launch,
    launcher: &'a dyn Launch,
    tracked: Request,
    expected: Digest,
    measurement: Measurement,
    /// The time of its probes so far.
    took: Duration,
}

impl<'a> MeasurementRun<'a> {
    /// Runs the trial of a measurement: one probe untracked and one under the level, both with the counters on. They
    /// provide the allocations and the fidelity, and show that the level ends and does the same work. With several
    /// threads, a tracker misses different events in each run, so five more probes are counted under the level.
    ///
    /// A measurement whose trial failed takes no pairs; [`finish`](Self::finish) returns it with its failure.
    pub fn begin(launcher: &'a dyn Launch, series: Series, tracked: Request) -> Self {
        Self::begin_against(launcher, launcher, series, tracked)
    }

    /// Runs the trial of a measurement whose untracked baseline is another program, such as the control.
    pub fn begin_against(baseline: &'a dyn Launch, launcher: &'a dyn Launch, series: Series, tracked: Request) -> Self {
        let (workload, level) = (tracked.workload, tracked.level);
        let mut measurement = Measurement::new(series, &tracked);
        let counted = |level| launcher.trial(&Request { level, count: true, ..tracked });
        let bare = level.baseline();
        let mut expected = Digest::default();
        let trial = counted(Level::Untracked).and_then(|untracked| {
            let happened = untracked.truth;
            measurement.allocations = happened.map(|truth| truth.allocations);
            expected = untracked.digest;
            if bare != Level::Untracked && bare != level {
                checked(counted(bare)?, expected)?;
            }
            let seen = if level == Level::Untracked { untracked } else { counted(level)? };
            // A program whose allocator counts nothing does the same work.
            let fidelity = |seen: Observation| Observation { truth: seen.truth.or(happened), ..seen }.fidelity();
            let first = fidelity(checked(seen, expected)?);
            let repeats = if first.is_some() && workload.is_parallel() { FIDELITY_PROBES } else { 1 };
            let more = (1..repeats).map(|_| Ok(fidelity(checked(counted(level)?, expected)?)));
            iter::once(Ok(first)).chain(more).collect::<Result<Vec<_>, Failure>>()
        });
        match trial {
            Ok(probes) => measurement.set_fidelity(&probes),
            Err(failure) => measurement.outcome = Outcome::Failed(failure),
        }
        Self { baseline, launcher, tracked, expected, measurement, took: Duration::ZERO }
    }

    /// Resumes a measurement after its trial, with the known results.
    pub fn resumed(
        baseline: &'a dyn Launch,
        launcher: &'a dyn Launch,
        tracked: Request,
        measurement: Measurement,
        expected: Digest,
    ) -> Self {
        Self { baseline, launcher, tracked, expected, measurement, took: Duration::ZERO }
    }

    /// Sets the layout of the programs.
    #[must_use]
    pub(crate) fn in_layout(mut self, layout: Option<u32>) -> Self {
        self.measurement.layout = layout;
        self
    }

    /// Returns the measurement so far, and the expected digest of its probes.
    pub fn known(&self) -> (&Measurement, Digest) {
        (&self.measurement, self.expected)
    }

    /// Ends a pass: the next pair begins another one.
    pub fn end_pass(&mut self) {
        self.measurement.passes.push(self.measurement.pairs.len());
    }

    /// Returns the number of pairs since the last pass ended.
    pub fn in_pass(&self) -> usize {
        self.measurement.pairs.len() - self.measurement.passes.last().copied().unwrap_or(0)
    }

    /// Returns whether the overhead so far has the requested precision.
    pub fn is_within(&self, precision: Precision) -> bool {
        let Measurement { pairs, passes, .. } = &self.measurement;
        overhead(pairs, passes, None).is_some_and(|overhead| precision.is_reached_by(&overhead.wall))
    }

    /// Adds a pair that was measured before.
    pub fn take(&mut self, pair: Pair) {
        self.measurement.pairs.push(pair);
    }

    /// Adds a failure that occurred before.
    pub fn fail(&mut self, failure: Failure) {
        self.measurement.outcome = Outcome::Failed(failure);
    }

    /// Returns the number of pairs.
    pub fn pairs(&self) -> usize {
        self.measurement.pairs.len()
    }

    /// Returns the number of links of the build, which take the rounds by turns.
    pub(crate) fn links(&self) -> usize {
        self.launcher.links()
    }

    /// Returns the allocations of one untracked run, if the trial counted them.
    pub fn allocations(&self) -> Option<u64> {
        self.measurement.allocations
    }

    /// Returns the failure, if any.
    pub fn failure(&self) -> Option<&Failure> {
        self.measurement.failure()
    }

    /// Returns the time of its pairs in this process, without suspended time.
    pub fn took(&self) -> Duration {
        self.took
    }

    /// Runs the pair of the next round.
    ///
    /// Returns `None` if the measurement has failed, now or before. It then takes no more pairs.
    pub fn pair(&mut self) -> Option<Pair> {
        self.pair_in(self.pairs())
    }

    /// Runs the pair of a round. Even pairs run untracked first and odd ones tracked first, so an effect of the order
    /// affects both levels alike.
    ///
    /// Returns `None` if the measurement has failed, now or before. It then takes no more pairs.
    pub(crate) fn pair_in(&mut self, round: usize) -> Option<Pair> {
        if self.measurement.failure().is_some() {
            return None;
        }
        let number = self.measurement.pairs.len();
        let untracked_first = is_untracked_first(number, round, self.launcher.links());
        // The threads of a parallel workload need all cores.
        let core = if self.measurement.workload.is_parallel() { None } else { cores::for_pair(number) };
        let watch = disturbance::Watch::begin();
        let samples = self.samples(untracked_first, Place { core, round });
        self.measurement.disturbance += watch.end();
        match samples {
            Ok((untracked, tracked)) => {
                let pair = Pair { untracked_first, untracked, tracked };
                self.measurement.pairs.push(pair);
                Some(pair)
            }
            Err(failure) => {
                self.measurement.outcome = Outcome::Failed(failure);
                None
            }
        }
    }

    /// Takes both samples of a pair. If one was suspended, its time is invalid, and both run again.
    fn samples(&mut self, untracked_first: bool, place: Place) -> Result<(Sample, Sample), Failure> {
        for _ in 0..TRIES {
            let (mut untracked, mut tracked) = (None, None);
            let mut was_suspended = false;
            let (bare, timing) = (self.tracked.level.baseline(), self.tracked.level.timing());
            for is_untracked in [untracked_first, !untracked_first] {
                let (launcher, level) =
                    if is_untracked { (self.baseline, bare) } else { (self.launcher, self.tracked.level) };
                let reply = launcher.sample(&Request { level, count: false, ..self.tracked }, place)?;
                self.took += reply.took;
                was_suspended |= reply.was_suspended;
                let (took, usage) = (reply.took, reply.usage);
                let sample = Sample::from(&checked(reply.content, self.expected)?);
                let sample = if timing == Timing::Process { sample.of_process(took, usage)? } else { sample };
                *(if is_untracked { &mut untracked } else { &mut tracked }) = Some(sample);
            }
            if let (Some(untracked), Some(tracked), false) = (untracked, tracked, was_suspended) {
                return Ok((untracked, tracked));
            }
        }
        Err(suspended())
    }

    /// Returns the measurement with its overhead, if it has not failed.
    pub fn finish(self) -> Measurement {
        estimated(self.measurement)
    }
}

/// Returns whether a pair runs untracked first. The order alternates. With an even number of links each link would
/// always get the same order, so the order also changes each time all links have had their turn.
const fn is_untracked_first(number: usize, round: usize, links: usize) -> bool {
    let turned = if links.is_multiple_of(2) { round / links } else { 0 };
    (number + turned).is_multiple_of(2)
}

/// Checks that an observation has the expected digest.
///
/// # Errors
/// If the digest differs.
pub fn checked(seen: Observation, expected: Digest) -> Result<Observation, Failure> {
    if seen.digest == expected { Ok(seen) } else { Err(Failure::WrongDigest { expected, found: seen.digest }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::median::MIN_PAIRS;
    use crate::tracking::Recorded;
    use crate::worker::launcher::Launcher;
    use crate::worker::launcher::Limits;
    use crate::worker::probe::Truth;
    use crate::worker::scripts;
    use crate::workloads::{Scale, Workload};
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use tempfile::TempDir;

    fn request(level: Level) -> Request {
        let scale = Scale::new(0.001).expect("positive");
        Request { workload: Workload::CYCLES, level, scale, threads: 1, count: false }
    }

    /// Returns the reply of a probe with these times of its window.
    fn reply(level: Level, wall_ns: u64, cpu_ns: u64) -> String {
        let request = request(level);
        let observation = Observation { wall_ns, cpu_ns, ..Observation::sample_of(&request) };
        serde_json::to_string(&observation).expect("plain data")
    }

    /// Returns a probe whose times come from a script: `$runs` counts the probes so far, `$folder` is its folder.
    fn probe(untracked: &str, tracked: &str, before: &str) -> (TempDir, Launcher) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().display();
        let script = format!(
            "#!/bin/sh\nfolder='{path}'\necho run >>\"$folder/runs\"\nruns=$(wc -l <\"$folder/runs\")\n{before}\n\
             case \"$(cat)\" in *\"untracked\"*) echo '{untracked}';; *) echo '{tracked}';; esac\n"
        );
        let program = folder.path().join("probe");
        fs::write(&program, script).expect("the script is written");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("the script may run");
        (folder, Launcher::new(program, Limits::default()))
    }

    fn measured(launcher: &Launcher, pairs: usize) -> Measurement {
        let mut run = MeasurementRun::begin(launcher, Series::Overhead, request(Level::Full));
        (0..pairs).for_each(|_| _ = run.pair());
        run.finish()
    }

    #[test]
    fn each_link_has_both_orders_equally_often() {
        let orders = |links, rounds: usize| -> Vec<bool> {
            (0..rounds).map(|round| is_untracked_first(round, round, links)).collect()
        };
        assert_eq!(orders(1, 4), [true, false, true, false]);
        assert_eq!(orders(2, 8), [true, false, false, true, true, false, false, true]);
        for links in 1..=9 {
            let orders = orders(links, 10 * links);
            for link in 0..links {
                let first = orders.iter().skip(link).step_by(links).filter(|&&untracked| untracked).count();
                assert_eq!(first, 5, "link {link} of {links}");
            }
        }
    }

    #[test]
    fn equal_times_are_no_overhead() {
        let (_folder, launcher) = probe(&reply(Level::Untracked, 7, 7), &reply(Level::Full, 7, 7), "");
        let overhead = measured(&launcher, MIN_PAIRS).overhead().expect("six pairs");
        assert_eq!((overhead.wall.low, overhead.wall.value, overhead.wall.high), (1.0, 1.0, 1.0));
        assert_eq!((overhead.ns_per_allocation, overhead.peak_memory), (None, None));
    }

    #[test]
    fn several_threads_have_the_worst_fidelity_of_six_probes() {
        let fidelity = |workload| {
            let request = Request { workload, level: Level::Allocator, ..request(Level::Allocator) };
            let scale = request.scale.factor();
            let reply = |allocations, deallocations| {
                let truth = Truth { allocations: 100, deallocations: 100, ..Truth::default() };
                let recorded = Recorded {
                    allocations: Some(allocations),
                    deallocations: Some(deallocations),
                    ..Recorded::default()
                };
                let seen = Observation { truth: Some(truth), recorded, ..Observation::sample_of(&request) };
                assert_eq!(seen.scale, scale);
                serde_json::to_string(&seen).expect("plain data")
            };
            // The first probe is the untracked one, and the second the trial.
            let before = format!("if [ $runs = 5 ]; then echo '{}'; exit; fi", reply(100, 30));
            let (folder, launcher) = probe(&reply(100, 100), &reply(100, 90), &before);
            let measurement = MeasurementRun::begin(&launcher, Series::Overhead, request).finish();
            let runs = fs::read_to_string(folder.path().join("runs")).expect("it ran").lines().count();
            (measurement.fidelity, measurement.fidelity_probes, measurement.fidelities, runs)
        };
        assert_eq!(fidelity(Workload::CYCLES), (Some(0.9), 1, vec![], 2));
        let each = vec![0.9, 0.9, 0.9, 0.3, 0.9, 0.9];
        assert_eq!(fidelity(Workload::CONCURRENT), (Some(0.3), 6, each, 7));
    }

    #[test]
    fn a_clock_that_shows_no_time_gives_no_figure() {
        let (_folder, launcher) = probe(&reply(Level::Untracked, 0, 0), &reply(Level::Full, 100, 0), "");
        let measurement = measured(&launcher, 10);
        assert_eq!((measurement.overhead(), measurement.failure(), measurement.pairs.len()), (None, None, 10));
        assert_eq!(measurement.lack(), "no time in 10 of 10 pairs");
        let text = serde_json::to_string(&measurement).expect("plain data");
        assert_eq!(serde_json::from_str::<Measurement>(&text).expect("it can be read again"), measurement);
    }

    #[test]
    fn cpu_time_of_a_coarse_clock_is_unknown() {
        let (_folder, launcher) = probe(&reply(Level::Untracked, 50, 0), &reply(Level::Full, 100, 0), "");
        let overhead = measured(&launcher, MIN_PAIRS).overhead().expect("six pairs");
        assert_eq!((overhead.wall.value, overhead.cpu), (2.0, None));
        let text = serde_json::to_string(&overhead).expect("plain data");
        assert_eq!(
            serde_json::from_str::<crate::schedule::measurement::Overhead>(&text).expect("it can be read again"),
            overhead
        );
    }

    #[test]
    fn a_pair_with_a_suspended_probe_is_repeated() {
        // The fourth probe is the second of the first pair; the fifth and sixth repeat the pair.
        let stop = format!("if [ $runs = 4 ]; then {}; fi", scripts::suspension(0.1));
        let (folder, launcher) = probe(&reply(Level::Untracked, 7, 7), &reply(Level::Full, 14, 14), &stop);
        let measurement = measured(&launcher, MIN_PAIRS);
        assert_eq!((measurement.pairs.len(), measurement.failure()), (MIN_PAIRS, None));
        let runs = fs::read_to_string(folder.path().join("runs")).expect("it ran").lines().count();
        assert_eq!(runs, 2 + 2 * MIN_PAIRS + 2);
    }

    #[test]
    fn pairs_that_are_always_suspended_are_abandoned() {
        let stop = format!("if [ $runs -gt 2 ]; then {}; fi", scripts::suspension(0.02));
        let (_folder, launcher) = probe(&reply(Level::Untracked, 7, 7), &reply(Level::Full, 14, 14), &stop);
        let measurement = measured(&launcher, 2);
        assert_eq!((measurement.pairs.len(), measurement.failure()), (0, Some(&suspended())));
    }
}
