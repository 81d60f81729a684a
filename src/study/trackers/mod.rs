//! Trackers: memscope among others, from no tracking at all to the slowest.
//!
//! It answers whether a cost is memscope's or tracking's. Each rung is a level, measured as any other: in pairs with
//! the ordinary untracked probe. A file of it is a results file of which the cells are the rungs.

pub mod chart;
pub mod summary;

use crate::platform::files::Versioned;
use crate::report::document::Document;
use crate::report::metric::Metric;
use crate::schedule::measurement::{Cell, Series};
use crate::study::Study;
use crate::study::overhead::record::{self, Results};
use crate::tracking::Level;
use crate::workloads::Workload;
use serde::{Deserialize, Serialize};

/// The results of `memscope-bench trackers`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ladder(pub Results);

impl Versioned for Ladder {
    const KIND: &str = "trackers";
    const WHAT: &str = "a ladder";
    const SCHEMA: u32 = record::SCHEMA;
}

impl Study for Ladder {
    fn summary(&self) -> Document {
        summary::summary(self)
    }

    fn chart(&self) -> Option<String> {
        Some(chart::draw(self))
    }

    fn metrics(&self) -> Vec<Metric> {
        self.0.metrics()
    }

    fn left_out(&self) -> Vec<String> {
        self.0.left_out()
    }
}

/// The rungs of one workload.
#[derive(Clone, Debug)]
pub struct Flight<'a> {
    /// The workload.
    pub workload: Workload,
    /// The median time untracked, in nanoseconds, in the pairs of the first rung that has a figure.
    pub untracked_ns: Option<f64>,
    /// The rungs from the fastest to the slowest, and after them those without a figure.
    pub rungs: Vec<&'a Cell>,
}

impl Ladder {
    /// The levels that this build has a rung for. heaptrack has one everywhere: where it is not installed, the rung
    /// says so.
    pub fn levels() -> Vec<Level> {
        Level::built().collect()
    }

    /// The flights, in the order in which they were measured.
    pub fn flights(&self) -> Vec<Flight<'_>> {
        let mut flights: Vec<Flight> = Vec::new();
        for cell in self.0.series(Series::Overhead) {
            match flights.iter_mut().find(|flight| flight.workload == cell.workload) {
                Some(flight) => flight.rungs.push(cell),
                None => flights.push(Flight { workload: cell.workload, untracked_ns: None, rungs: vec![cell] }),
            }
        }
        for Flight { untracked_ns, rungs, .. } in &mut flights {
            *untracked_ns = rungs.iter().find_map(|cell| Some(cell.overhead?.untracked_ns));
            let height = |cell: &Cell| cell.overhead.map_or(f64::INFINITY, |overhead| overhead.wall.value);
            rungs.sort_by(|a, b| height(a).total_cmp(&height(b)));
        }
        flights
    }
}
