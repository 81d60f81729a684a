//! Two workloads in one program. See docs/OWN.md, and examples/own-crate for a separate crate.

use memscope_bench::{Context, Scale, harness};

/// Adds up squares. It names no values.
fn squares(_: &Context, scale: Scale) -> u64 {
    let squares: Vec<Box<u64>> = (0..scale.count(2_000)).map(|number| Box::new(number * number)).collect();
    squares.iter().map(|square| **square).sum()
}

/// Counts words on two threads, and names their texts.
fn words(context: &Context, scale: Scale) -> u64 {
    let count = |seed: u64| {
        let text = "the quick brown fox ".repeat(scale.count(200) as usize);
        context.track("text", &text);
        text.split_whitespace().map(|word| word.len() as u64 * seed).sum::<u64>()
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(|| count(1));
        count(2) + other.join().expect("it counts")
    })
}

harness!(squares, words(parallel));
