//! Principal components of things that have several features (Jolliffe 2002, *Principal Component Analysis*, sections
//! 2.3 and 6.1): directions in the space of the features, in which the things differ most. Features have different
//! units, so each is standardised.
//!
//! Benchmark suites are analysed in this way: Phansalkar, Joshi and John (2007), *Analysis of Redundancy and
//! Application Balance in the SPEC CPU2006 Benchmark Suite*. Distances are measured in the space of the first
//! components.
//!
//! Two things are the same, as far as was measured, unless their distance is one that equal things exceed in at most
//! 5 % of cases. Each feature has a standard error, and the square of the distance of two equal things is a sum of
//! squares of normal deviates. For any weights, it exceeds 3.84 times its expectation in at most 5 % of cases (Székely
//! and Bakirov 2003, *Extremal Probabilities for Gaussian Quadratic Forms*); with four equal weights, in 0.4 %.

use crate::stats::eigen::{Eigen, eigen};
use crate::stats::student::mean_and_deviation;

/// The maximum distance of two equal things in at least 95 % of cases, in roots of the expected square.
const QUANTILE: f64 = 1.959_963_985;

/// A feature of a thing, with its standard error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Feature {
    pub(crate) value: f64,
    pub(crate) error: f64,
}

/// The principal components of some things.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Components {
    /// The part of the variance that each of the first components explains.
    pub(crate) shares: Vec<f64>,
    /// The weights of the features in each component.
    pub(crate) weights: Vec<Vec<f64>>,
    /// The coordinates of the things.
    places: Vec<Vec<f64>>,
    /// The variance of each thing's coordinates that comes from errors, summed over these components.
    variances: Vec<f64>,
}

impl Components {
    /// Returns the first components of things: as many as explain this part of the variance. `None` if there are fewer
    /// than three things, or all of their features are equal.
    ///
    /// A feature that is the same for all has no weight. All things have the same features.
    pub(crate) fn of(things: &[Vec<Feature>], part: f64) -> Option<Self> {
        if things.len() < 3 {
            return None;
        }
        let features = things[0].len();
        let scales: Vec<(f64, f64)> = (0..features)
            .map(|feature| mean_and_deviation(&things.iter().map(|thing| thing[feature].value).collect::<Vec<_>>()))
            .collect();
        let differs = |deviation: f64| deviation.is_finite() && deviation > 0.0;
        let standard = |thing: &Vec<Feature>| -> Vec<f64> {
            let features = thing.iter().zip(&scales);
            let value = |(feature, &(mean, deviation)): (&Feature, &(f64, f64))| (feature.value - mean) / deviation;
            features.map(|each| if differs(each.1.1) { value(each) } else { 0.0 }).collect()
        };
        let rows: Vec<Vec<f64>> = things.iter().map(standard).collect();
        let correlation =
            |a: usize, b: usize| rows.iter().map(|row| row[a] * row[b]).sum::<f64>() / (rows.len() - 1) as f64;
        let matrix: Vec<Vec<f64>> = (0..features).map(|a| (0..features).map(|b| correlation(a, b)).collect()).collect();
        let all = eigen(&matrix);
        let whole: f64 = all.iter().map(|component| component.value).sum();
        if !differs(whole) {
            return None;
        }
        let mut explained = 0.0;
        let mut first: Vec<Eigen> = Vec::new();
        for component in all {
            if explained >= part * whole {
                break;
            }
            explained += component.value;
            first.push(component);
        }
        let place = |row: &Vec<f64>| first.iter().map(|component| dot(&component.vector, row)).collect();
        let variance = |thing: &Vec<Feature>| {
            let errors = thing.iter().zip(&scales).map(|(feature, &(_, deviation))| {
                if differs(deviation) { (feature.error / deviation).powi(2) } else { 0.0 }
            });
            let errors: Vec<f64> = errors.collect();
            let of = |component: &Eigen| {
                component.vector.iter().zip(&errors).map(|(weight, error)| weight.powi(2) * error).sum::<f64>()
            };
            first.iter().map(of).sum()
        };
        Some(Self {
            shares: first.iter().map(|component| component.value / whole).collect(),
            places: rows.iter().map(place).collect(),
            variances: things.iter().map(variance).collect(),
            weights: first.into_iter().map(|component| component.vector).collect(),
        })
    }

