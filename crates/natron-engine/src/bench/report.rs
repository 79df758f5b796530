//! What `natron bench` found, as JSON.

use serde_json::{Map, Value, json};

use super::floor::Floor;
use super::memory::Memory;
use super::peers::Comparison;
use super::split::Split;
use crate::Build;
use crate::envelope::put_number;

/// One measurement.
#[derive(Debug, Clone, PartialEq)]
pub struct BenchResult {
    /// Atoms of one replica.
    pub atoms: usize,
    /// Threads that share the work.
    pub threads: usize,
    /// Replicas that run at the same time.
    pub replicas: usize,
    /// `f32` or `f64`.
    pub precision: &'static str,
    /// Instructions of the kernel.
    pub simd: &'static str,
    /// Wall time for each atom and step, all replicas together, us.
    pub us_per_atom_step: f64,
    /// Half the distance between the second and the fourth of five parts of the measurement, us.
    pub us_per_atom_step_spread: f64,
    /// What a step goes to.
    pub split: Split,
    /// Steps measured, all replicas together.
    pub steps: u64,
    /// Neighbour lists built meanwhile.
    pub list_rebuilds: u64,
    /// Neighbour lists in a step of one replica, counted over more steps than were measured.
    pub list_rebuilds_per_step: f64,
    /// Memory of the process while the simulations were there, where the system tells.
    pub memory: Option<Memory>,
    /// Memory before the first measurement, bytes.
    pub resident_before: Option<u64>,
}

impl BenchResult {
    /// Steps in a second, all replicas together.
    pub fn steps_per_second(&self) -> f64 {
        1e6 / (self.us_per_atom_step * self.atoms as f64)
    }

    /// Atoms times steps in a second, all replicas together.
    pub fn atom_steps_per_second(&self) -> f64 {
        1e6 / self.us_per_atom_step
    }

    /// Simulated time in a day at a timestep of 1 fs, all replicas together, ns.
    pub fn ns_per_day(&self) -> f64 {
        self.steps_per_second() * 86_400.0 * 1e-6
    }

    /// Memory that came with the simulations, bytes for each atom. At most: what the allocator keeps of earlier, not
    /// larger ones is in it.
    pub fn resident_bytes_per_atom(&self) -> Option<f64> {
        let grown = self.memory?.resident.saturating_sub(self.resident_before?);
        Some(grown as f64 / (self.atoms * self.replicas) as f64)
    }

    fn json(&self, potential: &str) -> Value {
        let mut map = Map::new();
        let known = json!({
            "atoms": self.atoms,
            "threads": self.threads,
            "replicas": self.replicas,
            "precision": self.precision,
            "simd": self.simd,
            "potential": potential,
            "us_per_atom_step": self.us_per_atom_step,
            "us_per_atom_step_spread": self.us_per_atom_step_spread,
            "split_us": self.split.json(),
            "steps_per_second": self.steps_per_second(),
            "steps_per_s": self.steps_per_second(),
            "atom_steps_per_s": self.atom_steps_per_second(),
            "ns_per_day": self.ns_per_day(),
            "steps": self.steps,
            "list_rebuilds": self.list_rebuilds,
            "list_rebuilds_per_step": self.list_rebuilds_per_step,
        });
        if let Value::Object(known) = known {
            map.extend(known);
        }
        let note = "this system does not say";
        let bytes = |of: fn(Memory) -> u64| self.memory.map(|memory| of(memory) as f64);
        put_number(&mut map, "resident_bytes", bytes(|memory| memory.resident), note);
        put_number(&mut map, "peak_resident_bytes", bytes(|memory| memory.peak), note);
        put_number(&mut map, "resident_bytes_per_atom", self.resident_bytes_per_atom(), note);
        map.into()
    }
}

/// All measurements.
#[derive(Debug, Clone)]
pub struct BenchReport {
    /// Name of the potential.
    pub potential: String,
    /// SHA-256 of the potential.
    pub sha256: String,
    /// Temperature of the measured dynamics, K.
    pub temperature_k: f64,
    /// The measurements; the first is the headline.
    pub results: Vec<BenchResult>,
    /// The least time a step could take, in each precision measured on one thread; none where the potential is no
    /// neural one.
    pub floors: Vec<Floor>,
    /// What others need.
    pub against: Vec<Comparison>,
}

impl BenchReport {
    /// The JSON of the CONTRACT.
    pub fn json(&self, build: &Build) -> Value {
        let first = &self.results[0];
        let mut map = build.envelope("bench");
        map.insert("us_per_atom_step".into(), first.us_per_atom_step.into());
        map.insert("atoms".into(), first.atoms.into());
        map.insert("threads".into(), first.threads.into());
        map.insert("potential".into(), self.potential.clone().into());
        map.insert("potential_sha256".into(), self.sha256.clone().into());
        map.insert("temperature_K".into(), self.temperature_k.into());
        map.insert("machine".into(), machine());
        map.insert(
            "results".into(),
            self.results.iter().map(|result| result.json(&self.potential)).collect(),
        );
        map.insert("floor".into(), self.floors.iter().map(Floor::json).collect());
        if self.floors.is_empty() {
            let note = "operations are counted for neural potentials measured on one thread";
            map.insert("floor_note".into(), note.into());
        }
        map.insert("against".into(), self.against.iter().map(Comparison::json).collect());
        map.into()
    }
}

/// What the measurement was made on.
fn machine() -> Value {
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let cpu = model.map(|(_, name)| name.trim().to_string());
    let note = cpu.is_none().then_some("this system does not say");
    let mut value = json!({
        "cpu": cpu,
        "os": std::env::consts::OS,
        "architecture": std::env::consts::ARCH,
        "threads_available": std::thread::available_parallelism().map_or(1, usize::from),
    });
    if let Some(note) = note {
        value["cpu_note"] = note.into();
    }
    value
}
