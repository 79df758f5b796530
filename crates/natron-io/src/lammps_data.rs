//! LAMMPS data files (`read_data`, `write_data`), in and out.
//!
//! Read are boxes of every kind (orthogonal, restricted triclinic `xy xz yz`, general triclinic `avec bvec cvec`), the
//! atom styles atomic, charge, molecular (bond, angle) and full, image flags, type labels, and velocities, in units
//! metal or real. The origin of the box is moved to zero; with image flags positions are unwrapped. A data file knows
//! types, not elements: a type is the element that the comment of its line in `Masses` names (`1 22.98977 # Na`), or
//! that its type label names, or the one of its mass. Topology and coefficients are not read.
//!
//! A data file does not say which directions are periodic either (`boundary` in the input does): all are, unless the
//! first line holds `boundary = p p f`, as natron writes it. Format: <https://docs.lammps.org/read_data.html>.

mod atoms;
mod elements;
mod header;
mod read;
mod sections;
mod write;

pub use read::read;
pub use write::{left_out, write};

/// Column of a frame that holds charges, e; the name that ASE gives them.
pub const CHARGES: &str = "initial_charges";
/// Column of a frame that holds the molecule of each atom.
pub const MOLECULE: &str = "mol-id";
