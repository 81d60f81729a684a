//! The plan of a replay: a trace's operations, prepared so that the replaying process only reads them.
//!
//! A plan is written to a file once, and each process of a measurement reads it. An operation is 16 bytes:
//!
//! | bits | content |
//! |---|---|
//! | 3 | kind |
//! | 5 | logarithm of the alignment |
//! | 1 | true if several threads use the block |
//! | 23 | work before it, in nanoseconds |
//! | 32 | place of the block in the table of live blocks; or a thread |
//! | 48 | size |
//! | 16 | number of the block's operations before this one; a larger number is the size of the order before it |
//!
//! Blocks of one thread reuse each other's places. A block that several threads use has its own place, and each of its
//! operations waits for the ones before it.
//!
//! A thread is started by the thread that made the last operation before its first one. If the starting thread makes no
//! further operation before the other ends, it waits for the end, like a join. All waits follow the order of the
//! tickets, so no replay deadlocks.

mod file;
mod order;

pub(crate) use order::{Act, MANY, Order};

use crate::trace::{Deed, Trace};
use order::{MAX_BYTES, MAX_WORK, STEP};

/// The maximum number of threads of a replay.
pub(crate) const MAX_THREADS: usize = 1_024;

/// A plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Number of places of blocks.
    pub(crate) places: usize,
    /// The operations of each thread, in bytes.
    threads: Vec<Vec<u8>>,
}

/// A trace that cannot be replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// It has no operations.
    #[error(
        "the trace has no operations: the program allocated nothing through the C library; a program with its own \
         allocator is recorded with `memscope_bench::RecordingAllocator`"
    )]
    Nothing,
    /// It has too many threads.
    #[error("the trace has {0} threads, but a replay supports at most {MAX_THREADS}: record a run with fewer")]
    Threads(usize),
}

/// A block while the plan is being made.
#[derive(Clone, Copy)]
struct Placed {
    place: u32,
    operations: u32,
}

/// The results of the first pass over a trace.
struct Known {
    /// True for each block that several threads use.
    is_shared: Vec<bool>,
    /// Number of steps of each thread.
    steps: Vec<u64>,
}

impl Known {
    fn of(trace: &Trace) -> Self {
        const NOBODY: u32 = u32::MAX;
        let (mut users, mut is_shared, mut steps): (Vec<u32>, Vec<bool>, Vec<u64>) = Default::default();
        trace.visit(|step| {
            let thread = step.thread as usize;
            if steps.len() <= thread {
                steps.resize(thread + 1, 0);
            }
            steps[thread] += 1;
            let (Deed::Allocate { block, .. } | Deed::Reallocate { block, .. } | Deed::Free { block, .. }) = step.deed
            else {
                return;
            };
            let block = block as usize;
            if users.len() <= block {
                users.resize(block + 1, NOBODY);
                is_shared.resize(block + 1, false);
            }
            is_shared[block] |= users[block] != NOBODY && users[block] != step.thread;
            users[block] = step.thread;
        });
        Self { is_shared, steps }
    }
}

/// The operations of a thread while the plan is being made.
#[derive(Default)]
struct Stream {
    bytes: Vec<u8>,
    /// Places that freed blocks of this thread have left.
    free: Vec<u32>,
    steps: u64,
    /// Threads that it started, and whose end it has not waited for.
    opened: Vec<usize>,
    has_begun: bool,
}

impl Stream {
    fn push(&mut self, order: Order) {
        self.bytes.extend(order.bytes());
    }

    /// Adds an operation after work of any length.
    fn push_after(&mut self, work_ns: u64, order: Order) {
        if work_ns > MAX_WORK {
            self.push(Order { work_ns: 0, size: work_ns.min(MAX_BYTES), ..Order::gate(Act::Work, 0) });
            self.push(order);
        } else {
            self.push(Order { work_ns: work_ns as u32, ..order });
        }
    }
}

