//! The model in burn: parameters, and the gradient of weighted energies and their derivatives.

use burn::module::{Module, Param, ParamId};
use burn::optim::GradientsParams;
use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use natron_descriptor::simd::Kernel;
use natron_descriptor::{CHANNELS, Dual, HARMONICS, Invariants, Lanes, Path, Real, SimdPath, Vector};
use natron_potential::{Layer, Model};
use rayon::prelude::*;

use crate::density::smoothness;
use crate::float::{Float, numbers};

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

/// The trainable model. Its parameters stay on the processor; a step takes copies to where it computes.
#[derive(Module, Debug)]
pub struct Graph {
    /// By centre species.
    pub species: Vec<SpeciesGraph>,
}

/// What the atoms of one centre species bring to a step.
pub(crate) struct SpeciesBatch<T> {
    /// Density, `[n][25][S K]`.
    pub density: Vec<T>,
    /// Its derivative along the direction of the step, same shape.
    pub tangent: Vec<T>,
    /// dL/dE of each atom's frame, `[n]`.
    pub energy_weights: Vec<T>,
}

/// Energy and its derivative along the direction, by atom.
pub(crate) struct AtomEnergies<T> {
    #[cfg_attr(not(test), allow(dead_code))]
    pub energies: Vec<T>,
    #[cfg_attr(not(test), allow(dead_code))]
    pub slopes: Vec<T>,
}

/// Where the parameters are.
fn home() -> Device {
    Device::flex()
}

fn tensor<T: Float>(values: Vec<T>, shape: [usize; 2], device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(values, shape), (device, T::TYPE))
}

fn parameter<T: Float>(values: Vec<f32>, shape: [usize; 2]) -> Param<Tensor<2>> {
    let values = values.into_iter().map(|x| T::from_f64(f64::from(x))).collect();
    Param::from_tensor(tensor::<T>(values, shape, &home().autodiff()))
}

/// A copy of a parameter on `device`, to be differentiated by where that computes gradients.
fn copy<T: Float>(parameter: &Param<Tensor<2>>, device: &Device) -> Tensor<2> {
    let value = parameter.val().inner();
    let shape = value.dims();
    tensor(numbers::<T>(value), shape, device)
}

