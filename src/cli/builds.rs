//! Builds of memscope for the commands that measure several builds: their arguments, and compilation with progress.

mod check;
mod linking;
mod progress;

use crate::builds::outcome::NotBuilt;
use crate::builds::{BuildCache, BuildSpec, BuiltProgram, ResolveError, ResolvedBuild, published};
use crate::cli::Error;
use crate::cli::arguments::not_in_builds;
use crate::cli::executables::this_program;
use crate::platform::{console, environment};
use crate::schedule::links::Links;
use crate::tracking::Level;
use crate::tracking::memscope::MemscopeBuild;
use crate::worker::launcher::{Launcher, Limits};
use clap::Args;
use progress::BuildProgress;
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

pub(super) use linking::{LinkArguments, Linking};
pub(super) use progress::about;

/// The arguments of every command that builds memscope.
#[derive(Debug, Args)]
pub(super) struct BuildCacheArguments {
    /// The folder for builds [default: target/memscope-builds in a clone of memscope-bench,
    /// ~/.cache/memscope-bench/builds if it is installed]
    #[arg(long, env = environment::BUILD_CACHE, value_name = "DIR")]
    build_cache: Option<PathBuf>,
}

/// The arguments of the commands that examine builds one by one.
#[derive(Debug, Args)]
pub(super) struct BuildArguments {
    /// The builds: published versions (0.2.5), folders (../memscope-rs), revisions (../memscope-rs@v0.2.4) [default:
    /// the memscope that this program is linked with]
    #[arg(value_name = "BUILD")]
    builds: Vec<BuildSpec>,
    /// Add all published versions, after the named builds
    #[arg(long)]
    published: bool,
    #[command(flatten)]
    cache: BuildCacheArguments,
}

/// A build with the outcome of its compilation.
pub(super) struct Build {
    /// Its name in reports.
    pub name: String,
    /// A description, such as a commit's subject line.
    pub about: Option<String>,
    /// The commit of its sources.
    pub commit: Option<String>,
    /// The program, or the reason why it was not built.
    pub program: Result<CheckedProgram, NotBuilt>,
}

/// A program that was verified to be the requested build.
pub(super) struct CheckedProgram {
    /// The launcher of its probes.
    pub launcher: Launcher,
    /// The launchers of its links; only this program if there are no others.
    pub links: Links,
    /// The seeds of the links; empty if there are no others.
    pub seeds: Vec<u32>,
    /// The build as the program reports it.
    pub memscope: MemscopeBuild,
    /// A hash that distinguishes it from another build of the same name; empty for this program.
    pub fingerprint: String,
}

impl Build {
    /// Returns a hash and the seeds of the links, which distinguish the build from another one of the same name. Empty
    /// without a program.
    pub(super) fn fingerprint(&self) -> String {
        let Ok(CheckedProgram { fingerprint, seeds, .. }) = &self.program else { return String::new() };
        match seeds.as_slice() {
            [] => fingerprint.clone(),
            [first, .., last] => format!("{fingerprint} {first}–{last}"),
            [only] => format!("{fingerprint} {only}"),
        }
    }
}

impl CheckedProgram {
    /// Returns a program without further links.
    fn unlinked(launcher: Launcher, memscope: MemscopeBuild, fingerprint: String) -> Self {
        Self { links: launcher.clone().into(), launcher, seeds: Vec::new(), memscope, fingerprint }
    }

    /// Returns the program with its links in the orders of these seeds, if there are any.
    fn linked(self, links: Vec<Launcher>, seeds: Range<u32>) -> Self {
        match Links::of(links) {
            Some(links) => Self { links, seeds: seeds.collect(), ..self },
            None => self,
        }
    }

    /// Removes the links: if one build has none, the others are measured without links too.
    fn leave_links(&mut self) {
        self.links = self.launcher.clone().into();
        self.seeds.clear();
    }
}

impl BuildCacheArguments {
    /// Returns the folder.
    pub(super) fn folder(&self) -> PathBuf {
        self.build_cache.clone().unwrap_or_else(BuildCache::default_folder)
    }

    /// Returns the usual duration of a build; `None` before the first build.
    pub(super) fn usual_build(&self) -> Option<Duration> {
        BuildCache::usual_build(&self.folder())
    }

