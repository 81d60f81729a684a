//! The report of overheads: the table and its notes.

use crate::platform::list::each_once;
use crate::platform::text;
use crate::report::circumstances::circumstances;
use crate::report::document::{Column, Document, Table, left, right};
use crate::report::number;
use crate::schedule::measurement::{Clock, Measurement, Series};
use crate::stats::estimate::Estimate;
use crate::stats::passes::MIN_PASSES;
use crate::stats::student::{Mean, mean_and_deviation};
use crate::study::instructions;
use crate::study::overhead::record::Results;
use crate::study::overhead::warnings;
use crate::tracking::Level;
use crate::worker::probe::Request;
use crate::workloads::{Scale, Workload};
use std::time::Duration;

/// Returns the report of the overheads, or of the instructions if those were counted instead.
pub fn summary(results: &Results) -> Document {
    if !results.instructions.is_empty() {
        return instructions::summary::summary(results);
    }
    let mut document = Document::default();
    // The baseline against itself has a row only if nothing else was measured.
    let alone = results.measurements.iter().all(|measurement| measurement.level == Level::Untracked);
    for series in Series::SHOWN {
        let measurements: Vec<&Measurement> =
            results.series(series).filter(|measurement| alone || measurement.level != Level::Untracked).collect();
        if measurements.is_empty() {
            continue;
        }
        if series != Series::Overhead {
            document.heading(format!("{}, by {}", measurements[0].workload, series.parameter()));
        }
        document.table(table(results, &measurements, series));
    }
    if let Some(table) = control_table(results) {
        document.heading("The cost of the harness, by workload".to_owned());
        document.table(table);
    }
    document.notes(sessions_note(results).into_iter().chain(notes(results)).collect());
    document
}

fn table(results: &Results, measurements: &[&Measurement], series: Series) -> Table {
    let mut table = Table::new(columns(series.parameter())).grouped_by(1);
    measurements.iter().for_each(|measurement| table.row(row(measurement, &measurement.row_name())));
    if let Some(between) = &results.between_sessions {
        let spreads = measurements.iter().map(|measurement| {
            let spread = between.spread(measurement).filter(|_| measurement.overhead().is_some());
            spread.map_or_else(String::new, |spread| number::within(spread.wall.of_two()))
        });
        table.insert(4, right("between sessions").short("between"), spreads);
    }
    table
}

/// The number of the table's columns.
pub(crate) const COLUMNS: usize = 10;

/// Returns the columns of the table, after one of this title.
pub(crate) fn columns(first: &str) -> [Column; COLUMNS] {
    [
        left(first),
        right("untracked"),
        left("level"),
        left("overhead [95 %]"),
        right("CPU time"),
        right("ns/allocation").short("ns/alloc"),
        right("in the kernel").off_terminal(),
        right("fidelity"),
        right("peak memory").short("memory"),
        right("page faults").short("faults"),
    ]
}

/// Returns the texts of a row.
pub(crate) fn row(measurement: &Measurement, name: &str) -> [String; COLUMNS] {
    let unknown = || "unknown".to_owned();
    let overhead = measurement.overhead();
    [
        name.to_owned(),
        overhead.map(|overhead| number::time(overhead.untracked_ns)).unwrap_or_default(),
        measurement.level.to_string(),
        match (measurement.failure(), overhead) {
            (Some(failure), _) => failure.label(),
            (None, Some(overhead)) => number::overhead(overhead.wall),
            (None, None) => measurement.lack(),
        },
        match overhead.map(|overhead| overhead.cpu) {
            Some(Some(cpu)) => number::ratio(cpu.value),
            Some(None) => unknown(),
            None => String::new(),
        },
        match overhead.map(|_| measurement.ns_per_allocation()) {
            Some(Some(ns)) => number::decimal(ns.value, 1),
            Some(None) => unknown(),
            None => String::new(),
        },
        match overhead.map(|overhead| (overhead.kernel_share, overhead.cpu)) {
            Some((Some(share), _)) => number::share(share),
            // If tracking adds no time, it has no kernel part.
            Some((None, Some(cpu))) if cpu.low <= 1.0 => "—".to_owned(),
            Some(_) => unknown(),
            None => String::new(),
        },
        match measurement.level {
            _ if measurement.failure().is_some() => String::new(),
            // Nothing is recorded, or the record is the truth itself.
            level if !level.has_fidelity() => "—".to_owned(),
            _ => number::fidelity(measurement.fidelity),
        },
        match overhead.map(|overhead| overhead.peak_memory) {
            Some(Some(memory)) => format!("×{}", number::factor(memory.value)),
            Some(None) => unknown(),
            None => String::new(),
        },
        match overhead.map(|overhead| overhead.page_faults) {
            Some(Some(faults)) => number::signed_count(faults.value),
            Some(None) => unknown(),
            None => String::new(),
        },
    ]
}

