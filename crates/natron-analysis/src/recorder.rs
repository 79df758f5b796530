//! From frames as they come to what the analysis keeps of them: the ways of the mobile atoms, seen from the reference.
//!
//! Of a frame nothing is kept but the mobile atoms, so that a trajectory may be far larger than memory. Where the cell changes, an atom
//! that left its first cell would seem to move with the walls it has passed: the offset of its image changes with the cell. What the cell
//! does is taken out,
//!
//! ```text
//! r(k+1) - r(k) = x(k+1) - x(k) - n(k) [ L(k+1) - L(k) ]
//! ```
//!
//! with x the unwrapped position and n(k) the image it lies in: the displacement of the wrapped atom by its nearest image, the
//! toroidal-view-preserving scheme of von Bulow, Bullerjahn, Hummer, J. Chem. Phys. 153, 021101 (2020), doi:10.1063/5.0008316.

use std::sync::Arc;

use natron_atoms::{Cell, Species, Vec3};

use crate::DiffusionError;
use crate::track::Track;
use crate::trajectory::{TrajectoryError, check_spacing, mean_spacing};

/// What is kept of one trajectory.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// Element of each mobile atom, `[n]`.
    pub species: Vec<Species>,
    /// Elements of the reference; empty: the whole system.
    pub reference: Vec<Species>,
    /// Time between frames, ps.
    pub spacing_ps: f64,
    /// Number of frames.
    pub n_frames: usize,
    /// Ways relative to the centre of mass of the reference, A, `[n]`.
    pub positions_a: Vec<Arc<Track>>,
    /// Velocities relative to that of the centre of mass, A/fs, `[n]`, where every frame has them.
    pub velocities_a_per_fs: Option<Vec<Arc<Track>>>,
    /// Mean volume, A^3, of a cell that repeats in all three directions.
    pub volume_a3: Option<f64>,
    /// Mean of the shortest distance between opposite faces of the cell, A.
    pub height_a: Option<f64>,
    /// The cell, where it is the same in all frames.
    pub cell: Option<Cell>,
    /// Where the centre of mass of the reference is in the first frame, A.
    pub centre_a: Vec3,
}

/// Vectors that are kept in double precision; beyond, all are kept in single.
const MOST_DOUBLE: usize = 12_000_000;
/// Vectors beyond which velocities are no longer kept.
const MOST_WITH_VELOCITIES: usize = 40_000_000;

/// Takes frames one after the other.
#[derive(Debug, Clone)]
pub struct Recorder {
    mobile: Vec<usize>,
    mobile_species: Vec<Species>,
    reference: Vec<Species>,
    /// Reference atoms with their share of its mass.
    weights: Vec<(usize, f64)>,
    atoms: usize,
    times_ps: Vec<f64>,
    positions: Vec<Track>,
    velocities: Option<Vec<Track>>,
    walls: Walls,
    single: bool,
    cell: Option<Cell>,
    cell_changes: bool,
    centre_a: Vec3,
    volume_a3: f64,
    height_a: f64,
    has_volume: bool,
}

impl Recorder {
    /// For atoms of these elements and masses (amu): those of `mobile` are followed, relative to the centre of mass of those of `reference`
    /// (empty: all atoms).
    ///
    /// # Errors
    /// No atom is of a mobile or of a reference species, or a mass is not positive.
    pub fn new(
        species: &[Species],
        masses_amu: &[f64],
        mobile: &[Species],
        reference: &[Species],
    ) -> Result<Self, DiffusionError> {
        for wanted in mobile {
            if !species.contains(wanted) {
                return Err(DiffusionError::NoMobileAtom { species: wanted.symbol() });
            }
        }
        for wanted in reference {
            if !species.contains(wanted) {
                return Err(DiffusionError::NoReferenceAtom { species: wanted.symbol() });
            }
        }
        let among = |list: &[Species]| (0..species.len()).filter(|&i| list.contains(&species[i])).collect();
        let chosen: Vec<usize> =
            if reference.is_empty() { (0..species.len()).collect() } else { among(reference) };
        let total: f64 = chosen.iter().map(|&i| masses_amu[i]).sum();
        let mobile: Vec<usize> = among(mobile);
        Ok(Self {
            mobile_species: mobile.iter().map(|&i| species[i]).collect(),
            positions: vec![Track::Double(Vec::new()); mobile.len()],
            velocities: Some(vec![Track::Double(Vec::new()); mobile.len()]),
            mobile,
            reference: reference.to_vec(),
            weights: chosen.iter().map(|&i| (i, masses_amu[i] / total)).collect(),
            atoms: species.len(),
            times_ps: Vec::new(),
            walls: Walls::default(),
            single: false,
            cell: None,
            cell_changes: false,
            centre_a: Vec3::zeros(),
            volume_a3: 0.0,
            height_a: 0.0,
            has_volume: true,
        })
    }

