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

/// Frames of argon, moved a little from one to the next, with an energy of so much per atom.
fn labelled(count: usize, shift: f64, energy: f64, host: impl Fn(usize) -> String) -> String {
    let one = |k: usize| {
        let x = 3.5 + shift + 0.01 * k as f64;
        let free = 2.0 * energy + 0.001 * (k % 5) as f64;
        format!(
            "2\nLattice=\"12 0 0 0 12 0 0 0 12\" Properties=species:S:1:pos:R:3:forces:R:3 energy={} free_energy={free} host={}\nAr 0 0 0 0.1 0 0\nAr {x} 0 0 -0.1 0 0\n",
            free + 0.25,
            host(k)
        )
    };
    (0..count).map(one).collect()
}

#[test]
fn a_check_finds_what_is_wrong_in_a_folder() {
    let folder = argon_folder();
    std::fs::create_dir(folder.path().join("dft")).expect("makes");
    let write =
        |name: &str, text: &str| std::fs::write(folder.path().join("dft").join(name), text).expect("writes");
    let mut good = labelled(30, 0.0, -4.0, |_| "a".into());
    // Frame 30 is frame 0 again, frame 31 has a wild force, frame 32 no forces.
    good += &labelled(1, 0.0, -4.0, |_| "b".into());
    good += &labelled(1, 1.0, -4.0, |_| "c".into()).replace("0.1 0 0\n", "900.0 0 0\n");
    good += "2\nLattice=\"12 0 0 0 12 0 0 0 12\" free_energy=-8.0 Properties=species:S:1:pos:R:3\nAr 0 0 0\nAr 4.2 0 0\n";
    write("a.extxyz", &good);
    write("b.extxyz", &labelled(30, 0.003, -9.0, |_| "d".into()));
    write("notes.txt", "nothing here\n");
    let report = json(folder.path(), &["data", "check", "dft"]);
    assert_eq!(
        (&report["schema"], &report["frames"], &report["atoms"]),
        (&"natron.data/1".into(), &63.into(), &126.into())
    );
    assert_eq!(report["labels"]["forces"], 62);
    assert_eq!(report["missing"][0]["label"], "virial");
    let of_forces =
        report["missing"].as_array().expect("a list").iter().find(|m| m["label"] == "forces").expect("one");
    assert_eq!(of_forces["line"], 32 * 4 + 1);
    assert_eq!(report["unread"][0]["reason"], "no format of frames");
    assert_eq!(report["nearest"][0]["distance_A"], 3.5);
    assert_eq!(
        (&report["n_duplicates"], &report["duplicates"][0]["second"]["frame"]),
        (&1.into(), &30.into())
    );
    let outlier = &report["outliers"][0];
    assert_eq!((&outlier["quantity"], &outlier["frame"]), (&"force_max_eV_per_A".into(), &31.into()));
    assert!(outlier["value"].as_f64().is_some_and(|f| (f - 900.0).abs() < 1e-6), "{outlier}");
    let off = report["energies"]["inconsistent_files"].as_array().expect("a list");
    assert_eq!(off.len(), 2, "five eV per atom lie between them: {off:?}");
    let page = std::fs::read_to_string(folder.path().join("data-check.html")).expect("the page");
    assert!(page.contains("<svg") && page.contains("Duplicates") && page.contains("Outliers"));
    let text = succeeds(folder.path(), &["data", "check", "dft", "--no-report"]);
    assert!(text.contains("extxyz") && text.contains("Ar-Ar"), "{text}");
}

#[test]
fn damage_in_a_folder_is_named_for_every_file_and_nothing_is_written() {
    let folder = argon_folder();
    std::fs::create_dir(folder.path().join("dft")).expect("makes");
    let write =
        |name: &str, text: &str| std::fs::write(folder.path().join("dft").join(name), text).expect("writes");
    write("a.extxyz", &labelled(2, 0.0, -4.0, |_| "a".into()).replace("3.51 0 0", "3.51 zero 0"));
    write("b.extxyz", &labelled(1, 0.0, -4.0, |_| "a".into()).replace("\nAr 0 0 0 0.1 0 0", ""));
    let before = files_in(folder.path());
    let output = run(folder.path(), &["data", "check", "dft"]);
    assert_eq!(output.status.code(), Some(2));
    let said = stderr(&output);
    assert!(said.contains("a.extxyz:8:9") && said.contains("b.extxyz:"), "{said}");
    assert_eq!(files_in(folder.path()), before);
}

