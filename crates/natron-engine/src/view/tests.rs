//! Each kind of file is known by its content.

use std::path::Path;

use serde_json::json;

use super::{short, view};
use crate::envelope::Build;

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn files_of_the_project_are_known() {
    for (file, kind, key, value) in [
        ("examples/na22c200.extxyz", "structure", "composition", json!(["C200 Na22"])),
        ("examples/na22c200.toml", "md deck", "mobile", json!(["Na"])),
        ("potentials/nac/potential.safetensors", "natron potential", "species", json!(["C", "Na"])),
        ("potentials/nac/train.toml", "train deck", "model.species", json!(["C", "Na"])),
        ("examples/study.toml", "study deck", "insert.atoms", json!([4, 22, 44])),
        ("examples/host.toml", "build deck", "seed", json!(1)),
        ("examples/learn/qe/learn.toml", "learn deck", "rounds", json!(5)),
        ("crates/natron-potential/tests/nep/nep4-na-c.txt", "NEP potential", "species", json!(["Na", "C"])),
    ] {
        let found = view(&root().join(file)).unwrap_or_else(|error| panic!("{file}: {}", error.message));
        assert_eq!((found.kind, &found.facts[key]), (kind, &value), "{file}");
        let rows = found.rows();
        assert_eq!(rows[0], ("kind".to_string(), kind.to_string()));
        assert!(rows.iter().all(|(key, value)| !key.is_empty() && !value.is_empty()), "{rows:?}");
    }
}

#[test]
fn labelled_frames_are_summed_up() {
    let found = view(&root().join("potentials/nac/dft/frames.extxyz")).expect("labelled frames");
    let frames = found.facts["frames"].as_u64().expect("a count");
    assert!(frames > 50 && found.facts["labels"]["forces"] == frames, "{:?}", found.facts);
    assert!(found.facts["energy_eV_per_atom"][0].as_f64() < found.facts["energy_eV_per_atom"][1].as_f64());
    let json = found.json(&Build { version: "0".into(), commit: None });
    assert_eq!((&json["schema"], &json["kind"]), (&json!("natron.view/1"), &json!("structures")));
}

#[test]
fn what_is_nothing_of_natrons_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in [
        ("a.json", "{\"schema\": \"other/1\"}"),
        ("b.toml", "colour = \"red\"\n"),
        ("c.txt", "once upon a time\n"),
        ("d.restart", "NATRONRS and no more"),
        ("e.json", "{ broken"),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("writes");
        let error = view(&path).expect_err("it is nothing");
        assert_eq!(error.file.as_deref(), Some(path.as_path()), "{name}: {}", error.message);
    }
    assert!(view(&folder.path().join("missing")).is_err());
}

#[test]
fn numbers_are_short() {
    for (value, text) in
        [(0.0, "0"), (1.0, "1"), (21.376_543_2, "21.37654"), (1234.5, "1234.5"), (1e-9, "1.00000e-9")]
    {
        assert_eq!(short(value), text);
    }
}
