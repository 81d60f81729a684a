//! Watching processes from outside, through Linux's /proc.

use std::time::{Duration, Instant};

/// Returns the processes that another one's threads started and that still exist, with blanks between them; empty if
/// there are none.
pub fn children(parent: u32) -> String {
    let threads = std::fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten();
    let of_thread = |thread: std::fs::DirEntry| std::fs::read_to_string(thread.path().join("children")).ok();
    let children: String = threads.filter_map(of_thread).collect();
    children.trim().to_owned()
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
