//! The operations of all threads in one order, with their blocks.

use crate::trace::Trace;
use crate::trace::format::{Event, Kind};
use crate::trace::reader::Events;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

/// One step of a program, in ticket order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Number of the thread, in the order in which threads begin.
    pub thread: u32,
    /// CPU time of the thread's own work before it, in nanoseconds, without the cost of the clock.
    pub work_ns: u64,
    /// The operation.
    pub deed: Deed,
}

/// An operation of a step. Blocks are numbered in the order of allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// A block begins.
    Allocate {
        /// Block.
        block: u32,
        /// Size in bytes.
        size: u64,
        /// Logarithm of the alignment.
        align: u8,
        /// True for zeros.
        zeroed: bool,
    },
    /// A block is resized.
    Reallocate {
        /// Block.
        block: u32,
        /// New size in bytes.
        size: u64,
        /// Old size in bytes.
        from: u64,
        /// Logarithm of the alignment.
        align: u8,
    },
    /// A block ends.
    Free {
        /// Block.
        block: u32,
        /// Size in bytes.
        size: u64,
        /// Logarithm of the alignment.
        align: u8,
    },
    /// A block is freed that was allocated before the recording.
    FreeUnknown,
    /// The thread's work after its last operation.
    Rest,
}

/// A block that is live.
#[derive(Clone, Copy, Debug)]
struct Live {
    number: u32,
    size: u64,
    align: u8,
}

/// A thread while its operations are merged.
struct Stream<'t> {
    events: Events<'t>,
    next: Event,
    /// The number in the order in which threads begin, once it has begun.
    number: Option<u32>,
    /// The reallocated block, between the two tickets of the operation.
    resized: Option<Live>,
    /// Nanoseconds by which earlier gaps were shorter than a reading of the clock.
    debt_ns: f64,
}

impl Stream<'_> {
    /// Returns the work before the next operation. The cost of the clock is an average: if a gap is shorter, the
    /// difference is taken from the next one.
    fn work_ns(&mut self, clock_cost_ns: f64) -> u64 {
        let work = self.next.gap_ns as f64 - clock_cost_ns - self.debt_ns;
        self.debt_ns = (-work).max(0.0);
        work.max(0.0) as u64
    }
}

