//! In which order and where the kernels work: atoms of one species in blocks, along the list's spatial order.

use natron_atoms::NeighbourList;

use crate::dense::BLOCK;

/// A block has [`BLOCK`] ranks, the last one of a species some of them vacant; a rank has `stride` slots for the pairs
/// of its atom.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    version: Option<u64>,
    /// Atoms by block, and where each block starts.
    atoms: Vec<u32>,
    first: Vec<usize>,
    /// First slot of each atom.
    slot: Vec<usize>,
    stride: usize,
    /// For each pair of the list, the slot of the pair that leads back.
    opposite_slot: Vec<u32>,
}

impl Layout {
    /// The layout for a list and species numbers `[n]` below `species`.
    pub fn set(&mut self, list: &NeighbourList, numbers: &[u8], species: usize) {
        self.version = Some(list.version());
        let longest = (0..list.len()).map(|atom| list.row(atom).len()).max().unwrap_or(0);
        // Room to spare, so that a list of other lengths rarely changes the stride.
        self.stride = longest.next_multiple_of(8).max(8);
        self.atoms.clear();
        self.first.clear();
        self.first.push(0);
        self.slot.clear();
        self.slot.resize(numbers.len(), 0);
        for number in 0..species {
            let of_species = |&&atom: &&u32| usize::from(numbers[atom as usize]) == number;
            let mut filled = 0;
            for &atom in list.spatial_order().iter().filter(of_species) {
                if filled == BLOCK {
                    self.first.push(self.atoms.len());
                    filled = 0;
                }
                self.slot[atom as usize] = ((self.first.len() - 1) * BLOCK + filled) * self.stride;
                self.atoms.push(atom);
                filled += 1;
            }
            if filled > 0 {
                self.first.push(self.atoms.len());
            }
        }
        self.opposite_slot.clear();
        self.opposite_slot.reserve(list.pairs());
        for atom in 0..list.len() {
            let back = list.rows(atom).0.iter().zip(&list.opposites()[list.row(atom)]);
            let slot = |(&neighbour, &opposite): (&u32, &u32)| {
                let neighbour = neighbour as usize;
                (self.slot[neighbour] + opposite as usize - list.row(neighbour).start) as u32
            };
            self.opposite_slot.extend(back.map(slot));
        }
    }

    /// [`NeighbourList::version`] of the list it was made for.
    pub fn version(&self) -> Option<u64> {
        self.version
    }

    /// Number of blocks.
    pub fn blocks(&self) -> usize {
        self.first.len().saturating_sub(1)
    }

    /// The atoms of a block.
    pub fn centres(&self, block: usize) -> &[u32] {
        &self.atoms[self.first[block]..self.first[block + 1]]
    }

    /// Slots of an atom.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// Number of slots.
    pub fn slots(&self) -> usize {
        self.blocks() * BLOCK * self.stride
    }

    /// First slot of an atom: the pairs of its row follow from there.
    pub fn slot(&self, atom: usize) -> usize {
        self.slot[atom]
    }

    /// For each pair of the list, the slot of the pair that leads back.
    pub fn opposite_slots(&self) -> &[u32] {
        &self.opposite_slot
    }
}
