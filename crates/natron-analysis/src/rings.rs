//! Shortest-path rings of a periodic network.
//!
//! A ring counts if no path through the network between two of its atoms is shorter than the way along the ring (Franzblau, Phys. Rev. B 44,
//! 4925 (1991), DOI 10.1103/PhysRevB.44.4925). It is enough to look at atoms opposite to each other: a short cut anywhere
//! would also shorten a way between these. Nodes are atoms together with their cell image, so that a chain through the periodic
//! boundary is no ring.
//!
//! From every atom of the cell, two shortest paths that meet in one node (even rings) or end at the two ends of a bond (odd rings) and share
//! nothing else are put together (the search of Yuan and Cormack, Comput. Mater. Sci. 24, 343 (2002), DOI
//! 10.1016/S0927-0256(01)00256-7). A ring of n atoms is found once from each of them.

use std::collections::HashMap;

use crate::bonds::Bonds;

/// An atom and the cell it is in.
type Node = (usize, [i32; 3]);

/// Paths from one atom to one node beyond this many do not all count; a network this dense has no rings worth a name.
const PATHS_MAX: usize = 10_000;

/// Numbers of shortest-path rings in a cell by their size.
#[derive(Debug, Clone, PartialEq)]
pub struct RingCounts {
    /// `per_cell[n]` rings of n atoms, `[largest + 1]`; the first three are zero.
    pub per_cell: Vec<f64>,
    /// Atoms of the network.
    pub atoms: usize,
}

impl RingCounts {
    /// Rings of each size, counted in rings: of n atoms, the number of rings per cell.
    pub fn of_size(&self, n: usize) -> f64 {
        self.per_cell.get(n).copied().unwrap_or(0.0)
    }

    /// Mean size; `None` where there is no ring.
    pub fn mean_size(&self) -> Option<f64> {
        let all: f64 = self.per_cell.iter().sum();
        let sizes: f64 = self.per_cell.iter().enumerate().map(|(n, count)| n as f64 * count).sum();
        (all > 0.0).then(|| sizes / all)
    }
}

/// Shortest-path rings of up to `largest` atoms (at least 3).
pub fn shortest_path_rings(bonds: &Bonds, largest: usize) -> RingCounts {
    let network = Network::new(bonds, largest / 2);
    let mut found = vec![0usize; largest + 1];
    for root in 0..bonds.atoms.len() {
        for size in network.rings_through(root, largest) {
            found[size] += 1;
        }
    }
    let per_cell = found.iter().enumerate().map(|(n, &count)| count as f64 / n.max(1) as f64).collect();
    RingCounts { per_cell, atoms: bonds.atoms.len() }
}

struct Network<'b> {
    bonds: &'b Bonds,
    /// Steps from each atom in the cell to the nodes around it.
    steps: Vec<HashMap<Node, usize>>,
}

fn add(a: [i32; 3], b: [i32; 3]) -> [i32; 3] {
    std::array::from_fn(|k| a[k] + b[k])
}

fn subtract(a: [i32; 3], b: [i32; 3]) -> [i32; 3] {
    std::array::from_fn(|k| a[k] - b[k])
}

impl<'b> Network<'b> {
    fn new(bonds: &'b Bonds, reach: usize) -> Self {
        let steps = (0..bonds.atoms.len()).map(|root| around(bonds, root, reach)).collect();
        Self { bonds, steps }
    }

