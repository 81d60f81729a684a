//! Determines the outcome of a child: a reply, or the reason for a failure.

use crate::platform::limits;
use crate::platform::signals;
use crate::platform::usage::Usage;
use crate::worker::child::Ended;
use crate::worker::failure::Failure;
use crate::worker::limits::Limits;
use crate::worker::task::{PREVENTED, UNSUPPORTED};
use serde::de::DeserializeOwned;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

/// The number of tries before a task is given up because each try was suspended.
pub(crate) const TRIES: usize = 10;

/// A child's reply.
#[derive(Debug)]
pub struct Reply<T> {
    /// The content.
    pub content: T,
    /// The running time of the child, without suspended time.
    pub took: Duration,
    /// True if the child or this process was suspended, which makes times in the reply invalid.
    pub was_suspended: bool,
    /// The system's accounting of the whole process; `None` if unknown.
    pub usage: Option<Usage>,
}

/// Repeats a run until it was not suspended.
///
/// # Errors
/// The run's failure, or a failure if each try was suspended.
pub(crate) fn undisturbed<T>(run: impl Fn() -> Result<Reply<T>, Failure>) -> Result<T, Failure> {
    for _ in 0..TRIES {
        let reply = run()?;
        if !reply.was_suspended {
            return Ok(reply.content);
        }
    }
    Err(suspended())
}

/// Returns the failure of a task that was suspended in each try.
pub(crate) fn suspended() -> Failure {
    Failure::Prevented { why: format!("it was suspended in each of {TRIES} tries") }
}

/// Returns the reply of a child that has ended.
///
/// # Errors
/// The failure of the child.
pub(crate) fn judge<T: DeserializeOwned>(ended: Ended, limits: &Limits) -> Result<Reply<T>, Failure> {
    if ended.status.success() {
        // The last line is used, because some versions of memscope log to the same stream.
        let printed = String::from_utf8_lossy(&ended.stdout);
        let content = serde_json::from_str(last_line(&printed))
            .map_err(|error| Failure::Crashed { how: format!("its output is invalid: {error}") })?;
        let Ended { took, was_suspended, usage, .. } = ended;
        return Ok(Reply { content, took, was_suspended, usage });
    }
    Err(failure(ended.status, &String::from_utf8_lossy(&ended.stderr), limits))
}

/// Returns the failure of a child from its status and its standard error.
fn failure(status: ExitStatus, printed: &str, limits: &Limits) -> Failure {
    /// Panics about a thread that the system cannot start.
    const NO_THREADS: [&str; 3] = ["failed to spawn thread", "can't spawn worker thread", "code: 11, kind: WouldBlock"];

    // Rust's default handler for a failed allocation prints this before it aborts.
    if printed.contains("memory allocation of ") && printed.contains(" bytes failed") {
        return limits.out_of_memory();
    }
    let last_words = last_words(printed);
    let why = || last_words.strip_prefix("error: ").unwrap_or(&last_words).to_owned();
    match status.code().and_then(|code| u8::try_from(code).ok()) {
        Some(UNSUPPORTED) => return Failure::Unsupported { why: why() },
        Some(PREVENTED) => return Failure::Prevented { why: why() },
        _ => {}
    }
    // A tracker may start its own thread.
    if NO_THREADS.iter().any(|words| last_words.contains(words)) {
        let limits = limits::on_threads();
        return Failure::Prevented { why: format!("it cannot start a thread: {last_words} ({limits})") };
    }
    let ending = ending(status);
    Failure::Crashed { how: if last_words.is_empty() { ending } else { format!("{ending}: {last_words}") } }
}

/// Returns the last line that is not blank.
fn last_line(text: &str) -> &str {
    text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default().trim()
}

/// Returns the last line, or, after a panic, its place and its message.
fn last_words(text: &str) -> String {
    let mut lines = text.lines();
    let panic = lines.by_ref().filter(|line| line.contains(" panicked at ")).last();
    match panic.and_then(|panic| text.rsplit_once(panic).map(|(_, after)| (panic, after))) {
        Some((panic, after)) => {
            let message = after.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
            format!("{} {message}", panic.trim())
        }
        None => last_line(text).to_owned(),
    }
}

