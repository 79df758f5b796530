//! Grand-canonical chains against ensembles that are known exactly.
//!
//! Seeds are fixed. Means are held to 4 of their own standard errors (false alarm 6e-5 each, were the errors exact).

use natron_atoms::units::BOLTZMANN_EV_PER_K;
use natron_atoms::{Cell, Structure, Vec3};
use natron_dynamics::blocks::Blocks;
use natron_dynamics::monte_carlo::{
    Checkpoint, CheckpointError, Clearance, GrandCanonical, HybridSteps, MonteCarloError, MoveKind, Moves,
    Reservoir, Weights, thermal_wavelength_a,
};
use natron_dynamics::quantity::{LengthA, TimestepFs};
use natron_potential::EvaluationError;

use super::common::{Field, argon, einstein, fcc, symbol, temperature};

const KELVIN: f64 = 300.0;
const THERMAL_EV: f64 = BOLTZMANN_EV_PER_K * KELVIN;

fn nothing() -> Field {
    Field(Box::new(|_, _| Ok(())))
}

/// height (1 - cos(2 pi x / edge)) for every atom.
fn waves(height_ev: f64, edge_a: f64) -> Field {
    let wave = std::f64::consts::TAU / edge_a;
    Field(Box::new(move |structure, out| {
        for (atom, position) in structure.positions.iter().enumerate() {
            out.atom_energies_ev[atom] = height_ev * (1.0 - (wave * position.x).cos());
            out.forces[atom].x = -height_ev * wave * (wave * position.x).sin();
        }
        Ok(())
    }))
}

/// Which of the sites along x are taken.
fn occupied(structure: &Structure, sites: usize) -> Result<usize, EvaluationError> {
    let mut mask = 0;
    for (atom, position) in structure.positions.iter().enumerate() {
        let along = structure.cell.fractional(position).x;
        let site = ((along - along.floor()) * sites as f64) as usize % sites;
        if mask & (1 << site) != 0 {
            return Err(EvaluationError::Overlap { first: atom, second: atom, distance_a: 0.0 });
        }
        mask |= 1 << site;
    }
    Ok(mask)
}

/// Neighbours on a ring of sites.
fn bonds(mask: usize, sites: usize) -> usize {
    (0..sites).filter(|k| mask >> k & 1 == 1 && mask >> ((k + 1) % sites) & 1 == 1).count()
}

/// One atom at most on each of a ring of sites along x, an energy between neighbours.
fn lattice_gas(sites: usize, bond_ev: f64) -> Field {
    Field(Box::new(move |structure, out| {
        let mask = occupied(structure, sites)?;
        if let Some(first) = out.atom_energies_ev.first_mut() {
            *first = bond_ev * bonds(mask, sites) as f64;
        }
        Ok(())
    }))
}

fn empty(edges_a: [f64; 3]) -> Structure {
    let rows = std::array::from_fn(|i| std::array::from_fn(|j| if i == j { edges_a[i] } else { 0.0 }));
    let cell = Cell::new(rows, [true; 3]).expect("a cell");
    Structure::new(cell, Vec::new(), Vec::new()).expect("a structure")
}

/// The reservoir in which an ideal gas without energy has this density.
fn reservoir(density_per_a3: f64) -> Reservoir {
    let species = symbol("Ar");
    let wavelength = thermal_wavelength_a(species.mass_amu(), temperature(KELVIN));
    let chemical_potential_ev = THERMAL_EV * (density_per_a3 * wavelength.powi(3)).ln();
    Reservoir { species, temperature: temperature(KELVIN), chemical_potential_ev }
}

fn moves(weights: [f64; 3], displacement_max_a: f64, cavities: Option<Clearance>) -> Moves {
    let [exchange, displacement, hybrid] = weights;
    Moves {
        weights: Weights { exchange, displacement, hybrid },
        displacement_max: LengthA::new(displacement_max_a).expect("in range"),
        hybrid: HybridSteps { steps: 5, timestep: TimestepFs::new(20.0).expect("in range") },
        cavities,
    }
}

fn clearance(own_a: f64) -> Option<Clearance> {
    Some(Clearance { host_a: own_a, own_a, grid_a: 0.6 })
}

/// By how many of its standard errors a mean is off.
fn off(blocks: &Blocks, expected: f64) -> f64 {
    (blocks.mean().expect("samples") - expected) / blocks.mean_error().expect("blocks")
}

