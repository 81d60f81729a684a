//! The explanation, in a line, of a known difference between two builds.

use super::changes::{changed, listed, top_changes};
use super::profile;
use crate::report::number;
use crate::study::instructions::{CountingError, InstructionCounter, check_tools};
use crate::worker::failure::Failure;
use crate::worker::launcher::Launcher;
use crate::worker::probe::Request;
use crate::workloads::Workload;
use std::fmt;

/// The number of functions that an explanation names.
const NAMED: usize = 3;

/// The functions that explain most of a difference between two builds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Explanation {
    /// The change of all instructions for each allocation.
    pub changed: f64,
    /// The functions that change most, the greatest change first, with their changes for each allocation.
    pub functions: Vec<(String, f64)>,
}

/// The reason why there is no explanation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotExplained {
    /// The workload runs on several threads.
    #[error("{0} runs on several threads, and only single-threaded workloads can be counted")]
    Parallel(Workload),
    /// A requirement of counting is missing.
    #[error(transparent)]
    Counting(#[from] CountingError),
    /// A probe failed.
    #[error("a probe {0}")]
    Failed(Failure),
}

/// Checks that a workload's functions can be compared. Call this before building for the comparison.
///
/// # Errors
/// If the workload runs on several threads, or a requirement of counting is missing.
pub(crate) fn check_explainable(workload: Workload) -> Result<(), NotExplained> {
    if workload.is_parallel() {
        return Err(NotExplained::Parallel(workload));
    }
    Ok(check_tools()?)
}

/// Counts the instructions of two builds, and returns the functions that explain most of their difference. It takes
/// four probes under callgrind.
///
/// # Errors
/// If the workload runs on several threads, a requirement of counting is missing, or a probe fails.
pub(crate) fn explain(base: &Launcher, head: &Launcher, request: &Request) -> Result<Explanation, NotExplained> {
    check_explainable(request.workload)?;
    let request = Request { threads: 1, count: false, ..*request };
    let of = |launcher| -> Result<_, NotExplained> {
        profile(&InstructionCounter::new(launcher)?, launcher, &request, || ()).map_err(NotExplained::Failed)
    };
    let (base, head) = (of(base)?, of(head)?);
    Ok(Explanation { changed: changed(&base, &head), functions: top_changes(&base, &head, NAMED) })
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.functions.is_empty() {
            return f.write_str("no function changes its instructions: the difference is not in the executed code");
        }
        write!(f, "{} instructions per allocation", number::signed_amount(self.changed))?;
        write!(f, ": {}", listed(&self.functions))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracking::Level;
    use crate::worker::launcher::Limits;
    use crate::workloads::Scale;

    #[test]
    fn an_explanation_is_one_line() {
        let functions = vec![("a::Tracker::track".to_owned(), 210.4), ("b::c::d".to_owned(), -20.0)];
        let explanation = Explanation { changed: 310.2, functions };
        let line = "+310 instructions per allocation: `Tracker::track` +210, `c::d` −20.0";
        assert_eq!(explanation.to_string(), line);
        let none = Explanation { changed: 0.0, functions: Vec::new() };
        assert!(none.to_string().starts_with("no function changes"), "{none}");
    }

    #[test]
    fn a_parallel_workload_is_refused_by_name() {
        let launcher = Launcher::new("/no/such/program".into(), Limits::default());
        let scale = Scale::new(0.001).expect("positive");
        let request = Request { workload: Workload::MIXED, level: Level::Full, scale, threads: 2, count: false };
        let refusal = explain(&launcher, &launcher, &request).expect_err("it is parallel");
        assert!(refusal.to_string().starts_with("mixed runs on several threads"), "{refusal}");
    }
}
