//! The model in burn: parameters, and the gradient of weighted energies and their derivatives.

use burn::module::{Module, Param, ParamId};
use burn::optim::GradientsParams;
use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use natron_descriptor::simd::Kernel;
use natron_descriptor::{CHANNELS, Dual, HARMONICS, Invariants, Lanes, Path, SimdPath, Vector};
use natron_potential::{Layer, Model};
use rayon::prelude::*;

use crate::density::smoothness;

/// Radial coefficients and network of one centre species.
#[derive(Module, Debug)]
pub struct SpeciesGraph {
    /// `[S K, 16]`, columns scaled by [`smoothness`].
    pub radial: Param<Tensor<2>>,
    /// `[inputs, outputs]` by layer.
    pub weights: Vec<Param<Tensor<2>>>,
    /// `[1, outputs]` by layer.
    pub biases: Vec<Param<Tensor<2>>>,
}

/// The trainable model.
#[derive(Module, Debug)]
pub struct Graph {
    /// By centre species.
    pub species: Vec<SpeciesGraph>,
}

/// What the atoms of one centre species bring to a step.
pub(crate) struct SpeciesBatch {
    /// Density, `[n][25][S K]`.
    pub density: Vec<f32>,
    /// Its derivative along the direction of the step, same shape.
    pub tangent: Vec<f32>,
    /// dL/dE of each atom's frame, `[n]`.
    pub energy_weights: Vec<f32>,
}

/// Energy and its derivative along the direction, by atom.
pub(crate) struct AtomEnergies {
    #[cfg_attr(not(test), allow(dead_code))]
    pub energies: Vec<f32>,
    #[cfg_attr(not(test), allow(dead_code))]
    pub slopes: Vec<f32>,
}

