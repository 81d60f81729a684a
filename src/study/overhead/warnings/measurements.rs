//! The warnings about single measurements.

use crate::schedule::measurement::{Clock, Measurement, Overhead, Series};
use crate::stats::estimate::Estimate;
use crate::tracking::Level;

/// The difference of untracked from itself above which a run gets a warning.
const NOISE: f64 = 0.02;
/// The part by which the untracked time may drift during a measurement. In half of the measurements of quiet runs it
/// drifted by a tenth, and the ratios did not follow; their intervals include the spread over passes anyway.
const DRIFT: f64 = 0.25;
/// The part of the wanted time that other machines may use. On average it lengthens times by as much, and the smallest
/// overheads that matter are of this size: if it hits one sample of a pair more than the other, it looks like an
/// overhead.
const STOLEN: f64 = 0.05;
/// The part of the time in which tasks may wait for a processor. Single-threaded samples run one at a time, so nothing
/// waits unless other work wants the same core. A tenth of the time is more than the system's own tasks ever need.
const WAITED: f64 = 0.1;

/// Returns the noise floor, if it is high. An interval that excludes "no change" is no reason for a warning: of many at
/// 95 %, some do so even on a quiet machine.
pub(super) fn noise(measurement: &Measurement, overhead: &Overhead) -> Option<Estimate> {
    let wall = overhead.wall;
    let is_noise = measurement.level == Level::Untracked && measurement.series != Series::Control;
    (is_noise && (wall.value - 1.0).abs() > NOISE).then_some(wall)
}

/// Returns the untracked time of the last third of the pairs ÷ that of the first third, if they differ.
pub(super) fn drift(measurement: &Measurement, _: &Overhead) -> Option<f64> {
    let ratio = measurement.drift(Clock::Wall)?;
    ((ratio - 1.0).abs() > DRIFT).then_some(ratio)
}

/// Returns the number of pairs without a ratio and of all pairs, if the clock saw no time pass in any.
pub(super) fn untimed(measurement: &Measurement, _: &Overhead) -> Option<(usize, usize)> {
    let untimed = measurement.untimed();
    (untimed > 0).then_some((untimed, measurement.pairs.len()))
}

/// Returns the part of the wanted time that was stolen, if it is large.
pub(super) fn stolen(measurement: &Measurement, _: &Overhead) -> Option<f64> {
    measurement.disturbance.stolen?.share().filter(|&share| share > STOLEN)
}

/// Returns the part of the time in which tasks waited, if it is large. The threads of a parallel workload wait for a
/// processor whenever there are more threads than cores, so they are excluded.
pub(super) fn waited(measurement: &Measurement, _: &Overhead) -> Option<f64> {
    let waited = measurement.disturbance.waited.filter(|_| !measurement.workload.is_parallel());
    waited?.share().filter(|&share| share > WAITED)
}

/// Returns the width of the interval ÷ the effect, if it is wider and the effect is significant. Untracked against
/// itself has no effect, only noise.
pub(super) fn width_per_effect(measurement: &Measurement, overhead: &Overhead) -> Option<f64> {
    let Estimate { value, low, high } = overhead.wall;
    let (width, effect) = (high - low, (value - 1.0).abs());
    (measurement.level != Level::Untracked && !overhead.wall.contains_one() && width > effect).then_some(width / effect)
}
