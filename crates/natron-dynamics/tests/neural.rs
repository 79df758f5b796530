//! Dynamics with a neural potential: blocks in parallel, single precision, walls at short distance.

use natron_atoms::{Cell, Structure, Vec3};
use natron_dynamics::conservation::{Conditions, nve_conservation};
use natron_dynamics::quantity::{LengthA, TimestepFs};
use natron_dynamics::random::{Purpose, RandomKey};
use natron_dynamics::{PotentialTag, Restart, Simulation};
use natron_potential::{
    DispersionSpec, Layer, Model, ModelSpec, NeuralPotential, PairSpec, Precision, ZblPair,
};

use crate::common::{drawn, dynamics, langevin, nve, plan, simulation, symbol, temperature};

/// Channels of the descriptor, which the shape of a model's radial coefficients depends on.
const CHANNELS: usize = 16;

/// A model with random weights, small enough that walls and a spring-like spread keep the atoms apart.
fn potential(precision: Precision, dispersion: Option<DispersionSpec>) -> NeuralPotential {
    let names = ["C", "Na"];
    let pairs = names.iter().flat_map(|a| names.iter().map(move |b| [a.to_string(), b.to_string()]));
    let spec = ModelSpec {
        species: names.map(str::to_owned).to_vec(),
        pairs: pairs.map(|pair| PairSpec { pair, cutoff_a: 4.0, scale_a: 2.2 }).collect(),
        radial_functions: 8,
        channel_shifts: 2,
        couplings: vec![[1, 1, 2], [2, 2, 2]],
        five_body: Vec::new(),
        hidden: vec![16],
        residual: false,
        walls: [["C", "C"], ["C", "Na"], ["Na", "Na"]]
            .map(|pair| ZblPair { pair: pair.map(str::to_owned), inner_a: 1.5, outer_a: 2.6 })
            .to_vec(),
        dispersion,
    };
    let mut normals = RandomKey::new(3, 0, 0, Purpose::Velocities).at_step(0);
    let mut random = |n: usize, scale: f64| -> Vec<f32> {
        (0..n).map(|_| (scale * normals.next_vector().x) as f32).collect()
    };
    let features = spec.features();
    let radial = spec.pairs.iter().map(|_| random(spec.radial_functions * CHANNELS, 0.3)).collect();
    let shapes = spec.layer_shapes();
    let mut layers = || -> Vec<Layer> {
        let layer = |&(i, o): &(usize, usize)| Layer {
            weight: random(i * o, 0.2 / (i as f64).sqrt()),
            bias: random(o, 0.1),
        };
        shapes.iter().map(layer).collect()
    };
    let layers = vec![layers(), layers()];
    let (mean, spread) = (vec![vec![0.0; features]; 2], vec![vec![1.0; features]; 2]);
    let model = Model { radial, mean, spread, layers, isolated_ev: vec![0.0; 2], ensemble: Vec::new(), spec };
    NeuralPotential::new(model, precision).expect("a valid model")
}

/// D3 with cutoffs so short that many pairs pass them.
fn dispersion() -> Option<DispersionSpec> {
    let (cutoff_a, coordination_cutoff_a, switch_a) = (7.0, 5.0, 2.0);
    Some(DispersionSpec { cutoff_a, coordination_cutoff_a, switch_a, ..DispersionSpec::of_functional("pbe") })
}

/// `n`^3 atoms, one in six of them sodium, 2.3 A apart.
fn structure(n: usize) -> Structure {
    let spacing = 2.3;
    let sites = (0..n * n * n).map(|m| Vec3::new((m / (n * n)) as f64, (m / n % n) as f64, (m % n) as f64));
    let positions: Vec<Vec3> = sites.map(|site| site * spacing).collect();
    let species = (0..positions.len()).map(|i| symbol(if i % 6 == 2 { "Na" } else { "C" })).collect();
    let edge = spacing * n as f64;
    let cell = Cell::new([[edge, 0.0, 0.0], [0.0, edge, 0.0], [0.0, 0.0, edge]], [true; 3]).expect("a cell");
    Structure::new(cell, species, positions).expect("a structure")
}

#[test]
fn a_neural_run_resumes_and_threads_to_the_same_bits() {
    for dispersion in [None, dispersion()] {
        resumes_and_threads(&potential(Precision::F32, dispersion));
    }
}

fn resumes_and_threads(potential: &NeuralPotential) {
    let plan = plan(
        2,
        vec![
            drawn(dynamics("warm", 120, 1.0, langevin(600.0, 5.0)), 600.0),
            dynamics("nve", 120, 1.0, nve()),
        ],
    );
    // 216 atoms: enough blocks to be evaluated in parallel.
    let run = |threads, cut: u64| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| {
            let mut run = simulation(&plan, &structure(6), potential);
            let asked = std::cell::Cell::new(0);
            let stop = || {
                asked.set(asked.get() + 1);
                asked.get() == cut
            };
            run.run(&mut (), &stop).expect("stable");
            let restart = Restart::from_bytes(&run.restart().to_bytes()).expect("its own bytes");
            let tag = PotentialTag::default();
            let mut resumed = Simulation::resume(&plan, &restart, potential, tag).expect("it fits");
            assert!(resumed.is_bitwise(&restart));
            resumed.run(&mut (), &|| false).expect("stable");
            (resumed.restart().to_bytes(), run.list_rebuilds() + resumed.list_rebuilds())
        })
    };
    let (whole, rebuilds) = run(1, u64::MAX);
    assert!(rebuilds > 1, "the list must be rebuilt for this to mean something");
    for (threads, cut) in [(3, u64::MAX), (1, 71), (2, 197)] {
        assert!(run(threads, cut).0 == whole, "{threads} threads, cut at {cut}");
    }
}

/// Single precision included: its rounding must neither heat nor cool. Other processors take other SIMD paths to
/// other trajectories, so this is a draw on each: hence 5 standard errors for the trend.
#[test]
fn a_neural_potential_conserves_energy() {
    for (precision, dispersion) in
        [(Precision::F64, None), (Precision::F32, None), (Precision::F64, dispersion())]
    {
        let conditions = Conditions {
            temperature: temperature(400.0),
            timestep: TimestepFs::new(1.0).expect("in range"),
            equilibration_timestep: TimestepFs::new(0.5).expect("in range"),
            equilibration_steps: 600,
            steps: 2500,
            skin: LengthA::new(1.0).expect("in range"),
            seed: 1,
        };
        let report =
            nve_conservation(&potential(precision, dispersion), &structure(4), &conditions).expect("stable");
        assert!((report.ratio() - 4.0).abs() < 0.4, "{precision:?}: {report:?}");
        let (drift, error) = (report.drift_mev_per_atom_ps, report.drift_err_mev_per_atom_ps);
        assert!(drift.abs() < 5.0 * error && error < 0.005, "{precision:?}: {report:?}");
    }
}
