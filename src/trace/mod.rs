//! Traces: the recorded allocations of a program, which can be replayed under any tracker.
//!
//! A trace contains each operation of the program's allocator: allocate, allocate zeroed, reallocate, free. Each has
//! its size, alignment, thread and block, and the CPU time of the program's own work before it. A trace contains no
//! contents of memory, only sizes and times.
//!
//! | file | content |
//! |---|---|
//! | `format` | the bytes of a trace: header, frames, operations |
//! | `recorder` | the recorder as a global allocator, for a program that is compiled with this library |
//! | `recorder.c` | the same as a library to preload, for a program that is not changed |
//! | `reader` | reads a trace and checks it |
//! | `steps` | the operations of all threads in one order, with their blocks |
//! | `summary` | the figures of a trace |
//! | `made` | traces for tests |
//! | `plan` | the operations as a process replays them |

pub mod format;
#[doc(hidden)]
pub mod made;
pub(crate) mod plan;
mod reader;
pub(crate) mod recorder;
mod steps;
mod summary;

pub(crate) use plan::PlanError;
pub use reader::{Trace, TraceError};
pub use recorder::RecordingAllocator;
pub use steps::{Deed, Step};
pub use summary::{Kinds, Summary};

/// The source of the library to preload, in C.
pub(crate) const PRELOADED: &str = include_str!("recorder.c");
