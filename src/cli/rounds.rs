//! Measures several builds in rounds and reports the differences, for `compare` and `history`.

use crate::builds::ResolvedBuild;
use crate::cli::arguments::{
    KeepArguments, ResultArguments, after_the_baseline, bar, measurable, not_negative, or_all, show,
};
use crate::cli::builds::{Build, BuildCacheArguments, LinkArguments, Linking};
use crate::cli::{Error, journal, soak};
use crate::platform::console;
use crate::platform::files::FileError;
use crate::schedule::journal::check_same;
use crate::schedule::links::Links;
use crate::schedule::measurement::Clock;
use crate::stats::sign_test::needed_rounds;
use crate::study::compare::verdicts;
use crate::study::compare::{
    Against, ComparedBuild, Comparison, Counted, Journal, JournalError, Measured, Missing, Plan, ROUNDS, Record,
    SECONDS, THRESHOLD_PERCENT, apart,
};
use crate::study::counts::Counts;
use crate::study::instructions::check_tools;
use crate::study::soak::Soak;
use crate::tracking::Level;
use crate::worker::launcher::Launcher;
use crate::worker::tasks::soak::is_soaked;
use crate::workloads::{Scale, Workload, pools};
use clap::Args;
use std::path::Path;
use std::time::Duration;

/// The options of every command that measures several builds.
#[derive(Debug, Args)]
#[command(mut_arg("time_limit", |limit| limit.default_value("10")))]
pub(super) struct RoundArguments {
    /// The workloads, separated by commas [default: all]
    #[arg(long, value_delimiter = ',', value_name = "WORKLOADS")]
    workloads: Vec<Workload>,
    /// The levels, separated by commas. Untracked against itself is always measured too with the first build, for the
    /// noise floor
    #[arg(long, value_delimiter = ',', value_name = "LEVELS", default_value = "full", value_parser = measurable)]
    tracking: Vec<Level>,
    /// The number of rounds for each workload and level, spread over six passes
    #[arg(long, default_value_t = ROUNDS as u32, value_name = "NUMBER",
          value_parser = clap::value_parser!(u32).range(12..))]
    rounds: u32,
    /// Count instructions and simulated cache misses under valgrind too (single-threaded workloads), and page faults.
    /// With --fail-on-regression, a higher count is a regression
    #[arg(long)]
    counts: bool,
    /// Count only, and measure no time. The files are named NAME-counts
    #[arg(long, conflicts_with_all = ["counts", "rounds", "seconds", "clock", "threshold", "seed", "links", "soak"])]
    counts_only: bool,
    /// Measure how the cost grows over a million events too, at each level that tracks (see `soak`)
    #[arg(long)]
    soak: bool,
    /// The maximum seconds of a build for a workload and level, spread over the passes. The rounds that a verdict needs
    /// are always taken: 12, or more with many comparisons
    #[arg(long, default_value_t = SECONDS, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// The clock to compare
    #[arg(long, value_enum, default_value_t)]
    clock: Clock,
    /// The smallest regression or improvement, in percent [default: 3]
    #[arg(long, value_name = "PERCENT", value_parser = not_negative)]
    threshold: Option<f64>,
    /// The seed for the order of the builds in each round
    #[arg(long, alias = "shuffle", default_value_t = 1)]
    seed: u64,
    /// The scale: a factor on the outer counts of the workloads [default: each workload's short scale]
    #[arg(long)]
    scale: Option<Scale>,
    /// The number of threads in each pool of a parallel workload [default: the machine's available parallelism]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..=1_024))]
    threads: Option<u64>,
    /// Resume an interrupted run of the same command
    #[arg(long)]
    resume: bool,
    /// Exit with 1 if there is a regression, and with 2 or 3 if a build or a figure is missing, so there may be one
    #[arg(long)]
    fail_on_regression: bool,
    #[command(flatten)]
    keep: KeepArguments,
    #[command(flatten)]
    links: LinkArguments,
    #[command(flatten)]
    building: BuildCacheArguments,
    #[command(flatten)]
    results: ResultArguments,
}

/// The report of a comparison.
pub(super) struct Report<'a> {
    /// The common name of its files, which end in .json, .md and .svg, and of the journal.
    pub name: &'a str,
    /// The reference of each build.
    pub against: Against,
    /// Writes an additional file into the folder after the comparison is saved, and returns its name.
    pub beside: Beside<'a>,
}

