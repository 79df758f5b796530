//! Runs the compiled kernels over all atoms of a structure.
//!
//! Two parallel passes: every task adds the gradients of its centres' energies up in a table of the atoms they touch; then
//! every atom collects its force from the tables it is in. Each number is the same sum in the same order whatever the threads.

use std::ops::Range;
use std::sync::Mutex;

use natron_atoms::{NeighbourList, Species, Structure, Vec3};
use natron_descriptor::Real;
use rayon::prelude::*;

use crate::dispersion::DispersionEvaluator;
use crate::kernel::{BlockOutput, Compiled, Gradient, Scene, Scratch};
use crate::layout::{Layout, Local, Member};
use crate::model::MAX_MEMBERS;
use crate::{Evaluation, EvaluationError, Evaluator, NeuralPotential, PhaseTimes, Potential};

/// Fewer blocks than this run on the calling thread: waking others would cost more.
const PARALLEL_BLOCKS: usize = 6;
/// Atoms whose forces one task collects.
const COLLECT: usize = 64;

pub(crate) struct NeuralEvaluator<'a, T> {
    potential: &'a NeuralPotential,
    compiled: &'a Compiled<T>,
    elements: Vec<Species>,
    species: Vec<Species>,
    numbers: Vec<u8>,
    layout: Layout,
    /// Positions where the list counts from, and offsets of its images, A; the fourth number is zero.
    homed: Vec<[f64; 4]>,
    offsets: Vec<[f64; 4]>,
    /// dE/dr of every local of every task, eV/A.
    gradients: Vec<Gradient>,
    outputs: Vec<BlockOutput>,
    scratch: Vec<Mutex<Scratch<T>>>,
    dispersion: Option<DispersionEvaluator<'a>>,
    dispersion_s: f64,
    sum_s: Option<f64>,
}

impl<'a, T: Real> NeuralEvaluator<'a, T> {
    pub fn new(potential: &'a NeuralPotential, compiled: &'a Compiled<T>) -> Self {
        // One for each worker, and one for a caller outside the pool.
        let threads = rayon::current_num_threads() + 1;
        Self {
            potential,
            compiled,
            elements: potential.species().unwrap_or_default(),
            species: Vec::new(),
            numbers: Vec::new(),
            layout: Layout::default(),
            homed: Vec::new(),
            offsets: Vec::new(),
            gradients: Vec::new(),
            outputs: Vec::new(),
            scratch: (0..threads).map(|_| Mutex::new(compiled.scratch())).collect(),
            dispersion: potential.dispersion().map(DispersionEvaluator::new),
            dispersion_s: 0.0,
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
            let locals = self.layout.start(self.layout.tasks());
            // Never shorter, and with room to spare: the number of locals fluctuates from list to list.
            if self.gradients.len() < locals {
                self.gradients.resize(locals + locals / 8, [0.0; 4]);
            }
            self.outputs.resize_with(self.layout.blocks(), BlockOutput::default);
        }
        self.homed.clear();
        self.homed.extend((0..structure.len()).map(|atom| with_zero(&list.homed(structure, atom))));
        self.offsets.clear();
        self.offsets.extend(list.offsets().iter().map(with_zero));
        Ok(())
    }

    /// Energies, virial and the gradients by all locals.
    fn run_kernels(&mut self) {
        let Self { potential, compiled, layout, homed, offsets, gradients, outputs, scratch, .. } = self;
        let (layout, simd) = (&*layout, potential.simd());
        let spare = scratch.len() - 1;
        let work = |task: usize, gradients: &mut [Gradient], outputs: &mut [BlockOutput]| {
            let thread = rayon::current_thread_index().unwrap_or(spare).min(spare);
            let mut scratch = scratch[thread].lock().expect("no kernel panics while it holds its buffers");
            let mut positions = std::mem::take(&mut scratch.positions);
            place(layout.members(task), homed, offsets, &mut positions);
            gradients.fill([0.0; 4]);
            let scene = Scene { layout, positions: &positions };
            for (block, output) in layout.blocks_of(task).zip(outputs) {
                compiled.block(simd, &scene, layout.centres(block), &mut scratch, gradients, output);
            }
            scratch.positions = positions;
        };
        let parallel = outputs.len() >= PARALLEL_BLOCKS;
        for_each_task(layout, 0..layout.tasks(), gradients, outputs, parallel, &work);
    }

