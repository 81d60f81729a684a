//! Phase 7: what a server does: a database, a cache and a message queue, all at once on the runtime.

use super::pools::runtime;
use super::{Digest, Map, Scale, Tracker, Context};
use rand::RngExt;
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::yield_now;

struct Record {
    id: u64,
    name: String,
    fields: Vec<String>,
}

struct Message {
    topic: String,
    payload: Vec<u8>,
}

/// At scale 1, a database of 100 tables of 500 records, a cache that is given 200 entries of 2,000 bytes and evicts 20
/// when it holds more than 100, and a queue that passes 50 batches of 100 messages.
pub fn mixed<T: Tracker>(tracker: &T, scale: Scale) -> Digest {
    let mut witness = Context::new(tracker);
    runtime().block_on(async {
        let (sender, receiver) = mpsc::channel(8);
        let parts = [
            tokio::spawn(database(tracker.clone(), scale)),
            tokio::spawn(cache(tracker.clone(), scale)),
            tokio::spawn(produce(tracker.clone(), scale, sender)),
            tokio::spawn(consume(tracker.clone(), receiver)),
        ];
        for part in parts {
            witness.join(part.await.expect("a part of this workload does not panic"));
        }
    });
    witness.digest()
}

async fn database<T: Tracker>(tracker: T, scale: Scale) -> Digest {
    let mut witness = Context::new(&tracker);
    let mut rng = scale.rng(0x7_0000_0000);
    let mut tables: Vec<Vec<Record>> = Vec::new();
    for table in 0..scale.count(100) {
        let records = (0..500)
            .map(|id| Record {
                id,
                name: format!("record {id} of table {table}"),
                fields: (0..3).map(|field| format!("field {field}: {}", rng.random_range(0..1_000_000))).collect(),
            })
            .collect();
        witness.track("table", &records);
        tables.push(records);
        yield_now().await;
    }
    witness.moment("all tables alive");
    for table in &tables {
        let lengths = table.iter().map(|record| record.id + (record.name.len() + record.fields.iter().map(String::len).sum::<usize>()) as u64);
        witness.check(lengths.sum());
    }
    witness.digest()
}

async fn cache<T: Tracker>(tracker: T, scale: Scale) -> Digest {
    let mut witness = Context::new(&tracker);
    let mut rng = scale.rng(0x7_0000_0001);
    let mut entries: Map<u64, Arc<Vec<u8>>> = Map::default();
    let mut ages = VecDeque::new();
    for key in 0..scale.count(200) {
        let entry = Arc::new(vec![rng.random_range(1..=u8::MAX); 2_000]);
        witness.track("cached", &entry);
        entries.insert(key, entry);
        ages.push_back(key);
        if entries.len() > 100 {
            for oldest in ages.drain(..20) {
                let evicted = entries.remove(&oldest).expect("each key has an age");
                witness.check(u64::from(evicted[0]));
            }
        }
        if let Some(hit) = entries.get(&rng.random_range(0..=key)) {
            witness.check(u64::from(hit[1_999]));
        }
        yield_now().await;
    }
    witness.digest()
}

async fn produce<T: Tracker>(tracker: T, scale: Scale, sender: mpsc::Sender<Vec<Message>>) -> Digest {
    let mut witness = Context::new(&tracker);
    let mut rng = scale.rng(0x7_0000_0002);
    for batch in 0..scale.count(50) {
        let messages = (0..100)
            .map(|n| Message {
                topic: format!("topic {} of batch {batch}", n % 10),
                payload: vec![n; rng.random_range(50..500)],
            })
            .collect();
        witness.track("messages", &messages);
        sender.send(messages).await.unwrap_or_else(|_| unreachable!("the consumer reads until the queue is closed"));
    }
    witness.digest()
}

async fn consume<T: Tracker>(tracker: T, mut receiver: mpsc::Receiver<Vec<Message>>) -> Digest {
    let mut witness = Context::new(&tracker);
    let mut by_topic: Box<Map<String, u64>> = Box::default();
    witness.track("by topic", &by_topic);
    while let Some(batch) = receiver.recv().await {
        for message in batch {
            witness.check(message.payload.len() as u64);
            *by_topic.entry(message.topic).or_default() += 1;
        }
    }
    witness.check(by_topic.values().sum());
    witness.digest()
}
