//! In which order and where the kernels work: atoms of one species in blocks, along the list's spatial order, and blocks in
//! tasks that sum what their pairs exert on a small table of their own.

use std::ops::Range;

use natron_atoms::NeighbourList;

use crate::dense::BLOCK;

/// The most blocks of a task: its table of sums stays in the first-level cache.
const TASK: usize = 8;
/// A structure is cut into about this many tasks before tasks grow: enough to share among threads.
const TASKS: usize = 32;

/// A neighbour as the task of its centre knows it: the number of its local, and above that its species number.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Local(u32);

impl Local {
    const BITS: u32 = 24;

    fn new(local: usize, species: u8) -> Self {
        assert!(local < 1 << Self::BITS, "a task touches fewer than 16 million atoms");
        Self(local as u32 | u32::from(species) << Self::BITS)
    }

    /// Which local of the task.
    #[inline(always)]
    pub fn number(self) -> usize {
        (self.0 & ((1 << Self::BITS) - 1)) as usize
    }

    /// Species number.
    #[inline(always)]
    pub fn species(self) -> usize {
        (self.0 >> Self::BITS) as usize
    }
}

/// An atom in one of its images, as the pairs of a task touch it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member {
    /// The atom.
    pub atom: u32,
    /// Number of the image, see [`NeighbourList::offsets`].
    pub image: u32,
}

/// A block has up to [`BLOCK`] atoms. A task is a run of blocks; what its pairs touch are its locals, numbered from
/// zero. The cut depends on the list alone, not on the threads: sums over locals and then over tasks have the same bits on
/// any number of them.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    version: Option<u64>,
    /// Atoms by block: the centres.
    atoms: Vec<u32>,
    /// Where each block starts among the centres, and where the last one ends.
    first: Vec<usize>,
    /// Where each task starts among the locals of all, and where the last one ends.
    starts: Vec<usize>,
    blocks_per_task: usize,
    /// The neighbours of the centres, one after another, in the order of the list.
    neighbours: Vec<Local>,
    /// Where those of each centre start, and where the last ones end.
    rows: Vec<usize>,
    /// The local of each centre itself.
    own: Vec<Local>,
    /// What each local is.
    members: Vec<Member>,
    /// Locals of each atom over all tasks: `places[begin[atom]..begin[atom + 1]]`.
    begin: Vec<u32>,
    places: Vec<u32>,
    /// The last local of each atom so far, and the one before it of each local.
    newest: Vec<u32>,
    before: Vec<u32>,
}

impl Layout {
    /// The layout for a list and species numbers `[n]` below `species`.
    pub fn set(&mut self, list: &NeighbourList, numbers: &[u8], species: usize) {
        self.version = Some(list.version());
        self.cut_into_blocks(list, numbers, species);
        self.number_locals(list, numbers);
        self.invert(numbers.len());
    }

    fn cut_into_blocks(&mut self, list: &NeighbourList, numbers: &[u8], species: usize) {
        self.atoms.clear();
        self.first.clear();
        for number in 0..species {
            let of_species = |&&atom: &&u32| usize::from(numbers[atom as usize]) == number;
            for (rank, &atom) in list.spatial_order().iter().filter(of_species).enumerate() {
                if rank % BLOCK == 0 {
                    self.first.push(self.atoms.len());
                }
                self.atoms.push(atom);
            }
        }
        self.first.push(self.atoms.len());
        self.blocks_per_task = (self.blocks() / TASKS).clamp(1, TASK);
    }