    /// Compiles builds, one after the other, each with its links. A failed build is reported on stderr, and the others
    /// continue. If one cannot be linked in several orders, all have one link.
    ///
    /// # Errors
    /// If nothing can be compiled.
    pub(super) fn build(
        &self,
        resolved: &[ResolvedBuild],
        limits: Limits,
        linking: &Linking,
    ) -> Result<Vec<Build>, Error> {
        let cache = BuildCache::open(&self.folder())?;
        let usual = self.usual_build();
        let progress = BuildProgress::new(&cache, usual, resolved);
        let mut builds = Vec::with_capacity(resolved.len());
        for (place, build) in resolved.iter().enumerate() {
            progress.begin(place);
            let seeds = linking.seeds(resolved, place);
            let built = cache.build(build, seeds.clone(), |line| progress.show(place, line));
            let took = built.as_ref().map_or(Duration::ZERO, |built| built.took);
            if let Ok(BuiltProgram { links: Err(why), .. }) = &built {
                progress.suspend(|| linking.give_up(&build.name, why));
            }
            let program = match built.and_then(|built| check::check(built, seeds, build, limits)) {
                Err(error) if !error.is_of_one_build() => return Err(error.into()),
                program => program,
            };
            progress.end(place, program.as_ref().err(), took);
            let program = program.map_err(|error| error.outcome());
            let (name, about, commit) = (build.name.clone(), build.about.clone(), build.commit.clone());
            builds.push(Build { name, about, commit, program });
        }
        progress.clear();
        if linking.is_single() {
            builds.iter_mut().flat_map(|build| &mut build.program).for_each(CheckedProgram::leave_links);
        }
        Ok(builds)
    }
}

impl BuildArguments {
    /// Finds the sources of the named builds.
    ///
    /// # Errors
    /// If one has no sources, or is named twice.
    pub(super) fn resolve(&self) -> Result<Vec<ResolvedBuild>, ResolveError> {
        let resolved = resolve(&self.builds, self.published)?;
        match resolved.iter().enumerate().find(|(place, build)| resolved[..*place].contains(build)) {
            Some((_, twice)) => Err(ResolveError::Twice(twice.name.clone())),
            None => Ok(resolved),
        }
    }

    /// Finds the sources of the named builds, which are measured at these levels.
    ///
    /// # Errors
    /// If no build of memscope has one of the levels, one build has no sources, or is named twice.
    pub(super) fn resolve_for(&self, levels: &[Level]) -> Result<Vec<ResolvedBuild>, Error> {
        let names_builds = self.published || !self.builds.is_empty();
        let mut missing = levels.iter().filter_map(|&level| Some((level, not_in_builds(level)?)));
        match missing.next().filter(|_| names_builds) {
            Some((level, why)) => Err(Error::Other(format!("--tracking {level}: {why}"))),
            None => Ok(self.resolve()?),
        }
    }

    /// Compiles the builds; returns this program if there are none.
    ///
    /// # Errors
    /// If none can be compiled.
    pub(super) fn build(&self, resolved: &[ResolvedBuild], limits: Limits) -> Result<Vec<Build>, Error> {
        if resolved.is_empty() {
            return Ok(vec![this_build(this_program(limits)?)]);
        }
        let builds = self.cache.build(resolved, limits, &Linking::single())?;
        if builds.iter().all(|build| build.program.is_err()) { Err(Error::none_built(resolved)) } else { Ok(builds) }
    }
}

/// Returns the build that this program is linked with.
pub(super) fn this_build(launcher: Launcher) -> Build {
    let memscope = MemscopeBuild::of_this_build();
    let name = memscope.version.clone();
    Build { name, about: None, commit: None, program: Ok(CheckedProgram::unlinked(launcher, memscope, String::new())) }
}

/// Finds the sources of the named builds, to compare them. A repeated build gets a numbered name, because it is
/// compared with itself.
///
/// # Errors
/// If a build has no sources.
pub(super) fn resolve_to_compare(
    named: &[BuildSpec],
    with_published: bool,
) -> Result<Vec<ResolvedBuild>, ResolveError> {
    let mut resolved = resolve(named, with_published)?;
    for place in (1..resolved.len()).rev() {
        let name = &resolved[place].name;
        match resolved[..place].iter().filter(|other| other.name == *name).count() {
            0 => {}
            before => resolved[place].name = format!("{name} ({})", before + 1),
        }
    }
    Ok(resolved)
}

/// Finds the sources of the named builds and, if requested, of all other published ones.
///
/// # Errors
/// If a build has no sources.
fn resolve(named: &[BuildSpec], with_published: bool) -> Result<Vec<ResolvedBuild>, ResolveError> {
    let mut named = named.to_vec();
    if with_published {
        let published = published()?;
        console::complain(format_args!("--published means all versions in {published}"));
        let others = published.versions.into_iter().map(BuildSpec::Published);
        let others: Vec<BuildSpec> = others.filter(|version| !named.contains(version)).collect();
        named.extend(others);
    }
    named.iter().map(BuildSpec::resolve).collect()
}
