//! The training loop: deterministic, resumable, in the caller's hands epoch by epoch.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::iter::repeat_n;
use std::sync::Arc;

use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::Device;
use natron_descriptor::{CHANNELS, HARMONICS};
use natron_potential::{
    Evaluation, Layer, Model, ModelSpec, NeuralPotential, Potential, Precision, UncertaintyFactors,
};
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::compute::{ComputeSettings, PrecisionChoice};
use crate::data::{Depth, Prepared, Sample, TrainError};
use crate::density::{self, Direction};
use crate::ensemble;
use crate::errors::{Metrics, Sums};
use crate::float::{Features, Float};
use crate::frames::{Frames, Known, Memory, Sources};
use crate::graph::{Graph, SpeciesBatch};
use crate::loss::{self, FrameWeights, LossOfFrame, Parts};
use crate::optimiser::optimiser as optimiser_of;
use crate::settings::{LossSettings, OptimiserSettings};
use crate::standardise::standardise;

/// Frames that are evaluated together.
const FRAMES_AT_ONCE: usize = 64;

/// What an epoch came to.
#[derive(Debug, Clone, PartialEq)]
pub struct EpochReport {
    /// Number of the epoch, from 1.
    pub epoch: usize,
    /// Learning rate of its last step.
    pub learning_rate: f64,
    /// Mean loss over its steps, by part.
    pub loss: Parts,
    /// Length of the gradient, over all parameters together and before it was shortened: mean over the steps.
    pub gradient_norm_mean: f64,
    /// The longest.
    pub gradient_norm_max: f64,
    /// Errors on the validation frames, in epochs that look at them.
    pub valid: Option<Metrics>,
    /// Whether those are the best so far.
    pub is_best: bool,
}

/// A training under way.
pub struct Trainer {
    loss: LossSettings,
    optimiser: OptimiserSettings,
    compute: ComputeSettings,
    seed: u64,
    train: Arc<Frames>,
    valid: Frames,
    features: Features,
    /// Where the tensors of a step are, with autodiff.
    device: Device,
    graph: Graph,
    adam: ModuleOptimizer,
    /// Spec, standardisation and isolated energies; weights as of the last step.
    model: Model,
    /// What the network's energies of atoms count from, eV, by species.
    origin_ev: Vec<f64>,
    /// What the isolated atom of a species should have, eV, where that is known.
    isolated_ev: Vec<Option<f64>>,
    average: Model,
    best: Model,
    best_score: f64,
    looks_since_best: usize,
    epoch: usize,
}

impl Trainer {
    /// A training that has not begun, its frames in memory. `isolated_ev`: energy of the isolated atom by species of `spec`,
    /// where it is known; one more datum to learn. The network's energies count from the least-squares mean of the training
    /// frames for each species.
    ///
    /// # Errors
    /// See [`TrainError`].
    pub fn new(
        spec: ModelSpec,
        loss: LossSettings,
        optimiser: OptimiserSettings,
        seed: u64,
        train: Vec<Sample>,
        valid: Vec<Sample>,
        isolated_ev: &[Option<f64>],
    ) -> Result<Self, TrainError> {
        Self::from_sources(spec, loss, optimiser, seed, &Sources::held(train, valid), isolated_ev)
    }

    /// As [`Trainer::new`]; frames that do not fit into memory are read again whenever they are needed. The result is the same
    /// bit for bit.
    ///
    /// # Errors
    /// See [`TrainError`].
    pub fn from_sources(
        spec: ModelSpec,
        loss: LossSettings,
        optimiser: OptimiserSettings,
        seed: u64,
        sources: &Sources,
        isolated_ev: &[Option<f64>],
    ) -> Result<Self, TrainError> {
        let (train, valid) = frames_of(&spec, sources)?;
        let mut model = untrained(&spec, seed);
        let reference = train.reference();
        let known: Vec<&Known> = reference.iter().map(|&k| &train.known()[k]).collect();
        let isolated_ev: Vec<_> =
            (0..spec.species.len()).map(|s| isolated_ev.get(s).copied().flatten()).collect();
        let origin_ev = mean_energies(&known, &isolated_ev);
        let features = Features::new(&spec)?;
        standardise(&mut model, &train, &reference, f32::invariants(&features))?;
        count_energies(&mut model, &origin_ev);
        let compute = ComputeSettings::default();
        Ok(Self {
            loss,
            compute,
            seed,
            train: Arc::new(train),
            valid,
            features,
            device: compute.open()?,
            graph: Graph::new::<f32>(&model),
            adam: optimiser_of(&optimiser),
            optimiser,
            average: model.clone(),
            best: model.clone(),
            model,
            origin_ev,
            isolated_ev,
            best_score: f64::INFINITY,
            looks_since_best: 0,
            epoch: 0,
        })
    }

