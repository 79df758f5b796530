//! `natron build`: structures, replicas, resuming, and what the report says.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{files_in, json, natron, number, run, stderr, succeeds};

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).expect("the folder is ours");
}

fn folder_with(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(folder.path(), "deck.toml", text);
    folder
}

const GRAPHITE: &str = "format = 1\n[structure]\nkind = \"graphite\"\nrepeat = [4, 4]\nlayers = 2\n";

/// Argon, melted and quenched, three times.
const GLASS: &str = r#"format = 1
seed = 3
replicas = 3
[structure]
kind = "amorphous"
species = "Ar"
atoms = 40
density_g_per_cm3 = 1.6
melt_K = 300.0
melt_ps = 0.5
cool_ps = 0.5
anneal_K = 100.0
anneal_ps = 2.0
quench_ps = 0.5
final_K = 10.0
timestep_fs = 2.0
force_max_eV_per_A = 0.01
[potential]
name = "lj-argon"
[output]
directory = "glass"
restart_every_ps = 0.25
"#;

#[test]
fn graphite_is_built_and_described() {
    let folder = folder_with(GRAPHITE);
    let printed = json(folder.path(), &["build", "deck.toml"]);
    let run_folder = folder.path().join("deck");
    assert_eq!(
        files_in(&run_folder),
        ["deck.toml", "host.extxyz", "log.txt", "report.html", "structure.extxyz", "summary.json"]
    );
    let text = std::fs::read_to_string(run_folder.join("summary.json")).expect("reads");
    assert_eq!(serde_json::from_str::<Value>(&text).expect("JSON"), printed);
    assert_eq!(printed["schema"], "natron.build/1");
    assert_eq!(printed["finished"], true);
    let made = &printed["structures"][0];
    assert_eq!(made["composition"]["C"], 64);
    assert_eq!(number(&made["carbon"], "sp2"), 1.0);
    assert_eq!(made["carbon"]["rings_per_cell"]["6"], 32.0);
    // Nearly at the bond of lowest energy, to the last bits of f32 in another cell.
    let above = number(made, "energy_above_graphite_eV_per_atom");
    assert!((-1e-4..0.1).contains(&above), "{above}");
    let report = std::fs::read_to_string(run_folder.join("report.html")).expect("reads");
    assert!(report.contains("<svg") && report.contains("Radial distribution"));
    assert_eq!(run(folder.path(), &["build", "deck.toml"]).status.code(), Some(2), "it is there already");
    succeeds(folder.path(), &["build", "deck.toml", "--overwrite"]);
    assert!(folder.path().join("deck.bak-1").is_dir());
    // What it wrote is a deck that makes the same again, and a structure that can be run.
    succeeds(folder.path(), &["build", "deck/deck.toml", "--check"]);
    let explained = succeeds(folder.path(), &["build", "deck.toml", "--explain"]);
    assert!(explained.contains("# distance between layers"), "{explained}");
}

fn host(folder: &Path, replica: usize) -> Vec<u8> {
    std::fs::read(folder.join(format!("glass/replica-{replica:03}/host.extxyz"))).expect("a host")
}

/// Killed in the middle, resumed, and broken in one replica: the others stay, and every host is the same to the last bit.
#[test]
fn a_killed_build_goes_on_and_a_broken_replica_does_not_lose_the_others() {
    let whole = folder_with(GLASS);
    let summary = json(whole.path(), &["build", "deck.toml"]);
    assert_eq!(summary["structures"].as_array().map(Vec::len), Some(3));
    assert_ne!(host(whole.path(), 0), host(whole.path(), 1));

    let killed = folder_with(GLASS);
    let mut child = natron()
        .current_dir(killed.path())
        .args(["build", "deck.toml", "--quiet"])
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("natron starts");
    let restart = killed.path().join("glass/replica-001/restart");
    let started = Instant::now();
    while !restart.is_dir() && started.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    assert!(restart.is_dir() && !killed.path().join("glass/summary.json").exists(), "killed in the middle");
    succeeds(killed.path(), &["build", "deck.toml", "--resume"]);
    for replica in 0..3 {
        assert_eq!(host(killed.path(), replica), host(whole.path(), replica), "replica {replica}");
    }

    write(&killed.path().join("glass/replica-001"), "host.extxyz", "no structure\n");
    let output = run(killed.path(), &["build", "deck.toml", "--resume"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("replica 1: "), "{}", stderr(&output));
    let text = std::fs::read_to_string(killed.path().join("glass/summary.json")).expect("reads");
    let summary: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(summary["structures"].as_array().map(Vec::len), Some(2));
    assert_eq!((&summary["failed"][0]["replica"], &summary["finished"]), (&1.into(), &false.into()));
}

/// Sodium in a pore: as many atoms as asked for, none on top of another, and the same again.
#[test]
fn voids_are_filled_step_by_step() {
    let deck = r#"format = 1
seed = 1
[structure]
kind = "slit-pore"
repeat = [4, 4]
layers = 1
width_A = 7.5
[insert]
atoms = [1, 3]
step = 2
trials = 2
relax_ps = 0.05
"#;
    let folder = folder_with(deck);
    let summary = json(folder.path(), &["build", "deck.toml"]);
    let files: Vec<&str> = summary["structures"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|made| made["file"].as_str())
        .collect();
    assert_eq!(files, ["host.extxyz", "na-001.extxyz", "na-003.extxyz"]);
    let last = &summary["structures"][2];
    assert_eq!((&last["composition"]["Na"], &last["composition"]["C"]), (&3.into(), &32.into()));
    for contact in last["contacts"].as_array().expect("a list") {
        let least = if contact["species"] == serde_json::json!(["C", "C"]) { 1.2 } else { 1.9 };
        assert!(number(contact, "distance_A") > least, "{contact}");
    }
    let filled = std::fs::read(folder.path().join("deck/structure.extxyz")).expect("reads");
    assert_eq!(filled, std::fs::read(folder.path().join("deck/na-003.extxyz")).expect("reads"));
    // The last step once more, from the file of the step before.
    std::fs::remove_file(folder.path().join("deck/na-003.extxyz")).expect("it was there");
    succeeds(folder.path(), &["build", "deck.toml", "--resume"]);
    assert_eq!(filled, std::fs::read(folder.path().join("deck/na-003.extxyz")).expect("reads"));

    let crowded = ["--set", "insert.host_distance_min_A=4.0", "--set", "output.directory=crowded"];
    let output = run(folder.path(), &[&["build", "deck.toml"][..], &crowded].concat());
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("no void is left for atom 1"), "{}", stderr(&output));
}

