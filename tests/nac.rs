//! The built-in potential `nac` itself: the contract, single precision on every frame of its data, energy
//! conservation over 100 ps.

use std::path::{Path, PathBuf};

use natron_atoms::{Frame, Structure};
use natron_dynamics::conservation::{Conditions, nve_conservation};
use natron_dynamics::quantity::{LengthA, TemperatureK, TimestepFs};
use natron_potential::{NeuralPotential, Potential, Precision, contract};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("potentials/nac")
}

fn potential(precision: Precision) -> NeuralPotential {
    let bytes =
        std::fs::read(folder().join("potential.safetensors")).expect("the potential is in the repository");
    let potential = NeuralPotential::from_bytes(&bytes).expect("it is valid");
    potential.with_precision(precision).expect("it compiles")
}

fn frames() -> Vec<Frame> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder().join("dft"))
        .expect("the data is in the repository")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|e| e == "extxyz"))
        .collect();
    files.sort();
    files.iter().flat_map(|file| natron_io::read_frames(file).expect("valid frames")).collect()
}

/// Two sodium atoms in graphite, 18 atoms: long runs of it are cheap.
fn small_frame() -> Structure {
    let found = frames().into_iter().find(|f| f.text("tag") == Some("s567411959-0"));
    found.expect("frames of the pool are never removed").structure
}

#[test]
fn nac_passes_the_contract() {
    let double = potential(Precision::F64);
    let elements = double.species().expect("it lists them");
    contract::check(&double, &contract::tiny_cell(&elements, 2.2, 3)).expect("passes on a tiny cell");
}

#[test]
fn single_precision_is_good_on_every_frame_of_the_data() {
    let (single, double) = (potential(Precision::F32), potential(Precision::F64));
    let frames = frames();
    assert!(frames.len() > 70);
    for (number, frame) in frames.iter().enumerate() {
        contract::precision(&single, &double, &frame.structure)
            .unwrap_or_else(|e| panic!("frame {number}: {e}"));
    }
}

/// 100 ps at 300 K after a spell that relaxes the frame: 1 fs and 0.5 fs.
#[test]
fn energy_is_conserved_in_single_and_double_precision() {
    let structure = small_frame();
    let conditions = |steps| Conditions {
        temperature: TemperatureK::new(300.0).expect("in range"),
        timestep: TimestepFs::new(1.0).expect("in range"),
        equilibration_timestep: TimestepFs::new(0.5).expect("in range"),
        equilibration_steps: 4000,
        steps,
        skin: LengthA::new(1.0).expect("in range"),
        seed: 11,
    };
    let long =
        nve_conservation(&potential(Precision::F32), &structure, &conditions(100_000)).expect("stable");
    assert!((long.duration_ps - 100.0).abs() < 1e-9);
    long.check().unwrap_or_else(|e| panic!("f32: {e}: {long:?}"));
    let short =
        nve_conservation(&potential(Precision::F64), &structure, &conditions(10_000)).expect("stable");
    let ratio = short.ratio();
    assert!((ratio - 4.0).abs() < 0.4, "f64: {short:?}");
}
