//! `natron charges`: the charges of nac, their distributions, a head of one's own, and mistakes found before anything is written.

use std::path::Path;

use super::{files_in, json, number, run, stderr, succeeds};

/// A few frames of those that the head of nac was fitted to and tested on: every test and valid frame, and some of the rest.
fn frames() -> String {
    let text = include_str!("../../potentials/nac/charges/charges.extxyz");
    let (mut out, mut lines, mut train) = (String::new(), text.lines(), 0);
    while let Some(count) = lines.next() {
        let header = lines.next().expect("a comment line");
        let atoms: Vec<&str> =
            lines.by_ref().take(count.trim().parse().expect("a number of atoms")).collect();
        train += u32::from(header.contains("split=train"));
        if !header.contains("split=train") || train <= 12 {
            out.push_str(&format!("{count}\n{header}\n{}\n", atoms.join("\n")));
        }
    }
    out
}

const DECK: &str =
    "format = 1\nstructures = [\"frames.extxyz\"]\nmobile = [\"Na\"]\n[density]\nx_step = 20.0\n";

pub(crate) fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("frames.extxyz"), frames()).expect("writes");
    std::fs::write(folder.path().join("charges.toml"), DECK).expect("writes");
    folder
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).expect("the run wrote it")
}

/// The rows of a table without its head.
fn rows(text: &str) -> Vec<Vec<String>> {
    text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

fn value(text: &str) -> f64 {
    text.parse().expect("a number")
}

/// The errors of a split and element.
fn errors<'v>(result: &'v serde_json::Value, split: &str, element: &str) -> &'v serde_json::Value {
    let all = result["errors"].as_array().expect("errors");
    all.iter().find(|row| row["split"] == split && row["element"] == element).expect("the split is there")
}

#[test]
fn nac_has_charges_and_their_distributions() {
    let folder = folder();
    let checked = succeeds(folder.path(), &["charges", "charges.toml", "--check"]);
    assert!(checked.contains("by the head built in with nac"), "{checked}");
    assert_eq!(files_in(folder.path()), ["charges.toml", "frames.extxyz"]);
    let result = json(folder.path(), &["charges", "charges.toml"]);
    assert_eq!(result["schema"], "natron.charges/1");
    let names = [
        "",
        "/charges.csv",
        "/charges.extxyz",
        "/deck.toml",
        "/density.csv",
        "/log.txt",
        "/report.html",
        "/summary.json",
    ];
    let mut expected: Vec<String> = names.iter().map(|name| format!("charges{name}")).collect();
    expected.extend(["charges.toml".into(), "frames.extxyz".into()]);
    expected.sort();
    assert_eq!(files_in(folder.path()), expected);
    // The charges of every cell add up to nothing, and sodium has given some away.
    let table = rows(&read(folder.path(), "charges/charges.csv"));
    assert_eq!(table.len() as f64, number(&result, "atoms"));
    let frames = number(&result, "frames") as usize;
    for frame in 0..frames {
        let sum: f64 = table.iter().filter(|row| row[1] == frame.to_string()).map(|row| value(&row[5])).sum();
        assert!(sum.abs() < 1e-9, "frame {frame}: {sum}");
    }
    let sodium: Vec<f64> = table.iter().filter(|row| row[3] == "Na").map(|row| value(&row[5])).collect();
    let mean = sodium.iter().sum::<f64>() / sodium.len() as f64;
    assert!((0.2..0.9).contains(&mean), "{mean}");
    // Frames of split test are all here: their error is the one in the head's file.
    let recorded = number(&result["head"]["rmse_e"], "test");
    let found = number(errors(&result, "test", "all"), "rmse_e");
    assert!((found / recorded - 1.0).abs() < 1e-3, "{found} {recorded}");
    // Means of the groups are those of the table, and every curve holds one atom's worth.
    let groups = result["groups"].as_array().expect("groups");
    let curves = rows(&read(folder.path(), "charges/density.csv"));
    let mut total = 0.0;
    for group in groups {
        let (element, x) = (group["element"].as_str().expect("a symbol"), number(group, "x"));
        if element == "Na" {
            total += number(group, "mean_e") * number(group, "atoms");
        }
        // One atom alone has no bandwidth, so no curve.
        if group["bandwidth_e"].is_null() {
            assert_eq!(number(group, "atoms"), 1.0);
            continue;
        }
        let mine: Vec<&Vec<String>> =
            curves.iter().filter(|row| row[0] == element && value(&row[1]) == x).collect();
        let step = value(&mine[1][2]) - value(&mine[0][2]);
        let area: f64 = mine.iter().map(|row| value(&row[3]) * step).sum();
        assert!((area - 1.0).abs() < 0.02, "{element} at {x}: {area}");
    }
    assert!((total / sodium.len() as f64 - mean).abs() < 1e-9);
    // Scott's rule: s n^(-1/5).
    let group = groups.iter().find(|group| group["element"] == "Na").expect("sodium");
    let expected = number(group, "std_e") * number(group, "atoms").powf(-0.2);
    assert!((number(group, "bandwidth_e") / expected - 1.0).abs() < 1e-9);
    // The frames come back with both charges; a run directory is not written over, and its deck gives the same again.
    assert!(read(folder.path(), "charges/charges.extxyz").contains(":charges:R:1:ref_charges:R:1"));
    assert_eq!(run(folder.path(), &["charges", "charges.toml"]).status.code(), Some(2));
    succeeds(folder.path(), &["charges", "charges/deck.toml", "--set", "output.directory=../again"]);
    let again = read(folder.path(), "again/charges.csv").replace("../frames", "frames");
    assert_eq!(again, read(folder.path(), "charges/charges.csv"));
}

