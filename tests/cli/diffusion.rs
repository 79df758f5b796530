//! `natron diffusion` on trajectories that natron did not write.

use std::path::Path;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use super::{json, number, run, stderr, succeeds};

const EDGE_A: [f64; 3] = [12.0, 11.0, 13.0];
const LEAN_A: f64 = 3.0;
const ATOMS: usize = 20;
const FRAMES: usize = 401;
const EVERY_FS: f64 = 50.0;

type Point = [f64; 3];

/// Walks of D (m2/s), `[frames][atoms]`; the last atom, carbon, rests. Steps are sums of 12 uniforms, of unit variance.
fn walks(seed: u64, d_m2_per_s: f64) -> Vec<Vec<Point>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let step_a = (2.0 * d_m2_per_s * 1e20 * EVERY_FS * 1e-15).sqrt();
    let mut here: Vec<Point> = (0..=ATOMS).map(|k| [0.3 * k as f64, 1.0, 2.0]).collect();
    let mut normal = || (0..12).map(|_| rng.random_range(0.0..1.0)).sum::<f64>() - 6.0;
    let mut frames = vec![here.clone()];
    for _ in 1..FRAMES {
        for x in here[..ATOMS].iter_mut().flatten() {
            *x += step_a * normal();
        }
        frames.push(here.clone());
    }
    frames
}

/// Into the cell with b = (lean, y, 0), and how often each wall was passed.
fn wrapped(p: &Point) -> (Point, [i32; 3]) {
    let [x, y, z] = *p;
    let iy = (y / EDGE_A[1]).floor();
    let x = x - iy * LEAN_A;
    let y_inside = y - iy * EDGE_A[1];
    let ix = ((x - LEAN_A * y_inside / EDGE_A[1]) / EDGE_A[0]).floor();
    let iz = (z / EDGE_A[2]).floor();
    ([x - ix * EDGE_A[0], y_inside, z - iz * EDGE_A[2]], [ix as i32, iy as i32, iz as i32])
}

fn dump(frames: &[Vec<Point>], columns: &str, words: impl Fn(&Point) -> String) -> String {
    let [lx, ly, lz] = EDGE_A;
    let frame = |(k, atoms): (usize, &Vec<Point>)| {
        let head = format!(
            "ITEM: TIMESTEP\n{}\nITEM: NUMBER OF ATOMS\n{}\nITEM: BOX BOUNDS xy xz yz pp pp pp\n0 {} {LEAN_A}\n0 {ly} 0\n0 {lz} 0\nITEM: ATOMS id type {columns}\n",
            50 * k,
            atoms.len(),
            lx + LEAN_A
        );
        let line =
            |(i, p): (usize, &Point)| format!("{} {} {}\n", i + 1, if i < ATOMS { 1 } else { 2 }, words(p));
        head + &atoms.iter().enumerate().map(line).collect::<String>()
    };
    frames.iter().enumerate().map(frame).collect()
}

fn numbers(p: &Point) -> String {
    format!("{:.7} {:.7} {:.7}", p[0], p[1], p[2])
}

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).expect("writes");
}

const SAID: [&str; 4] = ["--types", "Na,C", "--frame-every-fs", "50"];

fn analysed(folder: &Path, arguments: &[&str]) -> Value {
    json(folder, &[&["diffusion"], arguments, &SAID].concat())
}

