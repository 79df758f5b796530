use natron_atoms::{Cell, Species, Structure, Vec3};
use natron_potential::{PairSpec, ZblPair};

use super::*;
use crate::data::Origin;
use crate::float::numbers;
use crate::frames::FrameSource;

fn spec(hidden: &[usize]) -> ModelSpec {
    let pair =
        |a: &str, b: &str, cutoff_a, scale_a| PairSpec { pair: [a.into(), b.into()], cutoff_a, scale_a };
    ModelSpec {
        species: vec!["C".into(), "Na".into()],
        pairs: vec![
            pair("C", "C", 3.5, 1.8),
            pair("C", "Na", 4.0, 2.6),
            pair("Na", "C", 4.0, 2.6),
            pair("Na", "Na", 4.5, 3.2),
        ],
        radial_functions: 8,
        channel_shifts: 2,
        couplings: vec![[1, 1, 2], [2, 2, 2], [1, 2, 3]],
        five_body: Vec::new(),
        hidden: hidden.to_vec(),
        residual: false,
        walls: vec![ZblPair { pair: ["C".into(), "C".into()], inner_a: 0.6, outer_a: 1.2 }],
        dispersion: None,
    }
}

/// With what is off by default: five-body features and residual layers.
fn rich(hidden: &[usize]) -> ModelSpec {
    ModelSpec { five_body: vec![[1, 2, 1], [2, 3, 1], [3, 3, 2]], residual: true, ..spec(hidden) }
}

/// Rattled cells with labels from a smooth pair model: something to learn.
fn samples(count: usize, seed: u64) -> Vec<Sample> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..count)
        .map(|k| {
            let s = 1.9;
            let rows = [[2.0 * s, 0.0, 0.0], [0.3 * s, 2.0 * s, 0.0], [0.0, 0.2 * s, 2.1 * s]];
            let cell = Cell::new(rows, [true; 3]).expect("a cell");
            let positions: Vec<Vec3> = (0..8u8)
                .map(|n| {
                    let corner = Vec3::new(f64::from(n & 1), f64::from(n >> 1 & 1), f64::from(n >> 2)) * 0.5;
                    cell.cartesian(&corner) + Vec3::from_fn(|_, _| rng.random_range(-0.15..0.15))
                })
                .collect();
            let species = (0..8).map(|n| if n % 4 == 3 { Species::NA } else { Species::C }).collect();
            let structure = Structure { cell, species, positions };
            let teacher = natron_potential::LennardJones { epsilon_ev: 0.4, sigma_a: 1.7, cutoff_a: 4.0 };
            let list = natron_atoms::NeighbourList::build(&structure, 4.0, 0.0).expect("a list");
            let mut out = Evaluation::zeros(8);
            teacher.evaluator().evaluate(&structure, &list, &mut out).expect("evaluates");
            let kind = if k % 2 == 0 { "even" } else { "odd" };
            Sample {
                structure,
                energy_ev: out.energy_ev,
                forces: out.forces,
                virial_ev: Some(out.virial_ev),
                kind: kind.into(),
                weight: 1.0,
                name: format!("sample {k}"),
                origin: Origin::Reference,
            }
        })
        .collect()
}

fn trainer(hidden: &[usize], epochs: usize) -> Trainer {
    trainer_of(spec(hidden), epochs)
}

fn trainer_of(spec: ModelSpec, epochs: usize) -> Trainer {
    trainer_with(spec, epochs, &[Some(0.0), Some(0.0)])
}

/// A training that is told the isolated carbon atom's energy and not that of sodium.
fn trainer_with_a_free_energy(spec: ModelSpec, epochs: usize) -> Trainer {
    trainer_with(spec, epochs, &[Some(0.0), None])
}

fn trainer_with(spec: ModelSpec, epochs: usize, isolated_ev: &[Option<f64>]) -> Trainer {
    let loss = LossSettings {
        energy_weight: 0.5,
        virial_weight: 0.3,
        kind_weights: [("odd".to_string(), 0.5)].into(),
        kind_energy_weights: [("even".to_string(), 0.25)].into(),
        ..Default::default()
    };
    let optimiser = OptimiserSettings {
        epochs,
        batch_frames: 4,
        validate_every: 2,
        moving_average: 0.9,
        ..Default::default()
    };
    Trainer::new(spec, loss, optimiser, 5, samples(12, 1), samples(4, 2), isolated_ev).expect("a training")
}

/// The loss of a batch with the reference kernels in f64.
fn exact_loss(trainer: &Trainer, model: &Model, batch: &[Arc<Prepared>]) -> f64 {
    let mut model = model.clone();
    count_energies(&mut model, &trainer.origin_ev);
    let known = trainer.isolated_ev.iter().zip(&model.isolated_ev);
    let errors = known.filter_map(|(should, has)| should.map(|should| has - should));
    let mut total: f64 = errors.map(|error| trainer.loss.of_isolated(error).0).sum();
    let potential = NeuralPotential::new(model, Precision::F64).expect("valid");
    let weights = trainer.weights(batch);
    for (weights, frame) in weights.iter().zip(batch) {
        let mut out = Evaluation::zeros(frame.sample.structure.len());
        potential.evaluator().evaluate(&frame.sample.structure, &frame.list, &mut out).expect("evaluates");
        total += loss::of_frame(frame, &out, &trainer.loss, weights, batch.len()).parts.total();
    }
    total
}

