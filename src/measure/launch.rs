//! Starting a probe, limiting it, and turning every way in which it can end into an outcome.

use super::heaptrack;
use crate::probe::{self, Observation, Request};
use crate::results::Failure;
use crate::tracking::Reference;
use crate::tracking::references::{Host, JEMALLOC_OPTIONS};
use process_control::{ChildExt, Control, ExitStatus, Output};
use serde::de::DeserializeOwned;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How long a probe may run, and how much memory it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From its start to its end.
    pub time: Duration,
    /// Its address space, in bytes, where the system can limit it.
    pub memory_bytes: u64,
}

impl Default for Limits {
    /// A minute and 8 GiB: far above what a probe of any published memscope needs that ends at all.
    fn default() -> Self {
        Self { time: Duration::from_secs(60), memory_bytes: 8 << 30 }
    }
}

/// A program of this package that was not built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} is not there: build it with `cargo build --release{}`", .program.display(), if *.is_reference { " --features references" } else { "" })]
pub struct MissingProgram {
    program: PathBuf,
    is_reference: bool,
}

/// Starts probes.
#[derive(Clone, Debug)]
pub struct Launcher {
    pub(super) program: PathBuf,
    pub(super) limits: Limits,
    log: Option<Arc<Mutex<File>>>,
}

impl Launcher {
    /// A launcher of the given `memscope-bench` program.
    pub fn new(program: PathBuf, limits: Limits) -> Self {
        Self { program, limits, log: None }
    }

    /// The folder of the program.
    pub fn folder(&self) -> &Path {
        self.program.parent().unwrap_or(Path::new("."))
    }

    /// A launcher, under the same limits, of another program in the same folder.
    ///
    /// # Errors
    /// If there is no such program.
    pub fn beside(&self, name: &str) -> Result<Self, MissingProgram> {
        let program = self.program.with_file_name(name);
        if program.is_file() {
            return Ok(Self { program, ..self.clone() });
        }
        let is_reference = Reference::ALL
            .iter()
            .any(|reference| matches!(reference.host(), Host::Program(reference) if reference == name));
        Err(MissingProgram { program, is_reference })
    }

    /// Writes the command of each probe to this file when the probe starts, a line each.
    pub fn logging_to(self, file: File) -> Self {
        Self { log: Some(Arc::new(Mutex::new(file))), ..self }
    }

