//! The compiled model: from the neighbours of a block of atoms to energies and pair gradients.
//!
//! For each centre i with neighbours j: A_nlm = sum_j R_n(r_ij) Y_lm(u_ij), features, network, then
//! backwards G = dE/dA, and for each neighbour dE/dr = X . R' u + (I - u u^T) (T . R) / r with
//! X_n = sum_lm G_nlm Y_lm and T_n = sum_lm G_nlm dY_lm/du. Nothing of the size of a descriptor gradient
//! is ever stored.

use natron_atoms::{NeighbourList, Structure, Vec3};
use natron_descriptor::simd::Kernel;
use natron_descriptor::{
    CHANNELS, HARMONICS, Invariants, Lanes, Path, Portable, RadialBasis, Real, SimdPath, Vector, Wide,
    harmonics_of,
};

use crate::dense::{BLOCK, Network, NetworkScratch};
use crate::model::{Model, ModelError};
use crate::zbl::Zbl;

/// Radial functions of one ordered pair: R_n(r) = sum_k c_kn B_k(r).
#[derive(Debug, Clone)]
struct RadialFunctions<T> {
    basis: RadialBasis<T>,
    cutoff_squared: f64,
    coefficients: Vec<Lanes<T>>,
}

/// A model laid out for its kernels.
#[derive(Debug, Clone)]
pub(crate) struct Compiled<T> {
    species: usize,
    radial: Vec<RadialFunctions<T>>,
    invariants: Invariants<T>,
    networks: Vec<Network<T>>,
    /// E0 - NN(features of nothing), by species, eV.
    baseline_ev: Vec<f64>,
    walls: Zbl,
    wall_reach_a: f64,
}

/// A centre's neighbour, ready for the kernel.
#[derive(Debug, Clone, Copy)]
struct Pair<T> {
    unit: [T; 3],
    distance: T,
    inverse_distance: T,
    neighbour_species: u32,
}

/// Kernel buffers of one thread.
#[derive(Debug)]
pub(crate) struct Scratch<T> {
    pairs: Vec<Pair<T>>,
    vectors: Vec<Vec3>,
    first: Vec<usize>,
    radial: Vec<[Lanes<T>; 2]>,
    /// Y and dY/du, of sixteen pairs each.
    angular: Vec<[[Lanes<T>; HARMONICS]; 4]>,
    density: Vec<[Lanes<T>; HARMONICS]>,
    features: Vec<Lanes<T>>,
    gradients: Vec<Lanes<T>>,
    network: Vec<NetworkScratch<T>>,
    pair_gradients: Vec<[T; 3]>,
    energies: Vec<T>,
}

/// What a block of centres contributes.
#[derive(Debug, Default)]
pub(crate) struct BlockOutput {
    /// Energy of each centre, eV.
    pub energies_ev: Vec<f64>,
    /// Force on each centre, eV/A.
    pub centre_forces: Vec<Vec3>,
    /// Virial, eV.
    pub virial_ev: natron_atoms::Mat3,
    /// Neighbour atoms and the forces on them, eV/A.
    pub neighbour_forces: Vec<(u32, Vec3)>,
    /// A pair with no distance, if there is one: (centre, neighbour, distance in A).
    pub overlap: Option<(usize, usize, f64)>,
}

/// Below this distance (A) a direction means nothing.
const NO_DISTANCE_A: f64 = 1e-3;

