//! The report: answers in sentences, the workloads by allocation rate, the curves, and the likeness of workloads.

use super::Programs;
use super::curve::{Curve, Point};
use super::likeness::{Likeness, Pairing};
use super::profile::Events;
use crate::report::document::{Column, Document, Table, left, right};
use crate::report::number;
use crate::stats::estimate::Estimate;
use crate::stats::mean::geometric_mean;
use crate::study::overhead;
use crate::study::overhead::record::Results;
use crate::study::overhead::summary::cpu_in_words;
use crate::workloads::Workload;

/// The rates of the sentences: for programs that hardly allocate, that allocate often, and that do little else.
const RATES: [f64; 3] = [1.0, 100.0, 10_000.0];

/// Returns the report.
pub(super) fn summary(programs: &Programs) -> Document {
    let (curves, likeness) = (programs.curves(), programs.likeness());
    let mut document = Document::default();
    document.heading(format!("For whom? {} {}", programs.origin.memscope.name, programs.origin.memscope.version));
    // The last level records most, and a page shows only the first sentences.
    document.notes(curves.last().map(range).into_iter().chain(curves.iter().rev().flat_map(sentences)).collect());
    document.table(workloads(programs, &curves));
    if !curves.is_empty() {
        document.heading("The curves");
        document.table(table_of_curves(&curves));
    }
    if let Some(likeness) = &likeness {
        document.heading("Which workloads are alike?");
        document.notes(redundancy(likeness));
        document.table(components(likeness));
        document.table(neighbours(likeness));
    }
    document.notes(notes(programs, &curves, likeness.is_some()));
    document
}

/// Reports the range of the overheads, with the rate at either end.
fn range(curve: &Curve) -> String {
    let by_overhead = |a: &&Point, b: &&Point| a.overhead.value.total_cmp(&b.overhead.value);
    let in_words = |point: Option<&Point>| {
        let Some(Point { workload, rate, overhead, .. }) = point else { return String::new() };
        format!(
            "{} ({workload}, {} {} per millisecond)",
            number::overhead(*overhead),
            number::amount(*rate),
            curve.events.name()
        )
    };
    let (least, most) = (curve.points.iter().min_by(by_overhead), curve.points.iter().max_by(by_overhead));
    format!(
        "Under {}, tracking adds from {} to {}: which of them is right depends on the program.",
        curve.level,
        in_words(least),
        in_words(most)
    )
}

/// Returns the answer of a curve in sentences.
fn sentences(curve: &Curve) -> Vec<String> {
    let Curve { level, events, .. } = curve;
    let (name, one) = (events.name(), events.one());
    let [few, some, many] = RATES.map(|rate| change(curve.at(rate)));
    let held_out = curve.held_out();
    let mut sentences = vec![
        format!(
            "Under {level}, a program with 1 {one} per millisecond of untracked CPU time costs about {few}, one with \
             100 costs {some}, and one with 10,000 costs {many}."
        ),
        format!(
            "The brackets are where another program lies in 95 % of cases. Of the workloads here, {} of {} lie there \
             when the curve of {name} is fitted without them{}.",
            held_out.part,
            held_out.of,
            outside(curve)
        ),
    ];
    let typical = |is_program: bool| geometric_mean(curve.costs(is_program)).map(number::time);
    if let (Some(programs), Some(stress)) = (typical(true), typical(false)) {
        sentences.push(format!(
            "Under {level}, {} costs the real programs a typical {programs}, and the stress workloads {stress}.",
            article(one)
        ));
    }
    sentences
}

/// Formats a change to three digits, even if it is small: `+0.03 % [0.01, 0.17]` below twice, `×4.30 [4.20, 4.40]`
/// above.
fn change(Estimate { value, low, high }: Estimate) -> String {
    let percent = |ratio: f64| number::amount((ratio - 1.0) * 100.0);
    if value < 2.0 {
        format!("+{} % [{}, {}]", percent(value), percent(low), percent(high))
    } else {
        number::change(Estimate { value, low, high })
    }
}

fn article(noun: &str) -> String {
    format!("{} {noun}", if noun.starts_with('a') { "an" } else { "a" })
}

/// Names the workloads outside of the curve of the others.
fn outside(curve: &Curve) -> String {
    let outside = curve.points.iter().filter(|point| point.lies_within == Some(false));
    let names: Vec<String> = outside.map(|point| point.workload.to_string()).collect();
    if names.is_empty() { String::new() } else { format!("; outside: {}", number::list(&names)) }
}

/// Returns the table of workloads, in ascending order of allocation rate.
fn workloads(programs: &Programs, curves: &[Curve]) -> Table {
    let levels = programs.levels();
    let mut columns: Vec<Column> = vec![
        left("workload"),
        left("kind").off_terminal(),
        right("CPU time"),
        right("allocations").short("allocs"),
        right("per ms"),
    ];
    columns.extend(levels.iter().map(|level| left(level.to_string())));
    columns.push(left("outside of").off_terminal());
    let mut table = Table::new(columns);
    let mut profiles = programs.profiles();
    profiles.sort_by(|a, b| a.allocation_rate().total_cmp(&b.allocation_rate()));
    for profile in &profiles {
        let workload = profile.workload;
        let outside = curves.iter().filter(|curve| {
            curve.points.iter().any(|point| point.workload == workload && point.lies_within == Some(false))
        });
        let outside: Vec<String> = outside.map(|curve| curve.level.to_string()).collect();
        let mut row = vec![
            workload.to_string(),
            kind(workload).to_owned(),
            number::time(profile.cpu_ns.value),
            number::short_count(profile.truth.allocations as f64),
            number::amount(profile.allocation_rate()),
        ];
        row.extend(levels.iter().map(|&level| profile.under(level).map(cpu_in_words).unwrap_or_default()));
        row.push(outside.join(", "));
        table.row(row);
    }
    table
}

