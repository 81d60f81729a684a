//! The hook, and the tracker that it reports to.

#[cfg(memscope_hook = "root")]
use memscope_rs::TrackingAllocator;
#[cfg(memscope_hook = "allocator")]
use memscope_rs::allocator::TrackingAllocator;
#[cfg(memscope_hook = "core")]
use memscope_rs::core::allocator::TrackingAllocator;

#[cfg(memscope_tracker = "get_global_tracker")]
pub use memscope_rs::get_global_tracker as tracker;
#[cfg(memscope_tracker = "get_tracker")]
pub use memscope_rs::get_tracker as tracker;

/// memscope's hook. It has no state of its own: what it records is in [`tracker`].
pub static HOOK: TrackingAllocator = TrackingAllocator::new();
