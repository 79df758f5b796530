//! `natron new md`: a commented deck for a user's own structure.

use std::path::Path;

use natron_atoms::{Species, Structure};
use natron_dynamics::MdDeck;

use crate::diffusion::alkali;
use crate::md::explain::explain;
use crate::potentials::{BUILT_IN, load_built_in};
use crate::{Failure, InputError, RunError, files};

/// Na22C200, the structure of the first example.
pub const EXAMPLE_STRUCTURE: &str = include_str!("../../../examples/na22c200.extxyz");
/// What the example's file is called.
pub const EXAMPLE_FILE: &str = "na22c200.extxyz";

/// A deck that is ready to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct NewDeck {
    /// The deck as TOML with comments.
    pub text: String,
    /// Built-in potential that knows every element; without one the deck names a file that does not exist yet.
    pub potential: Option<&'static str>,
    /// What the structure's file says and a run does not use, in words.
    pub unused: Vec<String>,
}

/// A deck for the structure in `file`; the deck will lie in `folder`.
///
/// # Errors
/// The structure cannot be read.
pub fn new_md(file: &Path, folder: &Path) -> Result<NewDeck, InputError> {
    let sources = files::read_sources(file)?;
    let last = sources.last().ok_or_else(|| InputError::new("the file holds no frame").in_file(file))?;
    let mut new = deck_for(&last.frame.structure, &files::relative(file, folder));
    new.unused.clone_from(&last.ignored);
    if last.frame.arrays.iter().any(|(name, _)| name == natron_io::poscar::MOVE_MASK) {
        new.unused.push("selective dynamics".to_owned());
    }
    Ok(new)
}

/// A deck for a structure that the deck will find under `path`.
pub fn deck_for(structure: &Structure, path: &str) -> NewDeck {
    let mut elements: Vec<Species> = structure.species.clone();
    elements.sort_unstable();
    elements.dedup();
    let potential = BUILT_IN
        .iter()
        .map(|built_in| built_in.name)
        .find(|name| load_built_in(name).is_ok_and(|loaded| loaded.knows(&elements)));
    let (mobile, reference) = split_elements(structure, &elements);
    let choice = match potential {
        Some(name) => serde_json::json!({ "name": name }),
        None => serde_json::json!({ "file": "potential.safetensors" }),
    };
    let temperature = if potential == Some("lj-argon") { 94.4 } else { 600.0 };
    let timestep = if elements.contains(&Species::from_number(1).expect("hydrogen")) { 0.5 } else { 1.0 };
    let symbols = |species: &[Species]| species.iter().map(|s| s.symbol()).collect::<Vec<_>>();
    let deck = serde_json::json!({
        "format": 1,
        "seed": 1,
        "system": { "structure": path },
        "potential": choice,
        "analysis": { "mobile": symbols(&mobile), "reference": symbols(&reference) },
        "stage": [
            { "name": "relax", "kind": "minimise", "force_max_eV_per_A": 0.05 },
            { "name": "equilibrate", "kind": "dynamics", "duration_ps": 5.0, "timestep_fs": timestep,
              "ensemble": { "kind": "nvt-langevin", "temperature_K": temperature, "friction_per_ps": 2.0 } },
            { "name": "production", "kind": "dynamics", "duration_ps": 20.0, "timestep_fs": timestep,
              "ensemble": { "kind": "nve" }, "record": true },
        ],
    });
    let deck: MdDeck = serde_json::from_value(deck).expect("the keys are those of a deck");
    let head = format!(
        "# Molecular dynamics of {} atoms ({}): relax, heat with a thermostat, measure without one.\n# natron md DECK --check says whether it is in order, natron md DECK runs it.\n",
        structure.len(),
        symbols(&elements).join(", "),
    );
    NewDeck { text: head + &explain(&deck), potential, unused: Vec::new() }
}

/// Who diffuses and against what: the alkali metals if there are any, else every element against the whole system.
fn split_elements(structure: &Structure, elements: &[Species]) -> (Vec<Species>, Vec<Species>) {
    let mobile = alkali(elements);
    if !mobile.is_empty() {
        let others = elements.iter().copied().filter(|species| !mobile.contains(species)).collect();
        return (mobile, others);
    }
    let count = |species: &Species| structure.species.iter().filter(|s| *s == species).count();
    let rarest = elements.iter().min_by_key(|species| count(species));
    (rarest.into_iter().copied().collect(), Vec::new())
}

/// The deck of the example, for a deck that will lie in `folder`; its structure is written there.
///
/// # Errors
/// The structure's file exists, or the disk refuses.
pub fn new_example(folder: &Path) -> Result<NewDeck, Failure> {
    write_new(&folder.join(EXAMPLE_FILE), EXAMPLE_STRUCTURE)?;
    Ok(deck_for(&files::example_structure(EXAMPLE_STRUCTURE), EXAMPLE_FILE))
}

/// Writes a file that must not exist yet.
///
/// # Errors
/// It exists, or the disk refuses.
pub fn write_new(path: &Path, text: &str) -> Result<(), Failure> {
    let opened = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
    let mut file = opened.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Failure::from(
            InputError::new("the file exists already")
                .in_file(path)
                .help("choose another with --output, or - for the screen"),
        ),
        _ => RunError::writing(path, error).into(),
    })?;
    std::io::Write::write_all(&mut file, text.as_bytes())
        .map_err(|error| RunError::writing(path, error).into())
}

#[cfg(test)]
mod tests {
    use natron_atoms::{Cell, Vec3};

    use super::*;

    fn pair(a: &str, b: &str) -> Structure {
        let species = [a, b].map(|symbol| Species::from_symbol(symbol).expect("an element"));
        Structure::new(Cell::open(), species.to_vec(), vec![Vec3::zeros(), Vec3::x() * 3.0])
            .expect("two atoms")
    }

    #[test]
    fn the_deck_is_in_order_and_names_the_mobile_element() {
        let new = deck_for(&pair("Na", "C"), "my.xyz");
        let deck: MdDeck = toml::from_str(&new.text).expect("a deck");
        deck.validate().expect("without problems");
        assert_eq!(deck.analysis.mobile, ["Na"]);
        assert_eq!(deck.analysis.reference, ["C"]);
        assert_eq!(deck.system.structure, "my.xyz");
    }

    #[test]
    fn argon_gets_the_potential_that_knows_it() {
        let new = deck_for(&pair("Ar", "Ar"), "ar.xyz");
        assert_eq!(new.potential, Some("lj-argon"));
        assert_eq!(deck_for(&pair("Ar", "H"), "x.xyz").potential, None);
    }

    #[test]
    fn hydrogen_halves_the_timestep() {
        let deck: MdDeck = toml::from_str(&deck_for(&pair("H", "C"), "x.xyz").text).expect("a deck");
        assert_eq!(deck.stages[1].timestep_fs, Some(0.5));
    }
}
