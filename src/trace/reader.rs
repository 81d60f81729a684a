//! Reads a trace and checks it.

use crate::platform::files::{self, FileError};
use crate::trace::format::{
    self, END_MARK, Event, FRAME, FRAME_MARK, FrameNumbers, HEADER, HeaderNumbers, Last, MAGIC, THREAD_CPU_TIME,
    VERSION,
};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A description of the file, for messages.
const WHAT: &str = "a trace";

/// A file that is not a trace, or a damaged trace.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file is empty.
    #[error("{}: it is empty: the program that should write the trace did not start", .0.display())]
    Empty(PathBuf),
    /// It is another kind of file.
    #[error("{}: it is not a trace; `memscope-bench record -- PROGRAM` writes one", .0.display())]
    Foreign(PathBuf),
    /// A newer version wrote it.
    #[error("{}: it is a trace of version {found}; this memscope-bench reads version {VERSION}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
    /// It ends within its header.
    #[error("{}: the trace was truncated within its first {HEADER} bytes and its program's name", .0.display())]
    Truncated(PathBuf),
    /// A part of it was changed.
    #[error("{}: it is a damaged trace: {what} at byte {place} differs from what was written", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The part.
        what: &'static str,
        /// Its index.
        place: usize,
    },
}

/// A frame of a trace.
#[derive(Clone, Debug)]
struct Frame {
    thread: u32,
    operations: Range<usize>,
    ticket: u64,
}

/// A checked trace.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The path of the program, as the system reports it.
    pub program: String,
    /// The cost of one reading of the clock, in nanoseconds.
    pub clock_cost_ns: f64,
    /// True if there is no end mark: the program crashed, was killed, or ended without running exit handlers.
    pub ended_early: bool,
    bytes: Vec<u8>,
    frames: Vec<Frame>,
}

/// Returns the four-byte number at an offset, if there are enough bytes.
fn number(bytes: &[u8], place: usize) -> Option<u32> {
    bytes.get(place..place + 4).map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
}

/// Returns the version of a trace from its first bytes; the path is for messages.
///
/// # Errors
/// If they are not the beginning of a trace of this version.
fn version(path: &Path, bytes: &[u8]) -> Result<u32, TraceError> {
    let path_owned = || path.to_owned();
    if bytes.is_empty() {
        return Err(TraceError::Empty(path_owned()));
    }
    let known = bytes.len().min(MAGIC.len());
    if bytes[..known] != MAGIC[..known] {
        return Err(TraceError::Foreign(path_owned()));
    }
    let found = number(bytes, 8).ok_or_else(|| TraceError::Truncated(path_owned()))?;
    if found == VERSION { Ok(found) } else { Err(TraceError::Newer { path: path_owned(), found }) }
}

impl Trace {
    /// Reads a trace.
    ///
    /// # Errors
    /// If it cannot be read, is not a trace, or is damaged. A missing end is not an error.
    pub fn read(path: &Path) -> Result<Self, TraceError> {
        Self::parse(path, files::read_bytes(path, WHAT)?)
    }

    /// Checks that a file is a trace of this version, by its beginning alone.
    ///
    /// # Errors
    /// If it cannot be read, or is not such a trace.
    pub fn check_kind(path: &Path) -> Result<(), TraceError> {
        version(path, &files::read_start(path, HEADER as u64)?).map(drop)
    }

    /// Checks the bytes of a trace; the path is for messages.
    fn parse(path: &Path, bytes: Vec<u8>) -> Result<Self, TraceError> {
        let path_owned = || path.to_owned();
        let truncated = || TraceError::Truncated(path_owned());
        let version = version(path, &bytes)?;
        let number = |place| number(&bytes, place);
        let fields = [number(12), number(16), number(20), number(24), number(28)];
        let [Some(clock), Some(clock_cost_ps), Some(process), Some(length), Some(sum)] = fields else {
            return Err(truncated());
        };
        let begin = HEADER + length as usize;
        let program = bytes.get(HEADER..begin).ok_or_else(truncated)?;
        let written = format::header(&HeaderNumbers { version, clock, clock_cost_ps, process }, program);
        if written[HEADER - 4..] != sum.to_le_bytes() || clock != THREAD_CPU_TIME {
            return Err(TraceError::Damaged { path: path_owned(), what: "the header", place: 0 });
        }
        let program = String::from_utf8_lossy(program).into_owned();
        let (frames, ended_early) = frames(path, &bytes, begin)?;
        let trace = Self { program, clock_cost_ns: f64::from(clock_cost_ps) / 1_000.0, ended_early, bytes, frames };
        Ok(trace)
    }

    /// Returns the threads that have operations, in the order of their first frames.
    pub(super) fn threads(&self) -> Vec<u32> {
        let mut threads = Vec::new();
        let mut known = std::collections::HashSet::new();
        for frame in &self.frames {
            if known.insert(frame.thread) {
                threads.push(frame.thread);
            }
        }
        threads
    }

    /// Returns the operations of a thread, in order.
    pub(super) fn events(&self, thread: u32) -> Events<'_> {
        let frames: Vec<&Frame> = self.frames.iter().filter(|frame| frame.thread == thread).collect();
        Events { bytes: &self.bytes, frames: frames.into_iter(), rest: &[], last: Last::default() }
    }

    /// Returns all operations in the order of the file, with the index of their frame.
    #[doc(hidden)]
    pub fn by_frame(&self) -> impl Iterator<Item = (usize, u32, Event)> + '_ {
        self.frames.iter().enumerate().flat_map(|(number, frame)| {
            let events =
                Events { bytes: &self.bytes, frames: vec![frame].into_iter(), rest: &[], last: Last::default() };
            events.map(move |event| (number, frame.thread, event))
        })
    }
}

