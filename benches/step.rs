//! What a step is made of: the neighbour list and one evaluation. The parts of the kernel: `kernel.rs`.
//!
//! `cargo bench --bench step`; once and untimed as part of `cargo xtask test`.

use std::path::Path;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use natron_atoms::{Cell, NeighbourList, Structure};
use natron_potential::{Evaluation, NeuralPotential, Potential, Precision};

/// Reach of the shipped potential's list and the default skin, A.
const REACH_A: f64 = 6.5;
const SKIN_A: f64 = 1.0;

fn main() {
    divan::main();
}

fn example() -> Structure {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/na22c200.extxyz");
    natron_io::read_frames(&file).expect("the example is valid").remove(0).structure
}

/// The example `side` times along each direction.
fn block(side: usize) -> Structure {
    let unit = example();
    let rows = unit.cell.rows();
    let scaled = std::array::from_fn(|i| std::array::from_fn(|j| rows[(i, j)] * side as f64));
    let cell = Cell::new(scaled, unit.cell.periodic()).expect("a multiple of a cell is a cell");
    let (mut species, mut positions) = (Vec::new(), Vec::new());
    for k in 0..side.pow(3) {
        let offset = unit.cell.offset([k / (side * side), k / side % side, k % side].map(|n| n as i32));
        species.extend_from_slice(&unit.species);
        positions.extend(unit.positions.iter().map(|position| position + offset));
    }
    Structure::new(cell, species, positions).expect("finite positions stay finite")
}

fn nac(precision: Precision) -> NeuralPotential {
    let bytes = include_bytes!("../potentials/nac/potential.safetensors");
    let potential = NeuralPotential::from_bytes(bytes).expect("the potential is valid");
    potential.with_precision(precision).expect("it compiles")
}

/// 222 and 1 776 atoms, built anew, buffers included.
#[divan::bench(args = [1, 2])]
fn neighbour_list_built(bencher: Bencher<'_, '_>, side: usize) {
    let structure = block(side);
    let bencher = bencher.counter(ItemsCount::new(structure.len()));
    bencher.bench(|| NeighbourList::build(&structure, REACH_A, SKIN_A).expect("a list"));
}

/// The same atoms after all have moved beyond the skin, into buffers that are there.
#[divan::bench(args = [1, 2])]
fn neighbour_list_rebuilt(bencher: Bencher<'_, '_>, side: usize) {
    let mut structure = block(side);
    let mut list = NeighbourList::build(&structure, REACH_A, SKIN_A).expect("a list");
    let mut way = 0.6;
    bencher.counter(ItemsCount::new(structure.len())).bench_local(|| {
        structure.positions.iter_mut().for_each(|position| position.x += way);
        way = -way;
        assert!(list.update(&structure).expect("a list"), "it was to be built anew");
    });
}

/// The check of a step that needs no new list.
#[divan::bench(args = [1, 2])]
fn neighbour_list_checked(bencher: Bencher<'_, '_>, side: usize) {
    let structure = block(side);
    let mut list = NeighbourList::build(&structure, REACH_A, SKIN_A).expect("a list");
    let bencher = bencher.counter(ItemsCount::new(structure.len()));
    bencher.bench_local(|| assert!(!list.update(black_box(&structure)).expect("a list")));
}

#[divan::bench(args = ["f32", "f64"])]
fn evaluation_of_222_atoms(bencher: Bencher<'_, '_>, precision: &str) {
    let potential = nac(if precision == "f32" { Precision::F32 } else { Precision::F64 });
    let structure = example();
    let list = NeighbourList::build(&structure, potential.max_cutoff_a(), SKIN_A).expect("a list");
    let mut out = Evaluation::zeros(structure.len());
    let mut evaluator = potential.evaluator();
    let bencher = bencher.counter(ItemsCount::new(structure.len()));
    bencher.bench_local(|| evaluator.evaluate(&structure, &list, &mut out).expect("evaluates"));
}
