//! Files that are not what they say end in an error with a remedy, never in a crash.

use natron_io::h5md::{Options, Reader};

use super::SMALL;

/// Opens a file and reads all of it.
fn try_all(path: &std::path::Path) -> Result<usize, natron_io::ReadError> {
    let reader = Reader::open(path)?;
    reader.frames().try_fold(0, |count, frame| frame.map(|_| count + 1))
}

#[test]
fn files_of_other_kinds_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t.h5");
    assert!(try_all(&path).expect_err("absent").message.contains("No such file"));
    let noise: Vec<u8> = (0..5000_u32).map(|k| (k.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for garbage in [&b""[..], b"\x89HDF", b"2\nLattice=\"1 0 0 0 1 0 0 0 1\"\nC 0 0 0\nC 1 1 1\n", &noise] {
        std::fs::write(&path, garbage).expect("written");
        let error = try_all(&path).expect_err("garbage");
        assert_eq!(error.message, "this is not an HDF5 file");
        assert!(!error.help.is_empty());
        assert_eq!(error.path, path);
    }
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t.h5");
    SMALL.write(&path, &Options::default(), 60);
    let whole = std::fs::read(&path).expect("read");
    for part in 0..100 {
        std::fs::write(&path, &whole[..whole.len() * part / 100]).expect("written");
        let error = try_all(&path).expect_err("cut");
        assert!(!error.help.is_empty(), "{error}");
    }
}

/// Most of a file is guarded by checksums; what is not may change the numbers, but must not bring the reader down.
/// Left out is the heap that holds the texts of attributes: HDF5 1.10 walks a damaged one without looking, and may
/// crash.
#[test]
fn a_file_with_a_wrong_byte_anywhere_is_read_or_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t.h5");
    SMALL.write(&path, &Options::default(), 30);
    let whole = std::fs::read(&path).expect("read");
    let heap = whole.windows(4).position(|bytes| bytes == b"GCOL").expect("a heap");
    let outside = |place: &usize| !(heap..heap + 4096).contains(place);
    let mut refused = 0;
    for place in (0..whole.len()).step_by(whole.len() / 800).filter(outside) {
        let mut bytes = whole.clone();
        bytes[place] ^= 0xa5;
        std::fs::write(&path, &bytes).expect("written");
        refused += usize::from(try_all(&path).is_err());
    }
    assert!(refused > 100, "{refused}");
}

#[test]
fn an_hdf5_file_that_is_no_trajectory_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t.h5");
    let file = hdf5_metno::File::create(&path).expect("created");
    file.create_group("particles/all").expect("a group");
    drop(file);
    let error = try_all(&path).expect_err("no positions");
    assert_eq!(error.message, "there is no group with positions under /particles");
}