impl Graph {
    /// The parameters of a model, to be trained as numbers of kind `T`.
    pub(crate) fn new<T: Float>(model: &Model) -> Self {
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
                let shapes = model.spec.layer_shapes();
                let (weights, biases) = shapes
                    .iter()
                    .zip(&model.layers[s])
                    .map(|(&(inputs, outputs), layer)| {
                        let weight = parameter::<T>(transposed(&layer.weight, inputs), [inputs, outputs]);
                        (weight, parameter::<T>(layer.bias.clone(), [1, outputs]))
                    })
                    .unzip();
                let radial = parameter::<T>(radial, [count * terms, CHANNELS]);
                SpeciesGraph { radial, weights, biases }
            })
            .collect();
        Self { species }
    }

    /// Writes the parameters into `model`.
    pub fn write_to(&self, model: &mut Model) {
        let terms = model.spec.radial_functions;
        for (s, graph) in self.species.iter().enumerate() {
            let radial = numbers::<f32>(graph.radial.val());
            for (b, block) in radial.chunks_exact(terms * CHANNELS).enumerate() {
                let k = model.spec.pair_index(s, b);
                model.radial[k] =
                    block.iter().enumerate().map(|(e, c)| c * smoothness(e / CHANNELS)).collect();
            }
            for (n, (weight, bias)) in graph.weights.iter().zip(&graph.biases).enumerate() {
                let outputs = weight.val().dims()[1];
                let weight = transposed(&numbers::<f32>(weight.val()), outputs);
                model.layers[s][n] = Layer { weight, bias: numbers(bias.val()) };
            }
        }
    }

    /// Every parameter.
    fn parameters(&self) -> impl Iterator<Item = &Param<Tensor<2>>> {
        self.species.iter().flat_map(|s| std::iter::once(&s.radial).chain(&s.weights).chain(&s.biases))
    }

    /// The exact numbers and the identifier of every parameter.
    pub(crate) fn state(&self) -> Vec<(u64, Vec<f64>)> {
        self.parameters().map(|param| (param.id.val(), numbers(param.val()))).collect()
    }

    /// Takes numbers and identifiers from [`Graph::state`] of a graph of the same shape; whether it is one.
    pub(crate) fn set_state<T: Float>(&mut self, state: Vec<(u64, Vec<f64>)>) -> bool {
        let species = self.species.iter_mut();
        let parameters =
            species.flat_map(|s| std::iter::once(&mut s.radial).chain(&mut s.weights).chain(&mut s.biases));
        let mut state = state.into_iter();
        for param in parameters {
            let shape = param.val().dims();
            let Some((id, values)) = state.next().filter(|(_, values)| values.len() == shape[0] * shape[1])
            else {
                return false;
            };
            let values = values.into_iter().map(T::from_f64).collect();
            let value = tensor::<T>(values, shape, &home().autodiff());
            *param = Param::initialized(ParamId::from(id), value.require_grad());
        }
        state.next().is_none()
    }

    /// Shortens a gradient to the length `most` where it is longer. Its length as it was.
    pub(crate) fn clip(&self, gradients: &mut GradientsParams, most: f64) -> f64 {
        let there = |id: &ParamId| gradients.get::<2>(*id).is_some();
        let ids: Vec<ParamId> = self.parameters().map(|param| param.id).filter(there).collect();
        let square = |id: &ParamId| {
            let gradient = gradients.get::<2>(*id).expect("those that are there were taken");
            numbers::<f64>(gradient).iter().map(|g| g.powi(2)).sum::<f64>()
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
    /// species `s`, t the direction of the step; tensors are on `device`, with autodiff.
    pub(crate) fn accumulate<T: Float>(
        &self,
        s: usize,
        batch: SpeciesBatch<T>,
        model: &Model,
        invariants: &Invariants<T>,
        gradients: &mut GradientsParams,
        device: &Device,
    ) -> AtomEnergies<T> {
        let graph = &self.species[s];
        let atoms = batch.energy_weights.len();
        let plain = device.clone().without_autodiff();
        let radial = copy::<T>(&graph.radial, &plain);
        let rows = [atoms * HARMONICS, radial.dims()[0]];
        let density = tensor(batch.density, rows, &plain);
        let tangent = tensor(batch.tangent, rows, &plain);
        let expanded = numbers::<T>(density.clone().matmul(radial.clone()));
        let expanded_tangent = numbers::<T>(tangent.clone().matmul(radial));
        let duals = to_duals(&expanded, &expanded_tangent);
        let (features, slopes) = features_of(&duals, invariants, &model.mean[s], &model.spread[s]);
        let shape = [atoms, invariants.features()];
        let leaf = |values| tensor::<T>(values, shape, device).require_grad();
        let (features, slopes) = (leaf(features), leaf(slopes));
        let layers: Vec<[Tensor<2>; 2]> = (graph.weights.iter().zip(&graph.biases))
            .map(|(weight, bias)| [weight, bias].map(|param| copy::<T>(param, device).require_grad()))
            .collect();
        let residual = model.spec.residual_layers();
        let (energies, energy_slopes) = network(&layers, features.clone(), slopes.clone(), &residual);
        let weights = tensor(batch.energy_weights, [atoms, 1], device);
        let surrogate = (energies.clone() * weights).sum() - energy_slopes.clone().sum();
        let mut found = surrogate.backward();
        let by_features = gradient_of::<T>(&features, &mut found);
        let by_slopes = gradient_of::<T>(&slopes, &mut found);
        let mut register = |param: &Param<Tensor<2>>, gradient: Tensor<2>| {
            let shape = gradient.dims();
            gradients.register(param.id, tensor(numbers::<T>(gradient), shape, &home()));
        };
        for ((weight, bias), [weight_copy, bias_copy]) in graph.weights.iter().zip(&graph.biases).zip(&layers)
        {
            for (param, copy) in [(weight, weight_copy), (bias, bias_copy)] {
                if let Some(gradient) = copy.grad_remove(&mut found) {
                    register(param, gradient);
                }
            }
        }
        let (by_density, by_tangent) =
            pull_back(&duals, invariants, &model.spread[s], &by_features, &by_slopes);
        let rows = [atoms * HARMONICS, CHANNELS];
        let by_radial = density.transpose().matmul(tensor(by_density, rows, &plain))
            + tangent.transpose().matmul(tensor(by_tangent, rows, &plain));
        register(&graph.radial, by_radial);
        AtomEnergies { energies: numbers(energies.inner()), slopes: numbers(energy_slopes.inner()) }
    }
}

/// The network, with layers that add their input where they are `residual`, and its derivative along the slopes of its
/// inputs.
///
/// # Shapes
/// - `layers`: weight `[inputs, outputs]` and bias `[1, outputs]` of each
/// - `features`, `slopes`: `[n, features]`
/// - results: `[n, 1]` each
fn network(
    layers: &[[Tensor<2>; 2]],
    features: Tensor<2>,
    slopes: Tensor<2>,
    residual: &[bool],
) -> (Tensor<2>, Tensor<2>) {
    let (mut x, mut dx) = (features, slopes);
    let last = layers.len() - 1;
    for (n, [weight, bias]) in layers.iter().enumerate() {
        let input = residual[n].then(|| (x.clone(), dx.clone()));
        x = x.matmul(weight.clone()) + bias.clone();
        dx = dx.matmul(weight.clone());
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

fn transposed(values: &[f32], columns: usize) -> Vec<f32> {
    let rows = values.len() / columns;
    (0..columns).flat_map(|c| (0..rows).map(move |r| values[r * columns + c])).collect()
}

fn gradient_of<T: Float>(leaf: &Tensor<2>, gradients: &mut Gradients) -> Vec<T> {
    numbers(leaf.grad_remove(gradients).expect("the surrogate depends on every leaf"))
}

type DualDensity<T> = [Dual<T>; HARMONICS];

fn to_duals<T: Real>(values: &[T], slopes: &[T]) -> Vec<DualDensity<T>> {
    let lanes = |row: &[T], lm: usize| Lanes(std::array::from_fn(|n| row[lm * CHANNELS + n]));
    let row = HARMONICS * CHANNELS;
    values
        .chunks_exact(row)
        .zip(slopes.chunks_exact(row))
        .map(|(v, d)| std::array::from_fn(|lm| Dual { value: lanes(v, lm), slope: lanes(d, lm) }))
        .collect()
}

struct Features<'a, T> {
    invariants: &'a Invariants<T>,
    density: &'a DualDensity<T>,
    out: &'a mut [Dual<T>],
}

impl<T: Real> Kernel for Features<'_, T> {
    type Output = ();
    #[inline(always)]
    fn call<P: Path>(self, path: P) {
        self.invariants.forward(path, self.density, self.out);
    }
}

/// Standardised features and their slopes, `[n, features]` each.
fn features_of<T: Real>(
    duals: &[DualDensity<T>],
    invariants: &Invariants<T>,
    mean: &[f32],
    spread: &[f32],
) -> (Vec<T>, Vec<T>) {
    let width = invariants.features();
    let (mut values, mut slopes) = (vec![T::ZERO; duals.len() * width], vec![T::ZERO; duals.len() * width]);
    let (mean, spread) = (widened::<T>(mean), widened::<T>(spread));
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

struct PullBack<'a, T> {
    invariants: &'a Invariants<T>,
    density: &'a DualDensity<T>,
    weights: &'a [Dual<T>],
}

impl<T: Real> Kernel for PullBack<'_, T> {
    type Output = DualDensity<T>;
    #[inline(always)]
    fn call<P: Path>(self, path: P) -> DualDensity<T> {
        let mut gradient = [Dual::ZERO; HARMONICS];
        self.invariants.adjoint(path, self.density, self.weights, &mut gradient);
        gradient
    }
}

