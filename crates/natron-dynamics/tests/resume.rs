//! A restart, or another number of threads, changes no bit.

use std::cell::Cell;

use natron_dynamics::groups::{Expression, Group, Region, Selection};
use natron_dynamics::plan::{
    CellTarget, Coupling, Ensemble, GroupThermostat, MaxSteps, Minimise, Relaxation, RunPlan, Stage,
    StageKind,
};
use natron_dynamics::quantity::{ForceEvPerA, PressureGpa, StressGpa};
use natron_dynamics::state::State;
use natron_dynamics::{Outcome, PotentialTag, Restart, ResumeError, Simulation};
use natron_potential::Potential;

use crate::common::{
    Parallel, Recorder, argon, berendsen, drawn, dynamics, fcc, langevin, mttk, nose_hoover, npt, nve, plan,
    rescale, simulation, symbol,
};

fn bits(state: &State) -> Vec<u64> {
    let vectors = [&state.structure.positions, &state.velocities, &state.evaluation.forces];
    let numbers = vectors.into_iter().flatten().flatten().chain(state.structure.cell.rows());
    numbers.map(|x| x.to_bits()).chain([state.evaluation.energy_ev.to_bits()]).collect()
}

/// A stop that says yes at its `n`-th question.
fn after(n: u64) -> impl Fn() -> bool {
    let asked = Cell::new(0);
    move || {
        asked.set(asked.get() + 1);
        asked.get() >= n
    }
}

fn stages() -> Vec<Stage> {
    let relax = Minimise::new(ForceEvPerA::new(1e-3).expect("in range"), MaxSteps::Fail(500));
    vec![
        Stage { name: "relax".to_owned(), kind: StageKind::Minimise(relax) },
        drawn(dynamics("warm", 200, 8.0, langevin(150.0, 2.0)), 150.0),
        dynamics("production", 200, 8.0, nve()),
    ]
}

fn liquid() -> natron_atoms::Structure {
    let mut structure = fcc(symbol("Ar"), 5.9, 2);
    // Off the lattice, so that there is something to relax.
    structure.positions.iter_mut().enumerate().for_each(|(i, p)| p[i % 3] += 0.02 * (i % 7) as f64);
    structure
}

/// The whole run, then the run in two pieces cut at `steps`, through bytes.
fn compare(plan: &RunPlan, potential: &dyn Potential, cut: u64) {
    let structure = liquid();
    let mut whole = Recorder::default();
    let mut straight = simulation(plan, &structure, potential);
    straight.run(&mut whole, &|| false).expect("stable");
    assert!(straight.list_rebuilds() > 2, "the list must be rebuilt for this to mean something");

    let mut first = Recorder::default();
    let mut run = simulation(plan, &structure, potential);
    assert_eq!(run.run(&mut first, &after(cut)).expect("stable"), Outcome::Stopped);
    drop(run);
    let bytes = first.restarts.last().expect("a restart at the stop").to_bytes();
    let restart = Restart::from_bytes(&bytes).expect("a restart");
    assert_eq!(restart.step(), cut);
    assert_eq!(restart.thermo_rows(), first.rows.len() as u64);
    assert_eq!(restart.trajectory_frames(), first.frames.len() as u64);

    let mut second = Recorder::default();
    let mut resumed = Simulation::resume(plan, &restart, potential, PotentialTag::default()).expect("fits");
    assert!(resumed.is_bitwise(&restart));
    assert_eq!(resumed.run(&mut second, &|| false).expect("stable"), Outcome::Finished);
    assert_eq!(bits(resumed.state()), bits(straight.state()), "cut at {cut}");
    assert_eq!([first.rows, second.rows].concat(), whole.rows, "cut at {cut}");
    assert_eq!([first.frames, second.frames].concat(), whole.frames, "cut at {cut}");
    assert_eq!(resumed.summaries(), straight.summaries(), "cut at {cut}");
    assert_eq!(resumed.restart().to_bytes(), straight.restart().to_bytes(), "cut at {cut}");
}

