//! The digest of a workload's work, and the context that computes it.

use super::{Tracker, Value};
use serde::{Deserialize, Serialize};

/// The digest of a workload's work. It is the same for one scale and seed at every level and on any number of threads.
/// If the digests of two probes differ, they did different work, and their times cannot be compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// Checksum of the results.
    #[serde(with = "hex")]
    pub checksum: u64,
    /// Number of values named to the tracker.
    pub variables: u64,
    /// Number of allocations leaked on purpose.
    pub leaked_allocations: u64,
    /// Bytes leaked on purpose.
    pub leaked_bytes: u64,
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { checksum, variables, leaked_allocations, leaked_bytes } = self;
        write!(f, "{checksum:016x} ({variables} variables, {leaked_allocations} leaks of {leaked_bytes} B)")
    }
}

/// A workload's context: passes values on to the tracker, and computes the digest.
#[derive(Debug)]
pub struct Context<T> {
    tracker: T,
    digest: Digest,
}

impl<T: Tracker> Context<T> {
    /// Returns a context with an empty digest.
    pub fn new(tracker: &T) -> Self {
        Self { tracker: tracker.clone(), digest: Digest::default() }
    }

    /// Names a value to the tracker.
    #[inline]
    pub fn track(&mut self, name: &'static str, value: &impl Value) {
        self.digest.variables += 1;
        self.tracker.track(name, value);
    }

    /// Marks a checkpoint, a point at which the workload's live memory peaks.
    #[inline]
    pub fn checkpoint(&self, name: &'static str) {
        self.tracker.checkpoint(name);
    }

    /// Adds a result to the checksum. The order of results matters.
    #[inline]
    pub fn record(&mut self, result: u64) {
        // A step of the FNV-1a hash on whole words, and a rotation so that high bits come down.
        self.digest.checksum = ((self.digest.checksum ^ result).wrapping_mul(0x0000_0100_0000_01B3)).rotate_left(23);
    }

    /// Marks an allocation as leaked on purpose, by its address and bytes. The address is for checking reports of
    /// leaks, and is not part of the digest.
    #[inline]
    pub fn leaked(&mut self, address: usize, bytes: usize) {
        self.tracker.leaked(address, bytes);
        self.digest.leaked_allocations += 1;
        self.digest.leaked_bytes += bytes as u64;
    }

    /// Marks leaked values that own each other, by an address in each.
    #[inline]
    pub fn cycle(&self, values: &[usize]) {
        self.tracker.cycle(values);
    }

    /// Adds the digest of another task. The order of tasks does not matter.
    pub fn merge(&mut self, other: Digest) {
        self.digest.checksum = self.digest.checksum.wrapping_add(other.checksum.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        self.digest.variables += other.variables;
        self.digest.leaked_allocations += other.leaked_allocations;
        self.digest.leaked_bytes += other.leaked_bytes;
    }

    /// Returns the digest.
    pub fn digest(self) -> Digest {
        self.digest
    }
}

/// Writes a checksum as text, because many JSON readers lose bits of numbers above 2⁵³.
mod hex {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{value:016x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
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
    fn order_matters_within_a_task_and_not_between_tasks() {
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