impl Plan {
    /// Makes the plan of a trace.
    ///
    /// # Errors
    /// If the trace has no operations, or too many threads.
    pub fn of(trace: &Trace) -> Result<Self, PlanError> {
        let Known { is_shared, steps } = Known::of(trace);
        if is_shared.is_empty() {
            return Err(PlanError::Nothing);
        }
        if steps.len() > MAX_THREADS {
            return Err(PlanError::Threads(steps.len()));
        }
        let mut streams: Vec<Stream> = steps.iter().map(|_| Stream::default()).collect();
        let mut blocks: Vec<Option<Placed>> = vec![None; is_shared.len()];
        let (mut places, mut previous) = (0_u32, 0_usize);
        trace.visit(|step| {
            let thread = step.thread as usize;
            if !streams[thread].has_begun {
                streams[thread].has_begun = true;
                if thread != previous {
                    streams[previous].push(Order::gate(Act::Open, thread));
                    streams[previous].opened.push(thread);
                }
            }
            let has_ended = |other: &usize| streams[*other].steps == steps[*other];
            let (ended, running): (Vec<usize>, Vec<usize>) =
                streams[thread].opened.iter().partition(|other| has_ended(other));
            let stream = &mut streams[thread];
            stream.opened = running;
            ended.into_iter().for_each(|other| stream.push(Order::gate(Act::Await, other)));
            stream.steps += 1;
            previous = thread;

            let (act, block, size, align) = match step.deed {
                Deed::Allocate { block, size, align, zeroed: false } => (Act::Allocate, block, size, align),
                Deed::Allocate { block, size, align, zeroed: true } => (Act::Zeroed, block, size, align),
                Deed::Reallocate { block, size, align, .. } => (Act::Reallocate, block, size, align),
                Deed::Free { block, size, align } => (Act::Free, block, size, align),
                Deed::FreeUnknown | Deed::Rest => {
                    if step.work_ns > 0 {
                        stream.push(Order { size: step.work_ns.min(MAX_BYTES), ..Order::gate(Act::Work, 0) });
                    }
                    return;
                }
            };
            let is_shared = is_shared[block as usize];
            let placed = blocks[block as usize].get_or_insert_with(|| {
                let left = if is_shared { None } else { stream.free.pop() };
                let place = left.unwrap_or_else(|| {
                    places += 1;
                    places - 1
                });
                Placed { place, operations: 0 }
            });
            let (place, before) = (placed.place, placed.operations);
            placed.operations += 1;
            if act == Act::Free && !is_shared {
                stream.free.push(place);
            }
            let size = size.min(MAX_BYTES);
            let order = Order { act, align, is_shared, work_ns: 0, place, size, before: Order::number(before) };
            if is_shared && order.before == MANY {
                stream.push_after(step.work_ns, Order::turn(place, before));
                stream.push(order);
            } else {
                stream.push_after(step.work_ns, order);
            }
        });
        let threads = streams.into_iter().map(|stream| stream.bytes).collect();
        Ok(Self { places: places as usize, threads })
    }

    /// Returns the number of threads.
    pub(crate) fn threads(&self) -> usize {
        self.threads.len()
    }

