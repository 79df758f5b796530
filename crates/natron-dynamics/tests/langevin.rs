//! Langevin dynamics samples the canonical ensemble. Seeds are fixed; every bound is 4.5 standard errors, a false
//! alarm once in 150 000 seeds (a few times more with the Student tails of block errors).

use natron_atoms::units::BOLTZMANN_EV_PER_K;
use natron_atoms::{Cell, Structure, Vec3};
use natron_dynamics::blocks::Blocks;
use natron_dynamics::quantity::LengthA;
use natron_dynamics::state::Forces;
use natron_potential::Evaluation;

use crate::common::{
    Recorder, argon, column, dynamics, einstein, fcc, langevin, plan, sample, simulation, symbol,
};
use crate::statistics::measured;

fn deviation(blocks: &Blocks, expected: f64) -> f64 {
    (blocks.mean().expect("samples") - expected) / blocks.mean_error().expect("blocks")
}

/// Harmonic oscillators with a step as long as omega dt = 1, where every other common splitting is far off:
/// BAOAB gives <x^2> = k_B T / k exactly and <v^2> = k_B T / m (1 - (omega dt)^2 / 4)
/// (Leimkuhler and Matthews 2013, DOI 10.1063/1.4802990), which is 25 % low and seen as such.
#[test]
fn positions_of_oscillators_are_exact_at_any_step() {
    let atoms = 50;
    let argon = symbol("Ar");
    let sites: Vec<Vec3> = (0..atoms).map(|i| Vec3::new(5.0 * f64::from(i), 0.0, 0.0)).collect();
    let structure =
        Structure::new(Cell::open(), vec![argon; sites.len()], sites.clone()).expect("a structure");
    let timestep_fs = 10.0;
    let step = timestep_fs / natron_atoms::units::TIME_UNIT_FS;
    let spring = argon.mass_amu() / (step * step);
    let potential = einstein(sites.clone(), spring);
    let kelvin = 300.0;
    let thermal = BOLTZMANN_EV_PER_K * kelvin;
    let (mut squares, mut speeds) = (Blocks::default(), Blocks::default());
    sample(&potential, &structure, (langevin(kelvin, 20.0), timestep_fs), 60_000, |step, state| {
        if step >= 200 {
            let oscillators = 3.0 * f64::from(atoms);
            let moved = state.structure.positions.iter().zip(&sites).map(|(p, s)| (p - s).norm_squared());
            squares.push(moved.sum::<f64>() / oscillators);
            speeds.push(state.velocities.iter().map(|v| v.norm_squared()).sum::<f64>() / oscillators);
        }
    });
    let off = deviation(&squares, thermal / spring);
    assert!(off.abs() < 4.5, "<x^2> is {off:.1} standard errors off");
    let relative = squares.mean_error().expect("blocks") / (thermal / spring);
    assert!(relative < 0.003, "the test is not sharp: {relative}");
    let off = deviation(&speeds, 0.75 * thermal / argon.mass_amu());
    assert!(off.abs() < 4.5, "<v^2> is {off:.1} standard errors off");
}

/// Velocities of a mixture of two masses in a Lennard-Jones liquid: second and fourth moment of each species, and the
/// temperature over 3 N degrees of freedom.
#[test]
fn velocities_are_those_of_maxwell_and_boltzmann() {
    let mut structure = fcc(symbol("Ar"), 5.9, 2);
    structure.species.iter_mut().step_by(2).for_each(|s| *s = symbol("C"));
    let potential = argon(6.5);
    let (kelvin, thermal) = (120.0, BOLTZMANN_EV_PER_K * 120.0);
    let mut temperatures = Blocks::default();
    let mut moments = [(); 2].map(|()| (Blocks::default(), Blocks::default()));
    sample(&potential, &structure, (langevin(kelvin, 5.0), 2.0), 40_000, |step, state| {
        if step < 1000 {
            return;
        }
        temperatures.push(state.temperature_k(false));
        for (parity, (second, fourth)) in moments.iter_mut().enumerate() {
            let scaled = state.velocities.iter().zip(&state.masses_amu).skip(parity).step_by(2);
            let (mut two, mut four, mut count) = (0.0, 0.0, 0.0);
            for x in scaled.flat_map(|(v, m)| <[f64; 3]>::from(v * (m / thermal).sqrt())) {
                two += x * x;
                four += x.powi(4);
                count += 1.0;
            }
            second.push(two / count);
            fourth.push(four / count);
        }
    });
    let off = deviation(&temperatures, kelvin);
    assert!(off.abs() < 4.5, "the temperature is {off:.1} standard errors off");
    assert!(temperatures.mean_error().expect("blocks") < 0.01 * kelvin, "the test is not sharp");
    for (second, fourth) in &moments {
        let off = (deviation(second, 1.0), deviation(fourth, 3.0));
        assert!(off.0.abs() < 4.5 && off.1.abs() < 4.5, "moments are {off:?} standard errors off");
    }
}

