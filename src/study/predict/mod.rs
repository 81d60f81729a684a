//! Predictions: the cost of tracking for the program of a trace, from the cost of single calls and without a replay.
//!
//! The added time is the sum of the costs of all operations of the trace, by kind and size. Its interval sums the ends
//! of all their intervals, because errors of one kind of call do not cancel. It covers the measured costs only; effects
//! outside of the sum, such as caches, are not included.

mod costs;
mod summary;

pub(crate) use costs::{Cost, Costs, NoCost};

use crate::platform::files::Versioned;
use crate::platform::system::Machine;
use crate::report::document::Document;
use crate::report::metric::Metric;
use crate::report::number;
use crate::report::origin::Origin;
use crate::stats::estimate::Estimate;
use crate::study::Study;
use crate::study::calls::Calls;
use crate::study::traces::Accuracy;
use crate::trace::{Deed, Summary, Trace};
use crate::tracking::Level;
use serde::{Deserialize, Serialize};

/// The share of all operations above which a thread counts as busy.
const BUSY: f64 = 0.05;

/// The operations of one kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Part {
    /// The kind.
    pub kind: String,
    /// The number of operations.
    pub operations: u64,
    /// The number of bytes.
    pub bytes: u64,
    /// CPU time that the level adds to all of them, in nanoseconds.
    pub added_ns: Estimate,
    /// CPU time that they take without it, in nanoseconds.
    pub untracked_ns: f64,
}

/// A prediction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Prediction {
    /// The version of the format.
    pub schema: u32,
    /// The file of the trace.
    pub trace: String,
    /// The figures of the trace.
    pub recorded: Summary,
    /// The level.
    #[serde(rename = "tracking")]
    pub level: Level,
    /// The kinds of operations.
    pub parts: Vec<Part>,
    /// CPU time with the level ÷ without it, with the interval of the costs alone.
    pub overhead: Estimate,
    /// The same with the interval that contains 95 % of programs; `None` if the accuracy of predictions is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<Estimate>,
    /// The threads that make most of the operations.
    pub busy_threads: usize,
    /// Sentences on the basis of the costs, and on what they exclude.
    pub notes: Vec<String>,
}

impl Versioned for Prediction {
    const KIND: &str = "prediction";
    const WHAT: &str = "a prediction";
    const SCHEMA: u32 = 1;
}

impl Study for Prediction {
    fn summary(&self) -> Document {
        summary::summary(self)
    }

    fn metrics(&self) -> Vec<Metric> {
        let name = format!("{}/{}", self.trace, self.level);
        vec![
            Metric::estimate(&name, "cpu-time", self.expected_overhead()),
            Metric::estimate(&name, "added-ns", self.expected_ns()),
        ]
    }
}

impl Prediction {
    /// Predicts the cost of a level from a file of calls.
    ///
    /// # Errors
    /// If a required call is missing.
    pub(crate) fn of(name: String, trace: &Trace, level: Level, calls: &Calls) -> Result<Self, NoCost> {
        let recorded = trace.summary();
        let busy_threads = busy_threads(trace, &recorded);
        let costs = Costs::of(calls, level, busy_threads, recorded.peak_live_blocks)?;
        let kinds = ["allocate", "allocate zeroed", "reallocate", "free"];
        let mut parts = kinds.map(|kind| Part {
            kind: kind.to_owned(),
            operations: 0,
            bytes: 0,
            added_ns: Estimate { value: 0.0, low: 0.0, high: 0.0 },
            untracked_ns: 0.0,
        });
        trace.visit(|step| match step.deed {
            Deed::Allocate { size, zeroed, .. } => {
                parts[usize::from(zeroed)].add(size, costs.allocate(size, zeroed));
            }
            Deed::Reallocate { size, .. } => parts[2].add(size, costs.reallocate(size)),
            Deed::Free { size, .. } => parts[3].add(size, costs.free(size)),
            Deed::FreeUnknown | Deed::Rest => {}
        });
        let untracked = recorded.work_ns as f64 + parts.iter().map(|part| part.untracked_ns).sum::<f64>();
        let added = sum(&parts);
        let ratio = |added: f64| 1.0 + added / untracked.max(1.0);
        let overhead = Estimate { value: ratio(added.value), low: ratio(added.low), high: ratio(added.high) };
        let notes = summary::basis(calls, &costs, &recorded, busy_threads, &Machine::here());
        let parts = parts.into_iter().filter(|part| part.operations > 0).collect();
        let prediction = Self {
            schema: Self::SCHEMA,
            trace: name,
            recorded,
            level,
            parts,
            overhead,
            expected: None,
            busy_threads,
            notes,
        };
        Ok(prediction)
    }

