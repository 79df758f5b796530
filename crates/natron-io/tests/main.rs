//! natron-io against the programs whose files it reads and writes, and against broken files.

mod dumps;
mod extxyz;
#[cfg(feature = "hdf5")]
mod h5md;
mod oracle;
mod replace;
mod structures;
mod trajectory;