/// An error of a tenth on an atom that is pushed with 40 eV/A counts about as much as one of a tenth elsewhere.
#[test]
fn a_collision_does_not_decide_the_score() {
    let loss = LossSettings::default();
    let mut sample = samples(1, 3).remove(0);
    sample.forces = vec![Vec3::new(1.0, 0.0, 0.0); 8];
    sample.forces[0] = Vec3::new(40.0, 0.0, 0.0);
    let frame = Prepared::new(sample, &spec(&[]), Depth::Density).expect("prepared");
    let model = spec(&[]);
    let score = |of_collision: f64, elsewhere: f64| {
        let mut values = Evaluation::zeros(8);
        values.energy_ev = frame.sample.energy_ev;
        values.forces.clone_from(&frame.sample.forces);
        values.forces[0].x *= 1.0 + of_collision;
        values.forces[1].x *= 1.0 + elsewhere;
        let mut sums = Sums::new(&model, &loss);
        sums.add(&frame, &values);
        sums.metrics().score()
    };
    assert_eq!(score(0.0, 0.0), 0.0);
    assert!(score(0.1, 0.0) < 1.5 * score(0.0, 0.1), "{} {}", score(0.1, 0.0), score(0.0, 0.1));
    assert!(score(0.2, 0.0) > 1.9 * score(0.1, 0.0));
}

#[test]
fn the_energies_of_a_kind_can_count_apart_from_its_forces() {
    let energy_and_forces = |weight: f64| {
        let mut trainer = trainer_of(spec(&[]), 10);
        trainer.loss.kind_energy_weights = [("odd".to_string(), weight)].into();
        let batch = trainer.train.get(&[0, 1]);
        let values = Evaluation::zeros(8);
        let of = |k: usize| {
            loss::of_frame(&batch[k], &values, &trainer.loss, &trainer.weights(&batch)[k], batch.len())
        };
        let (even, odd) = (of(0), of(1));
        assert!(even.parts.energy > 0.0 && odd.parts.forces > 0.0);
        assert_eq!(odd.by_energy == 0.0, weight == 0.0);
        (even.parts, odd.parts)
    };
    let (even, odd) = energy_and_forces(1.0);
    for weight in [0.0, 0.5] {
        let (even_then, odd_then) = energy_and_forces(weight);
        assert_eq!(even_then, even);
        assert_eq!(odd_then, Parts { energy: weight * odd.energy, ..odd });
    }
}

#[test]
fn a_pass_meets_frames_as_often_as_their_kind_says() {
    let mut often = trainer(&[], 6);
    often.optimiser.kind_repeats = [("odd".to_string(), 3), ("no frame".to_string(), 9)].into();
    assert_eq!(often.pass(), [0, 1, 1, 1, 2, 3, 3, 3, 4, 5, 5, 5, 6, 7, 7, 7, 8, 9, 9, 9, 10, 11, 11, 11]);
    let report = often.run_epoch().expect("an epoch");
    // 24 frames are six steps of four: the next begins at a sixth of 36 steps, two of them to warm up.
    assert_eq!(report.learning_rate, often.optimiser.rate(5, 36));
    often.optimiser.kind_repeats.insert("even".into(), 0);
    let problems = often.optimiser.problems();
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].0, "optimiser.kind_repeats.even");
}

#[test]
fn gradient_matches_differences_of_the_loss() {
    for (spec, huber) in [
        (spec(&[]), None),
        (spec(&[12, 8]), None),
        (spec(&[12, 8]), Some(1.5)),
        (rich(&[12, 12]), None),
        (rich(&[8, 12, 12, 12]), None),
    ] {
        let mut trainer = trainer_of(spec, 10);
        trainer.loss.force_huber = huber;
        gradient_is_right(&trainer, 2e-3);
        gradient_is_right(&exact(trainer), 3e-5);
    }
    gradient_is_right(&exact(trainer_with_a_free_energy(spec(&[12, 8]), 10)), 3e-5);
}

