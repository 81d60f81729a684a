//! The overhead as a quantity that Criterion measures: tracked ÷ untracked, without a unit.

use crate::report::number;
use criterion::Throughput;
use criterion::measurement::{Measurement, ValueFormatter};

/// The ratio of a pair. Criterion adds up the ratios of a sample's iterations.
pub(super) struct Ratio;

impl Measurement for Ratio {
    type Intermediate = ();
    type Value = f64;

    fn start(&self) {}

    /// Returns no ratio: each recorded ratio is passed to Criterion directly.
    fn end(&self, (): ()) -> f64 {
        0.0
    }

    fn add(&self, a: &f64, b: &f64) -> f64 {
        a + b
    }

    fn zero(&self) -> f64 {
        0.0
    }

    fn to_f64(&self, value: &f64) -> f64 {
        *value
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        &Formatter
    }
}

/// Prints ratios as the table does: `+1.6 %` below twice the time, `×7.28` above.
struct Formatter;

impl ValueFormatter for Formatter {
    fn format_value(&self, value: f64) -> String {
        number::ratio(value)
    }

    fn format_throughput(&self, _: &Throughput, value: f64) -> String {
        self.format_value(value)
    }

    fn scale_values(&self, _: f64, _: &mut [f64]) -> &'static str {
        "× untracked"
    }

    fn scale_throughputs(&self, typical: f64, _: &Throughput, values: &mut [f64]) -> &'static str {
        self.scale_values(typical, values)
    }

    fn scale_for_machines(&self, _: &mut [f64]) -> &'static str {
        "ratio"
    }
}
