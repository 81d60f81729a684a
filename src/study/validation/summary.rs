//! The report of a validation: its figures with their targets, and each setting.

use super::figures::{self, Band, Circumstances, Figure};
use super::record::{Run, Setting};
use super::{FAMILY, KeptRun, SLOWED_PERCENT, Validation};
use crate::platform::list::each_once;
use crate::platform::text;
use crate::report::document::{Document, Table, left, right};
use crate::report::number;
use crate::schedule::measurement::Clock;
use crate::schedule::plan::PAIRS;
use crate::stats::estimate::Estimate;
use crate::stats::share::Share;
use crate::stats::target::Verdict;
use crate::study::compare::{ROUNDS, THRESHOLD_PERCENT};
use crate::study::overhead::warnings;
use crate::tracking::Level;

/// Returns the report.
pub(super) fn summary(validation: &Validation) -> Document {
    let mut document = Document::default();
    for (circumstances, run) in validation.runs() {
        document.heading(circumstances.title());
        match run {
            KeptRun::Present(run) => present(&mut document, circumstances, run),
            KeptRun::Earlier(run) => {
                document.notes(warnings::of_origin(&run.origin).into_iter().chain(run.notes()).collect());
                document.table(run.table());
            }
        }
    }
    document
}

fn present(document: &mut Document, circumstances: Circumstances, run: &Run) {
    let figures = figures::figures(circumstances, run);
    let targets = figures.iter().filter_map(in_words);
    let notes = notes(circumstances, run);
    document.notes(warnings::of_origin(&run.origin).into_iter().chain(targets).chain(notes).collect());
    document.table(table_of(&figures));
    if let Some(table) = widths(circumstances, run) {
        document.table(table);
    }
    document.table(settings(circumstances, run));
    if let Some(table) = deadlines(circumstances, run) {
        document.table(table);
    }
    if let Some(table) = changes(circumstances, run) {
        document.table(table);
    }
}

/// Returns the name of a clock, after "by".
pub(super) const fn clock(clock: Clock) -> &'static str {
    match clock {
        Clock::Wall => "wall time",
        Clock::Cpu => "CPU time",
    }
}

/// Formats a share in percent with its interval.
pub(super) fn percent(figure: &Figure) -> String {
    let one = |percent: f64| number::decimal(percent, 1);
    figure.share.percent().map_or("not measured".to_owned(), |Estimate { value, low, high }| {
        format!("{} % [{}, {}]", one(value), one(low), one(high))
    })
}

/// Formats the target of a figure.
pub(super) fn target(figure: &Figure) -> Option<String> {
    let target = figure.target?;
    let sign = if target.is_least { '≥' } else { '≤' };
    let cases = if target.cases > 1 { format!(" of at least {}", target.cases) } else { String::new() };
    Some(format!("{sign} {} %{cases}", target.percent))
}

/// Formats what the cases of a figure show about its target.
pub(super) fn verdict(figure: &Figure) -> Option<&'static str> {
    figure.target?;
    Some(figure.verdict().map_or("not measured", Verdict::words))
}

/// Formats the number of cases that would show that a target is reached, if these do not decide it.
fn needed(figure: &Figure) -> Option<String> {
    figure.verdict().filter(|verdict| *verdict == Verdict::NotShown)?;
    Some(match figure.needed() {
        Some(needed) => format!("{needed} {} with this share would show it", figure.cases),
        None => format!("more {} with this share would not show it", figure.cases),
    })
}

/// Returns the sentence about a figure that has a target.
fn in_words(figure: &Figure) -> Option<String> {
    let Figure { name, share, cases, .. } = figure;
    let (by, target, verdict) = (clock(figure.clock), target(figure)?, verdict(figure)?);
    let reached = match share.of {
        0 => format!("no {cases}"),
        of => format!("{}, {} of {of} {cases}", percent(figure), share.part),
    };
    let needed = needed(figure).map_or(String::new(), |needed| format!("; {needed}"));
    Some(format!("Target {verdict}: {name}, by {by}: {reached}; to reach: {target}{needed}."))
}

