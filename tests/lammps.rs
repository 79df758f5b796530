//! Lennard-Jones against LAMMPS, digit by digit: energy, virial, forces and a trajectory, cut and shifted, `units lj`.

use natron_atoms::units::TIME_UNIT_FS;
use natron_atoms::{Cell, NeighbourList, Species, Structure, Vec3};
use natron_dynamics::{
    MdDeck, Observer, ObserverError, Outcome, PotentialTag, Simulation, ThermoRow, TrajectoryFrame,
};
use natron_potential::{Evaluation, Potential, ShiftedLennardJones};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::support::oracle::Oracle;

const ARGON: ShiftedLennardJones = ShiftedLennardJones { epsilon_ev: 0.0104, sigma_a: 3.4, cutoff_a: 8.5 };
const TIMESTEP_FS: f64 = 10.0;
/// Steps between the frames that are compared.
const EVERY: u64 = 50;
const FRAMES: usize = 4;
/// Agreement asked for, relative.
const RELATIVE: f64 = 1e-9;

/// A skewed cell of 4^3 cubes with atoms off their sites: every component of the virial counts.
fn start(random: &mut ChaCha8Rng) -> (Structure, Vec<Vec3>) {
    let edge = 4.0 * 5.5;
    let rows = [[edge, 0.0, 0.0], [0.15 * edge, edge, 0.0], [-0.1 * edge, 0.2 * edge, 1.1 * edge]];
    let cell = Cell::new(rows, [true; 3]).expect("a cell");
    let basis = [[0.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.5]];
    let positions: Vec<Vec3> = (0..64)
        .flat_map(|m| basis.map(|site| [m / 16, m / 4 % 4, m % 4].map(f64::from).into_iter().zip(site)))
        .map(|site| {
            let sites: Vec<f64> =
                site.map(|(k, s)| (k + s + 0.2 + random.random_range(-0.06..0.06)) / 4.0).collect();
            cell.rows().transpose() * Vec3::from_column_slice(&sites)
        })
        .collect();
    let mut velocities: Vec<Vec3> =
        positions.iter().map(|_| Vec3::from_fn(|_, _| random.random_range(-4e-3..4e-3))).collect();
    let mean = velocities.iter().sum::<Vec3>() / velocities.len() as f64;
    velocities.iter_mut().for_each(|v| *v -= mean);
    let argon = Species::from_symbol("Ar").expect("an element");
    (Structure::new(cell, vec![argon; positions.len()], positions).expect("a structure"), velocities)
}

/// Unit of time of `units lj`, fs.
fn time_unit_fs(structure: &Structure) -> f64 {
    ARGON.sigma_a * (structure.species[0].mass_amu() / ARGON.epsilon_ev).sqrt() * TIME_UNIT_FS
}

