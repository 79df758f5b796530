//! natron's own data set: what goes in comes out, in runs and across their ends; damage is refused.

use std::path::Path;

use natron_atoms::{Cell, Frame, InfoValue, Labels, Mat3, Species, Structure, Vec3};
use natron_io::h5md::data_set::Indexed;
use natron_io::{Format, read_structures, write_frames_to};

use super::{missing, real};

/// Frames of growing size: with and without each label, open and closed, more atoms than are read at once.
fn frames(count: usize) -> Vec<Frame> {
    let one = |k: usize| {
        let atoms = 1 + (k * 7919) % 400;
        let vector = |i: usize, scale: f64| Vec3::new(i as f64, k as f64, (i * k % 17) as f64) * scale;
        let cell = match k % 3 {
            0 => Cell::open(),
            _ => Cell::new(
                [[9.0, 0.5, 0.0], [0.0, 8.0, k as f64], [0.0, 0.0, 7.0]],
                [true, true, k.is_multiple_of(2)],
            )
            .expect("a cell"),
        };
        let species = (0..atoms).map(|i| if i % 2 == 0 { Species::C } else { Species::NA }).collect();
        let mut frame = Frame::new(
            Structure::new(cell, species, (0..atoms).map(|i| vector(i, 0.1)).collect()).expect("fits"),
        );
        frame.labels = Labels {
            energy_ev: (k.is_multiple_of(2)).then_some(-0.1 * k as f64),
            free_energy_ev: (!k.is_multiple_of(4)).then_some(-0.3 * k as f64),
            forces: (!k.is_multiple_of(5)).then(|| (0..atoms).map(|i| vector(i, 1.0 / 3.0)).collect()),
            virial_ev: (k % 3 == 1).then(|| Mat3::from_fn(|i, j| (i + 3 * j + k) as f64 / 7.0)),
        };
        frame.velocities = (k.is_multiple_of(6)).then(|| (0..atoms).map(|i| vector(i, 1e-3)).collect());
        frame.info = vec![
            ("kind".into(), InfoValue::Text(format!("a \"kind\" of {k} \u{c5}"))),
            ("n".into(), InfoValue::Int(k as i64)),
            ("list".into(), InfoValue::Reals(vec![0.1, k as f64])),
        ];
        frame
    };
    (0..count).map(one).collect()
}

fn write(path: &Path, frames: &[Frame]) {
    write_frames_to(path, Format::DataSet, &mut frames.iter().cloned().map(Ok)).expect("writes");
}

#[test]
fn frames_come_back_bit_for_bit() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("set.h5");
    let frames = frames(600);
    write(&path, &frames);
    let file = read_structures(&path, None).expect("reads");
    assert_eq!(file.format, Format::DataSet);
    let read: Vec<Frame> = file.frames.iter().map(|source| source.frame.clone()).collect();
    assert!(read == frames, "some frame changed");
    assert_eq!(missing(&file.frames[0]), ["forces", "virial"]);
    assert_eq!(file.frames[599].line, 600);
    write(&path, &[]);
    assert_eq!(read_structures(&path, None).expect("reads").frames, []);
}

#[test]
fn real_frames_come_back_bit_for_bit() {
    let Some(path) = real("liquid_na/validation.extxyz") else { return };
    let frames: Vec<Frame> = super::read(&path).frames.into_iter().map(|source| source.frame).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("set.h5");
    write(&copy, &frames);
    let again: Vec<Frame> = super::read(&copy).frames.into_iter().map(|source| source.frame).collect();
    assert!(
        again
            .iter()
            .zip(&frames)
            .all(|(a, b)| a.structure == b.structure && a.labels == b.labels && a.info == b.info)
    );
    let size = |path: &Path| std::fs::metadata(path).expect("is there").len();
    assert!(2 * size(&copy) < 3 * size(&path), "{} bytes from {}", size(&copy), size(&path));
}

/// By their number, in any order and from several threads, frames are those of the stream.
#[test]
fn frames_are_read_by_their_number() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("set.h5");
    let frames = frames(300);
    write(&path, &frames);
    let set = Indexed::open(&path).expect("opens");
    assert_eq!(set.frames(), 300);
    assert!(!set.all_have_free_energies().expect("reads"));
    std::thread::scope(|scope| {
        for thread in 0..3 {
            let (set, frames) = (&set, &frames);
            scope.spawn(move || {
                for k in (0..300).map(|k| (k * 97 + thread * 31) % 300) {
                    assert!(set.read(k).expect("reads") == frames[k], "frame {k}");
                }
            });
        }
    });
    let with: Vec<Frame> = frames.into_iter().filter(|f| f.labels.free_energy_ev.is_some()).collect();
    write(&path, &with);
    assert!(Indexed::open(&path).expect("opens").all_have_free_energies().expect("reads"));
    write(&path, &[]);
    assert_eq!(Indexed::open(&path).expect("opens").frames(), 0);
}

/// Damage in the middle is blamed on the frames that it is in, whichever way they are read.
#[test]
fn a_damaged_frame_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("set.h5");
    let frames = frames(300);
    write(&path, &frames);
    let before: usize = frames[..100].iter().map(|frame| frame.structure.len()).sum();
    let file = hdf5_metno::File::open_rw(&path).expect("opens");
    let positions = file.dataset("atom/position").expect("is there");
    let broken = ndarray::Array2::from_elem((1, 3), f64::NAN);
    positions.write_slice(&broken, ndarray::s![before..before + 1, ..]).expect("writes");
    drop(positions);
    file.close().expect("closes");
    let error = read_structures(&path, None).expect_err("damaged");
    assert!(error.message.starts_with("frame 100 (counted from 0): "), "{error}");
    let set = Indexed::open(&path).expect("opens");
    let again = set.read(100).expect_err("damaged");
    assert!(again.message == error.message && again.path == path, "{again}");
    assert!(set.read(99).expect("whole") == frames[99] && set.read(101).expect("whole") == frames[101]);
}

#[test]
fn a_stream_that_fails_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("set.h5");
    let mut stream = frames(3).into_iter().map(Ok).chain([Err(std::io::Error::other("cut"))]);
    write_frames_to(&path, Format::DataSet, &mut stream).expect_err("the stream fails");
    assert_eq!(std::fs::read_dir(folder.path()).expect("reads").count(), 0);
}

#[test]
fn what_is_no_data_set_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("set.h5");
    std::fs::write(&path, "not HDF5").expect("writes");
    assert!(read_structures(&path, None).expect_err("text").message.contains("no HDF5 file"));
    write(&path, &frames(40));
    let whole = std::fs::read(&path).expect("reads");
    std::fs::write(&path, &whole[..whole.len() / 2]).expect("writes");
    read_structures(&path, None).expect_err("half a file");
    let builder = hdf5_metno::File::create(&path).expect("a file");
    builder.close().expect("closes");
    assert!(read_structures(&path, None).expect_err("empty").message.contains("no data set of natron"));
    write(&path, &frames(40));
    let file = hdf5_metno::File::open_rw(&path).expect("opens");
    file.attr("format").expect("is there").write_scalar(&2).expect("writes");
    file.close().expect("closes");
    assert!(read_structures(&path, None).expect_err("newer").message.contains("format 2"));
    write(&path, &frames(40));
    let file = hdf5_metno::File::open_rw(&path).expect("opens");
    file.dataset("frame/atoms").expect("is there").write_slice(&[4_000_000_000_u32], 7..8).expect("writes");
    file.close().expect("closes");
    assert!(read_structures(&path, None).expect_err("a wrong count").message.contains("counts more atoms"));
}
