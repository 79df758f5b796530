//! A frame as POSCAR.

use std::io::{self, Write};

use natron_atoms::{AtomArray, Cell, Frame, InfoValue, Species, Vec3};

use super::MOVE_MASK;
use crate::convert;

/// Writes a frame as POSCAR: scale 1, Cartesian coordinates with as many digits as give them back exactly, atoms
/// grouped by element in the order in which the elements first appear.
///
/// # Errors
/// The writer fails; or the frame has no cell ([`io::ErrorKind::InvalidInput`]).
pub fn write<W: Write + ?Sized>(writer: &mut W, frame: &Frame) -> io::Result<()> {
    convert::check(frame)?;
    let structure = &frame.structure;
    if structure.cell == Cell::open() {
        return Err(convert::refused("POSCAR needs a cell, and this frame is a cluster without one"));
    }
    let groups = groups(&structure.species);
    let order: Vec<usize> = groups.iter().flat_map(|(_, atoms)| atoms.iter().copied()).collect();
    writeln!(writer, "{}\n1.0", comment(frame, &groups))?;
    // VASP refuses a left-handed cell; the opposite vectors span the same lattice.
    let sign = if structure.cell.rows().determinant() < 0.0 { -1.0 } else { 1.0 };
    for k in 0..3 {
        writeln!(writer, "{}", numbers(&(sign * structure.cell.vector(k))))?;
    }
    let row = |words: Vec<String>| words.iter().map(|word| format!("{word:>6}")).collect::<String>();
    writeln!(writer, "{}", row(groups.iter().map(|(element, _)| element.to_string()).collect()))?;
    writeln!(writer, "{}", row(groups.iter().map(|(_, atoms)| atoms.len().to_string()).collect()))?;
    let mask = mask(frame);
    if mask.is_some() {
        writeln!(writer, "Selective dynamics")?;
    }
    writeln!(writer, "Cartesian")?;
    for &atom in &order {
        let flags = mask.map_or_else(String::new, |mask| flags(mask, atom));
        writeln!(writer, "{}{flags}", numbers(&structure.positions[atom]))?;
    }
    if let Some(velocities) = &frame.velocities {
        writeln!(writer, "Cartesian")?;
        order.iter().try_for_each(|&atom| writeln!(writer, "{}", numbers(&velocities[atom])))?;
    }
    Ok(())
}

/// What of a frame a POSCAR cannot hold, in words.
pub fn left_out(frame: &Frame) -> Vec<String> {
    let kept = |name: &str| name == MOVE_MASK && mask(frame).is_some();
    let mut left_out = convert::labels_and_others(frame, |key| key == "comment", kept);
    let structure = &frame.structure;
    if structure.cell.periodic() != [true; 3] {
        left_out.push("which directions are periodic (VASP takes all of them)".to_owned());
    }
    let grouped = groups(&structure.species);
    if !grouped.iter().flat_map(|(_, atoms)| atoms).copied().eq(0..structure.len()) {
        left_out.push("the order of the atoms (they are grouped by element)".to_owned());
    }
    left_out
}

/// Elements in the order in which they first appear, with their atoms.
fn groups(species: &[Species]) -> Vec<(Species, Vec<usize>)> {
    let mut groups: Vec<(Species, Vec<usize>)> = Vec::new();
    for (atom, &element) in species.iter().enumerate() {
        match groups.iter_mut().find(|(known, _)| *known == element) {
            Some((_, atoms)) => atoms.push(atom),
            None => groups.push((element, vec![atom])),
        }
    }
    groups
}

/// The frame's own comment, if it fits into the line; else the formula.
fn comment(frame: &Frame, groups: &[(Species, Vec<usize>)]) -> String {
    let own = frame.info.iter().find(|(key, _)| key == "comment").map(|(_, value)| value);
    match own {
        Some(InfoValue::Text(text)) if !text.contains(char::is_control) => text.clone(),
        _ => groups.iter().map(|(element, atoms)| format!("{element}{}", atoms.len())).collect(),
    }
}

fn mask(frame: &Frame) -> Option<&[bool]> {
    frame.arrays.iter().find_map(|(name, array)| match array {
        AtomArray::Bool { columns: 3, values }
            if name == MOVE_MASK && values.len() == 3 * frame.structure.len() =>
        {
            Some(values.as_slice())
        }
        _ => None,
    })
}

fn flags(mask: &[bool], atom: usize) -> String {
    mask[3 * atom..3 * atom + 3].iter().map(|moves| if *moves { " T" } else { " F" }).collect()
}

/// Three numbers, each the shortest decimal that reads back as the same number.
fn numbers(vector: &Vec3) -> String {
    vector.iter().map(|x| format!(" {:>23}", format!("{x:?}"))).collect()
}
