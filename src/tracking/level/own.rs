//! Trackers of other crates as levels: `own:NAME`, and `own-off:NAME` for a tracker that is installed but never
//! started.

use super::RecordingKind;
use super::row::{PLAIN, Properties};
use crate::tracking::references::Host;
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::sync::{Mutex, OnceLock, PoisonError};

/// The prefixes of the names, for trackers that are on and off.
const PREFIXES: [(&str, bool); 2] = [("own:", true), ("own-off:", false)];

/// A tracker of another crate, identified by its name.
#[derive(Clone, Copy, Debug)]
pub struct OwnTracker {
    row: &'static Properties,
    is_on: bool,
}

/// The trackers that were named in this process.
static NAMED: Mutex<Vec<OwnTracker>> = Mutex::new(Vec::new());
/// The name of this program's tracker.
static INSTALLED: OnceLock<&'static str> = OnceLock::new();

/// Sets the tracker of this program. Call this when the program starts.
pub(crate) fn set_installed(name: &'static str) {
    // A program has one allocator.
    let _ = INSTALLED.set(name);
}

/// Returns whether a name is valid for a tracker.
pub(crate) fn is_a_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter))
}

impl OwnTracker {
    /// Returns the tracker of a name, on or off.
    pub(crate) fn new(name: &str, is_on: bool) -> Option<Self> {
        let prefix = PREFIXES.iter().find(|(_, on)| *on == is_on)?.0;
        Self::parse(&format!("{prefix}{name}"))
    }

    /// Returns the tracker of a level's name.
    pub(super) fn parse(level: &str) -> Option<Self> {
        let (_, is_on) = *PREFIXES.iter().find(|(prefix, _)| level.strip_prefix(prefix).is_some_and(is_a_name))?;
        let mut named = NAMED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = named.iter().find(|known| known.row.name == level) {
            return Some(*known);
        }
        // Levels are copied everywhere, so the name lives as long as the program. A run has only a few.
        let name: &'static str = Box::leak(level.to_owned().into_boxed_str());
        let (about, records) = if is_on {
            ("a tracker of another crate", RecordingKind::Events)
        } else {
            ("the same tracker, installed and never started", RecordingKind::Nothing)
        };
        let row = Properties { name, about, records, host: Host::Program(name), ..PLAIN };
        named.push(Self { row: Box::leak(Box::new(row)), is_on });
        named.last().copied()
    }

    /// Returns the name, without its prefix.
    pub(crate) fn name(self) -> &'static str {
        self.row.name.split_once(':').map_or(self.row.name, |(_, name)| name)
    }

    /// Returns whether the tracker records.
    pub(crate) const fn is_on(self) -> bool {
        self.is_on
    }

    /// Returns whether the tracker is this program's.
    pub(super) fn is_installed(self) -> bool {
        INSTALLED.get().is_some_and(|name| *name == self.name())
    }

    pub(super) const fn properties(self) -> &'static Properties {
        self.row
    }
}

impl PartialEq for OwnTracker {
    fn eq(&self, other: &Self) -> bool {
        self.row.name == other.row.name
    }
}

impl Eq for OwnTracker {}

impl Hash for OwnTracker {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.row.name.hash(state);
    }
}

/// Sorts by name, and each tracker before itself switched off.
impl Ord for OwnTracker {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.name(), !self.is_on).cmp(&(other.name(), !other.is_on))
    }
}

impl PartialOrd for OwnTracker {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracking::Level;

    #[test]
    fn a_tracker_is_known_by_its_name() {
        let level = |name: &str| Level::try_from(name.to_owned());
        let (on, off) = (level("own:count").expect("a level"), level("own-off:count").expect("a level"));
        assert_eq!((on.to_string(), off.to_string()), ("own:count".to_owned(), "own-off:count".to_owned()));
        assert_eq!(level("own:count"), Ok(on));
        assert_eq!([on, off].map(|level| level.host()), [Host::Program("own:count"), Host::Program("own-off:count")]);
        assert!(on < off && off < level("own:other").expect("a level") && Level::Heaptrack < on);
        assert!(on.has_fidelity() && !off.has_fidelity());
        for wrong in ["own:", "own:a b", "own-off:", "own:a/b"] {
            assert!(level(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_program_without_the_tracker_refuses_its_name() {
        let error = "own:count".parse::<Level>().expect_err("it is not here").to_string();
        assert!(error.contains("trackers --tracker"), "{error}");
    }
}
