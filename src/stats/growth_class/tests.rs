//! Costs of known growth, exact and with errors.

use super::*;
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// A cost after a number of events.
type Cost = fn(f64) -> f64;

/// The numbers of events of a soak: six in each of three decades.
fn events() -> impl Iterator<Item = f64> {
    (0..=18).map(|step| 1e4 * 10_f64.powf(f64::from(step) / 6.0))
}

/// Returns costs with relative errors of this standard deviation.
fn costs(cost: impl Fn(f64) -> f64, error: f64, seed: u64) -> Vec<(f64, f64)> {
    let mut rng = Pcg64Mcg::seed_from_u64(seed);
    let mut normal = || (0..12).map(|_| rng.random_range(-0.5..0.5)).sum::<f64>();
    events().map(|n| (n, cost(n) * (error * normal()).exp())).collect()
}

fn class(cost: impl Fn(f64) -> f64, error: f64, seed: u64) -> GrowthClass {
    growth_fit(&costs(cost, error, seed)).expect("19 points").class
}

/// Costs in nanoseconds that grow by factors from 2 to 1,000 over three decades, in each class.
const GROWN: [(GrowthClass, Cost); 8] = [
    (GrowthClass::Logarithmic, |n| 30.0 + 40.0 * (n / 1e4).ln()),
    (GrowthClass::Logarithmic, |n| 50.0 * n.ln() - 400.0),
    (GrowthClass::Linear, |n| 300.0 + n * 5e-5),
    (GrowthClass::Linear, |n| 300.0 + n * 1e-3),
    (GrowthClass::Linear, |n| n * 0.01),
    (GrowthClass::Quadratic, |n| 300.0 + n * n * 5e-12),
    (GrowthClass::Quadratic, |n| 300.0 + n * n * 1e-8),
    (GrowthClass::Quadratic, |n| n * n * 1e-6),
];

#[test]
fn each_class_is_recognised() {
    for seed in 0..5 {
        assert_eq!(class(|_| 312.0, 0.05, seed), GrowthClass::Flat, "seed {seed}");
        for (place, &(wanted, cost)) in GROWN.iter().enumerate() {
            assert_eq!(class(cost, 0.0, seed), wanted, "cost {place}, exact");
            assert_eq!(class(cost, 0.02, seed), wanted, "cost {place}, seed {seed}");
        }
    }
}

/// The interval of the power contains the true power in 95 % of cases: in 190 of 200, within two standard errors.
#[test]
fn intervals_of_the_power_contain_the_true_power() {
    let truths: [(f64, Cost); 3] =
        [(1.0, |n| 300.0 + n * 1e-3), (2.0, |n| 300.0 + n * n * 1e-8), (0.5, |n| 300.0 + n.sqrt())];
    let mut covered = 0;
    for seed in 0..200 {
        let (power, cost) = truths[seed as usize % truths.len()];
        let found = growth_fit(&costs(cost, 0.05, seed)).and_then(|fit| fit.power).expect("it grows");
        covered += u32::from(found.low <= power && power <= found.high);
        assert!((found.value - power).abs() < 0.4, "{found:?} instead of {power}");
    }
    assert!((184..=198).contains(&covered), "{covered} of 200");
}

/// Hardly any flat cost seems to grow: AICc must differ by 10.
#[test]
fn flat_costs_rarely_appear_to_grow() {
    let grown = (0..500).filter(|&seed| class(|_| 25.0, 0.2, seed) != GrowthClass::Flat).count();
    assert!(grown <= 2, "{grown} of 500");
}

#[test]
fn negligible_growth_is_flat() {
    assert_eq!(class(|n| 300.0 + n * 5e-6, 0.0, 1), GrowthClass::Flat, "a sixth more after ten million events");
    let fit = growth_fit(&costs(|n| 300.0 - n * 1e-5, 0.0, 1)).expect("19 points");
    assert_eq!(fit.class, GrowthClass::Flat, "it falls");
    assert!(fit.slope.value < 0.0 && fit.slope.high < 0.0, "{fit:?}");
}

#[test]
fn a_power_between_two_classes_has_its_interval() {
    let between = |n: f64| 300.0 + n.powf(0.5);
    let fit = growth_fit(&costs(between, 0.3, 3)).expect("19 points");
    let power = fit.power.expect("it grows");
    assert!(power.low < 0.5 && 0.5 < power.high, "{fit:?}");
    let exact = growth_fit(&costs(|n| 300.0 + n * 1e-3, 0.0, 1)).expect("19 points");
    assert_eq!(exact.or, None, "{exact:?}");
}

