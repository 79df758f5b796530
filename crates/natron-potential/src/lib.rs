//! The [`Potential`] trait, the potentials of the workspace and the contract suite they all pass.
//!
//! The one decision that shaped this crate: a potential is immutable and shared between threads; an
//! [`Evaluator`] made from it owns every buffer, so that a step of dynamics allocates nothing.

pub mod charges;
#[cfg(any(test, feature = "contract"))]
pub mod contract;
pub mod dense;
pub mod dispersion;
pub mod evaluation;
mod evaluator;
pub mod expansion;
pub mod file;
mod kernel;
mod layout;
pub mod lennard_jones;
pub mod model;
pub mod nep;
pub mod neural;
pub mod zbl;

pub use charges::{ChargeFit, ChargeHead, Reads};
pub use dispersion::{Dispersion, DispersionError, DispersionSpec};
pub use evaluation::{Evaluation, EvaluationError, Evaluator, PhaseTimes, Potential};
pub use file::{FileError, UncertaintyFactors};
pub use lennard_jones::{LennardJones, ShiftedLennardJones};
pub use model::{Layer, Model, ModelError, ModelSpec, PairSpec};
pub use nep::{NepError, NepPotential};
pub use neural::{NeuralPotential, Precision};
pub use zbl::{Zbl, ZblPair};
