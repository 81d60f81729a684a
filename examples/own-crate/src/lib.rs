//! A small parser of settings, with `key = value` in each line, and a cache that keeps the last entries.

use std::collections::{BTreeMap, VecDeque};

/// Parses settings. Lines without `=` are ignored.
pub fn parse(text: &str) -> BTreeMap<String, String> {
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    pairs.map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned())).collect()
}

/// A cache that keeps the last entries.
#[derive(Debug, Default)]
pub struct Cache {
    entries: VecDeque<Box<[u8]>>,
}

impl Cache {
    /// Keeps an entry. If there are more than `limit` entries, the oldest is dropped.
    pub fn keep(&mut self, entry: Box<[u8]>, limit: usize) {
        self.entries.push_back(entry);
        if self.entries.len() > limit {
            self.entries.pop_front();
        }
    }

    /// Returns the bytes of all entries.
    pub fn bytes(&self) -> usize {
        self.entries.iter().map(|entry| entry.len()).sum()
    }
}
