//! Instructions instead of time: a probe runs under valgrind's callgrind, which counts the instructions of the window,
//! and the misses in its simulated caches.
//!
//! Other load on the machine does not change a count, so two runs are as good as sixty pairs of times. A count is not a
//! time, though: an instruction that waits for memory counts as much as any other, and the kernel's work for the
//! program, such as mapping pages, is not counted. A waiting thread executes instructions for as long as it waits, so
//! only single-threaded workloads can be counted.
//!
//! Two counts of the same program are equal to the instruction. valgrind lays out the address space in the same way
//! each time; arguments and environment are fixed; and a preloaded library fixes the seed that the standard library
//! draws in each process for memscope's hash maps. So a count is valid for one seed: with another seed, a map that is
//! about to grow at the end of the window may grow earlier.

mod callgrind;
mod collected;
mod names;
pub(crate) mod profile;
pub(crate) mod record;
mod stretches;
pub(crate) mod summary;

pub(crate) use collected::{Collected, MIN_MISSES, MODEL, Misses};
pub(crate) use names::short;
pub(crate) use stretches::Stretch;

use crate::platform::environment::FAULT;
use crate::platform::limits;
use crate::platform::programs::find;
use crate::platform::scratch::Scratch;
use crate::schedule::measurement::Outcome;
use crate::schedule::pairing::checked;
use crate::study::instructions::collected::CACHES;
use crate::study::instructions::record::{InstructionCount, InstructionOverhead};
use crate::tracking::Level;
use crate::worker::child::Ended;
use crate::worker::failure::Failure;
use crate::worker::launcher::Launcher;
use crate::worker::preload;
use crate::worker::probe::{Observation, Request, WINDOW};
use crate::worker::reply::Reply;
use crate::worker::task::Task;
use crate::workloads::{Digest, Scale, Workload};
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

/// Number of runs of each probe: the second shows how reproducible the first is.
pub(crate) const RUNS: usize = 2;

/// The number of pages by which the heap is shifted in each of several runs of a probe, for comparisons of builds. The
/// heaps of builds begin at different addresses, and that alone changes a count: with another address, a block is noted
/// in another of memscope's maps, which may then grow. The spread of these runs measures this effect.
pub(crate) const PLACES: [u8; 3] = [0, 3, 17];

/// Variable that names the pages to the preloaded library.
const HEAP_PAGES: &str = "MEMSCOPE_BENCH_HEAP_PAGES";

/// Slowdown of a program under callgrind, for its time limit.
const SLOWER: u32 = 50;

/// Variables of this process's environment that a probe under valgrind keeps: the paths of programs and libraries, and
/// the fault to commit.
const KEPT: [&str; 4] = ["PATH", "LD_LIBRARY_PATH", "VALGRIND_LIB", FAULT];

/// Prefixes of valgrind's own lines on standard error: reports and warnings.
const VALGRIND_PREFIXES: [&str; 2] = ["==", "--"];

/// Returns whether a line on standard error is valgrind's own.
fn is_of_valgrind(line: &str) -> bool {
    VALGRIND_PREFIXES.iter().any(|prefix| line.starts_with(prefix))
}

/// Source of the preloaded library, in C: it replaces a function of the C library.
const FIXED_SEED: &str = include_str!("../../worker/fixed_seed.c");

/// A missing requirement of counting.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CountingError {
    /// The system is not supported.
    #[error("counting instructions needs valgrind and a preloaded library, which work only on Linux")]
    NotHere,
    /// valgrind is not installed.
    #[error(
        "counting instructions needs valgrind, which is not installed: install it (Debian: apt-get install valgrind)"
    )]
    NoValgrind,
    /// The library that fixes seeds cannot be compiled.
    #[error("counting instructions needs the C compiler cc to fix the seeds of hash maps: {0}")]
    NoFixedSeed(String),
    /// Programs do not load the library.
    #[error("counting instructions needs fixed seeds of hash maps, but the library for that is not loaded: {0}")]
    NotLoaded(String),
}

/// The programs that counting needs.
#[derive(Clone, Debug)]
struct Tools {
    valgrind: PathBuf,
    compiler: PathBuf,
}

