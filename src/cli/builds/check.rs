//! The first probe of a built program, which shows whether it is the requested build.

use crate::builds::{BuildError, BuiltProgram, ResolvedBuild, Source};
use crate::cli::builds::CheckedProgram;
use crate::tracking::Level;
use crate::tracking::memscope::MemscopeBuild;
use crate::worker::launcher::{Launcher, Limits};
use crate::worker::probe::{Observation, Request};
use crate::workloads::{Scale, Workload};
use std::ops::Range;
use std::path::PathBuf;

/// Runs one probe of a program and one of each of its links, so that only the requested build is measured.
///
/// # Errors
/// If a probe fails or reports another build.
pub(super) fn check(
    built: BuiltProgram,
    seeds: Range<u32>,
    build: &ResolvedBuild,
    limits: Limits,
) -> Result<CheckedProgram, BuildError> {
    let checked = |path: PathBuf| -> Result<_, BuildError> {
        let launcher = Launcher::new(path, limits);
        let does_not_run = |failure| BuildError::DoesNotRun { name: build.name.clone(), failure };
        let observation = launcher.run(&smallest()).map_err(does_not_run)?;
        check_identity(build, built.version.as_deref(), &observation)?;
        Ok((launcher, observation.memscope))
    };
    let (launcher, memscope) = checked(built.path)?;
    let memscope = MemscopeBuild { commit: build.commit.clone(), ..memscope };
    let links = built.links.unwrap_or_default().into_iter().map(|link| Ok(checked(link)?.0));
    let program = CheckedProgram::unlinked(launcher, memscope, built.fingerprint);
    Ok(program.linked(links.collect::<Result<Vec<Launcher>, BuildError>>()?, seeds))
}

/// Returns the work of the first probe.
fn smallest() -> Request {
    let scale = Scale::new(0.001).expect("it is positive");
    Request { workload: Workload::CYCLES, level: Level::Untracked, scale, threads: 1, count: false }
}

/// Checks that a program reports the requested version, source and build.
fn check_identity(build: &ResolvedBuild, version: Option<&str>, observation: &Observation) -> Result<(), BuildError> {
    let Observation { memscope, build: stamp, .. } = observation;
    let is_published = matches!(build.source, Source::Published(_));
    let source = if is_published { "crates.io" } else { "path" };
    let expected = build.stamp();
    let is_it = version.is_none_or(|version| version == memscope.version)
        && memscope.source == source
        // A program of another folder or commit may have the same version.
        && stamp.as_ref().map_or(is_published, |stamp| *stamp == expected);
    if is_it {
        return Ok(());
    }
    let stamp = stamp.as_ref().map_or(String::new(), |stamp| format!(", built for {stamp}"));
    Err(BuildError::AnotherProgram {
        name: build.name.clone(),
        found: format!("{memscope}{stamp}"),
        wanted: format!("memscope-rs {} ({source}), built for {expected}", version.unwrap_or("of any version")),
    })
}
