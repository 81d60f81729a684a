//! The samples of one operation under one level: as many processes as they take, and what makes a figure of them.

use crate::stats::median::median_interval;
use crate::study::operations::{Measured, Operation, Request, Sample, Timing};
use crate::tracking::Level;
use crate::worker::failure::Failure;
use crate::worker::launcher::Launcher;
use std::time::Duration;

/// One operation under one level while it is timed.
#[derive(Debug)]
pub struct Sampling<'a> {
    launcher: &'a Launcher,
    operation: &'static Operation,
    level: Level,
    samples: Vec<Sample>,
    failure: Option<Failure>,
}

impl<'a> Sampling<'a> {
    /// Nothing is timed yet.
    pub fn begin(launcher: &'a Launcher, operation: &'static Operation, level: Level) -> Self {
        Self { launcher, operation, level, samples: Vec::new(), failure: None }
    }

    /// Takes a sample of so many iterations, in as many processes as they take, and gives their time: a nanosecond
    /// for each at least, since what times by it divides by it.
    ///
    /// `None` if the operation has failed, now or before; it is then not tried again.
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
            let request = Request { operation: self.operation, level: self.level, repeats: left.min(most) };
            let timing: Timing = self.launcher.run_for(&arguments(request))?;
            elapsed_ns = timing.elapsed_ns.saturating_add(elapsed_ns);
            left -= request.repeats;
        }
        Ok(elapsed_ns)
    }

    /// How it failed, if it did.
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// What the samples say. Where it failed, those before that remain as data, and no figure is told.
    pub fn finish(mut self) -> Measured {
        drop_warm_up(&mut self.samples);
        let ns = match &self.failure {
            None => median_interval(self.samples.iter().map(Sample::ns_each)),
            Some(_) => None,
        };
        Measured {
            operation: self.operation.name.to_owned(),
            about: self.operation.about(),
            level: self.level,
            most_repeats: self.operation.state.most_repeats(),
            failure: self.failure,
            ns,
            samples: self.samples,
        }
    }
}

/// Leaves the samples that have as many iterations as the last. Criterion doubles the iterations while it warms up, and
/// gives all of its own samples the same number when it samples flatly: one of few iterations is mostly the clock's.
fn drop_warm_up(samples: &mut Vec<Sample>) {
    let Some(last) = samples.last().map(|sample| sample.iterations) else { return };
    let others = samples.iter().rposition(|sample| sample.iterations != last);
    samples.drain(..others.map_or(0, |place| place + 1));
}

/// The arguments that make the program run this.
fn arguments(Request { operation, level, repeats }: Request) -> Vec<String> {
    vec![
        "operation".to_owned(),
        format!("--name={}", operation.name),
        format!("--tracking={level}"),
        format!("--repeats={repeats}"),
    ]
}

/// The command with which a user sees one of an operation alone.
pub fn command_line(operation: &str, level: Level) -> String {
    format!("cargo run --release -- operation --name={operation} --tracking={level}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::launcher::Limits;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use tempfile::TempDir;

    /// A program that runs a script in the place of an operation, and its folder, which is `$folder` to the script.
    fn program(script: &str) -> (TempDir, Launcher) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let program = folder.path().join("program");
        fs::write(&program, format!("#!/bin/sh\nfolder='{}'\n{script}\n", folder.path().display()))
            .expect("the script is written");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("the script may run");
        (folder, Launcher::new(program, Limits::default()))
    }

    /// A script that says what an operation says, at 3 ns a repeat.
    const THREE_NS: &str = r#"repeats=${4#--repeats=}
        echo '{"schema":1,"operation":"x","tracking":"variables","repeats":'$repeats',"elapsed_ns":'$((3 * repeats))',"subject":{"name":"m","version":"1","source":"s"}}'"#;

    fn name_vec() -> &'static Operation {
        Operation::named("name-vec").expect("there is such an operation")
    }

    #[test]
    fn a_sample_takes_as_many_processes_as_it_needs() {
        let (_folder, launcher) = program(THREE_NS);
        let mut sampling = Sampling::begin(&launcher, name_vec(), Level::Variables);
        assert_eq!(sampling.sample(450), Some(Duration::from_nanos(1_350)));
        for iterations in [1, 2, 4] {
            sampling.sample(iterations);
        }
        for _ in 0..6 {
            sampling.sample(300);
        }
        let measured = sampling.finish();
        assert_eq!(measured.samples, [Sample { iterations: 300, elapsed_ns: 900 }; 6], "without the warm-up");
        assert_eq!(measured.ns.map(|ns| (ns.low, ns.value, ns.high)), Some((3.0, 3.0, 3.0)));
    }

    #[test]
    fn a_failure_is_kept_and_not_tried_again() {
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
    fn samples_in_which_no_time_passed_say_nothing() {
        let (_folder, launcher) = program(&THREE_NS.replace("3 * repeats", "0 * repeats"));
        let mut sampling = Sampling::begin(&launcher, name_vec(), Level::Variables);
        for _ in 0..8 {
            assert_eq!(sampling.sample(10), Some(Duration::from_nanos(10)), "a time to divide by");
        }
        let measured = sampling.finish();
        assert_eq!((measured.ns, measured.samples.len(), measured.failure), (None, 8, None));
    }

    #[test]
    fn too_few_samples_say_nothing() {
        let (_folder, launcher) = program(THREE_NS);
        let mut sampling = Sampling::begin(&launcher, name_vec(), Level::Variables);
        for iterations in [1, 2, 4, 8] {
            sampling.sample(iterations);
        }
        assert_eq!(sampling.finish().ns, None);
    }
}
