//! The figure of `natron study`: voltage, charges and map of the same host beside diffusion, each an ordinary run of its command.

use std::path::Path;

use serde_json::Value;

use super::{files_in, json, number, run, stderr, succeeds};

/// Two layers of graphite pulled apart with one and two sodium atoms between them, at two temperatures.
const DECK: &str = r#"format = 1
seed = 5
[host]
structure = "pore/host.extxyz"
[insert]
atoms = [1, 2]
step = 1
trials = 2
relax_ps = 0.02
force_max_eV_per_A = 0.2
[grid]
temperature_K = [300.0, 600.0]
[run]
equilibrate_ps = 0.1
equilibrate_max_ps = 0.1
production_ps = 0.6
trajectory_every_fs = 10.0
[voltage]
[environments]
frames = 4
[charges]
[map]
clusters = 2
"#;

pub(crate) fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    super::voltage::pore(folder.path(), "pore", 7.0);
    std::fs::write(folder.path().join("fill.toml"), DECK).expect("writes");
    folder
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The numbers of a column of every sodium atom of an extended XYZ file, and the number of its frames.
fn of_sodium(text: &str, column: &str) -> (Vec<f64>, usize) {
    let (mut found, mut frames, mut lines) = (Vec::new(), 0, text.lines());
    while let Some(count) = lines.next() {
        let header = lines.next().expect("a comment line");
        let properties = header.split("Properties=").nth(1).expect("columns").split(' ').next().expect("one");
        let words: Vec<&str> = properties.split(':').collect();
        let mut at = 0;
        for column_of in words.chunks(3) {
            if column_of[0] == column {
                break;
            }
            at += column_of[2].parse::<usize>().expect("a width");
        }
        for atom in lines.by_ref().take(count.trim().parse().expect("a number of atoms")) {
            let fields: Vec<&str> = atom.split_whitespace().collect();
            if fields[0] == "Na" {
                found.push(fields[at].parse().expect("a number"));
            }
        }
        frames += 1;
    }
    (found, frames)
}

#[test]
fn the_figure_shows_what_its_parts_found() {
    let folder = folder();
    let path = folder.path();
    assert!(succeeds(path, &["study", "fill.toml", "--explain"]).contains("# frames of each production"));
    let summary = json(path, &["study", "fill.toml"]);
    assert_eq!(summary["finished"], true);
    // Half a picosecond gives no diffusion coefficient.
    assert_eq!(summary["panels"], serde_json::json!(["voltage", "charges", "map"]));
    let limit = number(&summary["trust"], "force_std_max_eV_per_A");
    for cell in summary["cells"].as_array().expect("a list") {
        let (x, kelvin) = (number(cell, "x") as usize, number(cell, "temperature_K"));
        let text = read(path, &format!("fill/x-{x:03}/T-{kelvin:04}/environments.extxyz"));
        let (stds, frames) = of_sodium(&text, "force_std_eV_per_A");
        assert_eq!((frames, stds.len()), (4, 4 * x));
        assert!(stds.iter().all(|std| *std > 0.0 && *std < 20.0), "{stds:?}");
        let beyond = stds.iter().filter(|std| **std > limit).count();
        assert_eq!(
            (number(cell, "environments"), number(cell, "environments_not_trusted")),
            (4.0 * x as f64, beyond as f64)
        );
        let (ways, _) = of_sodium(&text, "displacement_A");
        assert!(ways.iter().all(|way| *way > 0.0 && *way < 3.0), "in 0.06 ps: {ways:?}");
    }
    // The voltage is that of the command of this name.
    let own = json(path, &["voltage", "fill/voltage.toml", "--set", "output.directory=\"../own\""]);
    let of_study: Value = serde_json::from_str(&read(path, "fill/voltage/summary.json")).expect("JSON");
    assert_eq!(own["curve"], of_study["curve"]);
    // Charges and map are of the lowest temperature, all fillings.
    let (charges, frames) = of_sodium(&read(path, "fill/charges/charges.extxyz"), "charges");
    assert_eq!((frames, charges.len()), (8, 12));
    let map = read(path, "fill/map/map.csv");
    assert_eq!(map.lines().count(), 13);
    let head: Vec<&str> = map.lines().next().expect("a head").split(',').collect();
    assert_eq!(head[head.len() - 3..], ["\"charges\"", "\"displacement_A\"", "\"force_std_eV_per_A\""]);
    let table = json(path, &["view", "fill/map/map.csv"]);
    assert_eq!((&table["kind"], number(&table, "rows")), (&Value::from("table"), 12.0));
    let figure = read(path, "fill/figure.svg");
    for words in ["(a) voltage", "(b) charges", "(c) environments of Na"] {
        assert!(figure.contains(words), "{words}");
    }
    // What is made anew on the way to the end of a finished study is what it was.
    succeeds(path, &["study", "fill.toml", "--resume"]);
    assert_eq!(read(path, "fill/figure.svg"), figure);
    assert!(files_in(&path.join("fill")).iter().all(|file| !file.contains(".bak")));
    // A voltage of other fillings is another voltage.
    succeeds(path, &["study", "fill.toml", "--resume", "--set", "voltage.atoms=[1]"]);
    let less: Value = serde_json::from_str(&read(path, "fill/voltage/summary.json")).expect("JSON");
    let fillings = |summary: &Value| summary["curve"].as_array().expect("a list").len();
    assert_eq!((fillings(&of_study), fillings(&less)), (2, 1));
}

