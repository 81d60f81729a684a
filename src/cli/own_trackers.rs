//! Trackers of other crates on the command line: the folder of a crate, which is built, or a program.

use crate::builds::{BuildCache, BuiltTracker};
use crate::cli::Error;
use crate::cli::arguments::tick;
use crate::cli::builds::BuildCacheArguments;
use crate::platform::text;
use crate::study::trackers;
use crate::tracking::{Level, OwnTracker};
use crate::worker::installed::About;
use crate::worker::launcher::{Launcher, Limits};
use crate::worker::task::Task;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A tracker whose program is ready.
pub(super) struct ReadyTracker {
    /// The path as the user named it.
    pub named: PathBuf,
    /// The description of the tracker by the program.
    pub about: About,
    /// The program.
    pub program: PathBuf,
    /// The build, with its figures; `None` for a prebuilt program.
    pub built: Option<BuiltTracker>,
}

impl ReadyTracker {
    /// Returns its level, on or off.
    pub(super) fn level(&self, is_on: bool) -> Level {
        Level::Own(OwnTracker::new(&self.about.name, is_on).expect("its name was checked"))
    }

    /// Returns the tracker's facts for a report.
    pub(super) fn facts(&self) -> trackers::OwnTracker {
        let About { name, about, records } = self.about.clone();
        let built = self.built.as_ref();
        let size = || self.program.metadata().map_or(0, |about| about.len());
        trackers::OwnTracker {
            name,
            about,
            records,
            crates: built.and_then(|built| built.crates),
            compile_seconds: built.and_then(|built| built.compiling).map(|time| time.as_secs_f64()),
            program_bytes: built.map_or_else(size, |built| built.bytes),
            plain_bytes: built.map(|built| built.plain_bytes),
        }
    }
}

/// Builds the trackers, and queries each program's description. Returns them with a launcher that starts them too.
///
/// # Errors
/// If one cannot be built or is not a tracker, or two have the same name.
pub(super) fn prepare(
    paths: &[PathBuf],
    cache: &BuildCacheArguments,
    mut launcher: Launcher,
    limits: Limits,
) -> Result<(Vec<ReadyTracker>, Launcher), Error> {
    let mut ready: Vec<ReadyTracker> = Vec::with_capacity(paths.len());
    for path in paths {
        let built = if path.is_file() { None } else { Some(build(path, cache)?) };
        let program = match &built {
            Some(built) => built.program.clone(),
            None => std::path::absolute(path).unwrap_or_else(|_| path.clone()),
        };
        let about = about(path, &program, limits)?;
        if let Some(same) = ready.iter().find(|other| other.about.name == about.name) {
            return Err(Error::Other(format!(
                "the trackers in {} and {} are both called '{}': rename one",
                same.named.display(),
                path.display(),
                about.name
            )));
        }
        launcher = launcher.with_tracker(&about.name, program.clone());
        ready.push(ReadyTracker { named: path.clone(), about, program, built });
    }
    Ok((ready, launcher))
}

/// Builds a tracker's program, with a line that shows cargo's progress.
fn build(folder: &Path, cache: &BuildCacheArguments) -> Result<BuiltTracker, Error> {
    let bar = ProgressBar::new_spinner().with_style(
        ProgressStyle::with_template("{spinner} building ({elapsed}): {wide_msg}").expect("a valid template"),
    );
    tick(&bar, Duration::from_millis(200));
    let cache = BuildCache::open(&cache.folder())?;
    let built = cache.tracker(folder, |line| bar.set_message(text::one_line(&format!("{}: {line}", folder.display()))));
    bar.finish_and_clear();
    Ok(built?)
}

/// Queries a program's description of its tracker.
fn about(path: &Path, program: &Path, limits: Limits) -> Result<About, Error> {
    let no_tracker = |why: String| {
        Error::Other(format!("{} is not a tracker's program, which ends with `tracker!(…)`: {why}", path.display()))
    };
    let about = Launcher::new(program.to_owned(), limits).run_task::<About>(&Task::About);
    let about = about.map_err(|failure| no_tracker(failure.to_string()))?;
    match OwnTracker::new(&about.name, true) {
        Some(_) => Ok(about),
        None => Err(no_tracker(format!("it is called '{}'", about.name))),
    }
}
