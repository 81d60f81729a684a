//! The program of a soak: it keeps a constant number of blocks, and replaces random ones.
//!
//! A tenth of the blocks are small, of a fixed size each, and half of all replacements are of these: their addresses
//! are reused. The others are buffers of any size, whose addresses are always new. Both matter: one version searches
//! everything that it noted about an address, and another searches all addresses that it ever saw.

use crate::tracking::VariableTracker;
use crate::workloads::Tracker;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use std::hint::black_box;
use std::ops::RangeInclusive;
use std::time::Instant;

/// Sizes of the small blocks, by their places in turn.
const SMALL: [usize; 4] = [16, 32, 64, 128];

/// Sizes of buffers.
const BUFFERS: RangeInclusive<usize> = 1_024..=4_096;

/// The part of the blocks that are small.
const SMALL_PART: usize = 10;

/// The number of replacements between two checks of the clock.
const BETWEEN_LOOKS: usize = 16;

/// The program.
#[derive(Debug)]
pub(super) struct Program {
    blocks: Vec<Vec<u8>>,
    rng: Pcg64Mcg,
    /// The bytes of its live blocks.
    bytes: u64,
    /// The allocations and frees so far.
    events: u64,
}

/// The name of the function that runs a stretch, for external tools.
pub const STRETCH: &str = "memscope_bench_stretch";

/// Replaces this many blocks. It is never inlined, so a tool finds its beginning and its end under the name
/// [`STRETCH`].
#[inline(never)]
fn memscope_bench_stretch(program: &mut Program, names: &VariableTracker, replacements: usize) {
    for _ in 0..replacements {
        program.replace(names);
    }
}

impl Program {
    /// Returns a program without blocks, with capacity for this many.
    pub(super) fn new(live: usize, seed: u64) -> Self {
        Self { blocks: vec![Vec::new(); live], rng: Pcg64Mcg::seed_from_u64(seed), bytes: 0, events: 0 }
    }

    /// Returns the allocations and frees so far.
    pub(super) fn events(&self) -> u64 {
        self.events
    }

    /// Returns the bytes of the live blocks.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Fills and empties all places once, so that code and heap are warm. These events do not count.
    pub(super) fn warm_up(&mut self) {
        let live = self.blocks.len();
        self.fill(&VariableTracker::NOOP);
        (0..live).for_each(|_| self.replace(&VariableTracker::NOOP));
        (0..live).for_each(|place| self.free(place));
        self.events = 0;
    }

    /// Allocates a block in each place.
    pub(super) fn fill(&mut self, names: &VariableTracker) {
        for place in 0..self.blocks.len() {
            let size = self.size(place);
            self.allocate(place, size, names);
        }
    }

    /// Replaces this many blocks, as the measured part of a checkpoint.
    pub(super) fn stretch(&mut self, names: &VariableTracker, replacements: usize) {
        memscope_bench_stretch(self, names, replacements);
    }

    /// Runs up to this many events. Returns `false` if the time is up before.
    pub(super) fn advance(&mut self, names: &VariableTracker, events: u64, deadline: Instant) -> bool {
        while self.events < events {
            for _ in 0..BETWEEN_LOOKS {
                self.replace(names);
                if self.events >= events {
                    break;
                }
            }
            if Instant::now() >= deadline {
                return false;
            }
        }
        true
    }

    fn replace(&mut self, names: &VariableTracker) {
        let (place, size) = self.draw();
        self.free(place);
        self.allocate(place, size, names);
    }

    /// Draws a place, and the size of its next block.
    pub(super) fn draw(&mut self) -> (usize, usize) {
        let small = self.small();
        let is_small = self.rng.random_bool(0.5);
        let places = if is_small || small == self.blocks.len() { 0..small } else { small..self.blocks.len() };
        let place = self.rng.random_range(places);
        (place, self.size(place))
    }

    /// Allocates a block in an empty place, and names it.
    pub(super) fn allocate(&mut self, place: usize, size: usize, names: &VariableTracker) {
        let mut block = Vec::with_capacity(size);
        // The system maps a page at the first write to it.
        block.push(1);
        names.track("block", &block);
        self.bytes += block.capacity() as u64;
        self.events += 1;
        self.blocks[place] = black_box(block);
    }

    /// Frees the block in a place.
    pub(super) fn free(&mut self, place: usize) {
        let block = std::mem::take(&mut self.blocks[place]);
        self.bytes -= block.capacity() as u64;
        self.events += 1;
    }

    /// Frees all blocks until the time is up. Returns the number of remaining blocks.
    pub(super) fn free_all(&mut self, deadline: Instant) -> usize {
        for place in 0..self.blocks.len() {
            if Instant::now() >= deadline {
                return self.blocks.len() - place;
            }
            self.free(place);
        }
        0
    }

    /// Returns the number of small blocks.
    fn small(&self) -> usize {
        (self.blocks.len() / SMALL_PART).max(1)
    }

    fn size(&mut self, place: usize) -> usize {
        if place < self.small() { SMALL[place % SMALL.len()] } else { self.rng.random_range(BUFFERS) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const NOOP: VariableTracker = VariableTracker::NOOP;

    #[test]
    fn the_number_of_blocks_stays_the_same_and_their_bytes_are_known() {
        let mut program = Program::new(100, 1);
        program.warm_up();
        assert_eq!((program.events(), program.bytes()), (0, 0));
        program.fill(&NOOP);
        assert_eq!(program.events(), 100);
        let later = Instant::now() + Duration::from_secs(600);
        assert!(program.advance(&NOOP, 5_000, later));
        assert_eq!(program.events(), 5_000);
        let bytes: usize = program.blocks.iter().map(Vec::capacity).sum();
        assert_eq!(program.bytes(), bytes as u64);
        assert!(program.blocks.iter().all(|block| block.len() == 1), "all are live");
        assert_eq!((program.free_all(later), program.bytes()), (0, 0));
    }

    #[test]
    fn half_of_the_replacements_are_of_a_few_small_blocks() {
        let mut program = Program::new(100, 1);
        let draws: Vec<(usize, usize)> = (0..10_000).map(|_| program.draw()).collect();
        let small: Vec<_> = draws.iter().filter(|(place, _)| *place < 10).collect();
        assert!((4_700..5_300).contains(&small.len()), "{}", small.len());
        assert!(small.iter().all(|(place, size)| *size == SMALL[place % 4]), "each has its size");
        let others = draws.iter().filter(|(place, _)| *place >= 10);
        assert!(others.clone().all(|(_, size)| BUFFERS.contains(size)));
        let sizes: std::collections::BTreeSet<usize> = others.map(|(_, size)| *size).collect();
        assert!(sizes.len() > 1_000, "{} sizes", sizes.len());
    }

    #[test]
    fn a_program_may_have_one_block() {
        let mut program = Program::new(1, 1);
        program.fill(&NOOP);
        program.stretch(&NOOP, 10);
        assert_eq!((program.events(), program.bytes()), (21, 16));
    }

    #[test]
    fn the_work_ends_when_time_runs_out() {
        let mut program = Program::new(100, 1);
        program.fill(&NOOP);
        let now = Instant::now();
        assert!(!program.advance(&NOOP, 1_000_000, now));
        assert_eq!(program.free_all(now), 100);
    }
}
