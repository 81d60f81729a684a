//! Passes recorded samples to Criterion, so its pages show the samples of the table.

use crate::bench::arguments;
use crate::bench::groups::{Function, Group, ratio_group};
use crate::bench::noise;
use crate::bench::ratio::Ratio;
use crate::schedule::measurement::{Clock, Measurement};
use crate::study::overhead::record::Results;
use criterion::measurement::{Measurement as Quantity, WallTime};
use criterion::{AxisScale, BenchmarkGroup, BenchmarkId, Criterion, PlotConfiguration, SamplingMode, Throughput};
use std::time::{Duration, Instant};

/// The minimum number of samples that Criterion accepts.
pub(super) const CRITERION_SAMPLES: usize = 10;
/// The real time of a replayed sample. Criterion plans its samples by it.
const SAMPLE: Duration = Duration::from_millis(1);
/// The probability of a false change of one function. Criterion treats samples as independent, so this only suppresses
/// the noise within a run; the noise threshold covers the differences between runs.
const SIGNIFICANCE: f64 = 0.01;

/// Criterion for times, and for overheads.
pub(super) struct Both {
    pub times: Criterion<WallTime>,
    pub ratios: Criterion<Ratio>,
}

/// Passes the samples of the results to Criterion. The measurements are in the order of the functions.
pub(super) fn replay(criterion: &mut Both, groups: Vec<Group>, results: &Results) {
    let mut measurements = results.measurements.iter();
    for Group { name, functions, is_log } in groups.into_iter().filter(|group| !group.functions.is_empty()) {
        let functions: Vec<(Function, &Measurement)> = functions.into_iter().zip(measurements.by_ref()).collect();
        if functions.iter().any(|(function, _)| function.shows_time) {
            let mut group = begin(&mut criterion.times, &name, is_log);
            for (function, measurement) in functions.iter().filter(|(function, _)| function.shows_time) {
                show_times(&mut group, function.id.clone(), measurement, results);
            }
            group.finish();
        }
        if functions.iter().any(|(function, _)| function.shows_ratio) {
            let mut group = begin(&mut criterion.ratios, &ratio_group(&name), is_log);
            for (function, measurement) in functions.iter().filter(|(function, _)| function.shows_ratio) {
                show_ratios(&mut group, function.id.clone(), measurement, results);
            }
            group.finish();
        }
    }
    criterion.times.final_summary();
    criterion.ratios.final_summary();
}

pub(super) fn begin<'c, M: Quantity>(
    criterion: &'c mut Criterion<M>,
    name: &str,
    is_log: bool,
) -> BenchmarkGroup<'c, M> {
    let mut group = criterion.benchmark_group(name);
    group.sampling_mode(SamplingMode::Flat);
    if is_log {
        group.plot_config(PlotConfiguration::default().summary_scale(AxisScale::Logarithmic));
    }
    group
}

fn show_times(group: &mut BenchmarkGroup<WallTime>, id: BenchmarkId, measurement: &Measurement, results: &Results) {
    // Criterion divides by a sample: if a coarse clock saw no time pass, the sample is the shortest possible time.
    let samples: Vec<f64> = measurement.pairs.iter().map(|pair| pair.tracked.wall_ns.max(1) as f64).collect();
    if let Some(allocations) = measurement.allocations {
        group.throughput(Throughput::Elements(allocations));
    }
    if measurement.failure().is_none() {
        show(group, id, &Samples::measured(samples), noise::of_time(measurement, results), nanoseconds);
    }
}

fn show_ratios(group: &mut BenchmarkGroup<Ratio>, id: BenchmarkId, measurement: &Measurement, results: &Results) {
    let ratios = measurement.pairs.iter().map(|pair| pair.ratio(Clock::Wall));
    let samples: Vec<f64> = ratios.filter(|ratio| ratio.is_finite()).collect();
    if measurement.failure().is_none() {
        show(group, id, &Samples::measured(samples), noise::of_ratio(measurement, results), |ratio| ratio);
    }
}

/// The samples of a function.
pub(super) struct Samples {
    /// The value of one iteration in each sample.
    pub values: Vec<f64>,
    /// The number of iterations that Criterion is to see in each sample.
    pub iterations: u32,
}

impl Samples {
    /// Returns samples that were measured one by one. Criterion sees two iterations of each: with one, it warns that it
    /// is too few.
    fn measured(values: Vec<f64>) -> Self {
        Self { values, iterations: 2 }
    }
}

/// Returns a time for Criterion.
pub(super) fn nanoseconds(ns: f64) -> Duration {
    Duration::from_nanos(ns as u64)
}

/// Shows a function with its samples. `noise` is the relative change that two runs of one binary rarely exceed.
pub(super) fn show<M: Quantity>(
    group: &mut BenchmarkGroup<M>,
    id: BenchmarkId,
    samples: &Samples,
    noise: f64,
    value: impl Fn(f64) -> M::Value,
) {
    let count = samples.values.len();
    if count < CRITERION_SAMPLES {
        return;
    }
    // The user's flags override the known spread of the machine.
    if !arguments::says("--noise-threshold") {
        group.noise_threshold(noise);
    }
    if !arguments::says("--significance-level") {
        group.significance_level(SIGNIFICANCE);
    }
    // Criterion rounds the iterations of a sample up, so it plans for half of one less.
    let planned = SAMPLE.mul_f64(1.0 - 0.5 / f64::from(samples.iterations));
    group.sample_size(count).warm_up_time(Duration::from_nanos(1)).measurement_time(planned * count as u32);
    let mut calls = 0;
    group.bench_function(id, |bencher| {
        bencher.iter_custom(|iterations| {
            let call = calls;
            calls += 1;
            value(replayed(samples, call, iterations))
        });
    });
}

/// Returns the sum of the samples for a call by Criterion. The first one is its warm-up, by whose real time it plans
/// its samples; each further one gets the next sample, once for each iteration. `--quick` has no warm-up, doubles the
/// iterations for some real time, and gets a sample for each.
fn replayed(samples: &Samples, call: usize, iterations: u64) -> f64 {
    let Samples { values, iterations: of_a_sample } = samples;
    let is_quick = arguments::is_quick();
    if is_quick || call == 0 {
        let began = Instant::now();
        let real = SAMPLE.mul_f64(iterations as f64 / f64::from(*of_a_sample));
        // A sleep would overrun.
        while began.elapsed() < real {
            std::hint::spin_loop();
        }
    }
    if is_quick {
        return values.iter().cycle().take(iterations as usize).sum();
    }
    values[call.saturating_sub(1) % values.len()] * iterations as f64
}
