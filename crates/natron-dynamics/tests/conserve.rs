//! Energy and momentum in NVE.

use natron_dynamics::conservation::{Conditions, Conservation, nve_conservation};
use natron_dynamics::quantity::{LengthA, TimestepFs};
use natron_dynamics::velocities::momentum;

use crate::common::{argon, drawn, dynamics, fcc, icosahedron, nve, plan, simulation, symbol, temperature};

fn conditions(temperature_k: f64, timestep_fs: f64, steps: u64) -> Conditions {
    Conditions {
        temperature: temperature(temperature_k),
        timestep: TimestepFs::new(timestep_fs).expect("in range"),
        equilibration_timestep: TimestepFs::new(8.0).expect("in range"),
        equilibration_steps: 400,
        steps,
        skin: LengthA::new(1.0).expect("in range"),
        seed: 3,
    }
}

/// Crystal (40 K), liquid (110 K, 1.2 g/cm3) and cluster pass with 8 fs and fail with ten times that.
#[test]
fn energy_is_conserved_to_second_order_and_the_check_can_fail() {
    let potential = argon(7.0);
    let whole = argon(200.0);
    let cases: [(&str, &dyn natron_potential::Potential, _, f64, u64); 3] = [
        ("crystal", &potential, fcc(symbol("Ar"), 5.4, 3), 40.0, 6_000),
        ("liquid", &potential, fcc(symbol("Ar"), 6.05, 3), 110.0, 6_000),
        ("cluster", &whole, icosahedron(3.8), 15.0, 60_000),
    ];
    for (name, potential, structure, kelvin, steps) in cases {
        let good = nve_conservation(potential, &structure, &conditions(kelvin, 8.0, steps)).expect("stable");
        assert_eq!(good.check(), Ok(()), "{name}: {good:?}");
        let bad = nve_conservation(potential, &structure, &conditions(kelvin, 80.0, steps / 4));
        let verdict = bad.map_err(|error| error.to_string()).and_then(|report| report.check());
        assert!(verdict.is_err(), "{name} passes at ten times the step");
    }
}

#[test]
fn the_check_refuses_what_it_should() {
    let good = Conservation {
        fluctuation_mev_per_atom: 4.0,
        fluctuation_half_mev_per_atom: 1.0,
        drift_mev_per_atom_ps: 0.1,
        drift_err_mev_per_atom_ps: 0.1,
        duration_ps: 1.0,
    };
    assert_eq!(good.check(), Ok(()));
    let bad = [
        Conservation { fluctuation_mev_per_atom: 4.5, ..good },
        Conservation { fluctuation_mev_per_atom: 3.5, ..good },
        Conservation { fluctuation_mev_per_atom: f64::NAN, ..good },
        Conservation { drift_mev_per_atom_ps: -0.31, ..good },
        Conservation { drift_err_mev_per_atom_ps: f64::NAN, ..good },
    ];
    for report in bad {
        assert!(report.check().is_err(), "{report:?}");
    }
}

/// 100 ps of liquid argon through the run loop: the summary's drift is zero within three of its standard errors (false
/// alarm 0.3 %, seed fixed), the error small enough to see 1e-3 meV/atom/ps, and the momentum stays zero.
#[test]
fn a_long_run_does_not_drift() {
    let potential = argon(6.5);
    let plan = plan(11, vec![drawn(dynamics("nve", 20_000, 5.0, nve()), 150.0)]);
    let mut run = simulation(&plan, &fcc(symbol("Ar"), 5.9, 2), &potential);
    run.run(&mut (), &|| false).expect("stable");
    let natron_dynamics::StageResult::Dynamics(summary) = &run.summaries()[0].result else {
        panic!("a dynamics stage");
    };
    let drift = summary.energy_drift_mev_per_atom_ps.expect("long enough");
    let error = summary.energy_drift_err_mev_per_atom_ps.expect("long enough");
    assert!(drift.abs() < 3.0 * error && error < 1e-3, "{drift:.2e} +- {error:.2e}");
    let state = run.state();
    assert!(momentum(&state.velocities, &state.masses_amu).norm() < 1e-10);
    assert!(run.list_rebuilds() > 10, "the list was rebuilt {} times only", run.list_rebuilds());
}
