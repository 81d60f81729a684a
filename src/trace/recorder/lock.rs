//! A lock for code that cannot allocate.

use super::{CLOSED, STATE, system};
use std::hint::spin_loop;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// The number of turns before a thread sleeps between them.
const MAX_TURNS: u32 = 1_000;
/// The number of turns with a sleep: ten seconds. The lock's holder may be writing to a slow disk, or be gone.
const MAX_PAUSES: u32 = 100_000;

/// A lock. Its bytes are zeros while nobody holds it.
pub(super) struct Lock(AtomicBool);

impl Lock {
    pub(super) const fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// Returns whether the lock was acquired.
    #[inline]
    pub(super) fn acquire(&self) -> bool {
        !self.0.swap(true, Acquire) || self.wait()
    }

    #[cold]
    fn wait(&self) -> bool {
        for turn in 0..MAX_TURNS + MAX_PAUSES {
            if !self.0.swap(true, Acquire) {
                return true;
            }
            if turn < MAX_TURNS {
                spin_loop();
            } else if STATE.load(Relaxed) == CLOSED {
                return false;
            } else {
                system::pause();
            }
        }
        false
    }

    pub(super) fn release(&self) {
        self.0.store(false, Release);
    }
}
