//! Some frames of a stream, evenly spaced, and its last one: what structure is measured on.
//!
//! How many frames come is not known before they have come, so every `stride`-th is kept, and when there are too many of them every second one
//! is dropped and the stride is doubled. Memory holds a bounded number of frames, however long the stream.

use std::sync::Arc;

use natron_atoms::{Cell, Species, Structure, Vec3};

/// Frames taken from a stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    species: Arc<[Species]>,
    most: usize,
    stride: usize,
    seen: usize,
    kept: Vec<Structure>,
    last: Option<Structure>,
}

impl Sample {
    /// Of frames of these atoms, at least half of `most` (at least 2) and at most `most` where the stream is that long.
    pub fn new(species: &[Species], most: usize) -> Self {
        Self { species: species.into(), most: most.max(2), stride: 1, seen: 0, kept: Vec::new(), last: None }
    }

    /// Takes the next frame: cell and positions (A, `[n]`). A frame of another number of atoms is passed over.
    pub fn push(&mut self, cell: Cell, positions_a: Vec<Vec3>) {
        if positions_a.len() != self.species.len() {
            return;
        }
        let last = match self.last.take() {
            Some(last) => Structure { cell, positions: positions_a, ..last },
            None => Structure { cell, species: self.species.to_vec(), positions: positions_a },
        };
        if self.seen.is_multiple_of(self.stride) {
            self.kept.push(last.clone());
        }
        self.last = Some(last);
        self.seen += 1;
        if self.kept.len() > self.most {
            let mut place = 0;
            self.kept.retain(|_| {
                place += 1;
                place % 2 == 1
            });
            self.stride *= 2;
        }
    }

    /// The frames that were kept, in order.
    pub fn frames(&self) -> &[Structure] {
        &self.kept
    }

    /// The last frame of the stream.
    pub fn last(&self) -> Option<&Structure> {
        self.last.as_ref()
    }

    /// Frames of the stream.
    pub fn seen(&self) -> usize {
        self.seen
    }

    /// Frames of the stream from one that was kept to the next.
    pub fn stride(&self) -> usize {
        self.stride
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(frames: usize, most: usize) -> Sample {
        let mut sample = Sample::new(&[Species::NA], most);
        for t in 0..frames {
            sample.push(Cell::open(), vec![Vec3::x() * t as f64]);
        }
        sample
    }

    #[test]
    fn frames_are_evenly_spaced_and_bounded() {
        for (frames, most) in [(1, 8), (8, 8), (9, 8), (1000, 8), (1000, 7), (12_345, 64)] {
            let sample = stream(frames, most);
            let times: Vec<f64> = sample.frames().iter().map(|frame| frame.positions[0].x).collect();
            assert!(times.len() <= most && 2 * times.len() >= most.min(frames), "{frames}: {}", times.len());
            let stride = sample.stride() as f64;
            assert!(times.iter().enumerate().all(|(k, t)| *t == stride * k as f64), "{times:?}");
            assert_eq!(sample.seen(), frames);
            assert_eq!(sample.last().expect("a frame").positions[0].x, (frames - 1) as f64);
        }
    }

    #[test]
    fn another_number_of_atoms_is_passed_over() {
        let mut sample = stream(3, 8);
        sample.push(Cell::open(), Vec::new());
        assert_eq!((sample.seen(), sample.frames().len()), (3, 3));
    }
}
