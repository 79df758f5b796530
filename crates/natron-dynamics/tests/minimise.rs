//! Minimisation of positions, and of positions and cell, by both methods.

use natron_atoms::{Cell, Structure, Vec3};
use natron_dynamics::plan::{CellTarget, Coupling, MaxSteps, Minimise, Relaxation, Stage, StageKind};
use natron_dynamics::quantity::{ForceEvPerA, PressureGpa, StressGpa};
use natron_dynamics::random::{Purpose, RandomKey};
use natron_dynamics::{Outcome, RunError, SetupError, Simulation, StageResult};
use natron_potential::Potential;

use crate::common::{Recorder, argon, column, fcc, icosahedron, plan, simulation, symbol};

fn relax(force_max: f64, max_steps: MaxSteps) -> Stage {
    let force_max = ForceEvPerA::new(force_max).expect("in range");
    Stage { name: "relax".to_owned(), kind: StageKind::Minimise(Minimise::new(force_max, max_steps)) }
}

/// The global minimum of 13 Lennard-Jones atoms, -44.326801 epsilon (Cambridge Cluster Database; Hoare and Pal 1971,
/// DOI 10.1080/00018737100101231), from a distorted icosahedron. The cutoff is so long that it changes nothing.
#[test]
fn thirteen_atoms_find_the_icosahedron() {
    let steps = [Relaxation::Fire, Relaxation::Lbfgs].map(icosahedron_by);
    assert!(steps[1] < steps[0] / 2, "L-BFGS takes {} steps, FIRE {}", steps[1], steps[0]);
}

fn icosahedron_by(method: Relaxation) -> u64 {
    let potential = argon(1000.0);
    let mut start = icosahedron(4.2);
    let mut normals = RandomKey::new(2, 0, 0, Purpose::Velocities).at_step(0);
    start.positions.iter_mut().for_each(|p| *p += normals.next_vector() * 0.25);
    let plan = plan(1, vec![change(relax(1e-7, MaxSteps::Fail(1000)), |stage| stage.method = method)]);
    let mut run = simulation(&plan, &start, &potential);
    let mut recorder = Recorder::default();
    assert_eq!(run.run(&mut recorder, &|| false).expect("converges"), Outcome::Finished);
    let energy = run.state().evaluation.energy_ev / potential.epsilon_ev;
    assert!((energy + 44.326_801).abs() < 1e-6, "{energy:.7}");
    let StageResult::Minimise { converged, force_max_ev_per_a, .. } = recorder.summaries[0].result else {
        panic!("a minimisation");
    };
    assert!(converged && force_max_ev_per_a <= 1e-7);
    let last = recorder.rows.last().expect("rows");
    assert_eq!(column(last, "kinetic_energy_eV"), 0.0);
    assert_eq!(column(last, "time_ps"), 0.0);
    assert_eq!(column(last, "step"), recorder.summaries[0].steps as f64);
    recorder.summaries[0].steps
}

fn change(mut stage: Stage, with: impl FnOnce(&mut Minimise)) -> Stage {
    let StageKind::Minimise(minimise) = &mut stage.kind else { panic!("a minimisation") };
    with(minimise);
    stage
}

#[test]
fn running_out_of_steps_is_an_error_unless_asked_for() {
    let potential = argon(20.0);
    let start = icosahedron(4.2);
    let fail = plan(1, vec![relax(1e-7, MaxSteps::Fail(5))]);
    match simulation(&fail, &start, &potential).run(&mut (), &|| false) {
        Err(RunError::NotConverged { steps: 5, force_ev_per_a, .. }) => assert!(force_ev_per_a > 1e-7),
        other => panic!("{other:?}"),
    }
    let stop = plan(1, vec![relax(1e-7, MaxSteps::Stop(5))]);
    let mut run = simulation(&stop, &start, &potential);
    run.run(&mut (), &|| false).expect("it may stop there");
    assert!(matches!(run.summaries()[0].result, StageResult::Minimise { converged: false, .. }));
    assert_eq!(run.summaries()[0].steps, 5);
}

/// A start with forces of 1e5 eV/A: no atom is thrown out of reach, and the pair finds its minimum at 2^(1/6) sigma.
#[test]
fn a_crushed_pair_recovers() {
    let potential = argon(1000.0);
    let mut start = icosahedron(4.0);
    start.species.truncate(2);
    start.positions = vec![natron_atoms::Vec3::zeros(), natron_atoms::Vec3::new(1.2, 0.1, 0.0)];
    for method in [Relaxation::Fire, Relaxation::Lbfgs] {
        let plan = plan(1, vec![change(relax(1e-8, MaxSteps::Fail(2000)), |stage| stage.method = method)]);
        let mut run = simulation(&plan, &start, &potential);
        assert!(run.state().evaluation.forces[0].norm() > 1e4);
        run.run(&mut (), &|| false).expect("converges");
        let positions = &run.state().structure.positions;
        let distance = (positions[1] - positions[0]).norm();
        assert!(
            (distance - 2.0_f64.powf(1.0 / 6.0) * potential.sigma_a).abs() < 1e-5,
            "{method:?}: {distance}"
        );
    }
}

