//! Every potential of the workspace passes the contract, and the contract fails what breaks it.

use natron_atoms::{Cutoffs, NeighbourList, Species, Structure};
use natron_descriptor::{CHANNELS, SimdPath};
use natron_potential::contract::{self, tiny_cell};
use natron_potential::file::{self, Provenance};
use natron_potential::{
    Dispersion, DispersionSpec, Evaluation, EvaluationError, Evaluator, FileError, Layer, LennardJones,
    Model, ModelSpec, NeuralPotential, PairSpec, Potential, Precision, ShiftedLennardJones,
    UncertaintyFactors, Zbl, ZblPair,
};
use rand::{RngExt, SeedableRng};

fn spec(hidden: &[usize]) -> ModelSpec {
    let pair =
        |a: &str, b: &str, cutoff_a, scale_a| PairSpec { pair: [a.into(), b.into()], cutoff_a, scale_a };
    ModelSpec {
        species: vec!["C".into(), "Na".into()],
        pairs: vec![
            pair("C", "C", 3.5, 1.8),
            pair("C", "Na", 4.0, 2.6),
            pair("Na", "C", 4.2, 2.6),
            pair("Na", "Na", 4.5, 3.2),
        ],
        radial_functions: 8,
        channel_shifts: 2,
        couplings: vec![[1, 1, 2], [2, 2, 2], [1, 2, 3], [1, 3, 4], [4, 4, 4]],
        five_body: Vec::new(),
        hidden: hidden.to_vec(),
        residual: false,
        walls: vec![ZblPair { pair: ["C".into(), "C".into()], inner_a: 0.9, outer_a: 2.2 }],
        dispersion: None,
    }
}

/// With what is off by default: five-body features and residual layers.
fn rich_spec(hidden: &[usize]) -> ModelSpec {
    let five_body = vec![[1, 2, 1], [2, 4, 4], [3, 3, 2], [4, 3, 1]];
    ModelSpec { five_body, residual: true, ..spec(hidden) }
}

fn random_model(hidden: &[usize], seed: u64) -> Model {
    random_model_of(spec(hidden), seed)
}

fn random_model_of(spec: ModelSpec, seed: u64) -> Model {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let mut random =
        |n: usize, scale: f32| (0..n).map(|_| rng.random_range(-scale..scale)).collect::<Vec<f32>>();
    let features = spec.features();
    let radial = (0..4).map(|_| random(spec.radial_functions * CHANNELS, 0.5)).collect();
    let mean = (0..2).map(|_| random(features, 0.2)).collect();
    let spread = (0..2).map(|_| random(features, 0.2).iter().map(|x| 1.0 + x).collect()).collect();
    let layers = (0..2)
        .map(|_| {
            let layer = |(i, o): (usize, usize)| Layer {
                weight: random(i * o, 1.5 / (i as f32).sqrt()),
                bias: random(o, 0.3),
            };
            spec.layer_shapes().into_iter().map(layer).collect()
        })
        .collect();
    Model { radial, mean, spread, layers, isolated_ev: vec![-1.3, -0.2], ensemble: Vec::new(), spec }
}

fn neural(hidden: &[usize], precision: Precision) -> NeuralPotential {
    NeuralPotential::new(random_model(hidden, 3), precision).expect("a valid model")
}

fn rich(hidden: &[usize], precision: Precision) -> NeuralPotential {
    NeuralPotential::new(random_model_of(rich_spec(hidden), 3), precision).expect("a valid model")
}

const NA_C: [Species; 2] = [Species::C, Species::NA];

#[test]
fn neural_potentials_pass() {
    for hidden in [&[][..], &[20], &[64, 32]] {
        let potential = neural(hidden, Precision::F64);
        contract::check(&potential, &tiny_cell(&NA_C, 1.7, 1)).expect("passes");
        contract::check(&potential, &tiny_cell(&[Species::C], 1.4, 2)).expect("passes");
    }
}

/// D3 with cutoffs so short that the checks take seconds, yet beyond those of the network.
fn dispersion() -> DispersionSpec {
    let (cutoff_a, coordination_cutoff_a, switch_a) = (7.0, 5.0, 2.0);
    DispersionSpec { cutoff_a, coordination_cutoff_a, switch_a, ..DispersionSpec::of_functional("pbe") }
}

