//! Building what several commands measure, with its progress shown.

use crate::builds;
use crate::builds::outcome::NotBuilt;
use crate::builds::{BuildFailure, Found, Named, NoSubject, Program, Source, Workshop};
use crate::cli::Error;
use crate::cli::programs::this_program;
use crate::platform::{console, environment, text};
use crate::tracking::Level;
use crate::tracking::memscope::Subject;
use crate::worker::launcher::{Launcher, Limits};
use crate::worker::probe::{Observation, Request};
use crate::workloads::{Scale, Workload};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::time::Duration;

/// Where subjects are built.
#[derive(Debug, Args)]
pub struct SubjectArguments {
    /// The folder in which subjects are built, and kept for the next time [default: target/subjects of memscope-bench]
    #[arg(long, env = environment::WORKSHOP, value_name = "DIR")]
    workshop: Option<PathBuf>,
}

/// The builds that are each looked at by themselves.
#[derive(Debug, Args)]
pub struct CandidateArguments {
    /// Whose builds to look at: published versions (0.2.5), folders (../memscope-rs), revisions (../memscope-rs@v0.2.4)
    /// [default: the memscope that this program was built with]
    #[arg(value_name = "SUBJECT")]
    subjects: Vec<Named>,
    /// All published versions, after those that are named
    #[arg(long)]
    published: bool,
    #[command(flatten)]
    building: SubjectArguments,
}

/// A subject that was named, and what became of its build.
pub struct Contender {
    /// What it is.
    pub found: Found,
    /// The build, or why there is none.
    pub built: Result<Built, NotBuilt>,
}

/// A subject that was built.
pub struct Built {
    /// What starts its probes.
    pub launcher: Launcher,
    /// The build, as it says itself.
    pub subject: Subject,
    /// What tells this build from another one of the same name.
    pub fingerprint: String,
}

/// A build that is looked at by itself: one that was named, or this program's own.
pub struct Candidate {
    /// What reports call it.
    pub name: String,
    /// The build, or why there is none.
    pub built: Result<Built, String>,
}

impl Contender {
    /// What tells this build from another one of the same name; empty if there is none.
    pub fn fingerprint(&self) -> String {
        self.built.as_ref().map_or(String::new(), |built| built.fingerprint.clone())
    }
}

impl SubjectArguments {
    fn folder(&self) -> PathBuf {
        self.workshop.clone().unwrap_or_else(Workshop::usual_folder)
    }

    /// Returns the usual time of a build here; `None` if there was none yet.
    pub fn usual_build(&self) -> Option<Duration> {
        Workshop::usual_build_in(&self.folder())
    }

    /// Builds subjects, one after the other. One that does not build is reported on stderr, and the rest goes on.
    ///
    /// # Errors
    /// If one cannot be built, and not because of itself.
    pub fn build(&self, found: &[Found], limits: Limits) -> Result<Vec<Contender>, Error> {
        let workshop = Workshop::open(&self.folder())?;
        let progress = BuildProgress::of(&workshop, found);
        let mut contenders = Vec::with_capacity(found.len());
        for (place, subject) in found.iter().enumerate() {
            progress.begin(place, subject);
            let program = workshop.build(subject, |line| progress.says(subject, line));
            let took = program.as_ref().map_or(Duration::ZERO, |program| program.took);
            let built = match program.and_then(|program| look_at(program, subject, limits)) {
                Ok(built) => Ok(built),
                Err(failure) if failure.is_of_the_subject() => Err(failure),
                Err(failure) => return Err(failure.into()),
            };
            progress.end(place, subject, built.as_ref().err(), took);
            let built = built.map_err(|failure| failure.outcome());
            contenders.push(Contender { found: subject.clone(), built });
        }
        progress.bar.finish_and_clear();
        Ok(contenders)
    }
}

/// Progress over several builds: a bar on a terminal, and a line for each build that took a while.
struct BuildProgress<'a> {
    bar: ProgressBar,
    workshop: &'a Workshop,
    found: &'a [Found],
}

impl<'a> BuildProgress<'a> {
    fn of(workshop: &'a Workshop, found: &'a [Found]) -> Self {
        let bar = ProgressBar::new(found.len() as u64).with_style(
            ProgressStyle::with_template("{spinner} building {pos}/{len} ({elapsed}{prefix}): {wide_msg}")
                .expect("a valid template"),
        );
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar, workshop, found }
    }

    /// Returns the time that these builds will take, from what builds took here before.
    fn expected(&self, found: &[Found]) -> Duration {
        /// A build that has most of its dependencies, on a machine of two cores.
        const USUAL: Duration = Duration::from_secs(90);
        let usual = self.workshop.usual_build().unwrap_or(USUAL);
        found.iter().map(|subject| if self.workshop.knows(subject) { Duration::from_secs(1) } else { usual }).sum()
    }

    fn begin(&self, place: usize, subject: &Found) {
        let left = self.expected(&self.found[place..]);
        self.bar.set_position(place as u64);
        self.bar.set_prefix(if left > Duration::from_secs(5) {
            format!(", {} left", about(left))
        } else {
            String::new()
        });
        self.bar.set_message(text::one_line(&subject.name));
    }

    fn says(&self, subject: &Found, line: &str) {
        self.bar.set_message(text::one_line(&format!("{}: {line}", subject.name)));
    }

    fn end(&self, place: usize, subject: &Found, failure: Option<&BuildFailure>, took: Duration) {
        let rest = &self.found[place + 1..];
        self.bar.suspend(|| {
            if let Some(why) = failure {
                console::complain(text::one_line(&why.to_string()));
            } else if took > Duration::from_secs(5) {
                let left = match rest.len() {
                    0 => String::new(),
                    builds => format!("; {builds} to build, {}", about(self.expected(rest))),
                };
                console::complain(format_args!(
                    "built {} in {} s{left}",
                    text::one_line(&subject.name),
                    took.as_secs()
                ));
            }
        });
    }
}

