//! Neighbour lists against ASE (fixtures/neighbours.py made fixtures/neighbours.json).

use natron_atoms::{Cell, Cutoffs, Mat3, Neighbour, NeighbourError, NeighbourList, Species, Structure, Vec3};
use serde_json::Value;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("an array").iter().map(|x| x.as_f64().expect("a number")).collect()
}

fn carbon(cell: Cell, positions: Vec<Vec3>) -> Structure {
    Structure::new(cell, vec![Species::C; positions.len()], positions).expect("finite")
}

fn structure_of(case: &Value) -> Structure {
    let row = |i: usize| <[f64; 3]>::try_from(numbers(&case["cell"][i])).expect("three");
    let periodic = std::array::from_fn(|k| case["pbc"][k].as_bool().expect("a truth value"));
    let positions = case["positions"].as_array().expect("an array").iter();
    let cell = Cell::new([row(0), row(1), row(2)], periodic).expect("a cell");
    carbon(cell, positions.map(|p| Vec3::from_vec(numbers(p))).collect())
}

#[test]
fn same_pairs_and_distances_as_ase() {
    let cases: Value = serde_json::from_str(include_str!("fixtures/neighbours.json")).expect("valid JSON");
    let cases = cases.as_array().expect("an array");
    assert!(cases.len() > 10);
    for case in cases {
        let structure = structure_of(case);
        let cutoff_a = case["cutoff_A"].as_f64().expect("a number");
        for skin_a in [0.0, 1.0] {
            let list = NeighbourList::build(&structure, cutoff_a, skin_a).expect("a sane structure");
            let mut expected = case["pairs"].as_array().expect("an array").iter();
            let mut distances = numbers(&case["distances_A"]).into_iter();
            for i in 0..structure.len() {
                for found in list.neighbours(&structure, i) {
                    let pair = numbers(expected.next().expect("ASE found as many"));
                    let [a, b, c] = found.image.map(f64::from);
                    assert_eq!(pair, [i as f64, found.index as f64, a, b, c]);
                    let distance = distances.next().expect("one per pair");
                    assert!((distance - found.distance_a).abs() < 1e-8);
                }
            }
            assert_eq!(expected.next(), None, "ASE found more");
        }
    }
}

#[test]
fn slices_give_the_same_vectors_as_the_iterator() {
    let cell =
        Cell::new([[4.0, 0.3, 0.0], [0.0, 5.0, 1.0], [-0.7, 0.0, 4.5]], [true, false, true]).expect("a cell");
    let positions = vec![Vec3::new(9.0, 0.5, -7.0), Vec3::new(1.0, 2.0, 3.0), Vec3::new(0.0, -1.0, 0.2)];
    let structure = carbon(cell, positions);
    let list = NeighbourList::build(&structure, 6.0, 0.0).expect("a sane structure");
    for i in 0..3 {
        let (index, image) = list.rows(i);
        assert_eq!(index.len(), list.row(i).len());
        let vectors = index.iter().zip(image).map(|(&j, &image)| {
            list.homed(&structure, j as usize) + list.offsets()[image as usize] - list.homed(&structure, i)
        });
        let expected: Vec<Vec3> = list.neighbours(&structure, i).map(|n| n.vector).collect();
        assert!(expected.len() > 10);
        assert!(vectors.zip(&expected).all(|(a, b)| (a - b).norm() < 1e-12));
    }
    assert_eq!(list.pairs(), (0..3).map(|i| list.rows(i).0.len()).sum::<usize>());
}

/// 125 atoms on a disturbed cubic lattice of 2 A.
fn block() -> Structure {
    let cell = Cell::new([[10.0, 0.0, 0.0], [0.0, 10.0, 0.0], [0.0, 0.0, 10.0]], [true; 3]).expect("a cube");
    let wobble = |k: usize| ((k * 7919) % 97) as f64 / 97.0 - 0.5;
    let site = |k: usize| Vec3::new((k % 5) as f64, (k / 5 % 5) as f64, (k / 25) as f64) * 2.0;
    let positions =
        (0..125).map(|k| site(k) + Vec3::new(wobble(k), wobble(k + 31), wobble(k + 57))).collect();
    carbon(cell, positions)
}

fn pairs(list: &NeighbourList, structure: &Structure) -> Vec<(usize, usize, [i32; 3])> {
    let of = |i: usize| list.neighbours(structure, i).map(move |n| (i, n.index, n.image));
    (0..structure.len()).flat_map(of).collect()
}