#[test]
fn a_fit_predicts_when_a_cost_is_reached() {
    for (place, &(_, cost)) in GROWN.iter().enumerate() {
        let fit = growth_fit(&costs(cost, 0.0, 1)).expect("19 points");
        for events in [3e5, 1e7, 1e8] {
            let reached = fit.reaches(cost(events)).expect("it grows");
            assert!((reached / events - 1.0).abs() < 0.01, "cost {place}: {reached} instead of {events}");
        }
        assert_eq!(fit.reaches(cost(1e4) / 2.0), None, "it costs more than that from the start");
    }
    let flat = growth_fit(&costs(|_| 5.0, 0.01, 1)).expect("19 points");
    assert_eq!((flat.reaches(10.0), flat.power), (None, None));
    assert!((flat.early - 5.0).abs() < 0.1 && flat.early == flat.late, "{flat:?}");
}

#[test]
fn a_map_that_doubles_is_linear() {
    // Bytes of a program and of a map that doubles when it is full.
    let bytes = |n: f64| 700_000.0 + 48.0 * 2_f64.powf(n.log2().ceil());
    assert_eq!(class(bytes, 0.0, 1), GrowthClass::Linear);
}

#[test]
fn costs_that_vary_exclude_no_growth() {
    let excludes = |cost: Cost, error| excludes_growth(&costs(cost, error, 1));
    assert!(excludes(|_| 300.0, 0.0) && excludes(|_| 300.0, 0.02));
    assert!(!excludes(|_| 300.0, 0.2), "it may have grown by a half");
    assert!(excludes(|n| 300.0 + n * 5e-6, 0.0), "a sixth more does not matter");
    assert!(excludes(|n| 300.0 / n, 0.0), "it falls");
    for (place, &(_, cost)) in GROWN.iter().enumerate() {
        assert!(!excludes(cost, 0.0), "cost {place}");
    }
    assert!(!excludes_growth(&[(1e4, 300.0), (1e7, 300.0)]), "two points");
}

/// Of costs that grow by a fifth, the least that matters, at most 2.5 % exclude it.
#[test]
fn growth_that_matters_is_hardly_ever_excluded() {
    let grown: [Cost; 3] =
        [|n| 300.0 + 60.0 * (n / 1e4).ln() / 1e3_f64.ln(), |n| 300.0 + n * 6e-6, |n| 300.0 + n * n * 6e-13];
    for cost in grown {
        let missed = (0..200).filter(|&seed| excludes_growth(&costs(cost, 0.05, seed))).count();
        assert!(missed <= 12, "{missed} of 200");
    }
}

#[test]
fn too_few_or_invalid_points_have_no_class() {
    let line = |count: i32, step: f64| (0..count).map(|n| (1e3 * step.powi(n), 7.0)).collect::<Vec<_>>();
    assert!(growth_fit(&line(6, 1.5)).is_some());
    assert_eq!(growth_fit(&line(5, 10.0)), None, "five points");
    assert_eq!(growth_fit(&line(19, 1.05)), None, "too near to each other");
    assert_eq!(growth_fit(&[]), None);
    for none in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let mut points = line(9, 2.0);
        points[3].1 = none;
        assert_eq!(growth_fit(&points), None, "a cost of {none}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    /// The class and the growth do not depend on the unit and the order of the costs.
    #[test]
    fn the_unit_and_the_order_do_not_matter(
        place in 0..GROWN.len(), unit in 1e-6_f64..1e6, turn in 0_usize..19, seed in 0_u64..1_000,
    ) {
        let points = costs(GROWN[place].1, 0.02, seed);
        let mut others: Vec<(f64, f64)> = points.iter().map(|&(n, cost)| (n, cost * unit)).collect();
        others.rotate_left(turn);
        let [one, other] = [points, others].map(|points| growth_fit(&points).expect("19 points"));
        prop_assert_eq!(one.class, other.class);
        prop_assert!(((one.late / one.early) / (other.late / other.early) - 1.0).abs() < 1e-3);
    }

    /// An exact cost that at least doubles gets its class, for any parts.
    #[test]
    fn any_mixture_is_recognised(
        fixed in 1_f64..1e4, growth in 1_f64..1e4, class in 0_usize..3,
    ) {
        let class = GrowthClass::GROWING[class];
        let cost = |n: f64| fixed * (1.0 + growth * part((n / 1e4).ln(), 1e3_f64.ln(), class.power()));
        let fit = growth_fit(&events().map(|n| (n, cost(n))).collect::<Vec<_>>()).expect("19 points");
        prop_assert_eq!(fit.class, class);
        prop_assert!((fit.late / fit.early / (1.0 + growth) - 1.0).abs() < 1e-3, "{:?}", fit);
    }
}
