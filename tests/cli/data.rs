//! `natron data convert`, and structures in other formats where a structure is asked for.

use super::{argon_folder, files_in, json, run, stderr, succeeds};

#[test]
fn a_structure_goes_through_every_format_and_comes_back() {
    let folder = argon_folder();
    let convert = |from: &str, to: &str| json(folder.path(), &["data", "convert", from, to]);
    let report = convert("argon.extxyz", "POSCAR");
    assert_eq!((&report["from"], &report["to"]), (&"extxyz".into(), &"poscar".into()));
    assert_eq!((&report["frames"], &report["atoms"]), (&1.into(), &32.into()));
    convert("POSCAR", "argon.data");
    convert("argon.data", "back.extxyz");
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("reads");
    let atoms = |text: &str| text.lines().filter(|line| line.starts_with("Ar ")).count();
    assert_eq!(atoms(&read("back.extxyz")), 32);
    let output = run(folder.path(), &["data", "convert", "argon.extxyz", "POSCAR"]);
    assert_eq!(output.status.code(), Some(2), "it exists");
    assert!(stderr(&output).contains("--overwrite"), "{}", stderr(&output));
    succeeds(folder.path(), &["data", "convert", "argon.extxyz", "POSCAR", "--overwrite"]);
}

#[test]
fn what_does_not_fit_is_said_and_what_cannot_be_is_refused() {
    let folder = argon_folder();
    let frames = "1\nLattice=\"9 0 0 0 9 0 0 0 9\" energy=1.0 Properties=species:S:1:pos:R:3\nAr 0 0 0\n1\nenergy=1.0\nAr 1 0 0\n";
    std::fs::write(folder.path().join("two.xyz"), frames).expect("writes");
    let report = json(folder.path(), &["data", "convert", "two.xyz", "one.vasp", "--frame", "0"]);
    assert_eq!(report["left_out"], serde_json::json!(["the energy"]));
    assert_eq!((&report["frames_read"], &report["frames"]), (&2.into(), &1.into()));
    assert_eq!(json(folder.path(), &["data", "convert", "two.xyz", "all.extxyz"])["frames"], 2);
    let before = files_in(folder.path());
    for (arguments, part) in [
        (&["two.xyz", "last.vasp"][..], "POSCAR needs a cell"),
        (&["two.xyz", "out.cif"], "natron reads cif but does not write it"),
        (&["two.xyz", "out"], "does not say in which format"),
        (&["two.xyz", "out.vasp", "--frame", "2"], "there is no frame 2"),
        (&["two.xyz", "none/out.extxyz"], "folder of the output does not exist"),
        (&["none.xyz", "out.extxyz"], "cannot open the file"),
        (&["two.xyz", "out.vasp", "--from", "pdb"], "there are extxyz, poscar, cif, lammps-data, outcar"),
    ] {
        let output = run(folder.path(), &[&["data", "convert"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(part), "{arguments:?}: {}", stderr(&output));
    }
    assert_eq!(files_in(folder.path()), before);
}

#[test]
fn a_deck_takes_its_structure_from_any_format() {
    let folder = argon_folder();
    for (name, deck) in [("POSCAR", "POSCAR-md.toml"), ("solid.data", "solid.toml")] {
        succeeds(folder.path(), &["data", "convert", "argon.extxyz", name]);
        succeeds(folder.path(), &["new", "md", name]);
        let text = succeeds(folder.path(), &["md", deck, "--check"]);
        assert!(text.starts_with("in order: 32 atoms with potential lj-argon"), "{text}");
    }
}

#[test]
fn what_a_run_does_not_use_is_said_when_its_deck_is_made() {
    let folder = argon_folder();
    let poscar = "Ar\n1.0\n9 0 0\n0 9 0\n0 0 9\nAr\n1\nSelective\nDirect\n0 0 0 T T F\n";
    std::fs::write(folder.path().join("POSCAR"), poscar).expect("writes");
    let output = run(folder.path(), &["new", "md", "POSCAR"]);
    assert!(output.status.success());
    assert!(stderr(&output).contains("does not use: selective dynamics"), "{}", stderr(&output));
}