fn notes(circumstances: Circumstances, run: &Run) -> Vec<String> {
    let Run { pairs, rounds, origin, .. } = run;
    let mut notes = Vec::new();
    if (*pairs, *rounds) != (PAIRS, ROUNDS) {
        notes.push(format!(
            "A quick run: its measurements have {pairs} pairs and its comparisons {rounds} rounds; the commands \
             default to {PAIRS} and {ROUNDS}. It shows that the validation works, not how good the defaults are."
        ));
    }
    notes.push(format!(
        "A measurement has {pairs} pairs in six passes, as in `measure`, and a pair belongs to one measurement. It \
         covers the truth if its interval contains it. The truth has an interval too; the two add in quadrature. The \
         truth is measured in the same minutes, on the same cores and under the same load."
    ));
    notes.extend([Clock::Wall, Clock::Cpu].into_iter().filter_map(|clock| width(circumstances, run, clock)));
    notes.push(
        "Error ÷ standard error is the robust standard deviation of figure − truth in the standard errors of both, by \
         their logarithms. Above 1, intervals are too narrow. The t interval over six passes has about 0.8 if it \
         covers 95 %, and the hull of two intervals less. Halved: the same with intervals half as wide."
            .to_owned(),
    );
    notes.push(format!(
        "A comparison has {rounds} rounds, and its verdict is that of `compare` with a threshold of \
         {THRESHOLD_PERCENT} %, after Holm's correction for {FAMILY} comparisons. False alarms: a tracker against \
         itself. Found: a level against the same level, slowed by about {SLOWED_PERCENT} % of its time, in a run where \
         a third of the comparisons have no change."
    ));
    notes.push(
        "Intervals of shares are Clopper and Pearson's, at 95 %. A target is reached if the whole interval is on its \
         right side, and missed if it is on the wrong side; otherwise the cases do not show it."
            .to_owned(),
    );
    notes.push(format!(
        "{}; {}, {} cores; measured {} by {}, in {} minutes.",
        origin.memscope,
        origin.machine.processor,
        origin.machine.cores,
        origin.started.format("%Y-%m-%d %H:%M UTC"),
        text::code(&origin.command),
        number::decimal(run.seconds / 60.0, 1)
    ));
    notes
}

/// Returns the sentence on what coverage by a clock shows: how much of it is due to the truth's own interval.
fn width(circumstances: Circumstances, run: &Run, clock: Clock) -> Option<String> {
    let widths = |is_in: fn(Band) -> bool| figures::widths(circumstances, run, clock, is_in);
    let (exact, measured) = (widths(|band| band == Band::None)?, widths(|band| band != Band::None)?);
    let covered = |share: Share| share.percent().map(|percent| number::decimal(percent.value, 1));
    Some(format!(
        "By {}, the truth is exact for {} measurements: {} % cover it, and {} % would if their intervals were half as \
         wide. For {} it is measured, with an interval {} times as wide as theirs: {} % cover it, and {} % would with \
         intervals half as wide.",
        self::clock(clock),
        exact.covered.of,
        covered(exact.covered)?,
        covered(exact.covered_by_half)?,
        measured.covered.of,
        number::decimal(measured.of_truth, 2),
        covered(measured.covered)?,
        covered(measured.covered_by_half)?
    ))
}

/// Returns the table of what coverage shows about the width of intervals.
fn widths(circumstances: Circumstances, run: &Run) -> Option<Table> {
    let mut table = Table::new([
        left("by"),
        left("overhead"),
        right("truth ÷ interval"),
        right("error ÷ standard error"),
        right("halved"),
        right("covered"),
        right("covered, halved"),
    ])
    .grouped_by(1);
    for clock in [Clock::Wall, Clock::Cpu] {
        for band in Band::ALL {
            let Some(widths) = figures::widths(circumstances, run, clock, |of| of == band) else { continue };
            let part = |share: Share| format!("{} of {}", share.part, share.of);
            table.row([
                self::clock(clock).to_owned(),
                band.name().to_owned(),
                if band == Band::None { "exact".to_owned() } else { number::decimal(widths.of_truth, 2) },
                number::decimal(widths.in_errors, 2),
                number::decimal(widths.in_half_errors, 2),
                part(widths.covered),
                part(widths.covered_by_half),
            ]);
        }
    }
    (!table.rows.is_empty()).then_some(table)
}

/// Returns the table of all figures that have cases.
fn table_of(figures: &[Figure]) -> Table {
    let mut table = Table::new([
        left("by"),
        left("figure"),
        right("cases"),
        right("of"),
        left("share [95 %]"),
        left("target"),
        left("verdict"),
        right("cases to show it"),
    ])
    .grouped_by(1);
    for figure in figures.iter().filter(|figure| figure.share.of > 0 || figure.target.is_some()) {
        table.row([
            clock(figure.clock).to_owned(),
            figure.name.to_owned(),
            figure.share.part.to_string(),
            format!("{} {}", figure.share.of, figure.cases),
            percent(figure),
            target(figure).unwrap_or_default(),
            verdict(figure).unwrap_or_default().to_owned(),
            figure
                .verdict()
                .filter(|verdict| *verdict == Verdict::NotShown)
                .map_or(String::new(), |_| figure.needed().map_or("no number".to_owned(), |needed| needed.to_string())),
        ]);
    }
    table
}

/// Formats the tracker of a setting: `none`, `+3 %` or `100 ns`.
pub(super) fn tracker(setting: &Setting) -> String {
    match (setting.target_percent, setting.level) {
        (Some(percent), _) => format!("+{percent} %"),
        (None, Level::Deadline(ns)) => format!("{ns} ns"),
        (None, _) => "none".to_owned(),
    }
}

