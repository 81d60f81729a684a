//! The plan of a soak, and its processes.

use crate::platform::limits;
use crate::platform::scratch::Scratch;
use crate::study::instructions::{InstructionCounter, Stretch};
use crate::study::soak::record::{Instructions, Measured, Pair, Process, Soak};
use crate::tracking::Level;
use crate::worker::failure::Failure;
use crate::worker::launcher::Launcher;
use crate::worker::task::Task;
use crate::worker::tasks::soak::{End, FIRST, Meter, Request, Trace};
use serde::{Deserialize, Serialize};
use std::thread;
use std::time::Duration;

/// The plan of a soak.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The levels.
    #[serde(rename = "tracking")]
    pub levels: Vec<Level>,
    /// The kinds of figures.
    pub meters: Vec<Meter>,
    /// The events up to the last checkpoint.
    pub events: u64,
    /// The maximum number of events up to the last checkpoint at which instructions are counted.
    pub counted_events: u64,
    /// The number of live blocks.
    pub live: usize,
    /// The number of pairs of timed processes at each level.
    pub pairs: usize,
    /// The time after which a process stops, in milliseconds.
    pub limit_ms: u64,
    /// The resident memory above which a process stops, in bytes.
    pub memory_bytes: u64,
    /// The seed of the first pair's sizes and places; each further pair has the next.
    pub seed: u64,
}

impl Plan {
    /// The default number of events.
    pub const EVENTS: u64 = 10_000_000;
    /// The default number of events up to which instructions are counted.
    pub const COUNTED_EVENTS: u64 = 100_000;
    /// The default number of live blocks.
    pub const LIVE: usize = 1_000;
    /// The default number of pairs.
    pub const PAIRS: usize = 3;
    /// The default time limit of a process, in seconds.
    pub const SECONDS: u64 = 15;

    /// Returns the minimum number of events with a checkpoint.
    pub const fn fewest_events(live: usize) -> u64 {
        FIRST * live as u64
    }

    /// Returns a plan that takes seconds, for commands that measure other things too: fewer events, and no
    /// instructions.
    pub(crate) fn quick(levels: Vec<Level>, meters: Vec<Meter>, limit: Duration) -> Self {
        Self {
            levels,
            meters,
            events: Self::EVENTS / 10,
            counted_events: 0,
            live: Self::LIVE,
            pairs: Self::PAIRS,
            limit_ms: limit.as_millis() as u64,
            memory_bytes: 1 << 30,
            seed: 1,
        }
    }

    /// Returns the number of times that [`measure`](Self::measure) reports progress for a build.
    pub fn steps(&self) -> usize {
        let has = |meter| usize::from(self.meters.contains(&meter));
        let counted = has(Meter::Memory).max(has(Meter::Instructions));
        self.levels.len() * (self.pairs * has(Meter::Time) + counted)
    }

    /// Measures builds, and returns the soaks of each. Levels and builds take turns, with a pair each; then each is
    /// counted. `progress` is called before each step, with the index of the build.
    pub fn measure(&self, builds: &[&Launcher], mut progress: impl FnMut(usize, Level)) -> Vec<Vec<Soak>> {
        let launchers: Vec<Launcher> =
            builds.iter().map(|launcher| launcher.within(most_time(self.limit_ms))).collect();
        let begin = |&level: &Level| Measured::begin(level, self.live);
        let mut all: Vec<Vec<Measured>> = builds.iter().map(|_| self.levels.iter().map(begin).collect()).collect();
        if self.meters.contains(&Meter::Time) {
            for (pair, level) in (0..self.pairs).flat_map(|pair| (0..self.levels.len()).map(move |level| (pair, level)))
            {
                for turn in 0..launchers.len() {
                    // Each goes first in turn.
                    let build = (turn + pair) % launchers.len();
                    let measured = &mut all[build][level];
                    progress(build, measured.level);
                    if measured.failure().is_none() {
                        measured.pairs.push(self.pair(&launchers[build], measured.level, pair));
                    }
                }
            }
        }
        if self.meters.iter().any(|&meter| meter != Meter::Time) {
            for (build, (launcher, all)) in launchers.iter().zip(&mut all).enumerate() {
                self.count(launcher, all, |level| progress(build, level));
            }
        }
        all.into_iter().map(|of_build| of_build.into_iter().map(Soak::from).collect()).collect()
    }