    /// Forces from the gradients by the locals.
    fn collect_forces(&mut self, forces: &mut [Vec3]) {
        let Self { layout, gradients, outputs, .. } = self;
        let collect = |(atom, force): (usize, &mut Vec3)| {
            let mut sum = [0.0; 4];
            for &place in layout.places(atom) {
                let part = &gradients[place as usize];
                for k in 0..4 {
                    sum[k] -= part[k];
                }
            }
            *force = Vec3::new(sum[0], sum[1], sum[2]);
        };
        if outputs.len() < PARALLEL_BLOCKS {
            forces.iter_mut().enumerate().for_each(collect);
        } else {
            forces.par_iter_mut().enumerate().with_min_len(COLLECT).for_each(collect);
        }
    }

    /// Sums the blocks in their order.
    fn sum(&self, out: &mut Evaluation) -> Result<(), EvaluationError> {
        for task in 0..self.layout.tasks() {
            let atom = |local: Local| self.layout.members(task)[local.number()].atom as usize;
            for output in &self.outputs[self.layout.blocks_of(task)] {
                if let Some((first, second, distance_a)) = output.overlap {
                    return Err(EvaluationError::Overlap {
                        first: atom(first),
                        second: atom(second),
                        distance_a,
                    });
                }
            }
        }
        for (block, output) in self.outputs.iter().enumerate() {
            let centres = &self.layout.atoms()[self.layout.centres(block)];
            for (&centre, energy) in centres.iter().zip(&output.energies_ev) {
                out.atom_energies_ev[centre as usize] = *energy;
            }
            out.virial_ev += output.virial_ev;
        }
        out.energy_ev = out.atom_energies_ev.iter().sum();
        if self.compiled.members() > 0 {
            self.sum_spread(out);
        }
        let finite = |atom: usize| {
            out.atom_energies_ev[atom].is_finite() && out.forces[atom].iter().all(|x| x.is_finite())
        };
        match (0..out.forces.len()).find(|&atom| !finite(atom)) {
            Some(atom) => Err(EvaluationError::NotFinite { atom }),
            None => Ok(()),
        }
    }
}

impl<T: Real> NeuralEvaluator<'_, T> {
    /// The features of every atom, standardised as its network takes them: `[atoms][features]`.
    ///
    /// # Errors
    /// As [`Evaluator::evaluate`].
    pub fn describe(
        &mut self,
        structure: &Structure,
        list: &NeighbourList,
    ) -> Result<Vec<f64>, EvaluationError> {
        self.prepare(structure, list)?;
        let Self { potential, compiled, layout, homed, offsets, scratch, numbers, .. } = self;
        let model = potential.model();
        let width = model.spec.features();
        let mut out = vec![0.0; structure.len() * width];
        let mut scratch = scratch[0].lock().expect("no kernel panics while it holds its buffers");
        let mut positions = Vec::new();
        for task in 0..layout.tasks() {
            place(layout.members(task), homed, offsets, &mut positions);
            let scene = Scene { layout, positions: &positions };
            for centres in layout.blocks_of(task).map(|block| layout.centres(block)) {
                let atoms = &layout.atoms()[centres.clone()];
                let overlap =
                    compiled.describe(potential.simd(), &scene, centres, &mut scratch, |slot, values| {
                        let atom = atoms[slot] as usize;
                        let species = usize::from(numbers[atom]);
                        let scales = model.mean[species].iter().zip(&model.spread[species]);
                        let row = out[atom * width..(atom + 1) * width].iter_mut();
                        for ((out, value), (mean, spread)) in row.zip(values).zip(scales) {
                            *out = (value - f64::from(*mean)) / f64::from(*spread);
                        }
                    });
                if let Some((first, second, distance_a)) = overlap {
                    let atom = |local: Local| layout.members(task)[local.number()].atom as usize;
                    return Err(EvaluationError::Overlap {
                        first: atom(first),
                        second: atom(second),
                        distance_a,
                    });
                }
            }
        }
        match out.iter().position(|x| !x.is_finite()) {
            Some(k) => Err(EvaluationError::NotFinite { atom: k / width }),
            None => Ok(out),
        }
    }

    /// Standard deviations of energies, from what the members of the ensemble give more than the model.
    fn sum_spread(&self, out: &mut Evaluation) {
        let factor = self.potential.uncertainty_factors().energies;
        let stds = out.atom_energy_std_ev.get_or_insert_default();
        stds.clear();
        stds.resize(out.atom_energies_ev.len(), 0.0);
        let mut members = [0.0; MAX_MEMBERS];
        for (block, output) in self.outputs.iter().enumerate() {
            let centres = &self.layout.atoms()[self.layout.centres(block)];
            for (&centre, variance) in centres.iter().zip(&output.variances_ev2) {
                stds[centre as usize] = factor * variance.sqrt();
            }
            for (sum, part) in members.iter_mut().zip(&output.members_ev) {
                *sum += part;
            }
        }
        let members = &members[..self.compiled.members()];
        let squares: f64 = members.iter().map(|x| x * x).sum();
        out.energy_std_ev = Some(factor * (squares / members.len() as f64).sqrt());
        out.member_energies_ev.extend(members.iter().map(|deviation| factor * deviation));
    }
}

