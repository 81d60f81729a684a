//! Samples of one call under one level.

use crate::stats::median::median_interval;
use crate::study::calls::plan::affordable;
use crate::study::calls::{Measured, Operation, Sample, Timing};
use crate::tracking::Level;
use crate::worker::failure::Failure;
use crate::worker::launcher::Launcher;
use crate::worker::task::Task;
use crate::worker::tasks::operation::Request;
use std::time::Duration;

/// One operation under one level while it is being timed.
#[derive(Debug)]
pub struct Sampling<'a> {
    launcher: &'a Launcher,
    operation: &'static Operation,
    level: Level,
    samples: Vec<Sample>,
    failure: Option<Failure>,
}

impl<'a> Sampling<'a> {
    /// Returns a sampling without samples.
    pub fn begin(launcher: &'a Launcher, operation: &'static Operation, level: Level) -> Self {
        Self { launcher, operation, level, samples: Vec::new(), failure: None }
    }

    /// Takes a sample of this many iterations, in as many processes as needed, and returns their time. The time is at
    /// least a nanosecond for each iteration, because Criterion divides by it.
    ///
    /// Returns `None` if the operation has failed, now or before. It is not tried again.
    pub fn sample(&mut self, iterations: u64) -> Option<Duration> {
        if self.failure.is_some() {
            return None;
        }
        match self.elapsed_ns(iterations) {
            Ok(elapsed_ns) => {
                self.samples.push(Sample { iterations, elapsed_ns });
                Some(Duration::from_nanos(elapsed_ns.max(iterations)))
            }
            Err(failure) => {
                self.failure = Some(failure);
                None
            }
        }
    }

    fn elapsed_ns(&self, iterations: u64) -> Result<u64, Failure> {
        let most = self.operation.state.most_repeats();
        let mut elapsed_ns = 0;
        let mut left = iterations;
        while left > 0 {
            let repeats = left.min(most);
            let timing: Timing = self.launcher.run_task(&task(self.operation.name, self.level, repeats))?;
            elapsed_ns = timing.elapsed_ns.saturating_add(elapsed_ns);
            left -= repeats;
        }
        Ok(elapsed_ns)
    }

    /// Returns the failure, if any.
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// Returns the number of iterations that take about this long, by trials, in a limited number of processes. Returns
    /// 1 if the operation fails.
    pub(super) fn iterations_in(&mut self, time: Duration) -> u64 {
        /// The maximum number of processes of a sample: starting them takes longer than what they time.
        const PROCESSES: u64 = 10;
        let state = self.operation.state;
        let most = if state.is_once() { 1 } else { state.most_repeats() * PROCESSES };
        match affordable(time, most, |iterations| self.elapsed_ns(iterations)) {
            Ok(iterations) => iterations,
            Err(failure) => {
                self.failure = Some(failure);
                1
            }
        }
    }

    /// Returns the samples with their median. After a failure, the earlier samples remain as data, without a median.
    pub fn finish(self) -> Measured {
        measured(self.operation, self.level, self.samples, self.failure)
    }
}

/// Returns a call's samples with their median.
pub(super) fn measured(
    operation: &Operation,
    level: Level,
    samples: Vec<Sample>,
    failure: Option<Failure>,
) -> Measured {
    let ns = match &failure {
        None => median_interval(samples.iter().map(Sample::ns_each)),
        Some(_) => None,
    };
    Measured {
        operation: operation.name.to_owned(),
        about: operation.about(),
        level,
        most_repeats: operation.state.most_repeats(),
        failure,
        ns,
        samples,
    }
}

fn task(operation: &str, level: Level, repeats: u64) -> Task {
    Task::Operation(Request::together(operation, level, repeats))
}