#[test]
fn what_is_relaxed_already_is_left_alone_and_still_ends_with_a_restart() {
    let potential = argon(20.0);
    let start = icosahedron(4.0);
    let plan = plan(1, vec![relax(100.0, MaxSteps::Fail(5))]);
    let mut recorder = Recorder::default();
    let mut run = simulation(&plan, &start, &potential);
    assert_eq!(run.run(&mut recorder, &|| false).expect("converged"), Outcome::Finished);
    assert_eq!(recorder.events, ["row 0", "end relax", "restart 0"]);
    assert_eq!(run.state().structure, start);
}

/// Both methods with a cell that may change, down to 1e-6 eV/A and 1e-4 GPa.
fn with_cell(method: Relaxation, coupling: Coupling, pressure_gpa: f64) -> Stage {
    let pressure = PressureGpa::new(pressure_gpa).expect("in range");
    let stress_max = StressGpa::new(1e-4).expect("in range");
    change(relax(1e-6, MaxSteps::Fail(2000)), |stage| {
        stage.method = method;
        stage.cell = Some(CellTarget { coupling, pressure, stress_max });
    })
}

fn relaxed(potential: &dyn Potential, start: &Structure, stage: Stage) -> (Structure, u64) {
    let plan = plan(1, vec![stage]);
    let mut run = simulation(&plan, start, potential);
    run.run(&mut (), &|| false).expect("converges");
    let StageResult::Minimise { converged, stress_left_gpa, volume_a3, .. } = run.summaries()[0].result
    else {
        panic!("a minimisation");
    };
    assert!(converged && stress_left_gpa.is_some_and(|stress| stress <= 1e-4));
    assert_eq!(volume_a3, Some(run.state().structure.cell.volume_a3()));
    (run.state().structure.clone(), run.summaries()[0].steps)
}

/// Energy per atom of face-centred cubic Lennard-Jones with every pair: with lattice sums A12 and A6 over the neighbours in units of
/// the nearest distance, the minimum is at (2 A12 / A6)^(1/6) sigma = 1.0902 sigma (Kittel, Introduction to Solid State Physics,
/// A12 = 12.13188, A6 = 14.45392). The cutoff here takes the force to zero; the lattice constant is found by a scan as well.
#[test]
fn a_crystal_finds_its_lattice_constant() {
    let nearest_a = (2.0 * 12.131_88 / 14.453_92_f64).powf(1.0 / 6.0) * 3.405;
    let far = argon(40.0);
    let (found, _) =
        relaxed(&far, &fcc(symbol("Ar"), 5.6, 1), with_cell(Relaxation::Lbfgs, Coupling::Isotropic, 0.0));
    let edge_a = found.cell.volume_a3().cbrt();
    // The factor (1 - (r/40)^2)^3 weakens the attraction of far pairs.
    assert!((edge_a / (nearest_a * 2.0_f64.sqrt()) - 1.0).abs() < 1e-3, "{edge_a}");
}

/// Body-centred and face-centred cubic argon under two pressures, by both methods and every coupling from a strained and rattled
/// start: the edge is that of a scan of the enthalpy.
#[test]
fn cells_relax_to_the_edge_of_a_scan() {
    let potential = argon(6.5);
    for pressure_gpa in [0.0, 1.0] {
        let (edge_a, start) =
            (scan(|edge| enthalpy(&potential, &fcc(symbol("Ar"), edge, 2), pressure_gpa), 5.0), 5.5);
        for method in [Relaxation::Fire, Relaxation::Lbfgs] {
            for coupling in [Coupling::Isotropic, Coupling::Anisotropic, Coupling::Triclinic] {
                let mut structure = strained(&fcc(symbol("Ar"), start, 2), coupling);
                let mut normals = RandomKey::new(2, 0, 0, Purpose::Velocities).at_step(0);
                structure.positions.iter_mut().for_each(|p| *p += normals.next_vector() * 0.03);
                let (found, steps) =
                    relaxed(&potential, &structure, with_cell(method, coupling, pressure_gpa));
                let what = format!("{method:?} {coupling:?} at {pressure_gpa} GPa after {steps} steps");
                let rows = found.cell.rows();
                let edges: Vec<f64> = (0..3).map(|k| rows.row(k).norm() / 2.0).collect();
                for edge in &edges {
                    assert!((edge - edge_a).abs() < 2e-4, "{what}: {edges:?}, not {edge_a}");
                }
                for (i, j) in [(0, 1), (0, 2), (1, 2)] {
                    let cosine = rows.row(i).dot(&rows.row(j)) / rows.row(i).norm() / rows.row(j).norm();
                    assert!(cosine.abs() < 1e-4, "{what}: the cell is not cubic");
                }
            }
        }
    }
}

