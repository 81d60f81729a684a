//! Promises on the hook's blocks: the live blocks with their sizes, the totals, and the peak.

use super::facts::Facts;
use super::planted::{Block, block_of, failed, prepare};
use crate::tracking::memscope::{self, Listed};
use crate::tracking::{Level, Recorded};
use crate::worker::task::TaskError;
use std::hint::black_box;

/// Keeps every other one of sixteen blocks of different sizes.
pub(super) fn live() -> Result<Facts, TaskError> {
    let ask = memscope::BLOCKS.map_err(TaskError::Unsupported)?;
    let session = prepare(Level::Allocator)?;
    let mut kept: Vec<Vec<u8>> = Vec::with_capacity(8);
    session.window(|| {
        for number in 0..16 {
            let block = black_box(vec![1_u8; 24 + 8 * number]);
            if number % 2 == 0 {
                kept.push(block);
            }
        }
    });
    let truth: Vec<Block> =
        kept.iter().enumerate().map(|(number, block)| Block::of(format!("block {number}"), block)).collect();
    Ok(ask().map_or_else(
        |why| Facts { reported: vec![failed(&why)], ..judge_live(&truth, &[]) },
        |listed| judge_live(&truth, &listed),
    ))
}

fn judge_live(truth: &[Block], listed: &[Listed]) -> Facts {
    let fact = |label: &str, size: u64| format!("{label} is live with {size} B");
    let reported = listed.iter().map(|entry| match block_of(truth, entry) {
        Some(block) if block.addresses.start == entry.address => fact(&block.label, entry.size),
        Some(block) => format!("a block of {} B begins within {}", entry.size, block.label),
        None => fact("a block that was freed", entry.size),
    });
    Facts {
        expected: truth.iter().map(|block| fact(&block.label, block.size())).collect(),
        reported: reported.collect(),
    }
}

/// The sizes of the blocks of [`totals`].
const SIZES: [usize; 4] = [1 << 20, 3 << 18, 1 << 16, 5 << 10];

/// Allocates four blocks; the first and the second are freed before the last is allocated.
fn make_totals() -> Result<Recorded, TaskError> {
    let session = prepare(Level::Allocator)?;
    let mut kept: Vec<Vec<u8>> = Vec::with_capacity(SIZES.len());
    session.window(|| {
        for size in &SIZES[..3] {
            kept.push(black_box(Vec::with_capacity(*size)));
        }
        kept.drain(..2).for_each(drop);
        kept.push(black_box(Vec::with_capacity(SIZES[3])));
    });
    let recorded = session.recorded();
    drop(kept);
    Ok(recorded)
}

/// Counts allocations, frees and bytes.
pub(super) fn totals() -> Result<Facts, TaskError> {
    Ok(judge_totals(&make_totals()?))
}

fn judge_totals(recorded: &Recorded) -> Facts {
    let bytes = SIZES.iter().sum::<usize>() as u64;
    let facts = |allocations: Option<u64>, frees: Option<u64>, bytes: Option<u64>| {
        let numbers = [(allocations, "allocations"), (frees, "frees"), (bytes, "bytes allocated")];
        numbers.into_iter().filter_map(|(number, what)| Some(format!("{} {what}", number?))).collect()
    };
    Facts {
        expected: facts(Some(4), Some(2), Some(bytes)),
        reported: facts(recorded.allocations, recorded.deallocations, recorded.allocated_bytes),
    }
}

/// Finds the peak of memory in use, and the memory in use at the end.
pub(super) fn peak() -> Result<Facts, TaskError> {
    let recorded = make_totals()?;
    if recorded.peak_bytes.is_none() {
        return Err(TaskError::Unsupported("this version has no peak of what its hook sees"));
    }
    Ok(judge_peak(&recorded))
}

fn judge_peak(recorded: &Recorded) -> Facts {
    let facts = |peak: Option<u64>, live: Option<u64>, blocks: Option<u64>| {
        let numbers = [(peak, "bytes at the peak"), (live, "bytes in the end"), (blocks, "blocks in the end")];
        numbers.into_iter().filter_map(|(number, what)| Some(format!("{} {what}", number?))).collect()
    };
    Facts {
        expected: facts(
            Some(SIZES[..3].iter().sum::<usize>() as u64),
            Some(SIZES[2..].iter().sum::<usize>() as u64),
            Some(2),
        ),
        reported: facts(recorded.peak_bytes, recorded.active_bytes, recorded.active_allocations),
    }
}

#[cfg(test)]
mod tests {
    use super::super::facts::tests::notices_every_mutation;
    use super::*;

    #[test]
    fn a_wrong_list_of_live_blocks_is_noticed() {
        let truth: Vec<Block> = (0..4)
            .map(|number| Block { label: format!("block {number}"), addresses: number * 100..number * 100 + 40 })
            .collect();
        let listed = |block: &Block| Listed { address: block.addresses.start, size: block.size(), ..Listed::default() };
        let right: Vec<Listed> = truth.iter().map(listed).collect();
        let freed = Listed { address: 1_000, size: 40, ..Listed::default() };
        notices_every_mutation(
            |report| judge_live(&truth, report),
            &right,
            &freed,
            &[|entry| entry.size += 1, |entry| entry.address += 8, |entry| entry.address += 50],
        );
        notices_every_mutation(|report| judge_live(&truth, report), &right, &right[0], &[]);
    }

    #[test]
    fn wrong_totals_are_noticed() {
        let right = Recorded {
            allocations: Some(4),
            deallocations: Some(2),
            allocated_bytes: Some(SIZES.iter().sum::<usize>() as u64),
            peak_bytes: Some(1_900_544),
            active_bytes: Some(70_656),
            active_allocations: Some(2),
            variables: None,
        };
        assert!(judge_totals(&right).compare().is_perfect());
        assert!(judge_peak(&right).compare().is_perfect());
        let mutations: [fn(&mut Recorded); 4] = [
            |recorded| recorded.allocations = Some(5),
            |recorded| recorded.deallocations = None,
            |recorded| recorded.deallocations = Some(4),
            |recorded| recorded.allocated_bytes = recorded.allocated_bytes.map(|bytes| bytes + 1),
        ];
        for mutate in mutations {
            let mut wrong = right;
            mutate(&mut wrong);
            assert!(!judge_totals(&wrong).compare().is_perfect(), "{wrong:?}");
        }
        let mutations: [fn(&mut Recorded); 4] = [
            |recorded| recorded.peak_bytes = recorded.peak_bytes.map(|bytes| bytes - 1),
            |recorded| recorded.active_bytes = Some(0),
            |recorded| recorded.active_bytes = None,
            |recorded| recorded.active_allocations = Some(4),
        ];
        for mutate in mutations {
            let mut wrong = right;
            mutate(&mut wrong);
            assert!(!judge_peak(&wrong).compare().is_perfect(), "{wrong:?}");
        }
    }
}
