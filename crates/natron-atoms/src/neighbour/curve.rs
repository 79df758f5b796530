//! Atoms along a space-filling curve.

use super::problem::{Problem, extent};

/// Edge of the boxes that the curve visits, A: within a box, atoms stay in the order of the structure.
const BOX_A: f64 = 3.0;

/// Fills `order` with the atoms along a Z curve (Morton, 1966): the bits of the three box coordinates interleaved.
pub(super) fn sort(problem: &Problem<'_>, home: &[[i32; 3]], keys: &mut Vec<u64>, order: &mut Vec<u32>) {
    let fractional = &problem.known.fractional;
    let frames: [(f64, f64); 3] = std::array::from_fn(|k| {
        let start = if problem.periodic[k] { 0.0 } else { extent(fractional, k).0 };
        (start, problem.heights_a[k] / BOX_A)
    });
    keys.clear();
    keys.extend(fractional.iter().zip(home).enumerate().map(|(atom, (f, home))| {
        let at = |k: usize| {
            let (start, boxes) = frames[k];
            // Ten bits a direction: beyond 3000 A boxes run together.
            (((f[k] - f64::from(home[k]) - start) * boxes) as u64).min(1023)
        };
        let key = spread(at(0)) << 2 | spread(at(1)) << 1 | spread(at(2));
        key << 32 | atom as u64
    }));
    keys.sort_unstable();
    order.clear();
    order.extend(keys.iter().map(|&key| key as u32));
}

/// Ten bits with two zeros between each.
fn spread(x: u64) -> u64 {
    (0..10).fold(0, |bits, k| bits | (x >> k & 1) << (3 * k))
}
