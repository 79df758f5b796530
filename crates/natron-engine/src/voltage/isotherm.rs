//! The filling of hosts against the voltage, at a temperature: JSON, CSV, and the section of the page.

use natron_analysis::voltage::{capacity_mah_per_g, median};
use natron_report::{Page, Plot, Table};
use serde_json::{Map, Value, json};

use super::VoltageJob;
use super::grand_canonical::Uptake;
use super::points::Middle;
use crate::envelope::put_number;
use crate::metal::ChemicalPotential;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 400.0;
const SHORT: &str = "the chain is too short for an error";

/// All that hosts have taken up, and what an atom of the metal costs at this temperature.
pub(super) struct Isotherm {
    pub(super) metal: ChemicalPotential,
    /// By host, then in the order of the deck's voltages.
    pub(super) uptakes: Vec<Uptake>,
}

/// All hosts at one voltage.
struct Step<'u> {
    voltage_v: f64,
    uptakes: Vec<&'u Uptake>,
}

impl Step<'_> {
    fn median(&self) -> f64 {
        let atoms: Vec<f64> = self.uptakes.iter().map(|uptake| uptake.atoms).collect();
        median(&atoms).expect("there is a host")
    }

    fn ends(&self) -> (f64, f64) {
        let atoms = || self.uptakes.iter().map(|uptake| uptake.atoms);
        (atoms().fold(f64::INFINITY, f64::min), atoms().fold(f64::NEG_INFINITY, f64::max))
    }
}