/// Writes an additional file into a comparison's folder; `None` if there is nothing to write.
type Beside<'a> = &'a dyn Fn(&Comparison, &Path) -> Result<Option<String>, FileError>;

impl RoundArguments {
    /// Returns the folder for the results.
    pub(super) fn output(&self) -> &Path {
        &self.results.output
    }

    /// Builds memscope, measures the builds, compares them, and reports.
    pub(super) fn run(&self, resolved: &[ResolvedBuild], report: &Report) -> Result<(), Error> {
        // Counts alone take minutes, so they do not replace results that took hours.
        let name = if self.counts_only { format!("{}-counts", report.name) } else { report.name.to_owned() };
        let files = self.results.files(&name);
        files.prepare::<Comparison>()?;
        let journal = self.results.output.join(format!("{name}.journal"));
        journal::check(&journal, self.resume)?;
        let plan = self.plan(resolved.iter().map(|build| (build.name.clone(), String::new())).collect());
        if self.resume {
            check_plan(&journal, &plan)?;
        }
        self.check_judgeable(&plan)?;
        let linking = if self.counts_only { Linking::single() } else { Linking::from(self.links) };
        let builds = self.building.build(resolved, self.results.limits(), &linking)?;
        let built: Vec<&Build> = builds.iter().filter(|build| build.program.is_ok()).collect();
        match built.as_slice() {
            [] => return Err(Error::none_built(resolved)),
            [only] if builds.len() > 1 => return Err(Error::OneBuilt(only.name.clone())),
            _ => {}
        }
        let (comparison, journal) = self.measure(&builds, report.against.clone(), &journal)?;

        let beside = || (report.beside)(&comparison, &self.results.output);
        journal::finish_with(&files, &comparison, Some(journal), self.results.format(), self.keep, beside)?;
        if self.fail_on_regression { judged(&comparison) } else { Ok(()) }
    }

    /// Checks that `--fail-on-regression` can fail: that this plan has comparisons, and enough rounds for a verdict.
    ///
    /// # Errors
    /// If it cannot. Call this before anything is built.
    fn check_judgeable(&self, plan: &Plan) -> Result<(), Error> {
        if !self.fail_on_regression {
            return Ok(());
        }
        let refused = |why: String| Err(Error::Other(format!("--fail-on-regression: {why}")));
        let comparisons = plan.comparisons();
        if comparisons == 0 {
            return refused("nothing is compared: name two builds, and a level other than untracked".to_owned());
        }
        let needed = needed_rounds(comparisons);
        if plan.is_timed() && plan.rounds < needed {
            let rounds = plan.rounds;
            return refused(format!(
                "{rounds} rounds are too few for a verdict among {comparisons} comparisons: use at least --rounds \
                 {needed}"
            ));
        }
        Ok(())
    }

    /// Checks that the requested metrics can be counted. Call this before anything else.
    ///
    /// # Errors
    /// If they cannot be counted.
    pub(super) fn check_counting(&self) -> Result<(), Error> {
        let option = match self {
            Self { counts_only: true, .. } => "--counts-only",
            Self { counts: true, .. } => "--counts",
            _ => return Ok(()),
        };
        if or_all(&self.workloads).iter().all(|workload| workload.is_parallel()) {
            return Ok(());
        }
        check_tools().map_err(|why| Error::CannotCount { option, why })
    }

    /// Measures builds in rounds, counts them, and compares them.
    fn measure(&self, builds: &[Build], against: Against, journal: &Path) -> Result<(Comparison, Journal), Error> {
        let plan = self.plan(builds.iter().map(|build| (build.name.clone(), build.fingerprint())).collect());
        let needed = needed_rounds(plan.comparisons());
        if plan.is_timed() && plan.rounds < needed {
            console::complain(format_args!(
                "Warning: {} rounds are too few for a verdict among {} comparisons: use at least --rounds {needed}",
                plan.rounds,
                plan.comparisons()
            ));
        }
        if self.resume {
            check_programs(journal, &plan)?;
        }
        let origin = journal::origin(journal)?;
        let (mut journal, lines) = journal::open(journal, self.resume, &plan)?;
        let (counted, entries) = apart(lines);
        let mut counts = self.count(builds, &plan, &mut journal, &counted)?.into_iter();
        let links = |build: &Build| build.program.as_ref().ok().map(|program| program.links.clone());
        let programs: Vec<Option<Links>> = builds.iter().map(links).collect();
        let bar = bar(plan.groups().len() * plan.rounds, "rounds");
        let measured = plan.measure(&programs, journal, entries, |progress| show(&bar, progress))?;
        let Measured { measurements, journal } = measured;
        bar.finish_and_clear();

        let mut soaks = self.soak(builds, &plan).into_iter();
        let compared = builds.iter().zip(measurements).map(|(build, measurements)| {
            let program = build.program.as_ref().map(|program| program.memscope.clone()).map_err(Clone::clone);
            let seeds = build.program.as_ref().map_or(Vec::new(), |program| program.seeds.clone());
            ComparedBuild::new(build.name.clone(), build.about.clone(), program, measurements)
                .of_commit(build.commit.clone())
                .linked(seeds)
                .counted(counts.next().unwrap_or_default())
                .soaked(soaks.next().unwrap_or_default())
        });
        let builds = compared.collect();
        let threshold_percent = self.threshold.unwrap_or(THRESHOLD_PERCENT);
        let record = Record { origin, plan, clock: self.clock, threshold_percent, against, builds };
        Ok((record.into(), journal))
    }

