//! Energy of one atom and its gradient by the positions of its neighbours.
//!
//! | paper (10.1063/5.0106617) | here |
//! |---|---|
//! | f_k(r), c_nk^IJ | `chebyshev`, `radial`, `angular` of [`Compiled`] |
//! | radial q_n = sum_j sum_k c_nk f_k(r_j) | `sums`: sum_j f_k first, type by type |
//! | angular g_n(r_j), A_nlm = sum_j g_n(r_j) Y_lm(u_j) | `g`, `density` |
//! | U = sum_mu w1_mu tanh(sum_nu w0_mu,nu q_nu - b0_mu) - b1 | [`Compiled::network`] |
//!
//! The gradient runs backward: from dU/dq to the densities, from there to each neighbour. Inner loops are plain and run
//! over harmonics, radial functions or descriptors padded to eight, for the compiler to vectorise.

use natron_atoms::Vec3;
use natron_descriptor::Sphere;

use super::basis::chebyshev;
use super::many_body::{FourBody, add_five_body_gradient, five_body};
use super::model::{Model, Network, Reach, Shape};
use super::wall::Wall;

/// Rows are padded to this many numbers.
const LANES: usize = 8;

fn padded(count: usize) -> usize {
    count.next_multiple_of(LANES)
}

/// A model laid out for evaluation.
#[derive(Debug, Clone)]
pub(super) struct Compiled {
    pub types: usize,
    shape: Shape,
    /// `[type][type]`.
    pub reach: Vec<Reach>,
    walls: Option<Vec<Wall>>,
    /// `[type][type][k][n]`.
    radial: Vec<f64>,
    /// `[type][type][k][n]`, n padded.
    angular: Vec<f64>,
    /// Weights with the descriptors' factors in them, `[neuron][descriptor]`, descriptors padded.
    networks: Vec<Network>,
    offset_ev: f64,
    sphere: Sphere,
    four: FourBody,
}

/// A neighbour of the centre.
#[derive(Debug, Clone, Copy)]
pub(super) struct Near {
    /// Its place among the gradients.
    pub slot: usize,
    /// Its type.
    pub kind: usize,
    /// From the centre to it, A.
    pub vector: Vec3,
    /// Length of the vector, A.
    pub r: f64,
}

/// Buffers of one thread.
#[derive(Debug, Clone, Default)]
pub(super) struct Scratch {
    pub near: Vec<Near>,
    /// f_k of the radial descriptors and their slopes, `[neighbour][k]`.
    radial: Vec<f64>,
    radial_slopes: Vec<f64>,
    /// sum_j f_k(r_j), and dU/d of it, `[type][k]`.
    sums: Vec<f64>,
    sums_adjoint: Vec<f64>,
    /// f_k of one neighbour's angular descriptors and their slopes.
    angular: Vec<f64>,
    angular_slopes: Vec<f64>,
    /// g_n and slopes, `[neighbour][n]`, n padded.
    g: Vec<f64>,
    g_slopes: Vec<f64>,
    /// Harmonics without l = 0, `[neighbour][lm]`, lm padded; their gradients, `[neighbour][3][lm]`.
    harmonics: Vec<f64>,
    harmonic_gradients: Vec<f64>,
    /// One neighbour's harmonics with l = 0: values, and three gradients.
    raw: Vec<f64>,
    /// A_nlm and dU/dA_nlm, `[n][lm]`, lm padded.
    density: Vec<f64>,
    density_adjoint: Vec<f64>,
    /// Descriptors and dU/d of them, padded.
    q: Vec<f64>,
    q_adjoint: Vec<f64>,
    /// sum_n g_n dU/dA_nlm for one neighbour, lm padded.
    weights: Vec<f64>,
}

/// to += a x.
#[inline(always)]
fn add_scaled(to: &mut [f64], a: f64, x: &[f64]) {
    for (to, x) in to.iter_mut().zip(x) {
        *to += a * x;
    }
}

