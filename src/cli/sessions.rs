//! `memscope-bench validate --sessions N`: repeats the same complete measurement, and reports whether the figures
//! agree.

use crate::cli::arguments::{ResultArguments, bar, or_all, show};
use crate::cli::{Error, journal};
use crate::platform::files::Versioned;
use crate::report::origin::Origin;
use crate::schedule::journal::{Journal, JournalError};
use crate::schedule::plan::{Effort, PAIRS, Plan};
use crate::study::sessions::{self, Entry, SCHEMA, Session, Sessions};
use crate::tracking::Level;
use crate::worker::launcher::Launcher;
use crate::worker::probe::Request;
use crate::workloads::{Scale, Workload, pools};
use chrono::Utc;
use clap::Args;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// The sessions, for `validate`.
#[derive(Debug, Args)]
pub(super) struct SessionArguments {
    /// Instead of trackers of known cost: make this many complete measurements of all levels, and report whether they
    /// agree
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(2..=1_000),
          conflicts_with_all = ["load", "minutes", "quick"], group = "direct")]
    pub(super) sessions: Option<u32>,
    /// With --sessions: start them evenly over this many minutes
    #[arg(long, value_name = "MINUTES", default_value_t = 0.0, value_parser = minutes, requires = "sessions")]
    over: f64,
    /// With --sessions or --traces: the number of pairs for each workload and level
    #[arg(long, default_value_t = PAIRS as u32, value_name = "NUMBER",
          value_parser = clap::value_parser!(u32).range(6..), requires = "direct")]
    pub(super) pairs: u32,
}

fn minutes(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if (0.0..=100_000.0).contains(&number) => Ok(number),
        _ => Err("a number of minutes, such as 120".to_owned()),
    }
}

/// The options that `validate` shares with sessions.
pub(super) struct Shared<'a> {
    /// The requested workloads.
    pub workloads: &'a [Workload],
    /// The requested scale.
    pub scale: Option<Scale>,
    /// True to continue an unfinished run of the same command.
    pub resume: bool,
    /// The place and format of the results, and the limits of the probes.
    pub results: &'a ResultArguments,
}

impl SessionArguments {
    /// Runs the sessions, saves them after each, and reports.
    pub(super) fn run(&self, count: u32, shared: &Shared) -> Result<(), Error> {
        let files = shared.results.files(Sessions::KIND);
        files.prepare::<Sessions>()?;
        let launcher = shared.results.launcher()?;
        let plan = sessions::Plan {
            program: launcher.fingerprint()?,
            sessions: count as usize,
            minutes: self.over,
            pairs: self.pairs as usize,
            workloads: or_all(shared.workloads),
            levels: Level::benched().collect(),
            scale: shared.scale.map(|scale| scale.factor()),
            threads: pools::default_threads(),
        };
        // Another run in this folder is noticed here, and not after a session.
        let path = shared.results.output.join("sessions.journal");
        let (mut journal, entries) = journal::open(&path, shared.resume, &plan)?;
        let mut kept = begin(&path, &mut journal, entries, plan)?;
        let began = Instant::now();
        let first = kept.sessions.len();
        while kept.sessions.len() < kept.plan.sessions {
            let number = kept.sessions.len();
            let between = Duration::from_secs_f64(kept.plan.minutes * 60.0 / (kept.plan.sessions - 1) as f64);
            wait(began + between * (number - first) as u32, number, kept.plan.sessions);
            let session = session(&kept.plan, &launcher, number);
            // A run of hours loses at most one session.
            journal.append(&Entry::Session(session.clone()))?;
            kept.sessions.push(session);
        }
        let saved = files.save(&kept);
        files.print(&kept, shared.results.format(), saved.as_deref().unwrap_or_default());
        saved?;
        Ok(journal.end()?)
    }
}

/// Returns the sessions so far: none, or the sessions of the unfinished run, with the origin of its beginning.
///
/// # Errors
/// If it began on another machine, or the journal cannot be written.
fn begin(
    path: &Path,
    journal: &mut Journal,
    entries: Vec<Entry>,
    plan: sessions::Plan,
) -> Result<Sessions, JournalError> {
    let mut origin = None;
    let mut sessions = Vec::new();
    for entry in entries {
        match entry {
            Entry::Began { origin: earlier } => {
                journal::check_machine(path, &earlier.machine)?;
                origin = Some(earlier);
            }
            Entry::Session(session) => sessions.push(session),
        }
    }
    let origin = match origin {
        Some(origin) => origin,
        None => {
            let origin = Box::new(Origin::of_this_command());
            journal.append(&Entry::Began { origin: origin.clone() })?;
            origin
        }
    };
    Ok(Sessions { schema: SCHEMA, origin: *origin, plan, sessions })
}

/// Waits until a session is due.
fn wait(due: Instant, number: usize, sessions: usize) {
    let left = due.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return;
    }
    let bar = bar(left.as_secs() as usize, "seconds");
    bar.set_message(format!("waiting for session {} of {sessions}", number + 1));
    while Instant::now() < due {
        thread::sleep(Duration::from_secs(1).min(due.saturating_duration_since(Instant::now())));
        bar.inc(1);
    }
    bar.finish_and_clear();
}

/// Runs one complete measurement.
fn session(plan: &sessions::Plan, launcher: &Launcher, number: usize) -> Session {
    let started = Utc::now();
    let request = |workload, level| Request::at(plan.scale, workload, level, plan.threads);
    // Each session has a different order of measurements.
    let mut measurements = Plan::new(Effort::pairs(plan.pairs)).seeded(number as u64);
    measurements.add_overheads(launcher, &plan.workloads, &plan.levels, request);
    let bar = bar(measurements.pairs(), "pairs");
    let measured = measurements.measure(None, |progress| {
        show(&bar, progress);
        bar.set_message(format!("session {} of {}: {}", number + 1, plan.sessions, bar.message()));
    });
    bar.finish_and_clear();
    let (measurements, _) = measured.expect("without a journal there is nothing to write");
    Session { started, measurements }
}
