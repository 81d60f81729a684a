//! Validated traces: the overheads of replays and predictions next to those of the programs themselves.

mod accuracy;
mod summary;

pub(crate) use accuracy::Accuracy;

use crate::platform::files::Versioned;
use crate::platform::system::Machine;
use crate::report::document::Document;
use crate::report::metric::Metric;
use crate::report::origin::Origin;
use crate::schedule::measurement::{Clock, Measurement};
use crate::stats::censored_line::Height;
use crate::stats::estimate::Estimate;
use crate::stats::excess::{excess, is_significant};
use crate::study::Study;
use crate::study::control::{ControlFailure, control_failure};
use crate::trace::Summary;
use crate::tracking::Level;
use serde::{Deserialize, Serialize};

/// The version of the file's format. A change that an older reader would misread raises it.
pub const SCHEMA: u32 = 1;

/// The replays and predictions of known programs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Traces {
    /// The version of this format: [`SCHEMA`].
    pub schema: u32,
    /// The origin.
    #[serde(flatten)]
    pub origin: Origin,
    /// The level.
    #[serde(rename = "tracking")]
    pub level: Level,
    /// The programs, in order.
    pub programs: Vec<Program>,
}

/// One program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// The figures of its trace.
    pub recorded: Summary,
    /// Untracked against itself.
    pub control: Measurement,
    /// The program itself.
    pub direct: Measurement,
    /// The recorder, on the program itself.
    pub recording: Measurement,
    /// The replay of its trace.
    pub replayed: Measurement,
    /// The prediction, by CPU time; `None` without one.
    pub predicted: Option<Estimate>,
    /// The reason why there is no prediction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_predicted: Option<String>,
}

/// A way to estimate an overhead from a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// A replay.
    Replay,
    /// A prediction.
    Prediction,
}

impl Way {
    /// All ways.
    const ALL: [Self; 2] = [Self::Replay, Self::Prediction];
}

/// Returns the overhead of a measurement by CPU time.
fn cpu(measurement: &Measurement) -> Option<Estimate> {
    measurement.overhead()?.by(Clock::Cpu)
}

impl Program {
    /// Returns the name of the workload.
    fn name(&self) -> String {
        self.direct.workload.to_string()
    }

    /// Returns the estimate of a way, by CPU time.
    fn estimated(&self, way: Way) -> Option<Estimate> {
        match way {
            Way::Replay => cpu(&self.replayed),
            Way::Prediction => self.predicted,
        }
    }

    /// Returns the logarithm of direct ÷ estimated excess, or its limit.
    fn log_factor(&self, way: Way) -> Option<Height> {
        accuracy::log_factor(cpu(&self.direct)?, self.estimated(way)?)
    }
}

impl Traces {
    /// Returns the accuracy of a way, from all programs except the one at an index.
    fn accuracy_without(&self, way: Way, without: Option<usize>) -> Option<Accuracy> {
        let basis = self.programs.iter().enumerate().filter(|&(place, _)| Some(place) != without);
        Accuracy::of(&basis.filter_map(|(_, program)| program.log_factor(way)).collect::<Vec<Height>>())
    }

    /// Returns the accuracy of a way, for other programs than these.
    fn accuracy(&self, way: Way) -> Option<Accuracy> {
        self.accuracy_without(way, None)
    }

    /// Returns the level and the accuracy of a way, if they were measured on this machine.
    pub(crate) fn accuracy_on(&self, machine: &Machine, way: Way) -> Option<(Level, Accuracy)> {
        self.origin.machine.is(machine).then(|| self.accuracy(way)).flatten().map(|accuracy| (self.level, accuracy))
    }

    /// Returns the interval in which a way expects the overhead of a program, computed without that program; `None`
    /// without an estimate.
    fn expected(&self, way: Way, place: usize) -> Option<Estimate> {
        let program = &self.programs[place];
        Some(self.accuracy_without(way, Some(place))?.direct(program.estimated(way)?))
    }

    /// Returns whether the direct overhead of the program at a place lies where a way expects it or, if it is not
    /// significant, whether it may; `None` without either.
    fn is_within(&self, way: Way, place: usize) -> Option<bool> {
        let (expected, direct) = (self.expected(way, place)?, cpu(&self.programs[place].direct)?);
        if !is_significant(direct) {
            return Some(expected.low <= 1.0 + excess(direct));
        }
        Some((expected.low..=expected.high).contains(&direct.value))
    }

    /// Returns the verdicts of a way, for the programs that have one.
    fn verdicts(&self, way: Way) -> Vec<bool> {
        (0..self.programs.len()).filter_map(|place| self.is_within(way, place)).collect()
    }

    fn measurements(&self) -> impl Iterator<Item = &Measurement> {
        self.programs.iter().flat_map(|one| [&one.control, &one.direct, &one.recording, &one.replayed])
    }
}

impl Versioned for Traces {
    const KIND: &str = "traces";
    const WHAT: &str = "a file of validated traces";
    const SCHEMA: u32 = SCHEMA;
}

impl Study for Traces {
    fn summary(&self) -> Document {
        summary::summary(self)
    }

    fn metrics(&self) -> Vec<Metric> {
        let of_program = |program: &Program| {
            let figures = [
                ("direct", cpu(&program.direct)),
                ("recording", cpu(&program.recording)),
                ("replayed", cpu(&program.replayed)),
                ("predicted", program.predicted),
            ];
            let name = program.name();
            let metric = |(measure, estimate): (&'static str, Option<Estimate>)| {
                Some(Metric::estimate(&name, measure, estimate?))
            };
            figures.into_iter().filter_map(metric).collect::<Vec<Metric>>()
        };
        self.programs.iter().flat_map(of_program).collect()
    }

    fn origins(&self) -> Vec<(&'static str, &Origin)> {
        vec![("", &self.origin)]
    }

    fn control_failure(&self) -> Option<ControlFailure> {
        control_failure(self.measurements(), Clock::Cpu)
    }
}

#[cfg(test)]
mod tests;
