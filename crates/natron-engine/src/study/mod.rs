//! `natron study`: fillings, temperatures and replicas as one job, D(x, T) and activation energies from it, and where the deck asks for
//! them voltage, charges and a map of the same host in one figure.
//!
//! The one decision that shaped this module: a study is made of ordinary decks and run directories. `structures` is a `natron build`,
//! every `x-.../T-.../replica-...` a `natron md`, `voltage`, `charges` and `map` runs of the commands of these names, each of which can be looked at, resumed and analysed on its own; the study
//! itself keeps no state but these.

mod deck;
mod environments;
mod figure;
mod job;
mod meanings;
mod panels;
mod parts;
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
