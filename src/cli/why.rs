//! `memscope-bench why`: finds the functions that cause the cost of a build, or the difference between two.

use crate::builds::BuildSpec;
use crate::cli::arguments::{ResultArguments, bar, compared};
use crate::cli::builds::{Build, BuildCacheArguments, CheckedProgram, Linking, resolve_to_compare, this_build};
use crate::cli::measure::single_threaded;
use crate::cli::{Error, executables};
use crate::platform::files::Versioned;
use crate::platform::system::page_bytes;
use crate::platform::text;
use crate::report::origin::Origin;
use crate::study::instructions::{InstructionCounter, check_tools};
use crate::study::why;
use crate::study::why::record::Why;
use crate::tracking::Level;
use crate::worker::probe::Request;
use crate::workloads::{Scale, Workload, registered};
use clap::Args;

#[derive(Debug, Args)]
#[command(mut_arg("output", |output| output.help("The folder for why.json, why.md and why.svg")))]
pub(super) struct Arguments {
    /// The build, or the base and the head of a difference: published versions (0.2.5), folders (../memscope-rs),
    /// revisions (../memscope-rs@v0.2.4) [default: the memscope that this program is linked with]
    #[arg(value_name = "BUILD", num_args = 0..=2)]
    builds: Vec<BuildSpec>,
    /// The workload, which must be single-threaded
    #[arg(long, default_value_t = usual())]
    workload: Workload,
    /// The level to compare with untracked
    #[arg(long, default_value = "full", value_name = "LEVEL", value_parser = compared)]
    tracking: Level,
    /// The scale: a factor on the outer counts of the workload [default: its short scale]
    #[arg(long)]
    scale: Option<Scale>,
    #[command(flatten)]
    cache: BuildCacheArguments,
    #[command(flatten)]
    results: ResultArguments,
}

/// Returns the default workload: the first that can be counted, which is `structures` in memscope-bench.
fn usual() -> Workload {
    let all = registered();
    all.iter().copied().find(|workload| !workload.is_parallel()).unwrap_or(all[0])
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Error> {
    let workload = arguments.workload;
    if workload.is_parallel() {
        return Err(Error::Other(format!(
            "--workload: {workload} runs on several threads, and only single-threaded workloads can be counted ({})",
            single_threaded()
        )));
    }
    check_tools()?;
    let resolved = resolve_to_compare(&arguments.builds, false)?;
    let files = arguments.results.files(Why::KIND);
    files.prepare::<Why>()?;
    let builds = match resolved.as_slice() {
        [] => vec![this_build(executables::this_program(arguments.results.limits())?)],
        resolved => arguments.cache.build(resolved, arguments.results.limits(), &Linking::single())?,
    };
    let scale = arguments.scale.unwrap_or(workload.short());
    let request = Request { workload, level: arguments.tracking, scale, threads: 1, count: false };
    let mut programs = Vec::with_capacity(builds.len());
    for Build { name, program, .. } in builds {
        let program = program.map_err(|failed| Error::Other(format!("{name}: {}", failed.why)))?;
        programs.push((name, program));
    }
    let origin = Origin::of_this_command();
    let bar = bar(programs.len() * why::STEPS, "steps");
    let mut costs = Vec::with_capacity(programs.len());
    for (name, CheckedProgram { launcher, memscope, .. }) in programs {
        bar.set_message(text::one_line(&name));
        let counter = InstructionCounter::new(&launcher)?;
        costs.push(why::measure(name, memscope, &counter, &launcher, &request, || bar.inc(1)));
    }
    bar.finish_and_clear();
    let why = Why {
        schema: why::record::SCHEMA,
        origin,
        workload,
        level: request.level,
        scale: scale.factor(),
        seed: scale.seed(),
        page_bytes: Some(page_bytes() as u64),
        builds: costs,
    };
    Ok(files.finish(&why, arguments.results.format())?)
}