    /// Counts bytes and instructions. Other work on the machine does not change the counts, so both run at once.
    fn count(&self, launcher: &Launcher, all: &mut [Measured], mut progress: impl FnMut(Level)) {
        let counter = self.meters.contains(&Meter::Instructions).then(|| InstructionCounter::new(launcher));
        let mut untracked: Option<Result<Vec<Stretch>, Failure>> = None;
        for measured in all {
            let level = measured.level;
            progress(level);
            let is_lacking = matches!(measured.failure(), Some(Failure::Unsupported { .. }));
            if is_lacking {
                continue;
            }
            (measured.counted, measured.instructions) = thread::scope(|scope| {
                let is_counted = self.meters.contains(&Meter::Memory);
                let count = || self.process(launcher, level, Meter::Memory, self.seed);
                let counted = is_counted.then(|| limits::beside(scope, count));
                let instructions = match &counter {
                    None => Instructions::default(),
                    Some(Err(why)) => uncounted(why),
                    Some(Ok(counter)) => {
                        let untracked = untracked.get_or_insert_with(|| self.stretches(counter, Level::Untracked));
                        self.instructions(counter, level, untracked.clone())
                    }
                };
                (counted.map(|counted| counted()), instructions)
            });
        }
    }

    fn instructions(
        &self,
        counter: &InstructionCounter<'_>,
        level: Level,
        untracked: Result<Vec<Stretch>, Failure>,
    ) -> Instructions {
        match untracked.and_then(|untracked| Ok((untracked, self.stretches(counter, level)?))) {
            Ok((_, tracked)) if tracked.is_empty() => uncounted("it reached no checkpoint in its time"),
            Ok((untracked, tracked)) => Instructions { untracked, tracked, unknown: None },
            Err(failure) => uncounted(failure),
        }
    }

    fn stretches(&self, counter: &InstructionCounter<'_>, level: Level) -> Result<Vec<Stretch>, Failure> {
        let request = self.request(level, Meter::Instructions, self.seed);
        let limit_ms = SLOWER * self.limit_ms;
        let request = Request { events: self.events.min(self.counted_events), limit_ms, ..request };
        counter.stretches(&request, most_time(limit_ms))
    }

    /// Runs a pair. The two sides take turns in running first.
    fn pair(&self, launcher: &Launcher, level: Level, place: usize) -> Pair {
        let untracked_first = place.is_multiple_of(2);
        let seed = self.seed.wrapping_add(place as u64);
        let run = |level| self.process(launcher, level, Meter::Time, seed);
        let (untracked, tracked) = if untracked_first {
            let untracked = run(Level::Untracked);
            (untracked, run(level))
        } else {
            let tracked = run(level);
            (run(Level::Untracked), tracked)
        };
        Pair { untracked_first, untracked, tracked }
    }

    /// Runs a process, and returns its trace, even if it failed.
    fn process(&self, launcher: &Launcher, level: Level, meter: Meter, seed: u64) -> Process {
        let folder = match Scratch::new() {
            Ok(folder) => folder,
            Err(error) => {
                let why = format!("cannot create a temporary folder for its checkpoints: {error}");
                return Process { failure: Some(Failure::Prevented { why }), ..Process::default() };
            }
        };
        let path = folder.path().join("trace");
        let trace = path.display().to_string();
        let reply = launcher.run_task::<End>(&Task::Soak(Request { trace, ..self.request(level, meter, seed) }));
        Process { trace: Trace::read(&path), failure: reply.err() }
    }

    fn request(&self, level: Level, meter: Meter, seed: u64) -> Request {
        let &Self { events, live, limit_ms, memory_bytes, .. } = self;
        Request { level, meter, events, live, seed, limit_ms, memory_bytes, trace: String::new() }
    }
}

/// The time of a process under callgrind, as a multiple of the others'.
const SLOWER: u64 = 2;

