//! Windows under two levels, for the true ratio of their times within one process.
//!
//! A process prepares itself like a probe before its warm-up, and then forks repeatedly. Each child runs one window,
//! half of them under one level and half under the other. All children begin as the same process in the same state,
//! identical to the last address; only the switch differs.
//!
//! Consecutive windows in the same process would differ. glibc returns memory after one window and fetches it again in
//! the next, so equal windows of one long run took two different times in alternation. A workload that leaks finds
//! another heap each time. On memory that is already mapped, a window takes half the time of a first one, and the same
//! work of a tracker takes a different time in it, because the kernel does not interrupt.

use crate::tracking::{Level, Mode, Session};
use crate::worker::fork::in_a_child;
use crate::worker::probe;
use crate::worker::task::TaskError;
use crate::workloads::pools::ThreadsError;
use serde::{Deserialize, Serialize};
use std::time::Instant;

/// The windows of one process, `true` under the second level. Both levels are equally frequent, early and late.
const TURNS: [bool; 4] = [false, true, true, false];

/// The windows before these, under the first level, whose times are discarded. The first child of a process takes up to
/// 5 % longer than the others. If its time counted, the first level would seem slower, and the truth too small.
const DISCARDED: usize = 1;

/// The times of one window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Time {
    /// Wall time, in nanoseconds.
    pub wall_ns: u64,
    /// CPU time over all threads, in nanoseconds.
    pub cpu_ns: u64,
}

/// The windows of one process.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Windows {
    /// Windows under the first level.
    pub base: Vec<Time>,
    /// Windows under the second level.
    pub level: Vec<Time>,
    /// The time in nanoseconds that the second level adds to a single allocation, if it has a deadline.
    pub call_ns: Option<f64>,
}

/// The work of one process.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Workload, size and threads of each window, and the first level.
    pub probe: probe::Request,
    /// The second level.
    pub level: Level,
}

/// Runs windows of a workload under two levels, each in a child of this process.
///
/// # Errors
/// If the linked memscope lacks a level, the program's global allocator is not
/// [`SwitchedAllocator`](crate::tracking::SwitchedAllocator), or the system refuses a child or its threads.
pub fn run(Request { probe: request, level }: Request) -> Result<Windows, TaskError> {
    for level in [request.level, level] {
        if let Some(why) = level.unsupported_reason() {
            return Err(TaskError::Unsupported(why));
        }
    }
    let sessions = [request.level, level].map(|level| Session::prepare(level, false));
    probe::check_switch()?;

    let call_ns = matches!(level, Level::Deadline(_)).then(|| cost_of_a_call(level.mode()));
    let mut windows = Windows { call_ns, ..Windows::default() };
    for (number, is_second) in [false; DISCARDED].into_iter().chain(TURNS).enumerate() {
        let session = &sessions[usize::from(is_second)];
        let times = in_a_child(|| {
            // Threads do not survive a fork, so each child starts its own pools.
            if probe::warm_up(request).is_err() {
                return [0; 3];
            }
            let seen = session.window(|| probe::memscope_bench_timed(request, session.tracker()));
            [1, seen.wall.as_nanos() as u64, seen.cpu.as_nanos() as u64]
        });
        let times = times.map_err(|source| TaskError::System { action: "run a child of this process", source })?;
        let [1, wall_ns, cpu_ns] = times else {
            let why = "a child of this process has none".to_owned();
            return Err(ThreadsError { threads: request.threads, why }.into());
        };
        if number < DISCARDED {
            continue;
        }
        let list = if is_second { &mut windows.level } else { &mut windows.base };
        list.push(Time { wall_ns, cpu_ns });
    }
    Ok(windows)
}

/// Returns the time in nanoseconds that a mode adds to a single allocation in isolation: the deadline, and the constant
/// overhead of the call. It is a difference of medians over batches, because another process may have the core in
/// between.
fn cost_of_a_call(mode: Mode) -> f64 {
    const BATCHES: usize = 15;
    const CALLS: u32 = 64;
    let batch = |mode: Mode| {
        mode.window(|| {
            let began = Instant::now();
            for _ in 0..CALLS {
                drop(std::hint::black_box(Box::new([0_u8; 64])));
            }
            began.elapsed().as_nanos() as f64 / f64::from(CALLS)
        })
    };
    let [off, on] = [Mode::OFF, mode].map(|mode| {
        let mut batches = [0.0; BATCHES].map(|_| batch(mode));
        batches.sort_unstable_by(f64::total_cmp);
        batches[BATCHES / 2]
    });
    on - off
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_windows_are_balanced_over_time() {
        let places =
            |kind: bool| TURNS.iter().enumerate().filter(|turn| *turn.1 == kind).map(|turn| turn.0).sum::<usize>();
        assert_eq!(places(true), places(false));
    }
}