fn gradient_is_right(trainer: &Trainer, tolerance: f64) {
    let batch = trainer.train.get(&[0, 3, 5]);
    let (_, gradients) = trainer.gradient(&batch).expect("a gradient");
    let of = |id| numbers::<f64>(gradients.get::<2>(id).expect("there"));
    let prior = |k| f64::from(density::smoothness(k));
    let mut model = trainer.model.clone();
    let mut check = |name: &str, exact: f64, at: fn(&mut Model) -> &mut f32| {
        let (h, here) = (2e-3 * at(&mut model).abs().max(0.05), *at(&mut model));
        let mut loss_at = |value: f32| {
            *at(&mut model) = value;
            (exact_loss(trainer, &model, &batch), f64::from(value))
        };
        let mut slope = |h: f32| {
            let (up, down) = (loss_at(here + h), loss_at(here - h));
            (up.0 - down.0) / (up.1 - down.1)
        };
        // Richardson: the error of differences is of fourth order in h.
        let difference = (4.0 * slope(h) - slope(2.0 * h)) / 3.0;
        *at(&mut model) = here;
        let error = (difference - exact).abs();
        assert!(error < tolerance * difference.abs().max(1e-3), "{name}: {difference} {exact}");
    };
    for s in 0..2 {
        let graph = &trainer.graph.species[s];
        let (weight, radial) = (of(graph.weights[0].id), of(graph.radial.id));
        if trainer.model.spec.residual {
            let last = graph.weights.len() - 2;
            let square = of(graph.weights[last].id);
            let at: fn(&mut Model) -> &mut f32 = match s {
                0 => |m| &mut m.layers[0].iter_mut().nth_back(1).expect("a hidden layer").weight[5 * 12 + 7],
                _ => |m| &mut m.layers[1].iter_mut().nth_back(1).expect("a hidden layer").weight[5 * 12 + 7],
            };
            check("residual", square[7 * 12 + 5], at);
        }
        // burn holds weights as [inputs, outputs], models as [outputs, inputs].
        let outputs = trainer.model.spec.layer_shapes()[0].1;
        if s == 0 {
            check("weight C", weight[40 * outputs], |m| &mut m.layers[0][0].weight[40]);
            check("C-C", radial[3 * 16 + 2] / prior(3), |m| &mut m.radial[0][3 * 16 + 2]);
            check("C-Na", radial[(8 + 1) * 16 + 5] / prior(1), |m| &mut m.radial[1][16 + 5]);
        } else {
            check("weight Na", weight[17 * outputs], |m| &mut m.layers[1][0].weight[17]);
            check("Na-C", radial[2 * 16 + 7] / prior(2), |m| &mut m.radial[2][2 * 16 + 7]);
            check("Na-Na", radial[(8 + 2) * 16 + 9] / prior(2), |m| &mut m.radial[3][2 * 16 + 9]);
        }
    }
}

/// Energies of the burn graph and their derivatives along unit displacements agree with the kernels.
#[test]
fn graph_and_kernel_agree() {
    for spec in [spec(&[12, 8]), rich(&[12, 12]), rich(&[16, 10, 10, 10])] {
        agree::<f32>(&trainer_of(spec.clone(), 10), 1e-5);
        agree::<f64>(&exact(trainer_of(spec, 10)), 1e-13);
    }
}

/// The same training in 64-bit numbers.
fn exact(trainer: Trainer) -> Trainer {
    let compute = ComputeSettings { precision: PrecisionChoice::F64, ..Default::default() };
    trainer.computed(compute).expect("a processor")
}

fn agree<T: Float>(trainer: &Trainer, tolerance: f64) {
    let frame = &trainer.train.get(&[2])[0];
    let spec = &trainer.model.spec;
    let values = evaluate(&trainer.model, std::slice::from_ref(frame), trainer.compute.kernels())
        .expect("values")
        .remove(0);
    let force_scale = values.forces.iter().map(|f| f.amax()).fold(0.0, f64::max);
    for atom in 0..8 {
        for axis in 0..3 {
            let mut atoms = vec![Vec3::zeros(); 8];
            atoms[atom][axis] = 1.0;
            let direction = Direction { atoms: &atoms, strain: natron_atoms::Mat3::zeros() };
            let tangent = density::expand_along(&frame.pairs, direction, spec);
            let densities = vec![Densities { density: T::density(frame, spec), tangent }];
            let losses = vec![LossOfFrame {
                parts: Parts::default(),
                by_energy: 1.0,
                by_forces: atoms.clone(),
                by_virial: natron_atoms::Mat3::zeros(),
            }];
            let (mut energy, mut slope) = (0.0, 0.0);
            for s in 0..2 {
                let batch = gather::<T>(s, std::slice::from_ref(frame), &densities, &losses, spec, 0.0);
                let mut gradients = GradientsParams::new();
                let atoms = trainer.graph.accumulate(
                    s,
                    batch,
                    &trainer.model,
                    T::invariants(&trainer.features),
                    &mut gradients,
                    &trainer.device,
                );
                let (_, energies) = atoms.energies.split_last().expect("the isolated atom comes last");
                energy += energies.iter().map(|e| trainer.origin_ev[s] + e.to_f64()).sum::<f64>();
                slope += atoms.slopes.iter().map(|e| e.to_f64()).sum::<f64>();
            }
            let wall = wall_slope(trainer, frame, &atoms);
            let scale: f64 = values.atom_energies_ev.iter().map(|e| e.abs()).sum();
            assert!(
                (energy + wall.0 - values.energy_ev).abs() <= tolerance * scale.max(1.0),
                "{energy} {}",
                values.energy_ev
            );
            let force = -(slope + wall.1);
            assert!((force - values.forces[atom][axis]).abs() <= tolerance * force_scale.max(1.0), "{force}");
        }
    }
}

