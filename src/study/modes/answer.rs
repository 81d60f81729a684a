//! The answers in sentences: which mode to choose for each purpose, and which modes do not work as documented.

use super::Modes;
use super::mode::Mode;
use crate::platform::text;
use crate::report::number;
use crate::schedule::measurement::Measurement;
use crate::stats::estimate::Estimate;
use crate::stats::share::Share;
use crate::tracking::{Level, RecordingKind};

/// Returns the sentences, the choices first.
pub(super) fn sentences(modes: &Modes) -> Vec<String> {
    let all = modes.modes();
    let mut lines = vec![
        choice(
            "To see every allocation with its free",
            &all,
            |mode| mode.is_of_events(),
            |mode| mode.sees_everything(),
        ),
        choice("To see every named value", &all, |mode| !mode.is_of_events(), |mode| mode.sees_every_name()),
        choice("The cheapest that records anything", &all, |_| true, |mode| mode.sees().is_some_and(|sees| sees > 0.0)),
    ];
    lines.extend(nothing(&all));
    lines.extend(all.iter().filter_map(rate));
    lines.extend(all.iter().filter_map(frees));
    lines.extend(all.iter().filter_map(|mode| tasks(mode, mode.planted?.tasks?)));
    lines.extend(all.iter().filter_map(idle));
    lines.extend(lacking(&all));
    lines
}

/// Names the cheapest mode of those that do something, others that cost as much within the intervals, and those that may
/// do it, but whose records are not counted. Only modes with the same untracked sample are compared.
fn choice(purpose: &str, all: &[Mode], may: impl Fn(&Mode) -> bool, does: impl Fn(&Mode) -> bool) -> String {
    let is_comparable = |mode: &&Mode| mode.level.baseline() == Level::Untracked;
    let is_unknown = |mode: &&Mode| {
        may(mode) && mode.level.records() != RecordingKind::Nothing && mode.sees().is_none() && mode.cost().is_some()
    };
    let unknown: Vec<String> = all.iter().filter(is_comparable).filter(is_unknown).map(code).collect();
    let unknown = match unknown.as_slice() {
        [] => String::new(),
        modes => format!("; not known of {}", modes.join(", ")),
    };
    let fits: Vec<&Mode> = all.iter().filter(is_comparable).filter(|mode| does(mode)).collect();
    let costly = fits.iter().filter_map(|mode| Some((*mode, mode.cost()?)));
    let Some((best, _)) = costly.min_by(|a, b| a.1.total_cmp(&b.1)) else {
        return format!("{purpose}: none of the measured modes{unknown}.");
    };
    let others = fits.iter().filter(|mode| mode.level != best.level && may_cost_as_little(mode, best));
    let others: Vec<String> = others.map(|mode| code(mode)).collect();
    let others = match others.as_slice() {
        [] => String::new(),
        others => format!("; no costlier within the intervals: {}", others.join(", ")),
    };
    format!("{purpose}: {}, {}{others}{unknown}.", code(best), costs(best))
}

/// Returns whether the intervals of a mode reach down to those of another one on each workload.
fn may_cost_as_little(mode: &Mode, as_another: &Mode) -> bool {
    as_another.measurements.iter().all(|other| {
        let cost = |measurement: &Measurement| measurement.overhead()?.cpu;
        let own = mode.measurements.iter().find(|measurement| measurement.workload == other.workload);
        own.and_then(|own| cost(own)).zip(cost(other)).is_some_and(|(own, other)| own.low <= other.high)
    })
}

/// Returns the costs of a mode in words, without intervals: `×3.10 on cycles, n.s. on concurrent in CPU time`.
fn costs(mode: &Mode) -> String {
    let cost = |(workload, cost): (_, Estimate)| format!("{} on {workload}", number::significant(cost));
    let measured = mode.measurements.iter();
    let costs = measured.filter_map(|measurement| Some((measurement.workload, measurement.overhead()?.cpu?)));
    format!("{} in CPU time", costs.map(cost).collect::<Vec<_>>().join(", "))
}

/// Lists the modes that record nothing, whose cost is meaningless.
fn nothing(all: &[Mode]) -> Option<String> {
    let modes: Vec<String> = all.iter().filter(|mode| mode.records_nothing()).map(code).collect();
    let (verb, they) = if modes.len() == 1 { ("records", "it is") } else { ("record", "they are") };
    (!modes.is_empty()).then(|| format!("{} {verb} nothing, which is why {they} cheap.", modes.join(", ")))
}

/// Compares the rate of a mode that samples with the rate that it is set to.
fn rate(mode: &Mode) -> Option<String> {
    let (rate, set_to) = mode.rate()?;
    let is_of_events = mode.level.records() == RecordingKind::Samples;
    let what = if is_of_events { "allocations" } else { "named values" };
    let [value, low, high] = [rate.value, rate.low, rate.high].map(|part| number::decimal(part, 2));
    let verdict = if rate.value >= 100.0 {
        "it does not sample".to_owned()
    } else if rate.low <= set_to && set_to <= rate.high {
        "no bias is significant".to_owned()
    } else {
        format!("a bias of {} %", number::percent(rate.value / set_to))
    };
    let set_to = number::decimal(set_to, 0);
    Some(format!(
        "{} records {value} % [{low}, {high}] of the {what}, and is set to {set_to} %: {verdict}.",
        code(mode)
    ))
}

