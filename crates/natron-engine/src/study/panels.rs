//! What a study makes beside diffusion coefficients: the tables of its deck for voltage, charges and map, and what is to be trusted.

use serde::{Deserialize, Serialize};

use super::StudyDeck;
use crate::deck::Problem;
use crate::map::{MapDeck, MapTable, SoapTable};

/// Frames of one run that are looked at, at most.
const FRAMES_MAX: usize = 100;

/// `[voltage]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VoltagePanel {
    /// Files of hosts, the last frame of each; none: that of the study.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    /// Points of the curve; none: the fillings of the study.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub atoms: Vec<usize>,
}

/// `[environments]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EnvironmentsTable {
    /// Frames of each production, evenly spaced.
    pub frames: usize,
    /// Which of the temperatures is shown in charges and map, K; default: the lowest.
    #[serde(rename = "temperature_K", skip_serializing_if = "Option::is_none")]
    pub temperature_k: Option<f64>,
    /// How far an ion gets in this time is its displacement, ps; default: a tenth of the production.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub displacement_ps: Option<f64>,
}

impl Default for EnvironmentsTable {
    fn default() -> Self {
        Self { frames: 10, temperature_k: None, displacement_ps: None }
    }
}

/// `[charges]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ChargesPanel {
    /// File of a head; default: the one that comes with a built-in potential.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
}

/// `[map]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MapPanel {
    /// How far neighbours count, A.
    #[serde(rename = "cutoff_A")]
    pub cutoff_a: f64,
    /// Exponent of the kernel.
    pub zeta: f64,
    /// Clusters, each around one environment that stands for it.
    pub clusters: usize,
    /// Environments that span the plane.
    pub landmarks: usize,
}

impl Default for MapPanel {
    fn default() -> Self {
        let (soap, map) = (SoapTable::default(), MapTable::default());
        Self { cutoff_a: soap.cutoff_a, zeta: soap.zeta, clusters: map.clusters, landmarks: map.landmarks }
    }
}

/// `[trust]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrustTable {
    /// The environment of an ion is trusted up to this standard deviation of the force on it, eV/A.
    #[serde(rename = "force_std_max_eV_per_A")]
    pub force_std_max_ev_per_a: f64,
    /// A diffusion coefficient is trusted up to this share of environments that are not.
    pub share_max: f64,
    /// A voltage is trusted up to this standard deviation, V.
    #[serde(rename = "voltage_std_max_V")]
    pub voltage_std_max_v: f64,
}

impl Default for TrustTable {
    fn default() -> Self {
        // The force uncertainty of nac was calibrated on sodium atoms of up to 0.44 eV/A.
        Self { force_std_max_ev_per_a: 0.5, share_max: 0.1, voltage_std_max_v: 0.1 }
    }
}

impl MapPanel {
    /// The deck of the map, without structures and columns.
    pub(super) fn deck(&self, mobile: &str) -> MapDeck {
        MapDeck {
            format: 1,
            structures: Vec::new(),
            every: 1,
            mobile: vec![mobile.into()],
            species: Vec::new(),
            soap: SoapTable { cutoff_a: self.cutoff_a, zeta: self.zeta, ..SoapTable::default() },
            map: MapTable {
                clusters: self.clusters,
                landmarks: self.landmarks,
                columns: Vec::new(),
                ..MapTable::default()
            },
            output: Default::default(),
        }
    }
}

/// Everything that is out of range in these tables.
pub(super) fn problems(deck: &StudyDeck) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut check = |good: bool, path: &str, message: String, help: Option<&str>| {
        if !good {
            found.push(Problem { path: path.into(), message, help: help.map(str::to_owned) });
        }
    };
    if let Some(voltage) = &deck.voltage {
        let rising = voltage.atoms.windows(2).all(|pair| pair[0] < pair[1]);
        check(rising, "voltage.atoms", "`voltage.atoms` must rise".into(), None);
        let clear = !voltage.hosts.is_empty() || deck.host.frame.is_none();
        let message = "a voltage takes the last frame of its host".to_string();
        check(clear, "host.frame", message, Some("name the files of its hosts: [voltage] hosts = [...]"));
        let none = deck.insert.pressure_gpa.is_none_or(|pressure| pressure == 0.0);
        let message = "a voltage from energies alone is one at no pressure".to_string();
        check(none, "insert.pressure_GPa", message, Some("leave pressure_GPa or [voltage] out"));
    }
    let table = &deck.environments;
    let frames = (1..=FRAMES_MAX).contains(&table.frames);
    let message = format!("`environments.frames` must be 1 to {FRAMES_MAX}, not {}", table.frames);
    check(frames, "environments.frames", message, None);
    if let Some(wanted) = table.temperature_k {
        let there = deck.grid.temperature_k.contains(&wanted);
        let message = format!("{wanted} K is none of the temperatures of the grid");
        check(there, "environments.temperature_K", message, None);
    }
    if let Some(time) = table.displacement_ps {
        let within = time >= 1e-3 * deck.run.trajectory_every_fs && time <= 0.5 * deck.run.production_ps;
        let message = "`environments.displacement_ps` must lie between the time between two frames and half of the production".to_string();
        check(within, "environments.displacement_ps", message, None);
    }
    let trust = &deck.trust;
    for (name, value) in [
        ("force_std_max_eV_per_A", trust.force_std_max_ev_per_a),
        ("share_max", trust.share_max),
        ("voltage_std_max_V", trust.voltage_std_max_v),
    ] {
        let message = format!("`trust.{name}` must be 0 or more, not {value}");
        check(value >= 0.0 && value.is_finite(), &format!("trust.{name}"), message, None);
    }
    if let Some(map) = &deck.map {
        let mut whole = map.deck(&deck.insert.species);
        whole.structures.push("environments.extxyz".into());
        // `soap.zeta` of a map deck is `map.zeta` here; what the expansion refuses is the cutoff.
        let here = |path: String| match path.as_str() {
            "mobile" => "insert.species".into(),
            "soap" => "map.cutoff_A".into(),
            _ => path.replace("soap.", "map."),
        };
        found.extend(whole.problems().into_iter().map(|p| Problem { path: here(p.path), ..p }));
    }
    found
}
