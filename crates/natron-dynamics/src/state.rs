//! Atoms in motion, with the forces that act on them.

use std::time::{Duration, Instant};

use natron_atoms::units::TIME_UNIT_FS;
use natron_atoms::{NeighbourError, NeighbourList, Structure, Vec3};
use natron_potential::{Evaluation, EvaluationError, Evaluator, PhaseTimes, Potential};

use crate::cast::Cast;
use crate::quantity::LengthA;
use crate::thermo;

/// Positions, velocities, and the energy and forces at these positions: complete from birth.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// Cell, species, unwrapped positions (A).
    pub structure: Structure,
    /// Velocities in internal units, A per A sqrt(amu/eV), `[n]`.
    pub velocities: Vec<Vec3>,
    /// Masses, amu, `[n]`.
    pub masses_amu: Vec<f64>,
    /// Energy, forces, virial at these positions.
    pub evaluation: Evaluation,
    /// Masses as forces feel them, amu, `[n]`: infinite for fixed atoms.
    inertia_amu: Vec<f64>,
    /// Atoms of each group whose centre of mass rests.
    resting: Vec<Vec<usize>>,
}

/// Why a step could not be made. The state is that of the moment.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum StepError {
    /// An atom would move farther than one step should take it.
    #[error("atom {atom} moves {way_a:.3} A where {way_max_a:.3} A are allowed")]
    Displacement {
        /// Index of the atom, from 0.
        atom: usize,
        /// How far, A, in one step or in a part of it.
        way_a: f64,
        /// How far it may, in the same part.
        way_max_a: f64,
    },
    /// The cell would change more than one step should change it.
    #[error("the cell changes by {:.1} % in one step", 100.0 * strain)]
    Strain {
        /// Largest component of the strain.
        strain: f64,
    },
    /// The neighbour list could not be built.
    #[error(transparent)]
    Neighbour(#[from] NeighbourError),
    /// The potential has no value there.
    #[error(transparent)]
    Evaluation(#[from] EvaluationError),
}

/// A potential at work: its evaluator and the neighbour list.
pub struct Forces<'p> {
    evaluator: Box<dyn Evaluator + 'p>,
    list: NeighbourList,
    rebuilds: u64,
    /// What was timed; `None` where the clock is not to be read.
    times: Option<ForceTimes>,
}

/// Where the time of forces goes, summed since [`Forces::time_phases`].
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ForceTimes {
    /// Keeping the neighbour list up to date, by the clock.
    pub neighbour_list: Duration,
    /// Energy, forces and virial from the list, by the clock.
    pub evaluation: Duration,
    /// The parts of the evaluation, where the potential has parts.
    pub phases: Option<PhaseTimes>,
}

impl<'p> Forces<'p> {
    /// The forces of `potential`, with a list built at the positions of `structure`.
    ///
    /// # Errors
    /// The list cannot be built.
    pub fn new(
        potential: &'p dyn Potential,
        structure: &Structure,
        skin: LengthA,
    ) -> Result<Self, NeighbourError> {
        let list = NeighbourList::build_by_pair(structure, potential.cutoffs(), skin.get())?;
        Ok(Self { evaluator: potential.evaluator(), list, rebuilds: 0, times: None })
    }

    /// Energy, forces and virial of `structure`, checked to be finite.
    ///
    /// # Errors
    /// The list cannot be built, the potential refuses, or a value is not finite.
    pub fn evaluate(&mut self, structure: &Structure, out: &mut Evaluation) -> Result<(), StepError> {
        let clock = || self.times.is_some().then(Instant::now);
        let started = clock();
        self.rebuilds += u64::from(self.list.update(structure)?);
        let listed = clock();
        self.evaluator.evaluate(structure, &self.list, out)?;
        if let (Some(times), Some(started), Some(listed)) = (&mut self.times, started, listed) {
            times.neighbour_list += listed - started;
            times.evaluation += listed.elapsed();
        }
        let finite = |force: &Vec3| force.iter().all(|x| x.is_finite());
        if let Some(atom) = out.forces.iter().position(|force| !finite(force)) {
            return Err(EvaluationError::NotFinite { atom }.into());
        }
        if !out.energy_ev.is_finite() || out.virial_ev.iter().any(|x| !x.is_finite()) {
            let atom = out.atom_energies_ev.iter().position(|e| !e.is_finite()).unwrap_or(0);
            return Err(EvaluationError::NotFinite { atom }.into());
        }
        Ok(())
    }

    /// The list as it stands.
    pub fn list(&self) -> &NeighbourList {
        &self.list
    }

    /// How often the list was rebuilt.
    pub fn rebuilds(&self) -> u64 {
        self.rebuilds
    }

    /// Starts (or stops) to time the list and the evaluation, from zero. Off at first: then no clock is read.
    pub fn time_phases(&mut self, on: bool) {
        self.times = on.then(ForceTimes::default);
        self.evaluator.time_phases(on);
    }

    /// What was timed since [`Forces::time_phases`]; `None` where nothing is timed.
    pub fn times(&self) -> Option<ForceTimes> {
        self.times.map(|times| ForceTimes { phases: self.evaluator.phase_times(), ..times })
    }
}

