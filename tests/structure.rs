//! Structure and motion as `natron diffusion` reports them: against ASE, and on motion that is known.

use std::path::Path;
use std::process::Command;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use crate::support::oracle::Oracle;
use crate::support::{natron, repository};

fn analysed(folder: &Path, arguments: &[&str]) -> Value {
    let output =
        Command::new(natron()).current_dir(folder).args(["diffusion", "--json"]).args(arguments).output();
    let output = output.expect("natron starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

const ASE_RDF: &str = r#"
import sys, json, numpy as np, ase.io
from ase.geometry.rdf import get_rdf
frames = ase.io.read(sys.argv[1], ":")
pairs = {}
for a, b in [(6, 6), (6, 11), (11, 11)]:
    # A cell of twice the size holds the sphere; the density stays. ASE's ideal gas of like atoms has N of them, ours N - 1.
    n = int((frames[0].numbers == a).sum())
    like = n / (n - 1) if a == b else 1.0
    g = np.mean([like * get_rdf(f.repeat(2), 8.0, 160, elements=(a, b), no_dists=True) for f in frames], axis=0)
    pairs[f"{a}-{b}"] = g.tolist()
print(json.dumps(pairs))
"#;

/// Three frames of the example, every atom moved a little.
#[test]
fn partial_distributions_are_those_of_ase() {
    let Some(oracle) = Oracle::find() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let frame =
        natron_io::read_frames(&repository().join("examples/na22c200.extxyz")).expect("frames").remove(0);
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let frames: Vec<natron_atoms::Frame> = (0..3)
        .map(|_| {
            let mut frame = frame.clone();
            for place in &mut frame.structure.positions {
                *place += natron_atoms::Vec3::from_fn(|_, _| rng.random_range(-0.1..0.1));
            }
            frame
        })
        .collect();
    let path = folder.path().join("run.xyz");
    let mut bytes = Vec::new();
    natron_io::write_frames(&mut bytes, &frames).expect("writes");
    std::fs::write(&path, bytes).expect("writes");
    let found = analysed(folder.path(), &["run.xyz", "--frame-every-fs", "100"]);
    let expected = oracle.ask(ASE_RDF, &[path]);
    for (pair, name) in
        found["structure"][0]["rdf"].as_array().expect("pairs").iter().zip(["6-6", "6-11", "11-11"])
    {
        let (ours, theirs) =
            (pair["g"].as_array().expect("a curve"), expected[name].as_array().expect("a curve"));
        assert_eq!((ours.len(), theirs.len()), (160, 160));
        let off = ours.iter().zip(theirs).map(|(a, b)| {
            let (a, b) = (a.as_f64().expect("a number"), b.as_f64().expect("a number"));
            (a - b).abs() / b.max(1.0)
        });
        let worst = off.fold(0.0, f64::max);
        eprintln!("measured: g(r) of {name} differs from ASE's by {worst:.1e}");
        assert!(worst < 1e-6, "{name}: {worst}");
    }
}

/// Eight carbon atoms at rest and six sodium atoms that vibrate about sites: three of them go from a site to another 3 A away and back, every 2 ps.
fn hopping() -> String {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let mut text = String::new();
    for frame in 0..400 {
        text += "14\nLattice=\"24 0 0 0 24 0 0 0 24\" Properties=species:S:1:pos:R:3 pbc=\"T T T\"\n";
        for k in 0..8 {
            let at = |bit: usize| if k >> bit & 1 == 1 { 18.0 } else { 6.0 };
            text += &format!("C {} {} {}\n", at(0), at(1), at(2));
        }
        for ion in 0..6 {
            let away = if ion < 3 && frame / 50 % 2 == 1 { 3.0 } else { 0.0 };
            let mut shake = || rng.random_range(-0.2..0.2);
            // The sites of hopping ions lie on both sides of a wall.
            let (y, z) = (8.0 * f64::from(ion % 3), 12.0 * f64::from(ion / 3));
            let (x, y, z) = (22.5 + away + shake(), y + shake(), z + shake());
            text += &format!("Na {x:.5} {y:.5} {z:.5}\n");
        }
    }
    text
}

#[test]
fn known_jumps_are_found() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("run.xyz"), hopping()).expect("writes");
    let found = analysed(folder.path(), &["run.xyz", "--frame-every-fs", "40", "--temperature-K", "500"]);
    let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("{value} is no number"));
    let motion = &found["motion"][0];
    let jumps = &motion["jumps"];
    // Each of three ions leaves every 50 of 400 frames: seven times.
    assert_eq!(jumps["n"], 21);
    assert!((number(&jumps["length_A_mean"]) - 3.0).abs() < 0.05, "{jumps}");
    assert!((number(&jumps["share_back"]) - 1.0).abs() < 1e-12);
    let seen_ps = 6.0 * 399.0 * 0.04;
    assert!((number(&jumps["stay_ps"]) - seen_ps / 21.0).abs() < 1e-9);
    assert!((number(&jumps["rate_per_ps"]) - 21.0 / seen_ps).abs() < 1e-9);
    assert_eq!((&motion["classes"]["hopping"], &motion["classes"]["trapped"]), (&3.into(), &3.into()));
    assert_eq!(motion["n_sites"], 9);
    let sites = motion["sites"].as_array().expect("sites");
    let occupancies: Vec<f64> = sites.iter().map(|site| number(&site["occupancy"])).collect();
    assert!((occupancies.iter().sum::<f64>() - 6.0).abs() < 1e-9, "{occupancies:?}");
    assert!(
        occupancies[..3].iter().all(|o| *o == 1.0)
            && occupancies[3..].iter().all(|o| (*o - 0.5).abs() < 0.01)
    );
    let x: Vec<f64> = sites.iter().map(|site| number(&site["place_A"][0])).collect();
    assert!(x.iter().all(|x| (x - 22.5).abs() < 0.1 || (x - 1.5).abs() < 0.1), "{x:?}");
    // Half of the ions are 3 A away after 2 ps, from most origins.
    let alpha = motion["non_gaussian"]["alpha_2"].as_array().expect("a curve");
    assert!(alpha.len() > 10 && number(&motion["non_gaussian_max"]) > 0.5);
    assert_eq!(motion["ions"].as_array().map(Vec::len), Some(6));
    let structure = &found["structure"][0];
    assert_eq!((&structure["frames_read"], number(&structure["temperature_K"])), (&400.into(), 500.0));
    assert!((32..=64).contains(&structure["frames"].as_u64().expect("a number")), "{structure}");
    // Carbon atoms 12 A apart are bound to nothing: no bond, no angle, no ring, and said so.
    assert_eq!(structure["network"]["share_by_neighbours"], serde_json::json!([1.0]));
    assert!(
        structure["network"]["bond_A_mean"].is_null() && structure["network"]["bond_A_mean_note"].is_string()
    );
    assert!(number(&structure["pores"]["tortuosity_mean"]) < 1.1);
}

/// Frames far apart in time, or few of them, say nothing of jumps, and the reason is given.
#[test]
fn a_run_too_short_for_jumps_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let text: String = hopping().lines().take(16 * 12).map(|line| format!("{line}\n")).collect();
    std::fs::write(folder.path().join("run.xyz"), text).expect("writes");
    let found = analysed(folder.path(), &["run.xyz", "--frame-every-fs", "40"]);
    let motion = &found["motion"][0];
    assert!(motion["jumps"].is_null() && motion["n_sites"].is_null(), "{motion}");
    assert!(motion["jumps_note"].as_str().is_some_and(|note| note.contains("shorter than four windows")));
}