/// Returns the overhead by CPU time in words, or the outcome.
pub(crate) fn cpu_in_words(measurement: &Measurement) -> String {
    match (measurement.failure(), measurement.overhead()) {
        (Some(failure), _) => failure.label(),
        (None, Some(overhead)) => overhead.cpu.map_or_else(|| "unknown".to_owned(), number::overhead),
        (None, None) => measurement.lack(),
    }
}

/// Returns the notes: failures and remedies, warnings, uncertainty, and circumstances.
pub(crate) fn notes(results: &Results) -> Vec<String> {
    notes_of(results, Clock::Wall, true)
}

/// Returns the notes of a table of overheads by CPU time, without notes on other columns.
pub(crate) fn notes_by_cpu(results: &Results) -> Vec<String> {
    notes_of(results, Clock::Cpu, false)
}

/// Returns the notes of a table of overheads by a clock, with or without notes on its other columns.
fn notes_of(results: &Results, clock: Clock, has_other_columns: bool) -> Vec<String> {
    let mut lines: Vec<String> = results.measurements.iter().filter_map(failure_note).collect();
    lines.extend(results.measurements.iter().filter_map(clock_note));
    lines.extend(warnings::warnings(results).iter().map(|warning| format!("Warning: {warning}")));
    lines.extend(floor_note(results, clock));
    lines.extend(control_notes(results));
    lines.extend(processor_note(results));
    lines.extend(precision_note(results, clock));
    let measured = || results.measurements.iter().filter(|measurement| measurement.failure().is_none());
    let pairs = || measured().map(|measurement| measurement.pairs.len());
    if let (Some(fewest), Some(most)) = (pairs().min(), pairs().max()) {
        let range = if fewest == most { fewest.to_string() } else { format!("{fewest} to {most}") };
        let scales = if results.series(Series::Overhead).next().is_some() { "" } else { " of each row" };
        lines.push(format!("Pairs: {range} per figure{scales}; an overhead is the median of tracked ÷ untracked."));
    }
    if measured().any(|measurement| measurement.ns_per_allocation().is_some()) {
        lines.extend(has_other_columns.then(|| NS_PER_ALLOCATION.to_owned()));
        lines.push(COLD.to_owned());
    }
    lines.extend(fidelity_note(results.measurements.iter()).filter(|_| has_other_columns));
    lines.extend(circumstances(&results.origin));
    lines
}

/// Reports the noise floor by a clock.
fn floor_note(results: &Results, clock: Clock) -> Option<String> {
    let (measurement, floor) = results.noise_floor_by(clock)?;
    let pairs = measurement.pairs.iter().filter(|pair| pair.is_timed_by(clock)).count();
    Some(format!(
        "Noise floor: untracked against itself differs by at most {} ({}, {pairs} pairs). Treat an overhead below that \
         as noise. The noise floor does not show how much a larger overhead varies between runs; the spread between \
         sessions does.",
        number::percent_interval(floor),
        measurement.name()
    ))
}