#[test]
fn a_neural_potential_with_dispersion_passes() {
    let structure = tiny_cell(&NA_C, 1.7, 1);
    let mut model = random_model(&[20], 3);
    let plain = NeuralPotential::new(model.clone(), Precision::F64).expect("a valid model");
    model.spec.dispersion = Some(dispersion());
    let potential = NeuralPotential::new(model, Precision::F64).expect("a valid model");
    contract::check(&potential, &structure).expect("passes");
    // The list is no longer than without, and the energy is the sum of both.
    assert_eq!((potential.max_cutoff_a(), potential.reach_a(NA_C[0], NA_C[1])), (plain.max_cutoff_a(), 7.0));
    let term = Dispersion::new(&dispersion(), &NA_C).expect("a term");
    let [all, network, term] = [&potential as &dyn Potential, &plain, &term]
        .map(|potential| contract::evaluate(potential, &structure));
    assert!(term.energy_ev < -0.5, "{}", term.energy_ev);
    assert!((all.energy_ev - network.energy_ev - term.energy_ev).abs() < 1e-10);
    assert!((all.virial_ev - network.virial_ev - term.virial_ev).amax() < 1e-10);
    for (k, force) in all.forces.iter().enumerate() {
        assert!((force - network.forces[k] - term.forces[k]).amax() < 1e-11);
    }
}

#[test]
fn files_keep_a_dispersion_term_and_are_old_files_without() {
    let mut model = random_model(&[20], 9);
    let old = file::to_bytes(&model, &Provenance::default()).expect("valid");
    let mentions = |bytes: &[u8]| bytes.windows(10).any(|window| window == b"dispersion");
    assert!(!mentions(&old), "files without the term are those that earlier versions read");
    model.spec.dispersion = Some(dispersion());
    let bytes = file::to_bytes(&model, &Provenance::default()).expect("valid");
    assert!(mentions(&bytes));
    assert_eq!(file::from_bytes(&bytes).expect("reads back").0, model);
    assert_eq!(
        NeuralPotential::from_bytes(&bytes).expect("reads back").dispersion().map(|term| term.spec()),
        model.spec.dispersion.as_ref()
    );
    model.spec.dispersion = Some(DispersionSpec { cutoff_a: 1e9, ..dispersion() });
    assert!(
        file::to_bytes(&model, &Provenance::default())
            .is_err_and(|e| e.to_string().contains("cutoff_A must be 3..40"))
    );
}

#[test]
fn five_body_features_and_residual_layers_pass() {
    for hidden in [&[20, 20][..], &[24, 32, 32, 32]] {
        let potential = rich(hidden, Precision::F64);
        contract::check(&potential, &tiny_cell(&NA_C, 1.7, 1)).expect("passes");
    }
    // They are not without effect.
    let structure = tiny_cell(&NA_C, 1.7, 1);
    let of = |change: fn(&mut Model)| {
        let mut model = random_model_of(rich_spec(&[20, 20]), 3);
        change(&mut model);
        contract::evaluate(&NeuralPotential::new(model, Precision::F64).expect("valid"), &structure).energy_ev
    };
    let whole = of(|_| ());
    assert!((of(|model| model.spec.residual = false) - whole).abs() > 1e-3);
    let swapped = of(|model| model.spec.five_body.swap(0, 2));
    assert!((swapped - whole).abs() > 1e-3, "{swapped} {whole}");
}

#[test]
fn pair_potentials_pass() {
    let argon = Species::from_symbol("Ar").expect("an element");
    let lj = LennardJones { epsilon_ev: 0.0104, sigma_a: 3.4, cutoff_a: 8.0 };
    contract::check(&lj, &tiny_cell(&[argon], 3.7, 1)).expect("Lennard-Jones passes");
    let wall = |a: &str, b: &str| ZblPair { pair: [a.into(), b.into()], inner_a: 0.6, outer_a: 1.6 };
    let shifted = ShiftedLennardJones { epsilon_ev: 0.0104, sigma_a: 3.4, cutoff_a: 8.0 };
    let jump =
        contract::check(&shifted, &tiny_cell(&[argon], 3.7, 1)).expect_err("its forces jump at the cutoff");
    assert!(jump.contains("just inside the cutoff"), "{jump}");
    let zbl = Zbl::new(&[wall("C", "C"), wall("C", "Na"), wall("Na", "Na")]).expect("valid");
    contract::check(&zbl, &tiny_cell(&NA_C, 1.3, 1)).expect("ZBL passes");
}