/// Poisson's distribution with mean z V, thrown anywhere or into cavities.
#[test]
fn an_ideal_gas_is_poissonian() {
    let (edges, mean) = ([9.0, 10.0, 11.0], 6.0);
    for cavities in [None, clearance(2.5)] {
        let potential = nothing();
        let moves = moves([0.8, 0.2, 0.0], 3.0, cavities);
        let reservoir = reservoir(mean / 990.0);
        let mut chain =
            GrandCanonical::new(empty(edges), reservoir, moves, &potential, (1, 0)).expect("a start");
        chain.advance(200_000, 1000, 1000).expect("no move fails");
        let mut squares = Blocks::default();
        for _ in 0..200_000 {
            chain.step().expect("no move fails");
            squares.push((chain.sample().atoms as f64 - mean).powi(2));
        }
        let record = chain.record();
        let deviation = off(&record.atoms, mean);
        assert!(deviation.abs() < 4.0, "{cavities:?}: the mean is {deviation:.1} errors off");
        assert!(record.mean_error().expect("blocks") < 0.1);
        let deviation = off(&squares, mean);
        assert!(deviation.abs() < 4.0, "{cavities:?}: the variance is {deviation:.1} errors off");
        // An error of one in N + 1 or a cavity's volume taken for the cell's would be seen.
        assert!(off(&record.atoms, mean - 1.0).abs() > 4.0);
    }
}

/// Atoms without interaction in a field: <N> = z V exp(-beta h) I_0(beta h), each with the mean energy h (1 - I_1/I_0). All moves
/// together, the hybrid ones with steps so long that the field forbids some.
#[test]
fn a_gas_in_a_field_has_its_isotherm_with_all_moves() {
    let (edge, height) = (12.0, 0.06);
    let bessel = |order: i32| {
        let x = 0.5 * height / THERMAL_EV;
        let factorial = |n: i32| (1..=n).map(f64::from).product::<f64>();
        (0..30).map(|k| x.powi(2 * k + order) / (factorial(k) * factorial(k + order))).sum::<f64>()
    };
    let one = 1440.0 * (-height / THERMAL_EV).exp() * bessel(0);
    let mean = 5.0;
    for cavities in [None, clearance(1.5)] {
        let potential = waves(height, edge);
        let moves = moves([0.5, 0.2, 0.3], 2.0, cavities);
        let reservoir = reservoir(mean / one);
        let start = empty([edge, 12.0, 10.0]);
        let mut chain = GrandCanonical::new(start, reservoir, moves, &potential, (2, 0)).expect("a start");
        chain.advance(150_000, 1000, 1000).expect("no move fails");
        let record = chain.record();
        let energy = mean * height * (1.0 - bessel(1) / bessel(0));
        let (atoms, energy) = (off(&record.atoms, mean), off(&record.energy_ev, energy));
        assert!(atoms.abs() < 4.0 && energy.abs() < 4.0, "{cavities:?}: {atoms:.1} and {energy:.1} errors");
        let shares = MoveKind::ALL.map(|kind| record.tally.share(kind).expect("all are tried"));
        assert!(shares.iter().all(|share| (0.3..0.9999).contains(share)), "{shares:?}");
    }
}

/// Weights of all fillings of a ring, normalised.
fn exact(sites: usize, activity: f64, bond_ev: f64) -> Vec<f64> {
    let weight = |mask: usize| {
        activity.powi(mask.count_ones() as i32) * (-bond_ev * bonds(mask, sites) as f64 / THERMAL_EV).exp()
    };
    let all: Vec<f64> = (0..1 << sites).map(weight).collect();
    let sum: f64 = all.iter().sum();
    all.into_iter().map(|weight| weight / sum).collect()
}

/// Langmuir's isotherm z v / (1 + z v), and a ring of 8 sites with attraction or repulsion against all of its 256 states.
#[test]
fn a_lattice_gas_has_its_isotherm() {
    let sites = 8;
    for (bond_ev, activity) in [(0.0, 0.3), (0.0, 2.0), (-0.04, 0.3), (0.05, 2.0)] {
        for cavities in [None, clearance(1.2)] {
            let potential = lattice_gas(sites, bond_ev);
            let reservoir = reservoir(activity / 27.0);
            let moves = moves([0.6, 0.4, 0.0], 3.0, cavities);
            let start = empty([24.0, 3.0, 3.0]);
            let mut chain =
                GrandCanonical::new(start, reservoir, moves, &potential, (3, 0)).expect("a start");
            chain.advance(100_000, 1000, 1000).expect("no move fails");
            let states = exact(sites, activity, bond_ev);
            let mean = |of: &dyn Fn(usize) -> usize| -> f64 {
                states.iter().enumerate().map(|(mask, share)| share * of(mask) as f64).sum()
            };
            let atoms = mean(&|mask| mask.count_ones() as usize);
            if bond_ev == 0.0 {
                assert!((atoms / sites as f64 - activity / (1.0 + activity)).abs() < 1e-12, "Langmuir");
            }
            let found = off(&chain.record().atoms, atoms);
            assert!(found.abs() < 4.0, "{bond_ev} eV, z v = {activity}, {cavities:?}: {found:.1} errors");
            if bond_ev != 0.0 {
                let energy = bond_ev * mean(&|mask| bonds(mask, sites));
                let found = off(&chain.record().energy_ev, energy);
                assert!(found.abs() < 4.0, "{bond_ev} eV, z v = {activity}, {cavities:?}: {found:.1} errors");
            }
        }
    }
}

