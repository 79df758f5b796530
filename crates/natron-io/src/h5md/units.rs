//! Units of other programs' files, as factors to natron's.

use hdf5_metno::Location;

use super::attribute;
use super::refusal::Refusal;

/// Angstrom in a unit of length.
fn length(unit: &str) -> Option<f64> {
    match unit {
        "Angstrom" | "angstrom" | "A" | "\u{c5}" => Some(1.0),
        "nm" => Some(10.0),
        "pm" => Some(0.01),
        "m" => Some(1e10),
        _ => None,
    }
}

/// Picoseconds in a unit of time.
fn time(unit: &str) -> Option<f64> {
    match unit {
        "ps" => Some(1.0),
        "fs" => Some(1e-3),
        "ns" => Some(1e3),
        "s" => Some(1e12),
        _ => None,
    }
}

/// A/fs in a unit of velocity, `LENGTH TIME-1`.
fn velocity(unit: &str) -> Option<f64> {
    let (numerator, denominator) = unit.split_once(' ')?;
    Some(length(numerator)? / (time(denominator.strip_suffix("-1")?)? * 1e3))
}

/// Atomic mass units in a unit of mass.
fn mass(unit: &str) -> Option<f64> {
    matches!(unit, "u" | "amu" | "Da" | "g mol-1").then_some(1.0)
}

/// What a dataset measures.
#[derive(Debug, Clone, Copy)]
pub(super) enum Quantity {
    Length,
    Time,
    Velocity,
    Mass,
}

/// The factor from a dataset's `unit` to A, ps, A/fs or amu; `None` without a `unit`.
pub(super) fn factor(at: &Location, name: &str, quantity: Quantity) -> Result<Option<f64>, Refusal> {
    let Some(unit) = attribute::string(at, "unit")? else { return Ok(None) };
    let known = match quantity {
        Quantity::Length => length(&unit),
        Quantity::Time => time(&unit),
        Quantity::Velocity => velocity(&unit),
        Quantity::Mass => mass(&unit),
    };
    known.map(Some).ok_or_else(|| {
        Refusal::new(
            format!("`{name}` is in a unit that is not known, {unit:?}"),
            "known are Angstrom, nm, pm, m; fs, ps, ns, s; LENGTH TIME-1; u",
        )
    })
}

/// As [`factor`], for datasets that mean nothing without a unit.
pub(super) fn needed(at: &Location, name: &str, quantity: Quantity) -> Result<f64, Refusal> {
    factor(at, name, quantity)?.ok_or_else(|| {
        Refusal::new(
            format!("`{name}` has no unit"),
            "set its attribute `unit` (Angstrom, ps, Angstrom fs-1) with h5py",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn velocities_are_lengths_over_times() {
        assert_eq!(velocity("Angstrom fs-1"), Some(1.0));
        assert_eq!(velocity("nm ps-1"), Some(0.01));
        // 1 m/s = 1e10 A / 1e15 fs
        assert!((velocity("m s-1").expect("known") - 1e-5).abs() < 1e-20);
        assert_eq!(velocity("Angstrom fs"), None);
        assert_eq!(velocity("furlong s-1"), None);
    }
}
