//! Crystals with a cubic cell.

use natron_atoms::{Cell, Species, Structure, Vec3};

use crate::BuildError;

/// Two interpenetrating face-centred lattices.
const DIAMOND: [[f64; 3]; 8] = [
    [0.0, 0.0, 0.0],
    [0.0, 0.5, 0.5],
    [0.5, 0.0, 0.5],
    [0.5, 0.5, 0.0],
    [0.25, 0.25, 0.25],
    [0.25, 0.75, 0.75],
    [0.75, 0.25, 0.75],
    [0.75, 0.75, 0.25],
];
/// A body-centred lattice.
const BODY_CENTRED: [[f64; 3]; 2] = [[0.0, 0.0, 0.0], [0.5, 0.5, 0.5]];

/// The diamond structure, 8 atoms in a cube of edge `edge_a` (A), `repeat` times along each edge.
///
/// # Errors
/// The cell has no volume.
pub fn diamond(species: Species, edge_a: f64, repeat: [usize; 3]) -> Result<Structure, BuildError> {
    cubic(species, edge_a, repeat, &DIAMOND)
}

/// The body-centred cubic structure, 2 atoms in a cube of edge `edge_a` (A), `repeat` times along each edge.
///
/// # Errors
/// The cell has no volume.
pub fn body_centred(species: Species, edge_a: f64, repeat: [usize; 3]) -> Result<Structure, BuildError> {
    cubic(species, edge_a, repeat, &BODY_CENTRED)
}

fn cubic(
    species: Species,
    edge_a: f64,
    repeat: [usize; 3],
    basis: &[[f64; 3]],
) -> Result<Structure, BuildError> {
    let edges = repeat.map(|n| n as f64 * edge_a);
    let rows = std::array::from_fn(|i| std::array::from_fn(|j| if i == j { edges[i] } else { 0.0 }));
    let cell = Cell::new(rows, [true; 3])?;
    let mut positions = Vec::with_capacity(basis.len() * repeat.iter().product::<usize>());
    for x in 0..repeat[0] {
        for y in 0..repeat[1] {
            for z in 0..repeat[2] {
                let corner = Vec3::new(x as f64, y as f64, z as f64);
                positions.extend(basis.iter().map(|point| (corner + Vec3::from(*point)) * edge_a));
            }
        }
    }
    Ok(Structure::new(cell, vec![species; positions.len()], positions)?)
}
