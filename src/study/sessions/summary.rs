//! The report of sessions: their agreement at each level, and the figures of each session.

use super::agreement::{Agreement, agreement, figures};
use super::{Session, Sessions};
use crate::report::circumstances::circumstances;
use crate::report::document::{Document, Table, left, right};
use crate::report::number;
use crate::schedule::measurement::Clock;
use crate::stats::share;
use crate::stats::spread::Spread;
use crate::stats::target::{Target, Verdict};

/// The target for the share of disjoint pairs.
const FEW_DISJOINT: Target = Target { percent: 2.0, is_least: false, cases: 1 };

/// Returns the report.
pub(super) fn summary(sessions: &Sessions) -> Document {
    let mut document = Document::default();
    let [wall, cpu] = [Clock::Wall, Clock::Cpu].map(|clock| agreement(sessions, clock));
    document.notes(vec![answer(&wall, sessions.sessions.len())]);
    document.table(levels(&wall, &cpu));
    document.heading("Each session");
    document.table(each(sessions));
    document.notes(notes(sessions));
    document
}

/// Returns the answer in two sentences.
fn answer(wall: &[Agreement], sessions: usize) -> String {
    let sum = |of: fn(&Agreement) -> usize| wall.iter().map(of).sum::<usize>();
    let (pairs, apart, disjoint) = (sum(|level| level.pairs), sum(|level| level.apart), sum(|level| level.disjoint));
    if pairs == 0 {
        return "No two sessions have a figure of the same workload and level.".to_owned();
    }
    let fraction = disjoint as f64 / pairs as f64;
    let share = share::percent(fraction, apart as f64);
    let verdict = FEW_DISJOINT.verdict(share, apart);
    let needed = match FEW_DISJOINT.needed(fraction) {
        _ if verdict != Verdict::NotShown => String::new(),
        Some(needed) => {
            // Each two sessions add an independent pair of each figure.
            let figures = apart as f64 / (sessions / 2) as f64;
            format!("; {} sessions with this share would show it", 2.0 * (needed as f64 / figures).ceil())
        }
        None => "; more sessions with this share would not show it".to_owned(),
    };
    let [value, low, high] = [share.value, share.low, share.high].map(|percent| number::decimal(percent, 1));
    format!(
        "Of {pairs} pairs of sessions, {disjoint} have disjoint 95 % intervals: {value} % [{low}, {high}]. The target \
         of at most {} % is {}{needed}.",
        FEW_DISJOINT.percent,
        verdict.words()
    )
}

fn levels(wall: &[Agreement], cpu: &[Agreement]) -> Table {
    let mut table = Table::new([
        left("level"),
        right("session pairs"),
        right("disjoint"),
        right("disjoint, CPU time"),
        right("difference ÷ error"),
        right("typical spread"),
        left("widest"),
    ]);
    let share = |level: &Agreement| match level.disjoint_percent() {
        Some(percent) => format!("{} ({} %)", level.disjoint, number::decimal(percent, 1)),
        None => "—".to_owned(),
    };
    for (wall, cpu) in wall.iter().zip(cpu) {
        table.row([
            wall.level.to_string(),
            wall.pairs.to_string(),
            share(wall),
            share(cpu),
            wall.in_errors.map_or_else(|| "—".to_owned(), |errors| number::decimal(errors, 2)),
            wall.typical_percent()
                .map_or_else(|| "—".to_owned(), |percent| format!("{} %", number::decimal(percent, 1))),
            wall.widest()
                .map_or_else(|| "—".to_owned(), |(workload, spread)| format!("{workload}, {}", in_percent(spread))),
        ]);
    }
    table
}

/// Formats a spread as the standard deviation in percent.
fn in_percent(spread: Spread) -> String {
    format!("{} %", number::decimal(spread.log_sd.exp_m1() * 100.0, 1))
}

fn each(sessions: &Sessions) -> Table {
    let beginning = |session: &Session| right(session.started.format("%H:%M").to_string());
    let columns = [left("workload"), left("level")].into_iter().chain(sessions.sessions.iter().map(beginning));
    let mut table = Table::new(columns.chain([right("spread"), right("two sessions")])).grouped_by(1);
    for (workload, level) in sessions
        .plan
        .workloads
        .iter()
        .flat_map(|&workload| sessions.plan.levels.iter().map(move |&level| (workload, level)))
    {
        let figures = figures(sessions, workload, level, Clock::Wall);
        let values: Vec<f64> = figures.iter().map(|figure| figure.value).collect();
        let spread = Spread::of(&values).filter(|spread| spread.sessions == sessions.sessions.len());
        let mut row = vec![workload.to_string(), level.to_string()];
        if spread.is_some() {
            row.extend(values.into_iter().map(number::ratio));
        } else {
            row.extend(sessions.sessions.iter().map(|_| "—".to_owned()));
        }
        row.push(spread.map_or_else(|| "—".to_owned(), in_percent));
        row.push(spread.map_or_else(|| "—".to_owned(), |spread| number::within(spread.of_two())));
        table.rows.push(row);
    }
    table
}

fn notes(sessions: &Sessions) -> Vec<String> {
    let mut lines = vec![
        "A session is a complete measurement of all workloads and levels. Two correct 95 % intervals of the same \
         figure are disjoint in 0.6 % of cases."
            .to_owned(),
        "Pairs that have a session in common are not independent. The interval of their share is that of as many pairs \
         as there are if each session belongs to one pair only (Hoeffding 1963), of different figures; a target is \
         reached if the whole interval is on its right side, and missed if it is on the wrong side."
            .to_owned(),
        "Difference ÷ error: the robust standard deviation of the differences between two sessions, in their standard \
         errors. It is 1 if the intervals are as wide as they should be; above 1 they are too narrow."
            .to_owned(),
        "Spread: the standard deviation of a figure between sessions. Two sessions: in 95 % of cases, the figures of \
         two further sessions differ by at most this, by Student's t."
            .to_owned(),
    ];
    if let [first, .., last] = &sessions.sessions[..] {
        lines.push(format!(
            "Sessions: {} of {} pairs per figure, all started within {} minutes.",
            sessions.sessions.len(),
            sessions.plan.pairs,
            number::decimal((last.started - first.started).as_seconds_f64() / 60.0, 0)
        ));
    }
    lines.extend(circumstances(&sessions.origin));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracking::Level;

    #[test]
    fn the_target_is_reached_only_by_enough_sessions() {
        // All pairs of this many sessions of 32 figures.
        let answered = |sessions: usize, disjoint: usize| {
            let (pairs, apart) = (32 * sessions * (sessions - 1) / 2, 32 * (sessions / 2));
            let level = Agreement { level: Level::Full, pairs, apart, disjoint, in_errors: None, spreads: Vec::new() };
            answer(&[level], sessions)
        };
        let ends = |sessions, disjoint, end: &str| {
            let words = answered(sessions, disjoint);
            assert!(words.ends_with(end), "{words}");
        };
        // None of 96 independent pairs is [0, 3.8] %, none of 183 is [0, 2.0] %.
        ends(
            6,
            0,
            "0.0 % [0.0, 3.8]. The target of at most 2 % is not shown; 12 sessions with this share would show it.",
        );
        ends(12, 0, "The target of at most 2 % is reached.");
        ends(6, 24, "is not shown; more sessions with this share would not show it.");
        ends(6, 100, "The target of at most 2 % is missed.");
        assert!(answered(6, 24).contains("24 have disjoint 95 % intervals: 5.0 % ["));
        assert_eq!(answer(&[], 1), "No two sessions have a figure of the same workload and level.");
    }
}
