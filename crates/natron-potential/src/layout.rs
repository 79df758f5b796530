//! In which order and where the kernels work: atoms of one species in blocks, along the list's spatial order.

use natron_atoms::NeighbourList;

use crate::dense::BLOCK;

/// A block has up to [`BLOCK`] atoms; every pair of an atom has a slot, those of a block follow each other.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    version: Option<u64>,
    /// Atoms by block.
    atoms: Vec<u32>,
    /// Where each block starts among the atoms and among the slots, and where the last one ends.
    first: Vec<Start>,
    /// First slot of each atom.
    slot: Vec<u32>,
    /// For each pair of the list, the slot of the pair that leads back.
    opposite_slot: Vec<u32>,
    cursor: Vec<usize>,
}

/// Where a block starts.
#[derive(Debug, Clone, Copy, Default)]
struct Start {
    atom: usize,
    slot: usize,
}

impl Layout {
    /// The layout for a list and species numbers `[n]` below `species`.
    pub fn set(&mut self, list: &NeighbourList, numbers: &[u8], species: usize) {
        self.version = Some(list.version());
        self.atoms.clear();
        self.first.clear();
        self.slot.clear();
        self.slot.resize(numbers.len(), 0);
        let mut slot = 0;
        for number in 0..species {
            let of_species = |&&atom: &&u32| usize::from(numbers[atom as usize]) == number;
            for (rank, &atom) in list.spatial_order().iter().filter(of_species).enumerate() {
                if rank % BLOCK == 0 {
                    self.first.push(Start { atom: self.atoms.len(), slot });
                }
                self.slot[atom as usize] = slot as u32;
                self.atoms.push(atom);
                slot += list.row(atom as usize).len();
            }
        }
        self.first.push(Start { atom: self.atoms.len(), slot });
        list.opposites(&mut self.opposite_slot, &mut self.cursor);
        for atom in 0..list.len() {
            let back = list.rows(atom).0.iter().zip(&mut self.opposite_slot[list.row(atom)]);
            for (&neighbour, opposite) in back {
                let neighbour = neighbour as usize;
                *opposite = self.slot[neighbour] + *opposite - list.row(neighbour).start as u32;
            }
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
        &self.atoms[self.first[block].atom..self.first[block + 1].atom]
    }

    /// Where the slots of a block start; of the number of blocks: how many slots there are.
    pub fn start(&self, block: usize) -> usize {
        self.first[block].slot
    }

    /// For each pair of the list, the slot of the pair that leads back.
    pub fn opposite_slots(&self) -> &[u32] {
        &self.opposite_slot
    }
}
