//! `natron neb` as a user runs it, and its barrier against ASE's.

use std::fmt::Write as _;
use std::path::Path;

use natron_io::read_frames;

use super::{run, stderr, value};
use crate::support::oracle::Oracle;

/// Edge of a cube of argon's crystal at rest with the built-in potential, nearly, A.
const EDGE_A: f64 = 5.26;

/// A crystal of eight cubes without one atom, whose neighbour stands at its own place (start) or in the hole (end).
fn crystal(in_hole: bool) -> String {
    let edge = 2.0 * EDGE_A;
    let mut text = format!(
        "31\nLattice=\"{edge} 0 0 0 {edge} 0 0 0 {edge}\" Properties=species:S:1:pos:R:3 pbc=\"T T T\"\n"
    );
    let mut sites: Vec<[f64; 3]> = (0..8)
        .flat_map(|k| {
            let corner = [k / 4, k / 2 % 2, k % 2].map(f64::from);
            [[0.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.5]]
                .map(|b| std::array::from_fn(|a| (corner[a] + b[a]) * EDGE_A))
        })
        .collect();
    let hole = sites.remove(1);
    if in_hole {
        sites[0] = hole;
    }
    for [x, y, z] in sites {
        writeln!(text, "Ar {x} {y} {z}").expect("a string takes everything");
    }
    text
}

const DECK: &str = r#"
format = 1
[path]
start = "start.extxyz"
end = "end.extxyz"
images = 3
[band]
force_max_eV_per_A = 0.001
[potential]
name = "lj-argon"
"#;

pub(crate) fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("writes");
    write("start.extxyz", &crystal(false));
    write("end.extxyz", &crystal(true));
    write("hop.toml", DECK);
    folder
}

/// ASE's band between the same ends, with the potential written once more.
const ASE: &str = r#"
import json, sys
import numpy as np
from ase.calculators.calculator import Calculator
from ase.io import read
from ase.mep import NEB
from ase.neighborlist import neighbor_list
from ase.optimize import FIRE

EPSILON, SIGMA, CUTOFF = 120.0 * 8.617333262e-5, 3.4, 8.5


class Argon(Calculator):
    implemented_properties = ["energy", "forces"]

    def calculate(self, atoms, properties, changes):
        super().calculate(atoms, properties, changes)
        i, r, way = neighbor_list("idD", atoms, CUTOFF)
        s6 = (SIGMA / r) ** 6
        energy, slope = 4 * EPSILON * (s6**2 - s6), 4 * EPSILON * (6 * s6 - 12 * s6**2) / r
        t = np.clip((r - 0.8 * CUTOFF) / (0.2 * CUTOFF), 0, 1)
        switch = 1 - t**3 * (10 - 15 * t + 6 * t**2)
        slope = slope * switch - energy * 30 * t**2 * (1 - t) ** 2 / (0.2 * CUTOFF)
        forces = np.zeros((len(atoms), 3))
        np.add.at(forces, i, (slope / r)[:, None] * way)
        self.results = {"energy": 0.5 * (energy * switch).sum(), "forces": forces}


images = read(sys.argv[1], ":")
band = [images[0].copy() for _ in images[1:]] + [images[-1].copy()]
for image in band:
    image.calc = Argon()
neb = NEB(band, k=0.1, climb=True, method="improvedtangent")
neb.interpolate(mic=True)
FIRE(neb, logfile=None).run(fmax=1e-3, steps=300)
energies = [image.get_potential_energy() for image in band]
print(json.dumps([energy - energies[0] for energy in energies]))
"#;

