//! The report of sessions: their agreement at each level, and the figures of each session.

use super::agreement::{Agreement, agreement, figures};
use super::{Session, Sessions};
use crate::report::circumstances::circumstances;
use crate::report::document::{Document, Table, left, right};
use crate::report::number;
use crate::schedule::measurement::Clock;
use crate::stats::spread::Spread;

/// The maximum share of disjoint pairs that a report accepts, in percent.
const MAX_DISJOINT: f64 = 2.0;

/// Returns the report.
pub(super) fn summary(sessions: &Sessions) -> Document {
    let mut document = Document::default();
    let [wall, cpu] = [Clock::Wall, Clock::Cpu].map(|clock| agreement(sessions, clock));
    document.notes(vec![answer(&wall)]);
    document.table(levels(&wall, &cpu));
    document.heading("Each session");
    document.table(each(sessions));
    document.notes(notes(sessions));
    document
}

/// Returns the answer in a sentence.
fn answer(wall: &[Agreement]) -> String {
    let (pairs, disjoint) =
        wall.iter().fold((0, 0), |(pairs, disjoint), level| (pairs + level.pairs, disjoint + level.disjoint));
    if pairs == 0 {
        return "No two sessions have a figure of the same workload and level.".to_owned();
    }
    let percent = 100.0 * disjoint as f64 / pairs as f64;
    let reached = if percent <= MAX_DISJOINT { "reached" } else { "not reached" };
    format!(
        "Of {pairs} pairs of sessions, {disjoint} have disjoint 95 % intervals: {} %. The target of at most \
         {MAX_DISJOINT} % is {reached}.",
        number::decimal(percent, 1)
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
