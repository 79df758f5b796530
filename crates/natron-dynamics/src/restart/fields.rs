//! The fields of a restart's payload, in order.

use natron_atoms::{Cell, Species, Structure};

use super::{PotentialTag, Restart};
use crate::blocks::Blocks;
use crate::bytes::{Malformed, Reader, Writer};
use crate::groups::{Groups, NamedGroup};
use crate::minimise;
use crate::progress::Progress;
use crate::summary::{Averages, DynamicsSummary, StageResult, StageSummary, ThermostatSummary};
use crate::trend::Trend;

pub(super) fn write(restart: &Restart, w: &mut Writer) {
    w.u64(restart.seed);
    w.u64(u64::from(restart.replica));
    w.raw(&restart.tag.sha256);
    w.text(&restart.tag.kernel);
    write_structure(&restart.structure, w);
    w.vectors(&restart.velocities);
    w.vectors(&restart.list_positions);
    w.f64(restart.skin_a);
    w.f64(restart.energy_ev);
    write_cell(&restart.list_cell, w);
    w.f64s(&restart.memory);
    write_groups(&restart.groups, w);
    w.f64s(&restart.relaxation);
    write_progress(&restart.progress, w);
}

/// Reads a payload of a format up to the present one.
pub(super) fn read(r: &mut Reader<'_>, format: u64) -> Result<Restart, Malformed> {
    let (seed, replica) = (r.u64()?, u32::try_from(r.u64()?).map_err(|_| Malformed)?);
    let tag = PotentialTag { sha256: r.byte_array()?, kernel: r.text()? };
    let structure = read_structure(r)?;
    let (velocities, list_positions) = (r.vectors()?, r.vectors()?);
    let (skin_a, energy_ev) = (r.f64()?, r.f64()?);
    let (list_cell, memory) = match format {
        // No ensemble of its time moved the cell or remembered anything.
        1 => (structure.cell.clone(), Vec::new()),
        _ => (read_cell(r)?, r.f64s()?),
    };
    let (groups, relaxation) =
        if format > 2 { (read_groups(r)?, r.f64s()?) } else { (Groups::default(), Vec::new()) };
    let mut fire = OldFire::default();
    let progress = read_progress(r, format, &mut fire)?;
    let relaxation = match format {
        1 | 2 => minimise::memory_of_old(fire.0, fire.1, &velocities),
        _ => relaxation,
    };
    let restart = Restart {
        seed,
        replica,
        tag,
        structure,
        velocities,
        list_positions,
        list_cell,
        skin_a,
        energy_ev,
        groups,
        memory,
        relaxation,
        progress,
    };
    let atoms = restart.structure.len();
    let vectors = restart.velocities.iter().chain(&restart.list_positions).flatten();
    let finite = vectors.chain(&restart.memory).chain(&restart.relaxation).all(|x| x.is_finite());
    let grouped = restart.groups.named.iter().all(|group| group.holds.len() == atoms);
    if restart.velocities.len() == atoms && restart.list_positions.len() == atoms && finite && grouped {
        Ok(restart)
    } else {
        Err(Malformed)
    }
}

fn write_groups(groups: &Groups, w: &mut Writer) {
    w.u64(groups.named.len() as u64);
    for group in &groups.named {
        w.text(&group.name);
        w.u64(group.holds.len() as u64);
        group.holds.iter().for_each(|&holds| w.bool(holds));
    }
}

fn read_groups(r: &mut Reader<'_>) -> Result<Groups, Malformed> {
    let count = r.count(16)?;
    let group = |r: &mut Reader<'_>| {
        let name = r.text()?;
        let atoms = r.count(1)?;
        Ok(NamedGroup { name, holds: (0..atoms).map(|_| r.bool()).collect::<Result<_, _>>()? })
    };
    Ok(Groups { named: (0..count).map(|_| group(r)).collect::<Result<_, _>>()? })
}

pub(crate) fn write_structure(structure: &Structure, w: &mut Writer) {
    write_cell(&structure.cell, w);
    w.u64(structure.len() as u64);
    structure.species.iter().for_each(|s| w.raw(&[s.number()]));
    w.vectors(&structure.positions);
}

fn write_cell(cell: &Cell, w: &mut Writer) {
    w.matrix(cell.rows());
    cell.periodic().iter().for_each(|&p| w.bool(p));
}

