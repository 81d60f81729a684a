//! The footprint: the memory that tracking takes, and the events that it misses, as a workload grows.
//!
//! A single run shows little: it includes the tracker's fixed parts, and its maps double now and then. So each
//! measurement, a workload under a level on a number of threads, runs at several scales, and its figures are slopes.
//!
//! The switched allocator counts memory at the request, instead of reading it from the process. It counts separately
//! what the hook allocates for itself. The allocations of variable tracking are the difference between the workload
//! with it and without it. These counts are exact, except with threads whose order differs from run to run. They are
//! requested bytes. What the heap adds to them is in the peak of resident memory, which comes from probes that count
//! nothing.

pub mod summary;

use crate::platform::files::Versioned;
use crate::report::document::Document;
use crate::report::metric::Metric;
use crate::report::origin::Origin;
use crate::schedule::pairing::checked;
use crate::stats::estimate::Estimate;
use crate::stats::median::median_interval;
use crate::stats::slope::slope;
use crate::study::Study;
use crate::tracking::Level;
use crate::tracking::memscope::MemscopeBuild;
use crate::worker::failure::Failure;
use crate::worker::launcher::Launcher;
use crate::worker::probe::{Observation, Request, worst_fidelity};
use crate::workloads::{Scale, ScaleError, Workload};
use serde::{Deserialize, Serialize};

/// The version of the file's format. A change that an older reader would misread raises it.
pub const SCHEMA: u32 = 1;

/// The scales of a measurement, as parts of the workload's own: from half to four times, in even steps of √2.
pub const STEPS: [f64; 7] = [0.5, std::f64::consts::FRAC_1_SQRT_2, 1.0, std::f64::consts::SQRT_2, 2.0, 2.83, 4.0];

/// The number of pairs of probes for the peak of resident memory.
pub const PEAKS: usize = 8;

/// The least growth of live allocations over all scales for which a cost per allocation is reported.
const GROWS: f64 = 1.5;

/// The footprints of one or several builds of memscope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Footprints {
    /// The version of this format: [`SCHEMA`].
    pub schema: u32,
    /// The origin. Its build is that of the program that measured the others.
    #[serde(flatten)]
    pub origin: Origin,
    /// The builds, in the order in which they were named.
    #[serde(alias = "subjects")]
    pub builds: Vec<BuildFootprints>,
}

impl Versioned for Footprints {
    const KIND: &str = "footprint";
    const WHAT: &str = "a file of footprints";
    const SCHEMA: u32 = SCHEMA;
}

impl Study for Footprints {
    fn summary(&self) -> Document {
        summary::summary(self)
    }

    fn metrics(&self) -> Vec<Metric> {
        let measurements =
            self.builds.iter().flat_map(|build| build.measurements.iter().map(move |measurement| (build, measurement)));
        let of_measurement = |(build, measurement): (&BuildFootprints, &Footprint)| {
            let Footprint { workload, level, threads, .. } = measurement;
            let name = format!("{workload}/{level}/threads-{threads}/{}", build.name);
            let estimates = [
                ("bytes-per-live-allocation", measurement.bytes_per_live_allocation()),
                ("bytes-per-event", measurement.bytes_per_event()),
                ("peak-memory", measurement.peak_memory()),
            ];
            let estimates = estimates.into_iter().filter_map(|(measure, estimate)| Some((measure, estimate?)));
            let mut metrics: Vec<Metric> =
                estimates.map(|(measure, estimate)| Metric::estimate(&name, measure, estimate)).collect();
            metrics.extend(measurement.fidelity().map(|fidelity| Metric::plain(&name, "fidelity", fidelity)));
            if measurement.failure.is_none() { metrics } else { Vec::new() }
        };
        measurements.flat_map(of_measurement).collect()
    }
}

/// The footprints of one build of memscope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BuildFootprints {
    /// The name.
    pub name: String,
    /// The build's own description; `None` if there is none.
    #[serde(alias = "subject")]
    pub memscope: Option<MemscopeBuild>,
    /// The reason for a build that could not be compiled.
    pub not_built: Option<String>,
    /// The measurements.
    #[serde(alias = "cells")]
    pub measurements: Vec<Footprint>,
}

