//! Phase 7: a server's work: a database, a cache and a message queue, all at once on the runtime.

use super::pools::runtime;
use super::{Context, Digest, Map, Scale, Tracker};
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
///
/// ```
/// use memscope_bench::workloads::{Scale, Untracked, mixed};
///
/// let tiny = Scale::new(0.001)?;
/// assert_eq!(mixed(&Untracked, tiny), mixed(&Untracked, tiny));
/// # Ok::<(), memscope_bench::workloads::ScaleError>(())
/// ```
pub fn mixed<T: Tracker>(tracker: &T, scale: Scale) -> Digest {
    let mut context = Context::new(tracker);
    runtime().block_on(async {
        let (sender, receiver) = mpsc::channel(8);
        let parts = [
            tokio::spawn(database(tracker.clone(), scale)),
            tokio::spawn(cache(tracker.clone(), scale)),
            tokio::spawn(produce(tracker.clone(), scale, sender)),
            tokio::spawn(consume(tracker.clone(), receiver)),
        ];
        for part in parts {
            context.merge(part.await.expect("a part of this workload does not panic"));
        }
    });
    context.digest()
}

async fn database<T: Tracker>(tracker: T, scale: Scale) -> Digest {
    let mut context = Context::new(&tracker);
    let mut rng = scale.task_rng(7, 0);
    let mut tables: Vec<Vec<Record>> = Vec::new();
    for table in 0..scale.count(100) {
        let records = (0..500)
            .map(|id| Record {
                id,
                name: format!("record {id} of table {table}"),
                fields: (0..3).map(|field| format!("field {field}: {}", rng.random_range(0..1_000_000))).collect(),
            })
            .collect();
        context.track("table", &records);
        tables.push(records);
        yield_now().await;
    }
    context.checkpoint("all tables alive");
    for table in &tables {
        let lengths = table.iter().map(|record| {
            record.id + (record.name.len() + record.fields.iter().map(String::len).sum::<usize>()) as u64
        });
        context.record(lengths.sum());
    }
    context.digest()
}

async fn cache<T: Tracker>(tracker: T, scale: Scale) -> Digest {
    let mut context = Context::new(&tracker);
    let mut rng = scale.task_rng(7, 1);
    let mut entries: Map<u64, Arc<Vec<u8>>> = Map::default();
    let mut ages = VecDeque::new();
    for key in 0..scale.count(200) {
        let entry = Arc::new(vec![rng.random_range(1..=u8::MAX); 2_000]);
        context.track("cached", &entry);
        entries.insert(key, entry);
        ages.push_back(key);
        if entries.len() > 100 {
            for oldest in ages.drain(..20) {
                let evicted = entries.remove(&oldest).expect("each key has an age");
                context.record(u64::from(evicted[0]));
            }
        }
        if let Some(hit) = entries.get(&rng.random_range(0..=key)) {
            context.record(u64::from(hit[1_999]));
        }
        yield_now().await;
    }
    context.digest()
}

async fn produce<T: Tracker>(tracker: T, scale: Scale, sender: mpsc::Sender<Vec<Message>>) -> Digest {
    let mut context = Context::new(&tracker);
    let mut rng = scale.task_rng(7, 2);
    for batch in 0..scale.count(50) {
        let messages = (0..100)
            .map(|n| Message {
                topic: format!("topic {} of batch {batch}", n % 10),
                payload: vec![n; rng.random_range(50..500)],
            })
            .collect();
        context.track("messages", &messages);
        sender.send(messages).await.unwrap_or_else(|_| unreachable!("the consumer reads until the queue is closed"));
    }
    context.digest()
}

async fn consume<T: Tracker>(tracker: T, mut receiver: mpsc::Receiver<Vec<Message>>) -> Digest {
    let mut context = Context::new(&tracker);
    let mut by_topic: Box<Map<String, u64>> = Box::default();
    context.track("by topic", &by_topic);
    while let Some(batch) = receiver.recv().await {
        for message in batch {
            context.record(message.payload.len() as u64);
            *by_topic.entry(message.topic).or_default() += 1;
        }
    }
    context.record(by_topic.values().sum());
    context.digest()
}
