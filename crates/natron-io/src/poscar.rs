//! POSCAR and CONTCAR, the structure files of VASP 5 and 6, in and out.
//!
//! | line | content |
//! |---|---|
//! | 1 | any text |
//! | 2 | a scale for everything in A; if negative, the volume of the cell in A^3; or three scales for x, y, z |
//! | 3-5 | the cell vectors |
//! | 6, 7 | elements and how many atoms each has |
//! | then | optionally `Selective dynamics`; `Direct` or `Cartesian`; a position for each atom |
//! | then | optionally lattice velocities (not read), `Cartesian` or a blank line, a velocity for each atom (A/fs) |
//!
//! The flags of selective dynamics become the column `move_mask` (T where a direction may move), the name that ASE
//! gives them in extended XYZ. Format: <https://www.vasp.at/wiki/index.php/POSCAR>.

mod read;
mod write;

pub use read::read;
pub use write::{left_out, write};

/// Column of a frame that holds the flags of selective dynamics.
pub const MOVE_MASK: &str = "move_mask";
