//! Tests of blocks: their content, their alignment, and failed allocations.

use super::counts::compare;
use super::raw::Block;
use super::{Passed, Subject, Unmet, expect};
use crate::tracking::Recorded;
use std::alloc::Layout;

/// Sizes of all classes: a few bytes, around the limits of a page, and large blocks that are mapped separately.
const SIZES: [usize; 12] = [1, 7, 16, 24, 100, 333, 1_000, 4_095, 4_096, 20_000, 140_000, 1 << 20];

/// The alignment of blocks whose alignment is not tested.
const USUAL: usize = 8;

pub(super) fn layout(size: usize) -> Layout {
    Layout::from_size_align(size, USUAL).expect("a valid size")
}

fn null(size: usize) -> Unmet {
    Unmet::new(format!("a block of {size} B"), "null")
}

/// Returns the offset of the first wrong byte.
pub(super) fn first_wrong(block: &[u8], byte: u8) -> Option<usize> {
    const PART: usize = 4_096;
    let right = [byte; PART];
    // Slices are compared as a whole, which is fast in an unoptimised program too.
    let part = block.chunks(PART).position(|part| *part != right[..part.len()])?;
    let wrong = block[part * PART..].iter().position(|found| *found != byte);
    wrong.map(|place| part * PART + place)
}

/// Runs a test within the window.
pub(super) fn within(subject: &dyn Subject, test: impl FnOnce() -> Result<(), Unmet>) -> Result<Passed, Unmet> {
    let (mut test, mut result) = (Some(test), Ok(()));
    subject.window(&mut || {
        if let Some(test) = test.take() {
            result = test();
        }
    });
    result.map(|()| Passed::Wholly)
}

/// Fills and frees blocks of each size, and requests zeroed ones.
pub(super) fn zeroed(subject: &dyn Subject) -> Result<Passed, Unmet> {
    const AT_ONCE: usize = 8;
    within(subject, || {
        for size in SIZES {
            for _ in 0..2 {
                let used: [Option<Block>; AT_ONCE] = std::array::from_fn(|_| Block::filled(layout(size), 0xa5));
                drop(used);
                let blocks: [Option<Block>; AT_ONCE] = std::array::from_fn(|_| Block::zeroed(layout(size)));
                for block in &blocks {
                    let block = block.as_ref().ok_or_else(|| null(size))?;
                    if let Some(place) = first_wrong(block.bytes(), 0) {
                        let found = format!("{:#04x} at byte {place}", block.bytes()[place]);
                        return Err(Unmet::new(format!("{size} B of zeros"), found));
                    }
                }
            }
        }
        Ok(())
    })
}

/// Resizes blocks through all sizes: up, down and alternating.
pub(super) fn realloc(subject: &dyn Subject) -> Result<Passed, Unmet> {
    within(subject, || {
        let ways = [SIZES.to_vec(), SIZES.iter().rev().copied().collect(), vec![24, 20_000, 333, 1 << 20, 100, 4_096]];
        for way in ways {
            let mut block = Block::filled(layout(way[0]), 0).ok_or_else(|| null(way[0]))?;
            for (step, &size) in way.iter().enumerate().skip(1) {
                let old: Vec<u8> = block.bytes().to_vec();
                expect(block.resize(size, step as u8), || null(size))?;
                let kept = old.len().min(size);
                expect(block.bytes()[..kept] == old[..kept], || {
                    let expected = format!("a block resized from {} B to {size} B that keeps its content", old.len());
                    let place = (0..kept).find(|&place| block.bytes()[place] != old[place]).unwrap_or(0);
                    Unmet::new(expected, format!("another byte at {place}"))
                })?;
            }
        }
        Ok(())
    })
}

/// Allocates, zeroes and resizes blocks of each alignment.
pub(super) fn alignment(subject: &dyn Subject) -> Result<Passed, Unmet> {
    within(subject, || {
        for power in (0..=12).chain([16]) {
            let align = 1_usize << power;
            for size in [1, 24, 100, 5_000] {
                let layout = Layout::from_size_align(size, align).expect("a valid size");
                let block = Block::filled(layout, 1).ok_or_else(|| null(size))?;
                aligned("a block", &block, align)?;
                let zeroed = Block::zeroed(layout).ok_or_else(|| null(size))?;
                aligned("a zeroed block", &zeroed, align)?;
                for mut block in [block, zeroed] {
                    for new in [3 * size, 40_000, size.div_ceil(2)] {
                        expect(block.resize(new, 2), || null(new))?;
                        aligned("a resized block", &block, align)?;
                    }
                }
            }
        }
        Ok(())
    })
}

fn aligned(what: &str, block: &Block, align: usize) -> Result<(), Unmet> {
    let by = block.misaligned_by();
    let size = block.bytes().len();
    expect(by == 0, || Unmet::new(format!("{what} of {size} B aligned to {align}"), format!("off by {by}")))
}

/// Fills each of many blocks to its last byte with a different number, and reads all of them again.
pub(super) fn apart(subject: &dyn Subject) -> Result<Passed, Unmet> {
    const SIZES: [usize; 10] = [1, 3, 16, 40, 200, 775, 1_500, 4_096, 30_000, 300_000];
    const EACH: usize = 20;
    let mut blocks: Vec<(u8, Block)> = Vec::with_capacity(SIZES.len() * EACH);
    within(subject, || {
        for number in 0..SIZES.len() * EACH {
            let size = SIZES[number % SIZES.len()];
            let byte = number as u8;
            blocks.push((byte, Block::filled(layout(size), byte).ok_or_else(|| null(size))?));
        }
        for (byte, block) in &blocks {
            if let Some(place) = first_wrong(block.bytes(), *byte) {
                let size = block.bytes().len();
                let found = format!("what another block wrote at byte {place}");
                return Err(Unmet::new(format!("a block of {size} B that keeps its content"), found));
            }
        }
        Ok(())
    })
}

/// Requests a block as large as the address space, in each of the three ways.
pub(super) fn out_of_memory(subject: &dyn Subject) -> Result<Passed, Unmet> {
    const HUGE: usize = isize::MAX as usize - 4_096;
    const SMALL: usize = 64;
    let mut kept = Block::filled(layout(SMALL), 7).ok_or_else(|| null(SMALL))?;
    let before = subject.counts();
    within(subject, || {
        let refused = |what: &str| Unmet::new(format!("null for {what} of {HUGE} B"), "an address");
        expect(!Block::can_be_had(layout(HUGE)), || refused("a block"))?;
        expect(Block::zeroed(layout(HUGE)).is_none(), || refused("a zeroed block"))?;
        expect(!kept.resize(HUGE, 7), || refused("a resized block"))
    })?;
    let after = subject.counts();
    expect(first_wrong(kept.bytes(), 7).is_none(), || {
        Unmet::new("a block that could not grow, with its content", "other content")
    })?;
    let nothing = Recorded {
        allocations: Some(0),
        deallocations: Some(0),
        allocated_bytes: Some(0),
        active_allocations: Some(0),
        active_bytes: Some(0),
        ..Recorded::default()
    };
    compare(before, after, nothing)
        .map(|_| Passed::Wholly)
        .map_err(|unmet| Unmet::new(format!("{} after three failed allocations", unmet.expected), unmet.found))
}
