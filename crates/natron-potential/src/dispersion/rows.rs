//! The neighbours of every atom, by species and sixteen side by side.

use natron_atoms::{NeighbourList, Structure, Vec3};
use natron_descriptor::CHANNELS;

/// Sixteen neighbours of one species.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Which atoms.
    pub index: [u32; CHANNELS],
    /// Which images of them; in places that are left over one that is beyond every cutoff.
    image: [u32; CHANNELS],
}

/// Where nobody is, A. Its eighth power is a number.
const NOWHERE_A: f64 = 1e12;

/// A position or an offset, A, and a zero: whole vectors are loaded.
type Place = [f64; 4];

/// Neighbours of all atoms, and where they are.
#[derive(Debug, Default)]
pub struct Rows {
    rows: Vec<Row>,
    /// Where those of each (atom, species) begin, and the end.
    starts: Vec<usize>,
    kinds: usize,
    homed: Vec<Place>,
    offsets: Vec<Place>,
}

/// The ways from an atom to sixteen neighbours, A, and the squares of their lengths, A^2.
#[derive(Debug, Clone, Copy)]
pub struct Ways {
    pub vector: [[f64; CHANNELS]; 3],
    pub squared: [f64; CHANNELS],
}

impl Rows {
    /// Takes over a list of atoms of `kinds` species, whose numbers are `numbers`.
    pub fn set(&mut self, list: &NeighbourList, numbers: &[u8], kinds: usize) {
        self.kinds = kinds;
        self.rows.clear();
        self.starts.clear();
        let nowhere = u32::try_from(list.offsets().len()).expect("images are numbered in 32 bits");
        for atom in 0..numbers.len() {
            let (neighbours, images) = list.rows(atom);
            for kind in 0..kinds {
                self.starts.push(self.rows.len());
                let mut lane = CHANNELS;
                for (&neighbour, &image) in neighbours.iter().zip(images) {
                    if usize::from(numbers[neighbour as usize]) != kind {
                        continue;
                    }
                    if lane == CHANNELS {
                        self.rows.push(Row { index: [atom as u32; CHANNELS], image: [nowhere; CHANNELS] });
                        lane = 0;
                    }
                    let row = self.rows.last_mut().expect("one was pushed");
                    (row.index[lane], row.image[lane]) = (neighbour, image);
                    lane += 1;
                }
            }
        }
        self.starts.push(self.rows.len());
    }

    /// Takes over where the atoms are.
    pub fn place(&mut self, list: &NeighbourList, structure: &Structure) {
        let place = |p: Vec3| [p.x, p.y, p.z, 0.0];
        self.homed.clear();
        self.homed.extend((0..structure.len()).map(|atom| place(list.homed(structure, atom))));
        self.offsets.clear();
        self.offsets.extend(list.offsets().iter().copied().map(place));
        self.offsets.push([NOWHERE_A, 0.0, 0.0, 0.0]);
    }

    /// The neighbours of an atom that are of one species.
    pub fn of(&self, atom: usize, kind: usize) -> &[Row] {
        let at = atom * self.kinds + kind;
        &self.rows[self.starts[at]..self.starts[at + 1]]
    }

    /// The ways from `atom` to the neighbours of one of its rows.
    #[inline(always)]
    pub fn ways(&self, atom: usize, row: &Row) -> Ways {
        let here = self.homed[atom];
        let mut ways = Ways { vector: [[0.0; CHANNELS]; 3], squared: [0.0; CHANNELS] };
        for lane in 0..CHANNELS {
            let (there, offset) =
                (&self.homed[row.index[lane] as usize], &self.offsets[row.image[lane] as usize]);
            for k in 0..3 {
                ways.vector[k][lane] = there[k] + offset[k] - here[k];
            }
        }
        let [x, y, z] = &ways.vector;
        for lane in 0..CHANNELS {
            ways.squared[lane] = x[lane] * x[lane] + y[lane] * y[lane] + z[lane] * z[lane];
        }
        ways
    }
}
