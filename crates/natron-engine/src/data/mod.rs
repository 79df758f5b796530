//! `natron data`: files of frames, looked at, rewritten, split and chosen from.

mod check;
mod convert;
mod descriptor;
mod select;
mod sources;
mod split;

pub use check::{CheckOptions, CheckReport, check};
pub use convert::{ConvertOptions, ConvertReport, convert};
pub use natron_io::Format;
pub use select::{SelectOptions, SelectReport, select};
pub use split::{Fractions, SplitOptions, SplitReport, split};
