//! Runs that go wrong say what, where and when.

use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};

use natron_atoms::{NeighbourList, Species, Structure, Vec3};
use natron_dynamics::plan::{RunPlan, UncertaintyAction, UncertaintyLimits};
use natron_dynamics::quantity::{EnergyMev, EnergyMevPerAtom, ForceEvPerA};
use natron_dynamics::{
    Breach, Doubt, DoubtOf, Instability, Limits, Observer, ObserverError, PotentialTag, Restart, RunError,
    SetupError, Simulation, TrajectoryFrame,
};
use natron_potential::{Evaluation, EvaluationError, Evaluator, LennardJones, Potential};

use crate::common::{argon, drawn, dynamics, fcc, langevin, nve, plan, simulation, symbol};

/// Lennard-Jones whose forces go wrong at its `from`-th evaluation.
struct Faulty {
    inner: LennardJones,
    from: u64,
    calls: AtomicU64,
    fault: fn(&mut Evaluation),
    species: Option<Vec<Species>>,
}

impl Faulty {
    fn new(from: u64, fault: fn(&mut Evaluation)) -> Self {
        Self { inner: argon(6.5), from, calls: AtomicU64::new(0), fault, species: None }
    }
}

impl Potential for Faulty {
    fn knows_uncertainty(&self) -> bool {
        true
    }
    fn force_std_ev_per_a(
        &self,
        structure: &Structure,
        _: &NeighbourList,
    ) -> Result<Option<Vec<Vec3>>, EvaluationError> {
        let mut stds = vec![Vec3::repeat(0.1); structure.len()];
        stds[9] = Vec3::new(3.0, 0.0, 4.0);
        Ok(Some(stds))
    }
    fn cutoff_a(&self, a: Species, b: Species) -> f64 {
        self.inner.cutoff_a(a, b)
    }
    fn max_cutoff_a(&self) -> f64 {
        self.inner.max_cutoff_a()
    }
    fn species(&self) -> Option<Vec<Species>> {
        self.species.clone()
    }
    fn evaluator(&self) -> Box<dyn Evaluator + '_> {
        Box::new(FaultyEvaluator { inner: self.inner.evaluator(), of: self })
    }
}

struct FaultyEvaluator<'a> {
    inner: Box<dyn Evaluator + 'a>,
    of: &'a Faulty,
}

impl Evaluator for FaultyEvaluator<'_> {
    fn evaluate(
        &mut self,
        structure: &Structure,
        list: &NeighbourList,
        out: &mut Evaluation,
    ) -> Result<(), EvaluationError> {
        self.inner.evaluate(structure, list, out)?;
        if self.of.calls.fetch_add(1, Ordering::Relaxed) + 1 >= self.of.from {
            (self.of.fault)(out);
        }
        Ok(())
    }
}

fn nve_plan(timestep_fs: f64, kelvin: f64) -> RunPlan {
    plan(1, vec![drawn(dynamics("hot", 2000, timestep_fs, nve()), kelvin)])
}

