//! A step allocates nothing. Alone in its program, because it counts for the whole of it.
#![allow(missing_docs)]

use std::alloc::System;

use natron_dynamics::Simulation;
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
    // The counter counts.
    let region = Region::new(COUNTING);
    drop(std::hint::black_box(vec![1_u8; 100]));
    assert_eq!(region.change().allocations, 1);
}
