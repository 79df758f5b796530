//! Lists of the term's own: it sees farther than the network whose list it is given.

use natron_atoms::{Cell, NeighbourError, NeighbourList, Structure};

use super::rows::Rows;

/// A neighbour list that is made from what another list was made from, so that a run that starts again makes the same one.
#[derive(Debug)]
pub struct Sight {
    /// The neighbours, some of them beyond the cutoff.
    pub rows: Rows,
    list: NeighbourList,
    /// Version of the list that it was made after.
    followed: Option<u64>,
}

impl Sight {
    /// A list of no atoms that will reach `cutoff_a` (A).
    pub fn new(cutoff_a: f64) -> Self {
        let nobody = Structure { cell: Cell::open(), species: Vec::new(), positions: Vec::new() };
        let list =
            NeighbourList::build(&nobody, cutoff_a, 0.0).expect("no atoms and a checked cutoff make a list");
        Self { rows: Rows::default(), list, followed: None }
    }

    /// Brings the list up to date with `structure`, which `lead` is up to date with. `numbers`: of the atoms' species, of which there
    /// are `kinds`.
    ///
    /// # Errors
    /// See [`NeighbourError`].
    pub fn follow(
        &mut self,
        lead: &NeighbourList,
        structure: &Structure,
        numbers: &[u8],
        kinds: usize,
    ) -> Result<(), NeighbourError> {
        let version = self.list.version();
        let skin_a = self.skin_a(lead, structure);
        if self.followed != Some(lead.version()) || self.list.skin_a() != skin_a {
            self.followed = None;
            self.list.renew(lead.built_for(), skin_a)?;
            self.followed = Some(lead.version());
        }
        // Stale even so where `lead` reaches farther than its potential needs and is used beyond its skin.
        self.list.update(structure)?;
        if self.list.version() != version {
            self.rows.set(&self.list, numbers, kinds);
        }
        self.rows.place(&self.list, structure);
        Ok(())
    }

    /// The skin (A) that is good for as long as that of `lead`. A cell that shrinks takes more from a longer reach: the
    /// skin is longer by the ratio of the cutoffs as soon as the cell is not that of the list any more.
    fn skin_a(&self, lead: &NeighbourList, structure: &Structure) -> f64 {
        let (reach, shortest) = (self.list.cutoff_a(), lead.cutoffs().shortest_a());
        let moves = lead.built_for().cell != structure.cell;
        if moves && shortest > 0.0 && reach > shortest {
            lead.skin_a() * reach / shortest
        } else {
            lead.skin_a()
        }
    }
}
