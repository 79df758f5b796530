//! What a carbon host's energy is compared with.

use natron_build::{BuildError, Stacking, layers};

use super::facts::evaluated;
use crate::potentials::LoadedPotential;

/// Interlayer distance of graphite, A (experiment, 3.35).
const SPACING_A: f64 = 3.35;
/// Where the bond of lowest energy is looked for, A.
const BOND_A: (f64, f64) = (1.34, 1.52);
/// Golden section steps: the bond is known to 1e-5 A.
const STEPS: usize = 20;

/// Energy per atom of AB graphite with this potential, eV, at the experimental distance of layers and the bond of lowest energy (A).
pub(super) fn energy_and_bond(potential: &LoadedPotential) -> Result<(f64, f64), BuildError> {
    let energy = |bond_a: f64| -> Result<f64, BuildError> {
        let structure = layers::graphite(bond_a, [3, 3], 2, SPACING_A, Stacking::Ab)?;
        let evaluation = evaluated(&structure, potential)
            .map_err(|error| BuildError::NoTrial { trials: 1, last: error })?;
        Ok(evaluation.energy_ev / structure.len() as f64)
    };
    let golden = 0.5 * (5.0_f64.sqrt() - 1.0);
    let (mut low, mut high) = BOND_A;
    for _ in 0..STEPS {
        let (left, right) = (high - golden * (high - low), low + golden * (high - low));
        if energy(left)? < energy(right)? { high = right } else { low = left }
    }
    let bond_a = 0.5 * (low + high);
    Ok((energy(bond_a)?, bond_a))
}
