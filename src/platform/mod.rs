//! The operating system, the file system, the terminal and git.

pub mod allocator;
pub mod conditions;
pub mod console;
pub mod cores;
pub mod environment;
pub mod files;
pub mod git;
pub mod limits;
pub mod programs;
pub mod shell;
pub mod system;
pub mod text;
