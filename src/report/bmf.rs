//! Metrics in the Bencher Metric Format, for Bencher and other programs that store histories in it. Each benchmark has
//! measures, each a value with its known bounds. See <https://bencher.dev/docs/reference/bencher-metric-format/>.

use super::metric::Metric;
use serde::Serialize;
use std::collections::BTreeMap;

/// One measure of a benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
struct Measure {
    value: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    lower_value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upper_value: Option<f64>,
}

/// Draws metrics as JSON. A figure that is not finite is left out: JSON could only represent it as `null`, which no
/// reader accepts.
pub(crate) fn draw(metrics: &[Metric]) -> String {
    let mut benchmarks: BTreeMap<&str, BTreeMap<&str, Measure>> = BTreeMap::new();
    for Metric { benchmark, measure, value, low, high } in metrics.iter().filter(|metric| metric.value.is_finite()) {
        let [lower_value, upper_value] = [low, high].map(|end| end.filter(|end| end.is_finite()));
        benchmarks.entry(benchmark).or_default().insert(measure, Measure { value: *value, lower_value, upper_value });
    }
    serde_json::to_string_pretty(&benchmarks).expect("names and numbers are plain data")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::estimate::Estimate;

    #[test]
    fn a_figure_that_is_not_finite_is_left_out() {
        let metrics = [
            Metric::estimate("cycles/full", "overhead", Estimate { value: 1.5, low: 1.2, high: f64::INFINITY }),
            Metric::plain("cycles/full", "fidelity", f64::NAN),
        ];
        let text: String = draw(&metrics).split_whitespace().collect();
        assert_eq!(text, r#"{"cycles/full":{"overhead":{"value":1.5,"lower_value":1.2}}}"#);
    }
}
