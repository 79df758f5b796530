//! Tests of whole runs. Potentials and structures for them are in `common`.
#![allow(missing_docs)]

mod common;
mod conserve;
mod deck;
mod ensembles;
mod groups;
mod langevin;
mod minimise;
mod monte_carlo;
mod neural;
mod phonons;
mod resume;
mod safety;
mod stages;
mod statistics;
