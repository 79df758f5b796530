//! The compiled neural potential: pure Rust inference, f32 or f64, any SIMD path.

use std::sync::OnceLock;

use natron_atoms::{NeighbourList, Species, Structure, Vec3};
use natron_descriptor::SimdPath;
use rayon::prelude::*;

use crate::dispersion::Dispersion;
use crate::evaluator::NeuralEvaluator;
use crate::file::{self, FileError, Provenance, UncertaintyFactors};
use crate::kernel::Compiled;
use crate::model::{Model, ModelError};
use crate::{Evaluation, EvaluationError, Evaluator, Potential};

/// Arithmetic of the inner loops; energies, forces and the virial are summed in f64 either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// Single precision: the default.
    F32,
    /// Double precision: the reference.
    F64,
}

#[derive(Debug, Clone)]
enum Kernels {
    F32(Compiled<f32>),
    F64(Compiled<f64>),
}

/// A neural potential ready to run.
#[derive(Debug, Clone)]
pub struct NeuralPotential {
    model: Model,
    elements: Vec<Species>,
    kernels: Kernels,
    dispersion: Option<Dispersion>,
    provenance: Provenance,
    simd: SimdPath,
    /// What each member of the ensemble is more than the model; compiled when first asked for.
    members: OnceLock<Vec<NeuralPotential>>,
}

impl NeuralPotential {
    /// Compiles a model.
    ///
    /// # Errors
    /// The model does not hold together.
    pub fn new(model: Model, precision: Precision) -> Result<Self, ModelError> {
        let kernels = match precision {
            Precision::F32 => Kernels::F32(Compiled::new(&model)?),
            Precision::F64 => Kernels::F64(Compiled::new(&model)?),
        };
        let elements = model.spec.elements()?;
        let dispersion = model.spec.dispersion_term()?;
        let (provenance, simd) = (Provenance::default(), SimdPath::detect());
        Ok(Self { model, elements, kernels, dispersion, provenance, simd, members: OnceLock::new() })
    }

    /// Reads and compiles the bytes of a potential file, in f32 on the processor's best SIMD path.
    ///
    /// # Errors
    /// See [`FileError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FileError> {
        let (model, provenance) = file::from_bytes(bytes)?;
        Ok(Self { provenance, ..Self::new(model, Precision::F32)? })
    }

    /// The same potential in another precision.
    ///
    /// # Errors
    /// None for a potential that compiled once.
    pub fn with_precision(self, precision: Precision) -> Result<Self, ModelError> {
        let (simd, provenance) = (self.simd, self.provenance);
        Ok(Self { provenance, ..Self::new(self.model, precision)?.with_simd(simd) })
    }

    /// The same potential on another SIMD path.
    pub fn with_simd(self, simd: SimdPath) -> Self {
        let dispersion = self.dispersion.map(|term| term.with_simd(simd));
        Self { simd, dispersion, members: OnceLock::new(), ..self }
    }

    /// The same potential with other factors from the spread of its ensemble to standard deviations.
    pub fn with_uncertainty_factors(mut self, factors: UncertaintyFactors) -> Self {
        self.provenance.uncertainty = Some(factors);
        self
    }

    /// The features of every atom, standardised as its network takes them: `[atoms][features]`. The list must reach as for energies.
    ///
    /// # Errors
    /// As [`Evaluator::evaluate`].
    pub fn describe(&self, structure: &Structure, list: &NeighbourList) -> Result<Vec<f64>, EvaluationError> {
        match &self.kernels {
            Kernels::F32(compiled) => NeuralEvaluator::new(self, compiled).describe(structure, list),
            Kernels::F64(compiled) => NeuralEvaluator::new(self, compiled).describe(structure, list),
        }
    }

    fn members(&self) -> &[NeuralPotential] {
        self.members.get_or_init(|| {
            let member = |m: usize| {
                Self::new(self.model.member(m), self.precision())
                    .expect("a member of a checked model holds together")
                    .with_simd(self.simd)
            };
            (0..self.model.members()).map(member).collect()
        })
    }

    /// The SIMD path it runs on.
    pub fn simd(&self) -> SimdPath {
        self.simd
    }

    /// The precision it runs in.
    pub fn precision(&self) -> Precision {
        match self.kernels {
            Kernels::F32(_) => Precision::F32,
            Kernels::F64(_) => Precision::F64,
        }
    }

    /// The model as numbers.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Its dispersion term, if it has one.
    pub fn dispersion(&self) -> Option<&Dispersion> {
        self.dispersion.as_ref()
    }

    /// Factors from the spread of the ensemble to standard deviations; 1 before they are calibrated.
    pub fn uncertainty_factors(&self) -> UncertaintyFactors {
        self.provenance.uncertainty.unwrap_or(UncertaintyFactors::both(1.0))
    }

    /// Data and errors recorded in its file.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }
}

impl Potential for NeuralPotential {
    fn cutoff_a(&self, a: Species, b: Species) -> f64 {
        let number = |s| self.elements.iter().position(|e| *e == s);
        match (number(a), number(b)) {
            (Some(a), Some(b)) => self.model.spec.pairs[self.model.spec.pair_index(a, b)].cutoff_a,
            _ => 0.0,
        }
    }

    fn max_cutoff_a(&self) -> f64 {
        self.model.spec.max_cutoff_a()
    }

    fn reach_a(&self, a: Species, b: Species) -> f64 {
        let dispersion_a = self.dispersion.as_ref().map_or(0.0, |term| term.spec().cutoff_a);
        self.cutoff_a(a, b).max(self.cutoff_a(b, a)).max(dispersion_a)
    }

    fn species(&self) -> Option<Vec<Species>> {
        Some(self.elements.clone())
    }

    fn isolated_energy_ev(&self, species: Species) -> f64 {
        let number = self.elements.iter().position(|e| *e == species);
        number.map_or(0.0, |n| self.model.isolated_ev[n])
    }

    fn knows_uncertainty(&self) -> bool {
        self.model.members() > 0
    }

    fn force_std_ev_per_a(
        &self,
        structure: &Structure,
        list: &NeighbourList,
    ) -> Result<Option<Vec<Vec3>>, EvaluationError> {
        let (members, atoms) = (self.members(), structure.len());
        if members.is_empty() {
            return Ok(None);
        }
        let forces = members
            .par_iter()
            .map(|member| {
                let mut out = Evaluation::zeros(atoms);
                member.evaluator().evaluate(structure, list, &mut out).map(|()| out.forces)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let scale = self.uncertainty_factors().forces.powi(2) / members.len() as f64;
        let of_atom = |atom: usize| {
            let squares = forces.iter().map(|forces| forces[atom].component_mul(&forces[atom])).sum::<Vec3>();
            squares.map(|sum| (scale * sum).sqrt())
        };
        Ok(Some((0..atoms).map(of_atom).collect()))
    }

    fn evaluator(&self) -> Box<dyn Evaluator + '_> {
        match &self.kernels {
            Kernels::F32(compiled) => Box::new(NeuralEvaluator::new(self, compiled)),
            Kernels::F64(compiled) => Box::new(NeuralEvaluator::new(self, compiled)),
        }
    }
}