#[test]
fn single_precision_follows_double_on_every_path() {
    let structure = tiny_cell(&NA_C, 1.7, 4);
    for make in [|precision| neural(&[64, 32], precision), |precision| rich(&[48, 48], precision)] {
        follows(make, &structure);
    }
}

fn follows(make: fn(Precision) -> NeuralPotential, structure: &Structure) {
    let double = make(Precision::F64);
    for path in [SimdPath::Avx512, SimdPath::Avx2, SimdPath::Portable] {
        if path.is_available() {
            let single = make(Precision::F32).with_simd(path);
            contract::precision(&single, &double, structure)
                .unwrap_or_else(|e| panic!("{}: {e}", path.name()));
            contract::check(&double.clone().with_simd(path), structure)
                .unwrap_or_else(|e| panic!("{}: {e}", path.name()));
        }
    }
}

#[test]
fn bits_do_not_depend_on_the_threads() {
    let unit = tiny_cell(&NA_C, 1.7, 4);
    let mut big = unit.clone();
    let rows = unit.cell.rows() * 3.0;
    big.cell =
        natron_atoms::Cell::new(std::array::from_fn(|i| std::array::from_fn(|j| rows[(i, j)])), [true; 3])
            .expect("a cell");
    big.species.clear();
    big.positions.clear();
    for image in (0..27).map(|k| [k % 3, k / 3 % 3, k / 9]) {
        big.species.extend(&unit.species);
        big.positions.extend(unit.positions.iter().map(|p| p + unit.cell.offset(image)));
    }
    let potential = neural(&[32], Precision::F32);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| contract::evaluate(&potential, &big))
    };
    let one = run(1);
    assert_eq!(one, run(2));
    assert_eq!(one, run(5));
}

fn with_ensemble(hidden: &[usize], members: usize) -> Model {
    with_ensemble_of(spec(hidden), members)
}

fn with_ensemble_of(spec: ModelSpec, members: usize) -> Model {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(8);
    let mut model = random_model_of(spec, 3);
    let weights = members * model.spec.last_width();
    model.ensemble = (0..2).map(|_| (0..weights).map(|_| rng.random_range(-0.1..0.1)).collect()).collect();
    model
}

/// What a model gives with the last layer of one member, in f64.
fn of_member(model: &Model, m: usize, structure: &Structure) -> Evaluation {
    let mut model = model.clone();
    let width = model.spec.last_width();
    let ensemble = std::mem::take(&mut model.ensemble);
    for (layers, rows) in model.layers.iter_mut().zip(&ensemble) {
        let last = layers.last_mut().expect("a layer");
        for (weight, more) in last.weight.iter_mut().zip(&rows[m * width..]) {
            *weight += more;
        }
    }
    contract::evaluate(&NeuralPotential::new(model, Precision::F64).expect("a valid model"), structure)
}

