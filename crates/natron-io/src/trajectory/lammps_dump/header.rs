//! What stands before the atoms of a frame.

use std::io::BufRead;

use natron_atoms::{Cell, Vec3};

use crate::ReadError;
use crate::dumps::lines::Lines;
use crate::lammps_units::Units;

/// The head of a frame.
#[derive(Debug, Clone)]
pub(super) struct Header {
    pub step: i64,
    pub time_ps: Option<f64>,
    pub atoms: usize,
    pub cell: Cell,
    /// Where the corner of the cell lies, A.
    pub origin: Vec3,
    pub units: Option<Units>,
}

const ORDER: &str = "a frame of a LAMMPS dump has ITEM: TIMESTEP, NUMBER OF ATOMS, BOX BOUNDS and ATOMS";

impl Header {
    /// Reads up to the line `ITEM: ATOMS`, which is the present one then; with the line the frame begins at. `None` at the end.
    /// `units` are those of the frame before: LAMMPS writes them once.
    pub fn read<R: BufRead>(
        lines: &mut Lines<R>,
        mut units: Option<Units>,
    ) -> Result<Option<(usize, Self)>, ReadError> {
        let (mut step, mut time, mut atoms, mut cell) = (None, None, None, None);
        let mut start = None;
        while lines.advance()? {
            if lines.text().is_empty() && start.is_none() {
                continue;
            }
            let line = *start.get_or_insert(lines.number());
            let Some(item) = lines.text().trim().strip_prefix("ITEM:") else {
                return Err(lines.refuse("expected a line that begins with `ITEM:`", ORDER));
            };
            let item = item.trim().to_owned();
            if item.starts_with("ATOMS") {
                let missing =
                    |what: &str| lines.refuse(format!("there is no `ITEM: {what}` before the atoms"), ORDER);
                let (cell, origin) = cell.ok_or_else(|| missing("BOX BOUNDS"))?;
                let time_ps =
                    Option::zip(time, units).map(|(time, units): (f64, Units)| time * units.time_in_ps());
                let header = Self {
                    step: step.ok_or_else(|| missing("TIMESTEP"))?,
                    time_ps,
                    atoms: atoms.ok_or_else(|| missing("NUMBER OF ATOMS"))?,
                    cell,
                    origin,
                    units,
                };
                return Ok(Some((line, header)));
            }
            match item.as_str() {
                "TIMESTEP" => step = Some(whole(lines, "the step")?),
                "NUMBER OF ATOMS" => {
                    let count: u32 = whole(lines, "the number of atoms")?;
                    atoms = Some(count as usize);
                }
                "TIME" => {
                    lines.expect("the time")?;
                    time = Some(lines.first::<1>(lines.text(), "the time")?[0]);
                }
                "UNITS" => units = known_units(lines)?.or(units),
                other if other.starts_with("BOX BOUNDS") => {
                    cell = Some(bounds(lines, &other["BOX BOUNDS".len()..])?)
                }
                other => {
                    let message = format!("`ITEM: {other}` is not known");
                    return Err(lines.refuse(message, ORDER));
                }
            }
        }
        match start {
            None => Ok(None),
            Some(_) => Err(lines.ends_in("the head of a frame")),
        }
    }
}

fn whole<R: BufRead, T: std::str::FromStr>(lines: &mut Lines<R>, what: &str) -> Result<T, ReadError> {
    let parsed = lines.expect(what)?.trim().parse();
    parsed.map_err(|_| {
        let message = format!("{what} is not a whole number that can be used: `{}`", lines.text().trim());
        lines.refuse(message, "write a whole number in digits")
    })
}

fn known_units<R: BufRead>(lines: &mut Lines<R>) -> Result<Option<Units>, ReadError> {
    match lines.expect("the units")?.trim() {
        "metal" => Ok(Some(Units::Metal)),
        "real" => Ok(Some(Units::Real)),
        other => {
            let message = format!("the dump is in units `{other}`; metal and real (both A) are known");
            Err(lines.refuse(message, "run LAMMPS in units metal or real"))
        }
    }
}

/// The cell and where its corner lies: three rows of bounds, with tilts where the cell leans, or of vectors and origin.
fn bounds<R: BufRead>(lines: &mut Lines<R>, rest: &str) -> Result<(Cell, Vec3), ReadError> {
    let words: Vec<&str> = rest.split_whitespace().collect();
    let flags: Vec<&str> =
        words.iter().copied().filter(|w| w.len() == 2 && w.chars().all(|c| "pfsm".contains(c))).collect();
    let periodic = match flags[..] {
        [x, y, z] => [x, y, z].map(|flag| flag.starts_with('p')),
        // Dumps of before 2009 do not say it.
        _ => [true; 3],
    };
    let (rows, origin) = match words.first() {
        Some(&"xy") => leaning(lines)?,
        Some(&"abc") => vectors(lines)?,
        _ => upright(lines)?,
    };
    if words.first() != Some(&"abc") && (0..3).any(|k| rows[k][k] <= 0.0) {
        let message = "a bound of the box is not above its lower bound";
        return Err(lines.refuse(message, "the bounds must span a volume"));
    }
    let cell = Cell::new(rows, periodic);
    let cell = cell.map_err(|error| lines.refuse(error.to_string(), "the bounds must span a volume"))?;
    Ok((cell, origin))
}

fn rows<R: BufRead, const N: usize>(lines: &mut Lines<R>) -> Result<[[f64; N]; 3], ReadError> {
    let mut rows = [[0.0; N]; 3];
    for row in &mut rows {
        lines.expect("the bounds of the box")?;
        *row = lines.first(lines.text(), "a bound of the box")?;
    }
    Ok(rows)
}

type Rows = [[f64; 3]; 3];

fn upright<R: BufRead>(lines: &mut Lines<R>) -> Result<(Rows, Vec3), ReadError> {
    let [x, y, z] = rows::<R, 2>(lines)?;
    let rows = [[x[1] - x[0], 0.0, 0.0], [0.0, y[1] - y[0], 0.0], [0.0, 0.0, z[1] - z[0]]];
    Ok((rows, Vec3::new(x[0], y[0], z[0])))
}

/// The bounds are those of the box around the leaning cell.
fn leaning<R: BufRead>(lines: &mut Lines<R>) -> Result<(Rows, Vec3), ReadError> {
    let [[x_low, x_high, xy], [y_low, y_high, xz], [z_low, z_high, yz]] = rows::<R, 3>(lines)?;
    let corners = [0.0, xy, xz, xy + xz];
    let x_low = x_low - corners.iter().copied().fold(0.0, f64::min);
    let x_high = x_high - corners.iter().copied().fold(0.0, f64::max);
    let (y_low, y_high) = (y_low - yz.min(0.0), y_high - yz.max(0.0));
    let rows = [[x_high - x_low, 0.0, 0.0], [xy, y_high - y_low, 0.0], [xz, yz, z_high - z_low]];
    Ok((rows, Vec3::new(x_low, y_low, z_low)))
}

/// One vector and one component of the origin in each row.
fn vectors<R: BufRead>(lines: &mut Lines<R>) -> Result<(Rows, Vec3), ReadError> {
    let rows = rows::<R, 4>(lines)?;
    Ok((rows.map(|[x, y, z, _]| [x, y, z]), Vec3::from(rows.map(|row| row[3]))))
}
