//! The system's accounting of a whole child process, from its start to its end.

use crate::platform::system::{KernelWork, duration};
use nix::sys::resource::{UsageWho, getrusage};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The work of a process, over all its threads and its collected children.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// CPU time.
    pub cpu: Duration,
    /// The kernel's part of it.
    pub kernel: KernelWork,
}

/// Runs `wait`, which collects the status of one child, and returns the child's usage; `None` if it is unknown.
///
/// The system adds a child's usage to the total of all children when its status is collected. So the difference is the
/// child's, if no other child is collected meanwhile.
pub(crate) fn of_child<R>(wait: impl FnOnce() -> R) -> (R, Option<Usage>) {
    static COLLECTING: Mutex<()> = Mutex::new(());
    let _alone = COLLECTING.lock().unwrap_or_else(PoisonError::into_inner);
    let before = of_children();
    let result = wait();
    let usage = of_children().zip(before).map(|(after, before)| Usage {
        cpu: after.cpu.saturating_sub(before.cpu),
        kernel: after.kernel.since(before.kernel),
    });
    (result, usage)
}

/// Returns the usage of all children whose status was collected.
fn of_children() -> Option<Usage> {
    let times = getrusage(UsageWho::RUSAGE_CHILDREN).ok()?;
    let kernel = KernelWork::of(&times)?;
    Some(Usage { cpu: duration(times.user_time())? + kernel.time, kernel })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn the_usage_of_a_child_is_measured_separately() {
        let mut child = Command::new("sh").args(["-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"]).spawn();
        let child = child.as_mut().expect("there is a shell");
        let (status, usage) = of_child(|| child.wait());
        let usage = usage.expect("Unix reports it");
        assert!(status.expect("it ends").success() && usage.kernel.page_faults > 0, "{usage:?}");
        assert!(usage.cpu > Duration::ZERO && usage.cpu >= usage.kernel.time, "{usage:?}");
    }
}
