//! Trackers of other crates in a run: their descriptions and build figures.

use crate::report::document::{Table, left, right};
use crate::report::number;
use crate::tracking::{Level, RecordingKind};
use serde::{Deserialize, Serialize};

/// A tracker of another crate. Its measurements are those of the levels `own:NAME` and `own-off:NAME`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OwnTracker {
    /// Its name.
    pub name: String,
    /// Its description in a few words.
    pub about: String,
    /// The kind of record that it keeps.
    pub records: RecordingKind,
    /// The number of crates, including its own and all dependencies; `None` if unknown.
    pub crates: Option<u64>,
    /// The time of a clean build of these crates, in seconds; `None` if unknown.
    pub compile_seconds: Option<f64>,
    /// The size of its program, in bytes.
    pub program_bytes: u64,
    /// The size of the same program without it, in bytes; `None` if unknown.
    pub plain_bytes: Option<u64>,
}

impl OwnTracker {
    /// Returns the name of its level.
    fn level(&self) -> String {
        format!("own:{}", self.name)
    }

    /// Returns whether a level is this tracker while it is on.
    pub(super) fn is_at(&self, level: Level) -> bool {
        level.to_string() == self.level()
    }
}

/// The definition of the table's columns.
pub(super) const NOTE: &str = "Trackers of other crates: crates counts the tracker's library and its dependencies; \
                               compile time is that of a clean, optimised build of all of them; program is the size of \
                               its program, with the increase over the same program without it in brackets. `own-off` \
                               is the tracker installed as the program's allocator and never started.";

/// Returns a row for each tracker of another crate.
pub(super) fn table(trackers: &[OwnTracker]) -> Table {
    let mut table = Table::new([left("tracker"), right("crates"), right("compile time"), right("program")]);
    for tracker in trackers {
        let unknown = || "unknown".to_owned();
        let added = tracker.plain_bytes.map(|plain| tracker.program_bytes as f64 - plain as f64);
        let added = added.map(|bytes| {
            let sign = if bytes < 0.0 { '−' } else { '+' };
            format!(" ({sign}{})", number::bytes(bytes.abs()))
        });
        table.row([
            tracker.level(),
            tracker.crates.map_or_else(unknown, |crates| crates.to_string()),
            tracker.compile_seconds.map_or_else(unknown, |seconds| number::time(seconds * 1e9)),
            format!("{}{}", number::bytes(tracker.program_bytes as f64), added.unwrap_or_default()),
        ]);
    }
    table
}
