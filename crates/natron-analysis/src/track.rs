//! One atom's way, in memory.

use natron_atoms::Vec3;

/// Vectors of one atom over time: positions (A) or velocities (A/fs). Long ones are kept as single-precision differences from
/// the first, which costs half the memory and errs by 1e-7 of how far the atom went.
#[derive(Debug, Clone, PartialEq)]
pub enum Track {
    /// As they came.
    Double(Vec<Vec3>),
    /// Less the first.
    Single {
        /// The first.
        first: Vec3,
        /// All of them less the first.
        since: Vec<[f32; 3]>,
    },
}

impl Track {
    /// The vector of frame `frame`.
    pub fn at(&self, frame: usize) -> Vec3 {
        match self {
            Self::Double(vectors) => vectors[frame],
            Self::Single { first, since } => first + Vec3::from(since[frame].map(f64::from)),
        }
    }

    /// Number of frames.
    pub fn len(&self) -> usize {
        match self {
            Self::Double(vectors) => vectors.len(),
            Self::Single { since, .. } => since.len(),
        }
    }

    /// Whether there is no frame.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The first `frames` of them.
    pub fn to_vec(&self, frames: usize) -> Vec<Vec3> {
        (0..frames).map(|frame| self.at(frame)).collect()
    }

    /// Adds the next one.
    pub fn push(&mut self, vector: Vec3) {
        match self {
            Self::Double(vectors) => vectors.push(vector),
            Self::Single { first, since } => since.push(less(&vector, first)),
        }
    }

    /// Halves the memory.
    pub fn shrink(&mut self) {
        if let Self::Double(vectors) = self {
            let first = vectors.first().copied().unwrap_or_default();
            *self =
                Self::Single { first, since: vectors.iter().map(|vector| less(vector, &first)).collect() };
        }
    }
}

fn less(vector: &Vec3, first: &Vec3) -> [f32; 3] {
    <[f64; 3]>::from(vector - first).map(|x| x as f32)
}

impl From<Vec<Vec3>> for Track {
    fn from(vectors: Vec<Vec3>) -> Self {
        Self::Double(vectors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_the_memory_keeps_seven_digits_of_the_way() {
        let path: Vec<Vec3> =
            (0..100).map(|k| Vec3::new(1e3 + 0.01 * f64::from(k), -2e3, 0.3 * f64::from(k))).collect();
        let mut track = Track::from(path.clone());
        track.shrink();
        track.push(Vec3::new(1001.0, -2000.0, 30.0));
        assert_eq!(track.len(), 101);
        for (k, place) in path.iter().enumerate() {
            assert!((track.at(k) - place).norm() < 30.0 * 1e-7, "{k}");
        }
        assert!((track.at(100) - Vec3::new(1001.0, -2000.0, 30.0)).norm() < 3e-6);
    }
}