/// a . b for padded rows.
#[inline(always)]
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; LANES];
    for (a, b) in a.as_chunks::<LANES>().0.iter().zip(b.as_chunks::<LANES>().0) {
        for k in 0..LANES {
            sums[k] += a[k] * b[k];
        }
    }
    sums.iter().sum()
}

/// Makes room for `count` zeros.
#[inline(always)]
fn zero(buffer: &mut Vec<f64>, count: usize) {
    buffer.clear();
    buffer.resize(count, 0.0);
}

impl Compiled {
    pub fn new(model: &Model) -> Self {
        let (types, shape) = (model.species.len(), model.shape);
        let row = padded(shape.descriptors());
        let network = |network: &Network| {
            let mut weight = vec![0.0; shape.neurons * row];
            for (neuron, from) in network.weight.chunks_exact(shape.descriptors()).enumerate() {
                for (d, (w, scale)) in from.iter().zip(&model.scale).enumerate() {
                    weight[neuron * row + d] = w * scale;
                }
            }
            Network { weight, ..network.clone() }
        };
        Self {
            types,
            shape,
            reach: model.reach.clone(),
            walls: model.walls.clone(),
            radial: by_pair(&model.radial, types, shape.radial, shape.radial_basis, shape.radial),
            angular: by_pair(
                &model.angular,
                types,
                shape.angular,
                shape.angular_basis,
                padded(shape.angular),
            ),
            networks: model.networks.iter().map(network).collect(),
            offset_ev: model.offset_ev,
            sphere: Sphere::new(shape.l_max),
            four: FourBody::new(),
        }
    }

    /// How far anything of a pair of types reaches, A.
    pub fn cutoff_a(&self, a: usize, b: usize) -> f64 {
        let pair = a * self.types + b;
        let wall = self.walls.as_ref().map_or(0.0, |walls| walls[pair].outer_a);
        self.reach[pair].radial_a.max(wall)
    }

    /// Energy (eV) of an atom of type `kind` whose neighbours are in `scratch.near`; its gradients (eV/A) by their
    /// positions are added to their slots of `gradients`.
    #[inline(always)]
    pub fn atom(&self, kind: usize, scratch: &mut Scratch, gradients: &mut [[f64; 3]]) -> f64 {
        self.forward(kind, scratch);
        self.describe(scratch, kind);
        let energy = self.network(kind, scratch);
        self.adjoints(kind, scratch);
        self.backward(kind, scratch, gradients) + energy
    }

    /// Sums over neighbours.
    #[inline(always)]
    fn forward(&self, kind: usize, scratch: &mut Scratch) {
        let (shape, near) = (self.shape, &scratch.near);
        let (basis, rows, lm) = (shape.radial_basis, padded(shape.angular), self.harmonics());
        scratch.radial.resize(near.len() * basis, 0.0);
        scratch.radial_slopes.resize(near.len() * basis, 0.0);
        scratch.angular.resize(shape.angular_basis, 0.0);
        scratch.angular_slopes.resize(shape.angular_basis, 0.0);
        scratch.harmonics.resize(near.len() * lm, 0.0);
        scratch.harmonic_gradients.resize(near.len() * 3 * lm, 0.0);
        scratch.raw.resize(4 * self.sphere.count(), 0.0);
        zero(&mut scratch.g, near.len() * rows);
        zero(&mut scratch.g_slopes, near.len() * rows);
        zero(&mut scratch.sums, self.types * basis);
        zero(&mut scratch.density, shape.angular * lm);
        for (j, n) in scratch.near.iter().enumerate() {
            let pair = kind * self.types + n.kind;
            let reach = self.reach[pair];
            if n.r < reach.radial_a {
                let at = j * basis..(j + 1) * basis;
                let values = &mut scratch.radial[at.clone()];
                chebyshev(n.r, reach.radial_a, values, &mut scratch.radial_slopes[at]);
                add_scaled(&mut scratch.sums[n.kind * basis..(n.kind + 1) * basis], 1.0, values);
            }
            if n.r < reach.angular_a {
                chebyshev(n.r, reach.angular_a, &mut scratch.angular, &mut scratch.angular_slopes);
                let at = j * rows..(j + 1) * rows;
                let (g, slopes) = (&mut scratch.g[at.clone()], &mut scratch.g_slopes[at]);
                let coefficients =
                    &self.angular[pair * shape.angular_basis * rows..][..shape.angular_basis * rows];
                for (k, row) in coefficients.chunks_exact(rows).enumerate() {
                    add_scaled(g, scratch.angular[k], row);
                    add_scaled(slopes, scratch.angular_slopes[k], row);
                }
                self.fill_harmonics(
                    n,
                    &mut scratch.raw,
                    &mut scratch.harmonics[j * lm..(j + 1) * lm],
                    &mut scratch.harmonic_gradients[j * 3 * lm..(j + 1) * 3 * lm],
                );
                let y = &scratch.harmonics[j * lm..(j + 1) * lm];
                for (density, g) in scratch.density.chunks_exact_mut(lm).zip(&*g) {
                    add_scaled(density, *g, y);
                }
            }
        }
    }

