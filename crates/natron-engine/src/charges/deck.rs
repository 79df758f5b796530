//! The charges deck.

use natron_analysis::density::Rule;
use natron_atoms::Species;
use natron_dynamics::deck::PotentialDeck;
use natron_potential::Reads;
use serde::{Deserialize, Serialize};

use crate::deck::{OutputTable, Problem};
use crate::potentials;

/// A charges deck, format 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChargesDeck {
    /// Format of this deck.
    pub format: u64,
    /// Files of structures or trajectories, all frames of each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub structures: Vec<String>,
    /// Take every n-th frame of each file.
    #[serde(default = "one")]
    pub every: usize,
    /// Elements whose share is the filling.
    pub mobile: Vec<String>,
    /// Which potential the head reads.
    #[serde(default = "potentials::default_choice")]
    pub potential: PotentialDeck,
    /// Where charges come from and what they are compared with.
    #[serde(default)]
    pub charges: ChargesTable,
    /// Fits a head first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fit: Option<FitTable>,
    /// Their distribution.
    #[serde(default)]
    pub density: DensityTable,
    /// Where the results go.
    #[serde(default)]
    pub output: OutputTable,
}

fn one() -> usize {
    1
}

/// `[charges]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ChargesTable {
    /// File of a head; default: the one that comes with a built-in potential.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
    /// Charge of every cell, e.
    pub total_e: f64,
    /// Column of reference charges, e.
    pub labels: String,
    /// Key of the comment line that says to which split a frame belongs.
    pub split_key: String,
}

impl Default for ChargesTable {
    fn default() -> Self {
        Self { head: None, total_e: 0.0, labels: "charges".into(), split_key: "split".into() }
    }
}

/// `[fit]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FitTable {
    /// Files of frames with reference charges and splits.
    pub files: Vec<String>,
    /// What a head may read; the best on valid is taken.
    #[serde(default = "every_reading")]
    pub reads: Vec<Reads>,
    /// What may hold back its weights, e^2 per unit of weight squared.
    #[serde(default = "ridges")]
    pub ridges: Vec<f64>,
}

fn every_reading() -> Vec<Reads> {
    vec![Reads::Hidden, Reads::Features, Reads::Both]
}

fn ridges() -> Vec<f64> {
    (-12..=4).map(|half| 10f64.powf(0.5 * f64::from(half))).map(|x| (x * 1e9).round() / 1e9).collect()
}

/// `[density]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DensityTable {
    /// How wide the kernels are.
    pub rule: Rule,
    /// One width for all instead, e.
    #[serde(rename = "bandwidth_e", skip_serializing_if = "Option::is_none")]
    pub bandwidth_e: Option<f64>,
    /// Fillings are rounded to multiples of this, mobile atoms for 200 others.
    pub x_step: f64,
    /// Points of a curve.
    pub points: usize,
}

impl Default for DensityTable {
    fn default() -> Self {
        Self { rule: Rule::Scott, bandwidth_e: None, x_step: 4.0, points: 500 }
    }
}

impl ChargesDeck {
    /// Everything that is out of range.
    pub fn problems(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        let mut check = |good: bool, path: &str, message: String| {
            if !good {
                found.push(Problem { path: path.into(), message, help: None });
            }
        };
        check(self.format == 1, "format", format!("this natron reads format 1, not {}", self.format));
        let something = self.fit.is_some() || !self.structures.is_empty();
        check(something, "structures", "`structures` names no file, and there is no [fit]".into());
        check(self.every > 0, "every", "`every` must be at least 1".into());
        check(!self.mobile.is_empty(), "mobile", "`mobile` names no element".into());
        for symbol in &self.mobile {
            let known = Species::from_symbol(symbol).is_some();
            check(known, "mobile", format!("`{symbol}` in `mobile` is no element"));
        }
        let one = self.potential.name.is_some() != self.potential.file.is_some();
        check(one, "potential", "[potential] takes one of `name` and `file`".into());
        check(
            self.charges.total_e.abs() <= 1e3,
            "charges.total_e",
            "`charges.total_e` must be within 1000".into(),
        );
        let density = &self.density;
        let width = density.bandwidth_e.is_none_or(|width| width > 0.0 && width <= 10.0);
        check(width, "density.bandwidth_e", "`density.bandwidth_e` must lie between 0 and 10".into());
        let step = density.x_step > 0.0 && density.x_step <= 1000.0;
        check(step, "density.x_step", "`density.x_step` must lie between 0 and 1000".into());
        let points = (10..=10_000).contains(&density.points);
        check(points, "density.points", "`density.points` must be 10 to 10000".into());
        if let Some(fit) = &self.fit {
            check(!fit.files.is_empty(), "fit.files", "`fit.files` names no file".into());
            check(!fit.reads.is_empty(), "fit.reads", "`fit.reads` is empty".into());
            check(!fit.ridges.is_empty(), "fit.ridges", "`fit.ridges` is empty".into());
            let positive = fit.ridges.iter().all(|ridge| *ridge > 0.0 && *ridge <= 1e6);
            check(positive, "fit.ridges", "every one of `fit.ridges` must lie between 0 and 1e6".into());
            let alone = self.charges.head.is_none();
            check(
                alone,
                "charges.head",
                "`charges.head` does not belong beside [fit], which makes a head".into(),
            );
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DECK: &str = "format = 1\nmobile = [\"Na\"]\nstructures = [\"a.extxyz\"]\n";

    #[test]
    fn values_out_of_range_are_named() {
        let problems = |text: &str| {
            let deck: ChargesDeck = toml::from_str(text).expect("a deck");
            deck.problems().into_iter().map(|p| p.path).collect::<Vec<_>>()
        };
        assert_eq!(problems(DECK), Vec::<String>::new());
        assert_eq!(problems("format = 1\nmobile = [\"Na\"]"), ["structures"]);
        for (more, path) in [
            ("every = 0", "every"),
            ("[charges]\ntotal_e = 1e9", "charges.total_e"),
            ("[density]\nbandwidth_e = 0.0", "density.bandwidth_e"),
            ("[density]\nx_step = -1.0", "density.x_step"),
            ("[density]\npoints = 1", "density.points"),
            ("[potential]\nname = \"nac\"\nfile = \"b.safetensors\"", "potential"),
            ("[fit]\nfiles = []", "fit.files"),
            ("[fit]\nfiles = [\"a\"]\nridges = [0.0]", "fit.ridges"),
            ("[charges]\nhead = \"h\"\n[fit]\nfiles = [\"a\"]", "charges.head"),
        ] {
            assert_eq!(problems(&format!("{DECK}{more}")), [path], "{more}");
        }
    }

    #[test]
    fn the_ridges_go_by_half_decades() {
        let found = ridges();
        assert_eq!((found.len(), found[0], found[2], found[16]), (17, 1e-6, 1e-5, 100.0));
    }
}