/// The configurational temperature of a Lennard-Jones crystal, k_B T = <F^2> / <div -F> (Rugh 1997, DOI
/// 10.1103/PhysRevLett.78.772): it knows positions only. Its divergence is taken by central differences.
#[test]
fn positions_have_the_temperature_too() {
    let structure = fcc(symbol("Ar"), 5.3, 1);
    let potential = argon(6.5);
    let kelvin = 40.0;
    let skin = LengthA::new(1.0).expect("in range");
    let mut forces = Forces::new(&potential, &structure, skin).expect("a list");
    let mut shifted = Evaluation::zeros(structure.len());
    let (mut squares, mut excess) = (Blocks::default(), Blocks::default());
    let (mut curvature, mut samples) = (0.0, 0.0);
    let mut series = Vec::new();
    sample(&potential, &structure, (langevin(kelvin, 5.0), 4.0), 60_000, |step, state| {
        if step < 1000 || step % 30 != 0 {
            return;
        }
        let square: f64 = state.evaluation.forces.iter().map(|f| f.norm_squared()).sum();
        let mut moved = state.structure.clone();
        let mut divergence = 0.0;
        for (i, k) in (0..moved.len()).flat_map(|i| (0..3).map(move |k| (i, k))) {
            for sign in [1.0, -1.0] {
                moved.positions[i][k] += sign * 1e-4;
                forces.evaluate(&moved, &mut shifted).expect("an energy");
                divergence -= sign * shifted.forces[i][k] / 2e-4;
                moved.positions[i][k] = state.structure.positions[i][k];
            }
        }
        squares.push(square);
        curvature += divergence;
        samples += 1.0;
        series.push((square, divergence));
    });
    // A ratio of means: its error is that of square - k_B T divergence.
    let found = squares.mean().expect("samples") / (curvature / samples) / BOLTZMANN_EV_PER_K;
    for (square, divergence) in series {
        excess.push(
            (square - BOLTZMANN_EV_PER_K * kelvin * divergence) / (curvature / samples) / BOLTZMANN_EV_PER_K,
        );
    }
    let error = excess.mean_error().expect("blocks");
    assert!((found - kelvin).abs() < 4.5 * error && error < 0.02 * kelvin, "{found:.2} +- {error:.2} K");
}

/// What the thermostat gave is what the total energy gained: the conserved energy moves far less than the total.
#[test]
fn heat_is_accounted_for() {
    let potential = argon(6.5);
    let plan = plan(4, vec![dynamics("warm", 4000, 4.0, langevin(60.0, 5.0))]);
    let mut recorder = Recorder::default();
    simulation(&plan, &fcc(symbol("Ar"), 5.4, 2), &potential).run(&mut recorder, &|| false).expect("stable");
    let spread = |name: &str| {
        let values: Vec<f64> = recorder.rows.iter().map(|row| column(row, name)).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
    };
    let (total, conserved) = (spread("total_energy_eV"), spread("conserved_eV"));
    assert!(conserved < 0.02 * total, "{conserved:.2e} against {total:.2e} eV");
}

/// Atoms that feel nothing but the friction: <dx^2> over a time t from thermal velocities is
/// 2 D (t - (1 - exp(-gamma t)) / gamma), D = k_B T / (m gamma). 30 000 squares, an error of 0.8 %; 4.5 standard errors.
#[test]
fn free_atoms_diffuse_with_the_friction() {
    let (argon, atoms, kelvin, friction_per_ps) = (symbol("Ar"), 200, 300.0, 10.0);
    let sites: Vec<Vec3> = (0..atoms).map(|i| Vec3::new(5.0 * f64::from(i), 0.0, 0.0)).collect();
    let structure =
        Structure::new(Cell::open(), vec![argon; sites.len()], sites.clone()).expect("a structure");
    let free = einstein(sites.clone(), 0.0);
    let (window, windows) = (400, 50);
    let mut from = sites;
    let (mut squares, mut count) = (0.0, 0.0);
    sample(&free, &structure, (langevin(kelvin, friction_per_ps), 5.0), window * windows, |step, state| {
        if (step + 1) % window == 0 {
            let positions = &state.structure.positions;
            squares += positions.iter().zip(&from).map(|(p, f)| (p - f).norm_squared()).sum::<f64>();
            count += 3.0 * f64::from(atoms);
            from.clone_from(positions);
        }
    });
    // A^2/ps: eV/amu is (A per time unit)^2.
    let speed_squared =
        BOLTZMANN_EV_PER_K * kelvin / argon.mass_amu() / (natron_atoms::units::TIME_UNIT_FS * 1e-3).powi(2);
    let (diffusion, time_ps) = (speed_squared / friction_per_ps, window as f64 * 5e-3);
    let expected = 2.0 * diffusion * (time_ps - (1.0 - (-friction_per_ps * time_ps).exp()) / friction_per_ps);
    let off = (squares / count / expected - 1.0) / (2.0 / count).sqrt();
    measured(&format!(
        "free Langevin diffusion: <dx^2> / theory = {:.4}, {off:.1} standard errors off",
        squares / count / expected
    ));
    assert!(off.abs() < 4.5, "<dx^2> is {off:.1} standard errors off");
}
