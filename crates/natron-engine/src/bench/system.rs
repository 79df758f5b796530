//! What is measured: a cell, and blocks of it.

use natron_atoms::{Cell, Species, Structure, Vec3};

use super::BenchOptions;
use crate::new_deck::EXAMPLE_STRUCTURE;
use crate::potentials::LoadedPotential;
use crate::{InputError, files};

/// A cell that is replicated, and how hot it is.
#[derive(Debug, Clone)]
pub(super) struct UnitCell {
    pub(super) structure: Structure,
    pub(super) temperature_k: f64,
}

/// Na22C200 at the temperature its diffusion is studied at; argon, still solid, for a potential that knows nothing
/// else; or the user's structure.
pub(super) fn unit_cell(options: &BenchOptions, potential: &LoadedPotential) -> Result<UnitCell, InputError> {
    let (structure, temperature_k) = match &options.structure {
        Some(file) => {
            let mut frames = files::read_frames(file)?;
            let frame = frames.pop();
            let frame = frame.ok_or_else(|| InputError::new("the file holds no frame").in_file(file))?;
            (frame.structure, 600.0)
        }
        None if potential.knows(&[Species::NA, Species::C]) => {
            (files::example_structure(EXAMPLE_STRUCTURE), 600.0)
        }
        None => (argon(), 40.0),
    };
    crate::structure::check(&structure, potential).map_err(|error| {
        let error = InputError::new(error);
        match &options.structure {
            Some(file) => error.in_file(file),
            None => error.help("give a structure that the potential knows: --structure FILE"),
        }
    })?;
    Ok(UnitCell { structure, temperature_k })
}

/// 256 atoms of solid argon, a = 5.26 A.
pub(super) fn argon() -> Structure {
    let edge = 5.26;
    let argon = Species::from_symbol("Ar").expect("argon is an element");
    let basis = [[0.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]];
    let rows = [[edge, 0.0, 0.0], [0.0, edge, 0.0], [0.0, 0.0, edge]];
    let cell = Cell::new(rows, [true; 3]).expect("a cube is a cell");
    let positions = basis.iter().map(|b| Vec3::from(*b) * edge).collect();
    let unit = Structure::new(cell, vec![argon; 4], positions).expect("four atoms");
    replicate(&unit, 256)
}

/// The smallest block of cells, as close to a cube as it gets, with at least `atoms` atoms.
pub(super) fn replicate(unit: &Structure, atoms: usize) -> Structure {
    let cells = atoms.div_ceil(unit.len()).max(1);
    let mut counts = [1usize; 3];
    while counts.iter().product::<usize>() < cells {
        let smallest = (0..3).min_by_key(|&k| counts[k]).expect("three directions");
        counts[smallest] += 1;
    }
    let rows = unit.cell.rows();
    let scaled: [[f64; 3]; 3] =
        std::array::from_fn(|i| std::array::from_fn(|j| rows[(i, j)] * counts[i] as f64));
    let cell = Cell::new(scaled, unit.cell.periodic()).expect("a multiple of a cell is a cell");
    let mut species = Vec::new();
    let mut positions = Vec::new();
    for a in 0..counts[0] {
        for b in 0..counts[1] {
            for c in 0..counts[2] {
                let offset = unit.cell.offset([a as i32, b as i32, c as i32]);
                species.extend_from_slice(&unit.species);
                positions.extend(unit.positions.iter().map(|position| position + offset));
            }
        }
    }
    Structure::new(cell, species, positions).expect("finite positions stay finite")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replication_keeps_the_density_and_gives_enough_atoms() {
        let unit = argon();
        for atoms in [1, 257, 1000, 3000] {
            let block = replicate(&unit, atoms);
            assert!(block.len() >= atoms);
            let density = |s: &Structure| s.len() as f64 / s.cell.volume_a3();
            assert!((density(&block) / density(&unit) - 1.0).abs() < 1e-12);
        }
        assert_eq!(replicate(&unit, 8 * 256).len(), 8 * 256);
    }
}