/// A body-centred cubic crystal keeps its kind in an isotropic cell, and its edge is that of a scan.
#[test]
fn a_body_centred_crystal_finds_the_edge_of_a_scan() {
    let potential = argon(6.5);
    let edge_a = scan(|edge| enthalpy(&potential, &bcc(edge, 3), 0.5), 3.9);
    for method in [Relaxation::Fire, Relaxation::Lbfgs] {
        let (found, _) = relaxed(&potential, &bcc(4.3, 3), with_cell(method, Coupling::Isotropic, 0.5));
        let edge = found.cell.volume_a3().cbrt() / 3.0;
        assert!((edge - edge_a).abs() < 2e-4, "{method:?}: {edge}, not {edge_a}");
    }
}

fn bcc(edge_a: f64, cells: usize) -> Structure {
    let edge = edge_a * cells as f64;
    let cell = Cell::new([[edge, 0.0, 0.0], [0.0, edge, 0.0], [0.0, 0.0, edge]], [true; 3]).expect("a cell");
    let corner =
        |m: usize| Vec3::new((m / (cells * cells)) as f64, (m / cells % cells) as f64, (m % cells) as f64);
    let both = |m: usize| [corner(m) * edge_a, (corner(m) + Vec3::repeat(0.5)) * edge_a];
    let positions: Vec<Vec3> = (0..cells.pow(3)).flat_map(both).collect();
    Structure::new(cell, vec![symbol("Ar"); positions.len()], positions).expect("a structure")
}

/// The structure in a cell as strained as the coupling can take back.
fn strained(structure: &Structure, coupling: Coupling) -> Structure {
    let strain = match coupling {
        Coupling::Isotropic => [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        Coupling::Anisotropic => [[1.03, 0.0, 0.0], [0.0, 0.98, 0.0], [0.0, 0.0, 1.01]],
        Coupling::Triclinic => [[1.03, 0.02, 0.01], [0.02, 0.98, -0.03], [0.01, -0.03, 1.01]],
    };
    let strain = natron_atoms::Mat3::from_fn(|i, j| strain[i][j]);
    let rows = structure.cell.rows() * strain;
    let rows = std::array::from_fn(|i| std::array::from_fn(|j| rows[(i, j)]));
    let cell = Cell::new(rows, [true; 3]).expect("a cell");
    let positions = structure.positions.iter().map(|p| strain * p).collect();
    Structure::new(cell, structure.species.clone(), positions).expect("a structure")
}

/// E + P V per atom, eV.
fn enthalpy(potential: &dyn Potential, structure: &Structure, pressure_gpa: f64) -> f64 {
    let plan = plan(1, vec![relax(1e3, MaxSteps::Stop(1))]);
    let energy = simulation(&plan, structure, potential).state().evaluation.energy_ev;
    let work = pressure_gpa / natron_atoms::units::EV_PER_A3_IN_GPA * structure.cell.volume_a3();
    (energy + work) / structure.len() as f64
}

/// The minimum near `near` (golden section, within 0.6 to either side).
fn scan(energy: impl Fn(f64) -> f64, near: f64) -> f64 {
    let golden = 0.5 * (5.0_f64.sqrt() - 1.0);
    let (mut low, mut high) = (near - 0.6, near + 0.6);
    while high - low > 1e-6 {
        let (a, b) = (high - golden * (high - low), low + golden * (high - low));
        if energy(a) < energy(b) { high = b } else { low = a }
    }
    0.5 * (low + high)
}

/// A cell needs to be one.
#[test]
fn relaxing_a_cell_that_is_none_is_refused() {
    let potential = argon(6.5);
    let plan = plan(1, vec![with_cell(Relaxation::Fire, Coupling::Isotropic, 0.0)]);
    let tag = natron_dynamics::PotentialTag::default();
    let refused = Simulation::new(&plan, 0, icosahedron(3.8), None, &potential, tag).map(|_| ());
    assert_eq!(refused, Err(SetupError::NotPeriodic { stage: "relax".to_owned() }));
}
