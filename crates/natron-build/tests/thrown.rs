//! Thrown atoms and the schedule they go through.

use natron_atoms::Species;
use natron_build::packing::{edge_a, random_packing};
use natron_build::quench::{Leg, Schedule};
use natron_build::voids::distance_a;
use natron_dynamics::plan::StageKind;

#[test]
fn thrown_atoms_keep_apart_at_the_density_asked_for() {
    let thrown = random_packing(Species::C, 100, 1.153, (4, 1)).expect("there is room");
    // C200 at 1.153 g/cm3 has an edge of 15.124 A; half of the atoms have half of the volume.
    assert!((edge_a(Species::C, 200, 1.153) - 15.124).abs() < 1e-3);
    assert!((thrown.cell.volume_a3() - 0.5 * 3459.6).abs() < 0.1);
    for (k, a) in thrown.positions.iter().enumerate() {
        for b in &thrown.positions[..k] {
            assert!(distance_a(&thrown.cell, a, b) > 1.0);
        }
    }
    assert_eq!(thrown, random_packing(Species::C, 100, 1.153, (4, 1)).expect("the same key"));
    assert_ne!(thrown, random_packing(Species::C, 100, 1.153, (4, 2)).expect("another replica"));
}

/// A schedule with what is needed and nothing else.
fn schedule(legs: Vec<Leg>) -> Schedule {
    Schedule {
        legs,
        timestep_fs: 0.5,
        friction_per_ps: 5.0,
        force_max_ev_per_a: Some(0.05),
        restart_every_ps: 1.0,
    }
}

#[test]
fn legs_become_stages_and_those_without_duration_are_left_out() {
    let leg = |name, duration_ps| Leg { name, from_k: 4000.0, to_k: 300.0, duration_ps };
    let plan =
        schedule(vec![leg("melt", 2.0), leg("cool", 0.0), leg("quench", 1.0)]).plan(7).expect("a plan");
    let names: Vec<&str> = plan.stages.iter().map(|stage| stage.name.as_str()).collect();
    assert_eq!(names, ["start", "melt", "quench", "rest"]);
    let StageKind::Dynamics(melt) = &plan.stages[1].kind else { panic!("a melt moves") };
    assert_eq!((melt.steps, melt.restart_every.get()), (4000, 2000));
    assert_eq!(plan.seed, 7);
    let hot = Leg { name: "melt", from_k: 2e6, to_k: 2e6, duration_ps: 1.0 };
    assert!(schedule(vec![hot]).plan(7).is_err(), "no such temperature");
}
