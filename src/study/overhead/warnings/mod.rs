//! Warnings: reasons to distrust a table, each with its remedy. They are computed from the results alone, so a table
//! that is redrawn from a file has them too.

mod measurements;
mod origin;
mod place;
#[cfg(test)]
mod tests;
mod warning;

pub(crate) use origin::of_origin;
pub use place::Place;
pub use warning::Warning;

use crate::stats::estimate::Estimate;
use crate::study::overhead::record::Results;
use measurements::{drift, noise, stolen, untimed, waited, width_per_effect};
use origin::{of_build, of_conditions};
use place::worst;

/// Returns all warnings about a run, from those about the whole machine to those about single measurements.
pub fn warnings(results: &Results) -> Vec<Warning> {
    let mut warnings = of_build(&results.origin);
    if let Some(conditions) = &results.origin.conditions {
        warnings.extend(of_conditions(conditions));
    }
    let stolen = worst(results, stolen, |share| *share);
    warnings.extend(stolen.map(|(at, share)| Warning::Stolen { at, share }));
    let waited = worst(results, waited, |share| *share);
    warnings.extend(waited.map(|(at, share)| Warning::Waited { at, share }));
    let noise = worst(results, noise, Estimate::abs_log_ratio);
    warnings.extend(noise.map(|(at, wall)| Warning::Noise { at, wall }));
    let drift = worst(results, drift, |ratio| (ratio - 1.0).abs());
    warnings.extend(drift.map(|(at, ratio)| Warning::Drift { at, ratio }));
    let coarse = worst(results, untimed, |&(untimed, pairs)| untimed as f64 / pairs as f64);
    warnings.extend(coarse.map(|(at, (untimed, pairs))| Warning::CoarseClock { at, untimed, pairs }));
    let wide = worst(results, width_per_effect, |width| *width);
    warnings.extend(wide.map(|(at, _)| Warning::WideInterval { at }));
    warnings
}
