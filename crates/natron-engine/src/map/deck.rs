//! The map deck.

use std::path::Path;

use natron_atoms::Species;
use natron_descriptor::{Convention, SoapSettings};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::deck::{OutputTable, Problem};
use crate::keys::annotate;
use crate::{InputError, files};

/// A map deck, format 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MapDeck {
    /// Format of this deck.
    pub format: u64,
    /// Files of structures, all frames of each.
    pub structures: Vec<String>,
    /// Take every n-th frame of each file.
    #[serde(default = "one")]
    pub every: usize,
    /// Elements whose environments are mapped.
    pub mobile: Vec<String>,
    /// Elements that are seen in an environment; none: all there are.
    #[serde(default)]
    pub species: Vec<String>,
    /// How environments are described.
    #[serde(default)]
    pub soap: SoapTable,
    /// What is done with them.
    #[serde(default)]
    pub map: MapTable,
    /// Where the results go.
    #[serde(default)]
    pub output: OutputTable,
}

fn one() -> usize {
    1
}

/// `[soap]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SoapTable {
    /// Whose SOAP.
    pub convention: ConventionName,
    /// How far neighbours count, A.
    #[serde(rename = "cutoff_A")]
    pub cutoff_a: f64,
    /// Radial functions.
    pub n_max: usize,
    /// Highest l.
    pub l_max: usize,
    /// Width of the Gaussian on each atom, A.
    #[serde(rename = "sigma_A")]
    pub sigma_a: f64,
    /// Exponent of the kernel.
    pub zeta: f64,
}

impl Default for SoapTable {
    fn default() -> Self {
        Self { convention: ConventionName::Gap, cutoff_a: 5.0, n_max: 8, l_max: 6, sigma_a: 0.5, zeta: 4.0 }
    }
}

/// A convention by its name in a deck.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConventionName {
    /// GAP's.
    Gap,
    /// dscribe's.
    Dscribe,
}

/// `[map]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MapTable {
    /// Environments that span the plane; beyond this number the others are placed among them.
    pub landmarks: usize,
    /// Clusters, each around one environment that stands for it.
    pub clusters: usize,
    /// Neighbours are counted up to here, A.
    #[serde(rename = "coordination_A")]
    pub coordination_a: f64,
    /// Columns of numbers per atom in the files that the map is coloured by too, such as charges.
    pub columns: Vec<String>,
}

impl Default for MapTable {
    fn default() -> Self {
        Self { landmarks: 1000, clusters: 5, coordination_a: 3.2, columns: Vec::new() }
    }
}

impl MapDeck {
    /// The settings of the expansion.
    pub fn settings(&self) -> SoapSettings {
        let SoapTable { convention, cutoff_a, n_max, l_max, sigma_a, .. } = self.soap;
        let convention = match convention {
            ConventionName::Gap => Convention::Gap,
            ConventionName::Dscribe => Convention::Dscribe,
        };
        SoapSettings { cutoff_a, n_max, l_max, sigma_a, convention }
    }

    /// Everything that is out of range.
    pub fn problems(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        let mut check = |good: bool, path: &str, message: String| {
            if !good {
                found.push(Problem { path: path.into(), message, help: None });
            }
        };
        check(self.format == 1, "format", format!("this natron reads format 1, not {}", self.format));
        check(!self.structures.is_empty(), "structures", "`structures` names no file".into());
        check(self.every > 0, "every", "`every` must be at least 1".into());
        check(!self.mobile.is_empty(), "mobile", "`mobile` names no element".into());
        for (path, symbols) in [("mobile", &self.mobile), ("species", &self.species)] {
            for symbol in symbols {
                let known = Species::from_symbol(symbol).is_some();
                check(known, path, format!("`{symbol}` in `{path}` is no element"));
            }
        }
        let map = &self.map;
        check(
            (3..=4000).contains(&map.landmarks),
            "map.landmarks",
            "`map.landmarks` must be 3 to 4000: memory and time grow with its square and cube".into(),
        );
        check((1..=50).contains(&map.clusters), "map.clusters", "`map.clusters` must be 1 to 50".into());
        let reaches = map.coordination_a > 0.0 && map.coordination_a <= 20.0;
        check(reaches, "map.coordination_A", "`map.coordination_A` must lie between 0 and 20".into());
        let zeta = self.soap.zeta;
        check(zeta > 0.0 && zeta <= 100.0, "soap.zeta", "`soap.zeta` must lie between 0 and 100".into());
        if let Err(error) = natron_descriptor::Soap::new(self.settings(), &[Species::NA]) {
            check(false, "soap", format!("[soap]: {error}"));
        }
        found
    }
}

/// What the keys mean, with their JSON type, in the order in which they are written.
const MEANINGS: &[(&str, &str, &str)] = &[
    ("format", "integer", "format of this deck"),
    (
        "structures",
        "strings",
        "files of structures relative to this deck (extended XYZ, POSCAR, ...), all frames",
    ),
    ("every", "integer", "take every n-th frame of each file"),
    ("mobile", "strings", "elements whose environments are mapped"),
    ("species", "strings", "elements that are seen in an environment; [] is all there are"),
    ("soap.convention", "convention", "whose radial functions and factors: gap or dscribe"),
    ("soap.cutoff_A", "number", "how far neighbours count"),
    ("soap.n_max", "integer", "radial functions"),
    ("soap.l_max", "integer", "highest l of the spherical harmonics"),
    ("soap.sigma_A", "number", "width of the Gaussian on each atom"),
    ("soap.zeta", "number", "exponent of the kernel: higher tells environments further apart"),
    ("map.landmarks", "integer", "environments that span the plane; the others are placed among them"),
    ("map.clusters", "integer", "clusters, each around the environment that stands for it"),
    ("map.coordination_A", "number", "neighbours are counted up to here"),
    ("map.columns", "strings", "columns per atom in the files to colour by too, such as charges"),
    ("output.directory", "string", "run directory, relative to this deck"),
];

