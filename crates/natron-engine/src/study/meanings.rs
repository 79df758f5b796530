//! A study deck written out in full with what every value means, and its schema.

use serde_json::Value;

use super::StudyDeck;
use crate::keys::{self, Key, Type, key, needed};

use Type::{Count, Counts, Number, Numbers, Text, Texts};

const TABLES: [&str; 11] = [
    "host",
    "insert",
    "grid",
    "run",
    "voltage",
    "environments",
    "charges",
    "map",
    "trust",
    "potential",
    "output",
];

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
    key(
        "voltage",
        "hosts",
        Texts,
        "files of hosts, relative to this deck, the last frame of each; default: that of the study",
    ),
    key("voltage", "atoms", Counts(0), "points of the curve, rising; default: the fillings of the study"),
    key("environments", "frames", Count, "frames of each production, evenly spaced"),
    key(
        "environments",
        "temperature_K",
        Number,
        "which temperature charges and map are of; default: the lowest",
    ),
    key(
        "environments",
        "displacement_ps",
        Number,
        "how far an ion gets in this time is its displacement; default: a tenth of the production",
    ),
    key(
        "charges",
        "head",
        Text,
        "file of a head for the potential, relative to this deck; default: what a built-in potential comes with",
    ),
    key("map", "cutoff_A", Number, "how far neighbours count"),
    key("map", "zeta", Number, "exponent of the kernel: higher tells environments further apart"),
    key("map", "clusters", Count, "clusters, each around the environment that stands for it"),
    key("map", "landmarks", Count, "environments that span the plane; the others are placed among them"),
    key(
        "trust",
        "force_std_max_eV_per_A",
        Number,
        "the environment of an ion is trusted up to this standard deviation of the force on it",
    ),
    key(
        "trust",
        "share_max",
        Number,
        "a diffusion coefficient is trusted up to this share of environments that are not",
    ),
    key("trust", "voltage_std_max_V", Number, "a voltage is trusted up to this standard deviation"),
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

    /// Every table of the figure, every key of it.
    const PANELS: &str = "[voltage]\nhosts = [\"b.extxyz\"]\natoms = [2, 4]\n[environments]\nframes = 5\ntemperature_K = 600.0\ndisplacement_ps = 2.0\n[charges]\nhead = \"h.safetensors\"\n[map]\nclusters = 3\n[trust]\nshare_max = 0.2\n";

    fn deck(text: &str) -> StudyDeck {
        toml::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn every_value_of_an_explained_deck_has_its_meaning_and_reads_back() {
        for text in [MINIMAL.to_string(), MINIMAL.to_string() + PANELS] {
            let deck_of_text = deck(&text);
            assert_eq!(deck_of_text.problems(), []);
            let explained = explain(&deck_of_text);
            assert_explained(&explained);
            assert_eq!(deck(&explained), deck_of_text, "{explained}");
        }
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
        let changes = [
            ("frames = 5\n", "frames = 5.5\n"),
            ("atoms = [2, 4]\n", "atoms = 4\n"),
            ("clusters = 3\n", "clusters = 3\nzz = 1\n"),
            ("[trust]\n", "[trust]\nzz = 1\n"),
            ("[charges]\n", "[charges]\nzz = 1\n"),
        ];
        assert_schema_is_the_readers::<StudyDeck>(&schema(), &(MINIMAL.to_string() + PANELS), &changes);
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
        for (more, path) in [
            ("[voltage]\natoms = [4, 2]", "voltage.atoms"),
            ("[environments]\nframes = 0", "environments.frames"),
            ("[environments]\ntemperature_K = 700.0", "environments.temperature_K"),
            ("[environments]\ndisplacement_ps = 60.0", "environments.displacement_ps"),
            ("[map]\nclusters = 0", "map.clusters"),
            ("[map]\nzeta = 0.0", "map.zeta"),
            ("[map]\ncutoff_A = 0.1", "map.cutoff_A"),
            ("[trust]\nshare_max = -0.1", "trust.share_max"),
        ] {
            assert_eq!(paths("[600]", &format!("[600]\n{more}")), [path], "{more}");
        }
        let voltage = "[insert]\npressure_GPa = 1.0\ncell = \"isotropic\"\n";
        let both = MINIMAL.replacen("[insert]\n", voltage, 1) + "[voltage]\n";
        let found = deck(&both.replacen("[host]\n", "[host]\nframe = 0\n", 1)).problems();
        let found: Vec<_> = found.into_iter().map(|problem| problem.path).collect();
        assert_eq!(found, ["host.frame", "insert.pressure_GPa"]);
    }
}
