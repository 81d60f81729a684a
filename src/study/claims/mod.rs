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
mod verdict;

pub use evidence::{Evidence, Figure};
pub use list::CLAIMS;
pub use record::{Claims, JudgedSetting};
pub use verdict::Verdict;

use crate::report::origin::Origin;
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_claim_is_quoted_placed_and_tried() {
        for claim in CLAIMS {
            assert!(!claim.quote.is_empty() && claim.place.contains(".md"), "{claim:?}");
            assert!(!claim.settings.is_empty(), "{claim:?}");
        }
    }
}
