//! Parts of the kernel on each SIMD path: radial functions by formula and by table,
//! the polynomials of the harmonics and their contraction for sixteen pairs, the expansion of a density and the way back, invariants of an environment and their
//! adjoint with the shipped model's couplings, the network for a block of atoms, and the multiply-adds that a core does at best.
//!
//! `cargo bench --bench kernel`; once and untimed as part of `cargo xtask test`.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use natron_descriptor::peak::multiply_adds_f32;
use natron_descriptor::polynomials::{contract, polynomials};
use natron_descriptor::simd::Kernel;
use natron_descriptor::{
    CHANNELS, HARMONICS, Invariants, Lanes, Path, RadialBasis, RadialTable, SimdPath, Vector, Wide,
};
use natron_potential::dense::{BLOCK, Network, NetworkScratch};
use natron_potential::expansion::{accumulate_all, project_all};
use natron_potential::{ModelSpec, NeuralPotential};

const PATHS: [&str; 3] = ["avx512", "avx2", "portable"];

// Sums are loops: a closure handed to an iterator is not compiled for the path, and takes ten times as long.

fn main() {
    divan::main();
}

/// The path of a name; where the processor lacks it, what it falls back to.
fn path(name: &str) -> SimdPath {
    SimdPath::from_name(name).expect("one of the names above")
}

fn shipped() -> ModelSpec {
    let bytes = include_bytes!("../potentials/nac/potential.safetensors");
    NeuralPotential::from_bytes(bytes).expect("the potential is valid").model().spec.clone()
}

/// Sixteen numbers from `first` upwards.
fn ramp(first: f32, step: f32) -> [f32; CHANNELS] {
    std::array::from_fn(|n| first + step * n as f32)
}

struct Radial<'a>(&'a RadialBasis<f32>);

impl Kernel for Radial<'_> {
    type Output = f32;
    #[inline(always)]
    fn call<P: Path>(self, path: P) -> f32 {
        let constant = |x: f64| Wide::splat(path, x as f32);
        let (mut values, mut slopes) = ([constant(0.0); 12], [constant(0.0); 12]);
        let distances = Wide::new(path, black_box(ramp(1.4, 0.2)));
        let bases = RadialBasis::side_by_side(path, &[self.0; CHANNELS]);
        bases.evaluate_with(constant, distances, &mut values, &mut slopes);
        let mut sum = Lanes::ZERO;
        for (value, slope) in values.iter().zip(&slopes) {
            sum = value.lanes.add(path, slope.lanes.add(path, sum));
        }
        sum.sum(path)
    }
}

#[divan::bench(args = PATHS)]
fn radial_basis_of_16_pairs(bencher: Bencher<'_, '_>, name: &str) {
    let basis = RadialBasis::new(5.0, 1.8);
    bencher.counter(ItemsCount::new(CHANNELS)).bench(|| path(name).run(Radial(&basis)));
}

struct Table<'a>(&'a RadialTable<f32>);

impl Kernel for Table<'_> {
    type Output = f32;
    #[inline(always)]
    fn call<P: Path>(self, path: P) -> f32 {
        let mut sum = Lanes::ZERO;
        for distance in black_box(ramp(1.4, 0.2)) {
            let [value, slope] = self.0.evaluate(path, distance);
            sum = value.add(path, slope.add(path, sum));
        }
        sum.sum(path)
    }
}

#[divan::bench(args = PATHS)]
fn radial_table_of_16_pairs(bencher: Bencher<'_, '_>, name: &str) {
    let waves = |r: f64| {
        let k = |n: usize| 0.2 * (n + 1) as f64;
        (std::array::from_fn(|n| (k(n) * r).sin()), std::array::from_fn(|n| k(n) * (k(n) * r).cos()))
    };
    let table = RadialTable::new(5.0, 256, waves);
    bencher.counter(ItemsCount::new(CHANNELS)).bench(|| path(name).run(Table(&table)));
}

