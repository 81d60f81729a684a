//! What a level takes note of: a sampler is not to be taken for a recorder, nor a counter for either.

use super::Level;
use std::fmt;

/// What a level takes note of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordingKind {
    /// Nothing: the program runs by itself.
    Nothing,
    /// How many events there were and of how many bytes, and no more.
    Counts,
    /// The values that the program names to it.
    Names,
    /// Each event by itself.
    Events,
    /// Some events, by chance: many of them are never seen.
    Samples,
}

impl fmt::Display for RecordingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Nothing => "nothing",
            Self::Counts => "counts",
            Self::Names => "records named values",
            Self::Events => "records each event",
            Self::Samples => "samples",
        })
    }
}

impl Level {
    /// What the level takes note of.
    pub const fn kind(self) -> RecordingKind {
        match self {
            Self::Untracked | Self::Synthetic(_) => RecordingKind::Nothing,
            Self::Counting => RecordingKind::Counts,
            Self::Variables => RecordingKind::Names,
            Self::Allocator | Self::Full => RecordingKind::Events,
            Self::Reference(reference) => reference.kind(),
        }
    }
}
