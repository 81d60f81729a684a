//! Numbers as text.

use crate::stats::estimate::Estimate;

/// The text for a figure that is not a number.
const UNKNOWN: &str = "unknown";

/// The text for a figure that is not significant.
pub(crate) const NOT_SIGNIFICANT: &str = "n.s.";

/// Formats an overhead with its interval: `+1.2 % [+0.3, +2.0]` below twice the time, `×4.30 [4.20, 4.40]` above, and
/// `n.s. [−0.4, +0.9] %` if it is not significant.
pub fn overhead(ratio: Estimate) -> String {
    let Estimate { value, low, high } = ratio;
    if ![value, low, high].iter().all(|part| part.is_finite()) {
        UNKNOWN.to_owned()
    } else if ratio.contains_one() {
        format!("n.s. [{}, {}] %", percent(low), percent(high))
    } else if value < 2.0 {
        format!("{} % [{}, {}]", percent(value), percent(low), percent(high))
    } else {
        format!("×{} [{}, {}]", factor(value), factor(low), factor(high))
    }
}

/// Formats an overhead without its interval: as a ratio, or `n.s.` if it is not significant.
pub(crate) fn significant(overhead: Estimate) -> String {
    if overhead.contains_one() { NOT_SIGNIFICANT.to_owned() } else { ratio(overhead.value) }
}

/// Formats an added time without its interval: `n.s.` if it is not significant.
pub(crate) fn significant_time(added: Estimate) -> String {
    let contains_zero = added.low <= 0.0 && 0.0 <= added.high;
    if contains_zero { NOT_SIGNIFICANT.to_owned() } else { time(added.value) }
}

/// Formats a ratio without its interval: `+1.2 %` below twice, `×4.26` above.
pub fn ratio(ratio: f64) -> String {
    if !ratio.is_finite() {
        UNKNOWN.to_owned()
    } else if ratio < 2.0 {
        format!("{} %", percent(ratio))
    } else {
        format!("×{}", factor(ratio))
    }
}

/// Formats a factor up or down as a percentage: `±4.1 %`, and `×÷2.3` from twice on.
pub fn within(factor: f64) -> String {
    if !factor.is_finite() {
        UNKNOWN.to_owned()
    } else if factor < 2.0 {
        format!("±{} %", decimal((factor - 1.0) * 100.0, 1))
    } else {
        format!("×÷{}", decimal(factor, 1))
    }
}

/// Formats a ratio as the signed percentage by which it differs from 1.
pub fn percent(ratio: f64) -> String {
    signed((ratio - 1.0) * 100.0, 1)
}

/// Formats a number with its sign, to this many digits after the point.
pub fn signed(number: f64, digits: usize) -> String {
    let text = decimal(number, digits);
    if !number.is_finite() || text.starts_with('−') { text } else { format!("+{text}") }
}

/// Formats a number to this many digits after the point.
pub fn decimal(number: f64, digits: usize) -> String {
    if !number.is_finite() {
        return UNKNOWN.to_owned();
    }
    if number.abs() >= HUGE {
        return format!("{number:.2e}").replace('-', "−");
    }
    // A minus is not a hyphen, and minus zero does not exist.
    let text = format!("{number:.digits$}");
    let is_zero = text.chars().all(|digit| matches!(digit, '-' | '0' | '.'));
    if is_zero { text.replace('-', "") } else { text.replace('-', "−") }
}

/// The smallest number whose digits are no longer readable.
const HUGE: f64 = 1e15;

/// Formats a ratio and its interval as percentages of any size, for ratios around 1.
pub fn percent_interval(estimate: Estimate) -> String {
    let all = [estimate.value, estimate.low, estimate.high];
    if !all.iter().all(|part| part.is_finite()) {
        return UNKNOWN.to_owned();
    }
    let [value, low, high] = all.map(percent);
    format!("{value} % [{low}, {high}]")
}

/// Formats a change with its interval, significant or not: `+11.2 % [+9.0, +13.4]` below twice, `×4.30 [4.20, 4.40]`
/// above.
pub fn change(ratio: Estimate) -> String {
    let Estimate { value, low, high } = ratio;
    if value < 2.0 {
        format!("{} % [{}, {}]", percent(value), percent(low), percent(high))
    } else {
        format!("×{} [{}, {}]", factor(value), factor(low), factor(high))
    }
}

/// Formats a part of a whole in percent, without digits after the point: `41 %`.
pub fn share(part: f64) -> String {
    let text = decimal(part * 100.0, 0);
    if part.is_finite() { format!("{text} %") } else { text }
}