fn read_cell(r: &mut Reader<'_>) -> Result<Cell, Malformed> {
    let rows = r.matrix()?;
    let periodic = [r.bool()?, r.bool()?, r.bool()?];
    let rows = std::array::from_fn(|i| std::array::from_fn(|j| rows[(i, j)]));
    Cell::new(rows, periodic).map_err(|_| Malformed)
}

pub(crate) fn read_structure(r: &mut Reader<'_>) -> Result<Structure, Malformed> {
    let cell = read_cell(r)?;
    let atoms = r.count(1)?;
    let species: Option<Vec<Species>> = r.raw(atoms)?.iter().map(|&n| Species::from_number(n)).collect();
    Structure::new(cell, species.ok_or(Malformed)?, r.vectors()?).map_err(|_| Malformed)
}

fn write_progress(progress: &Progress, w: &mut Writer) {
    w.u64(progress.stage as u64);
    w.text(&progress.stage_name);
    w.bool(progress.stage_done);
    w.u64(progress.step_in_stage);
    w.u64(progress.step);
    for value in [progress.stage_start_ps, progress.time_ps, progress.heat_ev, progress.energy_from_ev] {
        w.f64(value);
    }
    let averages = &progress.averages;
    for blocks in [&averages.temperature_k, &averages.pressure_gpa, &averages.potential_energy_ev] {
        write_blocks(blocks, w);
    }
    write_trend(&averages.conserved_ev, w);
    write_blocks(&averages.volume_a3, w);
    w.u64(averages.groups_k.len() as u64);
    averages.groups_k.iter().for_each(|blocks| write_blocks(blocks, w));
    w.u64(progress.rows);
    w.u64(progress.frames);
    w.optional_u64(progress.last_frame_step);
    w.u64(progress.summaries.len() as u64);
    progress.summaries.iter().for_each(|summary| write_summary(summary, w));
}

/// More thermostats than a deck can have: each takes room for its averages.
const THERMOSTATS_MAX: usize = 512;

/// FIRE's numbers and counts as formats 1 and 2 keep them.
type OldFire = ([f64; 2], [u64; 2]);

fn read_progress(r: &mut Reader<'_>, format: u64, fire: &mut OldFire) -> Result<Progress, Malformed> {
    Ok(Progress {
        stage: usize::try_from(r.u64()?).map_err(|_| Malformed)?,
        stage_name: r.text()?,
        stage_done: r.bool()?,
        step_in_stage: r.u64()?,
        step: r.u64()?,
        stage_start_ps: r.f64()?,
        time_ps: r.f64()?,
        heat_ev: r.f64()?,
        energy_from_ev: r.f64()?,
        averages: Averages {
            temperature_k: read_blocks(r)?,
            pressure_gpa: read_blocks(r)?,
            potential_energy_ev: read_blocks(r)?,
            conserved_ev: read_trend(r)?,
            volume_a3: if format > 1 { read_blocks(r)? } else { Blocks::default() },
            groups_k: match format {
                1 | 2 => Vec::new(),
                _ => {
                    let count = r.count(32)?;
                    if count > THERMOSTATS_MAX {
                        return Err(Malformed);
                    }
                    (0..count).map(|_| read_blocks(r)).collect::<Result<_, _>>()?
                }
            },
        },
        // Read where it stands.
        rows: {
            if format < 3 {
                *fire = ([r.f64()?, r.f64()?], [r.u64()?, r.u64()?]);
            }
            r.u64()?
        },
        frames: r.u64()?,
        last_frame_step: r.optional_u64()?,
        summaries: {
            let count = r.count(1)?;
            (0..count).map(|_| read_summary(r, format)).collect::<Result<_, _>>()?
        },
    })
}

pub(crate) fn write_blocks(blocks: &Blocks, w: &mut Writer) {
    w.f64s(&blocks.means);
    w.u64(blocks.length);
    w.f64(blocks.open_sum);
    w.u64(blocks.open_count);
}

pub(crate) fn read_blocks(r: &mut Reader<'_>) -> Result<Blocks, Malformed> {
    let read = Blocks { means: r.f64s()?, length: r.u64()?, open_sum: r.f64()?, open_count: r.u64()? };
    // Into a buffer of full size, so that a resumed run allocates no more than the first.
    let mut blocks = Blocks::default();
    if read.means.len() >= blocks.means.capacity() || read.open_count >= read.length {
        return Err(Malformed);
    }
    blocks.means.extend_from_slice(&read.means);
    Ok(Blocks { means: blocks.means, ..read })
}