fn instability(plan: &RunPlan, potential: &dyn Potential) -> Instability {
    let structure = fcc(symbol("Ar"), 5.4, 2);
    match simulation(plan, &structure, potential).run(&mut (), &|| false) {
        Err(RunError::Unstable(instability)) => *instability,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_nan_stops_the_run_where_it_appears() {
    // Evaluation 1 is the start, so evaluation 8 belongs to step 7.
    let potential = Faulty::new(8, |out| out.forces[5].y = f64::NAN);
    let found = instability(&nve_plan(4.0, 40.0), &potential);
    assert_eq!((found.step, found.breach.atom(), found.stage.as_str()), (7, Some(5), "hot"));
    assert!(matches!(found.breach, Breach::Evaluation { error: EvaluationError::NotFinite { atom: 5 }, .. }));
    let expected = "stage hot, step 7 (0.0240 ps): the force on atom 5 is not finite (atom 5 is Ar)";
    assert_eq!(found.to_string(), expected);
    // The frame can be written: its positions are finite.
    assert_eq!(found.structure.len(), 32);
    assert!(found.structure.positions.iter().flatten().all(|x| x.is_finite()));
    let energy = Faulty::new(3, |out| out.energy_ev = f64::INFINITY);
    assert!(matches!(instability(&nve_plan(4.0, 40.0), &energy).breach, Breach::Evaluation { .. }));
}

#[test]
fn a_force_beyond_its_limit_stops_the_run() {
    let potential = Faulty::new(4, |out| out.forces[17] = Vec3::new(0.0, 0.0, -321.0));
    let found = instability(&nve_plan(4.0, 40.0), &potential);
    assert_eq!(found.step, 3);
    let Breach::Force { atom: 17, value_ev_per_a, limit_ev_per_a, .. } = found.breach else {
        panic!("{found}");
    };
    assert_eq!((value_ev_per_a, limit_ev_per_a), (321.0, 200.0));
    assert_eq!(found.forces_ev_per_a[17].z, -321.0);
    // The same fault passes where the limits allow it: the step is so short that it heats little.
    let mut generous = plan(1, vec![drawn(dynamics("hot", 20, 0.001, nve()), 40.0)]);
    generous.limits.force_max = ForceEvPerA::new(400.0).expect("in range");
    generous.limits.energy_change_max = EnergyMevPerAtom::new(1e6).expect("in range");
    let potential = Faulty::new(4, |out| out.forces[17] = Vec3::new(0.0, 0.0, -321.0));
    simulation(&generous, &fcc(symbol("Ar"), 5.4, 2), &potential)
        .run(&mut (), &|| false)
        .expect("within limits");
}

#[test]
fn too_long_a_step_stops_before_the_atoms_fly() {
    let found = instability(&nve_plan(100.0, 3000.0), &argon(6.5));
    let Breach::Displacement { atom, value_a, limit_a, species } = found.breach else { panic!("{found}") };
    assert!(value_a > limit_a && species == symbol("Ar"));
    // Nothing has moved: the fastest step is judged before it is taken.
    assert_eq!(found.step, 1);
    assert_eq!(found.structure.positions[atom], fcc(symbol("Ar"), 5.4, 2).positions[atom]);
}

#[test]
fn heat_and_lost_energy_stop_the_run() {
    // A thermostat far above the limit: the temperature rises step by step.
    let hot = plan(1, vec![dynamics("hot", 100, 1.0, langevin(20_000.0, 100.0))]);
    let found = instability(&hot, &argon(6.5));
    assert!(matches!(found.breach, Breach::Temperature { .. }), "{found}");
    // Forces that are no gradient of the energy: it is not conserved.
    let potential = Faulty::new(1, |out| out.forces.iter_mut().for_each(|f| *f *= -1.0));
    let found = instability(&nve_plan(4.0, 300.0), &potential);
    let Breach::EnergyChange { value_mev_per_atom, limit_mev_per_atom: 50.0, .. } = found.breach else {
        panic!("{found}");
    };
    assert!(value_mev_per_atom.abs() > 50.0 && found.step > 1);
}

fn refused(structure: Structure, velocities: Option<&[Vec3]>, plan: &RunPlan) -> SetupError {
    let potential = Faulty { species: Some(vec![symbol("Ar")]), ..Faulty::new(u64::MAX, |_| ()) };
    Simulation::new(plan, 0, structure, velocities, &potential, PotentialTag::default())
        .map(|_| ())
        .expect_err("it must be refused")
}

#[test]
fn bad_input_is_refused_by_name() {
    let good = || fcc(symbol("Ar"), 5.4, 2);
    let plan = nve_plan(4.0, 40.0);
    let mut overlap = good();
    // Through the periodic boundary: atom 9 lies 0.2 A from an image of atom 3.
    overlap.positions[9] = overlap.positions[3] + Vec3::new(10.8, 0.2, 0.0);
    let SetupError::Overlap { first, second, distance_a, .. } = refused(overlap, None, &plan) else {
        panic!("no overlap seen");
    };
    assert_eq!((first.min(second), first.max(second)), (3, 9));
    assert!((distance_a - 0.2).abs() < 1e-12);

    let mut foreign = good();
    foreign.species[4] = symbol("Na");
    let known = "Ar".to_owned();
    let unknown = SetupError::UnknownSpecies { atom: 4, species: symbol("Na"), known };
    assert_eq!(refused(foreign, None, &plan), unknown);

    let short = [Vec3::zeros(); 3];
    let expected = SetupError::Velocities { velocities: 3, atoms: 32 };
    assert_eq!(refused(good(), Some(&short), &plan), expected);
    let mut nan = vec![Vec3::zeros(); 32];
    nan[2].x = f64::NAN;
    assert_eq!(refused(good(), Some(&nan), &plan), SetupError::VelocityNotFinite { atom: 2 });

    let none = Structure { species: vec![], positions: vec![], ..good() };
    assert_eq!(refused(none, None, &plan), SetupError::NoAtom);
    let still = crate::common::plan(1, vec![dynamics("hot", 10, 1.0, nve())]);
    assert_eq!(refused(good(), None, &still), SetupError::NoVelocities { stage: "hot".to_owned() });
    assert_eq!(refused(good(), None, &RunPlan { stages: vec![], ..plan }), SetupError::NoStage);
}

/// An observer that fails at a restart, as a full disk does.
struct Full;

impl Observer for Full {
    fn on_restart(&mut self, _restart: &Restart) -> Result<(), ObserverError> {
        Err("no space left on device".into())
    }
}

#[test]
fn an_observer_that_fails_ends_the_run() {
    let potential = argon(6.5);
    let plan = RunPlan { limits: Limits::default(), ..nve_plan(4.0, 40.0) };
    let mut run = simulation(&plan, &fcc(symbol("Ar"), 5.4, 2), &potential);
    let error = run.run(&mut Full, &|| true).expect_err("the disk is full");
    assert_eq!(error.to_string(), "no space left on device");
    assert_eq!(run.moment().step, 1);
}

/// Atom 5 is uncertain by 0.4 eV from the third evaluation on.
fn unsure(out: &mut Evaluation) {
    let mut stds = vec![0.01; out.forces.len()];
    stds[5] = 0.4;
    out.atom_energy_std_ev = Some(stds);
}

fn watched(action: UncertaintyAction, atom_energy_mev: Option<f64>, force: Option<f64>) -> RunPlan {
    let every = |steps| NonZeroU64::new(steps).expect("not zero");
    let mut plan = plan(1, vec![drawn(dynamics("watched", 20, 1.0, nve()), 40.0)]);
    plan.limits.uncertainty = Some(UncertaintyLimits {
        action,
        atom_energy_max_mev: atom_energy_mev.map(|value| EnergyMev::new(value).expect("in range")),
        force_max: force.map(|value| ForceEvPerA::new(value).expect("in range")),
        force_every: every(7),
        collect_every: every(1),
    });
    plan
}

fn crystal() -> Structure {
    fcc(symbol("Ar"), 5.4, 3)
}

#[derive(Default)]
struct Doubts(Vec<(u64, Doubt)>);

impl Observer for Doubts {
    fn on_doubt(&mut self, doubt: &Doubt, frame: &TrajectoryFrame<'_>) -> Result<(), ObserverError> {
        assert_eq!(frame.forces_ev_per_a.len(), frame.structure.len());
        self.0.push((frame.at.step, *doubt));
        Ok(())
    }
}

#[test]
fn a_run_stops_where_the_potential_is_unsure() {
    let potential = Faulty::new(3, unsure);
    let plan = watched(UncertaintyAction::Stop, Some(300.0), None);
    let mut run = simulation(&plan, &crystal(), &potential);
    let error = run.run(&mut (), &|| false).expect_err("it is unsure");
    let RunError::Unstable(stopped) = error else { panic!("{error}") };
    // The first evaluation is that of the start.
    assert_eq!((stopped.step, stopped.breach.atom()), (2, Some(5)));
    assert!(stopped.to_string().contains("atom 5 (Ar) to 400 meV only, the limit is 300 meV"), "{stopped}");
}

#[test]
fn it_goes_on_where_the_plan_says_so_and_tells_every_time() {
    let potential = Faulty::new(3, unsure);
    let plan = watched(UncertaintyAction::Warn, Some(300.0), None);
    let mut doubts = Doubts::default();
    let outcome = simulation(&plan, &crystal(), &potential).run(&mut doubts, &|| false).expect("it goes on");
    assert_eq!(outcome, natron_dynamics::Outcome::Finished);
    assert_eq!(doubts.0.iter().map(|(step, _)| *step).collect::<Vec<_>>(), (2..=20).collect::<Vec<_>>());
    let sure = watched(UncertaintyAction::Warn, Some(500.0), Some(6.0));
    let mut doubts = Doubts::default();
    simulation(&sure, &crystal(), &potential).run(&mut doubts, &|| false).expect("it goes on");
    assert_eq!(doubts.0, []);
}

#[test]
fn forces_are_looked_at_when_their_step_comes() {
    let potential = Faulty::new(u64::MAX, unsure);
    let plan = watched(UncertaintyAction::Collect, None, Some(4.9));
    let mut doubts = Doubts::default();
    simulation(&plan, &crystal(), &potential).run(&mut doubts, &|| false).expect("it goes on");
    assert_eq!(doubts.0.iter().map(|(step, _)| *step).collect::<Vec<_>>(), [7, 14]);
    let doubt = doubts.0[0].1;
    assert_eq!((doubt.atom, doubt.of, doubt.value, doubt.limit), (9, DoubtOf::Force, 5.0, 4.9));
}

#[test]
fn a_potential_that_does_not_know_is_not_asked() {
    let plan = watched(UncertaintyAction::Warn, Some(300.0), None);
    let potential = argon(6.5);
    let error =
        natron_dynamics::Simulation::new(&plan, 0, crystal(), None, &potential, PotentialTag::default());
    assert!(matches!(error.err(), Some(SetupError::Deck(problem)) if problem.path == "uncertainty"));
}
