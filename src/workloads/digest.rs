//! What a workload did, in four numbers, and the context that adds them up while it runs.

use super::{Tracker, Value};
use serde::{Deserialize, Serialize};

/// The proof of a workload's run: the same for one scale and seed under every level of tracking and on any number of
/// threads. A probe whose digest differs from its partner's has not done the same work, and its time means nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// A checksum of the results.
    #[serde(with = "hex")]
    pub checksum: u64,
    /// How many values were named to the tracker.
    pub variables: u64,
    /// How many allocations were leaked on purpose.
    pub leaked_allocations: u64,
    /// The bytes that were leaked on purpose.
    pub leaked_bytes: u64,
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { checksum, variables, leaked_allocations, leaked_bytes } = self;
        write!(f, "{checksum:016x} ({variables} variables, {leaked_allocations} leaks of {leaked_bytes} B)")
    }
}

/// Passes a workload's values on to the tracker, and adds up the digest.
#[derive(Debug)]
pub struct Context<T> {
    tracker: T,
    digest: Digest,
}

impl<T: Tracker> Context<T> {
    /// A context with an empty digest.
    pub fn new(tracker: &T) -> Self {
        Self { tracker: tracker.clone(), digest: Digest::default() }
    }

    /// Names a value to the tracker.
    #[inline]
    pub fn track(&mut self, name: &'static str, value: &impl Value) {
        self.digest.variables += 1;
        self.tracker.track(name, value);
    }

    /// Tells the tracker that the workload holds most now.
    #[inline]
    pub fn checkpoint(&self, name: &'static str) {
        self.tracker.checkpoint(name);
    }

    /// Adds a result to the checksum; the order of results counts.
    #[inline]
    pub fn record(&mut self, result: u64) {
        // A step of the FNV-1a hash on whole words, and a rotation so that high bits come down.
        self.digest.checksum = ((self.digest.checksum ^ result).wrapping_mul(0x0000_0100_0000_01B3)).rotate_left(23);
    }

    /// Notes one allocation as leaked on purpose: where it begins, and its bytes. Where it is lets a finder of leaks be held
    /// against it, and is no part of the digest.
    #[inline]
    pub fn leaked(&mut self, address: usize, bytes: usize) {
        self.tracker.leaked(address, bytes);
        self.digest.leaked_allocations += 1;
        self.digest.leaked_bytes += bytes as u64;
    }

    /// Tells the tracker of leaked values that hold each other, by an address in each.
    #[inline]
    pub fn cycle(&self, values: &[usize]) {
        self.tracker.cycle(values);
    }

    /// Adds what another context saw, in another task; the order of tasks does not count.
    pub fn merge(&mut self, other: Digest) {
        self.digest.checksum = self.digest.checksum.wrapping_add(other.checksum.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        self.digest.variables += other.variables;
        self.digest.leaked_allocations += other.leaked_allocations;
        self.digest.leaked_bytes += other.leaked_bytes;
    }

    /// What was seen.
    pub fn digest(self) -> Digest {
        self.digest
    }
}

/// A checksum as text: JSON's numbers lose bits above 2^53 in many readers.
mod hex {
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(value: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{value:016x}"))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let text = String::deserialize(deserializer)?;
        u64::from_str_radix(&text, 16).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workloads::Untracked;

    fn sum(results: &[u64]) -> Digest {
        let mut context = Context::new(&Untracked);
        results.iter().for_each(|&result| context.record(result));
        context.digest()
    }

    #[test]
    fn order_counts_within_a_task_and_not_between_tasks() {
        assert_ne!(sum(&[1, 2]), sum(&[2, 1]));
        let joined = |digests: [Digest; 2]| {
            let mut context = Context::new(&Untracked);
            digests.into_iter().for_each(|digest| context.merge(digest));
            context.digest()
        };
        assert_eq!(joined([sum(&[1]), sum(&[2])]), joined([sum(&[2]), sum(&[1])]));
        assert_ne!(joined([sum(&[1]), sum(&[2])]), joined([sum(&[1]), sum(&[3])]));
    }

    #[test]
    fn a_checksum_survives_json() {
        let digest = Digest { checksum: u64::MAX - 1, variables: 3, leaked_allocations: 2, leaked_bytes: 64 };
        let json = serde_json::to_string(&digest).expect("serialises");
        assert_eq!(serde_json::from_str::<Digest>(&json).expect("reads back"), digest);
    }
}
