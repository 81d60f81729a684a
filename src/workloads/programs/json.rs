//! A service's store: JSON documents, read without a schema, changed and written again with serde_json.

use super::text::push_words;
use crate::workloads::{Context, Digest, Scale, Tracker};
use rand::RngExt;
use rand_pcg::Pcg64Mcg;
use serde_json::Value;
use std::fmt::Write;

/// The number of documents that are kept at once.
const STORED: usize = 50;

/// At scale 1, 8,000 documents of 30 orders each. Each document is read, its totals are added up and put into it, and
/// it is written. 50 written ones are kept at once.
pub(super) fn json<T: Tracker>(tracker: &T, scale: Scale) -> Digest {
    let mut context = Context::new(tracker);
    let mut rng = scale.rng(102);
    let mut text = String::new();
    let mut store: Vec<String> = Vec::new();
    for number in 0..scale.count(8_000) {
        text.clear();
        write_document(&mut text, number, &mut rng);
        let mut document: Value = serde_json::from_str(&text).expect("the document was written by this program");
        let orders = document["orders"].as_array().expect("it has orders");
        let total: u64 = orders.iter().filter(|order| order["paid"] == true).map(total).sum();
        document["total"] = total.into();
        let written = serde_json::to_string(&document).expect("a document is plain data");
        context.record(total);
        context.record(written.len() as u64);
        store.push(written);
        if store.len() == STORED {
            context.track("store", &store);
            store.clear();
        }
    }
    context.checkpoint("the last documents alive");
    context.digest()
}

/// Returns the price of an order.
fn total(order: &Value) -> u64 {
    let lines = order["lines"].as_array().into_iter().flatten();
    lines.map(|line| line["count"].as_u64().unwrap_or(0) * line["cents"].as_u64().unwrap_or(0)).sum()
}

/// Writes a document of 30 orders with one to four lines each.
fn write_document(text: &mut String, number: u64, rng: &mut Pcg64Mcg) {
    let _ = write!(text, "{{\"id\": {number}, \"customer\": \"");
    push_words(text, 3, rng);
    text.push_str("\", \"orders\": [");
    for order in 0..30 {
        let comma = if order > 0 { ", " } else { "" };
        let _ = write!(text, "{comma}{{\"id\": {order}, \"paid\": {}, \"note\": \"", rng.random_range(0..4) > 0);
        push_words(text, 6, rng);
        text.push_str("\", \"lines\": [");
        for line in 0..rng.random_range(1..5) {
            let comma = if line > 0 { ", " } else { "" };
            let (count, cents) = (rng.random_range(1..10), rng.random_range(1..10_000));
            let _ = write!(text, "{comma}{{\"count\": {count}, \"cents\": {cents}, \"weight\": {cents}.5}}");
        }
        text.push_str("]}");
    }
    text.push_str("]}");
}
