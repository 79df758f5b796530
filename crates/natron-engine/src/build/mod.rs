//! `natron build`: a deck into structures with a report.

mod deck;
mod facts;
mod graphite;
mod job;
mod make;
mod meanings;
mod report;
mod run;
mod summary;

pub use deck::BuildDeck;
pub use job::BuildJob;
pub(crate) use meanings::schema;
