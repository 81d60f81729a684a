//! The tree of processes: those that a process started, and those that they started.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Ends a process and everything below it, as far as it is known: cargo passes no signal on to its compilers. A process
/// group would work too, but signals from the terminal, such as Ctrl-Z, would not reach it.
pub(super) fn end(process: u32) {
    let Ok(process) = i32::try_from(process) else { return };
    // One that is gone already is no failure.
    let send = |process: i32, signal: Signal| _ = kill(Pid::from_raw(process), signal);
    let mut tree = vec![process];
    let mut known = 0;
    while let Some(&process) = tree.get(known) {
        // While it is stopped, it starts nothing more.
        send(process, Signal::SIGSTOP);
        tree.extend(children(process));
        known += 1;
    }
    for signal in [Signal::SIGTERM, Signal::SIGCONT] {
        tree.iter().for_each(|&process| send(process, signal));
    }
}

/// Returns the processes that a process started and that still exist; none if unknown.
fn children(process: i32) -> Vec<i32> {
    #[cfg(target_os = "linux")]
    {
        let all = procfs::process::all_processes().into_iter().flatten().flatten();
        let known = all.filter_map(|one| one.stat().ok());
        known.filter(|stat| stat.ppid == process).map(|stat| stat.pid).collect()
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = process;
        Vec::new()
    }
}
