//! `natron md`: a deck into a run directory.

mod estimate;
pub(crate) mod explain;
mod job;
mod last;
pub(crate) mod log;
pub(crate) mod recorder;
pub(crate) mod replicas;
pub(crate) mod report;
pub(crate) mod restarts;
mod resume;
mod run;
mod speed;
mod stages;
mod summary;
pub(crate) mod thermo_file;
pub(crate) mod thermo_pictures;
mod uncertain;

pub use job::MdJob;

pub(crate) use log::now_utc;
pub(crate) use run::TRAJECTORY;
#[cfg(feature = "train")]
pub(crate) use uncertain::UNCERTAIN;
