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

/// The rates of the sentences, if the workloads cover them: for programs that hardly allocate, that allocate often, and
/// that do little else.
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
        "Under {}, overheads range from {} to {}, depending on the program.",
        curve.level,
        in_words(least),
        in_words(most)
    )
}

/// Returns the answer of a curve in sentences.
fn sentences(curve: &Curve) -> Vec<String> {
    let held_out = curve.held_out();
    let limits = match curve.held_out_as_limits() {
        0 => String::new(),
        limits => format!(", {limits} of them as limits, because their costs are not significant"),
    };
    let brackets = format!(
        "The brackets contain another program in 95 % of cases. Of the workloads here, {} of {} lie within them when \
         the curve of {} is fitted without them{limits}{}.",
        held_out.part,
        held_out.of,
        curve.events.name(),
        outside(curve)
    );
    [at_rates(curve), brackets].into_iter().chain(typical(curve)).collect()
}

/// Returns the costs of programs at a few rates. The curve shows nothing beyond the rates of the workloads.
fn at_rates(curve: &Curve) -> String {
    let (lowest, highest) = curve.rates();
    let within: Vec<f64> = RATES.into_iter().filter(|rate| (lowest..=highest).contains(rate)).collect();
    let rates = if within.is_empty() { vec![lowest, highest] } else { within };
    let shown = |rate: f64| if rate.fract() == 0.0 { number::grouped(rate as u64) } else { number::amount(rate) };
    let costs = rates.into_iter().enumerate().map(|(place, rate)| {
        let (number, cost) = (shown(rate), change(curve.at(rate)));
        let events = if rate == 1.0 { curve.events.one() } else { curve.events.name() };
        match place {
            0 => format!("a program with {number} {events} per millisecond of untracked CPU time pays about {cost}"),
            _ => format!("one with {number} pays {cost}"),
        }
    });
    format!("Under {}, {}.", curve.level, number::list(&costs.collect::<Vec<_>>()))
}

/// Compares the typical cost of an event in the real programs with the cost in the stress workloads. A single cost is
/// not typical.
fn typical(curve: &Curve) -> Option<String> {
    let of = |is_program: bool| {
        let all = curve.points.iter().filter(|point| point.workload.is_program() == is_program).count();
        let costs: Vec<f64> = curve.costs(is_program).collect();
        let typical = geometric_mean(costs.iter().copied()).filter(|_| costs.len() > 1)?;
        Some((number::time(typical), costs.len(), all))
    };
    let ((programs, of_programs, all_programs), (stress, of_stress, all_stress)) = (of(true)?, of(false)?);
    let basis = if (of_programs, of_stress) == (all_programs, all_stress) {
        String::new()
    } else {
        format!(
            ", over the {of_programs} of {all_programs} and the {of_stress} of {all_stress} with a significant cost: \
             over all of them, the cost is lower"
        )
    };
    Some(format!(
        "Under {}, {} typically costs {programs} in the real programs and {stress} in the stress workloads{basis}.",
        curve.level,
        article(curve.events.one())
    ))
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
    columns.push(left("outside").off_terminal());
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
        "{} of {} features explain {} of the differences between {} workloads.",
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
            "No workload is redundant: the nearest two, {one} and {other}, are {} apart; errors alone account for {}.",
            number::decimal(distance, 2),
            number::decimal(threshold, 2)
        ),
        (pairs, _) => {
            format!("Alike within their errors, so one of the two may be redundant: {}.", number::list(pairs))
        }
    };
    vec![dimensions, redundant]
}