    fn number_locals(&mut self, list: &NeighbourList, numbers: &[u8]) {
        clear_with_room(&mut self.members);
        clear_with_room(&mut self.before);
        clear_with_room(&mut self.neighbours);
        self.rows.clear();
        self.own.clear();
        self.starts.clear();
        self.newest.clear();
        self.newest.resize(numbers.len(), u32::MAX);
        // The images are numbered symmetrically: the cell itself is in the middle.
        let home = (list.offsets().len() / 2) as u32;
        for task in 0..self.blocks().div_ceil(self.blocks_per_task) {
            let start = self.members.len();
            self.starts.push(start);
            let blocks = self.blocks_of(task);
            for centre in self.first[blocks.start]..self.first[blocks.end] {
                let atom = self.atoms[centre];
                let own = self.local(start, Member { atom, image: home }, numbers);
                self.own.push(own);
                self.rows.push(self.neighbours.len());
                let (atoms, images) = list.rows(atom as usize);
                for (&atom, &image) in atoms.iter().zip(images) {
                    let local = self.local(start, Member { atom, image }, numbers);
                    self.neighbours.push(local);
                }
            }
        }
        self.rows.push(self.neighbours.len());
        self.starts.push(self.members.len());
    }

    /// The local of a member in the task whose locals start at `start`; a new one if the task had none.
    fn local(&mut self, start: usize, member: Member, numbers: &[u8]) -> Local {
        let atom = member.atom as usize;
        let mut at = self.newest[atom] as usize;
        while (start..self.members.len()).contains(&at) && self.members[at].image != member.image {
            at = self.before[at] as usize;
        }
        if !(start..self.members.len()).contains(&at) {
            at = self.members.len();
            self.members.push(member);
            self.before.push(self.newest[atom]);
            self.newest[atom] = at as u32;
        }
        Local::new(at - start, numbers[atom])
    }