fn barrier(folder: &Path, arguments: &[&str]) -> serde_json::Value {
    let output = run(folder, &[&["neb", "hop.toml", "--json"], arguments].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    value(&output)
}

#[test]
fn a_hop_into_a_vacancy_costs_what_ase_says() {
    let folder = folder();
    let summary = barrier(folder.path(), &[]);
    let number = |key: &str| summary[key].as_f64().expect("a number");
    assert_eq!(
        (&summary["at_rest"], &summary["climbs"], &summary["saddle_image"]),
        (&true.into(), &true.into(), &2.into())
    );
    assert!((number("barrier_forward_eV") - number("barrier_backward_eV")).abs() < 1e-4, "{summary}");
    assert!(number("reaction_energy_eV").abs() < 1e-4);
    assert_eq!(summary["barrier_forward_std_eV"], serde_json::Value::Null);
    assert!(summary["barrier_forward_std_eV_note"].is_string());
    let place = |name: &str| folder.path().join("hop").join(name);
    let images = read_frames(&place("path.extxyz")).expect("reads");
    assert_eq!(images.len(), 5);
    let energy = |k: usize| images[k].labels.energy_ev.expect("an energy");
    assert!((energy(2) - energy(0) - number("barrier_forward_eV")).abs() < 1e-6);
    let report = std::fs::read_to_string(place("report.html")).expect("reads");
    assert!(report.matches("<svg").count() >= 4 && report.contains("The end."), "pictures");
    assert_eq!(std::fs::read_to_string(place("path.csv")).expect("reads").lines().count(), 6);
    let Some(oracle) = Oracle::find() else { return };
    let path = place("path.extxyz").display().to_string();
    let found = oracle.ask(ASE, &[path]);
    let theirs: Vec<f64> =
        found.as_array().expect("a list").iter().map(|e| e.as_f64().expect("a number")).collect();
    for (k, (image, theirs)) in summary["images"].as_array().expect("images").iter().zip(theirs).enumerate() {
        let ours = image["energy_eV"].as_f64().expect("a number");
        // Where images stand on the slopes depends on how far the springs have come; the saddle stands still.
        let tolerance = if [0, 2, 4].contains(&k) { 1e-4 } else { 1e-3 };
        assert!((ours - theirs).abs() < tolerance, "{image}: ASE {theirs}");
    }
}

/// What was stopped goes on from its images; what is at rest stays.
#[test]
fn a_path_goes_on_from_its_images() {
    let folder = folder();
    let first = barrier(folder.path(), &["--set", "band.max_steps=30", "--set", "path.relax_ends=false"]);
    assert_eq!((&first["at_rest"], &first["steps"]), (&false.into(), &30.into()));
    assert!(
        first["warnings"].as_array().is_some_and(|w| w.iter().any(|w| w.to_string().contains("not at rest")))
    );
    let taken = run(folder.path(), &["neb", "hop.toml"]);
    assert_eq!(taken.status.code(), Some(2), "the directory is there already");
    let on = barrier(folder.path(), &["--resume", "--set", "path.relax_ends=false"]);
    assert_eq!(on["at_rest"], true);
    let straight = barrier(folder.path(), &["--overwrite", "--set", "path.relax_ends=false"]);
    let (a, b) = (&on["barrier_forward_eV"], &straight["barrier_forward_eV"]);
    assert!((a.as_f64().expect("a number") - b.as_f64().expect("a number")).abs() < 1e-4, "{a} {b}");
}

#[test]
fn ends_that_do_not_belong_together_are_refused_at_their_line() {
    let folder = folder();
    let refuse = |arguments: &[&str], wanted: &str| {
        let output = run(folder.path(), &[&["neb", "hop.toml"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert!(stderr(&output).contains(wanted), "{}", stderr(&output));
        assert!(!folder.path().join("hop").exists());
    };
    refuse(&["--set", "path.end=\"start.extxyz\""], "they are the same");
    refuse(&["--set", "potential.name=\"nac\""], "does not know");
    std::fs::write(folder.path().join("end.extxyz"), crystal(true).replacen("Ar", "Na", 1)).expect("writes");
    refuse(&["--set", "potential.name=\"lj-argon\""], "hop.toml:5:7");
}