impl Tools {
    /// Finds the programs in this process's `PATH`.
    fn find() -> Result<Self, CountingError> {
        if !cfg!(target_os = "linux") {
            return Err(CountingError::NotHere);
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let valgrind = find("valgrind", &path).ok_or(CountingError::NoValgrind)?;
        let compiler = find("cc", &path).ok_or_else(|| CountingError::NoFixedSeed("it is not installed".to_owned()))?;
        Ok(Self { valgrind, compiler })
    }
}

/// Checks that the programs that counting needs are installed. Call this before anything is built or measured.
///
/// # Errors
/// If one of them is missing.
pub(crate) fn check_tools() -> Result<(), CountingError> {
    Tools::find().map(drop)
}

/// Counts the instructions of probes.
#[derive(Debug)]
pub(crate) struct InstructionCounter<'a> {
    launcher: &'a Launcher,
    valgrind: PathBuf,
    /// The folder of the library that fixes seeds, and of a copy of the program: valgrind reads the program by its
    /// path, which may point to another program by then. Probes run in this folder, where both have the same names in
    /// every run: names are on the stack, and their lengths would change a count.
    folder: Scratch,
}

/// Paths of the library and the program, from that folder.
const LIBRARY: &str = "./fixed_seed.so";
const COPY: &str = "./program";

impl<'a> InstructionCounter<'a> {
    /// Returns a counter of the launcher's probes, with the valgrind and the C compiler in this process's `PATH`.
    ///
    /// # Errors
    /// If one of them is missing, the compiler fails, or programs do not load the library that fixes seeds.
    pub(crate) fn new(launcher: &'a Launcher) -> Result<Self, CountingError> {
        let Tools { valgrind, compiler } = Tools::find()?;
        let mut refusal = "no temporary folder is available".to_owned();
        for folder in preload::folders(launcher.folder()) {
            let counter = Self { launcher, valgrind: valgrind.clone(), folder };
            counter.compile_fixed_seed(&compiler).map_err(CountingError::NoFixedSeed)?;
            match counter.check() {
                Ok(()) => return Ok(counter),
                Err(why) => refusal = why,
            }
        }
        Err(CountingError::NotLoaded(refusal))
    }

    fn compile_fixed_seed(&self, compiler: &Path) -> Result<(), String> {
        let source = self.folder.path().join("fixed_seed.c");
        std::fs::write(&source, FIXED_SEED).map_err(|error| error.to_string())?;
        preload::compile(compiler, &[], &source, &[], &self.folder.path().join(LIBRARY))
    }

    /// Checks that the program loads the library from its folder, by a tiny probe.
    ///
    /// # Errors
    /// The reason why it does not load it.
    fn check(&self) -> Result<(), String> {
        let scale = Scale::new(0.001).map_err(|error| error.to_string())?;
        let (workload, level) = (Workload::CYCLES, Level::Untracked);
        let request = Request { workload, level, scale, threads: 1, count: false };
        let environment = |command: &mut Command| {
            command.current_dir(self.folder.path()).env(preload::VARIABLE, LIBRARY).env_remove(FAULT);
        };
        let ended = self.launcher.run_with(environment, &task(&request)).map_err(|failure| failure.to_string())?;
        let errors = String::from_utf8_lossy(&ended.stderr).into_owned();
        let reply: Result<Reply<Observation>, Failure> = self.launcher.judge(ended);
        reply.map_err(|failure| preload::refusal(&errors).map_or_else(|| failure.to_string(), str::to_owned))?;
        let copied = self.launcher.program.copy_to(&self.folder.path().join(COPY));
        copied.map_err(|error| format!("the program cannot be copied: {error}"))
    }

    /// Returns the command that runs the program's copy under callgrind, with additional callgrind options. Only the
    /// window is collected.
    fn command(&self, arguments: &[&str]) -> Command {
        self.command_within(WINDOW, arguments)
    }

    /// Returns the same command, which collects only the calls of a function.
    fn command_within(&self, function: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.valgrind);
        command
            .env_clear()
            .envs(KEPT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
            .env(preload::VARIABLE, LIBRARY)
            .current_dir(self.folder.path())
            // Options in the user's files could change the count.
            .args(["--command-line-only=yes", "--tool=callgrind", "--collect-atstart=no"])
            .arg(format!("--toggle-collect=*{function}*"))
            .args(arguments)
            .arg(COPY);
        command
    }

    /// Runs one probe, and returns the instructions and the simulated cache misses of its window. The heap is shifted
    /// by `pages`.
    ///
    /// # Errors
    /// The failure of the probe; an unexpected digest is one.
    fn run(&self, request: &Request, expected: Digest, pages: u8) -> Result<Collected, Failure> {
        let (ended, of_valgrind) = self.ended(&task(request), pages)?;
        checked(self.launcher.judge(ended)?.content, expected)?;
        collected(&of_valgrind)
    }

    /// Runs any task that has a window, and returns its reply with the counts of the window.
    ///
    /// # Errors
    /// The failure of the worker.
    pub(crate) fn task<T: DeserializeOwned>(&self, task: &Task) -> Result<(T, Collected), Failure> {
        let (ended, of_valgrind) = self.ended(task, 0)?;
        let reply: Reply<T> = self.launcher.judge(ended)?;
        Ok((reply.content, collected(&of_valgrind)?))
    }