    /// Returns the size of the plan in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.threads.iter().map(|orders| orders.len() as u64).sum()
    }

    /// Returns the operations of a thread, in order.
    #[inline]
    pub(crate) fn orders(&self, thread: usize) -> impl Iterator<Item = Order> + '_ {
        self.threads[thread].as_chunks::<STEP>().0.iter().map(Order::of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::format::{Event, Kind};
    use crate::trace::made;

    pub(in crate::trace::plan) fn event(kind: Kind, ticket: u64, block: u64, size: u64, gap_ns: u64) -> Event {
        Event { kind, align: 4, ticket, after: ticket, block, new_block: block, size, gap_ns }
    }

    pub(in crate::trace::plan) fn plan(frames: &[(u32, Vec<Event>)]) -> Result<Plan, PlanError> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("x.trace");
        std::fs::write(&path, made::bytes(frames, 0, true)).expect("a file");
        Plan::of(&Trace::read(&path).expect("a trace"))
    }

    fn acts(plan: &Plan, thread: usize) -> Vec<(Act, u32)> {
        plan.orders(thread).map(|order| (order.act, order.place)).collect()
    }

    #[test]
    fn blocks_of_one_thread_share_places() {
        let pairs = (0..6).map(|n| event([Kind::Allocate, Kind::Free][n % 2], n as u64, 16, 8, 0)).collect();
        let plan = plan(&[(0, pairs)]).expect("a plan");
        assert_eq!((plan.places, plan.threads(), plan.bytes()), (1, 1, 96));
    }

    #[test]
    fn a_block_of_two_threads_has_its_own_place_and_an_order() {
        let first = vec![event(Kind::Allocate, 0, 16, 8, 0), event(Kind::Allocate, 2, 32, 8, 0)];
        let second = vec![event(Kind::Free, 1, 16, 0, 0), event(Kind::Free, 3, 32, 0, 0)];
        let plan = plan(&[(0, first), (1, second)]).expect("a plan");
        assert_eq!(plan.places, 2);
        assert_eq!(acts(&plan, 0), [(Act::Allocate, 0), (Act::Open, 1), (Act::Allocate, 1)]);
        let frees: Vec<(bool, u16, u64)> =
            plan.orders(1).map(|free| (free.is_shared, free.before, free.size)).collect();
        assert_eq!(frees, [(true, 1, 8), (true, 1, 8)]);
    }

    #[test]
    fn a_block_of_two_threads_takes_no_place_from_others() {
        let own =
            |ticket: u64| [(Kind::Allocate, 0), (Kind::Free, 1)].map(|(kind, n)| event(kind, ticket + n, 16, 8, 0));
        let first = [&own(0)[..], &[event(Kind::Allocate, 2, 32, 8, 0)], &own(4)].concat();
        let plan = plan(&[(0, first), (1, vec![event(Kind::Free, 3, 32, 0, 0)])]).expect("a plan");
        assert_eq!(plan.places, 2, "the second block of the first thread has the place of its first one");
    }

    #[test]
    fn a_number_of_operations_that_needs_more_bits_has_its_own_order() {
        const RESIZES: u64 = 65_600;
        let resize = |n: u64| Event { after: 2 * n + 1, ..event(Kind::Reallocate, 2 * n, 16, 8, 0) };
        let mut threads = [vec![event(Kind::Allocate, 0, 16, 8, 0)], Vec::new()];
        (1..=RESIZES).for_each(|n| threads[n as usize % 2].push(resize(n)));
        let [first, second] = threads;
        let plan = plan(&[(0, first), (1, second)]).expect("a plan");
        let mut numbers: Vec<u64> = Vec::new();
        for thread in 0..plan.threads() {
            let mut turn = None;
            for order in plan.orders(thread) {
                match order.act {
                    Act::Open | Act::Await => {}
                    Act::Turn => turn = Some(order.size),
                    _ if order.before == MANY => numbers.push(turn.take().expect("an order before has the number")),
                    _ => numbers.push(u64::from(order.before)),
                }
            }
            assert_eq!(turn, None, "the operation follows at once");
        }
        numbers.sort_unstable();
        assert!(numbers.into_iter().eq(0..=RESIZES), "each operation has its own");
    }

    #[test]
    fn a_thread_that_did_nothing_until_another_ended_waits_for_it() {
        let at = |tickets: [u64; 2], block: u64| {
            tickets
                .map(|ticket| event([Kind::Allocate, Kind::Free][(ticket % 2) as usize], ticket, block, 8, 0))
                .to_vec()
        };
        let main = [at([0, 1], 16), at([4, 5], 16), at([8, 9], 16)].concat();
        let plan = plan(&[(0, main), (1, at([2, 3], 32)), (2, at([6, 7], 32))]).expect("a plan");
        let gates: Vec<(Act, u32)> =
            acts(&plan, 0).into_iter().filter(|(act, _)| matches!(act, Act::Open | Act::Await)).collect();
        assert_eq!(gates, [(Act::Open, 1), (Act::Await, 1), (Act::Open, 2), (Act::Await, 2)]);
    }

    #[test]
    fn long_work_has_its_own_order() {
        let plan = plan(&[(0, vec![event(Kind::Allocate, 0, 16, 8, 10_000_000), event(Kind::Rest, 1, 0, 0, 77)])])
            .expect("a plan");
        let work: Vec<(Act, u32, u64)> = plan.orders(0).map(|order| (order.act, order.work_ns, order.size)).collect();
        assert_eq!(work, [(Act::Work, 0, 10_000_000), (Act::Allocate, 0, 8), (Act::Work, 0, 77)]);
    }

    #[test]
    fn a_trace_without_operations_is_refused() {
        let refusal = plan(&[(0, vec![event(Kind::Rest, 0, 0, 0, 5)])]).expect_err("refused").to_string();
        assert!(refusal.contains("no operations") && refusal.contains("RecordingAllocator"), "{refusal}");
    }
}
