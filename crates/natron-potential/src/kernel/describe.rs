//! The features of a block of centres and nothing else: what reads of a potential other than its energy start from.

use std::ops::Range;

use natron_descriptor::simd::Kernel;
use natron_descriptor::{Path, Real, SimdPath};

use super::{Compiled, NO_DISTANCE_A, Scene, Scratch};
use crate::layout::Local;

struct DescribeKernel<'a, T> {
    model: &'a Compiled<T>,
    scene: &'a Scene<'a>,
    species: usize,
    centres: Range<usize>,
    scratch: &'a mut Scratch<T>,
}

impl<T: Real> Kernel for DescribeKernel<'_, T> {
    type Output = ();

    #[inline(always)]
    fn call<P: Path>(self, path: P) {
        let Self { model, scene, species, centres, scratch } = self;
        model.features(path, scene, species, centres, scratch);
    }
}

impl<T: Real> Compiled<T> {
    /// Hands over the features of each of `centres`, between one and [`crate::dense::BLOCK`] atoms of one species, with its place among them. What it
    /// returns is a pair with no distance, if there is one: (centre, neighbour, distance in A).
    pub fn describe(
        &self,
        path: SimdPath,
        scene: &Scene<'_>,
        centres: Range<usize>,
        scratch: &mut Scratch<T>,
        mut take: impl FnMut(usize, &mut dyn Iterator<Item = f64>),
    ) -> Option<(Local, Local, f64)> {
        let (species, atoms) = (scene.layout.own(centres.start).species(), centres.len());
        path.run(DescribeKernel { model: self, scene, species, centres, scratch });
        let vectors = self.invariants.vectors();
        for slot in 0..atoms {
            let features = &scratch.features[slot * vectors..(slot + 1) * vectors];
            take(slot, &mut features.iter().flat_map(|lanes| lanes.0.map(|x| x.to_f64())));
        }
        let overlap = scratch.hood.close.iter().find(|close| close.squared.sqrt() < NO_DISTANCE_A);
        overlap.map(|close| (scratch.hood.own[close.slot], close.neighbour, close.squared.sqrt()))
    }
}