fn tensor(values: Vec<f32>, shape: [usize; 2], device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn floats(tensor: Tensor<2>) -> Vec<f32> {
    tensor.into_data().try_to_vec().expect("every tensor here is f32")
}

impl Graph {
    /// The parameters of a model, to be trained on `device` (with autodiff).
    pub fn new(model: &Model, device: &Device) -> Self {
        let count = model.spec.species.len();
        let terms = model.spec.radial_functions;
        let species = (0..count)
            .map(|s| {
                let mut radial = Vec::with_capacity(count * terms * CHANNELS);
                for b in 0..count {
                    let coefficients = &model.radial[model.spec.pair_index(s, b)];
                    let scaled = coefficients.iter().enumerate().map(|(e, c)| c / smoothness(e / CHANNELS));
                    radial.extend(scaled);
                }
                let radial = TensorData::new(radial, [count * terms, CHANNELS]);
                let shapes = model.spec.layer_shapes();
                let (weights, biases) = shapes
                    .iter()
                    .zip(&model.layers[s])
                    .map(|(&(inputs, outputs), layer)| {
                        let weight = TensorData::new(transposed(&layer.weight, inputs), [inputs, outputs]);
                        let bias = TensorData::new(layer.bias.clone(), [1, outputs]);
                        (Param::from_data(weight, device), Param::from_data(bias, device))
                    })
                    .unzip();
                SpeciesGraph { radial: Param::from_data(radial, device), weights, biases }
            })
            .collect();
        Self { species }
    }

    /// Writes the parameters into `model`.
    pub fn write_to(&self, model: &mut Model) {
        let terms = model.spec.radial_functions;
        for (s, graph) in self.species.iter().enumerate() {
            let radial = floats(graph.radial.val());
            for (b, block) in radial.chunks_exact(terms * CHANNELS).enumerate() {
                let k = model.spec.pair_index(s, b);
                model.radial[k] =
                    block.iter().enumerate().map(|(e, c)| c * smoothness(e / CHANNELS)).collect();
            }
            for (n, (weight, bias)) in graph.weights.iter().zip(&graph.biases).enumerate() {
                let outputs = weight.val().dims()[1];
                let weight = transposed(&floats(weight.val()), outputs);
                model.layers[s][n] = Layer { weight, bias: floats(bias.val()) };
            }
        }
    }

    /// Shortens a gradient to the length `most` where it is longer. Its length as it was.
    pub(crate) fn clip(&self, gradients: &mut GradientsParams, most: f64) -> f64 {
        let ids: Vec<ParamId> = self
            .species
            .iter()
            .flat_map(|s| std::iter::once(&s.radial).chain(&s.weights).chain(&s.biases))
            .map(|param| param.id)
            .filter(|&id| gradients.get::<2>(id).is_some())
            .collect();
        let square = |id: &ParamId| {
            let gradient = gradients.get::<2>(*id).expect("those that are there were taken");
            floats(gradient).iter().map(|g| f64::from(*g).powi(2)).sum::<f64>()
        };
        let norm = ids.iter().map(square).sum::<f64>().sqrt();
        if norm > most {
            for id in ids {
                let gradient = gradients.remove::<2>(id).expect("those that are there were taken");
                gradients.register(id, gradient * (most / norm));
            }
        }
        norm
    }

    /// Registers into `gradients` the gradient of sum_i weight_i E_i - sum_i dE_i/dt for the atoms of
    /// species `s`, t the direction of the step.
    pub(crate) fn accumulate(
        &self,
        s: usize,
        batch: SpeciesBatch,
        model: &Model,
        invariants: &Invariants<f32>,
        gradients: &mut GradientsParams,
        device: &Device,
    ) -> AtomEnergies {
        let graph = &self.species[s];
        let atoms = batch.energy_weights.len();
        let plain = device.clone().without_autodiff();
        let columns = graph.radial.val().dims()[0];
        let rows = [atoms * HARMONICS, columns];
        let radial = graph.radial.val().inner();
        let density = tensor(batch.density, rows, &plain);
        let tangent = tensor(batch.tangent, rows, &plain);
        let expanded = floats(density.clone().matmul(radial.clone()));
        let expanded_tangent = floats(tangent.clone().matmul(radial));
        let duals = to_duals(&expanded, &expanded_tangent);
        let (features, slopes) = features_of(&duals, invariants, &model.mean[s], &model.spread[s]);
        let shape = [atoms, invariants.features()];
        let features = tensor(features, shape, device).require_grad();
        let slopes = tensor(slopes, shape, device).require_grad();
        let residual = model.spec.residual_layers();
        let (energies, energy_slopes) = graph.network(features.clone(), slopes.clone(), &residual);
        let weights = tensor(batch.energy_weights, [atoms, 1], device);
        let surrogate = (energies.clone() * weights).sum() - energy_slopes.clone().sum();
        let mut network_gradients = surrogate.backward();
        let by_features = gradient_of(&features, &mut network_gradients);
        let by_slopes = gradient_of(&slopes, &mut network_gradients);
        for param in graph.weights.iter().chain(&graph.biases) {
            if let Some(gradient) = param.val().grad_remove(&mut network_gradients) {
                gradients.register(param.id, gradient);
            }
        }
        let (by_density, by_tangent) =
            pull_back(&duals, invariants, &model.spread[s], &by_features, &by_slopes);
        let rows = [atoms * HARMONICS, CHANNELS];
        let by_radial = density.transpose().matmul(tensor(by_density, rows, &plain))
            + tangent.transpose().matmul(tensor(by_tangent, rows, &plain));
        gradients.register(graph.radial.id, by_radial);
        AtomEnergies { energies: floats(energies.inner()), slopes: floats(energy_slopes.inner()) }
    }
}

impl SpeciesGraph {
    /// The network, with layers that add their input where they are `residual`, and its derivative along the slopes of its
    /// inputs.
    ///
    /// # Shapes
    /// - `features`, `slopes`: `[n, features]`
    /// - results: `[n, 1]` each
    fn network(&self, features: Tensor<2>, slopes: Tensor<2>, residual: &[bool]) -> (Tensor<2>, Tensor<2>) {
        let (mut x, mut dx) = (features, slopes);
        let last = self.weights.len() - 1;
        for (n, (weight, bias)) in self.weights.iter().zip(&self.biases).enumerate() {
            let input = residual[n].then(|| (x.clone(), dx.clone()));
            x = x.matmul(weight.val()) + bias.val();
            dx = dx.matmul(weight.val());
            if n < last {
                let s = sigmoid(x.clone());
                let value = x.clone() * s.clone();
                // d silu / dx = s + x s (1 - s)
                dx = dx * (s.clone() + value.clone() - value.clone() * s);
                x = value;
            }
            if let Some((input, slope)) = input {
                (x, dx) = (x + input, dx + slope);
            }
        }
        (x, dx)
    }
}

fn transposed(values: &[f32], columns: usize) -> Vec<f32> {
    let rows = values.len() / columns;
    (0..columns).flat_map(|c| (0..rows).map(move |r| values[r * columns + c])).collect()
}

fn gradient_of(leaf: &Tensor<2>, gradients: &mut Gradients) -> Vec<f32> {
    floats(leaf.grad_remove(gradients).expect("the surrogate depends on every leaf"))
}

type DualDensity = [Dual<f32>; HARMONICS];

fn to_duals(values: &[f32], slopes: &[f32]) -> Vec<DualDensity> {
    let lanes = |row: &[f32], lm: usize| Lanes(std::array::from_fn(|n| row[lm * CHANNELS + n]));
    let row = HARMONICS * CHANNELS;
    values
        .chunks_exact(row)
        .zip(slopes.chunks_exact(row))
        .map(|(v, d)| std::array::from_fn(|lm| Dual { value: lanes(v, lm), slope: lanes(d, lm) }))
        .collect()
}

struct Features<'a> {
    invariants: &'a Invariants<f32>,
    density: &'a DualDensity,
    out: &'a mut [Dual<f32>],
}