fn write_trend(trend: &Trend, w: &mut Writer) {
    w.f64(trend.origin);
    w.u64(trend.count);
    [trend.mean, trend.squares, trend.products].iter().for_each(|&v| w.f64(v));
    write_blocks(&trend.blocks, w);
}

fn read_trend(r: &mut Reader<'_>) -> Result<Trend, Malformed> {
    Ok(Trend {
        origin: r.f64()?,
        count: r.u64()?,
        mean: r.f64()?,
        squares: r.f64()?,
        products: r.f64()?,
        blocks: read_blocks(r)?,
    })
}

fn write_summary(summary: &StageSummary, w: &mut Writer) {
    w.text(&summary.name);
    w.u64(summary.steps);
    w.f64(summary.end_ps);
    match &summary.result {
        StageResult::Minimise {
            converged,
            force_max_ev_per_a,
            potential_energy_ev,
            stress_left_gpa,
            volume_a3,
        } => {
            w.raw(&[0]);
            w.bool(*converged);
            w.f64(*force_max_ev_per_a);
            w.f64(*potential_energy_ev);
            w.optional_f64(*stress_left_gpa);
            w.optional_f64(*volume_a3);
        }
        StageResult::Dynamics(dynamics) => {
            w.raw(&[1]);
            write_dynamics(dynamics, w);
        }
    }
}

fn read_summary(r: &mut Reader<'_>, format: u64) -> Result<StageSummary, Malformed> {
    Ok(StageSummary {
        name: r.text()?,
        steps: r.u64()?,
        end_ps: r.f64()?,
        result: match r.u8()? {
            0 => StageResult::Minimise {
                converged: r.bool()?,
                force_max_ev_per_a: r.f64()?,
                potential_energy_ev: r.f64()?,
                stress_left_gpa: if format > 2 { r.optional_f64()? } else { None },
                volume_a3: if format > 2 { r.optional_f64()? } else { None },
            },
            1 => StageResult::Dynamics(read_dynamics(r, format)?),
            _ => return Err(Malformed),
        },
    })
}

fn write_dynamics(dynamics: &DynamicsSummary, w: &mut Writer) {
    w.text(&dynamics.ensemble);
    w.f64(dynamics.temperature_mean_k);
    w.f64(dynamics.potential_energy_mean_ev);
    let optional = [
        dynamics.temperature_err_k,
        dynamics.pressure_mean_gpa,
        dynamics.pressure_err_gpa,
        dynamics.energy_drift_mev_per_atom_ps,
        dynamics.energy_drift_err_mev_per_atom_ps,
        dynamics.energy_fluctuation_mev_per_atom,
        dynamics.volume_mean_a3,
        dynamics.volume_err_a3,
    ];
    optional.iter().for_each(|&v| w.optional_f64(v));
    w.u64(dynamics.thermostats.len() as u64);
    for thermostat in &dynamics.thermostats {
        w.text(&thermostat.group);
        w.text(&thermostat.kind);
        w.f64(thermostat.temperature_mean_k);
        w.optional_f64(thermostat.temperature_err_k);
    }
}

fn read_thermostat(r: &mut Reader<'_>) -> Result<ThermostatSummary, Malformed> {
    Ok(ThermostatSummary {
        group: r.text()?,
        kind: r.text()?,
        temperature_mean_k: r.f64()?,
        temperature_err_k: r.optional_f64()?,
    })
}

fn read_dynamics(r: &mut Reader<'_>, format: u64) -> Result<DynamicsSummary, Malformed> {
    Ok(DynamicsSummary {
        ensemble: r.text()?,
        temperature_mean_k: r.f64()?,
        potential_energy_mean_ev: r.f64()?,
        temperature_err_k: r.optional_f64()?,
        pressure_mean_gpa: r.optional_f64()?,
        pressure_err_gpa: r.optional_f64()?,
        energy_drift_mev_per_atom_ps: r.optional_f64()?,
        energy_drift_err_mev_per_atom_ps: r.optional_f64()?,
        energy_fluctuation_mev_per_atom: r.optional_f64()?,
        volume_mean_a3: if format > 1 { r.optional_f64()? } else { None },
        volume_err_a3: if format > 1 { r.optional_f64()? } else { None },
        thermostats: match format {
            1 | 2 => Vec::new(),
            _ => {
                let count = r.count(33)?;
                (0..count).map(|_| read_thermostat(r)).collect::<Result<_, _>>()?
            }
        },
    })
}
