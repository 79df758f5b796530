//! Draws one picture of each kind into a folder: `cargo run -p natron-report --example gallery -- FOLDER`.
//! With a second argument, an extended XYZ file with one frame and a cubic cell, it draws that structure too.

use std::path::PathBuf;

use natron_report::{Page, Plot, StructurePicture, Table, beside, stack};

/// Numbers between 0 and 1 that look random and are always the same.
fn noise(k: usize) -> f64 {
    ((k as f64 * 12.9898).sin() * 43_758.545_3).rem_euclid(1.0)
}

fn msd_plot() -> Plot {
    let curve: Vec<(f64, f64)> = (0..90)
        .map(|k| 0.02 * 1.085f64.powi(k))
        .map(|t| (t, 0.35 * (1.0 - (-t / 0.08).exp()) + 0.42 * t))
        .collect();
    let band: Vec<_> =
        curve.iter().map(|&(t, m)| (t, m * (1.0 - 0.06 * t.sqrt()), m * (1.0 + 0.06 * t.sqrt()))).collect();
    let fit: Vec<_> =
        curve.iter().filter(|p| p.0 > 3.0 && p.0 < 10.0).map(|p| (p.0, 0.35 + 0.42 * p.0)).collect();
    Plot::new("Mean squared displacement")
        .x("lag time t / ps")
        .y("MSD / Å²")
        .line("Na relative to C", &curve)
        .band("68 %", &band)
        .dashed("fit", &fit)
        .span("fit window", 3.0, 10.0)
        .note("D = (7.0 ± 0.4) × 10⁻¹⁰ m²/s")
        .note("slope 0.94 ± 0.04")
}

fn thermo_plots() -> Vec<Plot> {
    let time = |k: usize| 0.02 * k as f64;
    let temperature: Vec<_> =
        (0..1000).map(|k| (time(k), 600.0 + 60.0 * (noise(k) + noise(k + 5000) - 1.0))).collect();
    let energy: Vec<_> = (0..1000).map(|k| (time(k), -1823.412 + 0.004 * (noise(k + 9000) - 0.5))).collect();
    vec![
        Plot::new("Thermo trace").y("T / K").line("temperature", &temperature),
        Plot::new("").x("t / ps").y("E / eV").line("total energy", &energy),
    ]
}

fn parity_plot() -> Plot {
    let forces = |n: usize, spread: f64, seed: usize| -> Vec<(f64, f64)> {
        (0..n)
            .map(|k| {
                let x = 12.0 * (noise(k + seed) + noise(k + seed + 77) + noise(k + seed + 991) - 1.5);
                (x, x + spread * (noise(k + seed + 3) + noise(k + seed + 13) - 1.0))
            })
            .collect()
    };
    Plot::new("Forces on the test frames")
        .x("DFT / eV Å⁻¹")
        .y("model / eV Å⁻¹")
        .scatter("C (18 000)", &forces(18_000, 2.5, 0))
        .scatter("Na (2 000)", &forces(2_000, 0.8, 100_000))
        .diagonal()
}

fn learning_plot() -> Plot {
    let loss = |floor: f64, seed: usize| -> Vec<(f64, f64)> {
        (1..400)
            .map(|k| (k as f64, floor + 2.0 / (k as f64).powf(0.9) * (1.0 + 0.2 * noise(k + seed))))
            .collect()
    };
    Plot::new("Learning curves")
        .x("epoch")
        .y("loss")
        .line("train", &loss(0.004, 0))
        .line("valid", &loss(0.012, 999))
        .log_y()
}

/// A symbol and a position, A.
type Atom = (String, [f64; 3]);

/// The edge, A, and the atoms, wrapped into the cube, of an extended XYZ file.
fn structure(text: &str) -> Option<(f64, Vec<Atom>)> {
    let mut lines = text.lines();
    let n: usize = lines.next()?.trim().parse().ok()?;
    let edge: f64 = lines.next()?.split("Lattice=\"").nth(1)?.split_whitespace().next()?.parse().ok()?;
    let atom = |line: &str| {
        let mut words = line.split_whitespace();
        let symbol = words.next()?.to_string();
        let mut next = || words.next()?.parse::<f64>().ok().map(|x| x.rem_euclid(edge));
        Some((symbol, [next()?, next()?, next()?]))
    };
    Some((edge, lines.take(n).filter_map(atom).collect()))
}

fn structure_picture(edge: f64, atoms: &[Atom]) -> StructurePicture {
    let cell = [[edge, 0.0, 0.0], [0.0, edge, 0.0], [0.0, 0.0, edge]];
    let of = |symbol: &str| atoms.iter().filter(|a| a.0 == symbol).map(|a| a.1).collect::<Vec<_>>();
    StructurePicture::new(Some(cell)).atoms("C", &of("C")).atoms("Na", &of("Na")).bonds("C", "C", 1.85)
}

fn page(svgs: &[(&str, String)]) -> String {
    let table = Table::new(&["quantity", "value", "unit"])
        .right(1)
        .row(&["temperature", "600.2 ± 1.1", "K"])
        .row(&["energy drift", "0.003", "meV/atom/ps"])
        .row(&["speed", "41.2", "µs/atom/step"])
        .row(&["steps", "20 000", ""]);
    let mut page = Page::new("Na22C200 at 600 K")
        .subtitle("natron 0.1.0 · potential nac · 222 atoms · 20 ps NVE at 1 fs")
        .key_numbers(&[("Diffusion coefficient", "(7.0 ± 0.4) × 10⁻¹⁰", "m²/s"), ("Temperature", "600.2", "K"), ("Slope", "0.94 ± 0.04", "")])
        .note("The slope of ln MSD against ln t lies within 1 ± 0.2: the motion is diffusive over the fitted window.")
        .warning("The potential has not been tested above 1200 K.")
        .heading("Results")
        .table(&table)
        .heading("Pictures");
    for (name, svg) in svgs {
        page = page.figure(
            svg,
            &format!(
                "{name}: what is seen, in one sentence, with its units and where the numbers come from."
            ),
        );
    }
    page.heading("Deck").code("format = 1\nseed = 1\n\n[system]\nstructure = \"na22c200.extxyz\"\n").to_html()
}

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().unwrap_or_else(|| "target/gallery".into()));
    std::fs::create_dir_all(&folder)?;
    let mut svgs = vec![
        ("msd", msd_plot().to_svg(640.0, 400.0)),
        ("msd-log", msd_plot().log_log().to_svg(640.0, 400.0)),
        ("thermo", stack(&thermo_plots(), 640.0, 420.0)),
        ("parity", parity_plot().to_svg(440.0, 440.0)),
        ("learning", learning_plot().to_svg(560.0, 360.0)),
    ];
    if let Some(file) = arguments.next() {
        let text = std::fs::read_to_string(file)?;
        if let Some((edge, atoms)) = structure(&text) {
            let picture = structure_picture(edge, &atoms);
            svgs.push(("structure", picture.to_svg(480.0, 480.0)));
            let parts = [(picture.to_svg(400.0, 400.0), 400.0), (msd_plot().to_svg(560.0, 400.0), 560.0)];
            svgs.push(("banner", beside(&parts, 400.0)));
        }
    }
    for (name, svg) in &svgs {
        std::fs::write(folder.join(format!("{name}.svg")), svg)?;
    }
    std::fs::write(folder.join("report.html"), page(&svgs))
}
