//! Measuring several builds in rounds, and reporting the differences: what `compare` and `history` share.

use super::Error;
use super::arguments::{FormatArguments, LimitArguments, after_the_baseline, bar, not_negative, or_all};
use super::subjects::{Contender, SubjectArguments};
use crate::compare::{
    Against, Compared, Comparison, Journal, JournalError, Measured, Plan, Record, Rounds, needed_rounds,
};
use crate::console;
use crate::files;
use crate::measure::{Launcher, Limits};
use crate::origin::Origin;
use crate::report::table::Form;
use crate::report::{compare_svg, compare_table, compare_verdicts};
use crate::results::Clock;
use crate::subjects::Found;
use crate::tracking::Tracking;
use crate::workloads::{Scale, Workload, pools};
use clap::Args;
use std::path::{Path, PathBuf};

/// The default of `--threshold`, in percent.
const THRESHOLD: f64 = 3.0;

/// The measurements of each build, for every command that measures several.
#[derive(Debug, Args)]
#[command(mut_arg("time_limit", |limit| limit.default_value("10")))]
pub struct RoundArguments {
    /// The workloads to run [default: all eight]
    #[arg(long, value_delimiter = ',', value_name = "WORKLOADS")]
    workloads: Vec<Workload>,
    /// The levels; the first build's untracked against itself is always measured too, for the noise floor
    #[arg(long, value_delimiter = ',', value_name = "LEVELS", default_values = ["full"])]
    tracking: Vec<Tracking>,
    /// The rounds of each workload and level, half of them in each of two batches
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u32).range(12..))]
    rounds: u32,
    /// A build takes no more rounds in a batch of a workload and level once it has taken so many seconds, except for
    /// the rounds that a verdict needs: 6, and up to 10 where there are hundreds of comparisons
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// The time that is compared
    #[arg(long, value_enum, default_value_t)]
    clock: Clock,
    /// A regression or an improvement exceeds so many percent [default: 3]
    #[arg(long, value_parser = not_negative)]
    threshold: Option<f64>,
    /// The seed of the order of the builds in each round
    #[arg(long, default_value_t = 1)]
    shuffle: u64,
    /// The factor on the workloads' outer counts [default: each workload's short scale]
    #[arg(long)]
    scale: Option<Scale>,
    /// The threads of each pool of a parallel workload [default: as many as the machine runs at once]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=1_024))]
    threads: Option<u64>,
    /// Go on with a run that was ended before it was done
    #[arg(long)]
    resume: bool,
    /// Exit with 1 if there is a regression
    #[arg(long)]
    fail_on_regression: bool,
    /// The folder for the results
    #[arg(long, default_value = "results", value_name = "DIR")]
    output: PathBuf,
    #[command(flatten)]
    format: FormatArguments,
    #[command(flatten)]
    building: SubjectArguments,
    #[command(flatten)]
    limits: LimitArguments,
}

/// The report of a comparison.
pub struct Report<'a> {
    /// The name of its files, which end in .json, .md and .svg, and of the journal.
    pub name: &'a str,
    /// The title of the picture.
    pub title: &'a str,
    /// The build that each other one is compared with.
    pub against: Against,
}

impl RoundArguments {
    /// Builds memscope, measures the builds, compares them, and reports.
    pub fn run(&self, found: &[Found], report: &Report) -> Result<(), Error> {
        let (json, journal) = (self.file(report.name, "json"), self.file(report.name, "journal"));
        files::prepare::<Comparison>(&json)?;
        self.check_journal(&journal)?;
        let contenders = self.building.build(found, Limits::from(self.limits))?;
        if contenders.iter().all(|contender| contender.built.is_err()) {
            return Err(Error::none_built(found));
        }
        let (comparison, journal) = self.measure(&contenders, report.against.clone(), &journal)?;

        // Whatever becomes of stdout, what took an hour to measure is kept.
        files::write_json(&json, &comparison)?;
        self.draw(&comparison, report.name, report.title)?;
        journal.end()?;
        self.format.print(&comparison);
        self.say_written(report.name);

        let regressions = compare_verdicts::regressions(&comparison);
        if self.fail_on_regression && !regressions.is_empty() {
            return Err(Error::Regressions(regressions));
        }
        Ok(())
    }

