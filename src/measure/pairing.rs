//! The pairs of one cell: what is tried first, in which order the sides run, and what ends the cell.

use super::{Launcher, overhead};
use crate::probe::{Observation, Request};
use crate::results::{Cell, Failure, Pair, Precision, Series, Side};
use crate::tracking::Tracking;
use crate::workloads::{Digest, Scale, Workload};
use std::time::{Duration, Instant};

/// One cell while it is measured.
#[derive(Debug)]
pub struct CellRun<'a> {
    /// What runs the first of each pair's sides: the baseline.
    baseline: &'a Launcher,
    launcher: &'a Launcher,
    tracked: Request,
    expected: Digest,
    cell: Cell,
}

impl<'a> CellRun<'a> {
    /// Tries a cell before it is timed: one probe untracked and one under the level, both with the counters on. They
    /// give the cell its allocations and its fidelity, and show that the level ends, and does the same work.
    ///
    /// A cell whose trial failed takes no pairs; [`finish`](Self::finish) gives it with its failure.
    pub fn begin(launcher: &'a Launcher, series: Series, tracked: Request) -> Self {
        Self::begin_against(launcher, launcher, series, tracked)
    }

    /// The same with an untracked baseline that another program runs, such as the control.
    pub fn begin_against(baseline: &'a Launcher, launcher: &'a Launcher, series: Series, tracked: Request) -> Self {
        let Request { workload, tracking, scale, threads, .. } = tracked;
        let mut cell = Cell {
            series,
            workload,
            tracking,
            scale: scale.factor(),
            seed: scale.seed(),
            threads,
            layout: None,
            allocations: None,
            fidelity: None,
            failure: None,
            overhead: None,
            pairs: Vec::new(),
        };
        let counted = |tracking| launcher.run(&Request { tracking, count: true, ..tracked });
        let mut expected = Digest::default();
        let trial = counted(Tracking::Untracked).and_then(|untracked| {
            cell.allocations = untracked.truth.map(|truth| truth.allocations);
            expected = untracked.digest;
            let seen = if tracking == Tracking::Untracked { untracked } else { counted(tracking)? };
            checked(seen, expected)
        });
        match trial {
            Ok(seen) => cell.fidelity = seen.fidelity(),
            Err(failure) => cell.failure = Some(failure),
        }
        Self { baseline, launcher, tracked, expected, cell }
    }

    /// A cell that was tried before, with what is known of it.
    pub fn resumed(launcher: &'a Launcher, tracked: Request, cell: Cell, expected: Digest) -> Self {
        Self { baseline: launcher, launcher, tracked, expected, cell }
    }

    /// What is known of the cell, and the digest that its probes should have.
    pub fn known(&self) -> (&Cell, Digest) {
        (&self.cell, self.expected)
    }

    /// Takes a pair that was measured before.
    pub fn take(&mut self, pair: Pair) {
        self.cell.pairs.push(pair);
    }

    /// Takes a failure that was seen before.
    pub fn fail(&mut self, failure: Failure) {
        self.cell.failure = Some(failure);
    }

    /// How many pairs the cell has.
    pub fn pairs(&self) -> usize {
        self.cell.pairs.len()
    }

    /// The allocations of one untracked run, where the trial counted them.
    pub fn allocations(&self) -> Option<u64> {
        self.cell.allocations
    }

    /// How the cell failed, if it did.
    pub fn failure(&self) -> Option<&Failure> {
        self.cell.failure.as_ref()
    }

    /// Runs one more pair. Even ones run untracked first, odd ones tracked first, so that whatever the first of two
    /// meets, both levels meet it alike.
    ///
    /// `None` if the cell has failed, now or before; it then takes no more pairs.
    pub fn pair(&mut self) -> Option<Pair> {
        if self.cell.failure.is_some() {
            return None;
        }
        let untracked_first = self.cell.pairs.len().is_multiple_of(2);
        match self.sides(untracked_first) {
            Ok((untracked, tracked)) => {
                let pair = Pair { untracked_first, untracked, tracked };
                self.cell.pairs.push(pair);
                Some(pair)
            }
            Err(failure) => {
                self.cell.failure = Some(failure);
                None
            }
        }
    }

