//! Phase 5: blocks of very different sizes that are allocated and freed out of order and leave holes between them.

use super::{Context, Digest, Map, Scale, Tracker};
use rand::RngExt;
use std::collections::VecDeque;

/// The sizes of a cycle's chunks, in bytes.
const CHUNKS: [usize; 5] = [10, 100, 1_000, 10_000, 50_000];

/// At scale 1, 100 cycles of five chunks of 10 to 50,000 bytes, with the 25 oldest dropped every tenth cycle. Then,
/// 200 times, a small vector, a medium string and a large map, interleaved, with every second one dropped.
///
/// ```
/// use memscope_bench::workloads::{Scale, Untracked, fragmentation};
///
/// let tiny = Scale::new(0.001)?;
/// assert_eq!(fragmentation(&Untracked, tiny), fragmentation(&Untracked, tiny));
/// # Ok::<(), memscope_bench::workloads::ScaleError>(())
/// ```
pub fn fragmentation<T: Tracker>(tracker: &T, scale: Scale) -> Digest {
    let mut context = Context::new(tracker);
    let mut rng = scale.rng(5);

    let mut chunks: VecDeque<Vec<u8>> = VecDeque::new();
    for cycle in 1..=scale.count(100) {
        for size in CHUNKS {
            let chunk = vec![rng.random_range(1..=u8::MAX); size];
            context.track("chunk", &chunk);
            chunks.push_back(chunk);
        }
        if cycle % 10 == 0 {
            for chunk in chunks.drain(..25) {
                context.record(u64::from(chunk[chunk.len() - 1]));
            }
            context.checkpoint("25 oldest chunks dropped");
        }
    }

    let mut small = Vec::new();
    let mut medium = Vec::new();
    let mut large = Vec::new();
    for n in 0..scale.count(200) {
        let vector: Vec<u32> = (0..10).map(|_| rng.random()).collect();
        context.track("small", &vector);
        small.push(vector);

        let string = "fragment ".repeat(rng.random_range(50..150));
        context.track("medium", &string);
        medium.push(string);

        let map: Box<Map<u64, String>> =
            Box::new((0..100).map(|key| (key, format!("value {key} of map {n}"))).collect());
        context.track("large", &map);
        large.push(map);
    }
    context.checkpoint("interleaved values alive");

    thin_out(&mut small);
    thin_out(&mut medium);
    thin_out(&mut large);
    context.checkpoint("every second one dropped");

    for vector in &small {
        context.record(vector.iter().map(|&n| u64::from(n)).sum());
    }
    for string in &medium {
        context.record(string.len() as u64);
    }
    for map in &large {
        context.record((0..100).map(|key| map[&key].len() as u64).sum());
    }
    for chunk in &chunks {
        context.record(u64::from(chunk[0]));
    }
    context.digest()
}

/// Drops every second value, which leaves holes between the others.
fn thin_out<V>(values: &mut Vec<V>) {
    let mut keep = false;
    values.retain(|_| {
        keep = !keep;
        keep
    });
}
