//! The console: standard output and standard error.
//!
//! A closed pipe (`| head`) or a full disk must not cost a measurement. So nothing here panics, unlike `println!`, and
//! nothing ends the program. Output without a reader is discarded. Any other error is stored, and decides the exit code
//! after the work is done. A command whose results are only printed asks whether there is a reader. All text is escaped
//! for a terminal.

use crate::platform::text::harmless;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use serde::Serialize;
use std::fmt::Display;
use std::fs::File;
use std::io::{self, IsTerminal, PipeReader, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// The state of standard output.
#[derive(Clone, Debug)]
enum State {
    /// It accepts text.
    Open,
    /// Its reader has closed it.
    Closed,
    /// It could not be written to, for this reason.
    Failed(String),
}

static STATE: Mutex<State> = Mutex::new(State::Open);

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Prints text and a line break on standard output. If that fails, the program continues without it.
pub fn print(text: impl Display) {
    print_styled(harmless(&text.to_string()));
}

/// Prints the program's own text, which may contain colours.
pub fn print_styled(text: impl Display) {
    let mut state = state();
    if matches!(*state, State::Open)
        && let Err(error) = write(io::stdout(), format!("{text}\n").as_bytes())
    {
        *state = after(&error);
        // A library that prints would panic otherwise.
        silence(nix::unistd::dup2_stdout);
    }
}

/// Prints text and a line break on standard error. An error is ignored, because it could not be reported.
pub fn complain(text: impl Display) {
    if write(io::stderr(), format!("{}\n", harmless(&text.to_string())).as_bytes()).is_err() {
        silence(nix::unistd::dup2_stderr);
    }
}

/// Prints a reply to another process: one line of JSON.
///
/// # Errors
/// If it cannot be written.
///
/// # Panics
/// If JSON cannot represent the data, which is not the case for any reply.
pub fn reply(value: &impl Serialize) -> io::Result<()> {
    let line = serde_json::to_string(value).expect("a reply is plain data") + "\n";
    Ok(write(io::stdout(), line.as_bytes())?)
}

/// Returns the reason why output could not be shown; `None` if all of it was shown, or its reader closed it.
pub fn trouble() -> Option<String> {
    match &*state() {
        State::Failed(why) => Some(why.clone()),
        State::Open | State::Closed => None,
    }
}

/// Returns whether all output was accepted so far.
pub fn is_open() -> bool {
    matches!(*state(), State::Open)
}

/// Returns whether somebody still reads the output: a pipe is closed by its reader before the next line is printed.
pub fn has_reader() -> bool {
    is_open() && !is_closed(io::stdout().as_fd())
}

/// Returns whether the other end of a pipe, socket or terminal is gone. A file has none.
fn is_closed(output: BorrowedFd<'_>) -> bool {
    let mut output = [PollFd::new(output, PollFlags::empty())];
    let found = poll(&mut output, PollTimeout::ZERO).is_ok_and(|ready| ready > 0);
    found && output[0].revents().is_some_and(|events| events.intersects(PollFlags::POLLERR | PollFlags::POLLHUP))
}

/// Keeps the reason why output could not be shown.
pub fn fail(why: impl Display) {
    let mut state = state();
    if !matches!(*state, State::Failed(_)) {
        *state = State::Failed(why.to_string());
    }
}

fn after(error: &Errno) -> State {
    match error {
        Errno::EPIPE => State::Closed,
        error => State::Failed(format!("standard output: {}", io::Error::from(*error))),
    }
}

/// Writes everything. The standard library's buffer does not report how much was written, and when.
fn write(to: impl AsFd + Write, text: &[u8]) -> Result<(), Errno> {
    let mut to = to;
    // Text that libraries printed comes first; its errors are ignored here.
    let _ = to.flush();
    write_all(to.as_fd(), text)
}

fn write_all(to: BorrowedFd<'_>, mut text: &[u8]) -> Result<(), Errno> {
    while !text.is_empty() {
        match nix::unistd::write(to, text) {
            Ok(0) => return Err(Errno::EIO),
            Ok(written) => text = &text[written..],
            Err(Errno::EINTR) => {}
            // Another program made the shared pipe or terminal non-blocking: wait for it.
            Err(Errno::EAGAIN) => match poll(&mut [PollFd::new(to, PollFlags::POLLOUT)], PollTimeout::NONE) {
                Ok(_) | Err(Errno::EINTR) => {}
                Err(error) => return Err(error),
            },
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Discards all further output.
fn silence(redirect: impl FnOnce(File) -> nix::Result<()>) {
    if let Ok(nowhere) = File::options().write(true).open("/dev/null") {
        let _ = redirect(nowhere);
    }
}

/// Protects a library that prints with `println!` and `eprintln!`, which panic. Its text goes through a pipe to the
/// real output, while that has a reader. Ends when the value is dropped.
#[derive(Debug)]
pub struct Relay {
    output: Option<OwnedFd>,
    errors: Option<OwnedFd>,
    ended: Vec<Receiver<()>>,
}

impl Relay {
    /// Starts the relay. A terminal is not replaced, because libraries adapt to it, and its reader stays.
    ///
    /// # Errors
    /// If the system cannot provide a pipe or a thread.
    pub fn begin() -> io::Result<Self> {
        let own = |of: BorrowedFd<'_>, is_terminal: bool| (!is_terminal).then(|| of.try_clone_to_owned()).transpose();
        let output = own(io::stdout().as_fd(), io::stdout().is_terminal())?;
        let errors = own(io::stderr().as_fd(), io::stderr().is_terminal())?;
        let are_one = matches!((&output, &errors), (Some(output), Some(errors)) if same(output, errors));

        let mut ended = Vec::new();
        if let Some(real) = &output {
            let (reader, writer) = io::pipe()?;
            ended.push(pass_on(reader, real.try_clone()?, true)?);
            nix::unistd::dup2_stdout(&writer)?;
            // The order of text on both stays the same.
            if are_one {
                nix::unistd::dup2_stderr(&writer)?;
            }
        }
        if let Some(real) = errors.as_ref().filter(|_| !are_one) {
            let (reader, writer) = io::pipe()?;
            ended.push(pass_on(reader, real.try_clone()?, false)?);
            nix::unistd::dup2_stderr(writer)?;
        }
        Ok(Self { output, errors, ended })
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        /// An orphaned process may still have a pipe open.
        const PATIENCE: Duration = Duration::from_secs(5);
        let _ = io::stdout().flush();
        if let Some(real) = self.output.take() {
            let _ = nix::unistd::dup2_stdout(real);
        }
        if let Some(real) = self.errors.take() {
            let _ = nix::unistd::dup2_stderr(real);
        }
        self.ended.drain(..).for_each(|ended| _ = ended.recv_timeout(PATIENCE));
    }
}

/// Returns whether two descriptors refer to one pipe or file.
fn same(one: &OwnedFd, other: &OwnedFd) -> bool {
    let identity =
        |of: &OwnedFd| File::from(of.try_clone().ok()?).metadata().ok().map(|about| (about.dev(), about.ino()));
    identity(one).is_some() && identity(one) == identity(other)
}

/// Copies a pipe to its destination on a separate thread, and discards text without a reader. The receiver gets a
/// value at the end of the pipe.
fn pass_on(mut from: PipeReader, to: OwnedFd, is_output: bool) -> io::Result<Receiver<()>> {
    let (done, ended) = mpsc::channel();
    thread::Builder::new().name("relay".to_owned()).spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        let mut is_open = true;
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            if is_open && let Err(error) = write_all(to.as_fd(), &buffer[..read]) {
                is_open = false;
                if is_output {
                    *state() = after(&error);
                }
            }
        }
        let _ = done.send(());
    })?;
    Ok(ended)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd;

    #[test]
    fn a_closed_pipe_is_no_failure_and_a_full_disk_is_one() {
        assert!(matches!(after(&Errno::EPIPE), State::Closed));
        let State::Failed(why) = after(&Errno::ENOSPC) else { panic!("it is a failure") };
        assert!(why.contains("standard output: No space left on device"), "{why}");
    }

    #[test]
    fn a_reader_who_goes_is_noticed_before_anything_is_printed() {
        let (reader, writer) = io::pipe().expect("a pipe");
        assert!(!is_closed(writer.as_fd()));
        drop(reader);
        assert!(is_closed(writer.as_fd()));
        let file = tempfile::tempfile().expect("a file");
        assert!(!is_closed(file.as_fd()), "a file has no reader");
        assert!(!is_closed(File::options().write(true).open("/dev/null").expect("it is there").as_fd()));
    }

    #[test]
    fn a_nonblocking_pipe_gets_everything() {
        let (mut reader, writer) = io::pipe().expect("a pipe");
        let flags = nix::fcntl::OFlag::O_NONBLOCK;
        nix::fcntl::fcntl(&writer, nix::fcntl::FcntlArg::F_SETFL(flags)).expect("it can be set");
        let text = vec![b'x'; 300_000];
        let read = thread::spawn(move || {
            thread::sleep(Duration::from_millis(20));
            let mut read = Vec::new();
            reader.read_to_end(&mut read).map(|_| read)
        });
        write_all(writer.as_fd(), &text).expect("it is written");
        drop(writer);
        assert_eq!(read.join().expect("no panic").expect("it is read"), text);
    }

    #[test]
    fn a_relay_accepts_text_without_a_reader() {
        let (real_reader, real_writer) = io::pipe().expect("a pipe");
        let (reader, mut writer) = io::pipe().expect("a pipe");
        let ended = pass_on(reader, real_writer.into(), false).expect("a thread");
        drop(real_reader);
        writer.write_all(&vec![b'x'; 300_000]).expect("it is taken");
        drop(writer);
        ended.recv_timeout(Duration::from_secs(30)).expect("it ends");
    }
}
