//! Folders of deepmd written here: npy of both widths, raw, clusters, damage.

use std::path::Path;

use natron_io::{Format, read_structures};

use super::missing;

/// An array as numpy writes it.
fn npy(type_name: &str, shape: &str, bytes: &[u8]) -> Vec<u8> {
    let mut header = format!("{{'descr': '{type_name}', 'fortran_order': False, 'shape': {shape}, }}");
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let length = u16::try_from(header.len()).expect("short").to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), bytes].concat()
}

fn f32s(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|x| x.to_le_bytes()).collect()
}

fn f64s(values: &[f64]) -> Vec<u8> {
    values.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// Two frames of two atoms.
fn write_npy(folder: &Path) {
    let set = folder.join("set.000");
    std::fs::create_dir_all(&set).expect("makes the set");
    std::fs::write(folder.join("type.raw"), "1\n0\n").expect("writes");
    std::fs::write(folder.join("type_map.raw"), "C\nNa\n").expect("writes");
    let cells = [5.0, 0.0, 0.0, 0.0, 5.0, 0.0, 0.0, 0.0, 5.0].repeat(2);
    std::fs::write(set.join("box.npy"), npy("<f4", "(2, 9)", &f32s(&cells))).expect("writes");
    let coordinates: Vec<f64> = (0..12).map(f64::from).collect();
    std::fs::write(set.join("coord.npy"), npy("<f8", "(2, 6)", &f64s(&coordinates))).expect("writes");
    std::fs::write(set.join("energy.npy"), npy("<f8", "(2, 1)", &f64s(&[-1.5, -2.5]))).expect("writes");
    let forces: Vec<f32> = (0..12_u8).map(|k| 0.5 * f32::from(k)).collect();
    std::fs::write(set.join("force.npy"), npy("<f4", "(2, 6)", &f32s(&forces))).expect("writes");
}

#[test]
fn arrays_of_both_widths_make_frames() {
    let folder = tempfile::tempdir().expect("a folder");
    write_npy(folder.path());
    let file = read_structures(folder.path(), None).expect("reads");
    assert_eq!((file.format, file.frames.len()), (Format::Deepmd, 2));
    let second = &file.frames[1].frame;
    assert_eq!(second.structure.positions[1], natron_atoms::Vec3::new(9.0, 10.0, 11.0));
    assert_eq!(second.structure.species.iter().map(|s| s.symbol()).collect::<Vec<_>>(), ["Na", "C"]);
    assert_eq!((second.labels.energy_ev, second.labels.free_energy_ev), (Some(-2.5), None));
    assert_eq!(second.labels.forces.as_ref().expect("forces")[1].z, 5.5);
    assert_eq!(missing(&file.frames[0]), ["virial"]);
    std::fs::write(folder.path().join("nopbc"), "").expect("writes");
    assert_eq!(
        read_structures(folder.path(), None).expect("reads").frames[0].frame.structure.cell.periodic(),
        [false; 3]
    );
}

#[test]
fn raw_files_have_a_frame_on_each_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("writes");
    write("type.raw", "0");
    write("type_map.raw", "Na");
    write("box.raw", "5 0 0 0 5 0 0 0 5\n5 0 0 0 5 0 0 0 6\n");
    write("coord.raw", "0 0 0\n1 1 1\n");
    write("energy.raw", "-1\n-2\n");
    write("virial.raw", "1 0 0 0 2 0 0 0 3\n1 0 0 0 2 0 0 0 4\n");
    let file = read_structures(folder.path(), None).expect("reads");
    assert_eq!(file.frames.len(), 2);
    assert_eq!(file.frames[1].frame.labels.virial_ev.expect("a virial")[(2, 2)], 4.0);
    assert_eq!(missing(&file.frames[0]), ["forces"]);
    write("coord.raw", "0 0 0\n1 1\n");
    let error = read_structures(folder.path(), None).expect_err("two of three numbers");
    assert_eq!(error.line, Some(2));
    assert!(error.path.ends_with("coord.raw") && error.message.contains("2 numbers"), "{error}");
}

#[test]
fn arrays_that_do_not_fit_are_refused_by_name() {
    let set = Path::new("set.000");
    for (name, bytes, part) in [
        ("coord.npy", npy("<f8", "(2, 5)", &f64s(&[0.0; 10])), "frames of 6 numbers"),
        ("coord.npy", npy("<f8", "(9000000000000000000, 6)", &f64s(&[0.0; 12])), "does not fit in the file"),
        ("coord.npy", npy("<i8", "(2, 6)", &f64s(&[0.0; 12])), "numbers of type"),
        ("coord.npy", npy("<f8", "(2, 6)", &f64s(&[f64::NAN; 12])), "not finite"),
        ("energy.npy", npy("<f8", "(1,)", &f64s(&[0.0])), "ends before"),
        ("force.npy", b"\x93NUMPY\x02\x00\xff\xff\xff\x7f".to_vec(), "header is longer"),
        ("box.npy", b"".to_vec(), "cannot be read as npy"),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        write_npy(folder.path());
        std::fs::write(folder.path().join(set).join(name), bytes).expect("writes");
        let error = read_structures(folder.path(), None).expect_err(part);
        assert!(error.message.contains(part) && error.path.ends_with(name), "{part}: {error}");
    }
}
