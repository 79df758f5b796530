//! The figure of a study: (a) voltage, (b) charges, (c) map, (d) diffusion, drawn from the files of its parts. What is not to be trusted is
//! crossed out.

use csv::StringRecord;
use natron_report::{Plot, grid, stack, told_apart};
use serde_json::Value;

use super::StudyJob;
use super::environments::{FORCE_STD, Looked};
use super::parts::{CHARGES, MAP, VOLTAGE};
use super::point::{is_finished, summary_of};
use super::report::arrhenius;
use super::summary::{Cell, Filling};
use crate::RunError;
use crate::csv_table::{CsvTable, number};

const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 420.0;
const NOT_TRUSTED: &str = "not trusted";

/// One of the panels.
pub(super) struct Panel {
    /// What it shows, as summary.json calls it.
    pub(super) name: &'static str,
    pub(super) svg: String,
    pub(super) caption: String,
}

/// Picture and caption.
type Drawn = (String, String);

/// All panels in one picture, two beside each other.
pub(super) fn whole(panels: &[Panel]) -> String {
    let pictures: Vec<String> = panels.iter().map(|panel| panel.svg.clone()).collect();
    grid(&pictures, 2, (WIDTH, HEIGHT))
}

/// The panels whose parts are there.
///
/// # Errors
/// A file of a part cannot be read.
pub(super) fn panels(job: &StudyJob, cells: &[Cell], fillings: &[Filling]) -> Result<Vec<Panel>, RunError> {
    let there = |name: &str| is_finished(&job.directory.join(name));
    let measured = fillings.iter().any(|filling| !filling.measured.is_empty());
    let mut panels: Vec<Panel> = Vec::new();
    for name in [VOLTAGE, CHARGES, MAP, "diffusion"] {
        let letter = format!("({})", ['a', 'b', 'c', 'd'][panels.len()]);
        let drawn = match name {
            VOLTAGE if job.deck.voltage.is_some() && there(VOLTAGE) => voltage(job, &letter),
            CHARGES if job.deck.charges.is_some() && there(CHARGES) => Some(charges(job, cells, &letter)?),
            MAP if job.deck.map.is_some() && there(MAP) => map(job, &letter)?,
            "diffusion" if measured => Some(diffusion(job, cells, fillings, &letter)),
            _ => None,
        };
        panels.extend(drawn.map(|(svg, caption)| Panel {
            name,
            svg,
            caption: format!("{letter} {caption}"),
        }));
    }
    Ok(panels)
}

/// Mean voltage over the capacity, and that of each step.
fn voltage(job: &StudyJob, letter: &str) -> Option<Drawn> {
    let summary = summary_of(&job.directory.join(VOLTAGE));
    let curve = summary["curve"].as_array().filter(|curve| !curve.is_empty())?;
    let number = |row: &Value, key: &str| row[key].as_f64();
    let hosts = number(&curve[0], "hosts").unwrap_or(1.0);
    let (mut mean, mut bars, mut band) = (Vec::new(), Vec::new(), Vec::new());
    let (mut step, mut crosses) = (Vec::new(), Vec::new());
    let mut from = 0.0;
    for row in curve {
        let capacity = number(row, "capacity_mAh_per_g")?;
        let value = number(row, "voltage_emptied_V")?;
        let std = number(row, "voltage_emptied_std_V");
        mean.push((capacity, value));
        bars.push((capacity, value, std.unwrap_or(0.0)));
        if hosts > 1.0 {
            let ends = (number(row, "voltage_emptied_low_V")?, number(row, "voltage_emptied_high_V")?);
            band.push((capacity, ends.0, ends.1));
        }
        // The ensemble, or the errors of the potential on its test frames carried over: whichever is worse.
        let doubt = std.into_iter().chain(number(row, "voltage_test_error_V")).reduce(f64::max);
        if doubt.is_some_and(|doubt| doubt > job.deck.trust.voltage_std_max_v) {
            crosses.push((capacity, value));
        }
        let of_step = number(row, "step_V")?;
        step.extend([(from, of_step), (capacity, of_step)]);
        from = capacity;
    }
    let plot = Plot::new(&format!("{letter} voltage"))
        .x("capacity / (mAh/g)")
        .y("V against the metal / V")
        .error_bars("mean", &bars)
        .dashed("", &mean)
        .band("", &band)
        .line("of each step", &step)
        .crosses(if crosses.is_empty() { "" } else { NOT_TRUSTED }, &crosses);
    let of_hosts = match hosts > 1.0 {
        true => format!("median of {hosts} hosts, band from the lowest to the highest"),
        false => "of one host".into(),
    };
    let caption = format!(
        "Mean voltage since the empty host, which was emptied again and relaxed ({of_hosts}; bars: standard deviation of the ensemble), and of each step; energies at 0 K against the relaxed metal of the same potential. {} of {} points are not trusted.",
        crosses.len(),
        curve.len()
    );
    Some((plot.to_svg(WIDTH, HEIGHT), caption))
}