fn components(likeness: &Likeness) -> Table {
    /// The number of features that are named for a component.
    const NAMED: usize = 3;
    let Likeness { features, components, .. } = likeness;
    let mut table = Table::new([left("component"), right("explains"), left("main features")]);
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
    lines.extend(lacking.map(|level| format!("{level} has no curve: its cost is significant on too few workloads.")));
    lines.push(
        "per ms: allocations per millisecond of untracked CPU time, over all threads. Overheads are by CPU time; by \
         wall time, a program that waits has lower ones."
            .to_owned(),
    );
    if !curves.is_empty() {
        lines.push(
            "The curve: overhead = 1 + rate × cost of an event, where the cost is log-normal. A cost that is not \
             significant counts as an upper limit, which lies within a band that it reaches. The fitted slope is a \
             check: it is 1 if the cost is fixed."
                .to_owned(),
        );
    }
    if curves.iter().any(|curve| curve.events == Events::NamedValues) {
        lines.push("Variable tracking records named values, so its axis is their rate.".to_owned());
    }
    if has_likeness {
        lines.push(
            "Alike: nearer, in the space of the components, than a distance that equal workloads exceed by errors alone \
             in at most 5 % of cases. Wider errors make more workloads alike. Distances are in standard deviations of \
             the features."
                .to_owned(),
        );
    }
    let measurements = programs.measurements.clone();
    let results = Results { measurements, ..Results::begin(programs.origin.clone()) };
    lines.extend(overhead::summary::notes_by_cpu(&results));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::programs::curve::tests::curve_of;

    const STRESS: [&str; 8] =
        ["structures", "hierarchies", "concurrent", "processing", "fragmentation", "cycles", "mixed", "leaks"];
    const PROGRAMS: [&str; 8] = ["parser", "json", "regex", "markdown", "http", "pipeline", "wordcount", "fft"];

    #[test]
    fn rates_beyond_those_of_the_workloads_are_not_extrapolated() {
        let said = |rates: &[f64]| {
            let workloads: Vec<_> = STRESS.into_iter().zip(rates).map(|(name, &rate)| (name, rate, 1e3)).collect();
            at_rates(&curve_of(&workloads))
        };
        let usual = said(&[30.0, 100.0, 300.0, 3e3, 1e4, 2e4]);
        assert!(usual.starts_with("Under full, a program with 100 allocations per millisecond"), "{usual}");
        assert!(usual.contains(" and one with 10,000 pays ×11.0 "), "{usual}");
        let few = said(&[0.5, 8.0, 20.0, 90.0, 200.0]);
        assert!(few.contains("with 1 allocation per") && few.contains("one with 100 pays"), "{few}");
        assert!(!few.contains("10,000"), "{few}");
        let between = said(&[150.0, 200.0, 400.0, 5e3]);
        assert!(between.contains("with 150 allocations per") && between.contains("one with 5,000 pays"), "{between}");
    }

    #[test]
    fn a_limit_does_not_count_as_within_the_curve() {
        let costs = [1_250.0, 800.0, 1e3, 1_250.0, 800.0, 1e3];
        let rates = [30.0, 100.0, 300.0, 1e3, 3e3, 1e4];
        let known = STRESS.into_iter().zip(rates.into_iter().zip(costs));
        let mut workloads: Vec<_> = known.map(|(name, (rate, ns))| (name, rate, ns)).collect();
        let brackets = |workloads: &[(&str, f64, f64)]| sentences(&curve_of(workloads))[1].clone();
        let known = brackets(&workloads);
        assert!(known.contains("6 of 6 lie within them when the curve of allocations is fitted without"), "{known}");
        workloads.push(("leaks", 2.0, 1e3));
        let limited = brackets(&workloads);
        assert!(limited.contains("7 of 7 lie") && limited.contains(", 1 of them as limits, because"), "{limited}");
    }

    #[test]
    fn a_typical_cost_names_the_programs_that_it_leaves_out() {
        let names = STRESS.into_iter().chain(PROGRAMS);
        let workload = |(place, name): (usize, &'static str)| (name, 100.0 + place as f64, 1e3);
        let mut workloads: Vec<_> = names.enumerate().map(workload).collect();
        let said = typical(&curve_of(&workloads)).expect("eight of each");
        assert!(said.contains(" typically costs 1") && !said.contains("significant"), "{said}");
        // A cost of a hundredth of a nanosecond is not significant.
        workloads[8..14].iter_mut().for_each(|(_, _, ns)| *ns = 0.01);
        let said = typical(&curve_of(&workloads)).expect("two programs and eight stress workloads");
        assert!(said.contains(", over the 2 of 8 and the 8 of 8 with a significant cost"), "{said}");
        workloads[14].2 = 0.01;
        assert_eq!(typical(&curve_of(&workloads)), None, "one program is not typical");
    }
}
