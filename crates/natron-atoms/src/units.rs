//! The internal unit system and the factors that leave it.
//!
//! Internal: length A, energy eV, mass amu (dalton), charge e; time derived,
//! t0 = A sqrt(amu / eV) = 10.180 505 fs. Values from CODATA 2018 (exact where the SI fixes them).

/// Boltzmann constant, eV/K (exact in the SI: 1.380649e-23 J/K over 1.602176634e-19 J/eV).
pub const BOLTZMANN_EV_PER_K: f64 = 8.617_333_262_145_179e-5;
/// Planck constant, eV fs (exact in the SI: 6.62607015e-34 J s over 1.602176634e-19 J/eV).
pub const PLANCK_EV_FS: f64 = 4.135_667_696_923_859;
/// Elementary charge, C (exact).
pub const ELEMENTARY_CHARGE_C: f64 = 1.602_176_634e-19;
/// Atomic mass constant, kg (CODATA 2018).
pub const ATOMIC_MASS_KG: f64 = 1.660_539_066_60e-27;
/// Internal time unit A sqrt(amu/eV), in fs: 1e-10 m sqrt(amu_kg / e_C) * 1e15 fs/s.
pub const TIME_UNIT_FS: f64 = 10.180_505_710_774_743;
/// 1 eV/A^3 in GPa.
pub const EV_PER_A3_IN_GPA: f64 = 160.217_663_4;
/// 1 A^2/ps in m^2/s.
pub const A2_PER_PS_IN_M2_PER_S: f64 = 1e-8;
/// 1 eV in kJ/mol (Faraday constant over 1000).
pub const EV_IN_KJ_PER_MOL: f64 = 96.485_332_123_310_02;
/// Hartree energy, eV (CODATA 2018).
pub const HARTREE_EV: f64 = 27.211_386_245_988;
/// Rydberg energy, half a hartree, eV (CODATA 2018).
pub const RYDBERG_EV: f64 = 13.605_693_122_994;
/// Bohr radius, A (CODATA 2018).
pub const BOHR_A: f64 = 0.529_177_210_903;
/// 1 amu/A^3 in g/cm^3.
pub const AMU_PER_A3_IN_G_PER_CM3: f64 = 1.660_539_066_60;
/// Coulomb constant e^2/(4 pi eps0), eV A.
pub const COULOMB_EV_A: f64 = 14.399_645_478_425_668;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_follow_from_the_si() {
        let time_fs = 1e-10 * (ATOMIC_MASS_KG / ELEMENTARY_CHARGE_C).sqrt() * 1e15;
        assert!((time_fs - TIME_UNIT_FS).abs() < 1e-9, "{time_fs:.15}");
        assert!((1.380_649e-23 / ELEMENTARY_CHARGE_C - BOLTZMANN_EV_PER_K).abs() < 1e-18);
        assert!((6.626_070_15e-34 / ELEMENTARY_CHARGE_C * 1e15 - PLANCK_EV_FS).abs() < 1e-14);
        assert!((ELEMENTARY_CHARGE_C * 1e30 * 1e-9 - EV_PER_A3_IN_GPA).abs() < 1e-7);
        assert!((ELEMENTARY_CHARGE_C * 6.022_140_76e23 / 1e3 - EV_IN_KJ_PER_MOL).abs() < 1e-9);
        assert!((ATOMIC_MASS_KG * 1e3 / 1e-24 - AMU_PER_A3_IN_G_PER_CM3).abs() < 1e-10);
        assert_eq!(HARTREE_EV, 2.0 * RYDBERG_EV);
        // The hartree is the Coulomb energy of two charges one bohr apart.
        assert!((COULOMB_EV_A / BOHR_A - HARTREE_EV).abs() < 1e-8);
        let coulomb = ELEMENTARY_CHARGE_C / (4.0 * std::f64::consts::PI * 8.854_187_812_8e-12) * 1e10;
        assert!((coulomb - COULOMB_EV_A).abs() < 1e-7, "{coulomb}");
    }
}
