//! Sites: places of a resting framework at which mobile atoms stay.
//!
//! Stays ([`crate::stays`]), the longest first, are put together: a stay belongs to the nearest site closer than a radius, through any image, and
//! makes one of its own where there is none. A site lies at the mean of its stays, weighted with their time. Nothing is assumed of the
//! framework but that it rests, so that disordered hosts have sites as well as crystals (compare the landmarks of Kahle, Musaelian, Marzari,
//! Kozinsky, 10.1103/PhysRevMaterials.3.055404, which need the framework's coordinates).

use std::collections::{BTreeSet, HashMap};

use natron_atoms::{Cell, Vec3};

use crate::paths::Paths;
use crate::stays::Stay;

/// One place.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Where it is, A, inside the cell, relative to the reference's centre of mass.
    pub place_a: Vec3,
    /// Mean number of atoms at it.
    pub occupancy: f64,
    /// Stays at it.
    pub visits: usize,
    /// Atoms that were ever at it.
    pub atoms: usize,
    /// Mean time of its stays as far as they were seen, ps: a lower bound.
    pub stay_ps: f64,
}

struct Gathered {
    place_a: Vec3,
    frames: usize,
    visits: usize,
    atoms: BTreeSet<usize>,
}

/// The sites of `stays` in a cell that rests, by falling occupancy; stays closer than `radius_a` (A) to a site belong to it.
pub fn sites(paths: &Paths, stays: &[Stay], cell: &Cell, radius_a: f64) -> Vec<Site> {
    let mut order: Vec<&Stay> = stays.iter().collect();
    order.sort_by(|a, b| b.frames().cmp(&a.frames()).then(a.atom.cmp(&b.atom)).then(a.from.cmp(&b.from)));
    let mut gathered: Vec<Gathered> = Vec::new();
    let mut boxes = Boxes::new(cell, 2.0 * radius_a);
    for stay in order {
        let way = |site: usize| nearest(cell, &(stay.place_a - gathered[site].place_a));
        let near = boxes.around(&stay.place_a).map(|site| (way(site), site));
        let next = near.min_by(|a, b| a.0.norm_squared().total_cmp(&b.0.norm_squared()).then(a.1.cmp(&b.1)));
        match next {
            Some((way, site)) if way.norm() < radius_a => {
                let site = &mut gathered[site];
                site.frames += stay.frames();
                site.visits += 1;
                site.place_a += way * (stay.frames() as f64 / site.frames as f64);
                site.atoms.insert(stay.atom);
            }
            _ => {
                boxes.add(&stay.place_a, gathered.len());
                gathered.push(Gathered {
                    place_a: stay.place_a,
                    frames: stay.frames(),
                    visits: 1,
                    atoms: BTreeSet::from([stay.atom]),
                });
            }
        }
    }
    let replicas = paths.atoms.iter().map(|path| path.replica + 1).max().unwrap_or(1);
    let seen = (paths.n_frames * replicas).max(1) as f64;
    let finish = |site: Gathered| Site {
        place_a: cell.wrap(&site.place_a).0,
        occupancy: site.frames as f64 / seen,
        stay_ps: site.frames as f64 * paths.spacing_ps / site.visits as f64,
        visits: site.visits,
        atoms: site.atoms.len(),
    };
    let mut sites: Vec<Site> = gathered.into_iter().map(finish).collect();
    sites.sort_by(|a, b| b.occupancy.total_cmp(&a.occupancy));
    sites
}

/// Sites by where they were made, in boxes no thinner than twice the radius: one that a stay belongs to, and that has moved less than a radius
/// since, is in the stay's box or in one beside it.
struct Boxes<'c> {
    cell: &'c Cell,
    counts: [i64; 3],
    of: HashMap<[i64; 3], Vec<usize>>,
}

impl<'c> Boxes<'c> {
    fn new(cell: &'c Cell, size_a: f64) -> Self {
        let counts = cell.heights_a().map(|height| ((height / size_a) as i64).clamp(1, 1000));
        Self { cell, counts, of: HashMap::new() }
    }

