//! What a step is made of: radial basis, harmonics, invariants, neighbour list, one evaluation of Na22C200.
//!
//! `cargo bench --bench step`; once and untimed as part of `cargo xtask test`.

use std::path::Path;

use divan::{Bencher, black_box};
use natron_atoms::{NeighbourList, Structure};
use natron_potential::{Evaluation, NeuralPotential, Potential, Precision};

fn main() {
    divan::main();
}

fn example() -> Structure {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/na22c200.extxyz");
    natron_io::read_frames(&file).expect("the example is valid").remove(0).structure
}

fn nac(precision: Precision) -> NeuralPotential {
    let bytes = include_bytes!("../potentials/nac/potential.safetensors");
    let potential = NeuralPotential::from_bytes(bytes).expect("the potential is valid");
    potential.with_precision(precision).expect("it compiles")
}

#[divan::bench]
fn radial_basis() -> [f32; 12] {
    let basis = natron_descriptor::RadialBasis::<f32>::new(5.0, 1.8);
    let (mut values, mut slopes) = ([0.0; 12], [0.0; 12]);
    basis.evaluate(black_box(2.3), &mut values, &mut slopes);
    values
}

#[divan::bench]
fn harmonics_and_gradients() -> [f32; natron_descriptor::HARMONICS] {
    let (values, [gx, ..]) = natron_descriptor::harmonics_with_gradients(black_box([0.6f32, 0.0, 0.8]));
    std::array::from_fn(|lm| values[lm] + gx[lm])
}

#[divan::bench]
fn neighbour_list_of_222_atoms(bencher: Bencher<'_, '_>) {
    let structure = example();
    bencher.bench(|| NeighbourList::build(&structure, 6.5, 1.0).expect("a list"));
}

#[divan::bench(args = ["f32", "f64"])]
fn evaluation_of_222_atoms(bencher: Bencher<'_, '_>, precision: &str) {
    let potential = nac(if precision == "f32" { Precision::F32 } else { Precision::F64 });
    let structure = example();
    let list = NeighbourList::build(&structure, potential.max_cutoff_a(), 1.0).expect("a list");
    let mut out = Evaluation::zeros(structure.len());
    let mut evaluator = potential.evaluator();
    bencher.bench_local(|| evaluator.evaluate(&structure, &list, &mut out).expect("evaluates"));
}