/// Sixteen vectors, near enough to unit length.
fn directions() -> [[f32; CHANNELS]; 3] {
    black_box([ramp(0.1, 0.02), ramp(0.9, -0.01), ramp(-0.3, 0.03)])
}

struct Polynomials;

impl Kernel for Polynomials {
    type Output = f32;
    #[inline(always)]
    fn call<P: Path>(self, path: P) -> f32 {
        let values = polynomials(path, directions().map(|u| Wide::new(path, u)));
        let mut sum = Lanes::ZERO;
        for value in values {
            sum = value.lanes.add(path, sum);
        }
        sum.sum(path)
    }
}

#[divan::bench(args = PATHS)]
fn polynomials_of_16_pairs(bencher: Bencher<'_, '_>, name: &str) {
    bencher.counter(ItemsCount::new(CHANNELS)).bench(|| path(name).run(Polynomials));
}

struct Contract<'a>(&'a [Lanes<f32>; HARMONICS]);

impl Kernel for Contract<'_> {
    type Output = f32;
    #[inline(always)]
    fn call<P: Path>(self, path: P) -> f32 {
        let (stretch, [x, y, z]) = contract(path, directions().map(|u| Wide::new(path, u)), self.0, self.0);
        stretch.lanes.add(path, x.lanes.add(path, y.lanes.add(path, z.lanes))).sum(path)
    }
}

#[divan::bench(args = PATHS)]
fn contraction_of_16_pairs(bencher: Bencher<'_, '_>, name: &str) {
    let weights = density();
    bencher.counter(ItemsCount::new(CHANNELS)).bench(|| path(name).run(Contract(black_box(&weights))));
}

/// A density, features or weights without any symmetry.
fn environment(vectors: usize) -> Vec<Lanes<f32>> {
    (0..vectors).map(|k| Lanes(std::array::from_fn(|n| ((3 * k + 7 * n) as f32).sin()))).collect()
}

fn density() -> [Lanes<f32>; HARMONICS] {
    environment(HARMONICS).try_into().expect("as many as asked for")
}

/// Of sixteen neighbours.
struct Expansion<'a>(&'a [[Lanes<f32>; 2]; CHANNELS], &'a mut [Lanes<f32>; HARMONICS]);

impl Kernel for Expansion<'_> {
    type Output = ();
    #[inline(always)]
    fn call<P: Path>(self, path: P) {
        let harmonics = *black_box(&*self.1);
        accumulate_all(path, self.0, &harmonics, self.1);
    }
}

#[divan::bench(args = PATHS)]
fn expansion_of_16_pairs(bencher: Bencher<'_, '_>, name: &str) {
    let radial = std::array::from_fn(|k| [Lanes(ramp(0.1 * k as f32, 0.01)); 2]);
    let mut sums = density();
    bencher
        .counter(ItemsCount::new(CHANNELS))
        .bench_local(|| path(name).run(Expansion(black_box(&radial), &mut sums)));
}

/// Back from the gradient by the density to sixteen neighbours.
struct Projection<'a>(&'a [Lanes<f32>; HARMONICS], &'a [Lanes<f32>; CHANNELS]);

impl Kernel for Projection<'_> {
    type Output = f32;
    #[inline(always)]
    fn call<P: Path>(self, path: P) -> f32 {
        let (mut turn, mut stretch) = ([Lanes::ZERO; HARMONICS], [Lanes::ZERO; HARMONICS]);
        project_all(path, self.0, self.1, self.1, &mut turn, &mut stretch);
        let mut sum = Lanes::ZERO;
        for (turn, stretch) in black_box(&turn).iter().zip(black_box(&stretch)) {
            sum = turn.add(path, stretch.add(path, sum));
        }
        sum.sum(path)
    }
}

