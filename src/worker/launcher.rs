//! Starts a probe, limits it, and turns every way in which it can end into an outcome.

use crate::platform::cores;
use crate::platform::cores::Core;
use crate::platform::limits;
use crate::tracking::Level;
use crate::tracking::references::{Host, JEMALLOC_OPTIONS};
use crate::worker::child::{Ended, NotEnded, Watch};
use crate::worker::failure::Failure;
use crate::worker::heaptrack;
use crate::worker::probe;
use crate::worker::probe::{Observation, Request};
use crate::worker::program::Program;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// The number of times that something is tried before it is given up because it was suspended each time.
pub(crate) const TRIES: usize = 10;

/// The limits of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The time from its start to its end. Time during which this process is suspended does not count.
    pub time: Duration,
    /// The memory that it may write to, in bytes, where the system can limit it. Address space that is only reserved
    /// does not count: each thread reserves 64 MiB of it for its heap.
    pub memory_bytes: u64,
}

impl Default for Limits {
    /// A minute and 8 GiB: far above what a probe of any published memscope needs that ends at all.
    fn default() -> Self {
        Self { time: Duration::from_secs(60), memory_bytes: 8 << 30 }
    }
}

impl Limits {
    /// The failure of a child that got no more memory: the lowest of all limits on it, and what sets it.
    fn out_of_memory(&self) -> Failure {
        let own = limits::Limit { name: Failure::MEMORY_LIMIT, amount: self.memory_bytes };
        let mut all: Vec<limits::Limit> =
            [Some(own), limits::data(), limits::address_space()].into_iter().flatten().collect();
        all.sort_by_key(|limit| limit.amount);
        let others = all[1..].iter().filter(|limit| **limit != own);
        let others = others.map(|limit| format!("; {} is {} MiB", limit.name, limit.amount >> 20));
        Failure::OutOfMemory {
            limit_bytes: all[0].amount,
            by: format!("{}{}", all[0].name, others.collect::<String>()),
        }
    }

    /// Limits a child's memory, where the system can. A lower limit that it has inherited stays.
    #[cfg(target_os = "linux")]
    fn apply(&self, child: &Child) -> io::Result<()> {
        use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};
        let lower = |inherited: Option<u64>| Some(inherited.map_or(self.memory_bytes, |it| it.min(self.memory_bytes)));
        let Rlimit { current, maximum } = getrlimit(Resource::Data);
        // The hard limit too: valgrind sets its own soft limit to none at all, and the kernel then takes the hard one.
        let limit = Rlimit { current: lower(current), maximum: lower(maximum) };
        let process = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        prlimit(process, Resource::Data, limit).map(drop).map_err(io::Error::from)
    }

    #[cfg(not(target_os = "linux"))]
    fn apply(&self, _: &Child) -> io::Result<()> {
        Ok(())
    }
}

/// A program of this package that was not built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} is not there: build it with `cargo build --release{}`", .program.display(), if *.is_reference { " --features references" } else { "" })]
pub struct MissingProgram {
    program: PathBuf,
    is_reference: bool,
}

/// A file to which the command of each probe is written, and why it was given up.
#[derive(Debug)]
struct Log {
    file: File,
    failure: Option<io::Error>,
}

/// Starts probes.
#[derive(Clone, Debug)]
pub struct Launcher {
    pub(crate) program: Arc<Program>,
    pub(crate) limits: Limits,
    /// The programs of the same folder that were asked for: they too are the same ones each time.
    others: Arc<Mutex<BTreeMap<String, Arc<Program>>>>,
    log: Option<Arc<Mutex<Log>>>,
    core: Option<Core>,
}

/// What a child replied.
#[derive(Debug)]
pub struct Reply<T> {
    /// The reply.
    pub content: T,
    /// The time that the child ran, without the time during which this process was suspended.
    pub took: Duration,
    /// The child or this process was suspended meanwhile: times in the reply mean nothing.
    pub was_suspended: bool,
}

impl Launcher {
    /// A launcher of the given `memscope-bench` program. What takes the program's place later is not started.
    pub fn new(program: PathBuf, limits: Limits) -> Self {
        Self::of(Program::at(program), limits)
    }

