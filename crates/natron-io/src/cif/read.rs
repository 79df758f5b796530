//! Data blocks into frames.

use std::io::Read;
use std::path::Path;

use natron_atoms::{Cell, Frame, InfoValue, Species, Structure, Vec3};

use super::block::{self, Block, Loop};
use super::operation::Operation;
use super::token::{self, Value};
use crate::text::{Text, Word};
use crate::{ReadError, SourceFrame};

/// A CIF is not read beyond this, bytes.
const MAX_BYTES: u64 = 1 << 28;
/// Symmetry does not make more atoms than this.
const MAX_ATOMS: usize = 1_000_000;
/// Images of a site that are closer than this are one atom on a special position, given with few digits, A.
const SAME_SITE_A: f64 = 0.1;
/// An occupancy this close to 1 is 1.
const FULL: f64 = 1e-3;

const LENGTHS: [&str; 3] = ["_cell_length_a", "_cell_length_b", "_cell_length_c"];
const ANGLES: [&str; 3] = ["_cell_angle_alpha", "_cell_angle_beta", "_cell_angle_gamma"];
const ANGLE_HELP: &str = "check _cell_angle_alpha, _beta, _gamma (degrees)";
const FRACTIONS: [&str; 3] = ["_atom_site_fract_x", "_atom_site_fract_y", "_atom_site_fract_z"];
const OPERATIONS: [&str; 2] = ["_space_group_symop_operation_xyz", "_symmetry_equiv_pos_as_xyz"];
const GROUPS: [&str; 4] = [
    "_space_group_name_h-m_alt",
    "_symmetry_space_group_name_h-m",
    "_space_group_it_number",
    "_symmetry_int_tables_number",
];

/// Reads a frame for each data block that has atom sites; `path` names the file in errors.
///
/// # Errors
/// Anything in it is wrong, or no block has atom sites: see [`ReadError`].
pub fn read(input: impl Read, path: &Path) -> Result<Vec<SourceFrame>, ReadError> {
    let text = Text::read(input, path, MAX_BYTES)?;
    let tokens = token::tokens(text.lines())?;
    let blocks = block::blocks(&tokens)?;
    let with_sites = blocks.iter().filter_map(|block| Some((block, block.table(&FRACTIONS)?)));
    let frames = with_sites.map(|(block, sites)| frame(block, sites)).collect::<Result<Vec<_>, _>>()?;
    if frames.is_empty() {
        let help = "a structure needs the loop _atom_site_label, _atom_site_fract_x, _atom_site_fract_y, _atom_site_fract_z";
        return Err(ReadError::of_file(
            path,
            "no data block has atom sites with fractional coordinates",
            help,
        ));
    }
    Ok(frames)
}

fn frame(block: &Block<'_>, sites: &Loop<'_>) -> Result<SourceFrame, ReadError> {
    let cell = cell(block)?;
    let operations = operations(block)?;
    let (mut species, mut positions) = (Vec::new(), Vec::new());
    for row in sites.rows() {
        let element = element(sites, row)?;
        check_occupancy(sites, row)?;
        let site = fractional(sites, row)?;
        for image in images(&site, &operations, &cell) {
            species.push(element);
            positions.push(cell.cartesian(&image));
        }
        if species.len() > MAX_ATOMS {
            let message = format!("symmetry makes more than {MAX_ATOMS} atoms of these sites");
            return Err(sites.heading.refuse(message, "check the symmetry operations"));
        }
    }
    let structure = Structure::new(cell, species, positions)
        .map_err(|error| sites.heading.refuse(error.to_string(), "check the coordinates"))?;
    let mut frame = Frame::new(structure);
    let name = block.heading.text.get("data_".len()..).unwrap_or_default();
    if !name.is_empty() {
        frame.info.push(("comment".to_owned(), InfoValue::Text(name.to_owned())));
    }
    Ok(SourceFrame::new(frame, block.heading.line.number))
}

/// The cell with a along x and b in the plane of x and y.
fn cell(block: &Block<'_>) -> Result<Cell, ReadError> {
    let number = |name: &str| match block.value(&[name]) {
        Some(value) => Ok((value.real(&format!("`{name}`"))?, value.word)),
        None => {
            let help =
                "give all of _cell_length_a, _b, _c (A) and _cell_angle_alpha, _beta, _gamma (degrees)";
            Err(block.heading.refuse(format!("the block has no `{name}`"), help))
        }
    };
    let mut lengths = [0.0; 3];
    let mut cosines = [0.0; 3];
    let mut last: Option<Word<'_>> = None;
    for k in 0..3 {
        let (length, word) = number(LENGTHS[k])?;
        if length <= 0.0 {
            return Err(word.refuse("the length of a cell vector is not positive", "give it in A"));
        }
        lengths[k] = length;
        let (angle, word) = number(ANGLES[k])?;
        if !(0.0..180.0).contains(&angle) {
            return Err(word.refuse(format!("`{}` is no angle of a cell", ANGLES[k]), ANGLE_HELP));
        }
        // A right angle is exact: its cosine in floating point is not zero.
        cosines[k] = if angle == 90.0 { 0.0 } else { angle.to_radians().cos() };
        last = Some(word);
    }
    let [ca, cb, cg] = cosines;
    let sine = (1.0 - cg * cg).sqrt();
    let y = (ca - cb * cg) / sine;
    let z = (1.0 - cb * cb - y * y).sqrt();
    let [a, b, c] = lengths;
    let rows = [[a, 0.0, 0.0], [b * cg, b * sine, 0.0], [c * cb, c * y, c * z]];
    Cell::new(rows, [true; 3]).map_err(|_| {
        let message = "there is no cell with these three angles";
        last.unwrap_or(block.heading).refuse(message, ANGLE_HELP)
    })
}

