//! natron-io against the programs whose files it reads and writes, and against broken files.

mod extxyz;
mod oracle;
mod replace;