    /// A launcher of the program that this process runs.
    ///
    /// # Errors
    /// If the system does not tell which one that is.
    pub fn of_this_program(limits: Limits) -> io::Result<Self> {
        Ok(Self::of(Program::of_this_process()?, limits))
    }

    fn of(program: Program, limits: Limits) -> Self {
        Self { program: Arc::new(program), limits, others: Arc::default(), log: None, core: None }
    }

    /// The folder of the program.
    pub fn folder(&self) -> &Path {
        self.program.path().parent().unwrap_or(Path::new("."))
    }

    /// A launcher, under the same limits, of another program in the same folder.
    ///
    /// # Errors
    /// If there is no such program.
    pub fn beside(&self, name: &str) -> Result<Self, MissingProgram> {
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = others.get(name) {
            return Ok(Self { program: Arc::clone(known), ..self.clone() });
        }
        let program = self.program.path().with_file_name(name);
        if program.is_file() {
            let found = Arc::new(Program::at(program));
            others.insert(name.to_owned(), Arc::clone(&found));
            return Ok(Self { program: found, ..self.clone() });
        }
        let is_reference =
            Level::REFERENCES.iter().any(|level| matches!(level.host(), Host::Program(program) if program == name));
        Err(MissingProgram { program, is_reference })
    }

    /// Writes the command of each probe to this file when the probe starts, a line each.
    pub fn logging_to(self, file: File) -> Self {
        Self { log: Some(Arc::new(Mutex::new(Log { file, failure: None }))), ..self }
    }

    /// Returns the launcher of the same program that keeps what it starts on this core.
    pub(crate) fn on(&self, core: Option<Core>) -> Self {
        Self { core, ..self.clone() }
    }

    /// Why the log is not complete, if it is not. No probe is to blame for that.
    pub fn log_failure(&self) -> Option<io::Error> {
        self.log.as_ref().and_then(|log| log.lock().unwrap_or_else(PoisonError::into_inner).failure.take())
    }

    /// The arguments that make the program run this probe.
    pub fn arguments(request: &Request) -> Vec<String> {
        let Request { workload, level, scale, threads, count } = request;
        let mut arguments = vec![
            "probe".to_owned(),
            format!("--workload={workload}"),
            format!("--tracking={level}"),
            format!("--scale={}", scale.factor()),
            format!("--seed={}", scale.seed()),
            format!("--threads={threads}"),
        ];
        if !scale.wait().is_zero() {
            arguments.push(format!("--wait-us={}", scale.wait().as_micros()));
        }
        if *count {
            arguments.push("--count".to_owned());
        }
        arguments
    }

    /// The command with which a user sees this probe alone.
    pub fn command_line(request: &Request) -> String {
        let arguments = Self::arguments(request).join(" ");
        if !request.level.is_reference() {
            return format!("cargo run --release -- {arguments}");
        }
        let options = request.level.jemalloc_options().map(|options| format!("{JEMALLOC_OPTIONS}={options} "));
        let program = match request.level.host() {
            Host::Heaptrack => return format!("heaptrack target/release/memscope-bench {arguments}"),
            Host::Switch => String::new(),
            Host::Program(name) => format!("--bin {name} "),
        };
        format!("{}cargo run --release --features references {program}-- {arguments}", options.unwrap_or_default())
    }

    /// Runs one probe to its end, in the program that its level has. One that is timed and was suspended is run again.
    ///
    /// # Errors
    /// The way in which it failed.
    pub fn run(&self, request: &Request) -> Result<Observation, Failure> {
        undisturbed(|| {
            let reply = self.run_once(request)?;
            Ok(Reply { was_suspended: reply.was_suspended && !request.count, ..reply })
        })
    }

    /// Runs one probe to its end, in the program that its level has.
    ///
    /// # Errors
    /// The way in which it failed.
    pub(crate) fn run_once(&self, request: &Request) -> Result<Reply<Observation>, Failure> {
        match request.level.host() {
            Host::Switch => self.reply(&Self::arguments(request)),
            Host::Program(name) => self.run_another(name, request),
            Host::Heaptrack => heaptrack::run(self, request),
        }
    }

