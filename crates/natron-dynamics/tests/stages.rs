//! The order of things in a run: stages, rows, frames, restarts, averages.

use natron_atoms::Vec3;
use natron_atoms::units::TIME_UNIT_FS;
use natron_dynamics::plan::StageKind;
use natron_dynamics::velocities::momentum;
use natron_dynamics::{Outcome, PotentialTag, Simulation, StageResult, ThermoRow};

use crate::common::{Recorder, argon, column, drawn, dynamics, fcc, langevin, nve, plan, simulation, symbol};

#[test]
fn rows_frames_and_restarts_come_at_their_steps() {
    let potential = argon(6.5);
    let mut first = drawn(dynamics("a", 25, 2.0, langevin(40.0, 1.0)), 40.0);
    if let StageKind::Dynamics(stage) = &mut first.kind {
        stage.trajectory_every = None;
    }
    let plan = plan(1, vec![first, dynamics("b", 20, 4.0, nve()), dynamics("c", 10, 4.0, nve())]);
    let mut recorder = Recorder::default();
    let mut run = simulation(&plan, &fcc(symbol("Ar"), 5.4, 2), &potential);
    assert_eq!(run.run(&mut recorder, &|| false).expect("stable"), Outcome::Finished);
    let expected = [
        "row 0",
        "row 10",
        "row 20",
        "end a",
        "restart 25", // not recorded; 25 is no multiple of 10
        "row 25",
        "frame 25",
        "row 35",
        "frame 35",
        "row 45",
        "frame 45",
        "end b",
        "restart 45",
        "row 45",
        "row 55",
        "frame 55",
        "end c",
        "restart 55", // frame 45 is there already
    ];
    assert_eq!(recorder.events, expected);
    let times: Vec<f64> = recorder.rows.iter().map(|row| column(row, "time_ps")).collect();
    let exact = [0.0, 0.02, 0.04, 0.05, 0.09, 0.13, 0.13, 0.17];
    assert!(times.iter().zip(exact).all(|(a, b)| (a - b).abs() < 1e-12), "{times:?}");
    // Called again, a finished run is finished.
    assert_eq!(run.run(&mut (), &|| true).expect("nothing to do"), Outcome::Finished);
}

#[test]
fn rows_hold_what_their_columns_say() {
    let potential = argon(6.5);
    let structure = fcc(symbol("Ar"), 5.4, 2);
    let plan = plan(1, vec![drawn(dynamics("nve", 50, 4.0, nve()), 60.0)]);
    let mut recorder = Recorder::default();
    let mut run = simulation(&plan, &structure, &potential);
    run.run(&mut recorder, &|| false).expect("stable");
    let row = recorder.rows.last().expect("rows");
    assert_eq!(row.split(',').count(), ThermoRow::HEADER.split(',').count());
    assert!(row.starts_with("nve,50,0.2,") && row.ends_with(','), "{row}");
    let state = run.state();
    // From SI values: T = sum m v^2 / ((3 N - 3) k_B), P = (sum m v^2 + tr W) / 3 V.
    let speeds_m_per_s = recorder.frames.last().expect("frames").2.iter().map(|v| v.norm() * 1e5);
    let mass_kg = 39.948 * 1.660_539_066_6e-27;
    let twice_j: f64 = speeds_m_per_s.map(|v| mass_kg * v * v).sum();
    let kelvin = twice_j / (93.0 * 1.380_649e-23);
    assert!((column(row, "temperature_K") / kelvin - 1.0).abs() < 1e-9);
    let volume_m3 = (2.0 * 5.4e-10_f64).powi(3);
    let virial_j = state.evaluation.virial_ev.trace() * 1.602_176_634e-19;
    let pascal = (twice_j + virial_j) / (3.0 * volume_m3);
    assert!((column(row, "pressure_GPa") * 1e9 / pascal - 1.0).abs() < 1e-9);
    assert!((column(row, "volume_A3") - volume_m3 * 1e30).abs() < 1e-9);
    let sum = column(row, "potential_energy_eV") + column(row, "kinetic_energy_eV");
    assert!((sum - column(row, "total_energy_eV")).abs() < 1e-12);
    assert_eq!(column(row, "total_energy_eV"), column(row, "conserved_eV"));
}

