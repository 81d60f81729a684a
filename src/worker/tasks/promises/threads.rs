//! Promises on threads and on time stamps: the blocks and values of each thread, and their order.

use super::facts::{Facts, grouped, pairs};
use super::planted::{Block, block_of, failed, named_level, prepare};
use crate::tracking::Level;
use crate::tracking::memscope::{self, Ask, Listed};
use crate::worker::task::TaskError;
use crate::workloads::Tracker;
use std::hint::black_box;
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::Duration;

/// The names of the blocks, three for each of four threads.
const NAMES: [[&str; 3]; 4] = [["a1", "a2", "a3"], ["b1", "b2", "b3"], ["c1", "c2", "c3"], ["d1", "d2", "d3"]];

/// The time between two blocks whose order is compared: any clock distinguishes them.
const BETWEEN: Duration = Duration::from_millis(3);

/// Distinguishes the threads of the hook's blocks.
pub(super) fn of_blocks() -> Result<Facts, TaskError> {
    by_threads(memscope::BLOCKS, Level::Allocator)
}

/// Distinguishes the threads of named values.
pub(super) fn of_values() -> Result<Facts, TaskError> {
    by_threads(memscope::VALUES, named_level()?)
}

/// Stamps the hook's blocks in their order.
pub(super) fn order_of_blocks() -> Result<Facts, TaskError> {
    in_order(memscope::BLOCKS, Level::Allocator)
}

/// Stamps named values in their order.
pub(super) fn order_of_values() -> Result<Facts, TaskError> {
    in_order(memscope::VALUES, named_level()?)
}

/// Allocates blocks on four threads, and compares which blocks share a thread.
///
/// All threads live at the same time, so no two can have the same number, and they take turns: some versions drop an
/// event while another thread has their lock. Fidelity measures that.
fn by_threads(ask: Ask<Vec<Listed>>, level: Level) -> Result<Facts, TaskError> {
    let ask = ask.map_err(TaskError::Unsupported)?;
    let session = prepare(level)?;
    let mut kept = NAMES.map(|names| (names, Vec::<Vec<u8>>::with_capacity(names.len())));
    let (all, turn) = (Barrier::new(NAMES.len()), Mutex::new(()));
    session.window(|| {
        thread::scope(|scope| {
            for (names, kept) in &mut kept {
                let tracker = session.tracker().clone();
                let (all, turn) = (&all, &turn);
                scope.spawn(move || {
                    all.wait();
                    for name in *names {
                        let _turn = turn.lock();
                        let block = black_box(vec![1_u8; 3_000]);
                        tracker.vec(name, &block);
                        kept.push(block);
                    }
                    all.wait();
                });
            }
        });
    });
    let truth =
        kept.iter().flat_map(|(names, kept)| names.iter().zip(kept).map(|(name, block)| Block::of(*name, block)));
    let truth: Vec<Block> = truth.collect();
    Ok(ask().map_or_else(
        |why| Facts { reported: vec![failed(&why)], ..judge_threads(&truth, &[]) },
        |listed| judge_threads(&truth, &listed),
    ))
}

fn judge_threads(truth: &[Block], listed: &[Listed]) -> Facts {
    const WORDS: &str = "are of one thread";
    let of_block = |entry: &Listed| Some((entry.thread.clone(), block_of(truth, entry)?.label.as_str()));
    Facts {
        expected: pairs(NAMES.map(|names| names.to_vec()), WORDS),
        reported: pairs(grouped(listed.iter().filter_map(of_block)), WORDS),
    }
}

/// Allocates six blocks in sequence, with time in between.
fn in_order(ask: Ask<Vec<Listed>>, level: Level) -> Result<Facts, TaskError> {
    let ask = ask.map_err(TaskError::Unsupported)?;
    let session = prepare(level)?;
    let names = NAMES[..2].concat();
    let mut kept: Vec<Vec<u8>> = Vec::with_capacity(names.len());
    session.window(|| {
        for &name in &names {
            let block = black_box(vec![1_u8; 3_000]);
            session.tracker().vec(name, &block);
            kept.push(block);
            thread::sleep(BETWEEN);
        }
    });
    let truth: Vec<Block> = names.iter().zip(&kept).map(|(name, block)| Block::of(*name, block)).collect();
    Ok(ask().map_or_else(
        |why| Facts { reported: vec![failed(&why)], ..judge_order(&truth, &[]) },
        |listed| judge_order(&truth, &listed),
    ))
}

fn judge_order(truth: &[Block], listed: &[Listed]) -> Facts {
    let time_of = |block: &Block| {
        let of_block = |entry: &&Listed| block_of(truth, entry) == Some(block);
        listed.iter().filter(of_block).map(|entry| entry.time).min()
    };
    let neighbours = || truth.windows(2).map(|pair| (&pair[0], &pair[1]));
    let reported = neighbours().filter_map(|(one, next)| {
        let order = match time_of(one)?.cmp(&time_of(next)?) {
            std::cmp::Ordering::Less => "before",
            std::cmp::Ordering::Equal => "at the time of",
            std::cmp::Ordering::Greater => "after",
        };
        Some(format!("{} came {order} {}", one.label, next.label))
    });
    Facts {
        expected: neighbours().map(|(one, next)| format!("{} came before {}", one.label, next.label)).collect(),
        reported: reported.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::facts::tests::notices_every_mutation;
    use super::*;

    fn truth() -> Vec<Block> {
        let labels = NAMES.iter().flatten().enumerate();
        labels
            .map(|(number, label)| Block {
                label: (*label).to_owned(),
                addresses: 1_000 * number + 1..1_000 * number + 500,
            })
            .collect()
    }

    fn right() -> Vec<Listed> {
        let listed = |(number, block): (usize, &Block)| Listed {
            address: block.addresses.start,
            thread: format!("ThreadId({})", number / 3),
            time: 10 * number as u128,
            ..Listed::default()
        };
        truth().iter().enumerate().map(listed).collect()
    }

    #[test]
    fn a_wrong_thread_is_noticed() {
        let truth = truth();
        let judged = |report: &[Listed]| judge_threads(&truth, report);
        let also = Listed { thread: "ThreadId(3)".to_owned(), ..right()[0].clone() };
        notices_every_mutation(
            judged,
            &right(),
            &also,
            &[
                |entry| entry.thread = "ThreadId(9)".to_owned(),
                |entry| {
                    entry.thread = if entry.thread.ends_with("(0)") { "ThreadId(1)" } else { "ThreadId(0)" }.to_owned()
                },
                |entry| entry.address += 600,
            ],
        );
        let one: Vec<Listed> = right().into_iter().map(|entry| Listed { thread: "1".to_owned(), ..entry }).collect();
        let compared = judged(&one).compare();
        assert_eq!((compared.true_positives, compared.invented.len()), (12, 54), "all belong to one thread");
    }

    #[test]
    fn a_wrong_order_is_noticed() {
        let truth = truth();
        let judged = |report: &[Listed]| judge_order(&truth, report);
        let early = Listed { time: 0, ..right()[5].clone() };
        notices_every_mutation(
            judged,
            &right(),
            &early,
            &[
                |entry| entry.address += 600,
                |entry| {
                    entry.time = if entry.time == 0 { 10 } else { entry.time - 10 };
                },
            ],
        );
    }
}