impl<T: Real> Compiled<T> {
    /// Lays out a checked model.
    pub fn new(model: &Model) -> Result<Self, ModelError> {
        model.validate()?;
        let spec = &model.spec;
        let species = spec.species.len();
        let radial = (0..species * species)
            .map(|k| {
                let index = spec.pair_index(k / species, k % species);
                let pair = &spec.pairs[index];
                let row = |row: &[f32; CHANNELS]| Lanes(row.map(|c| T::from_f64(f64::from(c))));
                RadialFunctions {
                    basis: RadialBasis::new(pair.cutoff_a, pair.scale_a),
                    cutoff_squared: pair.cutoff_a * pair.cutoff_a,
                    coefficients: model.radial[index].as_chunks::<CHANNELS>().0.iter().map(row).collect(),
                }
            })
            .collect();
        let networks: Vec<Network<T>> =
            (0..species).map(|s| Network::new(&folded_layers(model, s))).collect();
        let empty = vec![Lanes::ZERO; spec.features() / CHANNELS];
        let baseline_ev = (0..species)
            .map(|s| {
                let (mut out, mut gradient) = ([T::ZERO], empty.clone());
                let mut scratch = networks[s].scratch();
                networks[s].evaluate(Portable, &empty, &mut gradient, &mut out, &mut scratch);
                model.isolated_ev[s] - out[0].to_f64()
            })
            .collect();
        let walls = Zbl::new(&spec.walls).map_err(ModelError::Range)?;
        let wall_reach_a = spec.walls.iter().map(|w| w.outer_a).fold(0.0, f64::max);
        let invariants = Invariants::new(spec.channel_shifts, &spec.couplings)?;
        Ok(Self { species, radial, invariants, networks, baseline_ev, walls, wall_reach_a })
    }

    /// Buffers of one thread.
    pub fn scratch(&self) -> Scratch<T> {
        let vectors = self.invariants.vectors();
        Scratch {
            pairs: Vec::new(),
            vectors: Vec::new(),
            first: Vec::new(),
            radial: Vec::new(),
            angular: Vec::new(),
            density: vec![[Lanes::ZERO; HARMONICS]; BLOCK],
            features: vec![Lanes::ZERO; BLOCK * vectors],
            gradients: vec![Lanes::ZERO; BLOCK * vectors],
            network: self.networks.iter().map(Network::scratch).collect(),
            pair_gradients: Vec::new(),
            energies: vec![T::ZERO; BLOCK],
        }
    }

    /// Energies and forces of `centres`, at most [`BLOCK`] atoms of species number `centre_species`.
    /// `numbers` holds the species number of every atom.
    #[allow(clippy::too_many_arguments)]
    pub fn block(
        &self,
        path: SimdPath,
        structure: &Structure,
        list: &NeighbourList,
        numbers: &[u32],
        centres: &[u32],
        scratch: &mut Scratch<T>,
        out: &mut BlockOutput,
    ) {
        let Some(&leader) = centres.first() else { return };
        let centre_species = numbers[leader as usize] as usize;
        out.neighbour_forces.clear();
        out.overlap = None;
        self.gather(structure, list, numbers, centres, scratch, out);
        path.run(BlockKernel { model: self, centre_species, centres: centres.len(), scratch });
        out.energies_ev.clear();
        out.energies_ev.extend(
            scratch.energies[..centres.len()].iter().map(|e| e.to_f64() + self.baseline_ev[centre_species]),
        );
        self.collect(structure, centres, scratch, out);
    }

    /// Lists the neighbours within each pair's own cutoff.
    fn gather(
        &self,
        structure: &Structure,
        list: &NeighbourList,
        numbers: &[u32],
        centres: &[u32],
        scratch: &mut Scratch<T>,
        out: &mut BlockOutput,
    ) {
        scratch.pairs.clear();
        scratch.vectors.clear();
        scratch.first.clear();
        scratch.first.push(0);
        for &centre in centres {
            let centre = centre as usize;
            let here = structure.positions[centre];
            let row = numbers[centre] as usize * self.species;
            let (indices, offsets) = list.rows(centre);
            for (&index, offset) in indices.iter().zip(offsets) {
                let vector = structure.positions[index as usize] + offset - here;
                let squared = vector.norm_squared();
                let neighbour_species = numbers[index as usize];
                if squared >= self.radial[row + neighbour_species as usize].cutoff_squared {
                    continue;
                }
                let distance = squared.sqrt();
                if distance < NO_DISTANCE_A {
                    out.overlap = Some((centre, index as usize, distance));
                    continue;
                }
                let inverse = 1.0 / distance;
                scratch.vectors.push(vector);
                out.neighbour_forces.push((index, Vec3::zeros()));
                scratch.pairs.push(Pair {
                    unit: [vector.x, vector.y, vector.z].map(|x| T::from_f64(x * inverse)),
                    distance: T::from_f64(distance),
                    inverse_distance: T::from_f64(inverse),
                    neighbour_species,
                });
            }
            scratch.first.push(scratch.pairs.len());
        }
    }

