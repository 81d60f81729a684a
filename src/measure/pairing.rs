//! The pairs of one cell: what is tried first, in which order the sides run, and what ends the cell.

use super::{Launcher, overhead};
use crate::probe::{Observation, Request};
use crate::results::{Cell, Failure, Pair, Series, Side};
use crate::tracking::Tracking;
use crate::workloads::{Digest, Scale, Workload};

/// One cell while it is measured.
#[derive(Debug)]
pub struct CellRun<'a> {
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
        let Request { workload, tracking, scale, threads, .. } = tracked;
        let mut cell = Cell {
            series,
            workload,
            tracking,
            scale: scale.factor(),
            seed: scale.seed(),
            threads,
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
        Self { launcher, tracked, expected, cell }
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
        let side = |tracking| {
            let seen = self.launcher.run(&Request { tracking, count: false, ..self.tracked })?;
            Ok(Side::from(&checked(seen, self.expected)?))
        };
        if untracked_first {
            let untracked = side(Tracking::Untracked)?;
            Ok((untracked, side(self.tracked.tracking)?))
        } else {
            let tracked = side(self.tracked.tracking)?;
            Ok((side(Tracking::Untracked)?, tracked))
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
fn checked(seen: Observation, expected: Digest) -> Result<Observation, Failure> {
    if seen.digest == expected { Ok(seen) } else { Err(Failure::WrongDigest { expected, found: seen.digest }) }
}

/// Measures workloads × levels, without Criterion: `pairs` pairs for each cell, one cell after the other.
///
/// `scale` is the scale of all, or `None` for each workload's short scale; `progress` is called after each pair.
pub fn measure(
    launcher: &Launcher,
    workloads: &[Workload],
    levels: &[Tracking],
    scale: impl Fn(Workload) -> Scale,
    threads: usize,
    pairs: usize,
    mut progress: impl FnMut(Workload, Tracking),
) -> Vec<Cell> {
    let mut cells = Vec::new();
    for &workload in workloads {
        for &tracking in levels {
            let request = Request { workload, tracking, scale: scale(workload), threads, count: false };
            let mut run = CellRun::begin(launcher, Series::Overhead, request);
            for _ in 0..pairs {
                run.pair();
                progress(workload, tracking);
            }
            cells.push(run.finish());
        }
    }
    cells
}