/// One workload under one level on one number of threads, at several scales.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Footprint {
    /// The workload.
    pub workload: Workload,
    /// The level.
    #[serde(rename = "tracking")]
    pub level: Level,
    /// The threads of each pool.
    pub threads: usize,
    /// The seed of the data.
    pub seed: u64,
    /// The counts at each scale, from the smallest.
    pub points: Vec<Point>,
    /// The ratios tracked ÷ untracked of the peak of resident memory, at the largest scale.
    pub peaks: Vec<f64>,
    /// The failure of a probe, if one failed; no more are started after it.
    pub failure: Option<Failure>,
}

/// The counts at one scale.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// The factor of the scale.
    pub scale: f64,
    /// The events that the level should record: allocations and deallocations, or named values if the hook is off.
    pub events: u64,
    /// Events recorded ÷ events that happened; `None` if either is unknown.
    pub fidelity: Option<f64>,
    /// The most allocations of the program that were alive at once.
    pub live_allocations: u64,
    /// The most bytes that the tracker held at once.
    pub peak_bytes: u64,
    /// The bytes that the tracker holds after the program has freed everything.
    pub kept_bytes: u64,
}

impl Point {
    /// Returns the point of two counted probes; `None` if either did not count.
    fn of(untracked: &Observation, tracked: &Observation) -> Option<Self> {
        let (alone, truth, own) = (untracked.truth?, tracked.truth?, tracked.own?);
        let hook = tracked.level.has_hook();
        Some(Self {
            scale: tracked.scale,
            events: if hook { truth.allocations + truth.deallocations } else { tracked.variables },
            fidelity: tracked.fidelity(),
            live_allocations: alone.peak_live_allocations,
            peak_bytes: own.peak_live_bytes.saturating_add(truth.peak_live_bytes.saturating_sub(alone.peak_live_bytes)),
            kept_bytes: own.live_bytes.saturating_add(truth.live_bytes.saturating_sub(alone.live_bytes)),
        })
    }
}

impl Footprint {
    /// Returns the fidelity at the scale where it is farthest from 1; `None` if none is known.
    pub fn fidelity(&self) -> Option<f64> {
        worst_fidelity(self.points.iter().filter_map(|point| point.fidelity))
    }

    /// Returns the bytes that the tracker takes for each live allocation: the slope of its peak over the program's
    /// most live allocations. `None` if those hardly grow with the scale, or there are too few scales.
    pub fn bytes_per_live_allocation(&self) -> Option<Estimate> {
        let live = || self.points.iter().map(|point| point.live_allocations as f64);
        let (least, most) = (live().reduce(f64::min)?, live().reduce(f64::max)?);
        if most < GROWS * least {
            return None;
        }
        self.slope(|point| point.live_allocations as f64, |point| point.peak_bytes as f64)
    }

    /// Returns the bytes that the tracker keeps of each event: the slope of the bytes held at the end, when all is
    /// freed, over the number of events.
    pub fn bytes_per_event(&self) -> Option<Estimate> {
        self.slope(|point| point.events as f64, |point| point.kept_bytes as f64)
    }

    /// Returns the ratio tracked ÷ untracked of the peak of resident memory, at the largest scale.
    pub fn peak_memory(&self) -> Option<Estimate> {
        median_interval(self.peaks.iter().copied())
    }

    fn slope(&self, x: fn(&Point) -> f64, y: fn(&Point) -> f64) -> Option<Estimate> {
        slope(&self.points.iter().map(|point| (x(point), y(point))).collect::<Vec<_>>())
    }
}

/// The plan for each build.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The workloads.
    pub workloads: Vec<Workload>,
    /// The levels.
    pub levels: Vec<Level>,
    /// The thread counts of parallel workloads; the others run on one thread.
    pub threads: Vec<usize>,
    /// The scale that the steps are parts of; `None` for each workload's short one.
    pub scale: Option<Scale>,
}