    /// The same training computed elsewhere, or more exactly. `self` must be new.
    ///
    /// # Errors
    /// There is no GPU, or this natron cannot use one.
    pub fn computed(mut self, compute: ComputeSettings) -> Result<Self, TrainError> {
        self.compute = compute;
        self.device = compute.open()?;
        self.graph = self.graph_of(&self.model);
        Ok(self)
    }

    /// The parameters of a model as this training keeps them.
    fn graph_of(&self, model: &Model) -> Graph {
        match self.compute.precision {
            PrecisionChoice::F32 => Graph::new::<f32>(model),
            PrecisionChoice::F64 => Graph::new::<f64>(model),
        }
    }

    /// Whether the parameters of a checkpoint suit this training; takes them if so.
    fn set_graph_state(&mut self, state: Vec<(u64, Vec<f64>)>) -> bool {
        match self.compute.precision {
            PrecisionChoice::F32 => self.graph.set_state::<f32>(state),
            PrecisionChoice::F64 => self.graph.set_state::<f64>(state),
        }
    }

    /// The same training from the weights of a model of the same spec; isolated atoms should go on to have the energies that they
    /// have in it where the data give none. `self` must be new.
    ///
    /// # Errors
    /// The model has another spec.
    pub fn start_from(mut self, start: &Model) -> Result<Self, TrainError> {
        if start.spec != self.model.spec {
            return Err(TrainError::OtherModel);
        }
        let model = Model { ensemble: Vec::new(), ..start.clone() };
        self.origin_ev = (0..model.spec.species.len()).map(|s| model.energy_counts_from(s)).collect();
        for (should, has) in self.isolated_ev.iter_mut().zip(&model.isolated_ev) {
            *should = should.or(Some(*has));
        }
        self.graph = self.graph_of(&model);
        self.average.clone_from(&model);
        self.best.clone_from(&model);
        self.model = model;
        self.best_score = self.validate()?.score();
        Ok(self)
    }

    /// Epochs done.
    pub fn epoch(&self) -> usize {
        self.epoch
    }

    /// Whether all epochs are done, or validation has not improved for as long as was asked.
    pub fn is_finished(&self) -> bool {
        let patience = self.optimiser.patience;
        self.epoch >= self.optimiser.epochs || (patience > 0 && self.looks_since_best >= patience)
    }

    /// The averaged model that did best on the validation frames.
    pub fn best_model(&self) -> &Model {
        &self.best
    }

    /// Its score on the validation frames ([`Metrics::score`]); infinite before the first look.
    pub fn best_score(&self) -> f64 {
        self.best_score
    }

    /// What the frames and a step take.
    pub fn memory(&self) -> Memory {
        memory_of(&self.train, &self.valid, &self.optimiser, &self.compute)
    }

    /// Looks at every frame of a training without beginning it; what frames and a step will take.
    ///
    /// # Errors
    /// Those that [`Trainer::from_sources`] would meet.
    pub fn look(
        spec: &ModelSpec,
        optimiser: &OptimiserSettings,
        compute: &ComputeSettings,
        sources: &Sources,
    ) -> Result<Memory, TrainError> {
        let (train, valid) = frames_of(spec, sources)?;
        Ok(memory_of(&train, &valid, optimiser, compute))
    }

    /// The averaged model as it is.
    pub fn average_model(&self) -> &Model {
        &self.average
    }

    /// [`Trainer::best_model`] with a shallow ensemble (32 members), and the factors from the spread of the members to
    /// standard deviations, calibrated on the validation frames.
    ///
    /// # Errors
    /// A frame cannot be evaluated.
    pub fn with_ensemble(&self) -> Result<(Model, UncertaintyFactors), TrainError> {
        ensemble::shallow(&self.best, &self.train, &self.valid, &self.loss, self.seed)
    }

