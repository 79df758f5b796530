//! Every kind of report in a browser: each picture is there, nothing overflows on a phone or on a desk, by day or by night.

use std::path::Path;
use std::process::Command;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use crate::support::browser::{Browser, Scheme};
use crate::support::{natron, repository};

/// A phone and a desk, CSS pixels.
const WIDTHS: [u32; 2] = [375, 1280];

fn run(folder: &Path, arguments: &[&str]) {
    let output =
        Command::new(natron()).env("NATRON_THREADS", "1").current_dir(folder).args(arguments).output();
    let output = output.expect("natron starts");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Complaints about one view of a page.
fn complaints(view: &Value, scheme: Scheme, wanted: &[&str]) -> Vec<String> {
    let mut complaints = Vec::new();
    let width = view["width"].as_f64().expect("a width");
    if view["scroll_width"].as_f64().is_none_or(|scroll| scroll > width + 1.0) {
        complaints.push(format!("the page is {} wide", view["scroll_width"]));
    }
    if view["dark"] != (scheme == Scheme::Dark) {
        complaints.push("it is not shown in the scheme that was asked for".into());
    }
    for kind in ["wide", "clipped", "overlaps", "faint"] {
        let found = view[kind].as_array().expect("a list");
        complaints.extend(found.iter().map(|what| format!("{kind}: {}", what.as_str().unwrap_or_default())));
    }
    let figures = view["figures"].as_array().expect("a list");
    for figure in figures {
        let number = |key: &str| figure[key].as_f64().unwrap_or(0.0);
        if number("width") < 150.0 || number("height") < 80.0 || number("marks") < 1.0 {
            complaints.push(format!("an empty picture: {figure}"));
        }
    }
    for caption in wanted {
        let is_it = |figure: &Value| figure["caption"].as_str().is_some_and(|text| text.contains(caption));
        if !figures.iter().any(is_it) {
            complaints.push(format!("no picture says `{caption}`"));
        }
    }
    complaints
}

/// The page is in order in both schemes and at both widths, and holds pictures with all these words in their captions.
fn in_order(browser: &Browser, page: &Path, wanted: &[&str]) {
    let html = std::fs::read_to_string(page).expect("the report was written");
    assert!(!html.contains("http-equiv=\"refresh\"") && !html.contains("src=\"http"), "it loads something");
    let mut all = Vec::new();
    for scheme in [Scheme::Light, Scheme::Dark] {
        for (view, width) in browser.look_at(&html, &WIDTHS, scheme).iter().zip(WIDTHS) {
            assert_eq!(view["width"], width, "the frame has another width");
            let found = complaints(view, scheme, wanted);
            all.extend(found.into_iter().map(|what| format!("{scheme:?}, {width} px: {what}")));
        }
    }
    assert!(all.is_empty(), "{}:\n{}", page.display(), all.join("\n"));
}

/// Pictures of structure and motion that every trajectory of sodium in carbon gives.
const FOUND: [&str; 7] = [
    "Partial radial distributions",
    "Angles between bonds",
    "Shortest-path rings",
    "pore diameter",
    "Van Hove",
    "Non-Gaussian",
    "Each ion by itself",
];

#[test]
fn a_run_has_all_its_pictures() {
    let Some(browser) = Browser::find() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["na22c200.toml", "na22c200.extxyz"] {
        let from = repository().join("examples").join(name);
        std::fs::copy(from, folder.path().join(name)).expect("copies");
    }
    run(
        folder.path(),
        &[
            "md",
            "na22c200.toml",
            "--set",
            "stage.relax.force_max_eV_per_A=1.0",
            "--set",
            "stage.equilibrate.duration_ps=0.05",
            "--set",
            "stage.production.duration_ps=1.2",
        ],
    );
    let wanted = [
        "atoms at the end",
        "Mean squared displacement",
        "Local slope",
        "Temperature",
        "Total energy",
        "Pressure",
    ];
    in_order(&browser, &folder.path().join("na22c200/report.html"), &[&wanted[..], &FOUND].concat());
}

/// Sodium that walks through the carbon of the example, at three temperatures.
#[test]
fn an_analysis_has_all_its_pictures() {
    let Some(browser) = Browser::find() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let example = repository().join("examples/na22c200.extxyz");
    let frame = natron_io::read_frames(&example).expect("frames").pop().expect("a frame");
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    for (name, d_m2_per_s) in [("a.xyz", 2e-9), ("b.xyz", 4e-9), ("c.xyz", 7e-9)] {
        let step_a = (2.0 * d_m2_per_s * 1e20 * 5e-14_f64).sqrt();
        let mut frame = frame.clone();
        let mut frames = Vec::new();
        for _ in 0..161 {
            frames.push(frame.clone());
            let species = frame.structure.species.clone();
            for (place, species) in frame.structure.positions.iter_mut().zip(species) {
                let size = if species.symbol() == "Na" { step_a } else { 0.0 };
                *place += natron_atoms::Vec3::from_fn(|_, _| {
                    size * ((0..12).map(|_| rng.random_range(0.0..1.0)).sum::<f64>() - 6.0)
                });
            }
        }
        let mut bytes = Vec::new();
        natron_io::write_frames(&mut bytes, &frames).expect("writes");
        std::fs::write(folder.path().join(name), bytes).expect("writes");
    }
    let names = ["diffusion", "a.xyz", "b.xyz", "c.xyz", "--frame-every-fs", "50", "--temperature-K"];
    run(folder.path(), &[&names[..], &["600,800,1000", "--report", "page.html"]].concat());
    let wanted =
        ["last frame", "Mean squared displacement", "Local slope", "Posterior of D", "posterior of the line"];
    let moved = ["Sites of the ions", "Lengths of the"];
    in_order(&browser, &folder.path().join("page.html"), &[&wanted[..], &FOUND, &moved].concat());
}

#[test]
fn a_study_has_all_its_pictures() {
    let Some(browser) = Browser::find() else { return };
    let folder = crate::cli::study::folder();
    run(folder.path(), &["study", "grid.toml"]);
    let wanted = [
        "last frame of the hottest",
        "Mean squared displacements",
        "Local slope",
        "Temperature",
        "Total energy",
    ];
    let found = ["Partial radial distributions", "Van Hove"];
    in_order(&browser, &folder.path().join("grid/report.html"), &[&wanted[..], &found].concat());
}

#[test]
fn the_figure_of_a_study_has_all_its_panels() {
    let Some(browser) = Browser::find() else { return };
    let folder = crate::cli::study_figure::folder();
    run(folder.path(), &["study", "fill.toml", "--set", "trust.force_std_max_eV_per_A=0.1"]);
    let wanted = ["(a) Mean voltage", "(b) Gaussian kernel densities", "(c) Environments of Na"];
    in_order(&browser, &folder.path().join("fill/report.html"), &wanted);
}

#[test]
fn a_look_at_data_has_all_its_pictures() {
    let Some(browser) = Browser::find() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let frames = repository().join("potentials/nac/dft/frames.extxyz");
    run(folder.path(), &["data", "check", &frames.to_string_lossy(), "--report", "page.html"]);
    in_order(&browser, &folder.path().join("page.html"), &["values."]);
}

#[test]
fn a_map_has_all_its_pictures() {
    let Some(browser) = Browser::find() else { return };
    let folder = crate::cli::map::folder();
    run(folder.path(), &[&["map", "frames-map.toml"][..], &crate::cli::map::SMALL].concat());
    let wanted = ["Classical scaling", "Colour: the column", "medoid of each cluster"];
    in_order(&browser, &folder.path().join("frames-map/report.html"), &wanted);
}

#[test]
fn charges_have_all_their_pictures() {
    let Some(browser) = Browser::find() else { return };
    let folder = crate::cli::charges::folder();
    run(folder.path(), &["charges", "charges.toml"]);
    let wanted = ["charges of Na", "Mean over atoms", "charges of C", "Every atom of every frame"];
    in_order(&browser, &folder.path().join("charges/report.html"), &wanted);
}

#[test]
fn a_path_has_all_its_pictures() {
    let Some(browser) = Browser::find() else { return };
    let folder = crate::cli::neb::folder();
    run(folder.path(), &["neb", "hop.toml"]);
    in_order(&browser, &folder.path().join("hop/report.html"), &["The start", "the highest", "The end"]);
}

#[cfg(feature = "train")]
#[test]
fn a_training_has_all_its_pictures() {
    let Some(browser) = Browser::find() else { return };
    let folder = crate::support::training::folder();
    run(folder.path(), &["train", "train.toml"]);
    let wanted = ["Loss on the training frames", "Errors of the averaged model", "largest frame"];
    let page =
        std::fs::read_dir(folder.path()).expect("a folder").map(|entry| entry.expect("an entry").path());
    let page = page.map(|path| path.join("report.html")).find(|path| path.exists()).expect("a report");
    in_order(&browser, &page, &wanted);
}
