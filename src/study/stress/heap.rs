//! Live blocks in the heap's pages: the utilisation of the pages, and the gaps between blocks.
//!
//! memscope reports the blocks, and old versions report too many: 0.1.5 to 0.1.10 invent an address for each named
//! smart pointer, and all 0.1 versions keep blocks whose frees they missed. So a block outside the process's memory is
//! not part of the layout and is counted separately, and the overlap of two blocks is filled once.

use crate::platform::system;
use crate::study::stress::HeapSnapshot;
use crate::tracking::memscope::Block;
use crate::workloads::Workload;
use std::ops::Range;

/// The number of parts in the strip of pages.
const STRIP: usize = 80;
/// The number of largest gaps that are reported.
const GAPS: usize = 3;
/// The largest gap within one mapping, if the mappings are unknown.
const MAX_GAP: usize = 64 << 20;

/// The layout of live blocks.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    blocks: u64,
    unmapped: u64,
    bytes: u64,
    page_bytes: u64,
    pages: u64,
    largest_gaps: Vec<u64>,
    strip: Vec<f32>,
}

impl Layout {
    /// Returns the layout as the heap snapshot of a checkpoint.
    pub fn at(self, workload: Workload, name: String) -> HeapSnapshot {
        let Self { blocks, unmapped, bytes, page_bytes, pages, largest_gaps, strip } = self;
        HeapSnapshot { workload, name, blocks, unmapped, bytes, page_bytes, pages, largest_gaps, strip }
    }
}

/// Lays out blocks in this process's pages.
pub fn layout(blocks: Vec<Block>) -> Layout {
    layout_in(blocks, &system::mapped_ranges(), system::page_bytes())
}

fn layout_in(mut blocks: Vec<Block>, mapped: &[Range<usize>], page: usize) -> Layout {
    blocks.retain(|block| block.size > 0);
    let held = blocks.len();
    blocks.retain(|block| is_mapped(block, mapped));
    blocks.sort_unstable_by_key(|block| block.address);
    let runs = runs(&blocks, mapped);
    let mut fill = Vec::new();
    let mut gaps = Vec::new();
    for run in &runs {
        add_fill(&mut fill, run, page);
        gaps.extend(run.windows(2).map(|pair| pair[1].address.saturating_sub(end(&pair[0])) as u64));
    }
    gaps.sort_unstable_by(|a, b| b.cmp(a));
    gaps.truncate(GAPS);
    Layout {
        blocks: blocks.len() as u64,
        unmapped: (held - blocks.len()) as u64,
        bytes: fill.iter().map(|&bytes| bytes as u64).sum(),
        page_bytes: page as u64,
        pages: fill.iter().filter(|&&bytes| bytes > 0).count() as u64,
        largest_gaps: gaps,
        strip: strip(&fill, page),
    }
}

fn end(block: &Block) -> usize {
    block.address + block.size
}

/// Returns the index of a block's mapping, or of the next one if it is in none.
fn mapping(block: &Block, mapped: &[Range<usize>]) -> usize {
    mapped.partition_point(|range| range.end <= block.address)
}

/// Returns whether the beginning of a block is mapped memory, as far as the system reports it.
fn is_mapped(block: &Block, mapped: &[Range<usize>]) -> bool {
    mapped.is_empty() || mapped.get(mapping(block, mapped)).is_some_and(|range| range.start <= block.address)
}

/// Splits sorted blocks at the boundaries of mappings.
fn runs<'a>(blocks: &'a [Block], mapped: &[Range<usize>]) -> Vec<&'a [Block]> {
    let together = |a: &Block, b: &Block| {
        if mapped.is_empty() {
            b.address.saturating_sub(end(a)) < MAX_GAP
        } else {
            mapping(a, mapped) == mapping(b, mapped)
        }
    };
    blocks.chunk_by(together).collect()
}