/// Explains the spread between sessions, or names the command that measures it.
fn sessions_note(results: &Results) -> Option<String> {
    results.series(Series::Overhead).next()?;
    Some(match &results.between_sessions {
        Some(between) => format!(
            "Between sessions: in 95 % of cases, the figures of two complete runs differ by at most this ({} sessions \
             over {} minutes, from {}). A difference within it shows no change.",
            between.sessions,
            number::decimal(between.minutes, 0),
            between.started.format("%Y-%m-%d")
        ),
        None => {
            "Between sessions: unknown on this machine; `memscope-bench validate --sessions 6 --over 120` measures it. \
                 Figures of two runs may differ by more than their intervals."
                .to_owned()
        }
    })
}

/// Defines the fidelity, by the counted probes of the measurements.
pub(crate) fn fidelity_note<'a>(measurements: impl Iterator<Item = &'a Measurement> + Clone) -> Option<String> {
    let known = || measurements.clone().filter(|measurement| measurement.level.has_fidelity());
    let probes = || known().filter(|measurement| measurement.fidelity.is_some()).map(|known| known.fidelity_probes);
    let of = match (probes().min()?, probes().max()?) {
        (0, 0) => "of allocations and frees together, in one probe".to_owned(),
        // An earlier version of this program began the run.
        (0, _) => return None,
        (_, 1) => "the worse of allocations and frees".to_owned(),
        (_, most) => format!("the worse of allocations and frees; with several threads the worst of {most} probes"),
    };
    Some(format!("Fidelity: events recorded ÷ events that happened, {of}."))
}

/// The state in which figures are taken.
pub(crate) const COLD: &str = "Figures are cold: each process is fresh and pays for the first touch of the tracker's \
                               memory, which the page faults count. A longer run pays more only where that memory \
                               keeps growing.";

/// The definition of a column that could be misread.
pub(crate) const NS_PER_ALLOCATION: &str =
    "ns/allocation: the CPU time that tracking adds per allocation with its free, summed over all threads.";

/// Reports the cost of the harness itself, if it was measured.
fn control_notes(results: &Results) -> Vec<String> {
    let costs = control_costs(results);
    let Some(worst) = costs.iter().max_by(|a, b| (a.cost.value - 1.0).abs().total_cmp(&(b.cost.value - 1.0).abs()))
    else {
        return Vec::new();
    };
    let seen = costs.iter().filter(|cost| cost.cost.low > 1.0 || cost.cost.high < 1.0).count();
    vec![format!(
        "Harness cost: linking memscope and the switched allocator changes untracked time by at most {} ({}); the \
         change is significant on {seen} of {} workloads.",
        number::percent_interval(worst.cost),
        worst.workload,
        costs.len()
    )]
}

/// Returns the costs of the harness over several layouts, if it was measured in several, and how much of the deviation
/// between them their own errors explain.
fn control_table(results: &Results) -> Option<Table> {
    let costs = control_costs(results);
    let mut costs = costs.iter().filter(|cost| cost.layouts > 1).peekable();
    costs.peek()?;
    let mut table = Table::new([
        left("workload"),
        right("untracked ÷ control, mean [95 %]").short("mean [95 %]"),
        right("deviation of layouts").short("deviation"),
        right("by their errors alone").short("by errors"),
        right("layouts"),
    ]);
    let size = |log_sd: f64| format!("{} %", number::decimal(log_sd.exp_m1() * 100.0, 1));
    for ControlCost { workload, cost, layouts, deviation, error } in costs {
        table.row([
            workload.to_string(),
            number::percent_interval(*cost),
            size(*deviation),
            size(*error),
            layouts.to_string(),
        ]);
    }
    Some(table)
}

/// The cost of the harness on a workload.
struct ControlCost {
    workload: Workload,
    cost: Estimate,
    layouts: usize,
    /// The standard deviation of the layouts' logarithms.
    deviation: f64,
    /// The root mean square of the layouts' standard errors: the deviation if the layouts were equal.
    error: f64,
}

