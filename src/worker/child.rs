//! Runs a child process to its end, under a time limit.
//!
//! Suspended time does not count: after Ctrl-Z and `fg` the run continues as before. Nothing polls while a child
//! measures: one thread waits for the child, one reads each of its streams, and the caller's thread reads the clock ten
//! times a second.

use crate::platform::usage;
use crate::platform::usage::Usage;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use signal_hook::{consts::SIGCONT, flag};
use std::io::{self, Read};
use std::process::{Child, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Time between two readings of the clock.
const TICK: Duration = Duration::from_millis(100);

/// A longer time between two readings, which shows that this process or the machine was suspended.
const GAP: Duration = Duration::from_millis(500);

/// The time that the streams of an ended child may stay open, because a process that it started has them.
const GRACE: Duration = Duration::from_secs(1);

/// The time within which a killed child ends, unless the kernel itself is stuck.
const DYING: Duration = Duration::from_secs(10);

/// The number of bytes kept from each stream's end. The reply is at the end of one stream, the reason for a failure at
/// the end of the other; endless output takes no more memory than this.
const KEPT: usize = 8 << 20;

/// A child that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub status: ExitStatus,
    /// End of its standard output.
    pub stdout: Vec<u8>,
    /// End of its standard error.
    pub stderr: Vec<u8>,
    /// Running time, without suspended time.
    pub took: Duration,
    /// True if the child or this process was suspended, which makes the child's times invalid.
    pub was_suspended: bool,
    /// The system's accounting of the whole process; `None` if unknown.
    pub usage: Option<Usage>,
}

/// The reason why a child gave no result.
#[derive(Debug)]
pub(crate) enum NotEnded {
    /// It reached the time limit, and was killed.
    TimedOut,
    /// The system did not allow watching it, so it was killed.
    System(io::Error),
}

/// Watches one child. It starts before the child, to notice every suspension.
#[derive(Debug)]
pub(crate) struct Watch {
    suspensions: usize,
}

impl Watch {
    pub(crate) fn begin() -> Self {
        Self { suspensions: suspensions() }
    }

    /// Waits for the child's end, and reads the piped streams.
    ///
    /// # Errors
    /// If the child does not end in time, or cannot be watched. It is then killed.
    pub(crate) fn follow(self, mut child: Child, limit: Duration) -> Result<Ended, NotEnded> {
        let (sender, events) = mpsc::channel();
        let streams = match watch(&mut child, &sender) {
            Ok(streams) => streams,
            Err(error) => {
                // The thread that waits for the child may be missing.
                let _ = child.kill().and_then(|()| child.wait());
                return Err(NotEnded::System(error));
            }
        };
        drop(sender);
        let mut clock = Clock::begin(Instant::now());
        let mut was_suspended = false;
        let mut open = streams.iter().flatten().count();
        loop {
            let event = events.recv_timeout(TICK.min(limit.saturating_sub(clock.counted)));
            was_suspended |= clock.read(Instant::now());
            match event {
                Ok(Event::Ended) => break,
                Ok(Event::Suspended) => was_suspended = true,
                Ok(Event::Closed) => open -= 1,
                Ok(Event::Failed(error)) => return Err(kill(child, &events, NotEnded::System(error))),
                Err(RecvTimeoutError::Disconnected) => {
                    let error = io::Error::other("the thread that waits for it is gone");
                    return Err(kill(child, &events, NotEnded::System(error)));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            if clock.counted >= limit {
                return Err(kill(child, &events, NotEnded::TimedOut));
            }
        }
        let took = clock.counted;
        let deadline = Instant::now() + GRACE;
        while open > 0 {
            match events.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(Event::Closed) => open -= 1,
                Ok(_) => {}
                Err(_) => break,
            }
        }
        let (status, usage) = usage::of_child(|| child.wait());
        let status = status.map_err(NotEnded::System)?;
        let [stdout, stderr] = streams.map(|tail| tail.map(|tail| locked(&tail).take()).unwrap_or_default());
        was_suspended |= suspensions() != self.suspensions;
        Ok(Ended { status, stdout, stderr, took, was_suspended, usage })
    }
}

/// Kills a child, even a stopped one, and returns the reason.
fn kill(mut child: Child, events: &Receiver<Event>, reason: NotEnded) -> NotEnded {
    let deadline = Instant::now() + DYING;
    let is_gone = || loop {
        match events.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(Event::Ended) => return true,
            Ok(_) => {}
            Err(_) => return false,
        }
    };
    if child.kill().is_ok() && is_gone() {
        let _ = child.wait();
    }
    reason
}

/// An event of a child.
#[derive(Debug)]
enum Event {
    /// It was stopped or continued.
    Suspended,
    /// It has ended, and its status can be collected.
    Ended,
    /// One of its streams was closed.
    Closed,
    /// It cannot be waited for.
    Failed(io::Error),
}

/// Starts the threads that watch a child, and returns the ends of standard output and standard error.
fn watch(child: &mut Child, events: &Sender<Event>) -> io::Result<[Option<Arc<Mutex<Tail>>>; 2]> {
    let stdout = child.stdout.take().map(|stream| read(stream, events.clone())).transpose()?;
    let stderr = child.stderr.take().map(|stream| read(stream, events.clone())).transpose()?;
    let process = i32::try_from(child.id()).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::InvalidInput)?;
    let events = events.clone();
    thread::Builder::new().spawn(move || wait(process, &events))?;
    Ok([stdout, stderr])
}