    /// Runs a probe in another program of the same folder.
    fn run_another(&self, name: &str, request: &Request) -> Result<Reply<Observation>, Failure> {
        let unsupported = |missing: MissingProgram| Failure::Unsupported { why: missing.to_string() };
        let other = self.beside(name).map_err(unsupported)?;
        // Nobody else's options: what a level is must not depend on the environment.
        let with_options = |command: &mut Command| {
            match request.level.jemalloc_options() {
                Some(options) => command.env(JEMALLOC_OPTIONS, options),
                None => command.env_remove(JEMALLOC_OPTIONS),
            };
        };
        let ended = other.run_with(with_options, &Self::arguments(request))?;
        self.judge(ended)
    }

    /// Runs a command of the program to its end, and gives what it printed as JSON. If it was suspended, it is run
    /// again.
    ///
    /// # Errors
    /// The way in which it failed.
    pub fn run_for<T: DeserializeOwned>(&self, arguments: &[String]) -> Result<T, Failure> {
        undisturbed(|| self.reply(arguments))
    }

    fn reply<T: DeserializeOwned>(&self, arguments: &[String]) -> Result<Reply<T>, Failure> {
        self.judge(self.run_with(|_| (), arguments)?)
    }

    /// Runs the program to its end, in an environment of its own.
    pub(crate) fn run_with(&self, environment: impl Fn(&mut Command), arguments: &[String]) -> Result<Ended, Failure> {
        self.note(arguments);
        let watch = Watch::begin();
        let child = self.start(|command| {
            environment(command);
            piped(tied(command, arguments));
        })?;
        self.to_end(watch, child, self.limits.time)
    }

    /// Runs a tool that takes the program's arguments after its own, to its end.
    pub(crate) fn run_tool(&self, mut tool: Command, arguments: &[String], time: Duration) -> Result<Ended, Failure> {
        self.note(arguments);
        let watch = Watch::begin();
        let child = spawned(piped(tied(&mut tool, arguments)));
        let child = child.map_err(|error| not_started(Path::new(tool.get_program()), &error))?;
        self.to_end(watch, child, time)
    }

    /// Runs another command of the program to its end, under the same limits, with this process's output as its own.
    ///
    /// # Errors
    /// The way in which it failed.
    pub fn run_beside(&self, arguments: &[String]) -> Result<(), Failure> {
        let watch = Watch::begin();
        let child = self.start(|command| {
            tied(command, arguments);
        })?;
        let status = self.to_end(watch, child, self.limits.time)?.status;
        if status.success() { Ok(()) } else { Err(Failure::Crashed { how: ending(status) }) }
    }

    /// Starts the program.
    fn start(&self, prepare: impl Fn(&mut Command)) -> Result<Child, Failure> {
        let mut refusal = io::Error::from(io::ErrorKind::NotFound);
        for way in self.program.ways()? {
            let mut command = Command::new(way);
            prepare(command.arg0(self.program.path()));
            match spawned(&mut command) {
                Ok(child) => return Ok(child),
                Err(error) => refusal = error,
            }
            // Some systems let nobody start what another process has opened.
            if !matches!(refusal.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) {
                break;
            }
        }
        Err(not_started(self.program.path(), &refusal))
    }

    fn to_end(&self, watch: Watch, mut child: Child, time: Duration) -> Result<Ended, Failure> {
        if let Err(error) = self.limits.apply(&child) {
            let _ = child.kill().and_then(|()| child.wait());
            return Err(Failure::Prevented { why: format!("its memory cannot be limited: {error}") });
        }
        // A core that was taken away since it was chosen costs the pair its best placement, not its result.
        if let Some(core) = self.core {
            let _ = cores::keep_on(child.id(), core);
        }
        watch.follow(child, time).map_err(|not_ended| match not_ended {
            NotEnded::TimedOut => Failure::TimedOut { seconds: time.as_secs() },
            NotEnded::System(error) => {
                let limits = limits::on_threads();
                Failure::Prevented { why: format!("it cannot be watched: {error} ({limits})") }
            }
        })
    }

