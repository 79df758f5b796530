//! SOAP vectors against dscribe and GAP.

#[allow(dead_code)]
#[path = "../../natron-io/tests/oracle.rs"]
mod oracle;

use natron_atoms::{Cell, NeighbourList, Species, Structure, Vec3};
use natron_descriptor::{Convention, Soap, SoapError, SoapScratch, SoapSettings};
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

fn species(symbols: &[&str]) -> Vec<Species> {
    symbols.iter().map(|s| Species::from_symbol(s).expect("an element")).collect()
}

/// Twelve atoms of the given elements at random in a skewed cell shorter than twice the cutoff.
fn structure(symbols: &[&str], seed: u64) -> Structure {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let cell = Cell::new([[5.5, 0.0, 0.0], [0.7, 6.0, 0.0], [-0.4, 1.1, 6.3]], [true; 3]).expect("a cell");
    let mut positions: Vec<Vec3> = Vec::new();
    while positions.len() < 12 {
        let point = cell.cartesian(&Vec3::from_fn(|_, _| rng.random_range(0.0..1.0)));
        if positions.iter().all(|p| (p - point).norm() > 1.0) {
            positions.push(point);
        }
    }
    let all = species(symbols);
    Structure::new(cell, (0..12).map(|k| all[k % all.len()]).collect(), positions).expect("it fits")
}

fn spectra(soap: &Soap, structure: &Structure) -> Vec<Vec<f64>> {
    let list = NeighbourList::build(structure, soap.reach_a(), 0.0).expect("a list");
    let mut scratch = SoapScratch::default();
    let of = |centre| {
        let mut spectrum = vec![0.0; soap.len()];
        soap.spectrum(structure, &list, centre, &mut scratch, &mut spectrum);
        spectrum
    };
    (0..structure.len()).map(of).collect()
}

/// Every number within 1e-6 of the vector's longest entry, and most far closer.
fn compare(what: &str, found: &[Vec<f64>], expected: &Value) {
    let expected: Vec<Vec<f64>> = serde_json::from_value(expected.clone()).expect("rows of numbers");
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found.len(), expected.len(), "{what}");
        let largest = expected.iter().fold(0.0_f64, |a, b| a.max(b.abs()));
        for (k, (a, b)) in found.iter().zip(expected).enumerate() {
            let tolerance = 1e-6 * b.abs() + 1e-9 * largest;
            assert!((a - b).abs() < tolerance, "{what}: number {k} is {a}, not {b} (largest {largest})");
        }
    }
}

#[test]
fn vectors_are_those_of_dscribe_and_gap() {
    for (symbols, cutoff_a, n_max, l_max, sigma_a, seed) in [
        (&["C"][..], 4.0, 6, 5, 0.5, 1),
        (&["Na", "C"][..], 4.5, 5, 6, 0.6, 2),
        (&["Na", "C", "H"][..], 3.2, 4, 3, 0.4, 3),
    ] {
        let structure = structure(symbols, seed);
        let rows = structure.cell.rows();
        let case = json!({
            "symbols": structure.species.iter().map(|s| s.symbol()).collect::<Vec<_>>(),
            "cell_A": (0..3).map(|i| (0..3).map(|j| rows[(i, j)]).collect()).collect::<Vec<Vec<f64>>>(),
            "positions_A": structure.positions.iter().map(|p| vec![p.x, p.y, p.z]).collect::<Vec<_>>(),
            "species": symbols, "cutoff_A": cutoff_a, "n_max": n_max, "l_max": l_max, "sigma_A": sigma_a,
        });
        let Some(answer) = oracle::ask_with("soap.py", &[case.to_string()]) else { return };
        for (convention, key) in [(Convention::Dscribe, "dscribe"), (Convention::Gap, "gap")] {
            let settings = SoapSettings { cutoff_a, n_max, l_max, sigma_a, convention };
            let soap = Soap::new(settings, &species(symbols)).expect("it can be made");
            compare(&format!("{key}, {symbols:?}"), &spectra(&soap, &structure), &answer[key]);
        }
    }
}

#[test]
fn vectors_do_not_turn_with_the_structure() {
    let turn = nalgebra::Rotation3::from_euler_angles(0.3, -0.9, 2.1).into_inner();
    let original = structure(&["Na", "C"], 5);
    let rows = original.cell.rows() * turn.transpose();
    let rows = std::array::from_fn(|i| std::array::from_fn(|j| rows[(i, j)]));
    let turned = Structure {
        cell: Cell::new(rows, [true; 3]).expect("a cell"),
        species: original.species.clone(),
        positions: original.positions.iter().map(|p| -turn * p).collect(),
    };
    // Inverted too: the cell is its own image.
    for convention in [Convention::Dscribe, Convention::Gap] {
        let settings = SoapSettings { cutoff_a: 4.0, n_max: 5, l_max: 4, sigma_a: 0.5, convention };
        let soap = Soap::new(settings, &species(&["C", "Na"])).expect("it can be made");
        for (a, b) in spectra(&soap, &original).iter().zip(&spectra(&soap, &turned)) {
            let largest = a.iter().fold(0.0_f64, |a, b| a.max(b.abs()));
            assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-10 * largest));
        }
    }
}

#[test]
fn settings_out_of_range_are_refused() {
    let good =
        SoapSettings { cutoff_a: 4.0, n_max: 5, l_max: 4, sigma_a: 0.5, convention: Convention::Dscribe };
    let carbon = species(&["C"]);
    assert!(Soap::new(good, &carbon).is_ok());
    for bad in [
        SoapSettings { cutoff_a: 0.9, ..good },
        SoapSettings { cutoff_a: f64::NAN, ..good },
        SoapSettings { n_max: 0, ..good },
        SoapSettings { l_max: 21, ..good },
        SoapSettings { sigma_a: 0.0, ..good },
    ] {
        assert!(matches!(Soap::new(bad, &carbon), Err(SoapError::Range { .. })), "{bad:?}");
    }
    assert!(Soap::new(good, &[]).is_err());
    let crowded = SoapSettings { n_max: 30, ..good };
    assert!(matches!(Soap::new(crowded, &carbon), Err(SoapError::Dependent { .. })));
    // Wide Gaussians every 0.23 A are one and the same to rounding.
    let wide = SoapSettings { sigma_a: 1.0, convention: Convention::Gap, ..crowded };
    assert!(matches!(Soap::new(wide, &carbon), Err(SoapError::Dependent { .. })));
}
