//! Watching processes from outside, through Linux's /proc.

use std::time::{Duration, Instant};

/// The process that another one's main thread started and that is still there; empty if there is none.
pub fn children(parent: u32) -> String {
    let path = format!("/proc/{parent}/task/{parent}/children");
    std::fs::read_to_string(path).unwrap_or_default().trim().to_owned()
}

fn state(process: &str) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    stat.rsplit(')').next()?.trim().chars().next()
}

/// Whether a process waits for something.
pub fn is_asleep(process: &str) -> bool {
    state(process) == Some('S')
}

/// Whether a process has ended. One that no one has waited for yet is gone too.
pub fn is_gone(process: &str) -> bool {
    matches!(state(process), None | Some('Z'))
}

/// Asks again and again; after a while it is a failure.
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