    fn note(&self, arguments: &[String]) {
        let Some(log) = &self.log else { return };
        let log = &mut *log.lock().unwrap_or_else(PoisonError::into_inner);
        if log.failure.is_none() {
            log.failure = writeln!(log.file, "{}", arguments.join(" ")).err();
        }
    }

    /// Makes a reply or a failure of what a child left behind.
    pub(crate) fn judge<T: DeserializeOwned>(&self, ended: Ended) -> Result<Reply<T>, Failure> {
        let said = String::from_utf8_lossy(&ended.stderr);
        let said = said.as_ref();
        if ended.status.success() {
            // The last line: some versions of memscope print on the same stream what they are doing.
            let printed = String::from_utf8_lossy(&ended.stdout);
            let content = serde_json::from_str(last_line(&printed))
                .map_err(|error| Failure::Crashed { how: format!("its output is not what it should be: {error}") })?;
            return Ok(Reply { content, took: ended.took, was_suspended: ended.was_suspended });
        }
        // What Rust's default handler for a failed allocation prints before it aborts.
        if said.contains("memory allocation of ") && said.contains(" bytes failed") {
            return Err(self.limits.out_of_memory());
        }
        let last_words = last_words(said);
        let reason = || last_words.strip_prefix("error: ").unwrap_or(&last_words).to_owned();
        if ended.status.code() == Some(i32::from(probe::UNSUPPORTED)) {
            return Err(Failure::Unsupported { why: reason() });
        }
        if ended.status.code() == Some(i32::from(probe::PREVENTED)) {
            return Err(Failure::Prevented { why: reason() });
        }
        // What a tracker says that starts a thread of its own, and may not.
        if NO_THREADS.iter().any(|words| last_words.contains(words)) {
            let limits = limits::on_threads();
            return Err(Failure::Prevented { why: format!("it cannot start a thread: {last_words} ({limits})") });
        }
        let ending = ending(ended.status);
        let how = if last_words.is_empty() { ending } else { format!("{ending}: {last_words}") };
        Err(Failure::Crashed { how })
    }
}

/// What panics say of a thread that the system does not start.
const NO_THREADS: [&str; 3] = ["failed to spawn thread", "can't spawn worker thread", "code: 11, kind: WouldBlock"];

/// Runs something until it was not suspended.
///
/// # Errors
/// Its own, and that it was suspended each time.
pub(crate) fn undisturbed<T>(run: impl Fn() -> Result<Reply<T>, Failure>) -> Result<T, Failure> {
    for _ in 0..TRIES {
        let reply = run()?;
        if !reply.was_suspended {
            return Ok(reply.content);
        }
    }
    Err(suspended())
}

/// The failure of what was suspended each time.
pub(crate) fn suspended() -> Failure {
    Failure::Prevented { why: format!("it was stopped and continued in each of {TRIES} tries") }
}

/// The last line that says something.
fn last_line(said: &str) -> &str {
    said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default().trim()
}

/// What a child said last: the last line, or, after a panic, what panicked and why.
fn last_words(said: &str) -> String {
    let mut lines = said.lines();
    let panic = lines.by_ref().filter(|line| line.contains(" panicked at ")).last();
    match panic.and_then(|panic| said.rsplit_once(panic).map(|(_, after)| (panic, after))) {
        Some((panic, after)) => {
            let message = after.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
            format!("{} {message}", panic.trim())
        }
        None => last_line(said).to_owned(),
    }
}

/// Gives a command its arguments, and ties it to this process.
fn tied<'c>(command: &'c mut Command, arguments: &[String]) -> &'c mut Command {
    // Of fixed width: the length of the arguments moves what lies on the stack.
    command.args(arguments).arg(format!("--parent={:010}", std::process::id())).stdin(Stdio::null())
}

fn piped(command: &mut Command) -> &mut Command {
    command.stdout(Stdio::piped()).stderr(Stdio::piped())
}

/// Starts a command. A program that was written a moment ago may still be open for writing somewhere.
fn spawned(command: &mut Command) -> io::Result<Child> {
    const WAIT: Duration = Duration::from_millis(20);
    for _ in 0..TRIES {
        match command.spawn() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => thread::sleep(WAIT),
            started => return started,
        }
    }
    command.spawn()
}

