//! Thermostats and barostats sample their ensembles. Seeds are fixed; each statistical bound would be broken by one seed in
//! a thousand (Kolmogorov-Smirnov) or in ten thousand (4 standard errors) of a right program. Controls show that what
//! is wrong is seen.

use natron_atoms::units::{BOLTZMANN_EV_PER_K, EV_PER_A3_IN_GPA};
use natron_atoms::{Structure, Vec3};
use natron_dynamics::plan::{Coupling, Ensemble, Ramp};
use natron_dynamics::thermo::degrees_of_freedom;
use natron_dynamics::velocities::momentum;
use natron_dynamics::{PotentialTag, SetupError, Simulation, StageResult};
use natron_potential::Potential;
use statrs::distribution::{ContinuousCDF, Gamma};

use crate::common::{
    Recorder, argon, berendsen, column, drawn, dynamics, einstein, fcc, icosahedron, langevin, mttk,
    nose_hoover, npt, picoseconds, plan, rescale, sample, simulation, symbol, temperature,
};
use crate::statistics::{kolmogorov_smirnov, lag_one, log_ratio_slope, measured};

const SAMPLES: u64 = 1000;
const TIMESTEP_FS: f64 = 5.0;

/// Kinetic and total energies every so many steps, after a fiftieth of the run.
fn energies(
    potential: &dyn Potential,
    structure: &Structure,
    ensemble: Ensemble,
    every: u64,
) -> (Vec<f64>, Vec<f64>) {
    let (mut kinetic, mut total) = (Vec::new(), Vec::new());
    let skipped = every * SAMPLES / 50;
    sample(potential, structure, (ensemble, TIMESTEP_FS), skipped + every * SAMPLES, |step, state| {
        if step >= skipped && step % every == 0 {
            kinetic.push(state.kinetic_energy_ev());
            total.push(state.total_energy_ev());
        }
        if ensemble.conserves_momentum() {
            assert!(momentum(&state.velocities, &state.masses_amu).norm() < 1e-9, "the system drifts");
        }
    });
    (kinetic, total)
}

/// How far the kinetic energy is from the canonical one with so many degrees of freedom.
fn distance(kinetic: &[f64], freedom: usize, kelvin: f64) -> f64 {
    let gamma =
        Gamma::new(0.5 * freedom as f64, 1.0 / (BOLTZMANN_EV_PER_K * kelvin)).expect("a distribution");
    kolmogorov_smirnov(kinetic, |x| gamma.cdf(x))
}

/// Liquid argon of 32 atoms at 110 and 117 K: the kinetic energy is that of N_f degrees of freedom, and the total energies of the
/// two temperatures are as probable as exp((1/k_B T_1 - 1/k_B T_2) E) times each other.
fn samples_the_canonical_ensemble(ensemble: fn(f64) -> Ensemble, every: u64) {
    let (potential, structure) = (argon(6.5), fcc(symbol("Ar"), 5.9, 2));
    let (cold, hot) = (110.0, 117.0);
    let (kinetic, low) = energies(&potential, &structure, ensemble(cold), every);
    let (_, high) = energies(&potential, &structure, ensemble(hot), every);
    assert!(lag_one(&kinetic) < 3.5, "the sample is correlated: {}", lag_one(&kinetic));
    let conserves = ensemble(cold).conserves_momentum();
    let freedom = degrees_of_freedom(structure.len(), conserves);
    let found = distance(&kinetic, freedom, cold);
    measured(&format!(
        "{}: kinetic energy {found:.2} from the gamma distribution (1.95 once in a thousand)",
        ensemble(cold).name()
    ));
    assert!(found < 1.95, "the kinetic energy is {found:.2} away");
    // Another count of degrees of freedom, or another temperature, is seen.
    let wrong = degrees_of_freedom(structure.len(), !conserves);
    assert!(distance(&kinetic, wrong, cold) > 1.95 && distance(&kinetic, freedom, 1.03 * cold) > 1.95);
    let (slope, error) = log_ratio_slope(&low, &high);
    let expected = (1.0 / cold - 1.0 / hot) / BOLTZMANN_EV_PER_K;
    measured(&format!(
        "{}: two temperatures {slope:.2} +- {error:.2}, theory {expected:.2}",
        ensemble(cold).name()
    ));
    assert!((slope - expected).abs() < 4.0 * error, "{slope:.2} +- {error:.2}, not {expected:.2}");
    assert!(error < 0.15 * expected, "the test is not sharp: {error:.2} of {expected:.2}");
}

