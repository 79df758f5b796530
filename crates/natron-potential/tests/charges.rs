//! What holds of charges whatever the weights of a head: they turn and are renumbered with the atoms, add up, and do not hang on the arithmetic.

use natron_atoms::{Cell, NeighbourList, Species, Structure, Vec3};
use natron_descriptor::SimdPath;
use natron_potential::charges::AtomInputs;
use natron_potential::contract::{self, tiny_cell};
use natron_potential::{ChargeHead, EvaluationError, NeuralPotential, Potential, Precision, Reads};
use rand::{RngExt, SeedableRng};

const READS: [Reads; 3] = [Reads::Hidden, Reads::Features, Reads::Both];

fn potential(precision: Precision) -> NeuralPotential {
    let bytes = include_bytes!("../../../potentials/nac/potential.safetensors");
    NeuralPotential::from_bytes(bytes).and_then(|p| Ok(p.with_precision(precision)?)).expect("a potential")
}

/// A head with any weights.
fn head(potential: &NeuralPotential, reads: Reads) -> ChargeHead {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(11);
    let width = reads.width(&potential.model().spec);
    let weights = (0..2).map(|_| (0..width).map(|_| rng.random_range(-0.02..0.02)).collect()).collect();
    ChargeHead { species: vec!["C".into(), "Na".into()], reads, weights, bias: vec![-0.1, 0.7] }
}

fn charges(potential: &NeuralPotential, reads: Reads, structure: &Structure) -> Vec<f64> {
    let list = NeighbourList::build(structure, potential.max_cutoff_a(), 0.0).expect("a list");
    head(potential, reads).charges_e(potential, structure, &list, 0.0).expect("charges")
}

fn cell() -> Structure {
    tiny_cell(&[Species::C, Species::NA], 1.7, 1)
}

fn largest_difference(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
fn they_add_up_to_the_charge_of_the_cell() {
    let (potential, structure) = (potential(Precision::F32), cell());
    let list = NeighbourList::build(&structure, potential.max_cutoff_a(), 0.0).expect("a list");
    for reads in READS {
        for total in [0.0, 1.0, -2.5] {
            let charges =
                head(&potential, reads).charges_e(&potential, &structure, &list, total).expect("charges");
            assert!((charges.iter().sum::<f64>() - total).abs() < 1e-12);
            let spread = largest_difference(&charges, &vec![charges[0]; charges.len()]);
            assert!(spread > 0.05, "{reads:?}: all alike");
        }
    }
}

#[test]
fn turns_shifts_and_the_order_of_atoms_change_nothing() {
    let (potential, structure) = (potential(Precision::F64), cell());
    let turn = nalgebra::Rotation3::from_euler_angles(0.3, -1.1, 2.0);
    for reads in READS {
        let before = charges(&potential, reads, &structure);
        let rows = [0, 1, 2].map(|k| <[f64; 3]>::from(turn * structure.cell.vector(k)));
        let mut turned = structure.clone();
        turned.cell = Cell::new(rows, structure.cell.periodic()).expect("a cell");
        for position in &mut turned.positions {
            *position = turn * *position + Vec3::new(0.4, 5.0, -1.0);
        }
        assert!(largest_difference(&before, &charges(&potential, reads, &turned)) < 1e-10, "{reads:?}");
        let mut reversed = structure.clone();
        reversed.positions.reverse();
        reversed.species.reverse();
        let mut after = charges(&potential, reads, &reversed);
        after.reverse();
        assert!(largest_difference(&before, &after) < 1e-12, "{reads:?}");
        // They do hang on where the atoms are.
        let mut moved = structure.clone();
        moved.positions[0].x += 0.1;
        assert!(largest_difference(&before, &charges(&potential, reads, &moved)) > 1e-4, "{reads:?}");
    }
}

#[test]
fn neither_precision_nor_instructions_matter() {
    let (double, single, structure) = (potential(Precision::F64), potential(Precision::F32), cell());
    let portable = potential(Precision::F32).with_simd(SimdPath::Portable);
    for reads in READS {
        let reference = charges(&double, reads, &structure);
        for other in [&single, &portable] {
            let difference = largest_difference(&reference, &charges(other, reads, &structure));
            assert!(difference < 2e-4, "{reads:?}: {difference}");
        }
    }
}

/// The hidden layer of a head is the one that energies are read from.
#[test]
fn the_hidden_layer_times_the_last_one_is_the_energy() {
    let (potential, structure) = (potential(Precision::F64), cell());
    let list = NeighbourList::build(&structure, potential.max_cutoff_a(), 0.0).expect("a list");
    let inputs = AtomInputs::of(&potential, Reads::Hidden, &structure, &list).expect("inputs");
    let model = potential.model();
    let weights: Vec<Vec<f32>> =
        model.layers.iter().map(|layers| layers.last().expect("a last layer").weight.clone()).collect();
    let bare = NeuralPotential::new(model.with_last_layer(&weights), Precision::F64).expect("a model");
    let energies = contract::evaluate(&bare, &structure).atom_energies_ev;
    // Energies count from atoms without neighbours, so atoms of one species differ as the read-outs do.
    let read_out = |atom: usize| -> f64 {
        let weights = &weights[inputs.species[atom]];
        weights.iter().zip(inputs.row(atom)).map(|(w, x)| f64::from(*w) * x).sum()
    };
    for species in 0..2 {
        let atoms: Vec<usize> = (0..inputs.len()).filter(|&atom| inputs.species[atom] == species).collect();
        assert!(atoms.len() > 1, "two atoms to compare");
        for &atom in &atoms {
            let (found, expected) =
                (read_out(atom) - read_out(atoms[0]), energies[atom] - energies[atoms[0]]);
            assert!((found - expected).abs() < 1e-9 * (1.0 + expected.abs()), "{found} {expected}");
        }
    }
}

#[test]
fn what_the_potential_does_not_know_is_an_error() {
    let potential = potential(Precision::F32);
    let mut structure = cell();
    structure.species[1] = Species::from_symbol("Ar").expect("argon");
    let list = NeighbourList::build(&structure, potential.max_cutoff_a(), 0.0).expect("a list");
    let refused = head(&potential, Reads::Both).charges_e(&potential, &structure, &list, 0.0);
    assert!(matches!(refused, Err(EvaluationError::UnknownSpecies { atom: 1, .. })), "{refused:?}");
    let other = ChargeHead { species: vec!["Na".into()], ..head(&potential, Reads::Both) };
    assert!(other.misfit(&potential).is_some_and(|text| text.contains("the potential is of C, Na")));
    let short = ChargeHead { reads: Reads::Hidden, ..head(&potential, Reads::Both) };
    assert!(short.misfit(&potential).is_some_and(|text| text.contains("reads 368 numbers")));
    assert_eq!(head(&potential, Reads::Both).misfit(&potential), None);
}
