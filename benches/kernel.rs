//! The parts of the kernel that natron-descriptor has, on each SIMD path: radial basis and harmonics of sixteen pairs at
//! once, invariants of an environment and their adjoint with the shipped model's couplings, and the multiply-adds that
//! a core does at best.
//!
//! `cargo bench --bench kernel`; once and untimed as part of `cargo xtask test`.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use natron_descriptor::peak::multiply_adds_f32;
use natron_descriptor::simd::Kernel;
use natron_descriptor::{
    CHANNELS, HARMONICS, Invariants, Lanes, Path, RadialBasis, SimdPath, Vector, Wide, harmonics_of,
};
use natron_potential::{ModelSpec, NeuralPotential};

const PATHS: [&str; 3] = ["avx512", "avx2", "portable"];

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
        let all = values.iter().chain(&slopes);
        all.fold(Lanes::ZERO, |sum, value| value.lanes.add(path, sum)).sum(path)
    }
}

#[divan::bench(args = PATHS)]
fn radial_basis_of_16_pairs(bencher: Bencher<'_, '_>, name: &str) {
    let basis = RadialBasis::new(5.0, 1.8);
    bencher.counter(ItemsCount::new(CHANNELS)).bench(|| path(name).run(Radial(&basis)));
}

struct Harmonics;

impl Kernel for Harmonics {
    type Output = f32;
    #[inline(always)]
    fn call<P: Path>(self, path: P) -> f32 {
        let constant = |x: f64| Wide::splat(path, x as f32);
        let unit =
            [ramp(0.1, 0.02), ramp(0.9, -0.01), ramp(-0.3, 0.03)].map(|u| Wide::new(path, black_box(u)));
        let (values, gradients) = harmonics_of(constant, unit);
        let all = values.iter().chain(gradients.iter().flatten());
        all.fold(Lanes::ZERO, |sum, value| value.lanes.add(path, sum)).sum(path)
    }
}

#[divan::bench(args = PATHS)]
fn harmonics_and_gradients_of_16_pairs(bencher: Bencher<'_, '_>, name: &str) {
    bencher.counter(ItemsCount::new(CHANNELS)).bench(|| path(name).run(Harmonics));
}

/// A density, features or weights without any symmetry.
fn environment(vectors: usize) -> Vec<Lanes<f32>> {
    (0..vectors).map(|k| Lanes(std::array::from_fn(|n| ((3 * k + 7 * n) as f32).sin()))).collect()
}

fn density() -> [Lanes<f32>; HARMONICS] {
    environment(HARMONICS).try_into().expect("as many as asked for")
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
    Invariants::new(spec.channel_shifts, &spec.couplings).expect("the potential is valid")
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
}

impl Kernel for Adjoint<'_> {
    type Output = [Lanes<f32>; HARMONICS];
    #[inline(always)]
    fn call<P: Path>(self, path: P) -> [Lanes<f32>; HARMONICS] {
        let mut gradient = [Lanes::ZERO; HARMONICS];
        self.invariants.adjoint(path, self.density, self.weights, &mut gradient);
        gradient
    }
}

#[divan::bench(args = PATHS)]
fn adjoint_of_an_environment(bencher: Bencher<'_, '_>, name: &str) {
    let (invariants, density) = (invariants(), density());
    let weights = environment(invariants.vectors());
    bencher.bench(|| {
        let (density, weights) = (black_box(&density), &weights[..]);
        path(name).run(Adjoint { invariants: &invariants, density, weights })
    });
}

#[divan::bench(args = PATHS)]
fn multiply_adds(bencher: Bencher<'_, '_>, name: &str) {
    bencher.counter(ItemsCount::new(8_000usize)).bench(|| multiply_adds_f32(path(name), 8, 1000));
}
