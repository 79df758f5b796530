//! The units of LAMMPS that natron knows: those whose lengths are A.

/// `units metal` or `units real`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Units {
    /// ps, eV.
    Metal,
    /// fs, kcal/mol.
    Real,
}

impl Units {
    /// What to multiply a velocity by to have A/fs.
    pub fn velocity_in_a_per_fs(self) -> f64 {
        match self {
            Self::Metal => 1e-3,
            Self::Real => 1.0,
        }
    }

    /// What to multiply a time by to have ps.
    pub fn time_in_ps(self) -> f64 {
        match self {
            Self::Metal => 1.0,
            Self::Real => 1e-3,
        }
    }
}