/// Energy of the walls and its derivative along a displacement.
fn wall_slope(trainer: &Trainer, frame: &Prepared, atoms: &[Vec3]) -> (f64, f64) {
    let walls = natron_potential::Zbl::new(&trainer.model.spec.walls).expect("valid");
    let mut out = Evaluation::zeros(8);
    let structure = &frame.sample.structure;
    let list = natron_atoms::NeighbourList::build(structure, 2.0, 0.0).expect("a list");
    walls.evaluator().evaluate(structure, &list, &mut out).expect("evaluates");
    (out.energy_ev, -out.forces.iter().zip(atoms).map(|(f, d)| f.dot(d)).sum::<f64>())
}

#[test]
fn training_learns() {
    let mut trainer = trainer(&[16], 60);
    let first = trainer.run_epoch().expect("an epoch").loss.total();
    let mut last = first;
    while !trainer.is_finished() {
        last = trainer.run_epoch().expect("an epoch").loss.total();
    }
    assert!(last < 0.1 * first, "{first} {last}");
    let valid = trainer.validate().expect("errors");
    let rms = valid.by_species[0].rms_ev_per_a;
    assert!(valid.force_rmse_ev_per_a < 0.5 * rms, "{} of {rms}", valid.force_rmse_ev_per_a);
}

#[test]
fn the_same_seed_gives_the_same_bits_on_any_number_of_threads() {
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| {
            let mut trainer = trainer(&[12], 4);
            (0..4).for_each(|_| drop(trainer.run_epoch().expect("an epoch")));
            trainer.average_model().clone()
        })
    };
    let one = run(1);
    assert_eq!(one, run(3));
}

#[test]
fn a_checkpoint_continues_as_if_nothing_had_happened() {
    continues(trainer);
    continues(|hidden, epochs| exact(trainer(hidden, epochs)));
    continues(|hidden, epochs| trainer_with_a_free_energy(spec(hidden), epochs));
    let bytes = trainer_with_a_free_energy(spec(&[12]), 6).checkpoint().expect("a checkpoint");
    assert!(trainer(&[12], 6).resume(&bytes).is_err(), "of another energy of the isolated atom");
}

fn continues(trainer: impl Fn(&[usize], usize) -> Trainer) {
    let mut straight = trainer(&[12], 6);
    (0..3).for_each(|_| drop(straight.run_epoch().expect("an epoch")));
    let bytes = straight.checkpoint().expect("a checkpoint");
    let mut resumed = trainer(&[12], 6).resume(&bytes).expect("resumes");
    for _ in 0..3 {
        assert_eq!(straight.run_epoch().expect("an epoch"), resumed.run_epoch().expect("an epoch"));
    }
    assert_eq!(straight.best_model(), resumed.best_model());
    assert_eq!(straight.graph.state(), resumed.graph.state());
    assert!(trainer(&[12], 6).resume(&bytes[..bytes.len() / 2]).is_err());
    assert!(trainer(&[10], 6).resume(&bytes).is_err());
}

/// In 64-bit numbers a training goes the same way, but not to the same bits, and keeps more of its parameters than f32 holds.
#[test]
fn precision_is_a_choice() {
    let run = |mut trainer: Trainer| {
        (0..3).for_each(|_| drop(trainer.run_epoch().expect("an epoch")));
        trainer
    };
    let (single, double) = (run(trainer(&[12], 6)), run(exact(trainer(&[12], 6))));
    let (a, b) = (single.validate().expect("errors"), double.validate().expect("errors"));
    assert!((a.force_rmse_ev_per_a / b.force_rmse_ev_per_a - 1.0).abs() < 1e-3, "{a:?} {b:?}");
    assert!(single.average_model().layers != double.average_model().layers);
    let rounded =
        |state: Vec<(u64, Vec<f64>)>| state.iter().all(|(_, v)| v.iter().all(|x| f64::from(*x as f32) == *x));
    assert!(rounded(single.graph.state()) && !rounded(double.graph.state()));
    let bytes = double.checkpoint().expect("a checkpoint");
    assert!(trainer(&[12], 6).resume(&bytes).is_err(), "of another precision");
}

/// A GPU gives the same gradient, where there is one.
#[cfg(feature = "gpu")]
#[test]
fn a_gpu_gives_the_same_gradient() {
    let gpu = ComputeSettings { device: crate::DeviceChoice::Gpu, ..Default::default() };
    let here = trainer_of(rich(&[12, 12]), 10);
    let batch = here.train.get(&[0, 3, 5]);
    let (_, expected) = here.gradient(&batch).expect("a gradient");
    let there = trainer_of(rich(&[12, 12]), 10).computed(gpu).expect("this build is for machines with a GPU");
    let (_, found) = there.gradient(&batch).expect("a gradient");
    for ((id, _), (other, _)) in here.graph.state().into_iter().zip(there.graph.state()) {
        let of = |gradients: &GradientsParams, id: u64| {
            numbers::<f64>(gradients.get::<2>(id.into()).expect("there"))
        };
        let (a, b) = (of(&expected, id), of(&found, other));
        let scale = a.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
        assert!(scale > 0.0 && a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-4 * scale));
    }
}