    /// Numbers of a row of harmonics without l = 0.
    fn harmonics(&self) -> usize {
        padded(self.sphere.count() - 1)
    }

    /// Harmonics of one direction and their gradients, without l = 0.
    #[inline(always)]
    fn fill_harmonics(&self, near: &Near, raw: &mut [f64], values: &mut [f64], gradients: &mut [f64]) {
        let (count, lm) = (self.sphere.count(), values.len());
        let u = near.vector / near.r;
        let (raw_values, rest) = raw.split_at_mut(count);
        let (gx, rest) = rest.split_at_mut(count);
        let (gy, gz) = rest.split_at_mut(count);
        self.sphere.values_with_gradients([u.x, u.y, u.z], raw_values, [gx, gy, gz]);
        values[..count - 1].copy_from_slice(&raw_values[1..]);
        for (k, g) in [gx, gy, gz].into_iter().enumerate() {
            gradients[k * lm..k * lm + count - 1].copy_from_slice(&g[1..]);
        }
    }

    /// Descriptors from sums and densities.
    #[inline(always)]
    fn describe(&self, scratch: &mut Scratch, kind: usize) {
        let (shape, lm) = (self.shape, self.harmonics());
        zero(&mut scratch.q, padded(shape.descriptors()));
        let (radial, angular) = scratch.q.split_at_mut(shape.radial);
        for (coefficients, sum) in self.radial_of(kind).chunks_exact(shape.radial).zip(&scratch.sums) {
            add_scaled(radial, *sum, coefficients);
        }
        for (n, a) in scratch.density.chunks_exact(lm).enumerate() {
            for l in 1..=shape.l_max {
                let square: f64 = a[l * l - 1..l * (l + 2)].iter().map(|x| x * x).sum();
                angular[(l - 1) * shape.angular + n] = square;
            }
            let mut next = shape.l_max * shape.angular + n;
            if shape.four_body {
                angular[next] = self.four.value(a);
                next += shape.angular;
            }
            if shape.five_body {
                angular[next] = five_body(a);
            }
        }
    }

    /// The radial coefficients around a type, `[type][k][n]`.
    #[inline(always)]
    fn radial_of(&self, kind: usize) -> &[f64] {
        let block = self.types * self.shape.radial_basis * self.shape.radial;
        &self.radial[kind * block..(kind + 1) * block]
    }

    /// The energy of the descriptors (eV), and its gradient by them.
    #[inline(always)]
    fn network(&self, kind: usize, scratch: &mut Scratch) -> f64 {
        let network = &self.networks[if self.networks.len() > 1 { kind } else { 0 }];
        let row = scratch.q.len();
        zero(&mut scratch.q_adjoint, row);
        let mut energy = -self.offset_ev;
        for ((weight, bias), out) in network.weight.chunks_exact(row).zip(&network.bias).zip(&network.out) {
            let value = (dot(weight, &scratch.q) - bias).tanh();
            energy += out * value;
            add_scaled(&mut scratch.q_adjoint, out * (1.0 - value * value), weight);
        }
        energy
    }