    fn sides(&self, untracked_first: bool) -> Result<(Side, Side), Failure> {
        let side = |launcher: &Launcher, tracking| {
            let seen = launcher.run(&Request { tracking, count: false, ..self.tracked })?;
            Ok(Side::from(&checked(seen, self.expected)?))
        };
        let untracked = || side(self.baseline, Tracking::Untracked);
        let tracked = || side(self.launcher, self.tracked.tracking);
        if untracked_first {
            let untracked = untracked()?;
            Ok((untracked, tracked()?))
        } else {
            let tracked = tracked()?;
            Ok((untracked()?, tracked))
        }
    }

    /// Runs pairs until the overhead is as precise as is asked, or the time is up. `progress` is called after each.
    pub fn refine(&mut self, precision: Precision, mut progress: impl FnMut()) {
        /// Estimating sorts all pairs: not after each.
        const BETWEEN_LOOKS: usize = 10;
        let began = Instant::now();
        let is_reached =
            |pairs: &[Pair]| overhead(pairs, None).is_some_and(|overhead| precision.is_reached_by(&overhead.wall));
        while !is_reached(&self.cell.pairs) && began.elapsed() < Duration::from_secs(precision.seconds) {
            for _ in 0..BETWEEN_LOOKS {
                if self.pair().is_none() {
                    return;
                }
                progress();
            }
        }
    }

    /// The cell with what its pairs say. Where it failed, the pairs before that remain as data, and no overhead is told.
    pub fn finish(mut self) -> Cell {
        if self.cell.failure.is_none() {
            self.cell.overhead = overhead(&self.cell.pairs, self.cell.allocations);
        }
        self.cell
    }
}

/// Holds an observation's digest against the one that it should have.
///
/// # Errors
/// If it is another one.
pub fn checked(seen: Observation, expected: Digest) -> Result<Observation, Failure> {
    if seen.digest == expected { Ok(seen) } else { Err(Failure::WrongDigest { expected, found: seen.digest }) }
}

/// What to measure without Criterion.
pub struct Plan<'a> {
    /// What to run.
    pub workloads: &'a [Workload],
    /// What to run it under.
    pub levels: &'a [Tracking],
    /// How large each workload is.
    pub scale: &'a dyn Fn(Workload) -> Scale,
    /// The threads of each pool.
    pub threads: usize,
    /// How many pairs each cell gets at least.
    pub pairs: usize,
    /// The precision up to which it gets more, if any.
    pub precision: Option<Precision>,
}

impl Plan<'_> {
    /// Measures each workload under each level, one cell after the other; `progress` is called after each pair.
    pub fn measure(&self, launcher: &Launcher, mut progress: impl FnMut(Workload, Tracking)) -> Vec<Cell> {
        let cells = self.workloads.iter().flat_map(|&workload| self.levels.iter().map(move |&level| (workload, level)));
        cells
            .map(|(workload, level)| {
                let run = CellRun::begin(launcher, Series::Overhead, self.request(workload, level));
                self.finish(run, || progress(workload, level))
            })
            .collect()
    }

    /// Measures untracked against the control program, for each workload.
    pub fn measure_control(
        &self,
        control: &Launcher,
        launcher: &Launcher,
        mut progress: impl FnMut(Workload, Tracking),
    ) -> Vec<Cell> {
        let cell = |&workload: &Workload| {
            let request = self.request(workload, Tracking::Untracked);
            let run = CellRun::begin_against(control, launcher, Series::Control, request);
            self.finish(run, || progress(workload, Tracking::Untracked))
        };
        self.workloads.iter().map(cell).collect()
    }

    fn request(&self, workload: Workload, tracking: Tracking) -> Request {
        Request { workload, tracking, scale: (self.scale)(workload), threads: self.threads, count: false }
    }

    fn finish(&self, mut run: CellRun, mut progress: impl FnMut()) -> Cell {
        for _ in 0..self.pairs {
            run.pair();
            progress();
        }
        if let Some(precision) = self.precision {
            run.refine(precision, progress);
        }
        run.finish()
    }
}
