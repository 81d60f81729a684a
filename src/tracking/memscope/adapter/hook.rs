//! The hook, and the tracker that it reports to.

#[cfg(memscope_hook = "root")]
use memscope_rs::TrackingAllocator;
#[cfg(memscope_hook = "allocator")]
use memscope_rs::allocator::TrackingAllocator;
#[cfg(memscope_hook = "core")]
use memscope_rs::core::allocator::TrackingAllocator;
#[cfg(memscope_registry = "scopes")]
use memscope_rs::{core::scope_tracker::get_global_scope_tracker, variable_registry::VariableRegistry};

#[cfg(memscope_tracker = "get_global_tracker")]
pub use memscope_rs::get_global_tracker as tracker;
#[cfg(memscope_tracker = "get_tracker")]
pub(super) use memscope_rs::get_tracker as tracker;

/// memscope's hook. It has no state: its record is in [`tracker`].
pub(crate) static HOOK: InstalledHook = InstalledHook::new();

/// The type of memscope's hook, for a program that installs it as its allocator.
pub type InstalledHook = TrackingAllocator;

/// Creates the tracker that the hook reports to and, if a version has them, the registries of named values.
pub fn prepare_hook() {
    tracker();
    #[cfg(memscope_registry = "scopes")]
    {
        get_global_scope_tracker();
        VariableRegistry::get_stats();
    }
}
