//! The status of a promise: kept, kept in part, or not.

use crate::report::number;
use crate::worker::failure::Failure;

/// The degree to which a build keeps a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The report is right and complete.
    Kept,
    /// It contains some of the expected facts, or all of them and others.
    Partly {
        /// Expected facts that it contains.
        found: u64,
        /// Expected facts.
        expected: u64,
        /// Facts that it contains and that are not expected.
        invented: u64,
    },
    /// It contains none of the expected facts, or invents some if none are expected.
    NotKept,
    /// The process ended by a signal or a panic.
    Crashes,
    /// The process did not end, or took all memory.
    Hangs,
    /// The version has no such report.
    Unsupported,
    /// The harness or the system kept the program from running, so the status is unknown.
    Unknown,
}

impl Status {
    /// Returns the status of an outcome: the counts of found, missed and invented facts, or the failure.
    pub fn of(outcome: Result<(u64, u64, u64), &Failure>) -> Self {
        match outcome {
            Ok((found, 0, 0)) if found > 0 => Self::Kept,
            Ok((0, 0, 0)) => Self::Unknown,
            Ok((0, ..)) => Self::NotKept,
            Ok((found, missed, invented)) => Self::Partly { found, expected: found + missed, invented },
            Err(Failure::Crashed { .. }) => Self::Crashes,
            Err(Failure::TimedOut { .. } | Failure::OutOfMemory { .. }) => Self::Hangs,
            Err(Failure::Unsupported { .. }) => Self::Unsupported,
            Err(Failure::WrongDigest { .. } | Failure::Prevented { .. }) => Self::Unknown,
        }
    }

    /// Returns whether the version makes the promise, so it can be kept or broken.
    pub const fn is_made(self) -> bool {
        !matches!(self, Self::Unsupported | Self::Unknown)
    }

    /// Returns the status in a word or two, for a table.
    pub fn label(self) -> String {
        match self {
            Self::Kept => "kept".to_owned(),
            Self::Partly { found, expected, invented: 0 } => {
                format!("{} of {}", number::grouped(found), number::grouped(expected))
            }
            Self::Partly { found, expected, invented } => {
                let [found, expected, invented] = [found, expected, invented].map(number::grouped);
                format!("{found} of {expected}, {invented} false")
            }
            Self::NotKept => "not kept".to_owned(),
            Self::Crashes => "crashes".to_owned(),
            Self::Hangs => "hangs".to_owned(),
            Self::Unsupported => "–".to_owned(),
            Self::Unknown => "unknown".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_right_and_complete_report_keeps_its_promise() {
        assert_eq!(Status::of(Ok((20, 0, 0))), Status::Kept);
        assert_eq!(Status::of(Ok((19, 1, 0))).label(), "19 of 20");
        assert_eq!(Status::of(Ok((20, 0, 1_982))).label(), "20 of 20, 1,982 false");
        assert_eq!(Status::of(Ok((0, 20, 0))), Status::NotKept);
        assert_eq!(Status::of(Ok((0, 0, 3))), Status::NotKept);
        assert_eq!(Status::of(Ok((0, 0, 0))), Status::Unknown, "nothing was expected");
    }

    #[test]
    fn failures_of_the_tracker_break_a_promise_and_others_do_not() {
        let of = |failure: Failure| Status::of(Err(&failure));
        assert_eq!(of(Failure::Crashed { how: "SIGABRT".to_owned() }), Status::Crashes);
        assert_eq!(of(Failure::TimedOut { seconds: 9 }), Status::Hangs);
        assert!(!of(Failure::Unsupported { why: String::new() }).is_made());
        assert!(!of(Failure::Prevented { why: String::new() }).is_made());
    }
}
