//! Containers that can be named, from 0.1.3 on.

use crate::tracking::memscope::Containers;

/// All containers can be named.
pub const CONTAINERS: Result<Containers, &str> = Ok(Containers {
    hash_map: |variables, name, value| variables.pass_on(name, value),
    btree_map: |variables, name, value| variables.pass_on(name, value),
    vec_deque: |variables, name, value| variables.pass_on(name, value),
    ref_cell: |variables, name, value| variables.pass_on(name, value),
    rw_lock: |variables, name, value| variables.pass_on(name, value),
});