/// Returns the name of the signal that ended a process, with its likely sender; or the exit code.
pub(super) fn ending(status: ExitStatus) -> String {
    let Some(signal) = status.signal() else {
        return status.code().map_or_else(|| "no exit code".to_owned(), |code| format!("exit code {code}"));
    };
    let name = signals::name(signal).map_or_else(|| format!("signal {signal}"), str::to_owned);
    let time =
        || limits::cpu_seconds().map(|limit| format!("the limit on CPU time ({}, {} s)", limit.name, limit.amount));
    let sender = match name.as_str() {
        // This program sends it too, but reports that as a timeout.
        "SIGKILL" => {
            let time = time().map(|time| format!(", or by {time}")).unwrap_or_default();
            Some(format!("killed from outside, for example by the system when memory runs out{time}"))
        }
        "SIGXCPU" => time(),
        "SIGXFSZ" => Some("a file grew beyond the limit (ulimit -f)".to_owned()),
        "SIGSYS" => Some("the system forbids a call that it made".to_owned()),
        _ => None,
    };
    sender.map_or_else(|| name.clone(), |sender| format!("{name}: {sender}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::scripts;
    use crate::worker::task::Task;
    use std::fs;

    /// Runs a script in place of a worker that gives no reply.
    fn end_of(script: &str, limits: Limits) -> Failure {
        let (_folder, launcher) = scripts::launcher(script, limits);
        launcher.run_task::<u32>(&Task::Reports).expect_err("it gives no reply")
    }

    #[test]
    fn every_way_to_end_has_an_outcome() {
        let limits = Limits::default();
        let crashed = |how: &str| Failure::Crashed { how: how.to_owned() };
        assert_eq!(end_of("kill -SEGV $$", limits), crashed("SIGSEGV"));
        assert_eq!(end_of("echo oops >&2; exit 3", limits), crashed("exit code 3: oops"));
        assert!(matches!(
            end_of("echo 'memory allocation of 64 bytes failed' >&2; kill -ABRT $$", limits),
            Failure::OutOfMemory { .. }
        ));
        assert_eq!(
            end_of("echo 'error: it lacks a thing' >&2; exit 69", limits),
            Failure::Unsupported { why: "it lacks a thing".to_owned() }
        );
        assert_eq!(
            end_of("echo 'error: it has no threads' >&2; exit 71", limits),
            Failure::Prevented { why: "it has no threads".to_owned() }
        );
        assert!(end_of("echo '{}'", limits).to_string().contains("its output is invalid"));
        let second = Limits { time: Duration::from_secs(1), ..limits };
        assert_eq!(end_of("exec sleep 60", second), Failure::TimedOut { seconds: 1 });
    }

    #[test]
    fn the_sender_of_a_signal_is_named() {
        let how = |script: &str| end_of(script, Limits::default()).to_string();
        assert!(how("kill -KILL $$").contains("SIGKILL: killed from outside, for example by the system when memory"));
        assert!(how("kill -XFSZ $$").contains("SIGXFSZ: a file grew beyond the limit (ulimit -f)"));
        assert_eq!(end_of("kill -KILL $$", Limits::default()).label(), "crashed (SIGKILL)");
        let busy = how("ulimit -t 1; while :; do :; done");
        assert!(busy.contains("SIGXCPU") || busy.contains("SIGKILL"), "{busy}");
        if cfg!(target_os = "linux") {
            assert!(how("kill -34 $$").contains("crashed: signal 34"), "a signal without a name");
        }
    }

    #[test]
    fn a_panic_is_reported_with_its_message() {
        let panicked = "echo 'all is well' >&2; \
             printf '\\nthread main panicked at src/x.rs:1:2:\\nit broke\\nnote: run with more\\n' >&2; exit 101";
        let failure = end_of(panicked, Limits::default());
        assert_eq!(failure.to_string(), "crashed: exit code 101: thread main panicked at src/x.rs:1:2: it broke");
        let spawning =
            "printf 'thread main panicked at src/x.rs:1:2:\nfailed to spawn thread: Os { code: 11 }\n' >&2; exit 101";
        let failure = end_of(spawning, Limits::default()).to_string();
        assert!(failure.starts_with("prevented: it cannot start a thread: ") && !failure.contains('\n'), "{failure}");
    }

    #[test]
    fn a_suspended_child_is_run_again_a_limited_number_of_times() {
        let stops = scripts::suspension(0.1);
        let runs_with = |stops: &str| {
            let script = format!("echo run >>\"$folder/runs\"\n{stops}\necho 42");
            let (folder, launcher) = scripts::launcher(&script, Limits::default());
            let answer = launcher.run_task::<u32>(&Task::Reports);
            (answer, fs::read_to_string(folder.path().join("runs")).expect("it ran").lines().count())
        };
        assert_eq!(runs_with(""), (Ok(42), 1));
        let once = format!("[ $(wc -l <\"$folder/runs\") -gt 1 ] || {{ {stops}; }}");
        assert_eq!(runs_with(&once), (Ok(42), 2));
        assert_eq!(runs_with(&stops), (Err(suspended()), TRIES));
    }
}
