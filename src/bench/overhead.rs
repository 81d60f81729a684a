//! Runs `cargo bench`: pairs of probes first, in one schedule; then Criterion's reports of them, the table, the full
//! run, the charts, and the page of all results.
//!
//! Each function of a workload's group is one level. The scheduler takes the pairs of all functions; they are saved,
//! and then replayed to Criterion. In the group `WORKLOAD` each of its samples is the time of one tracked sample within
//! its window, and in the group `WORKLOAD-overhead` the ratio of one pair. So Criterion's pages and the table show the
//! same samples. The overheads of the table come from the pairs alone.
//!
//! In a workload's group, `untracked` pairs untracked with itself, which gives the run's noise floor.

use crate::bench::arguments::{self, Mode, refuse};
use crate::bench::groups::{Function, Group, groups, ratio_group, request};
use crate::bench::live::{self, View, complain_of};
use crate::bench::ratio::Ratio;
use crate::bench::replay::{Both, CRITERION_SAMPLES, replay};
use crate::bench::{Package, Programs};
use crate::cli::{Environment, bar, page, show, stress};
use crate::platform::console;
use crate::platform::files::{FileError, Versioned};
use crate::platform::text;
use crate::report::format::Format;
use crate::report::origin::Origin;
use crate::schedule::measurement::{Clock, Measurement, Pair};
use crate::schedule::pairing::MeasurementRun;
use crate::schedule::plan::{Effort, Plan};
use crate::study::overhead::record::Results;
use crate::study::{self, Files, Settled};
use crate::worker::launcher::Launcher;
use crate::workloads::{Scale, Workload, pools, registered};
use criterion::Criterion;
use criterion::measurement::{Measurement as Quantity, WallTime};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// The time for the pairs of a measurement, and the minimum and maximum number of pairs.
const TIME: Duration = Duration::from_millis(1_500);
const MIN_PAIRS: usize = 20;
const MAX_PAIRS: usize = 400;

/// Runs the bench of a package.
pub fn main(package: &Package) -> ExitCode {
    let criterion = || arguments::criterion(MIN_PAIRS, Duration::from_nanos(1), TIME);
    let both = || Both { times: criterion(), ratios: criterion().with_measurement(Ratio) };
    arguments::main(both, |mode, environment, mut criterion| match Bench::new(package, mode, &environment) {
        Ok(bench) => bench.run(&mut criterion, environment),
        Err(error) => refuse(&error),
    })
}

/// The run.
struct Bench<'a> {
    package: &'a Package,
    mode: Mode,
    launcher: Launcher,
    /// The control; `None` if the package has none.
    control: Option<Launcher>,
}

impl<'a> Bench<'a> {
    fn new(package: &'a Package, mode: Mode, environment: &Environment) -> io::Result<Self> {
        let limits = environment.limits;
        let launcher = package.programs.launcher(limits)?;
        Ok(Self { package, mode, launcher, control: package.programs.control(limits) })
    }

    fn run(&self, criterion: &mut Both, environment: Environment) -> ExitCode {
        // The groups of growth contain only this package's workloads.
        let mut groups = groups(self.control.is_some());
        match self.mode {
            Mode::Idle => {
                live::run(&mut criterion.times, &views_of_time(&groups), |_, _| ());
                live::run(&mut criterion.ratios, &views_of_ratio(&groups), |_, _| ());
                ExitCode::SUCCESS
            }
            Mode::Test | Mode::Profile => {
                let time = |pair: &Pair| Duration::from_nanos(pair.tracked.wall_ns);
                let times_work = self.try_each(&mut criterion.times, &views_of_time(&groups), &WallTime, time);
                let ratio = |pair: &Pair| pair.ratio(Clock::Wall);
                let ratios_work = self.try_each(&mut criterion.ratios, &views_of_ratio(&groups), &Ratio, ratio);
                ExitCode::from(u8::from(self.mode == Mode::Test && !(times_work && ratios_work)))
            }
            Mode::Measure => {
                let listed = match arguments::listed() {
                    Ok(listed) => listed,
                    Err(error) => return refuse(&error),
                };
                let mut is_whole = true;
                for function in groups.iter_mut().flat_map(|group| &mut group.functions) {
                    function.shows_time = listed.contains(&function.name);
                    let ratio = function.ratio_name();
                    function.shows_ratio = ratio.as_ref().is_some_and(|name| listed.contains(name));
                    is_whole &= function.shows_time && function.shows_ratio == ratio.is_some();
                }
                let is_shown = |function: &Function| function.shows_time || function.shows_ratio;
                groups.iter_mut().for_each(|group| group.functions.retain(is_shown));
                self.measure(criterion, groups, is_whole, environment)
            }
        }
    }

