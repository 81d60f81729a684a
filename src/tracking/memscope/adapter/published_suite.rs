//! The settings of the benchmarks that memscope 0.2 is published with, as its `benches/comprehensive_benchmarks.rs` has
//! them. Its figures are of these.

use crate::tracking::memscope::{Published, Repeat};
use memscope_rs::capture::backends::{CaptureBackend, CoreBackend, LockfreeBackend};
use memscope_rs::tracker::Tracker;
use memscope_rs::{track, tracker};
use std::hint::black_box;

/// All of them can be had.
pub const PUBLISHED: Result<Published, &str> = Ok(Published {
    track_single,
    tracker_stats: |live| look(live, |tracker| drop(black_box(tracker.stats()))),
    tracker_analyze: |live| look(live, |tracker| drop(black_box(tracker.analyze()))),
    alloc_core: || capture(CoreBackend),
    alloc_lockfree: || capture(LockfreeBackend),
});

fn track_single(bytes: usize) -> Repeat {
    let tracker = tracker!();
    Box::new(move |times| {
        for _ in 0..times {
            let data = vec![0_u8; bytes];
            track!(tracker, data);
            black_box(data);
        }
    })
}

/// Looks at a tracker to which so many vectors are known, which stay alive.
fn look(live: usize, look: fn(&Tracker)) -> Repeat {
    let tracker = tracker!();
    let keep_alive: Vec<Vec<u8>> = (0..live)
        .map(|number| {
            let data = vec![number as u8; 64 + number % 256];
            track!(tracker, data);
            data
        })
        .collect();
    Box::new(move |times| {
        black_box(&keep_alive);
        for _ in 0..times {
            look(&tracker);
        }
    })
}

fn capture(backend: impl CaptureBackend + 'static) -> Repeat {
    Box::new(move |times| {
        for _ in 0..times {
            black_box(backend.capture_alloc(0x1000, 1_024, 1));
        }
    })
}
