//! Integration tests: the program, the documentation and the oracles together, in one binary so that
//! everything is linked once.
#![allow(clippy::print_stderr)]

mod cli;
mod diffusion;
mod docs;
mod fuzz_corpus;
mod interruption;
#[cfg(unix)]
mod kills;
mod lammps;
mod nac;
mod nac_bulk;
mod reports;
mod structure;
mod support;
mod trajectory;
