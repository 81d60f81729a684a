//! The limits of a child process.

use crate::platform::limits;
use crate::worker::failure::Failure;
use std::io;
use std::process::Child;
use std::time::Duration;

/// Limits of a child process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The time from start to end, without suspended time.
    pub time: Duration,
    /// Memory that the child may write to, in bytes, if the system can limit it. Reserved address space does not count,
    /// because each thread reserves 64 MiB for its heap.
    pub memory_bytes: u64,
}

impl Default for Limits {
    /// Returns a minute and 8 GiB: far more than a terminating probe of any published memscope needs.
    fn default() -> Self {
        Self { time: Duration::from_secs(60), memory_bytes: 8 << 30 }
    }
}

impl Limits {
    /// Returns the failure of a child that could not get more memory, with the lowest of its limits.
    pub(super) fn out_of_memory(&self) -> Failure {
        let own = limits::Limit { name: Failure::MEMORY_LIMIT, amount: self.memory_bytes };
        let mut all: Vec<limits::Limit> =
            [Some(own), limits::data(), limits::address_space()].into_iter().flatten().collect();
        all.sort_by_key(|limit| limit.amount);
        let others = all[1..].iter().filter(|limit| **limit != own);
        let others = others.map(|limit| format!("; {} is {} MiB", limit.name, limit.amount >> 20));
        Failure::OutOfMemory {
            limit_bytes: all[0].amount,
            by: format!("{}{}", all[0].name, others.collect::<String>()),
        }
    }

    /// Limits a child's memory, if the system can. A lower inherited limit stays.
    ///
    /// # Errors
    /// If the system refuses.
    #[cfg(target_os = "linux")]
    pub(super) fn apply(&self, child: &Child) -> io::Result<()> {
        use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};
        let lower = |inherited: Option<u64>| Some(inherited.map_or(self.memory_bytes, |it| it.min(self.memory_bytes)));
        let Rlimit { current, maximum } = getrlimit(Resource::Data);
        // The hard limit is set too: valgrind removes its own soft limit, and the kernel then applies the hard one.
        let limit = Rlimit { current: lower(current), maximum: lower(maximum) };
        let process = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        prlimit(process, Resource::Data, limit).map(drop).map_err(io::Error::from)
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn apply(&self, _: &Child) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;
    use crate::worker::scripts;
    use crate::worker::task::Task;

    #[test]
    fn the_lowest_of_all_limits_on_memory_is_named() {
        let limits = |memory_bytes| Limits { memory_bytes, ..Limits::default() };
        let by = |memory_bytes| match limits(memory_bytes).out_of_memory() {
            Failure::OutOfMemory { limit_bytes, by } => (limit_bytes, by),
            other => panic!("{other}"),
        };
        let (bytes, name) = by(1 << 20);
        assert_eq!(bytes, 1 << 20);
        assert!(name.starts_with("--memory-limit"), "{name}");
        let (bytes, name) = by(u64::MAX);
        assert_eq!(bytes == u64::MAX, name == "--memory-limit", "{name}");
    }

    #[test]
    fn a_child_has_the_limit_on_its_memory() {
        let answer = |script: &str| {
            let limits = Limits { memory_bytes: 64 << 20, ..Limits::default() };
            let (_folder, launcher) = scripts::launcher(script, limits);
            launcher.run_task::<u64>(&Task::Reports)
        };
        // The limit is set while the shell starts.
        for limit in ["-d", "-Hd"] {
            let wait =
                format!("n=0; while [ \"$(ulimit {limit})\" != 65536 ] && [ $((n+=1)) -lt 500 ]; do sleep 0.02; done");
            assert_eq!(answer(&format!("{wait}; sh -c 'ulimit {limit}'")), Ok(64 << 10));
        }
    }
}
