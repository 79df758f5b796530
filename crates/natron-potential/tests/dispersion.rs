//! The D3 dispersion term: what simple-dftd3 says of it, the contract, its lists, threads, allocations.

use natron_atoms::{Cell, Mat3, NeighbourList, Species, Structure, Vec3};
use natron_descriptor::SimdPath;
use natron_potential::contract::{self, tiny_cell};
use natron_potential::dispersion::functional;
use natron_potential::{Dispersion, DispersionSpec, Evaluation, EvaluationError, Potential};
use serde::Deserialize;

/// What simple-dftd3 says of one structure (`dispersion/make.py`).
#[derive(Deserialize)]
struct Fixture {
    name: String,
    functional: String,
    #[serde(rename = "cutoff_A")]
    cutoff_a: f64,
    #[serde(rename = "coordination_cutoff_A")]
    coordination_cutoff_a: f64,
    species: Vec<String>,
    #[serde(rename = "cell_A")]
    cell_a: [[f64; 3]; 3],
    periodic: [bool; 3],
    #[serde(rename = "positions_A")]
    positions_a: Vec<[f64; 3]>,
    #[serde(rename = "energy_eV")]
    energy_ev: f64,
    #[serde(rename = "forces_eV_per_A")]
    forces_ev_per_a: Vec<[f64; 3]>,
    #[serde(rename = "virial_eV")]
    virial_ev: Option<[[f64; 3]; 3]>,
}

fn fixtures() -> Vec<Fixture> {
    serde_json::from_str(include_str!("dispersion/dftd3.json")).expect("fixtures")
}

fn structure(fixture: &Fixture) -> Structure {
    let species = fixture.species.iter().map(|s| Species::from_symbol(s).expect("an element")).collect();
    let cell = Cell::new(fixture.cell_a, fixture.periodic).expect("a cell");
    Structure::new(cell, species, fixture.positions_a.iter().map(|p| Vec3::from(*p)).collect()).expect("fits")
}

fn elements(structure: &Structure) -> Vec<Species> {
    let mut elements = structure.species.clone();
    elements.sort_unstable();
    elements.dedup();
    elements
}

fn term(spec: &DispersionSpec, structure: &Structure) -> Dispersion {
    Dispersion::new(spec, &elements(structure)).expect("a term")
}

#[test]
fn values_are_those_of_simple_dftd3() {
    let fixtures = fixtures();
    assert_eq!(fixtures.len(), 25);
    for fixture in &fixtures {
        let spec = DispersionSpec {
            cutoff_a: fixture.cutoff_a,
            coordination_cutoff_a: fixture.coordination_cutoff_a,
            switch_a: 0.0,
            ..DispersionSpec::of_functional(&fixture.functional)
        };
        let structure = structure(fixture);
        let found = contract::evaluate(&term(&spec, &structure), &structure);
        let name = format!("{} {}", fixture.name, fixture.functional);
        let near = |what: &str, found: f64, expected: f64, scale: f64| {
            assert!(
                (found - expected).abs() < 1e-6 * scale,
                "{name}: {what} {found} is not {expected} (scale {scale})"
            );
        };
        near("energy", found.energy_ev, fixture.energy_ev, fixture.energy_ev.abs());
        let largest = fixture.forces_ev_per_a.iter().flatten().fold(0.0_f64, |a, b| a.max(b.abs()));
        for (a, b) in found.forces.iter().zip(&fixture.forces_ev_per_a) {
            (0..3).for_each(|k| near("force", a[k], b[k], largest));
        }
        if let Some(virial) = fixture.virial_ev {
            let virial = Mat3::from_fn(|i, j| virial[i][j]);
            (0..9).for_each(|k| near("virial", found.virial_ev[k], virial[k], virial.amax()));
        }
    }
}