    /// Lists the locals by atom.
    fn invert(&mut self, atoms: usize) {
        self.begin.clear();
        self.begin.resize(atoms + 1, 0);
        for member in &self.members {
            self.begin[member.atom as usize + 1] += 1;
        }
        for atom in 0..atoms {
            self.begin[atom + 1] += self.begin[atom];
        }
        // The next free place of each atom.
        self.newest.copy_from_slice(&self.begin[..atoms]);
        clear_with_room(&mut self.places);
        self.places.resize(self.members.len(), 0);
        for (local, member) in self.members.iter().enumerate() {
            let place = &mut self.newest[member.atom as usize];
            self.places[*place as usize] = local as u32;
            *place += 1;
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

    /// Number of tasks.
    pub fn tasks(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// The blocks of a task.
    pub fn blocks_of(&self, task: usize) -> Range<usize> {
        let first = task * self.blocks_per_task;
        first..self.blocks().min(first + self.blocks_per_task)
    }

    /// The centres of a block.
    pub fn centres(&self, block: usize) -> Range<usize> {
        self.first[block]..self.first[block + 1]
    }

    /// Which atom each centre is, `[n]`.
    pub fn atoms(&self) -> &[u32] {
        &self.atoms
    }

    /// The local of a centre itself.
    pub fn own(&self, centre: usize) -> Local {
        self.own[centre]
    }

    /// The neighbours of a centre.
    pub fn neighbours(&self, centre: usize) -> &[Local] {
        &self.neighbours[self.rows[centre]..self.rows[centre + 1]]
    }

    /// Where the locals of a task start among those of all; of the number of tasks: how many locals there are.
    pub fn start(&self, task: usize) -> usize {
        self.starts[task]
    }

    /// What the locals of a task are.
    pub fn members(&self, task: usize) -> &[Member] {
        &self.members[self.starts[task]..self.starts[task + 1]]
    }

    /// The locals of an atom, in the order of their tasks, counted over all tasks.
    pub fn places(&self, atom: usize) -> &[u32] {
        &self.places[self.begin[atom] as usize..self.begin[atom + 1] as usize]
    }
}

/// Empties a buffer, and makes room for somewhat more than it had: the number of pairs fluctuates, and a list that is
/// rebuilt in the middle of a run should not allocate.
fn clear_with_room<T>(buffer: &mut Vec<T>) {
    let before = buffer.len();
    buffer.clear();
    if buffer.capacity() < before + before / 8 {
        buffer.reserve(before + before / 4);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use natron_atoms::{Cell, Species, Structure, Vec3};

    /// A crowd of two species; in the small cell atoms see several images of one neighbour, and themselves.
    fn crowd(edge_a: f64, atoms: usize) -> (Structure, Vec<u8>) {
        let cell = Cell::new([[edge_a, 0.2, 0.0], [0.0, 1.1 * edge_a, 0.0], [0.4, 0.0, edge_a]], [true; 3]);
        let position = |k: usize| Vec3::new(0.37, 0.71, 0.13) * (k as f64 * edge_a);
        let numbers: Vec<u8> = (0..atoms).map(|k| u8::from(k % 5 == 0)).collect();
        let species = numbers.iter().map(|&n| [Species::C, Species::NA][usize::from(n)]).collect();
        let positions = (0..atoms).map(position).collect();
        (Structure::new(cell.expect("a cell"), species, positions).expect("a structure"), numbers)
    }

    #[test]
    fn locals_stand_for_the_pairs_of_the_list() {
        for (edge_a, atoms) in [(3.0, 7), (25.0, 1600)] {
            let (structure, numbers) = crowd(edge_a, atoms);
            let list = NeighbourList::build(&structure, 3.4, 0.3).expect("a sane structure");
            let mut layout = Layout::default();
            // A layout is used again and again.
            layout.set(&NeighbourList::build(&structure, 2.0, 0.3).expect("a sane structure"), &numbers, 2);
            layout.set(&list, &numbers, 2);
            let mut seen = vec![0; atoms];
            let mut blocks = 0..0;
            for task in 0..layout.tasks() {
                assert_eq!(layout.blocks_of(task).start, blocks.end);
                blocks = layout.blocks_of(task);
                let members = layout.members(task);
                for centre in blocks.clone().flat_map(|block| layout.centres(block)) {
                    let atom = layout.atoms()[centre] as usize;
                    seen[atom] += 1;
                    let own = &members[layout.own(centre).number()];
                    assert_eq!(
                        (own.atom as usize, list.offsets()[own.image as usize]),
                        (atom, Vec3::zeros())
                    );
                    let (indices, images) = list.rows(atom);
                    assert_eq!(layout.neighbours(centre).len(), indices.len());
                    for ((local, &index), &image) in layout.neighbours(centre).iter().zip(indices).zip(images)
                    {
                        let member = members[local.number()];
                        assert_eq!((member.atom, member.image), (index, image));
                        assert_eq!(local.species(), usize::from(numbers[index as usize]));
                    }
                }
            }
            assert_eq!(blocks.end, layout.blocks());
            assert!(seen.iter().all(|&times| times == 1));
        }
    }

    #[test]
    fn blocks_have_one_species_and_every_local_is_collected_once() {
        let (structure, numbers) = crowd(25.0, 1600);
        let list = NeighbourList::build(&structure, 3.4, 0.3).expect("a sane structure");
        let mut layout = Layout::default();
        layout.set(&list, &numbers, 2);
        for block in 0..layout.blocks() {
            let species = |centre: usize| layout.own(centre).species();
            let centres = layout.centres(block);
            assert!(!centres.is_empty() && centres.len() <= BLOCK);
            assert!(centres.clone().all(|centre| species(centre) == species(centres.start)));
        }
        let locals = layout.start(layout.tasks());
        let mut collected = vec![0; locals];
        for atom in 0..structure.len() {
            let mut before = None;
            for &place in layout.places(atom) {
                assert_eq!(layout.members[place as usize].atom as usize, atom);
                assert!(before < Some(place), "in the order of the tasks");
                before = Some(place);
                collected[place as usize] += 1;
            }
        }
        assert!(collected.iter().all(|&times| times == 1));
        assert!(locals < 8 * structure.len(), "{locals} locals: tasks should share most of their neighbours");
    }
}
