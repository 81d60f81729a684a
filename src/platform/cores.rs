//! The cores that this process may run on, and pinning of a child to one of them.
//!
//! A pair whose two samples ran on different cores compares the cores too: their caches, their neighbours and, on a
//! virtual machine, their shares of the host. So both samples of a pair run on one core if the workload has one
//! thread. In a trial of five single-threaded workloads at four levels, ratios then had 0.75 times the spread.

/// One core, by the system's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Core(usize);

/// The number of pairs on a core before the next one. The first sample on another core is slower by up to 7 %. The
/// number is odd, so this sample is equally often untracked and tracked.
pub(crate) const STAY: usize = 5;

/// Returns the core for a pair, by its index in its measurement. `None` on a system that cannot pin a process to a
/// core.
pub(crate) fn for_pair(pair: usize) -> Option<Core> {
    turn(&allowed(), pair)
}

fn turn(cores: &[Core], pair: usize) -> Option<Core> {
    cores.get((pair / STAY).checked_rem(cores.len())?).copied()
}

/// Returns the cores that this process may run on. Empty if the system does not report them.
#[cfg(target_os = "linux")]
pub(crate) fn allowed() -> Vec<Core> {
    use nix::sched::{CpuSet, sched_getaffinity};
    let Ok(set) = sched_getaffinity(nix::unistd::Pid::from_raw(0)) else { return Vec::new() };
    (0..CpuSet::count()).filter(|&core| set.is_set(core).unwrap_or(false)).map(Core).collect()
}

/// Returns the cores that this process may run on. Empty if the system does not report them.
#[cfg(not(target_os = "linux"))]
pub(crate) fn allowed() -> Vec<Core> {
    Vec::new()
}

/// Pins a process and its future threads to one core.
///
/// # Errors
/// If the system refuses, for example because the core was withdrawn.
#[cfg(target_os = "linux")]
pub(crate) fn keep_on(process: u32, Core(core): Core) -> std::io::Result<()> {
    use nix::sched::{CpuSet, sched_setaffinity};
    let mut set = CpuSet::new();
    set.set(core)?;
    let process = i32::try_from(process).map_err(std::io::Error::other)?;
    Ok(sched_setaffinity(nix::unistd::Pid::from_raw(process), &set)?)
}

/// Pins a process and its future threads to one core.
///
/// # Errors
/// None on this system, which does not report cores.
#[cfg(not(target_os = "linux"))]
pub(crate) fn keep_on(_: u32, _: Core) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_stay_on_a_core_and_then_take_the_next_one() {
        let cores = [Core(0), Core(3)];
        let turns: Vec<Option<Core>> = (0..12).map(|pair| turn(&cores, pair)).collect();
        let expected = [0, 0, 0, 0, 0, 3, 3, 3, 3, 3, 0, 0].map(|core| Some(Core(core)));
        assert_eq!(turns, expected);
        assert_eq!(turn(&[], 5), None);
        // Even pairs begin untracked: the first pairs after a change begin in both ways.
        let changes = (1..40).filter(|&pair| turn(&cores, pair) != turn(&cores, pair - 1));
        let (even, odd): (Vec<usize>, Vec<usize>) = changes.partition(|pair| pair.is_multiple_of(2));
        assert!(even.len().abs_diff(odd.len()) <= 1, "{even:?} {odd:?}");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_child_stays_on_the_core() {
        use std::io::Write;
        use std::process::{Command, Stdio};
        let core = *allowed().last().expect("this process runs");
        let mut child = Command::new("sh")
            .args(["-c", "read go; grep Cpus_allowed_list /proc/self/status"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        keep_on(child.id(), core).expect("this core is allowed");
        child.stdin.take().expect("piped").write_all(b"go\n").expect("it reads");
        let printed = child.wait_with_output().expect("it ends").stdout;
        assert_eq!(String::from_utf8_lossy(&printed).trim(), format!("Cpus_allowed_list:\t{}", core.0));
    }
}
