//! Instructions instead of time: a probe under valgrind's callgrind, which counts what the window executes.
//!
//! A count does not depend on what else the machine does: two runs show as much as sixty pairs show of time. It is
//! another figure than time, though: an instruction that waits for memory counts as much as one that does not, and
//! what the kernel does for the program, such as giving it pages, does not count at all. A thread that waits for
//! another one executes as much as the wait takes, so that only single-threaded workloads can be counted.
//!
//! Two counts of the same program are the same to the instruction. valgrind lays out the address space itself, the same
//! each time; the probe gets an environment that is fixed; and the seed that the standard library draws in each process
//! for memscope's hash maps is fixed too, by a library that is preloaded. So a count is the count for one seed: a map
//! that is about to grow at the end of the window may grow before it under another one.

pub mod record;
pub mod summary;

use crate::platform::programs::find;
use crate::schedule::pairing::checked;
use crate::study::instructions::record::{InstructionCount, InstructionOverhead};
use crate::tracking::Level;
use crate::worker::failure::Failure;
use crate::worker::launcher::Launcher;
use crate::worker::launcher::Reply;
use crate::worker::preload;
use crate::worker::probe::{Observation, Request, WINDOW};
use crate::workloads::{Digest, Scale, Workload};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// The runs of each program: the second shows how far to trust the first.
pub const RUNS: usize = 2;

/// The factor by which a program is slower under callgrind, for its time limit.
const SLOWER: u32 = 50;

/// The variables that a probe under valgrind has of this process's environment: where programs and libraries are, and
/// which fault to commit.
const KEPT: [&str; 4] = ["PATH", "LD_LIBRARY_PATH", "VALGRIND_LIB", FAULT];
const FAULT: &str = "MEMSCOPE_BENCH_FAULT";

/// The beginning of each line that is from valgrind, not from the program that it runs.
const OF_VALGRIND: &str = "==";

/// The library that is preloaded, in C: it replaces a function of the C library.
const FIXED_SEED: &str = include_str!("../../worker/fixed_seed.c");

/// Something is not there that counting needs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotCount {
    /// valgrind is not installed.
    #[error("--instructions counts with valgrind, which is not there: install it (Debian: apt-get install valgrind)")]
    NoValgrind,
    /// The library that fixes seeds cannot be made.
    #[error("--instructions needs the C compiler cc to fix the seeds of hash maps: {0}")]
    NoFixedSeed(String),
    /// Programs do not load that library.
    #[error("--instructions needs the seeds of hash maps fixed, and the library for that is not loaded: {0}")]
    NotLoaded(String),
}

/// Counts the instructions of probes.
#[derive(Debug)]
pub struct InstructionCounter<'a> {
    launcher: &'a Launcher,
    valgrind: PathBuf,
    /// The folder of the library that fixes seeds, and of a copy of the program: valgrind reads it by its path, which
    /// may lead to another one meanwhile. Probes run in this folder, where the names of both are the same in every
    /// run: they lie on the stack, and their lengths would move a count.
    folder: TempDir,
}

/// The library that fixes seeds, and the program, as they are called in that folder.
const LIBRARY: &str = "./fixed_seed.so";
const COPY: &str = "./program";

impl<'a> InstructionCounter<'a> {
    /// A counter of the launcher's probes, with the valgrind and the C compiler that this process's `PATH` has.
    ///
    /// # Errors
    /// If one of them is not there, the compiler fails, or programs do not load the library that fixes seeds.
    pub fn new(launcher: &'a Launcher) -> Result<Self, CannotCount> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let valgrind = find("valgrind", &path).ok_or(CannotCount::NoValgrind)?;
        let compiler = find("cc", &path).ok_or_else(|| CannotCount::NoFixedSeed("it is not there".to_owned()))?;
        let mut refusal = "there is no temporary folder".to_owned();
        for folder in preload::folders(launcher.folder()) {
            let counter = Self { launcher, valgrind: valgrind.clone(), folder };
            counter.compile_fixed_seed(&compiler).map_err(CannotCount::NoFixedSeed)?;
            match counter.check() {
                Ok(()) => return Ok(counter),
                Err(why) => refusal = why,
            }
        }
        Err(CannotCount::NotLoaded(refusal))
    }

