//! The counts that callgrind collects in a window, and the model of the caches that it simulates.

use serde::{Deserialize, Serialize};

/// The simulated caches: an option of callgrind for each, with its size in bytes, its ways and the bytes of a line.
/// They are fixed so that counts agree between machines; by default callgrind would use the processor's.
pub(crate) const CACHES: [&str; 3] = ["--I1=32768,8,64", "--D1=32768,8,64", "--LL=8388608,16,64"];

/// The simulated caches in words, for reports.
pub(crate) const MODEL: &str = "Simulated caches: 32 KiB for instructions and 32 KiB for data, 8 ways each, and a \
                                last level of 8 MiB with 16 ways; lines of 64 B; the same on every machine.";

/// The minimum number of misses for a finding. Neither a difference of fewer misses nor a ratio to them is reported.
pub(crate) const MIN_MISSES: u64 = 500;

/// The counts of one window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Collected {
    /// The instructions.
    pub instructions: u64,
    /// The misses in the simulated caches.
    pub misses: Misses,
}

/// The misses of one window in the simulated caches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Misses {
    /// Reads and writes of data that miss the first level.
    pub data: u64,
    /// Reads of instructions that miss the first level.
    pub instruction: u64,
    /// Reads and writes, of data and instructions, that also miss the last level.
    pub last_level: u64,
}

impl Collected {
    /// Reads the counts from valgrind's lines: one names the events, `==123== Events : Ir Dr …`, and one has their
    /// counts in that order, `==123== Collected : 456 78 …`, without trailing zeros. `None` if one of the lines or of
    /// the events is missing.
    pub(super) fn read(lines: &[&str]) -> Option<Self> {
        let after = |title: &str| {
            lines.iter().find_map(|line| {
                let (before, after) = line.split_once(':')?;
                (before.split_whitespace().last() == Some(title)).then(|| after.split_whitespace())
            })
        };
        let counts: Vec<(&str, u64)> = after("Events")?
            // callgrind omits trailing zeros.
            .zip(after("Collected")?.chain(std::iter::repeat("0")))
            .map(|(event, count)| Some((event, count.parse().ok()?)))
            .collect::<Option<_>>()?;
        let sum = |events: &[&str]| -> Option<u64> {
            let of = |event: &&str| counts.iter().find(|(name, _)| name == event).map(|(_, count)| *count);
            events.iter().map(of).sum()
        };
        let misses = Misses {
            data: sum(&["D1mr", "D1mw"])?,
            instruction: sum(&["I1mr"])?,
            last_level: sum(&["ILmr", "DLmr", "DLmw"])?,
        };
        Some(Self { instructions: sum(&["Ir"])?, misses })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_by_the_names_of_their_events() {
        let events = "==17== Events    : Ir Dr Dw I1mr D1mr D1mw ILmr DLmr DLmw";
        let counts = "==17== Collected : 9622719 2029396 1578006 760 32920 26498 198 10 12080";
        let misses = Misses { data: 59_418, instruction: 760, last_level: 12_288 };
        let whole = Some(Collected { instructions: 9_622_719, misses });
        assert_eq!(Collected::read(&["==17== For interactive control, run", events, counts]), whole);
        assert_eq!(Collected::read(&[counts, events]), whole, "in any order");
        let other = ["==17== Events : Dr Ir I1mr D1mr D1mw ILmr DLmr DLmw", "==17== Collected : 1 2 3 4 5 6 7 8"];
        assert_eq!(Collected::read(&other).expect("all events").instructions, 2, "by name, not by place");
        let short = "==17== Collected : 1979476 536623 394348 1078 3079 1405 1";
        let misses = Misses { data: 4_484, instruction: 1_078, last_level: 1 };
        assert_eq!(Collected::read(&[events, short]).expect("all events").misses, misses, "zeros are left out");
    }

    #[test]
    fn a_missing_count_is_not_zero() {
        assert_eq!(Collected::read(&["==1== Collected : 7"]), None);
        assert_eq!(Collected::read(&["==1== Events : Ir", "==1== Collected : 7"]), None, "no caches");
        assert_eq!(Collected::read(&["==1== Events : Ir Dr", "==1== Collected : 7 oops"]), None);
        // callgrind omits trailing zeros.
        let events = "==1== Events : Ir Dr Dw I1mr D1mr D1mw ILmr DLmr DLmw";
        let cold = Collected::read(&[events, "==1== Collected : 1978676 536544 394308 1088 3115 1407"]);
        let misses = Misses { data: 4_522, instruction: 1_088, last_level: 0 };
        assert_eq!(cold, Some(Collected { instructions: 1_978_676, misses }));
    }
}
