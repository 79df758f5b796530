//! Files that other programs may have written.

use std::path::{Path, PathBuf};

use hdf5_metno::types::{FixedAscii, VarLenUnicode};
use hdf5_metno::{File, Group, Location};
use natron_atoms::Vec3;
use natron_io::ReadError;
use natron_io::h5md::{Frame, Reader};

/// Edges of the box, nm.
const EDGES_NM: [f64; 3] = [1.0, 1.2, 1.5];
const FRAMES: usize = 12;

/// Where an atom is, A, had it not been put back into the box.
fn path_of(atom: usize, frame: usize) -> Vec3 {
    Vec3::new(1.7, -2.3, 2.9) * frame as f64 * (1.0 + atom as f64) * 0.5 + Vec3::new(0.5, 0.25, 0.125)
}

/// The image that holds it and the place in the box, nm.
fn wrapped(atom: usize, frame: usize) -> ([i32; 3], [f64; 3]) {
    let place = path_of(atom, frame) / 10.0;
    let image = std::array::from_fn(|k| (place[k] / EDGES_NM[k]).floor() as i32);
    (image, std::array::from_fn(|k| place[k] - f64::from(image[k]) * EDGES_NM[k]))
}

fn set(at: &Location, name: &str, text: &str) {
    let text: VarLenUnicode = text.parse().expect("text");
    at.new_attr::<VarLenUnicode>().create(name).expect("created").write_scalar(&text).expect("written");
}

fn put<T: hdf5_metno::H5Type>(
    group: &Group,
    name: &str,
    shape: &[usize],
    values: &[T],
) -> hdf5_metno::Dataset {
    let dataset = group.new_dataset::<T>().shape(shape.to_vec()).create(name).expect("created");
    dataset.write_raw(values).expect("written");
    dataset
}

/// Writes a file in another program's manner: the group has a name of its own, numbers are 4 bytes in one piece,
/// lengths are nm and times fs, the box is fixed and given by its lengths, strings have a fixed length, steps and
/// times are even, and atoms are put back into the box.
fn write(path: &Path, with_image: bool) -> File {
    let file = File::create(path).expect("created");
    let group = file.create_group("particles/solvent").expect("a group");
    put(&group, "species", &[2], &[11_i32, 6]);
    let places = (0..FRAMES).flat_map(|frame| (0..2).map(move |atom| wrapped(atom, frame)));
    let (images, positions): (Vec<_>, Vec<_>) = places.unzip();
    let position = group.create_group("position").expect("a group");
    let positions: Vec<f32> = positions.concat().into_iter().map(|x| x as f32).collect();
    set(&put(&position, "value", &[FRAMES, 2, 3], &positions), "unit", "nm");
    let step = put(&position, "step", &[], &[50_i64]);
    step.new_attr::<i64>().create("offset").expect("created").write_scalar(&1000).expect("written");
    set(&put(&position, "time", &[], &[25.0_f64]), "unit", "fs");
    if with_image {
        let image = group.create_group("image").expect("a group");
        put(&image, "value", &[FRAMES, 2, 3], &images.concat());
        group.link_hard("position/step", "image/step").expect("linked");
    }
    let cell = group.create_group("box").expect("a group");
    let word = FixedAscii::<8>::from_ascii("periodic").expect("ASCII");
    cell.new_attr_builder().with_data(&[word; 3]).create("boundary").expect("written");
    put(&cell, "edges", &[3], &EDGES_NM);
    file
}

fn scratch() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t.h5");
    (folder, path)
}

fn try_read(path: &Path) -> Result<Vec<Frame>, ReadError> {
    Reader::open(path)?.frames().collect()
}

fn check(frames: &[Frame]) {
    assert_eq!(frames.len(), FRAMES);
    for (frame, index) in frames.iter().zip(0..) {
        assert_eq!(frame.step, 1000 + 50 * index as u64);
        assert!((frame.time_ps - 0.025 * index as f64).abs() < 1e-12);
        assert_eq!(frame.cell.vector(1), Vec3::new(0.0, 12.0, 0.0));
        for (atom, position) in frame.positions_a.iter().enumerate() {
            let error = (position - path_of(atom, index)).norm();
            assert!(error < 1e-4, "frame {index}, atom {atom}: {position}");
        }
    }
}

#[test]
fn atoms_are_followed_by_their_images() {
    let (_folder, path) = scratch();
    write(&path, true);
    let reader = Reader::open(&path).expect("opened");
    assert_eq!(reader.masses_amu(), [22.98976928, 12.011]);
    assert_eq!(reader.periodic(), [true; 3]);
    check(&try_read(&path).expect("read"));
}

#[test]
fn without_images_atoms_are_followed_by_nearest_steps() {
    let (_folder, path) = scratch();
    write(&path, false);
    check(&try_read(&path).expect("read"));
}

#[test]
fn steps_too_long_to_follow_are_refused() {
    let (_folder, path) = scratch();
    let file = write(&path, false);
    let value = file.dataset("particles/solvent/position/value").expect("there");
    let mut positions = value.read_raw::<f32>().expect("read");
    positions[6 * 5] = (wrapped(0, 4).1[0] + 0.5) as f32;
    value.write_raw(&positions).expect("written");
    drop((value, file));
    let error = try_read(&path).expect_err("half a box");
    assert!(
        error.message.contains("atom 0 (from 0) goes 0.50 of the cell, nearly half of it, before frame 5"),
        "{error}"
    );
    assert!(error.help.contains("image flags"));
}