/// Gradients by the density and by its tangent, `[n 25, 16]` each.
fn pull_back<T: Real>(
    duals: &[DualDensity<T>],
    invariants: &Invariants<T>,
    spread: &[f32],
    by_features: &[T],
    by_slopes: &[T],
) -> (Vec<T>, Vec<T>) {
    let (width, row) = (invariants.features(), HARMONICS * CHANNELS);
    let (mut density, mut tangent) = (vec![T::ZERO; duals.len() * row], vec![T::ZERO; duals.len() * row]);
    let spread = widened::<T>(spread);
    let path = SimdPath::detect();
    let inputs = by_features.par_chunks(width).zip(by_slopes.par_chunks(width)).zip(duals);
    let rows = density.par_chunks_mut(row).zip(tangent.par_chunks_mut(row)).zip(inputs);
    rows.with_min_len(16).for_each_init(
        || vec![Dual::ZERO; invariants.vectors()],
        |weights, ((density, tangent), ((by_features, by_slopes), duals))| {
            for (k, weight) in weights.iter_mut().enumerate() {
                let at = |values: &[T]| {
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

fn widened<T: Real>(values: &[f32]) -> Vec<T> {
    values.iter().map(|x| T::from_f64(f64::from(*x))).collect()
}

/// Features of undisplaced densities, `[n][features]`, not standardised.
pub(crate) fn raw_features(
    density: &[f32],
    radial: &[f32],
    columns: usize,
    invariants: &Invariants<f32>,
) -> Vec<f32> {
    let rows = density.len() / columns;
    let expanded = tensor(density.to_vec(), [rows, columns], &home()).matmul(tensor(
        radial.to_vec(),
        [columns, CHANNELS],
        &home(),
    ));
    let expanded = numbers::<f32>(expanded);
    let width = invariants.features();
    let duals = to_duals(&expanded, &vec![0.0; expanded.len()]);
    features_of(&duals, invariants, &vec![0.0; width], &vec![1.0; width]).0
}