    /// Numbers of the training frames that an epoch meets, before they are shuffled.
    fn pass(&self) -> Vec<usize> {
        let times = |kind: &String| self.optimiser.kind_repeats.get(kind).copied().unwrap_or(1);
        self.train.known().iter().enumerate().flat_map(|(k, known)| repeat_n(k, times(&known.kind))).collect()
    }

    /// One pass over the training frames, in an order that depends on seed and epoch alone.
    ///
    /// # Errors
    /// The loss is not finite, or a frame cannot be evaluated.
    pub fn run_epoch(&mut self) -> Result<EpochReport, TrainError> {
        let mut order = self.pass();
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(1 + self.epoch as u64);
        order.shuffle(&mut rng);
        let size = self.optimiser.batch_frames;
        let per_epoch = order.len().div_ceil(size);
        let steps = per_epoch * self.optimiser.epochs;
        let mut loss = Parts::default();
        let (mut gradient_norm_mean, mut gradient_norm_max) = (0.0, 0.0_f64);
        let mut learning_rate = 0.0;
        let (train, mut done) = (self.train.clone(), self.epoch * per_epoch);
        // The average forgets its first weights faster than later ones.
        let memory = self.optimiser.moving_average.min((1.0 + done as f64) / (10.0 + done as f64)) as f32;
        train.batches(order, size, Depth::Density, |_, batch| {
            learning_rate = self.optimiser.rate(done, steps);
            done += 1;
            let (parts, norm) = self.step(batch, learning_rate, memory)?;
            gradient_norm_mean += norm / per_epoch as f64;
            gradient_norm_max = gradient_norm_max.max(norm);
            loss.forces += parts.forces / per_epoch as f64;
            loss.energy += parts.energy / per_epoch as f64;
            loss.virial += parts.virial / per_epoch as f64;
            Ok(())
        })?;
        self.epoch += 1;
        let (mut valid, mut is_best) = (None, false);
        if self.epoch.is_multiple_of(self.optimiser.validate_every) || self.epoch == self.optimiser.epochs {
            let found = self.validate()?;
            is_best = found.score() < self.best_score;
            self.looks_since_best = if is_best { 0 } else { self.looks_since_best + 1 };
            if is_best {
                self.best_score = found.score();
                self.best.clone_from(&self.average);
            }
            valid = Some(found);
        }
        Ok(EpochReport {
            epoch: self.epoch,
            learning_rate,
            loss,
            gradient_norm_mean,
            gradient_norm_max,
            valid,
            is_best,
        })
    }

    /// Errors of the averaged model on the validation frames.
    ///
    /// # Errors
    /// A frame cannot be evaluated.
    pub fn validate(&self) -> Result<Metrics, TrainError> {
        let mut sums = Sums::new(&self.model.spec, &self.loss);
        self.valid.batches(0..self.valid.len(), FRAMES_AT_ONCE, Depth::List, |_, frames| {
            let values = evaluate(&self.average, frames, self.compute.kernels())?;
            frames.iter().zip(&values).for_each(|(frame, values)| sums.add(frame, values));
            Ok(())
        })?;
        Ok(sums.metrics())
    }

    /// Moves the weights, and their average with so much memory; the loss of the batch and the length of its gradient, before it
    /// is shortened.
    fn step(
        &mut self,
        batch: &[Arc<Prepared>],
        learning_rate: f64,
        memory: f32,
    ) -> Result<(Parts, f64), TrainError> {
        let (losses, mut gradients) = self.gradient(batch)?;
        self.check(batch, &losses)?;
        let most = self.optimiser.gradient_norm_max.unwrap_or(f64::INFINITY);
        let norm = self.graph.clip(&mut gradients, most);
        if !norm.is_finite() {
            return Err(self.diverged("the gradient", batch, &losses));
        }
        self.graph = self.adam.step(learning_rate, self.graph.clone(), gradients);
        self.graph.write_to(&mut self.model);
        count_energies(&mut self.model, &self.origin_ev);
        average_into(&mut self.average, &self.model, memory);
        count_energies(&mut self.average, &self.origin_ev);
        let mut parts = Parts::default();
        for loss in &losses {
            parts.forces += loss.parts.forces;
            parts.energy += loss.parts.energy;
            parts.virial += loss.parts.virial;
        }
        Ok((parts, norm))
    }

