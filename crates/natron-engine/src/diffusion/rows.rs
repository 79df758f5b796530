//! Results as quantity and value, for tables.

use serde_json::Value;

/// One entry of `diffusion[]` as quantity and value.
pub fn rows(entry: &Value) -> Vec<(&'static str, String)> {
    let number = |key: &str| entry[key].as_f64();
    let mut rows = Vec::new();
    match (number("D_m2_per_s"), number("D_err_m2_per_s")) {
        (Some(d), Some(err)) => rows.push(("D", format!("{d:.2e} +- {err:.1e} m2/s (68 %)"))),
        (Some(d), None) => rows.push(("D", format!("{d:.2e} m2/s"))),
        (None, _) => {
            let why = entry["D_m2_per_s_note"].as_str().unwrap_or_default();
            rows.push(("D", format!("none: {why}")));
        }
    }
    if let (Some(low), Some(high)) = (number("D_low95_m2_per_s"), number("D_high95_m2_per_s")) {
        rows.push(("D, 95 %", format!("{low:.2e} to {high:.2e} m2/s")));
    }
    if let Some(upper) = number("D_upper_m2_per_s") {
        rows.push(("D below", format!("{upper:.2e} m2/s (95 %)")));
    }
    if let (Some(slope), Some(err)) = (number("slope"), number("slope_err")) {
        rows.push(("slope d ln MSD / d ln t", format!("{slope:.2} +- {err:.2}")));
    }
    if let (Some(from), Some(to)) = (number("fit_from_ps"), number("fit_to_ps")) {
        rows.push(("fitted", format!("{from:.2} to {to:.2} ps, {} origins", entry["n_origins"])));
    }
    rows.push(("verdict", entry["verdict"].as_str().unwrap_or_default().to_string()));
    rows
}

/// One entry of `transport[]` as quantity and value; what there is none of is left out, but for what the user asked for.
pub fn transport_rows(entry: &Value) -> Vec<(&'static str, String)> {
    let number = |key: &str| entry[key].as_f64();
    let with_error = |value: &str, error: &str, unit: &str| {
        Some(format!("{:.2e} +- {:.1e} {unit}", number(value)?, number(error)?))
    };
    let mut rows = Vec::new();
    let mut push = |name: &'static str, text: Option<String>| rows.extend(text.map(|text| (name, text)));
    push("temperature", number("temperature_K").map(|t| format!("{t:.1} K")));
    push("D, posterior", with_error("D_posterior_mean_m2_per_s", "D_posterior_std_m2_per_s", "m2/s"));
    push("D, plain fit", with_error("D_plain_m2_per_s", "D_plain_err_m2_per_s", "m2/s"));
    push("D, Green-Kubo", with_error("D_green_kubo_m2_per_s", "D_green_kubo_err_m2_per_s", "m2/s"));
    let list = |key: &str| -> Option<Vec<f64>> { entry[key].as_array()?.iter().map(Value::as_f64).collect() };
    let axes = list("D_eigenvalues_m2_per_s").zip(list("D_eigenvalues_err_m2_per_s")).map(|(d, err)| {
        d.iter().zip(err).map(|(d, err)| format!("{d:.2e} +- {err:.1e}")).collect::<Vec<_>>().join(", ")
            + " m2/s"
    });
    push("D along its axes", axes);
    push(
        "D, replicas",
        number("D_replicas_m2_per_s")
            .zip(number("D_replicas_low95_m2_per_s").zip(number("D_replicas_high95_m2_per_s")))
            .map(|(d, (low, high))| format!("{d:.2e} m2/s, {low:.2e} to {high:.2e} (95 %)")),
    );
    push("D_charge", with_error("D_charge_m2_per_s", "D_charge_err_m2_per_s", "m2/s"));
    push(
        "Haven ratio D*/D_charge",
        with_error("haven_ratio", "haven_ratio_err", "").map(|text| text.trim().to_owned()),
    );
    push(
        "conductivity, Nernst-Einstein, charge +1",
        with_error("conductivity_nernst_einstein_S_per_m", "conductivity_nernst_einstein_err_S_per_m", "S/m"),
    );
    push(
        "conductivity, collective, charge +1",
        with_error("conductivity_collective_S_per_m", "conductivity_collective_err_S_per_m", "S/m"),
    );
    let correction =
        number("D_finite_size_correction_m2_per_s").map(|d| format!("add {d:.2e} m2/s (Yeh-Hummer)"));
    push("finite cell", correction);
    rows
}

/// One entry of `arrhenius[]` as quantity and value.
pub fn arrhenius_rows(entry: &Value) -> Vec<(String, String)> {
    let number = |key: &str| entry[key].as_f64();
    let Some(energy) = number("E_a_eV") else {
        let why = entry["E_a_eV_note"].as_str().unwrap_or_default();
        return vec![("activation energy".into(), format!("none: {why}"))];
    };
    let range = |low: &str, high: &str| (number(low).unwrap_or(f64::NAN), number(high).unwrap_or(f64::NAN));
    let (low, high) = range("E_a_low95_eV", "E_a_high95_eV");
    let mut rows =
        vec![("activation energy".to_owned(), format!("{energy:.3} eV, {low:.3} to {high:.3} (95 %)"))];
    let (low, high) = range("D0_low95_m2_per_s", "D0_high95_m2_per_s");
    let d0 = number("D0_m2_per_s").unwrap_or(f64::NAN);
    rows.push(("D0".into(), format!("{d0:.2e} m2/s, {low:.2e} to {high:.2e} (95 %)")));
    let (low, high) = range("D_at_low95_m2_per_s", "D_at_high95_m2_per_s");
    let d = number("D_at_m2_per_s").unwrap_or(f64::NAN);
    let how = if entry["extrapolated"] == true { ", extrapolated" } else { "" };
    rows.push((
        format!("D at {} K{how}", entry["at_temperature_K"]),
        format!("{d:.2e} m2/s, {low:.2e} to {high:.2e} (95 %)"),
    ));
    if let Some(tau) = number("between_runs_std_ln") {
        rows.push(("between runs".into(), format!("{tau:.2} in ln D beyond their errors")));
    }
    rows
}
