//! The input of every analysis: who moved where and when.

use natron_atoms::{Cell, Species, Vec3};

use crate::unwrap::unwrap;

/// Frames of one simulation at uniform spacing, positions unwrapped.
#[derive(Debug, Clone, PartialEq)]
pub struct Trajectory {
    species: Vec<Species>,
    masses_amu: Vec<f64>,
    time_ps: Vec<f64>,
    positions_a: Vec<Vec<Vec3>>,
    cells: Cells,
}

/// The cell of a trajectory.
#[derive(Debug, Clone, PartialEq)]
pub enum Cells {
    /// The same in every frame.
    Constant(Cell),
    /// One per frame, `[T]`.
    PerFrame(Vec<Cell>),
}

impl Cells {
    /// The cell of frame `frame`.
    pub fn at(&self, frame: usize) -> &Cell {
        match self {
            Self::Constant(cell) => cell,
            Self::PerFrame(cells) => &cells[frame],
        }
    }
}

/// Why frames are no trajectory.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TrajectoryError {
    /// There is no frame or no atom.
    #[error("the trajectory holds {frames} frames of {atoms} atoms; both must be at least 1")]
    Empty {
        /// Frames given.
        frames: usize,
        /// Atoms given.
        atoms: usize,
    },
    /// Two arrays that must agree in length do not.
    #[error("{what} has {found} entries where {expected} are needed")]
    Length {
        /// Which array.
        what: &'static str,
        /// Its length.
        found: usize,
        /// What it should be.
        expected: usize,
    },
    /// A frame holds another number of atoms.
    #[error("frame {frame} holds {found} atoms where {expected} are needed")]
    Atoms {
        /// Which frame, from 0.
        frame: usize,
        /// Its number of atoms.
        found: usize,
        /// That of the species list.
        expected: usize,
    },
    /// A position is NaN or infinite.
    #[error("frame {frame}: the position of atom {atom} is not finite")]
    NotFinite {
        /// Which frame, from 0.
        frame: usize,
        /// Which atom, from 0.
        atom: usize,
    },
    /// A mass is not a positive number.
    #[error("the mass of atom {atom} is {mass_amu} amu; it must be positive and finite")]
    Mass {
        /// Which atom, from 0.
        atom: usize,
        /// Its mass, amu.
        mass_amu: f64,
    },
    /// Frames are not equally spaced in time.
    #[error(
        "frame {frame} is {step_ps} ps after the one before it, where the spacing is {expected_ps} ps: \
         the frames must be equally spaced in time"
    )]
    Spacing {
        /// The later of the two frames, from 0.
        frame: usize,
        /// Time since the frame before, ps.
        step_ps: f64,
        /// Mean spacing, ps.
        expected_ps: f64,
    },
    /// An atom moves so far between two frames that its nearest image is ambiguous.
    #[error(
        "frame {frame}: atom {atom} moves {fraction:.3} of the cell between two frames; wrapped positions can be \
         unwrapped only where each step stays below {limit} of the cell: write frames more often, or unwrapped positions"
    )]
    Ambiguous {
        /// The later of the two frames, from 0.
        frame: usize,
        /// Which atom, from 0.
        atom: usize,
        /// The step along a lattice vector, in units of it.
        fraction: f64,
        /// The limit.
        limit: f64,
    },
}

/// Spacings may differ from their mean by this fraction of it (times are often stored in f32).
const SPACING_TOLERANCE: f64 = 1e-3;

impl Trajectory {
    /// A trajectory whose parts fit together: species `[n]`, masses (amu) `[n]`, times (ps) `[T]` equally
    /// spaced, unwrapped positions (A) `[T][n]`, one cell or `[T]` cells.
    ///
    /// # Errors
    /// See [`TrajectoryError`].
    pub fn new(
        species: Vec<Species>,
        masses_amu: Vec<f64>,
        time_ps: Vec<f64>,
        positions_a: Vec<Vec<Vec3>>,
        cells: Cells,
    ) -> Result<Self, TrajectoryError> {
        let (frames, atoms) = (positions_a.len(), species.len());
        if frames == 0 || atoms == 0 {
            return Err(TrajectoryError::Empty { frames, atoms });
        }
        check_length("masses", masses_amu.len(), atoms)?;
        check_length("times", time_ps.len(), frames)?;
        if let Cells::PerFrame(cells) = &cells {
            check_length("cells", cells.len(), frames)?;
        }
        check_masses(&masses_amu)?;
        check_positions(&positions_a, atoms)?;
        check_spacing(&time_ps)?;
        Ok(Self { species, masses_amu, time_ps, positions_a, cells })
    }

    /// Like [`Trajectory::new`] from positions wrapped into the cell, unwrapped by nearest image ([`crate::unwrap`]).
    ///
    /// # Errors
    /// See [`TrajectoryError`]; among them steps too long to be told from their images.
    pub fn from_wrapped(
        species: Vec<Species>,
        masses_amu: Vec<f64>,
        time_ps: Vec<f64>,
        positions_a: &[Vec<Vec3>],
        cells: Cells,
    ) -> Result<Self, TrajectoryError> {
        if let Cells::PerFrame(cells) = &cells {
            check_length("cells", cells.len(), positions_a.len())?;
        }
        check_positions(positions_a, species.len())?;
        let unwrapped = unwrap(positions_a, &cells)?;
        Self::new(species, masses_amu, time_ps, unwrapped, cells)
    }

