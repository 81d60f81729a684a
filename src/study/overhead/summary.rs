//! The table of overheads, for a terminal and as Markdown, with what a reader must know below it.

use crate::platform::conditions::Conditions;
use crate::platform::system::Toolchain;
use crate::platform::{shell, text};
use crate::report::number;
use crate::report::origin::Origin;
use crate::schedule::measurement::{Cell, Series};
use crate::stats::estimate::Estimate;
use crate::stats::median::median_interval;
use crate::study::overhead::record::Results;
use crate::study::overhead::warnings;
use crate::tracking::{Kind, Tracking};
use crate::worker::probe::Request;
use crate::workloads::{Scale, Workload};
use comfy_table::{CellAlignment, LineStyle, Table, TableStyle, presets};
use std::time::Duration;

/// The form that a table is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Aligned columns, a blank where a row repeats the one above it.
    Terminal,
    /// A table of GitHub's Markdown.
    Markdown,
}

impl Form {
    pub(crate) fn style(self) -> TableStyle {
        match self {
            Self::Terminal => {
                let rule = LineStyle::none().fill('─').junction('─');
                TableStyle::new().top_border(rule).header_separator(rule).bottom_border(rule)
            }
            Self::Markdown => presets::ASCII_MARKDOWN,
        }
    }

    /// Notes, a line each; in Markdown, a list.
    pub(crate) fn notes(self, lines: &[String]) -> String {
        let mark = if self == Self::Markdown { "- " } else { "" };
        lines.iter().map(|line| format!("{mark}{}", self.line(line))).collect::<Vec<_>>().join("\n")
    }

    /// A line of text, of which some may come from outside.
    pub(crate) fn line(self, text: &str) -> String {
        match self {
            Self::Terminal => text::one_line(text),
            Self::Markdown => text::markdown(text),
        }
    }

    /// The cells of a row, whose text may come from outside.
    pub(crate) fn row<S: AsRef<str>>(self, cells: impl IntoIterator<Item = S>) -> Vec<String> {
        let cell = |text: S| match self {
            Self::Terminal => text::one_line(text.as_ref()),
            Self::Markdown => text::markdown_cell(text.as_ref()),
        };
        cells.into_iter().map(cell).collect()
    }

    /// What stands between the parts of a report.
    pub(crate) const fn between(self) -> &'static str {
        match self {
            Self::Terminal => "\n",
            Self::Markdown => "\n\n",
        }
    }
}

/// The results as text: the tables, and the notes below them.
pub fn overheads(results: &Results, form: Form) -> String {
    let mut parts = Vec::new();
    // The baseline against itself has a row of its own only where nothing else was measured.
    let alone = results.cells.iter().all(|cell| cell.tracking == Tracking::Untracked);
    for series in Series::SHOWN {
        let cells: Vec<&Cell> =
            results.series(series).filter(|cell| alone || cell.tracking != Tracking::Untracked).collect();
        if cells.is_empty() {
            continue;
        }
        if series != Series::Overhead {
            let mark = if form == Form::Markdown { "### " } else { "" };
            parts.push(format!("{mark}{}, by {}", cells[0].workload, series.parameter()));
        }
        parts.push(table(&cells, series, form));
    }
    parts.push(notes(results, form));
    parts.join(form.between())
}

