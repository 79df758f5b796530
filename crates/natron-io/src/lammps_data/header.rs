//! The header: counts and the box.

use natron_atoms::{Cell, Mat3, Vec3};

use crate::ReadError;
use crate::lammps_units::Units;
use crate::text::{Line, Word};

/// What stands before the first section.
#[derive(Debug)]
pub(super) struct Header<'a> {
    pub units: Units,
    periodic: [bool; 3],
    /// Number of atoms and the line that says so.
    pub atoms: Option<(usize, Line<'a>)>,
    pub types: Option<usize>,
    /// Counts of what is not read: bonds, angles, ...
    pub others: Vec<String>,
    bounds: [Option<[f64; 2]>; 3],
    tilt: Option<[f64; 3]>,
    vectors: [Option<Vec3>; 3],
    origin: Option<Vec3>,
    last: Option<Line<'a>>,
}

const BOX_HELP: &str = "give `lo hi xlo xhi`, the same for y and z, and `xy xz yz` if it is tilted; or avec, bvec, cvec, abc origin";

impl<'a> Header<'a> {
    /// From the title, the first line of the file.
    pub fn new(title: Line<'a>) -> Result<Self, ReadError> {
        Ok(Self {
            units: units(title)?,
            periodic: boundary(title.text).unwrap_or([true; 3]),
            atoms: None,
            types: None,
            others: Vec::new(),
            bounds: [None; 3],
            tilt: None,
            vectors: [None; 3],
            origin: None,
            last: None,
        })
    }

    /// Takes a line without its comment; it starts with a number.
    pub fn add(&mut self, line: Line<'a>) -> Result<(), ReadError> {
        let words: Vec<Word<'a>> = line.words().collect();
        let numbers = words.iter().take_while(|word| word.text.parse::<f64>().is_ok()).count();
        let (values, names) = words.split_at(numbers);
        let name = names.iter().map(|word| word.text).collect::<Vec<_>>().join(" ");
        let reals =
            || values.iter().map(|word| word.real(&format!("`{name}`"))).collect::<Result<Vec<_>, _>>();
        self.last = Some(line);
        match (name.as_str(), values) {
            ("atoms", [count]) => self.atoms = Some((count.whole("the number of atoms")?, line)),
            ("atom types", [count]) => self.types = Some(count.whole("the number of types")?),
            ("xlo xhi", [_, _]) => self.bounds[0] = Some([reals()?[0], reals()?[1]]),
            ("ylo yhi", [_, _]) => self.bounds[1] = Some([reals()?[0], reals()?[1]]),
            ("zlo zhi", [_, _]) => self.bounds[2] = Some([reals()?[0], reals()?[1]]),
            ("xy xz yz", [_, _, _]) => self.tilt = Some([reals()?[0], reals()?[1], reals()?[2]]),
            ("avec", [_, _, _]) => self.vectors[0] = Some(Vec3::from_vec(reals()?)),
            ("bvec", [_, _, _]) => self.vectors[1] = Some(Vec3::from_vec(reals()?)),
            ("cvec", [_, _, _]) => self.vectors[2] = Some(Vec3::from_vec(reals()?)),
            ("abc origin", [_, _, _]) => self.origin = Some(Vec3::from_vec(reals()?)),
            (_, [count]) if !names.is_empty() => {
                if count.real(&format!("`{name}`"))? != 0.0
                    && !name.contains("types")
                    && !name.contains("extra")
                {
                    self.others.push(name);
                }
            }
            _ => {
                return Err(line.refuse(format!("`{}` is no line of the header", line.text.trim()), BOX_HELP));
            }
        }
        Ok(())
    }

    /// The cell and where its corner lies, A.
    pub fn cell(&self, end: Line<'a>) -> Result<(Cell, Vec3), ReadError> {
        let at = self.last.unwrap_or(end);
        let (rows, origin) = match (self.vectors, self.bounds) {
            ([Some(a), Some(b), Some(c)], _) => (
                Mat3::from_rows(&[a.transpose(), b.transpose(), c.transpose()]),
                self.origin.unwrap_or_default(),
            ),
            ([None, None, None], [Some(x), Some(y), Some(z)]) => {
                let [xy, xz, yz] = self.tilt.unwrap_or_default();
                let rows = Mat3::new(x[1] - x[0], 0.0, 0.0, xy, y[1] - y[0], 0.0, xz, yz, z[1] - z[0]);
                (rows, Vec3::new(x[0], y[0], z[0]))
            }
            _ => return Err(at.refuse("the header gives no complete box", BOX_HELP)),
        };
        if (0..3).any(|k| self.bounds[k].is_some_and(|[low, high]| low >= high)) {
            return Err(at.refuse("a box bound is not above its lower bound", BOX_HELP));
        }
        let rows = std::array::from_fn(|i| std::array::from_fn(|j| rows[(i, j)]));
        let cell = Cell::new(rows, self.periodic).map_err(|error| at.refuse(error.to_string(), BOX_HELP))?;
        Ok((cell, origin))
    }
}

/// Units from a title as LAMMPS writes it (`..., units = real`); metal where it says nothing.
fn units(title: Line<'_>) -> Result<Units, ReadError> {
    match after(title.text, "units").as_slice() {
        ["metal", ..] | [] => Ok(Units::Metal),
        ["real", ..] => Ok(Units::Real),
        [other, ..] => {
            let message = format!("the file is in units `{other}`; metal and real are known");
            Err(title.refuse(message, "write it in units metal (A, A/ps, g/mol), or correct the first line"))
        }
    }
}

/// `boundary = p p f` of a title.
fn boundary(title: &str) -> Option<[bool; 3]> {
    match *after(title, "boundary").as_slice() {
        [x, y, z, ..] if [x, y, z].iter().all(|word| ["p", "f", "s", "m"].contains(word)) => {
            Some([x, y, z].map(|word| word == "p"))
        }
        _ => None,
    }
}

/// The words behind `key =` up to a comma.
fn after<'a>(title: &'a str, key: &str) -> Vec<&'a str> {
    let values = title.split(',').find_map(|part| {
        let (name, value) = part.split_once('=')?;
        (name.trim() == key).then(|| value.split_whitespace().collect())
    });
    values.unwrap_or_default()
}