#[test]
fn a_split_keeps_groups_together() {
    let folder = argon_folder();
    let text = labelled(100, 0.0, -4.0, |k| format!("h{}", k / 5));
    std::fs::write(folder.path().join("all.extxyz"), text).expect("writes");
    let split = ["data", "split", "all.extxyz", "--by", "host", "--seed", "3", "-o"];
    let report = json(folder.path(), &[&split[..], &["split.extxyz"]].concat());
    let frames: Vec<u64> =
        report["splits"].as_array().expect("three").iter().filter_map(|s| s["frames"].as_u64()).collect();
    assert_eq!(frames, [80, 10, 10]);
    let written = std::fs::read_to_string(folder.path().join("split.extxyz")).expect("reads");
    let mut of_host = std::collections::BTreeMap::new();
    for line in written.lines().filter(|line| line.contains("host=")) {
        let value = |key: &str| {
            line.split_whitespace().find_map(|w| w.strip_prefix(key)).expect("the key").to_owned()
        };
        let known = of_host.entry(value("host=")).or_insert_with(|| value("split="));
        assert_eq!(*known, value("split="));
    }
    assert_eq!(of_host.len(), 20);
    succeeds(folder.path(), &[&split[..], &["again.h5"]].concat());
    succeeds(folder.path(), &["data", "convert", "again.h5", "again.extxyz"]);
    let again = std::fs::read_to_string(folder.path().join("again.extxyz")).expect("reads");
    assert!(again == written, "the same draw, through the data set");
    for (arguments, part) in [
        (&["all.extxyz", "--by", "kind", "-o", "x.extxyz"][..], "a frame has no key `kind`"),
        (&["all.extxyz", "--by", "file", "-o", "x.extxyz"], "1 groups by `file` cannot fill 3 splits"),
        (&["all.extxyz", "--by", "host", "-o", "split.extxyz"], "--overwrite"),
        (&["all.extxyz", "--by", "host", "-o", "x.vasp"], "does not say in which format"),
        (&["all.extxyz", "--by", "host", "--fractions", "0.5,0.1,0.1", "-o", "x.extxyz"], "sum to 1"),
    ] {
        let output = run(folder.path(), &[&["data", "split"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(part), "{arguments:?}: {}", stderr(&output));
    }
}

#[test]
fn a_selection_takes_the_ends_and_leaves_what_is_had() {
    let folder = argon_folder();
    std::fs::write(folder.path().join("line.extxyz"), labelled(80, 0.0, -4.0, |k| k.to_string()))
        .expect("writes");
    let select = ["data", "select", "line.extxyz", "--count"];
    let report = json(folder.path(), &[&select[..], &["5", "-o", "five.extxyz"]].concat());
    let chosen: Vec<u64> =
        report["chosen"].as_array().expect("five").iter().filter_map(serde_json::Value::as_u64).collect();
    assert!(chosen.contains(&0) && chosen.contains(&79), "the ends of the line: {chosen:?}");
    let longer = json(folder.path(), &[&select[..], &["10", "-o", "ten.extxyz"]].concat());
    assert_eq!(
        longer["chosen"].as_array().expect("ten")[..5],
        report["chosen"].as_array().expect("five")[..]
    );
    assert!(longer["left_out_distance"].as_f64() < report["left_out_distance"].as_f64());
    let kept =
        json(folder.path(), &[&select[..], &["1", "--have", "five.extxyz", "-o", "one.extxyz"]].concat());
    assert_eq!(kept["chosen"][0], longer["chosen"][5]);
    let output = run(folder.path(), &[&select[..], &["81", "-o", "x.extxyz"]].concat());
    assert!(stderr(&output).contains("cannot choose 81 of 80 frames"), "{}", stderr(&output));
}

/// The real dumps under `$NATRON_DATA`, all in one call.
#[test]
fn the_real_dumps_are_looked_at_in_one_call() {
    let Some(root) = std::env::var_os("NATRON_DATA") else {
        eprintln!("skipped: NATRON_DATA is not set");
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let dumps = std::path::Path::new(&root).join("public/dumps");
    let all = dumps.to_str().expect("a path in UTF-8");
    // Its numbers of atoms do not fit its positions.
    let output = run(folder.path(), &["data", "check", all]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("ML_AB:64:1"), "{}", stderr(&output));
    assert_eq!(files_in(folder.path()), Vec::<String>::new());
    let entries = std::fs::read_dir(&dumps).expect("reads").map(|entry| entry.expect("reads").path());
    let others: Vec<String> =
        entries.filter(|path| !path.ends_with("ML_AB")).map(|path| path.display().to_string()).collect();
    std::fs::create_dir(folder.path().join("dumps")).expect("makes");
    for path in &others {
        let name = std::path::Path::new(path).file_name().expect("a name");
        std::os::unix::fs::symlink(path, folder.path().join("dumps").join(name)).expect("links");
    }
    let report = json(folder.path(), &["data", "check", "dumps"]);
    let formats: std::collections::BTreeSet<&str> =
        report["files"].as_array().expect("a list").iter().filter_map(|f| f["format"].as_str()).collect();
    assert_eq!(formats, ["cp2k-output", "outcar", "pw-output", "vasprun"].into());
    assert_eq!((&report["n_skipped"], &report["skipped"][0]["reason"]), (&1.into(), &"unconverged".into()));
    // The ten frames of water in OUTCAR are those of vasprun.xml.
    assert!(report["n_duplicates"].as_u64() >= Some(10), "{}", report["n_duplicates"]);
    assert_eq!(report["labels"]["forces"], report["frames"]);
}
