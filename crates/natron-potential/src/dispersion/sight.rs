//! Which atoms an atom sees: lists of the term's own, and the neighbours of one atom side by side.

use natron_atoms::{Cell, NeighbourError, NeighbourList, Structure, Vec3};
use natron_descriptor::CHANNELS;

/// Neighbours of one atom and of one species, sixteen side by side.
#[derive(Debug, Clone)]
pub struct Block {
    /// Which atoms.
    pub index: [u32; CHANNELS],
    /// The ways to them, A, by direction.
    pub vector: [[f64; CHANNELS]; 3],
    /// Squares of their distances, A^2.
    pub squared: [f64; CHANNELS],
    /// Derivatives of what they count by those squares, 1/A^2; only where coordination numbers are summed.
    pub slope: [f64; CHANNELS],
}

impl Block {
    /// No neighbours: what is summed over them is zero, because they are beyond every cutoff.
    const NOBODY: Self = Self {
        index: [0; CHANNELS],
        vector: [[0.0; CHANNELS]; 3],
        squared: [1e30; CHANNELS],
        slope: [0.0; CHANNELS],
    };
}

/// Neighbours of one atom and of one species.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    blocks: Vec<Block>,
    length: usize,
}

impl Seen {
    /// The neighbours; the last places may be empty.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks[..self.length.div_ceil(CHANNELS)]
    }

    /// See [`Seen::blocks`].
    pub fn blocks_mut(&mut self) -> &mut [Block] {
        &mut self.blocks[..self.length.div_ceil(CHANNELS)]
    }

    fn push(&mut self, atom: u32, vector: &Vec3, squared: f64) {
        let (block, lane) = (self.length / CHANNELS, self.length % CHANNELS);
        if lane == 0 {
            if block == self.blocks.len() {
                self.blocks.push(Block::NOBODY);
            } else {
                self.blocks[block] = Block::NOBODY;
            }
        }
        let block = &mut self.blocks[block];
        block.index[lane] = atom;
        (0..3).for_each(|k| block.vector[k][lane] = vector[k]);
        block.squared[lane] = squared;
        self.length += 1;
    }
}

/// A neighbour list that is made from what another list was made from, so that a run that starts again makes the same one.
#[derive(Debug)]
pub struct Sight {
    list: NeighbourList,
    cutoff_squared: f64,
    /// Version of the list that it was made after.
    followed: Option<u64>,
    cell_moves: bool,
    /// Positions where the list counts from, A.
    homed: Vec<Vec3>,
}

impl Sight {
    /// A list of no atoms that will reach `cutoff_a` (A).
    pub fn new(cutoff_a: f64) -> Self {
        let nobody = Structure { cell: Cell::open(), species: Vec::new(), positions: Vec::new() };
        let list =
            NeighbourList::build(&nobody, cutoff_a, 0.0).expect("no atoms and a checked cutoff make a list");
        Self {
            list,
            cutoff_squared: cutoff_a * cutoff_a,
            followed: None,
            cell_moves: false,
            homed: Vec::new(),
        }
    }

    /// Brings the list up to date with `structure`, which `lead` is up to date with.
    ///
    /// # Errors
    /// See [`NeighbourError`].
    pub fn follow(&mut self, lead: &NeighbourList, structure: &Structure) -> Result<(), NeighbourError> {
        self.cell_moves |= lead.built_for().cell != structure.cell;
        if self.followed != Some(lead.version()) {
            self.list.renew(lead.built_for(), self.skin_a(lead))?;
            self.followed = Some(lead.version());
        }
        if self.cell_moves && self.list.is_stale(structure) {
            self.list.renew(lead.built_for(), self.skin_a(lead))?;
        }
        // Stale even so where `lead` reaches farther than its potential needs and is used beyond its skin.
        self.list.update(structure)?;
        self.homed.clear();
        self.homed.extend((0..structure.len()).map(|atom| self.list.homed(structure, atom)));
        Ok(())
    }

    /// The skin (A) that is good for as long as that of `lead`. A cell that shrinks takes more from a longer reach:
    /// the skin is then longer by the ratio of the cutoffs.
    fn skin_a(&self, lead: &NeighbourList) -> f64 {
        let shortest = lead.cutoffs().shortest_a();
        let ratio = self.list.cutoff_a() / shortest;
        if self.cell_moves && shortest > 0.0 && ratio > 1.0 { ratio * lead.skin_a() } else { lead.skin_a() }
    }

    /// Sorts the neighbours of `atom` within the cutoff by their species numbers into `seen`; the closest of them, if there is
    /// one, and its distance, A.
    pub fn look(&self, atom: usize, numbers: &[u8], seen: &mut [Seen]) -> Option<(usize, f64)> {
        seen.iter_mut().for_each(|seen| seen.length = 0);
        let (here, offsets) = (self.homed[atom], self.list.offsets());
        let (neighbours, images) = self.list.rows(atom);
        let mut closest = None;
        let mut least = f64::INFINITY;
        for (&neighbour, &image) in neighbours.iter().zip(images) {
            let vector = self.homed[neighbour as usize] + offsets[image as usize] - here;
            let squared = vector.norm_squared();
            if squared < self.cutoff_squared {
                seen[usize::from(numbers[neighbour as usize])].push(neighbour, &vector, squared);
                if squared < least {
                    (least, closest) = (squared, Some(neighbour as usize));
                }
            }
        }
        closest.map(|neighbour| (neighbour, least.sqrt()))
    }
}
