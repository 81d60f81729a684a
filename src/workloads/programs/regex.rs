//! A log analyser: lines are matched, taken apart and made anonymous with regular expressions.

use super::text::push_words;
use crate::workloads::{Context, Digest, Map, Scale, Tracker};
use rand::RngExt;
use rand_pcg::Pcg64Mcg;
use regex::Regex;
use std::fmt::Write;

/// At scale 1, 1,200 blocks of 500 lines. The expressions are compiled once.
pub(super) fn regex<T: Tracker>(tracker: &T, scale: Scale) -> Digest {
    let mut context = Context::new(tracker);
    let mut rng = scale.rng(103);
    let compiled = |pattern: &str| Regex::new(pattern).expect("a valid expression");
    let request = compiled(r"(?<client>\d+\.\d+\.\d+\.\d+) (?<verb>GET|PUT) (?<path>/[\w/]*) (?<status>\d{3})");
    let slow = compiled(r"\btook (?<ms>[1-9]\d{3,}) ms\b");
    let address = compiled(r"\b\d+\.\d+\.\d+\.\d+\b");

    let mut by_status: Box<Map<String, u64>> = Box::default();
    let mut block = String::new();
    for _ in 0..scale.count(1_200) {
        block.clear();
        write_block(&mut block, &mut rng);
        let mut slow_lines: Vec<String> = Vec::new();
        for line in block.lines().filter(|line| !line.starts_with("DEBUG")) {
            if let Some(parts) = request.captures(line) {
                *by_status.entry(parts["status"].to_owned()).or_default() += parts["path"].len() as u64;
            }
            if let Some(parts) = slow.captures(line) {
                context.record(parts["ms"].parse().expect("digits"));
                slow_lines.push(address.replace_all(line, "-").into_owned());
            }
        }
        context.track("slow lines", &slow_lines);
        context.record(slow_lines.iter().map(|line| line.len() as u64).sum());
    }
    context.checkpoint("the counts of all lines");
    let mut counts: Vec<_> = by_status.iter().collect();
    counts.sort_unstable();
    counts.into_iter().for_each(|(status, letters)| context.record(status.len() as u64 ^ *letters));
    context.digest()
}

/// Writes 500 lines.
fn write_block(block: &mut String, rng: &mut Pcg64Mcg) {
    for _ in 0..500 {
        let [a, b, c] = [0; 3].map(|_: i32| rng.random_range(1..255_u32));
        let level = ["DEBUG", "INFO ", "INFO ", "WARN "][rng.random_range(0..4)];
        let (verb, status) = (["GET", "PUT"][rng.random_range(0..2)], [200, 200, 204, 404][rng.random_range(0..4)]);
        let _ = write!(block, "{level} 10.{a}.{b}.{c} {verb} /files/{a}/{b} {status} ");
        push_words(block, 8, rng);
        let _ = writeln!(block, " took {} ms", rng.random_range(1..1_100));
    }
}
