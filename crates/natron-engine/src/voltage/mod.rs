//! `natron voltage`: hosts filled step by step, their voltage against the metal.
//!
//! The one decision that shaped this module: energies are computed from the files in the run directory and from nothing else.
//! Filling a host is a `natron build` of its own, and every structure that enters a voltage lies in a file that can be looked
//! at, evaluated and resumed from.

mod deck;
mod fill;
mod grand_canonical;
mod isotherm;
mod job;
mod meanings;
mod metal;
mod points;
mod report;
mod run;
mod summary;

pub use deck::VoltageDeck;
pub(crate) use deck::{CurveTable, HostTable, MetalTable};
pub use job::VoltageJob;
pub(crate) use meanings::schema;
