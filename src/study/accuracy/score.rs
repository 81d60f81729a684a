//! The arithmetic: what was named, against what was planted.

use crate::study::accuracy::ledger::Thing;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// What a report says that names what it finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Planted things that are named, each counted once.
    pub found: u64,
    /// Planted things that are not named.
    pub missed: u64,
    /// Things named that were not planted.
    pub false_finds: u64,
}

/// Holds what was named, each thing by all of its addresses, against what was planted. A thing is named if one name
/// has an address in each of its blocks; a name that names no planted thing is false.
pub fn hold(named: &[Vec<usize>], planted: &[Thing]) -> Held {
    let mut blocks: Vec<(&Range<usize>, usize)> =
        planted.iter().enumerate().flat_map(|(thing, blocks)| blocks.iter().map(move |block| (block, thing))).collect();
    blocks.sort_unstable_by_key(|(block, _)| block.start);
    let block_at = |address: &usize| {
        let after = blocks.partition_point(|(block, _)| block.start <= *address);
        after.checked_sub(1).filter(|&place| blocks[place].0.contains(address))
    };

    let mut is_found = vec![false; planted.len()];
    let mut false_finds = 0;
    for addresses in named {
        let mut touched: Vec<usize> = addresses.iter().filter_map(block_at).collect();
        touched.sort_unstable();
        touched.dedup();
        let mut things: Vec<usize> = touched.into_iter().map(|place| blocks[place].1).collect();
        things.sort_unstable();
        let whole = |things: &&[usize]| things.len() == planted[things[0]].len();
        let mut names_one = false;
        for things in things.chunk_by(|a, b| a == b).filter(whole) {
            is_found[things[0]] = true;
            names_one = true;
        }
        false_finds += u64::from(!names_one);
    }
    let found = is_found.iter().filter(|&&is_found| is_found).count() as u64;
    Held { found, missed: planted.len() as u64 - found, false_finds }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn held(found: u64, missed: u64, false_finds: u64) -> Held {
        Held { found, missed, false_finds }
    }

    /// A planted block, as a thing of one.
    fn block(addresses: Range<usize>) -> Thing {
        Thing::from([addresses])
    }

    #[test]
    fn a_block_is_named_by_any_address_in_it() {
        let planted = [block(100..116), block(200..264)];
        assert_eq!(hold(&[], &planted), held(0, 2, 0));
        assert_eq!(hold(&[vec![100], vec![263]], &planted), held(2, 0, 0));
        assert_eq!(hold(&[vec![99], vec![116], vec![264]], &planted), held(0, 2, 3));
        // A made-up address beside the real one is no second name.
        assert_eq!(hold(&[vec![1 << 31, 216]], &planted), held(1, 1, 0));
    }

    #[test]
    fn what_is_named_twice_is_found_once() {
        assert_eq!(hold(&[vec![100], vec![108]], &[block(100..116)]), held(1, 0, 0));
    }

    #[test]
    fn a_name_without_addresses_is_false() {
        assert_eq!(hold(&[vec![]], &[block(100..116)]), held(0, 1, 1));
        assert_eq!(hold(&[vec![7]], &[]), held(0, 0, 1));
    }

    #[test]
    fn a_cycle_is_named_by_all_of_its_blocks_in_one_name() {
        let planted = [vec![100..116, 200..216], vec![300..316, 400..416]];
        assert_eq!(hold(&[vec![116, 208, 104, 7]], &planted), held(1, 1, 0));
        assert_eq!(hold(&[vec![100], vec![200]], &planted), held(0, 2, 2));
        assert_eq!(hold(&[vec![100, 300]], &planted), held(0, 2, 1));
        assert_eq!(hold(&[vec![100, 200, 300, 400]], &planted), held(2, 0, 0));
    }

    proptest! {
        #[test]
        fn nothing_is_lost(count in 0_usize..20, named in prop::collection::vec(0_usize..400, 0..40)) {
            let planted: Vec<Thing> = (0..count).map(|n| block(n * 10..n * 10 + 5)).collect();
            let named: Vec<Vec<usize>> = named.into_iter().map(|address| vec![address]).collect();
            let Held { found, missed, false_finds } = hold(&named, &planted);
            prop_assert_eq!(found + missed, planted.len() as u64);
            prop_assert!(found + false_finds <= named.len() as u64);
        }
    }
}