#[test]
fn the_spread_is_that_of_whole_models() {
    let structure = tiny_cell(&NA_C, 1.7, 4);
    // Twenty members fill one vector and part of another.
    for (spec, precision, members) in [
        (spec(&[24, 20]), Precision::F64, 20),
        (spec(&[24, 20]), Precision::F32, 3),
        (spec(&[]), Precision::F64, 5),
        (rich_spec(&[24, 24]), Precision::F64, 4),
    ] {
        let model = with_ensemble_of(spec, members);
        let mean = of_member(
            &Model { ensemble: vec![vec![0.0; model.spec.last_width()]; 2], ..model.clone() },
            0,
            &structure,
        );
        let all: Vec<_> = (0..members).map(|m| of_member(&model, m, &structure)).collect();
        let potential = NeuralPotential::new(model, precision)
            .expect("a valid model")
            .with_uncertainty_factors(UncertaintyFactors { forces: 1.7, energies: 0.6 });
        let found = contract::evaluate(&potential, &structure);
        let rms = |factor: f64, of: &dyn Fn(&Evaluation) -> f64| {
            let squares = all.iter().map(|member| (of(member) - of(&mean)).powi(2)).sum::<f64>();
            factor * (squares / members as f64).sqrt()
        };
        let tolerance = if precision == Precision::F64 { 1e-6 } else { 1e-4 };
        let same = |a: f64, b: f64| assert!((a - b).abs() < tolerance * (1e-3 + b.abs()), "{a} is not {b}");
        same(found.energy_std_ev.expect("there is an ensemble"), rms(0.6, &|e| e.energy_ev));
        assert_eq!(found.member_energies_ev.len(), members);
        for (member, deviation) in all.iter().zip(&found.member_energies_ev) {
            // A member's weights are rounded as a whole here, and as a difference in the ensemble.
            let expected = 0.6 * (member.energy_ev - mean.energy_ev);
            assert!(
                (deviation - expected).abs() < tolerance * (0.1 + expected.abs()),
                "{deviation} {expected}"
            );
        }
        let stds = found.atom_energy_std_ev.as_ref().expect("there is an ensemble");
        assert_eq!(stds.len(), structure.len());
        let list = NeighbourList::build_by_pair(&structure, potential.cutoffs(), 0.2).expect("a list");
        let forces =
            potential.force_std_ev_per_a(&structure, &list).expect("evaluates").expect("an ensemble");
        for atom in 0..structure.len() {
            same(stds[atom], rms(0.6, &|e| e.atom_energies_ev[atom]));
            for (k, std) in forces[atom].iter().enumerate() {
                same(*std, rms(1.7, &|e| e.forces[atom][k]));
            }
        }
        // The ensemble changes nothing else.
        let plain = Model { ensemble: Vec::new(), ..potential.model().clone() };
        let plain = contract::evaluate(&NeuralPotential::new(plain, precision).expect("valid"), &structure);
        assert_eq!((plain.energy_ev, &plain.forces), (found.energy_ev, &found.forces));
        assert_eq!((plain.energy_std_ev, plain.member_energies_ev), (None, Vec::new()));
    }
}

/// Bytes with `text` blanked out.
fn without(bytes: &[u8], text: &str) -> Vec<u8> {
    let at = bytes.windows(text.len()).position(|window| window == text.as_bytes()).expect("it is there");
    let mut out = bytes.to_vec();
    out[at..at + text.len()].fill(b' ');
    out
}

#[test]
fn ensembles_are_checked_and_kept() {
    let model = with_ensemble(&[20], 6);
    let factors = UncertaintyFactors { forces: 2.5, energies: 0.5 };
    let provenance = Provenance { uncertainty: Some(factors), ..Default::default() };
    let bytes = file::to_bytes(&model, &provenance).expect("a valid model");
    assert_eq!(file::from_bytes(&bytes).expect("reads").0, model);
    assert_eq!(NeuralPotential::from_bytes(&bytes).expect("reads").uncertainty_factors(), factors);
    // Files of earlier versions have one factor for both.
    let earlier = without(&bytes, r#",\"energy_uncertainty_factor\":0.5"#);
    let read = NeuralPotential::from_bytes(&earlier).expect("reads").uncertainty_factors();
    assert_eq!(read, UncertaintyFactors::both(2.5));
    let uncalibrated = file::to_bytes(&model, &Provenance::default()).expect("a valid model");
    assert!(file::from_bytes(&uncalibrated).is_err_and(|e| e.to_string().contains("uncertainty_factor")));
    let spoilt: [fn(&mut Model); 3] =
        [|m| m.ensemble[1].truncate(40), |m| m.ensemble.truncate(1), |m| m.ensemble[0][7] = f32::NAN];
    for spoil in spoilt {
        let mut bad = model.clone();
        spoil(&mut bad);
        assert!(bad.validate().is_err());
    }
}

/// A potential with something wrong in it.
struct Broken<P> {
    inner: P,
    spoil: fn(&Structure, &mut Evaluation),
}

impl<P: Potential> Potential for Broken<P> {
    fn cutoff_a(&self, a: Species, b: Species) -> f64 {
        self.inner.cutoff_a(a, b)
    }
    fn max_cutoff_a(&self) -> f64 {
        self.inner.max_cutoff_a()
    }
    fn species(&self) -> Option<Vec<Species>> {
        self.inner.species()
    }
    fn evaluator(&self) -> Box<dyn Evaluator + '_> {
        Box::new(BrokenEvaluator { inner: self.inner.evaluator(), spoil: self.spoil })
    }
}

