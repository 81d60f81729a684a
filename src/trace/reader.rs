//! Reads a trace and checks it.

use crate::platform::files::{self, FileError};
use crate::trace::format::{
    self, END_MARK, Event, FRAME, FRAME_MARK, FrameNumbers, HEADER, HeaderNumbers, Last, MAGIC, THREAD_CPU_TIME,
    VERSION,
};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fs;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The length up to which a trace is kept in memory. The operations of a longer one are read from its file each time.
const MAX_IN_MEMORY: u64 = 256 << 20;

/// A file that is not a trace, or a damaged trace.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file is empty.
    #[error("{}: it is empty: the program that should write the trace did not start, or could not write it", .0.display())]
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
        place: u64,
    },
}

/// A frame of a trace.
#[derive(Clone, Debug)]
struct Frame {
    thread: u32,
    operations: Range<u64>,
    ticket: u64,
}

/// The bytes of a trace.
#[derive(Clone, Debug)]
enum Source {
    Memory(Vec<u8>),
    File(Arc<fs::File>),
}

impl Source {
    /// Reads bytes that are within the trace's length.
    fn read(&self, place: Range<u64>) -> io::Result<Cow<'_, [u8]>> {
        match self {
            Self::Memory(bytes) => {
                let bytes = bytes.get(place.start as usize..place.end as usize);
                bytes.map(Cow::Borrowed).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
            }
            Self::File(file) => {
                let mut bytes = vec![0; (place.end - place.start) as usize];
                file.read_exact_at(&mut bytes, place.start)?;
                Ok(Cow::Owned(bytes))
            }
        }
    }
}

/// The bytes of a trace while they are being checked.
struct Unchecked<'p> {
    /// The path, for messages.
    path: &'p Path,
    source: Source,
    length: u64,
}

impl Unchecked<'_> {
    /// Reads bytes; `None` if the trace ends before their end.
    fn read(&self, place: Range<u64>) -> Result<Option<Cow<'_, [u8]>>, TraceError> {
        if place.end > self.length {
            return Ok(None);
        }
        let failed = |source| FileError::Read { path: self.path.to_owned(), source };
        Ok(Some(self.source.read(place).map_err(failed)?))
    }

    fn damaged(&self, what: &'static str, place: u64) -> TraceError {
        TraceError::Damaged { path: self.path.to_owned(), what, place }
    }
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
    source: Source,
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
        Self::read_with(path, MAX_IN_MEMORY)
    }

    /// Reads a trace, and keeps it in memory up to a length.
    fn read_with(path: &Path, most: u64) -> Result<Self, TraceError> {
        let (file, length) = files::open(path)?;
        if length > most {
            return Self::parse(Unchecked { path, source: Source::File(Arc::new(file)), length });
        }
        let bytes = files::read_start(path, most)?;
        let length = bytes.len() as u64;
        Self::parse(Unchecked { path, source: Source::Memory(bytes), length })
    }

    /// Checks that a file is a trace of this version, by its beginning alone.
    ///
    /// # Errors
    /// If it cannot be read, or is not such a trace.
    pub fn check_kind(path: &Path) -> Result<(), TraceError> {
        version(path, &files::read_start(path, HEADER as u64)?).map(drop)
    }

    /// Checks the bytes of a trace.
    fn parse(trace: Unchecked<'_>) -> Result<Self, TraceError> {
        let truncated = || TraceError::Truncated(trace.path.to_owned());
        let header = trace.read(0..trace.length.min(HEADER as u64))?.unwrap_or_default();
        let version = version(trace.path, &header)?;
        let number = |place| number(&header, place);
        let fields = [number(12), number(16), number(20), number(24), number(28)];
        let [Some(clock), Some(clock_cost_ps), Some(process), Some(length), Some(sum)] = fields else {
            return Err(truncated());
        };
        let begin = HEADER as u64 + u64::from(length);
        let program = trace.read(HEADER as u64..begin)?.ok_or_else(truncated)?;
        let written = format::header(&HeaderNumbers { version, clock, clock_cost_ps, process }, &program);
        if written[HEADER - 4..] != sum.to_le_bytes() || clock != THREAD_CPU_TIME {
            return Err(trace.damaged("the header", 0));
        }
        let program = String::from_utf8_lossy(&program).into_owned();
        let clock_cost_ns = f64::from(clock_cost_ps) / 1_000.0;
        let (frames, ended_early) = frames(&trace, begin)?;
        Ok(Self { program, clock_cost_ns, ended_early, source: trace.source, frames })
    }

    /// Returns the threads that have operations, in the order of their first frames, each with its operations in order.
    /// A program may start a thread for each request, so this is linear in the frames.
    pub(super) fn by_thread(&self) -> Vec<(u32, Events<'_>)> {
        let mut threads: Vec<(u32, Vec<&Frame>)> = Vec::new();
        let mut places = HashMap::new();
        for frame in &self.frames {
            let place = *places.entry(frame.thread).or_insert(threads.len());
            if place == threads.len() {
                threads.push((frame.thread, Vec::new()));
            }
            threads[place].1.push(frame);
        }
        threads.into_iter().map(|(thread, frames)| (thread, Events::of(&self.source, frames))).collect()
    }

    /// Returns all operations in the order of the file, with the index of their frame.
    #[doc(hidden)]
    pub fn by_frame(&self) -> impl Iterator<Item = (usize, u32, Event)> + '_ {
        self.frames.iter().enumerate().flat_map(|(number, frame)| {
            Events::of(&self.source, vec![frame]).map(move |event| (number, frame.thread, event))
        })
    }
}