#[test]
fn a_run_in_two_pieces_is_the_run() {
    let (plan, potential) = (plan(5, stages()), argon(6.5));
    let mut relaxed = Recorder::default();
    simulation(&plan, &liquid(), &potential).run(&mut relaxed, &|| false).expect("stable");
    let relax = relaxed.summaries[0].steps;
    assert!(relax > 25, "{relax} steps of relaxation");
    // In the relaxation, at its end, in the thermostat, at its end, in NVE between two rows, one step before the end.
    for cut in [23, relax, relax + 77, relax + 200, relax + 200 + 133, relax + 399] {
        compare(&plan, &potential, cut);
    }
}

/// Every thermostat and barostat in two pieces, cut between two rows, at its end and in the one after it.
#[test]
fn every_ensemble_goes_on_bit_for_bit() {
    let potential = argon(6.5);
    for ensemble in others() {
        let stages =
            vec![drawn(dynamics("first", 200, 8.0, ensemble), 150.0), dynamics("then", 100, 8.0, ensemble)];
        let plan = plan(5, stages);
        for cut in [133, 200, 257] {
            compare(&plan, &potential, cut);
        }
    }
}

/// Fixed atoms, groups with thermostats and a group whose momentum is kept zero in two pieces. Who belongs to a region was decided
/// at the start: by the cut atoms have crossed its border.
#[test]
fn groups_go_on_bit_for_bit() {
    let potential = argon(6.5);
    let bath = |group: &str, ensemble| GroupThermostat { group: group.to_owned(), ensemble };
    let mut stage = drawn(dynamics("parts", 200, 8.0, nve()), 150.0);
    if let StageKind::Dynamics(parts) = &mut stage.kind {
        parts.thermostats = vec![
            bath("low", nose_hoover(150.0, 0.2)),
            bath("high", langevin(120.0, 5.0)),
            bath("sphere", rescale(150.0, 0.1)),
        ];
        parts.fixed = vec!["held".to_owned()];
        parts.zero_momentum = vec!["high".to_owned()];
    }
    let group = |name: &str, selection| Group { name: name.to_owned(), selection };
    let expression = |text| Selection::Expression(Expression::parse(text).expect("an expression"));
    let centre_a = natron_atoms::Vec3::new(0.0, 3.0, 3.0);
    let plan = RunPlan {
        groups: vec![
            group("held", Selection::Indices(vec![(3, 5)])),
            group("ball", Selection::Region(Region::Sphere { centre_a, radius_a: 5.0 })),
            group("first", Selection::Indices(vec![(0, 15)])),
            group("sphere", expression("ball and not held")),
            group("low", expression("first and not (ball or held)")),
            group("high", expression("not (first or ball or held)")),
        ],
        ..plan(5, vec![stage, dynamics("then", 100, 8.0, nve())])
    };
    for cut in [133, 200, 257] {
        compare(&plan, &potential, cut);
    }
    let mut run = simulation(&plan, &liquid(), &potential);
    run.run(&mut (), &after(133)).expect("stable");
    let stages = vec![drawn(dynamics("parts", 200, 8.0, nve()), 150.0), plan.stages[1].clone()];
    let other = RunPlan { groups: plan.groups[..2].to_vec(), stages, ..plan.clone() };
    let refused = Simulation::resume(
        &plan,
        &simulation(&other, &liquid(), &potential).restart(),
        &potential,
        PotentialTag::default(),
    );
    assert!(matches!(refused.map(|_| ()), Err(ResumeError::Groups { .. })));
}

