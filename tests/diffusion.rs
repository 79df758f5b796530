//! The same trajectories by natron, kinisi, MDAnalysis and ASE: one that natron wrote, one that LAMMPS wrote.

use std::path::Path;

use natron_analysis::curves::Curves;
use natron_analysis::paths::recorded_paths;
use natron_analysis::posterior::observe;
use natron_analysis::radial_distribution;
use natron_analysis::recorder::{Recorder, Recording};
use natron_atoms::{Species, Structure};
use natron_io::trajectory::{Options, Source};
use serde_json::Value;

use crate::support::argon::Argon;
use crate::support::oracle::Oracle;

/// g(r) of the first, a middle and the last frame against ASE's.
fn compare_distribution(name: &str, file: &Path, element: Species, options: &Options, theirs: &Value) {
    let source = Source::open(file, options).expect("a trajectory");
    let species = source.about().species.clone();
    let mut frames = Vec::new();
    let mut keep = |frame: natron_io::trajectory::Frame| {
        frames.push(Structure { cell: frame.cell, species: species.clone(), positions: frame.positions_a });
        Ok(())
    };
    source.read(&mut keep).expect("frames");
    let chosen = [&frames[0], &frames[frames.len() / 2], &frames[frames.len() - 1]];
    let found = radial_distribution(chosen, element, element, 8.0, 80).expect("a distribution");
    let theirs = numbers(&theirs["rdf"]);
    assert_eq!(theirs.len(), 80);
    assert!(theirs.iter().copied().fold(0.0, f64::max) > 1.5, "{name}: a liquid has a first shell");
    for (k, (ours, theirs)) in found.g.iter().zip(theirs).enumerate() {
        assert!(
            (ours - theirs).abs() < 1e-6 * theirs.max(1.0),
            "{name}: g of shell {k}: {ours}, ASE {theirs}"
        );
    }
}

/// What natron keeps of a trajectory of one element, relative to its centre of mass.
fn recording(file: &Path, element: Species, options: &Options) -> Recording {
    let source = Source::open(file, options).expect("a trajectory");
    let about = source.about().clone();
    let mut recorder = Recorder::new(&about.species, &about.masses_amu, &[element], &[]).expect("atoms");
    let mut push = |frame: natron_io::trajectory::Frame| {
        recorder.push(frame.time_ps, &frame.cell, &frame.positions_a, None).expect("frames that fit");
        Ok(())
    };
    source.read(&mut push).expect("frames");
    recorder.finish().expect("equally spaced frames")
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|item| item.as_f64().expect("a number")).collect()
}

fn assert_near(found: f64, expected: f64, what: &str) {
    assert!((found / expected - 1.0).abs() < 1e-6, "{what}: {found:e}, expected {expected:e}");
}

/// MSD and covariance to 1e-6; the posterior to what ten chains of kinisi leave open.
fn compare(name: &str, recording: &Recording, element: Species, theirs: &Value) {
    let paths = recorded_paths(&[recording], element).expect("paths");
    assert_eq!(Some(paths.n_frames as u64), theirs["frames"].as_u64(), "{name}: frames");
    let lags: Vec<usize> = numbers(&theirs["lags"]).iter().map(|lag| *lag as usize).collect();
    let curves = Curves::at(&paths, lags.clone());
    for (k, found) in curves.mean_a2.iter().enumerate() {
        assert_near(
            *found,
            numbers(&theirs["msd_A2"])[k],
            &format!("{name}: kinisi's MSD at lag {}", lags[k]),
        );
        let mdanalysis = numbers(&theirs["msd_mdanalysis_A2"])[k];
        assert_near(*found, mdanalysis, &format!("{name}: MDAnalysis' MSD at lag {}", lags[k]));
    }
    let observed = observe(&paths, &lags);
    let rows = theirs["covariance_A4"].as_array().expect("a matrix");
    assert_eq!(rows.len(), lags.len());
    for (i, row) in rows.iter().enumerate() {
        for (j, expected) in numbers(row).into_iter().enumerate() {
            assert_near(observed.covariance_a4[(i, j)], expected, &format!("{name}: covariance [{i}, {j}]"));
        }
    }
    let posterior = observed.posterior(paths.spacing_ps).expect("a posterior");
    let number = |key: &str| theirs[key].as_f64().expect("a number");
    let width = posterior.std_m2_per_s() / number("D_err_m2_per_s");
    assert!((0.85..1.15).contains(&width), "{name}: the posterior is {width} times as wide as kinisi's");
    let apart = (posterior.mean_m2_per_s() - number("D_m2_per_s")).abs() / number("D_err_m2_per_s");
    assert!(apart < 0.1, "{name}: the posteriors are {apart} widths apart");
}

#[test]
fn trajectories_of_natron_and_lammps_are_those_of_kinisi_and_mdanalysis() {
    let Some(oracle) = Oracle::find() else { return };
    let argon = Argon::new(12.0);
    argon.finish(&["-q"]);
    let trajectory = argon.run("trajectory.h5");
    let dump = argon.run("melt.dump");
    let helpers = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/natron-analysis/tests/oracles");
    let script = include_str!("oracles/diffusion_of_trajectories.py");
    let answers = oracle.ask(script, &[helpers, trajectory.clone(), dump.clone()]);
    let element = Species::from_symbol("Ar").expect("an element");
    compare("natron", &recording(&trajectory, element, &Options::default()), element, &answers["natron"]);
    compare_distribution("natron", &trajectory, element, &Options::default(), &answers["natron"]);
    let options = Options { frame_every_ps: Some(0.1), types: vec![element] };
    compare_distribution("LAMMPS", &dump, element, &options, &answers["lammps"]);
    compare("LAMMPS", &recording(&dump, element, &options), element, &answers["lammps"]);
}
