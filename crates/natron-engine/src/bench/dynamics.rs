//! The dynamics that is measured, and the state it starts from.

use std::num::NonZeroU64;

use natron_atoms::units::TIME_UNIT_FS;
use natron_atoms::{Structure, Vec3};
use natron_dynamics::deck::NeighbourDeck;
use natron_dynamics::plan::{Dynamics, Ensemble, MaxSteps, Minimise, Stage, StageKind};
use natron_dynamics::quantity::{ForceEvPerA, FrictionPerPs, LengthA, TemperatureK, TimestepFs};
use natron_dynamics::{Limits, Moment, Observer, ObserverError, PotentialTag, RunPlan, Simulation};

use super::system::{UnitCell, replicate};
use crate::potentials::LoadedPotential;
use crate::{Failure, RunError};

/// Steps of the first stages for a small cell: to relax, to warm up, to count neighbour lists in.
const RELAX_STEPS: u64 = 100;
const WARM_STEPS: u64 = 300;
const COUNTED_STEPS: u64 = 500;
/// So many atoms at most take all these steps, larger cells proportionally fewer.
const SMALL: u64 = 250;
/// Damps the warm-up, 1/ps.
const FRICTION_PER_PS: f64 = 10.0;

const IN_RANGE: &str = "the bench's constants are in range";

/// A cell in thermal motion. Blocks of it move as it does, so that every size is measured at the same work per atom
/// without warming up each.
#[derive(Debug, Clone)]
pub(super) struct Warm {
    structure: Structure,
    velocities_a_per_fs: Vec<Vec3>,
    /// Neighbour lists built in a step, counted over many steps.
    pub(super) rebuilds_per_step: f64,
}

impl Warm {
    /// Relaxes the cell, warms it up and counts its neighbour lists.
    pub(super) fn up(potential: &LoadedPotential, unit: &UnitCell) -> Result<Self, Failure> {
        let share = |steps: u64| (steps * SMALL / (unit.structure.len() as u64).max(SMALL)).max(20);
        let temperature = |factor: f64| TemperatureK::new(factor * unit.temperature_k).expect(IN_RANGE);
        let relax = Minimise::new(ForceEvPerA::new(0.1).expect(IN_RANGE), MaxSteps::Stop(share(RELAX_STEPS)));
        let friction = FrictionPerPs::new(FRICTION_PER_PS).expect(IN_RANGE);
        let warm = Ensemble::Langevin { temperature: temperature(1.0).into(), friction };
        let stages = vec![
            Stage { name: "relax".into(), kind: StageKind::Minimise(relax) },
            // Half of the kinetic energy drawn becomes potential energy.
            stage("warm", share(WARM_STEPS), warm, Some(temperature(2.0))),
            stage("count", share(COUNTED_STEPS), Ensemble::Nve, None),
        ];
        let mut simulation = simulate(potential, unit.structure.clone(), None, stages)?;
        let mut counter = Counter::default();
        simulation.run(&mut counter, &|| false).map_err(failed)?;
        let state = simulation.state();
        Ok(Self {
            structure: state.structure.clone(),
            velocities_a_per_fs: state.velocities.iter().map(|v| v / TIME_UNIT_FS).collect(),
            rebuilds_per_step: counter.per_step(),
        })
    }

    /// A block of at least `atoms` atoms: structure and velocities in A/fs.
    pub(super) fn block(&self, atoms: usize) -> (Structure, Vec<Vec3>) {
        let structure = replicate(&self.structure, atoms);
        let velocities = self.velocities_a_per_fs.iter().copied().cycle().take(structure.len()).collect();
        (structure, velocities)
    }

    /// NVE dynamics of a block, for as long as one watches.
    pub(super) fn simulation<'p>(
        &self,
        potential: &'p LoadedPotential,
        atoms: usize,
    ) -> Result<Simulation<'p>, Failure> {
        let (structure, velocities) = self.block(atoms);
        let stages = vec![stage("run", 1_000_000_000, Ensemble::Nve, None)];
        simulate(potential, structure, Some(&velocities), stages)
    }
}

fn stage(name: &str, steps: u64, ensemble: Ensemble, initial: Option<TemperatureK>) -> Stage {
    let seldom = NonZeroU64::new(1_000_000).expect("not zero");
    let kind = StageKind::Dynamics(Dynamics {
        initial_temperature: initial,
        thermo_every: seldom,
        restart_every: seldom,
        ..Dynamics::new(steps, TimestepFs::new(1.0).expect(IN_RANGE), ensemble)
    });
    Stage { name: name.into(), kind }
}

fn simulate<'p>(
    potential: &'p LoadedPotential,
    structure: Structure,
    velocities_a_per_fs: Option<&[Vec3]>,
    stages: Vec<Stage>,
) -> Result<Simulation<'p>, Failure> {
    let skin = LengthA::new(NeighbourDeck::default().skin_a).expect("the deck's default is in range");
    let plan = RunPlan { seed: 1, groups: Vec::new(), stages, limits: Limits::default(), skin };
    let tag = PotentialTag { sha256: potential.sha256, kernel: potential.kernel() };
    Simulation::new(&plan, 0, structure, velocities_a_per_fs, &*potential.potential, tag)
        .map_err(|error| RunError::new(error.to_string()).into())
}

/// A run that was only to be measured went wrong.
pub(super) fn failed(error: natron_dynamics::RunError) -> Failure {
    RunError::new(format!("the measured dynamics failed: {error}")).into()
}

/// Counts neighbour lists in the last of three stages.
#[derive(Debug, Default)]
struct Counter {
    first: Option<u64>,
    lists: u64,
    steps: u64,
}

impl Counter {
    fn per_step(&self) -> f64 {
        self.lists as f64 / self.steps.max(1) as f64
    }
}

impl Observer for Counter {
    fn on_step(&mut self, at: Moment) -> Result<(), ObserverError> {
        if at.stage == 2 {
            self.lists = at.list_rebuilds - *self.first.get_or_insert(at.list_rebuilds);
            // The first step only sets the count.
            self.steps = at.step_in_stage - 1;
        }
        Ok(())
    }
}
