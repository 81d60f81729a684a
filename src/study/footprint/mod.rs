//! The footprint: the memory that tracking takes, and the events that it misses, as a workload grows.
//!
//! A single run is not enough: it includes the tracker's fixed parts, and its maps double now and then. So each
//! measurement, a workload under a level on a number of threads, runs at many scales over three octaves. Its figures
//! are means over whole octaves of the bytes that each additional allocation or event adds.
//!
//! The switched allocator counts memory at the request, instead of reading it from the process. It counts separately
//! what the hook allocates for itself. The allocations of variable tracking are the difference between the workload
//! with it and without it. These counts are exact, except with threads whose order differs from run to run. They are
//! requested bytes. Peak resident memory also includes the heap's own overhead; it comes from probes that count
//! nothing.

mod overview;
pub mod summary;

use crate::platform::files::Versioned;
use crate::report::document::Document;
use crate::report::metric::Metric;
use crate::report::origin::Origin;
use crate::schedule::pairing::checked;
use crate::stats::estimate::Estimate;
use crate::stats::growth::growth;
use crate::stats::median::median_interval;
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

/// The number of scales of a measurement. Twenty of them cover three octaves, each at a different place of its octave;
/// the last three are three octaves above the first three, so the tracker's fixed part is known from three pairs.
pub const SCALES: usize = 23;

/// The largest scale, as a part of the workload's own.
const MAX_SCALE: f64 = 4.0;

/// Returns a scale by its index, as a part of the workload's own: from 0.41 to 4 times, in even steps of 3/20 octave.
pub fn step(index: usize) -> f64 {
    MAX_SCALE * (0.15 * (index as f64 - (SCALES - 1) as f64)).exp2()
}

/// The number of pairs of probes for peak resident memory.
pub const PEAKS: usize = 8;

/// The footprints of one or several builds of memscope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Footprints {
    /// The version of this format: [`SCHEMA`].
    pub schema: u32,
    /// The origin. Its build is the build of the program that measured the others.
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

    fn origins(&self) -> Vec<(&'static str, &Origin)> {
        vec![("", &self.origin)]
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
    /// The ratios tracked ÷ untracked of peak resident memory, at the largest scale.
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
    /// The program's peak number of live allocations.
    pub live_allocations: u64,
    /// The peak bytes of the tracker, or an upper bound: the peak within the hook, plus the peak by which the program
    /// with variable tracking exceeds the program alone. The two may be at different moments.
    pub peak_bytes: u64,
    /// The bytes that the tracker keeps after the program has freed everything.
    pub kept_bytes: u64,
}

impl Point {
    /// Returns the point of two counted probes; `None` if either lacks counts.
    pub(crate) fn of(untracked: &Observation, tracked: &Observation) -> Option<Self> {
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
    /// Returns a measurement without counts.
    fn begin(&Request { workload, level, scale, threads, .. }: &Request) -> Self {
        let seed = scale.seed();
        Self { workload, level, threads, seed, points: Vec::new(), peaks: Vec::new(), failure: None }
    }

    /// Returns the fidelity at the scale at which it is farthest from 1; `None` if none is known.
    pub fn fidelity(&self) -> Option<f64> {
        worst_fidelity(self.points.iter().filter_map(|point| point.fidelity))
    }

    /// Returns the bytes that the tracker takes for each live allocation: the growth of its peak with the program's
    /// peak number of live allocations, as [`growth`] defines it. `None` if the latter does not double over the scales.
    pub fn bytes_per_live_allocation(&self) -> Option<Estimate> {
        self.growth(|point| point.live_allocations as f64, |point| point.peak_bytes as f64)
    }

    /// Returns the bytes that the tracker keeps for each event: the growth of the bytes at the end, after everything is
    /// freed, with the number of events. `None` if the latter does not double over the scales.
    pub fn bytes_per_event(&self) -> Option<Estimate> {
        self.growth(|point| point.events as f64, |point| point.kept_bytes as f64)
    }

    /// Returns the ratio tracked ÷ untracked of peak resident memory, at the largest scale.
    pub fn peak_memory(&self) -> Option<Estimate> {
        median_interval(self.peaks.iter().copied())
    }

    fn growth(&self, x: fn(&Point) -> f64, y: fn(&Point) -> f64) -> Option<Estimate> {
        growth(&self.points.iter().map(|point| (x(point), y(point))).collect::<Vec<_>>())
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
    /// The scale that the steps are parts of; `None` for each workload's short scale.
    pub scale: Option<Scale>,
}

impl Plan {
    /// Returns the measurements, as the probes of their largest scale. `untracked` is not a measurement, because all of
    /// them include it.
    ///
    /// # Errors
    /// If a scale times a step is not a valid scale.
    pub fn measurements(&self) -> Result<Vec<Request>, ScaleError> {
        let mut measurements = Vec::new();
        for &workload in &self.workloads {
            let threads = if workload.is_parallel() { self.threads.as_slice() } else { &[1] };
            let scale = self.scale.unwrap_or(workload.short()).part(MAX_SCALE)?;
            for &threads in threads {
                for &level in self.levels.iter().filter(|&&level| level != Level::Untracked) {
                    measurements.push(Request { workload, level, scale, threads, count: false });
                }
            }
        }
        Ok(measurements)
    }
}

/// Runs measurements of one build. The levels of a workload share the counts of its untracked runs.
#[derive(Debug)]
pub struct Meter<'a> {
    launcher: &'a Launcher,
    /// The untracked counts, each with its scale, and their request.
    untracked: Vec<Observation>,
    of: Option<(Workload, usize)>,
}

impl<'a> Meter<'a> {
    /// Returns a meter of the build that a launcher runs.
    pub const fn new(launcher: &'a Launcher) -> Self {
        Self { launcher, untracked: Vec::new(), of: None }
    }

