use memscope_bench::{Context, Scale, harness};
use own_crate::Cache;

fn parse(_: &Context, scale: Scale) -> u64 {
    let text: String = (0..scale.count(20_000)).map(|line| format!("key{line} = value{line}\n")).collect();
    let settings = own_crate::parse(&text);
    settings.values().map(|value| value.len() as u64).sum()
}

/// Keeps a thousand entries of different sizes, and names one list of them to the tracker.
fn cache(context: &Context, scale: Scale) -> u64 {
    let mut cache = Cache::default();
    for number in 0..scale.count(100_000) as usize {
        cache.keep(vec![1; 16 + number % 100].into_boxed_slice(), 1_000);
    }
    let summary = vec![cache.bytes() as u64];
    context.track("summary", &summary);
    summary[0]
}

harness!(parse, cache);
