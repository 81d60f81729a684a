//! Scopes of tasks: allocations of a thread while a scope lives belong to its task.

#![allow(unused_imports, reason = "each form uses some of them")]

use super::super::Linked;
use super::TaskScopes;
use crate::tracking::memscope::modes::Driver;

#[cfg(memscope_task_scopes = "registry")]
impl TaskScopes for Linked {
    const TASK_SCOPES: Result<Driver, &'static str> = Ok(Driver {
        around: |run| {
            let _scope = memscope_rs::task_registry::global_registry().task_scope("scope");
            run();
        },
        ..Driver::PLAIN
    });
}