    fn compile_fixed_seed(&self, compiler: &Path) -> Result<(), String> {
        let source = self.folder.path().join("fixed_seed.c");
        std::fs::write(&source, FIXED_SEED).map_err(|error| error.to_string())?;
        let made = Command::new(compiler)
            .args(["-shared", "-fPIC", "-o"])
            .arg(self.folder.path().join(LIBRARY))
            .arg(source)
            .output();
        let made = made.map_err(|error| format!("{} cannot be started: {error}", compiler.display()))?;
        if made.status.success() { Ok(()) } else { Err(one_line(&String::from_utf8_lossy(&made.stderr))) }
    }

    /// Sees that the program loads the library from its folder: a tiny probe says whether its seeds are fixed.
    ///
    /// # Errors
    /// The reason.
    fn check(&self) -> Result<(), String> {
        let scale = Scale::new(0.001).map_err(|error| error.to_string())?;
        let (workload, level) = (Workload::CYCLES, Level::Untracked);
        let request = Request { workload, level, scale, threads: 1, count: false };
        let environment = |command: &mut Command| {
            command.current_dir(&self.folder).env(preload::VARIABLE, LIBRARY).env_remove(FAULT);
        };
        let ended = self.launcher.run_with(environment, &arguments(&request)).map_err(|failure| failure.to_string())?;
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        let reply: Result<Reply<Observation>, Failure> = self.launcher.judge(ended);
        reply.map_err(|failure| preload::refusal(&said).map_or_else(|| failure.to_string(), str::to_owned))?;
        let copied = self.launcher.program.copy_to(&self.folder.path().join(COPY));
        copied.map_err(|error| format!("the program cannot be copied: {error}"))
    }

    /// Runs one probe to its end, and gives the instructions that its window executed.
    ///
    /// # Errors
    /// The way in which it failed, another digest than the expected one included.
    fn run(&self, request: &Request, expected: Digest) -> Result<u64, Failure> {
        let mut command = Command::new(&self.valgrind);
        command
            .env_clear()
            .envs(KEPT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
            .env(preload::VARIABLE, LIBRARY)
            .current_dir(&self.folder)
            // Options in files of the user's or of the folder might change what is counted.
            .args(["--command-line-only=yes", "--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .args(["--collect-atstart=no".to_owned(), format!("--toggle-collect=*{WINDOW}*")])
            .arg(COPY);
        let mut ended = self.launcher.run_tool(command, &arguments(request), self.launcher.limits.time * SLOWER)?;
        let text = String::from_utf8_lossy(&ended.stderr).into_owned();
        let (of_valgrind, of_probe): (Vec<&str>, Vec<&str>) =
            text.lines().partition(|line| line.starts_with(OF_VALGRIND));
        ended.stderr = of_probe.join("\n").into_bytes();
        checked(self.launcher.judge(ended)?.content, expected)?;
        match of_valgrind.iter().find_map(|line| collected(line)) {
            None => Err(Failure::Crashed { how: "valgrind does not say what it collected".to_owned() }),
            Some(0) => {
                let how = format!("valgrind finds no function {WINDOW}: the program must not be stripped");
                Err(Failure::Crashed { how })
            }
            Some(count) => Ok(count),
        }
    }

    /// As many runs of the same thing as it takes.
    fn runs(&self, request: &Request, expected: Digest, mut progress: impl FnMut()) -> Result<Vec<u64>, Failure> {
        (0..RUNS)
            .map(|_| {
                let count = self.run(request, expected);
                progress();
                count
            })
            .collect()
    }
}

/// Counts the instructions of workloads × levels. The untracked runs of a workload serve all of its levels.
///
/// `progress` is called after each run that was tried.
pub fn count_instructions(
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
        // The first run is not under valgrind: it counts the allocations, and gives the digest that all others must
        // have.
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
                allocations: None,
                failure: None,
                untracked: Vec::new(),
                tracked: Vec::new(),
                overhead: None,
            };
            let tracked = baseline.clone().and_then(|(allocations, digest, untracked)| {
                (count.allocations, count.untracked) = (allocations, untracked);
                runs(level, digest)
            });
            match tracked {
                Ok(tracked) => {
                    count.overhead = overhead(&count.untracked, &tracked, count.allocations);
                    count.tracked = tracked;
                }
                Err(failure) => count.failure = Some(failure),
            }
            counts.push(count);
        }
    }
    counts
}

/// The arguments of a probe that runs only if its seeds are fixed.
fn arguments(request: &Request) -> Vec<String> {
    let mut arguments = Launcher::arguments(request);
    arguments.push("--fixed-seed".to_owned());
    arguments
}

