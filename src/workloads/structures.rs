//! Phase 1: many plain collections, all of them alive at once.

use super::{Context, Digest, Map, Scale, Tracker};
use rand::{Rng, RngExt};

/// Vectors of numbers, batches of strings, and boxed maps of maps of vectors of strings; at scale 1, 1,000 vectors of
/// 100 to 1,099 numbers, 50 batches of 200 strings, and 100 × 50 × 20 × 10 strings.
///
/// ```
/// use memscope_bench::workloads::{Scale, Untracked, structures};
///
/// let tiny = Scale::new(0.001)?;
/// assert_eq!(structures(&Untracked, tiny), structures(&Untracked, tiny));
/// # Ok::<(), memscope_bench::workloads::ScaleError>(())
/// ```
pub fn structures<T: Tracker>(tracker: &T, scale: Scale) -> Digest {
    let mut context = Context::new(tracker);
    let mut rng = scale.rng(1);

    let vectors: Vec<Vec<u64>> = (0..scale.count(1_000))
        .map(|_| {
            let length = rng.random_range(100..1_100);
            let vector: Vec<u64> = (0..length).map(|_| rng.next_u64()).collect();
            context.track("numbers", &vector);
            vector
        })
        .collect();

    let batches: Vec<Vec<String>> = (0..scale.count(50))
        .map(|batch| {
            let strings = (0..200).map(|n| format!("string {n} of batch {batch}")).collect();
            context.track("batch", &strings);
            strings
        })
        .collect();

    let maps: Vec<Box<Map<u64, Map<u64, Vec<String>>>>> = (0..scale.count(100))
        .map(|_| {
            let map = Box::new((0..50).map(|outer| (outer, strings_by_key(outer))).collect());
            context.track("nested", &map);
            map
        })
        .collect();

    context.checkpoint("all collections alive");

    // Each collection is dropped after it is read, the oldest first. In the opposite order, the system allocator's work
    // on 100,000 small blocks at the end depends on whether a tracker's own blocks lie between the vectors.
    for vector in vectors {
        context.record(vector.iter().fold(0, |sum, n| sum ^ n));
    }
    for batch in batches {
        context.record(batch.iter().map(|string| string.len() as u64).sum());
    }
    for inner in maps.into_iter().flat_map(|map| map.into_values()) {
        context.record(inner.values().flatten().map(|string| string.len() as u64).sum());
    }
    context.digest()
}

/// Returns a map of 20 vectors of 10 strings.
fn strings_by_key(outer: u64) -> Map<u64, Vec<String>> {
    (0..20).map(|key| (key, (0..10).map(|n| format!("value {n} of {key} in {outer}")).collect())).collect()
}
