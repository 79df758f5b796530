//! `natron data`: files of frames, looked at, rewritten, split and chosen from.

mod check;
mod convert;
mod descriptor;
mod select;
mod sources;
mod split;

pub use check::{CheckOptions, CheckReport, check};
pub use convert::{ConvertOptions, ConvertReport, convert};
#[cfg(feature = "train")]
pub(crate) use descriptor::Describer;
pub use natron_io::Format;
#[cfg(feature = "train")]
pub(crate) use select::{Collected, farthest_frames};
pub use select::{SelectOptions, SelectReport, select};
pub use split::{Fractions, SplitOptions, SplitReport, split};
