//! Differences of two commits' overheads, measured side by side: `history` appends them, and `trend` reads them.
//!
//! Absolute overheads vary from machine to machine and from hour to hour. The difference of two commits in the same
//! rounds of one run varies far less, so one file can contain differences of many runs and machines.

mod file;

pub(crate) use file::{Kept, append, read};

use crate::platform::git::Commit;
use crate::platform::system::Machine;
use crate::schedule::measurement::Clock;
use crate::stats::estimate::Estimate;
use crate::study::compare::{Comparison, Neighbours};
use crate::tracking::Level;
use crate::workloads::Workload;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The version of a line's format. A change that an older reader would misread raises it.
pub(crate) const SCHEMA: u32 = 1;

/// The difference of one commit from an earlier one, on one workload at one level: a line of the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Difference {
    /// The version of this format: [`SCHEMA`].
    pub schema: u32,
    /// The time at which the run began.
    pub started: DateTime<Utc>,
    /// The machine.
    pub machine: Machine,
    /// The commit.
    pub commit: Commit,
    /// The earlier commit.
    pub against: Commit,
    /// The number of steps back to it, among the run's commits with a figure: 1 is the commit's reference.
    pub back: usize,
    /// The workload.
    pub workload: Workload,
    /// The level.
    #[serde(rename = "tracking")]
    pub level: Level,
    /// The factor of the scale.
    pub scale: f64,
    /// The threads of each pool.
    pub threads: usize,
    /// The time whose ratios are compared.
    pub clock: Clock,
    /// The number of rounds.
    pub rounds: usize,
    /// The ratio of the overheads, commit ÷ earlier one.
    pub ratio: Estimate,
    /// Its logarithm.
    pub log_ratio: f64,
    /// The standard error of the logarithm, from the width of the interval.
    pub log_error: f64,
}

impl Difference {
    /// Returns whether two lines have the same rounds: of one run, or of a run that was resumed after its figures were
    /// appended.
    fn is(&self, other: &Self) -> bool {
        let pair = |of: &Self| (of.workload, of.level, of.clock, of.threads, of.rounds, of.scale.to_bits());
        let figures = |of: &Self| (of.log_ratio.to_bits(), of.log_error.to_bits());
        (&self.commit.hash, &self.against.hash) == (&other.commit.hash, &other.against.hash)
            && pair(self) == pair(other)
            && self.machine.is(&other.machine)
            && (self.started == other.started || figures(self) == figures(other))
    }
}

/// Returns the differences of a comparison of these commits, which are its builds in order.
pub(crate) fn of(comparison: &Comparison, commits: &[Commit]) -> Vec<Difference> {
    let line = |neighbours: Neighbours| {
        let ratio = neighbours.ratio;
        Some(Difference {
            schema: SCHEMA,
            started: comparison.origin.started,
            machine: comparison.origin.machine.clone(),
            commit: commits.get(neighbours.build)?.clone(),
            against: commits.get(neighbours.earlier)?.clone(),
            back: neighbours.back,
            workload: neighbours.measurement.workload,
            level: neighbours.measurement.level,
            scale: neighbours.measurement.scale,
            threads: neighbours.measurement.threads,
            clock: comparison.clock,
            rounds: neighbours.rounds,
            ratio,
            log_ratio: ratio.value.ln(),
            log_error: ratio.log_error(),
        })
    };
    comparison.neighbours().into_iter().filter_map(line).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Returns a commit of 2026 for a letter: later letters have later dates.
    pub(in crate::study::trend) fn commit(letter: &str) -> Commit {
        let number = u32::from(letter.as_bytes()[0] - b'a');
        Commit {
            hash: letter.repeat(40),
            parents: Vec::new(),
            date: format!("2026-01-{:02}T00:00:00Z", number + 1).parse().expect("a time"),
            subject: format!("Commit {letter}"),
        }
    }

    /// Returns a difference of two commits by their letters.
    pub(in crate::study::trend) fn line(of: &str, to: &str, log_ratio: f64) -> Difference {
        let log_error = 0.01;
        let [low, value, high] =
            [-1.959_963_985, 0.0, 1.959_963_985].map(|errors| (log_ratio + errors * log_error).exp());
        Difference {
            schema: SCHEMA,
            started: "2026-02-01T00:00:00Z".parse().expect("a time"),
            machine: Machine {
                processor: "Example 9000".to_owned(),
                cores: 2,
                memory_bytes: 1 << 30,
                system: "Example OS 1.0".to_owned(),
            },
            commit: commit(of),
            against: commit(to),
            back: 1,
            workload: Workload::CYCLES,
            level: Level::Full,
            scale: 1.5,
            threads: 2,
            clock: Clock::Wall,
            rounds: 60,
            ratio: Estimate { value, low, high },
            log_ratio,
            log_error,
        }
    }
}
