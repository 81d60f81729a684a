//! A process that divides itself: something runs in a child that begins as this process is now, to the last address.
#![allow(unsafe_code, reason = "what a process may do between fork and exit cannot be checked by the compiler")]

use crate::platform::system;
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork, pipe};
use std::fs::File;
use std::io::{self, Read, Write};

/// Undoes what this process may have inherited that would stand in its way: a shell's `trap '' CHLD`, under which no
/// child can be waited for, and the signal that kills a process whose file grows too large before it can say so.
pub fn settle_signals() {
    // SAFETY: neither is a handler that could run.
    unsafe {
        let _ = signal(Signal::SIGCHLD, SigHandler::SigDfl);
        let _ = signal(Signal::SIGXFSZ, SigHandler::SigIgn);
    }
}

/// Runs something in a child of this process, which must have no other threads, and gives what it gave.
///
/// # Errors
/// If there can be no child, or it ended before it gave anything.
pub fn in_a_child<const N: usize>(run: impl FnOnce() -> [u64; N]) -> io::Result<[u64; N]> {
    let (reader, writer) = pipe()?;
    let parent = std::process::id();
    // SAFETY: the child is a whole program if it is the copy of a process with one thread: no lock is held by a thread
    // that it lacks. Callers see to it that there is one.
    match unsafe { fork() }? {
        ForkResult::Child => {
            drop(reader);
            system::die_with(parent);
            let bytes: Vec<u8> = run().iter().flat_map(|number| number.to_ne_bytes()).collect();
            let given = File::from(writer).write_all(&bytes);
            std::process::exit(i32::from(given.is_err()));
        }
        ForkResult::Parent { child } => {
            drop(writer);
            let given = read(File::from(reader));
            wait(child)?;
            given
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
