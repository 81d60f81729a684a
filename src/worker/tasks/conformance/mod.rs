//! The conformance suite: tests what every program may expect of a tracker that is its allocator.
//!
//! Each test is a function in a file of its subject. It drives the program's global allocator while the tracker
//! records, and checks the blocks that it gets and the tracker's reports. Each runs in a separate process under a time
//! limit, so a tracker that crashes or hangs fails only one test.
//!
//! No test requires what [`GlobalAlloc`](std::alloc::GlobalAlloc) does not promise: a layout is never empty, and a
//! signal handler never allocates.

mod blocks;
mod counts;
mod process;
mod raw;
mod subject;
mod threads;

pub(crate) use subject::{Subject, Switched};

use crate::tracking::Level;
use crate::worker::task::TaskError;
use serde::{Deserialize, Serialize};

/// A test of the suite.
#[derive(Clone, Copy, Debug)]
pub struct Test {
    /// Name in commands, reports and files.
    pub name: &'static str,
    /// The behaviour that passes it, in a few words.
    pub about: &'static str,
    run: fn(&dyn Subject) -> Result<Passed, Unmet>,
}

/// The work of one process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Level.
    #[serde(rename = "tracking")]
    pub level: Level,
    /// Name of the test.
    pub test: String,
}

/// The result of a test that the tracker passed.
enum Passed {
    /// All checks of the test passed.
    Wholly,
    /// The test has nothing to check, for this reason.
    Inapplicable(&'static str),
}

/// An expectation that the tracker does not meet.
#[derive(Debug)]
struct Unmet {
    expected: String,
    found: String,
}

impl Unmet {
    fn new(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { expected: expected.into(), found: found.into() }
    }
}

/// Returns an error unless a condition is true. The texts are only made if it is not.
fn expect(holds: bool, unmet: impl FnOnce() -> Unmet) -> Result<(), Unmet> {
    if holds { Ok(()) } else { Err(unmet()) }
}

/// The reply of a test's process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub enum Answer {
    /// The tracker passed.
    Passed,
    /// The tracker failed.
    Failed {
        /// The expectation.
        expected: String,
        /// The actual value.
        found: String,
    },
    /// The test has nothing to check.
    Inapplicable {
        /// The reason.
        why: String,
    },
}

impl Test {
    const fn new(name: &'static str, about: &'static str, run: fn(&dyn Subject) -> Result<Passed, Unmet>) -> Self {
        Self { name, about, run }
    }

    /// All tests, in the order of reports.
    pub const ALL: &[Self] = &[
        Self::new("zeroed", "zeroed memory is zero, even in reused blocks", blocks::zeroed),
        Self::new("realloc", "a block that grows or shrinks keeps its content", blocks::realloc),
        Self::new(
            "alignment",
            "blocks are aligned from 1 byte to 64 KiB, also resized and zeroed ones",
            blocks::alignment,
        ),
        Self::new("blocks", "a block is writable to its last byte, and shares none with another", blocks::apart),
        Self::new("out-of-memory", "a failed allocation is null and not counted", blocks::out_of_memory),
        Self::new("counts", "a known program has the counts that it should have", counts::known_program),
        Self::new(
            "midway",
            "blocks from before the start and after the end are freed, and no count wraps",
            process::midway,
        ),
        Self::new("threads", "four threads at once get intact blocks and exact counts", threads::at_once),
        Self::new("other-threads", "a block that another thread frees is freed and counted", threads::handed_over),
        Self::new("thread-exit", "events of threads that have ended stay counted", threads::ended),
        Self::new("thread-locals", "destructors of thread-locals allocate and free", threads::destructors),
        Self::new("re-entrancy", "the record can be read while this and other threads allocate", process::re_entrancy),
        Self::new("fork", "a child that is forked while another thread allocates can allocate", process::fork),
        Self::new(
            "signals",
            "allocations that signals interrupt succeed; the handler allocates nothing",
            process::signals,
        ),
    ];

    /// Returns the test with a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|test| test.name == name).copied()
    }
}

/// Runs a test. Call this once in a process.
///
/// # Errors
/// If the test does not exist.
pub(crate) fn run(request: &Request, subject: &dyn Subject) -> Result<Answer, TaskError> {
    let unknown = || {
        let known: Vec<&str> = Test::ALL.iter().map(|test| test.name).collect();
        TaskError::Refused(format!("unknown test '{}'; choose from {}", request.test, known.join(", ")))
    };
    let test = Test::named(&request.test).ok_or_else(unknown)?;
    Ok(match (test.run)(subject) {
        Ok(Passed::Wholly) => Answer::Passed,
        Ok(Passed::Inapplicable(why)) => Answer::Inapplicable { why: why.to_owned() },
        Err(Unmet { expected, found }) => Answer::Failed { expected, found },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_test_has_a_unique_name() {
        for test in Test::ALL {
            assert_eq!(Test::ALL.iter().filter(|other| other.name == test.name).count(), 1, "{}", test.name);
        }
    }
}
