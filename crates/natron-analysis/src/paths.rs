//! The paths of the mobile atoms, seen from the reference.

use natron_atoms::{Species, Vec3};

use crate::{DiffusionError, Trajectory};

/// Positions of single atoms over time, relative to the reference's centre of mass.
#[derive(Debug, Clone, PartialEq)]
pub struct Paths {
    /// Time between frames, ps.
    pub spacing_ps: f64,
    /// Frames of every path.
    pub n_frames: usize,
    /// One path per mobile atom and replica.
    pub atoms: Vec<Path>,
}

/// One atom's path.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// Which replica the atom belongs to: atoms of one replica feel the same events.
    pub replica: usize,
    /// Positions, A, `[T]`.
    pub positions_a: Vec<Vec3>,
}

/// Replicas may differ in frame spacing by this fraction of it.
const SPACING_TOLERANCE: f64 = 1e-6;

/// The paths of the atoms of `mobile`, from replicas of one system, each with the drift of its reference
/// removed: `r_i(t) - R(t)`, R the centre of mass of the `reference` species (empty = all atoms).
/// Replicas longer than the shortest are cut to its length.
///
/// # Errors
/// No trajectory, no mobile or reference atom, a single frame, or replicas with other frame spacings.
pub fn relative_paths(
    replicas: &[&Trajectory],
    mobile: Species,
    reference: &[Species],
) -> Result<Paths, DiffusionError> {
    let first = replicas.first().ok_or(DiffusionError::NoTrajectory)?;
    let spacing_ps = first.spacing_ps().ok_or(DiffusionError::OneFrame)?;
    let n_frames = replicas.iter().map(|r| r.n_frames()).min().unwrap_or(0);
    let mut atoms = Vec::new();
    for (replica, trajectory) in replicas.iter().enumerate() {
        let found_ps = trajectory.spacing_ps().ok_or(DiffusionError::OneFrame)?;
        if (found_ps - spacing_ps).abs() > SPACING_TOLERANCE * spacing_ps {
            return Err(DiffusionError::Replicas { replica, found_ps, expected_ps: spacing_ps });
        }
        let drift = reference_centre(trajectory, reference)?;
        for atom in trajectory.select(&[mobile]) {
            let positions_a = (0..n_frames).map(|t| trajectory.positions_a()[t][atom] - drift[t]).collect();
            atoms.push(Path { replica, positions_a });
        }
    }
    if atoms.is_empty() {
        return Err(DiffusionError::NoMobileAtom { species: mobile.symbol() });
    }
    Ok(Paths { spacing_ps, n_frames, atoms })
}

/// The centre of mass of the reference atoms, A, `[T]`.
fn reference_centre(trajectory: &Trajectory, reference: &[Species]) -> Result<Vec<Vec3>, DiffusionError> {
    let chosen: Vec<usize> = if reference.is_empty() {
        (0..trajectory.species().len()).collect()
    } else {
        for species in reference {
            if !trajectory.species().contains(species) {
                return Err(DiffusionError::NoReferenceAtom { species: species.symbol() });
            }
        }
        trajectory.select(reference)
    };
    let masses = trajectory.masses_amu();
    let total: f64 = chosen.iter().map(|&i| masses[i]).sum();
    let centre = |frame: &Vec<Vec3>| chosen.iter().map(|&i| frame[i] * masses[i]).sum::<Vec3>() / total;
    Ok(trajectory.positions_a().iter().map(centre).collect())
}
