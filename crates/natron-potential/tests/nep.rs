//! Neuroevolution potentials: what calorine says of them, the contract, damaged files, allocations.

use natron_atoms::{Cell, NeighbourList, Species, Structure, Vec3};
use natron_descriptor::SimdPath;
use natron_potential::contract::{self, tiny_cell};
use natron_potential::{Evaluation, EvaluationError, NepPotential, Potential};
use serde::Deserialize;

/// What calorine says of one structure (`nep/make.py`).
#[derive(Deserialize)]
struct Fixture {
    potential: String,
    species: Vec<String>,
    #[serde(rename = "cell_A")]
    cell_a: [[f64; 3]; 3],
    #[serde(rename = "positions_A")]
    positions_a: Vec<[f64; 3]>,
    #[serde(rename = "energy_eV")]
    energy_ev: f64,
    #[serde(rename = "atom_energies_eV")]
    atom_energies_ev: Option<Vec<f64>>,
    #[serde(rename = "forces_eV_per_A")]
    forces_ev_per_a: Vec<[f64; 3]>,
    #[serde(rename = "virial_eV")]
    virial_ev: [[f64; 3]; 3],
}

const FIXTURES: [&str; 2] = [include_str!("nep/calorine-4.json"), include_str!("nep/calorine-3.json")];

fn read(name: &str) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/nep").join(name);
    std::fs::read(path).expect("it is among the fixtures")
}

fn potential(name: &str) -> NepPotential {
    NepPotential::from_bytes(&read(name)).unwrap_or_else(|error| panic!("{name}: {error:?}"))
}

fn structure(fixture: &Fixture) -> Structure {
    let species = fixture.species.iter().map(|s| Species::from_symbol(s).expect("an element")).collect();
    let cell = Cell::new(fixture.cell_a, [true; 3]).expect("a cell");
    Structure::new(cell, species, fixture.positions_a.iter().map(|p| Vec3::from(*p)).collect()).expect("fits")
}

#[test]
fn values_are_those_of_calorine() {
    let mut seen = 0;
    for fixture in
        FIXTURES.iter().flat_map(|text| serde_json::from_str::<Vec<Fixture>>(text).expect("fixtures"))
    {
        let found = contract::evaluate(&potential(&fixture.potential), &structure(&fixture));
        let name = &fixture.potential;
        let largest = fixture.forces_ev_per_a.iter().flatten().fold(1.0_f64, |a, b| a.max(b.abs()));
        // Both work in f64; calorine has constants (of walls, radii) with six digits and more.
        let near = |what: &str, a: f64, b: f64, scale: f64| {
            assert!((a - b).abs() < 1e-6 * scale, "{name}: {what} {a} is not {b} (scale {scale})");
        };
        near("energy", found.energy_ev, fixture.energy_ev, fixture.energy_ev.abs().max(1.0));
        for (a, b) in found.atom_energies_ev.iter().zip(fixture.atom_energies_ev.iter().flatten()) {
            near("atom energy", *a, *b, fixture.energy_ev.abs().max(1.0));
        }
        for (a, b) in found.forces.iter().zip(&fixture.forces_ev_per_a) {
            (0..3).for_each(|k| near("force", a[k], b[k], largest));
        }
        let pressure = fixture.virial_ev.iter().flatten().fold(1.0_f64, |a, b| a.max(b.abs()));
        for (i, row) in fixture.virial_ev.iter().enumerate() {
            (0..3).for_each(|j| near("virial", found.virial_ev[(i, j)], row[j], pressure));
        }
        seen += 1;
    }
    assert_eq!(seen, 20, "every fixture was looked at");
}

#[test]
fn they_pass_the_contract() {
    for name in ["nep4-na-c.txt", "nep4-c-na-zbl.txt", "nep3-na-c-zbl.txt", "nep4-c-l8.txt"] {
        let potential = potential(name);
        let elements = potential.species().expect("it names its elements");
        let cell = tiny_cell(&elements, 1.8, 3);
        contract::forces(&potential, &cell).unwrap_or_else(|e| panic!("{name}: {e}"));
        contract::virial(&potential, &cell).unwrap_or_else(|e| panic!("{name}: {e}"));
        contract::totals(&potential, &cell).unwrap_or_else(|e| panic!("{name}: {e}"));
        contract::translation(&potential, &cell).unwrap_or_else(|e| panic!("{name}: {e}"));
        for invert in [false, true] {
            contract::rotation(&potential, &cell, invert).unwrap_or_else(|e| panic!("{name}: {e}"));
        }
        contract::permutation(&potential, &cell).unwrap_or_else(|e| panic!("{name}: {e}"));
        contract::lattice_shifts(&potential, &cell).unwrap_or_else(|e| panic!("{name}: {e}"));
        contract::supercell(&potential, &cell).unwrap_or_else(|e| panic!("{name}: {e}"));
        for &a in &elements {
            contract::isolated(&potential, a).unwrap_or_else(|e| panic!("{name}: {e}"));
        }
    }
}

