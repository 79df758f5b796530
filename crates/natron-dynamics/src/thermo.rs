//! The thermodynamic state of one step.

use natron_atoms::Cell;
use natron_atoms::units::{BOLTZMANN_EV_PER_K, EV_PER_A3_IN_GPA};
use natron_potential::Evaluation;

/// One row of thermo.csv.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ThermoRow<'a> {
    /// Name of the stage.
    pub stage: &'a str,
    /// Steps since the start of the run.
    pub step: u64,
    /// Simulated time since the start of the run, ps.
    pub time_ps: f64,
    /// 2 K / (k_B times the degrees of freedom), K.
    pub temperature_k: f64,
    /// Potential energy, eV.
    pub potential_energy_ev: f64,
    /// Kinetic energy, eV.
    pub kinetic_energy_ev: f64,
    /// Their sum, eV.
    pub total_energy_ev: f64,
    /// What the equations of motion conserve, eV: the total energy less the heat taken from the thermostat
    /// since the stage began.
    pub conserved_ev: f64,
    /// (2 K + trace of the virial) / 3 V, GPa; `None` unless the cell is periodic in all directions.
    pub pressure_gpa: Option<f64>,
    /// Volume of the cell, A^3; `None` unless it is periodic in all directions.
    pub volume_a3: Option<f64>,
    /// Standard deviation of the potential energy, eV, where the potential knows one.
    pub energy_std_ev: Option<f64>,
}

impl ThermoRow<'_> {
    /// The columns of thermo.csv.
    pub const HEADER: &'static str = "stage,step,time_ps,temperature_K,potential_energy_eV,kinetic_energy_eV,total_energy_eV,conserved_eV,pressure_GPa,volume_A3,energy_std_eV";

    /// The row in the columns of [`ThermoRow::HEADER`], every number exact; what there is not is an empty field.
    pub fn csv(&self) -> String {
        let optional = |value: Option<f64>| value.map_or_else(String::new, |v| v.to_string());
        format!(
            "{},{},{},{},{},{},{},{},{},{},{}",
            self.stage,
            self.step,
            self.time_ps,
            self.temperature_k,
            self.potential_energy_ev,
            self.kinetic_energy_ev,
            self.total_energy_ev,
            self.conserved_ev,
            optional(self.pressure_gpa),
            optional(self.volume_a3),
            optional(self.energy_std_ev),
        )
    }
}

/// Kinetic temperature, K: 2 K / (k_B N_f); 0 without a degree of freedom.
pub fn temperature_k(kinetic_energy_ev: f64, degrees_of_freedom: usize) -> f64 {
    if degrees_of_freedom == 0 {
        return 0.0;
    }
    2.0 * kinetic_energy_ev / (BOLTZMANN_EV_PER_K * degrees_of_freedom as f64)
}

/// Degrees of freedom of `atoms` atoms: 3 N, less 3 where the total momentum is a constant of motion
/// (it is then zero, and the centre of mass holds no thermal energy).
pub fn degrees_of_freedom(atoms: usize, conserves_momentum: bool) -> usize {
    if conserves_momentum && atoms > 1 { 3 * atoms - 3 } else { 3 * atoms }
}

/// The virial expression (2 K + tr W) / 3 V, GPa; `None` unless the cell is periodic in all directions.
pub fn pressure_gpa(kinetic_energy_ev: f64, evaluation: &Evaluation, cell: &Cell) -> Option<f64> {
    let volume = volume_a3(cell)?;
    Some((2.0 * kinetic_energy_ev + evaluation.virial_ev.trace()) / (3.0 * volume) * EV_PER_A3_IN_GPA)
}

/// The volume of a cell that is periodic in all directions, A^3.
pub fn volume_a3(cell: &Cell) -> Option<f64> {
    (cell.periodic() == [true; 3]).then(|| cell.volume_a3())
}
