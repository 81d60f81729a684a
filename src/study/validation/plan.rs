//! The plan of a validation, and its parts. Each part is like a complete run of `measure` or `compare`, and is appended
//! to the journal when it is done.

use super::groups::{Groups, Kind};
use super::load::under_load;
use crate::schedule::journal::{Journal, JournalError};
use crate::schedule::measurement::Measurement;
use crate::tracking::Level;
use crate::worker::failure::Failure;
use crate::worker::launcher::Launcher;
use crate::worker::probe::Request;
use crate::worker::tasks::windows::Windows;
use crate::workloads::Workload;
use serde::{Deserialize, Serialize};
use std::io;
use std::time::Instant;

/// The plan of a run. A journal belongs to one plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// A hash of the program's content.
    pub program: String,
    /// The workloads.
    pub workloads: Vec<Workload>,
    /// The scale; `None` for each workload's short scale.
    pub scale: Option<f64>,
    /// The threads of each pool.
    pub threads: usize,
    /// The rounds of each group in a part.
    pub rounds: usize,
    /// The time after which no further part begins unless it would end in time; `None` to measure each tracker once.
    pub seconds: Option<u64>,
    /// True if as many threads as cores are busy during everything that is measured, including the truth.
    pub load: bool,
}

/// An entry of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "step")]
pub enum Step {
    /// The trackers are calibrated.
    Calibrated {
        /// The groups.
        groups: Groups,
        /// The duration, in seconds.
        seconds: f64,
    },
    /// A part is measured.
    Measured(Part),
}

/// A part, in which every group of a kind was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// The kind.
    pub kind: Kind,
    /// The measurements of each group, in order.
    pub groups: Vec<Taken>,
    /// The duration, in seconds.
    pub seconds: f64,
}

/// The measurements of a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Taken {
    /// The measurements of both levels.
    pub measurements: [Measurement; 2],
    /// The processes of windows of the same time.
    pub windows: Vec<Windows>,
}

/// A finished run.
#[derive(Debug)]
pub struct Measured {
    /// The groups.
    pub groups: Groups,
    /// The parts, in order.
    pub parts: Vec<Part>,
    /// The duration, in seconds.
    pub seconds: f64,
}

/// The progress of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The part, from 1; 0 while the trackers are calibrated.
    pub part: usize,
    /// The workload.
    pub workload: Workload,
    /// The level.
    pub level: Level,
    /// The number of finished rounds of the part, or of calibrated workloads.
    pub done: usize,
    /// The number of all rounds of the part, or of workloads.
    pub of: usize,
}

/// The reason why a run stopped early.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// A probe or a process of windows failed.
    #[error(
        "the validation ended at {}/{}, which {failure}; run it alone: {}",
        .request.workload, .request.level, .request.command_line()
    )]
    Failed {
        /// The workload and the level, their size and threads.
        request: Box<Request>,
        /// The failure.
        failure: Failure,
    },
    /// The threads of the load cannot be started.
    #[error("the validation needs busy threads: {0}")]
    NoLoad(#[from] io::Error),
    /// The journal cannot be written.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl Plan {
    /// Returns the plan without its time limit, for the journal: a resumed run may take more or fewer minutes.
    pub fn work(&self) -> Self {
        Self { seconds: None, ..self.clone() }
    }

    /// Measures the remaining parts, and appends them to the journal. Ends at once if a probe fails; the journal then
    /// stays if it has a part.
    ///
    /// # Errors
    /// The first failure.
    pub fn measure(
        &self,
        launcher: &Launcher,
        mut journal: Journal,
        steps: Vec<Step>,
        mut progress: impl FnMut(Progress),
    ) -> Result<(Measured, Journal), Stopped> {
        let mut parts = Vec::new();
        match self.go_on(launcher, &mut journal, steps, &mut parts, &mut progress) {
            Ok((groups, seconds)) => Ok((Measured { groups, parts, seconds }, journal)),
            Err(stopped) => {
                if parts.is_empty() {
                    journal.end()?;
                }
                Err(stopped)
            }
        }
    }

    /// Measures the remaining parts. Returns the groups, and the duration in seconds.
    fn go_on(
        &self,
        launcher: &Launcher,
        journal: &mut Journal,
        steps: Vec<Step>,
        parts: &mut Vec<Part>,
        progress: &mut impl FnMut(Progress),
    ) -> Result<(Groups, f64), Stopped> {
        let (mut groups, mut seconds) = (None, 0.0);
        for step in steps {
            match step {
                Step::Calibrated { groups: known, seconds: took } => (groups, seconds) = (Some(known), seconds + took),
                Step::Measured(part) => {
                    seconds += part.seconds;
                    parts.push(part);
                }
            }
        }
        let groups = match groups {
            Some(groups) => groups,
            None => {
                let began = Instant::now();
                let groups = under_load(self.load, || self.calibrate(launcher, progress))??;
                let took = began.elapsed().as_secs_f64();
                journal.append(&Step::Calibrated { groups: groups.clone(), seconds: took })?;
                seconds += took;
                groups
            }
        };
        while self.has_time(&groups, parts, seconds) {
            let kind = groups.kind(parts.len());
            let began = Instant::now();
            let taken =
                under_load(self.load, || self.part(launcher, kind, groups.of_kind(kind), parts.len(), progress))??;
            let part = Part { kind, groups: taken, seconds: began.elapsed().as_secs_f64() };
            journal.append(&Step::Measured(part.clone()))?;
            seconds += part.seconds;
            parts.push(part);
        }
        Ok((groups, seconds))
    }

    /// Returns whether another part is measured: each tracker at least once, and then as many parts as end in time.
    fn has_time(&self, groups: &Groups, parts: &[Part], seconds: f64) -> bool {
        let kind = groups.kind(parts.len());
        // The trackers of small costs are measured once with all others, which takes longer than a part of their own.
        let is_alike = |part: &&Part| part.kind == kind || (kind == Kind::Small && part.kind == Kind::Known);
        let last = parts.iter().rev().find(is_alike);
        last.is_none_or(|last| self.seconds.is_some_and(|time| seconds + last.seconds <= time as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::super::groups::Group;
    use super::*;

    #[test]
    fn parts_follow_while_they_end_in_time() {
        let plan = |seconds| Plan {
            program: String::new(),
            workloads: vec![Workload::CYCLES],
            scale: None,
            threads: 1,
            rounds: 12,
            seconds,
            load: false,
        };
        let levels = [Level::Full, Level::SlowedFull(1)];
        let slowed = vec![Group { workload: Workload::CYCLES, target_percent: None, levels }];
        let groups = Groups { slowed, ..Groups::default() };
        let part = |kind, seconds| Part { kind, groups: Vec::new(), seconds };
        let first = [part(Kind::Known, 90.0), part(Kind::Slowed, 60.0)];
        let all = [&first[..], &[part(Kind::Small, 50.0)]].concat();
        let has_time = |seconds, parts: &[Part], passed| plan(seconds).has_time(&groups, parts, passed);
        // Each tracker is measured at least once.
        assert!(has_time(None, &[], 0.0) && has_time(None, &first[..1], 90.0) && has_time(Some(1), &first[..1], 90.0));
        assert!(!has_time(None, &first, 150.0));
        // The first part of small costs is expected to take as long as that of all costs, at most.
        assert!(has_time(Some(240), &first, 150.0) && !has_time(Some(239), &first, 150.0));
        assert!(has_time(Some(250), &all, 200.0) && !has_time(Some(249), &all, 200.0));
    }
}