/// Densities of charges by filling, of the ions above those of the host.
fn charges(job: &StudyJob, cells: &[Cell], letter: &str) -> Result<Drawn, RunError> {
    let table = CsvTable::read(&job.directory.join(CHARGES).join("density.csv"))?;
    let rows = table.rows();
    let mut elements = job.reference.clone();
    elements.insert(0, job.mobile);
    let mut fillings: Vec<(f64, &str)> = rows.iter().map(|row| (number(row, 1), &row[1])).collect();
    fillings.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut fillings: Vec<&str> = fillings.into_iter().map(|(_, x)| x).collect();
    fillings.dedup();
    let mut plots = Vec::new();
    for (k, element) in elements.iter().enumerate() {
        let title = if k == 0 { format!("{letter} charges") } else { String::new() };
        let mut plot = Plot::new(&title).x(&format!("charge of {element} / e")).y("density / (1/e)");
        for x in told_apart(&fillings) {
            let of = |row: &&StringRecord| &row[0] == element.symbol() && row[1] == **x;
            let curve: Vec<(f64, f64)> =
                rows.iter().filter(of).map(|row| (number(row, 2), number(row, 3))).collect();
            if !curve.is_empty() {
                plot = plot.line(&format!("x = {x}"), &curve);
            }
        }
        plots.push(plot);
    }
    let test = summary_of(&job.directory.join(CHARGES))["head"]["rmse_e"]["test"].as_f64();
    let error = test
        .map_or(String::new(), |rmse| format!(" The head is off by {rmse:.3} e (RMSE on its test split)."));
    let looked = at_environments(job, cells);
    let caption = format!(
        "Gaussian kernel densities of the charges at {} K by filling.{error} Environments of ions that are not trusted: {}.",
        job.environments_k(),
        in_words(&looked)
    );
    Ok((stack(&plots, WIDTH, HEIGHT), caption))
}

/// Environments in the plane, coloured by the charge of the ion, else by the filling.
fn map(job: &StudyJob, letter: &str) -> Result<Option<Drawn>, RunError> {
    let table = CsvTable::read(&job.directory.join(MAP).join("map.csv"))?;
    let columns = (table.column("axis_1"), table.column("axis_2"), table.column("x"));
    let (Some(one), Some(two), Some(x)) = columns else { return Ok(None) };
    let (charge, std) = (table.column("charges"), table.column(FORCE_STD));
    let colour = charge.unwrap_or(x);
    let (mut points, mut crosses) = (Vec::new(), Vec::new());
    for row in table.rows() {
        let place = (number(row, one), number(row, two));
        points.push((place.0, place.1, number(row, colour)));
        if std.is_some_and(|std| number(row, std) > job.deck.trust.force_std_max_ev_per_a) {
            crosses.push(place);
        }
    }
    let name = if charge.is_some() { "charge of the ion / e" } else { "x" };
    let plot = Plot::new(&format!("{letter} environments of {}", job.mobile))
        .x("first axis")
        .y("second axis")
        .graded(name, &points)
        .crosses(if crosses.is_empty() { "" } else { NOT_TRUSTED }, &crosses);
    let caption = format!(
        "Environments of {} at {} K by SOAP similarity, {} in all; {} of them are not trusted. By filling, displacement and coordination: map/report.html.",
        job.mobile,
        job.environments_k(),
        points.len(),
        crosses.len()
    );
    Ok(Some((plot.to_svg(WIDTH, HEIGHT), caption)))
}

/// Diffusion coefficients over inverse temperature.
fn diffusion(job: &StudyJob, cells: &[Cell], fillings: &[Filling], letter: &str) -> Drawn {
    let doubtful = cells.iter().filter(|cell| cell.is_doubtful(&job.deck.trust));
    let crosses: Vec<(f64, f64)> =
        doubtful.filter_map(|cell| cell.measured()).map(|m| (1e3 / m.temperature_k, m.d_m2_per_s)).collect();
    let plot = arrhenius(fillings)
        .titled(&format!("{letter} diffusion"))
        .crosses(if crosses.is_empty() { "" } else { NOT_TRUSTED }, &crosses);
    let measured: usize = fillings.iter().map(|filling| filling.measured.len()).sum();
    let caption = format!(
        "Diffusion coefficients of {} with their 68 % intervals, {measured} of {} cells of the grid (the others gave none: see the table); lines: Arrhenius with its 95 % band, within the temperatures of the runs.",
        job.mobile,
        cells.len()
    );
    (plot.to_svg(WIDTH, HEIGHT), caption)
}

/// What was looked at at the temperature of charges and map, by filling.
fn at_environments(job: &StudyJob, cells: &[Cell]) -> Vec<(usize, Looked)> {
    let wanted = job.environments_k();
    let of = |cell: &Cell| Some((cell.x, cell.looked?));
    cells.iter().filter(|cell| cell.temperature_k == wanted).filter_map(of).collect()
}

fn in_words(looked: &[(usize, Looked)]) -> String {
    let one = |(x, looked): &(usize, Looked)| {
        format!("{} of {} at x = {x}", looked.not_trusted, looked.environments)
    };
    match looked {
        [] => "unknown, the potential does not say".into(),
        some => some.iter().map(one).collect::<Vec<_>>().join(", "),
    }
}
