//! The benchmarks that memscope 0.2 is published with, in the settings of its `benches/comprehensive_benchmarks.rs`.

use super::{Linked, Upstream};
use crate::tracking::memscope::{BenchFn, UpstreamBenches};
use memscope_rs::capture::backends::{CaptureBackend, CoreBackend, LockfreeBackend};
use memscope_rs::tracker::Tracker;
use memscope_rs::{track, tracker};
use std::hint::black_box;

impl Upstream for Linked {
    const UPSTREAM_BENCHES: Result<UpstreamBenches, &'static str> = Ok(UpstreamBenches {
        track_single,
        tracker_stats: |live| inspect(live, |tracker| drop(black_box(tracker.stats()))),
        tracker_analyze: |live| inspect(live, |tracker| drop(black_box(tracker.analyze()))),
        alloc_core: || capture(CoreBackend),
        alloc_lockfree: || capture(LockfreeBackend),
    });
}

fn track_single(bytes: usize) -> BenchFn {
    let tracker = tracker!();
    Box::new(move |times| {
        for _ in 0..times {
            let data = vec![0_u8; bytes];
            track!(tracker, data);
            black_box(data);
        }
    })
}

/// Calls a function of a tracker with `live` named vectors alive.
fn inspect(live: usize, call: fn(&Tracker)) -> BenchFn {
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
            call(&tracker);
        }
    })
}

fn capture(backend: impl CaptureBackend + 'static) -> BenchFn {
    Box::new(move |times| {
        for _ in 0..times {
            black_box(backend.capture_alloc(0x1000, 1_024, 1));
        }
    })
}
