//! What DFT programs leave behind: frames with energy, forces and virial, read as a stream.
//!
//! Every reader is an iterator of [`Item`]s: a frame with its labels, or a step that is no label and why. Memory holds one
//! step at a time, however long the file. All of them keep the same promises:
//!
//! - the energy that the forces derive from goes to `free_energy_ev` (with electronic smearing the two differ: VASP's
//!   TOTEN, the total energy of pw.x), what the program extrapolates to zero smearing to `energy_ev`; where a program knows
//!   one energy only, both hold it. [`energy_source`] names them;
//! - A, eV, eV/A, eV; the virial is -V stress, positive under compression, whatever sign the program prints;
//! - electronic steps that did not converge and frames of a machine-learned potential are skipped and said to be;
//! - a label that is not there is reported with the line where it was looked for, never made up;
//! - a file that ends between two steps ends there; one that ends within a table is refused.
//!
//! | module | program | file |
//! |---|---|---|
//! | [`outcar`], [`vasprun`], [`ml_ab`] | VASP | OUTCAR, vasprun.xml, ML_AB |
//! | [`cp2k_output`], [`cp2k_files`] | CP2K | output; PROJECT-pos-1.xyz with its siblings |
//! | [`pw_output`] | Quantum ESPRESSO | output of pw.x |
//! | [`deepmd`] | DeePMD-kit, dpdata | folder of npy or raw files |

pub mod cp2k_files;
pub mod cp2k_output;
mod cp2k_siblings;
pub mod deepmd;
mod elements;
mod item;
pub(crate) mod lines;
pub mod ml_ab;
pub mod outcar;
pub mod pw_output;
pub mod vasprun;
mod xml;

pub use item::{Item, Label, Missing, SkipReason, Skipped};

use crate::Format;

/// An iterator over what a file holds; after an error it ends.
pub type Items = Box<dyn Iterator<Item = Result<Item, crate::ReadError>>>;

/// Which number of a program becomes the force-consistent energy, in words.
pub fn energy_source(format: Format) -> &'static str {
    match format {
        Format::ExtendedXyz | Format::DataSet => "`free_energy` where there is one, else `energy`",
        Format::Outcar => "free energy TOTEN",
        Format::Vasprun => "e_fr_energy, the free energy",
        Format::MlAb => "Total energy of ML_AB, VASP's TOTEN",
        Format::Cp2kOutput => "ENERGY| Total FORCE_EVAL, with the entropy of smearing",
        Format::Cp2kFiles => "E of PROJECT-pos-1.xyz, the total FORCE_EVAL energy",
        Format::PwOutput => "! total energy of pw.x, F = E - TS with smearing",
        Format::Deepmd => "energy of the deepmd set; which one it is, is not recorded there",
        Format::Poscar | Format::Cif | Format::LammpsData => "none",
    }
}
