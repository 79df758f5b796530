//! Stays between jumps: where atoms wait and for how long.
//!
//! The jumps of an atom ([`crate::jumps`]) cut its way into stays. A stay that the run cuts off is as long as it was seen; with stays that end at a
//! constant rate the most likely time of a stay is
//!
//! ```text
//! tau = (time that all atoms were seen) / (stays seen to end),    relative error 1/sqrt(stays seen to end)
//! ```
//!
//! (exponential lifetimes with censoring: D. J. Bartholomew, 10.1080/01621459.1957.10501393).

use natron_atoms::Vec3;

use crate::jumps::Jump;
use crate::paths::Paths;
use crate::value::Value;

/// One atom at one place.
#[derive(Debug, Clone, PartialEq)]
pub struct Stay {
    /// Which path.
    pub atom: usize,
    /// First frame.
    pub from: usize,
    /// One behind the last.
    pub to: usize,
    /// Mean position, A, unwrapped, relative to the reference.
    pub place_a: Vec3,
}

impl Stay {
    /// Number of frames.
    pub fn frames(&self) -> usize {
        self.to - self.from
    }
}

/// The stays of all paths, path by path, in time; `jumps` are those of [`crate::jumps::jumps`].
pub fn stays(paths: &Paths, jumps: &[Jump]) -> Vec<Stay> {
    let mut stays = Vec::new();
    for (atom, path) in paths.atoms.iter().enumerate() {
        let mut edges = vec![0];
        edges.extend(jumps.iter().filter(|jump| jump.atom == atom).map(|jump| jump.frame));
        edges.push(paths.n_frames);
        for ends in edges.windows(2).filter(|ends| ends[0] < ends[1]) {
            let sum: Vec3 = (ends[0]..ends[1]).map(|frame| path.positions_a.at(frame)).sum();
            let place_a = sum / (ends[1] - ends[0]) as f64;
            stays.push(Stay { atom, from: ends[0], to: ends[1], place_a });
        }
    }
    stays
}

/// How long atoms stay at one place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum StayTime {
    /// Most likely time and its standard error, ps.
    Measured(Value),
    /// No stay was seen to end: with 95 % confidence it is longer than this, ps.
    Above(f64),
}

/// The mean time of a stay; `None` where nothing was seen.
pub fn stay_time(paths: &Paths, jumps: &[Jump]) -> Option<StayTime> {
    let seen_ps = paths.spacing_ps * paths.n_frames.saturating_sub(1) as f64 * paths.atoms.len() as f64;
    if seen_ps <= 0.0 {
        return None;
    }
    if jumps.is_empty() {
        // No event in a time that would bring three on average has a probability of 5 %.
        return Some(StayTime::Above(seen_ps / -0.05_f64.ln()));
    }
    let events = jumps.len() as f64;
    Some(StayTime::Measured(Value { value: seen_ps / events, err: seen_ps / events / events.sqrt() }))
}

/// Share of jumps, among those that follow another of the same atom, that lead back to within `near_a` (A) of where that one came from;
/// `None` where no atom jumps twice.
pub fn share_back(jumps: &[Jump], near_a: f64) -> Option<f64> {
    let pairs: Vec<bool> = jumps
        .windows(2)
        .filter(|pair| pair[0].atom == pair[1].atom)
        .map(|pair| (pair[0].way_a + pair[1].way_a).norm() < near_a)
        .collect();
    let back = pairs.iter().filter(|back| **back).count();
    (!pairs.is_empty()).then(|| back as f64 / pairs.len() as f64)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rand::{RngExt, SeedableRng};

    use super::*;
    use crate::paths::Path;
    use crate::track::Track;

    fn paths(ways: Vec<Vec<Vec3>>) -> Paths {
        let n_frames = ways[0].len();
        let atoms = ways.into_iter().map(|way| Path { replica: 0, positions_a: Arc::new(Track::from(way)) });
        Paths { spacing_ps: 0.5, n_frames, atoms: atoms.collect() }
    }

    fn jump(atom: usize, frame: usize, x: f64) -> Jump {
        Jump { atom, frame, way_a: Vec3::x() * x }
    }

    #[test]
    fn jumps_cut_ways_into_stays() {
        let way = |leave: usize| (0..10).map(|t| Vec3::x() * if t < leave { 1.0 } else { 4.0 }).collect();
        let found = stays(&paths(vec![way(6), way(99)]), &[jump(0, 6, 3.0)]);
        let expected = [(0, 0, 6, 1.0), (0, 6, 10, 4.0), (1, 0, 10, 1.0)].map(|(atom, from, to, x)| Stay {
            atom,
            from,
            to,
            place_a: Vec3::x() * x,
        });
        assert_eq!(found, expected);
        assert_eq!(found[1].frames(), 4);
    }

    /// 30 atoms that leave with a rate of 1 in 8 ps, seen for 40 ps: cut-off stays must not make the time shorter. About 150 jumps know
    /// it to 8 %.
    #[test]
    fn stays_cut_off_by_the_end_count() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(3);
        let still = paths(vec![vec![Vec3::zeros(); 81]; 30]);
        let mut jumps = Vec::new();
        for atom in 0..30 {
            jumps.extend((1..81).filter(|_| rng.random_bool(0.5 / 8.0)).map(|frame| jump(atom, frame, 1.0)));
        }
        let Some(StayTime::Measured(time)) = stay_time(&still, &jumps) else { panic!("there are jumps") };
        assert!((time.value - 8.0).abs() < 3.0 * time.err && time.err < 1.0, "{time:?}");
    }

    #[test]
    fn without_jumps_there_is_a_bound() {
        let still = paths(vec![vec![Vec3::zeros(); 61]; 10]);
        let Some(StayTime::Above(bound)) = stay_time(&still, &[]) else { panic!("there is no jump") };
        assert!((bound - 300.0 / 20.0_f64.ln()).abs() < 1e-9);
        assert_eq!(stay_time(&paths(vec![vec![Vec3::zeros()]]), &[]), None);
    }

    #[test]
    fn ways_back_are_counted() {
        let jumps = [jump(0, 1, 2.0), jump(0, 5, -2.1), jump(0, 9, -2.0), jump(1, 3, 2.0), jump(1, 4, 2.0)];
        assert_eq!(share_back(&jumps, 0.5), Some(1.0 / 3.0));
        assert_eq!(share_back(&jumps[..1], 0.5), None);
    }
}
