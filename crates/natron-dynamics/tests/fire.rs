//! Minimisation.

use natron_dynamics::plan::{MaxSteps, Minimise, Stage, StageKind};
use natron_dynamics::quantity::ForceEvPerA;
use natron_dynamics::random::{Purpose, RandomKey};
use natron_dynamics::{Outcome, RunError, StageResult};

use crate::common::{Recorder, argon, column, icosahedron, plan, simulation};

fn relax(force_max: f64, max_steps: MaxSteps) -> Stage {
    let force_max = ForceEvPerA::new(force_max).expect("in range");
    Stage { name: "relax".to_owned(), kind: StageKind::Minimise(Minimise { force_max, max_steps }) }
}

/// The global minimum of 13 Lennard-Jones atoms, -44.326801 epsilon (Cambridge Cluster Database; Hoare and Pal 1971,
/// DOI 10.1080/00018737100101231), from a distorted icosahedron. The cutoff is so long that it changes nothing.
#[test]
fn thirteen_atoms_find_the_icosahedron() {
    let potential = argon(1000.0);
    let mut start = icosahedron(4.2);
    let mut normals = RandomKey::new(2, 0, 0, Purpose::Velocities).at_step(0);
    start.positions.iter_mut().for_each(|p| *p += normals.next_vector() * 0.25);
    let plan = plan(1, vec![relax(1e-7, MaxSteps::Fail(1000))]);
    let mut run = simulation(&plan, &start, &potential);
    let mut recorder = Recorder::default();
    assert_eq!(run.run(&mut recorder, &|| false).expect("converges"), Outcome::Finished);
    let energy = run.state().evaluation.energy_ev / potential.epsilon_ev;
    assert!((energy + 44.326_801).abs() < 1e-6, "{energy:.7}");
    let StageResult::Minimise { converged, force_max_ev_per_a, .. } = recorder.summaries[0].result else {
        panic!("a minimisation");
    };
    assert!(converged && force_max_ev_per_a <= 1e-7);
    let last = recorder.rows.last().expect("rows");
    assert_eq!(column(last, "kinetic_energy_eV"), 0.0);
    assert_eq!(column(last, "time_ps"), 0.0);
    assert_eq!(column(last, "step"), recorder.summaries[0].steps as f64);
}

#[test]
fn running_out_of_steps_is_an_error_unless_asked_for() {
    let potential = argon(20.0);
    let start = icosahedron(4.2);
    let fail = plan(1, vec![relax(1e-7, MaxSteps::Fail(5))]);
    match simulation(&fail, &start, &potential).run(&mut (), &|| false) {
        Err(RunError::NotConverged { steps: 5, force_ev_per_a, .. }) => assert!(force_ev_per_a > 1e-7),
        other => panic!("{other:?}"),
    }
    let stop = plan(1, vec![relax(1e-7, MaxSteps::Stop(5))]);
    let mut run = simulation(&stop, &start, &potential);
    run.run(&mut (), &|| false).expect("it may stop there");
    assert!(matches!(run.summaries()[0].result, StageResult::Minimise { converged: false, .. }));
    assert_eq!(run.summaries()[0].steps, 5);
}

/// A start with forces of 1e5 eV/A: no atom is thrown out of reach, and the pair finds its minimum at 2^(1/6) sigma.
#[test]
fn a_crushed_pair_recovers() {
    let potential = argon(1000.0);
    let mut start = icosahedron(4.0);
    start.species.truncate(2);
    start.positions = vec![natron_atoms::Vec3::zeros(), natron_atoms::Vec3::new(1.2, 0.1, 0.0)];
    let plan = plan(1, vec![relax(1e-8, MaxSteps::Fail(2000))]);
    let mut run = simulation(&plan, &start, &potential);
    assert!(run.state().evaluation.forces[0].norm() > 1e4);
    run.run(&mut (), &|| false).expect("converges");
    let positions = &run.state().structure.positions;
    let distance = (positions[1] - positions[0]).norm();
    assert!((distance - 2.0_f64.powf(1.0 / 6.0) * potential.sigma_a).abs() < 1e-5, "{distance}");
}

#[test]
fn what_is_relaxed_already_is_left_alone_and_still_ends_with_a_restart() {
    let potential = argon(20.0);
    let start = icosahedron(4.0);
    let plan = plan(1, vec![relax(100.0, MaxSteps::Fail(5))]);
    let mut recorder = Recorder::default();
    let mut run = simulation(&plan, &start, &potential);
    assert_eq!(run.run(&mut recorder, &|| false).expect("converged"), Outcome::Finished);
    assert_eq!(recorder.events, ["row 0", "end relax", "restart 0"]);
    assert_eq!(run.state().structure, start);
}