#[test]
fn wrapped_and_unwrapped_trajectories_of_any_kind_give_the_same_d() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let frames = walks(1, 2e-9);
    write(folder.path(), "unwrapped.dump", &dump(&frames, "xu yu zu", numbers));
    write(folder.path(), "wrapped.dump", &dump(&frames, "x y z", |p| numbers(&wrapped(p).0)));
    let with_images = |p: &Point| {
        let (w, i) = wrapped(p);
        format!("{} {} {} {}", numbers(&w), i[0], i[1], i[2])
    };
    write(folder.path(), "images.dump", &dump(&frames, "x y z ix iy iz", with_images));
    let [lx, ly, lz] = EDGE_A;
    let xyz = |atoms: &Vec<Point>| {
        let line = |(i, p): (usize, &Point)| {
            format!("{} {}\n", if i < ATOMS { "Na" } else { "C" }, numbers(&wrapped(p).0))
        };
        let head = format!(
            "{}\nLattice=\"{lx} 0 0 {LEAN_A} {ly} 0 0 0 {lz}\" Properties=species:S:1:pos:R:3\n",
            atoms.len()
        );
        head + &atoms.iter().enumerate().map(line).collect::<String>()
    };
    write(folder.path(), "run.xyz", &frames.iter().map(xyz).collect::<String>());

    let there = analysed(folder.path(), &["unwrapped.dump", "--temperature-K", "600"]);
    let d = number(&there["diffusion"][0], "D_m2_per_s");
    let err = number(&there["diffusion"][0], "D_err_m2_per_s");
    assert!((d - 2e-9).abs() < 4.0 * err && err < 0.5e-9, "{d} +- {err}");
    for name in ["wrapped.dump", "images.dump", "run.xyz"] {
        let found = analysed(folder.path(), &[name]);
        let same = number(&found["diffusion"][0], "D_m2_per_s");
        assert!((same / d - 1.0).abs() < 1e-5, "{name}: {same} {d}");
    }
    assert_eq!(there["diffusion"][0]["reference"], serde_json::json!(["C"]));

    let transport = &there["transport"][0];
    assert_eq!((transport["ions"].as_u64(), number(transport, "temperature_K")), (Some(20), 600.0));
    // The trace of the tensor is the scalar; its axes are alike.
    let tensor = |i: usize, j: usize| transport["D_tensor_m2_per_s"][i][j].as_f64().expect("a number");
    assert!(((tensor(0, 0) + tensor(1, 1) + tensor(2, 2)) / (3.0 * d) - 1.0).abs() < 1e-9);
    assert!((tensor(0, 1) - tensor(1, 0)).abs() < 1e-9 * d);
    let eigenvalues: f64 =
        (0..3).map(|k| transport["D_eigenvalues_m2_per_s"][k].as_f64().expect("a number")).sum();
    assert!((eigenvalues / (3.0 * d) - 1.0).abs() < 1e-9);
    for key in ["D_posterior_mean_m2_per_s", "D_plain_m2_per_s"] {
        assert!((number(transport, key) - d).abs() < 2.0 * err, "{key}");
    }
    // Nernst-Einstein by hand: 20 ions in 1 716 A^3 at 600 K.
    let by_hand = 20.0 / 1716e-30 * 1.602_176_634e-19_f64.powi(2) * d / (1.380_649e-23 * 600.0);
    assert!((number(transport, "conductivity_nernst_einstein_S_per_m") / by_hand - 1.0).abs() < 1e-6);
    for (key, why) in [
        ("D_green_kubo_m2_per_s", "no velocities"),
        ("D_finite_size_correction_m2_per_s", "solid matrix"),
        ("D_replicas_m2_per_s", "one run"),
    ] {
        let note = transport[format!("{key}_note")].as_str().expect(key);
        assert!(transport[key].is_null() && note.contains(why), "{key}: {note}");
    }
    assert_eq!(there["arrhenius"], serde_json::json!([]));
}

#[test]
fn what_a_trajectory_does_not_say_is_asked_for_with_its_line() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let frames = walks(2, 2e-9);
    write(folder.path(), "run.dump", &dump(&frames, "x y z", |p| numbers(&wrapped(p).0)));
    let refused = |arguments: &[&str], parts: &[&str]| {
        let output = run(folder.path(), &[&["diffusion", "run.dump"], arguments].concat());
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{text}");
        for part in parts {
            assert!(text.contains(part), "`{part}` is missing in\n{text}");
        }
    };
    refused(&["--frame-every-fs", "50"], &["run.dump:9", "which elements", "--types Na,C"]);
    refused(&["--types", "Na,C"], &["run.dump:1", "when its frames were taken", "--frame-every-fs 20"]);
    refused(&["--types", "Na,Xx", "--frame-every-fs", "50"], &["`Xx` is no chemical element"]);
    refused(&["--types", "Na,C", "--frame-every-fs=-1"], &["--frame-every-fs is -1", "positive"]);
    refused(&[&SAID[..], &["--temperature-K", "300,400"]].concat(), &["2 temperatures for 1 trajectories"]);
    // An atom that goes half a cell between frames.
    let mut jump = frames.clone();
    jump[7][3][2] += 0.5 * EDGE_A[2];
    write(folder.path(), "run.dump", &dump(&jump, "x y z", |p| numbers(&wrapped(p).0)));
    let line = 7 * (9 + ATOMS + 1) + 1;
    refused(&SAID, &[&format!("run.dump:{line}"), "atom 3 (from 0) goes", "before frame 7", "image flags"]);
}

