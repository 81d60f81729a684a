//! What memscope makes when it is first used, made before the window opens.

use super::hook::tracker;
#[cfg(memscope_registry = "scopes")]
use memscope_rs::{core::scope_tracker::get_global_scope_tracker, variable_registry::VariableRegistry};

/// Makes the tracker that the hook reports to and, where there are some, the registries of named values.
pub fn prepare_hook() {
    tracker();
    #[cfg(memscope_registry = "scopes")]
    {
        get_global_scope_tracker();
        VariableRegistry::get_stats();
    }
}
