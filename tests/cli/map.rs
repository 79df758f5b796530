//! `natron map`: frames to a map, with mistakes found before anything is written.

use std::path::Path;

use super::{files_in, json, number, run, stderr, succeeds};

/// Eight argon clusters of growing size around an Na, which has a charge.
fn frames() -> String {
    let mut text = String::new();
    for frame in 0..8u32 {
        let n = 4 + frame % 4;
        text += &format!(
            "{}\nLattice=\"14 0 0 0 14 0 0 0 14\" Properties=species:S:1:pos:R:3:charge:R:1 pbc=\"T T T\"\n",
            n + 2
        );
        text += &format!("Na 7.0 7.0 7.0 0.{frame}\nNa 1.0 1.0 1.0 0.9\n");
        for k in 0..n {
            let angle = f64::from(k) * 2.39996 + f64::from(frame) * 0.7;
            let height = -1.0 + 2.0 * (f64::from(k) + 0.5) / f64::from(n);
            let ring = (1.0 - height * height).sqrt();
            let r = 2.6 + 0.02 * f64::from(frame);
            let place = [ring * angle.cos(), ring * angle.sin(), height].map(|x| 7.0 + r * x);
            text += &format!("C {:.6} {:.6} {:.6} 0.0\n", place[0], place[1], place[2]);
        }
    }
    text
}

pub(crate) fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("frames.extxyz"), frames()).expect("writes");
    succeeds(folder.path(), &["new", "map", "frames.extxyz"]);
    folder
}

pub(crate) const SMALL: [&str; 6] =
    ["--set", "soap.n_max=4", "--set", "soap.l_max=4", "--set", "map.columns=[\"charge\"]"];

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).expect("the run wrote it")
}

#[test]
fn a_new_deck_gives_a_map() {
    let folder = folder();
    let checked = succeeds(folder.path(), &["map", "frames-map.toml", "--check"]);
    assert!(checked.starts_with("in order: 16 environments of Na in 8 frames"), "{checked}");
    assert_eq!(files_in(folder.path()), ["frames-map.toml", "frames.extxyz"]);
    let value =
        json(folder.path(), &[&["map", "frames-map.toml", "--set", "map.clusters=2"][..], &SMALL].concat());
    assert_eq!((&value["schema"], number(&value, "environments")), (&"natron.map/1".into(), 16.0));
    // Atoms alone and atoms in a cage are two kinds; all that are alone are the same.
    let clusters = value["clusters"].as_array().expect("clusters");
    let members: Vec<u64> = clusters.iter().filter_map(|c| c["members"].as_u64()).collect();
    assert_eq!(members, [8, 8], "{clusters:?}");
    let lone = clusters.iter().find(|c| c["neighbours_C_mean"] == 0.0).expect("those without neighbours");
    assert!((number(lone, "charge_mean") - 0.9).abs() < 1e-12);
    assert!(number(&value, "silhouette") > 0.5);
    let names = [
        "frames-map",
        "frames-map.toml",
        "frames-map/deck.toml",
        "frames-map/log.txt",
        "frames-map/map.csv",
        "frames-map/report.html",
        "frames-map/summary.json",
        "frames.extxyz",
    ];
    assert_eq!(files_in(folder.path()), names);
    let table = read(folder.path(), "frames-map/map.csv");
    assert_eq!(table.lines().count(), 17);
    assert!(table.starts_with("file,frame,atom,species,x,axis_1,axis_2,cluster,representative,neighbours_C,neighbours_Na,\"charge\"\n\"frames.extxyz\",0,0,Na,100,"), "{table}");
    assert_eq!(table.lines().filter(|line| line.split(',').nth(8) == Some("1")).count(), 2);
    assert!(read(folder.path(), "frames-map/report.html").contains("Representative environments"));
    // The deck in the directory draws the same map again; the directory itself is not written over.
    assert_eq!(run(folder.path(), &["map", "frames-map.toml"]).status.code(), Some(2));
    succeeds(folder.path(), &["map", "frames-map/deck.toml", "--set", "output.directory=../again"]);
    assert_eq!(read(folder.path(), "again/map.csv").replace("../frames", "frames"), table);
}

#[test]
fn landmarks_give_nearly_the_same_map() {
    let folder = folder();
    let draw = |name: &str, more: &[&str]| {
        let directory = format!("output.directory={name}");
        json(folder.path(), &[&["map", "frames-map.toml", "--set", &directory][..], &SMALL, more].concat());
        let places = |line: &str| -> Vec<f64> {
            line.split(',').skip(5).take(2).filter_map(|x| x.parse().ok()).collect()
        };
        read(folder.path(), &format!("{name}/map.csv")).lines().skip(1).map(places).collect::<Vec<_>>()
    };
    let (all, some) = (
        draw("all", &["--set", "soap.convention=\"dscribe\""]),
        draw("some", &["--set", "soap.convention=\"dscribe\"", "--set", "map.landmarks=12"]),
    );
    // Distances between the two kinds stay, wherever the axes point.
    let apart = |places: &[Vec<f64>]| (places[0][0] - places[1][0]).hypot(places[0][1] - places[1][1]);
    assert!((apart(&all) - apart(&some)).abs() < 0.1 * apart(&all), "{} {}", apart(&all), apart(&some));
}

#[test]
fn mistakes_have_their_line() {
    let folder = folder();
    let refused = |arguments: &[&str]| {
        let output = run(folder.path(), &[&["map"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        stderr(&output)
    };
    std::fs::write(
        folder.path().join("bad.toml"),
        "format = 1\nstructures = [\"frames.extxyz\"]\nmobile = [\"Na\"]\n[soap]\nzeta = -1.0\nn_maxx = 3\n",
    )
    .expect("writes");
    let said = refused(&["bad.toml"]);
    assert!(
        said.contains("bad.toml:5:8") && said.contains("bad.toml:6:1") && said.contains("n_maxx"),
        "{said}"
    );
    let said = refused(&["frames-map.toml", "--set", "structures=[\"no.extxyz\"]"]);
    assert!(said.contains("no.extxyz"), "{said}");
    let said = refused(&["frames-map.toml", "--set", "mobile=[\"Li\"]"]);
    assert!(said.contains("there are 0 such atoms"), "{said}");
    let said = refused(&["frames-map.toml", "--set", "map.columns=[\"spin\"]"]);
    assert!(said.contains("no column `spin`"), "{said}");
    let crowded = ["--set", "soap.n_max=30", "--set", "soap.convention=\"dscribe\""];
    let said = refused(&[&["frames-map.toml"][..], &crowded].concat());
    assert!(said.contains("cannot be told apart"), "{said}");
    assert!(!folder.path().join("frames-map").exists());
}