    /// Takes the next frame: time (ps), cell, unwrapped positions (A, `[n]`) and velocities (any unit, `[n]`).
    ///
    /// # Errors
    /// Another number of atoms than the species, or a position that is not finite.
    pub fn push(
        &mut self,
        time_ps: f64,
        cell: &Cell,
        positions_a: &[Vec3],
        velocities: Option<&[Vec3]>,
    ) -> Result<(), TrajectoryError> {
        let frame = self.times_ps.len();
        if positions_a.len() != self.atoms {
            return Err(TrajectoryError::Atoms { frame, found: positions_a.len(), expected: self.atoms });
        }
        if let Some(atom) = positions_a.iter().position(|p| p.iter().any(|x| !x.is_finite())) {
            return Err(TrajectoryError::NotFinite { frame, atom });
        }
        self.times_ps.push(time_ps);
        self.walls.next(cell, positions_a);
        let walls = &self.walls;
        let place = |atom: usize| positions_a[atom] + walls.shift(atom);
        let centre: Vec3 = self.weights.iter().map(|&(atom, share)| place(atom) * share).sum();
        for (track, &atom) in self.positions.iter_mut().zip(&self.mobile) {
            track.push(place(atom) - centre);
        }
        if frame == 0 {
            self.centre_a = centre;
            self.cell = Some(cell.clone());
        }
        self.cell_changes |= self.cell.as_ref() != Some(cell);
        self.push_velocities(velocities.filter(|v| v.len() == self.atoms));
        self.has_volume &= cell.periodic() == [true; 3];
        self.volume_a3 += cell.volume_a3();
        self.height_a += cell.heights_a().into_iter().fold(f64::INFINITY, f64::min);
        self.save_memory();
        Ok(())
    }

    fn push_velocities(&mut self, velocities: Option<&[Vec3]>) {
        let (Some(tracks), Some(velocities)) = (&mut self.velocities, velocities) else {
            self.velocities = None;
            return;
        };
        let centre: Vec3 = self.weights.iter().map(|&(atom, share)| velocities[atom] * share).sum();
        for (track, &atom) in tracks.iter_mut().zip(&self.mobile) {
            track.push(velocities[atom] - centre);
        }
    }

    fn save_memory(&mut self) {
        let kept = self.mobile.len() * self.times_ps.len() * if self.velocities.is_some() { 2 } else { 1 };
        if kept > MOST_DOUBLE && !self.single {
            self.single = true;
            self.positions.iter_mut().chain(self.velocities.iter_mut().flatten()).for_each(Track::shrink);
            // What comes is kept in single precision from the first on.
        }
        if kept > MOST_WITH_VELOCITIES {
            self.velocities = None;
        }
    }

    /// What was kept.
    ///
    /// # Errors
    /// Fewer than two frames, or frames that are not equally spaced in time.
    pub fn finish(self) -> Result<Recording, DiffusionError> {
        let n_frames = self.times_ps.len();
        if n_frames == 0 {
            let empty = TrajectoryError::Empty { frames: 0, atoms: self.atoms };
            return Err(DiffusionError::Trajectory(empty));
        }
        check_spacing(&self.times_ps).map_err(DiffusionError::Trajectory)?;
        let spacing_ps = mean_spacing(&self.times_ps).ok_or(DiffusionError::OneFrame)?;
        let shared = |tracks: Vec<Track>| tracks.into_iter().map(Arc::new).collect();
        let mean = |sum: f64| self.has_volume.then(|| sum / n_frames as f64);
        Ok(Recording {
            species: self.mobile_species,
            reference: self.reference,
            spacing_ps,
            n_frames,
            volume_a3: mean(self.volume_a3),
            height_a: mean(self.height_a),
            cell: self.cell.filter(|_| !self.cell_changes),
            centre_a: self.centre_a,
            positions_a: shared(self.positions),
            velocities_a_per_fs: self.velocities.map(shared),
        })
    }
}

