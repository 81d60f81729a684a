//! Detections: one report of memscope, compared with planted objects.
//!
//! While a workload that leaks on purpose runs in a window, a [`ledger`] records the addresses of the planted blocks.
//! Everything else is freed by the end, and freed named values are the decoys. The report is then scored against the
//! ledger ([`score`]). Planted objects in the report are true positives, missing ones are false negatives, and other
//! objects in the report are false positives.

pub mod ledger;
pub mod score;

pub use score::Score;

use crate::tracking::memscope::{DETECTORS, Detector, FindingKind, ReportOutput};
use crate::tracking::{Level, Session, counting};
use crate::worker::probe::check_switch;
use crate::worker::task::TaskError;
use crate::workloads::{Scale, Workload};
use ledger::Ledger;
use serde::{Deserialize, Serialize};

/// The work of one process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Workload that plants.
    pub workload: Workload,
    /// Size and seed of the workload.
    pub scale: Scale,
    /// Name of the report: [`Report::name`].
    pub report: String,
}

/// A report of a build of memscope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Kind of finding.
    pub sought: FindingKind,
    /// Level of the workload.
    #[serde(rename = "tracking")]
    pub level: Level,
    /// The call that a user makes; empty if there is none.
    pub call: String,
    /// The reason why the version has no such report, if it has none.
    pub lacking: Option<String>,
}

impl Report {
    /// Returns the reports of the linked version.
    pub fn all() -> Vec<Self> {
        DETECTORS.iter().map(Self::from).collect()
    }

    /// Returns the name in tasks: `leaks/variables`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.sought.name(), self.level)
    }

    /// Returns whether the report runs after this workload: cycles are only sought if some were planted.
    pub fn suits(&self, workload: Workload) -> bool {
        self.sought != FindingKind::Cycles || workload == Workload::CYCLES
    }
}

impl From<&Detector> for Report {
    fn from(detector: &Detector) -> Self {
        let Detector { sought, level, call, ask } = *detector;
        Self { sought, level, call: call.to_owned(), lacking: ask.err().map(str::to_owned) }
    }
}

/// A report, compared with the truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Planted objects that the report could know: blocks, or cycles. With named values alone, only those whose block
    /// was named.
    pub planted: u64,
    /// Objects that the report names.
    pub named: u64,
    /// Score of the names; `None` if the report is only a count.
    pub held: Option<Score>,
    /// Blocks leaked on purpose, counted by the workload.
    pub leaked: u64,
    /// Blocks allocated in the window and live at its end, counted by the harness. The surplus over the leaked ones is
    /// memscope's own bookkeeping of named values.
    pub alive: u64,
}

/// Runs a workload that plants objects under the level of a report, and then the report. Call this once in a process.
///
/// # Errors
/// If the report does not exist, or memscope refuses it.
pub fn run(Request { workload, scale, report }: Request) -> Result<Finding, TaskError> {
    let unknown = || {
        let known = Report::all().iter().map(Report::name).collect::<Vec<_>>().join(", ");
        TaskError::Refused(format!("unknown report '{report}'; choose from {known}"))
    };
    let named = |detector: &&Detector| Report::from(*detector).name() == report;
    let Detector { sought, level, ask, .. } = *DETECTORS.iter().find(named).ok_or_else(unknown)?;
    let ask = ask.map_err(TaskError::Unsupported)?;
    check_switch()?;

    // With the counters on, the ledger's own memory is hidden from the tracker.
    let session = Session::prepare(level, true);
    let ledger = Ledger::new(session.tracker().clone());
    let before = counting::totals();
    let digest = session.window(|| workload.run(&ledger, scale));
    let alive = counting::totals().since(&before).live_allocations();

    let answer = ask().map_err(|why| TaskError::Refused(format!("memscope's report failed: {why}")))?;
    let planted = ledger.planted(sought, level);
    let (named, held) = match &answer {
        ReportOutput::Named(named) => (named.len() as u64, Some(score::score(named, &planted))),
        ReportOutput::Counted(count) => (*count, None),
    };
    Ok(Finding { planted: planted.len() as u64, named, held, leaked: digest.leaked_allocations, alive })
}
