//! Watching processes from outside, through Linux's /proc.

use std::time::{Duration, Instant};

/// Returns the processes that another one started and that still exist, with blanks between them; empty if there are
/// none. Not every kernel lists them.
pub fn children(parent: u32) -> String {
    let names = std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok());
    let parent_of = |id: &str| -> Option<u32> {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        stat.rsplit(')').next()?.split_whitespace().nth(1)?.parse().ok()
    };
    let is_child = |id: &String| id.bytes().all(|byte| byte.is_ascii_digit()) && parent_of(id) == Some(parent);
    names.filter(is_child).collect::<Vec<_>>().join(" ")
}

fn state(process: &str) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    stat.rsplit(')').next()?.trim().chars().next()
}

/// Returns whether a process waits for something.
pub fn is_asleep(process: &str) -> bool {
    state(process) == Some('S')
}

/// Returns whether a process has ended. One that its parent has not waited for yet has ended too.
pub fn is_gone(process: &str) -> bool {
    matches!(state(process), None | Some('Z'))
}

/// Calls a function until it returns a value; fails after a while.
pub fn wait_for<R>(mut poll: impl FnMut() -> Option<R>) -> R {
    let began = Instant::now();
    loop {
        if let Some(value) = poll() {
            return value;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "it never happened");
        std::thread::sleep(Duration::from_millis(5));
    }
}
