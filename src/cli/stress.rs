//! `memscope-bench stress`, and what the bare program does: the phases under full tracking, their figures on the console,
//! and the memory analysis as a picture.

use crate::cli::arguments::{ParentArguments, SizeArguments, or_all};
use crate::cli::{Error, own_report};
use crate::platform::console;
use crate::platform::files;
use crate::platform::files::FileError;
use crate::platform::system::Toolchain;
use crate::report::number;
use crate::report::origin::Origin;
use crate::study::stress;
use crate::study::stress::{chart, summary};
use crate::worker::failure::Failure;
use crate::worker::launcher::{Launcher, Limits};
use crate::workloads::{Scale, Workload, registered};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The picture's file.
pub const PICTURE: &str = "memory_analysis.svg";
/// The file of what it is drawn from.
pub const RECORD: &str = "memory_analysis.json";

/// Time limit of each phase in the full run of `cargo bench`.
const PHASE_LIMIT: Duration = Duration::from_secs(60);

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    size: SizeArguments,
    /// Which phases to run, in order [default: all]
    #[arg(long, value_delimiter = ',', value_name = "WORKLOADS")]
    workloads: Vec<Workload>,
    /// The folder for memory_analysis.svg and memory_analysis.json
    #[arg(long, default_value = ".", value_name = "DIR")]
    output: PathBuf,
    /// Keep memscope's own HTML dashboard too, where the linked version writes one: megabytes, and minutes for a full run
    #[arg(long)]
    dashboard: bool,
    #[command(flatten)]
    parent: ParentArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Error> {
    arguments.parent.tie();
    files::prepare_in::<stress::Record>(&arguments.output, RECORD, &[PICTURE])?;
    let workloads = or_all(&arguments.workloads);
    let scale = arguments.size.scale_or(Scale::FULL);
    let threads = arguments.size.threads();

    console::print(summary::opening(&workloads, scale, threads));
    if Toolchain::THIS_IS_UNOPTIMISED {
        console::print("This is a debug build: it takes minutes for what `cargo run --release` does in seconds.");
    }
    let bar = ProgressBar::new(workloads.len() as u64)
        .with_style(ProgressStyle::with_template("{bar:40} phase {pos}/{len}, {msg}").expect("a valid template"));
    let ticking = bar.clone();
    let tick = move |allocations| {
        ticking.set_message(format!("{} allocations", number::grouped(allocations)));
    };
    let mut number = 0;
    let record = stress::run(&workloads, scale, threads, Origin::of_this_command(), tick, |phase, heaps| {
        number += 1;
        bar.suspend(|| console::print(summary::phase(number, phase, heaps)));
        bar.inc(1);
    })?;
    bar.finish_and_clear();
    let saved = save(&arguments.output, &record);
    console::print(summary::closing(&record));
    saved?;
    console::print(format_args!("Written: {PICTURE} and {RECORD} in {}", arguments.output.display()));
    own_report::keep(&arguments.output, arguments.dashboard)
}

/// Writes a record, and the picture that is drawn from it.
fn save(folder: &Path, record: &stress::Record) -> Result<(), FileError> {
    files::write_json(&folder.join(RECORD), record)?;
    files::write(&folder.join(PICTURE), &chart::draw(record))
}

/// Runs the stress run of another memscope-bench program in a process of its own, with its console output as this one's.
///
/// # Errors
/// How it failed. Whatever it was to write is then as it was.
pub fn run_as_child(program: &Path, scale: Scale, output: &Path) -> Result<(), Failure> {
    let arguments = [
        "stress".to_owned(),
        format!("--scale={}", scale.factor()),
        format!("--seed={}", scale.seed()),
        format!("--output={}", output.display()),
    ];
    let limits = Limits { time: PHASE_LIMIT * registered().len() as u32, ..Limits::default() };
    Launcher::new(program.to_owned(), limits).run_beside(&arguments)
}