/// Relaxations by both methods, of positions and of positions and cell, in two pieces.
#[test]
fn relaxations_go_on_bit_for_bit() {
    let potential = argon(6.5);
    for method in [Relaxation::Fire, Relaxation::Lbfgs] {
        for cell in [None, Some(Coupling::Isotropic), Some(Coupling::Triclinic)] {
            let cell = cell.map(|coupling| CellTarget {
                coupling,
                pressure: PressureGpa::new(0.05).expect("in range"),
                stress_max: StressGpa::new(1e-5).expect("in range"),
            });
            let force_max = ForceEvPerA::new(1e-5).expect("in range");
            let relax = Minimise { method, cell, ..Minimise::new(force_max, MaxSteps::Stop(70)) };
            let relax = Stage { name: "relax".to_owned(), kind: StageKind::Minimise(relax) };
            let plan = plan(5, vec![relax, drawn(dynamics("then", 300, 8.0, nve()), 150.0)]);
            for cut in [1, 17] {
                compare(&plan, &potential, cut);
            }
        }
    }
}

/// All that the stages above have not.
fn others() -> [Ensemble; 9] {
    let npt = |coupling| npt(150.0, 0.1, 1.0, coupling);
    [
        nose_hoover(150.0, 0.2),
        rescale(150.0, 0.2),
        berendsen(150.0, 0.2),
        npt(Coupling::Isotropic),
        npt(Coupling::Anisotropic),
        npt(Coupling::Triclinic),
        mttk(150.0, 0.1, 0.5, Coupling::Isotropic),
        mttk(150.0, 0.1, 0.5, Coupling::Anisotropic),
        mttk(150.0, 0.1, 0.5, Coupling::Triclinic),
    ]
}

/// Every periodic restart goes on to the same end, also when the process was killed after it.
#[test]
fn periodic_restarts_lead_to_the_same_end() {
    let potential = argon(6.5);
    let mut stages = stages();
    for stage in &mut stages {
        if let StageKind::Dynamics(dynamics) = &mut stage.kind {
            dynamics.restart_every = std::num::NonZeroU64::new(60).expect("positive");
        }
    }
    let plan = plan(6, stages);
    let mut whole = Recorder::default();
    let mut straight = simulation(&plan, &liquid(), &potential);
    straight.run(&mut whole, &|| false).expect("stable");
    // Three in each dynamics stage, and one at the end of each stage.
    assert_eq!(whole.restarts.len(), 9);
    for restart in &whole.restarts {
        let mut rest = Recorder::default();
        let mut resumed =
            Simulation::resume(&plan, restart, &potential, PotentialTag::default()).expect("fits");
        resumed.run(&mut rest, &|| false).expect("stable");
        assert_eq!(bits(resumed.state()), bits(straight.state()), "from step {}", restart.step());
        let rows = [&whole.rows[..restart.thermo_rows() as usize], &rest.rows].concat();
        assert_eq!(rows, whole.rows, "from step {}", restart.step());
        let frames = [&whole.frames[..restart.trajectory_frames() as usize], &rest.frames].concat();
        assert_eq!(frames, whole.frames, "from step {}", restart.step());
    }
}

/// A finished run whose deck is then made longer is the longer run.
#[test]
fn a_finished_run_can_be_extended() {
    let potential = argon(6.5);
    let (short, mut long) = (plan(5, stages()), plan(5, stages()));
    long.stages[2] = dynamics("production", 350, 8.0, nve());
    let (mut first, mut rest, mut whole) = (Recorder::default(), Recorder::default(), Recorder::default());
    simulation(&short, &liquid(), &potential).run(&mut first, &|| false).expect("stable");
    let restart = first.restarts.last().expect("a restart at the end");
    let mut extended = Simulation::resume(&long, restart, &potential, PotentialTag::default()).expect("fits");
    assert_eq!(extended.run(&mut rest, &|| false).expect("stable"), Outcome::Finished);
    let mut straight = simulation(&long, &liquid(), &potential);
    straight.run(&mut whole, &|| false).expect("stable");
    assert_eq!([first.rows, rest.rows].concat(), whole.rows);
    assert_eq!(extended.restart(), straight.restart());
    // Without a longer deck there is nothing to do, and nothing is said.
    let mut nothing = Recorder::default();
    let mut done = Simulation::resume(&short, restart, &potential, PotentialTag::default()).expect("fits");
    assert_eq!(done.run(&mut nothing, &|| false).expect("done"), Outcome::Finished);
    assert_eq!(nothing, Recorder::default());
}

