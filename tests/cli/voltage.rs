//! `natron voltage`: a small host filled, its voltages against the energies of its files.

use std::path::Path;

use serde_json::Value;

use super::{files_in, json, number, run, stderr, succeeds};

/// Two layers of graphite pulled apart, one and two sodium atoms between them.
const DECK: &str = r#"format = 1
seed = 3
[host]
structures = ["wide/host.extxyz", "wider/host.extxyz"]
[insert]
atoms = [1, 2]
step = 1
trials = 2
relax_ps = 0.02
force_max_eV_per_A = 0.2
[curve]
convex_hull = true
"#;

/// Two layers of graphite of 18 atoms, pulled apart to a width in A, built into `name`.
pub(crate) fn pore(folder: &Path, name: &str, width_a: f64) {
    let deck = format!(
        "format = 1\n[structure]\nkind = \"slit-pore\"\nrepeat = [3, 3]\nlayers = 1\nstacking = \"AA\"\nwidth_A = {width_a:?}\n"
    );
    std::fs::write(folder.join(format!("{name}.toml")), deck).expect("writes");
    succeeds(folder, &["build", &format!("{name}.toml")]);
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, width) in [("wide", 7.0), ("wider", 8.4)] {
        pore(folder.path(), name, width);
    }
    std::fs::write(folder.path().join("curve.toml"), DECK).expect("writes");
    folder
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).expect("the run wrote it")
}

/// Energy (eV) of a file of the run directory, as `natron evaluate` has it.
fn energy(folder: &Path, file: &str) -> f64 {
    let out = folder.join("predicted.extxyz");
    let path = format!("curve/{file}");
    succeeds(folder, &["evaluate", "-p", "nac", &path, "--output", "predicted.extxyz"]);
    let text = std::fs::read_to_string(&out).expect("reads");
    std::fs::remove_file(&out).expect("it is there");
    let words = text.split_whitespace().find_map(|word| word.strip_prefix("energy="));
    words.expect("an energy").parse().expect("a number")
}

#[test]
fn voltages_are_those_of_the_energies_of_its_files() {
    let folder = folder();
    let checked = succeeds(folder.path(), &["voltage", "curve.toml", "--check"]);
    assert!(checked.contains("1, 2 Na atoms in 2 host(s) of C18"), "{checked}");
    assert!(succeeds(folder.path(), &["voltage", "curve.toml", "--explain"]).contains("# files of hosts"));
    assert!(!folder.path().join("curve").exists(), "nothing was written");
    let summary = json(folder.path(), &["voltage", "curve.toml"]);
    assert_eq!((&summary["schema"], &summary["finished"]), (&"natron.voltage/1".into(), &true.into()));
    let metal = &summary["metal"];
    let mu = energy(folder.path(), "metal.extxyz") / 54.0;
    assert!((number(metal, "energy_eV_per_atom") - mu).abs() < 1e-4, "{metal} {mu}");
    // The labels of the potential have 4.087 A, -1.230 eV.
    assert!((number(metal, "edge_A") - 4.1).abs() < 0.15, "{metal}");
    assert!((number(metal, "cohesive_eV_per_atom") + 1.23).abs() < 0.1, "{metal}");
    assert_eq!(metal["references"].as_array().map(Vec::len), Some(2));
    let hosts = summary["hosts"].as_array().expect("a list");
    assert_eq!(hosts.len(), 2);
    for (k, host) in hosts.iter().enumerate() {
        let at = |name: &str| energy(folder.path(), &format!("host-{k:03}/{name}"));
        let (e0, e1, e2) = (at("host.extxyz"), at("na-001.extxyz"), at("na-002.extxyz"));
        let emptied = energy(folder.path(), &format!("emptied-{k:03}/na-002.extxyz"));
        let second = &host["points"][1];
        let same = |key: &str, value: f64| {
            assert!((number(second, key) - value).abs() < 1e-3, "{key}: {value} {second}");
        };
        same("voltage_V", -(e2 - e0 - 2.0 * mu) / 2.0);
        same("voltage_emptied_V", -(e2 - emptied - 2.0 * mu) / 2.0);
        same("step_V", -(e2 - e1 - mu));
        // Two of Na on 18 C.
        same("capacity_mAh_per_g", 2.0 * 96485.332 / 3.6 / (18.0 * 12.011));
        assert!(number(second, "voltage_std_V") > 0.0);
        // Two steps of one atom each: they stay where the second is the lower one, else the hull goes past the first filling.
        let first = &host["points"][0];
        let (one, two) = (number(first, "step_V"), number(second, "step_V"));
        let along = if two < one { (one, two) } else { (0.5 * (one + two), 0.5 * (one + two)) };
        let hull = (number(first, "hull_V"), number(second, "hull_V"));
        assert!((hull.0 - along.0).abs() < 1e-9 && (hull.1 - along.1).abs() < 1e-9, "{hull:?} {along:?}");
    }
    let (low, high) = (number(&hosts[0]["points"][0], "step_V"), number(&hosts[1]["points"][0], "step_V"));
    let first = &summary["curve"][0];
    // 8 frames of the test split, 12.9 meV/atom, on 18 and 19 atoms.
    let carried = number(first, "voltage_test_error_V");
    assert!((0.2..0.6).contains(&carried), "{carried}");
    assert!((number(first, "step_V") - 0.5 * (low + high)).abs() < 1e-9, "{first}");
    assert!((number(first, "step_high_V") - low.max(high)).abs() < 1e-9, "{first}");
    assert_eq!(read(folder.path(), "curve/voltage.csv").lines().count(), 5);
    let report = read(folder.path(), "curve/report.html");
    assert!(report.contains("Voltage of each step") && report.contains("PBE-D3(BJ)"), "{report}");
    assert_eq!(run(folder.path(), &["voltage", "curve.toml"]).status.code(), Some(2), "it is there already");
    resumed_from_what_is_left(folder.path());
}

