//! Runs that do not diffuse, and runs too short to tell, get no number.

use natron_analysis::verdict::SLOPE_BAND;
use natron_analysis::{DiffusionResult, Verdict, diffusion};
use natron_atoms::{Species, Vec3};

use crate::walks::{SPACING_PS, caged, generator, persistent_walk, random_walk, trajectory};

fn analyse(walks: &[Vec<Vec3>]) -> DiffusionResult {
    diffusion(&[&trajectory(walks)], Species::NA, &[Species::C]).expect("an analysis").result
}

fn assert_no_number(result: &DiffusionResult) {
    for value in [result.D_m2_per_s, result.D_err_m2_per_s, result.D_low95_m2_per_s, result.D_high95_m2_per_s]
    {
        assert_eq!(value, None);
    }
    assert!(result.D_m2_per_s_note.as_ref().is_some_and(|note| !note.is_empty()));
}

#[test]
fn caged_atoms_do_not_diffuse() {
    for repeat in 0..20 {
        let mut rng = generator(6, repeat);
        let walks: Vec<_> = (0..22).map(|_| caged(&mut rng, 1001, 0.5, 0.3)).collect();
        let result = analyse(&walks);
        assert_eq!(result.verdict, Verdict::NotDiffusive);
        assert_no_number(&result);
        let slope = result.slope.expect("a slope");
        assert!(slope < 1.0 - SLOPE_BAND, "{slope}");
        // The plateau is 6 size^2 = 1.5 A^2, reached by lags of 10 ps: MSD/6t = 0.025 A^2/ps, a little more at 95 %.
        let bound = result.D_upper_m2_per_s.expect("a bound");
        assert!((2.3e-10..4e-10).contains(&bound), "{bound}");
    }
}

/// The bound of a slow walker that hides in its vibration must hold its true D.
#[test]
fn the_bound_holds_the_truth() {
    let (mut below, mut bounded) = (0, 0);
    for repeat in 0..100 {
        let mut rng = generator(7, repeat);
        let mut walk = || {
            let slow = random_walk(&mut rng, 1001, 0.01);
            crate::walks::add(slow, &caged(&mut rng, 1001, 0.5, 0.3))
        };
        let walks: Vec<_> = (0..22).map(|_| walk()).collect();
        let result = analyse(&walks);
        assert_eq!(result.verdict, Verdict::NotDiffusive);
        bounded += 1;
        if result.D_upper_m2_per_s.expect("a bound") < 0.01e-8 {
            below += 1;
        }
    }
    assert!(bounded == 100 && below <= 5, "{below} of {bounded}");
}

#[test]
fn ballistic_atoms_do_not_diffuse() {
    let mut rng = generator(8, 0);
    let walks: Vec<_> = (0..22).map(|_| persistent_walk(&mut rng, 1001, 10.0, 100.0)).collect();
    let result = analyse(&walks);
    assert_eq!(result.verdict, Verdict::NotDiffusive);
    assert_no_number(&result);
    assert!(result.slope.expect("a slope") > 1.8);
    // The MSD still grows faster than t: there is no bound from above, and the result says so.
    assert_eq!(result.D_upper_m2_per_s, None);
    assert!(result.D_upper_m2_per_s_note.expect("a note").contains("faster than time"));
}

#[test]
fn atoms_at_rest_do_not_diffuse() {
    let result = analyse(&vec![vec![Vec3::new(1.0, 2.0, 3.0); 200]; 3]);
    assert_eq!((result.verdict, result.D_upper_m2_per_s), (Verdict::NotDiffusive, Some(0.0)));
    assert_no_number(&result);
    assert_eq!(result.slope, None);
}

#[test]
fn short_runs_are_too_short() {
    for frames in [2, 5, 40] {
        let mut rng = generator(9, frames as u64);
        let walks: Vec<_> = (0..22).map(|_| random_walk(&mut rng, frames, 0.1)).collect();
        let result = analyse(&walks);
        assert_eq!(result.verdict, Verdict::TooShort, "{frames}");
        assert_no_number(&result);
    }
}

#[test]
fn a_single_atom_with_little_data_is_not_given_a_number_too_easily() {
    let too_short = (0..50)
        .filter(|&repeat| {
            let mut rng = generator(10, repeat);
            let walk = crate::walks::add(random_walk(&mut rng, 200, 0.02), &caged(&mut rng, 200, 0.3, 0.2));
            analyse(&[walk]).verdict != Verdict::Diffusive
        })
        .count();
    assert!(too_short >= 40, "{too_short}");
}

#[test]
fn the_window_lies_in_the_run() {
    let mut rng = generator(11, 0);
    let walks: Vec<_> = (0..22).map(|_| persistent_walk(&mut rng, 1001, 0.1, 0.2)).collect();
    let result = analyse(&walks);
    let (from, to) = (result.fit_from_ps.expect("a start"), result.fit_to_ps.expect("an end"));
    // MSD = 6 D [t - tau (1 - exp(-t/tau))]: the local slope is below 1.1 beyond 11 tau, below 1.2 beyond 6 tau.
    assert!((0.6..2.51).contains(&from), "{from}");
    assert!((to - 500.0 * SPACING_PS).abs() < 1e-9, "{to}");
    assert_eq!(result.n_origins, 22 * 2);
}