/// Formats an exact change, whose hundredths of a percent are meaningful: `+2.41 %` below twice, `×2.30` above. A
/// smaller change has four digits, so that it does not look like none: `−0.0031 %`, and `>−0.0001 %` if it is smaller
/// still.
pub fn exact_change(ratio: f64) -> String {
    let percent = (ratio - 1.0) * 100.0;
    let tiny_change = if percent > 0.0 { "<+0.0001 %" } else { ">−0.0001 %" };
    match percent.abs() {
        _ if ratio >= 2.0 || ratio.is_nan() => self::ratio(ratio),
        tiny if 0.0 < tiny && tiny < 0.000_05 => tiny_change.to_owned(),
        small if 0.0 < small && small < 0.005 => format!("{} %", signed(percent, 4)),
        _ => format!("{} %", signed(percent, 2)),
    }
}

/// Formats a limit in percent upwards and by the same factor downwards: `+30 % or −23.08 %`.
pub fn up_or_down(percent: f64) -> String {
    format!("+{percent} % or {}", exact_change(1.0 / (1.0 + percent / 100.0)))
}

/// Formats a size in percent, without a sign: `4.1 %`, `23 %`, and `×2.31` from 100 % on.
pub fn size(percent: f64) -> String {
    match percent {
        small if small < 9.95 => format!("{small:.1} %"),
        medium if medium < 99.5 => format!("{medium:.0} %"),
        large => format!("×{}", factor(1.0 + large / 100.0)),
    }
}

/// Formats a ratio to three figures: `1.03`, `4.26`, `31.8`, `412`.
pub fn factor(ratio: f64) -> String {
    match ratio {
        ratio if !ratio.is_finite() || ratio >= HUGE => decimal(ratio, 0),
        ratio if ratio < 9.995 => decimal(ratio, 2),
        ratio if ratio < 99.95 => decimal(ratio, 1),
        ratio => grouped(ratio.round() as u64),
    }
}

/// Formats an amount to three figures, or to a whole number: `0.31`, `12.4`, `1,234`, `−58.0`.
pub fn amount(amount: f64) -> String {
    let text = factor(amount.abs());
    let is_zero = text.chars().all(|digit| matches!(digit, '0' | '.'));
    if amount < 0.0 && !is_zero { format!("−{text}") } else { text }
}

/// Formats an amount with its sign: `+1,234`, `−58.0`.
pub fn signed_amount(number: f64) -> String {
    let text = amount(number);
    if !number.is_finite() || text.starts_with('−') { text } else { format!("+{text}") }
}

/// Formats a time to three figures: `312 ns`, `1.25 ms`, `12.6 s`.
pub fn time(nanoseconds: f64) -> String {
    scaled(nanoseconds, 1_000.0, &["ns", "µs", "ms", "s"])
}

/// Formats a time and its interval, with the unit once if all three have the same: `312 ns [305, 320]`, `8.10 µs [950
/// ns, 12.3 µs]`.
pub fn time_interval(nanoseconds: Estimate) -> String {
    let [value, low, high] = [nanoseconds.value, nanoseconds.low, nanoseconds.high].map(time);
    let unit = value.rsplit(' ').next().unwrap_or_default();
    match (low.strip_suffix(unit), high.strip_suffix(unit)) {
        (Some(bare_low), Some(bare_high)) if bare_low.ends_with(' ') && bare_high.ends_with(' ') => {
            format!("{value} [{}, {}]", bare_low.trim_end(), bare_high.trim_end())
        }
        _ => format!("{value} [{low}, {high}]"),
    }
}

/// Formats bytes to three figures, in units of 1,024: `64 B`, `1.25 KiB`, `40.2 MiB`.
pub fn bytes(bytes: f64) -> String {
    scaled(bytes, 1_024.0, &["B", "KiB", "MiB", "GiB", "TiB"])
}

/// Formats a large count to three figures: `950`, `112 k`, `10.3 M`.
pub fn short_count(count: f64) -> String {
    scaled(count, 1_000.0, &["", "k", "M", "G"]).trim_end().to_owned()
}

/// Formats a difference of large counts to three figures, with its sign: `+7.40 k`, `−92`.
pub fn signed_count(count: f64) -> String {
    let text = short_count(count);
    if !count.is_finite() || text.starts_with('−') { text } else { format!("+{text}") }
}

