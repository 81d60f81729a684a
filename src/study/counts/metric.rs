//! The counted metrics, and the rule of each.

use crate::study::instructions::MIN_MISSES;
use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A metric that is counted within the window of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// Instructions executed
    Instructions,
    /// Reads and writes of data that miss a simulated first-level cache
    DataMisses,
    /// Reads of instructions that miss a simulated first-level cache. They follow from where functions lie, so they
    /// have no verdict
    #[value(skip)]
    InstructionMisses,
    /// Reads and writes that miss a simulated last-level cache
    LastLevelMisses,
    /// Page faults, minor and major
    PageFaults,
}

impl Metric {
    /// All metrics, in the order of tables.
    pub const ALL: [Self; 5] =
        [Self::Instructions, Self::DataMisses, Self::InstructionMisses, Self::LastLevelMisses, Self::PageFaults];

    /// Returns the name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Instructions => "instructions",
            Self::DataMisses => "data misses",
            Self::InstructionMisses => "instruction misses",
            Self::LastLevelMisses => "last-level misses",
            Self::PageFaults => "page faults",
        }
    }

    /// Returns the name of the measure for other programs.
    pub const fn measure(self) -> &'static str {
        match self {
            Self::Instructions => "counted-instructions",
            Self::DataMisses => "counted-data-misses",
            Self::InstructionMisses => "counted-instruction-misses",
            Self::LastLevelMisses => "counted-last-level-misses",
            Self::PageFaults => "counted-page-faults",
        }
    }

    /// Returns whether callgrind counts it, which needs valgrind and a workload with one thread.
    pub const fn needs_callgrind(self) -> bool {
        !matches!(self, Self::PageFaults)
    }

    /// Returns the part of a count by which equal builds may differ, in percent; `None` for a metric without verdicts.
    pub fn percent(self) -> Option<f64> {
        Some(self.rule()?.percent)
    }

    /// Returns the difference of counts up to which there is no verdict.
    pub fn least(self) -> u64 {
        self.rule().map_or(0, |rule| rule.least)
    }

    /// Returns the rule by which a difference is decided; `None` for a metric without verdicts.
    pub(super) const fn rule(self) -> Option<Rule> {
        match self {
            Self::Instructions => Some(Rule { percent: 0.1, least: 1_000, spreads: 2 }),
            Self::DataMisses => Some(Rule { percent: 1.0, least: MIN_MISSES, spreads: 2 }),
            Self::InstructionMisses => None,
            Self::LastLevelMisses => Some(Rule { percent: 5.0, least: MIN_MISSES, spreads: 2 }),
            Self::PageFaults => Some(Rule { percent: 1.0, least: 64, spreads: 1 }),
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The sizes that a difference must exceed to have a verdict.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rule {
    /// A part of the reference's count, in percent: equal builds differ by less, also under other links.
    pub percent: f64,
    /// A count: differences below it are ignored.
    pub least: u64,
    /// The factor on the greatest spread of equal runs: two for three runs, or one for the range of six. Medians of
    /// equal builds differ by more in about one of a hundred cases, and in less than one of a thousand.
    pub spreads: u64,
}
