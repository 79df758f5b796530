//! Replacement of files as a whole or not at all.

use std::io::Error;

#[test]
fn writes_all_or_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("state");
    natron_io::replace(&path, |w| w.write_all(b"first")).expect("writes");
    assert_eq!(std::fs::read(&path).expect("exists"), b"first");

    let failed = natron_io::replace(&path, |w| {
        w.write_all(b"half of the second")?;
        Err(Error::other("disk full"))
    });
    assert_eq!(failed.expect_err("the closure failed").to_string(), "disk full");
    assert_eq!(std::fs::read(&path).expect("exists"), b"first");

    natron_io::replace(&path, |w| w.write_all(b"2")).expect("writes");
    assert_eq!(std::fs::read(&path).expect("exists"), b"2");
    let left = std::fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(left, 1, "no temporary file stays behind");
}

#[test]
fn a_missing_folder_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(natron_io::replace(&folder.path().join("none/state"), |w| w.write_all(b"x")).is_err());
}

#[cfg(unix)]
#[test]
fn permissions_stay() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("state");
    std::fs::write(&path, "old").expect("writes");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).expect("allowed");
    natron_io::replace(&path, |w| w.write_all(b"new")).expect("writes");
    let mode = std::fs::metadata(&path).expect("exists").permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
}