#[divan::bench(args = PATHS)]
fn projection_of_16_pairs(bencher: Bencher<'_, '_>, name: &str) {
    let values = std::array::from_fn(|k| Lanes(ramp(0.1 * k as f32, 0.01)));
    let weights = density();
    bencher
        .counter(ItemsCount::new(CHANNELS))
        .bench(|| path(name).run(Projection(black_box(&weights), black_box(&values))));
}

struct Forward<'a> {
    invariants: &'a Invariants<f32>,
    density: &'a [Lanes<f32>; HARMONICS],
    features: &'a mut [Lanes<f32>],
}

impl Kernel for Forward<'_> {
    type Output = ();
    #[inline(always)]
    fn call<P: Path>(self, path: P) {
        self.invariants.forward(path, self.density, self.features);
    }
}

fn invariants() -> Invariants<f32> {
    let spec = shipped();
    spec.invariants().expect("the potential is valid")
}

#[divan::bench(args = PATHS)]
fn invariants_of_an_environment(bencher: Bencher<'_, '_>, name: &str) {
    let (invariants, density) = (invariants(), density());
    let mut features = environment(invariants.vectors());
    bencher.bench_local(|| {
        let (density, features) = (black_box(&density), &mut features[..]);
        path(name).run(Forward { invariants: &invariants, density, features });
    });
}

struct Adjoint<'a> {
    invariants: &'a Invariants<f32>,
    density: &'a [Lanes<f32>; HARMONICS],
    weights: &'a [Lanes<f32>],
    gradient: &'a mut [Lanes<f32>; HARMONICS],
}

impl Kernel for Adjoint<'_> {
    type Output = ();
    #[inline(always)]
    fn call<P: Path>(self, path: P) {
        self.invariants.adjoint(path, self.density, self.weights, self.gradient);
    }
}

#[divan::bench(args = PATHS)]
fn adjoint_of_an_environment(bencher: Bencher<'_, '_>, name: &str) {
    let (invariants, density, mut gradient) = (invariants(), density(), density());
    let weights = environment(invariants.vectors());
    bencher.bench_local(|| {
        let (density, gradient) = (black_box(&density), &mut gradient);
        path(name).run(Adjoint { invariants: &invariants, density, weights: &weights, gradient });
    });
}

struct Evaluate<'a> {
    network: &'a Network<f32>,
    features: &'a [Lanes<f32>],
    gradients: &'a mut [Lanes<f32>],
    energies: &'a mut [f32; BLOCK],
    scratch: &'a mut NetworkScratch<f32>,
}

impl Kernel for Evaluate<'_> {
    type Output = ();
    #[inline(always)]
    fn call<P: Path>(self, path: P) {
        self.network.evaluate(path, self.features, self.gradients, self.energies, self.scratch);
    }
}

/// Energies of a block of atoms and their gradients by the features, with layers of the shipped model's shapes.
#[divan::bench(args = PATHS)]
fn network_of_a_block(bencher: Bencher<'_, '_>, name: &str) {
    let layer = |(inputs, outputs): (usize, usize)| {
        let weights = (0..inputs * outputs).map(|k| (k as f64).sin() / inputs as f64).collect();
        (inputs, outputs, weights, vec![0.1; outputs])
    };
    let spec = shipped();
    let layers: Vec<_> = spec.layer_shapes().into_iter().map(layer).collect();
    let network = Network::new(&layers, &spec.residual_layers());
    let features = environment(BLOCK * spec.features() / CHANNELS);
    let (mut gradients, mut energies) = (features.clone(), [0.0; BLOCK]);
    let mut scratch = network.scratch();
    bencher.counter(ItemsCount::new(BLOCK)).bench_local(|| {
        path(name).run(Evaluate {
            network: &network,
            features: black_box(&features),
            gradients: &mut gradients,
            energies: &mut energies,
            scratch: &mut scratch,
        });
    });
}

#[divan::bench(args = PATHS)]
fn multiply_adds(bencher: Bencher<'_, '_>, name: &str) {
    bencher.counter(ItemsCount::new(8_000usize)).bench(|| multiply_adds_f32(path(name), 8, 1000));
}
