//! `memscope-bench conform`: tests whether trackers behave as programs may expect of their allocator.

use crate::cli::arguments::{FormatArguments, MAX_TIME_LIMIT};
use crate::cli::beside::build_references;
use crate::cli::builds::BuildCacheArguments;
use crate::cli::own_trackers::{self, ReadyTracker};
use crate::cli::{Error, executables};
use crate::platform::files::Versioned;
use crate::platform::list::each_once;
use crate::report::origin::Origin;
use crate::study::Files;
use crate::study::conformance::{Conformance, SCHEMA, Test, TestOutcome, TrackerConformance, Verdict};
use crate::tracking::references::Host;
use crate::tracking::{Level, Timing};
use crate::worker::launcher::{Launcher, Limits};
use crate::worker::tasks::conformance::Request;
use clap::Args;
use clap::builder::PossibleValuesParser;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The trackers: levels, folders of crates with a tracker, or their programs [default: all levels of this build]
    #[arg(value_name = "LEVEL|PATH")]
    subjects: Vec<Subject>,
    /// The tests, separated by commas [default: all]
    #[arg(long, value_delimiter = ',', value_name = "NAMES", value_parser = names())]
    tests: Vec<String>,
    /// The time limit of a test, in seconds
    #[arg(long, default_value_t = 10, value_name = "SECONDS",
          value_parser = clap::value_parser!(u64).range(1..=MAX_TIME_LIMIT))]
    time_limit: u64,
    /// The folder for conform.json and conform.md
    #[arg(long, default_value = "results", value_name = "DIR")]
    output: PathBuf,
    #[command(flatten)]
    cache: BuildCacheArguments,
    #[command(flatten)]
    format: FormatArguments,
}

fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(Test::ALL.iter().map(|test| test.name))
}

/// A tracker as a user names it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Subject {
    Level(Level),
    Path(PathBuf),
}

impl FromStr for Subject {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let path = PathBuf::from(text);
        match text.parse::<Level>() {
            Ok(level) if is_driven(level) => Ok(Self::Level(level)),
            Ok(level) => Err(format!(
                "the suite cannot drive {level}: it drives levels that are switched on, references, and trackers of other \
                 crates"
            )),
            Err(_) if path.exists() => Ok(Self::Path(path)),
            Err(error) => Err(format!("{error}; no such file or folder exists either")),
        }
    }
}

/// Returns whether the suite can drive a level: a level that is switched on, or the allocator of a tracker's program.
/// The suite reads records midway, and a recording has ended when it is read.
fn is_driven(level: Level) -> bool {
    level.timing() == Timing::Window
        && level != Level::Recording
        && match level.host() {
            Host::Switch => true,
            Host::Program(_) => level.is_reference(),
            Host::Heaptrack => false,
        }
}

/// A tracker that is ready to be tested.
struct Tested {
    level: Level,
    about: String,
    subject: String,
}

impl Tested {
    fn level(level: Level) -> Self {
        Self { level, about: level.about().to_owned(), subject: level.to_string() }
    }

    fn own(tracker: &ReadyTracker) -> Self {
        let subject = tracker.named.display().to_string();
        Self { level: tracker.level(true), about: tracker.about.about.clone(), subject }
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Error> {
    let files = Files { folder: &arguments.output, name: Conformance::KIND };
    files.prepare::<Conformance>()?;
    let limits = Limits { time: Duration::from_secs(arguments.time_limit), ..Limits::default() };
    let launcher = executables::this_program(limits)?;
    let (tested, launcher) = arguments.trackers(launcher, limits)?;
    let tests: Vec<Test> = Test::ALL.iter().filter(|test| arguments.is_requested(test)).copied().collect();

    let origin = Origin::of_this_command();
    let bar = ProgressBar::new((tested.len() * tests.len()) as u64).with_style(
        ProgressStyle::with_template("testing {pos}/{len} ({elapsed}): {wide_msg}").expect("a valid template"),
    );
    let of_tracker = |Tested { level, about, subject }: Tested| {
        let outcome = |test: &Test| {
            bar.set_message(format!("{level}: {}", test.name));
            let answer = launcher.conform(Request { level, test: test.name.to_owned() });
            bar.inc(1);
            TestOutcome::of(test, answer)
        };
        TrackerConformance { name: level.to_string(), about, subject, tests: tests.iter().map(outcome).collect() }
    };
    let trackers = tested.into_iter().map(of_tracker).collect();
    bar.finish_and_clear();
    let conformance = Conformance { schema: SCHEMA, origin, trackers };
    files.finish(&conformance, arguments.format.format)?;
    verdict(&conformance)
}

impl Arguments {
    fn is_requested(&self, test: &Test) -> bool {
        self.tests.is_empty() || self.tests.iter().any(|name| name == test.name)
    }

    /// Prepares the trackers, in the order in which they were named.
    fn trackers(&self, launcher: Launcher, limits: Limits) -> Result<(Vec<Tested>, Launcher), Error> {
        if self.subjects.is_empty() {
            let levels: Vec<Level> = Level::built().filter(|level| is_driven(*level)).collect();
            build_references(&launcher, &levels)?;
            return Ok((levels.into_iter().map(Tested::level).collect(), launcher));
        }
        let subjects = each_once(self.subjects.iter().cloned());
        let mut levels = Vec::new();
        let mut paths = Vec::new();
        for subject in &subjects {
            match subject {
                Subject::Level(level) => levels.push(*level),
                Subject::Path(path) => paths.push(path.clone()),
            }
        }
        build_references(&launcher, &levels)?;
        let (ready, launcher) = own_trackers::prepare(&paths, &self.cache, launcher, limits)?;
        let mut ready = ready.iter();
        let tested = subjects.iter().filter_map(|subject| match subject {
            Subject::Level(level) => Some(Tested::level(*level)),
            Subject::Path(_) => ready.next().map(Tested::own),
        });
        Ok((tested.collect(), launcher))
    }
}

/// Returns an error if a test failed, or did not run.
fn verdict(conformance: &Conformance) -> Result<(), Error> {
    let names = |verdict| {
        let all = conformance.with(verdict).map(|(tracker, test)| format!("{}/{}", tracker.name, test.test));
        all.collect::<Vec<_>>()
    };
    let failed = names(Verdict::Fail);
    if !failed.is_empty() {
        return Err(Error::NotConforming(failed.join(", ")));
    }
    match names(Verdict::NotRun).as_slice() {
        [] => Ok(()),
        missing => Err(Error::CannotTell(format!("not run: {}", missing.join(", ")))),
    }
}
