//! What the `[loss]` and `[optimiser]` tables of a training deck say.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The loss: sum over species of the mean of |dF|^2 / (floor^2 + (relative |F|)^2), plus energy and virial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LossSettings {
    /// Force error that counts 1, eV/A.
    #[serde(rename = "force_floor_eV_per_A")]
    pub force_floor_ev_per_a: f64,
    /// Part of a reference force that is forgiven as error: hot frames do not drown the rest.
    pub force_relative: f64,
    /// Force errors beyond this many times their scale count linearly instead of squared (Huber, Ann. Math. Stat. 35, 73
    /// (1964)); none: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub force_huber: Option<f64>,
    /// Weight of each species' mean force error; 1 where none is named.
    pub species_weights: BTreeMap<String, f64>,
    /// Energy error that counts 1 before its weight, eV/atom.
    #[serde(rename = "energy_floor_eV_per_atom")]
    pub energy_floor_ev_per_atom: f64,
    /// Weight of the energy error at first.
    pub energy_weight: f64,
    /// Weight of the energy error in the last quarter of training.
    pub energy_weight_final: f64,
    /// Virial error that counts 1 before its weight, eV/atom.
    #[serde(rename = "virial_floor_eV_per_atom")]
    pub virial_floor_ev_per_atom: f64,
    /// Weight of the virial error.
    pub virial_weight: f64,
    /// Error of the energy of an isolated atom that counts 1 before its weight, eV.
    #[serde(rename = "isolated_floor_eV")]
    pub isolated_floor_ev: f64,
    /// Weight of that error, for each species whose isolated atom is known.
    pub isolated_weight: f64,
    /// Weights of frames by their `kind`; 1 where none is named.
    pub kind_weights: BTreeMap<String, f64>,
    /// Weights of the energies of frames by their `kind`, times that of the frame; 1 where none is named.
    pub kind_energy_weights: BTreeMap<String, f64>,
}

impl Default for LossSettings {
    fn default() -> Self {
        Self {
            force_floor_ev_per_a: 0.1,
            force_relative: 0.1,
            force_huber: None,
            species_weights: BTreeMap::new(),
            energy_floor_ev_per_atom: 0.005,
            energy_weight: 0.01,
            energy_weight_final: 1.0,
            virial_floor_ev_per_atom: 0.05,
            virial_weight: 0.01,
            isolated_floor_ev: 0.1,
            isolated_weight: 0.01,
            kind_weights: BTreeMap::new(),
            kind_energy_weights: BTreeMap::new(),
        }
    }
}

/// The optimiser: AdamW with warm-up and a cosine, an exponential moving average for export.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OptimiserSettings {
    /// Passes over the training frames.
    pub epochs: usize,
    /// How often a pass meets the frames of a `kind`; once where none is named.
    pub kind_repeats: BTreeMap<String, usize>,
    /// Frames a step.
    pub batch_frames: usize,
    /// Highest learning rate.
    pub learning_rate: f64,
    /// Learning rate at the end.
    pub learning_rate_final: f64,
    /// Share of all steps spent warming up.
    pub warm_up: f64,
    /// Decoupled weight decay.
    pub weight_decay: f64,
    /// The gradient of a step is shortened to this length, over all parameters together; none: it stays as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gradient_norm_max: Option<f64>,
    /// Memory of the moving average of the weights that is exported.
    pub moving_average: f64,
    /// Epochs between looks at the validation frames.
    pub validate_every: usize,
    /// Stop after this many looks without a better validation score; 0 never stops early.
    pub patience: usize,
}

impl Default for OptimiserSettings {
    fn default() -> Self {
        Self {
            epochs: 500,
            kind_repeats: BTreeMap::new(),
            batch_frames: 6,
            learning_rate: 5e-3,
            learning_rate_final: 1e-5,
            warm_up: 0.02,
            weight_decay: 1e-4,
            gradient_norm_max: None,
            moving_average: 0.999,
            validate_every: 10,
            patience: 0,
        }
    }
}

impl LossSettings {
    /// Square of the force error that counts 1 on an atom with this squared reference force, (eV/A)^2.
    pub fn force_scale_squared(&self, reference_squared: f64) -> f64 {
        self.force_floor_ev_per_a.powi(2) + self.force_relative.powi(2) * reference_squared
    }

    /// The loss of a squared force error in units of its scale, and its derivative by that square.
    pub fn of_square(&self, square: f64) -> (f64, f64) {
        match self.force_huber {
            Some(most) if square > most * most => {
                let error = square.sqrt();
                (most * (2.0 * error - most), most / error)
            }
            _ => (square, 1.0),
        }
    }

