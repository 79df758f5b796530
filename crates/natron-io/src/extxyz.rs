//! Extended XYZ in and out: the dialects of ASE, GPUMD and QUIP, and plain XYZ.
//!
//! A frame is a line with the number of atoms, a comment line of `key=value` pairs, and one line per atom whose
//! columns `Properties=name:type:columns:...` names. What natron understands goes to the fields of a
//! [`Frame`], under any of its spellings (case does not matter):
//!
//! | field | comment line, or column |
//! |---|---|
//! | cell | `Lattice` (9 numbers, vectors as rows, A), `pbc`; without `Lattice` an open cell |
//! | species, positions | columns `species` or `element` (symbols) or `Z` (numbers); `pos` or `positions`, A |
//! | energy, free energy | `energy`, `free_energy`, eV |
//! | virial | `virial` or `virials`, eV: 9 numbers by rows or 6 as xx yy zz yz xz xy; else from `stress` |
//! | forces | columns `forces` or `force`, eV/A |
//! | velocities | columns `velocities`, `velocity`, `velo` or `vel`, A/fs |
//!
//! `stress` (9 or 6 numbers, eV/A^3, positive under tension, the sign of ASE) becomes the virial -V stress. All
//! other keys and columns are kept in order in `info` and `arrays`. Reading, writing and reading again gives the
//! same frames, bit for bit.

mod comment;
mod header;
mod info;
mod properties;
mod reader;
mod write;

use std::path::Path;

use natron_atoms::Frame;

use crate::ReadError;
pub use reader::Reader;
pub use write::{write_frame, write_frames};

/// All frames of a file. For files larger than memory use [`Reader`].
///
/// # Errors
/// The file does not open, or anything in it is wrong: see [`ReadError`].
pub fn read_frames(path: &Path) -> Result<Vec<Frame>, ReadError> {
    Reader::open(path)?.collect()
}

/// The additional keys of a frame in words of a comment line; refused is a frame that extended XYZ could not hold.
#[cfg(feature = "hdf5")]
pub(crate) fn info_text(frame: &Frame) -> Result<String, String> {
    write::check(frame)?;
    Ok(write::info_words(frame).collect::<Vec<_>>().join(" "))
}

/// Reads what [`info_text`] wrote.
#[cfg(feature = "hdf5")]
pub(crate) fn info_of_text(text: &str) -> Result<Vec<(String, natron_atoms::InfoValue)>, String> {
    // With its columns named the line is taken for keys and values or refused, never for a remark.
    let line = format!("Properties=species:S:1:pos:R:3 {text}");
    header::parse(&line).map(|header| header.info).map_err(|error| error.message)
}

/// Spellings of a known key or column, the one natron writes first.
pub(crate) mod names {
    pub const POSITIONS: &[&str] = &["pos", "positions"];
    pub const SYMBOLS: &[&str] = &["species", "element", "elements", "symbols"];
    pub const NUMBERS: &[&str] = &["z", "numbers"];
    pub const FORCES: &[&str] = &["forces", "force"];
    pub const VELOCITIES: &[&str] = &["vel", "velo", "velocity", "velocities"];
    pub const LATTICE: &[&str] = &["lattice"];
    pub const PROPERTIES: &[&str] = &["properties"];
    pub const PBC: &[&str] = &["pbc"];
    pub const ENERGY: &[&str] = &["energy"];
    pub const FREE_ENERGY: &[&str] = &["free_energy"];
    pub const VIRIAL: &[&str] = &["virial", "virials"];
    pub const STRESS: &[&str] = &["stress"];

    /// Whether `name` is a spelling of a thing.
    pub fn is(name: &str, spellings: &[&str]) -> bool {
        spellings.iter().any(|s| s.eq_ignore_ascii_case(name))
    }
}
