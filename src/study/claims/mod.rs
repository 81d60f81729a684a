//! Claims: the costs that memscope's own documents state, compared with measured results.
//!
//! A [`Claim`] is a short quotation with its place, its figure, and one or more settings that test it: the one that a
//! reader would assume, and the exact one of the figure if the document names it. Nothing is measured here. Each
//! [`Setting`] draws its figures from a results file in [`Evidence`]. If the file does not exist, the claim cannot be
//! tested, and the table names the command that writes it.

mod evidence;
mod list;
mod record;
pub mod summary;

pub use evidence::{Evidence, Figure};
pub use list::CLAIMS;
pub use record::{Claims, JudgedSetting};

use crate::report::origin::Origin;
use crate::stats::estimate::Estimate;
use serde::{Deserialize, Serialize};

/// A figure that memscope's documents state.
#[derive(Debug)]
pub struct Claim {
    /// The quotation.
    pub quote: &'static str,
    /// The version, the file and the section that it is from.
    pub place: &'static str,
    /// The bound that it states.
    pub bound: Bound,
    /// The settings in which it is tested.
    pub settings: &'static [Setting],
}

/// The bound of a claim on its figures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// A ratio of times is at most this.
    Overhead(f64),
    /// A time is at most this, in nanoseconds, on any machine.
    Time(f64),
    /// A time is at most this, in nanoseconds, on the machine that the document names. Another machine may take
    /// [`ANOTHER_MACHINE`] times as long.
    TimeElsewhere(f64),
    /// An amount of memory is at most this, in bytes.
    Bytes(f64),
    /// At least this part of all events is recorded.
    Fidelity(f64),
}

/// The factor by which a time may exceed that on the claim's machine and still be attributed to the machine.
pub const ANOTHER_MACHINE: f64 = 2.0;

impl Bound {
    /// Returns whether a figure is within the bound; `None` if its interval lies on both sides.
    fn allows(self, figure: Estimate) -> Option<bool> {
        let (most, figure) = match self {
            Self::Overhead(most) | Self::Bytes(most) | Self::Time(most) => (most, figure),
            Self::TimeElsewhere(most) => (most * ANOTHER_MACHINE, figure),
            // Negation turns "at least" into "at most".
            Self::Fidelity(least) => (-least, Estimate { value: -figure.value, low: -figure.high, high: -figure.low }),
        };
        if figure.high <= most { Some(true) } else { (figure.low > most).then_some(false) }
    }
}

/// A setting in which a claim is tested.
#[derive(Debug)]
pub struct Setting {
    /// The setting in words.
    pub about: &'static str,
    /// Returns the setting's figures in a file.
    pub figures: fn(&Evidence) -> Seen<'_>,
}

/// The figures of a setting in the files.
#[derive(Debug)]
pub struct Seen<'a> {
    /// The file that the figures are from.
    pub file: &'static str,
    /// The origin of the file; `None` if it does not exist.
    pub origin: Option<&'a Origin>,
    /// The figures; empty if the file does not have the setting.
    pub figures: Vec<Figure>,
}

/// The verdict on a claim in a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every figure is within the bound.
    Holds,
    /// This many figures lie beyond the bound with their whole intervals, or ended without one.
    DoesNotHold(usize),
    /// There are no figures, or their intervals lie on both sides of the bound.
    CannotBeTested,
}

impl Bound {
    /// Returns the measure of the figures.
    pub const fn measure(self) -> &'static str {
        match self {
            Self::Overhead(_) => "overhead",
            Self::Time(_) | Self::TimeElsewhere(_) => "ns",
            Self::Bytes(_) => "bytes",
            Self::Fidelity(_) => "fidelity",
        }
    }

    /// Returns the verdict on the claim for these figures.
    pub fn judge(self, figures: &[Figure]) -> Verdict {
        let allowed = |figure: &Figure| figure.seen.as_ref().map_or(Some(false), |&seen| self.allows(seen));
        let beyond = figures.iter().filter(|figure| allowed(figure) == Some(false)).count();
        if beyond > 0 {
            Verdict::DoesNotHold(beyond)
        } else if !figures.is_empty() && figures.iter().all(|figure| allowed(figure) == Some(true)) {
            Verdict::Holds
        } else {
            Verdict::CannotBeTested
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(low: f64, high: f64) -> Figure {
        Figure { of: String::new(), seen: Ok(Estimate { value: (low + high) / 2.0, low, high }) }
    }

    #[test]
    fn a_claim_holds_only_if_every_figure_is_within_it() {
        let bound = Bound::Overhead(1.05);
        assert_eq!(bound.judge(&[figure(1.0, 1.04), figure(1.01, 1.05)]), Verdict::Holds);
        assert_eq!(bound.judge(&[figure(1.0, 1.04), figure(1.06, 1.1)]), Verdict::DoesNotHold(1));
        assert_eq!(bound.judge(&[figure(1.0, 1.04), figure(1.04, 1.06)]), Verdict::CannotBeTested);
        assert_eq!(bound.judge(&[]), Verdict::CannotBeTested);
        let failed = Figure { of: String::new(), seen: Err("timed-out".to_owned()) };
        assert_eq!(bound.judge(&[figure(1.0, 1.01), failed]), Verdict::DoesNotHold(1));
    }

    #[test]
    fn another_machine_may_take_twice_as_long() {
        let bound = Bound::TimeElsewhere(40.0);
        assert_eq!(bound.judge(&[figure(70.0, 80.0)]), Verdict::Holds);
        assert_eq!(bound.judge(&[figure(81.0, 90.0)]), Verdict::DoesNotHold(1));
        assert_eq!(Bound::Time(40.0).judge(&[figure(41.0, 42.0)]), Verdict::DoesNotHold(1));
    }

    #[test]
    fn fidelity_is_claimed_from_below() {
        let bound = Bound::Fidelity(0.99);
        assert_eq!(bound.judge(&[figure(1.0, 1.0)]), Verdict::Holds);
        assert_eq!(bound.judge(&[figure(0.5, 0.5)]), Verdict::DoesNotHold(1));
    }

    #[test]
    fn every_claim_is_quoted_placed_and_tried() {
        for claim in CLAIMS {
            assert!(!claim.quote.is_empty() && claim.place.contains(".md"), "{claim:?}");
            assert!(!claim.settings.is_empty(), "{claim:?}");
        }
    }
}
