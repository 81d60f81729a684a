//! The counts of known programs.

use super::raw::Block;
use super::{Passed, Subject, Unmet};
use crate::tracking::Recorded;
use std::alloc::Layout;

/// Compares the counts that a tracker recorded in a window with those of the program. A count that the tracker does not
/// keep is not compared. Returns the number of compared counts.
pub(super) fn compare(before: Recorded, after: Recorded, happened: Recorded) -> Result<usize, Unmet> {
    let count = |what: &'static str, of: fn(Recorded) -> Option<u64>| {
        let found = of(after).zip(of(before)).map(|(after, before)| i128::from(after) - i128::from(before));
        of(happened).zip(found).map(|(expected, found)| (what, i128::from(expected), found))
    };
    let compared = [
        count("allocations", |recorded| recorded.allocations),
        count("frees", |recorded| recorded.deallocations),
        count("allocated bytes", |recorded| recorded.allocated_bytes),
        count("live blocks", |recorded| recorded.active_allocations),
        count("live bytes", |recorded| recorded.active_bytes),
    ];
    for (what, expected, found) in compared.into_iter().flatten() {
        super::expect(found == expected, || Unmet::new(format!("{expected} {what}"), found.to_string()))?;
    }
    Ok(compared.into_iter().flatten().count())
}

/// Runs a single-threaded program with known counts: blocks of many sizes, some of them zeroed, some resized, some
/// freed.
pub(super) fn known_program(subject: &dyn Subject) -> Result<Passed, Unmet> {
    const BLOCKS: usize = 300;
    let mut blocks: Vec<Option<Block>> = Vec::with_capacity(BLOCKS);
    let mut happened = Recorded::default();
    let (mut allocations, mut frees, mut bytes, mut live_bytes) = (0_u64, 0_u64, 0_u64, 0_i64);
    let before = subject.counts();
    subject.window(&mut || {
        for number in 0..BLOCKS {
            let size = 1 + number * number % 5_000;
            let layout = Layout::from_size_align(size, 1 << (number % 5)).expect("a valid size");
            let block = if number % 5 == 0 { Block::zeroed(layout) } else { Block::filled(layout, 1) };
            allocations += 1;
            bytes += size as u64;
            live_bytes += size as i64;
            blocks.push(block);
        }
        for (number, place) in blocks.iter_mut().enumerate() {
            let Some(block) = place else { continue };
            let size = block.bytes().len();
            if number % 3 == 0 {
                let new = if number % 2 == 0 { 2 * size } else { size.div_ceil(2) };
                block.resize(new, 2);
                allocations += 1;
                frees += 1;
                bytes += new as u64;
                live_bytes += new as i64 - size as i64;
            } else if number % 3 == 1 {
                *place = None;
                frees += 1;
                live_bytes -= size as i64;
            }
        }
    });
    let after = subject.counts();
    let missing = blocks.iter().filter(|block| block.is_none()).count();
    super::expect(missing == BLOCKS / 3, || {
        Unmet::new("each block", format!("null for {} of {BLOCKS}", missing - BLOCKS / 3))
    })?;
    happened.allocations = Some(allocations);
    happened.deallocations = Some(frees);
    happened.allocated_bytes = Some(bytes);
    happened.active_allocations = Some((BLOCKS - missing) as u64);
    happened.active_bytes = u64::try_from(live_bytes).ok();
    Ok(match compare(before, after, happened)? {
        0 => Passed::Inapplicable("it has no counts of all events"),
        _ => Passed::Wholly,
    })
}