struct BrokenEvaluator<'a> {
    inner: Box<dyn Evaluator + 'a>,
    spoil: fn(&Structure, &mut Evaluation),
}

impl Evaluator for BrokenEvaluator<'_> {
    fn evaluate(
        &mut self,
        structure: &Structure,
        list: &NeighbourList,
        out: &mut Evaluation,
    ) -> Result<(), EvaluationError> {
        self.inner.evaluate(structure, list, out)?;
        (self.spoil)(structure, out);
        Ok(())
    }
}

#[test]
fn each_check_fails_what_it_is_for() {
    let argon = Species::from_symbol("Ar").expect("an element");
    let cell = tiny_cell(&[argon], 3.7, 1);
    let broken =
        |spoil| Broken { inner: LennardJones { epsilon_ev: 0.0104, sigma_a: 3.4, cutoff_a: 8.0 }, spoil };
    let wrong_force = broken(|_, out| out.forces[0].x += 1e-5);
    assert!(contract::forces(&wrong_force, &cell).is_err());
    assert!(contract::totals(&wrong_force, &cell).is_err());
    assert!(contract::permutation(&wrong_force, &cell).is_err());
    assert!(contract::rotation(&wrong_force, &cell, false).is_err());
    let wrong_virial = broken(|_, out| out.virial_ev[(0, 1)] += 1e-3);
    assert!(contract::virial(&wrong_virial, &cell).is_err());
    let absolute = broken(|s, out| out.energy_ev += 1e-6 * s.positions[0].x);
    assert!(contract::translation(&absolute, &cell).is_err());
    assert!(contract::lattice_shifts(&absolute, &cell).is_err());
    let not_extensive = broken(|s, out| out.energy_ev += (s.len() as f64).sqrt());
    assert!(contract::supercell(&not_extensive, &cell).is_err());
    assert!(contract::isolated(&not_extensive, argon).is_err());
    assert!(contract::cutoff(&not_extensive, argon, argon).is_err());
    let coarse = broken(|_, out| out.forces.iter_mut().for_each(|f| f.y += 2e-3));
    assert!(
        contract::precision(
            &coarse,
            &LennardJones { epsilon_ev: 0.0104, sigma_a: 3.4, cutoff_a: 8.0 },
            &cell
        )
        .is_err()
    );
}