#[test]
fn velocities_of_the_file_are_used_and_the_centre_of_mass_rests() {
    let potential = argon(6.5);
    let structure = fcc(symbol("Ar"), 5.4, 2);
    let still = plan(1, vec![dynamics("nve", 1, 1.0, nve())]);
    let mut given = vec![Vec3::new(1e-4, 0.0, 0.0); structure.len()];
    given[0].y = 3.2e-3;
    let run =
        Simulation::new(&still, 0, structure.clone(), Some(&given), &potential, PotentialTag::default())
            .expect("a start");
    let state = run.state();
    assert!(momentum(&state.velocities, &state.masses_amu).norm() < 1e-12);
    // What was common to all is gone, the rest is there: 3.2e-3 A/fs less its share of the centre of mass.
    let expected = Vec3::new(0.0, 3.2e-3 * 31.0 / 32.0, 0.0) * TIME_UNIT_FS;
    assert!((state.velocities[0] - expected).norm() < 1e-12);
    // NVE after Langevin starts at rest too.
    let stages = vec![dynamics("warm", 50, 4.0, langevin(80.0, 10.0)), dynamics("nve", 50, 4.0, nve())];
    let mut run = simulation(&plan(1, stages), &structure, &potential);
    run.run(&mut (), &|| false).expect("stable");
    assert!(momentum(&run.state().velocities, &run.state().masses_amu).norm() < 1e-10);
    assert!(run.state().temperature_k(true) > 20.0, "the thermostat drew velocities at the start");
}

/// The summary's averages are those of every step, which rows at every step show.
#[test]
fn summaries_average_over_every_step() {
    let potential = argon(6.5);
    let mut stage = drawn(dynamics("nve", 400, 4.0, nve()), 80.0);
    if let StageKind::Dynamics(stage) = &mut stage.kind {
        stage.thermo_every = std::num::NonZeroU64::MIN;
    }
    let mut recorder = Recorder::default();
    simulation(&plan(1, vec![stage]), &fcc(symbol("Ar"), 5.4, 2), &potential)
        .run(&mut recorder, &|| false)
        .expect("stable");
    let StageResult::Dynamics(summary) = &recorder.summaries[0].result else { panic!("dynamics") };
    let mean = |name: &str| {
        recorder.rows.iter().map(|row| column(row, name)).sum::<f64>() / recorder.rows.len() as f64
    };
    assert_eq!(recorder.rows.len(), 401);
    assert!((summary.temperature_mean_k - mean("temperature_K")).abs() < 1e-9);
    assert!((summary.pressure_mean_gpa.expect("periodic") - mean("pressure_GPa")).abs() < 1e-12);
    assert!((summary.potential_energy_mean_ev - mean("potential_energy_eV")).abs() < 1e-10);
    // The drift by the textbook formula.
    let energies: Vec<(f64, f64)> =
        recorder.rows.iter().map(|row| (column(row, "time_ps"), column(row, "total_energy_eV"))).collect();
    let (t_mean, e_mean) = (mean("time_ps"), mean("total_energy_eV"));
    let products: f64 = energies.iter().map(|(t, e)| (t - t_mean) * (e - e_mean)).sum();
    let squares: f64 = energies.iter().map(|(t, _)| (t - t_mean).powi(2)).sum();
    let slope = products / squares * 1e3 / 32.0;
    let drift = summary.energy_drift_mev_per_atom_ps.expect("long enough");
    assert!((drift - slope).abs() < 1e-6 * slope.abs().max(1e-3), "{drift} {slope}");
    let json = serde_json::to_value(&recorder.summaries[0]).expect("a value");
    assert_eq!(json["kind"], "dynamics");
    assert_eq!(json["ensemble"], "nve");
    assert!(json["energy_drift_meV_per_atom_ps"].is_f64() && json["temperature_K_mean"].is_f64());
}