/// Flows between the states of a ring of 4 sites over so many moves: `[from][to]`.
fn flows(cavities: Option<Clearance>, activity: f64, bond_ev: f64, count: usize) -> Vec<[f64; 16]> {
    let potential = lattice_gas(4, bond_ev);
    let moves = moves([0.6, 0.4, 0.0], 3.0, cavities);
    let reservoir = reservoir(activity / 27.0);
    let start = empty([12.0, 3.0, 3.0]);
    let mut chain = GrandCanonical::new(start, reservoir, moves, &potential, (4, 0)).expect("a start");
    let mut flows = vec![[0.0; 16]; 16];
    let mut from = 0;
    for _ in 0..count {
        chain.step().expect("no move fails");
        let to = occupied(chain.structure(), 4).expect("no two on one site");
        flows[from][to] += 1.0;
        from = to;
    }
    flows
}

/// By how many standard deviations of chi squared the flows p_i P_ij and p_j P_ji of all pairs of states differ, with the exact
/// p and the measured P; the number of pairs, and the largest difference of a pair in its standard errors.
fn imbalance(flows: &[[f64; 16]], states: &[f64]) -> (f64, usize, f64) {
    let visits: Vec<f64> = flows.iter().map(|row| row.iter().sum()).collect();
    // Given the visits to i, each goes on to j or not: binomial.
    let flow = |i: usize, j: usize| {
        let share = flows[i][j] / visits[i];
        (states[i] * share, states[i].powi(2) * share * (1.0 - share) / visits[i])
    };
    let (mut squares, mut pairs, mut worst) = (0.0, 0, 0.0_f64);
    let of_states = (0..16).flat_map(|i| (0..i).map(move |j| (i, j)));
    for (i, j) in of_states.filter(|&(i, j)| flows[i][j] > 50.0 && flows[j][i] > 50.0) {
        let ((there, a), (back, b)) = (flow(i, j), flow(j, i));
        let difference = (there - back) / (a + b).sqrt();
        squares += difference * difference;
        pairs += 1;
        worst = worst.max(difference.abs());
    }
    ((squares - pairs as f64) / (2.0 * pairs as f64).sqrt(), pairs, worst)
}

/// A million moves: every pair of states exchanges as much one way as the other. Bounds: 3 standard deviations for all pairs
/// together (chi squared; false alarm 0.3 %), 4.5 for the worst of about 60 (0.04 %); the seed is fixed. A chemical potential 5 % of k_B T
/// off, which is far less than any missing factor, would be seen.
#[test]
fn flows_between_states_balance() {
    let (activity, bond_ev) = (1.2, 0.02);
    for cavities in [None, clearance(1.2)] {
        let flows = flows(cavities, activity, bond_ev, 1_000_000);
        let (all, pairs, worst) = imbalance(&flows, &exact(4, activity, bond_ev));
        assert!(pairs >= 40, "{pairs} pairs");
        assert!(all.abs() < 3.0 && worst < 4.5, "{cavities:?}: {all:.2}, worst {worst:.2} of {pairs}");
        let (wrong, ..) = imbalance(&flows, &exact(4, activity * 0.05_f64.exp(), bond_ev));
        assert!(wrong > 3.0, "{cavities:?}: a wrong activity is only {wrong:.2} off");
        let (wrong, ..) = imbalance(&flows, &exact(4, activity, bond_ev + 0.1 * THERMAL_EV));
        assert!(wrong > 3.0, "{cavities:?}: a wrong energy is only {wrong:.2} off");
    }
}

