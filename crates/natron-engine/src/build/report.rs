//! report.html: what was built, on one page.

use natron_atoms::Species;
use natron_report::{Page, Plot, Table};
use serde_json::{Value, json};

use super::exchange::{Exchange, Exchanged};
use super::facts::{BOND_MAX_A, RING_MAX};
use super::summary::Made;
use super::{BuildJob, exchange_summary, meanings};
use crate::RunError;
use crate::md::report::picture;
use crate::watch::Stop;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 400.0;
/// Curves and pictures beyond these do not help.
const CURVES: usize = 6;
const PICTURES: usize = 4;

/// Where the carbon of others stands: one frame of C200 at 1.2 g/cm3, melted, annealed at 3000 K and quenched with a Gaussian
/// approximation potential (jla-gardner/carbon-data).
const REFERENCE: [(&str, &str); 6] = [
    ("density / (g/cm3)", "1.2"),
    ("sp / %", "8"),
    ("sp2 / %", "92"),
    ("C-C / A", "1.431 +- 0.054"),
    ("angle / deg", "119 +- 14"),
    ("maxima of g / A", "1.425, 2.425, 2.825, 3.725"),
];

/// The same as JSON.
pub(super) fn reference_json() -> Value {
    json!({
        "about": "C200 at 1.2 g/cm3, Gaussian approximation potential, melt, anneal at 3000 K, quench; one frame of jla-gardner/carbon-data",
        "density_g_per_cm3": 1.2, "sp": 0.08, "sp2": 0.92,
        "bond_A_mean": 1.431, "bond_A_sd": 0.054, "angle_deg_mean": 119.0, "angle_deg_sd": 14.0,
        "g_maxima_A": [1.425, 2.425, 2.825, 3.725],
    })
}

/// One row for each structure.
pub(super) fn table(made: &[Made]) -> Table {
    let mut table =
        Table::new(&["structure", "atoms", "g/cm3", "eV/atom", "sp2 / %", "closest contacts / A"])
            .right(1)
            .right(2)
            .right(3)
            .right(4);
    for m in made {
        let facts = &m.facts.json;
        let sp2 = facts.get("carbon").map(|carbon| percent(&carbon["sp2"])).unwrap_or_default();
        let atoms = m.structure.len().to_string();
        table.push(&[
            m.file.as_str(),
            &atoms,
            &number(&facts["density_g_per_cm3"], 3),
            &number(&facts["energy_eV_per_atom"], 3),
            &sp2,
            &contacts(facts.get("contacts")),
        ]);
    }
    table
}

fn contacts(list: Option<&Value>) -> String {
    let one = |contact: &Value| {
        let symbol = |k: usize| contact["species"][k].as_str().unwrap_or_default().to_string();
        format!("{}-{} {}", symbol(0), symbol(1), number(&contact["distance_A"], 2))
    };
    let all: Vec<String> = list.and_then(Value::as_array).into_iter().flatten().map(one).collect();
    all.join(", ")
}

fn number(value: &Value, digits: usize) -> String {
    value.as_f64().map(|value| format!("{value:.digits$}")).unwrap_or_default()
}

fn percent(value: &Value) -> String {
    value.as_f64().map(|share| format!("{:.1}", 100.0 * share)).unwrap_or_default()
}

/// The page.
pub(super) fn page(
    job: &BuildJob,
    made: &[Made],
    exchange: Option<(&Exchange, &[Exchanged])>,
    warnings: &[String],
    failures: &[(u32, RunError)],
    stopped: Option<Stop>,
) -> String {
    let name = job.directory.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut page = Page::new(&format!("Structures: {name}")).subtitle(&format!(
        "{}, potential {}, {} structure(s)",
        meanings::kind_of(&job.deck.structure),
        job.potential.name,
        made.len()
    ));
    if let Some(stop) = stopped {
        let text =
            format!("The build was stopped by {} before its end; continue it with --resume.", stop.name());
        page = page.warning(&text);
    }
    for (replica, error) in failures {
        page = page.warning(&format!("Replica {replica} failed: {}.", error.message));
    }
    for warning in warnings {
        page = page.warning(&format!("{warning}."));
    }
    page = page.table(&table(made));
    if let Some((exchange, chains)) = exchange {
        page = exchange_summary::section(page, job, exchange, chains);
    }
    page = carbon(page, made);
    for m in made.iter().take(PICTURES) {
        let caption = format!("{}: atoms wrapped into the cell.", m.file);
        page = page.figure(&picture(&m.structure), &caption);
    }
    page.heading("Deck").code(&meanings::to_toml(&job.deck)).to_html()
}