/// Energies count from what atoms of a species have on average; from the isolated atom where no frame has the species.
#[test]
fn energies_count_from_their_least_squares_mean() {
    let known = |s| Known::of(&Prepared::new(s, &spec(&[]), Depth::List).expect("fine"), 2);
    let mut frames: Vec<Known> = samples(3, 3).into_iter().map(known).collect();
    for (frame, counts) in frames.iter_mut().zip([[6, 2], [5, 3], [2, 6]]) {
        frame.counts = counts.to_vec();
        frame.energy_ev = -7.0 * f64::from(counts[0]) - 1.5 * f64::from(counts[1]);
    }
    let near = |found: Vec<f64>, should: [f64; 2]| {
        assert!(found.iter().zip(should).all(|(a, b)| (a - b).abs() < 1e-9), "{found:?} {should:?}");
    };
    near(mean_energies(&frames.iter().collect::<Vec<_>>(), &[Some(-1.0), None]), [-7.0, -1.5]);
    for frame in &mut frames {
        frame.energy_ev += 1.5 * f64::from(frame.counts[1]);
        frame.counts[1] = 0;
    }
    near(mean_energies(&frames.iter().collect::<Vec<_>>(), &[Some(-1.0), Some(-0.3)]), [-7.0, -0.3]);
}

/// The isolated atom is one more datum: its energy approaches what the data say, and nothing else depends on it.
#[test]
fn an_isolated_atom_is_learnt() {
    let trained = |should: Option<f64>| {
        let mut trainer = trainer_with(spec(&[16]), 150, &[should, Some(1.5)]);
        while !trainer.is_finished() {
            trainer.run_epoch().expect("an epoch");
        }
        (trainer.average_model().isolated_ev.clone(), trainer.validate().expect("errors").force_rmse_ev_per_a)
    };
    let (known, rmse) = trained(Some(2.0));
    assert!((known[0] - 2.0).abs() < 0.1 && (known[1] - 1.5).abs() < 0.1, "{known:?}");
    let (unknown, free) = trained(None);
    assert!((unknown[0] - 2.0).abs() > 0.2 && (unknown[1] - 1.5).abs() < 0.1, "{unknown:?}");
    assert!(rmse < 1.2 * free && free < 1.2 * rmse, "{rmse} {free}");
}

/// Energies that are shifted by species make the same forces and shifted energies.
#[test]
fn where_energies_count_from_changes_nothing_else() {
    let shift_ev = 512.0;
    let trained = |shift_ev: f64| {
        let like = trainer(&[12], 6);
        let shifted = |mut samples: Vec<Sample>| {
            for sample in &mut samples {
                let sodium = sample.structure.species.iter().filter(|s| s.symbol() == "Na").count();
                sample.energy_ev += shift_ev * sodium as f64;
            }
            samples
        };
        let (train, valid) = (shifted(samples(12, 1)), shifted(samples(4, 2)));
        let mut trainer =
            Trainer::new(spec(&[12]), like.loss, like.optimiser, 5, train, valid, &[]).expect("a training");
        (0..4).for_each(|_| drop(trainer.run_epoch().expect("an epoch")));
        trainer
    };
    let [a, b] = [trained(0.0), trained(shift_ev)].map(|t| t.validate().expect("errors"));
    assert!((a.force_rmse_ev_per_a / b.force_rmse_ev_per_a - 1.0).abs() < 1e-3, "{a:?} {b:?}");
    assert!((a.energy_rmse_ev_per_atom / b.energy_rmse_ev_per_atom - 1.0).abs() < 1e-2, "{a:?} {b:?}");
}

/// The members spread as the posterior says: in the direction of each datum by g^T H^-1 g, and nowhere much where data abound.
#[test]
fn the_ensemble_is_calibrated_and_knows_where_data_end() {
    let mut trainer = trainer(&[16], 6);
    while !trainer.is_finished() {
        trainer.run_epoch().expect("an epoch");
    }
    let (model, factors) = trainer.with_ensemble().expect("an ensemble");
    assert_eq!(model.members(), 32);
    assert_eq!(
        trainer.with_ensemble().expect("an ensemble"),
        (model.clone(), factors),
        "drawn from the seed"
    );
    let bare = Model { ensemble: Vec::new(), ..model.clone() };
    assert_eq!(&bare, trainer.best_model());
    let potential =
        NeuralPotential::new(model, Precision::F64).expect("valid").with_uncertainty_factors(factors);
    let stds = |sample: &Sample| {
        let list = natron_atoms::NeighbourList::build(&sample.structure, 4.5, 0.0).expect("a list");
        potential.force_std_ev_per_a(&sample.structure, &list).expect("evaluates").expect("an ensemble")
    };
    let (mut squares, mut count) = (0.0, 0.0);
    for sample in samples(4, 2) {
        let list = natron_atoms::NeighbourList::build(&sample.structure, 4.5, 0.0).expect("a list");
        let mut out = Evaluation::zeros(8);
        potential.evaluator().evaluate(&sample.structure, &list, &mut out).expect("evaluates");
        for ((force, reference), std) in out.forces.iter().zip(&sample.forces).zip(stds(&sample)) {
            for k in 0..3 {
                squares += ((force[k] - reference[k]) / std[k]).powi(2);
                count += 1.0;
            }
        }
    }
    let calibration: f64 = squares / count;
    assert!((calibration - 1.0).abs() < 0.01, "mean squared error over variance: {calibration}");
    let mean = |samples: &[Sample]| {
        let all: Vec<f64> = samples.iter().flat_map(|s| stds(s).into_iter().map(|v| v.norm())).collect();
        all.iter().sum::<f64>() / all.len() as f64
    };
    let mut squeezed = samples(4, 2);
    for sample in &mut squeezed {
        let rows = sample.structure.cell.rows() * 0.75;
        let rows = std::array::from_fn(|i| std::array::from_fn(|j| rows[(i, j)]));
        sample.structure.cell = Cell::new(rows, [true; 3]).expect("a cell");
        sample.structure.positions.iter_mut().for_each(|p| *p *= 0.75);
    }
    let (known, unknown) = (mean(&samples(4, 2)), mean(&squeezed));
    assert!(unknown > 2.0 * known, "{unknown} eV/A far from the data, {known} among them");
}

