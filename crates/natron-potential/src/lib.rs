//! The [`Potential`] trait, the potentials of the workspace and the contract suite they all pass.
//!
//! The one decision that shaped this crate: a potential is immutable and shared between threads; an
//! [`Evaluator`] made from it owns every buffer, so that a step of dynamics allocates nothing.

pub mod evaluation;
pub mod lennard_jones;

pub use evaluation::{Evaluation, EvaluationError, Evaluator, Potential};
pub use lennard_jones::LennardJones;