#[test]
fn threads_change_no_bit() {
    let (plan, potential) = (plan(5, stages()), Parallel(argon(6.5)));
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| {
            let mut run = simulation(&plan, &liquid(), &potential);
            run.run(&mut (), &|| false).expect("stable");
            bits(run.state())
        })
    };
    assert_eq!(run(1), run(3));
}

#[test]
fn threads_change_no_bit_in_any_ensemble() {
    let potential = Parallel(argon(6.5));
    for ensemble in others() {
        let plan = plan(5, vec![drawn(dynamics("run", 200, 8.0, ensemble), 150.0)]);
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            pool.install(|| {
                let mut run = simulation(&plan, &liquid(), &potential);
                run.run(&mut (), &|| false).expect("stable");
                run.restart().to_bytes()
            })
        };
        assert!(run(1) == run(3), "{ensemble}");
    }
}

#[test]
fn seeds_and_replicas_differ() {
    let potential = argon(6.5);
    let end = |seed, replica| {
        let plan = plan(seed, vec![drawn(dynamics("nve", 5, 4.0, nve()), 50.0)]);
        let tag = PotentialTag::default();
        let mut run = Simulation::new(&plan, replica, liquid(), None, &potential, tag).expect("a start");
        run.run(&mut (), &|| false).expect("stable");
        bits(run.state())
    };
    assert_eq!(end(1, 0), end(1, 0));
    assert_ne!(end(1, 0), end(1, 1));
    assert_ne!(end(1, 0), end(2, 0));
}

#[test]
fn a_restart_of_another_run_is_refused() {
    let potential = argon(6.5);
    let right = plan(5, stages());
    let mut run = simulation(&right, &liquid(), &potential);
    run.run(&mut (), &after(150)).expect("stable");
    let restart = run.restart();
    let resume = |plan: &RunPlan, tag: PotentialTag| {
        Simulation::resume(plan, &restart, &potential, tag).map(|_| ()).expect_err("it does not fit")
    };
    let tag = PotentialTag::default();
    let other = RunPlan { seed: 6, ..right.clone() };
    assert_eq!(resume(&other, tag.clone()), ResumeError::Seed { restart: 5, deck: 6 });
    let mut renamed = right.clone();
    renamed.stages[1].name = "cold".to_owned();
    assert!(matches!(resume(&renamed, tag.clone()), ResumeError::Stage { number: 2, .. }));
    let mut slower = right.clone();
    slower.stages[1] = dynamics("warm", 400, 4.0, langevin(150.0, 2.0));
    assert!(matches!(resume(&slower, tag.clone()), ResumeError::Stage { number: 2, .. }));
    let mut skin = right.clone();
    skin.skin = natron_dynamics::quantity::LengthA::new(0.5).expect("in range");
    assert!(matches!(resume(&skin, tag), ResumeError::Skin { .. }));
    let other_potential = PotentialTag { sha256: [1; 32], kernel: String::new() };
    assert_eq!(resume(&right, other_potential), ResumeError::Potential([0; 32]));
    let mut chained = right.clone();
    chained.stages[1] = dynamics("warm", 200, 8.0, nose_hoover(150.0, 0.2));
    assert_eq!(resume(&chained, PotentialTag::default()), ResumeError::Ensemble("warm".to_owned()));
    // Another code path is no error, but it is not bit for bit.
    let other_kernel = PotentialTag { kernel: "scalar".to_owned(), ..PotentialTag::default() };
    let resumed = Simulation::resume(&right, &restart, &potential, other_kernel).expect("it fits");
    assert!(!resumed.is_bitwise(&restart));
}

/// Replicas run on threads of their own.
#[test]
fn a_simulation_can_move_between_threads() {
    fn is_send<T: Send>(_: &T) {}
    let potential = argon(6.5);
    is_send(&simulation(&plan(5, stages()), &liquid(), &potential));
}