#[test]
fn a_training_starts_from_a_model_and_never_ends_worse() {
    let mut first = trainer(&[12], 6);
    (0..3).for_each(|_| drop(first.run_epoch().expect("an epoch")));
    let start = first.average_model().clone();
    let mut second = trainer(&[12], 6).start_from(&start).expect("the same shape");
    assert_eq!(second.average_model().isolated_ev, start.isolated_ev);
    assert_eq!(second.isolated_ev, [Some(0.0), Some(0.0)], "of the data, not of the model");
    assert_eq!(second.average_model().layers, start.layers);
    let before = second.best_score();
    (0..2).for_each(|_| drop(second.run_epoch().expect("an epoch")));
    assert!(second.average_model().layers != start.layers && second.best_score() <= before);
    assert_eq!(trainer(&[10], 6).start_from(&start).err(), Some(TrainError::OtherModel));
}

/// A step that is shortened goes the same way; one that is short enough stays as it is.
#[test]
fn gradients_are_shortened_together() {
    let trainer = trainer(&[12], 6);
    let batch = trainer.train.get(&[0, 1, 2]);
    let lengths = |most: f64| {
        let (_, mut gradients) = trainer.gradient(&batch).expect("a gradient");
        let before = trainer.graph.clip(&mut gradients, most);
        (before, trainer.graph.clip(&mut gradients, f64::INFINITY))
    };
    let (length, unchanged) = lengths(f64::INFINITY);
    assert!(length > 0.0 && length == unchanged);
    let (before, after) = lengths(0.3 * length);
    assert!(before == length && (after / length - 0.3).abs() < 1e-6, "{before} {after}");
    // An epoch tells the lengths before they were cut.
    let norms = |most: Option<f64>| {
        let mut trainer = trainer_of(spec(&[8]), 2);
        trainer.optimiser.gradient_norm_max = most;
        let report = trainer.run_epoch().expect("an epoch");
        (report.gradient_norm_mean, report.gradient_norm_max)
    };
    let (mean, longest) = norms(Some(1e-3));
    assert!(longest > mean && mean > 1e-3, "{mean} {longest}");
    assert!(norms(None).1 > 0.0);
}

/// Huber's loss is the square for small errors, and goes on with the slope that the square has where it ends.
#[test]
fn large_errors_count_linearly() {
    let loss = LossSettings { force_huber: Some(2.0), ..Default::default() };
    assert_eq!(loss.of_square(3.0), (3.0, 1.0));
    let (at_five, slope) = loss.of_square(25.0);
    assert!((at_five - (4.0 + 4.0 * 3.0)).abs() < 1e-12 && (slope - 0.4).abs() < 1e-12);
    assert_eq!(LossSettings::default().of_square(25.0), (25.0, 1.0));
}

/// A frame whose weight is doubled counts twice.
#[test]
fn a_frame_has_a_weight_of_its_own() {
    let make = |weight: f64| {
        let mut train = samples(4, 3);
        train[1].weight = weight;
        let valid = samples(2, 4);
        Trainer::new(spec(&[8]), LossSettings::default(), OptimiserSettings::default(), 5, train, valid, &[])
            .expect("a training")
    };
    let losses = |weight| {
        let trainer = make(weight);
        trainer.gradient(&trainer.train.get(&[0, 1])).expect("a gradient").0
    };
    let (one, two) = (losses(1.0), losses(2.0));
    assert_eq!(one[0].parts, two[0].parts);
    assert!((two[1].parts.total() / one[1].parts.total() - 2.0).abs() < 1e-12);
}

/// A label that is no number stops the training with the name of its frame.
#[test]
fn a_loss_that_is_no_number_names_its_frame() {
    let mut train = samples(6, 3);
    train[4].forces[2].y = f64::NAN;
    let valid = samples(2, 4);
    let mut trainer =
        Trainer::new(spec(&[8]), LossSettings::default(), OptimiserSettings::default(), 5, train, valid, &[])
            .expect("a training");
    let error = trainer.run_epoch().expect_err("a label is no number");
    assert!(error.to_string().contains("sample 4"), "{error}");
}