#[test]
fn files_round_trip_and_damage_is_refused() {
    let model = random_model(&[20], 9);
    let provenance = Provenance {
        data_sha256: "ab".repeat(32),
        uncertainty: Some(UncertaintyFactors::both(1.5)),
        ..Default::default()
    };
    let bytes = file::to_bytes(&model, &provenance).expect("valid");
    assert_eq!(file::to_bytes(&model, &provenance).expect("valid"), bytes, "the same model, the same bytes");
    let (back, origin) = file::from_bytes(&bytes).expect("reads back");
    assert_eq!((back, origin), (model.clone(), provenance.clone()));
    for cut in [0, 5, 8, 100, bytes.len() / 2, bytes.len() - 1] {
        assert!(file::from_bytes(&bytes[..cut]).is_err(), "cut at {cut}");
    }
    let mut huge = bytes.clone();
    huge[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    assert!(matches!(file::from_bytes(&huge), Err(FileError::Damaged(_))));
    let patched = |from: &str, to: &str| {
        assert_eq!(from.len(), to.len());
        let at = bytes.windows(from.len()).position(|w| w == from.as_bytes()).expect("present");
        let mut bytes = bytes.clone();
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
        file::from_bytes(&bytes)
    };
    let format = "\\\"format\\\":1";
    assert!(matches!(patched(format, "\\\"format\\\":9"), Err(FileError::Newer(9))));
    assert!(matches!(
        patched("\\\"channel_shifts\\\"", "\\\"channel_shiftz\\\""),
        Err(FileError::Metadata(_))
    ));
    assert!(matches!(patched("network.C.0.bias", "network.C.0.biaz"), Err(FileError::Tensor { .. })));
    let mut broken = model;
    broken.layers[0][0].weight[3] = f32::NAN;
    assert!(file::to_bytes(&broken, &provenance).is_err());
}

/// Files from before there were five-body features and residual layers have no word of them, and are written as ever.
#[test]
fn options_that_are_off_leave_no_trace_in_files() {
    let holds = |bytes: &[u8], word: &str| bytes.windows(word.len()).any(|window| window == word.as_bytes());
    let plain = file::to_bytes(&random_model(&[20, 20], 9), &Provenance::default()).expect("valid");
    assert!(!holds(&plain, "five_body") && !holds(&plain, "residual"));
    let (read, _) = file::from_bytes(&plain).expect("reads");
    assert!(read.spec.five_body.is_empty() && !read.spec.residual);
    let rich = random_model_of(rich_spec(&[20, 20]), 9);
    let bytes = file::to_bytes(&rich, &Provenance::default()).expect("valid");
    assert_eq!(file::from_bytes(&bytes).expect("reads back").0, rich);
}

#[test]
fn options_that_do_nothing_are_refused() {
    let refusal = |spec: ModelSpec| spec.validate().expect_err("it does nothing").to_string();
    let residual = |hidden: &[usize]| ModelSpec { residual: true, ..spec(hidden) };
    for hidden in [&[][..], &[48], &[64, 48], &[64, 48, 64]] {
        let error = refusal(residual(hidden));
        assert!(error.contains("two successive hidden layers of the same width"), "{error}");
    }
    // The first layer is plain even where there are as many features as it is wide.
    let features = spec(&[]).features();
    assert_eq!(residual(&[features, features]).residual_layers(), [false, true, false]);
    assert_eq!(residual(&[64, 48, 48, 48]).residual_layers(), [false, false, true, true, false]);
    let error = refusal(ModelSpec { five_body: vec![[1, 2, 1], [3, 3, 0]], ..spec(&[]) });
    assert!(error.contains("[3, 3, 0]") && error.contains("no new geometry"), "{error}");
    let error = refusal(ModelSpec { five_body: vec![[2, 2, 3]], ..spec(&[]) });
    assert!(error.contains("antisymmetric"), "{error}");
}

#[test]
fn unknown_elements_and_short_lists_are_refused() {
    let potential = neural(&[], Precision::F32);
    let mut structure = tiny_cell(&NA_C, 1.7, 1);
    let short = NeighbourList::build(&structure, 2.0, 0.0).expect("a list");
    let mut out = Evaluation::zeros(8);
    let refused = potential.evaluator().evaluate(&structure, &short, &mut out);
    assert!(matches!(refused, Err(EvaluationError::ShortList { .. })));
    // Long enough for all pairs but one.
    let cutoff_a = |a, b| if (a, b) == (Species::NA, Species::NA) { 2.0 } else { potential.cutoff_a(a, b) };
    let short =
        NeighbourList::build_by_pair(&structure, Cutoffs::by_pair(&NA_C, cutoff_a), 0.0).expect("a list");
    let refused = potential.evaluator().evaluate(&structure, &short, &mut out);
    assert!(matches!(refused, Err(EvaluationError::ShortList { list_a, .. }) if list_a == 2.0));
    structure.species[3] = Species::from_symbol("Li").expect("an element");
    let list = NeighbourList::build(&structure, 5.0, 0.0).expect("a list");
    let refused = potential.evaluator().evaluate(&structure, &list, &mut out);
    assert!(matches!(refused, Err(EvaluationError::UnknownSpecies { atom: 3, .. })));
}

#[test]
fn a_wall_beyond_the_cutoff_is_refused() {
    let mut model = random_model(&[], 3);
    let cutoff_a = model.spec.pairs[model.spec.pair_index(0, 1)].cutoff_a;
    let wall = |outer_a| ZblPair { pair: ["Na".into(), "C".into()], inner_a: 0.6, outer_a };
    model.spec.walls = vec![wall(cutoff_a)];
    assert!(model.spec.validate().is_ok());
    model.spec.walls = vec![wall(cutoff_a + 0.1)];
    let error = model.spec.validate().expect_err("too long").to_string();
    assert!(error.contains("Na-C") && error.contains("outer_A"), "{error}");
}
