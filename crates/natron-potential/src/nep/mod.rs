//! Neuroevolution potentials (NEP, versions 3 and 4) as GPUMD, calorine and torchnep write them: `nep.txt`.
//!
//! Z. Fan et al., J. Chem. Phys. 157, 114801 (2022), 10.1063/5.0106617 (NEP3); K. Song et al., Nat. Commun. 15, 10208
//! (2024), 10.1038/s41467-024-54554-x (NEP4: a network for each element; NEP-ZBL: J. Liu et al.,
//! 10.1103/PhysRevB.108.054312). An outside reference for everything that takes a [`Potential`], and the quickest way to
//! compare with another model. In f64 throughout, as calorine is, whose energies and forces it gives.
//!
//! Walls act wherever a pair is inside their end, also where that lies beyond the angular cutoff (GPUMD forgets
//! such pairs and their energy jumps there).

mod basis;
mod evaluator;
mod kernel;
mod many_body;
mod model;
mod parse;
mod radii;
mod wall;

use natron_atoms::Species;
use natron_descriptor::SimdPath;

pub use parse::NepError;

use crate::{Evaluator, Potential};
use kernel::{Compiled, Scratch};

/// A neuroevolution potential ready to run.
#[derive(Debug, Clone)]
pub struct NepPotential {
    version: u8,
    species: Vec<Species>,
    compiled: Compiled,
    isolated_ev: Vec<f64>,
    simd: SimdPath,
}

impl NepPotential {
    /// Whether bytes look like a `nep.txt`, from their beginning.
    pub fn recognises(bytes: &[u8]) -> bool {
        bytes.trim_ascii_start().starts_with(b"nep")
    }

    /// Reads the bytes of a `nep.txt`.
    ///
    /// # Errors
    /// What is wrong with it, and in which line.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NepError> {
        let model = parse::parse(bytes)?;
        let compiled = Compiled::new(&model);
        let mut scratch = Scratch::default();
        let alone = |kind| compiled.atom(kind, &mut scratch, &mut []);
        let isolated_ev = (0..model.species.len()).map(alone).collect();
        let simd = SimdPath::detect();
        Ok(Self { version: model.version, species: model.species, compiled, isolated_ev, simd })
    }

    /// The same potential on another SIMD path. All of them give the same bits.
    pub fn with_simd(self, simd: SimdPath) -> Self {
        Self { simd, ..self }
    }

    /// Instructions it runs with.
    pub fn simd(&self) -> SimdPath {
        self.simd
    }

    /// 3 or 4.
    pub fn version(&self) -> u8 {
        self.version
    }

    fn kind(&self, species: Species) -> Option<usize> {
        self.species.iter().position(|s| *s == species)
    }
}

impl Potential for NepPotential {
    fn cutoff_a(&self, a: Species, b: Species) -> f64 {
        match (self.kind(a), self.kind(b)) {
            (Some(a), Some(b)) => self.compiled.cutoff_a(a, b),
            _ => self.max_cutoff_a(),
        }
    }

    fn max_cutoff_a(&self) -> f64 {
        let types = 0..self.species.len();
        let of = |a| types.clone().map(move |b| (a, b));
        types.clone().flat_map(of).map(|(a, b)| self.compiled.cutoff_a(a, b)).fold(0.0, f64::max)
    }

    fn species(&self) -> Option<Vec<Species>> {
        Some(self.species.clone())
    }

    fn isolated_energy_ev(&self, species: Species) -> f64 {
        self.kind(species).map_or(0.0, |kind| self.isolated_ev[kind])
    }

    fn evaluator(&self) -> Box<dyn Evaluator + '_> {
        Box::new(evaluator::NepEvaluator::new(&self.compiled, &self.species, self.simd))
    }
}
