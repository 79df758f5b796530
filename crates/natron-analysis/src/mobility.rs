//! Each ion by itself: how far it gets, what it does, and in which surroundings.
//!
//! An ion is
//!
//! | class | if |
//! |---|---|
//! | clustering | it is in a cluster of at least three ions of its species in more than half of the frames |
//! | hopping | it is not, and it jumps at least once |
//! | trapped | it is not, and it never jumps |
//!
//! A run that is short beside the time between jumps calls an ion trapped that would have left: `trapped` is a word for this run.

use natron_atoms::units::A2_PER_PS_IN_M2_PER_S;
use natron_atoms::{NeighbourError, NeighbourList, Species, Structure};

use crate::bonds::Bonds;
use crate::clusters::cluster_sizes;
use crate::estimate::Estimate;
use crate::jumps::Jump;
use crate::paths::Paths;

/// Ions that hang together are a cluster from this number on.
pub const CLUSTER: usize = 3;

/// What surrounds one ion, averaged over frames.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Surroundings {
    /// Atoms of the framework within its first shell.
    pub framework: f64,
    /// Ions of its own species within theirs.
    pub own: f64,
    /// Share of frames in which it is in a cluster of at least [`CLUSTER`].
    pub clustered: f64,
}

/// What an ion does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Alone or in pairs, and jumping.
    Hopping,
    /// In a cluster most of the time.
    Clustering,
    /// Alone or in pairs, and never jumping.
    Trapped,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Hopping, Self::Clustering, Self::Trapped];

    /// The word of the JSON output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hopping => "hopping",
            Self::Clustering => "clustering",
            Self::Trapped => "trapped",
        }
    }
}

/// One ion.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ion {
    /// Which replica.
    pub replica: usize,
    /// A sixth of the slope of its own MSD in the window of the fit, m2/s, where there was one. That of an ion is far less certain than the mean
    /// over ions, and may be negative.
    pub d_m2_per_s: Option<f64>,
    /// Jumps it made.
    pub jumps: usize,
    /// What surrounds it.
    pub surroundings: Surroundings,
    /// What it does.
    pub class: Class,
}

/// The surroundings of each atom of `mobile`, averaged over `frames`: neighbours of species `framework` closer than the first cutoff (A), of its own
/// closer than the second; without a cutoff there are none.
///
/// # Errors
/// A frame in which neighbours cannot be found.
pub fn surroundings(
    frames: &[&Structure],
    mobile: Species,
    framework: &[Species],
    (to_framework_a, to_own_a): (Option<f64>, Option<f64>),
) -> Result<Vec<Surroundings>, NeighbourError> {
    let atoms = |frame: &Structure| -> Vec<usize> {
        (0..frame.len()).filter(|&i| frame.species[i] == mobile).collect()
    };
    let Some(first) = frames.first() else { return Ok(Vec::new()) };
    let mut means = vec![Surroundings::default(); atoms(first).len()];
    let each = 1.0 / frames.len() as f64;
    for frame in frames {
        if let Some(cutoff_a) = to_framework_a {
            let list = NeighbourList::build(frame, cutoff_a, 0.0)?;
            for (mean, atom) in means.iter_mut().zip(atoms(frame)) {
                let near = list.neighbours(frame, atom);
                mean.framework +=
                    each * near.filter(|n| framework.contains(&frame.species[n.index])).count() as f64;
            }
        }
        if let Some(cutoff_a) = to_own_a {
            let bonds = Bonds::new(frame, mobile, cutoff_a)?;
            for (k, (mean, size)) in means.iter_mut().zip(cluster_sizes(&bonds)).enumerate() {
                mean.own += each * bonds.neighbours[k].len() as f64;
                mean.clustered += each * f64::from(u8::from(size >= CLUSTER));
            }
        }
    }
    Ok(means)
}

/// Every ion of `paths`, in order; `jumps` are those of the paths, `surroundings` has one entry for each (missing ones are empty), `estimate` is the
/// fit of their mean.
pub fn ions(
    paths: &Paths,
    estimate: Option<&Estimate>,
    jumps: &[Jump],
    surroundings: &[Surroundings],
) -> Vec<Ion> {
    let in_si = A2_PER_PS_IN_M2_PER_S / (6.0 * paths.spacing_ps);
    let one = |(k, path): (usize, &crate::paths::Path)| {
        let surroundings = surroundings.get(k).copied().unwrap_or_default();
        let jumps = jumps.iter().filter(|jump| jump.atom == k).count();
        let class = match jumps {
            _ if surroundings.clustered > 0.5 => Class::Clustering,
            0 => Class::Trapped,
            _ => Class::Hopping,
        };
        let own =
            |estimate: &Estimate| Some(in_si * estimate.line.gradient(estimate.window.atoms_a2.get(k)?));
        Ion { replica: path.replica, d_m2_per_s: estimate.and_then(own), jumps, surroundings, class }
    };
    paths.atoms.iter().enumerate().map(one).collect()
}

/// How far each atom of `paths` gets in `lag` frames: root mean square of its displacement over every start, A. `None` where the paths are no
/// longer than that, or the lag is zero.
pub fn displacements_a(paths: &Paths, lag: usize) -> Option<Vec<f64>> {
    let starts = paths.n_frames.checked_sub(lag).filter(|starts| *starts > 0 && lag > 0)?;
    let of_atom = |path: &crate::paths::Path| {
        let track = &path.positions_a;
        let squares = (0..starts).map(|start| (track.at(start + lag) - track.at(start)).norm_squared());
        (squares.sum::<f64>() / starts as f64).sqrt()
    };
    Some(paths.atoms.iter().map(of_atom).collect())
}