    /// Returns the prediction with the known accuracy of predictions at its level.
    pub(crate) fn with_accuracy(mut self, accuracy: Option<(Level, Accuracy)>) -> Self {
        self.notes.push(match accuracy {
            Some((level, accuracy)) if level == self.level => {
                self.expected = Some(accuracy.direct(self.overhead));
                format!(
                    "The interval covers 95 % of programs: {} were predicted and measured (`validate --traces`). They \
                     typically cost {} times the predicted sum.",
                    accuracy.programs,
                    number::factor(accuracy.factor()),
                )
            }
            _ => "The accuracy of predictions at this level was not measured on this machine (`validate --traces` \
                  measures it for `allocator`). The interval covers only the errors of the costs."
                .to_owned(),
        });
        self
    }

    /// Returns the CPU time that the level adds by the sum of the costs, in nanoseconds.
    pub(crate) fn added_ns(&self) -> Estimate {
        sum(&self.parts)
    }

    /// Returns the overhead that is reported: where 95 % of programs lie if that is known, else that of the costs
    /// alone.
    fn expected_overhead(&self) -> Estimate {
        self.expected.unwrap_or(self.overhead)
    }

    /// Returns the CPU time that the level adds by the reported overhead, in nanoseconds.
    fn expected_ns(&self) -> Estimate {
        let untracked = self.untracked_ns();
        let added = |Estimate { value, low, high }: Estimate| {
            let [value, low, high] = [value, low, high].map(|overhead| (overhead - 1.0) * untracked);
            Estimate { value, low, high }
        };
        self.expected.map_or_else(|| self.added_ns(), added)
    }

    /// Returns the CPU time without the level, in nanoseconds.
    fn untracked_ns(&self) -> f64 {
        self.recorded.work_ns as f64 + self.parts.iter().map(|part| part.untracked_ns).sum::<f64>()
    }
}

fn sum(parts: &[Part]) -> Estimate {
    let sum = |figure: fn(&Estimate) -> f64| parts.iter().map(|part| figure(&part.added_ns)).sum();
    Estimate { value: sum(|added| added.value), low: sum(|added| added.low), high: sum(|added| added.high) }
}

impl Part {
    fn add(&mut self, size: u64, Cost { added, untracked }: Cost) {
        self.operations += 1;
        self.bytes = self.bytes.saturating_add(size);
        self.added_ns.value += added.value;
        self.added_ns.low += added.low;
        self.added_ns.high += added.high;
        self.untracked_ns += untracked;
    }
}

/// Returns the number of threads that each make a large part of the operations.
fn busy_threads(trace: &Trace, recorded: &Summary) -> usize {
    let mut operations = vec![0_u64; recorded.threads as usize];
    trace.visit(|step| operations[step.thread as usize] += 1);
    let least = BUSY * operations.iter().sum::<u64>() as f64;
    operations.into_iter().filter(|&count| count as f64 >= least).count().max(1)
}

/// Returns the origin of a file of calls: the origin of its means.
pub(crate) fn origin(calls: &Calls) -> Option<&Origin> {
    calls.batches.as_ref().map(|batches| &batches.origin)
}

#[cfg(test)]
mod tests {
    use super::costs::tests::{CORES, USUAL, calls};
    use super::*;
    use crate::trace::format::{Event, Kind};
    use crate::trace::made;

