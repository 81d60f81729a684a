//! The steps of a check, from exact counts to rounds that use the remaining time.

use crate::builds;
use crate::cli::Error;
use crate::cli::accuracy::{self, usual_scale};
use crate::cli::arguments::tick;
use crate::cli::builds::CheckedProgram;
use crate::schedule::scheduler::Progress;
use crate::study::calls::latency::{Latency, Pattern};
use crate::study::check::{Check, Machine, Package, Plan, Record, measure};
use crate::study::counts::{self, Metric, Scope};
use crate::study::footprint::Meter;
use crate::study::instructions::check_tools;
use crate::study::soak;
use crate::study::why::explain;
use crate::tracking::Level;
use crate::worker::launcher::Launcher;
use crate::worker::probe::Request;
use crate::worker::task::Task;
use crate::worker::tasks::soak::is_soaked;
use crate::workloads::{Scale, ScaleError, Workload};
use indicatif::{ProgressBar, ProgressStyle};
use std::fs;
use std::time::{Duration, Instant};

/// The part of a workload's scale that is counted.
const COUNTED: f64 = 0.25;
/// The workload whose memory is counted at many scales: it keeps everything until the end.
const GROWN: Workload = Workload::STRUCTURES;
/// The number of processes for latencies, of each build.
const PROCESSES: u64 = 16;
/// The number of calls of each kind that such a process times.
const CALLS: u32 = 100_000;
/// The minutes of a check that times all of these calls. A shorter check times fewer.
const MINUTES_FOR_CALLS: f64 = 1.0;

/// The maximum part of the minutes for soaks.
const SOAKED: f64 = 0.1;
/// The time limit of a soak process.
const MAX_SOAK: Duration = Duration::from_secs(3);

/// Checks the requirements of counting, before anything is built.
///
/// # Errors
/// If valgrind is missing.
pub(super) fn check_requirements(plan: &Plan) -> Result<(), Error> {
    let needs = !plan.without_counts && plan.workloads.iter().any(|workload| !workload.is_parallel());
    if needs { Ok(check_tools()?) } else { Ok(()) }
}

/// The steps, with the programs of the base and the head.
pub(super) struct Steps<'a> {
    programs: [&'a CheckedProgram; 2],
    end: Instant,
    bar: ProgressBar,
}

