//! Which format a file is in, by its name and by its content.

use std::path::Path;

use natron_io::{Format, read_structures};

use super::small::CIF;

const XYZ: &str = "1\nLattice=\"3 0 0 0 4 0 0 0 5\" Properties=species:S:1:pos:R:3\nNa 0 0 0\n";
const POSCAR: &str = "Na1\n1.0\n3 0 0\n0 4 0\n0 0 5\nNa\n1\nDirect\n0 0 0\n";
const DATA: &str = "t\n\n1 atoms\n1 atom types\n0 3 xlo xhi\n0 4 ylo yhi\n0 5 zlo zhi\n\nMasses\n\n1 23.0\n\nAtoms\n\n1 1 0 0 0\n";

#[test]
fn names_decide() {
    for (name, format) in [
        ("a/b.extxyz", Some(Format::ExtendedXyz)),
        ("b.XYZ", Some(Format::ExtendedXyz)),
        ("POSCAR", Some(Format::Poscar)),
        ("run.1/CONTCAR_relaxed", Some(Format::Poscar)),
        ("POSCAR.xyz", Some(Format::ExtendedXyz)),
        ("na.vasp", Some(Format::Poscar)),
        ("na.cif", Some(Format::Cif)),
        ("data.na", Some(Format::LammpsData)),
        ("na.lmp", Some(Format::LammpsData)),
        ("na.txt", None),
    ] {
        assert_eq!(Format::of_name(Path::new(name)), format, "{name}");
    }
}

#[test]
fn content_decides_where_the_name_says_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("structure");
    for (text, format) in [
        (XYZ, Format::ExtendedXyz),
        (POSCAR, Format::Poscar),
        (CIF, Format::Cif),
        (DATA, Format::LammpsData),
        // The comment of a POSCAR may be a number.
        (&*POSCAR.replace("Na1", "12"), Format::Poscar),
        ("3\n1 2 3\nNa 0 0 0\nNa 0 0 2\nNa 0 0 4\n\n\n", Format::ExtendedXyz),
    ] {
        assert_eq!(Format::of_content(text), Some(format), "{text}");
        std::fs::write(&path, text).expect("writes");
        let read = read_structures(&path, None).expect("it is read");
        assert_eq!(read.format, format);
        assert!(!read.frames.is_empty());
    }
    for text in ["", "abc\n", "{\"a\": 1}", "\n\n\n", "#\n#\n#\n#\n#\n#\n#\n"] {
        std::fs::write(&path, text).expect("writes");
        let error = read_structures(&path, None).expect_err("no structure");
        assert!(error.message.contains("neither name nor content"), "{error}");
        assert!(error.help.contains("poscar (POSCAR*"), "{}", error.help);
    }
}

#[test]
fn a_file_under_a_wrong_name_is_told_so() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text, looks) in [
        ("a.extxyz", POSCAR, "poscar"),
        ("POSCAR", XYZ, "extxyz"),
        ("a.cif", DATA, "lammps-data"),
        ("a.data", CIF, "cif"),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("writes");
        let error = read_structures(&path, None).expect_err(name);
        assert!(error.help.contains(&format!("it looks like {looks}")), "{name}: {}", error.help);
        let right = Format::ALL.into_iter().find(|format| format.name() == looks);
        assert!(read_structures(&path, right).is_ok(), "{name} as {looks}");
    }
    let path = folder.path().join("structure");
    std::fs::write(&path, [0x1f, 0x8b, 8, 0]).expect("writes");
    assert!(read_structures(&path, None).expect_err("gzip").help.contains("the file is damaged"));
}

#[test]
fn frames_of_extended_xyz_know_their_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.xyz");
    std::fs::write(&path, format!("{XYZ}\n\n{XYZ}{XYZ}")).expect("writes");
    let lines: Vec<usize> =
        read_structures(&path, None).expect("three").frames.iter().map(|f| f.line).collect();
    assert_eq!(lines, [1, 6, 9]);
}

#[test]
fn formats_of_one_structure_refuse_more() {
    let frame = super::one(Format::ExtendedXyz, XYZ);
    let frames = [frame.clone(), frame];
    for format in [Format::Poscar, Format::LammpsData, Format::Cif] {
        assert!(natron_io::write_structures(&mut Vec::new(), format, &frames).is_err());
    }
}

#[test]
fn what_a_format_cannot_hold_is_named() {
    let text = "2\nLattice=\"3 0 0 1 4 0 0 1 5\" energy=1 pbc=\"T T F\" kind=a Properties=species:S:1:pos:R:3:forces:R:3:tag:I:1\nC 0 0 0 0 0 0 1\nNa 0 0 1 0 0 0 2\n";
    let mut frame = super::one(Format::ExtendedXyz, text);
    assert_eq!(natron_io::left_out(Format::ExtendedXyz, &frame), Vec::<String>::new());
    let found = natron_io::left_out(Format::Poscar, &frame);
    let expected = [
        "the energy",
        "the forces",
        "the value `kind`",
        "the column `tag`",
        "which directions are periodic (VASP takes all of them)",
    ];
    assert_eq!(found, expected);
    assert_eq!(natron_io::left_out(Format::LammpsData, &frame), expected[..4]);
    frame.structure.species.push(frame.structure.species[0]);
    frame.structure.positions.push(frame.structure.positions[0]);
    assert!(
        natron_io::left_out(Format::Poscar, &frame)
            .iter()
            .any(|text| text.contains("the order of the atoms"))
    );
}