/// Replaces an object of the file by what `with` makes.
fn instead(file: &File, name: &str, with: impl FnOnce(&Group)) {
    let group = file.group("particles/solvent").expect("there");
    if group.link_exists(name) {
        group.unlink(name).expect("gone");
    }
    with(&group);
}

/// What is wrong with a file, and what the reader says of it.
type Case = (&'static str, fn(&File));

const WRONG: &[Case] = &[
    ("no fixed `species`", |file| instead(file, "species", |_| ())),
    ("holds 119, which is no atomic number", |file| {
        instead(file, "species", |group| drop(put(group, "species", &[2], &[119_u8, 6])));
    }),
    ("holds -1, which is no atomic number", |file| {
        instead(file, "species", |group| drop(put(group, "species", &[2], &[-1_i32, 6])));
    }),
    ("has the shape [3] for 2 atoms", |file| {
        instead(file, "species", |group| drop(put(group, "species", &[3], &[6_u8, 6, 6])));
    }),
    ("`species` does not hold integers", |file| {
        instead(file, "species", |group| drop(put(group, "species", &[2], &[6.0, 6.0])));
    }),
    ("not one positive mass", |file| {
        instead(file, "mass", |group| drop(put(group, "mass", &[2], &[1.0, -1.0])))
    }),
    ("has the shape [12, 6] and not [frames, atoms, 3]", |file| {
        instead(file, "position/value", |group| {
            drop(put(group, "position/value", &[FRAMES, 6], &[0.0; 6 * FRAMES]))
        });
    }),
    ("`position/value` has no unit", |file| {
        file.dataset("particles/solvent/position/value").expect("there").delete_attr("unit").expect("gone");
    }),
    ("`position/time` is in a unit that is not known, \"fortnight\"", |file| {
        let time = file.dataset("particles/solvent/position/time").expect("there");
        time.delete_attr("unit").expect("gone");
        set(&time, "unit", "fortnight");
    }),
    ("`position/time` is missing", |file| instead(file, "position/time", |_| ())),
    ("`position` has no `step`", |file| instead(file, "position/step", |_| ())),
    ("differ in their number of frames", |file| {
        instead(file, "position/step", |group| drop(put(group, "position/step", &[3], &[0, 1, 2])));
    }),
    ("`image` was not written at the steps of `position`", |file| {
        instead(file, "image/step", |group| drop(put(group, "image/step", &[], &[7])));
    }),
    ("`image/value` is not [frames, 2, 3]", |file| {
        instead(file, "image/value", |group| {
            drop(put(group, "image/value", &[FRAMES, 1, 3], &[0; 3 * FRAMES]))
        });
    }),
    ("no `box`", |file| instead(file, "box", |_| ())),
    ("`boundary` of `box` is missing", |file| {
        file.group("particles/solvent/box").expect("there").delete_attr("boundary").expect("gone");
    }),
    ("periodic and has no `edges`", |file| instead(file, "box/edges", |_| ())),
    ("zero volume", |file| {
        instead(file, "box/edges", |group| drop(put(group, "box/edges", &[3], &[1.0, 0.0, 1.0])));
    }),
    ("`box/edges` has the shape [2]", |file| {
        instead(file, "box/edges", |group| drop(put(group, "box/edges", &[2], &[1.0, 1.0])));
    }),
    ("`position/value` has a number that is not finite in row 3", |file| {
        let value = file.dataset("particles/solvent/position/value").expect("there");
        let mut positions = value.read_raw::<f32>().expect("read");
        positions[6 * 3 + 2] = f32::INFINITY;
        value.write_raw(&positions).expect("written");
    }),
    ("`position/step` does not hold integers", |file| {
        instead(file, "position/step", |group| {
            let steps = [f64::NAN; FRAMES];
            drop(put(group, "position/step", &[FRAMES], &steps));
        });
    }),
    ("`species` is a link to elsewhere", |file| {
        instead(file, "species", |group| {
            group.link_external("/etc/passwd", "/x", "species").expect("linked")
        });
    }),
    ("`species` is a link to elsewhere", |file| {
        instead(file, "species", |group| group.link_soft("position/step", "species").expect("linked"));
    }),
    ("`mass` keeps its data in other files", |file| {
        instead(file, "mass", |group| {
            let external =
                group.new_dataset::<f64>().external("/etc/passwd", 0, 16).shape([2]).create("mass");
            drop(external.expect("created"));
        });
    }),
    ("`mass` keeps its data in other files", |file| {
        instead(file, "mass", |group| {
            let mapped = group.new_dataset::<f64>().virtual_map("/etc/passwd", "x", 2, .., 2, ..).shape([2]);
            drop(mapped.create("mass").expect("created"));
        });
    }),
    ("claims the shape [1000000000, 1000000, 3]", |file| {
        instead(file, "position/value", |group| {
            let huge = group.new_dataset::<f32>().chunk([1, 1000, 3]).shape([1_000_000_000, 1_000_000, 3]);
            set(&huge.create("position/value").expect("created"), "unit", "nm");
        });
    }),
];

#[test]
fn what_is_wrong_is_said() {
    for (expected, change) in WRONG {
        let (_folder, path) = scratch();
        let file = write(&path, true);
        change(&file);
        file.close().expect("closed");
        let error = try_read(&path).expect_err(expected);
        assert!(error.message.contains(expected), "{expected}: {error}");
        assert!(!error.help.is_empty(), "{error}");
    }
}
