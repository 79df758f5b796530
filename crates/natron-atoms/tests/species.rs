//! Elements against known values.

use natron_atoms::{Cell, Species, Structure, StructureError, Vec3};

#[test]
fn numbers_symbols_and_masses_fit_together() {
    // Standard atomic weights, IUPAC (abridged values where the standard is an interval).
    let known = [
        ("H", 1, 1.008),
        ("Li", 3, 6.94),
        ("C", 6, 12.011),
        ("O", 8, 15.999),
        ("Na", 11, 22.989_769_28),
        ("Cl", 17, 35.45),
        ("K", 19, 39.0983),
        ("Fe", 26, 55.845),
        ("Mo", 42, 95.95),
        ("Cs", 55, 132.905_451_96),
        ("W", 74, 183.84),
        ("Au", 79, 196.966_569),
        ("Pb", 82, 207.2),
        ("U", 92, 238.028_91),
    ];
    for (symbol, number, mass_amu) in known {
        let species = Species::from_symbol(symbol).expect("an element");
        assert_eq!((species.number(), species.symbol()), (number, symbol));
        assert!((species.mass_amu() - mass_amu).abs() < 1e-2 * (1.0 / mass_amu).max(0.1), "{symbol}");
        assert_eq!(species.to_string(), symbol);
    }
    assert_eq!(
        (Species::from_symbol("C"), Species::from_symbol("Na")),
        (Some(Species::C), Some(Species::NA))
    );
}

#[test]
fn every_number_has_its_own_symbol() {
    for number in 1..=118 {
        let species = Species::from_number(number).expect("an element");
        assert_eq!(Species::from_symbol(species.symbol()), Some(species));
    }
    assert_eq!((Species::from_number(0), Species::from_number(119)), (None, None));
    for wrong in ["", "na", "NA", "X", "Na1", " C"] {
        assert_eq!(Species::from_symbol(wrong), None, "{wrong:?}");
    }
}

#[test]
fn masses_rise_but_for_the_known_inversions() {
    let mass = |n: u8| Species::from_number(n).expect("an element").mass_amu();
    let inversions: Vec<u8> = (1..94).filter(|&n| mass(n) > mass(n + 1)).collect();
    // Ar-K, Co-Ni, Te-I, Th-Pa, U-Np: the pairs of the periodic table, nothing mistyped.
    assert_eq!(inversions, [18, 27, 52, 90, 92]);
}

#[test]
fn a_structure_checks_its_parts() {
    let cell = Cell::open();
    let short = Structure::new(cell.clone(), vec![Species::C; 2], vec![Vec3::zeros()]);
    assert_eq!(short, Err(StructureError::Length { species: 2, positions: 1 }));
    let nan =
        Structure::new(cell, vec![Species::C; 2], vec![Vec3::zeros(), Vec3::new(0.0, f64::INFINITY, 0.0)]);
    assert_eq!(nan, Err(StructureError::NotFinite { atom: 1 }));
}