fn scaled(value: f64, step: f64, units: &[&str]) -> String {
    if !value.is_finite() {
        return UNKNOWN.to_owned();
    }
    let mut scaled = value;
    let mut units = units.iter();
    let mut unit = units.next().expect("there is a unit");
    // A value that would be displayed as a whole step belongs to the next unit.
    while scaled.abs() >= step - 0.5 {
        let Some(next) = units.next() else { break };
        (scaled, unit) = (scaled / step, next);
    }
    let digits = match scaled.abs() {
        whole if whole.fract() == 0.0 => 0,
        small if small < 9.995 => 2,
        medium if medium < 99.95 => 1,
        _ => 0,
    };
    format!("{} {unit}", decimal(scaled, digits))
}

/// Formats a count with its thousands separated: `10,343,110`.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Formats a count with its word, which is given in the singular: `1 pair`, `2 pairs`, `1,824 pairs`.
pub fn counted(count: usize, one: &str) -> String {
    format!("{} {one}{}", grouped(count as u64), if count == 1 { "" } else { "s" })
}

/// Joins the parts of an enumeration: `a`, `a and b`, `a, b, and c`.
pub fn list(parts: &[String]) -> String {
    match parts {
        [first, second] => format!("{first} and {second}"),
        [first @ .., last] if !first.is_empty() => format!("{}, and {last}", first.join(", ")),
        _ => parts.concat(),
    }
}

