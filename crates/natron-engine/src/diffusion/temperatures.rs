//! Runs at several temperatures: activation energy, and D where nothing was run.

use natron_analysis::arrhenius::{Line, Point, arrhenius};
use natron_analysis::checks::Outcome;
use natron_analysis::value::Value as Number;
use natron_analysis::{Recording, diffusion_of_recordings};
use natron_atoms::Species;
use serde_json::{Map, Value};

use super::Analysis;
use super::groups::Group;
use super::source::Run;
use super::transport::number;
use crate::envelope::put_number;

/// D of each replica analysed alone; nothing for a single one, whose D is known.
pub(super) fn each_alone(recordings: &[&Recording], species: Species) -> Vec<Outcome<Number>> {
    if recordings.len() < 2 {
        return Vec::new();
    }
    let alone = |recording: &&Recording| {
        let diffusion = diffusion_of_recordings(&[recording], species).map_err(|error| error.to_string())?;
        number(&diffusion.result)
    };
    recordings.iter().map(alone).collect()
}

/// What one temperature says.
#[derive(Debug, Clone)]
pub(super) struct Measured {
    temperature_k: Option<f64>,
    pooled: Outcome<Number>,
    upper_m2_per_s: Option<f64>,
    /// Each replica, with its own temperature.
    alone: Vec<(Option<f64>, Outcome<Number>)>,
}

impl Measured {
    pub fn new(group: &Group, members: &[&Run], analysis: &Analysis, alone: Vec<Outcome<Number>>) -> Self {
        let result = &analysis.diffusion.result;
        Self {
            temperature_k: group.temperature_k,
            pooled: number(result),
            upper_m2_per_s: result.D_upper_m2_per_s,
            alone: members.iter().map(|run| run.temperature_k).zip(alone).collect(),
        }
    }

    /// The replicas one by one where each has a D, so that their scatter counts; else all of them pooled.
    fn points(&self) -> Vec<Point> {
        let point = |temperature_k: Option<f64>, d: &Outcome<Number>| {
            let (temperature_k, d) = (temperature_k?, d.as_ref().ok()?);
            Some(Point { temperature_k, d_m2_per_s: d.value, err_m2_per_s: d.err })
        };
        let single: Option<Vec<Point>> = self.alone.iter().map(|(t, d)| point(*t, d)).collect();
        match single {
            Some(points) if !points.is_empty() => points,
            _ => point(self.temperature_k, &self.pooled).into_iter().collect(),
        }
    }
}

/// The activation energy of one species.
#[derive(Debug, Clone)]
pub struct Arrhenius {
    /// The mobile species.
    pub species: Species,
    /// Every run or temperature in the fit.
    pub points: Vec<Point>,
    /// Upper bounds (K, m2/s) at temperatures without a D; they are not in the fit.
    pub bounds: Vec<(f64, f64)>,
    /// The posterior, or why there is none.
    pub line: Outcome<Line>,
    /// Where D is wanted, K.
    pub at_temperature_k: f64,
}

impl Arrhenius {
    pub(super) fn new(species: Species, measured: &[Measured], at_temperature_k: f64) -> Self {
        let points: Vec<Point> = measured.iter().flat_map(Measured::points).collect();
        let without = measured.iter().filter(|m| m.points().is_empty());
        let bounds = without.filter_map(|m| m.temperature_k.zip(m.upper_m2_per_s)).collect();
        let line = arrhenius(&points).map_err(|error| error.to_string());
        Self { species, points, bounds, line, at_temperature_k }
    }

    /// What to beware of.
    pub(super) fn warnings(&self, at_k: f64) -> Vec<String> {
        let Ok(line) = &self.line else {
            let why = self.line.as_ref().err().map(String::as_str).unwrap_or_default();
            return vec![format!("no activation energy of {}: {why}", self.species.symbol())];
        };
        let mut warnings = Vec::new();
        let (low, high) = line.range_k();
        if line.extrapolates_to(at_k) {
            warnings.push(format!(
                "D of {} at {at_k} K is extrapolated from {low:.0} to {high:.0} K: it holds only if atoms move in the same way there",
                self.species.symbol()
            ));
        }
        for (temperature_k, bound) in &self.bounds {
            let there = line.d_m2_per_s(*temperature_k).in95.0;
            if there > *bound {
                warnings.push(format!(
                    "the line of {} lies above the bound found at {temperature_k:.0} K ({there:.1e} > {bound:.1e} m2/s): it is not straight",
                    self.species.symbol()
                ));
            }
        }
        warnings
    }

    /// One entry of `arrhenius[]`.
    pub fn json(&self) -> Value {
        let mut map = Map::new();
        map.insert("species".into(), self.species.symbol().into());
        map.insert("temperatures_K".into(), self.points.iter().map(|p| p.temperature_k).collect());
        map.insert("D_m2_per_s".into(), self.points.iter().map(|p| p.d_m2_per_s).collect());
        map.insert("D_err_m2_per_s".into(), self.points.iter().map(|p| p.err_m2_per_s).collect());
        let line = self.line.as_ref();
        let at = self.at_temperature_k;
        let half = |(low, high): (f64, f64)| 0.5 * (high - low);
        let mut put = |key: &str, value: fn(&Line, f64) -> f64| {
            let note = line.err().map_or("not finite", String::as_str);
            put_number(&mut map, key, line.ok().map(|line| value(line, at)), note);
        };
        put("E_a_eV", |line, _| line.activation_energy_ev().median);
        put("E_a_low95_eV", |line, _| line.activation_energy_ev().in95.0);
        put("E_a_high95_eV", |line, _| line.activation_energy_ev().in95.1);
        put("D0_m2_per_s", |line, _| line.ln_d0().median.exp());
        put("D0_low95_m2_per_s", |line, _| line.ln_d0().in95.0.exp());
        put("D0_high95_m2_per_s", |line, _| line.ln_d0().in95.1.exp());
        put("between_runs_std_ln", |line, _| line.between_runs());
        put("D_at_m2_per_s", |line, at| line.d_m2_per_s(at).median);
        put("D_at_low68_m2_per_s", |line, at| line.d_m2_per_s(at).in68.0);
        put("D_at_high68_m2_per_s", |line, at| line.d_m2_per_s(at).in68.1);
        put("D_at_low95_m2_per_s", |line, at| line.d_m2_per_s(at).in95.0);
        put("D_at_high95_m2_per_s", |line, at| line.d_m2_per_s(at).in95.1);
        let error = line.ok().map(|line| half(line.activation_energy_ev().in68));
        put_number(&mut map, "E_a_err_eV", error, line.err().map_or("not finite", String::as_str));
        map.insert("at_temperature_K".into(), at.into());
        map.insert("extrapolated".into(), line.ok().map(|line| line.extrapolates_to(at)).into());
        map.into()
    }
}