    /// Runs a measurement, given its largest probe.
    pub fn measure(&mut self, largest: Request) -> Footprint {
        let mut measurement = Footprint::begin(&largest);
        measurement.failure = self.fill(&mut measurement, largest).err();
        measurement
    }

    /// Counts a measurement at each scale, given its largest probe, without peak resident memory.
    pub fn count(&mut self, largest: Request) -> Footprint {
        let mut measurement = Footprint::begin(&largest);
        measurement.failure = self.fill_points(&mut measurement, largest).err();
        measurement
    }

    fn fill(&mut self, measurement: &mut Footprint, largest: Request) -> Result<(), Failure> {
        self.fill_points(measurement, largest)?;
        for _ in 0..PEAKS {
            let untracked = self.launcher.run(&Request { level: Level::Untracked, ..largest })?;
            let tracked = checked(self.launcher.run(&largest)?, untracked.digest)?;
            if let (Some(untracked @ 1..), Some(tracked)) = (untracked.peak_rss_bytes, tracked.peak_rss_bytes) {
                measurement.peaks.push(tracked as f64 / untracked as f64);
            }
        }
        Ok(())
    }

    fn fill_points(&mut self, measurement: &mut Footprint, largest: Request) -> Result<(), Failure> {
        if self.of != Some((largest.workload, largest.threads)) {
            (self.untracked, self.of) = (Vec::new(), Some((largest.workload, largest.threads)));
        }
        for index in 0..SCALES {
            // A part of a valid scale is valid.
            let Ok(scale) = largest.scale.part(step(index) / MAX_SCALE) else { continue };
            let request = Request { scale, count: true, ..largest };
            let untracked = self.untracked(request)?;
            let tracked = checked(self.launcher.run(&request)?, untracked.digest)?;
            measurement.points.extend(Point::of(&untracked, &tracked));
        }
        Ok(())
    }

    /// Returns the counts of a run without tracking, once for all levels.
    fn untracked(&mut self, tracked: Request) -> Result<Observation, Failure> {
        let scale = tracked.scale.factor();
        if let Some(known) = self.untracked.iter().find(|known| known.scale == scale) {
            return Ok(known.clone());
        }
        let seen = self.launcher.run(&Request { level: Level::Untracked, ..tracked })?;
        self.untracked.push(seen.clone());
        Ok(seen)
    }
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
    fn figures_exclude_fixed_memory() {
        let grown = measurement((1..9).map(|n| (n * 1_000, n * 100, 50_000 + n * 100 * 160, 9_000 + n * 1_000 * 3)));
        let exactly = |value| Some(Estimate { value, low: value, high: value });
        assert_eq!(grown.bytes_per_live_allocation(), exactly(160.0));
        assert_eq!(grown.bytes_per_event(), exactly(3.0));
        assert_eq!(grown.peak_memory(), exactly(2.0));
        assert_eq!(grown.fidelity(), Some(0.999), "the smallest scale misses the most");
    }

    #[test]
    fn less_than_a_doubling_has_no_figure() {
        let level = measurement((1..9).map(|n| (n * 1_000, 500 + n, 50_000, 9_000)));
        assert_eq!(level.bytes_per_live_allocation(), None);
        assert_eq!(level.bytes_per_event().map(|growth| growth.value), Some(0.0));
    }

    #[test]
    fn twenty_scales_cover_three_octaves_evenly() {
        let all: Vec<f64> = (0..SCALES).map(step).collect();
        assert_eq!(all[SCALES - 1], MAX_SCALE);
        for place in 0..SCALES - 20 {
            assert!((all[place + 20] / all[place] - 8.0).abs() < 1e-9, "{all:?}");
        }
        let mut places: Vec<f64> = all[..20].iter().map(|step| step.log2().rem_euclid(1.0)).collect();
        places.sort_unstable_by(f64::total_cmp);
        assert!(places.windows(2).all(|two| (two[1] - two[0] - 0.05).abs() < 1e-9), "{places:?}");
    }

    #[test]
    fn only_parallel_workloads_are_measured_on_several_threads() {
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