    /// The arguments that make the program run this probe.
    pub fn arguments(request: &Request) -> Vec<String> {
        let Request { workload, tracking, scale, threads, count } = request;
        let mut arguments = vec![
            "probe".to_owned(),
            format!("--workload={workload}"),
            format!("--tracking={tracking}"),
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
        let Some(reference) = request.tracking.reference() else {
            return format!("cargo run --release -- {arguments}");
        };
        let options = reference.jemalloc_options().map(|options| format!("{JEMALLOC_OPTIONS}={options} "));
        let program = match reference.host() {
            Host::Heaptrack => return format!("heaptrack target/release/memscope-bench {arguments}"),
            Host::Switch => String::new(),
            Host::Program(name) => format!("--bin {name} "),
        };
        format!("{}cargo run --release --features references {program}-- {arguments}", options.unwrap_or_default())
    }

    /// Runs one probe to its end, in the program that its level has.
    ///
    /// # Errors
    /// The way in which it failed. A program that cannot be started is a crash of it.
    pub fn run(&self, request: &Request) -> Result<Observation, Failure> {
        match request.tracking.reference().map(|reference| (reference, reference.host())) {
            None | Some((_, Host::Switch)) => self.run_for(&Self::arguments(request)),
            Some((reference, Host::Program(name))) => self.run_another(name, reference, request),
            Some((_, Host::Heaptrack)) => heaptrack::run(self, request),
        }
    }

    /// Runs a probe in another program of the same folder.
    fn run_another(&self, name: &str, reference: Reference, request: &Request) -> Result<Observation, Failure> {
        let unsupported = |missing: MissingProgram| Failure::Unsupported { why: missing.to_string() };
        let mut command = Command::new(self.beside(name).map_err(unsupported)?.program);
        // Nobody else's options: what a level is must not depend on the environment.
        match reference.jemalloc_options() {
            Some(options) => command.env(JEMALLOC_OPTIONS, options),
            None => command.env_remove(JEMALLOC_OPTIONS),
        };
        let output = self.run_by(command, &Self::arguments(request), self.limits.time)?;
        self.judge(&output, &String::from_utf8_lossy(&output.stderr))
    }

    /// Runs a command of the program to its end, and gives what it printed as JSON.
    ///
    /// # Errors
    /// The way in which it failed.
    pub fn run_for<T: DeserializeOwned>(&self, arguments: &[String]) -> Result<T, Failure> {
        let output = self.run_by(Command::new(&self.program), arguments, self.limits.time)?;
        self.judge(&output, &String::from_utf8_lossy(&output.stderr))
    }

    /// Runs a command that lacks its arguments, of the program or of a tool that runs it, to its end.
    pub(super) fn run_by(&self, mut command: Command, arguments: &[String], time: Duration) -> Result<Output, Failure> {
        let crashed = |how: String| Failure::Crashed { how };
        self.note(arguments).map_err(|error| crashed(format!("the log cannot be written: {error}")))?;
        let child = tied(&mut command, arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| not_started(&command, &error))?;
        let control = child.controlled_with_output().terminate_for_timeout().time_limit(time);
        match self.with_memory_limit(control).wait() {
            Ok(Some(output)) => Ok(output),
            Ok(None) => Err(Failure::TimedOut { seconds: time.as_secs() }),
            Err(error) => Err(crashed(format!("it cannot be waited for: {error}"))),
        }
    }

    /// Runs another command of the program to its end, under the same limits, with this process's output as its own.
    ///
    /// # Errors
    /// The way in which it failed.
    pub fn run_beside(&self, arguments: &[String]) -> Result<(), Failure> {
        let crashed = |how: String| Failure::Crashed { how };
        let mut command = Command::new(&self.program);
        let mut child = tied(&mut command, arguments).spawn().map_err(|error| not_started(&command, &error))?;
        let control = child.controlled().terminate_for_timeout().time_limit(self.limits.time);
        match self.with_memory_limit(control).wait() {
            Ok(Some(status)) if status.success() => Ok(()),
            Ok(Some(status)) => Err(crashed(ending(status))),
            Ok(None) => Err(Failure::TimedOut { seconds: self.limits.time.as_secs() }),
            Err(error) => Err(crashed(format!("it cannot be waited for: {error}"))),
        }
    }

    #[cfg(any(target_os = "linux", target_os = "windows"))]
    fn with_memory_limit<C: Control>(&self, control: C) -> C {
        control.memory_limit(usize::try_from(self.limits.memory_bytes).unwrap_or(usize::MAX))
    }

    #[cfg(not(any(target_os = "linux", target_os = "windows")))]
    fn with_memory_limit<C: Control>(&self, control: C) -> C {
        control
    }

    fn note(&self, arguments: &[String]) -> io::Result<()> {
        let Some(log) = &self.log else { return Ok(()) };
        let mut log = log.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        writeln!(log, "{}", arguments.join(" "))
    }

    /// Makes what was to be printed or a failure of what a probe left behind. `said` is its own part of the standard error.
    pub(super) fn judge<T: DeserializeOwned>(&self, output: &Output, said: &str) -> Result<T, Failure> {
        if output.status.success() {
            // The last line: some versions of memscope say on the same stream what they are doing.
            return serde_json::from_str(last_words(&String::from_utf8_lossy(&output.stdout)))
                .map_err(|error| Failure::Crashed { how: format!("its output is not what it should be: {error}") });
        }
        // What Rust's default handler for a failed allocation says before it aborts.
        if said.contains("memory allocation of ") && said.contains(" bytes failed") {
            return Err(Failure::OutOfMemory { limit_bytes: self.limits.memory_bytes });
        }
        let last_words = last_words(said);
        if output.status.code() == Some(i64::from(probe::UNSUPPORTED)) {
            let why = last_words.strip_prefix("error: ").unwrap_or(last_words).to_owned();
            return Err(Failure::Unsupported { why });
        }
        let ending = ending(output.status);
        let how = if last_words.is_empty() { ending } else { format!("{ending}: {last_words}") };
        Err(Failure::Crashed { how })
    }
}

/// The last line that says something.
fn last_words(said: &str) -> &str {
    said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default().trim()
}

/// Gives a command its arguments, and ties it to this process.
fn tied<'c>(command: &'c mut Command, arguments: &[String]) -> &'c mut Command {
    // Of fixed width: the length of the arguments moves what lies on the stack.
    command.args(arguments).arg(format!("--parent={:010}", std::process::id())).stdin(Stdio::null())
}

fn not_started(command: &Command, error: &io::Error) -> Failure {
    Failure::Crashed { how: format!("{} cannot be started: {error}", command.get_program().display()) }
}

/// The name of the signal that ended a process, or its exit code.
fn ending(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = status.signal() {
        let known = nix::sys::signal::Signal::try_from(signal).ok();
        return known.map_or_else(|| format!("signal {signal}"), |signal| signal.as_str().to_owned());
    }
    status.code().map_or_else(|| "no exit code".to_owned(), |code| format!("exit code {code}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracking::Tracking;
    use crate::workloads::{Scale, Workload};
    use std::os::unix::fs::PermissionsExt;

    fn request() -> Request {
        let scale = Scale::new(0.001).expect("positive");
        Request { workload: Workload::Cycles, tracking: Tracking::Full, scale, threads: 1, count: false }
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
        assert_eq!(
            end_of("echo 'memory allocation of 64 bytes failed' >&2; kill -ABRT $$", limits),
            Failure::OutOfMemory { limit_bytes: limits.memory_bytes }
        );
        assert_eq!(
            end_of("echo 'error: it lacks a thing' >&2; exit 69", limits),
            Failure::Unsupported { why: "it lacks a thing".to_owned() }
        );
        assert!(end_of("echo '{}'", limits).to_string().contains("not what it should be"));
        let second = Limits { time: Duration::from_secs(1), ..limits };
        assert_eq!(end_of("exec sleep 60", second), Failure::TimedOut { seconds: 1 });
    }

    #[test]
    fn a_missing_program_is_named() {
        let failure = Launcher::new("/no/such/program".into(), Limits::default()).run(&request()).expect_err("missing");
        assert!(failure.to_string().contains("/no/such/program"), "{failure}");
    }
}
