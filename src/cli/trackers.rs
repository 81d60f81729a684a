//! `memscope-bench trackers`: measures memscope's levels among other trackers.
//!
//! A tracker with a separate program is measured in that program. If Cargo, asked to run this program, has not built
//! those, or not since, they are built first.

use crate::builds::cargo;
use crate::cli::arguments::{FormatArguments, KeepArguments, LimitArguments, SizeArguments, bar, or_all, show};
use crate::cli::programs::PROGRAM;
use crate::cli::{Error, journal};
use crate::platform::console;
use crate::platform::files::{self, Versioned};
use crate::platform::system;
use crate::report::origin::Origin;
use crate::schedule::plan::{Effort, Plan};
use crate::study::Files;
use crate::study::overhead::record::Results;
use crate::study::trackers::Trackers;
use crate::tracking::references::{JEMALLOC_PROGRAM, TRACKING_ALLOCATOR_PROGRAM};
use crate::worker::launcher::Launcher;
use crate::workloads::Workload;
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::Stdio;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The workloads [default: all]
    #[arg(long, value_delimiter = ',', value_name = "WORKLOADS")]
    workloads: Vec<Workload>,
    /// The pairs of processes for each workload and tracker
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pairs: u32,
    #[command(flatten)]
    size: SizeArguments,
    /// The folder for trackers.json, trackers.md and trackers.svg
    #[arg(long, default_value = "results", value_name = "DIR")]
    output: PathBuf,
    /// Go on with the run of the same command that did not end
    #[arg(long)]
    resume: bool,
    #[command(flatten)]
    keep: KeepArguments,
    #[command(flatten)]
    format: FormatArguments,
    #[command(flatten)]
    limits: LimitArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Error> {
    let files = Files { folder: &arguments.output, name: Trackers::KIND };
    files.prepare::<Trackers>()?;
    let path = arguments.output.join(format!("{}.journal", Trackers::KIND));
    journal::check(&path, arguments.resume)?;
    let launcher = arguments.limits.launcher()?;
    if cfg!(feature = "references") {
        build_programs(&launcher)?;
    } else {
        console::complain(
            "Measuring memscope's levels and heaptrack: `cargo run --release --features references -- trackers` adds \
             dhat, tracking-allocator, stats_alloc and jemalloc.",
        );
    }

    let workloads = or_all(&arguments.workloads);
    let request = |workload, level| arguments.size.request(workload, level);
    let mut results = Results::begin(Origin::of_this_command());
    let mut plan = Plan::new(Effort::pairs(arguments.pairs as usize));
    plan.add_overheads(&launcher, &workloads, &Trackers::levels(), request);
    let journal = journal::of_plan(&path, arguments.resume, &plan, &launcher)?;
    let bar = bar(plan.pairs(), "pairs");
    let (measurements, journal) = plan.measure(Some(journal), |progress| show(&bar, progress))?;
    bar.finish_and_clear();
    results.measurements = measurements;
    journal::finish(&files, &Trackers(results), journal, arguments.format.format, arguments.keep)
}

/// Builds the programs beside this one that are missing or older than it, in a folder of release builds; elsewhere
/// they must exist.
///
/// # Errors
/// If one is missing and cannot be built.
fn build_programs(launcher: &Launcher) -> Result<(), Error> {
    let programs = [JEMALLOC_PROGRAM, TRACKING_ALLOCATOR_PROGRAM];
    let folder = launcher.folder();
    let written = |name: &str| folder.join(name).metadata().and_then(|data| data.modified()).ok();
    let this = written(PROGRAM);
    let is_current = |name: &str| written(name).is_some_and(|written| Some(written) >= this);
    if folder.ends_with("release") && !programs.into_iter().all(is_current) {
        console::complain(format_args!("Building {} ...", programs.join(" and ")));
        let mut cargo = system::cargo();
        cargo.args(["build", "--release", "--quiet", "--message-format=json-render-diagnostics"]);
        cargo.args(["--features", "references", "--manifest-path"]);
        cargo.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"));
        cargo.args(programs.iter().flat_map(|name| ["--bin", name]));
        cargo.arg("--target-dir").arg(folder.parent().unwrap_or(folder));
        let failed = |why: String| Error::System(format!("cargo could not build {}{why}", programs.join(" and ")));
        let ended = cargo.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
        let ended = ended.map_err(|error| failed(format!(": {error}")))?;
        if !ended.status.success() {
            return Err(failed(String::new()));
        }
        let messages = cargo::messages(&ended.stdout);
        for name in programs {
            let built = cargo::executable(&messages, name)
                .ok_or_else(|| failed(format!(": it does not say where it put {name}")))?;
            // Cargo's configuration may name a target, which has another folder.
            if !files_are_same(&built, &folder.join(name)) {
                files::copy_program(&built, &folder.join(name)).map_err(|error| failed(format!(": {error}")))?;
            }
        }
    }
    programs.into_iter().try_for_each(|name| launcher.beside(name).map(drop)).map_err(Error::from)
}

/// Returns whether two paths lead to the same file.
fn files_are_same(one: &Path, other: &Path) -> bool {
    one.canonicalize().is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
}
