//! How this crate uses the HDF5 library.

use std::io::Read;
use std::path::Path;
use std::sync::Once;

use hdf5_metno::file::LibraryVersion;
use hdf5_metno::{Datatype, File, FileBuilder, OpenMode};
use hdf5_metno_sys::h5t::{H5T_class_t, H5Tget_class};

/// A file that was opened for reading.
pub(super) struct Opened {
    pub file: File,
    /// Whether its writer closed it. If not, the writer is at work or was killed.
    pub closed: bool,
}

/// Opens a file that may be in the hands of a writer, or have fallen from them; `start` is how the file begins.
pub(super) fn open_to_read(path: &Path, start: &[u8]) -> hdf5_metno::Result<Opened> {
    turn_plugins_off();
    if is_being_written(start)
        && let Ok(file) = File::open_as(path, OpenMode::ReadSWMR)
    {
        return Ok(Opened { file, closed: false });
    }
    Ok(Opened { file: File::open_as(path, OpenMode::Read)?, closed: true })
}

/// How an HDF5 file begins.
pub(super) const SIGNATURE: &[u8; 8] = b"\x89HDF\r\n\x1a\n";

/// The first bytes of a file.
pub(super) fn start_of(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut start = Vec::new();
    std::fs::File::open(path)?.take(12).read_to_end(&mut start)?;
    Ok(start)
}

/// Whether the superblock says that a writer has not closed the file: version 3, then the sizes of two kinds of
/// numbers, then flags of which bits 0 and 2 stand for writers. That plain opening fails is no sign: it does not
/// where the same process has the file open already.
fn is_being_written(start: &[u8]) -> bool {
    start.starts_with(SIGNATURE)
        && start.get(8) == Some(&3)
        && start.get(11).is_some_and(|flags| flags & 5 != 0)
}

/// How files are written: in the format of HDF5 1.10, the first that knows the single-writer mode, so that every
/// later library reads what any build of natron wrote.
pub(super) fn builder() -> FileBuilder {
    turn_plugins_off();
    let mut builder = File::with_options();
    builder.with_fapl(|access| access.libver_bounds(LibraryVersion::V110, LibraryVersion::V110));
    builder
}

/// Kinds of data types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Integer,
    Float,
    Text,
    Other,
}

/// The kind of a data type from a file, to be asked before the type is described: a description of enumerations
/// or compounds takes the file's word for sizes.
pub(super) fn class_of(datatype: &Datatype) -> Class {
    // SAFETY: the handle is open as long as `datatype` is borrowed, and the library's lock is held.
    #[allow(unsafe_code)]
    let class = hdf5_metno::sync::sync(|| unsafe { H5Tget_class(datatype.id()) });
    match class {
        H5T_class_t::H5T_INTEGER => Class::Integer,
        H5T_class_t::H5T_FLOAT => Class::Float,
        H5T_class_t::H5T_STRING => Class::Text,
        _ => Class::Other,
    }
}

/// A file may name a filter, and HDF5 would look for a shared library of that name and run it. Only the filters
/// within the library are wanted.
fn turn_plugins_off() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        hdf5_metno::sync::sync(|| {
            let mut none = 0;
            // SAFETY: the pointer is to a live integer, the library is initialised, and its lock is held.
            #[allow(unsafe_code)]
            let _ = unsafe { hdf5_metno_sys::h5pl::H5PLset_loading_state(&raw mut none) };
        });
    });
}