    /// Returns the coordinates of a thing, one for each component.
    pub(crate) fn place(&self, thing: usize) -> &[f64] {
        &self.places[thing]
    }

    /// Returns the distance of two things.
    pub(crate) fn distance(&self, one: usize, other: usize) -> f64 {
        let differences = self.places[one].iter().zip(&self.places[other]).map(|(a, b)| (a - b).powi(2));
        differences.sum::<f64>().sqrt()
    }

    /// Returns the distance that two equal things exceed in at most 5 % of cases, by errors alone.
    pub(crate) fn threshold(&self, one: usize, other: usize) -> f64 {
        QUANTILE * (self.variances[one] + self.variances[other]).sqrt()
    }

    /// Returns the thing that is nearest to another one.
    pub(crate) fn nearest(&self, to: usize) -> usize {
        let others = (0..self.places.len()).filter(|&other| other != to);
        others.min_by(|&a, &b| self.distance(to, a).total_cmp(&self.distance(to, b))).expect("there are three things")
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(values: &[f64]) -> Vec<Feature> {
        values.iter().map(|&value| Feature { value, error: 0.0 }).collect()
    }

    #[test]
    fn correlated_features_are_one_component() {
        // The second feature is the first in another unit, and the third is the same for all.
        let things: Vec<_> = [1.0, 2.0, 3.0, 7.0].iter().map(|&x| exact(&[x, 10.0 - 3.0 * x, 5.0])).collect();
        let components = Components::of(&things, 0.9).expect("four things");
        assert!(components.shares.len() == 1 && (components.shares[0] - 1.0).abs() < 1e-12, "{components:?}");
        assert!((components.weights[0][0] + components.weights[0][1]).abs() < 1e-12, "{components:?}");
        assert_eq!(components.weights[0][2], 0.0);
        // 1, 2, 3 and 7 have the standard deviation √(20.75 ÷ 3); both features show the difference.
        let distance = 6.0 / (20.75_f64 / 3.0).sqrt() * 2.0_f64.sqrt();
        assert!((components.distance(0, 3) - distance).abs() < 1e-9, "{}", components.distance(0, 3));
        assert_eq!((components.nearest(3), components.nearest(0)), (2, 1));
    }

    #[test]
    fn independent_features_are_separate_components() {
        let things = [[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]].map(|thing| exact(&thing));
        let components = Components::of(&things, 0.9).expect("four things");
        assert!(components.shares.iter().all(|share| (share - 0.5).abs() < 1e-12), "{components:?}");
        assert_eq!(Components::of(&things, 0.5).map(|components| components.shares.len()), Some(1));
        let place = components.place(0);
        assert!((dot(place, place) - 1.5).abs() < 1e-9, "{place:?}");
    }

    #[test]
    fn a_threshold_is_the_distance_that_errors_explain() {
        let thing = |x: f64, y: f64| vec![Feature { value: x, error: 0.3 }, Feature { value: y, error: 0.4 }];
        // The standard deviation of either feature is √(4 ÷ 3).
        let things = [thing(1.0, 1.0), thing(1.0, -1.0), thing(-1.0, 1.0), thing(-1.0, -1.0)];
        let components = Components::of(&things, 0.9).expect("four things");
        let expected = 1.959_963_985 * (2.0 * (0.09 + 0.16) * 3.0 / 4.0_f64).sqrt();
        assert!((components.threshold(0, 1) - expected).abs() < 1e-9, "{}", components.threshold(0, 1));
    }

    #[test]
    fn too_few_or_equal_things_have_no_components() {
        assert_eq!(Components::of(&[exact(&[1.0]), exact(&[2.0])], 0.9), None);
        assert_eq!(Components::of(&[exact(&[1.0]), exact(&[1.0]), exact(&[1.0])], 0.9), None);
    }
}
