//! `memscope-bench modes`: measures each mode of the linked memscope, and checks what it sees, attributes and keeps.

use crate::cli::arguments::{KeepArguments, ResultArguments, SizeArguments, bar};
use crate::cli::beside::build_programs;
use crate::cli::executables::CONTROL;
use crate::cli::{Error, journal};
use crate::platform::files::Versioned;
use crate::platform::list::each_once;
use crate::report::origin::Origin;
use crate::schedule::plan::{Effort, Plan};
use crate::study::modes::{self, Modes, Outcome};
use crate::tracking::Level;
use crate::tracking::references::LINKED_PROGRAM;
use crate::workloads::{Workload, registered};
use clap::Args;

#[derive(Debug, Args)]
#[command(mut_arg("output", |output| output.help("The folder for modes.json and modes.md")))]
pub(super) struct Arguments {
    /// The workloads
    #[arg(long, value_delimiter = ',', value_name = "WORKLOADS", default_values_t = usual())]
    workloads: Vec<Workload>,
    /// The modes [default: all modes of any version]
    #[arg(long, value_delimiter = ',', value_name = "LEVELS")]
    tracking: Vec<Level>,
    /// The number of pairs of processes for each workload and mode
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(6..))]
    pairs: u32,
    /// The number of calls to determine the rate of a sampling mode
    #[arg(long, default_value_t = modes::CALLS, value_parser = clap::value_parser!(u64).range(1_000..))]
    calls: u64,
    #[command(flatten)]
    size: SizeArguments,
    /// Resume an interrupted run of the same command
    #[arg(long)]
    resume: bool,
    #[command(flatten)]
    keep: KeepArguments,
    #[command(flatten)]
    results: ResultArguments,
}

impl Arguments {
    /// Returns the levels: the requested ones after their baselines.
    fn levels(&self) -> Vec<Level> {
        if self.tracking.is_empty() {
            return Modes::levels();
        }
        let baselines = self.tracking.iter().map(|level| level.baseline());
        each_once(std::iter::once(Level::Untracked).chain(baselines).chain(self.tracking.iter().copied()))
    }
}

/// Returns the default workloads: `cycles` and `concurrent`, or all workloads of another crate.
fn usual() -> Vec<Workload> {
    let usual = [Workload::CYCLES, Workload::CONCURRENT];
    if usual.iter().all(|workload| registered().contains(workload)) { usual.to_vec() } else { registered().to_vec() }
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Error> {
    let files = arguments.results.files(Modes::KIND);
    files.prepare::<Modes>()?;
    let path = arguments.results.journal(Modes::KIND, arguments.resume)?;
    let launcher = arguments.results.launcher()?;
    let levels = arguments.levels();
    if levels.iter().any(|level| [Level::Linked, Level::Plain].contains(level)) {
        build_programs(&launcher, &[CONTROL, LINKED_PROGRAM], false)?;
    }

    let origin = Origin::of_this_command();
    let mut plan = Plan::new(Effort::pairs(arguments.pairs as usize));
    let workloads = each_once(arguments.workloads.iter().copied());
    plan.add_overheads(&launcher, &workloads, &levels, |workload, level| arguments.size.request(workload, level));
    let (measurements, journal) = journal::measure(Some(&path), arguments.resume, plan, &launcher)?;

    let moded = levels.iter().filter(|level| level.baseline() != **level);
    let programs = bar(moded.clone().count(), "known programs");
    let known = |&level: &Level| {
        programs.set_message(level.to_string());
        programs.inc(1);
        Outcome::of(&launcher, level, arguments.calls)
    };
    let planted = moded.filter_map(known).collect();
    programs.finish_and_clear();
    let modes = Modes { schema: modes::SCHEMA, origin, measurements, planted };
    journal::finish(&files, &modes, journal, arguments.results.format(), arguments.keep)
}