/// Formats a fidelity to four digits. A value that only rounds to 1 is not displayed as 1.
pub fn fidelity(fidelity: Option<f64>) -> String {
    match fidelity {
        None => UNKNOWN.to_owned(),
        Some(value) if value != 1.0 && format!("{value:.4}") == "1.0000" => {
            if value < 1.0 { ">0.9999" } else { "<1.0001" }.to_owned()
        }
        Some(value) => decimal(value, 4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: f64, low: f64, high: f64) -> String {
        overhead(Estimate { value, low, high })
    }

    #[test]
    fn overheads_read_as_percentages_or_factors() {
        assert_eq!(shown(1.012, 1.003, 1.02), "+1.2 % [+0.3, +2.0]");
        assert_eq!(shown(4.3, 4.2, 4.4), "×4.30 [4.20, 4.40]");
        assert_eq!(shown(1.001, 0.996, 1.009), "n.s. [−0.4, +0.9] %");
        assert_eq!(shown(0.95, 0.94, 0.96), "−5.0 % [−6.0, −4.0]");
        assert_eq!(shown(412.0, 399.6, 1430.0), "×412 [400, 1,430]");
    }

    #[test]
    fn ratios_are_formatted_like_overheads() {
        assert_eq!([1.012, 0.95, 4.256].map(ratio), ["+1.2 %", "−5.0 %", "×4.26"]);
    }

    #[test]
    fn what_is_not_significant_has_no_figure() {
        let around = |value: f64, width: f64| Estimate { value, low: value - width, high: value + width };
        let overheads = [around(1.01, 0.02), around(1.03, 0.02), around(0.9, 0.02), around(4.0, 1.0)];
        assert_eq!(overheads.map(significant), ["n.s.", "+3.0 %", "−10.0 %", "×4.00"]);
        let times = [around(0.1, 0.3), around(-0.16, 0.3), around(5.0, 1.0), around(-5.0, 1.0)];
        assert_eq!(times.map(significant_time), ["n.s.", "n.s.", "5 ns", "−5 ns"]);
    }

    #[test]
    fn changes_and_sizes_read_as_percentages_or_factors() {
        let estimate = |value, low, high| Estimate { value, low, high };
        assert_eq!(change(estimate(1.112, 1.09, 1.134)), "+11.2 % [+9.0, +13.4]");
        assert_eq!(change(estimate(1.001, 0.996, 1.009)), "+0.1 % [−0.4, +0.9]");
        assert_eq!(change(estimate(5.58, 5.18, 12.02)), "×5.58 [5.18, 12.0]");
        let exact = [1.0241, 1.0, 1.0 - 31.0e-6, 1.0 - 1e-7, 1.0 + 1e-7, 2.3].map(exact_change);
        assert_eq!(exact, ["+2.41 %", "+0.00 %", "−0.0031 %", ">−0.0001 %", "<+0.0001 %", "×2.30"]);
        assert_eq!([0.04, 9.94, 9.96, 99.4, 131.0].map(size), ["0.0 %", "9.9 %", "10 %", "99 %", "×2.31"]);
    }

    #[test]
    fn figures_have_three_digits_and_a_unit() {
        assert_eq!(time(312.0), "312 ns");
        assert_eq!(time(12_630_000.0), "12.6 ms");
        assert_eq!(time(999_990.0), "1.00 ms");
        let interval = |value, low, high| time_interval(Estimate { value, low, high });
        assert_eq!(interval(312.0, 305.0, 320.0), "312 ns [305, 320]");
        assert_eq!(interval(8_100.0, 950.0, 12_300.0), "8.10 µs [950 ns, 12.3 µs]");
        assert_eq!(bytes(64.0), "64 B");
        assert_eq!(bytes(65_536.0), "64 KiB");
        assert_eq!(bytes(42_152_755.0), "40.2 MiB");
        assert_eq!(bytes(0.0), "0 B");
        assert_eq!(short_count(10_343_110.0), "10.3 M");
        assert_eq!(short_count(950.0), "950");
        assert_eq!([7_402.0, -92.0, 0.0].map(signed_count), ["+7.40 k", "−92", "+0"]);
        assert_eq!(grouped(10_343_110), "10,343,110");
        assert_eq!(grouped(100), "100");
    }

    #[test]
    fn values_that_are_not_numbers_are_unknown() {
        for none in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let estimates = [(none, 1.0, 2.0), (1.0, none, 2.0), (1.0, 0.5, none)];
            for (value, low, high) in estimates {
                assert_eq!(shown(value, low, high), "unknown");
                assert_eq!(percent_interval(Estimate { value, low, high }), "unknown");
                assert!(time_interval(Estimate { value, low, high }).contains("unknown"));
            }
            let all = [ratio(none), percent(none), factor(none), time(none), bytes(none), short_count(none)];
            assert_eq!(all, ["unknown"; 6]);
            assert_eq!([signed(none, 2), decimal(none, 1), fidelity(Some(none))], ["unknown"; 3]);
        }
    }

    #[test]
    fn zero_negative_and_huge_numbers_can_be_read() {
        assert_eq!([0.0, -0.0].map(|zero| decimal(zero, 1)), ["0.0", "0.0"]);
        assert_eq!([0.0, -0.004, 0.5, -0.5].map(|number| signed(number, 2)), ["+0.00", "+0.00", "+0.50", "−0.50"]);
        assert_eq!([ratio(0.0), factor(0.0), time(0.0)], ["−100.0 %", "0.00", "0 ns"]);
        assert_eq!([decimal(-12.34, 1), time(-1_500.0), factor(-2.0)], ["−12.3", "−1.50 µs", "−2.00"]);
        assert_eq!([factor(1e20), ratio(f64::MAX), decimal(-1e18, 1)], ["1.00e20", "×1.80e308", "−1.00e18"]);
        assert_eq!([time(1e30), bytes(1e30), short_count(1e30)], ["1.00e21 s", "9.09e17 TiB", "1.00e21 G"]);
    }

    #[test]
    fn amounts_have_three_figures_or_are_whole() {
        assert_eq!([0.312, 12.36, 1_234.4, -58.04, -0.001].map(amount), ["0.31", "12.4", "1,234", "−58.0", "0.00"]);
        assert_eq!([1_234.4, -0.5, 0.0].map(signed_amount), ["+1,234", "−0.50", "+0.00"]);
        assert_eq!([f64::NAN, f64::INFINITY].map(signed_amount), ["unknown"; 2]);
        assert_eq!([0.414, -0.02, f64::NAN].map(share), ["41 %", "−2 %", "unknown"]);
    }

    #[test]
    fn counts_have_their_word_and_groups_of_digits() {
        assert_eq!(
            [0, 1, 2, 1_824].map(|count| counted(count, "pair")),
            ["0 pairs", "1 pair", "2 pairs", "1,824 pairs"]
        );
    }

    #[test]
    fn an_enumeration_reads_as_a_sentence() {
        let joined = |parts: &[&str]| list(&parts.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!([&["a"][..], &["a", "b"], &["a", "b", "c"]].map(joined), ["a", "a and b", "a, b, and c"]);
    }

    #[test]
    fn fidelity_is_1_only_if_nothing_is_missing() {
        assert_eq!(fidelity(Some(1.0)), "1.0000");
        assert_eq!(fidelity(Some(0.999_99)), ">0.9999");
        assert_eq!(fidelity(Some(0.5)), "0.5000");
        assert_eq!(fidelity(None), "unknown");
    }
}