/// The deck as TOML with a comment behind every value.
pub(super) fn explain(deck: &MapDeck) -> String {
    let text = toml::to_string(deck).expect("a deck that was read can be written");
    annotate(&text, |table, name| {
        let is = |path: &str| path.rsplit_once('.').unwrap_or(("", path)) == (table, name);
        MEANINGS.iter().find(|(path, ..)| is(path)).map(|(.., meaning)| *meaning)
    })
}

/// JSON schema of the deck.
pub fn schema() -> Value {
    let table = || json!({ "type": "object", "additionalProperties": false, "properties": {} });
    let mut root = table();
    let defaults = json!({ "soap": crate::envelope::json(&SoapTable::default()), "map": crate::envelope::json(&MapTable::default()), "every": 1, "species": [] });
    for (path, kind, meaning) in MEANINGS {
        let mut property = match *kind {
            "strings" => json!({ "type": "array", "items": { "type": "string" } }),
            "convention" => json!({ "enum": ["gap", "dscribe"] }),
            kind => json!({ "type": kind }),
        };
        property["description"] = (*meaning).into();
        if let Some(default) = defaults.pointer(&format!("/{}", path.replace('.', "/"))) {
            property["default"] = default.clone();
        }
        let (place, key) = match path.split_once('.') {
            None => (&mut root, *path),
            Some((section, key)) => {
                let section = &mut root["properties"][section];
                if section.is_null() {
                    *section = table();
                }
                (section, key)
            }
        };
        place["properties"][key] = property;
    }
    root["properties"]["format"]["const"] = 1.into();
    root["required"] = json!(["format", "structures", "mobile"]);
    crate::keys::of_deck("map", &root)
}

/// A commented deck for the structures in `file`; it will lie in `folder`.
///
/// # Errors
/// The file cannot be read or holds no frame.
pub fn new_map(file: &Path, folder: &Path) -> Result<String, InputError> {
    let frames = files::read_frames(file)?;
    let first = frames.first().ok_or_else(|| InputError::new("the file holds no frame").in_file(file))?;
    let mut elements = first.structure.species.clone();
    elements.sort_unstable();
    elements.dedup();
    let mobile = match crate::diffusion::alkali(&elements) {
        alkali if alkali.is_empty() => elements,
        alkali => alkali,
    };
    let deck = MapDeck {
        format: 1,
        structures: vec![files::relative(file, folder)],
        every: 1,
        mobile: mobile.iter().map(|s| s.symbol().to_string()).collect(),
        species: Vec::new(),
        soap: SoapTable::default(),
        map: MapTable::default(),
        output: OutputTable::default(),
    };
    let head = format!(
        "# A map of {} environments by SOAP similarity.\n# natron map DECK --check says whether it is in order, natron map DECK draws it.\n",
        deck.mobile.join(", ")
    );
    Ok(head + &explain(&deck))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DECK: &str = "format = 1\nstructures = [\"a.extxyz\"]\nmobile = [\"Na\"]\n";

    fn deck(more: &str) -> MapDeck {
        toml::from_str(&format!("{DECK}{more}")).expect("a deck")
    }

    #[test]
    fn the_schema_takes_what_the_reader_takes() {
        let validator = jsonschema::draft7::new(&schema()).expect("a schema of draft 7");
        let value = |text: &str| -> Value { toml::from_str(text).expect("TOML") };
        assert!(validator.is_valid(&value(DECK)));
        let mut whole = deck("");
        whole.output.directory = Some("x".into());
        let whole = toml::to_string(&whole).expect("TOML");
        assert!(validator.is_valid(&value(&whole)), "every key is described: {whole}");
        for more in [
            "sede = 1",
            "every = 1.5",
            "[soap]\nzta = 1",
            "[soap]\nconvention = \"quip\"",
            "[map]\nclusters = \"5\"",
        ] {
            let text = format!("{DECK}{more}");
            assert!(!validator.is_valid(&value(&text)), "{more}");
            assert!(toml::from_str::<MapDeck>(&text).is_err(), "{more}");
        }
        assert!(!validator.is_valid(&value("format = 1\nmobile = [\"Na\"]")));
    }

    #[test]
    fn every_key_is_explained() {
        let text = explain(&deck("[output]\ndirectory = \"x\""));
        assert_eq!(text.lines().filter(|line| line.contains(" = ")).count(), MEANINGS.len());
        assert_eq!(text.lines().filter(|line| line.contains("  # ")).count(), MEANINGS.len(), "{text}");
    }

    #[test]
    fn values_out_of_range_are_named() {
        assert_eq!(deck("").problems(), []);
        for (more, path) in [
            ("every = 0", "every"),
            ("species = [\"Xx\"]", "species"),
            ("[soap]\ncutoff_A = 0.5", "soap"),
            ("[soap]\nzeta = 0.0", "soap.zeta"),
            ("[map]\nlandmarks = 100000", "map.landmarks"),
            ("[map]\nclusters = 0", "map.clusters"),
            ("[map]\ncoordination_A = -1.0", "map.coordination_A"),
        ] {
            let found = deck(more).problems();
            assert_eq!(found.iter().map(|p| p.path.as_str()).collect::<Vec<_>>(), [path], "{more}");
        }
    }
}
