//! thermo.csv: writing, and cutting back to a restart.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use natron_dynamics::ThermoRow;

/// A thermo log under way.
#[derive(Debug)]
pub(super) struct ThermoFile {
    file: BufWriter<File>,
}

impl ThermoFile {
    /// A new log with its header.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let mut file = BufWriter::new(File::create(path)?);
        writeln!(file, "{}", ThermoRow::HEADER)?;
        Ok(Self { file })
    }

    /// Goes on behind the first `rows` rows; what follows them is cut off.
    pub(super) fn resume(path: &Path, rows: u64) -> io::Result<Self> {
        let kept = end_of_row(path, rows)?;
        OpenOptions::new().write(true).open(path)?.set_len(kept)?;
        Ok(Self { file: BufWriter::new(OpenOptions::new().append(true).open(path)?) })
    }

    /// One row.
    pub(super) fn write(&mut self, row: &ThermoRow<'_>) -> io::Result<()> {
        writeln!(self.file, "{}", row.csv())
    }

    /// Brings everything to the disk.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.file.flush()?;
        self.file.get_ref().sync_data()
    }
}

/// Where in the file the first `rows` rows end, bytes; an error if there are fewer.
pub(super) fn end_of_row(path: &Path, rows: u64) -> io::Result<u64> {
    let mut reader = BufReader::new(File::open(path)?);
    let mut line = Vec::new();
    let mut end = 0;
    for _ in 0..=rows {
        line.clear();
        end += reader.read_until(b'\n', &mut line)? as u64;
        if !line.ends_with(b"\n") {
            let message = format!("it holds fewer than the {rows} rows that the restart was written after");
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, message));
        }
    }
    Ok(end)
}

/// Columns of thermo.csv that the report draws.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ThermoTrace {
    /// Time, ps.
    pub(crate) time_ps: Vec<f64>,
    /// Temperature, K.
    pub(crate) temperature_k: Vec<f64>,
    /// Potential energy, eV.
    pub(crate) potential_energy_ev: Vec<f64>,
    /// Total energy, eV.
    pub(crate) total_energy_ev: Vec<f64>,
    /// Pressure, GPa; NaN where there is none.
    pub(crate) pressure_gpa: Vec<f64>,
    /// Name of the stage of each row.
    pub(crate) stage: Vec<String>,
}

/// Reads back what the report needs, dynamics alone (a minimisation has no time).
pub(crate) fn trace(path: &Path) -> io::Result<ThermoTrace> {
    let mut trace = ThermoTrace::default();
    for line in BufReader::new(File::open(path)?).lines().skip(1) {
        let line = line?;
        let fields: Vec<&str> = line.split(',').collect();
        let number = |k: usize| fields.get(k).and_then(|text| text.parse::<f64>().ok());
        let energies = number(4).zip(number(6));
        if let (Some(time), Some(temperature), Some((potential, total))) = (number(2), number(3), energies) {
            trace.potential_energy_ev.push(potential);
            trace.pressure_gpa.push(number(8).unwrap_or(f64::NAN));
            trace.time_ps.push(time);
            trace.temperature_k.push(temperature);
            trace.total_energy_ev.push(total);
            trace.stage.push(fields[0].to_string());
        }
    }
    Ok(trace)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(step: u64) -> ThermoRow<'static> {
        ThermoRow {
            stage: "run",
            step,
            time_ps: step as f64 * 1e-3,
            temperature_k: 300.0,
            potential_energy_ev: -1.0,
            kinetic_energy_ev: 0.5,
            total_energy_ev: -0.5,
            conserved_ev: -0.5,
            pressure_gpa: None,
            volume_a3: None,
            energy_std_ev: None,
        }
    }

    #[test]
    fn a_log_goes_on_where_the_restart_was() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("thermo.csv");
        let mut file = ThermoFile::create(&path).expect("creates");
        for step in 0..5 {
            file.write(&row(step)).expect("writes");
        }
        file.flush().expect("flushes");
        let whole = std::fs::read_to_string(&path).expect("reads");
        let mut file = ThermoFile::resume(&path, 3).expect("resumes");
        for step in 3..5 {
            file.write(&row(step)).expect("writes");
        }
        file.flush().expect("flushes");
        assert_eq!(std::fs::read_to_string(&path).expect("reads"), whole);
        assert!(ThermoFile::resume(&path, 9).is_err());
        assert_eq!(trace(&path).expect("reads").time_ps.len(), 5);
    }
}
