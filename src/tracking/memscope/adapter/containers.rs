//! Naming containers.

#![allow(unused_imports, reason = "each form uses some of them")]

use super::{Linked, NamesContainers};
use crate::tracking::memscope::Containers;

/// From 0.1.3 on.
#[cfg(memscope_containers = "all")]
impl NamesContainers for Linked {
    const CONTAINERS: Result<Containers, &'static str> = Ok(Containers {
        hash_map: |variables, name, value| variables.pass_on(name, value),
        btree_map: |variables, name, value| variables.pass_on(name, value),
        vec_deque: |variables, name, value| variables.pass_on(name, value),
        ref_cell: |variables, name, value| variables.pass_on(name, value),
        rw_lock: |variables, name, value| variables.pass_on(name, value),
    });
}
