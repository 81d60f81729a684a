//! The parts that planted programs share: the window, and planted blocks with their labels.

use crate::tracking::memscope::{Listed, NO_NAMES, ONE_TRACKER};
use crate::tracking::{Level, Session};
use crate::worker::probe::check_switch;
use crate::worker::task::TaskError;
use std::ops::Range;

/// A planted block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// Its name in facts.
    pub label: String,
    /// Its addresses.
    pub addresses: Range<usize>,
}

impl Block {
    /// Describes the buffer of a vector.
    pub(super) fn of<T>(label: impl Into<String>, buffer: &Vec<T>) -> Self {
        let begin = buffer.as_ptr().addr();
        let bytes = buffer.capacity() * size_of::<T>();
        Self { label: label.into(), addresses: begin..begin + bytes }
    }

    /// Returns its bytes.
    pub(super) fn size(&self) -> u64 {
        self.addresses.len() as u64
    }
}

/// Returns the planted block that matches a listed one.
pub(super) fn block_of<'b>(blocks: &'b [Block], listed: &Listed) -> Option<&'b Block> {
    blocks.iter().find(|block| block.addresses.contains(&listed.address))
}

/// Prepares a level with the harness's counters on, which hide the harness's own memory from the tracker.
pub(super) fn prepare(level: Level) -> Result<Session, TaskError> {
    check_switch()?;
    Ok(Session::prepare(level, true))
}

/// Returns the level at which the linked version names values: without its hook, if that is how it is used. A version
/// with one tracker learns from the hook where a value's block is, and when it ends.
///
/// # Errors
/// If it cannot name values.
pub(super) fn named_level() -> Result<Level, TaskError> {
    match NO_NAMES {
        Some(why) => Err(TaskError::Unsupported(why)),
        None if ONE_TRACKER || Level::Variables.unsupported_reason().is_some() => Ok(Level::Full),
        None => Ok(Level::Variables),
    }
}

/// Returns the answer of a call, or the single fact that it failed, because a failed report contains nothing right.
pub(super) fn answered<T>(answer: Result<Vec<T>, String>, fact: impl FnOnce(&[T]) -> Vec<String>) -> Vec<String> {
    match answer {
        Ok(listed) => fact(&listed),
        Err(why) => vec![failed(&why)],
    }
}

/// Returns the fact that a call failed.
pub(super) fn failed(why: &str) -> String {
    format!("an error: {}", why.lines().next().unwrap_or_default())
}
