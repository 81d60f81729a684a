//! The parts of the CPU time, user and kernel time, and the page faults of each build.

use crate::report::document::{Table, left, right};
use crate::report::number;
use crate::schedule::measurement::{Clock, Measurement, Sample};
use crate::stats::median::median;
use crate::study::compare::Comparison;
use crate::study::compare::summary::{measurement, shortened};
use crate::tracking::Level;

/// The title of the table.
pub(super) const TITLE: &str = "Where the CPU time goes";

/// The meaning of the table, for a note.
pub(super) const NOTE: &str = "Where the CPU time goes: medians of the tracked runs, with the change from the row's \
                               reference in brackets, without an interval. The kernel's share is over all runs; page \
                               faults are its work at the first touch of memory.";

/// The medians of a measurement's tracked samples.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Spent {
    /// The median CPU time, in nanoseconds.
    cpu: f64,
    /// The kernel's part of the CPU time over all samples together, since a single sample has hardly any digits.
    kernel: Option<f64>,
    /// The median page faults.
    page_faults: Option<f64>,
}

impl Spent {
    /// Returns the medians of a measurement's tracked samples; `None` if it failed, or the clock saw no time pass.
    fn of(measurement: &Measurement) -> Option<Self> {
        if measurement.failure().is_some() {
            return None;
        }
        let samples: Vec<Sample> = measurement.pairs.iter().map(|pair| pair.tracked).collect();
        let cpu = median(samples.iter().map(|sample| sample.ns(Clock::Cpu))).filter(|&cpu| cpu > 0.0)?;
        let all: f64 = samples.iter().map(|sample| sample.ns(Clock::Cpu)).sum();
        let kernel: Option<u64> = samples.iter().map(|sample| sample.kernel_ns).sum();
        let faults: Option<Vec<f64>> = samples.iter().map(|sample| Some(sample.page_faults? as f64)).collect();
        Some(Self {
            cpu,
            kernel: kernel.map(|kernel| cpu * (kernel as f64 / all).min(1.0)),
            page_faults: faults.and_then(median),
        })
    }

    fn user(&self) -> Option<f64> {
        Some(self.cpu - self.kernel?)
    }
}

/// Returns the table of each build on each workload and level; `None` if no sample has the kernel's part or page
/// faults, as in earlier files.
pub(super) fn table(comparison: &Comparison) -> Option<Table> {
    let words = ["workload", "level", "build"].map(left);
    let numbers = ["CPU time", "user", "kernel", "page faults"].map(right);
    let mut table = Table::new(words.into_iter().chain(numbers)).grouped_by(2);
    let mut is_known = false;
    for (workload, level) in comparison.plan.groups().into_iter().filter(|(_, level)| *level != Level::Untracked) {
        let spent = |build: usize| measurement(&comparison.builds[build], workload, level).and_then(Spent::of);
        for build in 0..comparison.builds.len() {
            let Some(own) = spent(build) else { continue };
            is_known |= own.kernel.is_some() || own.page_faults.is_some();
            let reference = comparison.difference(build, workload, level).and_then(|found| spent(found.reference));
            let cell = |figure: &dyn Fn(&Spent) -> Option<f64>, format: fn(f64) -> String| {
                let Some(own) = figure(&own) else { return "unknown".to_owned() };
                let reference = reference.as_ref().and_then(figure).filter(|&reference| reference > 0.0);
                let change =
                    reference.map_or(String::new(), |reference| format!(" ({})", number::ratio(own / reference)));
                format!("{}{change}", format(own))
            };
            table.row([
                workload.to_string(),
                level.to_string(),
                shortened(comparison, build),
                cell(&|spent| Some(spent.cpu), number::time),
                cell(&Spent::user, number::time),
                cell(&|spent| spent.kernel, number::time),
                cell(&|spent| spent.page_faults, number::short_count),
            ]);
        }
    }
    is_known.then_some(table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::measurement::{Pair, Series};
    use crate::worker::probe::Request;
    use crate::workloads::Workload;

    fn measured(kernel: [Option<u64>; 3]) -> Measurement {
        let sample = |cpu_ns, kernel_ns| Sample { cpu_ns, kernel_ns, page_faults: Some(cpu_ns), ..Sample::default() };
        let pair =
            |(cpu, kernel)| Pair { untracked_first: true, untracked: Sample::default(), tracked: sample(cpu, kernel) };
        let request = Request::at(Some(1.0), Workload::CYCLES, Level::Full, 1);
        let pairs = [100, 200, 500].into_iter().zip(kernel).map(pair).collect();
        Measurement { pairs, ..Measurement::new(Series::Overhead, &request) }
    }

    #[test]
    fn user_and_kernel_time_add_up_to_cpu_time() {
        // Ticks: one sample has all of the kernel's time.
        let spent = Spent::of(&measured([Some(0), Some(0), Some(400)])).expect("time passed");
        assert_eq!(spent, Spent { cpu: 200.0, kernel: Some(100.0), page_faults: Some(200.0) });
        assert_eq!(spent.user(), Some(100.0));
    }

    #[test]
    fn a_part_that_one_sample_lacks_is_unknown() {
        let spent = Spent::of(&measured([Some(0), None, Some(400)])).expect("time passed");
        assert_eq!((spent.kernel, spent.user()), (None, None));
    }
}
