//! CIF, the crystallographic information file, in: core CIF with small structures, not the mmCIF of proteins.
//!
//! Each data block with atom sites is a frame: the cell from its six parameters (a along x, b in the plane of x and
//! y), the sites of the loop `_atom_site` multiplied by the symmetry operations that the block lists
//! (`_space_group_symop_operation_xyz`, or `_symmetry_equiv_pos_as_xyz` of older files). A block that names a space
//! group other than P1 and lists no operation is refused, as is partial occupancy: both leave open which atoms there
//! are. Syntax: <https://www.iucr.org/resources/cif/spec/version1.1/cifsyntax>; data names:
//! <https://www.iucr.org/resources/cif/dictionaries/cif_core>. Why this reader is natron's own:
//! docs/decisions/0010-own-cif-reader.md.

mod block;
mod operation;
mod read;
mod token;

pub use read::read;
