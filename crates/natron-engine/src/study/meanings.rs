//! A study deck written out in full with what every value means, and its schema.

use serde_json::Value;

use super::StudyDeck;
use crate::keys::{self, Key, Type, key, needed};

use Type::{Count, Number, Numbers, Text};

const TABLES: [&str; 6] = ["host", "insert", "grid", "run", "potential", "output"];

const KEYS: &[Key] = &[
    needed("", "format", Count, "format of this deck"),
    needed("", "seed", Count, "seed of every random number: the same deck gives the same study"),
    needed("host", "structure", Text, "file of the host, relative to this deck"),
    key("host", "frame", Count, "which of its frames, counted from 0; default: the last"),
    needed("grid", "temperature_K", Numbers, "temperatures, rising"),
    key("grid", "replicas", Count, "independent runs of each filling and temperature"),
    key("run", "timestep_fs", Number, "step of the dynamics"),
    key("run", "equilibrate_ps", Number, "Langevin dynamics before anything is measured"),
    key(
        "run",
        "equilibrate_max_ps",
        Number,
        "it is doubled until the energy has settled, at most up to this",
    ),
    key("run", "friction_per_ps", Number, "friction of its thermostat"),
    key("run", "production_ps", Number, "dynamics in nve from which D is measured"),
    key("run", "trajectory_every_fs", Number, "time between its frames"),
    key("potential", "name", Text, "a built-in potential"),
    key("potential", "file", Text, "file of the potential, relative to this deck"),
    key("output", "directory", Text, "run directory, relative to this deck; default: named after the deck"),
    key("output", "restart_every_ps", Number, "time between restarts of each run; the two newest are kept"),
];

/// The deck as TOML.
pub(super) fn to_toml(deck: &StudyDeck) -> String {
    toml::to_string(deck).expect("a deck that was read can be written")
}

/// The deck as TOML, defaults included, with a comment behind every value.
pub(super) fn explain(deck: &StudyDeck) -> String {
    let half = keys::explain(&to_toml(deck), KEYS, "");
    keys::explain(&half, crate::build::KEYS, "")
}

/// Schema of the study deck.
pub(crate) fn schema() -> Value {
    let keys = || KEYS.iter().chain(crate::build::KEYS.iter().filter(|key| key.table == "insert"));
    keys::schema("study", keys, &TABLES, &["host", "insert", "grid"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::contract::{assert_explained, assert_schema_is_the_readers};

    const MINIMAL: &str = "format = 1\nseed = 1\n[host]\nstructure = \"a.extxyz\"\n[insert]\natoms = [4]\n[grid]\ntemperature_K = [600]\n";

    fn deck(text: &str) -> StudyDeck {
        toml::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn every_value_of_an_explained_deck_has_its_meaning_and_reads_back() {
        let minimal = deck(MINIMAL);
        assert_eq!(minimal.problems(), []);
        let explained = explain(&minimal);
        assert_explained(&explained);
        assert_eq!(deck(&explained), minimal, "{explained}");
    }

    #[test]
    fn the_schema_takes_what_the_reader_takes() {
        let changes = [
            ("seed = 1\n", ""),
            ("structure = \"a.extxyz\"\n", ""),
            ("atoms = [4]\n", ""),
            ("temperature_K = [600]\n", ""),
            ("temperature_K = [600]\n", "temperature_K = [600]\nzz = 1\n"),
            ("atoms = [4]\n", "atoms = [4]\nzz = 1\n"),
        ];
        assert_schema_is_the_readers::<StudyDeck>(&schema(), MINIMAL, &changes);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let paths = |good: &str, bad: &str| -> Vec<String> {
            let problems = deck(&MINIMAL.replacen(good, bad, 1)).problems();
            problems.into_iter().map(|problem| problem.path).collect()
        };
        assert_eq!(paths("[600]", "[]"), ["grid.temperature_K"]);
        assert_eq!(paths("[600]", "[800, 600]"), ["grid.temperature_K"]);
        assert_eq!(paths("[600]", "[600]\nreplicas = 0"), ["grid.replicas"]);
        assert_eq!(paths("[600]", "[600]\n[run]\nequilibrate_max_ps = 1.0"), ["run.equilibrate_max_ps"]);
        assert_eq!(paths("[4]", "[4, 4]"), ["insert.atoms"]);
    }
}
