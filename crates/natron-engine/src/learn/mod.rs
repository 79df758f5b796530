//! `natron learn`: explore with the potential there is, label what it does not know, train again, repeat.
//!
//! Every step of a round leaves one product in the run directory, written as a whole, and a step whose product is
//! there is not done again: that is all there is to resuming.
//!
//! ```text
//! round-001/explore/<structure>-<T>K/   a run of molecular dynamics each
//! round-001/selected.extxyz             what is to be labelled
//! round-001/label/<number>/             what the labelling command reads and writes
//! round-001/labels.extxyz               what came back
//! round-001/train/                      a training each
//! round-001/round.json                  what happened
//! ```

mod deck;
mod explain;
mod explore;
mod job;
mod label;
mod rounds;
mod select;

pub use deck::LearnDeck;
pub use job::LearnJob;
