//! `natron build`: a deck into structures with a report.

mod deck;
mod exchange;
mod exchange_summary;
mod facts;
mod graphite;
mod job;
mod make;
mod meanings;
mod report;
mod run;
mod summary;

pub use deck::{BuildDeck, OutputTable as BuildOutput};
pub(crate) use exchange::exchanged;
pub(crate) use facts::evaluated;
pub use job::BuildJob;
pub(crate) use make::{HOST, filled_name};
pub(crate) use meanings::{KEYS, schema};