#[test]
fn langevin_is_canonical() {
    samples_the_canonical_ensemble(|kelvin| langevin(kelvin, 10.0), 60);
}

#[test]
fn nose_hoover_chains_are_canonical() {
    samples_the_canonical_ensemble(|kelvin| nose_hoover(kelvin, 0.05), 60);
}

#[test]
fn stochastic_rescaling_is_canonical() {
    samples_the_canonical_ensemble(|kelvin| rescale(kelvin, 0.02), 60);
}

/// Berendsen's rescaling gets there, and what it samples is seen not to be canonical.
#[test]
fn berendsen_is_not_canonical() {
    let (potential, structure) = (argon(6.5), fcc(symbol("Ar"), 5.9, 2));
    let (kinetic, low) = energies(&potential, &structure, berendsen(110.0, 0.02), 60);
    let (_, high) = energies(&potential, &structure, berendsen(117.0, 0.02), 60);
    let kelvin = 2.0 * kinetic.iter().sum::<f64>() / kinetic.len() as f64 / (93.0 * BOLTZMANN_EV_PER_K);
    assert!((kelvin / 110.0 - 1.0).abs() < 0.01, "{kelvin}");
    assert!(distance(&kinetic, 93, 110.0) > 3.0);
    let (slope, error) = log_ratio_slope(&low, &high);
    let expected = (1.0 / 110.0 - 1.0 / 117.0) / BOLTZMANN_EV_PER_K;
    measured(&format!(
        "berendsen: kinetic energy {:.2}; two temperatures {slope:.2} +- {error:.2}, theory {expected:.2}",
        distance(&kinetic, 93, 110.0)
    ));
    assert!((slope - expected).abs() > 4.0 * error, "{slope:.2} +- {error:.2}, {expected:.2}");
}

/// So many volumes of an ensemble, every so many steps.
fn volumes(
    potential: &dyn Potential,
    structure: &Structure,
    ensemble: Ensemble,
    (timestep_fs, every, count): (f64, u64, u64),
) -> Vec<f64> {
    let mut found = Vec::new();
    let skipped = every * count / 20;
    sample(potential, structure, (ensemble, timestep_fs), skipped + every * count, |step, state| {
        if step >= skipped && step % every == 0 {
            found.push(state.structure.cell.volume_a3());
        }
    });
    found
}

/// An ideal gas of N atoms has volumes V^N exp(-P V / k_B T), a gamma distribution of N + 1, in a cell that keeps its shape and in
/// one that does not.
#[test]
fn an_ideal_gas_has_the_volumes_of_theory() {
    let structure = fcc(symbol("Ar"), 5.5, 2);
    let gas = einstein(vec![Vec3::zeros(); structure.len()], 0.0);
    let (kelvin, pressure_gpa) = (300.0, 0.1);
    for coupling in [Coupling::Isotropic, Coupling::Anisotropic] {
        // Its compressibility is 1/P; less than that makes the relaxation time 1 ps.
        let ensemble = npt(kelvin, pressure_gpa, 0.3 / pressure_gpa, coupling);
        let found = volumes(&gas, &structure, ensemble, (5.0, 800, 3000));
        assert!(lag_one(&found) < 3.5, "{coupling:?}: the sample is correlated: {}", lag_one(&found));
        let per_volume = pressure_gpa / EV_PER_A3_IN_GPA / (BOLTZMANN_EV_PER_K * kelvin);
        let away = |count: f64| {
            let gamma = Gamma::new(count, per_volume).expect("a distribution");
            kolmogorov_smirnov(&found, |volume| gamma.cdf(volume))
        };
        measured(&format!(
            "ideal gas {coupling:?}: volumes {:.2} from theory; with one atom less {:.2}, one more {:.2}",
            away(33.0),
            away(32.0),
            away(34.0)
        ));
        assert!(away(33.0) < 1.95, "{coupling:?}: the volumes are {:.2} away", away(33.0));
        // One atom more or less in 32 is seen.
        assert!(away(32.0) > 1.95 && away(34.0) > 1.95, "{coupling:?}: {} {}", away(32.0), away(34.0));
    }
}