/// Adds the live bytes of each page from the run's first block to its last, each byte once.
fn add_fill(fill: &mut Vec<usize>, run: &[Block], page: usize) {
    let Some(first) = run.first() else { return };
    let (base, first_page) = (fill.len(), first.address / page);
    let mut filled = first.address;
    for block in run {
        let mut at = block.address.max(filled);
        filled = filled.max(end(block));
        while at < end(block) {
            let number = at / page;
            let until = end(block).min((number + 1) * page);
            let index = base + number - first_page;
            if fill.len() <= index {
                fill.resize(index + 1, 0);
            }
            fill[index] += until - at;
            at = until;
        }
    }
}

/// Returns the utilisation of the pages, in at most [`STRIP`] parts of equally many pages.
fn strip(fill: &[usize], page: usize) -> Vec<f32> {
    let parts = STRIP.min(fill.len());
    (0..parts)
        .map(|part| {
            let pages = &fill[part * fill.len() / parts..(part + 1) * fill.len() / parts];
            let full = pages.iter().sum::<usize>() as f32 / (pages.len() * page) as f32;
            // Three digits are enough for the eye, and keep the file small.
            (full * 1_000.0).round() / 1_000.0
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(blocks: &[(usize, usize)]) -> Vec<Block> {
        blocks.iter().map(|&(address, size)| Block { address, size }).collect()
    }

    #[test]
    fn blocks_fill_their_pages() {
        // A full page, an empty one, and one filled by a quarter; the last block straddles nothing.
        let layout = layout_in(blocks(&[(8_192 + 4_096, 1_024), (4_096, 4_096)]), &[], 4_096);
        assert_eq!((layout.blocks, layout.bytes, layout.pages), (2, 5_120, 2));
        assert_eq!(layout.strip, [1.0, 0.0, 0.25]);
        assert_eq!(layout.largest_gaps, [4_096]);
    }

    #[test]
    fn a_block_may_lie_in_many_pages() {
        let layout = layout_in(blocks(&[(4_096 + 2_048, 8_192)]), &[], 4_096);
        assert_eq!(layout.pages, 3);
        assert_eq!(layout.strip, [0.5, 1.0, 0.5]);
    }

    #[test]
    fn no_gap_spans_two_mappings() {
        let (low, high) = (0..10_000, 50_000..60_000);
        let scattered = [(0, 100), (200, 100), (50_000, 100), (50_500, 100)];
        assert_eq!(layout_in(blocks(&scattered), &[low, high], 4_096).largest_gaps, [400, 100]);
        assert_eq!(layout_in(blocks(&scattered), &[], 4_096).largest_gaps, [49_700, 400, 100]);
    }

    #[test]
    fn blocks_without_memory_are_counted_separately() {
        let held = [(4_096, 1_024), (20_000, 100), (1 << 40, 100)];
        let layout = layout_in(blocks(&held), &[4_096..8_192, 50_000..60_000], 4_096);
        assert_eq!((layout.blocks, layout.unmapped, layout.bytes, layout.pages), (1, 2, 1_024, 1));
        assert_eq!((layout.strip, layout.largest_gaps), (vec![0.25], vec![]));
        // Without the mappings, every block counts.
        assert_eq!(layout_in(blocks(&held[..2]), &[], 4_096).unmapped, 0);
    }

    #[test]
    fn shared_bytes_are_filled_once() {
        let layout = layout_in(blocks(&[(4_096, 4_096), (5_120, 1_024), (7_168, 2_048)]), &[], 4_096);
        assert_eq!((layout.blocks, layout.bytes), (3, 5_120));
        assert_eq!(layout.strip, [1.0, 0.25]);
    }

    #[test]
    fn many_pages_become_one_strip() {
        let many: Vec<(usize, usize)> = (0..1_000).map(|page| (page * 4_096, 2_048)).collect();
        let layout = layout_in(blocks(&many), &[], 4_096);
        assert_eq!(layout.strip, [0.5; STRIP]);
        assert_eq!(layout.pages, 1_000);
    }

    #[test]
    fn an_empty_heap_has_no_pages() {
        let layout = layout_in(Vec::new(), &[], 4_096);
        assert_eq!((layout.pages, layout.strip.len()), (0, 0));
    }
}
