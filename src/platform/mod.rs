//! The operating system, the file system, the terminal and git.

pub(crate) mod allocator;
pub(crate) mod children;
pub mod conditions;
pub mod console;
pub(crate) mod cores;
pub(crate) mod disturbance;
pub(crate) mod environment;
pub mod files;
pub(crate) mod git;
mod interrupt;
pub(crate) mod itself;
pub(crate) mod limits;
pub(crate) mod list;
pub(crate) mod programs;
pub(crate) mod scratch;
pub(crate) mod shell;
pub(crate) mod signals;
pub mod system;
pub mod text;
pub(crate) mod ticks;
mod tree;
pub(crate) mod usage;