/// Positions (A) of the members of a task.
fn place(members: &[Member], homed: &[[f64; 4]], offsets: &[[f64; 4]], positions: &mut Vec<[f64; 4]>) {
    positions.clear();
    positions.extend(members.iter().map(|member| {
        let (homed, offset) = (homed[member.atom as usize], offsets[member.image as usize]);
        [homed[0] + offset[0], homed[1] + offset[1], homed[2] + offset[2], 0.0]
    }));
}

fn with_zero(vector: &Vec3) -> [f64; 4] {
    [vector.x, vector.y, vector.z, 0.0]
}

/// Calls `work` for `tasks`, each with its locals' gradients and its blocks' outputs: both slices start with those of the
/// first.
fn for_each_task(
    layout: &Layout,
    tasks: Range<usize>,
    gradients: &mut [Gradient],
    outputs: &mut [BlockOutput],
    parallel: bool,
    work: &(impl Fn(usize, &mut [Gradient], &mut [BlockOutput]) + Sync),
) {
    match tasks.len() {
        0 => {}
        1 => {
            let locals = layout.start(tasks.end) - layout.start(tasks.start);
            work(tasks.start, &mut gradients[..locals], outputs);
        }
        many => {
            let middle = tasks.start + many / 2;
            let blocks = layout.blocks_of(middle).start - layout.blocks_of(tasks.start).start;
            let (left, right) = outputs.split_at_mut(blocks);
            let locals = layout.start(middle) - layout.start(tasks.start);
            let (left_gradients, right_gradients) = gradients.split_at_mut(locals);
            let mut one = || for_each_task(layout, tasks.start..middle, left_gradients, left, parallel, work);
            let mut other =
                || for_each_task(layout, middle..tasks.end, right_gradients, right, parallel, work);
            if parallel {
                rayon::join(one, other);
            } else {
                one();
                other();
            }
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
        let stds = out.atom_energy_std_ev.take();
        out.reset(structure.len());
        if self.compiled.members() > 0 {
            out.atom_energy_std_ev = stds;
        }
        self.run_kernels();
        let start = self.sum_s.map(|_| std::time::Instant::now());
        self.collect_forces(&mut out.forces);
        let outcome = self.sum(out);
        if let (Some(sum_s), Some(start)) = (&mut self.sum_s, start) {
            *sum_s += start.elapsed().as_secs_f64();
        }
        outcome?;
        let Some(dispersion) = &mut self.dispersion else { return Ok(()) };
        let start = self.sum_s.map(|_| std::time::Instant::now());
        dispersion.add_to(structure, list, out)?;
        self.dispersion_s += start.map_or(0.0, |start| start.elapsed().as_secs_f64());
        Ok(())
    }

    fn time_phases(&mut self, on: bool) {
        self.sum_s = on.then_some(0.0);
        self.dispersion_s = 0.0;
        for scratch in &self.scratch {
            let mut scratch = scratch.lock().expect("no kernel panics while it holds its buffers");
            scratch.phases_s = on.then_some([0.0; 3]);
        }
    }

    fn phase_times(&self) -> Option<PhaseTimes> {
        let mut times = PhaseTimes { backward_s: self.sum_s?, ..PhaseTimes::default() };
        times.dispersion_s = self.dispersion.as_ref().map(|_| self.dispersion_s);
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
