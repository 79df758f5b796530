//! A step allocates nothing. Alone in its program, because it counts for the whole of it.
#![allow(missing_docs)]

use std::alloc::System;

use natron_atoms::{Cell, Species, Structure, Vec3};
use natron_dynamics::Simulation;
use natron_dynamics::quantity::LengthA;
use natron_dynamics::state::Forces;
use natron_potential::{DispersionSpec, Evaluation, NeuralPotential, Precision};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[allow(dead_code)]
mod common;
use common::{
    argon, berendsen, drawn, dynamics, fcc, langevin, nose_hoover, npt, nve, plan, rescale, simulation,
    symbol,
};
use natron_dynamics::plan::Coupling;

#[global_allocator]
static COUNTING: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Steps, rows and frames included; a cold crystal, so that the list stays as it is.
#[test]
fn steps_rows_and_frames_allocate_nothing() {
    // The thread that started this one allocates when it begins to wait for it, which must not be counted.
    std::thread::sleep(std::time::Duration::from_millis(300));
    let ensembles = [
        nve(),
        langevin(5.0, 2.0),
        nose_hoover(5.0, 0.2),
        rescale(5.0, 0.2),
        berendsen(5.0, 0.2),
        npt(5.0, 0.0, 0.01, Coupling::Triclinic),
    ];
    for ensemble in ensembles {
        let potential = argon(6.5);
        let plan = plan(1, vec![drawn(dynamics("cold", 1000, 2.0, ensemble), 5.0)]);
        let mut run: Simulation<'_> = simulation(&plan, &fcc(symbol("Ar"), 5.4, 2), &potential);
        let asked = std::cell::Cell::new(0);
        let region = std::cell::RefCell::new(Region::new(COUNTING));
        let counted = std::cell::Cell::new(None);
        // Counts from the first step's end to the 900th: neither the start nor the end of the stage.
        let stop = || {
            asked.set(asked.get() + 1);
            match asked.get() {
                1 => region.borrow_mut().reset(),
                900 => counted.set(Some(region.borrow().change())),
                _ => {}
            }
            false
        };
        run.run(&mut (), &stop).expect("stable");
        let counted = counted.get().expect("900 steps");
        assert_eq!((counted.allocations, counted.reallocations), (0, 0), "{ensemble}");
        assert_eq!(run.list_rebuilds(), 0, "{ensemble}");
    }
    let bytes = include_bytes!("../../../potentials/nac/potential.safetensors");
    let shipped = NeuralPotential::from_bytes(bytes).expect("the shipped potential is valid");
    let mut model = shipped.model().clone();
    a_neural_potential_allocates_nothing(&shipped);
    model.spec.dispersion = Some(DispersionSpec::of_functional("pbe"));
    a_neural_potential_allocates_nothing(&NeuralPotential::new(model, Precision::F32).expect("valid"));
    // The counter counts.
    let region = Region::new(COUNTING);
    drop(std::hint::black_box(vec![1_u8; 100]));
    assert_eq!(region.change().allocations, 1);
}

/// Forces on two threads, lists rebuilt again and again: 216 atoms that swing by half an angstrom. The first
/// rounds may allocate, because buffers grow to what the densest moment needs.
fn a_neural_potential_allocates_nothing(potential: &NeuralPotential) {
    let rest = |k: usize| Vec3::new((k % 6) as f64, (k / 6 % 6) as f64, (k / 36) as f64) * 2.3;
    let species = (0..216).map(|k| if k % 9 == 4 { Species::NA } else { Species::C }).collect();
    let cell = Cell::new([[13.8, 0.0, 0.0], [0.0, 13.8, 0.0], [0.0, 0.0, 13.8]], [true; 3]).expect("a cube");
    let mut structure = Structure::new(cell, species, (0..216).map(rest).collect()).expect("finite");
    let skin = LengthA::new(0.6).expect("not negative");
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("two threads");
    let (allocations, rebuilds) = pool.install(|| {
        let mut forces = Forces::new(potential, &structure, skin).expect("a list");
        let mut out = Evaluation::zeros(216);
        let mut swing = |steps: std::ops::Range<u32>| {
            for step in steps {
                let phase = 0.1 * f64::from(step);
                for (k, position) in structure.positions.iter_mut().enumerate() {
                    let k64 = k as f64;
                    *position = rest(k)
                        + Vec3::new((phase + k64).sin(), (2.0 * phase + k64).cos(), phase.sin()) * 0.25;
                }
                forces.evaluate(&structure, &mut out).expect("atoms keep their distance");
            }
            forces.rebuilds()
        };
        let before = swing(0..140);
        let region = Region::new(COUNTING);
        let after = swing(140..280);
        let change = region.change();
        (change.allocations + change.reallocations, after - before)
    });
    assert_eq!(allocations, 0);
    assert!(rebuilds > 5, "{rebuilds} lists");
}
