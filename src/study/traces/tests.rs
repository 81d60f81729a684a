use super::*;
use crate::schedule::estimate::estimated;
use crate::schedule::measurement::{Pair, Sample, Series};
use crate::worker::probe::Request;
use crate::workloads::Workload;

fn exactly(value: f64) -> Estimate {
    Estimate { value, low: value, high: value }
}

/// Returns a measurement with this ratio of tracked to untracked time.
fn measured(level: Level, ratio: f64) -> Measurement {
    let request = Request::at(None, Workload::CYCLES, level, 1);
    let sample = |ns: f64| Sample { wall_ns: ns as u64, cpu_ns: ns as u64, ..Sample::default() };
    let pair = |_| Pair { untracked_first: true, untracked: sample(1e6), tracked: sample(1e6 * ratio) };
    estimated(Measurement { pairs: (0..20).map(pair).collect(), ..Measurement::new(Series::Overhead, &request) })
}

/// Returns a program whose direct overhead is 1 + `excess`, and whose replay and prediction have these multiples of the
/// excess.
fn program(excess: f64, replayed: f64, predicted: f64) -> Program {
    Program {
        recorded: Summary::default(),
        control: measured(Level::Untracked, 1.0),
        direct: measured(Level::Allocator, 1.0 + excess),
        recording: measured(Level::Recording, 3.0),
        replayed: measured(Level::Allocator, 1.0 + excess * replayed),
        predicted: Some(exactly(1.0 + excess * predicted)),
        not_predicted: None,
    }
}

fn traces(programs: Vec<Program>) -> Traces {
    let origin = Origin::here("memscope-bench validate --traces".to_owned());
    Traces { schema: SCHEMA, origin, level: Level::Allocator, programs }
}

#[test]
fn a_program_is_judged_by_the_others_alone() {
    let usual = [0.9, 0.95, 1.0, 1.05, 1.1].map(|replayed| program(4.0, replayed, 1.0));
    let with = |odd| traces(usual.iter().cloned().chain([odd]).collect());
    let seen = with(program(0.05, 1.02, 1.0));
    assert_eq!(seen.is_within(Way::Replay, 5), Some(true), "a small overhead is judged by the same factor");
    let seen = with(program(4.0, 0.5, 1.0));
    assert_eq!(seen.is_within(Way::Replay, 5), Some(false), "its own factor must not widen its interval");
    assert_eq!(seen.verdicts(Way::Replay).iter().filter(|&&within| within).count(), 5);
}

#[test]
fn the_answer_counts_the_programs_within_the_interval() {
    let usual = [0.45, 0.5, 0.55, 0.5, 0.52].map(|replayed| program(4.0, replayed, 1.0));
    let seen = traces(usual.into_iter().chain([program(1.0, 2.0, 1.0)]).collect());
    let text = crate::study::draw(&seen, crate::report::format::Format::Text).expect("numbers");
    // The geometric mean of 1 ÷ 0.45, …, 1 ÷ 0.52 and 1 ÷ 2.
    assert!(text.contains("typically 1.58 times the estimated one"), "{text}");
    assert!(text.contains("Of 6 programs, 5 lie within the 95 % interval from the others"), "{text}");
    assert!(text.contains("The recorder itself typically costs ×3.00 (×3.00 to ×3.00)"), "{text}");
}

#[test]
fn a_program_without_an_overhead_has_no_factor() {
    let usual = [0.9, 0.95, 1.0, 1.05].map(|replayed| program(4.0, replayed, 1.0));
    let seen = traces(usual.into_iter().chain([program(0.0, 1.0, 1.0)]).collect());
    assert_eq!(seen.accuracy(Way::Replay).expect("four").programs, 4);
}
