//! Statements of memscope in one form for all versions: listed blocks and values, relations, borrows, tasks and memory
//! errors.

use crate::tracking::Mode;
use std::any::Any;
use std::path::Path;
use std::pin::Pin;
use tokio::task::JoinHandle;

/// A statement that a user can request, or the reason why the version makes none.
pub type Ask<T> = Result<fn() -> Result<T, String>, &'static str>;

/// Writes an export to a path, or the reason why the version has none.
pub type Export = Result<fn(&Path) -> Result<(), String>, &'static str>;

/// A block or a named value in a list of memscope.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// Address.
    pub address: usize,
    /// Bytes.
    pub size: u64,
    /// Name of the value.
    pub name: Option<String>,
    /// Name of its type.
    pub type_name: Option<String>,
    /// Thread, as the version writes it.
    pub thread: String,
    /// Time stamp, in the version's own unit.
    pub time: u128,
}

/// A relation between two named values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// Name of the first value.
    pub from: String,
    /// Name of the second value.
    pub to: String,
    /// Kind, as the version writes it.
    pub kind: String,
}

/// Recording of borrows.
#[derive(Clone, Copy, Debug)]
pub struct Borrows {
    /// Begins a borrow of an address under a name, and returns a function that ends it.
    pub begin: fn(usize, &str) -> Box<dyn FnOnce()>,
    /// Returns the names under which an address is borrowed now.
    pub of: fn(usize) -> Vec<String>,
}

/// Recording of tasks as scopes.
#[derive(Clone, Copy, Debug)]
pub struct TaskScopes {
    /// Begins a task of this name, which ends with the returned value.
    pub enter: fn(&str) -> Box<dyn Any>,
    /// Lists all tasks.
    pub listed: fn() -> Vec<ListedTask>,
}

/// A task in a list of memscope.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListedTask {
    /// Name.
    pub name: String,
    /// Name of the task in which it began.
    pub parent: Option<String>,
    /// Allocations attributed to it.
    pub allocations: u64,
    /// Bytes attributed to it.
    pub bytes: u64,
}

/// The work of an asynchronous task.
pub type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Recording of asynchronous tasks.
#[derive(Clone, Copy, Debug)]
pub struct AsyncTasks {
    /// Spawns a tracked task on the current tokio runtime.
    pub spawn: fn(Work) -> JoinHandle<()>,
    /// Lists the tasks in the order in which they were spawned, with no parents.
    pub listed: fn() -> Result<Vec<ListedTask>, String>,
}

/// An event in the life of a block, for a detector of errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeapEvent {
    /// A block was allocated.
    Allocated {
        /// Address.
        address: usize,
        /// Bytes.
        size: usize,
    },
    /// A block was freed.
    Freed {
        /// Address.
        address: usize,
        /// Bytes.
        size: usize,
    },
    /// Memory was read through a reference.
    Accessed {
        /// Address.
        address: usize,
        /// Bytes.
        size: usize,
    },
}

/// Returns the addresses of blocks in whose events memscope finds an error, or the reason why it looks for none.
pub type ErrorDetector = Result<fn(&[HeapEvent]) -> Vec<usize>, &'static str>;

/// The quick start of a version's documents, as a program with the same calls.
#[derive(Clone, Copy, Debug)]
pub struct Starting {
    /// Mode of the program's allocator, with the version's default features.
    pub(crate) mode: Mode,
    /// Beginning of the name of the file or folder that it writes; `None` if it writes none.
    pub report: Option<&'static str>,
    /// Runs it in the working directory.
    pub run: fn() -> Result<Started, String>,
}

/// A quick start that has run.
pub struct Started {
    /// Values that the program names.
    pub named: u64,
    /// Returns the number of values that memscope has recorded. The program's values live until it is called, which
    /// must be after the window is closed.
    pub recorded: Box<dyn FnOnce() -> Result<u64, String>>,
}
