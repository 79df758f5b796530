//! The program as its users meet it.

mod bad_input;
mod bench;
mod build;
pub(crate) mod charges;
mod data;
mod diffusion;
mod dispersion;
mod ensembles;
mod evaluate;
mod learn;
mod limits;
pub(crate) mod map;
mod md;
pub(crate) mod neb;
mod new;
mod output;
mod random_decks;
mod replicas;
mod resume;
mod schema;
mod streams;
pub(crate) mod study;
pub(crate) mod study_figure;
#[cfg(feature = "train")]
mod train_kinds;
#[cfg(feature = "train")]
mod train_streamed;
mod tune;
mod uncertainty;
mod view;
mod voltage;

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// The built program, free of the environment's wishes.
fn natron() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_natron"));
    for name in ["NO_COLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command.env("NATRON_THREADS", "1");
    command
}

/// Runs natron in a folder.
fn run(folder: &Path, arguments: &[&str]) -> Output {
    natron().current_dir(folder).args(arguments).output().expect("natron starts")
}

/// Runs natron and expects it to succeed; its stdout.
fn succeeds(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "natron {arguments:?}: {:?}\n{stderr}", output.status.code());
    String::from_utf8(output.stdout).expect("stdout is text")
}

/// What a command with `--json` said.
fn value(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("one JSON object")
}

/// Runs natron with `--json` and expects it to succeed; the object.
fn json(folder: &Path, arguments: &[&str]) -> Value {
    one_object(&succeeds(folder, &[arguments, &["--json"]].concat()))
}

/// The one JSON object that stdout must be.
fn one_object(stdout: &str) -> Value {
    let mut values = serde_json::Deserializer::from_str(stdout).into_iter::<Value>();
    let first = values.next().expect("stdout holds an object").expect("stdout is JSON");
    assert!(values.next().is_none(), "stdout holds more than one value: {stdout}");
    let keys: Vec<&String> = first.as_object().expect("stdout is an object").keys().take(3).collect();
    assert_eq!(keys, ["schema", "natron", "commit"]);
    first
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or_else(|| panic!("{key} is {}", value[key]))
}

/// Everything in a folder, deep, sorted.
fn files_in(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(here) = folders.pop() {
        for entry in std::fs::read_dir(&here).expect("the folder can be read").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path.clone());
            }
            let name = path.strip_prefix(folder).expect("it lies inside").display().to_string();
            found.push(name);
        }
    }
    found.sort();
    found
}

/// Thirty-two atoms of solid argon as extended XYZ.
fn argon() -> String {
    let edge = 5.26;
    let mut text = format!(
        "32\nLattice=\"{0} 0.0 0.0 0.0 {0} 0.0 0.0 0.0 {0}\" Properties=species:S:1:pos:R:3 pbc=\"T T T\"\n",
        2.0 * edge
    );
    for cell in 0..8 {
        let corner = [cell & 1, cell >> 1 & 1, cell >> 2].map(|k| f64::from(k) * edge);
        for basis in [[0.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]] {
            let at: Vec<String> = (0..3).map(|k| format!("{:.4}", corner[k] + basis[k] * edge)).collect();
            text += &format!("Ar {}\n", at.join(" "));
        }
    }
    text
}

/// A deck for it: relax, heat, measure.
const ARGON_DECK: &str = r#"format = 1
seed = 5
[system]
structure = "argon.extxyz"
[potential]
name = "lj-argon"
[output]
directory = "run"
trajectory_every_fs = 20.0
thermo_every_fs = 20.0
restart_every_ps = 0.5
[analysis]
mobile = ["Ar"]
[[stage]]
name = "relax"
kind = "minimise"
force_max_eV_per_A = 0.01
[[stage]]
name = "heat"
kind = "dynamics"
duration_ps = 0.4
timestep_fs = 4.0
ensemble = { kind = "nvt-langevin", temperature_K = 40.0, friction_per_ps = 5.0 }
[[stage]]
name = "production"
kind = "dynamics"
duration_ps = 2.0
timestep_fs = 4.0
ensemble = { kind = "nve" }
record = true
"#;

/// A folder with argon and its deck.
fn argon_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("argon.extxyz"), argon()).expect("writes");
    std::fs::write(folder.path().join("argon.toml"), ARGON_DECK).expect("writes");
    folder
}