/// The operations of a thread.
#[derive(Clone, Debug)]
pub(super) struct Events<'t> {
    bytes: &'t [u8],
    frames: std::vec::IntoIter<&'t Frame>,
    rest: &'t [u8],
    last: Last,
}

impl Iterator for Events<'_> {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        while self.rest.is_empty() {
            let frame = self.frames.next()?;
            self.rest = &self.bytes[frame.operations.clone()];
            self.last = Last { ticket: frame.ticket, block: 0 };
        }
        format::decode(&mut self.rest, &mut self.last)
    }
}

/// Returns the frames from an offset on, and whether the end mark is missing.
fn frames(path: &Path, bytes: &[u8], mut place: usize) -> Result<(Vec<Frame>, bool), TraceError> {
    let damaged = |what, place| TraceError::Damaged { path: path.to_owned(), what, place };
    let mut frames = Vec::new();
    // A frame that was not completely written is left out.
    while let Some(head) = bytes.get(place..place + FRAME) {
        let number = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let ticket = u64::from(number(16)) | u64::from(number(20)) << 32;
        let numbers =
            FrameNumbers { mark: number(0), thread: number(4), length: number(8), operations: number(12), ticket };
        let is_end = numbers.mark == END_MARK;
        if !is_end && numbers.mark != FRAME_MARK {
            return Err(damaged("a frame", place));
        }
        let begin = place + FRAME;
        let Some(operations) = bytes.get(begin..begin + numbers.length as usize) else { break };
        if format::frame(&numbers, operations) != head {
            return Err(damaged(if is_end { "the end mark" } else { "a frame" }, place));
        }
        if is_end {
            return Ok((frames, false));
        }
        let (mut rest, mut last, mut count) = (operations, Last { ticket, block: 0 }, 0);
        while format::decode(&mut rest, &mut last).is_some() {
            count += 1;
        }
        if !rest.is_empty() || count != numbers.operations {
            return Err(damaged("the operations of a frame", place));
        }
        place = begin + operations.len();
        frames.push(Frame { thread: numbers.thread, operations: begin..place, ticket });
    }
    Ok((frames, true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::format::Kind;
    use crate::trace::made;

    fn events(count: u64) -> Vec<Event> {
        let event = |number| Event {
            kind: Kind::Allocate,
            align: 3,
            ticket: number,
            after: number,
            block: number * 64,
            new_block: number * 64,
            size: number,
            gap_ns: 10,
        };
        (1..=count).map(event).collect()
    }

    fn read(bytes: &[u8]) -> Result<Trace, TraceError> {
        Trace::parse(Path::new("x.trace"), bytes.to_vec())
    }

    #[test]
    fn a_whole_trace_is_read() {
        let trace = read(&made::bytes(&[(0, events(5)), (3, events(2))], 250_000, true)).expect("a trace");
        assert_eq!(
            (trace.program.as_str(), trace.clock_cost_ns, trace.ended_early),
            ("/usr/bin/example", 250.0, false)
        );
        assert_eq!(trace.threads(), [0, 3]);
        assert_eq!(trace.events(0).collect::<Vec<_>>(), events(5));
        assert_eq!(trace.events(3).collect::<Vec<_>>(), events(2));
    }

    #[test]
    fn a_trace_that_was_cut_off_is_read_up_to_its_last_whole_frame() {
        let whole = made::bytes(&[(0, events(5)), (0, events(4))], 0, true);
        let first = HEADER + "/usr/bin/example".len();
        let mut seen = std::collections::BTreeSet::new();
        for length in 0..whole.len() {
            match read(&whole[..length]) {
                Ok(trace) => {
                    assert!(length >= first && trace.ended_early, "{length}");
                    seen.insert(trace.events(0).count());
                }
                Err(TraceError::Empty(_)) => assert_eq!(length, 0),
                Err(error) => {
                    assert!(length < first && error.to_string().contains("was truncated"), "{length}: {error}");
                }
            }
        }
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [0, 5, 9]);
    }

    #[test]
    fn a_changed_byte_is_noticed_anywhere() {
        let whole = made::bytes(&[(0, events(5))], 1, true);
        for place in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[place] ^= 0x10;
            match read(&bytes) {
                Err(error) => {
                    let why = error.to_string();
                    assert!(
                        ["x.trace: it is", "x.trace: the trace was"].iter().any(|head| why.starts_with(head)),
                        "{why}"
                    );
                }
                // A length beyond the end belongs to a frame that was not completely written.
                Ok(trace) => assert!(trace.ended_early, "{place}"),
            }
        }
    }

    #[test]
    fn files_that_are_not_traces_are_refused_with_the_reason() {
        let refusal = |bytes: &[u8]| read(bytes).expect_err("refused").to_string();
        assert!(refusal(b"").contains("it is empty"));
        assert!(refusal(b"{\"schema\": 1}").contains("it is not a trace; `memscope-bench record"));
        assert!(refusal(b"MSB?").contains("it is not a trace"));
        let mut newer = made::bytes(&[], 1, true);
        newer[8] = 2;
        assert!(refusal(&newer).contains("a trace of version 2; this memscope-bench reads version 1"));
    }
}