/// Returns what a program printed, on one line.
fn one_line(said: &str) -> String {
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the overhead from the runs of both sides; `None` if one has no run, or executed nothing.
fn overhead(untracked: &[u64], tracked: &[u64], allocations: Option<u64>) -> Option<InstructionOverhead> {
    let mean = |runs: &[u64]| runs.iter().sum::<u64>() as f64 / runs.len() as f64;
    let (before, after) = (mean(untracked), mean(tracked));
    let per_allocation =
        allocations.filter(|&allocations| allocations > 0).map(|allocations| (after - before) / allocations as f64);
    let apart = apart(untracked)?.max(apart(tracked)?);
    Some(InstructionOverhead { ratio: after / before, per_allocation, apart })
}

/// Returns the difference between the greatest and the least of some counts, as a part of the least.
fn apart(runs: &[u64]) -> Option<f64> {
    let (least, greatest) = (*runs.iter().min().filter(|&&least| least > 0)?, *runs.iter().max()?);
    Some((greatest - least) as f64 / least as f64)
}

/// Returns the count in the line in which callgrind reports it: `==123== Collected : 456`.
fn collected(line: &str) -> Option<u64> {
    line.split_once("Collected :")?.1.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::launcher::Limits;
    use std::os::unix::fs::PermissionsExt;
    use std::time::Duration;

    /// Runs a script in valgrind's place, which is given the path of a probe that does not exist.
    fn end_of(script: &str) -> Failure {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let valgrind = folder.path().join("valgrind");
        std::fs::write(&valgrind, format!("#!/bin/sh\n{script}\n")).expect("the script is written");
        std::fs::set_permissions(&valgrind, std::fs::Permissions::from_mode(0o755)).expect("the script may run");
        let limits = Limits { time: Duration::from_millis(20), ..Limits::default() };
        let launcher = Launcher::new("/no/such/probe".into(), limits);
        let counter = InstructionCounter { launcher: &launcher, valgrind, folder };
        counter.compile_fixed_seed(Path::new("cc")).expect("what links Rust compiles C");
        let scale = Scale::new(0.001).expect("positive");
        let request = Request { workload: Workload::CYCLES, level: Level::Full, scale, threads: 1, count: false };
        counter.run(&request, Digest::default()).expect_err("a script is no probe")
    }

    #[test]
    fn every_end_has_its_outcome() {
        let crashed = |how: &str| Failure::Crashed { how: how.to_owned() };
        assert_eq!(end_of("exec sleep 60"), Failure::TimedOut { seconds: 1 });
        assert_eq!(end_of("echo oops >&2; echo '==1== Collected : 7' >&2; exit 3"), crashed("exit code 3: oops"));
        assert_eq!(end_of("echo '==1== Collected : 7' >&2; kill -SEGV $$"), crashed("SIGSEGV"));
        assert!(end_of("echo '{}'; echo '==1== Collected : 7' >&2").to_string().contains("not what it should be"));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_library_that_is_not_loaded_is_told_in_one_line() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let program = folder.path().join("refuses");
        std::fs::write(&program, "#!/bin/sh\necho 'error: the seeds are not fixed' >&2\nexit 2\n").expect("a script");
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("the script may run");
        let launcher = Launcher::new(program, Limits::default());
        let counter = InstructionCounter { launcher: &launcher, valgrind: "/no/such/valgrind".into(), folder };
        // It was not compiled: the loader or, where that is silent, the program says so.
        let why = counter.check().expect_err("it is not there");
        assert!(why.contains("cannot be preloaded") || why.contains("not fixed"), "{why}");
        let told = CannotCount::NotLoaded(why.clone()).to_string();
        assert!(told.ends_with(&why) && told.lines().count() == 1, "{told}");
    }

    #[test]
    fn an_overhead_is_of_means_and_tells_how_far_runs_are_apart() {
        let said = overhead(&[100, 100], &[300, 303], Some(10)).expect("runs on both sides");
        assert_eq!(said, InstructionOverhead { ratio: 3.015, per_allocation: Some(20.15), apart: 0.01 });
        assert_eq!(overhead(&[100], &[300], Some(0)).expect("runs on both sides").per_allocation, None);
        assert_eq!(overhead(&[], &[300], None), None);
        assert_eq!(overhead(&[0], &[300], None), None);
    }

    #[test]
    fn the_count_is_read_from_its_line() {
        assert_eq!(collected("==12564== Collected : 46426712"), Some(46_426_712));
        assert_eq!(collected("==12564== Events    : Ir"), None);
    }
}
