//! Files to structures and back: extended XYZ, POSCAR, CIF, LAMMPS data, dumps of DFT programs, H5MD; atomic replacement.
//!
//! The one decision that shaped this crate: a reader trusts nothing in a file. Counts are checked against the
//! bytes present before anything is allocated, every number must be finite, and every refusal is a [`ReadError`]
//! that names the place and the remedy; what a reader returns needs no second check.

pub mod cif;
mod convert;
pub mod dumps;
pub mod error;
pub mod extxyz;
#[cfg(feature = "hdf5")]
pub mod h5md;
pub mod lammps_data;
mod lammps_units;
mod number;
pub mod poscar;
pub mod replace;
pub mod structures;
mod text;
pub mod trajectory;
mod unwrap;

pub use dumps::{Item, Label, Missing, SkipReason, Skipped};
pub use error::ReadError;
pub use extxyz::{read_frames, write_frame, write_frames};
pub use replace::{is_temporary, replace};
pub use structures::{
    Format, FrameStream, SourceFrame, StructureFile, left_out, open_frames, read_structures, write_frames_to,
    write_structures,
};
