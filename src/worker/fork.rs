//! Runs code in a fork of this process: the child begins in the same state, identical to the last address.
#![allow(unsafe_code, reason = "the compiler cannot check what is allowed between fork and exit")]

use crate::platform::system;
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork, pipe};
use std::fs::File;
use std::io::{self, Read, Write};

/// Resets inherited signal handling: a shell's `trap '' CHLD`, under which no child can be waited for, and the signal
/// that kills a process whose file grows too large before it can report that.
pub(crate) fn settle_signals() {
    // SAFETY: neither is a handler that runs code.
    unsafe {
        let _ = signal(Signal::SIGCHLD, SigHandler::SigDfl);
        let _ = signal(Signal::SIGXFSZ, SigHandler::SigIgn);
    }
}

/// Runs `run` in a child of this process, which must have no other threads, and returns the result.
///
/// # Errors
/// If the system refuses a child, or the child ends without a result.
pub(crate) fn in_a_child<const N: usize>(run: impl FnOnce() -> [u64; N]) -> io::Result<[u64; N]> {
    let (reader, writer) = pipe()?;
    let parent = std::process::id();
    // SAFETY: the copy of a process with one thread may do anything: no lock is held by a thread that it lacks. Callers
    // ensure that there is only one.
    match unsafe { fork() }? {
        ForkResult::Child => {
            drop(reader);
            system::die_with(parent);
            let bytes: Vec<u8> = run().iter().flat_map(|number| number.to_ne_bytes()).collect();
            let written = File::from(writer).write_all(&bytes);
            std::process::exit(i32::from(written.is_err()));
        }
        ForkResult::Parent { child } => {
            drop(writer);
            let result = read(File::from(reader));
            wait(child)?;
            result
        }
    }
}

fn read<const N: usize>(mut reader: File) -> io::Result<[u64; N]> {
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
