//! `natron data`: files of frames, looked at and rewritten.

mod convert;

pub use convert::{ConvertOptions, ConvertReport, convert};
pub use natron_io::Format;
