//! What a potential gives: energy, forces, virial, uncertainty.

use natron_atoms::{Cutoffs, Mat3, NeighbourError, NeighbourList, Species, Structure, Vec3};

/// The values of one structure.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// Total energy, eV.
    pub energy_ev: f64,
    /// Energy of each atom, eV, `[n]`; sums to the total.
    pub atom_energies_ev: Vec<f64>,
    /// Forces -dE/dr, eV/A, `[n]`.
    pub forces: Vec<Vec3>,
    /// Virial -dE/d(strain) = -V stress, eV; symmetric, positive under compression.
    pub virial_ev: Mat3,
    /// Standard deviation of each atom's energy, eV, `[n]`, where the potential knows one.
    pub atom_energy_std_ev: Option<Vec<f64>>,
    /// Standard deviation of the total energy, eV, where the potential knows one.
    pub energy_std_ev: Option<f64>,
    /// How much more each member of the ensemble gives for the total energy than the potential, eV, on the scale of
    /// `energy_std_ev`, which is their root mean square; empty where there is no ensemble. Differences of energies have the
    /// differences of these.
    pub member_energies_ev: Vec<f64>,
}

impl Evaluation {
    /// An evaluation of the right size, filled with zeros, to be filled by [`Evaluator::evaluate`].
    pub fn zeros(atoms: usize) -> Self {
        Self {
            energy_ev: 0.0,
            atom_energies_ev: vec![0.0; atoms],
            forces: vec![Vec3::zeros(); atoms],
            virial_ev: Mat3::zeros(),
            atom_energy_std_ev: None,
            energy_std_ev: None,
            member_energies_ev: Vec::new(),
        }
    }

    /// Adds the forces and the virial of one pair term whose energy has the gradient `gradient` (eV/A)
    /// with respect to `vector`, the way (A) from atom `i` to atom `j`.
    #[inline]
    pub fn add_pair(&mut self, i: usize, j: usize, vector: &Vec3, gradient: Vec3) {
        self.forces[i] += gradient;
        self.forces[j] -= gradient;
        self.virial_ev -= gradient * vector.transpose();
    }

    /// Sets every value to zero, for `atoms` atoms, keeping buffers.
    pub fn reset(&mut self, atoms: usize) {
        self.energy_ev = 0.0;
        self.virial_ev = Mat3::zeros();
        self.atom_energies_ev.clear();
        self.atom_energies_ev.resize(atoms, 0.0);
        self.forces.clear();
        self.forces.resize(atoms, Vec3::zeros());
        self.energy_std_ev = None;
        self.member_energies_ev.clear();
        self.atom_energy_std_ev = None;
    }
}

/// Why a structure has no energy.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EvaluationError {
    /// The potential was not made for this element.
    #[error("atom {atom} is {species}, which the potential does not know (it knows {known})")]
    UnknownSpecies {
        /// Index of the atom, from 0.
        atom: usize,
        /// Its element.
        species: Species,
        /// Symbols the potential knows.
        known: String,
    },
    /// A pair is so close that energies mean nothing.
    #[error("atoms {first} and {second} are {distance_a:.3} A apart")]
    Overlap {
        /// Index of one atom.
        first: usize,
        /// Index of the other.
        second: usize,
        /// Distance, A.
        distance_a: f64,
    },
    /// The list's cutoff is shorter than the potential's.
    #[error("the neighbour list reaches {list_a} A, the potential needs {potential_a} A")]
    ShortList {
        /// Cutoff of the list, A.
        list_a: f64,
        /// Cutoff of the potential, A.
        potential_a: f64,
    },
    /// The dispersion term has no neighbour list.
    #[error("dispersion: {source}")]
    Dispersion {
        /// Why.
        source: NeighbourError,
    },
    /// An energy or a force is NaN or infinite.
    #[error("the force on atom {atom} is not finite")]
    NotFinite {
        /// Index of the atom, from 0.
        atom: usize,
    },
}

/// An interatomic potential: immutable, shared between threads.
pub trait Potential: Send + Sync {
    /// Distance to which a neighbour list has to hold the neighbours `b` of `a`, A.
    fn cutoff_a(&self, a: Species, b: Species) -> f64;

    /// Distance beyond which `a` and `b` have nothing to do with each other, A. Farther than [`Potential::cutoff_a`] where a part of the
    /// potential looks for neighbours itself.
    fn reach_a(&self, a: Species, b: Species) -> f64 {
        self.cutoff_a(a, b).max(self.cutoff_a(b, a))
    }

    /// The longest cutoff, A: what a neighbour list has to reach.
    fn max_cutoff_a(&self) -> f64;

    /// What a neighbour list has to hold: [`Potential::cutoff_a`] of every pair of its elements.
    fn cutoffs(&self) -> Cutoffs {
        match self.species() {
            Some(species) => Cutoffs::by_pair(&species, |a, b| self.cutoff_a(a, b)),
            None => Cutoffs::uniform(self.max_cutoff_a()),
        }
    }

    /// The elements it was made for; `None` if it takes all.
    fn species(&self) -> Option<Vec<Species>>;

    /// Energy of the isolated atom, eV (0 where the potential has no such notion).
    fn isolated_energy_ev(&self, _species: Species) -> f64 {
        0.0
    }

    /// Whether its evaluations come with standard deviations.
    fn knows_uncertainty(&self) -> bool {
        false
    }

    /// Standard deviation of each force component, eV/A, `[n]`, where the potential knows one. Takes as long as many
    /// evaluations. `list` must hold [`Potential::cutoffs`].
    ///
    /// # Errors
    /// See [`EvaluationError`].
    fn force_std_ev_per_a(
        &self,
        _structure: &Structure,
        _list: &NeighbourList,
    ) -> Result<Option<Vec<Vec3>>, EvaluationError> {
        Ok(None)
    }

    /// A calculator with its own buffers.
    fn evaluator(&self) -> Box<dyn Evaluator + '_>;
}

/// Processor time of the parts of an evaluation, s, summed over threads and over evaluations.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct PhaseTimes {
    /// Pairs, radial functions, harmonics, density, features.
    pub forward_s: f64,
    /// Energies from features, and their gradient.
    pub network_s: f64,
    /// From the gradient by the features to forces and the virial.
    pub backward_s: f64,
    /// The dispersion term and its lists, by the clock; none where there is no such term.
    pub dispersion_s: Option<f64>,
}

/// A calculator that owns its buffers.
pub trait Evaluator: Send {
    /// Fills `out` with the values of `structure`. `list` must hold [`Potential::cutoffs`].
    ///
    /// # Errors
    /// See [`EvaluationError`].
    fn evaluate(
        &mut self,
        structure: &Structure,
        list: &NeighbourList,
        out: &mut Evaluation,
    ) -> Result<(), EvaluationError>;

    /// Starts (or stops) to time the parts of evaluations, from zero. Nothing happens where there are no parts.
    fn time_phases(&mut self, _on: bool) {}

    /// What was timed since [`Evaluator::time_phases`]; `None` where there are no parts or none is timed.
    fn phase_times(&self) -> Option<PhaseTimes> {
        None
    }
}
