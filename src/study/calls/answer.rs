//! The answer of the report, in a sentence.

use crate::report::number;
use crate::stats::estimate::Estimate;
use crate::study::calls::Calls;
use crate::study::calls::latency::{Latencies, Operation, Quantiles};
use crate::tracking::Level;
use crate::tracking::memscope::MemscopeBuild;

/// The call that represents an allocation with its free.
const ALLOCATION: &str = "allocate-64B";

/// The other calls that are named, in words.
const OTHERS: [(&str, Level, &str); 3] = [
    ("name-vec", Level::Variables, "naming a Vec"),
    ("statistics", Level::Allocator, "reading the statistics"),
    ("analyse-10000", Level::Variables, "an analysis of 10,000 live allocations"),
];

/// Returns the sentence; `None` if the record has none of its figures.
pub(super) fn answer(calls: &Calls) -> Option<String> {
    let (_, origin) = *calls.origins().first()?;
    let mean = |operation: &str, level: Level| calls.call(operation, level)?.batch?.ns;
    let both = mean(ALLOCATION, Level::Untracked).zip(mean(ALLOCATION, Level::Allocator));
    let allocation = both.map(|(without, with)| instead("allocating and freeing 64 B takes", with, without));
    let rare = calls.latencies.as_ref().and_then(rare);
    let others = OTHERS
        .iter()
        .filter_map(|&(operation, level, words)| Some((words, mean(operation, level)?)))
        .map(|(words, time)| format!("{words} takes {}", number::time(time.value)));
    let parts: Vec<String> = allocation.into_iter().chain(rare).chain(others).collect();
    let MemscopeBuild { name, version, .. } = &origin.memscope;
    (!parts.is_empty()).then(|| format!("With {name} {version}, {}.", number::list(&parts)))
}

/// Returns the time that one of 1,000 allocations exceeds on one thread.
fn rare(latencies: &Latencies) -> Option<String> {
    let at = |level: Level| {
        let measured = latencies.measurements.iter().find(|one| (one.threads, one.level) == (1, level))?;
        measured.at(Operation::Allocating, Quantiles::place(0.999)).filter(|_| latencies.calls(1) >= 1_000)
    };
    Some(instead("one allocation in 1,000 takes longer than", at(Level::Allocator)?, at(Level::Untracked)?))
}

/// Formats a time under the hook next to the time without it.
fn instead(what: &str, with: Estimate, without: Estimate) -> String {
    let [under, untracked] = [with, without].map(|time| number::time(time.value));
    let factor = number::factor(with.value / without.value);
    format!("{what} {under} under the hook instead of {untracked} (×{factor})")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::origin::Origin;
    use crate::study::calls::latency::{Latency, Observed, QUANTILES};
    use crate::study::calls::{Batches, Measured};

    fn measured(operation: &str, level: Level, ns: f64) -> Measured {
        Measured {
            operation: operation.to_owned(),
            about: String::new(),
            level,
            most_repeats: 1,
            failure: None,
            ns: Some(Estimate { value: ns, low: ns, high: ns }),
            samples: Vec::new(),
        }
    }

    fn latencies(operations: u32) -> Latencies {
        let latency = |level, nanoseconds| {
            let times = Quantiles([nanoseconds; QUANTILES.len()]);
            let seen = Observed { allocating: times, freeing: times, timing: times, means: None, step_ns: None };
            Latency { level, threads: 1, processes: vec![seen; 6], failure: None }
        };
        let measurements = vec![latency(Level::Untracked, 3_000), latency(Level::Allocator, 3_600)];
        Latencies { schema: 1, origin: Origin::here("x".to_owned()), operations, held: 1, measurements }
    }

    #[test]
    fn the_answer_contains_only_measured_calls() {
        let origin = Origin::here("memscope-bench calls".to_owned());
        let build = format!("With {} {}, ", origin.memscope.name, origin.memscope.version);
        let said = |calls: Calls| answer(&calls).map(|text| text.trim_start_matches(&build).to_owned());
        let allocation =
            vec![measured("allocate-64B", Level::Untracked, 12.0), measured("allocate-64B", Level::Allocator, 288.0)];
        let naming = measured("name-vec", Level::Variables, 1_500.0);
        let whole = Calls {
            latencies: Some(latencies(1_000)),
            ..Calls::from(Batches::new(origin.clone(), [allocation, vec![naming.clone()]].concat()))
        };
        assert_eq!(
            said(whole).as_deref(),
            Some(
                "allocating and freeing 64 B takes 288 ns under the hook instead of 12 ns (×24.0), one allocation in \
                 1,000 takes longer than 3.60 µs under the hook instead of 3 µs (×1.20), and naming a Vec takes 1.50 µs."
            )
        );
        assert_eq!(
            said(Batches::new(origin.clone(), vec![naming]).into()).as_deref(),
            Some("naming a Vec takes 1.50 µs.")
        );
        assert_eq!(said(latencies(999).into()), None, "p99.9 takes 1,000 calls");
        assert_eq!(said(Batches::new(origin, Vec::new()).into()), None);
        assert_eq!(said(Calls::default()), None);
    }
}