/// Reports frees that are missing.
fn frees(mode: &Mode) -> Option<String> {
    let planted = mode.planted?;
    let frees = planted.frees?;
    let missing = frees.happened.saturating_sub(frees.recorded);
    (missing > 0 && frees.recorded > 0).then(|| {
        // With fewer, it recorded some of them.
        let handed_over = match planted.handed_over {
            blocks if blocks > 0 && blocks <= missing => {
                format!("; {} were of blocks that another thread had allocated", number::grouped(blocks))
            }
            _ => String::new(),
        };
        let (missing, happened) = (number::grouped(missing), number::grouped(frees.happened));
        format!("{} misses {missing} of {happened} frees{handed_over}.", code(mode))
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
    Some(format!("{} runs a thread, which uses {percent} % of a core while the program sleeps.", code(mode)))
}

/// Lists the modes that the version or the build lacks, by reason.
fn lacking(all: &[Mode]) -> Vec<String> {
    let mut by_reason: Vec<(&str, Vec<String>)> = Vec::new();
    for (mode, why) in all.iter().filter_map(|mode| Some((mode, mode.lack()?))) {
        // The worker names the build first, which the page already does.
        let reason = why.rsplit_once("cannot do that: ").map_or(why, |(_, reason)| reason);
        match by_reason.iter_mut().find(|(other, _)| *other == reason) {
            Some((_, modes)) => modes.push(code(mode)),
            None => by_reason.push((reason, vec![code(mode)])),
        }
    }
    let sentence = |(reason, modes): (&str, Vec<String>)| {
        let verb = if modes.len() == 1 { "is" } else { "are" };
        format!("{} {verb} unsupported: {}.", modes.join(", "), text::quoted_message(reason))
    };
    by_reason.into_iter().map(sentence).collect()
}

fn code(mode: &Mode) -> String {
    text::code(&mode.level.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::measurement::{Outcome, Overhead, Series};
    use crate::worker::failure::Failure;
    use crate::worker::probe::Request;
    use crate::workloads::Workload;

    /// Returns a measurement with this overhead, give or take 0.2.
    fn measured(workload: Workload, level: Level, value: f64) -> Measurement {
        let cost = Estimate { value, low: value - 0.2, high: value + 0.2 };
        let overhead = Overhead {
            pairs: 60,
            wall: cost,
            cpu: Some(cost),
            ns_per_allocation: None,
            peak_memory: None,
            page_faults: None,
            kernel_share: None,
            untracked_ns: 1e7,
        };
        let request = Request::at(None, workload, level, 1);
        Measurement { outcome: Outcome::Measured(overhead), ..Measurement::new(Series::Overhead, &request) }
    }

    #[test]
    fn a_choice_names_modes_of_equal_cost_within_the_intervals() {
        let (cycles, leaks) = (Workload::CYCLES, Workload::LEAKS);
        let all = [
            [measured(cycles, Level::Allocator, 6.0), measured(leaks, Level::Allocator, 8.0)],
            [measured(cycles, Level::Full, 6.1), measured(leaks, Level::Full, 8.3)],
            [measured(cycles, Level::Variables, 6.1), measured(leaks, Level::Variables, 9.0)],
        ];
        let of_level = all.iter().map(|both| (both[0].level, both.iter().collect()));
        let modes: Vec<Mode> =
            of_level.map(|(level, measurements)| Mode { level, measurements, planted: None }).collect();
        assert_eq!(
            choice("To see all", &modes, |_| false, |_| true),
            "To see all: `allocator`, ×6.00 on cycles, ×8.00 on leaks in CPU time; no costlier within the intervals: \
             `full`."
        );
        let alone = choice("To see names", &modes, |_| false, |mode| mode.level == Level::Variables);
        assert_eq!(alone, "To see names: `variables`, ×6.10 on cycles, ×9.00 on leaks in CPU time.");
        assert_eq!(choice("To fly", &modes, |_| false, |_| false), "To fly: none of the measured modes.");
        // None of these has a record that is counted.
        let open = choice("To fly", &modes, |mode| mode.is_of_events(), |_| false);
        assert_eq!(open, "To fly: none of the measured modes; not known of `allocator`, `full`.");
    }

    #[test]
    fn modes_missing_for_the_same_reason_share_a_sentence() {
        let lacks = |level: Level, why: &str| {
            let failure = Failure::Unsupported { why: format!("memscope-rs 0.1.0 cannot do that: {why}") };
            Measurement { outcome: Outcome::Failed(failure), ..measured(Workload::CYCLES, level, 1.0) }
        };
        let all = [
            lacks(Level::Sampled10, "it has no tracker"),
            lacks(Level::Unified, "it has no backend"),
            lacks(Level::Sampled1, "it has no tracker"),
        ];
        let of_level = all.iter().map(|only| Mode { level: only.level, measurements: vec![only], planted: None });
        assert_eq!(
            lacking(&of_level.collect::<Vec<_>>()),
            [
                "`sampled-10`, `sampled-1` are unsupported: it has no tracker.",
                "`unified` is unsupported: it has no backend."
            ]
        );
    }
}
