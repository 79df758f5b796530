//! Checked physical inputs: a value of one of these types is finite and in its range.

/// A number that is no such quantity.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{what} must be {range}, not {value} {unit}")]
pub struct QuantityError {
    /// What it was meant to be.
    pub what: &'static str,
    /// The range in words.
    pub range: &'static str,
    /// The number given.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
}

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident, $what:literal, $unit:literal, $range:literal, $accept:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, serde::Serialize)]
        pub struct $name(f64);

        impl $name {
            /// The checked value.
            ///
            /// # Errors
            #[doc = concat!("The number is not ", $range, " (", $unit, ").")]
            pub fn new(value: f64) -> Result<Self, QuantityError> {
                let accept: fn(f64) -> bool = $accept;
                if value.is_finite() && accept(value) {
                    Ok(Self(value))
                } else {
                    Err(QuantityError { what: $what, range: $range, value, unit: $unit })
                }
            }

            #[doc = concat!("The number, ", $unit, ".")]
            pub fn get(self) -> f64 {
                self.0
            }
        }
    };
}

quantity!(
    /// A time step, fs.
    TimestepFs, "a timestep", "fs", "above 0 and at most 100 fs", |x| x > 0.0 && x <= 100.0
);
quantity!(
    /// A temperature, K; zero is allowed.
    TemperatureK, "a temperature", "K", "from 0 to 1e6 K", |x| (0.0..=1e6).contains(&x)
);
quantity!(
    /// A friction coefficient (inverse of the velocity's relaxation time), 1/ps.
    FrictionPerPs, "a friction", "/ps", "above 0 and at most 1e6 /ps", |x| x > 0.0 && x <= 1e6
);
quantity!(
    /// A force, eV/A.
    ForceEvPerA, "a force", "eV/A", "above 0 and at most 1e6 eV/A", |x| x > 0.0 && x <= 1e6
);
quantity!(
    /// A length, A.
    LengthA, "a length", "A", "above 0 and at most 100 A", |x| x > 0.0 && x <= 100.0
);
quantity!(
    /// An energy per atom, meV.
    EnergyMevPerAtom, "an energy per atom", "meV", "above 0 and at most 1e6 meV", |x| x > 0.0 && x <= 1e6
);
quantity!(
    /// A relaxation time, ps.
    TimePs, "a relaxation time", "ps", "above 0 and at most 1e6 ps", |x| x > 0.0 && x <= 1e6
);
quantity!(
    /// A pressure, GPa.
    PressureGpa, "a pressure", "GPa", "from -1e4 to 1e4 GPa", |x| (-1e4..=1e4).contains(&x)
);
quantity!(
    /// An isothermal compressibility, 1/GPa.
    CompressibilityPerGpa, "a compressibility", "/GPa", "above 0 and at most 1e6 /GPa", |x| x > 0.0 && x <= 1e6
);
quantity!(
    /// A bound of the stress, GPa.
    StressGpa, "a stress", "GPa", "above 0 and at most 1e4 GPa", |x| x > 0.0 && x <= 1e4
);
