use natron_atoms::{Cell, Species};

use super::*;
use crate::groups::{Groups, NamedGroup};
use crate::summary::{DynamicsSummary, StageResult, StageSummary, ThermostatSummary};

fn sample() -> Restart {
    let cell =
        Cell::new([[9.0, 0.0, 0.0], [1.0, 8.0, 0.0], [0.0, 2.0, 7.0]], [true, true, false]).expect("a cell");
    let positions = vec![Vec3::new(0.1, 0.2, 0.3), Vec3::new(-40.0, 1e-300, 3.0)];
    let structure =
        Structure::new(cell, vec![Species::NA, Species::C], positions.clone()).expect("a structure");
    let mut progress = Progress { stage: 1, stage_name: "heiß".to_owned(), step: 12, ..Progress::default() };
    (0..100).for_each(|k| progress.averages.conserved_ev.push(f64::from(k) * 0.1));
    progress.averages.volume_a3.push(504.5);
    progress.last_frame_step = Some(10);
    let dynamics = DynamicsSummary {
        ensemble: "nve".to_owned(),
        temperature_mean_k: 300.0,
        temperature_err_k: Some(1.0),
        pressure_mean_gpa: None,
        pressure_err_gpa: None,
        volume_mean_a3: Some(504.0),
        volume_err_a3: None,
        potential_energy_mean_ev: -1.0,
        energy_drift_mev_per_atom_ps: Some(1e-3),
        energy_drift_err_mev_per_atom_ps: None,
        energy_fluctuation_mev_per_atom: Some(0.5),
        thermostats: vec![ThermostatSummary {
            group: "hot".to_owned(),
            kind: "nvt-rescale".to_owned(),
            temperature_mean_k: 350.0,
            temperature_err_k: Some(2.0),
        }],
    };
    let minimise = StageResult::Minimise {
        converged: true,
        force_max_ev_per_a: 0.01,
        potential_energy_ev: -2.0,
        stress_left_gpa: Some(0.001),
        volume_a3: None,
    };
    for result in [minimise, StageResult::Dynamics(dynamics)] {
        progress.summaries.push(StageSummary { name: "s".to_owned(), steps: 5, end_ps: 0.5, result });
    }
    Restart {
        seed: 77,
        replica: 3,
        tag: PotentialTag { sha256: [9; 32], kernel: "avx2".to_owned() },
        structure,
        velocities: vec![Vec3::new(-0.0, 1.0, 2.0); 2],
        list_positions: positions,
        list_cell: Cell::new([[9.1, 0.0, 0.0], [1.0, 8.0, 0.0], [0.0, 2.0, 7.0]], [true, true, false])
            .expect("a cell"),
        skin_a: 1.0,
        energy_ev: -3.5,
        groups: Groups { named: vec![NamedGroup { name: "hot".to_owned(), holds: vec![true, false] }] },
        memory: vec![0.25, -1e-3],
        relaxation: vec![12.5, 0.1],
        progress,
    }
}

#[test]
fn bytes_give_the_restart_back() {
    let restart = sample();
    let back = Restart::from_bytes(&restart.to_bytes()).expect("its own bytes");
    assert_eq!(back, restart);
    assert_eq!(back.to_bytes(), restart.to_bytes());
    assert_eq!((back.step(), back.stage(), back.seed(), back.replica()), (12, "heiß", 77, 3));
}

/// The sample without what restarts of format 2, written before there were groups, do not have.
fn without_groups() -> Restart {
    let mut expected = sample();
    expected.groups = Groups::default();
    expected.progress.averages.groups_k.clear();
    // FIRE at its start, with the velocities that then stood among those of the atoms.
    let velocities = expected.velocities.iter().flatten().copied();
    expected.relaxation = [1.0, 0.1, 0.25, 0.0, 0.0].into_iter().chain(velocities).collect();
    for summary in &mut expected.progress.summaries {
        match &mut summary.result {
            StageResult::Dynamics(dynamics) => dynamics.thermostats.clear(),
            StageResult::Minimise { stress_left_gpa, .. } => *stress_left_gpa = None,
        }
    }
    expected
}

#[test]
fn the_second_format_is_still_read() {
    let old =
        Restart::from_bytes(include_bytes!("../../tests/restarts/format-2.restart")).expect("a restart");
    assert_eq!(old, without_groups());
}

/// A restart of format 1, written before there were barostats: it is the sample without what was not there then.
#[test]
fn the_first_format_is_still_read() {
    let old =
        Restart::from_bytes(include_bytes!("../../tests/restarts/format-1.restart")).expect("a restart");
    let mut expected = without_groups();
    expected.list_cell.clone_from(&expected.structure.cell);
    expected.memory.clear();
    expected.progress.averages.volume_a3 = Default::default();
    for summary in &mut expected.progress.summaries {
        if let StageResult::Dynamics(dynamics) = &mut summary.result {
            dynamics.volume_mean_a3 = None;
        }
    }
    assert_eq!(old, expected);
}

#[test]
fn every_truncation_is_seen() {
    let bytes = sample().to_bytes();
    assert_eq!(Restart::from_bytes(&[]), Err(RestartError::NotARestart));
    for length in 1..bytes.len() {
        let error = Restart::from_bytes(&bytes[..length]).expect_err("truncated");
        assert!(matches!(error, RestartError::Truncated { .. }), "{length}: {error}");
    }
}

#[test]
fn every_flipped_bit_is_seen() {
    let bytes = sample().to_bytes();
    for index in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[index] ^= 1 << (index % 8);
        assert!(Restart::from_bytes(&damaged).is_err(), "byte {index}");
    }
    let mut longer = bytes;
    longer.push(0);
    assert_eq!(Restart::from_bytes(&longer), Err(RestartError::Damaged));
}

#[test]
fn foreign_and_newer_files_are_named() {
    assert_eq!(Restart::from_bytes(b"PK\x03\x04 something"), Err(RestartError::NotARestart));
    let mut newer = sample().to_bytes();
    newer[8] = FORMAT as u8 + 1;
    assert_eq!(Restart::from_bytes(&newer), Err(RestartError::Newer { found: FORMAT + 1 }));
}

/// Content that makes no sense under a valid checksum: only a bug or an attack writes it.
#[test]
fn impossible_content_is_refused() {
    let spoil = |change: fn(&mut Restart)| {
        let mut restart = sample();
        change(&mut restart);
        Restart::from_bytes(&restart.to_bytes())
    };
    assert_eq!(spoil(|r| r.velocities[1].x = f64::NAN), Err(RestartError::Impossible));
    assert_eq!(spoil(|r| r.list_positions.truncate(1)), Err(RestartError::Impossible));
    assert_eq!(spoil(|r| r.groups.named[0].holds.truncate(1)), Err(RestartError::Impossible));
    assert_eq!(spoil(|r| r.structure.positions[0].y = f64::INFINITY), Err(RestartError::Impossible));
    assert_eq!(spoil(|r| r.progress.averages.conserved_ev.blocks.length = 0), Err(RestartError::Impossible));
}
