//! Counts the windows of a program's probes.

use super::decision::{Difference, differences};
use super::metric::Metric;
use super::record::{Counts, Runs};
use crate::schedule::pairing::checked;
use crate::study::instructions::{CountingError, InstructionCounter, PLACES};
use crate::tracking::Level;
use crate::worker::failure::Failure;
use crate::worker::launcher::Launcher;
use crate::worker::probe::Request;
use crate::workloads::{Digest, Workload};

/// The number of probes whose page faults are counted: the seeds of hash maps and the kernel's choices differ from
/// probe to probe.
const PROBES: usize = 6;

/// The requested counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Scope {
    /// The workloads.
    pub workloads: Vec<Workload>,
    /// The levels. Untracked runs are always counted too.
    pub levels: Vec<Level>,
    /// The factor of the scale; `None` for each workload's short scale.
    pub scale: Option<f64>,
    /// The part of that scale that is run: a program is about fifty times slower under callgrind.
    pub part: f64,
    /// The threads of each pool of a parallel workload.
    pub threads: usize,
    /// The metrics. Metrics that need callgrind are counted in workloads with one thread.
    pub metrics: Vec<Metric>,
}

impl Scope {
    /// Returns whether valgrind is needed.
    pub fn needs_callgrind(&self) -> bool {
        self.workloads.iter().any(|&workload| self.is_collected(workload))
    }

    /// Returns whether a workload runs under callgrind.
    fn is_collected(&self, workload: Workload) -> bool {
        !workload.is_parallel() && self.metrics.iter().any(|metric| metric.needs_callgrind())
    }

    /// Returns the number of times that progress is reported for one program.
    pub fn steps(&self) -> usize {
        self.workloads.iter().map(|&workload| self.steps_of(workload)).sum()
    }

    /// Returns the number of times that progress is reported for one program's workload, unless something fails.
    pub fn steps_of(&self, workload: Workload) -> usize {
        let runs = if self.is_collected(workload) { PLACES.len() } else { 0 };
        (1 + self.levels.len()) * (runs + usize::from(self.metrics.contains(&Metric::PageFaults)))
    }
}

/// Counts the windows of one program.
#[derive(Debug)]
pub struct Counter<'a> {
    launcher: &'a Launcher,
    scope: &'a Scope,
    /// `None` if nothing needs callgrind.
    instructions: Option<InstructionCounter<'a>>,
}

impl<'a> Counter<'a> {
    /// Returns a counter of a program.
    ///
    /// # Errors
    /// If callgrind is needed and cannot be used.
    pub fn new(launcher: &'a Launcher, scope: &'a Scope) -> Result<Self, CountingError> {
        let instructions = scope.needs_callgrind().then(|| InstructionCounter::new(launcher)).transpose()?;
        Ok(Self { launcher, scope, instructions })
    }

    /// Counts a workload untracked and at each level. A failure ends only the counting of its level, or of all levels
    /// if the untracked runs failed. `progress` is called after each step.
    pub fn count(&self, workload: Workload, mut progress: impl FnMut(Workload, Level)) -> Vec<Counts> {
        let Scope { levels, scale, part, threads, .. } = self.scope;
        let request = |level| {
            let whole = Request::at(*scale, workload, level, *threads);
            Request { scale: whole.scale.part(*part).unwrap_or(whole.scale), ..whole }
        };
        // The first probe counts the allocations, and its digest is the expected one.
        let trial = self.launcher.run(&Request { count: true, ..request(Level::Untracked) });
        let baseline = trial.and_then(|seen| {
            let runs = self.runs(&request(Level::Untracked), seen.digest, &mut progress)?;
            Ok((seen.truth.map(|truth| truth.allocations), seen.digest, runs))
        });
        let of_level = |&level: &Level| {
            let Request { scale, threads, .. } = request(level);
            let (allocations, untracked) = match &baseline {
                Ok((allocations, _, untracked)) => (*allocations, untracked.clone()),
                Err(_) => Default::default(),
            };
            let tracked = baseline
                .as_ref()
                .map_err(Clone::clone)
                .and_then(|(_, digest, _)| self.runs(&request(level), *digest, &mut progress));
            let (tracked, failure) =
                tracked.map_or_else(|failure| (Runs::default(), Some(failure)), |runs| (runs, None));
            Counts {
                workload,
                level,
                scale: scale.factor(),
                seed: scale.seed(),
                threads,
                allocations,
                failure,
                untracked,
                tracked,
            }
        };
        levels.iter().map(of_level).collect()
    }

    /// Counts one probe, several times.
    fn runs(
        &self,
        request: &Request,
        expected: Digest,
        progress: &mut impl FnMut(Workload, Level),
    ) -> Result<Runs, Failure> {
        let mut runs = Runs::default();
        let mut step = || progress(request.workload, request.level);
        if let Some(counter) = self.instructions.as_ref().filter(|_| self.scope.is_collected(request.workload)) {
            runs.collect(&counter.placed(request, expected, &mut step)?);
        }
        if self.scope.metrics.contains(&Metric::PageFaults) {
            let faults = (0..PROBES).map(|_| Ok(checked(self.launcher.run(request)?, expected)?.page_faults));
            let faults: Option<Vec<u64>> = faults.collect::<Result<_, Failure>>()?;
            // If the system does not report them, they are unknown.
            runs.page_faults = faults.unwrap_or_default();
            step();
        }
        Ok(runs)
    }
}

/// The counts of two programs, and their differences.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// The counts of the reference.
    pub base: Vec<Counts>,
    /// The counts of the other program.
    pub head: Vec<Counts>,
    /// The differences on each workload and level.
    pub differences: Vec<Difference>,
}

/// Counts two programs, workload by workload, and compares them. `progress` is called after each of twice
/// [`Scope::steps`] steps.
///
/// # Errors
/// If callgrind is needed and cannot be used.
pub fn compare(
    base: &Launcher,
    head: &Launcher,
    scope: &Scope,
    mut progress: impl FnMut(Workload, Level),
) -> Result<Compared, CountingError> {
    let counters = [Counter::new(base, scope)?, Counter::new(head, scope)?];
    let [mut base, mut head] = [Vec::new(), Vec::new()];
    for &workload in &scope.workloads {
        base.extend(counters[0].count(workload, &mut progress));
        head.extend(counters[1].count(workload, &mut progress));
    }
    let differences = differences(&base, &head);
    Ok(Compared { base, head, differences })
}
