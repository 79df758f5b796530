//! A LAMMPS data file into a frame.

use std::io::Read;
use std::path::Path;

use natron_atoms::{AtomArray, Frame, Structure, Vec3};

use super::atoms::{self, Atom, Style};
use super::elements::Types;
use super::header::Header;
use super::sections::{self, Section};
use super::{CHARGES, MOLECULE};
use crate::text::Text;
use crate::{ReadError, SourceFrame};

/// A data file is not read beyond this, bytes.
const MAX_BYTES: u64 = 1 << 30;

/// Reads the frame of a data file; `path` names it in errors.
///
/// # Errors
/// Anything in it is wrong: see [`ReadError`].
pub fn read(input: impl Read, path: &Path) -> Result<SourceFrame, ReadError> {
    let text = Text::read(input, path, MAX_BYTES)?;
    let mut lines = text.lines();
    let title = lines.expect("the title")?;
    let mut header = Header::new(title)?;
    let mut end = title;
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        end = line;
        let (text, _) = line.split_comment('#');
        if text.is_blank() {
            continue;
        }
        if sections::heading(line).is_some() || text.text.trim_start().starts_with(char::is_alphabetic) {
            found = sections::sections(line, &mut lines)?;
            break;
        }
        header.add(text)?;
    }
    let section = |name: &str| found.iter().find(|section| section.name == name);
    let (cell, origin) = header.cell(end)?;
    let Some((count, _)) = header.atoms else {
        return Err(title.refuse("the header gives no number of atoms", "add a line such as `222 atoms`"));
    };
    let Some(list) = section("Atoms") else {
        return Err(end.refuse("there is no section Atoms", "add it, or give another file"));
    };
    let kinds = header.types.unwrap_or_else(|| section("Masses").map_or(0, |masses| masses.lines.len()));
    let types = Types::read(kinds, section("Atom Type Labels"), section("Masses"), list.heading)?;
    let style = Style::of(list)?;
    let read = atoms::read(list, style, count, &types, &cell)?;
    let velocities = section("Velocities").map(|section| atoms::velocities(section, &read)).transpose()?;
    let species = read.iter().map(|atom| atom.species).collect();
    let positions = read.iter().map(|atom| atom.position - origin).collect();
    let structure = Structure::new(cell, species, positions)
        .map_err(|error| list.heading.refuse(error.to_string(), "check the positions and the image flags"))?;
    let mut frame = Frame::new(structure);
    let factor = header.units.velocity_in_a_per_fs();
    frame.velocities = velocities.map(|all| all.into_iter().map(|v: Vec3| v * factor).collect());
    columns(&mut frame, style, &read);
    Ok(SourceFrame { ignored: ignored(&header.others, &found), ..SourceFrame::new(frame, 1) })
}

/// Charges and molecules, where the style has them.
fn columns(frame: &mut Frame, style: Style, atoms: &[Atom]) {
    if style.has_charge() {
        let values = atoms.iter().map(|atom| atom.charge_e).collect();
        frame.arrays.push((CHARGES.to_owned(), AtomArray::Real { columns: 1, values }));
    }
    if style.has_molecule() {
        let values = atoms.iter().map(|atom| atom.molecule).collect();
        frame.arrays.push((MOLECULE.to_owned(), AtomArray::Int { columns: 1, values }));
    }
}

fn ignored(others: &[String], sections: &[Section<'_>]) -> Vec<String> {
    let skipped = sections.iter().map(|section| section.name).filter(|name| !sections::is_read(name));
    let mut ignored: Vec<String> = skipped.map(|name| format!("section {name}")).collect();
    let known = |name: &&String| !sections.iter().any(|section| section.name.eq_ignore_ascii_case(name));
    ignored.extend(others.iter().filter(known).cloned());
    ignored
}
