//! Runs the compiled kernels over all atoms of a structure.
//!
//! Two passes, each parallel over atoms: the kernels write the gradient of each centre's energy by each of its
//! neighbours' positions, and its sum; then every atom collects its force, F_i = sum over its pairs of dE_i/dr_ij - dE_j/dr_ji. Each
//! number is the same sum in the same order whatever the threads.

use std::sync::Mutex;

use natron_atoms::{NeighbourList, Species, Structure, Vec3};
use natron_descriptor::simd::Kernel;
use natron_descriptor::{Path, Real, SimdPath};
use rayon::prelude::*;

use crate::kernel::{BlockOutput, Compiled, Scene, Scratch};
use crate::layout::Layout;
use crate::{Evaluation, EvaluationError, Evaluator, PhaseTimes, Potential};

/// Fewer blocks than this run on the calling thread: waking others would cost more.
const PARALLEL_BLOCKS: usize = 6;
/// Atoms whose forces one task collects.
const COLLECT: usize = 64;

pub(crate) struct NeuralEvaluator<'a, T> {
    potential: &'a dyn Potential,
    simd: SimdPath,
    compiled: &'a Compiled<T>,
    elements: Vec<Species>,
    species: Vec<Species>,
    numbers: Vec<u8>,
    layout: Layout,
    homed: Vec<Vec3>,
    /// By slot, eV/A.
    gradients: Vec<[T; 4]>,
    outputs: Vec<BlockOutput>,
    /// Forces in the list's spatial order, eV/A.
    collected: Vec<Vec3>,
    scratch: Vec<Mutex<Scratch<T>>>,
    sum_s: Option<f64>,
}

impl<'a, T: Real> NeuralEvaluator<'a, T> {
    pub fn new(potential: &'a dyn Potential, simd: SimdPath, compiled: &'a Compiled<T>) -> Self {
        // One for each worker, and one for a caller outside the pool.
        let threads = rayon::current_num_threads() + 1;
        Self {
            potential,
            simd,
            compiled,
            elements: potential.species().unwrap_or_default(),
            species: Vec::new(),
            numbers: Vec::new(),
            layout: Layout::default(),
            homed: Vec::new(),
            gradients: Vec::new(),
            outputs: Vec::new(),
            collected: Vec::new(),
            scratch: (0..threads).map(|_| Mutex::new(compiled.scratch())).collect(),
            sum_s: None,
        }
    }

    fn check_list(&self, list: &NeighbourList) -> Result<(), EvaluationError> {
        for &a in &self.elements {
            for &b in &self.elements {
                let (list_a, potential_a) = (list.cutoffs().of_pair_a(a, b), self.potential.cutoff_a(a, b));
                if list_a < potential_a {
                    return Err(EvaluationError::ShortList { list_a, potential_a });
                }
            }
        }
        Ok(())
    }

    /// Brings everything that depends on species and list up to date.
    fn prepare(&mut self, structure: &Structure, list: &NeighbourList) -> Result<(), EvaluationError> {
        let known = self.species == structure.species;
        if !known {
            self.numbers.clear();
            self.species.clear();
            for (atom, &species) in structure.species.iter().enumerate() {
                let number = self.elements.iter().position(|e| *e == species).ok_or_else(|| {
                    let known = self.elements.iter().map(|e| e.symbol()).collect::<Vec<_>>().join(", ");
                    EvaluationError::UnknownSpecies { atom, species, known }
                })?;
                self.numbers.push(number as u8);
            }
            self.species.clone_from(&structure.species);
        }
        if !known || self.layout.version() != Some(list.version()) {
            self.check_list(list)?;
            self.layout.set(list, &self.numbers, self.elements.len());
            let slots = self.layout.start(self.layout.blocks());
            // Never shorter, and with room to spare: the number of pairs fluctuates from list to list.
            if self.gradients.len() < slots {
                self.gradients.resize(slots + slots / 8, [T::ZERO; 4]);
            }
            self.outputs.resize_with(self.layout.blocks(), BlockOutput::default);
        }
        self.homed.clear();
        self.homed.extend((0..structure.len()).map(|atom| list.homed(structure, atom)));
        Ok(())
    }

    /// Energies, virial and the gradients of all pairs.
    fn run_kernels(&mut self, list: &NeighbourList) {
        let Self { simd, compiled, numbers, layout, homed, gradients, outputs, scratch, .. } = self;
        let (scene, layout) = (Scene { list, homed, numbers }, &*layout);
        let spare = scratch.len() - 1;
        let work = |block: usize, rows: &mut [[T; 4]], output: &mut BlockOutput| {
            let thread = rayon::current_thread_index().unwrap_or(spare).min(spare);
            let mut scratch = scratch[thread].lock().expect("no kernel panics while it holds its buffers");
            compiled.block(*simd, &scene, layout.centres(block), &mut scratch, rows, output);
        };
        let parallel = outputs.len() >= PARALLEL_BLOCKS;
        for_each_block(layout, 0, gradients, outputs, parallel, &work);
    }

