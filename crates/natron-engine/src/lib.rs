//! A deck and its files into a run directory: what every front end of natron shares.
//!
//! The one decision that shaped this crate: commands are functions from checked input to values. They
//! print nothing, end no process and install no handler: a front end passes a watch that hears of
//! progress and can ask for an early end, and gets back a value that serialises to the JSON of the CONTRACT.

pub mod deck;
mod error;

pub use error::{Failure, InputError, RunError};
