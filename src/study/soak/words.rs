//! The sentences about a soak.

use crate::platform::text;
use crate::report::number;
use crate::stats::estimate::Estimate;
use crate::stats::growth_class::{GrowthClass, GrowthFit, POWERS};
use crate::study::soak::growth::{Growth, Quantity};
use crate::study::soak::plan::Plan;
use crate::study::soak::record::Soak;
use crate::worker::failure::Failure;
use crate::worker::tasks::soak::Stop;

/// The maximum number of events in a sentence, in multiples of the measured ones.
const FARTHEST: f64 = 100.0;

/// The class of a figure that may have grown.
const UNDECIDED: &str = "no growth found";

/// A gibibyte.
const GIBIBYTE: f64 = (1_u64 << 30) as f64;

/// Returns the sentences on one level: the growth of its cost and of its memory, and the reason for an early end.
pub(super) fn sentences(soak: &Soak, plan: &Plan) -> Vec<String> {
    let growth = |quantity: Quantity| soak.growths.iter().find(|growth| growth.quantity == quantity);
    let cost = [Quantity::CpuTime, Quantity::Instructions].into_iter().filter_map(growth).filter_map(cost);
    let memory = growth(Quantity::KeptBytes).or_else(|| growth(Quantity::Resident)).and_then(memory);
    let all = cost.chain(memory).chain(ended(soak, plan));
    all.map(|sentence| format!("{}: {sentence}.", soak.level())).collect()
}

/// Returns the sentence on the cost of an event; `None` if there are too few checkpoints.
fn cost(growth: &Growth) -> Option<String> {
    let fit = growth.fit?;
    if fit.class == GrowthClass::Flat {
        return Some(flat(growth, fit.early));
    }
    let figure = |figure: f64| growth.quantity.format(figure - growth.base);
    let early = fit.early - growth.base;
    let twice = growth.reaches(2.0 * early).filter(|&twice| early > 0.0 && twice <= FARTHEST * fit.to);
    let twice = match (twice, fit.class) {
        (None, _) => String::new(),
        (Some(twice), GrowthClass::Linear) => format!(
            "; it doubles by {} events, and adds as much again every {} events",
            number::short_count(twice),
            number::short_count(twice - fit.from)
        ),
        (Some(twice), _) => format!("; it doubles by {} events", number::short_count(twice)),
    };
    Some(format!(
        "{}: {} ({}), {} at {} events, {} at {}{twice}",
        growth.quantity,
        class(growth),
        fit.power.map_or(String::new(), |of| format!("power {}", power(of))),
        figure(fit.early),
        number::short_count(growth.points.first().map_or(0.0, |point| point.0 as f64)),
        figure(fit.late),
        number::short_count(growth.reached() as f64),
    ))
}

/// Returns the sentence on memory; `None` if there are too few checkpoints.
fn memory(growth: &Growth) -> Option<String> {
    let fit = growth.fit?;
    if fit.class == GrowthClass::Flat {
        return Some(flat(growth, fit.early));
    }
    let each = match fit.class {
        GrowthClass::Linear => {
            let each = (fit.late - fit.early) / (fit.to - fit.from);
            format!(", {} B per event", number::decimal(each, 1))
        }
        _ => String::new(),
    };
    let gibibyte = growth.reaches(GIBIBYTE).filter(|&at| at <= FARTHEST * fit.to);
    let gibibyte = gibibyte.map_or(String::new(), |at| {
        let reaches = if at <= fit.to { "has reached" } else { "reaches" };
        format!("; it {reaches} 1 GiB at {} events", number::short_count(at))
    });
    Some(format!(
        "{}: {}{each}, {} after {} events{gibibyte}",
        growth.quantity,
        class(growth),
        number::bytes(fit.late - growth.base),
        number::short_count(growth.reached() as f64)
    ))
}

