//! Clusters: atoms of one species that hang together by distances below a cutoff.
//!
//! Two atoms are linked where they are closer than the cutoff, through any image; a cluster is all that is linked to each other (F. H. Stillinger,
//! J. Chem. Phys. 38, 1486 (1963), DOI 10.1063/1.1776907).

use crate::bonds::Bonds;

/// The size of the cluster that each atom of `bonds` belongs to (1 for an atom alone), `[n]`.
pub fn cluster_sizes(bonds: &Bonds) -> Vec<usize> {
    let n = bonds.atoms.len();
    let mut sizes = vec![0; n];
    for start in 0..n {
        if sizes[start] > 0 {
            continue;
        }
        let mut members = vec![start];
        sizes[start] = usize::MAX;
        let mut next = 0;
        while let Some(&atom) = members.get(next) {
            next += 1;
            for &(other, _) in &bonds.neighbours[atom] {
                if sizes[other] == 0 {
                    sizes[other] = usize::MAX;
                    members.push(other);
                }
            }
        }
        members.iter().for_each(|&member| sizes[member] = members.len());
    }
    sizes
}

/// Share of atoms in clusters of each size, `[largest + 1]`, from the sizes that atoms have in one or many frames; the first is zero.
pub fn shares_by_size(sizes: &[usize]) -> Vec<f64> {
    let mut shares = vec![0.0; sizes.iter().max().map_or(0, |largest| largest + 1)];
    sizes.iter().for_each(|&size| shares[size] += 1.0 / sizes.len() as f64);
    shares
}

#[cfg(test)]
mod tests {
    use natron_atoms::{Cell, Species, Structure, Vec3};

    use super::*;

    /// A pair through the wall, a chain of three, one alone; carbon does not link.
    #[test]
    fn a_pair_a_chain_and_one_alone() {
        let cell =
            Cell::new([[20.0, 0.0, 0.0], [0.0, 20.0, 0.0], [0.0, 0.0, 20.0]], [true; 3]).expect("a cell");
        let places =
            [(0.5, 0.0), (19.0, 0.0), (5.0, 5.0), (8.0, 5.0), (8.0, 8.0), (14.0, 14.0), (11.5, 11.5)];
        let positions = places.iter().map(|(x, y)| Vec3::new(*x, *y, 3.0)).collect();
        let species = [vec![Species::NA; 6], vec![Species::C]].concat();
        let structure = Structure::new(cell, species, positions).expect("a structure");
        let sizes = cluster_sizes(&Bonds::new(&structure, Species::NA, 3.6).expect("bonds"));
        assert_eq!(sizes, [2, 2, 3, 3, 3, 1]);
        let shares = shares_by_size(&sizes);
        let expected = [0.0, 1.0 / 6.0, 2.0 / 6.0, 3.0 / 6.0];
        assert!(shares.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12) && shares.len() == 4);
        assert_eq!(shares_by_size(&[]), Vec::<f64>::new());
    }
}