    fn neighbours(&self, node: Node) -> impl Iterator<Item = Node> + '_ {
        self.bonds.neighbours[node.0].iter().map(move |&(atom, image)| (atom, add(node.1, image)))
    }

    /// Steps between two nodes; `None` beyond the reach.
    fn distance(&self, a: Node, b: Node) -> Option<usize> {
        self.steps[a.0].get(&(b.0, subtract(b.1, a.1))).copied()
    }

    /// Sizes of the rings through an atom in the cell.
    fn rings_through(&self, root: usize, largest: usize) -> Vec<usize> {
        let level = &self.steps[root];
        let mut sizes = Vec::new();
        for (&node, &steps) in level.iter().filter(|(_, steps)| **steps > 0) {
            let paths = self.paths(root, node, steps);
            if 2 * steps <= largest && steps > 1 {
                sizes.extend(self.even(&paths, steps));
            }
            if 2 * steps < largest {
                let beside =
                    self.neighbours(node).filter(|other| level.get(other) == Some(&steps) && node < *other);
                for other in beside {
                    sizes.extend(self.odd(&paths, &self.paths(root, other, steps), steps));
                }
            }
        }
        sizes
    }

    /// Rings of two paths to one node.
    fn even(&self, paths: &[Vec<Node>], steps: usize) -> Vec<usize> {
        let pairs = (0..paths.len()).flat_map(|i| (i + 1..paths.len()).map(move |j| (i, j)));
        pairs
            .filter(|&(i, j)| {
                let (one, other) = (&paths[i], &paths[j]);
                apart(&one[..steps], &other[..steps]) && self.has_no_short_cut(&ring(one, &other[..steps]))
            })
            .map(|_| 2 * steps)
            .collect()
    }

    /// Rings of two paths to the ends of a bond.
    fn odd(&self, paths: &[Vec<Node>], others: &[Vec<Node>], steps: usize) -> Vec<usize> {
        let pairs = paths.iter().flat_map(|one| others.iter().map(move |other| (one, other)));
        pairs
            .filter(|(one, other)| apart(one, other) && self.has_no_short_cut(&ring(one, other)))
            .map(|_| 2 * steps + 1)
            .collect()
    }

    /// Whether nodes opposite to each other are as far apart as along the ring.
    fn has_no_short_cut(&self, ring: &[Node]) -> bool {
        let (n, half) = (ring.len(), ring.len() / 2);
        (0..n).all(|k| self.distance(ring[k], ring[(k + half) % n]) == Some(half))
    }

    /// All shortest paths from an atom in the cell to a node, both ends included: `steps` + 1 nodes each.
    fn paths(&self, root: usize, node: Node, steps: usize) -> Vec<Vec<Node>> {
        let level = &self.steps[root];
        let mut paths = vec![vec![node]];
        for before in (1..steps).rev() {
            let mut longer = Vec::new();
            for path in &paths {
                let last = *path.last().expect("a path holds its end");
                for previous in self.neighbours(last).filter(|other| level.get(other) == Some(&before)) {
                    longer.push([path.as_slice(), &[previous]].concat());
                }
            }
            longer.truncate(PATHS_MAX);
            paths = longer;
        }
        let root = (root, [0; 3]);
        for path in &mut paths {
            path.push(root);
            path.reverse();
        }
        paths
    }
}

/// The nodes of two paths behind the root, in the order of the ring. Both begin with the root.
fn ring(one: &[Node], other: &[Node]) -> Vec<Node> {
    one.iter().chain(other[1..].iter().rev()).copied().collect()
}

/// Whether two paths share the root alone.
fn apart(one: &[Node], other: &[Node]) -> bool {
    one.iter().skip(1).all(|node| !other[1..].contains(node))
}

/// Steps from an atom in the cell to every node within `reach`.
fn around(bonds: &Bonds, root: usize, reach: usize) -> HashMap<Node, usize> {
    let mut steps = HashMap::from([((root, [0; 3]), 0)]);
    let mut front = vec![(root, [0; 3])];
    for level in 1..=reach {
        let mut next = Vec::new();
        for (atom, image) in front {
            for &(other, offset) in &bonds.neighbours[atom] {
                let node = (other, add(image, offset));
                steps.entry(node).or_insert_with(|| {
                    next.push(node);
                    level
                });
            }
        }
        front = next;
    }
    steps
}

#[cfg(test)]
mod tests {
    use natron_atoms::{Cell, Species, Structure, Vec3};

    use super::*;

    fn counts(cell: [[f64; 3]; 3], points: &[[f64; 3]], cutoff_a: f64) -> RingCounts {
        let cell = Cell::new(cell, [true; 3]).expect("a cell");
        let positions: Vec<Vec3> = points.iter().map(|p| cell.cartesian(&Vec3::from(*p))).collect();
        let structure = Structure::new(cell, vec![Species::C; points.len()], positions).expect("a structure");
        shortest_path_rings(&Bonds::new(&structure, Species::C, cutoff_a).expect("bonds"), 9)
    }

