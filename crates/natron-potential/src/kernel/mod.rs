//! The compiled model: from the neighbours of a block of atoms to energies and pair gradients.
//!
//! For each centre i with neighbours j: A_nlm = sum_j R_n(r_ij) Y_lm(u_ij) ([`forward`]), features, network, then
//! backwards G = dE/dA and with it the gradient of every pair ([`backward`]). Nothing of the size of a descriptor gradient
//! is ever stored.

mod backward;
mod describe;
mod forward;
mod neighbourhood;
mod radial;

use std::ops::Range;
use std::time::Instant;

use natron_atoms::{Mat3, Species, Vec3};
use natron_descriptor::simd::Kernel;
use natron_descriptor::{CHANNELS, HARMONICS, Invariants, Lanes, Path, Portable, Real, SimdPath, Vector};

use crate::dense::{BLOCK, Network, NetworkScratch};
use crate::layout::Local;
use crate::model::{MAX_MEMBERS, Model, ModelError, ModelSpec};
use crate::zbl::Zbl;
pub(crate) use neighbourhood::Scene;
use neighbourhood::{Close, Neighbourhood};
use radial::Radial;

/// A model laid out for its kernels.
#[derive(Debug, Clone)]
pub(crate) struct Compiled<T> {
    elements: Vec<Species>,
    /// `[centre species][neighbour species]`, as the next two.
    radial: Vec<Radial<T>>,
    cutoff_squared: Vec<f64>,
    /// Below this squared distance (A^2) a pair needs a closer look: a wall acts, or there is no direction.
    near_squared: Vec<f64>,
    invariants: Invariants<T>,
    networks: Vec<Network<T>>,
    /// Members of the ensemble.
    members: usize,
    /// E0 - NN(features of nothing), by species, eV.
    baseline_ev: Vec<f64>,
    walls: Zbl,
}

/// Kernel buffers of one thread.
#[derive(Debug)]
pub(crate) struct Scratch<T> {
    /// For the positions of a task's locals, A.
    pub positions: Vec<[f64; 4]>,
    hood: Neighbourhood<T>,
    density: Vec<[Lanes<T>; HARMONICS]>,
    by_density: [Lanes<T>; HARMONICS],
    features: Vec<Lanes<T>>,
    gradients: Vec<Lanes<T>>,
    network: Vec<NetworkScratch<T>>,
    energies: [T; BLOCK],
    /// Processor time of forward, network, backward, s, where it is taken.
    pub phases_s: Option<[f64; 3]>,
}

/// dE/dr of an atom, eV/A, and a fourth number without meaning: whole vectors are added.
pub(crate) type Gradient = [f64; 4];

/// What a block of centres contributes.
#[derive(Debug, Clone)]
pub(crate) struct BlockOutput {
    /// Energy of each centre, eV.
    pub energies_ev: [f64; BLOCK],
    /// What each member of the ensemble gives for the block more than the model, eV.
    pub members_ev: [f64; MAX_MEMBERS],
    /// Mean square of that over the members for each centre, eV^2.
    pub variances_ev2: [f64; BLOCK],
    /// Virial, eV.
    pub virial_ev: Mat3,
    /// A pair with no distance, if there is one: (centre, neighbour, distance in A).
    pub overlap: Option<(Local, Local, f64)>,
}

impl Default for BlockOutput {
    fn default() -> Self {
        Self {
            energies_ev: [0.0; BLOCK],
            members_ev: [0.0; MAX_MEMBERS],
            variances_ev2: [0.0; BLOCK],
            virial_ev: Mat3::zeros(),
            overlap: None,
        }
    }
}

/// Below this distance (A) a direction means nothing.
const NO_DISTANCE_A: f64 = 1e-3;

impl<T: Real> Compiled<T> {
    /// Lays out a checked model.
    pub fn new(model: &Model) -> Result<Self, ModelError> {
        model.validate()?;
        let spec = &model.spec;
        let elements = spec.elements()?;
        let species = elements.len();
        let walls = Zbl::new(&spec.walls).map_err(ModelError::Range)?;
        let (mut radial, mut cutoff_squared, mut near_squared) = (Vec::new(), Vec::new(), Vec::new());
        for k in 0..species * species {
            let (a, b) = (k / species, k % species);
            let index = spec.pair_index(a, b);
            let pair = &spec.pairs[index];
            radial.push(Radial::new(pair.cutoff_a, pair.scale_a, model.radial[index].as_chunks().0));
            cutoff_squared.push(pair.cutoff_a * pair.cutoff_a);
            let wall_a = crate::Potential::cutoff_a(&walls, elements[a], elements[b]);
            near_squared.push(wall_a.max(NO_DISTANCE_A).powi(2));
        }
        let networks: Vec<Network<T>> = (0..species)
            .map(|s| {
                let network = Network::new(&folded_layers(model, s), &spec.residual_layers());
                network.with_members(&folded_members(model, s))
            })
            .collect();
        let members = model.members();
        let alone_ev = networks.iter().map(|network| alone_ev(network, spec));
        let baseline_ev =
            model.isolated_ev.iter().zip(alone_ev).map(|(isolated, alone)| isolated - alone).collect();
        let invariants = spec.invariants()?;
        Ok(Self {
            elements,
            radial,
            cutoff_squared,
            near_squared,
            invariants,
            networks,
            members,
            baseline_ev,
            walls,
        })
    }