    /// Turns pair gradients into forces and the virial, in f64, and adds the walls.
    fn collect(&self, structure: &Structure, centres: &[u32], scratch: &Scratch<T>, out: &mut BlockOutput) {
        out.centre_forces.clear();
        out.virial_ev = natron_atoms::Mat3::zeros();
        for (slot, &centre) in centres.iter().enumerate() {
            let mut force = Vec3::zeros();
            for k in scratch.first[slot]..scratch.first[slot + 1] {
                let vector = &scratch.vectors[k];
                let mut gradient = Vec3::from(scratch.pair_gradients[k].map(T::to_f64));
                let distance = scratch.pairs[k].distance.to_f64();
                if distance < self.wall_reach_a {
                    let (a, b) = (
                        structure.species[centre as usize],
                        structure.species[out.neighbour_forces[k].0 as usize],
                    );
                    let distance = vector.norm();
                    let (energy, slope) = self.walls.pair(a, b, distance);
                    out.energies_ev[slot] += 0.5 * energy;
                    gradient += vector * (0.5 * slope / distance);
                }
                force += gradient;
                out.neighbour_forces[k].1 = -gradient;
                out.virial_ev -= gradient * vector.transpose();
            }
            out.centre_forces.push(force);
        }
    }
}

/// Layers of species `s` in f64 with the standardisation of the features folded into the first.
fn folded_layers(model: &Model, s: usize) -> Vec<(usize, usize, Vec<f64>, Vec<f64>)> {
    let wide = |values: &[f32]| values.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
    let mut layers: Vec<_> = model
        .spec
        .layer_shapes()
        .into_iter()
        .zip(&model.layers[s])
        .map(|((inputs, outputs), layer)| (inputs, outputs, wide(&layer.weight), wide(&layer.bias)))
        .collect();
    let (mean, spread) = (wide(&model.mean[s]), wide(&model.spread[s]));
    let (inputs, _, weight, bias) = &mut layers[0];
    for (row, bias) in weight.chunks_exact_mut(*inputs).zip(bias) {
        for ((entry, spread), mean) in row.iter_mut().zip(&spread).zip(&mean) {
            *entry /= spread;
            *bias -= *entry * mean;
        }
    }
    layers
}

struct BlockKernel<'a, T> {
    model: &'a Compiled<T>,
    centre_species: usize,
    centres: usize,
    scratch: &'a mut Scratch<T>,
}

impl<T: Real> Kernel for BlockKernel<'_, T> {
    type Output = ();

    #[inline(always)]
    fn call<P: Path>(self, path: P) {
        let Self { model, centre_species, centres, scratch } = self;
        prepare(path, model, centre_species, scratch);
        expand(path, centres, scratch);
        let vectors = model.invariants.vectors();
        for slot in 0..centres {
            let features = &mut scratch.features[slot * vectors..(slot + 1) * vectors];
            model.invariants.forward(path, &scratch.density[slot], features);
        }
        model.networks[centre_species].evaluate(
            path,
            &scratch.features,
            &mut scratch.gradients,
            &mut scratch.energies[..centres],
            &mut scratch.network[centre_species],
        );
        for slot in 0..centres {
            let weights = &scratch.gradients[slot * vectors..(slot + 1) * vectors];
            scratch.density[slot] = model.invariants.adjoint(path, &scratch.density[slot], weights);
        }
        contract(path, centres, scratch);
    }
}

