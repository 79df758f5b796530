//! natron-atoms against ASE and against known values.

mod cell;
mod neighbours;
mod species;