    /// Takes real pairs when Criterion asks for them: one for a test, or the number that a profile needs. Returns
    /// whether all functions work.
    fn try_each<M: Quantity>(
        &self,
        criterion: &mut Criterion<M>,
        views: &[View<Function>],
        quantity: &M,
        value: impl Fn(&Pair) -> M::Value,
    ) -> bool {
        let mut has_fault = false;
        live::run(criterion, views, |bencher, Function { series, request, .. }| {
            let mut run = MeasurementRun::begin(&self.launcher, *series, *request);
            bencher.iter_custom(|iterations| {
                let values = (0..iterations).map_while(|_| run.pair()).map(|pair| value(&pair));
                let sum = values.fold(quantity.zero(), |sum, value| quantity.add(&sum, &value));
                if let Some(failure) = run.failure() {
                    live::leave(request.workload, request.level, failure, &mut has_fault);
                }
                sum
            });
        });
        !has_fault
    }

    /// Measures the functions, saves the results of a complete run, shows them, and starts the full run.
    fn measure(&self, criterion: &mut Both, groups: Vec<Group>, is_whole: bool, environment: Environment) -> ExitCode {
        let folder = self.package.results_folder();
        let files = Files { folder: &folder, name: Results::KIND };
        if is_whole && let Err(error) = files.prepare::<Results>() {
            return refuse(&error);
        }
        let origin = Origin::here(arguments::command(&self.package.command));
        let mut results =
            Results { precision: environment.precision, ..Results::begin(origin).with_sessions_of(&folder) };
        let mut plan = Plan::new(Effort { precision: environment.precision, ..effort() });
        let functions = || groups.iter().flat_map(|group| &group.functions);
        functions().for_each(|function| plan.add(&self.launcher, function.series, function.request));
        if let Some(control) = self.control.as_ref().filter(|_| is_whole) {
            let request =
                |workload: Workload, level| request(workload, level, workload.short_scale(), pools::default_threads());
            plan.add_control(control, &self.launcher, None, registered(), request);
        }
        let bar = bar(plan.pairs(), "pairs at most");
        let measured = plan.measure(None, |progress| show(&bar, progress));
        bar.finish_and_clear();
        let (measurements, _) = measured.expect("without a journal there is nothing to write");
        results.measurements = measurements;
        for (function, measurement) in functions().zip(&results.measurements) {
            if let Some(failure) = measurement.failure() {
                complain_of(function.request.workload, function.request.level, failure);
            }
        }
        if results.measurements.is_empty() {
            return ExitCode::SUCCESS;
        }
        let is_thin = |measurement: &Measurement| measurement.overhead().is_none() && measurement.failure().is_none();
        let is_complete = is_whole && !results.measurements.iter().any(is_thin);

        let format = Format::Text;
        // Results are saved before anything is shown.
        let settled = is_complete.then(|| files.settle(&results, environment.keep));
        // Criterion panics if it misses a baseline, for example. The table does not depend on it.
        let replayed = catch_unwind(AssertUnwindSafe(|| replay(criterion, groups, &results)));
        match &settled {
            Some(Ok(Settled::Saved(written))) => files.print(&results, format, written),
            Some(_) => study::print(&results, format),
            None => {
                study::print(&results, format);
                console::print("results/ is unchanged: this run is incomplete.");
            }
        }
        if let Err(panic) = replayed {
            resume_unwind(panic);
        }
        settled.map_or(ExitCode::SUCCESS, |settled| {
            conclude(settled, || self.full_run(&folder), || page::write_beside(&folder))
        })
    }

