//! `memscope-bench record`: runs a program, and writes a trace of its allocations.

use crate::builds::recorder;
use crate::cli::Error;
use crate::cli::builds::BuildCacheArguments;
use crate::platform::children;
use crate::platform::console;
use crate::platform::files::{self, FileError, folder_of, place_of, prepare_place};
use crate::platform::programs::{find, kind};
use crate::platform::scratch::Scratch;
use crate::platform::signals;
use crate::report::number;
use crate::trace::{Summary, Trace, TraceError};
use crate::worker::{fork, preload};
use clap::Args;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

/// The variable that passes the trace's path to the recorder.
const TRACE: &str = crate::platform::environment::TRACE;

/// The beginning of the name of the folder for a trace that is being written. It has no other temporary folder's name:
/// those are removed as leftovers after an hour, and a program may run for longer.
const RECORDING: &str = ".memscope-recording-";

/// The other way to record a program.
const OTHER_WAY: &str = "add memscope_bench::RecordingAllocator to it, and run it with MEMSCOPE_BENCH_TRACE=FILE";

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The trace to write [default: the program's name with .trace]
    #[arg(long, value_name = "TRACE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    cache: BuildCacheArguments,
    /// The program, dynamically linked and unmodified, with its arguments
    #[arg(last = true, required = true, value_names = ["PROGRAM", "ARGUMENTS"])]
    command: Vec<OsString>,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Error> {
    if !cfg!(target_os = "linux") {
        let why = format!("an unmodified program can be recorded only on Linux: {OTHER_WAY}");
        return Err(Error::Other(why));
    }
    let name = arguments.command.first().map(OsString::as_os_str).unwrap_or_default();
    let program = program(name)?;
    check(&program)?;
    let output = arguments.output(&program)?;
    let library = recorder::library(&arguments.cache.folder())?;
    let (library, _link) = preload::named(&library, arguments.cache.folder().as_path())
        .map_err(|error| Error::Other(format!("the recorder cannot be loaded: {error}")))?;

    console::complain("A trace holds sizes and times of allocations, and no contents of memory.");
    // The program writes a new file, which gets its name when the program has ended: until then, an earlier trace
    // stays. What the program leaves running finds no trace later.
    let folder = Scratch::within(folder_of(&place_of(&output)?), RECORDING).map_err(not_written(&output))?;
    let new = folder.path().join("trace");
    let mut command = Command::new(&program);
    command.args(&arguments.command[1..]).env(preload::VARIABLE, with_others(library)).env(TRACE, &new);
    fork::inherit_signals(&mut command);
    let status = children::run_of_user(&mut command)
        .map_err(|error| Error::Other(format!("{} cannot be started: {error}", program.display())))?;
    let trace = Trace::read(&new).map_err(|error| explained(error, &new, &output, &program, status))?;
    files::put(&new, &output)?;
    report(&output, &trace.summary());
    match ending(status) {
        None => Ok(()),
        Some((code, how)) => Err(Error::Program { code, how: format!("{} {how}", program.display()) }),
    }
}

/// Checks that a library can be loaded into a program, as far as its file shows.
fn check(program: &Path) -> Result<(), Error> {
    let (path, kind) = (program.display(), kind(program));
    let why = if kind.needs_loader == Some(false) {
        format!("{path} is linked statically, so no library can be loaded into it to record it")
    } else if let Some(bits) = kind.bits.filter(|&bits| bits != usize::BITS) {
        format!("{path} is a {bits}-bit program, and the recorder is a {}-bit library", usize::BITS)
    } else {
        return Ok(());
    };
    Err(Error::Other(format!("{why}: {OTHER_WAY}")))
}

/// Returns the libraries to preload: this one, and those that the environment names.
fn with_others(library: PathBuf) -> OsString {
    let mut libraries = library.into_os_string();
    if let Some(others) = std::env::var_os(preload::VARIABLE).filter(|others| !others.is_empty()) {
        libraries.push(":");
        libraries.push(others);
    }
    libraries
}

/// Returns the error of a trace that cannot be written.
fn not_written(output: &Path) -> impl Fn(io::Error) -> FileError {
    move |source| FileError::Write { path: output.to_owned(), source }
}

/// Returns the error for a program that left no trace.
fn explained(error: TraceError, new: &Path, output: &Path, program: &Path, status: ExitStatus) -> Error {
    let path = program.display();
    let ended = ending(status).map(|(_, how)| format!(" ({path} {how})")).unwrap_or_default();
    match error {
        TraceError::File(_) if !new.exists() => Error::Other(format!(
            "{path} wrote no trace{ended}: the system did not load the recorder into it; it may be linked statically, \
             run with other privileges than yours, or use another C library: {OTHER_WAY}"
        )),
        // The recorder opened it, and could not write even the beginning. It cannot say why, so this program tries.
        TraceError::Empty(_) | TraceError::Truncated(_) => {
            let tried = fs::write(new, [0; 4_096]).err();
            let why = tried.unwrap_or_else(|| io::Error::other("the program could not write to it"));
            Error::Other(format!("{}{ended}", not_written(output)(why)))
        }
        error => Error::Other(format!("{error}{ended}")),
    }
}

impl Arguments {
    /// Returns the path of the trace. Only an earlier trace may exist there, to which no program is recorded now.
    fn output(&self, program: &Path) -> Result<PathBuf, Error> {
        let default = || {
            let mut name = program.file_name().unwrap_or(OsStr::new("program")).to_owned();
            name.push(".trace");
            PathBuf::from(name)
        };
        let output = self.output.clone().unwrap_or_else(default);
        let output = std::path::absolute(&output).unwrap_or(output);
        prepare_place(&output)?;
        match Trace::check_kind(&output) {
            Err(error @ (TraceError::Foreign(_) | TraceError::Newer { .. })) => {
                let why = format!("{error}: name another file after --output");
                Err(Error::Other(why))
            }
            Err(TraceError::File(error)) if output.exists() => Err(error.into()),
            _ if is_in_use(&output) => {
                let why = "another program is being recorded to it: name another file after --output";
                Err(Error::Other(format!("{}: {why}", output.display())))
            }
            _ => Ok(output),
        }
    }
}

/// Returns whether a program is being recorded to a file: its recorder holds a lock.
fn is_in_use(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

/// Returns the path of a program by its name, as a shell finds it.
fn program(name: &OsStr) -> Result<PathBuf, Error> {
    let path = Path::new(name);
    let found = if path.components().count() > 1 {
        path.is_file().then(|| path.to_owned())
    } else {
        find(&name.to_string_lossy(), &std::env::var_os("PATH").unwrap_or_default())
    };
    found.ok_or_else(|| Error::Other(format!("cannot find the program {}: name one after `--`", path.display())))
}

/// Returns the exit code to pass on, and its description; `None` for success.
fn ending(status: ExitStatus) -> Option<(u8, String)> {
    if status.success() {
        return None;
    }
    let signal = status.signal();
    Some(match (status.code(), signal) {
        (Some(code), _) => (code as u8, format!("ended with exit code {code}")),
        // The same code as in shells.
        (None, Some(signal)) => {
            let name = signals::name(signal).unwrap_or("unknown");
            ((128 + signal) as u8, format!("was killed by signal {signal} ({name})"))
        }
        (None, None) => (2, "ended in an unknown way".to_owned()),
    })
}

/// Prints the figures of a trace on stderr, because stdout is the program's.
fn report(path: &Path, seen: &Summary) {
    let operations = seen.operations;
    let bytes = fs::metadata(path).map_or(0, |about| about.len());
    console::complain(format_args!(
        "Recorded {} operations ({} allocations, {} of zeros, {} reallocations, {} frees) of {} on {}.",
        number::grouped(operations.all()),
        number::grouped(operations.allocate),
        number::grouped(operations.zeroed),
        number::grouped(operations.reallocate),
        number::grouped(operations.free),
        number::bytes(seen.bytes as f64),
        number::counted(seen.threads as usize, "thread"),
    ));
    console::complain(format_args!(
        "Peak live: {} in {} blocks; {} blocks were live at the end. The program's own work in between took {}.",
        number::bytes(seen.peak_live_bytes as f64),
        number::grouped(seen.peak_live_blocks),
        number::grouped(seen.live_blocks),
        number::time(seen.work_ns as f64),
    ));
    if seen.unknown_frees > 0 {
        console::complain(format_args!(
            "{} frees were of blocks whose allocation was not recorded, and are left out.",
            number::grouped(seen.unknown_frees)
        ));
    }
    if seen.ended_early {
        console::complain(
            "The trace ended early: the program crashed, was killed, or replaced itself by another one, or the trace \
             could not be written any further, for example because the disk is full.",
        );
    }
    if operations.all() == 0 && seen.ended_early {
        console::complain("Warning: nothing was recorded: a crash or a signal loses the last 16 KiB of each thread.");
    } else if operations.all() == 0 {
        console::complain(format_args!(
            "Warning: nothing was recorded. To record a program with its own allocator, {OTHER_WAY}."
        ));
    }
    console::complain(format_args!("Wrote {} ({})", path.display(), number::bytes(bytes as f64)));
}
