//! The answers in sentences: which mode to choose for each purpose, and which modes do not work as documented.

use super::Modes;
use super::mode::Mode;
use crate::platform::text;
use crate::report::number;
use crate::stats::estimate::Estimate;
use crate::stats::share::Share;
use crate::tracking::{Level, RecordingKind};

/// Returns the sentences, the choices first.
pub(super) fn sentences(modes: &Modes) -> Vec<String> {
    let all = modes.modes();
    let mut lines = vec![
        choice("To see every allocation with its free", &all, |mode| mode.sees_everything()),
        choice("To see every named value", &all, |mode| mode.sees_every_name()),
        choice("The cheapest that records anything", &all, |mode| mode.sees().is_some_and(|sees| sees > 0.0)),
    ];
    lines.extend(nothing(&all));
    lines.extend(all.iter().filter_map(rate));
    lines.extend(all.iter().filter_map(frees));
    lines.extend(all.iter().filter_map(|mode| tasks(mode, mode.planted?.tasks?)));
    lines.extend(all.iter().filter_map(idle));
    lines.extend(lacking(&all));
    lines
}

/// Names the cheapest mode with an ability. Only modes with the same untracked sample are compared.
fn choice(wish: &str, all: &[Mode], does: impl Fn(&Mode) -> bool) -> String {
    let is_comparable = |mode: &&Mode| mode.level.baseline() == Level::Untracked;
    let fits = all.iter().filter(is_comparable).filter(|mode| does(mode));
    let best = fits.filter_map(|mode| Some((mode, mode.cost()?))).min_by(|a, b| a.1.total_cmp(&b.1));
    let Some((mode, _)) = best else { return format!("{wish}: no mode that was measured.") };
    format!("{wish}: {}, {}.", code(mode), costs(mode))
}

/// Returns the costs of a mode in words, without intervals: `×3.10 on cycles, n.s. on concurrent in CPU time`.
fn costs(mode: &Mode) -> String {
    let shown = |cost: Estimate| if cost.contains_one() { "n.s.".to_owned() } else { number::ratio(cost.value) };
    let cost = |(workload, cost): (_, Estimate)| format!("{} on {workload}", shown(cost));
    let measured = mode.measurements.iter();
    let costs = measured.filter_map(|measurement| Some((measurement.workload, measurement.overhead()?.cpu?)));
    format!("{} in CPU time", costs.map(cost).collect::<Vec<_>>().join(", "))
}

/// Lists the modes that record nothing, whose cost is meaningless.
fn nothing(all: &[Mode]) -> Option<String> {
    let modes: Vec<String> = all.iter().filter(|mode| mode.records_nothing()).map(code).collect();
    let (verb, they) = if modes.len() == 1 { ("records", "it is") } else { ("record", "they are") };
    (!modes.is_empty()).then(|| format!("{} {verb} nothing: {they} cheap because of that.", modes.join(", ")))
}

/// Compares the rate of a mode that samples with the documented rate.
fn rate(mode: &Mode) -> Option<String> {
    let (rate, promised) = mode.rate()?;
    let is_of_events = mode.level.records() == RecordingKind::Samples;
    let what = if is_of_events { "allocations" } else { "named values" };
    let [value, low, high] = [rate.value, rate.low, rate.high].map(|part| number::decimal(part, 2));
    let verdict = if rate.value >= 100.0 {
        "it does not sample".to_owned()
    } else if rate.low <= promised && promised <= rate.high {
        "no bias is significant".to_owned()
    } else {
        format!("a bias of {} %", number::percent(rate.value / promised))
    };
    let promised = number::decimal(promised, 0);
    Some(format!(
        "{} records {value} % [{low}, {high}] of the {what}, and promises {promised} %: {verdict}.",
        code(mode)
    ))
}

/// Reports frees that are missing.
fn frees(mode: &Mode) -> Option<String> {
    let planted = mode.planted?;
    let frees = planted.frees?;
    let missing = frees.happened.saturating_sub(frees.recorded);
    (missing > 0 && frees.recorded > 0).then(|| {
        format!(
            "{} misses {} of {} frees; {} were of blocks that another thread had allocated.",
            code(mode),
            number::grouped(missing),
            number::grouped(frees.happened),
            number::grouped(planted.handed_over)
        )
    })
}

/// Reports allocations that are attributed to the wrong task, or to none.
fn tasks(mode: &Mode, right: Share) -> Option<String> {
    (right.part < right.of)
        .then(|| format!("{} attributes {} of {} values to the right task.", code(mode), right.part, right.of))
}

/// Reports the cost of a thread while the program sleeps.
fn idle(mode: &Mode) -> Option<String> {
    let idle = mode.planted?.idle?;
    let percent = number::decimal(idle * 100.0, 2);
    Some(format!("{} keeps a thread, which takes {percent} % of a core while the program sleeps.", code(mode)))
}

/// Lists the modes that the version or the build lacks, by reason.
fn lacking(all: &[Mode]) -> Vec<String> {
    let lacks = all.iter().filter_map(|mode| Some((code(mode), mode.lack()?)));
    // The worker names the build first, which the page already does.
    let reason = |why: &str| text::said(why.rsplit_once("cannot do that: ").map_or(why, |(_, reason)| reason));
    lacks.map(|(mode, why)| format!("{mode} is unsupported: {}.", reason(why))).collect()
}

fn code(mode: &Mode) -> String {
    text::code(&mode.level.to_string())
}