    /// Chemical element of each atom, `[n]`.
    pub fn species(&self) -> &[Species] {
        &self.species
    }

    /// Mass of each atom, amu, `[n]`.
    pub fn masses_amu(&self) -> &[f64] {
        &self.masses_amu
    }

    /// Time of each frame, ps, `[T]`.
    pub fn time_ps(&self) -> &[f64] {
        &self.time_ps
    }

    /// Unwrapped positions, A, `[T][n]`.
    pub fn positions_a(&self) -> &[Vec<Vec3>] {
        &self.positions_a
    }

    /// The cell, constant or per frame.
    pub fn cells(&self) -> &Cells {
        &self.cells
    }

    /// Number of frames.
    pub fn n_frames(&self) -> usize {
        self.positions_a.len()
    }

    /// Time between frames, ps; None for a single frame.
    pub fn spacing_ps(&self) -> Option<f64> {
        mean_spacing(&self.time_ps)
    }

    /// Indices of the atoms whose element is one of `species`.
    pub fn select(&self, species: &[Species]) -> Vec<usize> {
        (0..self.species.len()).filter(|&i| species.contains(&self.species[i])).collect()
    }
}

fn check_length(what: &'static str, found: usize, expected: usize) -> Result<(), TrajectoryError> {
    if found == expected { Ok(()) } else { Err(TrajectoryError::Length { what, found, expected }) }
}

fn check_masses(masses_amu: &[f64]) -> Result<(), TrajectoryError> {
    match masses_amu.iter().position(|m| !(m.is_finite() && *m > 0.0)) {
        Some(atom) => Err(TrajectoryError::Mass { atom, mass_amu: masses_amu[atom] }),
        None => Ok(()),
    }
}

fn check_positions(positions_a: &[Vec<Vec3>], expected: usize) -> Result<(), TrajectoryError> {
    for (frame, positions) in positions_a.iter().enumerate() {
        if positions.len() != expected {
            return Err(TrajectoryError::Atoms { frame, found: positions.len(), expected });
        }
        if let Some(atom) = positions.iter().position(|p| p.iter().any(|x| !x.is_finite())) {
            return Err(TrajectoryError::NotFinite { frame, atom });
        }
    }
    Ok(())
}

pub(crate) fn mean_spacing(time_ps: &[f64]) -> Option<f64> {
    let (first, last) = (time_ps.first()?, time_ps.last()?);
    (time_ps.len() > 1).then(|| (last - first) / (time_ps.len() - 1) as f64)
}

pub(crate) fn check_spacing(time_ps: &[f64]) -> Result<(), TrajectoryError> {
    let Some(expected_ps) = mean_spacing(time_ps) else { return Ok(()) };
    for (k, pair) in time_ps.windows(2).enumerate() {
        let step_ps = pair[1] - pair[0];
        let off = (step_ps - expected_ps).abs() > SPACING_TOLERANCE * expected_ps;
        if off || !step_ps.is_finite() || step_ps <= 0.0 {
            return Err(TrajectoryError::Spacing { frame: k + 1, step_ps, expected_ps });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The arguments of `Trajectory::new`.
    type Parts = (Vec<Species>, Vec<f64>, Vec<f64>, Vec<Vec<Vec3>>, Cells);

    fn still(frames: usize) -> Parts {
        let time = (0..frames).map(|t| 0.02 * t as f64).collect();
        (
            vec![Species::NA],
            vec![22.99],
            time,
            vec![vec![Vec3::zeros()]; frames],
            Cells::Constant(Cell::open()),
        )
    }

    #[test]
    fn what_does_not_fit_is_refused_by_name() {
        let make = |change: fn(&mut Parts)| {
            let mut parts = still(5);
            change(&mut parts);
            let error = Trajectory::new(parts.0, parts.1, parts.2, parts.3, parts.4).expect_err("a refusal");
            error.to_string()
        };
        assert!(make(|p| p.3.clear()).contains("0 frames"));
        assert!(make(|p| p.0.clear()).contains("0 atoms"));
        assert!(make(|p| p.1[0] = 0.0).contains("mass of atom 0"));
        assert!(make(|p| p.1.push(1.0)).contains("masses has 2"));
        assert!(make(|p| p.2[3] += 0.005).contains("frame 3"));
        assert!(make(|p| p.2.reverse()).contains("equally spaced"));
        assert!(make(|p| p.2[2] = f64::NAN).contains("equally spaced"));
        assert!(make(|p| p.3[2][0].y = f64::NAN).contains("frame 2: the position of atom 0"));
        assert!(make(|p| p.3[4].push(Vec3::zeros())).contains("frame 4 holds 2 atoms"));
        assert!(make(|p| p.4 = Cells::PerFrame(vec![Cell::open()])).contains("cells has 1"));
    }

    #[test]
    fn times_stored_in_single_precision_are_equally_spaced() {
        let mut parts = still(5000);
        parts.2 = parts.2.iter().map(|t| f64::from(*t as f32)).collect();
        assert!(Trajectory::new(parts.0, parts.1, parts.2, parts.3, parts.4).is_ok());
    }
}