/// The operations listed; the identity where the block names no other group than P1.
fn operations(block: &Block<'_>) -> Result<Vec<Operation>, ReadError> {
    let parse = |value: &Value<'_>| {
        Operation::parse(value.word.text).ok_or_else(|| {
            let message = format!("`{}` is no symmetry operation", value.word.text);
            value.word.refuse(message, "write it as 'x,y,z', '-x+1/2,y,-z', ... in quotes")
        })
    };
    if let Some(table) = block.table(&OPERATIONS) {
        let column = table.column(&OPERATIONS).expect("the table has this column");
        return table.rows().map(|row| parse(&row[column])).collect();
    }
    if let Some(single) = block.value(&OPERATIONS) {
        return Ok(vec![parse(&single)?]);
    }
    match block.value(&GROUPS) {
        Some(group) if !["P1", "1"].contains(&group.word.text.replace(' ', "").to_uppercase().as_str()) => {
            let message = format!("space group {} without its symmetry operations", group.word.text);
            let help =
                "add the loop _space_group_symop_operation_xyz, or save the file with all atoms in P 1";
            Err(group.word.refuse(message, help))
        }
        _ => Ok(vec![Operation::identity()]),
    }
}

fn fractional(sites: &Loop<'_>, row: &[Value<'_>]) -> Result<Vec3, ReadError> {
    let mut point = Vec3::zeros();
    for (k, name) in FRACTIONS.into_iter().enumerate() {
        let Some(column) = sites.column(&[name]) else {
            return Err(sites.heading.refuse(format!("the sites have no `{name}`"), "all three are needed"));
        };
        point[k] = row[column].real(&format!("`{name}`"))?;
    }
    Ok(point)
}

/// From the type symbol (`Na`, `Na1+`, `O2-`), else from the label (`Na1`, `C12A`).
fn element(sites: &Loop<'_>, row: &[Value<'_>]) -> Result<Species, ReadError> {
    let columns = ["_atom_site_type_symbol", "_atom_site_label"].map(|name| sites.column(&[name]));
    let words = columns.into_iter().flatten().map(|column| row[column]).filter(Value::is_known);
    let words: Vec<Word<'_>> = words.map(|value| value.word).collect();
    let help = "write the element as _atom_site_type_symbol, such as Na";
    let Some(first) = words.first() else {
        return Err(sites.heading.refuse("a site has neither type symbol nor label", help));
    };
    let letters = |word: &Word<'_>| {
        let end = word.text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(word.text.len());
        let letters = &word.text[..end];
        let start = |length: usize| letters.get(..length).and_then(Species::from_symbol);
        start(2).or_else(|| start(1))
    };
    words
        .iter()
        .find_map(letters)
        .ok_or_else(|| first.refuse(format!("`{}` is no element", first.text), help))
}

fn check_occupancy(sites: &Loop<'_>, row: &[Value<'_>]) -> Result<(), ReadError> {
    let Some(column) = sites.column(&["_atom_site_occupancy"]) else { return Ok(()) };
    let value = row[column];
    if !value.is_known() || (value.real("the occupancy")? - 1.0).abs() <= FULL {
        return Ok(());
    }
    let help = "choose which of these sites hold an atom: remove the others and set the occupancy to 1";
    Err(value.word.refuse(format!("a site that is occupied to {} only", value.word.text), help))
}

/// The different images of a site. With more than one operation they are moved into the cell.
fn images(site: &Vec3, operations: &[Operation], cell: &Cell) -> Vec<Vec3> {
    if let [only] = operations {
        return vec![only.apply(site)];
    }
    let mut images: Vec<Vec3> = Vec::new();
    for operation in operations {
        let image = operation.apply(site).map(|x| x - x.floor());
        let same = |other: &Vec3| {
            let apart = (image - other).map(|x| x - x.round());
            cell.cartesian(&apart).norm() < SAME_SITE_A
        };
        if !images.iter().any(same) {
            images.push(image);
        }
    }
    images
}