    /// The loss of an error of the energy of an isolated atom (eV), and its derivative by that, 1/eV.
    pub fn of_isolated(&self, error_ev: f64) -> (f64, f64) {
        let scale = self.isolated_weight / self.isolated_floor_ev.powi(2);
        (scale * error_ev * error_ev, 2.0 * scale * error_ev)
    }

    /// Everything that is out of range, as (key, problem).
    pub fn problems(&self) -> Vec<(String, String)> {
        let positive = [
            ("force_huber", self.force_huber.unwrap_or(1.0)),
            ("force_floor_eV_per_A", self.force_floor_ev_per_a),
            ("energy_floor_eV_per_atom", self.energy_floor_ev_per_atom),
            ("virial_floor_eV_per_atom", self.virial_floor_ev_per_atom),
            ("isolated_floor_eV", self.isolated_floor_ev),
        ];
        let not_negative = [
            ("force_relative", self.force_relative),
            ("energy_weight", self.energy_weight),
            ("energy_weight_final", self.energy_weight_final),
            ("virial_weight", self.virial_weight),
            ("isolated_weight", self.isolated_weight),
        ];
        let bad = |ok: bool, key: &str, need: &str, value: f64| {
            (!ok).then(|| (format!("loss.{key}"), format!("must be {need}, not {value}")))
        };
        let maps = [
            ("species_weights", &self.species_weights),
            ("kind_weights", &self.kind_weights),
            ("kind_energy_weights", &self.kind_energy_weights),
        ];
        let mapped = maps
            .into_iter()
            .flat_map(|(table, map)| map.iter().map(move |(key, value)| (format!("{table}.{key}"), *value)));
        positive
            .into_iter()
            .filter_map(|(k, v)| bad(v > 0.0 && v.is_finite(), k, "positive", v))
            .chain(
                not_negative
                    .into_iter()
                    .filter_map(|(k, v)| bad(v >= 0.0 && v.is_finite(), k, "0 or more", v)),
            )
            .chain(mapped.filter_map(|(k, v)| bad(v >= 0.0 && v.is_finite(), &k, "0 or more", v)))
            .collect()
    }
}

impl OptimiserSettings {
    /// Everything that is out of range, as (key, problem).
    pub fn problems(&self) -> Vec<(String, String)> {
        let checks = [
            (self.epochs >= 1, "epochs", "must be at least 1"),
            (self.batch_frames >= 1, "batch_frames", "must be at least 1"),
            (self.learning_rate > 0.0 && self.learning_rate.is_finite(), "learning_rate", "must be positive"),
            (
                self.learning_rate_final > 0.0 && self.learning_rate_final <= self.learning_rate,
                "learning_rate_final",
                "must be positive and at most learning_rate",
            ),
            ((0.0..1.0).contains(&self.warm_up), "warm_up", "must be 0 or more and below 1"),
            (
                self.weight_decay >= 0.0 && self.weight_decay < 1.0,
                "weight_decay",
                "must be 0 or more and below 1",
            ),
            (
                self.gradient_norm_max.is_none_or(|most| most > 0.0 && most.is_finite()),
                "gradient_norm_max",
                "must be positive",
            ),
            ((0.0..1.0).contains(&self.moving_average), "moving_average", "must be 0 or more and below 1"),
            (self.validate_every >= 1, "validate_every", "must be at least 1"),
        ];
        let bad = |(ok, key, problem): (bool, &str, &str)| {
            (!ok).then(|| (format!("optimiser.{key}"), problem.into()))
        };
        let never = self.kind_repeats.iter().filter(|(_, times)| **times == 0).map(|(kind, _)| {
            let problem = "must be at least 1; `exclude_kinds` leaves frames out";
            (format!("optimiser.kind_repeats.{kind}"), problem.into())
        });
        checks.into_iter().filter_map(bad).chain(never).collect()
    }

    /// Learning rate of step `step` of `steps`.
    pub fn rate(&self, step: usize, steps: usize) -> f64 {
        let warm = self.warm_up * steps as f64;
        let step = step as f64;
        if step < warm {
            return self.learning_rate * (step + 1.0) / (warm + 1.0);
        }
        let part = ((step - warm) / (steps as f64 - warm).max(1.0)).min(1.0);
        let cosine = 0.5 * (1.0 + (std::f64::consts::PI * part).cos());
        self.learning_rate_final + (self.learning_rate - self.learning_rate_final) * cosine
    }
}