    /// Runs a task under callgrind, and returns its end with valgrind's own lines.
    fn ended(&self, task: &Task, pages: u8) -> Result<(Ended, Vec<String>), Failure> {
        let mut command = self.command(&[&["--callgrind-out-file=/dev/null", "--cache-sim=yes"], &CACHES[..]].concat());
        // The width is fixed, because the length of the environment shifts the stack.
        command.env(HEAP_PAGES, format!("{pages:02}"));
        let mut ended = self.launcher.run_tool(command, task, self.launcher.limits.time * SLOWER)?;
        let text = String::from_utf8_lossy(&ended.stderr).into_owned();
        let (of_valgrind, of_worker): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| is_of_valgrind(line));
        ended.stderr = of_worker.join("\n").into_bytes();
        Ok((ended, of_valgrind.into_iter().map(str::to_owned).collect()))
    }

    /// Runs the same probe [`RUNS`] times.
    ///
    /// # Errors
    /// The failure of a probe.
    fn runs(&self, request: &Request, expected: Digest, progress: impl FnMut()) -> Result<Vec<Collected>, Failure> {
        self.at_once(request, expected, [0; RUNS], progress)
    }

    /// Runs the same probe with its heap at each of [`PLACES`].
    ///
    /// # Errors
    /// The failure of a probe.
    pub(crate) fn placed(
        &self,
        request: &Request,
        expected: Digest,
        progress: impl FnMut(),
    ) -> Result<Vec<Collected>, Failure> {
        self.at_once(request, expected, PLACES, progress)
    }

    /// Runs the same probe with its heap shifted by these numbers of pages, all at once, because other work does not
    /// change a count.
    fn at_once<const N: usize>(
        &self,
        request: &Request,
        expected: Digest,
        pages: [u8; N],
        mut progress: impl FnMut(),
    ) -> Result<Vec<Collected>, Failure> {
        thread::scope(|scope| {
            let runs = pages.map(|pages| limits::beside(scope, move || self.run(request, expected, pages)));
            let counts = runs.map(|run| {
                let count = run();
                progress();
                count
            });
            counts.into_iter().collect()
        })
    }
}

/// Counts the instructions of workloads × levels. All levels of a workload share its untracked runs.
///
/// `progress` is called after each run.
pub(crate) fn count_instructions(
    counter: &InstructionCounter<'_>,
    workloads: &[Workload],
    levels: &[Level],
    scale: impl Fn(Workload) -> Scale,
    mut progress: impl FnMut(Workload, Level),
) -> Vec<InstructionCount> {
    let mut counts = Vec::new();
    for &workload in workloads {
        let scale = scale(workload);
        let request = |level, count| Request { workload, level, scale, threads: 1, count };
        let mut runs = |level, expected| counter.runs(&request(level, false), expected, || progress(workload, level));
        // The first run is not under valgrind: it counts the allocations, and its digest is the expected one.
        let baseline = counter.launcher.run(&request(Level::Untracked, true)).and_then(|seen| {
            let untracked = runs(Level::Untracked, seen.digest)?;
            Ok((seen.truth.map(|truth| truth.allocations), seen.digest, untracked))
        });
        for &level in levels {
            let mut count = InstructionCount {
                workload,
                level,
                scale: scale.factor(),
                seed: scale.seed(),
                wait_us: scale.wait_us(),
                allocations: None,
                outcome: Outcome::TooFew,
                untracked: Vec::new(),
                tracked: Vec::new(),
                untracked_misses: Vec::new(),
                tracked_misses: Vec::new(),
            };
            let tracked = baseline.clone().and_then(|(allocations, digest, untracked)| {
                count.allocations = allocations;
                (count.untracked, count.untracked_misses) = apart_from_misses(untracked);
                runs(level, digest)
            });
            match tracked {
                Ok(tracked) => {
                    (count.tracked, count.tracked_misses) = apart_from_misses(tracked);
                    let overhead = overhead(&count.untracked, &count.tracked, count.allocations);
                    count.outcome = overhead.map_or(Outcome::TooFew, Outcome::Measured);
                }
                Err(failure) => count.outcome = Outcome::Failed(failure),
            }
            counts.push(count);
        }
    }
    counts
}

/// Returns the counts in valgrind's lines.
fn collected(of_valgrind: &[String]) -> Result<Collected, Failure> {
    let lines: Vec<&str> = of_valgrind.iter().map(String::as_str).collect();
    match Collected::read(&lines) {
        None => Err(Failure::Crashed { how: "valgrind reports no count".to_owned() }),
        Some(Collected { instructions: 0, .. }) => {
            let how = format!("valgrind finds no function {WINDOW}: the program must not be stripped");
            Err(Failure::Crashed { how })
        }
        Some(collected) => Ok(collected),
    }
}

