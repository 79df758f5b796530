//! Five-body features against Clebsch-Gordan coefficients of SymPy and harmonics of SciPy (`five_body/make.py`).

use natron_descriptor::{CHANNELS, HARMONICS, Invariants, Lanes, Portable, Vector, harmonics};
use serde_json::Value;

/// What the script wrote, and the couplings (l1, l2, L) it has features of.
fn fixture() -> (Value, Vec<[usize; 3]>) {
    let fixture: Value = serde_json::from_str(include_str!("five_body/five_body.json")).expect("JSON");
    let couplings = serde_json::from_value(fixture["couplings"].clone()).expect("triples");
    (fixture, couplings)
}

fn points(environment: &Value) -> Vec<[f64; 3]> {
    serde_json::from_value(environment["points"].clone()).expect("unit vectors")
}

const FOUR_BODY: [[usize; 3]; 9] =
    [[1, 1, 2], [2, 2, 2], [1, 2, 3], [2, 3, 3], [1, 3, 4], [2, 2, 4], [2, 4, 4], [3, 3, 4], [4, 4, 4]];

/// Features of neighbours, those of five bodies last.
fn features(
    points: &[[f64; 3]],
    weight: impl Fn(usize, usize) -> f64,
    five_body: &[[usize; 3]],
) -> Vec<Lanes<f64>> {
    let invariants = Invariants::<f64>::new(3, &FOUR_BODY).expect("valid");
    let invariants = invariants.with_five_body(five_body).expect("valid");
    let mut density = [Lanes::ZERO; HARMONICS];
    for (j, &point) in points.iter().enumerate() {
        let radial = Lanes(std::array::from_fn(|n| weight(j, n)));
        for (sum, y) in density.iter_mut().zip(harmonics(point)) {
            *sum = radial.axpy(Portable, y, *sum);
        }
    }
    let mut out = vec![Lanes::ZERO; invariants.vectors()];
    invariants.forward(Portable, &density, &mut out);
    out
}

#[test]
fn values_are_those_of_clebsch_gordan_coefficients() {
    let (fixture, couplings) = fixture();
    let close = |found: f64, expected: f64| {
        assert!((found - expected).abs() < 1e-11 * (1.0 + expected), "{found} {expected}");
    };
    let weight = |j: usize, n: usize| ((n + 1) as f64 * (j as f64 + 0.7)).sin();
    let found = features(&points(&fixture["random"]), weight, &couplings);
    let expected: Vec<[f64; CHANNELS]> =
        serde_json::from_value(fixture["random"]["features"].clone()).expect("rows of channels");
    for (found, expected) in found[found.len() - couplings.len()..].iter().zip(&expected) {
        for (found, expected) in found.0.iter().zip(expected) {
            close(*found, *expected);
        }
    }
    for environment in fixture["pair"].as_array().expect("two") {
        let found = features(&points(environment), |_, _| 1.0, &couplings);
        let expected: Vec<f64> = serde_json::from_value(environment["features"].clone()).expect("numbers");
        for (found, expected) in found[found.len() - couplings.len()..].iter().zip(expected) {
            close(found.0[0], expected);
        }
    }
}

/// Ten neighbours at one distance, in two arrangements that agree in every other feature.
#[test]
fn five_body_features_tell_a_four_body_degenerate_pair_apart() {
    let (fixture, couplings) = fixture();
    // Neighbours at one distance share one radial function in each channel.
    let radial = |_: usize, n: usize| 1.0 / (n + 1) as f64;
    let of = |k: usize| features(&points(&fixture["pair"][k]), radial, &couplings);
    let (a, b) = (of(0), of(1));
    let difference = |k: usize| (0..CHANNELS).map(|n| (a[k].0[n] - b[k].0[n]).abs()).fold(0.0, f64::max);
    let first = a.len() - couplings.len();
    for k in 0..first {
        assert!(difference(k) < 1e-11, "feature {k} differs by {}", difference(k));
    }
    for (k, coupling) in couplings.iter().enumerate() {
        assert!(difference(first + k) > 1e-2, "{coupling:?}: {}", difference(first + k));
    }
}
