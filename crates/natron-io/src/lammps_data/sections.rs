//! The sections after the header.

use crate::ReadError;
use crate::text::{Line, Lines};

/// A section: its heading, what the comment of the heading says, and its lines without blank ones.
#[derive(Debug)]
pub(super) struct Section<'a> {
    pub heading: Line<'a>,
    pub name: &'static str,
    pub style: &'a str,
    pub lines: Vec<Line<'a>>,
}

/// Sections that natron reads.
const READ: [&str; 4] = ["Atoms", "Velocities", "Masses", "Atom Type Labels"];
/// Sections that it knows and leaves alone.
const SKIPPED: [&str; 29] = [
    "Bonds",
    "Angles",
    "Dihedrals",
    "Impropers",
    "Ellipsoids",
    "Lines",
    "Triangles",
    "Bodies",
    "Pair Coeffs",
    "PairIJ Coeffs",
    "Bond Coeffs",
    "Angle Coeffs",
    "Dihedral Coeffs",
    "Improper Coeffs",
    "BondBond Coeffs",
    "BondAngle Coeffs",
    "MiddleBondTorsion Coeffs",
    "EndBondTorsion Coeffs",
    "AngleTorsion Coeffs",
    "AngleAngleTorsion Coeffs",
    "BondBond13 Coeffs",
    "AngleAngle Coeffs",
    "Bond Type Labels",
    "Angle Type Labels",
    "Dihedral Type Labels",
    "Improper Type Labels",
    "CMAP",
    "UreyBradley Coeffs",
    "PiTorsion Coeffs",
];

/// The name of the section that a line starts.
pub(super) fn heading(line: Line<'_>) -> Option<&'static str> {
    let (line, _) = line.split_comment('#');
    let name = line.words().map(|word| word.text).collect::<Vec<_>>().join(" ");
    READ.into_iter().chain(SKIPPED).find(|known| *known == name)
}

/// Whether natron reads a section.
pub(super) fn is_read(name: &str) -> bool {
    READ.contains(&name)
}

/// All sections from the heading `first` on.
pub(super) fn sections<'a>(first: Line<'a>, lines: &mut Lines<'a>) -> Result<Vec<Section<'a>>, ReadError> {
    let mut sections: Vec<Section<'a>> = Vec::new();
    for line in std::iter::once(first).chain(lines) {
        if let Some(name) = heading(line) {
            if sections.iter().any(|section| section.name == name) {
                return Err(line.refuse(format!("there is a second section {name}"), "keep one of the two"));
            }
            let (_, style) = line.split_comment('#');
            sections.push(Section { heading: line, name, style, lines: Vec::new() });
            continue;
        }
        let Some(section) = sections.last_mut() else { return Err(unknown(line)) };
        let (text, _) = line.split_comment('#');
        if text.is_blank() {
            continue;
        }
        // A misspelt heading would otherwise vanish in the section before it: lines of sections have numbers.
        if text.words().all(|word| word.text.parse::<f64>().is_err()) {
            return Err(unknown(line));
        }
        section.lines.push(line);
    }
    Ok(sections)
}

fn unknown(line: Line<'_>) -> ReadError {
    line.refuse(
        format!("`{}` is no section", line.text.trim()),
        "correct its name (Masses, Atoms, Velocities, ...), or remove it with its lines: natron reads atoms alone",
    )
}
