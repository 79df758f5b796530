//! `natron train`: a deck and labelled frames into a potential with its errors.

mod cross;
mod data;
mod deck;
mod frames;
mod job;
mod report;
mod run;
mod teachers;

pub(crate) use data::matching_files;
pub use deck::TrainDeck;
pub use job::TrainJob;
