//! natron's own file for large sets of frames with labels: HDF5, read as a stream, the frames of any sizes.
//!
//! It stands here and not beside the other formats of frames because it shares with trajectories what guards HDF5: no plugins,
//! no links or data in other files, nothing larger than what is stored.
//!
//! | dataset | shape | content |
//! |---|---|---|
//! | `frame/atoms`, `frame/info_bytes` | `[F]` | atoms, and bytes of `info`, of each frame |
//! | `frame/cell`, `frame/periodic` | `[F, 9]`, `[F, 3]` | vectors as rows, A; 1 where a direction repeats |
//! | `frame/energy`, `frame/free_energy`, `frame/virial` | `[F]`, `[F]`, `[F, 9]` | eV; NaN: none |
//! | `atom/species`, `atom/position` | `[N]`, `[N, 3]` | atomic numbers; A |
//! | `atom/force`, `atom/velocity` | `[N, 3]` | eV/A, A/fs; NaN: none |
//! | `info` | `[B]` | the other keys of each frame as extended XYZ writes them |
//!
//! F frames hold N atoms together, those of a frame one after the other. The root's attributes are `natron_format` =
//! `data-set` and `format` = 1. All numbers are f64: what is read is what was written, but columns natron does not know are
//! left out.

mod columns;
mod indexed;
mod read;
mod write;

pub use indexed::Indexed;
pub use read::Reader;
pub use write::write;

const NAME: &str = "natron_format";
const VALUE: &str = "data-set";
const FORMAT: i32 = 1;
/// Frames of which cells and energies are read together.
const FRAMES_AT_ONCE: usize = 256;
/// Atoms that are read and written together; a larger frame is on its own.
const ATOMS_AT_ONCE: usize = 16_384;
