//! Runs code in a fork of this process: the child begins in the same state, identical to the last address.
#![allow(unsafe_code, reason = "the compiler cannot check what is allowed between fork and exit")]

use crate::platform::system;
use nix::libc;
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork};
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::unix::process::CommandExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::sync::OnceLock;

/// The exit code of a child that panicked, as of any Rust program.
const PANICKED: i32 = 101;

/// The signals whose handling this program changes.
const SETTLED: [(Signal, SigHandler); 2] =
    [(Signal::SIGCHLD, SigHandler::SigDfl), (Signal::SIGXFSZ, SigHandler::SigIgn)];

/// The earlier handling of these signals.
static INHERITED: OnceLock<[SigHandler; 2]> = OnceLock::new();

/// Resets inherited signal handling: a shell's `trap '' CHLD`, under which no child can be waited for, and the signal
/// that kills a process whose file grows too large before it can report that.
pub(crate) fn settle_signals() {
    // SAFETY: neither is a handler that runs code.
    let earlier = SETTLED.map(|(number, handler)| unsafe { signal(number, handler) });
    let earlier = earlier.map(|handler| match handler {
        Ok(SigHandler::SigIgn) => SigHandler::SigIgn,
        _ => SigHandler::SigDfl,
    });
    // Later calls would find what the first one set.
    let _ = INHERITED.set(earlier);
}

/// Lets a program start with the signal handling that this program was started with.
pub(crate) fn inherit_signals(command: &mut Command) {
    let Some(inherited) = INHERITED.get() else { return };
    // SAFETY: only functions that are allowed between fork and exec are called, and no handler runs code.
    unsafe {
        command.pre_exec(move || {
            for ((number, _), &handler) in SETTLED.into_iter().zip(inherited) {
                signal(number, handler)?;
            }
            Ok(())
        });
    }
}

/// Runs `run` in a child of this process, which must have no other threads, and returns the result.
///
/// # Errors
/// If the system refuses a child, or the child ends without a result.
pub(crate) fn in_a_child<const N: usize>(run: impl FnOnce() -> [u64; N]) -> io::Result<[u64; N]> {
    let (reader, writer) = io::pipe()?;
    let parent = std::process::id();
    // SAFETY: the copy of a process with one thread may do anything: no lock is held by a thread that it lacks. Callers
    // ensure that there is only one.
    match unsafe { fork() }? {
        ForkResult::Child => {
            drop(reader);
            system::die_with(parent);
            let code = reply(writer, run);
            // SAFETY: it ends the process at once. Exit handlers are the parent's, and run once.
            unsafe { libc::_exit(code) }
        }
        ForkResult::Parent { child } => {
            drop(writer);
            let result = read(reader);
            wait(child)?;
            result
        }
    }
}

/// Runs `run` and sends its result, in the child. Returns the exit code.
///
/// A panic ends here: the frames above are copies of the parent's, and their destructors would remove folders that the
/// parent still uses.
fn reply<const N: usize>(mut writer: PipeWriter, run: impl FnOnce() -> [u64; N]) -> i32 {
    let Ok(numbers) = catch_unwind(AssertUnwindSafe(run)) else { return PANICKED };
    let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_ne_bytes()).collect();
    i32::from(writer.write_all(&bytes).is_err())
}

fn read<const N: usize>(mut reader: PipeReader) -> io::Result<[u64; N]> {
    let mut numbers = [0; N];
    for number in &mut numbers {
        let mut bytes = [0; 8];
        reader.read_exact(&mut bytes)?;
        *number = u64::from_ne_bytes(bytes);
    }
    Ok(numbers)
}

fn wait(child: Pid) -> io::Result<()> {
    waitpid(child, None)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes a byte to a pipe when it is dropped, in whatever process.
    struct Dropped(PipeWriter);

    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.write_all(b"x").expect("it has a reader");
        }
    }

    #[test]
    fn a_child_returns_its_result() {
        assert_eq!(in_a_child(|| [3, u64::MAX]).expect("a result"), [3, u64::MAX]);
    }

    #[test]
    fn a_panic_of_the_child_drops_nothing_of_the_parent() {
        let (mut drops, writer) = io::pipe().expect("a pipe");
        let dropped = Dropped(writer);
        // Unlike `panic!`, this prints nothing: another thread of the tests may have been printing during the fork.
        let failed = in_a_child(|| -> [u64; 1] { std::panic::resume_unwind(Box::new("oops")) });
        assert_eq!(failed.expect_err("there is no result").kind(), io::ErrorKind::UnexpectedEof);
        drop(dropped);
        let mut seen = Vec::new();
        drops.read_to_end(&mut seen).expect("it can be read");
        assert_eq!(seen, b"x", "once, in the parent");
    }
}