    /// One hexagon for every two atoms.
    #[test]
    fn a_honeycomb_has_hexagons_alone() {
        let (a, h) = (2.46, 2.46 * 0.75_f64.sqrt());
        let cell = [[a, 0.0, 0.0], [0.5 * a, h, 0.0], [0.0, 0.0, 9.0]];
        let rings = counts(cell, &[[0.0; 3], [1.0 / 3.0, 1.0 / 3.0, 0.0]], 1.8);
        assert_eq!(rings.per_cell, [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
        assert_eq!(rings.mean_size(), Some(6.0));
    }

    /// Squares in three planes, and the ways around a cube: a hexagon of a cube has opposite corners three steps apart, so all four count.
    #[test]
    fn a_simple_cubic_net_has_three_squares_and_four_hexagons_an_atom() {
        let rings = counts([[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 2.0]], &[[0.0; 3]], 2.1);
        assert_eq!((rings.of_size(4), rings.of_size(6)), (3.0, 4.0));
        assert_eq!((rings.of_size(5), rings.of_size(7)), (0.0, 0.0));
    }

    /// 12 hexagons through each atom of diamond, two an atom.
    #[test]
    fn diamond_has_two_hexagons_an_atom() {
        let edge = 3.567;
        let basis = [[0.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]];
        let points: Vec<[f64; 3]> = basis.into_iter().chain(basis.map(|p| p.map(|x| x + 0.25))).collect();
        let rings = counts([[edge, 0.0, 0.0], [0.0, edge, 0.0], [0.0, 0.0, edge]], &points, 1.7);
        assert_eq!(rings.of_size(6) / 8.0, 2.0);
        assert_eq!(rings.per_cell[..6], [0.0; 6]);
        assert_eq!((rings.of_size(7), rings.of_size(9)), (0.0, 0.0));
    }

    /// Every cycle of a small random graph, judged by the definition: no pair closer than along the cycle.
    fn naive(neighbours: &[Vec<(usize, [i32; 3])>], largest: usize) -> Vec<f64> {
        let n = neighbours.len();
        let mut distance = vec![vec![usize::MAX / 2; n]; n];
        for i in 0..n {
            distance[i][i] = 0;
            neighbours[i].iter().for_each(|&(j, _)| distance[i][j] = 1);
        }
        for k in 0..n {
            for i in 0..n {
                for j in 0..n {
                    distance[i][j] = distance[i][j].min(distance[i][k] + distance[k][j]);
                }
            }
        }
        let good = |cycle: &[usize]| {
            let m = cycle.len();
            (0..m)
                .all(|i| (0..m).all(|j| distance[cycle[i]][cycle[j]] == i.abs_diff(j).min(m - i.abs_diff(j))))
        };
        let mut counts = vec![0.0; largest + 1];
        let mut open: Vec<Vec<usize>> = (0..n).map(|start| vec![start]).collect();
        while let Some(path) = open.pop() {
            let last = *path.last().expect("not empty");
            for &(next, _) in &neighbours[last] {
                // Each cycle from its smallest atom, in one of two directions.
                if next == path[0] && path.len() > 2 && path[1] < last && good(&path) {
                    counts[path.len()] += 1.0;
                }
                if next > path[0] && !path.contains(&next) && path.len() < largest {
                    open.push([path.as_slice(), &[next]].concat());
                }
            }
        }
        counts
    }

    #[test]
    fn random_clusters_have_the_rings_that_the_definition_gives() {
        for seed in 0..20u64 {
            // A scatter of points in a wide cell, by a linear congruence.
            let mut state = seed * 77 + 1;
            let mut uniform = || {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                (state >> 33) as f64 / 2.0_f64.powi(31)
            };
            let points: Vec<[f64; 3]> =
                (0..18).map(|_| [0.1 * uniform(), 0.1 * uniform(), 0.05 * uniform()]).collect();
            let cell =
                Cell::new([[40.0, 0.0, 0.0], [0.0, 40.0, 0.0], [0.0, 0.0, 40.0]], [true; 3]).expect("a cell");
            let positions: Vec<Vec3> = points.iter().map(|p| cell.cartesian(&Vec3::from(*p))).collect();
            let structure =
                Structure::new(cell, vec![Species::C; points.len()], positions).expect("a structure");
            let bonds = Bonds::new(&structure, Species::C, 1.6).expect("bonds");
            let found = shortest_path_rings(&bonds, 8);
            assert_eq!(found.per_cell, naive(&bonds.neighbours, 8), "seed {seed}");
        }
    }
}
