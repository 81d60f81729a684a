//! Phase 8: collections that grow and are dropped, with a known number of real leaks among them.

use super::{Context, Digest, Scale, Tracker};
use rand::RngExt;
use std::hint::black_box;
use std::sync::Arc;

/// Bytes of a block leaked through `Box::leak`.
const LEAKED_BOX: usize = 64;
/// Bytes of a buffer leaked through `mem::forget`.
const FORGOTTEN: usize = 256;

/// At scale 1, 100 iterations. A collection grows to 1,000 × 50 strings, another to 100 × 50 shared strings, and
/// every tenth iteration makes 50 temporaries of 10,000 bytes. Each iteration leaks one block: a box and a forgotten
/// buffer by turns.
///
/// ```
/// use memscope_bench::workloads::{Scale, Untracked, leaks};
///
/// let tiny = Scale::new(0.001)?;
/// assert_eq!(leaks(&Untracked, tiny), leaks(&Untracked, tiny));
/// # Ok::<(), memscope_bench::workloads::ScaleError>(())
/// ```
pub fn leaks<T: Tracker>(tracker: &T, scale: Scale) -> Digest {
    let mut context = Context::new(tracker);
    let mut rng = scale.rng(8);
    let count = scale.count(100);
    for iteration in 0..count {
        let mut growing: Vec<Vec<String>> = Vec::new();
        for n in 0..1_000 {
            growing.push((0..50).map(|string| format!("iteration {iteration}: {n}/{string}")).collect());
        }
        context.track("growing", &growing);

        let shared: Vec<Vec<Arc<String>>> =
            (0..100).map(|n| (0..50).map(|string| Arc::new(format!("shared {n}/{string}"))).collect()).collect();
        context.track("shared", &shared);
        context.track("first shared", &shared[0][0]);

        let fill = rng.random_range(1..=u8::MAX);
        if iteration.is_multiple_of(10) {
            let temporary: Vec<Vec<u8>> = (0..50).map(|_| vec![fill; 10_000]).collect();
            context.track("temporary", &temporary);
            context.record(temporary.iter().map(|buffer| u64::from(buffer[9_999])).sum());
        }
        if iteration + 1 == count {
            context.checkpoint("the last collection alive");
        }

        context.record(growing.iter().flatten().map(|string| string.len() as u64).sum());
        context.record(shared.iter().flatten().map(|string| string.len() as u64).sum());
        leak(&mut context, iteration, fill);
    }
    context.digest()
}

/// Leaks one block on purpose. `black_box` hides from the optimiser that the block is unused.
fn leak<T: Tracker>(context: &mut Context<T>, iteration: u64, fill: u8) {
    if iteration.is_multiple_of(2) {
        let block = Box::new([fill; LEAKED_BOX]);
        context.track("leaked box", &block);
        let block = black_box(Box::leak(block));
        context.leaked(block.as_ptr().addr(), LEAKED_BOX);
    } else {
        let buffer = vec![fill; FORGOTTEN];
        context.track("forgotten", &buffer);
        context.leaked(buffer.as_ptr().addr(), FORGOTTEN);
        std::mem::forget(black_box(buffer));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workloads::Untracked;

    #[test]
    fn every_iteration_leaks_one_block() {
        let digest = leaks(&Untracked, Scale::new(0.03).expect("positive"));
        assert_eq!((digest.leaked_allocations, digest.leaked_bytes), (3, 64 + 256 + 64));
    }
}