/// Reports the events of a child until it has ended.
fn wait(process: Pid, events: &Sender<Event>) {
    let changed = WaitIdOptions::STOPPED | WaitIdOptions::CONTINUED;
    loop {
        // The child stays a zombie, so its number cannot be reused before it is killed.
        let event = match waitid(WaitId::Pid(process), WaitIdOptions::EXITED | changed | WaitIdOptions::NOWAIT) {
            Ok(Some(status)) if status.stopped() || status.continued() || status.trapped() => {
                let _ = waitid(WaitId::Pid(process), changed | WaitIdOptions::NOHANG);
                Event::Suspended
            }
            Ok(Some(_)) => Event::Ended,
            Ok(None) | Err(rustix::io::Errno::INTR) => continue,
            Err(error) => Event::Failed(error.into()),
        };
        let is_last = matches!(event, Event::Ended | Event::Failed(_));
        if events.send(event).is_err() || is_last {
            return;
        }
    }
}

/// Starts a thread that reads a stream to its end.
fn read(mut stream: impl Read + Send + 'static, events: Sender<Event>) -> io::Result<Arc<Mutex<Tail>>> {
    let tail = Arc::new(Mutex::new(Tail::default()));
    let mine = Arc::clone(&tail);
    thread::Builder::new().spawn(move || {
        let mut buffer = [0; 1 << 14];
        loop {
            match stream.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => locked(&mine).push(&buffer[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        let _ = events.send(Event::Closed);
    })?;
    Ok(tail)
}

/// The end of a stream.
#[derive(Debug, Default)]
struct Tail(Vec<u8>);

impl Tail {
    fn push(&mut self, bytes: &[u8]) {
        // This is rare, so each byte moves at most once.
        if self.0.len() + bytes.len() > 2 * KEPT {
            let surplus = self.0.len() - KEPT;
            self.0.drain(..surplus);
        }
        self.0.extend_from_slice(bytes);
    }

    fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }
}

fn locked<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Running time of a child. A gap between two readings of the clock counts as one tick.
#[derive(Debug)]
struct Clock {
    counted: Duration,
    last: Instant,
}

impl Clock {
    fn begin(now: Instant) -> Self {
        Self { counted: Duration::ZERO, last: now }
    }

    /// Reads the time. Returns `true` after a gap.
    fn read(&mut self, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.last);
        self.last = now;
        self.counted += if passed > GAP { TICK } else { passed };
        passed > GAP
    }
}

/// Returns the number of suspensions after which this process continued.
fn suspensions() -> usize {
    static SEEN: Mutex<(Option<Arc<AtomicBool>>, usize)> = Mutex::new((None, 0));
    let (continued, count) = &mut *locked(&SEEN);
    let continued = continued.get_or_insert_with(|| {
        let continued = Arc::new(AtomicBool::new(false));
        // If the system refuses, the gaps of the clock remain.
        let _ = flag::register(SIGCONT, Arc::clone(&continued));
        continued
    });
    *count += usize::from(continued.swap(false, Ordering::SeqCst));
    *count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::scripts;
    use std::process::{Command, Stdio};

    fn sh(script: &str, limit: Duration) -> Result<Ended, NotEnded> {
        let watch = Watch::begin();
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        watch.follow(command.spawn().expect("there is a shell"), limit)
    }

    const LONG: Duration = Duration::from_secs(30);

    #[test]
    fn both_streams_and_the_status_are_kept() {
        let ended = sh("echo out; echo err >&2; exit 3", LONG).expect("it ends");
        assert_eq!((ended.stdout.as_slice(), ended.stderr.as_slice()), (&b"out\n"[..], &b"err\n"[..]));
        assert_eq!(ended.status.code(), Some(3));
        assert!(!ended.was_suspended);
    }

    #[test]
    fn a_child_that_was_stopped_and_continued_was_suspended() {
        let ended = sh(&format!("{}; echo done", scripts::suspension(0.2)), LONG).expect("it ends");
        assert_eq!((ended.stdout.as_slice(), ended.was_suspended), (&b"done\n"[..], true));
    }

    #[test]
    fn a_child_that_stays_stopped_is_killed_at_the_limit() {
        let began = Instant::now();
        assert!(matches!(sh("kill -STOP $$", Duration::from_millis(300)), Err(NotEnded::TimedOut)));
        assert!(began.elapsed() < DYING);
    }

    #[test]
    fn a_stream_that_another_process_holds_is_not_waited_for() {
        let began = Instant::now();
        let ended = sh("sleep 20 & echo done", LONG).expect("it ends");
        assert_eq!(ended.stdout, b"done\n");
        assert!(began.elapsed() < Duration::from_secs(15));
    }

    #[test]
    fn the_end_of_endless_output_is_kept() {
        let mut tail = Tail::default();
        for number in 0..5 * KEPT / 1_000 {
            tail.push(&[number as u8; 1_000]);
            assert!(tail.0.len() <= 2 * KEPT);
        }
        assert_eq!(tail.take().last(), Some(&((5 * KEPT / 1_000 - 1) as u8)));
        assert!(matches!(sh("exec yes", Duration::from_millis(300)), Err(NotEnded::TimedOut)));
    }

    #[test]
    fn a_gap_counts_as_one_tick() {
        let began = Instant::now();
        let mut clock = Clock::begin(began);
        assert!(!clock.read(began + TICK));
        assert!(clock.read(began + Duration::from_secs(3_600)));
        assert!(!clock.read(began + Duration::from_secs(3_600) + TICK));
        assert_eq!(clock.counted, 3 * TICK);
        assert!(!clock.read(began), "a clock that goes back");
        assert_eq!(clock.counted, 3 * TICK);
    }
}