    /// Measures how the builds' costs grow, if requested.
    fn soak(&self, builds: &[Build], plan: &Plan) -> Vec<Vec<Soak>> {
        /// The time limit of a process.
        const MAX_TIME: Duration = Duration::from_secs(5);
        if !self.soak {
            return Vec::new();
        }
        let levels = plan.levels.iter().copied().filter(|&level| is_soaked(level)).collect();
        soak::measure(&soak::quick(levels, MAX_TIME), builds)
    }

    /// Counts the builds, if requested.
    fn count(
        &self,
        builds: &[Build],
        plan: &Plan,
        journal: &mut Journal,
        counted: &[Counted],
    ) -> Result<Vec<Vec<Counts>>, Error> {
        if !plan.counts {
            return Ok(Vec::new());
        }
        let launchers: Vec<Option<&Launcher>> =
            builds.iter().map(|build| build.program.as_ref().ok().map(|program| &program.launcher)).collect();
        let bar = bar(launchers.iter().flatten().count() * plan.scope().steps(), "counts");
        let counts = plan.count::<Error>(&launchers, journal, counted, |workload, level, done| {
            bar.set_message(format!("{workload}/{level}"));
            bar.set_position(done as u64);
        });
        bar.finish_and_clear();
        counts
    }

    /// Returns the plan for builds with these names and fingerprints.
    fn plan(&self, builds: Vec<(String, String)>) -> Plan {
        Plan {
            builds,
            workloads: or_all(&self.workloads),
            levels: after_the_baseline(&self.tracking),
            scale: self.scale.map(|scale| scale.factor()),
            threads: self.threads.map_or_else(pools::default_threads, |threads| threads as usize),
            rounds: if self.counts_only { 0 } else { self.rounds as usize },
            seconds: self.seconds,
            seed: self.seed,
            counts: self.counts || self.counts_only,
        }
    }
}

/// Returns whether a comparison shows that there is no regression.
///
/// # Errors
/// If there is one, or if a build or a figure is missing.
fn judged(comparison: &Comparison) -> Result<(), Error> {
    let (regressions, missing) = (verdicts::regressions(comparison), Missing::of(comparison));
    if !regressions.is_empty() {
        return Err(Error::Regressions([regressions, missing.lines()].concat()));
    }
    if missing.is_empty() { Ok(()) } else { Err(Error::NotJudged(missing)) }
}

/// Checks that the journal of an unfinished run has the plan of this one, whose builds are not made yet.
///
/// # Errors
/// If it has another one; the first difference is named.
fn check_plan(journal: &Path, plan: &Plan) -> Result<(), JournalError> {
    let Some(there) = Journal::plan::<Plan>(journal)? else { return Ok(()) };
    match plan.other_builds(&there) {
        Some(why) => Err(JournalError::OtherRun { path: journal.to_owned(), why }),
        None => check_same(journal, &there, &Plan { builds: there.builds.clone(), ..plan.clone() }),
    }
}

/// Checks that the journal of an unfinished run is of the same programs.
///
/// # Errors
/// If a build differs, or was built in only one of the runs.
fn check_programs(journal: &Path, plan: &Plan) -> Result<(), JournalError> {
    let there = Journal::plan::<Plan>(journal)?;
    match there.and_then(|there| plan.other_program(&there)) {
        Some(why) => Err(JournalError::OtherRun { path: journal.to_owned(), why }),
        None => Ok(()),
    }
}
