//! How often a trial is accepted: min(1, exp(what these functions give)).
//!
//! Metropolis et al. 1953 (DOI 10.1063/1.1699114) for displacements, Norman and Filinov 1969 for exchanges, as in Frenkel and Smit,
//! Understanding Molecular Simulation (2nd ed., equations 5.6.8 and 5.6.9):
//!
//! | move | ratio |
//! |---|---|
//! | insertion, N to N + 1 | V / (Lambda^3 (N + 1)) exp(beta (mu - dU)) |
//! | deletion, N to N - 1 | Lambda^3 N / V exp(-beta (mu + dU)) |
//! | displacement | exp(-beta dU) |
//! | hybrid | exp(-beta (dU + dK)) |
//!
//! where dU is the energy after less that before and both exchanges are tried equally often. V is where atoms are thrown: the
//! cell, or with a cavity bias (Mezei 1980, DOI 10.1080/00268978000101971) the cavities, counted without the atom in question both times.

/// Logarithm of the ratio for inserting one more atom.
///
/// `ln_activity`: see [`Reservoir::ln_activity`](super::Reservoir::ln_activity); `room_a3`: where it was thrown; `atoms`: those
/// there are without it; `change`: beta dU.
pub fn ln_insertion(ln_activity: f64, room_a3: f64, atoms: usize, change: f64) -> f64 {
    ln_activity + (room_a3 / (atoms + 1) as f64).ln() - change
}

/// Logarithm of the ratio for taking one atom of `atoms` away; `room_a3`: where it would be thrown to come back; `change`: beta dU.
pub fn ln_deletion(ln_activity: f64, room_a3: f64, atoms: usize, change: f64) -> f64 {
    (atoms as f64 / room_a3).ln() - ln_activity - change
}

/// Whether a trial with this logarithm of its ratio is accepted by a number drawn from (0, 1]; never where it is not a number.
pub fn accepts(ln_ratio: f64, drawn: f64) -> bool {
    drawn.ln() <= ln_ratio
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deletion_undoes_an_insertion() {
        for (atoms, room_a3, change) in [(0, 12.0, 0.3), (7, 3459.0, -2.0)] {
            let there = ln_insertion(-1.7, room_a3, atoms, change);
            let back = ln_deletion(-1.7, room_a3, atoms + 1, -change);
            assert!((there + back).abs() < 1e-12, "{there} {back}");
        }
    }

    #[test]
    fn what_is_impossible_is_never_accepted() {
        assert!(accepts(0.0, 1.0) && accepts(5.0, 1.0) && accepts(-1.0, 0.3));
        assert!(!accepts(-1.0, 0.5) && !accepts(f64::NEG_INFINITY, 1e-300) && !accepts(f64::NAN, 1e-300));
    }
}
