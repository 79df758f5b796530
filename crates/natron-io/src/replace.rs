//! Files that must survive a crash: written beside, synced, then moved into place.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Writes the file `path` as a whole or not at all.
///
/// A temporary file in the same folder is written, synced and renamed over `path`, and the folder is synced, so
/// that after a crash at any moment `path` holds either what it held before or all that `write` wrote. An
/// existing file keeps its permissions.
///
/// # Errors
/// Whatever `write` or the file system refuse; `path` is then as it was.
pub fn replace<F>(path: &Path, write: F) -> io::Result<()>
where
    F: FnOnce(&mut dyn Write) -> io::Result<()>,
{
    let folder = folder_of(path);
    let mut file = named_like(&temporary_names(), path, folder)?;
    let mut writer = BufWriter::with_capacity(1 << 16, file.as_file_mut());
    write(&mut writer)?;
    writer.flush()?;
    drop(writer);
    file.as_file().sync_all()?;
    file.persist(path).map_err(|failed| failed.error)?;
    sync_folder(folder)
}

const PREFIX: &str = ".natron-";
const SUFFIX: &str = ".tmp";

/// How files are named until they are moved into place.
pub(crate) fn temporary_names() -> tempfile::Builder<'static, 'static> {
    let mut names = tempfile::Builder::new();
    names.prefix(PREFIX).suffix(SUFFIX);
    names
}

/// Whether a file is one that natron writes and has not moved into place: one in progress, or left by a process that
/// was killed.
pub fn is_temporary(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy());
    name.is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX))
}

/// The folder a file lies in; `.` for a bare name.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// A temporary file with the permissions of `path`, or of any new file (the library's default is owner only).
#[cfg(unix)]
pub(crate) fn named_like(
    temporary: &tempfile::Builder<'_, '_>,
    path: &Path,
    folder: &Path,
) -> io::Result<tempfile::NamedTempFile> {
    use std::os::unix::fs::OpenOptionsExt;
    let file = temporary
        .make_in(folder, |p| File::options().read(true).write(true).create_new(true).mode(0o666).open(p))?;
    if let Ok(existing) = std::fs::metadata(path) {
        file.as_file().set_permissions(existing.permissions())?;
    }
    Ok(file)
}

#[cfg(not(unix))]
pub(crate) fn named_like(
    temporary: &tempfile::Builder<'_, '_>,
    _path: &Path,
    folder: &Path,
) -> io::Result<tempfile::NamedTempFile> {
    temporary.tempfile_in(folder)
}

/// Makes a rename in `folder` survive a power failure.
#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
pub(crate) fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}
