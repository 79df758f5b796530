//! Covalent radii that the type-wise cutoffs of NEP count in.
//!
//! Four thirds of the radii of P. Pyykko and M. Atsumi (10.1002/chem.200800987), those of metals lowered by a tenth, in the
//! hundredths of an angstrom that S. Grimme et al. tabulate for D3 (10.1063/1.3382344).

use natron_atoms::Species;

/// Hundredths of an angstrom, from hydrogen to plutonium.
#[rustfmt::skip]
const HUNDREDTHS: [u8; 94] = [
    32, 46,
    120, 94, 77, 75, 71, 63, 64, 67,
    140, 125, 113, 104, 110, 102, 99, 96,
    176, 154, 133, 122, 121, 110, 107, 104, 100, 99, 101, 109, 112, 109, 115, 110, 114, 117,
    189, 167, 147, 139, 132, 124, 115, 113, 113, 108, 115, 123, 128, 126, 126, 123, 132, 131,
    209, 176, 162, 147, 158, 157, 156, 155, 151, 152, 151, 150, 149, 149, 148, 153, 146,
    137, 131, 123, 118, 116, 111, 112, 113, 132, 130, 130, 136, 131, 138, 142,
    201, 181, 167, 158, 152, 153, 154, 155,
];

/// The radius (A) type-wise cutoffs count in, in the six digits that potentials are made with; `None` beyond plutonium.
pub(super) fn radius_a(species: Species) -> Option<f64> {
    let &hundredths = HUNDREDTHS.get(usize::from(species.number()) - 1)?;
    let digits = if hundredths < 75 { 1e6 } else { 1e5 };
    Some((f64::from(hundredths) / 75.0 * digits).round() / digits)
}
