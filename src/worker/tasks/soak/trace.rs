//! The trace of a soak: its checkpoints, as the process writes them and the parent reads them.

use crate::tracking::Recorded;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// The figures at one checkpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Events before it.
    pub events: u64,
    /// Bytes of the program's live blocks.
    pub live_bytes: u64,
    /// CPU time of an event, in nanoseconds: the median over parts of a stretch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_ns: Option<f64>,
    /// Times of single calls; `None` if there were too few.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<Calls>,
    /// Resident memory of the process, in bytes; `None` if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resident_bytes: Option<u64>,
    /// Bytes that the tracker keeps, if they were counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_bytes: Option<u64>,
    /// A query of the tracker's statistics, if it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<Query>,
}

/// Times of single calls: allocations with their names, and frees, with the cost of reading the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calls {
    /// The number of calls.
    pub calls: u64,
    /// The median time, in nanoseconds.
    pub p50_ns: u64,
    /// The time that one in a thousand exceeds, in nanoseconds.
    pub p999_ns: u64,
    /// The maximum time, in nanoseconds.
    pub max_ns: u64,
}

/// A query of the tracker's statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query {
    /// Its wall time, in nanoseconds.
    pub ns: u64,
    /// Its answer.
    pub recorded: Recorded,
}

/// The reason why a soak ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stop {
    /// All events were made.
    Events,
    /// Its time was up.
    Time,
    /// Its memory reached the limit.
    Memory,
}

/// The end of a soak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// All events, without the last frees.
    pub events: u64,
    /// The reason.
    pub stopped: Stop,
    /// Blocks that were still live when memory was read: 0, unless freeing them took too long.
    pub live: usize,
    /// Resident memory of the process after everything was freed, in bytes; `None` if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resident_bytes: Option<u64>,
    /// Bytes that the tracker keeps after everything was freed, if they were counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_bytes: Option<u64>,
}

/// The checkpoints and the end of a process.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// The checkpoints, in order.
    pub checkpoints: Vec<Checkpoint>,
    /// The end; `None` if the process did not reach it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<End>,
}

/// A line of the file.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Line {
    /// A checkpoint, without its query, which may hang.
    Checkpoint(Checkpoint),
    /// The query of the previous checkpoint.
    Query(Query),
    /// The end.
    End(End),
}

/// Writes lines.
pub(super) struct Writer(pub(super) File);

impl Writer {
    /// Writes a line at once.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn write(&mut self, line: &Line) -> io::Result<()> {
        let text = serde_json::to_string(line)? + "\n";
        self.0.write_all(text.as_bytes())
    }
}

impl Trace {
    /// Reads the lines of a process. A line that is cut off or invalid ends the trace. The trace is empty if the file
    /// does not exist.
    pub fn read(path: &Path) -> Self {
        Self::parse(&fs::read_to_string(path).unwrap_or_default())
    }

    fn parse(text: &str) -> Self {
        let mut trace = Self::default();
        for line in text.lines().map_while(|line| serde_json::from_str(line).ok()) {
            match line {
                Line::Checkpoint(checkpoint) => trace.checkpoints.push(checkpoint),
                Line::Query(query) => {
                    if let Some(last) = trace.checkpoints.last_mut() {
                        last.query = Some(query);
                    }
                }
                Line::End(end) => trace.end = Some(end),
            }
        }
        trace
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> [Line; 4] {
        let calls = Some(Calls { calls: 2_000, p50_ns: 100, p999_ns: 900, max_ns: 5_000 });
        let first = Checkpoint {
            events: 10_000,
            live_bytes: 2_300_000,
            event_ns: Some(312.5),
            calls,
            resident_bytes: Some(1 << 20),
            kept_bytes: None,
            query: None,
        };
        let query = Query { ns: 250, recorded: Recorded { allocations: Some(5_500), ..Recorded::default() } };
        let second = Checkpoint { events: 14_678, ..first };
        let end = End { events: 18_678, stopped: Stop::Time, live: 0, resident_bytes: Some(7), kept_bytes: None };
        [Line::Checkpoint(first), Line::Query(query), Line::Checkpoint(second), Line::End(end)]
    }

    #[test]
    fn a_trace_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("trace");
        let mut writer = Writer(File::create(&path).expect("a file"));
        lines().iter().for_each(|line| writer.write(line).expect("it can be written"));
        let trace = Trace::read(&path);
        let [Line::Checkpoint(first), Line::Query(query), Line::Checkpoint(second), Line::End(end)] = lines() else {
            unreachable!("the lines have this order")
        };
        assert_eq!(trace.checkpoints, [Checkpoint { query: Some(query), ..first }, second]);
        assert_eq!(trace.end, Some(end));
        assert_eq!(Trace::read(&folder.path().join("none")), Trace::default());
    }

    #[test]
    fn a_line_that_was_cut_short_ends_the_trace() {
        let [first, ..] = lines().map(|line| serde_json::to_string(&line).expect("plain data"));
        let trace = Trace::parse(&format!("{first}\n{}", &first[..first.len() / 2]));
        assert_eq!((trace.checkpoints.len(), trace.end), (1, None));
        assert_eq!(Trace::parse(""), Trace::default());
    }
}
