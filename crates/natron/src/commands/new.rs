//! `natron new`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use natron_engine::new_deck::{EXAMPLE_FILE, NewDeck, new_example, new_md, write_new};
use natron_engine::{Failure, InputError};
use serde_json::Value;

use super::shown;
use crate::output::Output;

/// Kinds of decks.
#[derive(Debug, Clone, Subcommand)]
pub enum What {
    /// A deck for molecular dynamics
    Md(MdArguments),
    /// A deck for a map of environments
    Map(MapArguments),
}

/// What the deck is for.
#[derive(Debug, Clone, Args)]
#[command(
    long_about = "\
Write a commented deck for molecular dynamics: relax, heat with a thermostat, measure without one.

The elements that diffuse are guessed (alkali metals first); every value may be changed. Nothing is overwritten.",
    after_help = "\
Examples:
  natron new md my.extxyz            writes my.toml
  natron new md POSCAR               writes POSCAR-md.toml
  natron new md my.extxyz -o -       prints it
  natron new md                      writes the example Na22C200 and its deck"
)]
pub struct MdArguments {
    /// Structure: extended XYZ, POSCAR, CIF or LAMMPS data; without one the example Na22C200 is written too
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Where the deck goes; - is the screen; default: the structure's name with .toml, in this folder
    #[arg(short, long, value_name = "DECK")]
    pub output: Option<PathBuf>,
}

/// What the deck is for.
#[derive(Debug, Clone, Args)]
#[command(
    long_about = "\
Write a commented deck for a map of the environments of the mobile atoms.

The mobile elements are guessed (alkali metals first); every value may be changed. Nothing is overwritten.",
    after_help = "\
Examples:
  natron new map frames.extxyz             writes frames-map.toml
  natron new map frames.extxyz -o -        prints it"
)]
pub struct MapArguments {
    /// Structures: extended XYZ with many frames, or any format that natron reads
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Where the deck goes; - is the screen; default: the file's name with -map.toml, in this folder
    #[arg(short, long, value_name = "DECK")]
    pub output: Option<PathBuf>,
}

/// Runs the command.
pub fn run(what: &What, output: &Output) -> Result<ExitCode, Failure> {
    let arguments = match what {
        What::Md(arguments) => arguments,
        What::Map(arguments) => return map(arguments, output),
    };
    let structure = arguments.file.as_deref().unwrap_or(Path::new(EXAMPLE_FILE));
    let path = match &arguments.output {
        Some(path) => path.clone(),
        None => deck_name(structure),
    };
    let on_screen = path.as_os_str() == "-";
    let folder = if on_screen { Path::new("") } else { path.parent().unwrap_or(Path::new("")) };
    let new = match &arguments.file {
        Some(file) => new_md(file, folder)?,
        None => example(folder, on_screen)?,
    };
    if new.potential.is_none() {
        output.warning("no built-in potential knows all these elements: put your own file into [potential]");
    }
    if !new.unused.is_empty() {
        output.warning(&format!("of the structure's file a run does not use: {}", new.unused.join(", ")));
    }
    hand_over(&new.text, (!on_screen).then_some(path.as_path()), "md", output)
}

fn map(arguments: &MapArguments, output: &Output) -> Result<ExitCode, Failure> {
    let default = || {
        let mut name = arguments.file.file_stem().unwrap_or_default().to_os_string();
        name.push("-map.toml");
        PathBuf::from(name)
    };
    let path = arguments.output.clone().unwrap_or_else(default);
    let on_screen = path.as_os_str() == "-";
    let folder = if on_screen { Path::new("") } else { path.parent().unwrap_or(Path::new("")) };
    let text = natron_engine::map::new_map(&arguments.file, folder)?;
    hand_over(&text, (!on_screen).then_some(path.as_path()), "map", output)
}

/// A deck onto the screen, or into a file that must not exist yet.
fn hand_over(text: &str, path: Option<&Path>, command: &str, output: &Output) -> Result<ExitCode, Failure> {
    let mut map = output.build.envelope("new");
    map.insert("deck".into(), path.map(shown).into());
    map.insert("text".into(), text.into());
    let value = Value::Object(map);
    let Some(path) = path else { return Ok(output.result(&value, text)) };
    write_new(path, text)?;
    let next = format!("{0}\nnext: natron {command} {0} --check\n", shown(path));
    Ok(output.result(&value, &next))
}

/// The structure's name with .toml. The run directory is named after the deck: where the structure has no extension
/// (POSCAR), the deck needs another name than it.
fn deck_name(structure: &Path) -> PathBuf {
    let mut name = structure.file_stem().unwrap_or_default().to_os_string();
    if structure.extension().is_none() {
        name.push("-md");
    }
    name.push(".toml");
    name.into()
}

/// The example: its structure is written, its deck returned.
fn example(folder: &Path, on_screen: bool) -> Result<NewDeck, Failure> {
    if on_screen {
        return Err(InputError::new("the example consists of two files and does not fit on the screen")
            .help("name your structure, or leave out --output -")
            .into());
    }
    new_example(folder)
}