/// The operations of a thread.
#[derive(Clone, Debug)]
pub(super) struct Events<'t> {
    source: &'t Source,
    frames: std::vec::IntoIter<&'t Frame>,
    /// The operations of the current frame, and the place of the next one.
    bytes: Cow<'t, [u8]>,
    place: usize,
    last: Last,
}

impl<'t> Events<'t> {
    fn of(source: &'t Source, frames: Vec<&'t Frame>) -> Self {
        Self { source, frames: frames.into_iter(), bytes: Cow::Borrowed(&[]), place: 0, last: Last::default() }
    }
}

impl Iterator for Events<'_> {
    type Item = Event;

    /// # Panics
    /// If a trace that is not in memory was changed after it was checked.
    fn next(&mut self) -> Option<Event> {
        while self.place == self.bytes.len() {
            let frame = self.frames.next()?;
            self.bytes = self.source.read(frame.operations.clone()).expect("the file of the trace is not changed");
            self.place = 0;
            self.last = Last { ticket: frame.ticket, block: 0 };
        }
        let mut rest = &self.bytes[self.place..];
        let event = format::decode(&mut rest, &mut self.last);
        self.place = self.bytes.len() - rest.len();
        event
    }
}

/// Returns the frames from an offset on, and whether the end mark is missing.
fn frames(trace: &Unchecked<'_>, mut place: u64) -> Result<(Vec<Frame>, bool), TraceError> {
    let mut frames = Vec::new();
    // A frame that was not completely written is left out.
    while let Some(head) = trace.read(place..place + FRAME as u64)? {
        let number = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let ticket = u64::from(number(16)) | u64::from(number(20)) << 32;
        let numbers =
            FrameNumbers { mark: number(0), thread: number(4), length: number(8), operations: number(12), ticket };
        let is_end = numbers.mark == END_MARK;
        if !is_end && numbers.mark != FRAME_MARK {
            return Err(trace.damaged("a frame", place));
        }
        let begin = place + FRAME as u64;
        let end = begin + u64::from(numbers.length);
        let Some(operations) = trace.read(begin..end)? else { break };
        if format::frame(&numbers, &operations) != *head {
            return Err(trace.damaged(if is_end { "the end mark" } else { "a frame" }, place));
        }
        if is_end {
            return Ok((frames, false));
        }
        let (mut rest, mut last, mut count) = (&*operations, Last { ticket, block: 0 }, 0);
        while format::decode(&mut rest, &mut last).is_some() {
            count += 1;
        }
        if !rest.is_empty() || count != numbers.operations {
            return Err(trace.damaged("the operations of a frame", place));
        }
        place = end;
        frames.push(Frame { thread: numbers.thread, operations: begin..end, ticket });
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
        let (source, length) = (Source::Memory(bytes.to_vec()), bytes.len() as u64);
        Trace::parse(Unchecked { path: Path::new("x.trace"), source, length })
    }

    #[test]
    fn a_whole_trace_is_read() {
        let trace = read(&made::bytes(&[(0, events(5)), (3, events(2))], 250_000, true)).expect("a trace");
        assert_eq!(
            (trace.program.as_str(), trace.clock_cost_ns, trace.ended_early),
            ("/usr/bin/example", 250.0, false)
        );
        let threads: Vec<(u32, Vec<Event>)> =
            trace.by_thread().into_iter().map(|(thread, events)| (thread, events.collect())).collect();
        assert_eq!(threads, [(0, events(5)), (3, events(2))]);
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
                    seen.insert(trace.by_thread().into_iter().map(|(_, events)| events.count()).sum::<usize>());
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
    fn a_trace_of_any_length_is_read() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("x.trace");
        let whole = made::bytes(&[(0, events(5)), (3, events(2)), (0, events(4))], 0, true);
        std::fs::write(&path, &whole).expect("a file");
        let in_memory = Trace::read(&path).expect("a trace");
        let from_file = Trace::read_with(&path, 10).expect("a trace");
        assert!(matches!((&in_memory.source, &from_file.source), (Source::Memory(_), Source::File(_))));
        assert!(!from_file.ended_early);
        assert_eq!(from_file.by_frame().collect::<Vec<_>>(), in_memory.by_frame().collect::<Vec<_>>());
        assert_eq!(from_file.summary(), in_memory.summary());
        // What follows is of another length.
        std::fs::write(&path, &whole[..whole.len() - 1]).expect("a file");
        let cut = Trace::read_with(&path, 10).expect("a trace");
        assert!(cut.ended_early);
        assert_eq!(cut.summary().operations, in_memory.summary().operations);
        std::fs::write(&path, &whole[..HEADER + 3]).expect("a file");
        let refusal = Trace::read_with(&path, 10).expect_err("refused").to_string();
        assert!(refusal.contains("was truncated"), "{refusal}");
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
