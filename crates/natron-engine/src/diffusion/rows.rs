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
    let haven =
        number("haven_ratio").zip(number("haven_ratio_err")).map(|(h, err)| format!("{h:.2} +- {err:.2}"));
    push("Haven ratio D*/D_charge", haven);
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
        format!("D at {} K{how}", number("at_temperature_K").unwrap_or(f64::NAN)),
        format!("{d:.2e} m2/s, {low:.2e} to {high:.2e} (95 %)"),
    ));
    if let Some(tau) = number("between_runs_std_ln") {
        rows.push(("between runs".into(), format!("{tau:.2} in ln D beyond their errors")));
    }
    rows
}

/// One entry of `structure[]` as quantity and value.
pub fn structure_rows(entry: &Value) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    let frames = format!("{} of {} frames", entry["frames"], entry["frames_read"]);
    rows.push(("structure from".to_owned(), frames));
    for pair in entry["rdf"].as_array().into_iter().flatten() {
        let symbol = |k: usize| pair["pair"][k].as_str().unwrap_or_default();
        let number = |key: &str| pair[key].as_f64();
        let shell = number("first_shell_A").zip(number("coordination").zip(number("coordination_back")));
        let Some((end, (around, back))) = shell else { continue };
        let (a, b) = (symbol(0), symbol(1));
        let text = match a == b {
            true => format!("{around:.2} within {end:.2} A"),
            false => format!("{around:.2} around {a}, {back:.2} around {b}, within {end:.2} A"),
        };
        rows.push((format!("{a}-{b} neighbours"), text));
    }
    let network = &entry["network"];
    let symbol = network["species"].as_str().unwrap_or_default();
    let percent = |key: &str| network[key].as_f64().map(|share| format!("{:.1}", 100.0 * share));
    if let (Some(sp), Some(sp2), Some(sp3)) = (percent("sp"), percent("sp2"), percent("sp3")) {
        rows.push(("sp, sp2, sp3".into(), format!("{sp}, {sp2}, {sp3} %")));
    }
    let spread = |key: &str, digits: usize| {
        let both = network[format!("{key}_mean")].as_f64().zip(network[format!("{key}_sd")].as_f64());
        both.map(|(mean, sd)| format!("{mean:.digits$}, standard deviation {sd:.digits$}"))
    };
    rows.extend(spread("bond_A", 3).map(|text| (format!("{symbol}-{symbol} bonds"), text + " A")));
    rows.extend(
        spread("angle_deg", 1).map(|text| (format!("{symbol}-{symbol}-{symbol} angles"), text + " deg")),
    );
    if let Some(mean) = network["ring_size_mean"].as_f64() {
        let each = |n: &str| network["rings_per_atom"][n].as_f64().unwrap_or(0.0);
        let text =
            format!("{:.2}, {:.2}, {:.2} an atom, mean size {mean:.2}", each("5"), each("6"), each("7"));
        rows.push(("rings of 5, 6, 7".into(), text));
    }
    let pores = &entry["pores"];
    let number = |key: &str| pores[key].as_f64();
    if let (Some(void), Some(open), Some(probe)) =
        (number("void_share"), number("accessible_share"), number("probe_A"))
    {
        let text = format!("{:.1} % void, {:.2} % for a probe of {probe} A", 100.0 * void, 100.0 * open);
        rows.push(("volume".into(), text));
    }
    let both = |key: &str| Some((number(key)?, number(&format!("{key}_sd"))?));
    rows.extend(both("widest_A").map(|(w, sd)| ("widest pore".to_owned(), format!("{w:.2} +- {sd:.2} A"))));
    if pores.is_object() {
        let along = ["tortuosity_a", "tortuosity_b", "tortuosity_c"];
        let text = along.map(|key| number(key).map_or("closed".to_owned(), |t| format!("{t:.2}"))).join(", ");
        rows.push(("tortuosity along a, b, c".into(), text));
    }
    for clusters in entry["clusters"].as_array().into_iter().flatten() {
        let symbol = clusters["species"].as_str().unwrap_or_default();
        let share = |size: usize| 100.0 * clusters["share_by_size"][size].as_f64().unwrap_or(0.0);
        if let (Some(mean), Some(cutoff)) = (clusters["size_mean"].as_f64(), clusters["cutoff_A"].as_f64()) {
            let text = format!(
                "{:.0} % alone, {:.0} % in pairs, mean size {mean:.1} (links below {cutoff:.2} A)",
                share(1),
                share(2)
            );
            rows.push((format!("{symbol} clusters"), text));
        }
    }
    rows
}

/// One entry of `motion[]` as quantity and value.
pub fn motion_rows(entry: &Value) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    let jumps = &entry["jumps"];
    let number = |key: &str| jumps[key].as_f64();
    let both = |value: &str, error: &str| number(value).zip(number(error));
    match both("rate_per_ps", "rate_err_per_ps") {
        Some((rate, err)) => {
            rows.push(("jumps", format!("{}, {rate:.4} +- {err:.4} per ion and ps", jumps["n"])));
        }
        None => rows
            .push(("jumps", format!("none counted: {}", entry["jumps_note"].as_str().unwrap_or_default()))),
    }
    if let Some((mean, sd)) = both("length_A_mean", "length_A_sd") {
        rows.push(("length of a jump", format!("{mean:.2} A, standard deviation {sd:.2} A")));
    }
    if let Some(back) = number("share_back") {
        rows.push(("jumps that lead back", format!("{:.0} %", 100.0 * back)));
    }
    if let Some((time, err)) = both("stay_ps", "stay_err_ps") {
        rows.push(("residence time", format!("{time:.2} +- {err:.2} ps")));
    } else if let Some(bound) = number("stay_low95_ps") {
        rows.push(("residence time", format!("above {bound:.1} ps (95 %)")));
    }
    if let Some((d, err)) = both("D_random_walk_m2_per_s", "D_random_walk_err_m2_per_s") {
        rows.push(("D of independent jumps", format!("{d:.2e} +- {err:.1e} m2/s")));
    }
    if let Some((f, err)) = both("correlation_factor", "correlation_factor_err") {
        rows.push(("correlation factor", format!("{f:.2} +- {err:.2}")));
    }
    if let Some(sites) = entry["n_sites"].as_u64() {
        rows.push(("sites", format!("{sites}")));
    }
    if let Some((top, at)) = entry["non_gaussian_max"].as_f64().zip(entry["non_gaussian_max_at_ps"].as_f64())
    {
        rows.push(("non-Gaussian parameter", format!("at most {top:.2}, after {at:.2} ps")));
    }
    let class = |name: &str| entry["classes"][name].as_u64().unwrap_or(0);
    let text = format!(
        "{} hopping, {} clustering, {} trapped",
        class("hopping"),
        class("clustering"),
        class("trapped")
    );
    rows.push(("ions", text));
    let correlation = |key: &str| entry[key].as_f64().map(|r| format!("{r:+.2}"));
    let (framework, own) =
        (correlation("rank_correlation_D_framework"), correlation("rank_correlation_D_own"));
    if let (Some(framework), Some(own)) = (framework, own) {
        let text = format!("{framework} with framework neighbours, {own} with its own kind");
        rows.push(("rank correlation of an ion's D", text));
    }
    rows
}
