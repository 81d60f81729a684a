//! The likeness of workloads: principal components of their measurements, and the pairs that the measurements cannot
//! distinguish.

use super::Programs;
use super::profile::Profile;
use crate::schedule::measurement::Pair;
use crate::stats::components::{Components, Feature};
use crate::stats::estimate::Estimate;
use crate::stats::ratio::ratio_of_sums;
use crate::tracking::Level;
use crate::workloads::Workload;

/// The minimum part of the variance that the components explain.
const EXPLAINED: f64 = 0.9;

/// The likeness of workloads.
pub(super) struct Likeness {
    pub workloads: Vec<Workload>,
    pub features: Vec<String>,
    pub components: Components,
}

/// Two workloads, with their distance and the distance that equal workloads rarely exceed by errors alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pairing {
    pub one: Workload,
    pub other: Workload,
    pub distance: f64,
    pub threshold: f64,
}

impl Pairing {
    /// Returns whether one of the two is redundant.
    pub(super) fn is_redundant(&self) -> bool {
        self.distance <= self.threshold
    }
}

impl Programs {
    /// Returns the likeness of the workloads with an overhead under each level; `None` if there are too few.
    pub(super) fn likeness(&self) -> Option<Likeness> {
        let levels = self.levels();
        let profiles = self.profiles();
        let has_overheads = |profile: &&Profile| levels.iter().all(|&level| profile.overhead(level).is_some());
        let profiles: Vec<&Profile> = profiles.iter().filter(has_overheads).collect();
        let all: Vec<Vec<(String, Option<Feature>)>> =
            profiles.iter().map(|profile| features(profile, &levels)).collect();
        // A feature that one workload lacks is not used.
        let names = all.first()?.iter().map(|(name, _)| name);
        let known: Vec<usize> =
            (0..names.clone().count()).filter(|&place| all.iter().all(|of| of[place].1.is_some())).collect();
        let rows: Vec<Vec<Feature>> =
            all.iter().map(|of| known.iter().filter_map(|&place| of[place].1).collect()).collect();
        Some(Likeness {
            workloads: profiles.iter().map(|profile| profile.workload).collect(),
            features: names
                .enumerate()
                .filter(|(place, _)| known.contains(place))
                .map(|(_, name)| name.clone())
                .collect(),
            components: Components::of(&rows, EXPLAINED)?,
        })
    }
}

impl Likeness {
    /// Returns each workload with the nearest other one.
    pub(super) fn nearest(&self) -> impl Iterator<Item = Pairing> {
        (0..self.workloads.len()).map(|one| self.pairing(one, self.components.nearest(one)))
    }

    /// Returns the pairs with a redundant workload.
    pub(super) fn redundant(&self) -> Vec<Pairing> {
        let pairs =
            (0..self.workloads.len()).flat_map(|one| (one + 1..self.workloads.len()).map(move |other| (one, other)));
        pairs.map(|(one, other)| self.pairing(one, other)).filter(Pairing::is_redundant).collect()
    }

    fn pairing(&self, one: usize, other: usize) -> Pairing {
        Pairing {
            one: self.workloads[one],
            other: self.workloads[other],
            distance: self.components.distance(one, other),
            threshold: self.components.threshold(one, other),
        }
    }
}

/// Returns the known features of a workload, by name. Amounts are compared by their logarithms.
///
/// Fidelity is not a feature: it is 1 for nearly all, and standardising it would give its last digits the weight of any
/// other feature.
fn features(profile: &Profile, levels: &[Level]) -> Vec<(String, Option<Feature>)> {
    let Profile { cpu_ns, wall_ns, truth, .. } = profile;
    let estimate = |of: Estimate| (of.low > 0.0).then(|| Feature { value: of.value.ln(), error: of.log_error() });
    let count = |part: u64, whole: u64| {
        let share = part as f64 / whole as f64;
        (share > 0.0 && share.is_finite()).then(|| Feature { value: share.ln(), error: 0.0 })
    };
    let with_error = |value: f64, error: f64| value.is_finite().then_some(Feature { value, error });
    let mut features: Vec<(String, Option<Feature>)> = levels
        .iter()
        .map(|&level| (format!("overhead under {level}"), profile.overhead(level).and_then(estimate)))
        .collect();
    let greatest = levels.last().and_then(|&level| profile.under(level)?.overhead()?.peak_memory);
    features.extend([
        ("peak memory under tracking".to_owned(), greatest.and_then(estimate)),
        ("allocations per ms".to_owned(), with_error(profile.allocation_rate().ln(), cpu_ns.log_error())),
        ("bytes per allocation".to_owned(), count(truth.allocated_bytes, truth.allocations)),
        ("live share of bytes".to_owned(), count(truth.peak_live_bytes, truth.allocated_bytes)),
        ("kernel's share".to_owned(), kernel_share(profile)),
        (
            "threads busy".to_owned(),
            with_error((cpu_ns.value / wall_ns.value).ln(), cpu_ns.log_error().hypot(wall_ns.log_error())),
        ),
    ]);
    features
}

/// Returns the kernel's share of a workload's own CPU time.
fn kernel_share(profile: &Profile) -> Option<Feature> {
    let times = |pair: &Pair| Some((pair.untracked.kernel_ns? as f64, pair.untracked.cpu_ns as f64));
    let pairs = profile.measurements.iter().flat_map(|measurement| &measurement.pairs);
    let times: Vec<(f64, f64)> = pairs.map(times).collect::<Option<_>>()?;
    ratio_of_sums(&times).map(|(value, error)| Feature { value, error })
}