/// A time to wait, as exactly as anyone can know it.
pub(super) fn about(time: Duration) -> String {
    match time.as_secs() {
        seconds if seconds < 60 => "about a minute".to_owned(),
        seconds => format!("about {} min", seconds.div_ceil(60)),
    }
}

impl CandidateArguments {
    /// Finds what is named.
    ///
    /// # Errors
    /// If something is not there, or is named twice.
    pub fn find(&self) -> Result<Vec<Found>, NoSubject> {
        find(&self.subjects, self.published)
    }

    /// Builds what was found; if nothing was to be looked at, it is this program.
    ///
    /// # Errors
    /// If none can be built, or one cannot, and not because of itself.
    pub fn build(&self, found: &[Found], limits: Limits) -> Result<Vec<Candidate>, Error> {
        if found.is_empty() {
            let launcher = this_program(limits)?;
            let subject = Subject::of_this_build();
            let built = Ok(Built { launcher, subject: subject.clone(), fingerprint: String::new() });
            return Ok(vec![Candidate { name: subject.version, built }]);
        }
        let contenders = self.building.build(found, limits)?;
        if contenders.iter().all(|contender| contender.built.is_err()) {
            return Err(Error::none_built(found));
        }
        let candidates = contenders.into_iter().map(|Contender { found, built }| Candidate {
            name: found.name,
            built: built.map_err(|failed| failed.why),
        });
        Ok(candidates.collect())
    }
}

/// Finds the subjects that are named and, if asked for, all published ones that are not among them.
pub fn find(named: &[Named], published: bool) -> Result<Vec<Found>, NoSubject> {
    let mut named = named.to_vec();
    if published {
        let published = builds::published()?;
        console::complain(format_args!("--published means all versions in {published}"));
        let missing = published.versions.into_iter().map(Named::Published);
        let missing: Vec<Named> = missing.filter(|version| !named.contains(version)).collect();
        named.extend(missing);
    }
    let found = named.iter().map(Named::find).collect::<Result<Vec<_>, _>>()?;
    if let Some(twice) = found.iter().enumerate().find(|(place, subject)| found[..*place].contains(subject)) {
        return Err(NoSubject::Twice(twice.1.name.clone()));
    }
    Ok(found)
}

/// Asks a program that was built what it is: one that is not what was asked for is not measured.
fn look_at(program: Program, subject: &Found, limits: Limits) -> Result<Built, BuildFailure> {
    let unreadable = |source| BuildFailure::Unwritable { path: program.path.clone(), source };
    let content = fs::read(&program.path).map_err(unreadable)?;
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    let launcher = Launcher::new(program.path.clone(), limits);
    let request = Request {
        workload: Workload::CYCLES,
        level: Level::Untracked,
        scale: Scale::new(0.001).expect("it is positive"),
        threads: 1,
        count: false,
    };
    let does_not_run = |failure| BuildFailure::DoesNotRun { name: subject.name.clone(), failure };
    let seen = launcher.run(&request).map_err(does_not_run)?;
    check_identity(subject, program.version.as_deref(), &seen)?;
    Ok(Built { launcher, subject: seen.subject, fingerprint: format!("{:016x}", hasher.finish()) })
}

/// Checks that a program reports the version, the source and the build that were asked for.
fn check_identity(subject: &Found, version: Option<&str>, seen: &Observation) -> Result<(), BuildFailure> {
    let is_published = matches!(subject.source, Source::Published(_));
    let source = if is_published { "crates.io" } else { "path" };
    let stamp = builds::stamp(&subject.key);
    let is_it = version.is_none_or(|version| version == seen.subject.version)
        && seen.subject.source == source
        // A program of another folder or commit may have the same version.
        && seen.build.as_ref().map_or(is_published, |build| *build == stamp);
    if is_it {
        return Ok(());
    }
    let build = seen.build.as_ref().map_or(String::new(), |build| format!(", built for {build}"));
    Err(BuildFailure::AnotherProgram {
        name: subject.name.clone(),
        found: format!("{}{build}", seen.subject),
        wanted: format!("memscope-rs {} ({source}), built for {stamp}", version.unwrap_or("of any version")),
    })
}
