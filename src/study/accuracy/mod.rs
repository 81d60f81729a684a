//! What memscope finds, held against what was planted.
//!
//! Two workloads leak on purpose: `leaks` leaves blocks behind, and `cycles` pairs of nodes that hold each other.
//! While one of them runs in a window, a [`ledger`] writes down where the planted blocks are, and by the end
//! everything else is freed: named values that are gone by then are the decoys. Then one report of memscope is asked
//! for, and [`held`] against the ledger: what it names and was planted is found, what was planted and is not named is
//! missed, and what is named and was not planted is false.
//!
//! A process asks for one report, so that one that hangs or dies costs no other.

pub mod ledger;
pub mod score;
pub mod summary;

pub use score::Held;

use crate::platform::files::Versioned;
use crate::report::document::Document;
use crate::report::metric::Metric;
use crate::report::origin::Origin;
use crate::study::Study;
use crate::tracking::memscope::{DETECTORS, Detector, FindingKind, ReportOutput, Subject};
use crate::tracking::{Level, Session, counting};
use crate::worker::failure::Failure;
use crate::worker::probe::{NotSwitched, check_switch};
use crate::workloads::{Scale, Workload};
use ledger::Ledger;
use serde::{Deserialize, Serialize};

/// The version of the file's format. A change that an older reader would misread raises it.
pub const SCHEMA: u32 = 1;

/// The workloads that plant something.
pub const WORKLOADS: [Workload; 2] = [Workload::LEAKS, Workload::CYCLES];

/// What was found by several builds of memscope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detections {
    /// The version of this format: [`SCHEMA`].
    pub schema: u32,
    /// Where it comes from. The subject in it is that of the program that asked the others.
    #[serde(flatten)]
    pub origin: Origin,
    /// The builds, in the order in which they were named.
    pub subjects: Vec<Detected>,
}

impl Versioned for Detections {
    const KIND: &str = "detection";
    const WHAT: &str = "a file of detections";
    const SCHEMA: u32 = SCHEMA;
}

impl Study for Detections {
    fn summary(&self) -> Document {
        summary::summary(self)
    }

    fn metrics(&self) -> Vec<Metric> {
        let rows = self.subjects.iter().flat_map(|subject| subject.rows.iter().map(move |row| (subject, row)));
        let of_row = |(subject, row): (&Detected, &Row)| {
            let name = format!("{}/{}/{}", row.workload, row.report.name(), subject.name);
            let counts = row.finding.map(|finding| {
                let score = finding.held.map(|held| {
                    [
                        ("true-positives", held.found),
                        ("false-negatives", held.missed),
                        ("false-positives", held.false_finds),
                    ]
                });
                [("planted", finding.planted), ("reported", finding.named)]
                    .into_iter()
                    .chain(score.into_iter().flatten())
            });
            let metric = |(measure, count)| Metric::plain(&name, measure, count as f64);
            counts.into_iter().flatten().map(metric).collect::<Vec<_>>()
        };
        rows.flat_map(of_row).collect()
    }
}

/// What one build of memscope found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detected {
    /// What reports call it.
    pub name: String,
    /// The build; `None` if there is none.
    pub subject: Option<Subject>,
    /// Why there is nothing: it was not built, or did not say which reports it has.
    pub failure: Option<String>,
    /// What became of its reports.
    pub rows: Vec<Row>,
}

/// What became of one report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// What planted.
    pub workload: Workload,
    /// The factor of its scale.
    pub scale: f64,
    /// The seed of its data.
    pub seed: u64,
    /// What was asked for.
    pub report: Report,
    /// What it said.
    pub finding: Option<Finding>,
    /// How the process ended in which it was asked for, where it said nothing.
    pub failure: Option<Failure>,
}

/// A report of memscope, as a subject tells of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// What it is to find.
    pub sought: FindingKind,
    /// The level that the workload runs under.
    #[serde(rename = "tracking")]
    pub level: Level,
    /// The call that a user makes for it; empty where there is none.
    pub call: String,
    /// Why the version has no such report.
    pub lacking: Option<String>,
}

impl Report {
    /// The reports of the linked version.
    pub fn all() -> Vec<Self> {
        DETECTORS.iter().map(Self::from).collect()
    }

    /// The name in commands: `leaks/variables`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.sought.name(), self.level)
    }

    /// Whether it is asked for after this workload: cycles are sought where there are some.
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

/// What a report said, held against the truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// How many things were planted that it could know of: blocks, or cycles. Under named values alone, those whose
    /// block was named.
    pub planted: u64,
    /// How many things it names.
    pub named: u64,
    /// Which of them; `None` where it gives a count alone.
    pub held: Option<Held>,
    /// Blocks that were leaked on purpose, by the workload's own account.
    pub leaked: u64,
    /// Blocks that were made in the window and alive at its end, by the harness's counters. What is more than was
    /// leaked belongs to memscope's own bookkeeping of named values.
    pub alive: u64,
}

/// Why a report was not had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotAsk {
    /// The program's global allocator is not [`SwitchedAllocator`](crate::tracking::SwitchedAllocator).
    #[error(transparent)]
    NotSwitched(#[from] NotSwitched),
    /// The linked version has no report of this name.
    #[error("there is no report '{name}'; there are {known}", known = Report::all().iter().map(Report::name).collect::<Vec<_>>().join(", "))]
    Unknown {
        /// The name.
        name: String,
    },
    /// The linked version lacks it.
    #[error("{0}")]
    Lacking(&'static str),
    /// memscope refused it.
    #[error("memscope's report says: {0}")]
    Refused(String),
}

/// Runs a workload that plants under the level of a report, and asks for the report. Call it once in a process.
///
/// # Errors
/// If there is no such report, or it says nothing.
pub fn run(workload: Workload, scale: Scale, report: &str) -> Result<Finding, CannotAsk> {
    let unknown = || CannotAsk::Unknown { name: report.to_owned() };
    let named = |detector: &&Detector| Report::from(*detector).name() == report;
    let Detector { sought, level, ask, .. } = *DETECTORS.iter().find(named).ok_or_else(unknown)?;
    let ask = ask.map_err(CannotAsk::Lacking)?;
    check_switch()?;

    // With the counters on, the ledger's own memory is kept from the tracker.
    let session = Session::prepare(level, true);
    let ledger = Ledger::new(session.tracker().clone());
    let before = counting::totals();
    let digest = session.window(|| workload.run(&ledger, scale));
    let alive = counting::totals().since(&before).live_allocations();

    let answer = ask().map_err(CannotAsk::Refused)?;
    let planted = ledger.planted(sought, level);
    let (named, held) = match &answer {
        ReportOutput::Named(named) => (named.len() as u64, Some(score::hold(named, &planted))),
        ReportOutput::Counted(count) => (*count, None),
    };
    Ok(Finding { planted: planted.len() as u64, named, held, leaked: digest.leaked_allocations, alive })
}
