//! The validation: checks the harness with trackers of known cost.
//!
//! A tracker of known cost does a fixed amount of work for each allocation, or waits until a deadline, and keeps no
//! state. Its true ratio is measured within one process, by windows with and without it (`truth`). At the same time and
//! in the same circumstances, pairs of processes measure it like any other tracker (`part`). The intervals and verdicts
//! that the commands would have reported (`evaluate`) are compared with the truth, and counted (`figures`).

mod calibration;
mod chart;
mod conclude;
mod earlier;
mod evaluate;
pub mod figures;
mod groups;
mod load;
mod part;
mod plan;
mod record;
mod summary;
mod truth;

pub use conclude::{FAMILY, run};
pub use groups::SLOWED_PERCENT;
pub use plan::{Measured, Plan, Progress, Step, Stopped};
pub use record::{ByClock, Compared, Family, Run, Seen, Setting, Stretch};

use crate::platform::files::Versioned;
use crate::report::document::Document;
use crate::report::metric::Metric;
use crate::report::origin::Origin;
use crate::schedule::measurement::Clock;
use crate::study::Study;
use figures::{Band, Circumstances};
use serde::{Deserialize, Serialize};

/// The version of the file's format. A change that an older reader would misread raises it. Since 3, a run consists of
/// independent measurements and comparisons; before, of one series of pairs for each setting.
pub const SCHEMA: u32 = 3;

/// The results of a validation, at rest and under load.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Validation {
    /// The version of this format: [`SCHEMA`].
    pub schema: u32,
    /// The run with nothing else running.
    pub at_rest: Option<KeptRun>,
    /// The run with as many busy threads as cores.
    pub under_load: Option<KeptRun>,
}

/// A run of this definition or of the earlier one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum KeptRun {
    /// A run of this definition.
    Present(Box<Run>),
    /// A run of a file up to schema 2.
    Earlier(Box<earlier::Run>),
}

impl KeptRun {
    /// Returns the run, if it is of this definition.
    pub fn present(&self) -> Option<&Run> {
        if let Self::Present(run) = self { Some(run) } else { None }
    }

    fn origin(&self) -> &Origin {
        match self {
            Self::Present(run) => &run.origin,
            Self::Earlier(run) => &run.origin,
        }
    }
}

impl Validation {
    /// Returns the runs, each with its circumstances.
    pub fn runs(&self) -> impl Iterator<Item = (Circumstances, &KeptRun)> {
        let runs = [(Circumstances::AtRest, &self.at_rest), (Circumstances::UnderLoad, &self.under_load)];
        runs.into_iter().filter_map(|(circumstances, run)| Some((circumstances, run.as_ref()?)))
    }
}

impl Versioned for Validation {
    const KIND: &str = "validation";
    const WHAT: &str = "a validation";
    const SCHEMA: u32 = SCHEMA;
}

impl Study for Validation {
    fn summary(&self) -> Document {
        summary::summary(self)
    }

    fn chart(&self) -> Option<String> {
        chart::draw(self)
    }

    fn metrics(&self) -> Vec<Metric> {
        let of_run = |(circumstances, run): (Circumstances, &KeptRun)| {
            let name = match circumstances {
                Circumstances::AtRest => "at-rest",
                Circumstances::UnderLoad => "under-load",
            };
            match run {
                KeptRun::Present(run) => metrics(circumstances, name, run),
                KeptRun::Earlier(run) => run.metrics(name),
            }
        };
        self.runs().flat_map(of_run).collect()
    }

    fn origins(&self) -> Vec<(&'static str, &Origin)> {
        self.runs().map(|(circumstances, run)| (circumstances.title(), run.origin())).collect()
    }
}

/// Returns the shares of a run that have cases, what they show about the width of intervals, and the bias of each
/// setting.
fn metrics(circumstances: Circumstances, name: &str, run: &Run) -> Vec<Metric> {
    let measure = |clock: Clock| ["percent", "cpu-percent"][usize::from(clock == Clock::Cpu)];
    let mut metrics: Vec<Metric> = Vec::new();
    for figure in figures::figures(circumstances, run) {
        let percent = figure.share.percent();
        metrics.extend(
            percent.map(|percent| Metric::estimate(format!("{}/{name}", figure.key), measure(figure.clock), percent)),
        );
    }
    for (clock, measure) in [(Clock::Wall, "error-in-errors"), (Clock::Cpu, "cpu-error-in-errors")] {
        for (band, key) in Band::ALL.into_iter().zip(["none", "small", "large"]) {
            let widths = figures::widths(circumstances, run, clock, |of| of == band);
            let benchmark = format!("coverage-{key}/{name}");
            metrics.extend(widths.map(|widths| Metric::plain(benchmark, measure, widths.in_errors)));
        }
    }
    for setting in &run.settings {
        let name = format!("{}/{}/{name}", setting.workload, setting.tracker());
        let bias = |clock| figures::bias_percent(circumstances, setting, clock);
        metrics.extend(bias(Clock::Wall).map(|bias| Metric::estimate(&name, "bias-percent", bias)));
        metrics.extend(bias(Clock::Cpu).map(|bias| Metric::estimate(&name, "cpu-bias-percent", bias)));
    }
    metrics
}
