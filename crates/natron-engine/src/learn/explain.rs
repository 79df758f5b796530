//! What the keys of the deck mean.

use super::LearnDeck;
use crate::keys::annotate;

/// Tables and keys, in the order in which they are written.
const MEANINGS: &[(&str, &str)] = &[
    ("format", "format of this deck"),
    ("seed", "seed of velocities and thermostats"),
    ("rounds", "how many times to explore, label and train"),
    ("potential.name", "what the first round explores with: a built-in name, or a file"),
    ("explore.structures", "files of structures, every frame of each; * matches within a name"),
    ("explore.temperatures_K", "each structure runs at each of these"),
    ("explore.duration_ps", "length of each run"),
    ("explore.timestep_fs", "step of each run"),
    ("explore.friction_per_ps", "friction of the Langevin thermostat"),
    ("explore.force_std_min_eV_per_A", "frames with a less certain force are of interest"),
    ("explore.look_every_steps", "steps between looks at the uncertainty"),
    ("explore.collect_every_steps", "least number of steps between frames that are kept"),
    ("select.frames", "frames to label in a round"),
    ("select.force_std_max_eV_per_A", "frames with a less certain force are dropped"),
    ("select.distance_min_A", "frames with closer atoms are dropped"),
    ("label.command", "program and arguments; {deck}, {input}, {output}, {directory} are paths"),
    ("label.input", "file for the structure; its name says the format"),
    (
        "label.template",
        "a text that becomes the input: {n_atoms}, {elements}, {a_A}, {b_A}, {c_A}, {atoms_A} are filled in",
    ),
    ("label.output", "file the labels are read from, any format natron reads"),
    ("label.files", "files copied into the folder of each frame"),
    ("label.jobs", "commands at a time"),
    ("label.timeout_s", "a command that takes longer has failed"),
    ("label.kind", "the `kind` that labelled frames carry"),
    ("train.deck", "deck of `natron train`; the labels of all rounds are added to its files"),
    ("train.warm_start", "start from the potential of the round before"),
    ("output.directory", "run directory, relative to this deck"),
];

/// The deck as TOML with a comment behind every value.
pub(super) fn explain(deck: &LearnDeck) -> String {
    let text = toml::to_string(deck).expect("a deck that was read can be written");
    annotate(&text, |table, name| {
        let is = |path: &str| path.rsplit_once('.').unwrap_or(("", path)) == (table, name);
        MEANINGS.iter().find(|(path, ..)| is(path)).map(|(.., meaning)| *meaning)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_explained() {
        let deck: LearnDeck = toml::from_str(super::super::job::tests::DECK).expect("a deck");
        let text = explain(&deck);
        for line in text.lines().filter(|line| line.contains(" = ")) {
            assert!(line.contains("  # "), "{line}");
        }
        for (key, _) in MEANINGS {
            let last = key.rsplit('.').next().expect("a name");
            assert!(
                text.contains(&format!("{last} = ")) || ["output.directory", "label.template"].contains(key),
                "{key}"
            );
        }
    }
}