/// With limits of nothing everything is crossed out, and said to be.
#[test]
fn what_is_not_trusted_is_marked() {
    let folder = folder();
    let path = folder.path();
    let set = |value: &'static str| ["--set", value];
    let limits = [
        set("trust.force_std_max_eV_per_A=0.0"),
        set("trust.voltage_std_max_V=0.0"),
        set("grid.temperature_K=[300.0]"),
        set("insert.atoms=[2]"),
    ];
    let arguments = [&["study", "fill.toml"][..], &limits.concat()].concat();
    let summary = json(path, &arguments);
    let cell = &summary["cells"][0];
    assert_eq!((number(cell, "environments"), number(cell, "environments_not_trusted")), (8.0, 8.0));
    let warnings = summary["warnings"].to_string();
    assert!(warnings.contains("8 of 8 environments are beyond"), "{warnings}");
    let page = read(path, "fill/report.html");
    for words in [
        "1 of 1 points are not trusted",
        "8 of them are not trusted",
        "8 of 8 at x = 2",
        "not trusted</text>",
    ] {
        assert!(page.contains(words), "{words}");
    }
}

/// One ion in one frame is no map: said, with exit code 1, beside everything else that was found.
#[test]
fn a_part_that_fails_leaves_the_study_its_summary() {
    let folder = folder();
    let few = ["insert.atoms=[1]", "grid.temperature_K=[300.0]", "environments.frames=1"];
    let sets: Vec<&str> = few.iter().flat_map(|set| ["--set", *set]).collect();
    let output = run(folder.path(), &[&["study", "fill.toml"][..], &sets].concat());
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("a map takes three"), "{}", stderr(&output));
    let summary: Value = serde_json::from_str(&read(folder.path(), "fill/summary.json")).expect("JSON");
    assert_eq!(summary["panels"], serde_json::json!(["voltage", "charges"]));
    assert!(summary["failed"].to_string().contains("a map takes three"), "{summary}");
}

#[test]
fn parts_that_cannot_be_are_refused_before_anything_is_written() {
    let folder = folder();
    let before = files_in(folder.path());
    for (set, part) in [
        ("environments.temperature_K=400.0", "none of the temperatures of the grid"),
        ("voltage.hosts=[\"missing.extxyz\"]", "missing.extxyz"),
        ("charges.head=\"missing.safetensors\"", "cannot read the head"),
        ("map.cutoff_A=0.1", "cutoff"),
    ] {
        let output = run(folder.path(), &["study", "fill.toml", "--set", set]);
        assert_eq!(output.status.code(), Some(2), "{set}: {}", stderr(&output));
        assert!(stderr(&output).contains(part), "{set}: {}", stderr(&output));
    }
    let argon =
        ["study", "fill.toml", "--set", "potential.name=\"lj-argon\"", "--set", "insert.species=\"Ar\""];
    assert_eq!(run(folder.path(), &argon).status.code(), Some(2), "carbon is unknown to it");
    assert_eq!(files_in(folder.path()), before, "nothing was written");
}
