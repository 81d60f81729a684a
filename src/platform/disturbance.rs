//! Disturbances of a measurement from outside: time that the hypervisor gave to other machines, and time in which a
//! task of this one waited for a processor. Both are kernel counters, read before and after.

use serde::{Deserialize, Serialize};
use std::ops::AddAssign;
use std::time::Instant;

/// The disturbance during a measurement's pairs, over the whole machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disturbance {
    /// Time that other machines on the same processors used, out of the time that this one wanted, in ticks. `None` if
    /// unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stolen: Option<Part>,
    /// Time in which some task waited for a processor, out of the elapsed time, in microseconds. `None` if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited: Option<Part>,
}

/// A part of an amount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The part.
    pub part: u64,
    /// The whole.
    pub of: u64,
}

impl Part {
    /// Returns the part as a number from 0 to 1; `None` if the whole is zero.
    pub fn share(self) -> Option<f64> {
        (self.of > 0).then(|| self.part as f64 / self.of as f64)
    }
}

impl Disturbance {
    /// Returns whether nothing is known.
    pub fn is_unknown(&self) -> bool {
        *self == Self::default()
    }
}

/// Adds another stretch. A value that is unknown for one stretch is taken from the others.
impl AddAssign for Disturbance {
    fn add_assign(&mut self, other: Self) {
        let both = |one: Option<Part>, other: Option<Part>| match (one, other) {
            (Some(one), Some(other)) => Some(Part { part: one.part + other.part, of: one.of + other.of }),
            (one, other) => one.or(other),
        };
        (self.stolen, self.waited) = (both(self.stolen, other.stolen), both(self.waited, other.waited));
    }
}

/// The kernel's counters at the beginning of a stretch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watch {
    began: Instant,
    ticks: Option<Part>,
    waited: Option<u64>,
}

impl Watch {
    /// Begins a stretch.
    pub(crate) fn begin() -> Self {
        Self { began: Instant::now(), ticks: ticks(), waited: waited() }
    }

    /// Returns the disturbance since the beginning.
    pub(crate) fn end(self) -> Disturbance {
        let since = |after: u64, before: u64| after.saturating_sub(before);
        let ticks = ticks().zip(self.ticks);
        let stolen =
            ticks.map(|(after, before)| Part { part: since(after.part, before.part), of: since(after.of, before.of) });
        let passed = self.began.elapsed().as_micros() as u64;
        let waited = waited().zip(self.waited).map(|(after, before)| Part { part: since(after, before), of: passed });
        Disturbance { stolen, waited }
    }
}

/// Returns the stolen ticks of all processors so far, out of their ticks that were not idle.
#[cfg(target_os = "linux")]
fn ticks() -> Option<Part> {
    use procfs::CurrentSI;
    let total = procfs::KernelStats::current().ok()?.total;
    let stolen = total.steal?;
    let busy = [total.user, total.nice, total.system, total.irq.unwrap_or(0), total.softirq.unwrap_or(0), stolen];
    Some(Part { part: stolen, of: busy.iter().sum() })
}

/// Returns the microseconds so far in which some task waited for a processor. Not every kernel counts them.
#[cfg(target_os = "linux")]
fn waited() -> Option<u64> {
    use procfs::Current;
    Some(procfs::CpuPressure::current().ok()?.some.total)
}

#[cfg(not(target_os = "linux"))]
fn ticks() -> Option<Part> {
    None
}

#[cfg(not(target_os = "linux"))]
fn waited() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_add_up_and_unknown_parts_are_not_zero() {
        let part = |part, of| Some(Part { part, of });
        let mut sum = Disturbance::default();
        assert!(sum.is_unknown());
        sum += Disturbance { stolen: part(1, 10), waited: None };
        sum += Disturbance { stolen: part(2, 20), waited: None };
        assert_eq!(sum, Disturbance { stolen: part(3, 30), waited: None });
        assert_eq!(sum.stolen.and_then(Part::share), Some(0.1));
        assert_eq!(Part::default().share(), None, "there is no whole");
        assert_eq!(serde_json::to_string(&sum).expect("plain data"), r#"{"stolen":{"part":3,"of":30}}"#);
        assert_eq!(serde_json::from_str::<Disturbance>("{}").expect("an earlier file"), Disturbance::default());
    }

    #[test]
    fn a_part_is_at_most_the_whole() {
        let watch = Watch::begin();
        std::thread::sleep(std::time::Duration::from_millis(20));
        let seen = watch.end();
        assert!(seen.stolen.is_none_or(|stolen| stolen.part <= stolen.of), "{seen:?}");
        assert!(seen.waited.is_none_or(|waited| waited.of >= 20_000), "{seen:?}");
    }
}