    /// Runs the stress suite at full scale under full tracking, in a separate process, for this package's workloads.
    /// Returns whether it wrote its files. If it fails, only its chart is missing.
    fn full_run(&self, folder: &Path) -> bool {
        let Programs::Built { program, .. } = &self.package.programs else { return false };
        let run = stress::run_as_child(program, Scale::FULL, folder);
        if let Err(failure) = &run {
            let failure = text::one_line(&failure.to_string());
            let picture = stress::PICTURE;
            console::complain(format_args!(
                "The full run {failure}. {picture} is unchanged. Run it alone: cargo run --release"
            ));
        }
        run.is_ok()
    }
}

/// Ends a complete run: starts the full run, draws the page of what changed in results/, and reports why overheads were
/// not kept. The full run counts events, so it does not depend on the control of the overheads.
fn conclude(
    settled: Result<Settled, FileError>,
    full_run: impl FnOnce() -> bool,
    draw_page: impl FnOnce(),
) -> ExitCode {
    let not_kept = match settled {
        Err(error) => return refuse(&error),
        Ok(Settled::Saved(_)) => None,
        Ok(Settled::NotKept(not_kept)) => Some(not_kept),
    };
    if full_run() || not_kept.is_none() {
        draw_page();
    }
    not_kept.map_or(ExitCode::SUCCESS, |not_kept| refuse(&not_kept))
}

/// Returns the pairs of each measurement, by Criterion's flags: `--sample-size` is their number, and
/// `--measurement-time` the time for them.
fn effort() -> Effort {
    match (arguments::sample_size(), arguments::measurement_time()) {
        (Some(samples), None) => Effort::pairs(samples),
        (samples, time) => {
            let is_quick = arguments::is_quick();
            let fewest = samples.unwrap_or(if is_quick { CRITERION_SAMPLES } else { MIN_PAIRS });
            let usual = if is_quick { TIME / 4 } else { TIME };
            Effort { pairs: MAX_PAIRS.max(fewest), time: Some(time.unwrap_or(usual)), fewest, precision: None }
        }
    }
}

/// Returns the groups that show times.
fn views_of_time(groups: &[Group]) -> Vec<View<'_, Function>> {
    groups.iter().map(|group| view(group.name.clone(), group)).collect()
}

/// Returns the groups that show overheads.
fn views_of_ratio(groups: &[Group]) -> Vec<View<'_, Function>> {
    let shown = |group: &&Group| group.functions.iter().any(|function| function.shows_ratio);
    groups.iter().filter(shown).map(|group| view(ratio_group(&group.name), group)).collect()
}

fn view(name: String, group: &Group) -> View<'_, Function> {
    let functions = group.functions.iter().map(|function| (function.id.clone(), function)).collect();
    View { name, is_log: group.is_log, functions }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::NotKept;
    use crate::study::control::ControlFailure;
    use std::cell::Cell;

    /// Returns the exit code of a run that settled so, and whether the full run was started and the page drawn.
    fn concluded(settled: Result<Settled, FileError>, wrote: bool) -> (ExitCode, bool, bool) {
        let (is_run, is_drawn) = (Cell::new(false), Cell::new(false));
        let full_run = || {
            is_run.set(true);
            wrote
        };
        let code = conclude(settled, full_run, || is_drawn.set(true));
        (code, is_run.get(), is_drawn.get())
    }

    #[test]
    fn the_full_run_follows_overheads_that_were_not_kept() {
        let saved = || Ok(Settled::Saved(Vec::new()));
        assert_eq!(concluded(saved(), true), (ExitCode::SUCCESS, true, true));
        assert_eq!(concluded(saved(), false), (ExitCode::SUCCESS, true, true), "the overheads are new");
        let not_kept = || {
            let failure = ControlFailure::Drift { ratio: 0.7 };
            Ok(Settled::NotKept(NotKept { failure, path: "beside.json".into(), instead_of: "kept.json".into() }))
        };
        assert_eq!(concluded(not_kept(), true), (ExitCode::from(2), true, true));
        assert_eq!(concluded(not_kept(), false), (ExitCode::from(2), true, false), "results/ is unchanged");
        let source = io::Error::other("no space left");
        let unwritten = Err(FileError::Write { path: "overhead.json".into(), source });
        assert_eq!(concluded(unwritten, true), (ExitCode::from(2), false, false));
    }
}