#[test]
fn the_skin_covers_moves_up_to_half_of_it() {
    let start = block();
    let mut list = NeighbourList::build(&start, 4.0, 1.0).expect("a sane structure");
    let mut moved = start.clone();
    for (k, position) in moved.positions.iter_mut().enumerate() {
        let angle = k as f64;
        *position += 0.4999 * Vec3::new(angle.cos(), angle.sin() * 0.6, angle.sin() * 0.8);
    }
    let fresh = NeighbourList::build(&moved, 4.0, 0.0).expect("a sane structure");
    assert!(!list.update(&moved).expect("a sane structure"), "no atom moved more than half the skin");
    assert_eq!(pairs(&list, &moved), pairs(&fresh, &moved));
    assert_ne!(pairs(&list, &start), pairs(&fresh, &moved), "the move must matter");

    moved.positions[7] = start.positions[7] + Vec3::new(0.0, 0.5001, 0.0);
    assert!(list.is_stale(&moved));
    assert!(list.update(&moved).expect("a sane structure"));
    assert_eq!(list.built_for(), &moved);
}

#[test]
fn a_breathing_cell_is_covered_by_the_skin_too() {
    let start = block();
    let mut list = NeighbourList::build(&start, 4.0, 1.0).expect("a sane structure");
    let strain = Mat3::new(0.97, 0.01, 0.0, 0.0, 1.03, -0.02, 0.01, 0.0, 0.98);
    let mut moved = start.clone();
    let rows = start.cell.rows() * strain;
    let row = |i: usize| [rows[(i, 0)], rows[(i, 1)], rows[(i, 2)]];
    moved.cell = Cell::new([row(0), row(1), row(2)], [true; 3]).expect("a cell");
    for (k, position) in moved.positions.iter_mut().enumerate() {
        *position = strain.tr_mul(position) + Vec3::new((k as f64).cos(), (k as f64).sin(), 0.0) * 0.3;
    }
    assert!(!list.update(&moved).expect("a sane structure"));
    let fresh = NeighbourList::build(&moved, 4.0, 0.0).expect("a sane structure");
    assert_eq!(pairs(&list, &moved), pairs(&fresh, &moved));
    for i in 0..moved.len() {
        for ((j, image), &number) in list.candidates(i).zip(list.rows(i).1) {
            let there = list.homed(&moved, j) + list.offsets()[number as usize];
            let expected = moved.positions[j] + moved.cell.offset(image) - moved.positions[i];
            let vector = there - list.homed(&moved, i);
            assert!((vector - expected).norm() < 1e-12, "offsets follow the cell");
        }
    }
    moved.cell = Cell::new([[7.5, 0.0, 0.0], [0.0, 10.0, 0.0], [0.0, 0.0, 10.0]], [true; 3]).expect("a cell");
    assert!(list.is_stale(&moved), "25 % shorter is more than the skin");
}

#[test]
fn a_rebuilt_list_equals_a_new_one_after_any_history() {
    let mut structure = block();
    let mut list = NeighbourList::build(&structure, 3.0, 0.0).expect("a sane structure");
    structure.positions.truncate(40);
    structure.species.truncate(40);
    assert!(list.update(&structure).expect("a sane structure"));
    let fresh = NeighbourList::build(&structure, 3.0, 0.0).expect("a sane structure");
    assert_eq!((list.len(), pairs(&list, &structure)), (40, pairs(&fresh, &structure)));
}

#[test]
fn refuses_what_no_matter_is() {
    let cube = |edge: f64, periodic| {
        Cell::new([[edge, 0.0, 0.0], [0.0, edge, 0.0], [0.0, 0.0, edge]], periodic).expect("a cube")
    };
    let build = |structure: &Structure, cutoff_a| NeighbourList::build(structure, cutoff_a, 0.0).map(|_| ());
    let one = carbon(cube(0.1, [true; 3]), vec![Vec3::zeros()]);
    assert!(matches!(build(&one, 6.0), Err(NeighbourError::TooManyImages { images: 1_771_561 })));

    let crowd = |cell| carbon(cell, (0..2000).map(|k| Vec3::new(0.0, 0.0, 1e-3 * f64::from(k))).collect());
    assert!(matches!(build(&crowd(cube(12.0, [true; 3])), 3.0), Err(NeighbourError::TooDense { .. })));
    let corner = build(&crowd(cube(100.0, [true; 3])), 3.0);
    assert!(matches!(corner, Err(NeighbourError::TooDense { .. })), "piled up in a large cell: {corner:?}");
    assert!(matches!(build(&crowd(Cell::open()), 3.0), Err(NeighbourError::TooDense { .. })));

    let far = carbon(cube(5.0, [true; 3]), vec![Vec3::zeros(), Vec3::new(1e9, 0.0, 0.0)]);
    assert_eq!(build(&far, 3.0), Err(NeighbourError::TooFar { atom: 1 }));
    for cutoff_a in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(build(&one, cutoff_a), Err(NeighbourError::Cutoff(_))));
    }
}

#[test]
fn a_failed_update_leaves_an_empty_stale_list() {
    let start = block();
    let mut list = NeighbourList::build(&start, 4.0, 0.5).expect("a sane structure");
    let mut broken = start.clone();
    broken.positions[3].x = f64::NAN;
    assert_eq!(list.update(&broken), Err(NeighbourError::NotFinite { atom: 3 }));
    assert!(list.is_empty() && list.is_stale(&start));
    assert!(list.update(&start).expect("sane again"));
    assert_eq!(list.len(), 125);
}

