//! The budget: a file with the changes and limits that a project accepts.

use super::Plan;
use super::axis::Axis;
use super::row::Row;
use crate::platform::files::FileError;
use crate::tracking::Level;
use crate::workloads::Workload;
use serde::{Deserialize, Deserializer, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

/// A budget that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BudgetError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file is not a budget.
    #[error("{}: not a budget: {why}", .path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// The reason, with its line.
        why: String,
    },
}

/// The accepted changes and limits. Without a budget, each axis has its default threshold and no limit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Budget {
    /// Changes that are accepted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub change: Vec<Change>,
    /// Limits of the head's figures, for any base.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub limit: Vec<Limit>,
}

/// An accepted change of an axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The axis.
    #[serde(deserialize_with = "axis")]
    pub axis: Axis,
    /// The level; `None` for all levels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// The change, in percent.
    pub percent: f64,
}

/// A limit of an axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limit {
    /// The axis.
    #[serde(deserialize_with = "axis")]
    pub axis: Axis,
    /// The level; `None` for all levels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// The workload, or another place of the axis's rows; `None` for all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// The maximum accepted figure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
    /// The minimum accepted figure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
}

impl Limit {
    /// Returns whether the limit is for a row.
    fn is_of(&self, row: &Row) -> bool {
        self.axis == row.axis
            && self.level.is_none_or(|level| row.place.level == Some(level))
            && self.of.as_ref().is_none_or(|of| row.place.of.as_ref() == Some(of))
    }

    /// Returns whether a check with this plan measures the limit's level and workload.
    fn is_within(&self, plan: &Plan) -> bool {
        let workload = self.of.as_ref().and_then(|of| of.parse::<Workload>().ok());
        self.level.is_none_or(|level| plan.levels.contains(&level))
            && workload.is_none_or(|workload| plan.workloads.contains(&workload))
    }
}

fn axis<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Axis, D::Error> {
    let key = String::deserialize(deserializer)?;
    key.parse().map_err(serde::de::Error::custom)
}

impl Budget {
    /// Reads a budget.
    ///
    /// # Errors
    /// If the file cannot be read, or is not a budget; the message names the line.
    pub fn read(path: &Path) -> Result<Self, BudgetError> {
        let text = fs::read_to_string(path).map_err(|source| FileError::Read { path: path.to_owned(), source })?;
        let content = |why: String| BudgetError::Content { path: path.to_owned(), why };
        let budget: Self = toml_edit::de::from_str(&text).map_err(|error| content(error.to_string()))?;
        budget.fault().map_or(Ok(budget), |why| Err(content(why)))
    }

    /// Returns the error in numbers that have the right form, if any.
    fn fault(&self) -> Option<String> {
        let change = self.change.iter().find(|change| !(change.percent >= 0.0 && change.percent.is_finite()));
        let change = change.map(|change| {
            format!("[[change]] of {}: percent = {} is not a percentage, such as 3", change.axis.key(), change.percent)
        });
        let limit = self.limit.iter().find(|limit| limit.at_most.is_none() && limit.at_least.is_none());
        let limit =
            limit.map(|limit| format!("[[limit]] of {}: set at-most or at-least to a number", limit.axis.key()));
        change.or(limit)
    }

    /// Returns the accepted change of an axis at a level, in percent. A change for the level takes precedence over one
    /// for all levels.
    pub(super) fn threshold_percent(&self, axis: Axis, level: Option<Level>) -> f64 {
        let of_axis = || self.change.iter().filter(|change| change.axis == axis);
        let of_level = of_axis().find(|change| change.level.is_some() && change.level == level);
        let accepted = of_level.or_else(|| of_axis().find(|change| change.level.is_none()));
        accepted.map_or_else(|| axis.threshold_percent(), |change| change.percent)
    }

    /// Marks a row whose head exceeds a limit.
    pub(super) fn mark(&self, mut row: Row) -> Row {
        let Some(head) = row.head else { return row };
        let exceeded = self.limit.iter().filter(|limit| limit.is_of(&row)).find_map(|limit| {
            let most = limit.at_most.filter(|&most| head > most);
            most.or_else(|| limit.at_least.filter(|&least| head < least))
        });
        row.over_budget = exceeded;
        row
    }

    /// Returns a sentence on a limit that is within the plan and has no figure of the head to compare it with.
    pub(super) fn unchecked(&self, plan: &Plan, rows: &[Row]) -> Option<String> {
        let has_figure = |limit: &Limit| rows.iter().any(|row| limit.is_of(row) && row.head.is_some());
        let limit = self.limit.iter().find(|limit| limit.is_within(plan) && !has_figure(limit))?;
        let of = limit.of.as_ref().map_or(String::new(), |of| format!(" of {of}"));
        let level = limit.level.map_or(String::new(), |level| format!(" at {level}"));
        Some(format!("the head has no {}{of}{level} to compare with the limit of the budget", limit.axis))
    }
}

#[cfg(test)]
mod tests {
    use super::super::row::Place;
    use super::*;

    fn read(text: &str) -> Result<Budget, String> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("budget.toml");
        fs::write(&path, text).expect("it can be written");
        Budget::read(&path).map_err(|error| error.to_string())
    }

    #[test]
    fn an_entry_for_one_level_overrides_the_entry_for_all() {
        let budget = read(
            "[[change]]\naxis = 'cpu-time'\npercent = 5\n[[change]]\naxis = 'cpu-time'\nlevel = 'full'\npercent = 1\n",
        );
        let budget = budget.expect("a budget");
        let of = |axis, level| budget.threshold_percent(axis, level);
        assert_eq!(of(Axis::CpuTime, Some(Level::Full)), 1.0);
        assert_eq!(of(Axis::CpuTime, Some(Level::Variables)), 5.0);
        assert_eq!(of(Axis::WallTime, Some(Level::Full)), Axis::WallTime.threshold_percent());
    }

    #[test]
    fn a_limit_applies_only_to_its_rows() {
        let budget =
            read("[[limit]]\naxis = 'fidelity'\nat-least = 1\n[[limit]]\naxis = 'latency-p99.9'\nat-most = 9e3\n");
        let budget = budget.expect("a budget");
        let marked = |axis, head| {
            let place = Place::workload(Workload::CYCLES, Level::Full);
            budget.mark(Row::exact(axis, place, [head; 2], 1.0, 0.0)).over_budget
        };
        assert_eq!(marked(Axis::Fidelity, 0.99), Some(1.0));
        assert_eq!(marked(Axis::Fidelity, 1.0), None);
        assert_eq!(marked(Axis::Latency, 9_001.0), Some(9_000.0));
        assert_eq!(marked(Axis::RareLatency, 9_001.0), None);
    }

    #[test]
    fn an_invalid_budget_is_refused_with_the_reason() {
        for (text, part) in [
            ("[[limits]]\n", "unknown field `limits`"),
            ("[[limit]]\naxis = 'speed'\nat-most = 1\n", "unknown axis 'speed'"),
            ("[[limit]]\naxis = 'fidelity'\n", "at-most or at-least"),
            ("[[limit]]\naxis = 'fidelity'\natmost = 1\n", "unknown field `atmost`"),
            ("[[change]]\naxis = 'fidelity'\npercent = -1\n", "percent = -1 is not a percentage"),
            ("[[change]]\naxis = 'fidelity'\nlevel = 'fastest'\npercent = 1\n", "fastest"),
            ("change = 3", "change"),
        ] {
            let refused = read(text).expect_err(text);
            assert!(refused.contains(part) && refused.contains("budget.toml"), "{text}: {refused}");
        }
    }
}
