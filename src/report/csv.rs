//! Metrics as comma-separated values, after RFC 4180: a row for each figure.

use super::metric::Metric;

/// The first row.
const HEADER: &str = "benchmark,measure,value,low,high";

/// Draws metrics, with a header. An unknown end of an interval is empty; a figure that is not finite has no row.
pub(crate) fn draw(metrics: &[Metric]) -> String {
    let mut text = HEADER.to_owned();
    for Metric { benchmark, measure, value, low, high } in metrics.iter().filter(|metric| metric.value.is_finite()) {
        let [low, high] =
            [low, high].map(|end| end.filter(|end| end.is_finite()).map_or(String::new(), |end| end.to_string()));
        text += &format!("\n{},{},{value},{low},{high}", quoted(benchmark), quoted(measure));
    }
    text
}

/// Quotes a field that contains a separator. A spreadsheet must not treat text from outside as a formula.
fn quoted(field: &str) -> String {
    let field =
        if field.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{field}") } else { field.to_owned() };
    if field.contains([',', '"', '\n', '\r']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::estimate::Estimate;

    #[test]
    fn each_figure_has_a_row() {
        let metrics = [
            Metric::estimate("cycles/full", "overhead", Estimate { value: 6.5, low: 6.25, high: f64::INFINITY }),
            Metric::plain("a,\"b\"", "fidelity", 1.0),
            Metric::plain("=1+1", "fidelity", 1.0),
            Metric::plain("x", "fidelity", f64::NAN),
        ];
        let expected = "benchmark,measure,value,low,high\ncycles/full,overhead,6.5,6.25,\n\
                        \"a,\"\"b\"\"\",fidelity,1,,\n\
                        '=1+1,fidelity,1,,";
        assert_eq!(draw(&metrics), expected);
    }
}
