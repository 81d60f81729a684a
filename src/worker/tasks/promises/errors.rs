//! Promises on memory errors: use after free, double free, and overflow.
//!
//! The errors are events that are passed to memscope's detectors. No freed memory is really used: addresses and sizes
//! are made up, and memscope does not read that memory.

use super::facts::Facts;
use crate::tracking::memscope::{DOUBLE_FREES, ErrorDetector, HeapEvent, OVERFLOWS, USES_AFTER_FREE};
use crate::worker::task::TaskError;
use HeapEvent::{Accessed, Allocated, Freed};

/// Bytes of each block.
const SIZE: usize = 256;

/// The number of blocks with an error, and of blocks without.
const EACH: usize = 3;

/// Returns the address of a block.
const fn address(block: usize) -> usize {
    0x5000_0000 + block * 0x1000
}

/// Reads three blocks after they were freed, and three before.
pub(super) fn use_after_free() -> Result<Facts, TaskError> {
    run(USES_AFTER_FREE, read_late)
}

fn read_late(block: usize, is_wrong: bool) -> Vec<HeapEvent> {
    let [allocated, freed, accessed] = life(block, SIZE);
    if is_wrong { vec![allocated, freed, accessed] } else { vec![allocated, accessed, freed] }
}

/// Frees three blocks twice, and three others once in each of two lives at one address.
pub(super) fn double_free() -> Result<Facts, TaskError> {
    run(DOUBLE_FREES, free_twice)
}

fn free_twice(block: usize, is_wrong: bool) -> Vec<HeapEvent> {
    let [allocated, freed, _] = life(block, SIZE);
    if is_wrong { vec![allocated, freed, freed] } else { vec![allocated, freed, allocated, freed] }
}

/// Reads beyond the end of three blocks, and three others to their ends.
pub(super) fn overflow() -> Result<Facts, TaskError> {
    run(OVERFLOWS, read_far)
}

fn read_far(block: usize, is_wrong: bool) -> Vec<HeapEvent> {
    let [allocated, _, accessed] = life(block, if is_wrong { SIZE + 16 } else { SIZE });
    vec![allocated, accessed]
}

/// Returns the events of a block, of which this many bytes are read.
const fn life(block: usize, read: usize) -> [HeapEvent; 3] {
    let address = address(block);
    [Allocated { address, size: SIZE }, Freed { address, size: SIZE }, Accessed { address, size: read }]
}

/// Passes the events of all blocks to a detector.
fn run(detector: ErrorDetector, events: fn(usize, bool) -> Vec<HeapEvent>) -> Result<Facts, TaskError> {
    let detect = detector.map_err(TaskError::Unsupported)?;
    Ok(judge(&detect(&all(events))))
}

/// Returns the events of all blocks: the even ones have the error.
fn all(events: fn(usize, bool) -> Vec<HeapEvent>) -> Vec<HeapEvent> {
    (0..2 * EACH).flat_map(|block| events(block, block % 2 == 0)).collect()
}

fn judge(found: &[usize]) -> Facts {
    let fact = |block: usize| format!("block {block} has the error");
    let mut blocks: Vec<Option<usize>> =
        found.iter().map(|found| (0..2 * EACH).find(|&block| address(block) == *found)).collect();
    // An error that is reported in two ways counts once.
    blocks.sort_unstable();
    blocks.dedup();
    let reported = blocks.into_iter().map(|block| block.map_or_else(|| "an address of no block".to_owned(), fact));
    Facts { expected: (0..2 * EACH).step_by(2).map(fact).collect(), reported: reported.collect() }
}

#[cfg(test)]
mod tests {
    use super::super::facts::tests::notices_every_mutation;
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_wrong_error_is_noticed() {
        let right: Vec<usize> = (0..2 * EACH).step_by(2).map(address).collect();
        notices_every_mutation(judge, &right, &address(1), &[|found| *found += 1, |found| *found += 0x1000]);
    }

    /// A block after its events: whether it is live, and its bytes.
    type Block = (bool, usize);

    /// Follows each block's life, and returns the addresses of events that are errors.
    fn followed(events: &[HeapEvent], is_error: fn(&HeapEvent, Block) -> bool) -> Vec<usize> {
        let mut blocks = BTreeMap::<usize, Block>::new();
        let mut found = Vec::new();
        for event in events {
            let (Allocated { address, size } | Freed { address, size } | Accessed { address, size }) = *event;
            let block = blocks.entry(address).or_default();
            if is_error(event, *block) {
                found.push(address);
            }
            match event {
                Allocated { .. } => *block = (true, size),
                Freed { .. } => block.0 = false,
                Accessed { .. } => {}
            }
        }
        found
    }

    #[test]
    fn a_detector_that_is_right_finds_the_planted_errors() {
        let is_perfect = |planted, is_error| judge(&followed(&all(planted), is_error)).compare().is_perfect();
        assert!(is_perfect(read_late, |event, (is_live, _)| matches!(event, Accessed { .. }) && !is_live));
        assert!(is_perfect(free_twice, |event, (is_live, _)| matches!(event, Freed { .. }) && !is_live));
        assert!(is_perfect(read_far, |event, (_, bytes)| matches!(event, Accessed { size, .. } if *size > bytes)));
        assert!(!is_perfect(read_late, |event, _| matches!(event, Accessed { .. })), "half of them are right");
    }
}
