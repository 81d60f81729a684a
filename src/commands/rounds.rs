//! Measuring several subjects in rounds, and reporting what was found: what `compare` and `history` share.

use super::Error;
use super::arguments::{FormatArguments, LimitArguments, after_the_baseline, bar, not_negative, or_all};
use super::subjects::{Contender, SubjectArguments};
use crate::compare::{
    Against, Batched, Claim, Compared, Comparison, Journal, JournalError, Measured, Plan, Rounds, SCHEMA, differences,
};
use crate::files;
use crate::measure::{Launcher, Limits};
use crate::origin::Origin;
use crate::report::table::Form;
use crate::report::{compare_svg, compare_table};
use crate::results::Clock;
use crate::subjects::Found;
use crate::tracking::Tracking;
use crate::workloads::{Scale, Workload, pools};
use clap::Args;
use std::path::{Path, PathBuf};

/// What is measured of each subject, for every command that measures several.
#[derive(Debug, Args)]
#[command(mut_arg("time_limit", |limit| limit.default_value("10")))]
pub struct RoundArguments {
    /// What to run [default: all eight]
    #[arg(long, value_delimiter = ',', value_name = "WORKLOADS")]
    workloads: Vec<Workload>,
    /// What to run it under; the first subject's untracked against itself is always measured too, for the noise floor
    #[arg(long, value_delimiter = ',', value_name = "LEVELS", default_values = ["full"])]
    tracking: Vec<Tracking>,
    /// How many rounds each workload and level gets, half of them in each of two batches
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(12..))]
    rounds: u32,
    /// A subject takes no more rounds in a batch of a workload and level once it has taken so many seconds, but for
    /// as many as a claim needs: 6, and up to 14 where hundreds of comparisons are corrected for
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// Which time is compared
    #[arg(long, value_enum, default_value_t)]
    clock: Clock,
    /// A difference is claimed only if it exceeds so many percent
    #[arg(long, default_value_t = 3.0, value_parser = not_negative)]
    threshold: f64,
    /// What the order of the subjects in each round is shuffled by
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
    /// Exit with 1 if a regression is claimed
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

/// What is told of a comparison, and under which name.
pub struct Report<'a> {
    /// The files are called so, and end in .json, .md and .svg; the journal too.
    pub name: &'a str,
    /// What stands above the picture.
    pub title: &'a str,
    /// What each subject is held against. Those that are held against the one before follow each other in time.
    pub against: Against<'a>,
}

impl RoundArguments {
    /// Builds subjects, measures them, holds them against each other, and reports.
    pub fn run(&self, found: &[Found], report: &Report) -> Result<(), Error> {
        let (json, journal) = (self.file(report, "json"), self.file(report, "journal"));
        files::prepare::<Comparison>(&json)?;
        self.check_journal(&journal)?;
        let contenders = self.building.build(found, Limits::from(self.limits))?;
        if contenders.iter().all(|contender| contender.built.is_err()) {
            return Err(Error::none_built(found));
        }
        let (comparison, journal) = self.measure(&contenders, report.against, &journal)?;

        files::write_json(&json, &comparison)?;
        self.draw(&comparison, report)?;
        journal.end()?;
        crate::console::complain(format_args!(
            "Written: {0}.json, {0}.md and {0}.svg in {1}",
            report.name,
            self.output.display()
        ));

        let regressions = compare_table::claims(&comparison, Claim::Regression);
        if self.fail_on_regression && !regressions.is_empty() {
            return Err(Error::Regressions(regressions));
        }
        Ok(())
    }

    /// Prints an earlier run, and draws its table and its picture anew.
    pub fn redraw(&self, report: &Report) -> Result<(), Error> {
        self.draw(&files::read(&self.file(report, "json"))?, report)?;
        crate::console::complain(format_args!(
            "Written: {0}.md and {0}.svg in {1}",
            report.name,
            self.output.display()
        ));
        Ok(())
    }

    fn draw(&self, comparison: &Comparison, report: &Report) -> Result<(), Error> {
        self.format.print(comparison);
        let in_time = report.against != Against::First;
        files::write(&self.file(report, "md"), &format!("{}\n", compare_table::draw(comparison, Form::Markdown)))?;
        files::write(&self.file(report, "svg"), &compare_svg::draw(comparison, report.title, in_time))?;
        Ok(())
    }

    fn file(&self, report: &Report, ending: &str) -> PathBuf {
        self.output.join(format!("{}.{ending}", report.name))
    }

    /// Sees that the journal fits what is asked for, before hours are spent on building.
    fn check_journal(&self, path: &Path) -> Result<(), JournalError> {
        match (self.resume, path.exists()) {
            (false, true) => Err(JournalError::Unfinished(path.to_owned())),
            (true, false) => Err(JournalError::None(path.to_owned())),
            _ => Ok(()),
        }
    }

    /// Measures contenders in rounds, and holds them against each other.
    fn measure(
        &self,
        contenders: &[Contender],
        against: Against,
        journal: &Path,
    ) -> Result<(Comparison, Journal), Error> {
        let plan = self.plan(contenders);
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

        let batched: Vec<Vec<Batched>> = cells
            .iter()
            .zip(&first_batch)
            .map(|(cells, firsts)| cells.iter().zip(firsts.iter().copied()).collect())
            .collect();
        let differences = differences(&batched, against, &plan.groups(), self.clock, self.threshold);
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
        let (clock, threshold_percent) = (self.clock, self.threshold);
        Ok((Comparison { schema: SCHEMA, origin, plan, clock, threshold_percent, subjects, differences }, journal))
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
