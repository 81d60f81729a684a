//! `memscope-bench check`: decides whether a build of memscope may be merged. One verdict, with its reason.

mod steps;

use crate::builds::{BuildSpec, ResolvedBuild};
use crate::cli::Error;
use crate::cli::arguments::{ResultArguments, compared, or_all};
use crate::cli::builds::{Build, BuildCacheArguments, CheckedProgram, LinkArguments, Linking, resolve_to_compare};
use crate::platform::files::{self, FileError, Versioned};
use crate::platform::list::each_once;
use crate::study::check::summary;
use crate::study::check::{Budget, Check, CheckedBuild, Plan, Record, Resolution, Verdict};
use crate::tracking::Level;
use crate::workloads::{Scale, Workload, pools};
use clap::Args;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use steps::Steps;

/// The name of the files of a self-check.
const SELF: &str = "check-self";

#[derive(Debug, Args)]
#[command(mut_arg("time_limit", |limit| limit.default_value("10")))]
#[command(mut_arg("output", |output| output.help("The folder for check.json and .md, or check-self.json and .md")))]
pub(super) struct Arguments {
    /// The build to compare with: a published version (0.2.5), a folder (../memscope-rs), a revision
    /// (../memscope-rs@main)
    #[arg(long, value_name = "BUILD")]
    base: BuildSpec,
    /// The build to merge
    #[arg(long, value_name = "BUILD", required_unless_present = "self_check", conflicts_with = "self_check")]
    head: Option<BuildSpec>,
    /// Compare the base with itself, and report the smallest change that this machine can resolve. Later checks on this
    /// machine use no smaller thresholds
    #[arg(long = "self", id = "self_check")]
    self_check: bool,
    /// The minutes for everything except the builds. Counts and reports come first; CPU and wall time get the rest
    #[arg(long, default_value_t = 10.0, value_parser = minutes)]
    minutes: f64,
    /// A file with limits for axes and levels (see examples/budget.toml)
    #[arg(long, value_name = "FILE")]
    budget: Option<PathBuf>,
    /// The workloads, separated by commas [default: all]
    #[arg(long, value_delimiter = ',', value_name = "WORKLOADS")]
    workloads: Vec<Workload>,
    /// The levels, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "LEVELS", default_value = "variables,full", value_parser = compared)]
    tracking: Vec<Level>,
    /// The scale: a factor on the outer counts of the workloads [default: each workload's short scale]
    #[arg(long)]
    scale: Option<Scale>,
    /// The number of threads in each pool of a parallel workload [default: the machine's available parallelism]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..=1_024))]
    threads: Option<u64>,
    /// Skip instructions and cache misses, which need valgrind
    #[arg(long)]
    without_counts: bool,
    #[command(flatten)]
    links: LinkArguments,
    #[command(flatten)]
    building: BuildCacheArguments,
    #[command(flatten)]
    results: ResultArguments,
}

fn minutes(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if (0.1..=1_440.0).contains(&number) => Ok(number),
        _ => Err("a number of minutes, from 0.1 to 1440".to_owned()),
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Error> {
    let budget = arguments.budget.as_deref().map(Budget::read).transpose()?.unwrap_or_default();
    let files = arguments.results.files(if arguments.self_check { SELF } else { Check::KIND });
    files.prepare::<Check>()?;
    // A file that cannot be read ends the run before it builds.
    let of_self = arguments.check_of_self()?;
    let plan = arguments.plan(budget);
    steps::check_requirements(&plan)?;
    let head = arguments.head.as_ref().unwrap_or(&arguments.base);
    let resolved = resolve_to_compare(&[arguments.base.clone(), head.clone()], false)?;
    let builds = arguments.build(&resolved)?;

    let began = Instant::now();
    let end = began + Duration::from_secs_f64(plan.minutes * 60.0);
    let [base, head] = builds.each_ref().map(|(build, _)| build.clone());
    let links = builds[0].1.seeds.len().max(1);
    let mut record = Record::begin(plan, [base, head], links);
    record.resolutions = resolutions(of_self, &record);
    let steps = Steps::new(builds.each_ref().map(|(_, program)| program), end);
    let mut check = steps.check(record)?;
    check.record.seconds = began.elapsed().as_secs();
    files.finish(&check, arguments.results.format())?;
    match check.verdict {
        _ if arguments.self_check => Ok(()),
        Verdict::Ok => Ok(()),
        Verdict::Worse => Err(Error::Regressions(summary::worse(&check))),
        Verdict::CannotTell => Err(Error::CannotTell(summary::answer(&check))),
    }
}

impl Arguments {
    fn plan(&self, budget: Budget) -> Plan {
        Plan {
            workloads: or_all(&self.workloads),
            levels: each_once(self.tracking.iter().copied()),
            scale: self.scale.map(|scale| scale.factor()),
            threads: self.threads.map_or_else(pools::default_threads, |threads| threads as usize),
            minutes: self.minutes,
            is_self: self.self_check,
            without_counts: self.without_counts,
            budget,
        }
    }

    /// Builds both.
    ///
    /// # Errors
    /// If one of them fails, because nothing is left to compare.
    fn build(&self, resolved: &[ResolvedBuild]) -> Result<[(CheckedBuild, CheckedProgram); 2], Error> {
        let builds = self.building.build(resolved, self.results.limits(), &Linking::from(self.links))?;
        let checked = builds.into_iter().map(|Build { name, about, program, .. }| match program {
            Ok(program) => Ok((CheckedBuild { name, about, memscope: program.memscope.clone() }, program)),
            Err(failed) => Err(Error::Other(format!("{name} cannot be checked: {}", failed.why))),
        });
        let checked: Vec<_> = checked.collect::<Result<_, Error>>()?;
        Ok(checked.try_into().map_err(|_| ()).expect("two were named"))
    }

    /// Returns the kept self-check, if it exists and this is no self-check.
    ///
    /// # Errors
    /// If its file cannot be read.
    fn check_of_self(&self) -> Result<Option<Check>, FileError> {
        if self.self_check { Ok(None) } else { files::read_if_there(&self.results.output.join(format!("{SELF}.json"))) }
    }
}

/// Returns the differences of equal builds on this machine, if a self-check measured them.
fn resolutions(of_self: Option<Check>, record: &Record) -> Vec<Resolution> {
    let is_of_here = |kept: &Check| kept.record.origin.machine.is(&record.origin.machine);
    of_self.filter(is_of_here).map_or(Vec::new(), |kept| kept.resolutions())
}
