//! Becke-Johnson parameters of the D3 model by functional.

/// Parameters of the damping, as published: scaling of the two terms and the damping radius a1 sqrt(C8/C6) + a2.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BeckeJohnson {
    /// Factor of the C6 term.
    pub s6: f64,
    /// Factor of the C8 term.
    pub s8: f64,
    /// Factor of sqrt(C8/C6) in the damping radius.
    pub a1: f64,
    /// The rest of the damping radius, bohr.
    pub a2_bohr: f64,
}

/// Name, s8, a1, a2 (bohr); s6 is 1 for all. S. Grimme, S. Ehrlich and L. Goerigk, J. Comput. Chem. 32, 1456 (2011), DOI
/// 10.1002/jcc.21759, unless another source is named.
#[rustfmt::skip]
const KNOWN: [(&str, f64, f64, f64); 14] = [
    ("b3lyp", 1.9889, 0.3981, 4.4211),
    ("blyp", 2.6996, 0.4298, 4.2359),
    ("bp86", 3.2822, 0.3946, 4.8516),
    ("hf", 0.9171, 0.3385, 2.8830),
    // J. Moellmann and S. Grimme, J. Phys. Chem. C 118, 7615 (2014), DOI 10.1021/jp501237c.
    ("hse06", 2.310, 0.383, 5.685),
    ("pbe", 0.7875, 0.4289, 4.4407),
    ("pbe0", 1.2177, 0.4145, 4.8593),
    // L. Goerigk and S. Grimme, Phys. Chem. Chem. Phys. 13, 6670 (2011), DOI 10.1039/c0cp02984j.
    ("pbesol", 2.9491, 0.4466, 6.1742),
    // S. Ehlert et al., J. Chem. Phys. 154, 061101 (2021), DOI 10.1063/5.0041008.
    ("r2scan", 0.78981345, 0.49484001, 5.73083694),
    ("revpbe", 2.3550, 0.5238, 3.5016),
    // L. Goerigk et al., Phys. Chem. Chem. Phys. 19, 32184 (2017), DOI 10.1039/c7cp04913g.
    ("revtpss", 1.4023, 0.4426, 4.4723),
    // As simple-dftd3 has it.
    ("rpbe", 0.8318, 0.1820, 4.0094),
    // J. G. Brandenburg, J. E. Bates, J. Sun and J. P. Perdew, Phys. Rev. B 94, 115144 (2016), DOI 10.1103/PhysRevB.94.115144.
    ("scan", 0.0, 0.5380, 5.4200),
    ("tpss", 1.9435, 0.4535, 4.4752),
];

/// The parameters of a functional, by its name in any case, with or without hyphens.
pub fn of_functional(name: &str) -> Option<BeckeJohnson> {
    let name = name.to_lowercase().replace('-', "");
    let found = KNOWN.iter().find(|known| known.0 == name);
    found.map(|&(_, s8, a1, a2_bohr)| BeckeJohnson { s6: 1.0, s8, a1, a2_bohr })
}

/// Names of the functionals whose parameters are known.
pub fn known() -> impl Iterator<Item = &'static str> {
    KNOWN.iter().map(|known| known.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_however_they_are_written() {
        let pbe = BeckeJohnson { s6: 1.0, s8: 0.7875, a1: 0.4289, a2_bohr: 4.4407 };
        assert_eq!(of_functional("PBE"), Some(pbe));
        assert_eq!(of_functional("r2-SCAN"), of_functional("r2scan"));
        assert_eq!((of_functional("pbe1"), of_functional("")), (None, None));
        assert!(known().is_sorted(), "messages list them in order");
    }
}