    /// That every loss is finite.
    fn check(&self, batch: &[Arc<Prepared>], losses: &[LossOfFrame]) -> Result<(), TrainError> {
        match losses.iter().all(|loss| loss.parts.total().is_finite()) {
            true => Ok(()),
            false => Err(self.diverged("the loss", batch, losses)),
        }
    }

    fn diverged(&self, what: &'static str, batch: &[Arc<Prepared>], losses: &[LossOfFrame]) -> TrainError {
        let loss = |k: &usize| losses[*k].parts.total();
        // Among positive numbers NaN comes last in the total order.
        let worst = (0..batch.len()).max_by(|a, b| loss(a).abs().total_cmp(&loss(b).abs())).unwrap_or(0);
        let frame = batch[worst].sample.name.clone();
        TrainError::Diverged { what, epoch: self.epoch + 1, frame }
    }

    /// Losses of a batch and the gradient of their sum by every parameter.
    fn gradient(&self, frames: &[Arc<Prepared>]) -> Result<(Vec<LossOfFrame>, GradientsParams), TrainError> {
        match self.compute.precision {
            PrecisionChoice::F32 => self.gradient_in::<f32>(frames),
            PrecisionChoice::F64 => self.gradient_in::<f64>(frames),
        }
    }

    fn gradient_in<T: Float>(
        &self,
        frames: &[Arc<Prepared>],
    ) -> Result<(Vec<LossOfFrame>, GradientsParams), TrainError> {
        let values = evaluate(&self.model, frames, self.compute.kernels())?;
        let weights = self.weights(frames);
        let losses: Vec<LossOfFrame> = (0..frames.len())
            .map(|k| loss::of_frame(&frames[k], &values[k], &self.loss, &weights[k], frames.len()))
            .collect();
        let spec = &self.model.spec;
        let densities: Vec<Densities<'_, T>> = (0..frames.len())
            .into_par_iter()
            .map(|k| {
                let direction = Direction { atoms: &losses[k].by_forces, strain: losses[k].by_virial };
                let tangent = density::expand_along(&frames[k].pairs, direction, spec);
                Densities { density: T::density(&frames[k], spec), tangent }
            })
            .collect();
        let mut gradients = GradientsParams::new();
        for s in 0..spec.species.len() {
            let species = gather(s, frames, &densities, &losses, spec, self.slope_of_isolated(s));
            if !species.energy_weights.is_empty() {
                self.graph.accumulate(
                    s,
                    species,
                    &self.model,
                    T::invariants(&self.features),
                    &mut gradients,
                    &self.device,
                );
            }
        }
        Ok((losses, gradients))
    }

    /// The derivative of the loss by the energy of the isolated atom of species `s`, 1/eV.
    fn slope_of_isolated(&self, s: usize) -> f64 {
        self.isolated_ev[s].map_or(0.0, |should| self.loss.of_isolated(self.model.isolated_ev[s] - should).1)
    }

    fn weights(&self, batch: &[Arc<Prepared>]) -> Vec<FrameWeights> {
        let spec = &self.model.spec;
        let mut components = vec![0usize; spec.species.len()];
        for frame in batch {
            for &s in &frame.numbers {
                components[s] += 3;
            }
        }
        let weight = |symbol: &String| self.loss.species_weights.get(symbol).copied().unwrap_or(1.0);
        let per_component: Vec<f64> =
            spec.species.iter().zip(&components).map(|(s, &n)| weight(s) / n.max(1) as f64).collect();
        let late = 4 * self.epoch >= 3 * self.optimiser.epochs;
        let energy = if late { self.loss.energy_weight_final } else { self.loss.energy_weight };
        batch
            .iter()
            .map(|frame| {
                let sample = &frame.sample;
                let of_kind =
                    |weights: &BTreeMap<String, f64>| weights.get(&sample.kind).copied().unwrap_or(1.0);
                FrameWeights {
                    frame: sample.weight * of_kind(&self.loss.kind_weights),
                    per_component: per_component.clone(),
                    energy: energy * of_kind(&self.loss.kind_energy_weights),
                }
            })
            .collect()
    }

