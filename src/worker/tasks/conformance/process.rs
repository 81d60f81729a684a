//! Tests of the process: a tracker that starts midway, a record that is read meanwhile, fork, and signals.

use super::blocks::{layout, within};
use super::raw::{Block, Signals, in_fork};
use super::{Passed, Subject, Unmet, expect};
use std::array;
use std::hint::black_box;
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

/// The time after which a child that allocates a little counts as hanging.
const CHILD: Duration = Duration::from_secs(3);

fn refused(what: &str, error: &std::io::Error) -> Unmet {
    Unmet::new(format!("{what} from the system"), error.to_string())
}

/// Frees blocks from before the start while the tracker records, and recorded blocks after the end.
pub(super) fn midway(subject: &dyn Subject) -> Result<Passed, Unmet> {
    const BLOCKS: usize = 200;
    let filled = |blocks, size| (0..blocks).map(|_| Block::filled(layout(size), 1)).collect::<Vec<_>>();
    let (mut earlier, mut later) = (Some(filled(BLOCKS, 110)), None);
    let begun = subject.counts();
    // More blocks are freed than allocated, so a tracker that subtracts them must not count below zero.
    subject.window(&mut || {
        later = Some(filled(BLOCKS / 2, 90));
        earlier = None;
    });
    let seen = subject.counts();
    drop(later);
    let last = subject.counts();
    for (at, seen) in [("at the end", seen), ("after the end", last)] {
        for (what, live, all) in [
            ("live blocks", seen.active_allocations, seen.allocations),
            ("live bytes", seen.active_bytes, seen.allocated_bytes),
        ] {
            let Some((live, all)) = live.zip(all) else { continue };
            expect(live <= all, || {
                Unmet::new(format!("at most {all} {what} {at}, as many as were allocated"), live.to_string())
            })?;
        }
    }
    if let Some(fewer) = begun.allocations.zip(last.allocations).filter(|(begun, last)| last < begun) {
        return Err(Unmet::new(format!("at least {} allocations in total", fewer.0), fewer.1.to_string()));
    }
    Ok(Passed::Wholly)
}

/// Runs a function while other threads allocate and free.
fn beside_other_threads<R>(threads: usize, run: impl FnOnce() -> R) -> R {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let (begin, begins) = std::sync::mpsc::sync_channel(threads);
        for _ in 0..threads {
            let (begin, is_over) = (begin.clone(), &is_over);
            scope.spawn(move || {
                let mut size = 1;
                while !is_over.load(Relaxed) {
                    drop(black_box(Block::filled(layout(size), 1)));
                    size = size % 2_000 + 17;
                    if size < 40 {
                        let _ = begin.try_send(());
                    }
                }
            });
        }
        let _ = begins.recv();
        let result = run();
        is_over.store(true, Relaxed);
        result
    })
}

/// Reads the record and formats it, both between this thread's allocations and during another thread's.
pub(super) fn re_entrancy(subject: &dyn Subject) -> Result<Passed, Unmet> {
    const TIMES: usize = 100;
    within(subject, || {
        beside_other_threads(1, || {
            for _ in 0..TIMES {
                let block = Block::filled(layout(64), 1);
                drop(black_box(format!("{:?}", subject.recorded())));
                expect(block.is_some(), || Unmet::new("a block of 64 B", "null"))?;
            }
            Ok(())
        })
    })
}

/// Forks children, which allocate, while other threads are within the allocator.
pub(super) fn fork(subject: &dyn Subject) -> Result<Passed, Unmet> {
    const CHILDREN: usize = 100;
    /// All are live at once: a tracker may have a lock for each part of its addresses.
    const BLOCKS: usize = 200;
    const MAX_THREADS: usize = 9;
    // One more than there are cores: the system interrupts threads, also while they hold a lock.
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(MAX_THREADS - 1) + 1;
    let child = || {
        let mut blocks: [_; BLOCKS] = array::from_fn(|place| Block::filled(layout(place + 1), 1));
        (1..).zip(&mut blocks).all(|(size, block)| {
            block.as_mut().is_some_and(|block| block.resize(3 * size, 1) && black_box(block.bytes()).len() > size)
        })
    };
    within(subject, || {
        beside_other_threads(threads, || {
            for number in 1..=CHILDREN {
                let ended = in_fork(CHILD, child).map_err(|error| refused("a child", &error))?;
                ended.map_err(|how| {
                    Unmet::new("a forked child that allocates and ends", format!("child {number}: {how}"))
                })?;
            }
            Ok(())
        })
    })
}

/// Allocates while signals interrupt it at arbitrary places.
pub(super) fn signals(subject: &dyn Subject) -> Result<Passed, Unmet> {
    const SIGNALS: u64 = 300;
    const INTERVAL: Duration = Duration::from_micros(50);
    within(subject, || {
        let _signals = Signals::every(INTERVAL).map_err(|error| refused("signals", &error))?;
        while Signals::received() < SIGNALS {
            for size in [24, 700, 9_000] {
                let block = Block::filled(layout(size), 1);
                let is_whole = block.is_some_and(|mut block| block.resize(2 * size, 1));
                expect(is_whole, || Unmet::new(format!("a block of {size} B on an interrupted thread"), "null"))?;
            }
        }
        Ok(())
    })
}