    fn of_place(&self, place: &Vec3) -> [i64; 3] {
        let fractional = self.cell.fractional(place);
        std::array::from_fn(|k| {
            let number = (fractional[k] * self.counts[k] as f64).floor() as i64;
            if self.cell.periodic()[k] { number.rem_euclid(self.counts[k]) } else { number }
        })
    }

    fn add(&mut self, place: &Vec3, site: usize) {
        let number = self.of_place(place);
        self.of.entry(number).or_default().push(site);
    }

    fn around(&self, place: &Vec3) -> impl Iterator<Item = usize> + '_ {
        let own = self.of_place(place);
        let mut numbers: Vec<[i64; 3]> = (0..27_i64)
            .map(|k| {
                let step = [k / 9 - 1, k / 3 % 3 - 1, k % 3 - 1];
                std::array::from_fn(|axis| {
                    let number = own[axis] + step[axis];
                    let periodic = self.cell.periodic()[axis];
                    if periodic { number.rem_euclid(self.counts[axis]) } else { number }
                })
            })
            .collect();
        // Few boxes are neighbours of themselves.
        numbers.sort_unstable();
        numbers.dedup();
        numbers.into_iter().filter_map(move |number| self.of.get(&number)).flatten().copied()
    }
}

/// The image of a way with fractional coordinates within 0.5 along periodic directions.
fn nearest(cell: &Cell, way: &Vec3) -> Vec3 {
    let fractional = cell.fractional(way);
    let periodic = cell.periodic();
    cell.cartesian(&Vec3::from_fn(|k, _| {
        fractional[k] - if periodic[k] { fractional[k].round() } else { 0.0 }
    }))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::jumps::jumps;
    use crate::paths::Path;
    use crate::stays::stays;
    use crate::track::Track;

    /// A ring of four sites along x through the wall, 3 A apart; one atom goes round one and a half times, staying 50 frames; another rests on
    /// a fifth.
    #[test]
    fn an_atom_on_a_ring_finds_its_sites_again() {
        let cell =
            Cell::new([[12.0, 0.0, 0.0], [0.0, 10.0, 0.0], [0.0, 0.0, 10.0]], [true; 3]).expect("a cell");
        let shake = |t: usize, k: usize| 0.1 * ((t * 7 + k * 3) as f64).sin();
        let wobble = |t: usize| Vec3::from_fn(|k, _| shake(t, k));
        let runner = (0..300).map(|t| Vec3::new(1.0 + 3.0 * (t / 50) as f64, 1.0, 1.0) + wobble(t)).collect();
        let rester = (0..300).map(|t| Vec3::new(1.0, 6.0, 6.0) + wobble(t)).collect();
        let atoms = [runner, rester]
            .map(|way: Vec<Vec3>| Path { replica: 0, positions_a: Arc::new(Track::from(way)) });
        let paths = Paths { spacing_ps: 0.1, n_frames: 300, atoms: atoms.to_vec() };
        let jumps = jumps(&paths, 10, 1.2);
        assert_eq!(jumps.len(), 5);
        let found = sites(&paths, &stays(&paths, &jumps), &cell, 1.0);
        let occupancies: Vec<f64> = found.iter().map(|site| (site.occupancy * 6.0).round()).collect();
        assert_eq!(occupancies, [6.0, 2.0, 2.0, 1.0, 1.0]);
        assert!((found.iter().map(|site| site.occupancy).sum::<f64>() - 2.0).abs() < 1e-12);
        assert_eq!((found[0].visits, found[1].visits, found[1].atoms, found[4].visits), (1, 2, 1, 1));
        assert!((found[1].stay_ps - 5.0).abs() < 1e-9);
        for site in &found {
            let x = (site.place_a.x - 1.0) / 3.0;
            assert!((x - x.round()).abs() < 0.02, "{site:?}");
        }
    }
}