/// The same of an extended system. Atoms that never meet exchange no energy but through the chains, which is enough for the volume.
#[test]
fn an_ideal_gas_in_an_extended_system_has_the_volumes_of_theory() {
    let structure = fcc(symbol("Ar"), 5.5, 2);
    let gas = einstein(vec![Vec3::zeros(); structure.len()], 0.0);
    let (kelvin, pressure_gpa) = (300.0, 0.1);
    let ensemble = mttk(kelvin, pressure_gpa, 0.2, Coupling::Isotropic);
    let found = volumes(&gas, &structure, ensemble, (5.0, 800, 3000));
    assert!(lag_one(&found) < 3.5, "the sample is correlated: {}", lag_one(&found));
    let per_volume = pressure_gpa / EV_PER_A3_IN_GPA / (BOLTZMANN_EV_PER_K * kelvin);
    let away = |count: f64| {
        let gamma = Gamma::new(count, per_volume).expect("a distribution");
        kolmogorov_smirnov(&found, |volume| gamma.cdf(volume))
    };
    assert!(away(33.0) < 1.95, "the volumes are {:.2} away", away(33.0));
    assert!(away(32.0) > 1.95 && away(34.0) > 1.95, "{} {}", away(32.0), away(34.0));
}

/// How many times exp((P_1 - P_2) V / k_B T) the volumes at two pressures differ, and its standard error: 1 is right.
fn volume_ratio(
    potential: &dyn Potential,
    (structure, kelvin, pressures): (&Structure, f64, [f64; 2]),
    ensemble: impl Fn(f64) -> Ensemble,
    sampling: (f64, u64, u64),
) -> (f64, f64) {
    let [first, second] = pressures.map(|gpa| volumes(potential, structure, ensemble(gpa), sampling));
    assert!(lag_one(&first) < 3.5, "{}: correlated: {}", ensemble(pressures[0]), lag_one(&first));
    let (slope, error) = log_ratio_slope(&first, &second);
    let expected = (pressures[0] - pressures[1]) / EV_PER_A3_IN_GPA / (BOLTZMANN_EV_PER_K * kelvin);
    (slope / expected, error / expected.abs())
}

/// An extended system of a liquid and of a crystal that may change its edges, and its angles.
#[test]
fn an_extended_system_has_the_volumes_of_its_pressure() {
    let potential = argon(5.5);
    let liquid = (&fcc(symbol("Ar"), 5.7, 2), 110.0, [0.15, 0.22]);
    let crystal = (&fcc(symbol("Ar"), 5.4, 2), 50.0, [0.02, 0.08]);
    for (system, coupling) in
        [(liquid, Coupling::Isotropic), (crystal, Coupling::Anisotropic), (crystal, Coupling::Triclinic)]
    {
        let ensemble = |gpa| mttk(system.1, gpa, 0.3, coupling);
        // A crystal forgets a swing of its cell slowly.
        let every = if coupling == Coupling::Isotropic { 160 } else { 320 };
        let (ratio, error) = volume_ratio(&potential, system, ensemble, (5.0, every, 300));
        assert!((ratio - 1.0).abs() < 4.0 * error, "{coupling:?}: {ratio:.3} +- {error:.3}");
        assert!(error < 0.2, "{coupling:?}: the test is not sharp: {error:.3}");
    }
}

/// A relaxation time of five steps does not change the fluctuations. (With a number of its own for each
/// step the ratio is 0.67.)
#[test]
fn a_barostat_may_be_fast() {
    let potential = argon(5.5);
    let liquid = (&fcc(symbol("Ar"), 5.7, 2), 110.0, [0.15, 0.22]);
    let fast = |gpa| {
        let mut ensemble = npt(110.0, gpa, 1.5, Coupling::Isotropic);
        if let Ensemble::NptRescale { barostat, .. } = &mut ensemble {
            barostat.relaxation = picoseconds(0.025);
        }
        ensemble
    };
    let (ratio, error) = volume_ratio(&potential, liquid, fast, (5.0, 100, 1600));
    assert!((ratio - 1.0).abs() < 3.0 * error, "{ratio:.3} +- {error:.3}");
    assert!(error < 0.06, "the test is not sharp: {error:.3}");
}

