//! Recording of tasks: as scopes, and as asynchronous tasks.

#![allow(unused_imports, reason = "each form uses some of them")]

use super::{AsynchronousTasks, Linked, Tasks};
use crate::tracking::memscope::{AsyncTasks, ListedTask, TaskScopes};

/// From 0.2.3 on: a registry with a guard for each task.
#[cfg(memscope_tasks = "registry")]
impl Tasks for Linked {
    const TASKS: Result<TaskScopes, &'static str> = {
        use memscope_rs::task_registry::global_registry;
        Ok(TaskScopes {
            enter: |name| Box::new(global_registry().task_scope(name)),
            listed: || {
                let graph = global_registry().export_graph();
                let name_of = |id| graph.nodes.iter().find(|node| node.id == id).map(|node| node.name.clone());
                let parent_of = |id| graph.edges.iter().find(|edge| edge.to == id).and_then(|edge| name_of(edge.from));
                let tasks = graph.nodes.iter().map(|node| ListedTask {
                    name: node.name.clone(),
                    parent: parent_of(node.id),
                    allocations: node.allocation_count as u64,
                    bytes: node.memory_usage,
                });
                tasks.collect()
            },
        })
    };
}

/// From 0.2.1 on: a wrapper of tokio's `spawn`, and a profile of each task.
#[cfg(memscope_async_tasks = "spawned")]
impl AsynchronousTasks for Linked {
    const ASYNC_TASKS: Result<AsyncTasks, &'static str> = {
        use memscope_rs::capture::backends::async_tracker::spawn_tracked;
        Ok(AsyncTasks {
            spawn: spawn_tracked,
            listed: || {
                let tracker = memscope_rs::global_tracker().map_err(|error| error.to_string())?;
                let mut profiles = tracker.async_tracker().get_all_profiles();
                // Each call of the wrapper draws the next number.
                profiles.sort_by_key(|profile| profile.task_id);
                let tasks = profiles.into_iter().map(|profile| ListedTask {
                    name: profile.task_name,
                    parent: None,
                    allocations: profile.total_allocations,
                    bytes: profile.total_bytes,
                });
                Ok(tasks.collect())
            },
        })
    };
}