    /// From dU/dq to dU/d of sums and densities.
    #[inline(always)]
    fn adjoints(&self, kind: usize, scratch: &mut Scratch) {
        let (shape, lm) = (self.shape, self.harmonics());
        let (radial, angular) = scratch.q_adjoint.split_at(shape.radial);
        scratch.sums_adjoint.clear();
        for coefficients in self.radial_of(kind).chunks_exact(shape.radial) {
            scratch.sums_adjoint.push(coefficients.iter().zip(radial).map(|(c, q)| c * q).sum());
        }
        zero(&mut scratch.density_adjoint, shape.angular * lm);
        let densities = scratch.density.chunks_exact(lm).zip(scratch.density_adjoint.chunks_exact_mut(lm));
        for (n, (a, adjoint)) in densities.enumerate() {
            for l in 1..=shape.l_max {
                let at = l * l - 1..l * (l + 2);
                add_scaled(&mut adjoint[at.clone()], 2.0 * angular[(l - 1) * shape.angular + n], &a[at]);
            }
            let mut next = shape.l_max * shape.angular + n;
            if shape.four_body {
                self.four.add_gradient(a, angular[next], adjoint);
                next += shape.angular;
            }
            if shape.five_body {
                add_five_body_gradient(a, angular[next], adjoint);
            }
        }
    }

    /// Gradients by the neighbours' positions; half the energy of the walls (eV).
    #[inline(always)]
    fn backward(&self, kind: usize, scratch: &mut Scratch, gradients: &mut [[f64; 3]]) -> f64 {
        let (shape, lm, rows) = (self.shape, self.harmonics(), padded(self.shape.angular));
        let basis = shape.radial_basis;
        let mut walls = 0.0;
        for (j, n) in scratch.near.iter().enumerate() {
            let pair = kind * self.types + n.kind;
            let reach = self.reach[pair];
            let u = n.vector / n.r;
            let mut along = 0.0;
            let mut across = Vec3::zeros();
            if n.r < reach.radial_a {
                let adjoints = &scratch.sums_adjoint[n.kind * basis..(n.kind + 1) * basis];
                let slopes = &scratch.radial_slopes[j * basis..(j + 1) * basis];
                along += adjoints.iter().zip(slopes).map(|(a, s)| a * s).sum::<f64>();
            }
            if n.r < reach.angular_a {
                zero(&mut scratch.weights, lm);
                let y = &scratch.harmonics[j * lm..(j + 1) * lm];
                let g = &scratch.g[j * rows..(j + 1) * rows];
                let slopes = &scratch.g_slopes[j * rows..(j + 1) * rows];
                for (k, adjoint) in scratch.density_adjoint.chunks_exact(lm).enumerate() {
                    along += slopes[k] * dot(adjoint, y);
                    add_scaled(&mut scratch.weights, g[k], adjoint);
                }
                let gradients = &scratch.harmonic_gradients[j * 3 * lm..(j + 1) * 3 * lm];
                across = Vec3::from_fn(|k, _| dot(&scratch.weights, &gradients[k * lm..(k + 1) * lm]) / n.r);
                across -= u * u.dot(&across);
            }
            if let Some(all) = &self.walls {
                let (energy, slope) = all[pair].pair(n.r);
                walls += 0.5 * energy;
                along += 0.5 * slope;
            }
            let gradient = u * along + across;
            for (to, x) in gradients[n.slot].iter_mut().zip(&gradient) {
                *to += x;
            }
        }
        walls
    }
}

/// `[n][k][type][type]` turned into `[type][type][k][row]`.
fn by_pair(from: &[f64], types: usize, functions: usize, basis: usize, row: usize) -> Vec<f64> {
    let pairs = types * types;
    let mut to = vec![0.0; pairs * basis * row];
    for n in 0..functions {
        for k in 0..basis {
            for pair in 0..pairs {
                to[(pair * basis + k) * row + n] = from[(n * basis + k) * pairs + pair];
            }
        }
    }
    to
}
