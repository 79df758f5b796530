//! The compiled neural potential: pure Rust inference, f32 or f64, any SIMD path.

use std::sync::Mutex;

use natron_atoms::{NeighbourList, Species, Structure};
use natron_descriptor::{Real, SimdPath};
use rayon::prelude::*;

use crate::dense::BLOCK;
use crate::environment::{BlockOutput, Compiled, Scratch};
use crate::file::{self, FileError, Provenance};
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
    provenance: Provenance,
    simd: SimdPath,
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
        Ok(Self { model, elements, kernels, provenance: Provenance::default(), simd: SimdPath::detect() })
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
        Ok(Self { simd, provenance, ..Self::new(self.model, precision)? })
    }

    /// The same potential on another SIMD path.
    pub fn with_simd(self, simd: SimdPath) -> Self {
        Self { simd, ..self }
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

    fn species(&self) -> Option<Vec<Species>> {
        Some(self.elements.clone())
    }

    fn isolated_energy_ev(&self, species: Species) -> f64 {
        let number = self.elements.iter().position(|e| *e == species);
        number.map_or(0.0, |n| self.model.isolated_ev[n])
    }

    fn evaluator(&self) -> Box<dyn Evaluator + '_> {
        match &self.kernels {
            Kernels::F32(compiled) => Box::new(NeuralEvaluator::new(self, compiled)),
            Kernels::F64(compiled) => Box::new(NeuralEvaluator::new(self, compiled)),
        }
    }
}

/// Fewer blocks than this run on the calling thread: waking others would cost more.
const PARALLEL_BLOCKS: usize = 12;

struct NeuralEvaluator<'a, T> {
    potential: &'a NeuralPotential,
    compiled: &'a Compiled<T>,
    species: Vec<Species>,
    numbers: Vec<u32>,
    blocks: Vec<Vec<u32>>,
    outputs: Vec<BlockOutput>,
    scratch: Vec<Mutex<Scratch<T>>>,
}

impl<'a, T: Real> NeuralEvaluator<'a, T> {
    fn new(potential: &'a NeuralPotential, compiled: &'a Compiled<T>) -> Self {
        // One for each worker, and one for a caller outside the pool.
        let threads = rayon::current_num_threads() + 1;
        let scratch = (0..threads).map(|_| Mutex::new(compiled.scratch())).collect();
        let (species, numbers, blocks, outputs) = Default::default();
        Self { potential, compiled, species, numbers, blocks, outputs, scratch }
    }

    /// Groups atoms of one species into blocks; the grouping depends on the species alone, so that sums
    /// have one order whatever the threads.
    fn prepare(&mut self, structure: &Structure) -> Result<(), EvaluationError> {
        if self.species == structure.species {
            return Ok(());
        }
        let elements = &self.potential.elements;
        self.species.clear();
        self.numbers.clear();
        for (atom, &species) in structure.species.iter().enumerate() {
            let number = elements.iter().position(|e| *e == species).ok_or_else(|| {
                let known = elements.iter().map(|e| e.symbol()).collect::<Vec<_>>().join(", ");
                EvaluationError::UnknownSpecies { atom, species, known }
            })?;
            self.numbers.push(number as u32);
        }
        self.blocks.clear();
        for number in 0..elements.len() as u32 {
            let atoms = (0..structure.len() as u32).filter(|&i| self.numbers[i as usize] == number);
            let atoms: Vec<u32> = atoms.collect();
            self.blocks.extend(atoms.chunks(BLOCK).map(<[u32]>::to_vec));
        }
        self.outputs.resize_with(self.blocks.len(), BlockOutput::default);
        self.species.clone_from(&structure.species);
        Ok(())
    }

    /// Sums the blocks in their order.
    fn sum(&self, out: &mut Evaluation) -> Result<(), EvaluationError> {
        for (block, output) in self.blocks.iter().zip(&self.outputs) {
            if let Some((first, second, distance_a)) = output.overlap {
                return Err(EvaluationError::Overlap { first, second, distance_a });
            }
            for ((&centre, energy), force) in block.iter().zip(&output.energies_ev).zip(&output.centre_forces)
            {
                out.atom_energies_ev[centre as usize] = *energy;
                out.forces[centre as usize] += force;
            }
            for (neighbour, force) in &output.neighbour_forces {
                out.forces[*neighbour as usize] += force;
            }
            out.virial_ev += output.virial_ev;
        }
        out.virial_ev = (out.virial_ev + out.virial_ev.transpose()) * 0.5;
        out.energy_ev = out.atom_energies_ev.iter().sum();
        let finite = |atom: usize| {
            out.atom_energies_ev[atom].is_finite() && out.forces[atom].iter().all(|x| x.is_finite())
        };
        match (0..out.forces.len()).find(|&atom| !finite(atom)) {
            Some(atom) => Err(EvaluationError::NotFinite { atom }),
            None => Ok(()),
        }
    }
}

impl<T: Real> Evaluator for NeuralEvaluator<'_, T> {
    fn evaluate(
        &mut self,
        structure: &Structure,
        list: &NeighbourList,
        out: &mut Evaluation,
    ) -> Result<(), EvaluationError> {
        let needed = self.potential.max_cutoff_a();
        if list.cutoff_a() < needed {
            return Err(EvaluationError::ShortList { list_a: list.cutoff_a(), potential_a: needed });
        }
        self.prepare(structure)?;
        out.reset(structure.len());
        let Self { potential, compiled, numbers, scratch, .. } = self;
        let spare = scratch.len() - 1;
        let work = |(centres, output): (&Vec<u32>, &mut BlockOutput)| {
            let thread = rayon::current_thread_index().unwrap_or(spare).min(spare);
            let mut scratch = scratch[thread].lock().expect("no kernel panics while it holds its buffers");
            compiled.block(potential.simd, structure, list, numbers, centres, &mut scratch, output);
        };
        if self.blocks.len() < PARALLEL_BLOCKS {
            self.blocks.iter().zip(&mut self.outputs).for_each(work);
        } else {
            self.blocks.par_iter().zip(&mut self.outputs).for_each(work);
        }
        self.sum(out)
    }
}