#[test]
fn a_head_of_ones_own_is_fitted_and_used() {
    let folder = folder();
    let deck = "format = 1\nmobile = [\"Na\"]\n[fit]\nfiles = [\"frames.extxyz\"]\nreads = [\"hidden\"]\nridges = [1e-4, 1e-2, 1e6]\n";
    std::fs::write(folder.path().join("fit.toml"), deck).expect("writes");
    let fitted = json(folder.path(), &["charges", "fit.toml"]);
    let tried = fitted["tried"].as_array().expect("heads that were tried");
    let valid: Vec<f64> = tried.iter().map(|head| number(head, "valid_rmse_e")).collect();
    let least = valid.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(number(&fitted["head"]["rmse_e"], "valid"), least, "{valid:?}");
    // The smaller the ridge, the nearer to what is fitted; the last leaves nothing but a charge for each element.
    let train: Vec<f64> = tried.iter().map(|head| number(head, "train_rmse_e")).collect();
    assert!(train[0] < train[1] && train[1] < 0.9 * train[2], "{train:?}");
    let head = ["--set", "charges.head=fit/head.safetensors"];
    let used = json(folder.path(), &[&["charges", "charges.toml"][..], &head].concat());
    for split in ["train", "valid", "test"] {
        let (one, other) = (errors(&fitted, split, "all"), errors(&used, split, "all"));
        assert_eq!(number(one, "rmse_e"), number(other, "rmse_e"), "{split}");
    }
    let seen = json(folder.path(), &["view", "fit/head.safetensors"]);
    assert_eq!((&seen["kind"], &seen["reads"]), (&"charge head".into(), &"hidden".into()));
    assert_eq!(json(folder.path(), &["view", "fit.toml"])["kind"], "charges deck");
}

#[test]
fn mistakes_have_their_line() {
    let folder = folder();
    let refused = |arguments: &[&str]| {
        let output = run(folder.path(), &[&["charges"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        stderr(&output)
    };
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("writes");
    write("bad.toml", &format!("{DECK}points = 3\nrul = 1\n"));
    let said = refused(&["bad.toml"]);
    assert!(
        said.contains("bad.toml:6:10") && said.contains("bad.toml:7:1") && said.contains("rul"),
        "{said}"
    );
    let said = refused(&["charges.toml", "--set", "structures=[\"no.extxyz\"]"]);
    assert!(said.contains("no.extxyz"), "{said}");
    let said = refused(&["charges.toml", "--set", "potential.name=lj-argon"]);
    assert!(said.contains("no neural potential"), "{said}");
    let argon = "1\nLattice=\"9 0 0 0 9 0 0 0 9\" Properties=species:S:1:pos:R:3\nAr 0 0 0\n";
    write("argon.extxyz", &format!("{argon}{argon}"));
    let said = refused(&["charges.toml", "--set", "structures=[\"argon.extxyz\"]"]);
    assert!(said.contains("argon.extxyz:1") && said.contains("does not know"), "{said}");
    // A head of another potential, one that is cut short, and a potential that has none.
    write("cut.safetensors", "12345678{");
    let said = refused(&["charges.toml", "--set", "charges.head=cut.safetensors"]);
    assert!(said.contains("no complete charge head"), "{said}");
    // A frame of the fit without charges or without a split.
    let fit = "format = 1\nmobile = [\"Na\"]\n[fit]\nfiles = [\"fit.extxyz\"]\n";
    write("fit.toml", fit);
    write("fit.extxyz", &frames().replacen(" split=", " part=", 1));
    let said = refused(&["fit.toml"]);
    assert!(said.contains("fit.extxyz:1") && said.contains("there is no `split`"), "{said}");
    write("fit.extxyz", &frames().replacen(":charges:R:1", ":other:R:1", 1));
    let said = refused(&["fit.toml"]);
    assert!(said.contains("fit.extxyz:1") && said.contains("no column `charges`"), "{said}");
    write("fit.extxyz", &frames().replace("split=valid", "split=train"));
    let said = refused(&["fit.toml"]);
    assert!(said.contains("no frame of [fit] is of split valid"), "{said}");
    let left: Vec<String> = files_in(folder.path()).into_iter().filter(|name| !name.contains('.')).collect();
    assert_eq!(left, Vec::<String>::new(), "no run directory was made");
}
