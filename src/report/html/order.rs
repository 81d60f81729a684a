//! The order of figures: the number that a cell's text represents.

use crate::report::number::NOT_SIGNIFICANT;

/// Returns the number by which a formatted figure is sorted; `None` for words, and for a plain number. A change in
/// percent and a factor are on one scale: `+3.0 %` is 1.03, and comes before `×1.20`.
pub(super) fn order(text: &str) -> Option<f64> {
    if text.parse::<f64>().is_ok() {
        return None;
    }
    if let Some(interval) = text.strip_prefix("n.s. [") {
        // The figure itself is not shown, so the middle of its interval represents it.
        let (low, high) = interval.strip_suffix("] %")?.split_once(", ")?;
        return Some(1.0 + (number(low)? + number(high)?) / 200.0);
    }
    if let Some(rest) = text.strip_prefix(NOT_SIGNIFICANT) {
        // An overhead has its workload behind it, and a time may have the other end of a range.
        return Some(if rest.starts_with(" (") { 1.0 } else { 0.0 });
    }
    let mut words = text.split_whitespace();
    let first = words.next()?.trim_start_matches(['±', '≤', '≥', '<', '>', '~']);
    let value = number(first.trim_start_matches(['×', '÷']).trim_end_matches([',', ';']))?;
    let unit = words.next().unwrap_or_default().trim_end_matches([',', ';']);
    Some(match unit {
        "%" => 1.0 + value / 100.0,
        "µs" | "k" => value * 1e3,
        "ms" | "M" => value * 1e6,
        "s" | "G" => value * 1e9,
        "KiB" => value * 1024.0,
        "MiB" => value * 1024.0 * 1024.0,
        "GiB" => value * 1024.0 * 1024.0 * 1024.0,
        "TiB" => value * 1024.0 * 1024.0 * 1024.0 * 1024.0,
        _ => value,
    })
}

/// Reads a number as this crate formats it: with a minus sign and separated thousands.
fn number(text: &str) -> Option<f64> {
    text.replace('−', "-").replace(',', "").parse().ok().filter(|value: &f64| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::number;
    use crate::stats::estimate::Estimate;

    #[test]
    fn figures_are_ordered_by_value() {
        let overhead = |value, low, high| number::overhead(Estimate { value, low, high });
        let ascending = [
            overhead(0.95, 0.94, 0.96),
            overhead(1.001, 0.996, 1.009),
            overhead(1.012, 1.003, 1.02),
            overhead(4.3, 4.2, 4.4),
            overhead(412.0, 399.6, 1430.0),
            overhead(1412.0, 1399.6, 1430.0),
        ];
        assert!(ascending.map(|text| order(&text).expect("a figure")).is_sorted());
        let times = [9.4, 312.0, 1.25e3, 12.6e6, 3e9].map(|time| order(&number::time(time)).expect("a figure"));
        assert!(times.is_sorted(), "{times:?}");
        let sizes = [64.0, 65_536.0, 42_152_755.0].map(|bytes| order(&number::bytes(bytes)).expect("a figure"));
        assert!(sizes.is_sorted(), "{sizes:?}");
        assert!(order(&number::signed_count(-92.0)) < order(&number::signed_count(7_402.0)));
        assert!(order(&number::within(1.098)) < order(&number::within(2.3)));
    }

    #[test]
    fn words_and_plain_numbers_need_no_order() {
        for text in ["full", "—", "unknown", "", "0.2.5", "timed-out", "12:58", "1051.5", "7"] {
            assert_eq!(order(text), None, "{text}");
        }
        assert_eq!(order("20 of 31"), Some(20.0));
        assert_eq!(order("12,828,753"), Some(12_828_753.0));
        assert_eq!(order(">0.9999"), Some(0.9999));
        assert_eq!(order("−2.4 % (mixed)"), Some(0.976));
        assert_eq!(order("0 ns to 158 ns"), Some(0.0));
        assert_eq!(["n.s. (mixed)", "n.s. to 158 ns", "n.s."].map(order), [Some(1.0), Some(0.0), Some(0.0)]);
    }
}