#[test]
fn every_known_functional_is_compared() {
    let compared: Vec<String> = fixtures().into_iter().map(|fixture| fixture.functional).collect();
    let missing: Vec<&str> = functional::known().filter(|name| !compared.iter().any(|c| c == name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Short cutoffs, so that the checks take seconds, with a switch that is wide enough to matter.
fn short() -> DispersionSpec {
    DispersionSpec {
        cutoff_a: 7.0,
        coordination_cutoff_a: 5.0,
        switch_a: 2.5,
        ..DispersionSpec::of_functional("pbe")
    }
}

#[test]
fn it_passes_the_contract() {
    let lithium_fluoride = ["Li", "F"].map(|symbol| Species::from_symbol(symbol).expect("an element"));
    for (elements, spacing_a) in [([Species::C, Species::NA], 1.8), (lithium_fluoride, 1.9)] {
        let cell = tiny_cell(&elements, spacing_a, 3);
        let term = Dispersion::new(&short(), &elements).expect("a term");
        contract::check(&term, &cell).unwrap_or_else(|e| panic!("{elements:?}: {e}"));
        for path in [SimdPath::Avx2, SimdPath::Portable] {
            let other = contract::evaluate(&term.clone().with_simd(path), &cell);
            let here = contract::evaluate(&term, &cell);
            assert!(
                (other.energy_ev - here.energy_ev).abs() < 1e-12 * here.energy_ev.abs(),
                "{}",
                path.name()
            );
        }
    }
}

/// A sharp end makes the energy jump where a pair passes it; the switch does not, at either cutoff.
#[test]
fn the_switch_makes_both_ends_smooth() {
    let sodium = |x: f64| Structure {
        cell: Cell::open(),
        species: vec![Species::NA; 2],
        positions: vec![Vec3::zeros(), Vec3::new(x, 0.0, 0.0)],
    };
    let jump = |spec: &DispersionSpec, at: f64| {
        let [inside, outside] =
            [at - 1e-7, at + 1e-7].map(|x| contract::evaluate(&term(spec, &sodium(x)), &sodium(x)));
        ((inside.energy_ev - outside.energy_ev).abs(), (inside.forces[0] - outside.forces[0]).amax())
    };
    let sharp = DispersionSpec { switch_a: 0.0, ..short() };
    for at in [7.0, 5.0] {
        let ((sharp, _), (energy, force)) = (jump(&sharp, at), jump(&short(), at));
        assert!(sharp > 1e-4, "at {at} A a sharp end jumps by {sharp} eV");
        assert!(energy < 1e-7 && force < 1e-6, "at {at} A it jumps by {energy} eV, {force} eV/A");
    }
}

/// A potential with the term is the potential and the term: checked with the neural one in `contract.rs`; here the list that the
/// term follows may be as short as it likes.
#[test]
fn any_list_will_do_for_a_lead() {
    let cell = tiny_cell(&[Species::C, Species::NA], 1.8, 5);
    let term = term(&short(), &cell);
    let expected = contract::evaluate(&term, &cell);
    let mut evaluator = term.evaluator();
    let mut out = Evaluation::zeros(cell.len());
    for (cutoff_a, skin_a) in [(0.5, 0.0), (3.0, 0.8), (20.0, 0.0)] {
        let lead = NeighbourList::build(&cell, cutoff_a, skin_a).expect("a list");
        evaluator.evaluate(&cell, &lead, &mut out).expect("evaluates");
        assert!((out.energy_ev - expected.energy_ev).abs() < 1e-12);
        // Beyond the skin of its lead, where that is longer than the potential needs.
        let mut moved = cell.clone();
        moved.positions[2].x += 1.1;
        evaluator.evaluate(&moved, &lead, &mut out).expect("evaluates");
        assert!((out.energy_ev - contract::evaluate(&term, &moved).energy_ev).abs() < 1e-12);
    }
}

/// Atoms and cell that move a little at each of some steps.
fn moving(steps: u32) -> impl Iterator<Item = Structure> {
    let start = tiny_cell(&[Species::C, Species::NA], 1.8, 5);
    (0..steps).map(move |step| {
        let t = f64::from(step);
        let rows = start.cell.rows() * (1.0 - 0.002 * t);
        let cell = Cell::new(std::array::from_fn(|i| std::array::from_fn(|j| rows[(i, j)])), [true; 3])
            .expect("a cell");
        let place = |(k, p): (usize, &Vec3)| {
            let way = Vec3::new((k as f64).sin(), (2.0 * k as f64).cos(), 0.4) * (0.03 * t);
            cell.cartesian(&start.cell.fractional(&(p + way)))
        };
        let positions = start.positions.iter().enumerate().map(place).collect();
        Structure { cell, species: start.species.clone(), positions }
    })
}

/// An evaluator that has been there from the start has the bits of one that begins with the list of a restart.
#[test]
fn what_went_before_changes_no_bit() {
    let term = Dispersion::new(&short(), &[Species::C, Species::NA]).expect("a term");
    let mut lead: Option<NeighbourList> = None;
    let mut evaluator = term.evaluator();
    let mut rebuilds = 0;
    for structure in moving(40) {
        let lead = match &mut lead {
            Some(lead) => {
                rebuilds += u32::from(lead.update(&structure).expect("a list"));
                lead
            }
            None => lead.insert(NeighbourList::build(&structure, 3.0, 0.6).expect("a list")),
        };
        let mut out = Evaluation::zeros(structure.len());
        evaluator.evaluate(&structure, lead, &mut out).expect("evaluates");
        let mut again = NeighbourList::build(lead.built_for(), 3.0, 0.6).expect("a list");
        assert!(!again.update(&structure).expect("a list"));
        let mut fresh = Evaluation::zeros(structure.len());
        term.evaluator().evaluate(&structure, &again, &mut fresh).expect("evaluates");
        assert_eq!(out, fresh);
        let exact = contract::evaluate(&term, &structure);
        assert!((out.energy_ev - exact.energy_ev).abs() < 1e-11, "a neighbour is missing");
    }
    assert!(rebuilds > 2, "{rebuilds} lists");
}

fn supercell(unit: &Structure, n: i32) -> Structure {
    let rows = unit.cell.rows() * f64::from(n);
    let cell =
        Cell::new(std::array::from_fn(|i| std::array::from_fn(|j| rows[(i, j)])), [true; 3]).expect("a cell");
    let mut big = Structure { cell, species: Vec::new(), positions: Vec::new() };
    for image in (0..n * n * n).map(|k| [k % n, k / n % n, k / n / n]) {
        big.species.extend(&unit.species);
        big.positions.extend(unit.positions.iter().map(|p| p + unit.cell.offset(image)));
    }
    big
}

#[test]
fn bits_do_not_depend_on_the_threads() {
    let unit = tiny_cell(&[Species::C, Species::NA], 1.8, 4);
    let big = supercell(&unit, 3);
    let term = Dispersion::new(&short(), &[Species::C, Species::NA]).expect("a term");
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| contract::evaluate(&term, &big))
    };
    let one = run(1);
    assert_eq!(one, run(2));
    assert_eq!(one, run(5));
    let small = contract::evaluate(&term, &unit);
    assert!((one.energy_ev / 27.0 - small.energy_ev).abs() < 1e-11 * small.energy_ev.abs());
}

#[test]
fn what_has_no_energy_is_refused() {
    let mut cell = tiny_cell(&[Species::C, Species::NA], 1.8, 4);
    let term = Dispersion::new(&short(), &[Species::C, Species::NA]).expect("a term");
    let evaluate = |cell: &Structure| {
        let list = NeighbourList::build(cell, 3.0, 0.0).expect("a list");
        term.evaluator().evaluate(cell, &list, &mut Evaluation::zeros(cell.len()))
    };
    assert_eq!(evaluate(&cell), Ok(()));
    cell.positions[3] = cell.positions[1];
    let refused = evaluate(&cell);
    assert!(matches!(refused, Err(EvaluationError::Overlap { first: 1, second: 3, .. })), "{refused:?}");
    cell.species[3] = Species::from_symbol("Li").expect("an element");
    assert!(matches!(evaluate(&cell), Err(EvaluationError::UnknownSpecies { atom: 3, .. })));
    let darmstadtium = [Species::from_symbol("Ds").expect("an element")];
    let error = Dispersion::new(&short(), &darmstadtium).expect_err("no data");
    assert!(error.to_string().contains("Ds") && error.help().contains("end at Lr"), "{error}");
}