impl State {
    /// The state at the positions of `structure`, with `velocities` in internal units, `[n]`.
    ///
    /// # Errors
    /// See [`Forces::evaluate`].
    ///
    /// # Panics
    /// `velocities` has another length than `structure`.
    pub fn new(
        structure: Structure,
        velocities: Vec<Vec3>,
        forces: &mut Forces<'_>,
    ) -> Result<Self, StepError> {
        assert_eq!(structure.len(), velocities.len(), "one velocity for each atom");
        let mut evaluation = Evaluation::zeros(structure.len());
        forces.evaluate(&structure, &mut evaluation)?;
        let masses_amu: Vec<f64> = structure.species.iter().map(|s| s.mass_amu()).collect();
        let inertia_amu = masses_amu.clone();
        Ok(Self { structure, velocities, masses_amu, evaluation, inertia_amu, resting: Vec::new() })
    }

    /// Number of atoms.
    pub fn len(&self) -> usize {
        self.structure.len()
    }

    /// Whether there is no atom.
    pub fn is_empty(&self) -> bool {
        self.structure.is_empty()
    }

    /// Kinetic energy, eV.
    pub fn kinetic_energy_ev(&self) -> f64 {
        let twice: f64 =
            self.velocities.iter().zip(&self.masses_amu).map(|(v, m)| m * v.norm_squared()).sum();
        0.5 * twice
    }

    /// Potential plus kinetic energy, eV.
    pub fn total_energy_ev(&self) -> f64 {
        self.evaluation.energy_ev + self.kinetic_energy_ev()
    }

    /// Kinetic temperature, K; `conserves_momentum` decides whether the centre of mass counts.
    pub fn temperature_k(&self, conserves_momentum: bool) -> f64 {
        thermo::temperature_k(
            self.kinetic_energy_ev(),
            thermo::degrees_of_freedom(self.len(), conserves_momentum),
        )
    }

    /// Kinetic energy of some atoms, eV.
    pub fn kinetic_energy_of_ev(&self, atoms: &[usize]) -> f64 {
        0.5 * atoms.iter().map(|&i| self.masses_amu[i] * self.velocities[i].norm_squared()).sum::<f64>()
    }

    /// The longest force on an atom that can move, and the atom: (atom, eV/A).
    pub fn longest_force(&self) -> (usize, f64) {
        let mut longest = (0, 0.0);
        for (atom, force) in self.evaluation.forces.iter().enumerate() {
            let squared = force.norm_squared();
            if squared > longest.1 && !self.is_fixed(atom) {
                longest = (atom, squared);
            }
        }
        (longest.0, longest.1.sqrt())
    }

    /// Whether an atom stays where it is.
    pub fn is_fixed(&self, atom: usize) -> bool {
        self.inertia_amu[atom].is_infinite()
    }

    /// Takes over who is fixed and which groups rest.
    pub(crate) fn cast(&mut self, cast: &Cast) {
        let inertia = self.masses_amu.iter().zip(&cast.fixed);
        self.inertia_amu = inertia.map(|(&mass, &fixed)| if fixed { f64::INFINITY } else { mass }).collect();
        self.resting.clone_from(&cast.resting);
    }

    /// Puts to rest what must rest: fixed atoms and the centres of mass of resting groups.
    pub(crate) fn settle(&mut self) {
        for (velocity, inertia) in self.velocities.iter_mut().zip(&self.inertia_amu) {
            if inertia.is_infinite() {
                velocity.fill(0.0);
            }
        }
        self.rest_groups();
    }

    /// Takes the velocity of its centre of mass from each resting group. For the linear constraint that it rests this
    /// is the exact projection, as of forces F_i - (m_i / M) F_group, which do no work.
    pub(crate) fn rest_groups(&mut self) {
        for group in &self.resting {
            let momentum: Vec3 = group.iter().map(|&i| self.velocities[i] * self.masses_amu[i]).sum();
            let drift = momentum / group.iter().map(|&i| self.masses_amu[i]).sum::<f64>();
            group.iter().for_each(|&i| self.velocities[i] -= drift);
        }
    }

    /// The forces act for a time (internal units): v += F t / m.
    pub(crate) fn kick(&mut self, time: f64) {
        let atoms = self.velocities.iter_mut().zip(&self.evaluation.forces).zip(&self.inertia_amu);
        for ((velocity, force), inertia) in atoms {
            *velocity += force * (time / inertia);
        }
        self.rest_groups();
    }

    /// Free flight for a time (internal units): x += v t, unless an atom would fly farther than `way_max_a`;
    /// then nothing moves.
    pub(crate) fn drift(&mut self, time: f64, way_max_a: f64) -> Result<(), StepError> {
        let speed_max = way_max_a / time;
        // Asked this way round, a NaN velocity is an error too.
        let slow = |v: &Vec3| v.norm_squared() <= speed_max * speed_max;
        if let Some(atom) = self.velocities.iter().position(|v| !slow(v)) {
            let way_a = self.velocities[atom].norm() * time;
            return Err(StepError::Displacement { atom, way_a, way_max_a });
        }
        for (position, velocity) in self.structure.positions.iter_mut().zip(&self.velocities) {
            *position += velocity * time;
        }
        Ok(())
    }

    /// Energy and forces at the present positions.
    pub(crate) fn refresh(&mut self, forces: &mut Forces<'_>) -> Result<(), StepError> {
        forces.evaluate(&self.structure, &mut self.evaluation)
    }

    /// Writes the velocities in A/fs.
    pub(crate) fn velocities_a_per_fs(&self, out: &mut Vec<Vec3>) {
        out.clear();
        out.extend(self.velocities.iter().map(|v| v / TIME_UNIT_FS));
    }
}
