//! A probe under heaptrack: its library is preloaded into the untracked program, and writes each event with its
//! backtrace into a pipe, which heaptrack's interpreter empties meanwhile.
//!
//! This is what the `heaptrack` script does, but that the data is not compressed. The script itself would stand between
//! this process and the probe: a probe that hangs could not be ended, nor would it end with its parent.
//!
//! What is told is the window's own time, as of every probe. heaptrack sees the whole process, so that its summary
//! counts too much; but it has the backtrace of each event, and an event of the window has the function in its own
//! that times the window. On the other threads of a parallel workload nothing tells them apart, and what was recorded
//! there is unknown.

use crate::platform::programs::find;
use crate::worker::failure::Failure;
use crate::worker::launcher::Launcher;
use crate::worker::launcher::Reply;
use crate::worker::preload;
use crate::worker::probe::{Observation, Request, TIMED};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where the parts of heaptrack are, seen from the folder of its programs: as distributions have it.
const LIBRARIES: [&str; 3] = ["../lib/heaptrack", "../lib64/heaptrack", "../libexec/heaptrack"];

/// The variable in which the preloaded library looks for what to write to.
const DATA: &str = "DUMP_HEAPTRACK_OUTPUT";

/// The parts of heaptrack.
struct Parts {
    /// What is preloaded.
    library: PathBuf,
    /// What makes of addresses functions and lines.
    interpreter: PathBuf,
    /// What tells of the data.
    printer: Option<PathBuf>,
}

impl Parts {
    /// The parts of the heaptrack that this process's `PATH` has.
    ///
    /// # Errors
    /// If there is none, or not all of it.
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
            _ => Err(unsupported(&format!("the parts of {} are not where they should be", script.display()))),
        }
    }
}

/// Runs one probe under heaptrack to its end.
///
/// # Errors
/// The way in which it failed; that heaptrack is not installed is one.
pub(crate) fn run(launcher: &Launcher, request: &Request) -> Result<Reply<Observation>, Failure> {
    let parts = Parts::find()?;
    let prevented = |error: io::Error| Failure::Prevented { why: format!("heaptrack cannot be set up: {error}") };
    let folder = tempfile::tempdir().map_err(prevented)?;
    let [pipe, data] = ["pipe", "data"].map(|name| folder.path().join(name));
    mkfifo(&pipe, Mode::S_IRWXU).map_err(|error| prevented(error.into()))?;
    let (library, _link) = preload::named(&parts.library, launcher.folder()).map_err(prevented)?;
    // Open for writing here, the pipe can be opened for reading before the probe writes, and ends when the probe is
    // done.
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
    let ended = launcher.run_with(preloaded, &Launcher::arguments(request));
    drop(held);
    interpreter.wait().map_err(prevented)?;

    let mut reply: Reply<Observation> = launcher.judge(ended?)?;
    let is_told = request.count && !request.workload.is_parallel();
    // The functions are looked up in what is at the program's path.
    if let Some(printer) = parts.printer.filter(|_| is_told && launcher.program.is_at_its_path()) {
        reply.content.recorded.allocations = recorded(&printer, &data, folder.path());
    }
    Ok(reply)
}

/// How many allocations the data has from the window; `None` if it cannot be told.
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

/// The sum of the counts of those stacks in which the window is: a line has the functions of a stack, and its count.
fn of_window(stacks: &str) -> Option<u64> {
    let of_window = stacks.lines().filter(|line| line.contains(TIMED));
    let counts: Option<Vec<u64>> = of_window.map(|line| line.rsplit_once(' ')?.1.parse().ok()).collect();
    // That the window has none is rather a program without symbols than a workload without allocations.
    counts.map(|counts| counts.iter().sum()).filter(|&count| count > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stacks_of_the_window_are_counted() {
        let inside = format!("main;{TIMED}::h01;alloc::vec");
        assert_eq!(of_window(&format!("main;run 7\n{inside} 40\n{inside};grow 2\n")), Some(42));
        assert_eq!(of_window("main;run 7\n"), None);
        assert_eq!(of_window(&format!("{inside} many\n")), None);
    }
}
