//! `cargo xtask bench-md`: does `natron bench` tell what whole runs of `natron md` cost?
//!
//! The processor time of a run of 2T steps less that of T steps is what T steps cost, with output, thermostat-free
//! dynamics, guards and all; what runs have in common (start, relaxation, warm-up) cancels.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use crate::command::{cargo, output_of, program, run, typed};
use crate::demo;
use crate::failure::Failure;
use crate::json::Json;
use crate::setup;
use crate::workspace::{self, Workspace};

/// Atoms of the example.
const ATOMS: f64 = 222.0;
/// T: a thousand steps a picosecond.
const SHORT_PS: f64 = 6.0;
/// T, bench and 2T by turns, so many times: what disturbs the machine disturbs all.
const ROUNDS: usize = 3;
/// Largest relative difference that passes.
const TOLERANCE: f64 = 0.1;

/// Builds natron without training, in release, and compares.
pub fn run_bench_md() -> Result<ExitCode, Failure> {
    let hdf5 = setup::for_build()?;
    let environment = hdf5.environment();
    let mut build = cargo();
    build.args(demo::build_arguments(hdf5.feature())).envs(environment.clone());
    run(build.current_dir(workspace::root()))?;
    let target = Workspace::load()?.target;
    let natron = |arguments: &[&str]| {
        let mut command = program(target.join("release").join("natron"), arguments);
        command.args(["--threads", "1", "--quiet"]).envs(environment.clone());
        command
    };

    let folder = target.join("bench-md");
    let decks = [SHORT_PS, 2.0 * SHORT_PS].map(|duration_ps| write_deck(&folder, duration_ps));
    let [short, long] = decks;
    let (short, long) = (short?, long?);
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let first = processor_s(&mut natron(&md(&short)))?;
        let bench = bench_us(&mut natron(&["bench", "--atoms", "222", "--precision", "f32", "--json"]))?;
        let second = processor_s(&mut natron(&md(&long)))?;
        let md = 1e6 * (second - first) / (1e3 * SHORT_PS * ATOMS);
        println!("md {md:.3} us/atom/step, bench {bench:.3}");
        rounds.push((md, bench));
    }
    let md = median(rounds.iter().map(|round| round.0).collect());
    let bench = median(rounds.iter().map(|round| round.1).collect());
    let difference = bench / md - 1.0;
    println!(
        "one thread, Na22C200: {md:.3} us/atom/step in whole runs, {bench:.3} by natron bench ({:+.1} %)",
        100.0 * difference
    );
    Ok(if difference.abs() <= TOLERANCE { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The example's stages and output with another length, and a folder of its own.
fn write_deck(folder: &Path, duration_ps: f64) -> Result<PathBuf, Failure> {
    let path = folder.join(format!("{duration_ps}ps.toml"));
    let structure = workspace::root().join("examples").join("na22c200.extxyz");
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&path, deck(&structure.to_string_lossy(), duration_ps)))
        .map_err(|error| Failure::Step(format!("{} cannot be written: {error}", path.display())))?;
    Ok(path)
}

fn deck(structure: &str, duration_ps: f64) -> String {
    format!(
        r#"format = 1
seed = 1
[system]
structure = '{structure}'
[potential]
name = "nac"
[output]
trajectory_every_fs = 20.0
thermo_every_fs = 20.0
restart_every_ps = 5.0
[analysis]
mobile = ["Na"]
reference = ["C"]
[[stage]]
name = "relax"
kind = "minimise"
force_max_eV_per_A = 0.05
max_steps = 300
[[stage]]
name = "equilibrate"
kind = "dynamics"
duration_ps = 1.0
timestep_fs = 1.0
ensemble = {{ kind = "nvt-langevin", temperature_K = 600.0, friction_per_ps = 10.0 }}
[[stage]]
name = "production"
kind = "dynamics"
duration_ps = {duration_ps:?}
timestep_fs = 1.0
ensemble = {{ kind = "nve" }}
"#
    )
}

/// A run that may leave an earlier one behind: its folder is removed first.
fn md(deck: &Path) -> [&str; 2] {
    // What cannot be removed stops natron, which refuses to write into it.
    let _ = fs::remove_dir_all(deck.with_extension(""));
    ["md", deck.to_str().expect("the folder of the build has a name that can be typed")]
}

/// Runs the command and returns the processor time it took, user and system, s.
fn processor_s(command: &mut Command) -> Result<f64, Failure> {
    let shown = typed(command);
    let before = children_s()?;
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
    match status {
        Ok(status) if status.success() => Ok(children_s()? - before),
        Ok(status) => Err(Failure::Step(format!("`{shown}` ended with {status}"))),
        Err(error) => Err(Failure::Step(format!("`{shown}` did not start: {error}"))),
    }
}

/// Processor time of the programs that were started and waited for, s.
fn children_s() -> Result<f64, Failure> {
    let stat = fs::read_to_string("/proc/self/stat").ok();
    let ticks = stat.as_deref().and_then(child_ticks);
    let per_second =
        output_of(&mut program("getconf", &["CLK_TCK"])).and_then(|text| text.parse::<f64>().ok());
    match (ticks, per_second) {
        (Some(ticks), Some(per_second)) => Ok(ticks / per_second),
        _ => Err(Failure::Missing(
            "this command reads processor times from /proc/self/stat, as Linux has it".into(),
        )),
    }
}

/// `cutime` and `cstime`, the 16th and 17th field of `/proc/self/stat`; the second, in brackets, may hold anything.
fn child_ticks(stat: &str) -> Option<f64> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    Some(fields.get(13)?.parse::<f64>().ok()? + fields.get(14)?.parse::<f64>().ok()?)
}

/// The headline of `natron bench --json`.
fn bench_us(command: &mut Command) -> Result<f64, Failure> {
    let shown = typed(command);
    let text = output_of(command).ok_or_else(|| Failure::Step(format!("`{shown}` failed")))?;
    let value = Json::parse(&text).map_err(Failure::Step)?;
    let number = value.get("us_per_atom_step").and_then(Json::number);
    number.ok_or_else(|| Failure::Step(format!("`{shown}` says nothing of us_per_atom_step")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_children_are_the_sixteenth_and_seventeenth_field() {
        let stat = "4242 (a) b) S 1 2 3 4 5 6 7 8 9 10 11 12 300 45 20 0 1 0";
        assert_eq!(child_ticks(stat), Some(345.0));
        assert_eq!(child_ticks("no stat"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_busy_child_is_counted() {
        let busy = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done";
        let time = processor_s(&mut program("sh", &["-c", busy])).expect("there is a shell");
        assert!(time > 0.0, "{time}");
    }

    #[test]
    fn the_middle_round_counts() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
    }
}
