//! What is written is what is read.

use natron_io::h5md::{Options, Precision, Reader, Writer};

use super::{Run, SMALL, read};

#[test]
fn numbers_come_back_exactly() {
    let folder = tempfile::tempdir().expect("a folder");
    // The last is read in several blocks.
    for (frames, atoms) in [(0, 7), (1, 1), (3, 7), (1500, 7), (60, 30_000)] {
        let path = folder.path().join(format!("{frames}-{atoms}.h5"));
        let run = Run { atoms, ..SMALL };
        run.write(&path, &Options::default(), frames);
        run.check(&path, frames);
    }
}

#[test]
fn the_fixed_part_comes_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t.h5");
    let run = Run { periodic: [true, false, true], ..SMALL };
    run.write(&path, &Options::default(), 4);
    let reader = Reader::open(&path).expect("opened");
    let structure = run.structure();
    assert_eq!(reader.species(), structure.species);
    assert_eq!(reader.masses_amu(), structure.species.iter().map(|s| s.mass_amu()).collect::<Vec<_>>());
    assert_eq!(reader.periodic(), [true, false, true]);
    assert_eq!(reader.steps(), [0, 20, 40, 60]);
    assert_eq!(reader.times_ps(), [0.0, 0.02, 0.04, 0.06]);
    assert!(reader.is_closed());
    assert!(reader.has_velocities());
}

#[test]
fn four_bytes_keep_seven_digits_and_half_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let [double, single] = ["f64", "f32"].map(|name| folder.path().join(name));
    let run = Run { atoms: 200, ..SMALL };
    run.write(&double, &Options::default(), 100);
    run.write(&single, &Options { precision: Precision::F32, ..Options::default() }, 100);
    for (frame, index) in read(&single).into_iter().zip(0..) {
        let expected = run.frame(index);
        assert_eq!(frame.cell, expected.cell);
        assert_eq!(frame.time_ps, expected.time_ps);
        for (read, written) in frame.positions_a.iter().zip(&expected.positions_a) {
            assert_eq!(*read, written.map(|x| f64::from(x as f32)));
        }
    }
    let size = |path| std::fs::metadata(path).expect("there").len() as f64;
    assert!(size(&single) < 0.6 * size(&double), "{} {}", size(&single), size(&double));
}

#[test]
fn velocities_can_be_left_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t.h5");
    SMALL.write(&path, &Options { velocities: false, ..Options::default() }, 5);
    let reader = Reader::open(&path).expect("opened");
    assert!(!reader.has_velocities());
    for (frame, index) in read(&path).into_iter().zip(0..) {
        assert_eq!(frame.velocities_a_per_fs, None);
        assert_eq!(frame.positions_a, SMALL.frame(index).positions_a);
    }
}

#[test]
fn a_flush_shows_frames_to_readers_and_a_drop_closes() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t.h5");
    let mut writer = Writer::create(&path, &SMALL.structure(), &Options::default()).expect("created");
    for index in 0..10 {
        SMALL.append(&mut writer, index);
    }
    assert_eq!(writer.frames(), 10);
    writer.flush().expect("flushed");
    SMALL.append(&mut writer, 10);
    drop(writer);
    SMALL.check(&path, 11);
    assert!(Reader::open(&path).expect("opened").is_closed());
}

#[test]
fn frames_that_are_none_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t.h5");
    let mut writer = Writer::create(&path, &SMALL.structure(), &Options::default()).expect("created");
    let mut frame = SMALL.frame(0);
    let mut append = |frame: &natron_io::h5md::Frame| {
        writer.append(&natron_io::h5md::NewFrame {
            step: frame.step,
            time_ps: frame.time_ps,
            cell: &frame.cell,
            positions_a: &frame.positions_a,
            velocities_a_per_fs: frame.velocities_a_per_fs.as_deref().unwrap_or_default(),
            forces_ev_per_a: &[],
            potential_energy_ev: 0.0,
            temperature_k: 0.0,
            pressure_gpa: None,
        })
    };
    frame.positions_a[2].y = f64::NAN;
    assert_eq!(append(&frame).expect_err("NaN").kind(), std::io::ErrorKind::InvalidInput);
    frame.positions_a.pop();
    assert_eq!(append(&frame).expect_err("too few").kind(), std::io::ErrorKind::InvalidInput);
    drop(writer);
    SMALL.check(&path, 0);
}

#[test]
fn replicas_write_at_the_same_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |replica: usize| folder.path().join(format!("{replica}.h5"));
    std::thread::scope(|scope| {
        for replica in 0..4 {
            let path = path(replica);
            scope.spawn(move || Run { atoms: 10 + replica, ..SMALL }.write(&path, &Options::default(), 400));
        }
    });
    for replica in 0..4 {
        Run { atoms: 10 + replica, ..SMALL }.check(&path(replica), 400);
    }
}
