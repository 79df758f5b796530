//! The columns of the atoms, as `ITEM: ATOMS` names them.

use std::io::BufRead;

use natron_atoms::{Species, Vec3};

use super::header::Header;
use crate::dumps::lines::Lines;
use crate::{ReadError, number};

/// An atom as it stands in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Atom {
    pub id: u64,
    pub species: Species,
    pub mass_amu: Option<f64>,
    place: Vec3,
    image: [i32; 3],
    /// In the file's unit.
    pub velocity: Vec3,
}

/// Which word of a line is what.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    id: usize,
    element: Element,
    mass: Option<usize>,
    place: [usize; 3],
    kind: Kind,
    image: Option<[usize; 3]>,
    velocity: Option<[usize; 3]>,
    /// Words of a line.
    width: usize,
}

#[derive(Debug, Clone, Copy)]
enum Element {
    Symbol(usize),
    Type(usize),
}

/// What the three numbers of a position are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Unwrapped,
    ScaledUnwrapped,
    Wrapped,
    Scaled,
}

const KINDS: [([&str; 3], Kind); 4] = [
    (["xu", "yu", "zu"], Kind::Unwrapped),
    (["xsu", "ysu", "zsu"], Kind::ScaledUnwrapped),
    (["x", "y", "z"], Kind::Wrapped),
    (["xs", "ys", "zs"], Kind::Scaled),
];

const HELP: &str = "write the dump with: dump 1 all custom 20 run.dump id element x y z ix iy iz";

impl Columns {
    /// From the present line, `ITEM: ATOMS id type x y z ...`.
    pub fn parse<R: BufRead>(lines: &Lines<R>, types: &[Species]) -> Result<Self, ReadError> {
        let names: Vec<&str> = lines.text().split_whitespace().skip(2).collect();
        let find = |name: &str| names.iter().position(|word| *word == name);
        let three = |name: [&str; 3]| Some([find(name[0])?, find(name[1])?, find(name[2])?]);
        let refuse = |message: &str, help: &str| lines.refuse(message, help);
        let id = find("id")
            .ok_or_else(|| refuse("there is no column `id`: which atom is which is not known", HELP))?;
        let element = match (find("element"), find("type")) {
            (Some(word), _) if types.is_empty() => Element::Symbol(word),
            (_, Some(word)) if !types.is_empty() => Element::Type(word),
            (Some(word), None) => Element::Symbol(word),
            (None, Some(_)) => {
                let help = "give the elements of the types 1, 2, ...: --types Na,C";
                return Err(refuse("the dump does not say which elements its atom types are", help));
            }
            _ => return Err(refuse("there is no column `element` or `type`", HELP)),
        };
        let place = KINDS.iter().find_map(|(name, kind)| Some((three(*name)?, *kind)));
        let (place, kind) =
            place.ok_or_else(|| refuse("there are no positions in all three directions", HELP))?;
        Ok(Self {
            id,
            element,
            mass: find("mass"),
            place,
            kind,
            image: three(["ix", "iy", "iz"]),
            velocity: three(["vx", "vy", "vz"]),
            width: names.len(),
        })
    }

    /// Whether positions are inside the cell and nothing says how often they went through its walls.
    pub fn is_wrapped(&self) -> bool {
        matches!(self.kind, Kind::Wrapped | Kind::Scaled) && self.image.is_none()
    }

    pub fn has_velocities(&self) -> bool {
        self.velocity.is_some()
    }

    /// The atom of the present line.
    pub fn atom<R: BufRead>(&self, lines: &Lines<R>, types: &[Species]) -> Result<Atom, ReadError> {
        // The words wanted stand at fixed places: one pass, nothing allocated.
        let mut words = [""; MOST];
        let mut count = 0;
        for word in lines.text().split_ascii_whitespace() {
            if count < MOST {
                words[count] = word;
            }
            count += 1;
        }
        if count != self.width || count > MOST {
            let message =
                format!("{count} words where `ITEM: ATOMS` names {} columns (at most {MOST})", self.width);
            return Err(lines.refuse(message, "the line is damaged, or a column holds blanks"));
        }
        let real = |k: usize| {
            number::real(words[k]).ok_or_else(|| {
                let (message, help) = number::refuse("a number of an atom", words[k]);
                lines.refuse(message, help)
            })
        };
        let reals = |k: [usize; 3]| Ok::<_, ReadError>(Vec3::new(real(k[0])?, real(k[1])?, real(k[2])?));
        let image = match self.image {
            None => [0; 3],
            Some(k) => [whole(lines, words[k[0]])?, whole(lines, words[k[1]])?, whole(lines, words[k[2]])?],
        };
        Ok(Atom {
            id: whole(lines, words[self.id])?,
            species: self.species(lines, &words, types)?,
            mass_amu: self.mass.map(real).transpose()?.filter(|mass| *mass > 0.0),
            place: reals(self.place)?,
            image,
            velocity: self.velocity.map(reals).transpose()?.unwrap_or_default(),
        })
    }

    fn species<R: BufRead>(
        &self,
        lines: &Lines<R>,
        words: &[&str],
        types: &[Species],
    ) -> Result<Species, ReadError> {
        match self.element {
            Element::Symbol(k) => Species::from_symbol(words[k]).ok_or_else(|| {
                let help = "set the symbols with `dump_modify 1 element Na C`, or give them: --types Na,C";
                lines.refuse(format!("`{}` is no element", words[k]), help)
            }),
            Element::Type(k) => {
                let number: usize = whole(lines, words[k])?;
                number.checked_sub(1).and_then(|index| types.get(index)).copied().ok_or_else(|| {
                    let message =
                        format!("atom type {number} is none of the {} that --types names", types.len());
                    lines.refuse(message, "name the element of every type: --types Na,C")
                })
            }
        }
    }

    /// Where an atom is, A; unwrapped where the file says through which walls it went.
    pub fn position(&self, atom: &Atom, header: &Header) -> Vec3 {
        let place = match self.kind {
            Kind::Unwrapped | Kind::Wrapped => atom.place,
            Kind::Scaled | Kind::ScaledUnwrapped => header.origin + header.cell.cartesian(&atom.place),
        };
        match self.kind {
            Kind::Wrapped | Kind::Scaled => place + header.cell.offset(atom.image),
            Kind::Unwrapped | Kind::ScaledUnwrapped => place,
        }
    }
}

/// Columns of a line beyond this are refused.
const MOST: usize = 64;

fn whole<R: BufRead, T: std::str::FromStr>(lines: &Lines<R>, word: &str) -> Result<T, ReadError> {
    word.parse().map_err(|_| {
        let message = format!("`{word}` is not a whole number that can be used");
        lines.refuse(message, "ids, types and image flags are whole numbers")
    })
}
