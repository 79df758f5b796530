//! A run that goes wrong stops, and says what, where and from what one can go on.

use natron_io::read_frames;

use super::{argon_folder, files_in, run, stderr};

/// A hot production that goes beyond one limit.
fn beyond(limit: &str, more: &[&str]) -> (tempfile::TempDir, String) {
    let folder = argon_folder();
    let hot = "stage.production.ensemble={ kind = \"nvt-langevin\", temperature_K = 400.0, friction_per_ps = 20.0 }";
    let sets = ["md", "argon.toml", "--set", hot, "--set", "output.restart_every_ps=0.02", "--set", limit];
    let output = run(folder.path(), &[&sets[..], more].concat());
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{limit}: {said}");
    (folder, said)
}

/// Words in the order in which they must be said.
fn says(said: &str, words: &[&str]) {
    let mut rest = said;
    for word in words {
        let at = rest.find(word).unwrap_or_else(|| panic!("no `{word}` in {said}"));
        rest = &rest[at + word.len()..];
    }
}

/// The number that stands before a unit.
fn value_before(said: &str, unit: &str) -> f64 {
    let (before, _) = said.split_once(unit).unwrap_or_else(|| panic!("no `{unit}` in {said}"));
    before.rsplit(' ').next().and_then(|word| word.parse().ok()).expect("a number")
}

#[test]
fn every_limit_stops_a_run_and_names_atom_step_value_frame_and_restart() {
    let limits = [
        ("limits.force_max_eV_per_A=0.1", "the force on atom ", " eV/A, the limit is 0.1", 0.1),
        ("limits.displacement_max_A=0.02", "would move ", " A in one step, the limit is 0.02", 0.02),
    ];
    for (limit, what, value, beyond_which) in limits {
        let (folder, said) = beyond(limit, &[]);
        says(&said, &["error: the run became unstable: stage ", what, value]);
        says(&said, &["--> run/failure.extxyz", "help: ", "the newest restart is run/restart/"]);
        assert!(said.contains("(Ar)"), "{said}");
        assert!(value_before(&said, value) >= beyond_which, "{said}");
        let frames = read_frames(&folder.path().join("run/failure.extxyz")).expect("reads");
        assert_eq!(frames.len(), 1);
        assert!(frames[0].velocities.is_some() && frames[0].labels.forces.is_some());
        let restarts = files_in(&folder.path().join("run/restart"));
        let named = said.split("run/restart/").nth(1).and_then(|rest| rest.lines().next()).expect("a name");
        assert!(restarts.iter().any(|file| file == named), "{named}: {restarts:?}");
        let log = std::fs::read_to_string(folder.path().join("run/log.txt")).expect("reads");
        assert!(log.contains("error: the run became unstable"), "{log}");
    }
}

#[test]
fn heat_and_lost_energy_stop_a_run() {
    // The deck may not ask for more than half of the limit; the heat of a fast start goes beyond it.
    let folder = argon_folder();
    let kick =
        ["--set", "stage.production.ensemble={ kind = \"nve\" }", "--set", "stage.production.timestep_fs=20"];
    let energy = ["--set", "limits.energy_change_max_meV_per_atom=0.01"];
    let output = run(folder.path(), &[&["md", "argon.toml"][..], &kick, &energy].concat());
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    says(
        &stderr(&output),
        &["step ", "the total energy has changed by ", "the limit is 0.01", "atom ", "(Ar)", "restart"],
    );

    let folder = argon_folder();
    let hot = [
        "--set",
        "stage.heat.ensemble={ kind = \"nvt-langevin\", temperature_K = 40.0, friction_per_ps = 5.0, initial_temperature_K = 60.0 }",
    ];
    let heat = [
        "--set",
        "limits.temperature_max_K=120",
        "--set",
        "stage.production.ensemble={ kind = \"nvt-langevin\", temperature_K = { from = 40, to = 60 }, friction_per_ps = 0.1 }",
    ];
    let output = run(folder.path(), &[&["md", "argon.toml", "--check"][..], &hot, &heat].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    // The structure begins with far too fast atoms, which the deck does not know.
    let text = std::fs::read_to_string(folder.path().join("argon.extxyz")).expect("reads");
    let fast = text.replace("pos:R:3", "pos:R:3:vel:R:3");
    let lines: Vec<String> = fast
        .lines()
        .enumerate()
        .map(|(k, line)| {
            if k < 2 {
                line.into()
            } else {
                format!("{line} {} 0 0", if k % 2 == 0 { 0.004 } else { -0.004 })
            }
        })
        .collect();
    std::fs::write(folder.path().join("argon.extxyz"), lines.join("\n") + "\n").expect("writes");
    let deck = std::fs::read_to_string(folder.path().join("argon.toml")).expect("reads");
    let (head, stages) = deck.split_once("[[stage]]").expect("stages");
    let (_, production) = stages.rsplit_once("[[stage]]").expect("stages");
    std::fs::write(folder.path().join("argon.toml"), format!("{head}[[stage]]{production}")).expect("writes");
    let output = run(folder.path(), &["md", "argon.toml", "--set", "limits.temperature_max_K=120"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    says(
        &stderr(&output),
        &["the temperature is ", " K, the limit is 120", "the fastest atom is ", "(Ar)", "restart"],
    );
}