#[test]
fn open_clusters_and_no_atoms_need_no_cell() {
    let far = vec![Vec3::new(-1e7, 0.0, 0.0), Vec3::new(1e7, 3.0, 0.0), Vec3::new(1e7, 3.0, 1.5)];
    let cluster = carbon(Cell::open(), far);
    let list = NeighbourList::build(&cluster, 2.0, 0.0).expect("a cluster");
    assert_eq!(pairs(&list, &cluster), [(1, 2, [0; 3]), (2, 1, [0; 3])]);
    let none = carbon(Cell::open(), Vec::new());
    assert!(NeighbourList::build(&none, 2.0, 0.0).expect("no atoms").is_empty());
}

/// Two species around a lattice of 2 A, some of them many cells away.
fn two_species() -> Structure {
    let mut structure = block();
    for k in (0..structure.len()).step_by(5) {
        structure.species[k] = Species::NA;
        structure.positions[k] += structure.cell.offset([k as i32 % 7 - 3, 2, -(k as i32 % 11)]);
    }
    structure
}

#[test]
fn each_pair_of_species_has_its_own_cutoff() {
    let structure = two_species();
    let cutoff_a = |a: Species, b: Species| match (a, b) {
        (Species::C, Species::C) => 3.0,
        (Species::NA, Species::NA) => 5.5,
        // The longer one of both orders counts.
        (Species::NA, _) => 4.5,
        _ => 1.0,
    };
    let cutoffs = Cutoffs::by_pair(&[Species::C, Species::NA], cutoff_a);
    assert_eq!(cutoffs.of_pair_a(Species::C, Species::NA), 4.5);
    assert_eq!((cutoffs.longest_a(), cutoffs.shortest_a()), (5.5, 3.0));
    let list = NeighbourList::build_by_pair(&structure, cutoffs.clone(), 0.4).expect("a sane structure");
    let long = NeighbourList::build(&structure, 5.9, 0.0).expect("a sane structure");
    for i in 0..structure.len() {
        let near = |n: &Neighbour, skin_a: f64| {
            n.distance_a < cutoffs.of_pair_a(structure.species[i], structure.species[n.index]) + skin_a
        };
        let all: Vec<_> = long.neighbours(&structure, i).collect();
        let candidates: Vec<_> = all.iter().filter(|n| near(n, 0.4)).map(|n| (n.index, n.image)).collect();
        assert_eq!(list.candidates(i).collect::<Vec<_>>(), candidates);
        let neighbours: Vec<_> = all.iter().filter(|n| near(n, 0.0)).map(|n| (n.index, n.image)).collect();
        assert_eq!(
            list.neighbours(&structure, i).map(|n| (n.index, n.image)).collect::<Vec<_>>(),
            neighbours
        );
    }
    assert!(matches!(
        NeighbourList::build_by_pair(&structure, Cutoffs::by_pair(&[Species::C], |_, _| -1.0), 0.0),
        Err(NeighbourError::Cutoff(_))
    ));
}

#[test]
fn the_spatial_order_holds_every_atom_and_keeps_neighbours_close() {
    let mut structure = block();
    // 47 and 125 have no common divisor: neighbours in the structure's order are far apart.
    structure.positions = (0..125).map(|k| structure.positions[47 * k % 125]).collect();
    let list = NeighbourList::build(&structure, 2.5, 0.0).expect("a sane structure");
    let mut atoms = list.spatial_order().to_vec();
    let gap = |a: usize, b: usize| (structure.positions[a] - structure.positions[b]).norm();
    let mean =
        |order: &[u32]| order.windows(2).map(|w| gap(w[0] as usize, w[1] as usize)).sum::<f64>() / 124.0;
    let before = mean(&(0..125).collect::<Vec<u32>>());
    assert!(
        mean(&atoms) < 0.75 * before,
        "consecutive atoms are {} A apart, {before} A before",
        mean(&atoms)
    );
    atoms.sort_unstable();
    assert!(atoms.iter().enumerate().all(|(k, &atom)| k == atom as usize));
}

#[test]
fn a_list_built_anew_with_another_skin_equals_a_new_one() {
    let before = block();
    let mut list = NeighbourList::build(&before, 3.0, 0.4).expect("a list");
    let version = list.version();
    let mut after = before.clone();
    after.positions[5].x += 0.01;
    // Within the skin, and yet built for the new places.
    list.renew(&after, 1.1).expect("a list");
    let new = NeighbourList::build(&after, 3.0, 1.1).expect("a list");
    assert_eq!((list.skin_a(), list.built_for(), list.pairs()), (1.1, &after, new.pairs()));
    assert!((0..after.len()).all(|atom| list.candidates(atom).eq(new.candidates(atom))));
    assert_ne!(list.version(), version);
    assert!(list.renew(&after, -1.0).is_err());
}
