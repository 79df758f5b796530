//! Atoms thrown into a cube, the start of a melt.

use natron_atoms::units::AMU_PER_A3_IN_G_PER_CM3;
use natron_atoms::{Cell, Species, Structure, Vec3};

use crate::BuildError;
use crate::random::{Purpose, Stream};
use crate::voids::distance_a;

/// Throws per atom before the distance is shortened.
const THROWS: usize = 2000;
/// The distance is shortened by this factor, and no further than down to half.
const SHORTENED: f64 = 0.9;

/// Edge of the cube that holds `atoms` atoms at a density, A.
pub fn edge_a(species: Species, atoms: usize, density_g_per_cm3: f64) -> f64 {
    (atoms as f64 * species.mass_amu() * AMU_PER_A3_IN_G_PER_CM3 / density_g_per_cm3).cbrt()
}

/// Random atoms in a cube at a density, thrown one after the other, each at least a distance from all before it: seven tenths of that
/// between neighbours in a close packing of this density, shortened where no place is left.
///
/// # Errors
/// No place is left at half of that distance.
pub fn random_packing(
    species: Species,
    atoms: usize,
    density_g_per_cm3: f64,
    (seed, replica): (u64, u32),
) -> Result<Structure, BuildError> {
    let edge = edge_a(species, atoms, density_g_per_cm3);
    let rows = std::array::from_fn(|i| std::array::from_fn(|j| if i == j { edge } else { 0.0 }));
    let cell = Cell::new(rows, [true; 3])?;
    let close_packed = (std::f64::consts::SQRT_2 * edge.powi(3) / atoms as f64).cbrt();
    let wanted = 0.7 * close_packed;
    let mut distance = wanted;
    let mut stream = Stream::new(seed, replica, Purpose::Packing, 0);
    let mut positions: Vec<Vec3> = Vec::with_capacity(atoms);
    let mut throws = 0;
    while positions.len() < atoms {
        let point = Vec3::new(stream.uniform(), stream.uniform(), stream.uniform()) * edge;
        throws += 1;
        if positions.iter().all(|other| distance_a(&cell, &point, other) >= distance) {
            positions.push(point);
            throws = 0;
        } else if throws == THROWS {
            (distance, throws) = (distance * SHORTENED, 0);
            if distance < 0.5 * wanted {
                return Err(BuildError::Crowded {
                    placed: positions.len(),
                    wanted: atoms,
                    distance_a: distance,
                });
            }
        }
    }
    Ok(Structure::new(cell, vec![species; atoms], positions)?)
}
