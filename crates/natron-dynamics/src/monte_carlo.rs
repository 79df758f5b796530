//! Grand-canonical Monte Carlo: one species comes from and goes to a reservoir while the rest stays.
//!
//! The one decision that shaped this module: a move is a pure function of (structure, energy, number of the move). Its random
//! numbers are keyed by (seed, replica, move), every energy is that of a whole evaluation with a list of its own, never a sum of
//! changes; so a chain goes on from a [`Checkpoint`] to the same bits, and no energy can drift.
//!
//! | file | concept |
//! |---|---|
//! | `reservoir` | chemical potential, temperature, thermal wavelength |
//! | `acceptance` | the four acceptance rules |
//! | `cavities` | where there is room, on a grid |
//! | `moves` | what moves there are, and how often each is tried |
//! | `energy` | the energy of a structure, or that it has none |
//! | `sampler` | the chain; `exchange`, `displacement`, `hybrid`: its moves |
//! | `record` | what it has seen |
//! | `checkpoint` | all of it as bytes |

pub mod acceptance;
pub mod cavities;
mod checkpoint;
mod displacement;
mod energy;
mod exchange;
mod hybrid;
mod moves;
mod record;
mod reservoir;
mod sampler;

pub use cavities::Clearance;
pub use checkpoint::{CHECKPOINT_FORMAT, Checkpoint, CheckpointError};
pub use moves::{HybridSteps, MoveKind, Moves, Weights};
pub use record::{Record, Sample, Tally};
pub use reservoir::{Reservoir, thermal_wavelength_a};
pub use sampler::{GrandCanonical, MonteCarloError};