impl Plan {
    /// Returns the measurements, as the probes of their largest scale. `untracked` is no measurement: it is in all of
    /// them.
    ///
    /// # Errors
    /// If a scale times a step is no valid scale.
    pub fn measurements(&self) -> Result<Vec<Request>, ScaleError> {
        let mut measurements = Vec::new();
        for &workload in &self.workloads {
            let threads = if workload.is_parallel() { self.threads.as_slice() } else { &[1] };
            let scale = self.scale.unwrap_or(workload.short()).part(STEPS[STEPS.len() - 1])?;
            for &threads in threads {
                for &level in self.levels.iter().filter(|&&level| level != Level::Untracked) {
                    measurements.push(Request { workload, level, scale, threads, count: false });
                }
            }
        }
        Ok(measurements)
    }
}

/// Runs a measurement, given its largest probe.
pub fn measure(launcher: &Launcher, largest: Request) -> Footprint {
    let Request { workload, level, scale, threads, .. } = largest;
    let seed = scale.seed();
    let mut measurement =
        Footprint { workload, level, threads, seed, points: Vec::new(), peaks: Vec::new(), failure: None };
    measurement.failure = fill(&mut measurement, launcher, largest).err();
    measurement
}

fn fill(measurement: &mut Footprint, launcher: &Launcher, largest: Request) -> Result<(), Failure> {
    let both = |request: Request| {
        let untracked = launcher.run(&Request { level: Level::Untracked, ..request })?;
        let tracked = launcher.run(&request)?;
        let tracked = checked(tracked, untracked.digest)?;
        Ok((untracked, tracked))
    };
    for step in STEPS {
        // A part of a valid scale is valid.
        let Ok(scale) = largest.scale.part(step / STEPS[STEPS.len() - 1]) else { continue };
        let (untracked, tracked) = both(Request { scale, count: true, ..largest })?;
        measurement.points.extend(Point::of(&untracked, &tracked));
    }
    for _ in 0..PEAKS {
        let (untracked, tracked) = both(largest)?;
        if let (Some(untracked @ 1..), Some(tracked)) = (untracked.peak_rss_bytes, tracked.peak_rss_bytes) {
            measurement.peaks.push(tracked as f64 / untracked as f64);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measurement(points: impl Iterator<Item = (u64, u64, u64, u64)>) -> Footprint {
        let point = |(events, live_allocations, peak_bytes, kept_bytes)| Point {
            scale: 1.0,
            events,
            fidelity: Some(1.0 - 1.0 / events as f64),
            live_allocations,
            peak_bytes,
            kept_bytes,
        };
        Footprint {
            workload: Workload::CYCLES,
            level: Level::Full,
            threads: 1,
            seed: 1,
            points: points.map(point).collect(),
            peaks: vec![2.0; 8],
            failure: None,
        }
    }

    #[test]
    fn fixed_parts_are_in_no_slope() {
        let grown = measurement((1..8).map(|n| (n * 1_000, n * 100, 50_000 + n * 100 * 160, 9_000 + n * 1_000 * 3)));
        let exactly = |value| Some(Estimate { value, low: value, high: value });
        assert_eq!(grown.bytes_per_live_allocation(), exactly(160.0));
        assert_eq!(grown.bytes_per_event(), exactly(3.0));
        assert_eq!(grown.peak_memory(), exactly(2.0));
        assert_eq!(grown.fidelity(), Some(0.999), "the smallest scale misses the most");
    }

    #[test]
    fn what_does_not_grow_has_no_slope() {
        let level = measurement((1..8).map(|n| (n * 1_000, 500 + n, 50_000, 9_000)));
        assert_eq!(level.bytes_per_live_allocation(), None);
        assert_eq!(level.bytes_per_event().map(|slope| slope.value), Some(0.0));
    }

    #[test]
    fn measurements_are_of_many_threads_where_the_workload_is_parallel() {
        let plan = Plan {
            workloads: vec![Workload::CYCLES, Workload::CONCURRENT],
            levels: vec![Level::Untracked, Level::Full],
            threads: vec![1, 4],
            scale: None,
        };
        let measurements: Vec<(Workload, usize)> = plan
            .measurements()
            .expect("good scales")
            .iter()
            .map(|measurement| (measurement.workload, measurement.threads))
            .collect();
        assert_eq!(measurements, [(Workload::CYCLES, 1), (Workload::CONCURRENT, 1), (Workload::CONCURRENT, 4)]);
    }
}