/// Returns the time after which a process with this limit is killed. A process that stops in time still frees its
/// blocks.
fn most_time(limit_ms: u64) -> Duration {
    const STARTING: Duration = Duration::from_secs(2);
    2 * Duration::from_millis(limit_ms) + STARTING
}

fn uncounted(why: impl ToString) -> Instructions {
    Instructions { unknown: Some(why.to_string()), ..Instructions::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::launcher::Limits;
    use crate::worker::scripts;

    fn plan(limit_ms: u64, meters: &[Meter]) -> Plan {
        Plan {
            levels: vec![Level::Allocator, Level::Full],
            meters: meters.to_vec(),
            events: 2_000,
            counted_events: 2_000,
            live: 100,
            pairs: 2,
            limit_ms,
            memory_bytes: 1 << 30,
            seed: 1,
        }
    }

    /// A script that writes one checkpoint to the file of its task, and then runs `rest`.
    fn after_a_checkpoint(rest: &str) -> String {
        let line = r#"{"checkpoint":{"events":1000,"live_bytes":7,"event_ns":20.5}}"#;
        let file = r#"task=$(cat); file=$(echo "$task" | sed 's/.*"trace":"\([^"]*\)".*/\1/')"#;
        format!("{file}\necho '{line}' >\"$file\"\necho x >>\"$folder/runs\"\n{rest}")
    }

    fn measured(script: &str, plan: &Plan) -> (Vec<Soak>, usize) {
        let (folder, launcher) = scripts::launcher(&after_a_checkpoint(script), Limits::default());
        let soaks = plan.measure(&[&launcher], |_, _| ()).remove(0);
        let runs = std::fs::read_to_string(folder.path().join("runs")).expect("it ran").lines().count();
        (soaks, runs)
    }

    #[test]
    fn results_before_a_crash_are_kept_and_no_more_pairs_are_started() {
        let (soaks, runs) = measured("echo oops >&2; exit 3", &plan(1_000, &[Meter::Time]));
        assert_eq!((soaks.len(), runs), (2, 4), "one pair at each level");
        for soak in &soaks {
            assert_eq!(soak.failure(), Some(&Failure::Crashed { how: "exit code 3: oops".to_owned() }));
            assert_eq!((soak.reached(), soak.end()), (1_000, None));
        }
    }

    #[test]
    fn a_process_that_hangs_is_ended_and_its_checkpoints_are_kept() {
        let plan = Plan { levels: vec![Level::Full], pairs: 1, ..plan(1, &[Meter::Time]) };
        let untracked = r#"echo '{"events":1000,"stopped":"events","live":0}'"#;
        let script = format!("case \"$task\" in *untracked*) {untracked};; *) exec sleep 60;; esac");
        let (soaks, runs) = measured(&script, &plan);
        assert_eq!((soaks[0].failure(), runs), (Some(&Failure::TimedOut { seconds: 2 }), 2));
        assert_eq!(soaks[0].reached(), 1_000);
    }

    #[test]
    fn a_level_that_a_version_lacks_is_not_counted() {
        let (soaks, runs) =
            measured("echo 'error: it lacks it' >&2; exit 69", &plan(1_000, &[Meter::Time, Meter::Memory]));
        assert_eq!(soaks[0].failure(), Some(&Failure::Unsupported { why: "it lacks it".to_owned() }));
        assert_eq!((runs, soaks[0].measured.counted.as_ref()), (4, None));
    }

    #[test]
    fn each_pair_is_a_step_and_counting_is_one_more() {
        let steps = |meters: &[Meter]| plan(1, meters).steps();
        assert_eq!(steps(&[Meter::Time]), 4);
        assert_eq!(steps(&[Meter::Time, Meter::Memory, Meter::Instructions]), 6);
        assert_eq!(steps(&[Meter::Memory]), 2);
        let mut seen = 0;
        let (_folder, launcher) = scripts::launcher("exit 1", Limits::default());
        plan(1, &[Meter::Time, Meter::Memory]).measure(&[&launcher, &launcher], |_, _| seen += 1);
        assert_eq!(seen, 2 * 6);
    }
}
