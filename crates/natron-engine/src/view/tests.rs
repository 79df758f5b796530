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
        ("examples/voltage.toml", "voltage deck", "insert.species", json!("Na")),
        ("examples/hop.toml", "neb deck", "path.images", json!(7)),
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

/// Tables, logs, reports and checkpoints, as natron writes them.
#[test]
fn what_natron_writes_is_known() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let look = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("writes");
        view(&path)
    };
    let table = "stage,step,file,energy_std_eV\nrelax,0,\"a, b\",\nrun,4,c,0.5\nrun,8,c,0.25\n";
    let found = look("thermo.csv", table.as_bytes()).expect("a table");
    assert_eq!((found.kind, &found.facts["rows"]), ("table", &json!(3)));
    let columns = &found.facts["low_mean_high"];
    assert_eq!(columns["step"], json!([0.0, 4.0, 8.0]));
    assert_eq!((&columns["stage"], &columns["file"]), (&json!(["relax", "run"]), &json!(["a, b", "c"])));
    assert_eq!(columns["energy_std_eV"], json!([0.25, 0.375, 0.5]));
    assert_eq!(look("log.txt", b"").expect("nothing was written yet").kind, "empty file");
    let cut = look("cut.csv", b"step,energy_eV\n1,2\n2\n").expect_err("a row is cut off");
    assert_eq!(cut.line, Some(3));
    let log = "2026-11-23T02:25:04Z natron 0.1.0\n2026-11-23T02:26:04Z the end\n";
    let found = look("log.txt", log.as_bytes()).expect("a log");
    assert_eq!((found.kind, &found.facts["last_2"]), ("log", &json!("the end")));
    assert_eq!(found.facts["to_utc"], "2026-11-23T02:26:04Z");
    let page = natron_report::Page::new("A title").warning("Beware.").to_html();
    let found = look("report.html", page.as_bytes()).expect("a report");
    assert_eq!((found.kind, &found.facts["title"]), ("report", &json!("A title")));
    assert!(found.facts["warnings"][0].as_str().is_some_and(|w| w.contains("Beware.")), "{:?}", found.facts);
    let header = br#"{"format":1,"epoch":7}"#;
    let mut bytes = b"natrontr".to_vec();
    bytes.extend((header.len() as u64).to_le_bytes());
    bytes.extend(header);
    let found = look("checkpoint", &bytes).expect("a checkpoint");
    assert_eq!((found.kind, &found.facts["epoch"]), ("training checkpoint", &json!(7)));
    assert!(look("checkpoint", &bytes[..20]).is_err());
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
