//! A run's trajectory, read by programs that natron did not write.

use std::collections::HashMap;

use crate::support::argon::{ATOMS, Argon};
use crate::support::oracle::Oracle;

/// 1 amu A^2/fs^2 in eV: 1.660 539 066 60e-27 kg (1e5 m/s)^2 over 1.602 176 634e-19 C.
const AMU_A2_PER_FS2_IN_EV: f64 = 103.642_696_561_7;

const H5PY: &str = r#"
import sys, json, h5py, numpy as np
text = lambda x: x.decode() if isinstance(x, bytes) else str(x)
with h5py.File(sys.argv[1], "r") as f:
    g = f["particles/all"]
    v, m = g["velocity/value"][:].astype(float), g["mass"][:].astype(float)
    print(json.dumps({
        "version": [int(i) for i in f["h5md"].attrs["version"]],
        "shape": list(g["position/value"].shape),
        "units": [text(g[n].attrs["unit"]) for n in ("position/value", "velocity/value", "position/time")],
        "time": list(map(float, g["position/time"][:])),
        "edges": g["box/edges/value"][0].tolist(),
        "boundary": [text(b) for b in g["box"].attrs["boundary"]],
        "half_mv2": (0.5 * m[None, :, None] * v**2).sum((1, 2)).tolist(),
        "potential": list(map(float, f["observables/potential_energy/value"][:])),
        "longest_step": float(np.abs(np.diff(g["position/value"][:], axis=0)).max()),
    }))
"#;

const MDANALYSIS: &str = r#"
import sys, json, MDAnalysis as mda
u = mda.Universe.empty(int(sys.argv[2]), trajectory=False)
u.load_new(sys.argv[1], format="H5MD")
times = [float(frame.time) for frame in u.trajectory]
v = float((u.trajectory[0].velocities.astype(float)**2).sum())
last = u.trajectory[-1]
print(json.dumps({
    "times": times, "dimensions": list(map(float, last.dimensions)), "v2": v,
}))
"#;

/// The production rows of thermo.csv as numbers by column.
fn production(thermo: &str) -> Vec<HashMap<String, f64>> {
    let mut lines = thermo.lines();
    let columns: Vec<&str> = lines.next().expect("a header").split(',').collect();
    let rows = lines.map(|line| columns.iter().copied().zip(line.split(',')));
    let rows =
        rows.filter(|row| row.clone().any(|(column, value)| column == "stage" && value == "production"));
    rows.map(|row| row.filter_map(|(c, v)| Some((c.to_owned(), v.parse().ok()?))).collect()).collect()
}

fn numbers(value: &serde_json::Value) -> Vec<f64> {
    let items = value.as_array().expect("a list");
    items.iter().map(|item| item.as_f64().expect("a number")).collect()
}

fn assert_near(found: f64, wanted: f64, relative: f64) {
    assert!((found - wanted).abs() <= relative * wanted.abs(), "{found} is not {wanted}");
}

/// h5py finds the frames of the recorded stage, at the times and energies of the thermo log; velocities and masses give its
/// kinetic energy, so their units are what they say.
#[test]
fn h5py_reads_what_the_thermo_log_says() {
    let Some(oracle) = Oracle::find() else { return };
    let argon = Argon::new(0.4);
    argon.finish(&["-q"]);
    let found = oracle.ask(H5PY, &[argon.run("trajectory.h5")]);
    let rows = production(&argon.thermo());
    let frames = rows.len();

    assert_eq!(frames, 21, "0.4 ps every 20 fs, both ends included");
    assert_eq!(found["version"], serde_json::json!([1, 1]));
    assert_eq!(found["shape"], serde_json::json!([frames, ATOMS, 3]));
    assert_eq!(found["units"], serde_json::json!(["Angstrom", "Angstrom fs-1", "ps"]));
    assert_eq!(found["boundary"], serde_json::json!(["periodic", "periodic", "periodic"]));
    let edges: Vec<f64> = found["edges"].as_array().expect("rows").iter().flat_map(numbers).collect();
    assert_eq!(edges, [17.1, 0.0, 0.0, 0.0, 17.1, 0.0, 0.0, 0.0, 17.1].map(|edge: f64| edge));
    let (times, kinetic, potential) =
        (numbers(&found["time"]), numbers(&found["half_mv2"]), numbers(&found["potential"]));
    for (frame, row) in rows.iter().enumerate() {
        assert!((times[frame] - row["time_ps"]).abs() < 1e-9);
        assert_near(kinetic[frame] * AMU_A2_PER_FS2_IN_EV, row["kinetic_energy_eV"], 1e-5);
        assert_near(potential[frame], row["potential_energy_eV"], 1e-6);
    }
    let longest = found["longest_step"].as_f64().expect("a number");
    assert!(longest < 1.0, "positions are unwrapped, yet one jumps by {longest} A");
}

/// MDAnalysis opens the file as it is and converts to its own units (A/ps).
#[test]
fn mdanalysis_opens_the_trajectory() {
    let Some(oracle) = Oracle::find() else { return };
    let argon = Argon::new(0.2);
    argon.finish(&["-q"]);
    let file = argon.run("trajectory.h5");
    let found = oracle.ask(MDANALYSIS, &[file.as_os_str(), ATOMS.to_string().as_ref()]);
    let rows = production(&argon.thermo());

    let times = numbers(&found["times"]);
    assert_eq!(times.len(), rows.len());
    for (time, row) in times.iter().zip(&rows) {
        assert!((time - row["time_ps"]).abs() < 1e-6, "{time}");
    }
    for (found, wanted) in numbers(&found["dimensions"]).into_iter().zip([17.1, 17.1, 17.1, 90.0, 90.0, 90.0])
    {
        assert_near(found, wanted, 1e-6);
    }
    let half_mv2 = 0.5 * 39.948 * found["v2"].as_f64().expect("a number") * 1e-6;
    assert_near(half_mv2 * AMU_A2_PER_FS2_IN_EV, rows[0]["kinetic_energy_eV"], 1e-4);
}