/// What the walls of a changing cell did to atoms that had passed them.
#[derive(Debug, Clone, Default)]
struct Walls {
    cell: Option<Cell>,
    before: Vec<Vec3>,
    /// To be added to each unwrapped position, A; empty as long as the cell never changed.
    shifts: Vec<Vec3>,
}

impl Walls {
    fn next(&mut self, cell: &Cell, positions_a: &[Vec3]) {
        if let Some(old) = self.cell.as_ref().filter(|old| *old != cell) {
            if self.shifts.is_empty() {
                self.shifts = vec![Vec3::zeros(); positions_a.len()];
            }
            for (shift, before) in self.shifts.iter_mut().zip(&self.before) {
                let (_, image) = old.wrap(before);
                *shift -= cell.offset(cell.renumbered(old, image)) - old.offset(image);
            }
        }
        if self.cell.as_ref() != Some(cell) {
            self.cell = Some(cell.clone());
        }
        self.before.clear();
        self.before.extend_from_slice(positions_a);
    }

    fn shift(&self, atom: usize) -> Vec3 {
        self.shifts.get(atom).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cubic(edge: f64) -> Cell {
        Cell::new([[edge, 0.0, 0.0], [0.0, edge, 0.0], [0.0, 0.0, edge]], [true; 3]).expect("a cell")
    }

    fn way(cells: &[Cell], place: impl Fn(usize, &Cell) -> Vec3) -> Vec<Vec3> {
        let species = [Species::C, Species::NA];
        let mut recorder =
            Recorder::new(&species, &[12.0, 23.0], &[Species::NA], &[Species::C]).expect("atoms");
        for (t, cell) in cells.iter().enumerate() {
            let positions = [Vec3::zeros(), place(t, cell)];
            recorder.push(0.02 * t as f64, cell, &positions, None).expect("a frame");
        }
        let recording = recorder.finish().expect("frames");
        recording.positions_a[0].to_vec(recording.n_frames)
    }

    /// An atom ten cells away, at rest in a breathing cell: its image breathes ten times as much, the atom as little as its wrapped place.
    #[test]
    fn a_breathing_cell_adds_no_motion() {
        let cells: Vec<Cell> = (0..200).map(|t| cubic(10.0 + 0.1 * (0.3 * f64::from(t)).sin())).collect();
        let found = way(&cells, |_, cell| cell.cartesian(&Vec3::new(10.5, -3.5, 0.5)));
        let far = found.iter().map(|p| (p - found[0]).norm()).fold(0.0, f64::max);
        assert!(far < 0.2 && far > 0.05, "{far}");
    }

    /// A cell that shrinks for good, an atom that runs: its displacement is that of the wrapped atom, summed up.
    #[test]
    fn the_sum_of_nearest_steps_is_found() {
        let cells: Vec<Cell> = (0..300).map(|t| cubic(10.0 - 0.005 * f64::from(t))).collect();
        let fraction = |t: usize| Vec3::new(0.021, -0.013, 0.017) * t as f64;
        let found = way(&cells, |t, cell| cell.cartesian(&fraction(t)));
        let mut there = Vec3::zeros();
        for t in 1..300 {
            let (now, before) = (
                cells[t].wrap(&cells[t].cartesian(&fraction(t))).0,
                cells[t - 1].wrap(&cells[t - 1].cartesian(&fraction(t - 1))).0,
            );
            let step = cells[t].fractional(&(now - before));
            there += cells[t].cartesian(&step.map(|x| x - x.round()));
            assert!((found[t] - there).norm() < 1e-9, "{t}: {} {there}", found[t]);
        }
    }

    #[test]
    fn long_recordings_are_kept_in_single_precision() {
        let species = vec![Species::NA; 40_000];
        let mut recorder = Recorder::new(&species, &vec![23.0; 40_000], &[Species::NA], &[]).expect("atoms");
        let cell = Cell::open();
        for t in 0..310 {
            let positions: Vec<Vec3> = (0..40_000)
                .map(|k| Vec3::new(1e-3 * f64::from(k) * f64::from(t % 7), f64::from(t), 0.0))
                .collect();
            recorder.push(f64::from(t), &cell, &positions, None).expect("a frame");
        }
        let recording = recorder.finish().expect("frames");
        assert!(matches!(*recording.positions_a[7], Track::Single { .. }));
        // The centre of mass moves along; what is left is 0.001 (k - mean) (t % 7).
        let expected = 1e-3 * (7.0 - 19_999.5) * f64::from(309 % 7);
        assert!((recording.positions_a[7].at(309).x - expected).abs() < 1e-4);
    }
}