/// Einstein's solid by hybrid moves alone: <U> = 3/2 N k_B T with variance 3/2 N (k_B T)^2, at steps of 1.2 / omega, where velocity
/// Verlet by itself would be 1 / (1 - 0.36) too high.
#[test]
fn hybrid_moves_are_canonical_for_any_step() {
    let start = fcc(symbol("Ar"), 5.3, 1);
    let potential = einstein(start.positions.clone(), 2.0);
    let omega_per_fs = (2.0_f64 / 39.948).sqrt() / natron_atoms::units::TIME_UNIT_FS;
    let timestep = TimestepFs::new(1.2 / omega_per_fs).expect("in range");
    let hybrid = HybridSteps { steps: 2, timestep };
    let moves = Moves { hybrid, ..moves([0.0, 0.0, 1.0], 1.0, None) };
    let other = Reservoir { species: symbol("Ne"), ..reservoir(1.0) };
    let mut chain = GrandCanonical::new(start, other, moves, &potential, (5, 0)).expect("a start");
    let (mut mean, mut squares, expected) = (Blocks::default(), Blocks::default(), 6.0 * THERMAL_EV);
    chain.advance(500, 500, 500).expect("no move fails");
    for _ in 0..30_000 {
        chain.step().expect("no move fails");
        mean.push(chain.sample().energy_ev);
        squares.push((chain.sample().energy_ev - expected).powi(2));
    }
    let share = chain.record().tally.share(MoveKind::Hybrid).expect("tried");
    assert!((0.3..0.95).contains(&share), "{share}");
    let (first, second) = (off(&mean, expected), off(&squares, 6.0 * THERMAL_EV.powi(2)));
    assert!(first.abs() < 4.0 && second.abs() < 4.0, "{first:.1} and {second:.1} errors off");
    assert!(off(&mean, expected / 0.64) < -4.0, "Verlet uncorrected would pass");
}

/// Argon in argon, all moves: the energy kept is that of the structure, and a chain taken apart into bytes and put together again goes on to
/// the same bits.
#[test]
fn a_resumed_chain_is_the_same_to_the_last_bit() {
    let potential = argon(6.0);
    let start = fcc(symbol("Ne"), 8.0, 2);
    let hybrid = HybridSteps { steps: 5, timestep: TimestepFs::new(2.0).expect("in range") };
    let clearance = Clearance { host_a: 2.4, own_a: 2.6, grid_a: 0.5 };
    let moves = Moves { hybrid, ..moves([0.5, 0.3, 0.2], 0.5, Some(clearance)) };
    let rich = reservoir(0.01);
    let begin = || GrandCanonical::new(start.clone(), rich, moves, &potential, (6, 1)).expect("a start");
    let mut whole = begin();
    whole.advance(600, 100, 10).expect("no move fails");
    let mut first = begin();
    first.advance(313, 100, 10).expect("no move fails");
    let bytes = first.checkpoint().to_bytes();
    let kept = Checkpoint::from_bytes(&bytes).expect("a checkpoint");
    assert_eq!((&kept, kept.moves()), (&first.checkpoint(), 313));
    let mut second = GrandCanonical::resume(&kept, rich, moves, &potential, (6, 1)).expect("it goes on");
    second.advance(600, 100, 10).expect("no move fails");
    assert_eq!(second.checkpoint().to_bytes(), whole.checkpoint().to_bytes());
    let record = whole.record();
    assert!(record.series.len() == 61 && whole.sample().atoms > 2, "{:?}", whole.sample());
    let accepted = record.tally.accepted;
    assert!(accepted.iter().all(|count| *count > 3), "{accepted:?}");
    let fresh = GrandCanonical::new(whole.structure().clone(), rich, moves, &potential, (6, 1));
    let fresh_ev = fresh.expect("a start").sample().energy_ev;
    assert!((fresh_ev - whole.sample().energy_ev).abs() < 1e-9, "{fresh_ev} {}", whole.sample().energy_ev);
}

#[test]
fn what_cannot_be_a_chain_is_refused() {
    let potential = nothing();
    let moves = moves([1.0, 0.0, 0.0], 1.0, None);
    let chain = GrandCanonical::new(empty([9.0; 3]), reservoir(0.01), moves, &potential, (1, 0));
    let checkpoint = chain.expect("a start").checkpoint();
    let resumed =
        |reservoir, key| GrandCanonical::resume(&checkpoint, reservoir, moves, &potential, key).err();
    assert_eq!(resumed(reservoir(0.01), (1, 0)), None);
    assert_eq!(resumed(reservoir(0.01), (2, 0)), Some(MonteCarloError::OtherChain("seed")));
    assert_eq!(resumed(reservoir(0.02), (1, 0)), Some(MonteCarloError::OtherChain("chemical potential")));
    let open = Structure::new(Cell::open(), vec![symbol("Ar")], vec![Vec3::zeros()]).expect("a structure");
    let refused = GrandCanonical::new(open, reservoir(0.01), moves, &potential, (1, 0)).err();
    assert_eq!(refused, Some(MonteCarloError::OpenCell));
    let mut bytes = checkpoint.to_bytes();
    assert_eq!(Checkpoint::from_bytes(&bytes[..40]), Err(CheckpointError::Damaged));
    bytes[60] ^= 1;
    assert_eq!(Checkpoint::from_bytes(&bytes), Err(CheckpointError::Damaged));
    assert_eq!(Checkpoint::from_bytes(b"NATRONRS"), Err(CheckpointError::NotACheckpoint));
}
