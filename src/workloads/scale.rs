//! The size of a run, and the seed of its data.

use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The scale of a workload's run: a factor on its outer counts (the inner shapes stay), the seed of its data, and the
/// time that its tasks sleep in place of a real wait.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Fields", into = "Fields")]
pub struct Scale {
    factor: f64,
    seed: u64,
    wait: Duration,
}

/// A scale as JSON.
#[derive(Serialize, Deserialize)]
struct Fields {
    factor: f64,
    seed: u64,
    wait_us: u64,
}

impl From<Scale> for Fields {
    fn from(scale: Scale) -> Self {
        Self { factor: scale.factor, seed: scale.seed, wait_us: scale.wait_us() }
    }
}

impl TryFrom<Fields> for Scale {
    type Error = ScaleError;

    fn try_from(Fields { factor, seed, wait_us }: Fields) -> Result<Self, ScaleError> {
        Ok(Self::new(factor)?.seeded(seed).waiting(Duration::from_micros(wait_us)))
    }
}

/// The error for a factor that is not a positive number.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("a scale is a positive number, such as 1 for the full stress run or 0.1 for a tenth of it")]
pub struct ScaleError;

impl Scale {
    /// The full stress run.
    pub const FULL: Self = Self { factor: 1.0, seed: Self::DEFAULT_SEED, wait: Duration::ZERO };

    /// The default seed.
    pub const DEFAULT_SEED: u64 = 1;

    /// Returns the scale with this factor: 1 is the full stress run.
    ///
    /// # Errors
    /// If the factor is 0, negative, infinite or not a number.
    pub fn new(factor: f64) -> Result<Self, ScaleError> {
        if factor.is_finite() && factor > 0.0 { Ok(Self { factor, ..Self::FULL }) } else { Err(ScaleError) }
    }

    /// Returns the same scale with data from another seed.
    pub const fn seeded(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Returns the same scale, with tasks that sleep this long in place of a real wait. With the default of zero they
    /// only yield, because sleeping hides overhead.
    pub const fn waiting(self, wait: Duration) -> Self {
        Self { wait, ..self }
    }

    /// Returns the same seed and wait at this part of the size, for a warm-up.
    ///
    /// # Errors
    /// If the part is not a positive number.
    pub fn part(self, part: f64) -> Result<Self, ScaleError> {
        Ok(Self { factor: Self::new(self.factor * part)?.factor, ..self })
    }

    /// Returns the factor: 1 is the full stress run.
    pub const fn factor(self) -> f64 {
        self.factor
    }

    /// Returns the seed of the run's data.
    pub const fn seed(self) -> u64 {
        self.seed
    }

    /// Returns the time that a task sleeps in place of a real wait.
    pub const fn wait(self) -> Duration {
        self.wait
    }

    /// Returns the time that a task sleeps, in microseconds.
    pub const fn wait_us(self) -> u64 {
        self.wait.as_micros() as u64
    }

    /// Returns an outer count at this scale from the count of the full run, and at least 1.
    pub fn count(self, full: u64) -> u64 {
        ((full as f64 * self.factor).round() as u64).max(1)
    }

    /// Returns the generator of a workload's data.
    ///
    /// Each workload has its own number, from 1 in the order of the stress run's phases; it is part of the data, and so
    /// of the digest. A workload of another crate takes one from 1,000 on.
    pub fn rng(self, workload: u64) -> Pcg64Mcg {
        self.stream(workload)
    }

    /// Returns the generator of one task of a workload. Tasks have independent streams, so the data do not depend on
    /// the order of threads. Both numbers are below 2³².
    pub fn task_rng(self, workload: u64, task: u64) -> Pcg64Mcg {
        self.stream((workload << 32) + task)
    }

    fn stream(self, number: u64) -> Pcg64Mcg {
        Pcg64Mcg::seed_from_u64(self.seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }
}

impl std::str::FromStr for Scale {
    type Err = ScaleError;

    fn from_str(text: &str) -> Result<Self, ScaleError> {
        Self::new(text.trim().parse().map_err(|_| ScaleError)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_positive_numbers_are_scales() {
        for bad in ["0", "-1", "NaN", "inf", "-inf", "", "much", "1,5"] {
            assert_eq!(bad.parse::<Scale>(), Err(ScaleError), "{bad}");
        }
        for good in ["1", "0.001", "2", "1e-9", " 3 "] {
            assert!(good.parse::<Scale>().is_ok(), "{good}");
        }
    }

    #[test]
    fn counts_scale_and_are_at_least_one() {
        let scale = |factor| Scale::new(factor).expect("positive");
        assert_eq!(scale(1.0).count(50), 50);
        assert_eq!(scale(0.1).count(50), 5);
        assert_eq!(scale(2.0).count(50), 100);
        assert_eq!(scale(0.000_1).count(50), 1);
    }
}