#[test]
fn several_temperatures_give_an_activation_energy_and_a_report() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let d = |t: f64| 4e-8 * (-0.2 / (8.617_333e-5 * t)).exp();
    let mut names = Vec::new();
    let mut temperatures = Vec::new();
    for (k, t) in [600.0, 800.0, 1000.0].into_iter().enumerate() {
        for replica in 0..2 {
            let name = format!("{t}-{replica}.dump");
            write(
                folder.path(),
                &name,
                &dump(&walks(10 + 2 * k as u64 + replica, d(t)), "xu yu zu", numbers),
            );
            names.push(name);
            temperatures.push(t.to_string());
        }
    }
    let mut arguments: Vec<&str> = names.iter().map(String::as_str).collect();
    let temperatures = temperatures.join(",");
    arguments.extend(["--temperature-K", &temperatures, "--report", "report.html"]);
    let found = analysed(folder.path(), &arguments);
    let at: Vec<f64> = (0..3).map(|k| number(&found["transport"][k], "temperature_K")).collect();
    assert_eq!(at, [600.0, 800.0, 1000.0]);
    assert_eq!(found["diffusion"].as_array().map(Vec::len), Some(3));
    let line = &found["arrhenius"][0];
    let (energy, low, high) =
        (number(line, "E_a_eV"), number(line, "E_a_low95_eV"), number(line, "E_a_high95_eV"));
    assert!(
        low < 0.2 && 0.2 < high && high - low < 0.4 && low < energy && energy < high,
        "{low} {energy} {high}"
    );
    assert_eq!((number(line, "at_temperature_K"), line["extrapolated"].as_bool()), (300.0, Some(true)));
    let (low, high) = (number(line, "D_at_low95_m2_per_s"), number(line, "D_at_high95_m2_per_s"));
    assert!(low < d(300.0) && d(300.0) < high, "{low} {high} {}", d(300.0));
    assert!(number(&found["transport"][0], "D_replicas_m2_per_s") > 0.0);
    let warnings = found["warnings"].to_string();
    assert!(warnings.contains("extrapolated from 600 to 1000 K"), "{warnings}");

    let page = std::fs::read_to_string(folder.path().join("report.html")).expect("a report");
    assert!(page.contains("Na over temperature") && page.contains("extrapolated from 600"));
    for caption in [
        "Mean squared displacement of Na",
        "Local slope",
        "Posterior of D",
        "Partial radial",
        "Van Hove&#39;s",
    ] {
        assert_eq!(page.matches(caption).count(), 3, "{caption}: one at each temperature");
    }
    assert_eq!(page.matches("posterior of the line").count(), 1);
    let page = page.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
    assert!(!page.contains("NaN") && !page.contains("http://") && !page.contains("https://"));

    // Within the measured temperatures nothing is extrapolated.
    let text = succeeds(folder.path(), &[&["diffusion"], &arguments[..], &SAID, &["--at-K", "700"]].concat());
    assert!(text.contains("D at 700 K ") && text.contains("activation energy"), "{text}");
}

#[test]
fn a_fluid_without_reference_gets_its_finite_size_correction() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let cube = dump(&walks(30, 2e-9), "xu yu zu", numbers)
        .replace("0 15 3\n0 11 0\n0 13 0", "0 12 0\n0 12 0\n0 12 0");
    write(folder.path(), "run.dump", &cube);
    let arguments = ["run.dump", "--reference", "", "--temperature-K", "600", "--viscosity-mPa-s", "0.5"];
    let found = analysed(folder.path(), &arguments);
    assert_eq!(found["diffusion"][0]["reference"], serde_json::json!([]));
    let by_hand = 2.837_297 * 1.380_649e-23 * 600.0 / (6.0 * std::f64::consts::PI * 0.5e-3 * 12e-10);
    let correction = number(&found["transport"][0], "D_finite_size_correction_m2_per_s");
    assert!((correction / by_hand - 1.0).abs() < 1e-5, "{correction} {by_hand}");
}
