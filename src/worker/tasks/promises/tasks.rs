//! Promises on tasks: their parents, and the memory that is attributed to each.

use super::facts::Facts;
use super::planted::{answered, named_level, prepare};
use crate::tracking::memscope::{self, AsyncTasks, ListedTask, TaskScopes, Work};
use crate::tracking::{Level, PauseGuard, VariableTracker};
use crate::worker::task::TaskError;
use crate::workloads::Tracker;
use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError};

/// The tasks: a name, the name of the task in which it begins, and the bytes of the buffers that it allocates.
const TASKS: [(&str, Option<&str>, &[usize]); 4] = [
    ("main", None, &[100, 50]),
    ("first", Some("main"), &[200]),
    ("second", Some("main"), &[300]),
    ("afterwards", None, &[400]),
];

/// Lists each task with its parent.
pub(super) fn parents() -> Result<Facts, TaskError> {
    let listed = scoped(Level::Allocator)?;
    Ok(judge_parents(&listed))
}

/// Attributes the hook's blocks to tasks.
pub(super) fn memory() -> Result<Facts, TaskError> {
    Ok(judge_memory(&scoped(Level::Allocator)?))
}

/// Attributes named values to tasks.
pub(super) fn named_memory() -> Result<Facts, TaskError> {
    Ok(judge_memory(&scoped(named_level()?)?))
}

/// Runs the tasks within each other, like a program with a scope for each.
fn scoped(level: Level) -> Result<Vec<ListedTask>, TaskError> {
    let TaskScopes { enter, listed } = memscope::TASKS.map_err(TaskError::Unsupported)?;
    let session = prepare(level)?;
    // Allocations of the registry are not the tasks' own.
    let begin = |name: &str| {
        let _paused = PauseGuard::new();
        enter(name)
    };
    let end = |task: Box<dyn Any>| {
        let _paused = PauseGuard::new();
        drop(task);
    };
    let make = |bytes: usize| {
        let buffer = vec![1_u8; bytes];
        session.tracker().vec("buffer", &buffer);
        buffer
    };
    let buffers = session.window(|| {
        let main = begin("main");
        let before = make(100);
        let first = begin("first");
        let in_first = make(200);
        end(first);
        let between = make(50);
        let second = begin("second");
        let in_second = make(300);
        end(second);
        end(main);
        let last = begin("afterwards");
        let in_last = make(400);
        end(last);
        [before, in_first, between, in_second, in_last]
    });
    let listed = listed();
    drop(buffers);
    Ok(listed)
}

fn judge_parents(listed: &[ListedTask]) -> Facts {
    let fact = |name: &str, parent: Option<&str>| match parent {
        Some(parent) => format!("{name} began in {parent}"),
        None => format!("{name} began in no other task"),
    };
    Facts {
        expected: TASKS.iter().map(|(name, parent, _)| fact(name, *parent)).collect(),
        reported: listed.iter().map(|task| fact(&task.name, task.parent.as_deref())).collect(),
    }
}

fn judge_memory(listed: &[ListedTask]) -> Facts {
    let fact = |name: &str, allocations: u64, bytes: u64| format!("{name}: {bytes} B in {allocations}");
    let truth = TASKS.iter().map(|(name, _, sizes)| fact(name, sizes.len() as u64, sizes.iter().sum::<usize>() as u64));
    Facts {
        expected: truth.collect(),
        reported: listed.iter().map(|task| fact(&task.name, task.allocations, task.bytes)).collect(),
    }
}

/// The bytes of the buffers that three asynchronous tasks name.
const ASYNC_SIZES: [usize; 3] = [1_000, 2_000, 3_000];

/// Attributes named values to asynchronous tasks that take turns on one thread.
pub(super) fn asynchronous() -> Result<Facts, TaskError> {
    let AsyncTasks { spawn, listed } = memscope::ASYNC_TASKS.map_err(TaskError::Unsupported)?;
    let session = prepare(named_level()?)?;
    let system = |source| TaskError::System { action: "start a runtime", source };
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(system)?;
    let kept: Kept = Arc::default();
    let works = ASYNC_SIZES.map(|size| turn(size, session.tracker().clone(), Arc::clone(&kept)));
    session.window(|| {
        runtime.block_on(async {
            let tasks = works.map(spawn);
            for task in tasks {
                // A task that panics names nothing, which the comparison reports.
                let _ = task.await;
            }
        });
    });
    Ok(judge_asynchronous(listed()))
}

/// The buffers that must live until memscope's report.
type Kept = Arc<Mutex<Vec<Vec<u8>>>>;

/// Returns a task that lets the others begin before it names its buffer.
fn turn(size: usize, names: VariableTracker, kept: Kept) -> Work {
    Box::pin(async move {
        for _ in 0..2 {
            tokio::task::yield_now().await;
        }
        let buffer = vec![1_u8; size];
        names.vec("buffer", &buffer);
        kept.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
    })
}

fn judge_asynchronous(listed: Result<Vec<ListedTask>, String>) -> Facts {
    // memscope chooses their names, so a task is known by its place: versions list every spawned task, or none.
    let fact = |(place, task): (usize, (u64, u64))| format!("task {} named {} B in {}", place + 1, task.1, task.0);
    let reported = |listed: &[ListedTask]| {
        listed.iter().map(|task| (task.allocations, task.bytes)).enumerate().map(fact).collect()
    };
    Facts {
        expected: ASYNC_SIZES.iter().map(|size| (1, *size as u64)).enumerate().map(fact).collect(),
        reported: answered(listed, reported),
    }
}

#[cfg(test)]
mod tests {
    use super::super::facts::tests::notices_every_mutation;
    use super::*;

    fn right() -> Vec<ListedTask> {
        let listed = |(name, parent, sizes): &(&str, Option<&str>, &[usize])| ListedTask {
            name: (*name).to_owned(),
            parent: parent.map(str::to_owned),
            allocations: sizes.len() as u64,
            bytes: sizes.iter().sum::<usize>() as u64,
        };
        TASKS.iter().map(listed).collect()
    }

    #[test]
    fn a_wrong_parent_is_noticed() {
        notices_every_mutation(
            judge_parents,
            &right(),
            &right()[1],
            &[
                |task| task.name = "other".to_owned(),
                |task| task.parent = if task.parent.is_some() { None } else { Some("first".to_owned()) },
            ],
        );
    }

    #[test]
    fn wrong_memory_is_noticed() {
        let also = ListedTask { name: "other".to_owned(), ..ListedTask::default() };
        notices_every_mutation(
            judge_memory,
            &right(),
            &also,
            &[|task| task.bytes += 1, |task| task.allocations = 0, |task| task.name = "other".to_owned()],
        );
    }

    #[test]
    fn wrong_memory_of_asynchronous_tasks_is_noticed() {
        let listed = |size: &usize| ListedTask { allocations: 1, bytes: *size as u64, ..ListedTask::default() };
        let right: Vec<ListedTask> = ASYNC_SIZES.iter().map(listed).collect();
        let judged = |report: &[ListedTask]| judge_asynchronous(Ok(report.to_vec()));
        let swapped = [&right[2], &right[1], &right[0]].map(ListedTask::clone);
        assert_eq!(judged(&swapped).compare().true_positives, 1, "only the second task has its own bytes");
        notices_every_mutation(judged, &right, &right[0], &[|task| task.bytes = 6_000, |task| task.allocations = 3]);
    }
}