    /// Members of the ensemble; 0 without one.
    pub fn members(&self) -> usize {
        self.members
    }

    /// Buffers of one thread.
    pub fn scratch(&self) -> Scratch<T> {
        let vectors = self.invariants.vectors();
        Scratch {
            positions: Vec::new(),
            hood: Neighbourhood::new(BLOCK),
            density: vec![[Lanes::ZERO; HARMONICS]; BLOCK],
            by_density: [Lanes::ZERO; HARMONICS],
            features: vec![Lanes::ZERO; BLOCK * vectors],
            gradients: vec![Lanes::ZERO; BLOCK * vectors],
            network: self.networks.iter().map(Network::scratch).collect(),
            energies: [T::ZERO; BLOCK],
            phases_s: None,
        }
    }

    /// Energies of `centres`, between one and [`BLOCK`] atoms of one species. Their gradients by all positions are added to those of
    /// the task's locals, `gradients` (eV/A).
    pub fn block(
        &self,
        path: SimdPath,
        scene: &Scene<'_>,
        centres: Range<usize>,
        scratch: &mut Scratch<T>,
        gradients: &mut [Gradient],
        out: &mut BlockOutput,
    ) {
        let (species, atoms) = (scene.layout.own(centres.start).species(), centres.len());
        let work = BlockKernel { model: self, scene, species, centres, scratch, gradients };
        out.virial_ev = path.run(work);
        for (energy, kernel) in out.energies_ev.iter_mut().zip(&scratch.energies) {
            *energy = kernel.to_f64() + self.baseline_ev[species];
        }
        if self.members > 0 {
            self.spread(&scratch.network[species].members, atoms, out);
        }
        out.overlap = None;
        for &close in &scratch.hood.close {
            self.add_wall(species, &close, &scratch.hood, gradients, out);
        }
    }

    /// Neighbours, densities and features of a block of centres of one species.
    #[inline(always)]
    fn features<P: Path>(
        &self,
        path: P,
        scene: &Scene<'_>,
        species: usize,
        centres: Range<usize>,
        scratch: &mut Scratch<T>,
    ) {
        let Scratch { hood, density, features, .. } = scratch;
        let pairs = species * self.elements.len()..(species + 1) * self.elements.len();
        let (cutoffs, near) = (&self.cutoff_squared[pairs.clone()], &self.near_squared[pairs.clone()]);
        hood.gather(scene, centres.clone(), cutoffs, near);
        let vectors = self.invariants.vectors();
        for slot in 0..centres.len() {
            forward::density(path, hood, hood.spans[slot], &self.radial[pairs.clone()], &mut density[slot]);
            let features = &mut features[slot * vectors..(slot + 1) * vectors];
            self.invariants.forward(path, &density[slot], features);
        }
    }

    /// Sums what the members give more, `[atoms][members / 16]`.
    fn spread(&self, members: &[Lanes<T>], atoms: usize, out: &mut BlockOutput) {
        out.members_ev = [0.0; MAX_MEMBERS];
        let rows = members.chunks_exact(self.members.div_ceil(CHANNELS)).take(atoms);
        for (row, variance) in rows.zip(&mut out.variances_ev2) {
            let mut squares = 0.0;
            for (lanes, sums) in row.iter().zip(out.members_ev.as_chunks_mut::<CHANNELS>().0) {
                for (x, sum) in lanes.0.iter().zip(sums) {
                    let x = x.to_f64();
                    *sum += x;
                    squares += x * x;
                }
            }
            *variance = squares / self.members as f64;
        }
    }

