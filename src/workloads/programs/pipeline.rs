//! A pipeline of tokio tasks: one thread reads batches of records, and tasks on other threads process and free them.

use crate::workloads::pools::runtime;
use crate::workloads::{Context, Digest, Scale, Tracker};
use rand::{Rng, RngExt};
use rand_pcg::Pcg64Mcg;
use tokio::sync::mpsc::{Receiver, channel};

/// The number of tasks that process batches.
const TASKS: usize = 4;
/// The maximum number of batches that wait for a task.
const WAITING: usize = 4;

/// One record of a batch.
struct Record {
    key: String,
    payload: Vec<u64>,
}

/// At scale 1, 2,400 batches of 400 records with 32 to 127 numbers each.
///
/// The reader is the caller's thread, which runs no task, so each record is freed on a different thread than it was
/// allocated on.
pub(super) fn pipeline<T: Tracker>(tracker: &T, scale: Scale) -> Digest {
    let mut context = Context::new(tracker);
    let mut rng = scale.rng(106);
    runtime().block_on(async {
        let (senders, tasks): (Vec<_>, Vec<_>) = (0..TASKS)
            .map(|_| {
                let (sender, receiver) = channel(WAITING);
                (sender, tokio::spawn(work(tracker.clone(), receiver)))
            })
            .unzip();
        for number in 0..scale.count(2_400) as usize {
            let batch = read_batch(number, &mut rng);
            assert!(senders[number % TASKS].send(batch).await.is_ok(), "the tasks end after the reader");
        }
        drop(senders);
        for task in tasks {
            context.merge(task.await.expect("a task of this program does not panic"));
        }
    });
    context.digest()
}

/// Reads a batch from the source.
fn read_batch(number: usize, rng: &mut Pcg64Mcg) -> Vec<Record> {
    let record = |place| {
        let length = rng.random_range(32..128);
        let payload = (0..length).map(|_| rng.next_u64()).collect();
        Record { key: format!("{:x}/{place}", number * 7_919 % 10_007), payload }
    };
    (0..400).map(record).collect()
}

/// Sorts the batches of one task by key, and adds them up.
async fn work<T: Tracker>(tracker: T, mut batches: Receiver<Vec<Record>>) -> Digest {
    let mut context = Context::new(&tracker);
    while let Some(mut batch) = batches.recv().await {
        context.track("batch", &batch);
        batch.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        for Record { key, payload } in batch {
            let mixed = payload.iter().fold(key.len() as u64, |sum, number| (sum ^ number).wrapping_mul(0x9E37_79B9));
            context.record(mixed);
        }
    }
    context.digest()
}
