//! `memscope-bench modes`: measures each mode of one memscope, and checks what it sees, attributes and keeps.

mod programs;

use crate::builds::BuildSpec;
use crate::cli::arguments::{KeepArguments, ResultArguments, SizeArguments, bar};
use crate::cli::beside::build_programs;
use crate::cli::builds::BuildCacheArguments;
use crate::cli::executables::CONTROL;
use crate::cli::{Error, journal};
use crate::platform::files::Versioned;
use crate::platform::list::each_once;
use crate::report::origin::Origin;
use crate::schedule::measurement::Series;
use crate::schedule::plan::{Effort, Plan};
use crate::study::modes::{self, Modes, Outcome};
use crate::tracking::Level;
use crate::tracking::references::{Host, LINKED_PROGRAM};
use crate::workloads::{Workload, registered};
use clap::Args;
use programs::Programs;
use std::sync::OnceLock;

#[derive(Debug, Args)]
#[command(mut_arg("output", |output| output.help("The folder for modes.json and modes.md")))]
pub(super) struct Arguments {
    /// The build: a published version (0.1.8), a folder (../memscope-rs), a revision (../memscope-rs@v0.2.4) [default:
    /// the memscope that this program is linked with]
    #[arg(value_name = "BUILD")]
    build: Option<BuildSpec>,
    /// Build the version once more for each Cargo feature that a mode needs, and measure the mode there
    #[arg(long)]
    with_features: bool,
    /// The workloads, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "WORKLOADS", default_value = usual())]
    workloads: Vec<Workload>,
    /// The modes, separated by commas [default: all modes of any version]
    #[arg(long, value_delimiter = ',', value_name = "LEVELS")]
    tracking: Vec<Level>,
    /// The number of pairs of processes for each workload and mode
    #[arg(long, default_value_t = 30, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(6..))]
    pairs: u32,
    /// The number of calls to determine the rate of a sampling mode
    #[arg(long, default_value_t = modes::CALLS, value_name = "NUMBER",
          value_parser = clap::value_parser!(u64).range(1_000..))]
    calls: u64,
    #[command(flatten)]
    size: SizeArguments,
    /// Resume an interrupted run of the same command
    #[arg(long)]
    resume: bool,
    #[command(flatten)]
    keep: KeepArguments,
    #[command(flatten)]
    cache: BuildCacheArguments,
    #[command(flatten)]
    results: ResultArguments,
}

impl Arguments {
    /// Returns the levels: the requested ones after their baselines. A named build is one program, so it lacks the
    /// modes that have another.
    ///
    /// # Errors
    /// If such a mode is requested of a named build.
    fn levels(&self) -> Result<Vec<Level>, Error> {
        let is_here = |level: &Level| self.build.is_none() || level.host() == Host::Switch;
        if self.tracking.is_empty() {
            return Ok(Modes::levels().into_iter().filter(is_here).collect());
        }
        if let Some(level) = self.tracking.iter().find(|level| !is_here(level)) {
            return Err(Error::Other(format!(
                "--tracking {level} is measured only with the memscope that this program is linked with: leave out the \
                 build or the level"
            )));
        }
        let baselines = self.tracking.iter().map(|level| level.baseline());
        Ok(each_once(std::iter::once(Level::Untracked).chain(baselines).chain(self.tracking.iter().copied())))
    }
}

/// Returns the names of the default workloads: `cycles` and `concurrent`, or all workloads of another crate.
fn usual() -> &'static str {
    static NAMES: OnceLock<String> = OnceLock::new();
    NAMES.get_or_init(|| {
        let usual = [Workload::CYCLES, Workload::CONCURRENT];
        let are_here = usual.iter().all(|workload| registered().contains(workload));
        let workloads: &[Workload] = if are_here { &usual } else { registered() };
        workloads.iter().map(|workload| workload.name()).collect::<Vec<_>>().join(",")
    })
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Error> {
    let files = arguments.results.files(Modes::KIND);
    files.prepare::<Modes>()?;
    let path = arguments.results.journal(Modes::KIND, arguments.resume)?;
    let launcher = arguments.results.launcher()?;
    let levels = arguments.levels()?;
    if levels.iter().any(|level| [Level::Linked, Level::Plain].contains(level)) {
        build_programs(&launcher, &[CONTROL, LINKED_PROGRAM], false)?;
    }
    let programs =
        Programs::prepare(arguments.build.as_ref(), arguments.with_features, &levels, &arguments.cache, launcher)?;

    let origin = Origin { memscope: programs.memscope.clone(), ..journal::origin(&path)? };
    let mut plan = Plan::new(Effort::pairs(arguments.pairs as usize));
    for workload in each_once(arguments.workloads.iter().copied()) {
        for &level in &levels {
            plan.add(programs.of(level), Series::Overhead, arguments.size.request(workload, level));
        }
    }
    let (measurements, journal) =
        journal::measure_programs(Some(&path), arguments.resume, plan, || programs.fingerprint())?;

    let moded = levels.iter().filter(|level| level.baseline() != **level);
    let bar = bar(moded.clone().count(), "known programs");
    let known = |&level: &Level| {
        bar.set_message(level.to_string());
        bar.inc(1);
        Outcome::of(programs.of(level), level, arguments.calls)
    };
    let planted = moded.filter_map(known).collect();
    bar.finish_and_clear();
    let Programs { feature_builds, .. } = programs;
    let modes = Modes { schema: modes::SCHEMA, origin, measurements, planted, feature_builds };
    journal::finish(&files, &modes, journal, arguments.results.format(), arguments.keep)
}
