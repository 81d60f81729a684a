//! A word count: texts are counted on all threads with rayon, and the counts are merged.

use super::text::push_words;
use crate::workloads::{Context, Digest, Map, Scale, Tracker};
use rayon::prelude::*;

/// The number of words of a text, and the bytes reserved for them.
const WORDS: usize = 4_000;
const BYTES: usize = 32 * 1_024;

/// At scale 1, 1,600 texts of 4,000 words. Words are slices of their text, which stays until the counts are merged.
pub(super) fn wordcount<T: Tracker>(tracker: &T, scale: Scale) -> Digest {
    let mut context = Context::new(tracker);
    let texts: Vec<String> = (0..scale.count(1_600) as usize)
        .into_par_iter()
        .map(|number| {
            let mut text = String::with_capacity(BYTES);
            push_words(&mut text, WORDS, &mut scale.task_rng(107, number as u64));
            text
        })
        .collect();
    context.track("texts", &texts);
    context.checkpoint("all texts alive");

    let counted: Vec<Map<&str, u64>> = texts.par_iter().map(|text| count(text)).collect();
    let mut all: Box<Map<&str, u64>> = Box::default();
    for (word, times) in counted.into_iter().flatten() {
        *all.entry(word).or_default() += times;
    }
    context.track("counts", &all);
    let mut frequent: Vec<(u64, &str)> = all.iter().map(|(word, times)| (*times, *word)).collect();
    frequent.sort_unstable();
    for (times, word) in frequent.iter().rev().take(100) {
        context.record(*times);
        context.record(word.bytes().fold(0, |sum, byte| sum.rotate_left(5) ^ u64::from(byte)));
    }
    context.record(frequent.len() as u64);
    context.digest()
}

/// Counts the words of one text.
fn count(text: &str) -> Map<&str, u64> {
    let mut words: Map<&str, u64> = Map::default();
    for word in text.split_whitespace() {
        *words.entry(word).or_default() += 1;
    }
    words
}
