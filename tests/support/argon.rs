//! A small system that every build of natron can run: liquid-like argon with the built-in Lennard-Jones potential.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output};

use tempfile::TempDir;

use super::natron;

/// Cubic cells along each direction, of four atoms each.
const CELLS: usize = 3;
/// Edge of a cubic cell, A.
const EDGE_A: f64 = 5.7;

/// A folder with a structure and a deck, `argon.toml`, whose run directory is `argon`.
pub struct Argon {
    folder: TempDir,
}

impl Argon {
    /// Langevin dynamics, then `production_ps` in NVE with a frame and a thermo row every 20 fs.
    pub fn new(production_ps: f64) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        std::fs::write(folder.path().join("argon.extxyz"), structure()).expect("the folder is ours");
        std::fs::write(folder.path().join("argon.toml"), deck(production_ps)).expect("the folder is ours");
        Self { folder }
    }

    /// A file or folder of the run directory.
    pub fn run(&self, entry: &str) -> PathBuf {
        self.folder.path().join("argon").join(entry)
    }

    /// `natron md argon.toml` with further arguments, not started.
    pub fn md(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(natron());
        command.args(["md", "argon.toml"]).args(arguments).current_dir(self.folder.path());
        command
    }

    /// The same, run to its end, which must be a success.
    pub fn finish(&self, arguments: &[&str]) -> Output {
        let output = self.md(arguments).output().expect("natron starts");
        assert!(output.status.success(), "{}{}", output.status, String::from_utf8_lossy(&output.stderr));
        output
    }

    /// The thermo log as it stands.
    pub fn thermo(&self) -> String {
        std::fs::read_to_string(self.run("thermo.csv")).expect("the run wrote its thermo log")
    }
}

/// Atoms of a face-centred cubic crystal, expanded so that it melts.
pub const ATOMS: usize = 4 * CELLS * CELLS * CELLS;

fn structure() -> String {
    let edge = CELLS as f64 * EDGE_A;
    let mut text = format!(
        "{ATOMS}\nLattice=\"{edge} 0 0 0 {edge} 0 0 0 {edge}\" Properties=species:S:1:pos:R:3 pbc=\"T T T\"\n"
    );
    let corners = (0..CELLS * CELLS * CELLS).map(|k| [k / (CELLS * CELLS), k / CELLS % CELLS, k % CELLS]);
    for corner in corners {
        for shift in [[0.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.5]] {
            let [x, y, z] = std::array::from_fn(|axis| (corner[axis] as f64 + shift[axis]) * EDGE_A);
            writeln!(text, "Ar {x} {y} {z}").expect("a string takes everything");
        }
    }
    text
}

fn deck(production_ps: f64) -> String {
    format!(
        r#"format = 1
seed = 7
[system]
structure = "argon.extxyz"
[potential]
name = "lj-argon"
[output]
directory = "argon"
trajectory_every_fs = 20.0
thermo_every_fs = 20.0
restart_every_ps = 0.2
[analysis]
mobile = ["Ar"]
[[stage]]
name = "heat"
kind = "dynamics"
duration_ps = 0.4
timestep_fs = 2.0
ensemble = {{ kind = "nvt-langevin", temperature_K = 150.0, friction_per_ps = 5.0 }}
[[stage]]
name = "production"
kind = "dynamics"
duration_ps = {production_ps:?}
timestep_fs = 2.0
ensemble = {{ kind = "nve" }}
"#
    )
}