impl Isotherm {
    /// By rising voltage.
    fn steps(&self) -> Vec<Step<'_>> {
        let mut steps: Vec<Step<'_>> = Vec::new();
        for uptake in &self.uptakes {
            match steps.iter_mut().find(|step| step.voltage_v == uptake.voltage_v) {
                Some(step) => step.uptakes.push(uptake),
                None => steps.push(Step { voltage_v: uptake.voltage_v, uptakes: vec![uptake] }),
            }
        }
        steps.sort_by(|a, b| a.voltage_v.total_cmp(&b.voltage_v));
        steps
    }

    /// Whether every host was filled at every voltage.
    pub(super) fn is_complete(&self, job: &VoltageJob) -> bool {
        let voltages = job.deck.grand_canonical.as_ref().map_or(0, |table| table.voltages_v.len());
        self.uptakes.len() == job.hosts() * voltages
    }

    /// What a reader should know before the numbers.
    pub(super) fn warnings(&self, job: &VoltageJob) -> Vec<String> {
        let named = |uptake: &Uptake| {
            let head = format!("{} at {} V", job.host_name(uptake.host), uptake.voltage_v);
            uptake
                .warnings
                .iter()
                .map(move |text| format!("{head}: {}", text.trim_start_matches("replica 0: ")))
                .collect::<Vec<_>>()
        };
        self.metal.warning().into_iter().chain(self.uptakes.iter().flat_map(named)).collect()
    }

    pub(super) fn json(&self, job: &VoltageJob) -> Value {
        let capacity = |atoms: f64| capacity_mah_per_g(atoms, job.host_mass_amu);
        let point = |uptake: &Uptake| {
            let mut map = Map::new();
            map.insert("host".into(), uptake.host.into());
            map.insert("file".into(), job.host_name(uptake.host).into());
            map.insert("voltage_V".into(), uptake.voltage_v.into());
            map.insert("chemical_potential_eV".into(), uptake.chemical_potential_ev.into());
            map.insert("x_mean".into(), uptake.atoms.into());
            put_number(&mut map, "x_err", uptake.atoms_error, SHORT);
            put_number(&mut map, "x_trend", uptake.trend.map(|(trend, _)| trend), SHORT);
            put_number(&mut map, "x_trend_err", uptake.trend.map(|(_, error)| error), SHORT);
            map.insert("capacity_mAh_per_g".into(), capacity(uptake.atoms).into());
            Value::Object(map)
        };
        let step = |step: &Step<'_>| {
            let (low, high) = step.ends();
            json!({
                "voltage_V": step.voltage_v,
                "hosts": step.uptakes.len(),
                "x": step.median(),
                "x_low": low,
                "x_high": high,
                "capacity_mAh_per_g": capacity(step.median()),
            })
        };
        json!({
            "metal": self.metal.json(),
            "points": self.uptakes.iter().map(point).collect::<Vec<_>>(),
            "curve": self.steps().iter().map(step).collect::<Vec<_>>(),
        })
    }

    /// One row for each host and voltage; an empty field is no number.
    pub(super) fn csv(&self, job: &VoltageJob) -> String {
        let mut text = String::from(
            "host,file,temperature_K,voltage_V,chemical_potential_eV,x_mean,x_err,capacity_mAh_per_g\n",
        );
        for uptake in &self.uptakes {
            let file = job.host_name(uptake.host).replace('"', "\"\"");
            text += &format!(
                "{},\"{file}\",{},{},{},{},{},{}\n",
                uptake.host,
                self.metal.temperature_k,
                uptake.voltage_v,
                uptake.chemical_potential_ev,
                uptake.atoms,
                uptake.atoms_error.map(|error| error.to_string()).unwrap_or_default(),
                capacity_mah_per_g(uptake.atoms, job.host_mass_amu),
            );
        }
        text
    }

    /// The section of the page, with the steps at 0 K (`middles`) beside it.
    pub(super) fn section(&self, page: Page, job: &VoltageJob, middles: &[Middle]) -> Page {
        if self.uptakes.is_empty() {
            return page;
        }
        let metal = &self.metal;
        let note = format!(
            "Grand-canonical Monte Carlo of {} at mu = mu(metal) - e V in the fixed cells of the relaxed hosts, whose atoms move. mu(metal) = {:.4} eV: {:.4} eV at rest and {:+.4} eV of classical \
             harmonic vibrations at {} K (quantum-mechanically {:+.4} eV), without expansion or melting. Errors are statistical, of each chain; the potential's own error, \
             by which the curve may be shifted, is that of the voltages above.",
            job.mobile,
            metal.value_ev(),
            metal.energy_ev,
            metal.vibration_ev,
            metal.temperature_k,
            metal.vibration_quantum_ev
        );
        let caption = format!(
            "Filling against voltage at {} K{}, and at 0 K along the fillings of least energy that were found: there the filling a step begins with belongs to voltages above its own.",
            metal.temperature_k,
            if job.hosts() > 1 { ", every host, the line through their medians" } else { "" }
        );
        page.heading(&format!("Filling at {} K", metal.temperature_k))
            .table(&self.table(job))
            .note(&note)
            .figure(&self.picture(job, middles).to_svg(WIDTH, HEIGHT), &caption)
    }

    fn table(&self, job: &VoltageJob) -> Table {
        let heading = ["host", "V", "x", "mAh/g", "trend of x"];
        let mut table = (1..5).fold(Table::new(&heading), Table::right);
        let both = |value: f64, error: Option<f64>, digits: usize| match error {
            Some(error) => format!("{value:.digits$} +- {error:.digits$}"),
            None => format!("{value:.digits$}"),
        };
        for uptake in &self.uptakes {
            let capacity = |atoms: f64| capacity_mah_per_g(atoms, job.host_mass_amu);
            table.push(&[
                job.host_name(uptake.host).to_owned(),
                format!("{:.3}", uptake.voltage_v),
                both(uptake.atoms, uptake.atoms_error, 2),
                both(capacity(uptake.atoms), uptake.atoms_error.map(capacity), 1),
                uptake.trend.map_or("-".into(), |(trend, error)| both(trend, Some(error), 1)),
            ]);
        }
        table
    }

    fn picture(&self, job: &VoltageJob, middles: &[Middle]) -> Plot {
        let capacity = |atoms: f64| capacity_mah_per_g(atoms, job.host_mass_amu);
        let steps = self.steps();
        let line: Vec<(f64, f64)> =
            steps.iter().map(|step| (step.voltage_v, capacity(step.median()))).collect();
        let bars: Vec<(f64, f64, f64)> = self
            .uptakes
            .iter()
            .map(|uptake| {
                (uptake.voltage_v, capacity(uptake.atoms), capacity(uptake.atoms_error.unwrap_or(0.0)))
            })
            .collect();
        let mut cold: Vec<(f64, f64)> = Vec::new();
        for middle in middles {
            for atoms in [middle.from_x, middle.x] {
                cold.push((middle.step.median, capacity(atoms as f64)));
            }
        }
        let warm = format!("{} K", self.metal.temperature_k);
        Plot::new("")
            .x("voltage / V")
            .y("filling / (mAh/g)")
            .line(&warm, &line)
            .error_bars("", &bars)
            .dashed("0 K", &cold)
    }
}
