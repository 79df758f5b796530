//! Structures to start from: crystals, stacks of layers, pores, disordered hosts, and atoms inserted into them.
//!
//! The one decision that shaped this crate: a structure is a pure function of a recipe, a seed and a potential. Every random
//! number is keyed by (seed, replica, purpose, item), so that neither an interruption nor the number of threads changes
//! a coordinate; nothing here touches the disk. [`recipe`] holds the tables of a deck, [`Recipe`] is what they mean.
//!
//! ```
//! use natron_build::{Stacking, layers};
//! let graphite = layers::graphite(1.42, [2, 2], 2, 3.35, Stacking::Ab)?;
//! assert_eq!(graphite.len(), 16);
//! # Ok::<(), natron_build::BuildError>(())
//! ```

pub mod contacts;
pub mod defects;
mod error;
pub mod insert;
pub mod lattice;
pub mod layers;
pub mod packing;
pub mod quench;
pub mod random;
pub mod recipe;
pub mod relax;
pub mod voids;

pub use contacts::{Contact, closest_contacts};
pub use error::BuildError;
pub use layers::Stacking;
pub use recipe::{Recipe, RecipeProblem};