/// Returns the costs by workload. With several layouts, the layout is the replicate, and the figure is their geometric
/// mean with its t interval.
fn control_costs(results: &Results) -> Vec<ControlCost> {
    let walls = |workload: Workload| {
        let measurements = results.series(Series::Control).filter(move |measurement| measurement.workload == workload);
        measurements.filter_map(|measurement| Some(measurement.overhead()?.wall)).collect::<Vec<Estimate>>()
    };
    let cost = |&workload: &Workload| {
        let walls = walls(workload);
        let layouts = walls.len();
        if let [only] = walls.as_slice() {
            return Some(ControlCost { workload, cost: *only, layouts, deviation: 0.0, error: only.log_error() });
        }
        // Fewer are too few for an interval.
        if layouts < MIN_PASSES {
            return None;
        }
        let logs: Vec<f64> = walls.iter().map(|wall| wall.value.ln()).collect();
        let mean = Mean::of(&logs);
        let (low, high) = mean.interval();
        let cost = Estimate { value: mean.value.exp(), low: low.exp(), high: high.exp() };
        let squares: f64 = walls.iter().map(|wall| wall.log_error().powi(2)).sum();
        let error = (squares / layouts as f64).sqrt();
        Some(ControlCost { workload, cost, layouts, deviation: mean_and_deviation(&logs).1, error })
    };
    let mut workloads = each_once(results.series(Series::Control).map(|measurement| measurement.workload));
    workloads.sort();
    workloads.iter().filter_map(cost).collect()
}

/// Reports the number of overheads that differ between CPU time and wall time, with the largest gap.
fn processor_note(results: &Results) -> Option<String> {
    /// The smallest ratio of the two that is reported.
    const MIN_GAP: f64 = 1.05;
    let apart = |wall: Estimate, cpu: Estimate| (cpu.value / wall.value).ln().abs();
    let disagree =
        |wall: Estimate, cpu: Estimate| (wall.high < cpu.low || cpu.high < wall.low) && apart(wall, cpu) > MIN_GAP.ln();
    let disagreeing: Vec<(&Measurement, Estimate, Estimate)> = results
        .measurements
        .iter()
        .filter_map(|measurement| Some((measurement, measurement.overhead()?.wall, measurement.overhead()?.cpu?)))
        .filter(|&(_, wall, cpu)| disagree(wall, cpu))
        .collect();
    let &(measurement, wall, cpu) = disagreeing.iter().max_by(|a, b| apart(a.1, a.2).total_cmp(&apart(b.1, b.2)))?;
    let wait = if wall.value > cpu.value { "threads wait" } else { "more threads are busy" };
    Some(format!(
        "CPU and wall time disagree in {} of {} results. Largest gap: {}/{} ({} threads), {} CPU, {} wall; {wait} \
         under tracking.",
        disagreeing.len(),
        results.measurements.len(),
        measurement.workload,
        measurement.level,
        measurement.threads,
        number::ratio(cpu.value),
        number::ratio(wall.value)
    ))
}

/// Reports the precision of the figures by a clock, and whether it is the requested one.
fn precision_note(results: &Results, clock: Clock) -> Option<String> {
    let figures = || {
        let all = results.measurements.iter();
        all.filter_map(move |measurement| Some((measurement, measurement.overhead()?.by(clock)?)))
    };
    let widths = || figures().map(|(_, figure)| figure.half_width_percent()).filter(|width| width.is_finite());
    let (least, most) = (widths().min_by(f64::total_cmp)?, widths().max_by(f64::total_cmp)?);
    let reached = format!("Precision: the intervals' half-widths are {least:.1} to {most:.1} % of the figures");
    let Some(requested) = results.precision else { return Some(format!("{reached}.")) };
    let missed: Vec<String> = figures()
        .filter(|(_, figure)| !requested.is_reached_by(figure))
        .map(|(measurement, figure)| {
            format!("{}/{} (±{:.1} %)", measurement.workload, measurement.level, figure.half_width_percent())
        })
        .collect();
    Some(match missed.as_slice() {
        [] => format!("{reached}; all meet the requested ±{} %.", requested.percent),
        missed => format!(
            "{reached}; these exceed the requested ±{} % after {} s: {}.",
            requested.percent,
            requested.seconds,
            missed.join(", ")
        ),
    })
}

