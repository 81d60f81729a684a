//! What the bench targets share: how Criterion was called, and where results are kept.

use criterion::Criterion;
use memscope_bench::internal::platform::console;
use memscope_bench::internal::platform::console::Relay;
use memscope_bench::internal::platform::files;
use memscope_bench::internal::platform::files::FileError;
use memscope_bench::internal::report::origin;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// What Criterion was asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Measure; with other arguments than Cargo's own, perhaps only some of the functions.
    Measure { filtered: bool },
    /// Run each function once to see that it works: `--test`, or the harness as `cargo test` runs it.
    Test,
    /// Run functions for a profiler: `--profile-time`.
    Profile,
    /// Name the functions, or draw from an earlier run; nothing runs.
    Idle,
}

impl Mode {
    pub fn from_arguments() -> Self {
        let arguments: Vec<OsString> = env::args_os().skip(1).collect();
        let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
        if has("--list") || has("--load-baseline") {
            Self::Idle
        } else if has("--test") || !has("--bench") {
            Self::Test
        } else if says("--profile-time") {
            Self::Profile
        } else {
            Self::Measure { filtered: arguments.len() > 1 }
        }
    }
}

/// Criterion as both targets set it up, with so many samples in so long; the user's flags are heard last.
pub fn criterion(samples: usize, warm_up: Duration, measuring: Duration) -> Criterion {
    Criterion::default()
        .sample_size(samples)
        .warm_up_time(warm_up)
        .measurement_time(measuring)
        // Criterion's 100,000 resamples take as long as the measurement; its intervals are the same with fewer.
        .nresamples(10_000)
        .configure_from_args()
}

/// Sees that the results can be kept. Whoever names no filter wants that: better to know now than after minutes that
/// they cannot be.
pub fn check_results_folder(mode: Mode) -> Result<(), FileError> {
    if mode == (Mode::Measure { filtered: false }) { files::prepare_folder(&results_folder()) } else { Ok(()) }
}

/// The command that repeats the run, ready to be pasted into a shell; `cargo` is what begins it.
pub fn command(cargo: &str) -> String {
    let arguments: Vec<OsString> = env::args_os().skip(1).filter(|argument| argument != "--bench").collect();
    let cargo = if arguments.is_empty() { cargo.to_owned() } else { format!("{cargo} --") };
    origin::command_of_this_process(&cargo, arguments.into_iter())
}

/// Returns whether the user gave this flag.
pub fn says(flag: &str) -> bool {
    env::args_os().any(|argument| argument.to_string_lossy().split('=').next() == Some(flag))
}

/// Where a complete run's results are kept: beside the package that Cargo is benching.
pub fn results_folder() -> PathBuf {
    let package = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&package).join("results")
}

pub fn refuse(error: &dyn std::error::Error) -> ExitCode {
    console::complain(format_args!("error: {error}"));
    ExitCode::from(2)
}

/// Lets Criterion print without a panic where nobody reads any more: by `cargo bench | head` no result is lost.
/// Criterion has read its flags by then, and shown its help.
///
/// # Errors
/// The exit code, if the system refuses it.
pub fn relay() -> Result<Relay, ExitCode> {
    Relay::begin().map_err(|error| refuse(&error))
}

/// Ends the run when all that was printed is out: a full disk below standard output is a failure by now.
pub fn end(relay: Relay, code: ExitCode) -> ExitCode {
    drop(relay);
    match console::trouble() {
        Some(why) if code == ExitCode::SUCCESS => refuse(&std::io::Error::other(format!("cannot write {why}"))),
        _ => code,
    }
}
