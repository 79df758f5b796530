//! What is published does not depend on how the trajectory is presented, and has the contract's keys.

use natron_analysis::{Cells, Diffusion, Trajectory, diffusion};
use natron_atoms::{Cell, Species, Vec3};

use crate::walks::{generator, random_walk, trajectory};

fn walks(seed: u64, atoms: usize) -> Vec<Vec<Vec3>> {
    let mut rng = generator(20, seed);
    (0..atoms).map(|_| random_walk(&mut rng, 401, 0.1)).collect()
}

fn analyse(trajectory: &Trajectory) -> Diffusion {
    diffusion(&[trajectory], Species::NA, &[Species::C]).expect("an analysis")
}

fn rebuilt(of: &Trajectory, positions: Vec<Vec<Vec3>>) -> Trajectory {
    Trajectory::new(
        of.species().to_vec(),
        of.masses_amu().to_vec(),
        of.time_ps().to_vec(),
        positions,
        of.cells().clone(),
    )
    .expect("a valid trajectory")
}

#[test]
fn keys_are_those_of_the_contract() {
    let keys = [
        "species",
        "reference",
        "D_m2_per_s",
        "D_err_m2_per_s",
        "D_low95_m2_per_s",
        "D_high95_m2_per_s",
        "slope",
        "slope_err",
        "fit_from_ps",
        "fit_to_ps",
        "n_origins",
        "verdict",
    ];
    let diffusive = analyse(&trajectory(&walks(0, 8))).result;
    let still = analyse(&trajectory(&vec![vec![Vec3::zeros(); 401]; 2])).result;
    for result in [&diffusive, &still] {
        let json = serde_json::to_value(result).expect("JSON");
        let object = json.as_object().expect("an object");
        for key in keys {
            assert!(object.contains_key(key), "{key}");
        }
        for (key, value) in object {
            if let Some(number) = value.as_f64() {
                assert!(number.is_finite(), "{key}");
            }
            if value.is_null() {
                let note = object.get(&format!("{key}_note")).and_then(|n| n.as_str());
                assert!(note.is_some_and(|n| !n.is_empty()), "{key} is null without a note");
            }
        }
        let back: natron_analysis::DiffusionResult = serde_json::from_value(json).expect("a result");
        assert_eq!(&back, result);
    }
    assert_eq!(serde_json::to_value(diffusive.verdict).expect("JSON"), "diffusive");
    assert_eq!(serde_json::to_value(still.verdict).expect("JSON"), "not diffusive");
}

#[test]
fn the_drift_of_the_reference_is_removed() {
    let plain = trajectory(&walks(1, 8));
    let drift = |t: usize| Vec3::new(0.3, -0.2, 0.1) * t as f64;
    let drifting = plain
        .positions_a()
        .iter()
        .enumerate()
        .map(|(t, f)| f.iter().map(|p| p + drift(t)).collect())
        .collect();
    let (a, b) = (analyse(&plain), analyse(&rebuilt(&plain, drifting)));
    let (a, b) = (a.result.D_m2_per_s.expect("a number"), b.result.D_m2_per_s.expect("a number"));
    assert!((a / b - 1.0).abs() < 1e-9, "{a} {b}");
}

/// With no reference species the centre of mass of all atoms is taken: one heavy and one light atom, the light one's motion
/// relative to it is reduced by M/(M+m).
#[test]
fn an_empty_reference_is_the_whole_system() {
    let one = trajectory(&walks(2, 1));
    let masses = one.masses_amu().to_vec();
    let share = masses[0] / (masses[0] + masses[1]);
    let last = |reference: &[Species]| {
        let msd = diffusion(&[&one], Species::NA, reference).expect("an analysis").msd;
        msd.msd_a2[5]
    };
    assert!((last(&[]) / last(&[Species::C]) - share * share).abs() < 1e-9);
}

#[test]
fn wrapped_and_unwrapped_positions_agree() {
    let cell = Cell::new([[6.0, 0.0, 0.0], [1.0, 7.0, 0.0], [0.5, -1.0, 8.0]], [true; 3]).expect("a cell");
    let free = trajectory(&walks(3, 4));
    let wrapped: Vec<Vec<Vec3>> =
        free.positions_a().iter().map(|f| f.iter().map(|p| cell.wrap(p).0).collect()).collect();
    let again = Trajectory::from_wrapped(
        free.species().to_vec(),
        free.masses_amu().to_vec(),
        free.time_ps().to_vec(),
        &wrapped,
        Cells::Constant(cell),
    )
    .expect("short steps");
    let (a, b) =
        (analyse(&free).result.D_m2_per_s.expect("D"), analyse(&again).result.D_m2_per_s.expect("D"));
    assert!((a / b - 1.0).abs() < 1e-9, "{a} {b}");
}

#[test]
fn replicas_are_pooled() {
    let (a, b) = (trajectory(&walks(4, 6)), trajectory(&walks(5, 6)));
    let both: Vec<Vec<Vec3>> = walks(4, 6).into_iter().chain(walks(5, 6)).collect();
    let pooled = diffusion(&[&a, &b], Species::NA, &[Species::C]).expect("an analysis");
    let as_one = analyse(&trajectory(&both));
    assert_eq!(pooled.msd.msd_a2, as_one.msd.msd_a2);
    assert_eq!(pooled.result.n_origins, as_one.result.n_origins);
    let (x, y) = (pooled.result.D_m2_per_s.expect("D"), as_one.result.D_m2_per_s.expect("D"));
    assert!((x / y - 1.0).abs() < 0.02, "{x} {y}");
}

#[test]
fn what_cannot_be_analysed_is_an_error_by_name() {
    let one = trajectory(&walks(6, 2));
    let message = |replicas: &[&Trajectory], mobile, reference: &[Species]| {
        diffusion(replicas, mobile, reference).expect_err("an error").to_string()
    };
    let lithium = Species::from_symbol("Li").expect("an element");
    assert!(message(&[&one], lithium, &[]).contains("no Li atom to follow"));
    assert!(message(&[&one], Species::NA, &[lithium]).contains("no Li atom to take as reference"));
    assert!(message(&[], Species::NA, &[]).contains("no trajectory"));
    let still = trajectory(&[vec![Vec3::zeros()]]);
    assert!(message(&[&still], Species::NA, &[]).contains("one frame"));
    let slower = Trajectory::new(
        one.species().to_vec(),
        one.masses_amu().to_vec(),
        one.time_ps().iter().map(|t| 2.0 * t).collect(),
        one.positions_a().to_vec(),
        one.cells().clone(),
    )
    .expect("a valid trajectory");
    assert!(message(&[&one, &slower], Species::NA, &[]).contains("trajectory 1"));
}
