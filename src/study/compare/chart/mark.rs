//! The mark of a verdict.

use crate::report::chart::canvas::{dot, line};
use crate::study::compare::Verdict;
use svg::node::element::Group;

/// Returns the class of a verdict's colour.
pub(super) const fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Regression => "bad",
        Verdict::Improvement => "good",
        Verdict::NoDifference => "faint",
        Verdict::Inconclusive => "two",
    }
}

/// Draws the mark of a verdict: full for a change, hollow for none.
pub(super) fn mark(x: f64, y: f64, verdict: Verdict) -> Group {
    let class = class(verdict);
    match verdict {
        Verdict::Regression | Verdict::Improvement => Group::new().add(dot(x, y, 4.5, class)),
        Verdict::NoDifference | Verdict::Inconclusive => {
            // A hollow mark covers what is behind it.
            Group::new().add(dot(x, y, 4.0, "paper")).add(dot(x, y, 4.0, &format!("ring {class}")))
        }
    }
}

/// Draws a pale line from no change to a mark.
pub(super) fn stem(x1: f64, y1: f64, x2: f64, y2: f64, class: &str) -> svg::node::element::Path {
    let class = if class == "faint" { "whisker faint".to_owned() } else { format!("line {class}") };
    line(x1, y1, x2, y2, &class).set("style", "stroke-opacity: 0.3")
}
