//! Dispersion as a formula: D3 of Grimme, Antony, Ehrlich and Krieg, J. Chem. Phys. 132, 154104 (2010), DOI
//! 10.1063/1.3382344, with the damping of Becke and Johnson (Grimme, Ehrlich and Goerigk, J. Comput. Chem. 32, 1456 (2011), DOI
//! 10.1002/jcc.21759), pairs only.
//!
//! E = -1/2 sum_i sum_j C6_ij f_ij(r_ij) S(r_ij), where f is the damped r^-6 and r^-8 of two elements ([`damping`]) and C6 depends on what
//! surrounds the atoms: C6_ij = sum_ab w_a(n_i) w_b(n_j) C6_ab over reference systems a of one element and b of the other
//! ([`reference`]), weighted by how near their coordination numbers are to that of the atom, n_i = sum_j c(r_ij) S'(r_ij)
//! ([`coordination`]). S and S' end the sums smoothly ([`switch`]).
//!
//! | equation | here |
//! |---|---|
//! | n_i, dc/dr | [`kernel::Count`] |
//! | C6_ij, E, -dE/dr at constant C6, dE/dn_i | [`kernel::Pairs`] |
//! | -sum_j (dE/dn_i + dE/dn_j) dc/dr | [`kernel::Chain`] |
//!
//! The decision that shaped this module: it reaches twice as far as the networks, so it keeps lists of its own, and the
//! networks' list stays as short as they need it.

mod coordination;
mod damping;
mod evaluator;
pub mod functional;
mod kernel;
mod reference;
mod rows;
mod settings;
mod sight;
mod switch;
mod task;

use natron_atoms::Species;
use natron_atoms::units::{BOHR_A, HARTREE_EV};
use natron_descriptor::SimdPath;

use crate::{EvaluationError, Evaluator, Potential};
use coordination::Counting;
use damping::Damping;
pub(crate) use evaluator::DispersionEvaluator;
use reference::Element;
pub use settings::{DispersionError, DispersionMethod, DispersionSpec};
use switch::Switch;

/// What two elements, in this order, have in common.
#[derive(Debug, Clone)]
struct Pair {
    counting: Counting,
    damping: Damping,
    /// `[references of the first][references of the second]`, eV A^6.
    c6_ev_a6: Vec<Vec<f64>>,
}

/// A dispersion term ready to run.
#[derive(Debug, Clone)]
pub struct Dispersion {
    spec: DispersionSpec,
    elements: Vec<Species>,
    /// Coordination numbers of the references of each element.
    references: Vec<Vec<f64>>,
    /// `[elements][elements]`.
    pairs: Vec<Pair>,
    far: Switch,
    near: Switch,
    simd: SimdPath,
}

impl Dispersion {
    /// The term for some elements, on the processor's best SIMD path.
    ///
    /// # Errors
    /// See [`DispersionError`].
    pub fn new(spec: &DispersionSpec, elements: &[Species]) -> Result<Self, DispersionError> {
        let damping = spec.damping()?;
        spec.check_cutoffs()?;
        let known =
            |&species: &Species| reference::of_element(species).ok_or(DispersionError::Element(species));
        let table = elements.iter().map(known).collect::<Result<Vec<Element>, _>>()?;
        let pair = |a: &Element, b: &Element| Pair {
            counting: Counting::new(a.covalent_a, b.covalent_a),
            damping: Damping::new(damping, a, b),
            c6_ev_a6: reference::c6(a, b)
                .chunks(b.coordination.len())
                .map(|row| row.iter().map(|c6| c6 * HARTREE_EV * BOHR_A.powi(6)).collect())
                .collect(),
        };
        Ok(Self {
            spec: spec.clone(),
            elements: elements.to_vec(),
            references: table.iter().map(|element| element.coordination.clone()).collect(),
            pairs: table
                .iter()
                .flat_map(|a| table.iter().map(move |b| (a, b)))
                .map(|(a, b)| pair(a, b))
                .collect(),
            far: Switch::new(spec.cutoff_a, spec.switch_a),
            near: Switch::new(spec.coordination_cutoff_a, spec.switch_a),
            simd: SimdPath::detect(),
        })
    }

    /// The same term on another SIMD path.
    pub fn with_simd(self, simd: SimdPath) -> Self {
        Self { simd, ..self }
    }

    /// What it was made from.
    pub fn spec(&self) -> &DispersionSpec {
        &self.spec
    }

    fn elements(&self) -> &[Species] {
        &self.elements
    }

    fn pair(&self, first: usize, second: usize) -> &Pair {
        &self.pairs[first * self.elements.len() + second]
    }

    /// The number of an atom's element.
    fn number(&self, atom: usize, species: Species) -> Result<u8, EvaluationError> {
        match self.elements.iter().position(|element| *element == species) {
            Some(number) => Ok(number as u8),
            None => {
                let known = self.elements.iter().map(|e| e.symbol()).collect::<Vec<_>>().join(", ");
                Err(EvaluationError::UnknownSpecies { atom, species, known })
            }
        }
    }
}

impl Potential for Dispersion {
    fn cutoff_a(&self, _a: Species, _b: Species) -> f64 {
        self.spec.cutoff_a
    }

    fn max_cutoff_a(&self) -> f64 {
        self.spec.cutoff_a
    }

    fn species(&self) -> Option<Vec<Species>> {
        Some(self.elements.clone())
    }

    fn evaluator(&self) -> Box<dyn Evaluator + '_> {
        Box::new(DispersionEvaluator::new(self))
    }
}