impl Trace {
    /// Visits each step, in ticket order.
    pub fn visit(&self, mut visit: impl FnMut(Step)) {
        let mut streams: Vec<Stream> = Vec::new();
        for (_, mut events) in self.by_thread() {
            if let Some(next) = events.next() {
                streams.push(Stream { events, next, number: None, resized: None, debt_ns: 0.0 });
            }
        }
        let mut order: BinaryHeap<Reverse<(u64, usize)>> =
            streams.iter().enumerate().map(|(place, stream)| Reverse((stream.next.ticket, place))).collect();
        let (mut live, mut blocks, mut threads) = (HashMap::<u64, Live>::new(), 0_u32, 0_u32);
        while let Some(Reverse((_, place))) = order.pop() {
            let stream = &mut streams[place];
            let event = stream.next;
            if let Some(block) = stream.resized.take() {
                live.insert(event.new_block, block);
            } else {
                let thread = *stream.number.get_or_insert_with(|| {
                    threads += 1;
                    threads - 1
                });
                let work_ns = stream.work_ns(self.clock_cost_ns);
                let Event { size, align, .. } = event;
                let mut begin = || {
                    blocks += 1;
                    Live { number: blocks - 1, size, align }
                };
                let deed = match event.kind {
                    Kind::Allocate | Kind::Zeroed => {
                        let block = begin();
                        live.insert(event.block, block);
                        Deed::Allocate { block: block.number, size, align, zeroed: event.kind == Kind::Zeroed }
                    }
                    Kind::Reallocate => match live.remove(&event.block) {
                        Some(Live { number, size: from, align }) => {
                            stream.resized = Some(Live { number, size, align });
                            Deed::Reallocate { block: number, size, from, align }
                        }
                        // A block from before the recording begins here.
                        None => {
                            let block = begin();
                            stream.resized = Some(block);
                            Deed::Allocate { block: block.number, size, align, zeroed: false }
                        }
                    },
                    Kind::Free => match live.remove(&event.block) {
                        Some(Live { number, size, align }) => Deed::Free { block: number, size, align },
                        None => Deed::FreeUnknown,
                    },
                    Kind::Rest => Deed::Rest,
                };
                visit(Step { thread, work_ns, deed });
                if stream.resized.is_some() {
                    order.push(Reverse((event.after, place)));
                    continue;
                }
            }
            if let Some(next) = stream.events.next() {
                stream.next = next;
                order.push(Reverse((next.ticket, place)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::made;
    use std::path::Path;

    fn event(kind: Kind, ticket: u64, block: u64, size: u64, gap_ns: u64) -> Event {
        Event { kind, align: 4, ticket, after: ticket, block, new_block: block, size, gap_ns }
    }

    fn steps(frames: &[(u32, Vec<Event>)], clock_cost_ps: u32) -> Vec<Step> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("x.trace");
        std::fs::write(&path, made::bytes(frames, clock_cost_ps, true)).expect("a file");
        let mut steps = Vec::new();
        Trace::read(Path::new(&path)).expect("a trace").visit(|step| steps.push(step));
        steps
    }

    #[test]
    fn a_block_is_followed_across_threads_and_sizes_and_its_address_is_reused() {
        let resized =
            Event { kind: Kind::Reallocate, after: 5, new_block: 900, size: 70, ..event(Kind::Free, 3, 100, 0, 0) };
        let other = vec![event(Kind::Free, 6, 900, 0, 0), event(Kind::Free, 9, 77, 0, 0)];
        // The address 100 belongs to another thread while the reallocation runs.
        let third = vec![event(Kind::Zeroed, 4, 100, 8, 0)];
        let first = vec![event(Kind::Allocate, 2, 100, 64, 0), resized];
        let deeds: Vec<(u32, Deed)> =
            steps(&[(7, other), (4, third), (2, first)], 0).into_iter().map(|step| (step.thread, step.deed)).collect();
        assert_eq!(
            deeds,
            [
                (0, Deed::Allocate { block: 0, size: 64, align: 4, zeroed: false }),
                (0, Deed::Reallocate { block: 0, size: 70, from: 64, align: 4 }),
                (1, Deed::Allocate { block: 1, size: 8, align: 4, zeroed: true }),
                (2, Deed::Free { block: 0, size: 70, align: 4 }),
                (2, Deed::FreeUnknown),
            ]
        );
    }

    #[test]
    fn the_cost_of_the_clock_is_subtracted() {
        let gaps = [100, 30, 60, 500];
        let events = gaps.iter().zip(1..).map(|(&gap, n)| event(Kind::Allocate, n, n * 16, 1, gap)).collect();
        let work: Vec<u64> = steps(&[(0, events)], 50_000).iter().map(|step| step.work_ns).collect();
        assert_eq!(work, [50, 0, 0, 440], "a gap that is too short is made up for later");
        assert_eq!(work.iter().sum::<u64>(), gaps.iter().sum::<u64>() - 4 * 50);
    }

    #[test]
    fn a_block_that_began_before_the_recording_begins_when_it_is_resized() {
        let resized =
            Event { kind: Kind::Reallocate, after: 2, new_block: 9, size: 70, ..event(Kind::Free, 1, 8, 0, 0) };
        let deeds: Vec<Deed> =
            steps(&[(0, vec![resized, event(Kind::Free, 3, 9, 0, 0)])], 0).iter().map(|step| step.deed).collect();
        let begun = Deed::Allocate { block: 0, size: 70, align: 4, zeroed: false };
        assert_eq!(deeds, [begun, Deed::Free { block: 0, size: 70, align: 4 }]);
    }
}