/// Names the remedy if the clock is too coarse for a measurement.
fn clock_note(measurement: &Measurement) -> Option<String> {
    let untimed = measurement.untimed();
    let is_lacking = measurement.failure().is_none() && measurement.overhead().is_none() && untimed > 0;
    is_lacking.then(|| {
        format!(
            "{}: the clock is too coarse at this scale: {untimed} of {} pairs show no elapsed time. Use a larger \
             --scale.",
            measurement.name(),
            measurement.pairs.len()
        )
    })
}

/// Reports the failure of a measurement, with the command that reproduces it alone.
fn failure_note(measurement: &Measurement) -> Option<String> {
    let failure = measurement.failure()?;
    let scale = Scale::new(measurement.scale)
        .ok()?
        .seeded(measurement.seed)
        .waiting(Duration::from_micros(measurement.wait_us));
    let Measurement { workload, level, threads, .. } = *measurement;
    let request = Request { workload, level, scale, threads, count: false };
    let after = match measurement.pairs.len() {
        0 => "at the trial run".to_owned(),
        pairs => format!("after {}", number::counted(pairs, "pair")),
    };
    let (failure, alone) = (text::quoted_message(&failure.to_string()), text::code(&request.command_line()));
    Some(format!("{workload}/{level} {failure} ({after}). Run it alone: {alone}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::origin::Origin;
    use crate::schedule::measurement::{Outcome, Overhead};

    #[test]
    fn the_cost_of_the_harness_is_the_mean_of_layouts_with_their_t_interval() {
        let request = Request::at(None, Workload::CYCLES, Level::Untracked, 1);
        let measurement = |(layout, log): (u32, f64)| {
            let ratio = |errors: f64| (log + 0.005 * errors).exp();
            let overhead = Overhead {
                pairs: 80,
                wall: Estimate { value: ratio(0.0), low: ratio(-1.959_964), high: ratio(1.959_964) },
                cpu: None,
                ns_per_allocation: None,
                peak_memory: None,
                page_faults: None,
                kernel_share: None,
                untracked_ns: 1e7,
            };
            let outcome = Outcome::Measured(overhead);
            Measurement { layout: Some(layout), outcome, ..Measurement::new(Series::Control, &request) }
        };
        let logs = [0.0, 0.02].repeat(3);
        let mut results = Results::begin(Origin::here("memscope-bench measure --control --layouts 6".to_owned()));
        results.measurements = (1..).zip(logs).map(measurement).collect();
        let [cost] = &control_costs(&results)[..] else { panic!("one workload") };
        // The layouts deviate by 0.01 · √(6 ÷ 5), and t(5) = 2.570582.
        let deviation = 0.01 * 1.2_f64.sqrt();
        let wanted = [-1.0, 0.0, 1.0].map(|side| 0.01 + side * 2.570_582 * deviation / 6.0_f64.sqrt());
        let found = [cost.cost.low, cost.cost.value, cost.cost.high].map(f64::ln);
        assert!(found.iter().zip(wanted).all(|(found, wanted)| (found - wanted).abs() < 1e-6), "{found:?} {wanted:?}");
        assert!((cost.deviation - deviation).abs() < 1e-9 && (cost.error - 0.005).abs() < 1e-6);
        results.measurements.pop();
        assert_eq!(control_costs(&results).len(), 0, "five layouts are too few");
    }
}
