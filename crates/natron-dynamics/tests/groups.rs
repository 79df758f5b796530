//! Groups: fixed atoms, thermostats of groups, groups whose momentum is kept zero. Seeds are fixed; a Kolmogorov-Smirnov bound of
//! 1.95 would be broken by one seed in a thousand of a right program, and a wrong count of degrees of freedom breaks it.

use natron_atoms::units::{BOLTZMANN_EV_PER_K, TIME_UNIT_FS};
use natron_atoms::{Structure, Vec3};
use natron_dynamics::groups::{Group, Selection};
use natron_dynamics::plan::{
    Dynamics, Ensemble, GroupThermostat, MaxSteps, Minimise, RunPlan, Stage, StageKind,
};
use natron_dynamics::quantity::ForceEvPerA;
use natron_dynamics::{
    Observer, ObserverError, PotentialTag, SetupError, Simulation, StageResult, TrajectoryFrame,
};
use natron_potential::Potential;
use statrs::distribution::{ContinuousCDF, Gamma};

use crate::common::{
    Recorder, argon, berendsen, column, drawn, dynamics, einstein, fcc, langevin, nose_hoover, npt, nve,
    plan, rescale, simulation, symbol,
};
use crate::statistics::{kolmogorov_smirnov, lag_one};

fn group(name: &str, ranges: &[(usize, usize)]) -> Group {
    Group { name: name.to_owned(), selection: Selection::Indices(ranges.to_vec()) }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn change(mut stage: Stage, with: impl FnOnce(&mut Dynamics)) -> Stage {
    let StageKind::Dynamics(dynamics) = &mut stage.kind else { panic!("dynamics") };
    with(dynamics);
    stage
}

fn bath(group: &str, ensemble: Ensemble) -> GroupThermostat {
    GroupThermostat { group: group.to_owned(), ensemble }
}

/// Three groups of liquid argon: 0-7, 8-19, 20-31.
fn grouped(stages: Vec<Stage>) -> RunPlan {
    let groups = vec![group("a", &[(0, 7)]), group("b", &[(8, 19)]), group("c", &[(20, 31)])];
    RunPlan { groups, ..plan(4, stages) }
}

fn liquid() -> Structure {
    fcc(symbol("Ar"), 5.9, 2)
}

/// Kinetic energies (eV) of ranges of atoms, and what must hold in every frame.
struct Kinetic<F: FnMut(&TrajectoryFrame<'_>)> {
    ranges: Vec<std::ops::Range<usize>>,
    energies: Vec<Vec<f64>>,
    check: F,
}

impl<F: FnMut(&TrajectoryFrame<'_>)> Observer for Kinetic<F> {
    fn on_frame(&mut self, frame: &TrajectoryFrame<'_>) -> Result<(), ObserverError> {
        (self.check)(frame);
        for (range, energies) in self.ranges.iter().zip(&mut self.energies) {
            let energy = |i: usize| {
                let speed = frame.velocities_a_per_fs[i] * TIME_UNIT_FS;
                0.5 * frame.structure.species[i].mass_amu() * speed.norm_squared()
            };
            energies.push(range.clone().map(energy).sum());
        }
        Ok(())
    }
}

/// 1000 kinetic energies, 60 steps of 5 fs apart, of each range; a fiftieth of the run is not looked at.
fn sample(
    potential: &dyn Potential,
    plan: impl Fn(Stage) -> RunPlan,
    stage: Stage,
    ranges: &[std::ops::Range<usize>],
    check: impl FnMut(&TrajectoryFrame<'_>),
) -> Vec<Vec<f64>> {
    let stage = change(stage, |dynamics| {
        dynamics.steps = 60 * 1020;
        dynamics.trajectory_every = std::num::NonZeroU64::new(60);
    });
    let mut kinetic = Kinetic { ranges: ranges.to_vec(), energies: vec![Vec::new(); ranges.len()], check };
    let plan = plan(drawn(stage, 110.0));
    simulation(&plan, &liquid(), potential).run(&mut kinetic, &|| false).expect("stable");
    kinetic.energies.into_iter().map(|energies| energies[21..].to_vec()).collect()
}

fn distance(kinetic: &[f64], freedom: usize, kelvin: f64) -> f64 {
    let gamma =
        Gamma::new(0.5 * freedom as f64, 1.0 / (BOLTZMANN_EV_PER_K * kelvin)).expect("a distribution");
    kolmogorov_smirnov(kinetic, |x| gamma.cdf(x))
}

/// The energies are canonical with so many degrees of freedom, and not with three more or less.
fn is_canonical(kinetic: &[f64], freedom: usize, kelvin: f64, what: &str) {
    assert!(lag_one(kinetic) < 3.5, "{what}: the sample is correlated: {}", lag_one(kinetic));
    let found = distance(kinetic, freedom, kelvin);
    assert!(found < 1.95, "{what}: {found:.2} away");
    for wrong in [freedom - 3, freedom + 3] {
        assert!(distance(kinetic, wrong, kelvin) > 1.95, "{what}: {wrong} degrees of freedom are not seen");
    }
}

/// Eight of 32 atoms are fixed: they stay where they are, and 24 atoms hold 72 degrees of freedom, whatever the thermostat.
#[test]
fn fixed_atoms_stay_and_do_not_count() {
    let (potential, start) = (argon(6.5), liquid());
    for ensemble in [langevin(110.0, 10.0), nose_hoover(110.0, 0.05)] {
        let stage = change(dynamics("run", 1, 5.0, ensemble), |d| d.fixed = names(&["a"]));
        let kinetic = sample(
            &potential,
            |stage| grouped(vec![stage]),
            stage,
            std::slice::from_ref(&(0..32)),
            |frame| {
                assert_eq!(frame.structure.positions[..8], start.positions[..8]);
                assert!(frame.velocities_a_per_fs[..8].iter().all(|v| *v == Vec3::zeros()));
            },
        );
        is_canonical(&kinetic[0], 72, 110.0, &ensemble.to_string());
    }
}

/// A fixed wall takes momentum and no energy: the same bound that NVE without it keeps.
#[test]
fn energy_is_conserved_beside_fixed_atoms_and_resting_groups() {
    let potential = argon(6.5);
    for (fixed, resting) in [(&["a"][..], &[][..]), (&[], &["b"]), (&["a"], &["b", "c"])] {
        let stage = change(drawn(dynamics("run", 20_000, 5.0, nve()), 110.0), |d| {
            (d.fixed, d.zero_momentum) = (names(fixed), names(resting));
        });
        let mut recorder = Recorder::default();
        let plan = grouped(vec![stage]);
        let mut run = simulation(&plan, &liquid(), &potential);
        run.run(&mut recorder, &|| false).expect("stable");
        let StageResult::Dynamics(summary) = &run.summaries()[0].result else { panic!("dynamics") };
        let drift = summary.energy_drift_mev_per_atom_ps.expect("long");
        assert!(drift.abs() < 5e-4, "{fixed:?} {resting:?}: {drift:.1e}");
        let fluctuation = summary.energy_fluctuation_mev_per_atom.expect("long");
        assert!(fluctuation < 0.05, "{fixed:?} {resting:?}: {fluctuation:.1e}");
        let row = recorder.rows.last().expect("rows");
        let freedom = 3 * (32 - 8 * fixed.len()) - 3 * resting.len();
        let kelvin = 2.0 * column(row, "kinetic_energy_eV") / (BOLTZMANN_EV_PER_K * freedom as f64);
        assert!((kelvin / column(row, "temperature_K") - 1.0).abs() < 1e-12, "{fixed:?} {resting:?}");
        for (_, _, velocities) in &recorder.frames {
            for name in resting {
                let range = if *name == "b" { 8..20 } else { 20..32 };
                assert!(velocities[range].iter().sum::<Vec3>().norm() < 1e-15, "{name} drifts");
            }
        }
    }
}

/// Langevin friction on all atoms while the momentum of twelve is kept zero: 3 degrees of freedom less, of these twelve.
#[test]
fn a_resting_group_has_three_degrees_of_freedom_less() {
    let potential = argon(6.5);
    let stage = change(dynamics("run", 1, 5.0, langevin(110.0, 10.0)), |d| d.zero_momentum = names(&["b"]));
    let kinetic = sample(&potential, |stage| grouped(vec![stage]), stage, &[8..20, 20..32, 0..32], |_| ());
    is_canonical(&kinetic[0], 33, 110.0, "resting");
    is_canonical(&kinetic[1], 36, 110.0, "free");
    is_canonical(&kinetic[2], 93, 110.0, "all");
}

/// Thermostats of two groups at one temperature, the third group without: no momentum is conserved, and each has all of its
/// degrees of freedom.
#[test]
fn groups_with_thermostats_are_canonical() {
    let potential = argon(6.5);
    for (first, second) in
        [(langevin(110.0, 10.0), nose_hoover(110.0, 0.05)), (rescale(110.0, 0.02), rescale(110.0, 0.02))]
    {
        let stage = change(dynamics("run", 1, 5.0, nve()), |d| {
            d.thermostats = vec![bath("b", first), bath("c", second)];
        });
        let kinetic = sample(&potential, |stage| grouped(vec![stage]), stage, &[8..20, 20..32], |_| ());
        for (k, freedom) in [36, 36].into_iter().enumerate() {
            is_canonical(&kinetic[k], freedom, 110.0, &format!("{first}, {second}: {k}"));
        }
    }
}

/// Oscillators that do not feel each other, each group at its own temperature, the third at what it was given.
#[test]
fn each_group_has_its_own_temperature() {
    let structure = liquid();
    let potential = einstein(structure.positions.clone(), 0.5);
    for kind in [|k| langevin(k, 5.0), |k| rescale(k, 0.1), |k| berendsen(k, 0.1), |k| nose_hoover(k, 0.1)] {
        let stage = change(drawn(dynamics("run", 40_000, 5.0, nve()), 200.0), |d| {
            d.thermostats = vec![bath("a", kind(50.0)), bath("b", kind(400.0))];
        });
        let plan = grouped(vec![stage]);
        let mut recorder = Recorder::default();
        let mut run = simulation(&plan, &structure, &potential);
        run.run(&mut recorder, &|| false).expect("stable");
        let StageResult::Dynamics(summary) = &run.summaries()[0].result else { panic!("dynamics") };
        for (thermostat, wanted) in summary.thermostats.iter().zip([50.0, 400.0]) {
            let error = thermostat.temperature_err_k.expect("long").max(0.005 * wanted);
            let found = thermostat.temperature_mean_k;
            assert!((found - wanted).abs() < 4.0 * error, "{thermostat:?}: not {wanted}");
        }
        assert_eq!(summary.thermostats.len(), 2);
        // The first quarter brings the groups to their temperatures; what is conserved does not notice.
        let conserved: Vec<f64> = recorder.rows.iter().map(|row| column(row, "conserved_eV")).collect();
        let total: Vec<f64> = recorder.rows.iter().map(|row| column(row, "total_energy_eV")).collect();
        let span = |values: &[f64]| {
            values.iter().copied().fold(f64::MIN, f64::max) - values.iter().copied().fold(f64::MAX, f64::min)
        };
        assert!(span(&conserved) < 0.02 * span(&total), "{} of {}", span(&conserved), span(&total));
    }
}

/// What is fixed during a relaxation stays, and its forces do not hinder it.
#[test]
fn fixed_atoms_are_not_relaxed() {
    let potential = argon(6.5);
    let mut start = liquid();
    start.positions.iter_mut().enumerate().for_each(|(i, p)| p[i % 3] += 0.1 * (i % 5) as f64);
    let force_max = ForceEvPerA::new(1e-6).expect("in range");
    let relax = Minimise { fixed: names(&["a"]), ..Minimise::new(force_max, MaxSteps::Fail(2000)) };
    let plan = grouped(vec![Stage { name: "relax".to_owned(), kind: StageKind::Minimise(relax) }]);
    let mut run = simulation(&plan, &start, &potential);
    run.run(&mut (), &|| false).expect("converges");
    let state = run.state();
    assert_eq!(state.structure.positions[..8], start.positions[..8]);
    assert!(state.structure.positions[8..] != start.positions[8..]);
    let longest = |forces: &[Vec3]| forces.iter().map(|f| f.norm()).fold(0.0, f64::max);
    assert!(longest(&state.evaluation.forces[8..]) <= 1e-6);
    assert!(longest(&state.evaluation.forces[..8]) > 1e-4, "they would have moved");
}

/// A later stage lets go of the atoms, which start from rest.
#[test]
fn atoms_are_fixed_stage_by_stage() {
    let potential = argon(6.5);
    let hold = change(drawn(dynamics("hold", 100, 5.0, nve()), 110.0), |d| d.fixed = names(&["a"]));
    let plan = grouped(vec![hold, dynamics("free", 100, 5.0, nve())]);
    let mut recorder = Recorder::default();
    simulation(&plan, &liquid(), &potential).run(&mut recorder, &|| false).expect("stable");
    let at = |step: u64| &recorder.frames.iter().find(|frame| frame.0 == step).expect("a frame").1[..8];
    assert_eq!(at(0), at(100));
    assert_ne!(at(100), at(200));
}

fn refusal(plan: &RunPlan) -> (String, String, String) {
    let potential = argon(6.5);
    let tag = PotentialTag::default();
    match Simulation::new(plan, 0, liquid(), None, &potential, tag).map(|_| ()) {
        Err(SetupError::Deck(problem)) => (problem.path, problem.message, problem.help.unwrap_or_default()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn groups_that_cannot_be_are_refused_with_their_place() {
    let warm = || drawn(dynamics("run", 10, 5.0, nve()), 110.0);
    let with = |change_stage: fn(&mut Dynamics)| grouped(vec![change(warm(), change_stage)]);
    let of = |selection| RunPlan {
        groups: vec![Group { name: "g".to_owned(), selection }],
        ..plan(1, vec![warm()])
    };
    let sodium = of(Selection::Species(vec![symbol("Na")]));
    let found = refusal(&sodium);
    assert_eq!(found.0, "group.g");
    assert_eq!(found.1, "group `g` has no atom in this structure");
    assert_eq!(found.2, "the structure holds Ar");
    let beyond = refusal(&of(Selection::Indices(vec![(3, 32)])));
    assert_eq!(beyond.0, "group.g.indices");
    assert_eq!(beyond.1, "there is no atom 32 among 32, counted from 0");
    let overlap =
        with(|d| d.thermostats = vec![bath("a", rescale(9.0, 0.1)), bath("all", rescale(9.0, 0.1))]);
    let found = refusal(&overlap);
    assert_eq!(found.0, "stage.run.thermostats[1].group");
    assert_eq!(found.1, "group `all` shares atom 0 with group `a`, which has a thermostat");
    assert!(found.2.contains("`all and not a`"), "{}", found.2);
    let split = with(|d| {
        d.zero_momentum = names(&["all"]);
        d.thermostats = vec![bath("a", rescale(9.0, 0.1))];
    });
    assert_eq!(refusal(&split).1, "group `a` holds a part of group `all`, whose momentum is kept zero");
    let twice = refusal(&with(|d| d.zero_momentum = names(&["a", "all"])));
    assert_eq!(
        (twice.0.as_str(), twice.1.as_str()),
        ("stage.run.zero_momentum", "groups `a` and `all` share atom 0")
    );
    let still = refusal(&with(|d| d.fixed = names(&["all"])));
    assert_eq!(
        (still.0.as_str(), still.1.as_str()),
        ("stage.run.fixed", "every atom is fixed, so nothing moves")
    );
    let held = with(|d| {
        d.fixed = names(&["a"]);
        d.thermostats = vec![bath("a", rescale(9.0, 0.1))];
    });
    assert_eq!(refusal(&held).1, "every atom of group `a` is fixed");
}

/// The total momentum counts as lost only where it is constant.
#[test]
fn degrees_of_freedom_follow_the_parts() {
    let potential = argon(6.5);
    let freedom = |stage: Stage| {
        let plan = grouped(vec![drawn(stage, 110.0)]);
        simulation(&plan, &liquid(), &potential).cast().degrees_of_freedom()
    };
    let stage = |ensemble| dynamics("run", 10, 5.0, ensemble);
    assert_eq!(freedom(stage(nve())), 93);
    assert_eq!(freedom(stage(langevin(110.0, 1.0))), 96);
    assert_eq!(freedom(stage(npt(110.0, 0.1, 1.0, natron_dynamics::plan::Coupling::Isotropic))), 93);
    assert_eq!(freedom(change(stage(nve()), |d| d.fixed = names(&["a"]))), 72);
    assert_eq!(freedom(change(stage(nve()), |d| d.zero_momentum = names(&["all"]))), 93);
    assert_eq!(freedom(change(stage(nve()), |d| d.zero_momentum = names(&["a", "b"]))), 90);
    assert_eq!(
        freedom(change(stage(langevin(110.0, 1.0)), |d| d.zero_momentum = names(&["a", "b", "c"]))),
        87
    );
    assert_eq!(freedom(change(stage(nve()), |d| d.thermostats = vec![bath("all", rescale(110.0, 0.1))])), 93);
    assert_eq!(
        freedom(change(stage(nve()), |d| d.thermostats = vec![bath("all", langevin(110.0, 1.0))])),
        96
    );
    assert_eq!(freedom(change(stage(nve()), |d| d.thermostats = vec![bath("a", rescale(110.0, 0.1))])), 96);
}

/// What a trajectory says of a stage, and what is read from it: a Langevin thermostat of one group is warned of as one of all.
#[test]
fn thermostats_of_groups_are_told_and_warned_of() {
    let conditions = |thermostats| {
        let stage = change(dynamics("run", 10, 5.0, nve()), |d| {
            d.thermostats = thermostats;
            d.fixed = names(&["c"]);
        });
        let StageKind::Dynamics(stage) = stage.kind else { panic!("dynamics") };
        stage.conditions()
    };
    let told = conditions(vec![bath("a", langevin(110.0, 2.0)), bath("b", rescale(90.0, 0.1))]);
    assert_eq!(
        told,
        "nve; thermostat of a = nvt-langevin, temperature_K = 110, friction_per_ps = 2; thermostat of b = nvt-rescale, \
         temperature_K = 90, relaxation_ps = 0.1; fixed = c"
    );
    let named = |conditions: &str| -> Vec<String> {
        natron_dynamics::plan::caveats(conditions).into_iter().map(|(name, _)| name.to_owned()).collect()
    };
    assert_eq!(named(&told), ["nvt-langevin"]);
    assert_eq!(named(&conditions(vec![bath("a", rescale(110.0, 0.1))])), Vec::<String>::new());
    assert_eq!(named("npt-mttk, temperature_K = 300"), ["npt-mttk"]);
    assert_eq!(named("nve"), Vec::<String>::new());
}