/// Returns the sentence on a figure of which no growth was found.
fn flat(growth: &Growth, whole: f64) -> String {
    let figure = (whole - growth.base).max(0.0);
    // There is no part of a byte.
    let figure = growth.quantity.format(if growth.quantity.is_memory() { figure.round() } else { figure });
    let reached = number::short_count(growth.reached() as f64);
    format!("{}: {} up to {reached} events, at {figure}", growth.quantity, class(growth))
}

/// Returns the reason why a level did not reach its last event; `None` if it did.
fn ended(soak: &Soak, plan: &Plan) -> Option<String> {
    match soak.failure() {
        Some(failure @ Failure::Unsupported { .. }) => return Some(text::quoted_message(&failure.to_string())),
        Some(failure) => {
            let reached = number::short_count(soak.reached() as f64);
            return Some(format!(
                "{} (the last checkpoint is at {reached} events)",
                text::quoted_message(&failure.to_string())
            ));
        }
        None => {}
    }
    let end = soak.end()?;
    let limit = match end.stopped {
        Stop::Events => return None,
        Stop::Time => {
            format!("its time of {} s ran out", number::decimal(plan.limit_ms as f64 / 1e3, 1).trim_end_matches(".0"))
        }
        Stop::Memory => format!("it had more than {} of resident memory", number::bytes(plan.memory_bytes as f64)),
    };
    Some(format!("ended after {} events: {limit}", number::short_count(end.events as f64)))
}

/// Returns the class, and another one that is as likely: `linear or quadratic`. A figure is only called flat if growth
/// that matters is excluded.
pub(crate) fn class(growth: &Growth) -> String {
    let Some(fit) = growth.fit else { return "too few checkpoints".to_owned() };
    if growth.is_undecided() {
        return UNDECIDED.to_owned();
    }
    let class = fit.or.map_or_else(|| fit.class.to_string(), |or| format!("{} or {or}", fit.class));
    // One pair does not distinguish a growing time from a machine that slows down.
    let may_be_the_machine = growth.is_of_one_pair() && !growth.quantity.is_memory();
    if may_be_the_machine && fit.class != GrowthClass::Flat { format!("{class} in one pair") } else { class }
}

/// Returns the exponent of a growth with its interval: the power of what grows, and the slope of what does not.
pub(super) fn exponent(fit: &GrowthFit) -> String {
    fit.power.map_or_else(|| interval(fit.slope, ["", ""]), power)
}

/// Returns a power with its interval: `1.02 [0.97, 1.08]`. An end is marked where no other power was tried beyond it.
fn power(power: Estimate) -> String {
    let mark = |is_last: bool, mark| if is_last { mark } else { "" };
    interval(power, [mark(power.low <= POWERS.0, "≤"), mark(power.high >= POWERS.1, "≥")])
}