/// Frames of teachers move the weights; energies of isolated atoms, standardisation and uncertainty are not their business.
#[test]
fn teachers_teach_and_do_not_testify() {
    let make = |extra: Vec<Sample>| {
        let train = samples(6, 3).into_iter().chain(extra).collect();
        Trainer::new(
            spec(&[8]),
            LossSettings::default(),
            OptimiserSettings::default(),
            1,
            train,
            samples(3, 9),
            &[None; 2],
        )
        .expect("a training")
    };
    let taught: Vec<Sample> = samples(5, 77)
        .into_iter()
        .map(|sample| Sample { energy_ev: sample.energy_ev + 100.0, origin: Origin::Teacher, ..sample })
        .collect();
    let (mut alone, mut with) = (make(Vec::new()), make(taught.clone()));
    assert_eq!(alone.average_model(), with.average_model());
    let (alone_report, with_report) =
        (alone.run_epoch().expect("an epoch"), with.run_epoch().expect("an epoch"));
    assert!(with_report.loss.total() != alone_report.loss.total());
    let none = Trainer::new(
        spec(&[8]),
        LossSettings::default(),
        OptimiserSettings::default(),
        1,
        taught,
        samples(3, 9),
        &[None; 2],
    );
    assert!(none.is_err_and(|error| error == TrainError::NoFrames("training")));
}

/// A source that counts how often each frame is read; from some reading on one of them fails.
struct Counting {
    samples: Vec<Arc<Sample>>,
    reads: Vec<std::sync::atomic::AtomicUsize>,
    fails: Option<(usize, usize)>,
}

impl Counting {
    fn new(samples: Vec<Sample>, fails: Option<(usize, usize)>) -> Arc<Self> {
        let reads = samples.iter().map(|_| 0.into()).collect();
        Arc::new(Self { samples: samples.into_iter().map(Arc::new).collect(), reads, fails })
    }

    fn reads(&self) -> Vec<usize> {
        self.reads.iter().map(|n| n.load(std::sync::atomic::Ordering::Relaxed)).collect()
    }
}

impl FrameSource for Counting {
    fn len(&self) -> usize {
        self.samples.len()
    }

    fn load(&self, number: usize) -> Result<Arc<Sample>, TrainError> {
        let reads = self.reads[number].fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        match self.fails {
            Some((frame, after)) if frame == number && reads >= after => {
                Err(TrainError::Source(format!("frame {number} is damaged")))
            }
            _ => Ok(self.samples[number].clone()),
        }
    }
}

fn streamed(train: &Arc<Counting>, memory_bytes: u64) -> Result<Trainer, TrainError> {
    let optimiser = OptimiserSettings { epochs: 4, batch_frames: 4, validate_every: 2, ..Default::default() };
    let sources = Sources { train: train.clone(), valid: Counting::new(samples(4, 2), None), memory_bytes };
    Trainer::from_sources(spec(&[8]), LossSettings::default(), optimiser, 5, &sources, &[None; 2])
}

/// All frames in memory, none, or some: the same model, the same ensemble, on any number of threads.
#[test]
fn frames_that_are_read_anew_give_the_same_bits() {
    let result = |memory_bytes: u64, threads: usize| {
        let train = Counting::new(samples(13, 1), None);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| {
            let mut trainer = streamed(&train, memory_bytes).expect("a training");
            let reports: Vec<EpochReport> = (0..4).map(|_| trainer.run_epoch().expect("an epoch")).collect();
            (reports, trainer.with_ensemble().expect("an ensemble"), trainer.memory(), train.reads())
        })
    };
    let (reports, ensemble, memory, reads) = result(u64::MAX, 2);
    assert!(memory.held_frames == 17 && memory.streamed_frames == 0 && reads == [1; 13], "{memory:?}");
    let one = memory.held_bytes / 16;
    for (budget, threads) in [(0, 1), (0, 3), (5 * one, 2)] {
        let (again, with_ensemble, memory, reads) = result(budget, threads);
        assert_eq!(again, reports, "{budget} bytes, {threads} threads");
        assert!(with_ensemble == ensemble, "{budget} bytes, {threads} threads");
        assert!(memory.held_bytes <= budget && memory.streamed_frames >= 9, "{memory:?}");
        // Once for the first look, twice for mean and spread, in every epoch, and for the ensemble.
        assert_eq!(reads.last(), Some(&8));
        assert_eq!(memory.held_frames > 0, budget > 0);
    }
}

/// What cannot be read stops the training wherever it is, with the words of its source.
#[test]
fn a_frame_that_cannot_be_read_is_named() {
    let error =
        streamed(&Counting::new(samples(13, 1), Some((6, 0))), 0).err().expect("the first look fails");
    assert_eq!(error.to_string(), "frame 6 is damaged");
    let mut trainer = streamed(&Counting::new(samples(13, 1), Some((6, 4))), 0).expect("a training");
    trainer.run_epoch().expect("an epoch");
    assert_eq!(trainer.run_epoch().err(), Some(TrainError::Source("frame 6 is damaged".into())));
}

