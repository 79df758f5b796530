//! The lines of the section Atoms.

use natron_atoms::{Cell, Species, Vec3};

use super::elements::Types;
use super::sections::Section;
use crate::ReadError;
use crate::text::{Line, Word, vector};

/// An atom of the file.
#[derive(Debug)]
pub(super) struct Atom {
    pub id: u64,
    pub species: Species,
    /// Unwrapped, in the frame of the file.
    pub position: Vec3,
    pub charge_e: f64,
    pub molecule: i64,
}

/// In which order the numbers of an atom stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// id type x y z
    Atomic,
    /// id type q x y z
    Charge,
    /// id molecule type x y z; bond and angle are the same
    Molecular,
    /// id molecule type q x y z
    Full,
}

impl Style {
    /// Words of a line without image flags.
    fn words(self) -> usize {
        match self {
            Self::Atomic => 5,
            Self::Charge | Self::Molecular => 6,
            Self::Full => 7,
        }
    }

    pub fn has_charge(self) -> bool {
        matches!(self, Self::Charge | Self::Full)
    }

    pub fn has_molecule(self) -> bool {
        matches!(self, Self::Molecular | Self::Full)
    }

    /// What the heading says, else what the first line looks like.
    pub fn of(section: &Section<'_>) -> Result<Self, ReadError> {
        match section.style.split_whitespace().next() {
            Some("atomic") => Ok(Self::Atomic),
            Some("charge") => Ok(Self::Charge),
            Some("molecular" | "bond" | "angle") => Ok(Self::Molecular),
            Some("full") => Ok(Self::Full),
            Some(other) => {
                let message = format!("atom style `{other}` is not read");
                Err(section.heading.refuse(message, STYLE_HELP))
            }
            None => match section.lines.first() {
                None => Ok(Self::Atomic),
                Some(line) => Self::guess(*line),
            },
        }
    }

    fn guess(line: Line<'_>) -> Result<Self, ReadError> {
        let words: Vec<Word<'_>> = line.split_comment('#').0.words().collect();
        let is_whole = |k: usize| words[k].text.parse::<i64>().is_ok();
        match words.len() {
            5 | 8 => Ok(Self::Atomic),
            // A charge written without a point could as well be a type.
            6 | 9 if !is_whole(2) => Ok(Self::Charge),
            7 | 10 if is_whole(1) && is_whole(2) => Ok(Self::Full),
            n => Err(line.refuse(format!("which atom style has {n} numbers such as these?"), STYLE_HELP)),
        }
    }
}

const STYLE_HELP: &str = "name the style behind the heading: `Atoms # atomic` (or charge, molecular, full)";

/// Reads the atoms, in the order of their ids.
pub(super) fn read(
    section: &Section<'_>,
    style: Style,
    count: usize,
    types: &Types<'_>,
    cell: &Cell,
) -> Result<Vec<Atom>, ReadError> {
    if section.lines.len() != count {
        let at = section.lines.last().copied().unwrap_or(section.heading);
        let message = format!("{} atoms, but the header says {count}", section.lines.len());
        return Err(at.refuse(message, "the file is cut short, or one of the two is wrong"));
    }
    let mut atoms = Vec::new();
    for line in &section.lines {
        atoms.push((atom(*line, style, types, cell)?, *line));
    }
    atoms.sort_by_key(|(atom, _)| atom.id);
    if let Some(pair) = atoms.windows(2).find(|pair| pair[0].0.id == pair[1].0.id) {
        let message = format!("there are two atoms with the id {}", pair[1].0.id);
        return Err(pair[1].1.refuse(message, "give every atom an id of its own"));
    }
    Ok(atoms.into_iter().map(|(atom, _)| atom).collect())
}

fn atom(line: Line<'_>, style: Style, types: &Types<'_>, cell: &Cell) -> Result<Atom, ReadError> {
    let (line, _) = line.split_comment('#');
    let count = line.words().count();
    if count != style.words() && count != style.words() + 3 {
        let message = format!(
            "{count} numbers; an atom of style {style:?} has {} (or {} with image flags)",
            style.words(),
            style.words() + 3
        );
        return Err(line.refuse(message.to_lowercase(), STYLE_HELP));
    }
    let mut words = line.words();
    let mut next = || words.next().expect("the words were counted");
    let id = next().whole("the id of an atom")?;
    let molecule = if style.has_molecule() { next().whole("the molecule")? } else { 0 };
    let species = types.element(next())?;
    let charge_e = if style.has_charge() { next().real("the charge")? } else { 0.0 };
    let mut position = vector(line, &mut words, "a position")?;
    if count > style.words() {
        let mut image = [0; 3];
        for number in &mut image {
            *number = words.next().expect("the words were counted").whole::<i32>("an image flag")?;
        }
        position += cell.offset(image);
    }
    Ok(Atom { id, species, position, charge_e, molecule })
}

/// Reads the velocities in the order of the atoms; units those of the file.
pub(super) fn velocities(section: &Section<'_>, atoms: &[Atom]) -> Result<Vec<Vec3>, ReadError> {
    if section.lines.len() != atoms.len() {
        let at = section.lines.last().copied().unwrap_or(section.heading);
        let message = format!("{} velocities for {} atoms", section.lines.len(), atoms.len());
        return Err(at.refuse(message, "every atom needs one, or remove the section"));
    }
    let mut velocities = vec![None; atoms.len()];
    for line in &section.lines {
        let (line, _) = line.split_comment('#');
        let mut words = line.words();
        let id = words.next().expect("sections hold no blank lines");
        let number: u64 = id.whole("the id of an atom")?;
        let Ok(index) = atoms.binary_search_by_key(&number, |atom| atom.id) else {
            return Err(id.refuse(format!("no atom has the id {number}"), "correct the id"));
        };
        if velocities[index].is_some() {
            return Err(id.refuse(format!("a second velocity of atom {number}"), "keep one of the two"));
        }
        velocities[index] = Some(vector(line, &mut words, "a velocity")?);
    }
    Ok(velocities.into_iter().map(|v| v.expect("as many velocities as atoms, none of them twice")).collect())
}