/// R, R' and Y, dY/du of every pair, the formulas on sixteen pairs at once.
#[inline(always)]
fn prepare<T: Real, P: Path>(path: P, model: &Compiled<T>, centre_species: usize, scratch: &mut Scratch<T>) {
    let constant = |x| Wide::splat(path, T::from_f64(x));
    scratch.radial.clear();
    scratch.angular.resize(scratch.pairs.len().div_ceil(CHANNELS), [[Lanes::ZERO; HARMONICS]; 4]);
    let row = &model.radial[centre_species * model.species..(centre_species + 1) * model.species];
    let (mut values, mut slopes) = ([constant(0.0); 64], [constant(0.0); 64]);
    let terms = row[0].coefficients.len();
    let (values, slopes) = (&mut values[..terms], &mut slopes[..terms]);
    for (pairs, angular) in scratch.pairs.chunks(CHANNELS).zip(&mut scratch.angular) {
        // The last chunk repeats its last pair.
        let mut bases = [&row[0].basis; CHANNELS];
        let mut numbers = [[T::ZERO; CHANNELS]; 4];
        for n in 0..CHANNELS {
            let pair = &pairs[n.min(pairs.len() - 1)];
            bases[n] = &row[pair.neighbour_species as usize].basis;
            let [x, y, z] = pair.unit;
            [numbers[0][n], numbers[1][n], numbers[2][n], numbers[3][n]] = [x, y, z, pair.distance];
        }
        let [x, y, z, distance] = numbers.map(|numbers| Wide::new(path, numbers));
        RadialBasis::side_by_side(path, &bases).evaluate_with(constant, distance, values, slopes);
        for (n, pair) in pairs.iter().enumerate() {
            let (mut radial, mut slope) = (Lanes::ZERO, Lanes::ZERO);
            let coefficients = &row[pair.neighbour_species as usize].coefficients;
            for (coefficients, (value, d)) in coefficients.iter().zip(values.iter().zip(slopes.iter())) {
                radial = coefficients.axpy(path, value.lanes.0[n], radial);
                slope = coefficients.axpy(path, d.lanes.0[n], slope);
            }
            scratch.radial.push([radial, slope]);
        }
        let (value, gradient) = harmonics_of(constant, [x, y, z]);
        for lm in 0..HARMONICS {
            angular[0][lm] = value[lm].lanes;
            for c in 0..3 {
                angular[1 + c][lm] = gradient[c][lm].lanes;
            }
        }
    }
}

/// A_nlm = sum_j R_n Y_lm.
#[inline(always)]
fn expand<T: Real, P: Path>(path: P, centres: usize, scratch: &mut Scratch<T>) {
    for slot in 0..centres {
        let mut density = [Lanes::ZERO; HARMONICS];
        for k in scratch.first[slot]..scratch.first[slot + 1] {
            let [radial, _] = scratch.radial[k];
            let ([y, ..], n) = (&scratch.angular[k / CHANNELS], k % CHANNELS);
            for lm in 0..HARMONICS {
                density[lm] = radial.axpy(path, y[lm].0[n], density[lm]);
            }
        }
        scratch.density[slot] = density;
    }
}

/// dE/dr of each neighbour from G = dE/dA (which `density` holds by now).
#[inline(always)]
fn contract<T: Real, P: Path>(path: P, centres: usize, scratch: &mut Scratch<T>) {
    scratch.pair_gradients.resize(scratch.pairs.len(), [T::ZERO; 3]);
    for slot in 0..centres {
        let density = &scratch.density[slot];
        for k in scratch.first[slot]..scratch.first[slot + 1] {
            let ([y, gx, gy, gz], n) = (&scratch.angular[k / CHANNELS], k % CHANNELS);
            let mut along = [Lanes::ZERO; 4];
            for lm in 0..HARMONICS {
                along[0] = density[lm].axpy(path, y[lm].0[n], along[0]);
                along[1] = density[lm].axpy(path, gx[lm].0[n], along[1]);
                along[2] = density[lm].axpy(path, gy[lm].0[n], along[2]);
                along[3] = density[lm].axpy(path, gz[lm].0[n], along[3]);
            }
            let [radial, slope] = scratch.radial[k];
            let Pair { unit, inverse_distance, .. } = scratch.pairs[k];
            let stretch = along[0].mul(path, slope).sum(path);
            let turn = [along[1], along[2], along[3]].map(|along| along.mul(path, radial).sum(path));
            let outward = turn[0] * unit[0] + turn[1] * unit[1] + turn[2] * unit[2];
            scratch.pair_gradients[k] =
                std::array::from_fn(|c| stretch * unit[c] + (turn[c] - outward * unit[c]) * inverse_distance);
        }
    }
}