/// Returns an exponent with its interval, each of whose ends has a mark.
fn interval(exponent: Estimate, [below, above]: [&str; 2]) -> String {
    let [value, low, high] = [exponent.value, exponent.low, exponent.high].map(|part| number::decimal(part, 2));
    format!("{value} [{below}{low}, {above}{high}]")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::growth_class::growth_fit;

    fn growth(quantity: Quantity, base: f64, figure: impl Fn(f64) -> f64) -> Growth {
        let events = (0..=18).map(|step| (1e4 * 10_f64.powf(f64::from(step) / 6.0)).round());
        let points: Vec<(u64, f64)> = events.map(|events| (events as u64, figure(events))).collect();
        let whole: Vec<(f64, f64)> = points.iter().map(|&(events, figure)| (events as f64, figure + base)).collect();
        Growth { quantity, fit: growth_fit(&whole), points, later: 0, base, each: Vec::new() }
    }

    #[test]
    fn a_cost_has_a_class_and_the_events_at_which_it_doubles() {
        let said = |figure: fn(f64) -> f64| cost(&growth(Quantity::CpuTime, 20.0, figure)).expect("19 checkpoints");
        assert_eq!(said(|_| 300.0), "CPU time of an event: flat up to 10 M events, at 300 ns");
        assert_eq!(
            said(|n| 300.0 + n * 3e-4),
            "CPU time of an event: linear (power 1.00 [1.00, 1.00]), 303 ns at 10 k events, 3.30 µs at 10 M; it \
             doubles by 1.02 M events, and adds as much again every 1.01 M events"
        );
        let quadratic = said(|n| 300.0 + n * n * 3e-10);
        assert!(quadratic.ends_with("; it doubles by 1.00 M events") && quadratic.contains("quadratic"), "{quadratic}");
        let logarithmic = said(|n| 300.0 + 20.0 * (n / 1e4).ln());
        assert!(logarithmic.contains("logarithmic (power 0.00") && !logarithmic.contains("doubled"), "{logarithmic}");
    }

    #[test]
    fn a_figure_that_varies_is_not_called_flat() {
        // Every other figure is higher by 40 %.
        let varied = |n: f64| if (n.log10() * 6.0).round() % 2.0 == 0.0 { 300.0 } else { 420.0 };
        let growth = growth(Quantity::Query, 0.0, varied);
        assert_eq!((growth.class(), class(&growth)), (Some(GrowthClass::Flat), "no growth found".to_owned()));
        let said = cost(&growth).expect("19 checkpoints");
        assert!(said.starts_with("query of the statistics: no growth found up to 10 M events, at 35"), "{said}");
    }

    #[test]
    fn growth_that_one_pair_shows_is_named_as_such() {
        let grown = growth(Quantity::CpuTime, 20.0, |n| 300.0 + n * 3e-4);
        let of = |each: Vec<Vec<(u64, f64)>>| class(&Growth { each, ..grown.clone() });
        let pair = grown.points.clone();
        assert_eq!(of(vec![pair.clone()]), "linear in one pair");
        let memory = Growth { each: vec![pair.clone()], quantity: Quantity::Resident, ..grown.clone() };
        assert_eq!(class(&memory), "linear", "memory does not depend on the machine's speed");
        assert_eq!([of(vec![pair.clone(), pair]), of(Vec::new())], ["linear", "linear"]);
        let steady = growth(Quantity::CpuTime, 20.0, |_| 300.0);
        assert_eq!(class(&Growth { each: vec![steady.points.clone()], ..steady }), "flat");
    }

    #[test]
    fn an_open_end_of_an_interval_is_shown_as_a_bound() {
        let of = |low, high| power(Estimate { value: 1.71, low, high });
        assert_eq!(of(0.55, 3.99), "1.71 [0.55, 3.99]");
        assert_eq!([of(0.55, 4.0), of(-2.0, 4.0)], ["1.71 [0.55, ≥4.00]", "1.71 [≤−2.00, ≥4.00]"]);
        // A flat cost has a slope, which may have any size.
        let flat = growth(Quantity::CpuTime, 20.0, |_| 300.0).fit.expect("19 checkpoints");
        let steep = GrowthFit { slope: Estimate { value: 0.0, low: -5.0, high: 5.0 }, ..flat };
        assert_eq!(exponent(&steep), "0.00 [−5.00, 5.00]");
    }

    #[test]
    fn memory_has_bytes_and_the_events_at_which_it_reaches_a_gibibyte() {
        let said = |figure: fn(f64) -> f64| memory(&growth(Quantity::KeptBytes, 2e6, figure)).expect("19 checkpoints");
        assert_eq!(said(|_| 0.0), "bytes kept: flat up to 10 M events, at 0 B");
        assert_eq!(
            said(|n| n * 48.0),
            "bytes kept: linear, 48.0 B per event, 458 MiB after 10 M events; it reaches 1 GiB at 22.4 M events"
        );
        assert!(said(|n| n * 480.0).ends_with("; it has reached 1 GiB at 2.24 M events"));
        assert!(!said(|n| n * 0.8).contains("GiB"), "so far away is a guess");
    }
}
