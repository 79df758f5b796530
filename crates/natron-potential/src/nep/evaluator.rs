//! Runs the kernel over all atoms of a structure: gradients of pairs in parallel, then forces in one pass over them.

use std::ops::Range;
use std::sync::Mutex;

use natron_atoms::{NeighbourList, Species, Structure, Vec3};
use natron_descriptor::SimdPath;
use natron_descriptor::path::Path;
use natron_descriptor::simd::Kernel;

use super::kernel::{Compiled, Near, Scratch};
use crate::{Evaluation, EvaluationError, Evaluator};

/// Fewer atoms than this are not worth another thread.
const TASK: usize = 16;
/// Closer than this, A, atoms have no energy worth the name.
const OVERLAP_A: f64 = 0.01;

pub(super) struct NepEvaluator<'a> {
    compiled: &'a Compiled,
    elements: &'a [Species],
    simd: SimdPath,
    /// Type of each atom.
    kinds: Vec<usize>,
    /// Positions where the list counts from, A.
    homed: Vec<Vec3>,
    /// dU_i/dr_j of every pair of the list, eV/A.
    gradients: Vec<[f64; 3]>,
    scratch: Vec<Mutex<Scratch>>,
}

impl<'a> NepEvaluator<'a> {
    pub fn new(compiled: &'a Compiled, elements: &'a [Species], simd: SimdPath) -> Self {
        // One for each worker, and one for a caller outside the pool.
        let threads = rayon::current_num_threads() + 1;
        let scratch = (0..threads).map(|_| Mutex::default()).collect();
        Self {
            compiled,
            elements,
            simd,
            kinds: Vec::new(),
            homed: Vec::new(),
            gradients: Vec::new(),
            scratch,
        }
    }

    fn prepare(&mut self, structure: &Structure, list: &NeighbourList) -> Result<(), EvaluationError> {
        self.kinds.clear();
        for (atom, &species) in structure.species.iter().enumerate() {
            let kind = self.elements.iter().position(|e| *e == species).ok_or_else(|| {
                let known = self.elements.iter().map(|e| e.symbol()).collect::<Vec<_>>().join(", ");
                EvaluationError::UnknownSpecies { atom, species, known }
            })?;
            self.kinds.push(kind);
        }
        for (a, &first) in self.elements.iter().enumerate() {
            for (b, &second) in self.elements.iter().enumerate() {
                let (list_a, potential_a) =
                    (list.cutoffs().of_pair_a(first, second), self.compiled.cutoff_a(a, b));
                if list_a < potential_a {
                    return Err(EvaluationError::ShortList { list_a, potential_a });
                }
            }
        }
        self.homed.clear();
        self.homed.extend((0..structure.len()).map(|atom| list.homed(structure, atom)));
        let pairs = list.pairs();
        if self.gradients.capacity() < pairs {
            // With room to spare: the number of pairs fluctuates from list to list.
            self.gradients.reserve(pairs + pairs / 8 - self.gradients.len());
        }
        self.gradients.clear();
        self.gradients.resize(pairs, [0.0; 3]);
        Ok(())
    }
}

/// What tasks share.
struct Scene<'s> {
    compiled: &'s Compiled,
    list: &'s NeighbourList,
    kinds: &'s [usize],
    homed: &'s [Vec3],
    scratch: &'s [Mutex<Scratch>],
    simd: SimdPath,
}

impl Scene<'_> {
    /// Energies of `atoms` and gradients of their pairs; both slices start with those of the first.
    fn run(&self, atoms: Range<usize>, energies: &mut [f64], gradients: &mut [[f64; 3]]) {
        if atoms.len() > TASK {
            let middle = atoms.start + atoms.len() / 2;
            let pairs = self.list.row(middle).start - self.list.row(atoms.start).start;
            let (left, right) = energies.split_at_mut(middle - atoms.start);
            let (left_gradients, right_gradients) = gradients.split_at_mut(pairs);
            rayon::join(
                || self.run(atoms.start..middle, left, left_gradients),
                || self.run(middle..atoms.end, right, right_gradients),
            );
        } else if !atoms.is_empty() {
            let spare = self.scratch.len() - 1;
            let thread = rayon::current_thread_index().unwrap_or(spare).min(spare);
            let mut scratch =
                self.scratch[thread].lock().expect("no kernel panics while it holds its buffers");
            self.simd.run(Task { scene: self, atoms, energies, gradients, scratch: &mut scratch });
        }
    }

    /// The neighbours of an atom that lie within reach.
    #[inline(always)]
    fn gather(&self, atom: usize, first_slot: usize, near: &mut Vec<Near>) {
        near.clear();
        let (indices, images) = self.list.rows(atom);
        let (kind, here, offsets) = (self.kinds[atom], self.homed[atom], self.list.offsets());
        for (place, (&index, &image)) in indices.iter().zip(images).enumerate() {
            let vector = self.homed[index as usize] + offsets[image as usize] - here;
            let (r, other) = (vector.norm(), self.kinds[index as usize]);
            if r < self.compiled.cutoff_a(kind, other) {
                near.push(Near { slot: first_slot + place, kind: other, vector, r });
            }
        }
    }
}

/// A few atoms, compiled for each instruction set.
struct Task<'t> {
    scene: &'t Scene<'t>,
    atoms: Range<usize>,
    energies: &'t mut [f64],
    gradients: &'t mut [[f64; 3]],
    scratch: &'t mut Scratch,
}

impl Kernel for Task<'_> {
    type Output = ();

    #[inline(always)]
    fn call<P: Path>(self, _: P) {
        let Self { scene, atoms, energies, gradients, scratch } = self;
        let first = scene.list.row(atoms.start).start;
        for (atom, energy) in atoms.zip(energies) {
            scene.gather(atom, scene.list.row(atom).start - first, &mut scratch.near);
            *energy = scene.compiled.atom(scene.kinds[atom], scratch, gradients);
        }
    }
}

impl Evaluator for NepEvaluator<'_> {
    fn evaluate(
        &mut self,
        structure: &Structure,
        list: &NeighbourList,
        out: &mut Evaluation,
    ) -> Result<(), EvaluationError> {
        self.prepare(structure, list)?;
        out.reset(structure.len());
        let Self { compiled, simd, kinds, homed, gradients, scratch, .. } = self;
        let scene = Scene { compiled, list, kinds, homed, scratch, simd: *simd };
        scene.run(0..structure.len(), &mut out.atom_energies_ev, gradients);
        for atom in 0..structure.len() {
            let (indices, images) = list.rows(atom);
            for ((&index, &image), gradient) in indices.iter().zip(images).zip(&gradients[list.row(atom)]) {
                if *gradient == [0.0; 3] {
                    continue;
                }
                let other = index as usize;
                let vector = homed[other] + list.offsets()[image as usize] - homed[atom];
                let distance_a = vector.norm();
                if distance_a < OVERLAP_A || distance_a.is_nan() {
                    return Err(EvaluationError::Overlap { first: atom, second: other, distance_a });
                }
                out.add_pair(atom, other, &vector, Vec3::from(*gradient));
            }
        }
        out.energy_ev = out.atom_energies_ev.iter().sum();
        let finite = |atom: &usize| {
            out.atom_energies_ev[*atom].is_finite() && out.forces[*atom].iter().all(|x| x.is_finite())
        };
        match (0..structure.len()).find(|atom| !finite(atom)) {
            Some(atom) => Err(EvaluationError::NotFinite { atom }),
            None => Ok(()),
        }
    }
}