impl Kernel for Features<'_> {
    type Output = ();
    #[inline(always)]
    fn call<P: Path>(self, path: P) {
        self.invariants.forward(path, self.density, self.out);
    }
}

/// Standardised features and their slopes, `[n, features]` each.
fn features_of(
    duals: &[DualDensity],
    invariants: &Invariants<f32>,
    mean: &[f32],
    spread: &[f32],
) -> (Vec<f32>, Vec<f32>) {
    let width = invariants.features();
    let (mut values, mut slopes) = (vec![0.0; duals.len() * width], vec![0.0; duals.len() * width]);
    let path = SimdPath::detect();
    let rows = values.par_chunks_mut(width).zip(slopes.par_chunks_mut(width)).zip(duals);
    rows.with_min_len(16).for_each_init(
        || vec![Dual::ZERO; invariants.vectors()],
        |out, ((values, slopes), density)| {
            path.run(Features { invariants, density, out: &mut *out });
            for (f, (value, slope)) in values.iter_mut().zip(slopes).enumerate() {
                let dual = &out[f / CHANNELS];
                *value = (dual.value.0[f % CHANNELS] - mean[f]) / spread[f];
                *slope = dual.slope.0[f % CHANNELS] / spread[f];
            }
        },
    );
    (values, slopes)
}

struct PullBack<'a> {
    invariants: &'a Invariants<f32>,
    density: &'a DualDensity,
    weights: &'a [Dual<f32>],
}

impl Kernel for PullBack<'_> {
    type Output = DualDensity;
    #[inline(always)]
    fn call<P: Path>(self, path: P) -> DualDensity {
        let mut gradient = [Dual::ZERO; HARMONICS];
        self.invariants.adjoint(path, self.density, self.weights, &mut gradient);
        gradient
    }
}

/// Gradients by the density and by its tangent, `[n 25, 16]` each.
fn pull_back(
    duals: &[DualDensity],
    invariants: &Invariants<f32>,
    spread: &[f32],
    by_features: &[f32],
    by_slopes: &[f32],
) -> (Vec<f32>, Vec<f32>) {
    let (width, row) = (invariants.features(), HARMONICS * CHANNELS);
    let (mut density, mut tangent) = (vec![0.0; duals.len() * row], vec![0.0; duals.len() * row]);
    let path = SimdPath::detect();
    let inputs = by_features.par_chunks(width).zip(by_slopes.par_chunks(width)).zip(duals);
    let rows = density.par_chunks_mut(row).zip(tangent.par_chunks_mut(row)).zip(inputs);
    rows.with_min_len(16).for_each_init(
        || vec![Dual::ZERO; invariants.vectors()],
        |weights, ((density, tangent), ((by_features, by_slopes), duals))| {
            for (k, weight) in weights.iter_mut().enumerate() {
                let at = |values: &[f32]| {
                    Lanes(std::array::from_fn(|n| values[k * CHANNELS + n] / spread[k * CHANNELS + n]))
                };
                *weight = Dual { value: at(by_slopes), slope: at(by_features) };
            }
            let gradient = path.run(PullBack { invariants, density: duals, weights: &*weights });
            for (lm, dual) in gradient.iter().enumerate() {
                density[lm * CHANNELS..(lm + 1) * CHANNELS].copy_from_slice(&dual.slope.0);
                tangent[lm * CHANNELS..(lm + 1) * CHANNELS].copy_from_slice(&dual.value.0);
            }
        },
    );
    (density, tangent)
}

/// Features of undisplaced densities, `[n][features]`, not standardised.
pub(crate) fn raw_features(
    density: &[f32],
    radial: &[f32],
    columns: usize,
    invariants: &Invariants<f32>,
) -> Vec<f32> {
    let plain = Device::flex();
    let rows = density.len() / columns;
    let expanded = tensor(density.to_vec(), [rows, columns], &plain).matmul(tensor(
        radial.to_vec(),
        [columns, CHANNELS],
        &plain,
    ));
    let expanded = floats(expanded);
    let width = invariants.features();
    let duals = to_duals(&expanded, &vec![0.0; expanded.len()]);
    features_of(&duals, invariants, &vec![0.0; width], &vec![1.0; width]).0
}
