//! Deforming the cell and all that is in it.

use natron_atoms::{Cell, Mat3, Structure};

use crate::state::{State, StepError};

/// A cell that changes by more than this in a step is no cell of a healthy run.
const STRAIN_MAX: f64 = 0.1;

/// Multiplies cell and positions by exp(G) for a symmetric G.
pub(crate) fn structure(structure: &mut Structure, strain: &Mat3) -> Result<(), StepError> {
    let largest = strain.amax();
    // Asked this way round, NaN is an error too.
    if !strain.iter().all(|x| x.abs() <= STRAIN_MAX) {
        return Err(StepError::Strain { strain: largest });
    }
    let grow = exponential(strain);
    let rows = structure.cell.rows() * grow;
    let rows = std::array::from_fn(|i| std::array::from_fn(|j| rows[(i, j)]));
    structure.cell =
        Cell::new(rows, structure.cell.periodic()).map_err(|_| StepError::Strain { strain: largest })?;
    structure.positions.iter_mut().for_each(|position| *position = grow * *position);
    Ok(())
}

/// Multiplies cell and positions by exp(G), velocities by exp(-G), for a symmetric G.
pub(crate) fn state(state: &mut State, strain: &Mat3) -> Result<(), StepError> {
    structure(&mut state.structure, strain)?;
    let shrink = exponential(&-strain);
    state.velocities.iter_mut().for_each(|velocity| *velocity = shrink * *velocity);
    Ok(())
}

/// exp(G): exact on the diagonal, so that what is not coupled stays as it is; else by its series, whose terms of a strain below
/// [`STRAIN_MAX`] are below the last bit after the tenth.
fn exponential(strain: &Mat3) -> Mat3 {
    let diagonal = strain.diagonal();
    if *strain == Mat3::from_diagonal(&diagonal) {
        return Mat3::from_diagonal(&diagonal.map(f64::exp));
    }
    let (mut sum, mut term) = (Mat3::identity(), Mat3::identity());
    for n in 1..=12 {
        term = term * strain / f64::from(n);
        sum += term;
    }
    sum
}