/// Spearman's rank correlation of pairs; `None` with fewer than five pairs, or where all of one kind are equal.
pub fn rank_correlation(pairs: &[(f64, f64)]) -> Option<f64> {
    if pairs.len() < 5 {
        return None;
    }
    let (x, y) = (ranks(pairs.iter().map(|p| p.0)), ranks(pairs.iter().map(|p| p.1)));
    let mean = 0.5 * (pairs.len() as f64 + 1.0);
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>();
    let norm = (product(&x, &x) * product(&y, &y)).sqrt();
    (norm > 0.0).then(|| product(&x, &y) / norm)
}

/// Ranks from 1; equals share the mean of theirs.
fn ranks(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let values: Vec<f64> = values.collect();
    let rank = |value: &f64| {
        let below = values.iter().filter(|other| *other < value).count() as f64;
        let equal = values.iter().filter(|other| *other == value).count() as f64;
        below + 0.5 * (equal + 1.0)
    };
    values.iter().map(rank).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use natron_atoms::{Cell, Vec3};

    use super::*;
    use crate::paths::Path;
    use crate::track::Track;

    /// Three sodium atoms in a row, one alone beside two carbon atoms; in half of the frames the third has left the row.
    fn frames() -> Vec<Structure> {
        let frame = |far: bool| {
            let cell =
                Cell::new([[30.0, 0.0, 0.0], [0.0, 30.0, 0.0], [0.0, 0.0, 30.0]], [true; 3]).expect("a cell");
            let third = if far { 12.0 } else { 7.0 };
            let x = [1.0, 4.0, third, 20.0, 21.5, 18.5];
            let species = [vec![Species::NA; 4], vec![Species::C; 2]].concat();
            Structure::new(cell, species, x.map(|x| Vec3::x() * x).to_vec()).expect("a structure")
        };
        vec![frame(false), frame(false), frame(true)]
    }

    #[test]
    fn surroundings_are_counted() {
        let frames = frames();
        let frames: Vec<&Structure> = frames.iter().collect();
        let found = surroundings(&frames, Species::NA, &[Species::C], (Some(2.0), Some(3.5))).expect("lists");
        let third = 1.0 / 3.0;
        let expected =
            [(0.0, 1.0, 2.0), (0.0, 1.0 + 2.0 * third, 2.0), (0.0, 2.0 * third, 2.0), (2.0, 0.0, 0.0)];
        for (found, (framework, own, clustered)) in found.iter().zip(expected) {
            assert!(
                (found.framework - framework).abs() < 1e-12 && (found.own - own).abs() < 1e-12,
                "{found:?}"
            );
            assert!((found.clustered - clustered * third).abs() < 1e-12, "{found:?}");
        }
        let none = surroundings(&frames, Species::NA, &[Species::C], (None, None)).expect("lists");
        assert_eq!(none, [Surroundings::default(); 4]);
    }

    #[test]
    fn classes_follow_from_jumps_and_clusters() {
        let path = Path { replica: 0, positions_a: Arc::new(Track::from(vec![Vec3::zeros(); 3])) };
        let paths = Paths { spacing_ps: 1.0, n_frames: 3, atoms: vec![path; 3] };
        let jump = Jump { atom: 1, frame: 1, way_a: Vec3::x() };
        let clustered = Surroundings { clustered: 0.6, ..Surroundings::default() };
        let alone = Surroundings { clustered: 0.4, ..Surroundings::default() };
        let found = ions(&paths, None, &[jump.clone(), Jump { atom: 2, ..jump }], &[alone, alone, clustered]);
        let classes: Vec<Class> = found.iter().map(|ion| ion.class).collect();
        assert_eq!(classes, [Class::Trapped, Class::Hopping, Class::Clustering]);
        assert_eq!((found[1].jumps, found[0].d_m2_per_s), (1, None));
    }

    /// One atom goes straight on, one steps aside and back, one rests.
    #[test]
    fn displacements_are_those_of_the_lag() {
        let path = |x: [f64; 5]| {
            let track: Vec<Vec3> = x.iter().map(|x| Vec3::y() * *x).collect();
            Path { replica: 0, positions_a: Arc::new(Track::from(track)) }
        };
        let atoms = vec![path([0.0, 0.5, 1.0, 1.5, 2.0]), path([0.0, 1.0, 0.0, 1.0, 0.0]), path([3.0; 5])];
        let paths = Paths { spacing_ps: 1.0, n_frames: 5, atoms };
        assert_eq!(displacements_a(&paths, 1), Some(vec![0.5, 1.0, 0.0]));
        assert_eq!(displacements_a(&paths, 2), Some(vec![1.0, 0.0, 0.0]));
        assert_eq!((displacements_a(&paths, 5), displacements_a(&paths, 0)), (None, None));
    }

    /// By hand: ranks 1, 2.5, 2.5, 4, 5 against 5, 4, 3, 2, 1.
    #[test]
    fn ranks_correlate() {
        let pairs = [(1.0, 9.0), (2.0, 8.0), (2.0, 7.0), (3.0, 6.0), (70.0, 5.0)];
        assert!((rank_correlation(&pairs).expect("enough") + 9.5 / (9.5_f64 * 10.0).sqrt()).abs() < 1e-12);
        assert_eq!(rank_correlation(&pairs[..4]), None);
        assert_eq!(rank_correlation(&[(1.0, 2.0); 6]), None);
    }
}
