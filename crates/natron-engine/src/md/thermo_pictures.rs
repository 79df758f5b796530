//! Pictures of thermo logs.

use natron_report::Plot;

use super::thermo_file::ThermoTrace;
use crate::diffusion::pictures::{HEIGHT, WIDTH};

/// Points of a curve beyond this do not show.
const MOST_POINTS: usize = 2000;

/// Temperature, energy and pressure of runs with their names, each run with its number of atoms: picture and caption.
pub(crate) fn pictures(runs: &[(String, ThermoTrace, usize)]) -> Vec<(String, &'static str)> {
    let mut temperature = Plot::new("").x("t / ps").y("T / K");
    let mut energy = Plot::new("").x("t / ps").y("total energy / (meV/atom)");
    let mut pressure = Plot::new("").x("t / ps").y("p / GPa");
    let (mut any, mut any_pressure) = (false, false);
    for (name, trace, atoms) in runs {
        any |= !trace.time_ps.is_empty();
        any_pressure |= trace.pressure_gpa.iter().any(|p| p.is_finite());
        temperature = temperature.line(name, &thinned(&trace.time_ps, &trace.temperature_k));
        pressure = pressure.line(name, &thinned(&trace.time_ps, &trace.pressure_gpa));
        // Thermostats and minimisers move the energy by orders more than the errors of the last stage.
        let last = trace.stage.last();
        let from = trace.stage.iter().position(|stage| Some(stage) == last).unwrap_or(0);
        let start = trace.total_energy_ev.get(from).copied().unwrap_or(0.0);
        let per_atom = 1e3 / (*atoms).max(1) as f64;
        let change: Vec<f64> = trace.total_energy_ev.iter().map(|e| (e - start) * per_atom).collect();
        energy = energy.line(name, &thinned(&trace.time_ps[from..], &change[from..]));
    }
    if !any {
        return Vec::new();
    }
    let svg = |plot: Plot| plot.to_svg(WIDTH, 0.6 * HEIGHT);
    let mut pictures = vec![
        (svg(temperature), "Temperature over all stages."),
        (
            svg(energy),
            "Total energy of the last stage relative to its start; in nve it should stay where it is.",
        ),
    ];
    if any_pressure {
        pictures.push((svg(pressure), "Pressure over all stages."));
    }
    pictures
}

fn thinned(x: &[f64], y: &[f64]) -> Vec<(f64, f64)> {
    let every = x.len().div_ceil(MOST_POINTS).max(1);
    x.iter().copied().zip(y.iter().copied()).step_by(every).collect()
}