/// What a killed run has not written is made again, the same; what is there stays.
fn resumed_from_what_is_left(folder: &Path) {
    let (table, metal) = (read(folder, "curve/voltage.csv"), read(folder, "curve/metal.extxyz"));
    for name in ["voltage.csv", "summary.json", "emptied-001/na-002.extxyz", "host-001/summary.json"] {
        std::fs::remove_file(folder.join("curve").join(name)).expect("it is there");
    }
    std::fs::remove_file(folder.join("curve/host-001/na-002.extxyz")).expect("it is there");
    let again = json(folder, &["voltage", "curve.toml", "--resume"]);
    assert_eq!(again["finished"], true);
    assert_eq!((read(folder, "curve/voltage.csv"), read(folder, "curve/metal.extxyz")), (table, metal));
}

#[test]
fn a_host_that_cannot_be_filled_does_not_lose_the_other() {
    let folder = folder();
    let arguments = [
        "voltage",
        "curve.toml",
        "--set",
        "insert.host_distance_min_A=3.85",
        "--set",
        "insert.atoms=[1]",
        "--json",
    ];
    let output = run(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let object: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let message = object["error"]["message"].as_str().expect("a message");
    assert!(message.contains("wide/host.extxyz") && message.contains("no void"), "{object}");
    let table = read(folder.path(), "curve/voltage.csv");
    assert!(table.lines().count() == 2 && table.contains("wider/host.extxyz"), "{table}");
    let files = files_in(&folder.path().join("curve"));
    assert!(files.iter().any(|file| file == "report.html"), "{files:?}");
}

/// With a reservoir every host is filled at every voltage by a build of its own, against the metal with its vibrations.
#[test]
fn hosts_are_filled_from_a_reservoir() {
    let folder = folder();
    let reservoir = "[grand_canonical]\ntemperature_K = 500.0\nvoltages_V = [0.4, -0.2]\n[monte_carlo]\nmoves = 150\nequilibration_moves = 50\nhybrid_steps = 3\n";
    let deck = DECK.replace("atoms = [1, 2]", "atoms = [1]").replace("trials = 2", "trials = 1");
    std::fs::write(folder.path().join("curve.toml"), format!("{deck}{reservoir}")).expect("writes");
    let summary = json(folder.path(), &["voltage", "curve.toml"]);
    assert_eq!(summary["finished"], true);
    let found = &summary["grand_canonical"];
    let mu = number(&found["metal"], "chemical_potential_eV");
    let energy = number(&summary["metal"], "energy_eV_per_atom");
    assert!((mu - energy - number(&found["metal"], "vibration_eV_per_atom")).abs() < 1e-9, "{found}");
    let points = found["points"].as_array().expect("a list");
    assert_eq!((points.len(), found["curve"].as_array().map(Vec::len)), (4, Some(2)));
    for (k, point) in points.iter().enumerate() {
        assert_eq!(point["host"], k / 2);
        let voltage = [0.4, -0.2][k % 2];
        assert!((number(point, "chemical_potential_eV") - (mu - voltage)).abs() < 1e-9, "{point}");
        let name = format!("curve/grand-canonical-{:03}-{:02}/summary.json", k / 2, k % 2);
        let build: Value = serde_json::from_str(&read(folder.path(), &name)).expect("JSON");
        assert_eq!(build["grand_canonical"]["atoms_mean"], point["x_mean"]);
    }
    assert!(number(&found["curve"][0], "voltage_V") < number(&found["curve"][1], "voltage_V"));
    assert_eq!(read(folder.path(), "curve/isotherm.csv").lines().count(), 5);
    assert!(read(folder.path(), "curve/report.html").contains("Filling at 500 K"));
    let (table, report) = ("curve/isotherm.csv", "curve/report.html");
    let before = read(folder.path(), table);
    for name in [table, report, "curve/grand-canonical-001-01/summary.json"] {
        std::fs::remove_file(folder.path().join(name)).expect("it is there");
    }
    json(folder.path(), &["voltage", "curve.toml", "--resume"]);
    assert_eq!(read(folder.path(), table), before);
}
