//! The parts that bench targets share: Criterion's arguments, and the beginning and end of a run.

use crate::cli::Environment;
use crate::platform::console;
use crate::platform::console::Relay;
use crate::report::origin;
use criterion::Criterion;
use std::env;
use std::ffi::OsString;
use std::io;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

/// The mode in which Criterion was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Measure.
    Measure,
    /// Run each function once to check that it works: `--test`, or the harness under `cargo test`.
    Test,
    /// Run functions for a profiler: `--profile-time`.
    Profile,
    /// List the functions, or draw from an earlier run; nothing runs.
    Idle,
}

impl Mode {
    /// Returns the mode by the arguments of this process.
    pub(super) fn from_arguments() -> Self {
        let arguments: Vec<OsString> = env::args_os().skip(1).collect();
        let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
        if has("--list") || says("--load-baseline") {
            Self::Idle
        } else if has("--test") || !has("--bench") {
            Self::Test
        } else if says("--profile-time") {
            Self::Profile
        } else {
            Self::Measure
        }
    }
}

/// Runs a target: reads the variables of the environment, and lets Criterion read its flags before it runs. `criterion`
/// makes the target's Criterion, and `run` is the rest.
pub(super) fn main<C>(criterion: impl FnOnce() -> C, run: impl FnOnce(Mode, Environment, C) -> ExitCode) -> ExitCode {
    let mode = Mode::from_arguments();
    let environment = match Environment::read() {
        Ok(environment) => environment,
        Err(code) => return code,
    };
    let criterion = criterion();
    let relay = match relay() {
        Ok(relay) => relay,
        Err(code) => return code,
    };
    let code = run(mode, environment, criterion);
    end(relay, code)
}

/// Returns Criterion with the settings of both targets: this many samples in this time. The user's flags override
/// them.
pub(super) fn criterion(samples: usize, warm_up: Duration, measuring: Duration) -> Criterion {
    Criterion::default()
        .sample_size(samples)
        .warm_up_time(warm_up)
        .measurement_time(measuring)
        // Criterion's 100,000 resamples take as long as the measurement; fewer give the same intervals.
        .nresamples(10_000)
        .configure_from_args()
}

/// Returns the command that repeats the run, ready to be pasted into a shell. `cargo` is its beginning.
pub(super) fn command(cargo: &str) -> String {
    let arguments: Vec<OsString> = env::args_os().skip(1).filter(|argument| argument != "--bench").collect();
    let cargo = if arguments.is_empty() { cargo.to_owned() } else { format!("{cargo} --") };
    origin::command_of_this_process(&cargo, arguments.into_iter())
}

/// Returns whether the user gave this flag.
pub(super) fn says(flag: &str) -> bool {
    env::args_os().any(|argument| argument.to_string_lossy().split('=').next() == Some(flag))
}

/// Returns the number of samples that the user gave.
pub(super) fn sample_size() -> Option<usize> {
    number("--sample-size").map(|samples| samples as usize)
}

/// Returns the measuring time that the user gave.
pub(super) fn measurement_time() -> Option<Duration> {
    number("--measurement-time").and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
}

/// Returns whether the user asked for a quick run.
pub(super) fn is_quick() -> bool {
    says("--quick")
}

/// Returns the number that the user gave with a flag, which Criterion has checked.
fn number(flag: &str) -> Option<f64> {
    let arguments: Vec<String> = env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect();
    let place = arguments.iter().position(|argument| argument.split('=').next() == Some(flag))?;
    let value = arguments[place].split_once('=').map(|(_, value)| value.to_owned());
    value.or_else(|| arguments.get(place + 1).cloned())?.parse().ok()
}

/// Returns the names of the functions that pass Criterion's filter, from Criterion's own list.
///
/// # Errors
/// If this program cannot be started again.
pub(super) fn listed() -> io::Result<Vec<String>> {
    let listed = Command::new(env::current_exe()?)
        .args(env::args_os().skip(1))
        .args(["--list", "--format=terse"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()?;
    let names = String::from_utf8_lossy(&listed.stdout).into_owned();
    Ok(names.lines().filter_map(|line| Some(line.strip_suffix(": benchmark")?.to_owned())).collect())
}

/// Reports an error, and returns the exit code.
pub(super) fn refuse(error: &dyn std::error::Error) -> ExitCode {
    console::complain(format_args!("error: {error}"));
    ExitCode::from(2)
}

/// Lets Criterion print without a panic when the reader has gone away, so that `cargo bench | head` loses no result.
/// Criterion has read its flags and shown its help by then.
///
/// # Errors
/// The exit code, if the system refuses it.
fn relay() -> Result<Relay, ExitCode> {
    Relay::begin().map_err(|error| refuse(&error))
}

/// Ends the run when all output is written: a full disk below standard output is a failure by now.
fn end(relay: Relay, code: ExitCode) -> ExitCode {
    drop(relay);
    match console::trouble() {
        Some(why) if code == ExitCode::SUCCESS => refuse(&std::io::Error::other(format!("cannot write {why}"))),
        _ => code,
    }
}
