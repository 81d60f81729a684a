//! Building what several commands measure, with its progress shown.

use super::Error;
use super::programs::this_program;
use crate::measure::{Launcher, Limits};
use crate::probe::Request;
use crate::subjects::{self, BuildFailure, Found, Named, NoSubject, Workshop};
use crate::tracking::Tracking;
use crate::tracking::memscope::Subject;
use crate::workloads::{Scale, Workload};
use crate::{console, environment, text};
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
    pub built: Result<Built, String>,
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
    /// Builds subjects, one after the other. One that does not build is told on stderr, and the rest goes on.
    ///
    /// # Errors
    /// If one cannot be built, and not because of itself.
    pub fn build(&self, found: &[Found], limits: Limits) -> Result<Vec<Contender>, Error> {
        let workshop = Workshop::open(&self.workshop.clone().unwrap_or_else(Workshop::usual_folder))?;
        let bar = ProgressBar::new(found.len() as u64).with_style(
            ProgressStyle::with_template("{spinner} building {pos}/{len} ({elapsed}): {wide_msg}")
                .expect("a valid template"),
        );
        bar.enable_steady_tick(Duration::from_millis(200));
        let mut contenders = Vec::with_capacity(found.len());
        for subject in found {
            bar.set_message(text::one_line(&subject.name));
            let told = |line: &str| bar.set_message(text::one_line(&format!("{}: {line}", subject.name)));
            let built = match workshop.build(subject, told) {
                Ok(program) => look_at(program, limits),
                Err(failure @ BuildFailure::DoesNotBuild { .. }) => Err(failure.to_string()),
                Err(failure) => return Err(failure.into()),
            };
            if let Err(why) = &built {
                bar.suspend(|| console::complain(text::one_line(why)));
            }
            contenders.push(Contender { found: subject.clone(), built });
            bar.inc(1);
        }
        bar.finish_and_clear();
        Ok(contenders)
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
        Ok(contenders.into_iter().map(|Contender { found, built }| Candidate { name: found.name, built }).collect())
    }
}

/// Finds the subjects that are named and, if asked for, all published ones that are not among them.
pub fn find(named: &[Named], published: bool) -> Result<Vec<Found>, NoSubject> {
    let mut named = named.to_vec();
    if published {
        let missing = subjects::published()?.into_iter().map(Named::Published);
        let missing: Vec<Named> = missing.filter(|version| !named.contains(version)).collect();
        named.extend(missing);
    }
    let found = named.iter().map(Named::find).collect::<Result<Vec<_>, _>>()?;
    if let Some(twice) = found.iter().enumerate().find(|(place, subject)| found[..*place].contains(subject)) {
        return Err(NoSubject::Twice(twice.1.name.clone()));
    }
    Ok(found)
}

/// Asks a program that was built what it is.
fn look_at(program: PathBuf, limits: Limits) -> Result<Built, String> {
    let content = fs::read(&program).map_err(|error| format!("cannot read {}: {error}", program.display()))?;
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    let launcher = Launcher::new(program, limits);
    let smallest = Scale::new(0.001).map_err(|error| error.to_string())?;
    let request = Request {
        workload: Workload::Cycles,
        tracking: Tracking::Untracked,
        scale: smallest,
        threads: 1,
        count: false,
    };
    let seen = launcher.run(&request).map_err(|failure| format!("its first probe {failure}"))?;
    Ok(Built { launcher, subject: seen.subject, fingerprint: format!("{:016x}", hasher.finish()) })
}
