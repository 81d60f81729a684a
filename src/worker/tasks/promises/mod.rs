//! Promises: the reports that memscope offers, each with a planted program whose answer is known.
//!
//! Each promise is a function in a file of its subject. It runs its program under the level whose record the report
//! reads, requests memscope's report, and returns [`Facts`]: the facts of a right report, and the facts of this one.
//! Each runs in a separate process, so a crash is a result too.

mod blocks;
mod errors;
mod exported;
mod exports;
mod facts;
mod findings;
mod planted;
mod quick_start;
mod relations;
mod tasks;
mod threads;
mod values;

pub use facts::{Compared, Fact, Facts};

use crate::worker::task::TaskError;
use serde::{Deserialize, Serialize};

/// A promise.
#[derive(Clone, Copy, Debug)]
pub struct Promise {
    /// Name in commands, reports and files.
    pub name: &'static str,
    /// Content of a report that keeps it, in a few words.
    pub about: &'static str,
    /// Runs the planted program, and returns the facts.
    run: fn() -> Result<Facts, TaskError>,
}

/// The work of one process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Name of the promise.
    pub promise: String,
}

impl Promise {
    const fn new(name: &'static str, about: &'static str, run: fn() -> Result<Facts, TaskError>) -> Self {
        Self { name, about, run }
    }

    /// All promises, in the order of reports: on the hook's blocks, on named values, on relations between values, on
    /// tasks, on errors, and on exports.
    pub const ALL: &[Self] = &[
        Self::new("quick-start", "what the documented first program names", quick_start::first),
        Self::new("quick-start-service", "what the documented program of a service exports", quick_start::service),
        Self::new("live-blocks", "each live block, with its address and size", blocks::live),
        Self::new("totals", "the number of allocations, frees and bytes", blocks::totals),
        Self::new("peak", "the most memory in use at once, and that in use now", blocks::peak),
        Self::new("threads", "the thread of each block", threads::of_blocks),
        Self::new("order", "time stamps in the order of events", threads::order_of_blocks),
        Self::new("leaks", "each block that nothing frees", findings::leaks),
        Self::new("cycles", "each pair of values that hold each other", findings::cycles),
        Self::new("names", "the name of each named value", values::names),
        Self::new("types", "the type of each named value", values::types),
        Self::new("sizes", "the bytes of each named value", values::sizes),
        Self::new("live-values", "the named values that are live", values::live),
        Self::new("value-threads", "the thread of each named value", threads::of_values),
        Self::new("value-order", "time stamps of named values in their order", threads::order_of_values),
        Self::new("value-leaks", "each named value that nothing frees", findings::named_leaks),
        Self::new("value-cycles", "each pair of named values that hold each other", findings::named_cycles),
        Self::new("clones", "the clones of one shared value", relations::clones),
        Self::new("owners", "the values that another one owns", relations::owners),
        Self::new("borrows", "the open borrows of each named value", relations::borrows),
        Self::new("tasks", "each task, and the one in which it began", tasks::parents),
        Self::new("task-memory", "the blocks that each task made", tasks::memory),
        Self::new("task-values", "the values that each task named", tasks::named_memory),
        Self::new("async-tasks", "the values that each of three interleaved tasks named", tasks::asynchronous),
        Self::new("use-after-free", "the blocks that are read after they were freed", errors::use_after_free),
        Self::new("double-free", "the blocks that are freed twice", errors::double_free),
        Self::new("overflow", "the blocks that are read beyond their ends", errors::overflow),
        Self::new("json", "each named value and, from 0.2.0 on, the totals, as JSON", exports::json),
        Self::new("html", "each named value, as HTML", exports::html),
        Self::new("svg", "each named value, as a picture", exports::svg),
        Self::new("binary", "each named value, in a binary file", exports::binary),
    ];

    /// Returns the promise with a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|promise| promise.name == name).copied()
    }
}

/// Runs the planted program of a promise. Call this once in a process.
///
/// # Errors
/// If the promise does not exist, the version does not make it, or the system refuses a resource.
pub fn run(Request { promise }: &Request) -> Result<Facts, TaskError> {
    let unknown = || {
        let known: Vec<&str> = Promise::ALL.iter().map(|promise| promise.name).collect();
        TaskError::Refused(format!("unknown promise '{promise}'; choose from {}", known.join(", ")))
    };
    (Promise::named(promise).ok_or_else(unknown)?.run)()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_promise_has_a_unique_name() {
        for promise in Promise::ALL {
            let same = Promise::ALL.iter().filter(|other| other.name == promise.name).count();
            assert_eq!(same, 1, "{}", promise.name);
        }
    }
}