    /// Forces from the gradients of all pairs. Atoms are taken along the spatial order: their neighbours' gradients are
    /// then in the caches.
    fn collect_forces(&mut self, list: &NeighbourList, forces: &mut [Vec3]) {
        let Self { simd, layout, gradients, outputs, collected, .. } = self;
        collected.resize(forces.len(), Vec3::zeros());
        let work = |(atoms, forces): (&[u32], &mut [Vec3])| {
            simd.run(Collect { list, layout: &*layout, gradients: &*gradients, atoms, forces });
        };
        let order = list.spatial_order();
        if outputs.len() < PARALLEL_BLOCKS {
            order.chunks(COLLECT).zip(collected.chunks_mut(COLLECT)).for_each(work);
        } else {
            order.par_chunks(COLLECT).zip(collected.par_chunks_mut(COLLECT)).for_each(work);
        }
        for (&atom, force) in order.iter().zip(collected) {
            forces[atom as usize] = *force;
        }
    }

    /// Sums the blocks in their order.
    fn sum(&self, out: &mut Evaluation) -> Result<(), EvaluationError> {
        for (block, output) in self.outputs.iter().enumerate() {
            if let Some((first, second, distance_a)) = output.overlap {
                return Err(EvaluationError::Overlap { first, second, distance_a });
            }
            let own = output.energies_ev.iter().zip(&output.own_forces);
            for (&centre, (energy, force)) in self.layout.centres(block).iter().zip(own) {
                out.atom_energies_ev[centre as usize] = *energy;
                out.forces[centre as usize] += force;
            }
            out.virial_ev += output.virial_ev;
        }
        out.energy_ev = out.atom_energies_ev.iter().sum();
        let finite = |atom: usize| {
            out.atom_energies_ev[atom].is_finite() && out.forces[atom].iter().all(|x| x.is_finite())
        };
        match (0..out.forces.len()).find(|&atom| !finite(atom)) {
            Some(atom) => Err(EvaluationError::NotFinite { atom }),
            None => Ok(()),
        }
    }
}

/// Calls `work` for the blocks from `first` on, one for each of `outputs`, with their slots: `gradients` starts where those
/// of the first do.
fn for_each_block<T: Send>(
    layout: &Layout,
    first: usize,
    gradients: &mut [[T; 4]],
    outputs: &mut [BlockOutput],
    parallel: bool,
    work: &(impl Fn(usize, &mut [[T; 4]], &mut BlockOutput) + Sync),
) {
    match outputs {
        [] => {}
        [output] => work(first, gradients, output),
        _ => {
            let half = outputs.len() / 2;
            let (left, right) = outputs.split_at_mut(half);
            let slots = layout.start(first + half) - layout.start(first);
            let (left_gradients, right_gradients) = gradients.split_at_mut(slots);
            let mut one = || for_each_block(layout, first, left_gradients, left, parallel, work);
            let mut other = || for_each_block(layout, first + half, right_gradients, right, parallel, work);
            if parallel {
                rayon::join(one, other);
            } else {
                one();
                other();
            }
        }
    }
}

/// Collects what the energies of their neighbours exert on atoms.
struct Collect<'a, T> {
    list: &'a NeighbourList,
    layout: &'a Layout,
    gradients: &'a [[T; 4]],
    atoms: &'a [u32],
    forces: &'a mut [Vec3],
}

impl<T: Real> Kernel for Collect<'_, T> {
    type Output = ();

    #[inline(always)]
    fn call<P: Path>(self, _: P) {
        let Self { list, layout, gradients, atoms, forces } = self;
        for (&atom, force) in atoms.iter().zip(forces) {
            let mut sum = [0.0; 4];
            for &opposite in &layout.opposite_slots()[list.row(atom as usize)] {
                let back = &gradients[opposite as usize];
                for k in 0..4 {
                    sum[k] += back[k].to_f64();
                }
            }
            *force = -Vec3::new(sum[0], sum[1], sum[2]);
        }
    }
}

impl<T: Real> Evaluator for NeuralEvaluator<'_, T> {
    fn evaluate(
        &mut self,
        structure: &Structure,
        list: &NeighbourList,
        out: &mut Evaluation,
    ) -> Result<(), EvaluationError> {
        self.prepare(structure, list)?;
        out.reset(structure.len());
        self.run_kernels(list);
        let start = self.sum_s.map(|_| std::time::Instant::now());
        self.collect_forces(list, &mut out.forces);
        let outcome = self.sum(out);
        if let (Some(sum_s), Some(start)) = (&mut self.sum_s, start) {
            *sum_s += start.elapsed().as_secs_f64();
        }
        outcome
    }

    fn time_phases(&mut self, on: bool) {
        self.sum_s = on.then_some(0.0);
        for scratch in &self.scratch {
            let mut scratch = scratch.lock().expect("no kernel panics while it holds its buffers");
            scratch.phases_s = on.then_some([0.0; 3]);
        }
    }

    fn phase_times(&self) -> Option<PhaseTimes> {
        let mut times = PhaseTimes { backward_s: self.sum_s?, ..PhaseTimes::default() };
        for scratch in &self.scratch {
            let scratch = scratch.lock().expect("no kernel panics while it holds its buffers");
            let [forward_s, network_s, backward_s] = scratch.phases_s.unwrap_or_default();
            times.forward_s += forward_s;
            times.network_s += network_s;
            times.backward_s += backward_s;
        }
        Some(times)
    }
}