    /// Everything a later [`Trainer::resume`] needs, as bytes.
    ///
    /// # Errors
    /// The optimiser's state does not serialise.
    pub fn checkpoint(&self) -> Result<Vec<u8>, TrainError> {
        checkpoint::write(self)
    }

    /// Takes up a training where [`Trainer::checkpoint`] left it; `self` must be new, from the same deck and data.
    ///
    /// # Errors
    /// The bytes are damaged or of another training.
    pub fn resume(self, bytes: &[u8]) -> Result<Self, TrainError> {
        checkpoint::read(self, bytes)
    }
}

/// Frames to learn from and to validate on.
fn frames_of(spec: &ModelSpec, sources: &Sources) -> Result<(Frames, Frames), TrainError> {
    spec.validate()?;
    if sources.train.is_empty() {
        return Err(TrainError::NoFrames("training"));
    }
    if sources.valid.is_empty() {
        return Err(TrainError::NoFrames("validation"));
    }
    let mut memory_bytes = sources.memory_bytes;
    let train = Frames::new(sources.train.clone(), spec, Depth::Density, &mut memory_bytes)?;
    if train.reference().is_empty() {
        return Err(TrainError::NoFrames("training"));
    }
    let valid = Frames::new(sources.valid.clone(), spec, Depth::List, &mut memory_bytes)?;
    Ok((train, valid))
}

fn memory_of(
    train: &Frames,
    valid: &Frames,
    optimiser: &OptimiserSettings,
    compute: &ComputeSettings,
) -> Memory {
    let (all, size) = ([train, valid], optimiser.batch_frames);
    let held_frames = all.iter().map(|frames| frames.held_frames()).sum();
    let ahead = [train.most_ahead(size), valid.most_ahead(FRAMES_AT_ONCE)];
    let ahead = all.iter().zip(ahead).map(|(frames, ahead)| frames.largest_bytes() * ahead as u64).max();
    // A step holds density and tangent of its batch, and what burn keeps of both for the way back; of 64-bit numbers twice as
    // much, and the density of every frame once more.
    let copies = if compute.precision == PrecisionChoice::F64 { 18 } else { 8 };
    let step = copies * train.largest_density_bytes() * size as u64;
    Memory {
        held_frames,
        streamed_frames: train.len() + valid.len() - held_frames,
        held_bytes: all.iter().map(|frames| frames.held_bytes()).sum(),
        step_bytes: step + ahead.unwrap_or(0),
    }
}

/// Values of some frames, with a model, to compare with their labels: without its dispersion term.
fn evaluate(
    model: &Model,
    frames: &[Arc<Prepared>],
    precision: Precision,
) -> Result<Vec<Evaluation>, TrainError> {
    let potential = NeuralPotential::new(model.without_dispersion(), precision)?;
    frames
        .par_iter()
        .map_init(
            || potential.evaluator(),
            |evaluator, frame| {
                let structure = &frame.sample.structure;
                let mut out = Evaluation::zeros(structure.len());
                let done = evaluator.evaluate(structure, &frame.list, &mut out);
                let name = || frame.sample.name.clone();
                done.map(|()| out).map_err(|source| TrainError::Evaluation { frame: name(), source })
            },
        )
        .collect()
}

/// Of one frame, `[n][25][S K]` each.
struct Densities<'a, T: Float> {
    density: Cow<'a, [T]>,
    /// Along the direction of the step.
    tangent: Vec<T>,
}

