//! The score of a report: named objects compared with planted ones.

use crate::worker::tasks::detection::ledger::Planted;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The score of a report that names its findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// Planted objects that are named, each counted once.
    #[serde(alias = "found")]
    pub true_positives: u64,
    /// Planted objects that are not named.
    #[serde(alias = "missed")]
    pub false_negatives: u64,
    /// Names of objects that were not planted.
    #[serde(alias = "false_finds")]
    pub false_positives: u64,
}

/// Compares named objects, each with all of its addresses, with planted ones. A planted object is found if one name has
/// an address in each of its blocks; a name that matches no planted object is a false positive.
pub fn score(named: &[Vec<usize>], planted: &[Planted]) -> Score {
    let mut blocks: Vec<(&Range<usize>, usize)> = planted
        .iter()
        .enumerate()
        .flat_map(|(object, blocks)| blocks.iter().map(move |block| (block, object)))
        .collect();
    blocks.sort_unstable_by_key(|(block, _)| block.start);
    let block_at = |address: &usize| {
        let after = blocks.partition_point(|(block, _)| block.start <= *address);
        after.checked_sub(1).filter(|&place| blocks[place].0.contains(address))
    };

    let mut is_found = vec![false; planted.len()];
    let mut false_positives = 0;
    for addresses in named {
        let mut touched: Vec<usize> = addresses.iter().filter_map(block_at).collect();
        touched.sort_unstable();
        touched.dedup();
        let mut objects: Vec<usize> = touched.into_iter().map(|place| blocks[place].1).collect();
        objects.sort_unstable();
        let whole = |objects: &&[usize]| objects.len() == planted[objects[0]].len();
        let mut names_one = false;
        for objects in objects.chunk_by(|a, b| a == b).filter(whole) {
            is_found[objects[0]] = true;
            names_one = true;
        }
        false_positives += u64::from(!names_one);
    }
    let true_positives = is_found.iter().filter(|&&is_found| is_found).count() as u64;
    Score { true_positives, false_negatives: planted.len() as u64 - true_positives, false_positives }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn held(true_positives: u64, false_negatives: u64, false_positives: u64) -> Score {
        Score { true_positives, false_negatives, false_positives }
    }

    /// Returns a planted block, as an object of one block.
    fn block(addresses: Range<usize>) -> Planted {
        Planted::from([addresses])
    }

    #[test]
    fn a_block_is_named_by_any_address_in_it() {
        let planted = [block(100..116), block(200..264)];
        assert_eq!(score(&[], &planted), held(0, 2, 0));
        assert_eq!(score(&[vec![100], vec![263]], &planted), held(2, 0, 0));
        assert_eq!(score(&[vec![99], vec![116], vec![264]], &planted), held(0, 2, 3));
        // An invented address next to the real one is not a second name.
        assert_eq!(score(&[vec![1 << 31, 216]], &planted), held(1, 1, 0));
    }

    #[test]
    fn a_block_that_is_named_twice_is_found_once() {
        assert_eq!(score(&[vec![100], vec![108]], &[block(100..116)]), held(1, 0, 0));
    }

    #[test]
    fn a_name_without_addresses_is_false() {
        assert_eq!(score(&[vec![]], &[block(100..116)]), held(0, 1, 1));
        assert_eq!(score(&[vec![7]], &[]), held(0, 0, 1));
    }

    #[test]
    fn a_cycle_is_named_by_all_of_its_blocks_in_one_name() {
        let planted = [vec![100..116, 200..216], vec![300..316, 400..416]];
        assert_eq!(score(&[vec![116, 208, 104, 7]], &planted), held(1, 1, 0));
        assert_eq!(score(&[vec![100], vec![200]], &planted), held(0, 2, 2));
        assert_eq!(score(&[vec![100, 300]], &planted), held(0, 2, 1));
        assert_eq!(score(&[vec![100, 200, 300, 400]], &planted), held(2, 0, 0));
    }

    proptest! {
        #[test]
        fn scores_account_for_every_block(count in 0_usize..20, named in prop::collection::vec(0_usize..400, 0..40)) {
            let planted: Vec<Planted> = (0..count).map(|n| block(n * 10..n * 10 + 5)).collect();
            let named: Vec<Vec<usize>> = named.into_iter().map(|address| vec![address]).collect();
            let Score { true_positives, false_negatives, false_positives } = score(&named, &planted);
            prop_assert_eq!(true_positives + false_negatives, planted.len() as u64);
            prop_assert!(true_positives + false_positives <= named.len() as u64);
        }
    }
}