/// Energy of atoms, cell and both chains together, with the work against the pressure: without a trend and at least to second
/// order in the step, at each coupling.
#[test]
fn the_energy_of_an_extended_system_is_conserved() {
    for coupling in [Coupling::Isotropic, Coupling::Anisotropic, Coupling::Triclinic] {
        let potential = argon(6.5);
        let structure = fcc(symbol("Ar"), 5.4, 2);
        let run = |timestep_fs: f64| {
            let stage = dynamics(
                "run",
                (40_000.0 / timestep_fs) as u64,
                timestep_fs,
                mttk(40.0, 0.05, 0.5, coupling),
            );
            let plan = plan(11, vec![drawn(stage, 40.0)]);
            let mut run = simulation(&plan, &structure, &potential);
            run.run(&mut (), &|| false).expect("stable");
            let StageResult::Dynamics(summary) = &run.summaries()[0].result else { panic!("dynamics") };
            let drift = summary.energy_drift_mev_per_atom_ps.expect("long");
            (drift, summary.energy_fluctuation_mev_per_atom.expect("long"))
        };
        let ((_, whole), (drift, half)) = (run(10.0), run(5.0));
        let found = format!("{coupling:?}: drift {drift:.1e}, {whole:.2e} and {half:.2e} meV per atom");
        // k_B T is 3.4 meV.
        assert!(drift.abs() < 5e-4 && half < 0.01, "{found}");
        // An integrator of first order would give 2; the cell swings differently in the two runs.
        assert!(whole / half > 3.0, "{found}");
    }
}

/// Volumes at two pressures are as probable as exp((P_1 - P_2) V / k_B T) times each other, and so are those of a
/// crystal whose edges, and whose angles too, may change.
#[test]
fn volumes_at_two_pressures_differ_as_they_must() {
    let potential = argon(5.5);
    let liquid = (fcc(symbol("Ar"), 5.7, 2), 110.0, [0.15, 0.22], 1.5);
    let crystal = (fcc(symbol("Ar"), 5.4, 2), 50.0, [0.02, 0.08], 1.6);
    for ((structure, kelvin, pressures, compressibility), coupling) in
        [(&liquid, Coupling::Isotropic), (&crystal, Coupling::Anisotropic), (&crystal, Coupling::Triclinic)]
    {
        let [first, second] = pressures.map(|gpa| {
            let ensemble = npt(*kelvin, gpa, *compressibility, coupling);
            volumes(&potential, structure, ensemble, (5.0, 160, 500))
        });
        let (slope, error) = log_ratio_slope(&first, &second);
        let expected = (pressures[0] - pressures[1]) / EV_PER_A3_IN_GPA / (BOLTZMANN_EV_PER_K * kelvin);
        let found = format!("{coupling:?}: {slope:.4} +- {error:.4}, not {expected:.4}");
        measured(&format!("Lennard-Jones, two pressures, {found}"));
        assert!(lag_one(&first) < 3.5, "{coupling:?}: the sample is correlated: {}", lag_one(&first));
        assert!((slope - expected).abs() < 4.0 * error, "{found}");
        assert!(error < 0.15 * expected.abs(), "the test is not sharp: {found}");
    }
}

/// Drift (meV per atom and ps) and fluctuation (meV per atom) of what is conserved, and the spread of the total energy, over
/// 100 ps of liquid argon.
fn conservation(ensemble: Ensemble, timestep_fs: f64) -> (f64, f64, f64) {
    let (potential, structure) = (argon(6.5), fcc(symbol("Ar"), 5.9, 2));
    let steps = (100_000.0 / timestep_fs) as u64;
    let plan = plan(11, vec![drawn(dynamics("run", steps, timestep_fs, ensemble), 110.0)]);
    let mut recorder = Recorder::default();
    let mut run = simulation(&plan, &structure, &potential);
    run.run(&mut recorder, &|| false).expect("stable");
    let StageResult::Dynamics(summary) = &run.summaries()[0].result else { panic!("dynamics") };
    let total: Vec<f64> = recorder.rows.iter().map(|row| column(row, "total_energy_eV")).collect();
    let mean = total.iter().sum::<f64>() / total.len() as f64;
    let spread = (total.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / total.len() as f64).sqrt();
    let drift = summary.energy_drift_mev_per_atom_ps.expect("long");
    (drift, summary.energy_fluctuation_mev_per_atom.expect("long"), spread * 1e3 / structure.len() as f64)
}

