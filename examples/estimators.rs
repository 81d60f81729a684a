//! Compares two estimators of the difference between builds on kept files of `compare`: the overhead, tracked ÷
//! untracked, and the tracked time alone. Both use the same rounds. In a comparison of a build with itself, which
//! differs only in links, the true ratio is 1, so the share of intervals that contain 1 is their coverage.
//!
//! `cargo run --release --example estimators -- results/compare.json …`

use memscope_bench::internal::platform::files;
use memscope_bench::internal::study::compare::{Comparison, Difference, Estimator, Verdict};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

/// The width of a 95 % interval in standard errors.
const STANDARD_ERRORS: f64 = 3.919_928;
/// The distance of the quartiles of the normal distribution, in standard deviations.
const QUARTILES_APART: f64 = 1.348_98;

const ESTIMATORS: [(Estimator, &str); 3] = [
    (Estimator::Overhead, "tracked ÷ untracked"),
    (Estimator::Tracked, "tracked alone"),
    (Estimator::Untracked, "untracked, which must not differ"),
];

fn main() -> ExitCode {
    let paths: Vec<String> = std::env::args().skip(1).collect();
    if paths.is_empty() {
        eprintln!("error: name at least one file that `compare` wrote, such as results/compare.json");
        return ExitCode::from(2);
    }
    let mut comparisons = Vec::new();
    for path in &paths {
        match files::read::<Comparison>(Path::new(path)) {
            Ok(comparison) => comparisons.push(comparison),
            Err(error) => {
                eprintln!("error: {error}");
                return ExitCode::from(2);
            }
        }
    }
    println!(
        "level       estimator                         differences  contain 1  sd ÷ error  half-width  verdicts\n\
         ----------  --------------------------------  -----------  ---------  ----------  ----------  --------"
    );
    for (estimator, name) in ESTIMATORS {
        let mut by_level: BTreeMap<String, Vec<Difference>> = BTreeMap::new();
        for difference in comparisons.iter().flat_map(|comparison| comparison.differences_by(estimator)) {
            by_level.entry(difference.level.to_string()).or_default().push(difference);
        }
        for (level, differences) in by_level {
            println!("{level:10}  {name:32}  {}", figures(&differences));
        }
    }
    ExitCode::SUCCESS
}

/// Returns the figures of differences: their number, the share of intervals that contain 1, the robust standard
/// deviation of log ratio ÷ standard error (1 if the intervals are right), the median half-width, and the number of
/// verdicts.
fn figures(differences: &[Difference]) -> String {
    let ratios: Vec<_> = differences.iter().filter_map(|difference| difference.ratio).collect();
    let contain = ratios.iter().filter(|ratio| ratio.low <= 1.0 && 1.0 <= ratio.high).count();
    let error = |low: f64, high: f64| (high / low).ln() / STANDARD_ERRORS;
    let mut deviates: Vec<f64> = ratios.iter().map(|ratio| ratio.value.ln() / error(ratio.low, ratio.high)).collect();
    let mut widths: Vec<f64> = ratios.iter().map(|ratio| (ratio.high / ratio.low).sqrt().ln() * 100.0).collect();
    let spread = (quantile(&mut deviates, 0.75) - quantile(&mut deviates, 0.25)) / QUARTILES_APART;
    let is_change = |verdict| matches!(verdict, Verdict::Regression | Verdict::Improvement);
    let verdicts = differences.iter().filter(|difference| is_change(difference.verdict)).count();
    format!(
        "{:11}  {:7.1} %  {spread:10.2}  {:8.2} %  {verdicts:8}",
        ratios.len(),
        100.0 * contain as f64 / ratios.len().max(1) as f64,
        quantile(&mut widths, 0.5)
    )
}

/// Returns a quantile of values, without interpolation; NaN if there are none.
fn quantile(values: &mut [f64], part: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get((part * values.len() as f64) as usize).copied().unwrap_or(f64::NAN)
}