fn not_started(program: &Path, error: &io::Error) -> Failure {
    let no_more_files = error.raw_os_error() == Some(nix::errno::Errno::EMFILE as i32);
    let why = match (error.kind(), limits::open_files()) {
        (io::ErrorKind::WouldBlock, _) => format!("{error} ({})", limits::on_threads()),
        (_, Some(limit)) if no_more_files => format!("{error} ({} is {})", limit.name, limit.amount),
        _ => error.to_string(),
    };
    Failure::Prevented { why: format!("{} cannot be started: {why}", program.display()) }
}

/// The name of the signal that ended a process, with what sends it; or its exit code.
fn ending(status: ExitStatus) -> String {
    let Some(signal) = status.signal() else {
        return status.code().map_or_else(|| "no exit code".to_owned(), |code| format!("exit code {code}"));
    };
    let known = nix::sys::signal::Signal::try_from(signal).ok();
    let name = known.map_or_else(|| format!("signal {signal}"), |signal| signal.as_str().to_owned());
    let time = || {
        limits::cpu_seconds().map(|limit| format!("the limit on processor time ({}, {} s)", limit.name, limit.amount))
    };
    let sender = match name.as_str() {
        // This program sends it too, but calls that a timeout.
        "SIGKILL" => {
            let time = time().map(|time| format!(", or by {time}")).unwrap_or_default();
            Some(format!("killed from outside, as the system does when memory runs out{time}"))
        }
        "SIGXCPU" => time(),
        "SIGXFSZ" => Some("a file grew beyond the limit (ulimit -f)".to_owned()),
        "SIGSYS" => Some("the system forbids a call that it made".to_owned()),
        _ => None,
    };
    sender.map_or_else(|| name.clone(), |sender| format!("{name}: {sender}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workloads::{Scale, Workload};
    use std::os::unix::fs::PermissionsExt;

    fn request() -> Request {
        let scale = Scale::new(0.001).expect("positive");
        Request { workload: Workload::CYCLES, level: Level::Full, scale, threads: 1, count: false }
    }

    /// Runs a script in a probe's place.
    fn end_of(script: &str, limits: Limits) -> Failure {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let program = folder.path().join("probe");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).expect("the script is written");
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("the script may run");
        Launcher::new(program, limits).run(&request()).expect_err("a script is no probe")
    }

    #[test]
    fn every_end_has_its_outcome() {
        let limits = Limits::default();
        let crashed = |how: &str| Failure::Crashed { how: how.to_owned() };
        assert_eq!(end_of("kill -SEGV $$", limits), crashed("SIGSEGV"));
        assert_eq!(end_of("echo oops >&2; exit 3", limits), crashed("exit code 3: oops"));
        assert!(matches!(
            end_of("echo 'memory allocation of 64 bytes failed' >&2; kill -ABRT $$", limits),
            Failure::OutOfMemory { .. }
        ));
        assert_eq!(
            end_of("echo 'error: it lacks a thing' >&2; exit 69", limits),
            Failure::Unsupported { why: "it lacks a thing".to_owned() }
        );
        assert_eq!(
            end_of("echo 'error: it has no threads' >&2; exit 71", limits),
            Failure::Prevented { why: "it has no threads".to_owned() }
        );
        assert!(end_of("echo '{}'", limits).to_string().contains("not what it should be"));
        let second = Limits { time: Duration::from_secs(1), ..limits };
        assert_eq!(end_of("exec sleep 60", second), Failure::TimedOut { seconds: 1 });
    }

    #[test]
    fn what_ends_a_probe_from_outside_is_named() {
        let how = |script: &str| end_of(script, Limits::default()).to_string();
        assert!(how("kill -KILL $$").contains("SIGKILL: killed from outside, as the system does when memory runs out"));
        assert!(how("kill -XFSZ $$").contains("SIGXFSZ: a file grew beyond the limit (ulimit -f)"));
        assert_eq!(end_of("kill -KILL $$", Limits::default()).label(), "crashed (SIGKILL)");
        let busy = how("ulimit -t 1; while :; do :; done");
        assert!(busy.contains("SIGXCPU") || busy.contains("SIGKILL"), "{busy}");
        assert!(how("kill -34 $$").contains("crashed: signal 34"), "a signal without a name");
    }

    #[test]
    fn a_panic_is_told_with_its_message() {
        let panicked = "echo 'all is well' >&2; printf '\nthread main panicked at src/x.rs:1:2:\nit broke\nnote: run with more\n' >&2; exit 101";
        let failure = end_of(panicked, Limits::default());
        assert_eq!(failure.to_string(), "crashed: exit code 101: thread main panicked at src/x.rs:1:2: it broke");
        let spawning =
            "printf 'thread main panicked at src/x.rs:1:2:\nfailed to spawn thread: Os { code: 11 }\n' >&2; exit 101";
        let failure = end_of(spawning, Limits::default()).to_string();
        assert!(failure.starts_with("prevented: it cannot start a thread: ") && !failure.contains('\n'), "{failure}");
    }

    #[test]
    fn a_missing_program_is_named() {
        let failure = Launcher::new("/no/such/program".into(), Limits::default()).run(&request()).expect_err("missing");
        assert!(failure.to_string().contains("/no/such/program cannot be started"), "{failure}");
    }

    #[test]
    fn a_probe_that_is_suspended_is_run_again_and_not_for_ever() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let program = folder.path().join("probe");
        let runs = folder.path().join("runs");
        let stops = "(sleep 0.1; kill -CONT $$) & kill -STOP $$; wait";
        let runs_with = |stops: &str| {
            let _ = std::fs::remove_file(&runs);
            let script = format!("#!/bin/sh\necho run >>'{}'\n{stops}\necho 42\n", runs.display());
            std::fs::write(&program, script).expect("the script is written");
            std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("the script may run");
            let answer = Launcher::new(program.clone(), Limits::default()).run_for::<u32>(&[]);
            (answer, std::fs::read_to_string(&runs).expect("it ran").lines().count())
        };
        assert_eq!(runs_with(""), (Ok(42), 1));
        let once = format!("[ $(wc -l <'{}') -gt 1 ] || {{ {stops}; }}", runs.display());
        assert_eq!(runs_with(&once), (Ok(42), 2));
        assert_eq!(runs_with(stops), (Err(suspended()), TRIES));
    }

    #[test]
    fn a_log_that_cannot_be_written_is_no_probes_fault() {
        let full = File::options().write(true).open("/dev/full");
        let Ok(full) = full else {
            crate::platform::console::complain("skipped: there is no /dev/full");
            return;
        };
        let launcher = Launcher::new("/bin/echo".into(), Limits::default()).logging_to(full);
        let failure = launcher.run_for::<u32>(&["a".to_owned()]).expect_err("that is no number");
        assert!(failure.to_string().contains("its output is not what it should be"), "{failure}");
        assert!(launcher.log_failure().expect("it cannot be written").to_string().contains("No space left"));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_lowest_of_all_limits_on_memory_is_named() {
        let limits = |memory_bytes| Limits { memory_bytes, ..Limits::default() };
        let by = |memory_bytes| match limits(memory_bytes).out_of_memory() {
            Failure::OutOfMemory { limit_bytes, by } => (limit_bytes, by),
            other => panic!("{other}"),
        };
        let (bytes, name) = by(1 << 20);
        assert_eq!(bytes, 1 << 20);
        assert!(name.starts_with("--memory-limit"), "{name}");
        let (bytes, name) = by(u64::MAX);
        assert_eq!(bytes == u64::MAX, name == "--memory-limit", "{name}");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_child_has_the_limit_and_what_it_reserves_does_not_count() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let program = folder.path().join("probe");
        let answer = |script: &str| {
            std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).expect("the script is written");
            std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("the script may run");
            let limits = Limits { memory_bytes: 64 << 20, ..Limits::default() };
            Launcher::new(program.clone(), limits).run_for::<u64>(&[])
        };
        // The limit is set while the shell starts.
        assert_eq!(answer("sleep 0.2; sh -c 'ulimit -d'"), Ok(64 << 10));
        assert_eq!(answer("sleep 0.2; sh -c 'ulimit -Hd'"), Ok(64 << 10));
    }
}
