//! Children that end with this process, also when a signal reaches only this process, as from `kill`.
//!
//! Killed at once (SIGKILL), this process ends no child. Cargo then ends when it writes its next message.
//!
//! A program of the user's is different: signals are for it, and this process waits for its end.

use crate::platform::{interrupt, limits, signals, tree};
use rustix::io::Errno;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use signal_hook::{consts::SIGQUIT, flag};
use std::io;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::Arc;

/// A child process. When this value is dropped, the child and all its descendants end, because nothing would wait for
/// them after an error.
#[derive(Debug)]
pub(crate) struct Running {
    /// The child.
    pub(crate) child: Child,
    _entry: Entry,
}

/// The number of a child among those that end with this process.
#[derive(Debug)]
struct Entry(u32);

impl Running {
    /// Starts a child.
    ///
    /// # Errors
    /// If it cannot be started.
    pub(crate) fn start(command: &mut Command) -> io::Result<Self> {
        let (child, entry) = start(command)?;
        Ok(Self { child, _entry: entry })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            tree::end(self.child.id());
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        interrupt::held().children.retain(|&child| child != self.0);
    }
}

/// Runs a command to its end, and returns what it printed on standard output, and on standard error if that is piped.
///
/// # Errors
/// If it cannot be started.
pub(crate) fn output(command: &mut Command) -> io::Result<Output> {
    let (child, _entry) = start(command.stdout(Stdio::piped()))?;
    child.wait_with_output()
}

/// Runs a program of the user's to its end. Meanwhile no signal but SIGKILL ends this process: SIGHUP and SIGTERM are
/// passed on, and the terminal itself sends SIGINT and SIGQUIT to the program too.
///
/// # Errors
/// If it cannot be started or waited for.
pub(crate) fn run_of_user(command: &mut Command) -> io::Result<ExitStatus> {
    let mut held = interrupt::held();
    if !signals::is_ignored(SIGQUIT) {
        // A handler, because the program would inherit that a signal is ignored.
        flag::register(SIGQUIT, Arc::default())?;
    }
    let mut child = command.spawn()?;
    held.program = Some(child.id());
    drop(held);
    wait_for_end(&child);
    interrupt::held().program = None;
    child.wait()
}

/// Waits for a child's end, without collecting its status: until then nobody else can get its number.
fn wait_for_end(child: &Child) {
    let Some(child) = Pid::from_raw(child.id() as i32) else { return };
    let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while matches!(waitid(WaitId::Pid(child), ended), Err(Errno::INTR)) {}
}

fn start(command: &mut Command) -> io::Result<(Child, Entry)> {
    // Under the lock: a signal ends the child too, or comes before it.
    let mut held = interrupt::held();
    let child = command.spawn().map_err(limits::explained)?;
    let entry = Entry(child.id());
    held.children.push(child.id());
    Ok((child, entry))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_descendants_of_a_child_end_with_it() {
        use procfs::process::Process;
        use std::io::{BufRead, BufReader};
        use std::time::{Duration, Instant};
        let mut running = Running::start(&mut sh("sh -c 'sleep 60 & echo $!; wait'; :")).expect("there is a shell");
        let child = running.child.id();
        assert!(interrupt::held().children.contains(&child));
        let mut line = String::new();
        let printed = running.child.stdout.take().expect("it is piped");
        BufReader::new(printed).read_line(&mut line).expect("it can be read");
        let below: i32 = line.trim().parse().expect("a number");
        drop(running);
        assert!(!interrupt::held().children.contains(&child));
        // If no process waits for it, it remains as a zombie.
        let is_running = || Process::new(below).and_then(|process| process.stat()).is_ok_and(|stat| stat.state != 'Z');
        let began = Instant::now();
        while is_running() {
            assert!(began.elapsed() < Duration::from_secs(20), "it still runs");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn both_streams_are_returned_and_the_child_is_forgotten() {
        let ended = output(&mut sh("echo out; echo err >&2; exit 3")).expect("there is a shell");
        assert_eq!((ended.stdout.as_slice(), ended.stderr.as_slice()), (&b"out\n"[..], &b"err\n"[..]));
        assert_eq!(ended.status.code(), Some(3));
        assert!(output(&mut Command::new("/no/such/program")).is_err());
    }
}