fn kind(workload: Workload) -> &'static str {
    if workload.is_program() { "program" } else { "stress" }
}

fn table_of_curves(curves: &[Curve]) -> Table {
    let mut table = Table::new([
        left("level"),
        left("axis").off_terminal(),
        left("cost of an event [95 % of programs]").short("cost of an event"),
        left("fitted slope [95 %]").short("fitted slope"),
        right("lie within the others' curve").short("within"),
    ]);
    for curve in curves {
        let held_out = curve.held_out();
        table.row([
            curve.level.to_string(),
            format!("{} per millisecond", curve.events.name()),
            number::time_interval(curve.cost()),
            curve.fitted_slope.map_or_else(|| "unknown".to_owned(), slope),
            format!("{} of {}", held_out.part, held_out.of),
        ]);
    }
    table
}

fn slope(Estimate { value, low, high }: Estimate) -> String {
    let [value, low, high] = [value, low, high].map(|slope| number::decimal(slope, 2));
    format!("{value} [{low}, {high}]")
}

/// Reports which workloads are redundant.
fn redundancy(likeness: &Likeness) -> Vec<String> {
    let Likeness { workloads, features, components } = likeness;
    let explained: f64 = components.shares.iter().sum();
    let dimensions = format!(
        "{} of {} features explain {} of what distinguishes {} workloads.",
        number::counted(components.shares.len(), "principal component"),
        features.len(),
        number::share(explained),
        workloads.len()
    );
    let pairs: Vec<String> =
        likeness.redundant().iter().map(|Pairing { one, other, .. }| format!("{one} and {other}")).collect();
    let nearest = likeness.nearest().min_by(|a, b| a.distance.total_cmp(&b.distance));
    let redundant = match (pairs.as_slice(), nearest) {
        ([], Some(Pairing { one, other, distance, threshold })) => format!(
            "No workload is redundant: the nearest two, {one} and {other}, are {} apart, and errors alone reach {}.",
            number::decimal(distance, 2),
            number::decimal(threshold, 2)
        ),
        (pairs, _) => format!("Alike, so one of the two is redundant: {}.", number::list(pairs)),
    };
    vec![dimensions, redundant]
}

fn components(likeness: &Likeness) -> Table {
    /// The number of features that are named for a component.
    const NAMED: usize = 3;
    let Likeness { features, components, .. } = likeness;
    let mut table = Table::new([left("component"), right("explains"), left("made of")]);
    for (place, (share, weights)) in components.shares.iter().zip(&components.weights).enumerate() {
        let mut strongest: Vec<(&String, f64)> = features.iter().zip(weights.iter().copied()).collect();
        strongest.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
        let named = strongest.iter().take(NAMED);
        let named: Vec<String> =
            named.map(|(name, weight)| format!("{name} ({})", number::signed(*weight, 2))).collect();
        table.row([(place + 1).to_string(), number::share(*share), named.join(", ")]);
    }
    table
}

/// Returns the table of each workload's coordinates and its nearest other one.
fn neighbours(likeness: &Likeness) -> Table {
    let count = likeness.components.shares.len();
    let mut columns = vec![left("workload")];
    columns.extend((1..=count).map(|component| right(component.to_string()).off_terminal()));
    columns.extend([left("nearest"), right("distance"), right("by errors alone").short("by errors")]);
    let mut table = Table::new(columns);
    for (place, Pairing { one, other, distance, threshold }) in likeness.nearest().enumerate() {
        let mut row = vec![one.to_string()];
        row.extend(likeness.components.place(place).iter().map(|&place| number::signed(place, 2)));
        row.extend([other.to_string(), number::decimal(distance, 2), number::decimal(threshold, 2)]);
        table.row(row);
    }
    table
}

fn notes(programs: &Programs, curves: &[Curve], has_likeness: bool) -> Vec<String> {
    let counted = programs.counts.iter();
    let failed = counted.filter_map(|counted| Some((counted.workload, counted.failure.as_ref()?)));
    let mut lines: Vec<String> =
        failed.map(|(workload, failure)| format!("{workload}: counted, it {failure}.")).collect();
    let lacking = programs.levels().into_iter().filter(|level| !curves.iter().any(|curve| curve.level == *level));
    lines.extend(lacking.map(|level| format!("{level} has no curve: on too few workloads is its cost significant.")));
    lines.push(
        "per ms: allocations in a millisecond of untracked CPU time, over all threads. Overheads are by CPU \
         time: a program that waits sees less of them by wall time."
            .to_owned(),
    );
    if !curves.is_empty() {
        lines.push(
            "The curve: overhead = 1 + rate × cost of an event, where the cost's logarithm is normal. A cost that is \
             not significant counts as a limit. The fitted slope is a check: with a fixed cost it is 1."
                .to_owned(),
        );
    }
    if curves.iter().any(|curve| curve.events == Events::NamedValues) {
        lines.push("Variable tracking records named values, so its axis is their rate.".to_owned());
    }
    if has_likeness {
        lines.push(
            "Alike: two workloads are so near in the space of the components that the errors of their features reach \
             that distance in 5 % of cases. Distances are in standard deviations of the features."
                .to_owned(),
        );
    }
    let measurements = programs.measurements.clone();
    let results = Results { measurements, ..Results::begin(programs.origin.clone()) };
    lines.extend(overhead::summary::notes(&results));
    lines
}
