//! Claims of memscope's own documents, compared with measured results.
//!
//! `claims.toml` has an entry for each [`Claim`]: a short quotation with its place, its bound, and one or more settings
//! that test it: the setting that a reader would assume, and the exact setting of the figure if the document names it.
//! This study measures nothing. Each [`Setting`] names the study and the quantity that its figures are from, and
//! [`Evidence`] reads them from that study's results file. If the file does not exist or lacks the figure, the claim
//! cannot be tested, and the table has the reason.

mod evidence;
mod list;
mod record;
mod source;
pub mod summary;
mod verdict;

pub use evidence::{Evidence, Figure};
pub use list::CLAIMS;
pub use record::{Claims, JudgedSetting};
pub use source::Source;
pub use verdict::Verdict;

use crate::report::origin::Origin;
use serde::{Deserialize, Serialize};

/// A statement of memscope's documents.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Its name in results files.
    pub id: String,
    /// The quotation.
    pub quote: String,
    /// True if the words are not the document's.
    #[serde(default)]
    pub is_paraphrased: bool,
    /// The version of the document.
    pub version: String,
    /// The file and the section of the quotation.
    pub place: String,
    /// The bound that it states.
    pub bound: Bound,
    /// The settings in which it is tested.
    pub settings: Vec<Setting>,
}

/// The bound of a claim on its figures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// A ratio of times is at most this.
    Overhead(f64),
    /// A ratio of amounts of memory is at most this.
    Memory(f64),
    /// A time is at most this, in nanoseconds, on any machine.
    Time(f64),
    /// A time is at most this, in nanoseconds, on the machine that the document names. Another machine may take
    /// [`ANOTHER_MACHINE`] times as long.
    TimeElsewhere(f64),
    /// An amount of memory is at most this, in bytes.
    Bytes(f64),
    /// At least this part of all events is recorded.
    Fidelity(f64),
    /// At least this part of all facts that are true or reported is both.
    Truth(f64),
}

/// The factor by which a time may exceed the time on the claim's machine and still be attributed to the machine.
pub const ANOTHER_MACHINE: f64 = 2.0;

/// A setting in which a claim is tested.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// The setting in words.
    pub about: String,
    /// The study and the quantity of its figures.
    pub from: Source,
}

/// The figures of a setting in the files.
#[derive(Debug)]
pub struct Seen<'a> {
    /// The file of the figures; empty if there is none.
    pub file: &'static str,
    /// The origin of the file; `None` if it does not exist.
    pub origin: Option<&'a Origin>,
    /// The figures; empty if the file does not have the setting.
    pub figures: Vec<Figure>,
    /// The reason why there are no figures.
    pub lack: Option<String>,
    /// The variation that the intervals of the file leave out.
    pub not_included: Option<String>,
}

impl Bound {
    /// Returns the measure of the figures.
    pub const fn measure(self) -> &'static str {
        match self {
            Self::Overhead(_) => "overhead",
            Self::Memory(_) => "memory",
            Self::Time(_) | Self::TimeElsewhere(_) => "ns",
            Self::Bytes(_) => "bytes",
            Self::Fidelity(_) => "fidelity",
            Self::Truth(_) => "truth",
        }
    }
}
