//! Entering a stage, one step of it, and its end.

use natron_atoms::Vec3;

use super::{Motion, RunError, Simulation};
use crate::blocks::Blocks;
use crate::cast::Cast;
use crate::guard::{Breach, Guard, Instability};
use crate::integrator::Integrator;
use crate::minimise::{Minimiser, stress_left_gpa};
use crate::plan::{Dynamics, Ensemble, MaxSteps, StageKind};
use crate::progress::Progress;
use crate::random::{Purpose, RandomKey};
use crate::summary::{StageResult, StageSummary};
use crate::thermo;
use crate::velocities;

impl Simulation<'_> {
    /// Makes `index` the present stage, at its step 0. `in_motion`: the velocities mean something.
    pub(super) fn enter_stage(&mut self, index: usize, in_motion: bool) {
        let before = std::mem::take(&mut self.progress);
        let stage = &self.plan.stages[index];
        self.progress = Progress {
            stage: index,
            stage_name: stage.name.clone(),
            step: before.step,
            stage_start_ps: before.time_ps,
            time_ps: before.time_ps,
            rows: before.rows,
            frames: before.frames,
            last_frame_step: before.last_frame_step,
            summaries: before.summaries,
            ..Progress::default()
        };
        self.state.cast(&self.casts[index]);
        match stage.kind.clone() {
            // What relaxes is at rest.
            StageKind::Minimise(_) => self.state.velocities.fill(Vec3::zeros()),
            StageKind::Dynamics(dynamics) => self.start_dynamics(&dynamics, in_motion),
        }
        self.set_in_motion();
    }

    fn start_dynamics(&mut self, stage: &Dynamics, in_motion: bool) {
        let thermostat = stage.ensemble.temperature().map(|temperature| temperature.from);
        let drawn_at = stage.initial_temperature.or(thermostat.filter(|_| !in_motion));
        if let Some(temperature) = drawn_at {
            let key = self.key(Purpose::Velocities);
            // Among fixed atoms there is no centre of mass that should rest.
            let draw = if self.cast().holds_atoms() { velocities::draw_each } else { velocities::draw };
            draw(&mut self.state.velocities, &self.state.masses_amu, temperature, key.at_step(0));
        } else if self.cast().conserves_momentum {
            // A thermostat that does not conserve momentum leaves some, which would count as heat for ever.
            velocities::rest_centre_of_mass(&mut self.state.velocities, &self.state.masses_amu);
        }
        self.state.settle();
        self.progress.averages.groups_k = stage.thermostats.iter().map(|_| Blocks::default()).collect();
        self.progress.energy_from_ev = self.state.total_energy_ev();
        self.sample(stage, self.state.kinetic_energy_ev());
    }

    fn key(&self, purpose: Purpose) -> RandomKey {
        RandomKey::new(self.plan.seed, self.replica, self.progress.stage, purpose)
    }

    /// Makes the integrator and the guard of the present stage.
    pub(super) fn set_in_motion(&mut self) {
        self.motion = match &self.stage().kind {
            StageKind::Minimise(stage) => Motion::Minimise(Minimiser::new(stage, &self.state)),
            StageKind::Dynamics(stage) => {
                let limits = self.plan.limits;
                let key = self.key(Purpose::Thermostat);
                let way_max = limits.displacement_max;
                Motion::Dynamics {
                    integrator: Integrator::new(stage, self.cast(), way_max, &self.state.masses_amu, key),
                    guard: Guard {
                        limits,
                        conserved_from_ev: (stage.ensemble == Ensemble::Nve && stage.thermostats.is_empty())
                            .then_some(self.progress.energy_from_ev),
                        freedom: self.cast().freedom,
                    },
                }
            }
        };
    }

    /// Judges the start of a stage before its first step.
    pub(super) fn judge_start(&self) -> Result<(), RunError> {
        match &self.motion {
            Motion::Rest | Motion::Minimise(_) => Ok(()),
            Motion::Dynamics { guard, .. } => guard
                .check(&self.state, self.state.kinetic_energy_ev())
                .map_err(|breach| self.unstable(breach)),
        }
    }

    /// One step of the present stage.
    pub(super) fn step(&mut self) -> Result<(), RunError> {
        let number = self.progress.step_in_stage;
        self.progress.step_in_stage += 1;
        self.progress.step += 1;
        let heat = match &mut self.motion {
            Motion::Rest => Ok(0.0),
            Motion::Minimise(minimiser) => minimiser.step(&mut self.state, &mut self.forces).map(|()| 0.0),
            Motion::Dynamics { integrator, .. } => integrator.step(&mut self.state, &mut self.forces, number),
        };
        let heat = heat.map_err(|error| {
            self.unstable(Breach::of_step(error, &self.state.structure, &self.plan.limits))
        })?;
        let Motion::Dynamics { guard, .. } = &self.motion else { return Ok(()) };
        let StageKind::Dynamics(stage) = &self.plan.stages[self.progress.stage].kind else { return Ok(()) };
        let kinetic_ev = self.state.kinetic_energy_ev();
        guard.check(&self.state, kinetic_ev).map_err(|breach| self.unstable(breach))?;
        self.progress.heat_ev += heat;
        self.progress.time_ps = stage.time_ps(self.progress.stage_start_ps, self.progress.step_in_stage);
        let cast = &self.casts[self.progress.stage];
        sample(&mut self.progress, &self.state, (stage, cast), kinetic_ev);
        Ok(())
    }

    fn sample(&mut self, stage: &Dynamics, kinetic_ev: f64) {
        let cast = &self.casts[self.progress.stage];
        sample(&mut self.progress, &self.state, (stage, cast), kinetic_ev);
    }

    fn unstable(&self, breach: Breach) -> RunError {
        let mut velocities_a_per_fs: Vec<Vec3> = Vec::new();
        self.state.velocities_a_per_fs(&mut velocities_a_per_fs);
        RunError::Unstable(Box::new(Instability {
            stage: self.progress.stage_name.clone(),
            step: self.progress.step,
            time_ps: self.progress.time_ps,
            breach,
            structure: self.state.structure.clone(),
            velocities_a_per_fs,
            forces_ev_per_a: self.state.evaluation.forces.clone(),
        }))
    }

    /// If the present stage is complete: its summary.
    ///
    /// # Errors
    /// A minimisation has used up its steps.
    pub(super) fn completed(&self) -> Result<Option<StageSummary>, RunError> {
        let steps = self.progress.step_in_stage;
        let result = match &self.stage().kind {
            StageKind::Dynamics(stage) if steps < stage.steps => return Ok(None),
            StageKind::Dynamics(stage) => {
                StageResult::Dynamics(self.progress.averages.summary(stage, self.state.len()))
            }
            StageKind::Minimise(stage) => {
                let (atom, force) = self.state.longest_force();
                let stress =
                    stage.cell.map(|cell| (stress_left_gpa(cell, &self.state), cell.stress_max.get()));
                let converged =
                    force <= stage.force_max.get() && stress.is_none_or(|(left, wanted)| left <= wanted);
                match stage.max_steps {
                    _ if converged => {}
                    MaxSteps::Stop(most) if steps >= most => {}
                    MaxSteps::Fail(most) if steps >= most => {
                        return Err(RunError::NotConverged {
                            stage: self.progress.stage_name.clone(),
                            steps,
                            atom,
                            force_ev_per_a: force,
                            wanted_ev_per_a: stage.force_max.get(),
                            stress_gpa: stress,
                        });
                    }
                    _ => return Ok(None),
                }
                StageResult::Minimise {
                    converged,
                    force_max_ev_per_a: force,
                    potential_energy_ev: self.state.evaluation.energy_ev,
                    stress_left_gpa: stress.map(|(left, _)| left),
                    volume_a3: stage.cell.map(|_| self.state.structure.cell.volume_a3()),
                }
            }
        };
        let name = self.progress.stage_name.clone();
        Ok(Some(StageSummary { name, steps, end_ps: self.progress.time_ps, result }))
    }
}

/// Adds the present state to the averages.
fn sample(
    progress: &mut Progress,
    state: &crate::state::State,
    (stage, cast): (&Dynamics, &Cast),
    kinetic_ev: f64,
) {
    let averages = &mut progress.averages;
    averages.temperature_k.push(thermo::temperature_k(kinetic_ev, cast.freedom));
    for (blocks, bath) in averages.groups_k.iter_mut().zip(&cast.baths) {
        blocks.push(thermo::temperature_k(state.kinetic_energy_of_ev(&bath.atoms), bath.freedom));
    }
    averages.potential_energy_ev.push(state.evaluation.energy_ev);
    if let Some(pressure) = thermo::pressure_gpa(kinetic_ev, &state.evaluation, &state.structure.cell) {
        averages.pressure_gpa.push(pressure);
    }
    if stage.ensemble.moves_cell() {
        averages.volume_a3.push(state.structure.cell.volume_a3());
    }
    averages.conserved_ev.push(state.evaluation.energy_ev + kinetic_ev - progress.heat_ev);
}