/// What is conserved has no trend that counts (measured: below 1e-4 meV per atom and ps, k_B T is 9.5 meV) and moves by less than
/// half a percent of what the total energy does; with a barostat, whose cell moves at random, less strictly.
#[test]
fn what_is_conserved_is_conserved() {
    let thermostats =
        [langevin(110.0, 5.0), nose_hoover(110.0, 0.1), rescale(110.0, 0.1), berendsen(110.0, 0.1)];
    for ensemble in thermostats {
        let (drift, fluctuation, spread) = conservation(ensemble, 5.0);
        let found = format!("{ensemble}: {drift:.1e}, {fluctuation:.1e} of {spread:.1e}");
        measured(&format!("conserved over 100 ps at 5 fs, {found} meV/atom"));
        assert!(drift.abs() < 5e-4 && fluctuation < 0.005 * spread, "{found}");
    }
    let (drift, fluctuation, spread) = conservation(npt(110.0, 0.15, 1.5, Coupling::Isotropic), 5.0);
    let found = format!("npt: {drift:.1e}, {fluctuation:.1e} of {spread:.1e}");
    measured(&format!("conserved over 100 ps at 5 fs, {found} meV/atom"));
    assert!(drift.abs() < 0.02 && fluctuation < 0.1 * spread, "{found}");
}

/// The energy of system and chain together is conserved to second order in the step.
#[test]
fn the_energy_of_a_chain_is_conserved_to_second_order() {
    let ensemble = nose_hoover(110.0, 0.1);
    let ((_, whole, _), (_, half, _)) = (conservation(ensemble, 10.0), conservation(ensemble, 5.0));
    let ratio = whole / half;
    assert!((ratio - 4.0).abs() < 1.0, "half the step conserves {ratio:.2} times better");
}

/// A ramp ends at its end, and what is conserved stays while the temperature doubles.
#[test]
fn ramps_lead_where_they_should() {
    let ends = |from, to| Ramp { from: temperature(from), to: temperature(to) };
    let ensembles = [langevin(50.0, 10.0), nose_hoover(50.0, 0.1), rescale(50.0, 0.1), berendsen(50.0, 0.1)];
    let (potential, structure) = (argon(6.5), fcc(symbol("Ar"), 5.4, 2));
    for mut ensemble in ensembles {
        match &mut ensemble {
            Ensemble::Langevin { temperature, .. }
            | Ensemble::NoseHoover { temperature, .. }
            | Ensemble::Rescale { temperature, .. }
            | Ensemble::Berendsen { temperature, .. } => *temperature = ends(20.0, 60.0),
            _ => unreachable!("only these"),
        }
        let plan = plan(3, vec![dynamics("heat", 40_000, 5.0, ensemble)]);
        let mut recorder = Recorder::default();
        simulation(&plan, &structure, &potential).run(&mut recorder, &|| false).expect("stable");
        let values: Vec<f64> = recorder.rows.iter().map(|row| column(row, "temperature_K")).collect();
        // Tenths of the ramp: 22 K, 26 K, ..., 58 K, each the mean of 20 ps; its own scatter is 11 % of it over
        // the root of about 100 independent values.
        for (tenth, part) in values[1..].chunks(400).enumerate() {
            let (mean, expected) = (part.iter().sum::<f64>() / 400.0, 22.0 + 4.0 * tenth as f64);
            assert!((mean / expected - 1.0).abs() < 0.06, "{ensemble}: {mean:.1} K in tenth {tenth}");
        }
        let conserved: Vec<f64> = recorder.rows.iter().map(|row| column(row, "conserved_eV")).collect();
        let moved = conserved.iter().map(|e| (e - conserved[0]).abs()).fold(0.0, f64::max);
        let heated =
            column(&recorder.rows[4000], "total_energy_eV") - column(&recorder.rows[0], "total_energy_eV");
        assert!(moved < 0.01 * heated, "{ensemble}: {moved:.1e} of {heated:.1e} eV");
    }
}

/// Constant pressure needs a cell.
#[test]
fn a_barostat_without_a_cell_is_refused() {
    let potential = argon(6.5);
    let stage = dynamics("press", 10, 5.0, npt(50.0, 0.0, 1.0, Coupling::Isotropic));
    let plan = plan(1, vec![stage]);
    let tag = PotentialTag::default();
    let refused = Simulation::new(&plan, 0, icosahedron(3.8), None, &potential, tag).map(|_| ());
    assert_eq!(refused, Err(SetupError::NotPeriodic { stage: "press".to_owned() }));
}