/// Sodium exchanged with a reservoir in a pore.
const EXCHANGE: &str = r#"format = 1
seed = 1
[structure]
kind = "slit-pore"
repeat = [3, 3]
layers = 1
stacking = "AA"
width_A = 8.0
[grand_canonical]
temperature_K = 600.0
voltage_V = -0.3
[monte_carlo]
moves = 400
equilibration_moves = 100
hybrid_steps = 3
"#;

/// The voltage becomes a chemical potential against the metal, moves are counted, and a chain that was ended early goes on to the same bits.
#[test]
fn atoms_come_from_a_reservoir() {
    let folder = folder_with(EXCHANGE);
    let checked = succeeds(folder.path(), &["build", "deck.toml", "--check"]);
    assert!(checked.contains("Na exchanged at -0.3 V and 600 K"), "{checked}");
    assert!(succeeds(folder.path(), &["build", "deck.toml", "--explain"]).contains("cavity_bias = true"));
    let summary = json(folder.path(), &["build", "deck.toml"]);
    let found = &summary["grand_canonical"];
    let metal = &found["metal"];
    let mu = number(metal, "energy_eV_per_atom") + number(metal, "vibration_eV_per_atom") + 0.3;
    assert!((number(found, "chemical_potential_eV") - mu).abs() < 1e-9, "{found}");
    let chain = &found["chains"][0];
    let tried: u64 = ["insertion", "deletion", "displacement", "hybrid"]
        .iter()
        .map(|kind| chain["acceptance"][kind]["tried"].as_u64().expect("a number"))
        .sum();
    assert_eq!((tried, chain["moves"].as_u64()), (500, Some(500)));
    assert!(number(found, "atoms_mean") > 0.0, "a pore takes up sodium that would rather be metal: {found}");
    let above = ["--set", "grand_canonical.voltage_V=0.3", "--set", "output.directory=above"];
    let above = json(folder.path(), &[&["build", "deck.toml"][..], &above].concat());
    let held = number(&above["grand_canonical"], "atoms_mean");
    assert!(
        held < number(found, "atoms_mean"),
        "a single sheet binds sodium by 0.7 eV less than the metal: {above}"
    );
    let run_folder = folder.path().join("deck");
    let read = |folder: &Path, name: &str| std::fs::read(folder.join(name)).expect("the run wrote it");
    let rows = String::from_utf8(read(&run_folder, "moves.csv")).expect("text");
    assert_eq!((rows.lines().count(), rows.lines().next()), (52, Some("move,atoms,energy_eV")));
    let last = &summary["structures"][1];
    let atoms: f64 =
        rows.lines().last().and_then(|row| row.split(',').nth(1)).expect("a row").parse().expect("a number");
    assert_eq!(last["composition"]["Na"].as_f64().unwrap_or(0.0), atoms);
    let report = String::from_utf8(read(&run_folder, "report.html")).expect("text");
    assert!(report.contains("Exchange with a reservoir") && report.contains("against Monte Carlo moves"));

    let shorter = ["--set", "monte_carlo.moves=130", "--set", "output.directory=other"];
    succeeds(folder.path(), &[&["build", "deck.toml"][..], &shorter].concat());
    let resumed = ["build", "deck.toml", "--set", "output.directory=other", "--resume"];
    succeeds(folder.path(), &resumed);
    let other = folder.path().join("other");
    for name in ["moves.csv", "grand-canonical.checkpoint", "grand-canonical.extxyz"] {
        assert_eq!(read(&other, name), read(&run_folder, name), "{name}");
    }
    let hotter = [&resumed[..], &["--set", "grand_canonical.temperature_K=700"]].concat();
    let output = run(folder.path(), &hotter);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("another temperature"), "{}", stderr(&output));
}