/// Returns the command that runs an operation once, alone.
pub fn command_line(operation: &str, level: Level) -> String {
    format!("echo '{}' | cargo run --release -- worker", task(operation, level, 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::launcher::Limits;
    use crate::worker::scripts;
    use std::fs;
    use tempfile::TempDir;

    /// Returns a launcher of a script, and its folder.
    fn program(script: &str) -> (TempDir, Launcher) {
        scripts::launcher(script, Limits::default())
    }

    /// A script that replies like an operation at 3 ns for each repeat.
    const THREE_NS: &str = r#"repeats=$(sed 's/.*"repeats":\([0-9]*\).*/\1/')
        printf '{"schema":1,"operation":"x","tracking":"variables","repeats":%s,' $repeats
        printf '"elapsed_ns":%s,"subject":{"name":"m","version":"1","source":"s"}}' $((3 * repeats))"#;

    fn name_vec() -> &'static Operation {
        Operation::named("name-vec").expect("there is such an operation")
    }

    #[test]
    fn a_sample_takes_as_many_processes_as_it_needs() {
        let (_folder, launcher) = program(THREE_NS);
        let mut sampling = Sampling::begin(&launcher, name_vec(), Level::Variables);
        for _ in 0..6 {
            assert_eq!(sampling.sample(450), Some(Duration::from_nanos(1_350)));
        }
        let measured = sampling.finish();
        assert_eq!(measured.samples, [Sample { iterations: 450, elapsed_ns: 1_350 }; 6]);
        assert_eq!(measured.ns.map(|ns| (ns.low, ns.value, ns.high)), Some((3.0, 3.0, 3.0)));
    }

    #[test]
    fn the_time_decides_the_iterations_of_a_sample() {
        let (_folder, launcher) = program(THREE_NS);
        let iterations = |name: &str, ns: u64| {
            let operation = Operation::named(name).expect("there is such an operation");
            Sampling::begin(&launcher, operation, Level::Variables).iterations_in(Duration::from_nanos(ns))
        };
        assert_eq!(iterations("name-vec", 660), 200, "220, rounded down");
        assert_eq!(iterations("name-vec", 60_000), 2_000, "ten processes of 200");
        assert_eq!(iterations("analyse-1000", 60_000), 1, "each repeat has a process");
    }

    #[test]
    fn an_operation_has_a_shell_command_that_runs_it_alone() {
        let task = r#"{"operation":{"operation":"name-vec","tracking":"variables","repeats":1}}"#;
        let command = command_line("name-vec", Level::Variables);
        assert_eq!(command, format!("echo '{task}' | cargo run --release -- worker"));
    }

    #[test]
    fn a_failed_operation_is_not_repeated() {
        let (folder, launcher) = program("echo once >> \"$folder/tries\"; kill -ABRT $$");
        let mut sampling = Sampling::begin(&launcher, name_vec(), Level::Variables);
        assert_eq!((sampling.sample(1), sampling.sample(1)), (None, None));
        let tries = fs::read_to_string(folder.path().join("tries")).expect("it was tried");
        assert_eq!(tries, "once\n");
        let measured = sampling.finish();
        assert_eq!(measured.failure, Some(Failure::Crashed { how: "SIGABRT".to_owned() }));
        assert_eq!(measured.ns, None);
    }

    #[test]
    fn samples_without_measurable_time_give_no_figure() {
        let (_folder, launcher) = program(&THREE_NS.replace("3 * repeats", "0 * repeats"));
        let mut sampling = Sampling::begin(&launcher, name_vec(), Level::Variables);
        for _ in 0..8 {
            assert_eq!(sampling.sample(10), Some(Duration::from_nanos(10)), "never zero");
        }
        let measured = sampling.finish();
        assert_eq!((measured.ns, measured.samples.len(), measured.failure), (None, 8, None));
    }

    #[test]
    fn too_few_samples_give_no_figure() {
        let (_folder, launcher) = program(THREE_NS);
        let mut sampling = Sampling::begin(&launcher, name_vec(), Level::Variables);
        for iterations in [1, 2, 4, 8] {
            sampling.sample(iterations);
        }
        assert_eq!(sampling.finish().ns, None);
    }
}