#[test]
fn every_path_and_any_threads_give_the_same_bits() {
    let unit = tiny_cell(&[Species::NA, Species::C], 1.8, 4);
    let rows = unit.cell.rows() * 3.0;
    let rows = std::array::from_fn(|i| std::array::from_fn(|j| rows[(i, j)]));
    let mut big =
        Structure { cell: Cell::new(rows, [true; 3]).expect("a cell"), species: vec![], positions: vec![] };
    for image in (0..27).map(|k| [k % 3, k / 3 % 3, k / 9]) {
        big.species.extend(&unit.species);
        big.positions.extend(unit.positions.iter().map(|p| p + unit.cell.offset(image)));
    }
    let potential = potential("nep4-na-c.txt");
    let expected = contract::evaluate(&potential.clone().with_simd(SimdPath::Portable), &big);
    for path in [SimdPath::Avx512, SimdPath::Avx2] {
        assert_eq!(expected, contract::evaluate(&potential.clone().with_simd(path), &big), "{}", path.name());
    }
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        assert_eq!(expected, pool.install(|| contract::evaluate(&potential, &big)), "{threads} threads");
    }
}

#[test]
fn energies_fade_at_the_cutoff() {
    // The cosine's force falls linearly, with the slope of a random network in front: only continuity can be asked for.
    let potential = potential("nep4-three-own-cutoffs.txt");
    for a in potential.species().expect("elements") {
        for b in potential.species().expect("elements") {
            let reach = potential.cutoff_a(a, b);
            let alone = potential.isolated_energy_ev(a) + potential.isolated_energy_ev(b);
            let at = |r: f64| {
                let positions = vec![Vec3::zeros(), Vec3::new(0.0, 0.6, 0.8) * r];
                contract::evaluate(
                    &potential,
                    &Structure { cell: Cell::open(), species: vec![a, b], positions },
                )
            };
            let inside = at(reach * (1.0 - 1e-5));
            assert!((inside.energy_ev - alone).abs() < 1e-7, "{a}-{b}");
            assert!(inside.forces[0].norm() < 1e-3 && inside.forces[0].norm() > 0.0, "{a}-{b}");
            assert_eq!(at(reach * (1.0 + 1e-9)).forces[0], Vec3::zeros());
        }
    }
}

#[test]
fn wrong_input_is_refused() {
    let potential = potential("nep4-na-c.txt");
    let mut cell = tiny_cell(&[Species::NA, Species::C], 1.8, 1);
    let mut out = Evaluation::zeros(cell.len());
    let list = NeighbourList::build(&cell, 3.0, 0.0).expect("a list");
    let refused = potential.evaluator().evaluate(&cell, &list, &mut out);
    assert!(matches!(refused, Err(EvaluationError::ShortList { .. })));
    cell.positions[1] = cell.positions[0];
    let list = NeighbourList::build(&cell, 6.0, 0.0).expect("a list");
    let refused = potential.evaluator().evaluate(&cell, &list, &mut out);
    assert!(matches!(refused, Err(EvaluationError::Overlap { .. })), "{refused:?}");
    cell.species[2] = Species::from_symbol("Li").expect("an element");
    let refused = potential.evaluator().evaluate(&cell, &list, &mut out);
    assert!(matches!(refused, Err(EvaluationError::UnknownSpecies { atom: 2, .. })));
}

#[test]
fn damaged_files_are_refused_with_their_line() {
    let text = String::from_utf8(read("nep4-c-na-zbl.txt")).expect("text");
    let refused = |text: &str| {
        let error = NepPotential::from_bytes(text.as_bytes()).expect_err("it is damaged");
        (error.line, error.message)
    };
    let with = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        refused(&text.replacen(from, to, 1))
    };
    let says = |(line, message): (usize, String), expected_line: usize, expected: &str| {
        assert!(line == expected_line && message.contains(expected), "{line}: {message}");
    };
    says(with("nep4_zbl", "nep5_zbl"), 1, "only nep3 and nep4");
    says(with("nep4_zbl", "nep4_dipole"), 1, "only nep3 and nep4");
    says(with("2 C Na", "3 C Na"), 1, "number of elements");
    says(with("2 C Na", "2 C Xx"), 1, "no element");
    says(with("2 C Na", "2 C C"), 1, "twice");
    says(with("zbl 0.9", "zbl 3"), 2, "inner < outer");
    says(with("cutoff 5 4 100", "cutoff 5 6 100"), 3, "angular <= radial");
    says(with("cutoff 5 4 100", "cutoff 5 4 100 8"), 3, "takes 4, 7 or 6");
    says(with("n_max 2 2", "n_max 2 99999"), 4, "no count");
    says(with("n_max 2 2", "n_maxx 2 2"), 4, "`n_max` is expected");
    says(with("l_max 3 2 0", "l_max 12 2 0"), 6, "l_max is 1 to 8");
    says(with("l_max 3 2 0", "l_max 3 2 0 1"), 6, "many-body");
    let lines: Vec<&str> = text.lines().collect();
    let mut spoilt = lines.clone();
    spoilt[40] = "  nan";
    says(refused(&spoilt.join("\n")), 41, "no finite number");
    let short = lines[..lines.len() - 1].join("\n");
    says(refused(&short), lines.len() - 1, "ends within the factors");
    says(refused(&format!("{text} 1.0\n")), lines.len() + 1, "more numbers");
    says(refused(""), 1, "starts with `nep4`");
    assert_eq!(NepPotential::from_bytes(b"nep4 1 C\n\xff").expect_err("no text").line, 2);
    // A header that asks for far more than is there allocates nothing for it.
    let greedy =
        "nep4 1 C\ncutoff 5 4 1 1\nn_max 4096 4096\nbasis_size 4096 4096\nl_max 8 2 1\nANN 4096 0\n1.0\n";
    says(refused(greedy), 7, "ends within the weights");
}
