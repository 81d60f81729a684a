//! The blocks of a replay: allocated, resized and freed in the order of the plan, by the program's allocator.
#![allow(unsafe_code, reason = "blocks of any size and alignment need the allocator's own functions")]

use crate::trace::plan::{Act, MANY, Order};
use std::alloc::{Layout, alloc, alloc_zeroed, dealloc, handle_alloc_error, realloc};
use std::hint::spin_loop;
use std::ptr::null_mut;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64};
use std::thread;
use std::time::Duration;

/// The distance of the bytes that are written to a new block: the size of the smallest pages.
const PAGE: usize = 4_096;
/// The bits of a size.
const SIZE: u64 = (1 << 48) - 1;

/// Runs operations, and may time them.
pub(super) trait Meter {
    /// Runs an allocation or a reallocation.
    fn allocating(&mut self, run: impl FnOnce());

    /// Runs a free.
    fn freeing(&mut self, run: impl FnOnce());
}

/// A meter that times nothing.
pub(super) struct Untimed;

impl Meter for Untimed {
    #[inline]
    fn allocating(&mut self, run: impl FnOnce()) {
        run();
    }

    #[inline]
    fn freeing(&mut self, run: impl FnOnce()) {
        run();
    }
}

/// A place for a block.
#[derive(Debug, Default)]
struct Place {
    address: AtomicPtr<u8>,
    /// Size, and above its bits the logarithm of the alignment.
    layout: AtomicU64,
    /// Number of finished operations of the block, if several threads use it.
    done: AtomicU32,
}

/// The table of live blocks.
#[derive(Debug)]
pub(super) struct Blocks(Vec<Place>);

impl Blocks {
    pub(super) fn new(places: usize) -> Self {
        Self((0..places).map(|_| Place::default()).collect())
    }

    /// Returns the size of the table in bytes.
    pub(super) fn bytes(&self) -> u64 {
        size_of_val(self.0.as_slice()) as u64
    }

    /// Waits for the turn of the next operation of a block that had many.
    pub(super) fn wait(&self, turn: &Order) {
        self.0[turn.place as usize].wait(turn.size as u32);
    }

    /// Runs the operation of an order, after the operations before it are done.
    ///
    /// A byte of each page of a new block is written, because a program that allocates a block writes to it. A block of
    /// zeros is not written, because a program may leave most zeros untouched.
    ///
    /// The meter runs only the operation, without the wait for others. After [`MANY`] operations, an order before it
    /// has [waited](Self::wait) for its turn.
    ///
    /// # Panics
    /// If the plan frees a missing block.
    #[inline]
    pub(super) fn obey(&self, order: &Order, meter: &mut impl Meter) {
        let place = &self.0[order.place as usize];
        if order.is_shared && order.before != MANY {
            place.wait(u32::from(order.before));
        }
        match order.act {
            Act::Allocate | Act::Zeroed => meter.allocating(|| place.begin(order)),
            Act::Reallocate => meter.allocating(|| place.resize(order.size as usize)),
            Act::Free => meter.freeing(|| place.end()),
            Act::Work | Act::Open | Act::Await | Act::Turn => {}
        }
        if order.is_shared {
            // Until then it is this thread's turn, so nobody else writes the number.
            place.done.store(place.done.load(Relaxed) + 1, Release);
        }
    }
}

/// Returns the layout of a size, which is at least one byte: Rust's allocators have no empty blocks.
fn layout(size: usize, align: u8) -> Layout {
    Layout::from_size_align(size.max(1), 1 << align).expect("a plan has valid sizes")
}

impl Place {
    /// Waits until the block has had this many operations. Most waits are short, and a long wait must cost no CPU time.
    fn wait(&self, operations: u32) {
        const SPINS: u32 = 200;
        const YIELDS: u32 = 220;
        let mut turns = 0;
        while self.done.load(Acquire) != operations {
            match turns {
                0..SPINS => spin_loop(),
                SPINS..YIELDS => thread::yield_now(),
                _ => thread::sleep(Duration::from_micros(20)),
            }
            turns = turns.saturating_add(1);
        }
    }

    fn set(&self, address: *mut u8, layout: Layout) {
        self.layout.store(layout.size() as u64 | u64::from(layout.align().trailing_zeros()) << 48, Relaxed);
        self.address.store(address, Relaxed);
    }

    /// Takes the block from its place.
    fn take(&self) -> (*mut u8, Layout) {
        let address = self.address.load(Relaxed);
        assert!(!address.is_null(), "a plan that uses a block that is not there");
        self.address.store(null_mut(), Relaxed);
        let kept = self.layout.load(Relaxed);
        (address, layout((kept & SIZE) as usize, (kept >> 48) as u8))
    }

    fn begin(&self, order: &Order) {
        let layout = layout(order.size as usize, order.align);
        // SAFETY: the layout is not empty.
        let address = unsafe { if order.act == Act::Zeroed { alloc_zeroed(layout) } else { alloc(layout) } };
        if address.is_null() {
            handle_alloc_error(layout);
        }
        if order.act == Act::Allocate {
            touch(address, 0, layout.size());
        }
        self.set(address, layout);
    }

    fn resize(&self, size: usize) {
        let (address, old) = self.take();
        let size = size.max(1);
        // SAFETY: the block was allocated with this layout, and only this thread has it: a plan gives a place to one
        // thread, or its operations wait for each other, by numbers that do not repeat. The size is not zero, and below
        // 2^48.
        let address = unsafe { realloc(address, old, size) };
        let layout = layout(size, old.align().trailing_zeros() as u8);
        if address.is_null() {
            handle_alloc_error(layout);
        }
        touch(address, old.size(), size);
        self.set(address, layout);
    }

    fn end(&self) {
        let (address, layout) = self.take();
        // SAFETY: the block was allocated with this layout, and only this thread has it.
        unsafe { dealloc(address, layout) };
    }
}

/// Writes a byte to each page of a block between two offsets.
#[inline]
fn touch(address: *mut u8, from: usize, to: usize) {
    for place in (from..to).step_by(PAGE) {
        // SAFETY: the place is within the block.
        unsafe { address.add(place).write_volatile(1) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(act: Act, before: u32) -> Order {
        let before = Order::number(before);
        Order { act, align: 3, is_shared: true, work_ns: 0, place: 0, size: 40, before }
    }

    #[test]
    fn an_operation_waits_for_all_before_it_however_many_they_are() {
        // In 16 bits, the same as after the first operation.
        const BEFORE: u32 = (1 << 16) + 1;
        let blocks = Blocks::new(1);
        let obey = |act, before| {
            if Order::number(before) == MANY {
                blocks.wait(&Order::turn(0, before));
            }
            let seen = blocks.0[0].done.load(Acquire);
            blocks.obey(&order(act, before), &mut Untimed);
            seen
        };
        thread::scope(|scope| {
            obey(Act::Allocate, 0);
            let freed = scope.spawn(|| obey(Act::Free, BEFORE));
            // A thread that took one number for the other would free the block now.
            thread::sleep(Duration::from_millis(2));
            (1..BEFORE).for_each(|before| _ = obey(Act::Reallocate, before));
            assert_eq!(freed.join().expect("it frees the block"), BEFORE);
        });
        assert!(blocks.0[0].address.load(Relaxed).is_null());
    }

    #[test]
    fn the_table_has_the_size_of_its_places() {
        assert_eq!((Blocks::new(0).bytes(), Blocks::new(10).bytes()), (0, 10 * size_of::<Place>() as u64));
    }
}
