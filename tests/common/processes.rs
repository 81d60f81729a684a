//! Watching processes from outside, through Linux's /proc.

use std::time::{Duration, Instant};

/// Returns the process that another one's main thread started and that still exists; empty if there is none.
pub fn children(parent: u32) -> String {
    let path = format!("/proc/{parent}/task/{parent}/children");
    std::fs::read_to_string(path).unwrap_or_default().trim().to_owned()
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

/// Repeats a question until it has an answer; fails after a while.
pub fn wait_for<R>(mut ask: impl FnMut() -> Option<R>) -> R {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "it never happened");
        std::thread::sleep(Duration::from_millis(5));
    }
}
