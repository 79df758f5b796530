//! `natron study`: fillings, temperatures and replicas as one job, D(x, T) and activation energies from it.
//!
//! The one decision that shaped this module: a study is made of ordinary decks and run directories. `structures` is a `natron build`,
//! every `x-.../T-.../replica-...` a `natron md`, each of which can be looked at, resumed and analysed on its own; the study
//! itself keeps no state but these.

mod deck;
mod job;
mod meanings;
mod point;
mod report;
mod run;
mod summary;
mod watch;

pub use deck::StudyDeck;
pub use job::StudyJob;
pub(crate) use job::load;
pub(crate) use meanings::schema;
pub(crate) use point::{Unfinished, is_finished};
pub(crate) use watch::OneOf;