/// The text for a figure that is not defined in a run's circumstances.
const NOT_DEFINED: &str = "not defined";

/// The text for a figure without an interval.
const TOO_FEW: &str = "too few";

/// Formats a difference with its interval.
fn signed(Estimate { value, low, high }: Estimate, digits: usize, unit: &str) -> String {
    let [value, low, high] = [value, low, high].map(|number| number::signed(number, digits));
    format!("{value} [{low}, {high}] {unit}")
}

fn settings(circumstances: Circumstances, run: &Run) -> Table {
    let mut table = Table::new([
        left("workload"),
        right("tracker"),
        left("band"),
        left("true ratio"),
        left("bias by wall time"),
        right("covered"),
        left("bias by CPU time"),
        right("covered"),
    ])
    .grouped_by(1);
    for setting in &run.settings {
        let both = |clock| {
            if !figures::is_defined(circumstances, setting, clock) {
                return [NOT_DEFINED.to_owned(), NOT_DEFINED.to_owned()];
            }
            let bias = figures::bias_percent(circumstances, setting, clock);
            let covered = figures::coverage_of(circumstances, setting, clock);
            let bias = bias.map_or(TOO_FEW.to_owned(), |bias| signed(bias, 2, "%"));
            [bias, format!("{} of {}", covered.part, covered.of)]
        };
        let [wall, wall_covered] = both(Clock::Wall);
        let [cpu, cpu_covered] = both(Clock::Cpu);
        table.row([
            setting.workload.to_string(),
            tracker(setting),
            Band::of(setting).name().to_owned(),
            range(setting.stretches.iter().map(|stretch| stretch.truth.cpu.value), number::ratio),
            wall,
            wall_covered,
            cpu,
            cpu_covered,
        ]);
    }
    table
}

/// Formats the minimum and the maximum of values.
fn range(values: impl Iterator<Item = f64> + Clone, format: impl Fn(f64) -> String) -> String {
    let (least, greatest) = (values.clone().reduce(f64::min), values.reduce(f64::max));
    match least.zip(greatest).map(|(least, greatest)| (format(least), format(greatest))) {
        Some((least, greatest)) if least == greatest => least,
        Some((least, greatest)) => format!("{least} to {greatest}"),
        None => "not measured".to_owned(),
    }
}

/// Returns the table of deadlines: the time for each allocation, which is known by construction.
fn deadlines(circumstances: Circumstances, run: &Run) -> Option<Table> {
    let mut table = Table::new([
        left("workload"),
        right("deadline"),
        left("with the call"),
        left("bias of ns/allocation by wall time"),
        left("by CPU time"),
    ])
    .grouped_by(1);
    for setting in &run.settings {
        let Level::Deadline(ns) = setting.level else { continue };
        let truths = setting.stretches.iter().filter_map(|stretch| Some(stretch.ns_per_allocation?.value));
        let bias = |clock| {
            if !figures::is_ns_known(circumstances, setting, clock) {
                return NOT_DEFINED.to_owned();
            }
            figures::bias_ns(setting, clock).map_or(TOO_FEW.to_owned(), |bias| signed(bias, 1, "ns"))
        };
        table.row([
            setting.workload.to_string(),
            format!("{ns} ns"),
            range(truths, number::time),
            bias(Clock::Wall),
            bias(Clock::Cpu),
        ]);
    }
    (!table.rows.is_empty()).then_some(table)
}

/// Returns the table of slowed levels: for each workload and level its true change, and the share of detections.
fn changes(circumstances: Circumstances, run: &Run) -> Option<Table> {
    let mut table = Table::new([
        left("level"),
        left("workload"),
        left("true change"),
        right("found by wall time"),
        right("found by CPU time"),
    ])
    .grouped_by(1);
    let slowed = || run.slowed.iter().flatten().filter(|compared| !compared.is_identical());
    for (level, workload) in each_once(slowed().map(|compared| (compared.level, compared.workload))) {
        let of_row = || slowed().filter(move |compared| (compared.level, compared.workload) == (level, workload));
        let found = |clock: Clock| {
            if circumstances == Circumstances::UnderLoad && clock == Clock::Wall && workload.is_parallel() {
                return NOT_DEFINED.to_owned();
            }
            let share = super::evaluate::found(of_row(), clock);
            format!("{} of {}", share.part, share.of)
        };
        table.row([
            level.to_string(),
            workload.to_string(),
            range(of_row().map(|compared| compared.truth.cpu.value), number::ratio),
            found(Clock::Wall),
            found(Clock::Cpu),
        ]);
    }
    (!table.rows.is_empty()).then_some(table)
}