/// Hosts beside the carbon of others.
fn carbon(mut page: Page, made: &[Made]) -> Page {
    let hosts: Vec<&Made> =
        made.iter().filter(|m| m.is_host() && m.structure.species.contains(&Species::C)).collect();
    if hosts.is_empty() {
        return page;
    }
    page = page.heading("Carbon").table(&comparison(&hosts)).note(&format!(
        "sp, sp2 and sp3 are carbon atoms with two, three and four carbon atoms within {BOND_MAX_A} A. The reference is one frame of C200 \
         at 1.2 g/cm3 made with a Gaussian approximation potential (jla-gardner/carbon-data); other densities differ from it for a reason. \
         Energies are above graphite of the same potential."
    ));
    let mut g = Plot::new("").x("r / \u{c5}").y("g(r), C-C");
    for host in hosts.iter().take(CURVES) {
        g = g.line(&host.file, &host.facts.g);
    }
    let mut rings = Plot::new("").x("atoms of the ring").y("shortest-path rings per carbon atom");
    for host in hosts.iter().take(CURVES) {
        let counts = &host.facts.json["carbon"]["rings_per_cell"];
        let carbon = host.structure.species.iter().filter(|species| **species == Species::C).count();
        let each = |n: usize| (n as f64, counts[n.to_string()].as_f64().unwrap_or(0.0) / carbon as f64);
        rings = rings.line(&host.file, &(3..=RING_MAX).map(each).collect::<Vec<_>>());
    }
    page.figure(&g.to_svg(WIDTH, HEIGHT), "Radial distribution of carbon around carbon, in shells of 0.05 A.").figure(
        &rings.to_svg(WIDTH, 0.7 * HEIGHT),
        "Shortest-path rings (Franzblau): no two atoms of a ring have a shorter way between them than along it.",
    )
}

/// A column for each quantity, a row for each host, the reference first.
fn comparison(hosts: &[&Made]) -> Table {
    let mut heading = vec!["structure"];
    heading.extend(REFERENCE.iter().map(|(name, _)| *name));
    heading.extend(["sp3 / %", "above graphite / (eV/atom)", "std / (meV/atom)"]);
    let mut table = Table::new(&heading);
    let mut row = vec!["reference"];
    row.extend(REFERENCE.iter().map(|(_, value)| *value));
    table.push(&row);
    for host in hosts {
        let (facts, carbon) = (&host.facts.json, &host.facts.json["carbon"]);
        let spread = |key: &str, digits: usize| {
            let part = |end: &str| number(&carbon[format!("{key}_{end}")], digits);
            format!("{} +- {}", part("mean"), part("sd"))
        };
        let maxima = carbon["g_maxima_A"].as_array().into_iter().flatten();
        let maxima: Vec<String> = maxima.map(|value| number(value, 3)).collect();
        let none = Value::Null;
        let fact = |key: &str| facts.get(key).unwrap_or(&none);
        table.push(&[
            host.file.clone(),
            number(fact("density_g_per_cm3"), 3),
            percent(&carbon["sp"]),
            percent(&carbon["sp2"]),
            spread("bond_A", 3),
            spread("angle_deg", 1),
            maxima.join(", "),
            percent(&carbon["sp3"]),
            number(fact("energy_above_graphite_eV_per_atom"), 3),
            number(fact("energy_std_meV_per_atom"), 0),
        ]);
    }
    table
}