impl<'a> Steps<'a> {
    /// Returns the steps of a check that ends at this time.
    pub(super) fn new(programs: [&'a CheckedProgram; 2], end: Instant) -> Self {
        let seconds = end.saturating_duration_since(Instant::now()).as_secs();
        let template = "{msg:40} {bar:30} {elapsed} of about {len:1} s";
        let style = ProgressStyle::with_template(template).expect("a valid template");
        let bar = ProgressBar::new(seconds.max(1)).with_style(style);
        tick(&bar, Duration::from_secs(1));
        Self { programs, end, bar }
    }

    fn launchers(&self) -> [&'a Launcher; 2] {
        self.programs.map(|program| &program.launcher)
    }

    /// Shows the step and the remaining time.
    fn show(&self, step: &str) {
        let left = self.end.saturating_duration_since(Instant::now()).as_secs();
        self.bar.set_position(self.bar.length().unwrap_or(left).saturating_sub(left));
        self.bar.set_message(format!("{step}; {}:{:02} left", left / 60, left % 60));
    }

    /// Measures everything, and judges it.
    ///
    /// # Errors
    /// If something cannot be measured on this machine. A probe that fails is a finding.
    pub(super) fn check(&self, mut record: Record) -> Result<Check, Error> {
        let checked = self.measure(&mut record).and_then(|()| {
            let mut check = Check::from(record);
            self.explain(&mut check)?;
            Ok(check)
        });
        self.bar.finish_and_clear();
        checked
    }

    fn measure(&self, record: &mut Record) -> Result<(), Error> {
        record.packages = self.programs.map(package);
        self.count(record)?;
        self.grow(record);
        self.run_reports(record)?;
        self.time_calls(record);
        self.soak(record);
        self.take_rounds(record)
    }

    fn count(&self, record: &mut Record) -> Result<(), Error> {
        let callgrind = |metric: &Metric| !record.plan.without_counts || !metric.needs_callgrind();
        let metrics: Vec<Metric> = Metric::ALL.into_iter().filter(callgrind).collect();
        let Plan { ref workloads, ref levels, scale, threads, .. } = record.plan;
        let (workloads, levels) = (workloads.clone(), levels.clone());
        let scope = Scope { workloads, levels, scale, part: COUNTED, threads, metrics };
        let [base, head] = self.launchers();
        let compared = counts::compare(base, head, &scope, |workload, level| {
            self.show(&format!("counting {workload}/{level}"));
        })?;
        record.counts = [compared.base, compared.head];
        Ok(())
    }

    fn grow(&self, record: &mut Record) {
        // The meter runs scales from a tenth of this one up to it, whatever the scale of the check: memory for each
        // block is only known where the number of blocks doubles.
        let scale = GROWN.short();
        for (build, launcher) in self.launchers().into_iter().enumerate() {
            let mut meter = Meter::new(launcher);
            for &level in &record.plan.levels {
                self.show(&format!("memory of {GROWN}/{level}"));
                let request = Request { workload: GROWN, level, scale, threads: 1, count: false };
                record.footprints[build].push(meter.count(request));
            }
        }
    }

    fn run_reports(&self, record: &mut Record) -> Result<(), Error> {
        for (build, launcher) in self.launchers().into_iter().enumerate() {
            let rows = accuracy::rows(launcher, usual_scale, |workload, report| {
                self.show(&format!("{} after {workload}", report.name()));
            });
            let name = &record.builds[build].name;
            record.reports[build] =
                rows.map_err(|failure| Error::Other(format!("{name} does not list its reports: {failure}")))?;
        }
        Ok(())
    }

    /// Times single calls of the base and the head, by turns.
    fn time_calls(&self, record: &mut Record) {
        let (level, threads) = (Level::Allocator, 1);
        let operations = (f64::from(CALLS) * (record.plan.minutes / MINUTES_FOR_CALLS).min(1.0)) as u32;
        let mut measured = [Latency::begin(level, threads), Latency::begin(level, threads)];
        for process in 0..PROCESSES {
            self.show("single calls");
            let pattern = Pattern { level, threads, operations, seed: process + 1 };
            let order = if process % 2 == 0 { [0, 1] } else { [1, 0] };
            for build in order {
                measured[build].run(|| self.launchers()[build].run_task(&Task::Latency(pattern)));
            }
        }
        record.latencies = measured.map(|latency| vec![latency]);
    }

    /// Measures how the cost grows over events, in a small part of the time.
    fn soak(&self, record: &mut Record) {
        let levels: Vec<Level> = record.plan.levels.iter().copied().filter(|&level| is_soaked(level)).collect();
        let processes = 2 * levels.len().max(1) * soak::Plan::PAIRS;
        let part = Duration::from_secs_f64(record.plan.minutes * 60.0 * SOAKED / processes as f64);
        let plan = soak::Plan::quick(levels, vec![soak::Meter::Time], part.min(MAX_SOAK));
        let soaks = plan.measure(&self.launchers(), |_, level| self.show(&format!("growth of {level}")));
        record.soaks = soaks.try_into().expect("two builds were measured");
    }

    fn take_rounds(&self, record: &mut Record) -> Result<(), Error> {
        let show = |Progress { workload, level, .. }: Progress| self.show(&format!("time of {workload}/{level}"));
        let builds = self.programs.map(|program| &program.links);
        let mut machine = Machine { builds, plan: &record.plan, end: self.end, stages: 0, progress: show };
        record.stages = measure(&mut machine, &record.plan.groups(), record.links, &record.plan.budget)?;
        Ok(())
    }

    /// Names the functions that explain the greatest change for the worse. The verdict does not depend on them, so a
    /// failure is only reported.
    ///
    /// # Errors
    /// If the workload has no such scale.
    fn explain(&self, check: &mut Check) -> Result<(), Error> {
        let worst = check.worst_group().filter(|_| !check.record.plan.without_counts);
        let Some((workload, level)) = worst else { return Ok(()) };
        self.show(&format!("functions of {workload}/{level}"));
        let scale = scale(&check.record.plan, workload, COUNTED)?;
        let request = Request { workload, level, scale, threads: 1, count: false };
        let [base, head] = self.launchers();
        let cause = explain(base, head, &request);
        let cause =
            cause.map_or_else(|why| format!("its functions are not compared: {why}"), |cause| cause.to_string());
        check.record.causes.push(format!("{workload}/{level}: {cause}."));
        Ok(())
    }
}

/// Returns a part of the scale at which a workload runs in a plan.
fn scale(plan: &Plan, workload: Workload, part: f64) -> Result<Scale, Error> {
    let scale = plan.scale.map_or(Ok(workload.short()), Scale::new).map_err(out_of_range)?;
    scale.part(part).map_err(out_of_range)
}

fn out_of_range(error: ScaleError) -> Error {
    Error::Other(format!("--scale: {error}"))
}

fn package(program: &CheckedProgram) -> Package {
    let launcher = &program.launcher;
    Package {
        crates: builds::crates(launcher.folder()),
        program_bytes: fs::metadata(launcher.program.path()).ok().map(|file| file.len()),
        build_seconds: builds::build_seconds(launcher.folder()),
    }
}
