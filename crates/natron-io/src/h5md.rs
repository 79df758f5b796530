//! Trajectories in H5MD 1.1 (de Buyl, Colberg, Höfling, Comput. Phys. Commun. 185, 1546 (2014),
//! doi:10.1016/j.cpc.2014.01.018), a layout of HDF5 files that MDAnalysis and h5py read.
//!
//! A [`Writer`] works in HDF5's single-writer multiple-readers mode: whatever moment the process dies at, the file
//! is readable and holds every frame up to the last [`Writer::flush`]. The times and steps of frames are written
//! after their positions have reached the file, so that a frame that is listed is a frame that is there. A file is
//! made beside its final place and moved there once it is in that mode, so that no moment leaves an unreadable file.
//!
//! A [`Reader`] takes files of other programs too and trusts none of them. Its trust in the HDF5 library has a limit it
//! cannot guard: version 1.10 crashes on files whose heap of texts is damaged, which carries no checksum.

mod attribute;
mod cells;
pub mod data_set;
mod frames;
mod growing;
mod layout;
mod library;
mod link;
mod numbers;
mod reader;
mod refusal;
mod resume;
mod series;
mod times;
mod units;
mod writer;

pub use frames::{Frame, Frames};
pub use layout::{Options, Precision, Selected, is_group_name};
pub use reader::Reader;
pub use resume::{contents, repair};
pub use writer::{NewFrame, Writer};