/// Returns the instructions and the misses of runs.
fn apart_from_misses(runs: Vec<Collected>) -> (Vec<u64>, Vec<Misses>) {
    runs.into_iter().map(|Collected { instructions, misses }| (instructions, misses)).unzip()
}

/// Returns the task of a probe that runs only if its seeds are fixed.
fn task(request: &Request) -> Task {
    Task::Probe { request: *request, fixed_seed: true }
}

/// Returns the overhead of the means of the runs; `None` if there are no runs, or no instructions in them.
fn overhead(untracked: &[u64], tracked: &[u64], allocations: Option<u64>) -> Option<InstructionOverhead> {
    let mean = |runs: &[u64]| runs.iter().sum::<u64>() as f64 / runs.len() as f64;
    let (before, after) = (mean(untracked), mean(tracked));
    let per_allocation =
        allocations.filter(|&allocations| allocations > 0).map(|allocations| (after - before) / allocations as f64);
    let apart = apart(untracked)?.max(apart(tracked)?);
    Some(InstructionOverhead { ratio: after / before, per_allocation, apart })
}

/// Returns the relative difference between the greatest and the least count.
fn apart(runs: &[u64]) -> Option<f64> {
    let (least, greatest) = (*runs.iter().min().filter(|&&least| least > 0)?, *runs.iter().max()?);
    Some((greatest - least) as f64 / least as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_os = "linux")]
    use crate::worker::{launcher::Limits, scripts};

    /// Runs a script in place of valgrind, with the path of a program that does not exist.
    #[cfg(target_os = "linux")]
    fn end_of(script: &str, time: std::time::Duration) -> Failure {
        let folder = Scratch::new().expect("a folder");
        let valgrind = scripts::write(folder.path(), "valgrind", script);
        let limits = Limits { time, ..Limits::default() };
        let launcher = Launcher::new("/no/such/probe".into(), limits);
        let counter = InstructionCounter { launcher: &launcher, valgrind, folder };
        counter.compile_fixed_seed(Path::new("cc")).expect("what links Rust compiles C");
        let scale = Scale::new(0.001).expect("positive");
        let request = Request { workload: Workload::CYCLES, level: Level::Full, scale, threads: 1, count: false };
        counter.run(&request, Digest::default(), 0).expect_err("a script is not a probe")
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn every_way_to_end_has_an_outcome() {
        let crashed = |how: &str| Failure::Crashed { how: how.to_owned() };
        let timed_out = end_of("exec sleep 60", std::time::Duration::from_millis(20));
        assert_eq!(timed_out, Failure::TimedOut { seconds: 1 });
        let end_of = |script: &str| end_of(script, Limits::default().time);
        assert_eq!(end_of("echo oops >&2; echo '==1== Collected : 7' >&2; exit 3"), crashed("exit code 3: oops"));
        assert_eq!(end_of("echo '==1== Collected : 7' >&2; kill -SEGV $$"), crashed("SIGSEGV"));
        assert!(end_of("echo '{}'; echo '==1== Collected : 7' >&2").to_string().contains("its output is invalid"));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_library_that_is_not_loaded_is_reported_in_one_line() {
        let folder = Scratch::new().expect("a folder");
        let program = scripts::write(folder.path(), "refuses", "echo 'error: the seeds are not fixed' >&2; exit 2");
        let launcher = Launcher::new(program, Limits::default());
        let counter = InstructionCounter { launcher: &launcher, valgrind: "/no/such/valgrind".into(), folder };
        // The library was not compiled. The loader reports it or, if the loader is silent, the program does.
        let why = counter.check().expect_err("it is not installed");
        assert!(why.contains("cannot be preloaded") || why.contains("not fixed"), "{why}");
        let message = CountingError::NotLoaded(why.clone()).to_string();
        assert!(message.ends_with(&why) && message.lines().count() == 1, "{message}");
    }

    #[test]
    fn an_overhead_is_of_means_with_the_spread_of_the_runs() {
        let both = overhead(&[100, 100], &[300, 303], Some(10)).expect("runs on both sides");
        assert_eq!(both, InstructionOverhead { ratio: 3.015, per_allocation: Some(20.15), apart: 0.01 });
        assert_eq!(overhead(&[100], &[300], Some(0)).expect("runs on both sides").per_allocation, None);
        assert_eq!(overhead(&[], &[300], None), None);
        assert_eq!(overhead(&[0], &[300], None), None);
    }
}