/// No more frames are read ahead than a batch and two for each loader.
#[test]
fn reading_ahead_has_an_end() {
    let train = Counting::new(samples(40, 1), None);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("a pool");
    let ahead = pool.install(|| {
        let trainer = streamed(&train, 0).expect("a training");
        let before: usize = train.reads().iter().sum();
        let (mut taken, mut ahead) = (0, 0);
        let look = |_: &[usize], batch: &[Arc<Prepared>]| {
            taken += batch.len();
            std::thread::sleep(std::time::Duration::from_millis(20));
            ahead = ahead.max(train.reads().iter().sum::<usize>() - before - taken);
            Ok(())
        };
        trainer.train.batches(0..40, 4, Depth::Density, look).expect("frames");
        (ahead, trainer.train.most_ahead(4))
    });
    assert!(ahead.0 >= 4 && ahead.0 <= ahead.1, "{ahead:?}");
}

/// Labels that hold a dispersion term, learnt by a model that has it, are the labels without it, learnt by one that has not; the
/// finished potential gives the whole back.
#[test]
fn a_dispersion_term_is_taken_from_the_labels_and_given_back() {
    let term = natron_potential::DispersionSpec {
        cutoff_a: 9.0,
        coordination_cutoff_a: 6.0,
        ..natron_potential::DispersionSpec::of_functional("pbe")
    };
    let with_term = ModelSpec { dispersion: Some(term), ..spec(&[8]) };
    let formula = with_term.dispersion_term().expect("valid").expect("there is one");
    let of_term = |sample: &Sample| {
        let list = natron_atoms::NeighbourList::build(&sample.structure, 4.5, 0.0).expect("a list");
        let mut out = Evaluation::zeros(8);
        formula.evaluator().evaluate(&sample.structure, &list, &mut out).expect("evaluates");
        out
    };
    let whole = |mut samples: Vec<Sample>| {
        for sample in &mut samples {
            let more = of_term(sample);
            let felt = more.forces.iter().any(|force| force.norm() > 1e-3);
            assert!(more.energy_ev < -0.1 && felt, "there is something to take away");
            sample.energy_ev += more.energy_ev;
            sample.forces.iter_mut().zip(&more.forces).for_each(|(force, more)| *force += more);
            sample.virial_ev = sample.virial_ev.map(|virial| virial + more.virial_ev);
        }
        samples
    };
    let optimiser = OptimiserSettings { epochs: 6, batch_frames: 4, validate_every: 2, ..Default::default() };
    let train = |spec: &ModelSpec, train, valid| {
        let isolated = [Some(0.0), Some(0.0)];
        let loss = LossSettings::default();
        let mut trainer = Trainer::new(spec.clone(), loss, optimiser.clone(), 5, train, valid, &isolated)
            .expect("a training");
        let reports: Vec<_> = (0..6).map(|_| trainer.run_epoch().expect("an epoch")).collect();
        (trainer, reports)
    };
    let (plain, expected) = train(&spec(&[8]), samples(12, 1), samples(4, 2));
    let (trainer, found) = train(&with_term, whole(samples(12, 1)), whole(samples(4, 2)));
    let all: Vec<usize> = (0..12).collect();
    let [found_frames, expected_frames] = [&trainer, &plain].map(|trainer| trainer.train.get(&all));
    for (found, expected) in found_frames.iter().zip(&expected_frames) {
        let (found, expected) = (&found.sample, &expected.sample);
        let [a, b] = [found, expected].map(|sample| sample.virial_ev.expect("there is one"));
        assert!((found.energy_ev - expected.energy_ev).abs() < 1e-9 && (a - b).amax() < 1e-9);
        assert!(found.forces.iter().zip(&expected.forces).all(|(a, b)| (a - b).amax() < 1e-9));
    }
    for (found, expected) in found.iter().zip(&expected) {
        let (a, b) = (found.loss.total(), expected.loss.total());
        assert!((a - b).abs() < 1e-2 * b, "epoch {}: {a} is not {b}", found.epoch);
    }
    // Energies of the finished potential are those of the network and the term.
    let (model, _) = trainer.with_ensemble().expect("an ensemble");
    assert_eq!((&model.spec, plain.best_model().spec.dispersion.is_none()), (&with_term, true));
    let [potential, learnt] = [model.clone(), model.without_dispersion()]
        .map(|model| NeuralPotential::new(model, Precision::F64).expect("valid"));
    for sample in whole(samples(4, 2)) {
        let list = natron_atoms::NeighbourList::build(&sample.structure, 4.5, 0.0).expect("a list");
        let [all, learnt] = [&potential, &learnt].map(|potential| {
            let mut out = Evaluation::zeros(8);
            potential.evaluator().evaluate(&sample.structure, &list, &mut out).expect("evaluates");
            out
        });
        let more = of_term(&sample);
        assert!((all.energy_ev - learnt.energy_ev - more.energy_ev).abs() < 1e-9);
        assert!((all.virial_ev - learnt.virial_ev - more.virial_ev).amax() < 1e-9);
        assert_eq!(all.energy_std_ev, learnt.energy_std_ev, "the term adds no doubt");
        for k in 0..8 {
            assert!((all.forces[k] - learnt.forces[k] - more.forces[k]).amax() < 1e-9);
        }
    }
}