/// Atoms of species `s` of a batch, and last one without neighbours, by whose energy the loss has the derivative
/// `by_isolated` (1/eV).
fn gather<T: Float>(
    s: usize,
    frames: &[Arc<Prepared>],
    densities: &[Densities<'_, T>],
    losses: &[LossOfFrame],
    spec: &ModelSpec,
    by_isolated: f64,
) -> SpeciesBatch<T> {
    let row = HARMONICS * spec.species.len() * spec.radial_functions;
    let mut batch = SpeciesBatch { density: Vec::new(), tangent: Vec::new(), energy_weights: Vec::new() };
    for (k, frame) in frames.iter().enumerate() {
        for (atom, _) in frame.numbers.iter().enumerate().filter(|(_, n)| **n == s) {
            let rows = atom * row..(atom + 1) * row;
            batch.density.extend_from_slice(&densities[k].density[rows.clone()]);
            batch.tangent.extend_from_slice(&densities[k].tangent[rows]);
            batch.energy_weights.push(T::from_f64(losses[k].by_energy));
        }
    }
    if !batch.energy_weights.is_empty() {
        batch.density.extend(std::iter::repeat_n(T::ZERO, row));
        batch.tangent.extend(std::iter::repeat_n(T::ZERO, row));
        batch.energy_weights.push(T::from_f64(by_isolated));
    }
    batch
}

/// Random weights: radial functions of unit size, layers that keep the size of their input, a small output.
fn untrained(spec: &ModelSpec, seed: u64) -> Model {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    // A sum of twelve uniform numbers is close enough to normal for initial weights.
    let mut normal = |scale: f32| {
        let sum: f32 = (0..12).map(|_| rng.random_range(-0.5f32..0.5)).sum();
        sum * scale
    };
    let terms = spec.radial_functions;
    let radial = spec
        .pairs
        .iter()
        .map(|_| (0..terms * CHANNELS).map(|e| normal(density::smoothness(e / CHANNELS))).collect())
        .collect();
    let shapes = spec.layer_shapes();
    let layers = spec
        .species
        .iter()
        .map(|_| {
            let last = shapes.len() - 1;
            let layer = |(n, &(inputs, outputs)): (usize, &(usize, usize))| {
                let scale = if n == last { 0.1 } else { 1.0 } / (inputs as f32).sqrt();
                let weight = (0..inputs * outputs).map(|_| normal(scale)).collect();
                Layer { weight, bias: vec![0.0; outputs] }
            };
            shapes.iter().enumerate().map(layer).collect()
        })
        .collect();
    let features = spec.features();
    let count = spec.species.len();
    Model {
        spec: spec.clone(),
        radial,
        mean: vec![vec![0.0; features]; count],
        spread: vec![vec![1.0; features]; count],
        layers,
        isolated_ev: vec![0.0; count],
        ensemble: Vec::new(),
    }
}

/// Energies of the training frames by species and atom, by least squares, eV; of species that none of them has, what the isolated
/// atom should have.
fn mean_energies(train: &[&Known], isolated_ev: &[Option<f64>]) -> Vec<f64> {
    let species = isolated_ev.len();
    let counts = nalgebra::DMatrix::from_fn(train.len(), species, |row, s| f64::from(train[row].counts[s]));
    let energies = nalgebra::DVector::from_fn(train.len(), |row, _| train[row].energy_ev);
    let is_there: Vec<bool> = counts.column_iter().map(|column| column.amax() > 0.0).collect();
    let fitted = counts.svd(true, true).solve(&energies, 1e-9).ok();
    let mean = |s: usize| fitted.as_ref().filter(|_| is_there[s]).map(|fitted| fitted[s]);
    (0..species).map(|s| mean(s).or(isolated_ev[s]).unwrap_or(0.0)).collect()
}

/// Gives isolated atoms the energies that the network implies if its energies count from `origin_ev` (eV).
fn count_energies(model: &mut Model, origin_ev: &[f64]) {
    origin_ev.iter().enumerate().for_each(|(s, energy)| model.count_energy_from(s, *energy));
}

/// average = memory * average + (1 - memory) * model, for every trained number.
fn average_into(average: &mut Model, model: &Model, memory: f32) {
    let blend = |a: &mut Vec<f32>, b: &Vec<f32>| {
        for (a, b) in a.iter_mut().zip(b) {
            *a = memory * *a + (1.0 - memory) * b;
        }
    };
    for (a, b) in average.radial.iter_mut().zip(&model.radial) {
        blend(a, b);
    }
    for (a, b) in average.layers.iter_mut().flatten().zip(model.layers.iter().flatten()) {
        blend(&mut a.weight, &b.weight);
        blend(&mut a.bias, &b.bias);
    }
}

#[path = "checkpoint.rs"]
mod checkpoint;

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