    /// Judges the pairs of an earlier run anew, with another choice of references or another threshold where one is
    /// asked for, and reports. Its file then has the same verdicts as the table and the picture.
    pub fn redraw(
        &self,
        name: &str,
        against: Option<Against>,
        title: fn(&Against) -> &'static str,
    ) -> Result<(), Error> {
        let json = self.file(name, "json");
        let comparison = files::read::<Comparison>(&json)?.judged(against, self.threshold);
        files::write_json(&json, &comparison)?;
        self.draw(&comparison, name, title(&comparison.against))?;
        self.format.print(&comparison);
        self.say_written(name);
        Ok(())
    }

    /// Writes the table and the picture.
    fn draw(&self, comparison: &Comparison, name: &str, title: &str) -> Result<(), Error> {
        files::write(&self.file(name, "md"), &format!("{}\n", compare_table::draw(comparison, Form::Markdown)))?;
        files::write(&self.file(name, "svg"), &compare_svg::draw(comparison, title))?;
        Ok(())
    }

    fn say_written(&self, name: &str) {
        console::complain(format_args!("Written: {name}.json, {name}.md and {name}.svg in {}", self.output.display()));
    }

    fn file(&self, name: &str, ending: &str) -> PathBuf {
        self.output.join(format!("{name}.{ending}"))
    }

    /// Checks that the journal fits the arguments, before hours are spent on building.
    fn check_journal(&self, path: &Path) -> Result<(), JournalError> {
        match (self.resume, path.exists()) {
            (false, true) => Err(JournalError::Unfinished(path.to_owned())),
            (true, false) => Err(JournalError::None(path.to_owned())),
            _ => Ok(()),
        }
    }

    /// Measures builds in rounds, and compares them.
    fn measure(
        &self,
        contenders: &[Contender],
        against: Against,
        journal: &Path,
    ) -> Result<(Comparison, Journal), Error> {
        let plan = self.plan(contenders);
        let needed = needed_rounds(plan.comparisons());
        if plan.rounds < needed {
            console::complain(format_args!(
                "Warning: {} rounds lead to no verdict among {} comparisons: at least --rounds {needed} is needed",
                plan.rounds,
                plan.comparisons()
            ));
        }
        let (journal, entries) =
            if self.resume { Journal::resume(journal, &plan)? } else { (Journal::begin(journal, &plan)?, Vec::new()) };
        let origin = Origin::of_this_command();
        let launchers: Vec<Option<Launcher>> = contenders
            .iter()
            .map(|contender| contender.built.as_ref().ok().map(|built| built.launcher.clone()))
            .collect();
        let bar = bar(plan.groups().len() * plan.rounds.div_ceil(2) * 2, "rounds");
        let rounds = Rounds::new(&plan, &launchers, journal, entries);
        let Measured { cells, first_batch, journal } = rounds.measure(|(workload, level), done| {
            bar.set_message(format!("{workload}/{level}"));
            bar.set_position(done as u64);
        })?;
        bar.finish_and_clear();

        let measured = cells.into_iter().zip(first_batch);
        let subjects = contenders.iter().zip(measured).map(|(contender, (cells, first_batch))| Compared {
            name: contender.found.name.clone(),
            about: contender.found.about.clone(),
            subject: contender.built.as_ref().ok().map(|built| built.subject.clone()),
            not_built: contender.built.as_ref().err().cloned(),
            cells,
            first_batch,
        });
        let subjects = subjects.collect();
        let threshold_percent = self.threshold.unwrap_or(THRESHOLD);
        let record = Record { origin, plan, clock: self.clock, threshold_percent, against, subjects };
        Ok((record.into(), journal))
    }

    fn plan(&self, contenders: &[Contender]) -> Plan {
        Plan {
            subjects: contenders
                .iter()
                .map(|contender| (contender.found.name.clone(), contender.fingerprint()))
                .collect(),
            workloads: or_all(&self.workloads),
            levels: after_the_baseline(&self.tracking),
            scale: self.scale.map(|scale| scale.factor()),
            threads: self.threads.map_or_else(pools::default_threads, |threads| threads as usize),
            rounds: self.rounds as usize,
            seconds: self.seconds,
            seed: self.shuffle,
        }
    }
}