fn table(cells: &[&Cell], series: Series, form: Form) -> String {
    let mut table = Table::new();
    table.load_style(form.style());
    table.set_header([
        series.parameter(),
        "untracked",
        "level",
        "overhead [95 %]",
        "processor time",
        "ns/allocation",
        "fidelity",
        "peak memory",
    ]);
    let mut above = String::new();
    let mut is_time_told = false;
    for cell in cells {
        let name = cell.row_name();
        let repeats = name == above && form == Form::Terminal;
        // A level that failed has no time: the next one tells it.
        is_time_told &= repeats;
        table.add_row(form.row(row(cell, if repeats { "" } else { &name }, !is_time_told)));
        is_time_told |= cell.overhead.is_some();
        above = name;
    }
    for numeric in [1, 4, 5, 6, 7] {
        table.column_mut(numeric).expect("the header has eight").set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt()
}

pub(crate) fn row(cell: &Cell, name: &str, tells_time: bool) -> [String; 8] {
    let unknown = || "unknown".to_owned();
    let overhead = cell.overhead.as_ref();
    [
        name.to_owned(),
        match overhead {
            Some(overhead) if tells_time => number::time(overhead.untracked_ns),
            _ => String::new(),
        },
        cell.tracking.to_string(),
        match (&cell.failure, overhead) {
            (Some(failure), _) => failure.label(),
            (None, Some(overhead)) => number::overhead(overhead.wall),
            (None, None) => cell.lack(),
        },
        match overhead.map(|overhead| overhead.cpu) {
            Some(Some(cpu)) => number::ratio(cpu.value),
            Some(None) => unknown(),
            None => String::new(),
        },
        match overhead.map(|overhead| overhead.ns_per_allocation) {
            Some(Some(ns)) => number::decimal(ns.value, 1),
            Some(None) => unknown(),
            None => String::new(),
        },
        match cell.tracking {
            _ if cell.failure.is_some() => String::new(),
            // Nothing is recorded, or it is the truth itself.
            tracking if tracking.kind() == Kind::Nothing || tracking == Tracking::Counting => "—".to_owned(),
            _ => number::fidelity(cell.fidelity),
        },
        match overhead.map(|overhead| overhead.peak_memory) {
            Some(Some(memory)) => format!("×{}", number::factor(memory.value)),
            Some(None) => unknown(),
            None => String::new(),
        },
    ]
}

/// What stands under the table: what failed and what to do about it, the warnings, the doubt, and the circumstances.
pub(crate) fn notes(results: &Results, form: Form) -> String {
    let mut lines: Vec<String> = results.cells.iter().filter_map(failure_note).collect();
    lines.extend(results.cells.iter().filter_map(clock_note));
    lines.extend(warnings::warnings(results).iter().map(|warning| format!("Warning: {warning}")));
    if let Some((cell, floor)) = results.noise_floor() {
        lines.push(format!(
            "Noise floor: untracked against itself shows {} at the most ({}, {} pairs). Do not read anything into less.",
            number::percent_interval(floor.wall),
            cell.name(),
            floor.pairs
        ));
    }
    lines.extend(control_notes(results));
    lines.extend(processor_note(results));
    lines.extend(precision_note(results));
    let pairs = || results.cells.iter().filter(|cell| cell.failure.is_none()).map(|cell| cell.pairs.len());
    if let (Some(fewest), Some(most)) = (pairs().min(), pairs().max()) {
        let range = if fewest == most { fewest.to_string() } else { format!("{fewest} to {most}") };
        let scales = if results.series(Series::Overhead).next().is_some() { "" } else { " of each row" };
        lines
            .push(format!("Pairs: {range} for each figure{scales}; an overhead is the median of tracked ÷ untracked."));
    }
    lines.extend(circumstances(&results.origin));
    form.notes(&lines)
}

/// What the instrument itself costs, where it was measured.
fn control_notes(results: &Results) -> Vec<String> {
    let costs = control_costs(results);
    let Some(worst) = costs.iter().max_by(|a, b| (a.cost.value - 1.0).abs().total_cmp(&(b.cost.value - 1.0).abs()))
    else {
        return Vec::new();
    };
    let seen = costs.iter().filter(|cost| cost.cost.low > 1.0 || cost.cost.high < 1.0).count();
    let mut lines = vec![format!(
        "The instrument's own cost: untracked against a control program without memscope and switch shows {} at the most \
         ({}); it is told apart from none on {seen} of {} workloads.",
        number::percent_interval(worst.cost),
        worst.workload,
        costs.len()
    )];
    lines.extend(costs.iter().filter(|cost| cost.layouts > 1).map(|cost| {
        format!(
            "Own cost on {}: {}, the median over {} layouts of the two programs, which show {} to {} %.",
            cost.workload,
            number::percent_interval(cost.cost),
            cost.layouts,
            number::percent(cost.least),
            number::percent(cost.most)
        )
    }));
    lines
}

/// What the instrument costs on a workload.
struct ControlCost {
    workload: Workload,
    cost: Estimate,
    layouts: usize,
    least: f64,
    most: f64,
}

/// The costs by workload. Where there are several layouts, the layout is what repeats: the figure is the median of theirs.
fn control_costs(results: &Results) -> Vec<ControlCost> {
    let walls = |workload: Workload| {
        let cells = results.series(Series::Control).filter(move |cell| cell.workload == workload);
        cells.filter_map(|cell| Some(cell.overhead?.wall)).collect::<Vec<Estimate>>()
    };
    let cost = |&workload: &Workload| {
        let walls = walls(workload);
        let values = || walls.iter().map(|wall| wall.value);
        let cost = if let [only] = walls.as_slice() { Some(*only) } else { median_interval(values()) }?;
        let (least, most) = (values().fold(f64::INFINITY, f64::min), values().fold(0.0, f64::max));
        Some(ControlCost { workload, cost, layouts: walls.len(), least, most })
    };
    Workload::ALL.iter().filter_map(cost).collect()
}

/// Where the overhead in processor time is another one than on the clock, and by far the most.
fn processor_note(results: &Results) -> Option<String> {
    /// Smaller differences are not worth a word.
    const PARTED: f64 = 1.05;
    let apart = |wall: Estimate, cpu: Estimate| (cpu.value / wall.value).ln().abs();
    let is_parted =
        |wall: Estimate, cpu: Estimate| (wall.high < cpu.low || cpu.high < wall.low) && apart(wall, cpu) > PARTED.ln();
    let parted: Vec<(&Cell, Estimate, Estimate)> = results
        .cells
        .iter()
        .filter_map(|cell| Some((cell, cell.overhead?.wall, cell.overhead?.cpu?)))
        .filter(|&(_, wall, cpu)| is_parted(wall, cpu))
        .collect();
    let &(cell, wall, cpu) = parted.iter().max_by(|a, b| apart(a.1, a.2).total_cmp(&apart(b.1, b.2)))?;
    let wait = if wall.value > cpu.value { "threads wait" } else { "more threads are at work" };
    Some(format!(
        "Processor time parts from the clock's in {} of {} figures, farthest in {}/{} ({} threads): {} of the processor, {} \
         on the clock; {wait} under tracking.",
        parted.len(),
        results.cells.len(),
        cell.workload,
        cell.tracking,
        cell.threads,
        number::ratio(cpu.value),
        number::ratio(wall.value)
    ))
}

/// How precise the figures are, and whether that is what was asked for.
fn precision_note(results: &Results) -> Option<String> {
    let walls = || results.cells.iter().filter_map(|cell| Some((cell, cell.overhead?.wall)));
    let widths = || walls().map(|(_, wall)| wall.half_width_percent()).filter(|width| width.is_finite());
    let (least, most) = (widths().min_by(f64::total_cmp)?, widths().max_by(f64::total_cmp)?);
    let reached = format!("Precision: intervals reach ±{least:.1} to ±{most:.1} % of their figures");
    let Some(asked) = results.precision else { return Some(format!("{reached}.")) };
    let missed: Vec<String> = walls()
        .filter(|(_, wall)| !asked.is_reached_by(wall))
        .map(|(cell, wall)| format!("{}/{} (±{:.1} %)", cell.workload, cell.tracking, wall.half_width_percent()))
        .collect();
    Some(match missed.as_slice() {
        [] => format!("{reached}; all are within the ±{} % that was asked for.", asked.percent),
        missed => format!(
            "{reached}; not within the ±{} % that was asked for when the {} s were up: {}.",
            asked.percent,
            asked.seconds,
            missed.join(", ")
        ),
    })
}

/// What was measured, where and when, a line each.
pub(crate) fn circumstances(origin: &Origin) -> Vec<String> {
    let Origin { started, command, machine, toolchain, subject, .. } = origin;
    let mut lines = vec![
        format!("Subject: {subject}; allocator: {}.", toolchain.allocator),
        format!(
            "Machine: {}, {} cores, {}, {}.",
            machine.processor,
            machine.cores,
            number::bytes(machine.memory_bytes as f64),
            machine.system
        ),
        toolchain_line(toolchain),
    ];
    lines.extend(environment_line(origin));
    lines.push(format!("Measured {} by {}.", started.format("%Y-%m-%d %H:%M UTC"), text::code(command)));
    lines
}

fn toolchain_line(toolchain: &Toolchain) -> String {
    let Toolchain { rustc, target, opt_level, flags, wrapper, debug_assertions, .. } = toolchain;
    let mut line = format!("Toolchain: {rustc}, {target}, opt-level {opt_level}");
    if *debug_assertions {
        line += ", with debug assertions";
    }
    if !flags.is_empty() {
        line += &format!(", flags {}", text::code(flags));
    }
    if !wrapper.is_empty() {
        line += &format!(", by way of {}", text::code(wrapper));
    }
    line + "."
}

/// What the process was given that others are not, where there is something.
fn environment_line(origin: &Origin) -> Option<String> {
    let variables = origin.environment.iter();
    let variables = variables.map(|(name, value)| text::code(&format!("{name}={}", shell::quoted(value.as_ref()))));
    let restrictions = origin.conditions.iter().flat_map(Conditions::restrictions);
    let all: Vec<String> = variables.chain(restrictions).collect();
    (!all.is_empty()).then(|| format!("Environment: {}.", all.join(", ")))
}

/// What to do where the clock is too coarse for a cell's windows.
fn clock_note(cell: &Cell) -> Option<String> {
    let untimed = cell.untimed();
    let is_lacking = cell.failure.is_none() && cell.overhead.is_none() && untimed > 0;
    is_lacking.then(|| {
        format!(
            "{}: the clock is too coarse at this scale, and saw no time pass in {untimed} of {} pairs: use a larger --scale.",
            cell.name(),
            cell.pairs.len()
        )
    })
}

/// What happened to a failed cell, and how to see it alone.
fn failure_note(cell: &Cell) -> Option<String> {
    let failure = cell.failure.as_ref()?;
    let scale = Scale::new(cell.scale).ok()?.seeded(cell.seed).waiting(Duration::from_micros(cell.wait_us));
    let Cell { workload, tracking, threads, .. } = *cell;
    let request = Request { workload, tracking, scale, threads, count: false };
    let after = match cell.pairs.len() {
        0 => "at its trial".to_owned(),
        pairs => format!("after {pairs} pairs"),
    };
    let (failure, alone) = (text::said(&failure.to_string()), text::code(&request.command_line()));
    Some(format!("{workload}/{tracking} {failure} ({after}). See it alone: {alone}"))
}
