//! The program: blocks whose sizes identify their thread, name or task.

use crate::stats::share::Share;
use crate::tracking::memscope::modes::{self, MemscopeMode};
use crate::tracking::{Level, VariableTracker, counting, recorded_names};
use crate::workloads::Tracker;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;

/// The number of blocks that are alive at once in the first part, and its number of repeats. Addresses are reused as
/// often as a tracker that scans its history can cope with.
const BATCH: usize = 1_000;
const BATCHES: usize = 2;
const EVENT_SIZE: usize = 2_003;

/// Blocks of each thread, name and task.
pub(super) const BLOCKS: usize = 50;
/// Sizes that no other block has.
pub(super) const THREAD_SIZES: [usize; 4] = [3_001, 3_011, 3_019, 3_023];
pub(super) const NAMES: [(&str, usize); 4] = [("alpha", 3_037), ("beta", 3_041), ("gamma", 3_049), ("delta", 3_061)];
/// Blocks that the main thread allocates and another one frees.
pub(super) const HANDED_OVER: usize = 200;
const HANDED_SIZE: usize = 3_067;

/// Number of named values, without those of tasks.
pub(super) const NAMED: usize = BATCH * BATCHES + BLOCKS * (THREAD_SIZES.len() + NAMES.len()) + HANDED_OVER;

/// The tasks: the sizes of each one's blocks.
pub(super) type Tasks = &'static [&'static [usize]];

/// Tasks that take turns on one thread.
const INTERLEAVED: Tasks = &[&[3_079], &[3_083], &[3_089], &[3_109]];
/// A scope with another one in its middle.
const NESTED: Tasks = &[&[3_119, 3_121], &[3_137]];

/// Returns the tasks of a level that has some.
pub(super) fn tasks_of(level: Level) -> Option<Tasks> {
    match level.memscope_mode()? {
        MemscopeMode::AsyncTask => Some(INTERLEAVED),
        MemscopeMode::TaskScope => Some(NESTED),
        _ => None,
    }
}

/// Returns the number of values that the tasks of a level name.
pub(super) fn named_in_tasks(level: Level) -> u64 {
    tasks_of(level).map_or(0, |tasks| (BLOCKS * tasks.iter().map(|sizes| sizes.len()).sum::<usize>()) as u64)
}

/// The program.
#[derive(Clone, Copy, Debug)]
pub(super) struct Program<'a> {
    pub names: &'a VariableTracker,
    pub level: Level,
}

/// The rest of the program: blocks that are alive when the record is read, and the tracker's memory.
#[derive(Debug)]
pub(super) struct Kept {
    _blocks: Vec<Vec<u8>>,
    /// Bytes that the tracker keeps of a freed block.
    pub bytes: f64,
}

impl Program<'_> {
    /// Runs it.
    pub(super) fn run(self) -> Kept {
        let before = live_bytes();
        for _ in 0..BATCHES {
            drop(self.blocks("event", EVENT_SIZE, BATCH));
        }
        let bytes = (live_bytes() - before) as f64 / (BATCH * BATCHES) as f64;
        let mut blocks = Vec::new();
        blocks.extend(self.threads());
        for (name, size) in NAMES {
            blocks.extend(self.blocks(name, size, BLOCKS));
        }
        self.hand_over();
        blocks.extend(self.tasks());
        Kept { _blocks: blocks, bytes }
    }

    /// Makes and names blocks.
    fn blocks(self, name: &'static str, size: usize, count: usize) -> Vec<Vec<u8>> {
        (0..count).map(|_| self.block(name, size)).collect()
    }

    fn block(self, name: &'static str, size: usize) -> Vec<u8> {
        let block = Vec::with_capacity(size);
        self.names.track(name, &block);
        block
    }

    /// Makes blocks on several threads that are alive at once.
    fn threads(self) -> Vec<Vec<u8>> {
        let threads = THREAD_SIZES.map(|size| {
            let (names, level) = (self.names.clone(), self.level);
            thread::spawn(move || Program { names: &names, level }.blocks("thread", size, BLOCKS))
        });
        threads.into_iter().flat_map(|thread| thread.join().expect("it does not panic")).collect()
    }

    /// Makes blocks that another thread frees.
    fn hand_over(self) {
        let blocks = self.blocks("handed over", HANDED_SIZE, HANDED_OVER);
        thread::spawn(move || drop(blocks)).join().expect("it does not panic");
    }

    /// Makes blocks in tasks, if the level has some.
    fn tasks(self) -> Vec<Vec<u8>> {
        let mut blocks = Vec::new();
        match (tasks_of(self.level), modes::interleave()) {
            (Some(INTERLEAVED), Some(interleave)) => {
                let mut made: Vec<Vec<Vec<u8>>> = INTERLEAVED.iter().map(|_| Vec::new()).collect();
                let mut tasks: Vec<Pin<Box<dyn Future<Output = ()> + '_>>> = Vec::new();
                for (sizes, made) in INTERLEAVED.iter().zip(&mut made) {
                    tasks.push(Box::pin(self.one_task(sizes[0], made)));
                }
                interleave(tasks);
                blocks.extend(made.into_iter().flatten());
            }
            (Some(NESTED), _) => modes::in_scope(&mut || {
                blocks.extend(self.blocks("task", NESTED[0][0], BLOCKS));
                modes::in_scope(&mut || blocks.extend(self.blocks("task", NESTED[1][0], BLOCKS)));
                blocks.extend(self.blocks("task", NESTED[0][1], BLOCKS));
            }),
            _ => {}
        }
        blocks
    }

    /// Allocates one block between two waits, like a task among others.
    async fn one_task(self, size: usize, made: &mut Vec<Vec<u8>>) {
        for _ in 0..BLOCKS {
            made.push(self.block("task", size));
            Turn::default().await;
        }
    }
}

/// Waits until the other tasks had their turn.
#[derive(Default)]
struct Turn {
    is_over: bool,
}

impl Future for Turn {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.is_over, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

/// Names one value this many times, and returns the recorded share.
pub(super) fn sample(names: &VariableTracker, calls: u64) -> Option<Share> {
    let value: Vec<u8> = Vec::with_capacity(EVENT_SIZE);
    let before = recorded_names(names)?;
    (0..calls).for_each(|_| names.track("sampled", &value));
    let part = recorded_names(names)? - before;
    Some(Share { part: part as usize, of: calls as usize })
}

/// Returns the live bytes of the program and the tracker. It allocates nothing.
fn live_bytes() -> i64 {
    counting::totals().live_bytes() as i64 + counting::own().live_bytes as i64
}
