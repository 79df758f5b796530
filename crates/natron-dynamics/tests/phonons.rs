//! Vibrations of crystals that are known in closed form.

use natron_atoms::units::{BOLTZMANN_EV_PER_K, PLANCK_EV_FS, TIME_UNIT_FS};
use natron_dynamics::phonons::{PhononError, Vibrations};
use natron_dynamics::quantity::LengthA;
use natron_potential::ShiftedLennardJones;

use super::common::{einstein, fcc, symbol, temperature};

fn step() -> LengthA {
    LengthA::new(0.01).expect("in range")
}

fn quantum_ev(omega: f64) -> f64 {
    PLANCK_EV_FS / (std::f64::consts::TAU * TIME_UNIT_FS) * omega
}

/// Every oscillator of Einstein's solid has omega = sqrt(k / m).
#[test]
fn einsteins_solid_has_one_frequency() {
    let start = fcc(symbol("Ar"), 5.3, 1);
    let potential = einstein(start.positions.clone(), 2.0);
    let found = Vibrations::of_held_atoms(&potential, &start, step()).expect("it is at rest");
    let expected = quantum_ev((2.0 / symbol("Ar").mass_amu()).sqrt());
    assert_eq!(found.quanta_ev.len(), 12);
    assert!(found.quanta_ev.iter().all(|quantum| (quantum / expected - 1.0).abs() < 1e-9), "{found:?}");
    let thermal = 300.0 * BOLTZMANN_EV_PER_K;
    let classical = 3.0 * thermal * (expected / thermal).ln();
    assert!((found.classical_ev(temperature(300.0)) - classical).abs() < 1e-12);
    // F = k_B T ln(2 sinh(x / 2)), written otherwise.
    let quantum = 3.0 * thermal * (2.0 * (0.5 * expected / thermal).sinh()).ln();
    assert!((found.quantum_ev(temperature(300.0)) - quantum).abs() < 1e-12);
    // Cold: the zero-point energy. Hot: classical, to (x^2 / 24) k_B T for each mode.
    assert!((found.quantum_ev(temperature(1.0)) - 1.5 * expected).abs() < 1e-12);
    let (hot, x) = (temperature(3000.0), expected / (3000.0 * BOLTZMANN_EV_PER_K));
    let difference = found.quantum_ev(hot) - found.classical_ev(hot);
    let leading = 3.0 * 3000.0 * BOLTZMANN_EV_PER_K * x * x / 24.0;
    assert!((difference / leading - 1.0).abs() < 1e-3, "{difference} {leading}");
}

/// The face-centred crystal with springs K between nearest neighbours, at rest: at X, omega^2 = 8 K / m along and 4 K / m twice across
/// (Ashcroft and Mermin, Solid State Physics, problem 22.3), and nothing lies above 8 K / m. A Lennard-Jones pair at its
/// minimum is such a spring, K = 57.146 epsilon / sigma^2.
#[test]
fn nearest_neighbour_springs_have_their_frequencies() {
    let (epsilon, sigma) = (0.01, 3.4);
    let nearest = 2.0_f64.powf(1.0 / 6.0) * sigma;
    let potential = ShiftedLennardJones { epsilon_ev: epsilon, sigma_a: sigma, cutoff_a: 1.2 * nearest };
    let crystal = fcc(symbol("Ar"), std::f64::consts::SQRT_2 * nearest, 2);
    let found = Vibrations::of_crystal(&potential, &crystal, LengthA::new(1e-3).expect("in range"));
    let quanta = found.expect("it is at rest").quanta_ev;
    assert_eq!(quanta.len(), 3 * 32 - 3);
    let spring = 72.0 * epsilon / (2.0_f64.powf(1.0 / 3.0) * sigma * sigma);
    let at = |factor: f64| quantum_ev((factor * spring / symbol("Ar").mass_amu()).sqrt());
    let highest = quanta.last().expect("there are modes");
    assert!((highest / at(8.0) - 1.0).abs() < 1e-4, "{highest} {}", at(8.0));
    // In this cell: X three times, along once and across twice each, L four times: 8 along, 2 across (twice).
    let near = |factor: f64| quanta.iter().filter(|q| (**q / at(factor) - 1.0).abs() < 1e-4).count();
    assert_eq!((near(8.0) >= 3, near(4.0) >= 6, near(2.0) >= 8), (true, true, true), "{quanta:?}");
}

#[test]
fn a_crystal_that_falls_is_refused() {
    let start = fcc(symbol("Ar"), 5.3, 1);
    let potential = einstein(start.positions.clone(), -2.0);
    let error = Vibrations::of_held_atoms(&potential, &start, step());
    assert!(matches!(error, Err(PhononError::Unstable { modes: 12, .. })), "{error:?}");
}