fn answer_of_lammps(oracle: &Oracle, structure: &Structure, velocities: &[Vec3]) -> Value {
    let (sigma, tau) = (ARGON.sigma_a, time_unit_fs(structure));
    let reduced = |vectors: &[Vec3], unit: f64| -> Vec<[f64; 3]> {
        vectors.iter().map(|v| [v.x / unit, v.y / unit, v.z / unit]).collect()
    };
    let rows: Vec<Vec3> = (0..3).map(|k| structure.cell.vector(k)).collect();
    let question = json!({
        "cell": reduced(&rows, sigma),
        "positions": reduced(&structure.positions, sigma),
        "velocities": reduced(velocities, sigma / tau),
        "cutoff": ARGON.cutoff_a / sigma,
        "timestep": TIMESTEP_FS / tau,
        "steps": vec![EVERY; FRAMES],
    });
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("start.json");
    std::fs::write(&file, question.to_string()).expect("writes");
    oracle.ask(include_str!("oracles/lennard_jones.py"), &[file])
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

fn vectors(value: &Value, unit: f64) -> Vec<Vec3> {
    let vector = |v: &Value| Vec3::new(number(&v[0]), number(&v[1]), number(&v[2])) * unit;
    value.as_array().expect("an array").iter().map(vector).collect()
}

/// Largest difference over the largest value.
fn difference(ours: &[Vec3], theirs: &[Vec3]) -> f64 {
    assert_eq!(ours.len(), theirs.len());
    let largest = theirs.iter().map(|v| v.norm()).fold(0.0, f64::max);
    ours.iter().zip(theirs).map(|(a, b)| (a - b).norm()).fold(0.0, f64::max) / largest
}

fn close(what: &str, relative: f64) {
    eprintln!("{what}: {relative:.1e}");
    assert!(relative < RELATIVE, "{what} differ by {relative:e}");
}

fn relative(ours: f64, theirs: f64) -> f64 {
    ((ours - theirs) / theirs).abs()
}

#[test]
fn lennard_jones_is_that_of_lammps() {
    let Some(oracle) = Oracle::find() else { return };
    let (structure, velocities) = start(&mut ChaCha8Rng::seed_from_u64(4));
    let lammps = answer_of_lammps(&oracle, &structure, &velocities);

    let epsilon = ARGON.epsilon_ev;
    let list = NeighbourList::build(&structure, ARGON.cutoff_a, 0.0).expect("a list");
    let mut ours = Evaluation::zeros(structure.len());
    ARGON.evaluator().evaluate(&structure, &list, &mut ours).expect("it has an energy");
    close("energies", relative(ours.energy_ev, number(&lammps["energy"]) * epsilon));
    close("forces", difference(&ours.forces, &vectors(&lammps["forces"], epsilon / ARGON.sigma_a)));
    let virial: Vec<f64> =
        lammps["virial"].as_array().expect("six").iter().map(|x| number(x) * epsilon).collect();
    let places = [(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)];
    for (&theirs, place) in virial.iter().zip(places) {
        close(&format!("virials {place:?}"), relative(ours.virial_ev[place], theirs));
    }

    let frames = trajectory(&structure, &velocities);
    let theirs = lammps["frames"].as_array().expect("frames");
    assert_eq!((frames.len(), theirs.len()), (FRAMES + 1, FRAMES));
    for (k, (ours, theirs)) in frames.iter().skip(1).zip(theirs).enumerate() {
        let step = EVERY * (k as u64 + 1);
        let kinetic = number(&theirs["kinetic"]) * epsilon;
        close(
            &format!("potential energies of step {step}"),
            relative(ours.potential_ev, number(&theirs["potential"]) * epsilon),
        );
        close(&format!("kinetic energies of step {step}"), relative(ours.kinetic_ev, kinetic));
        let unit = ARGON.sigma_a / time_unit_fs(&structure);
        close(
            &format!("velocities of step {step}"),
            difference(&ours.velocities, &vectors(&theirs["velocities"], unit)),
        );
        let wrapped = vectors(&theirs["positions"], ARGON.sigma_a);
        let unwrapped: Vec<Vec3> =
            wrapped.iter().zip(&ours.positions).map(|(p, near)| image(&structure.cell, p, near)).collect();
        close(&format!("positions of step {step}"), difference(&ours.positions, &unwrapped));
    }
}

/// The periodic image of `position` that is closest to `near`, for positions that differ by whole cell vectors.
fn image(cell: &Cell, position: &Vec3, near: &Vec3) -> Vec3 {
    let rows = cell.rows().transpose();
    let shift = rows.try_inverse().expect("a cell has a volume") * (near - position);
    position + rows * shift.map(f64::round)
}

struct Seen {
    positions: Vec<Vec3>,
    velocities: Vec<Vec3>,
    potential_ev: f64,
    kinetic_ev: f64,
}

#[derive(Default)]
struct Watcher {
    kinetic_ev: f64,
    frames: Vec<Seen>,
}

impl Observer for Watcher {
    fn on_thermo(&mut self, row: &ThermoRow<'_>) -> Result<(), ObserverError> {
        self.kinetic_ev = row.kinetic_energy_ev;
        Ok(())
    }

    fn on_frame(&mut self, frame: &TrajectoryFrame<'_>) -> Result<(), ObserverError> {
        self.frames.push(Seen {
            positions: frame.structure.positions.clone(),
            velocities: frame.velocities_a_per_fs.to_vec(),
            potential_ev: frame.potential_energy_ev,
            kinetic_ev: self.kinetic_ev,
        });
        Ok(())
    }
}

/// natron's own way from the same start.
fn trajectory(structure: &Structure, velocities: &[Vec3]) -> Vec<Seen> {
    let every_fs = EVERY as f64 * TIMESTEP_FS;
    let deck: MdDeck = serde_json::from_value(json!({
        "format": 1,
        "seed": 1,
        "system": { "structure": "unused.extxyz" },
        "potential": { "name": "unused" },
        "output": { "trajectory_every_fs": every_fs, "thermo_every_fs": every_fs, "restart_every_ps": every_fs * 1e-3 },
        "stage": [{
            "name": "free", "kind": "dynamics", "duration_ps": FRAMES as f64 * every_fs * 1e-3, "timestep_fs": TIMESTEP_FS,
            "ensemble": { "kind": "nve" },
        }],
    }))
    .expect("a deck");
    let plan = deck.validate().expect("no problem in it");
    let tag = PotentialTag { sha256: [0; 32], kernel: "test".into() };
    let mut watcher = Watcher::default();
    let mut run = Simulation::new(&plan.run, 0, structure.clone(), Some(velocities), &ARGON, tag)
        .expect("a run can start");
    assert_eq!(run.run(&mut watcher, &|| false).expect("stable"), Outcome::Finished);
    watcher.frames
}
