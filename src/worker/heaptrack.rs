//! A probe under heaptrack. heaptrack's library is preloaded into the untracked program. It writes each event with
//! its backtrace to a pipe, which heaptrack's interpreter reads.
//!
//! The `heaptrack` script does the same, with compressed data. But the script would be a process between this one and
//! the probe: a probe that hangs could not be killed, and would not end with its parent.
//!
//! The time is the window's own, as for every probe. heaptrack records the whole process, so its summary counts too
//! much. But it has the backtrace of each event, and backtraces of the window contain the function that times it. On
//! the other threads of a parallel workload nothing distinguishes events of the window, so the number of recorded
//! events is unknown.

use crate::platform::programs::find;
use crate::platform::scratch::Scratch;
use crate::worker::failure::Failure;
use crate::worker::launcher::Launcher;
use crate::worker::preload;
use crate::worker::probe::{Observation, Request, TIMED};
use crate::worker::reply::Reply;
use crate::worker::task::Task;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Folders of heaptrack's parts in distributions, relative to the folder of its programs.
const LIBRARIES: [&str; 3] = ["../lib/heaptrack", "../lib64/heaptrack", "../libexec/heaptrack"];

/// Variable with the path that the preloaded library writes to.
const DATA: &str = "DUMP_HEAPTRACK_OUTPUT";

/// The parts of heaptrack.
struct Parts {
    /// Library to preload.
    library: PathBuf,
    /// Program that resolves addresses to functions and lines.
    interpreter: PathBuf,
    /// Program that prints the data.
    printer: Option<PathBuf>,
}

impl Parts {
    /// Finds heaptrack in this process's `PATH`.
    ///
    /// # Errors
    /// If it is not installed, or incomplete.
    fn find() -> Result<Self, Failure> {
        let unsupported = |why: &str| Failure::Unsupported { why: why.to_owned() };
        let path = std::env::var_os("PATH").unwrap_or_default();
        let script = find("heaptrack", &path).ok_or_else(|| unsupported("heaptrack is not installed"))?;
        let script = script.canonicalize().unwrap_or(script);
        let near = |name: &str| {
            let folders = LIBRARIES.iter().map(|folder| script.with_file_name(folder).join(name));
            folders.filter_map(|file| file.canonicalize().ok()).next()
        };
        let printer = Some(script.with_file_name("heaptrack_print")).filter(|printer| printer.is_file());
        match (near("libheaptrack_preload.so"), near("libexec/heaptrack_interpret")) {
            (Some(library), Some(interpreter)) => Ok(Self { library, interpreter, printer }),
            _ => Err(unsupported(&format!("the parts of {} are not in their usual places", script.display()))),
        }
    }
}

/// Runs one probe under heaptrack to its end.
///
/// # Errors
/// The failure of the probe, including a missing heaptrack.
pub(crate) fn run(launcher: &Launcher, request: &Request) -> Result<Reply<Observation>, Failure> {
    let parts = Parts::find()?;
    let prevented = |error: io::Error| Failure::Prevented { why: format!("heaptrack cannot be set up: {error}") };
    let folder = Scratch::new().map_err(prevented)?;
    let [pipe, data] = ["pipe", "data"].map(|name| folder.path().join(name));
    mkfifo(&pipe, Mode::S_IRWXU).map_err(|error| prevented(error.into()))?;
    let (library, _link) = preload::named(&parts.library, launcher.folder()).map_err(prevented)?;
    // The pipe is opened for writing too, so that it can be opened for reading before the probe writes; it is closed
    // when the probe is done.
    let held = File::options().read(true).write(true).open(&pipe).map_err(prevented)?;
    let mut interpreter = Command::new(&parts.interpreter)
        .stdin(File::open(&pipe).map_err(prevented)?)
        .stdout(File::create(&data).map_err(prevented)?)
        .stderr(Stdio::null())
        .spawn()
        .map_err(prevented)?;

    let preloaded = |command: &mut Command| {
        command.env(preload::VARIABLE, &library).env(DATA, &pipe);
    };
    let ended = launcher.run_with(preloaded, &Task::from(*request));
    drop(held);
    interpreter.wait().map_err(prevented)?;

    let mut reply: Reply<Observation> = launcher.judge(ended?)?;
    let is_known = request.count && !request.workload.is_parallel();
    // heaptrack looks functions up in the file at the program's path.
    if let Some(printer) = parts.printer.filter(|_| is_known && launcher.program.is_at_its_path()) {
        reply.content.recorded.allocations = recorded(&printer, &data, folder.path());
    }
    Ok(reply)
}

/// Returns the number of the window's allocations in the data; `None` if it is unknown.
fn recorded(printer: &Path, data: &Path, folder: &Path) -> Option<u64> {
    let stacks = folder.join("stacks");
    let printed = Command::new(printer)
        .args(["--print-peaks=0", "--print-allocators=0", "--print-temporary=0", "--flamegraph-cost-type=allocations"])
        .arg("--print-flamegraph")
        .arg(&stacks)
        .arg(data)
        .stdin(Stdio::null())
        .output();
    printed.ok().filter(|printed| printed.status.success())?;
    of_window(&fs::read_to_string(stacks).ok()?)
}

/// Returns the sum of the counts of the window's stacks. A line has the functions of a stack, and its count.
fn of_window(stacks: &str) -> Option<u64> {
    let of_window = stacks.lines().filter(|line| line.contains(TIMED));
    let counts: Option<Vec<u64>> = of_window.map(|line| line.rsplit_once(' ')?.1.parse().ok()).collect();
    // No allocation at all indicates a program without symbols rather than a workload without allocations.
    counts.map(|counts| counts.iter().sum()).filter(|&count| count > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stacks_of_the_window_are_counted() {
        let inside = format!("main;{TIMED}::h01;alloc::vec");
        assert_eq!(of_window(&format!("main;run 7\n{inside} 40\n{inside};grow 2\n")), Some(42));
        assert_eq!(of_window(&format!("main;{TIMED} (probe.rs);grow 5\n")), Some(5), "from debugging information");
        assert_eq!(of_window("main;run 7\n"), None);
        assert_eq!(of_window(&format!("{inside} many\n")), None);
    }
}