    fn trace(pairs: u64, gap_ns: u64) -> (tempfile::TempDir, Trace) {
        let event = |kind, ticket: u64, size| Event {
            kind,
            align: 3,
            ticket,
            after: ticket,
            block: 16,
            new_block: 16,
            size,
            gap_ns,
        };
        let pair = |n: u64| [event(Kind::Allocate, 2 * n, 32), event(Kind::Free, 2 * n + 1, 0)];
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("x.trace");
        let events = (0..pairs).flat_map(pair).collect();
        std::fs::write(&path, made::bytes(&[(0, events)], 0, true)).expect("a file");
        let trace = Trace::read(&path).expect("a trace");
        (folder, trace)
    }

    #[test]
    fn a_prediction_is_the_sum_of_its_operations() {
        // A pair takes 10 ns and 190 ns of the program's work, and tracking adds 200 ns.
        let (_folder, trace) = trace(100, 95);
        let seen = Prediction::of("x".to_owned(), &trace, Level::Allocator, &calls(&USUAL, false)).expect("costs");
        assert!((seen.overhead.value - 2.0).abs() < 1e-9, "{:?}", seen.overhead);
        // From 210 ± 10 % minus 10 ± 10 %.
        let [low, high] = [189.0 - 11.0, 231.0 - 9.0].map(|added| 1.0 + added / 200.0);
        assert!(
            (seen.overhead.low - low).abs() < 1e-9 && (seen.overhead.high - high).abs() < 1e-9,
            "{:?}",
            seen.overhead
        );
        assert_eq!(seen.parts.iter().map(|part| part.operations).collect::<Vec<_>>(), [100, 100]);
        assert!((seen.added_ns().value - 20_000.0).abs() < 1e-6);
    }

    #[test]
    fn the_reported_time_matches_the_reported_overhead() {
        let (_folder, trace) = trace(100, 95);
        let seen = Prediction::of("x".to_owned(), &trace, Level::Allocator, &calls(&USUAL, false)).expect("costs");
        let plain = summary::answer(&seen);
        assert!(plain.contains(": 20 µs [") && !plain.contains("sum to"), "{plain}");
        // Programs cost twice what the sum predicts: 40 µs on top of 20 µs of the program's own.
        let accuracy = Accuracy { programs: 4, limits: 0, log_mean: 2.0_f64.ln(), log_sd: 0.0 };
        let expected = seen.with_accuracy(Some((Level::Allocator, accuracy)));
        assert!((expected.expected_overhead().value - 3.0).abs() < 1e-9, "{expected:?}");
        let Estimate { value, low, high } = expected.expected_ns();
        assert!((value - 40_000.0).abs() < 1e-6 && low < value && value < high, "{low} {value} {high}");
        let said = summary::answer(&expected);
        assert!(said.contains("would be ×3.00 ") && said.contains(" of its CPU time: 40"), "{said}");
        assert!(said.contains(" on top of 20 µs. The costs of its operations sum to 20 µs ["), "{said}");
    }

    #[test]
    fn a_program_with_more_threads_than_cores_has_a_note() {
        let (_folder, trace) = trace(10, 95);
        let recorded = trace.summary();
        let has_note = |with_threads, busy| {
            let calls = calls(&USUAL, with_threads);
            let costs = Costs::of(&calls, Level::Allocator, busy, 10_000).expect("costs");
            let notes = summary::basis(&calls, &costs, &recorded, busy, &Machine::here());
            notes.iter().any(|note| note.contains("has cores (4)"))
        };
        let cores = CORES as usize;
        assert_eq!(
            [(true, cores), (true, cores + 1), (false, cores + 1)].map(|(with, busy)| has_note(with, busy)),
            [false, true, false]
        );
    }

    #[test]
    fn more_work_means_less_overhead() {
        let overhead = |gap| {
            let (_folder, trace) = trace(10, gap);
            let prediction = Prediction::of("x".to_owned(), &trace, Level::Allocator, &calls(&USUAL, true));
            prediction.expect("costs").overhead.value
        };
        assert!(overhead(0) > overhead(100) && overhead(100) > overhead(10_000));
        assert!(overhead(1_000_000) < 1.001);
    }
}
