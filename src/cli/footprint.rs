//! `memscope-bench footprint`: measures the memory of trackers, and the events that they miss, as workloads grow.

use crate::cli::Error;
use crate::cli::arguments::{ResultArguments, bar, or_all};
use crate::cli::builds::{Build, BuildArguments, CheckedProgram};
use crate::platform::files::Versioned;
use crate::platform::list::each_once;
use crate::report::origin::Origin;
use crate::study::footprint;
use crate::study::footprint::{BuildFootprints, Footprints, Meter, Plan};
use crate::tracking::Level;
use crate::worker::probe::Request;
use crate::workloads::{Scale, Workload};
use clap::Args;

#[derive(Debug, Args)]
#[command(mut_arg("output", |output| output.help("The folder for footprint.json and footprint.md")))]
pub(super) struct Arguments {
    #[command(flatten)]
    builds: BuildArguments,
    /// The workloads, separated by commas [default: all]
    #[arg(long, value_delimiter = ',', value_name = "WORKLOADS")]
    workloads: Vec<Workload>,
    /// The levels, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "LEVELS", default_value = "variables,allocator,full")]
    tracking: Vec<Level>,
    /// The numbers of threads for parallel workloads, separated by commas and measured in turn
    #[arg(long, value_delimiter = ',', value_name = "NUMBERS", default_value = "1,2,4,8",
          value_parser = clap::value_parser!(u64).range(1..=1_024))]
    threads: Vec<u64>,
    /// The scale to multiply: each workload runs at 0.41 to 4 times this scale [default: each workload's short scale]
    #[arg(long)]
    scale: Option<Scale>,
    #[command(flatten)]
    results: ResultArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Error> {
    let files = arguments.results.files(Footprints::KIND);
    let plan = Plan {
        workloads: or_all(&arguments.workloads),
        levels: each_once(arguments.tracking.iter().copied()),
        threads: each_once(arguments.threads.iter().map(|&threads| threads as usize)),
        scale: arguments.scale,
    };
    let measurements = plan.measurements().map_err(|error| Error::Other(format!("--scale: {error}")))?;
    if measurements.is_empty() {
        return Err(Error::Other("--tracking: every level is compared with untracked; name another one".to_owned()));
    }
    let resolved = arguments.builds.resolve_for(&plan.levels)?;
    files.prepare::<Footprints>()?;
    let builds = arguments.builds.build(&resolved, arguments.results.limits())?;
    let origin = Origin::of_this_command();
    let bar = bar(builds.iter().filter(|build| build.program.is_ok()).count() * measurements.len(), "measurements");
    let measure = |meter: &mut Meter, largest: Request| {
        bar.set_message(format!("{}/{}", largest.workload, largest.level));
        let measurement = meter.measure(largest);
        bar.inc(1);
        measurement
    };
    let measured = builds.into_iter().map(|Build { name, program, .. }| match program {
        Ok(CheckedProgram { launcher, memscope, .. }) => {
            let mut meter = Meter::new(&launcher);
            let measurements = measurements.iter().map(|&largest| measure(&mut meter, largest)).collect();
            BuildFootprints { name, memscope: Some(memscope), not_built: None, measurements }
        }
        Err(failed) => BuildFootprints { name, memscope: None, not_built: Some(failed.why), measurements: Vec::new() },
    });
    let builds = measured.collect();
    bar.finish_and_clear();
    let footprints = Footprints { schema: footprint::SCHEMA, origin, builds };
    Ok(files.finish(&footprints, arguments.results.format())?)
}
