//! A voltage deck written out in full with what every value means, and its schema.

use serde_json::Value;

use super::VoltageDeck;
use crate::keys::{self, Key, Type, key, needed};

use Type::{Count, Flag, Number, Numbers, Text, Texts};

const TABLES: [&str; 8] =
    ["host", "insert", "grand_canonical", "monte_carlo", "metal", "curve", "potential", "output"];

const KEYS: &[Key] = &[
    needed("", "format", Count, "format of this deck"),
    needed("", "seed", Count, "seed of every random number: the same deck gives the same curve"),
    needed(
        "host",
        "structures",
        Texts,
        "files of hosts of one composition, relative to this deck, the last frame of each",
    ),
    needed("grand_canonical", "temperature_K", Number, "temperature of the reservoir and the hosts"),
    needed(
        "grand_canonical",
        "voltages_V",
        Numbers,
        "voltages against the metal at which every host is filled from a reservoir",
    ),
    key(
        "metal",
        "edge_A",
        Number,
        "edge of the body-centred cube that the relaxation of the metal starts from; default: that of Li, Na, K",
    ),
    key("metal", "structure", Text, "file of another crystal of the inserted element, relative to this deck"),
    key(
        "curve",
        "convex_hull",
        Flag,
        "also give steps along the lower convex hull of each host's energies: between compositions that do not fall apart",
    ),
    key("potential", "name", Text, "a built-in potential"),
    key("potential", "file", Text, "file of the potential, relative to this deck"),
    key("output", "directory", Text, "run directory, relative to this deck; default: named after the deck"),
];

/// The deck as TOML.
pub(super) fn to_toml(deck: &VoltageDeck) -> String {
    toml::to_string(deck).expect("a deck that was read can be written")
}

/// The deck as TOML, defaults included, with a comment behind every value.
pub(super) fn explain(deck: &VoltageDeck) -> String {
    let half = keys::explain(&to_toml(deck), KEYS, "");
    keys::explain(&half, crate::build::KEYS, "")
}

/// Schema of the voltage deck.
pub(crate) fn schema() -> Value {
    let of_build = |key: &&Key| key.table == "insert" || key.table == "monte_carlo";
    let keys = || KEYS.iter().chain(crate::build::KEYS.iter().filter(of_build));
    keys::schema("voltage", keys, &TABLES, &["host", "insert"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::contract::{assert_explained, assert_schema_is_the_readers};

    const MINIMAL: &str =
        "format = 1\nseed = 1\n[host]\nstructures = [\"a.extxyz\"]\n[insert]\natoms = [4]\n[metal]\n";

    fn deck(text: &str) -> VoltageDeck {
        toml::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn every_value_of_an_explained_deck_has_its_meaning_and_reads_back() {
        let reservoir =
            "[grand_canonical]\ntemperature_K = 300.0\nvoltages_V = [0.1]\n[monte_carlo]\nmoves = 10\n";
        for more in [
            "edge_A = 4.1\n",
            reservoir,
            "structure = \"b.extxyz\"\n[curve]\nconvex_hull = true\n[output]\ndirectory = \"x\"\n",
        ] {
            let minimal = deck(&format!("{MINIMAL}{more}"));
            assert_eq!(minimal.problems(), []);
            let explained = explain(&minimal);
            assert_explained(&explained);
            assert_eq!(deck(&explained), minimal, "{explained}");
        }
    }

    #[test]
    fn the_schema_takes_what_the_reader_takes() {
        let changes = [
            ("seed = 1\n", ""),
            ("structures = [\"a.extxyz\"]\n", ""),
            ("structures = [\"a.extxyz\"]\n", "structures = \"a.extxyz\"\n"),
            ("atoms = [4]\n", ""),
            ("[metal]\n", "[metal]\nzz = 1\n"),
            ("[metal]\n", "[metal]\nedge_A = \"4.2\"\n"),
            ("[metal]\n", "[curve]\nconvex_hull = 1\n"),
        ];
        assert_schema_is_the_readers::<VoltageDeck>(&schema(), MINIMAL, &changes);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let paths = |good: &str, bad: &str| -> Vec<String> {
            let problems = deck(&MINIMAL.replacen(good, bad, 1)).problems();
            problems.into_iter().map(|problem| problem.path).collect()
        };
        assert_eq!(paths("[\"a.extxyz\"]", "[]"), ["host.structures"]);
        assert_eq!(paths("[4]", "[4, 4]"), ["insert.atoms"]);
        assert_eq!(paths("[4]", "[4]\nspecies = \"Mg\""), ["insert.species"]);
        assert_eq!(paths("[4]", "[4]\nspecies = \"K\""), Vec::<String>::new());
        assert_eq!(paths("[4]", "[4]\ncell = \"isotropic\"\npressure_GPa = 1.0"), ["insert.pressure_GPa"]);
        assert_eq!(paths("[metal]\n", "[metal]\nedge_A = 42.0"), ["metal.edge_A"]);
        let reservoir = "[grand_canonical]\ntemperature_K = 0.0\nvoltages_V = []\n";
        let expected = ["grand_canonical.temperature_K", "grand_canonical.voltages_V"];
        assert_eq!(paths("[metal]\n", reservoir), expected);
        assert_eq!(paths("[metal]\n", "[monte_carlo]\nmoves = 10\n"), ["monte_carlo"]);
        assert_eq!(paths("[metal]\n", "[metal]\nedge_A = 4.2\nstructure = \"b\""), ["metal"]);
    }
}