    /// Adds half of a wall's energy and gradient to a pair, or notes that its atoms overlap.
    #[cold]
    fn add_wall(
        &self,
        species: usize,
        close: &Close,
        hood: &Neighbourhood<T>,
        gradients: &mut [Gradient],
        out: &mut BlockOutput,
    ) {
        let distance = close.squared.sqrt();
        if distance < NO_DISTANCE_A {
            out.overlap = Some((hood.own[close.slot], close.neighbour, distance));
            return;
        }
        let other = self.elements[close.neighbour.species()];
        let (energy, slope) = self.walls.pair(self.elements[species], other, distance);
        out.energies_ev[close.slot] += 0.5 * energy;
        let vector: [f64; 3] = std::array::from_fn(|k| hood.vector[close.column][k].to_f64());
        let gradient = vector.map(|x| x * (0.5 * slope / distance));
        for k in 0..3 {
            gradients[close.neighbour.number()][k] += gradient[k];
            gradients[hood.own[close.slot].number()][k] -= gradient[k];
        }
        out.virial_ev -= Vec3::from(gradient) * Vec3::from(vector).transpose();
    }
}

/// What a network says of an atom without neighbours, eV.
fn alone_ev<T: Real>(network: &Network<T>, spec: &ModelSpec) -> f64 {
    let nothing = vec![Lanes::ZERO; spec.features() / CHANNELS];
    let (mut out, mut gradient) = ([T::ZERO], nothing.clone());
    network.evaluate(Portable, &nothing, &mut gradient, &mut out, &mut network.scratch());
    out[0].to_f64()
}

impl Model {
    /// What the network's energies of atoms of species `s` count from, eV: the rest of the isolated atom's energy.
    pub fn energy_counts_from(&self, s: usize) -> f64 {
        self.isolated_ev[s] - self.network_alone_ev(s)
    }

    /// Gives the isolated atom of species `s` the energy that it has if those of the network count from `origin_ev`.
    pub fn count_energy_from(&mut self, s: usize, origin_ev: f64) {
        self.isolated_ev[s] = origin_ev + self.network_alone_ev(s);
    }

    fn network_alone_ev(&self, s: usize) -> f64 {
        alone_ev(&Network::<f64>::new(&folded_layers(self, s), &self.spec.residual_layers()), &self.spec)
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

/// What the members of the ensemble have more in the last layer of species `s`, `[members, inputs]`; where there is no hidden
/// layer, the standardisation of the features is folded in.
fn folded_members(model: &Model, s: usize) -> Vec<f64> {
    let Some(rows) = model.ensemble.get(s) else { return Vec::new() };
    let linear = model.spec.hidden.is_empty();
    let scale = |input: usize| if linear { f64::from(model.spread[s][input]) } else { 1.0 };
    let width = model.spec.last_width();
    rows.iter().enumerate().map(|(k, x)| f64::from(*x) / scale(k % width)).collect()
}

struct BlockKernel<'a, T> {
    model: &'a Compiled<T>,
    scene: &'a Scene<'a>,
    species: usize,
    centres: Range<usize>,
    scratch: &'a mut Scratch<T>,
    gradients: &'a mut [Gradient],
}

impl<T: Real> Kernel for BlockKernel<'_, T> {
    /// Virial, eV.
    type Output = Mat3;

    #[inline(always)]
    fn call<P: Path>(self, path: P) -> Mat3 {
        let Self { model, scene, species, centres, scratch, gradients: by_position } = self;
        let mut clock = scratch.phases_s.map(|_| Instant::now());
        let mut lap = |phases: &mut Option<[f64; 3]>, phase: usize| {
            if let (Some(phases), Some(start)) = (phases, &mut clock) {
                let now = Instant::now();
                phases[phase] += (now - *start).as_secs_f64();
                *start = now;
            }
        };
        model.features(path, scene, species, centres.clone(), scratch);
        let Scratch { hood, density, by_density, features, gradients, network, energies, phases_s, .. } =
            scratch;
        let vectors = model.invariants.vectors();
        lap(phases_s, 0);
        let energies = &mut energies[..centres.len()];
        model.networks[species].evaluate(path, features, gradients, energies, &mut network[species]);
        lap(phases_s, 1);
        let mut virial = [Lanes::ZERO; 6];
        for slot in 0..centres.len() {
            let weights = &gradients[slot * vectors..(slot + 1) * vectors];
            model.invariants.adjoint(path, &density[slot], weights, by_density);
            backward::pair_gradients(path, hood, slot, by_density, by_position, &mut virial);
        }
        let [xx, yy, zz, yz, xz, xy] = virial.map(|lanes| lanes.0.iter().map(|x| x.to_f64()).sum::<f64>());
        lap(phases_s, 2);
        Mat3::new(xx, xy, xz, xy, yy, yz, xz, yz, zz)
    }
}
