//! What chains have found, as JSON and on the page.

use natron_dynamics::monte_carlo::{MoveKind, Record};
use natron_report::{Page, Plot, Table};
use serde_json::{Map, Value, json};

use super::BuildJob;
use super::exchange::{Exchange, Exchanged};
use crate::envelope::put_number;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 320.0;
/// A trend of the number of atoms beyond this many of its standard errors says that the chain has not settled.
const TREND_ERRORS: f64 = 3.0;
const SHORT: &str = "the chain is too short for an error";

/// All chains: `chains[]`, and the mean over them.
pub(super) fn json_of(job: &BuildJob, exchange: &Exchange, chains: &[Exchanged]) -> Value {
    let (reservoir, mut map) = (exchange.reservoir, Map::new());
    map.insert("species".into(), reservoir.species.symbol().into());
    map.insert("temperature_K".into(), reservoir.temperature.get().into());
    map.insert("chemical_potential_eV".into(), reservoir.chemical_potential_ev.into());
    let voltage = job.deck.grand_canonical.as_ref().and_then(|table| table.voltage_v);
    put_number(&mut map, "voltage_V", voltage, "the deck gives the chemical potential itself");
    if let Some(metal) = &exchange.metal {
        map.insert("metal".into(), metal.json());
    }
    map.insert("chains".into(), chains.iter().map(chain_json).collect());
    let (mean, error) = mean_of(chains);
    put_number(&mut map, "atoms_mean", mean, "no chain has come to its end");
    put_number(&mut map, "atoms_err", error, SHORT);
    map.into()
}

/// The mean number of atoms over all chains and its standard error: with several from their scatter.
fn mean_of(chains: &[Exchanged]) -> (Option<f64>, Option<f64>) {
    let means: Vec<f64> = chains.iter().filter_map(|chain| chain.checkpoint.record().mean()).collect();
    let count = means.len() as f64;
    match means.len() {
        0 => (None, None),
        1 => (Some(means[0]), chains[0].checkpoint.record().mean_error()),
        _ => {
            let mean = means.iter().sum::<f64>() / count;
            let squares: f64 = means.iter().map(|value| (value - mean).powi(2)).sum();
            (Some(mean), Some((squares / (count - 1.0) / count).sqrt()))
        }
    }
}

fn chain_json(chain: &Exchanged) -> Value {
    let (record, mut map) = (chain.checkpoint.record(), Map::new());
    map.insert("replica".into(), chain.replica.into());
    map.insert("moves".into(), chain.checkpoint.moves().into());
    put_number(&mut map, "atoms_mean", record.mean(), "no move was counted");
    put_number(&mut map, "atoms_err", record.mean_error(), SHORT);
    put_number(&mut map, "atoms_variance", record.variance(), "no move was counted");
    let trend = record.trend();
    put_number(&mut map, "atoms_trend", trend.map(|(trend, _)| trend), SHORT);
    put_number(&mut map, "atoms_trend_err", trend.map(|(_, error)| error), SHORT);
    put_number(&mut map, "energy_eV_mean", record.energy_ev.mean(), "no move was counted");
    put_number(&mut map, "energy_eV_err", record.energy_ev.mean_error(), SHORT);
    let share = |kind: MoveKind| {
        let (tried, accepted) = (record.tally.tried[kind as usize], record.tally.accepted[kind as usize]);
        (kind.name().to_owned(), json!({ "tried": tried, "accepted": accepted }))
    };
    map.insert("acceptance".into(), MoveKind::ALL.map(share).into_iter().collect::<Map<_, _>>().into());
    map.into()
}

/// What a reader should know before the numbers.
pub(super) fn warnings(chains: &[Exchanged]) -> Vec<String> {
    chains.iter().flat_map(|chain| of_chain(chain.replica, chain.checkpoint.record())).collect()
}

fn of_chain(replica: u32, record: &Record) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some((trend, error)) = record.trend()
        && trend.abs() > TREND_ERRORS * error
        && trend.abs() > 0.5
    {
        warnings.push(format!(
            "replica {replica}: the number of atoms still moves, by {trend:+.1} over the moves that count: more equilibration_moves are needed"
        ));
    }
    let accepted: u64 =
        [MoveKind::Insertion, MoveKind::Deletion].map(|k| record.tally.accepted[k as usize]).iter().sum();
    if accepted < 50 {
        warnings.push(format!(
            "replica {replica}: only {accepted} exchanges were accepted, which is too few for a mean"
        ));
    }
    warnings
}

/// The section of the page.
pub(super) fn section(page: Page, job: &BuildJob, exchange: &Exchange, chains: &[Exchanged]) -> Page {
    if chains.is_empty() {
        return page;
    }
    let reservoir = exchange.reservoir;
    let at = match job.deck.grand_canonical.as_ref().and_then(|table| table.voltage_v) {
        Some(voltage) => format!("{voltage} V against the metal, {:.4} eV", reservoir.chemical_potential_ev),
        None => format!("{:.4} eV", reservoir.chemical_potential_ev),
    };
    let caption = format!(
        "{} in the cell against Monte Carlo moves, at {} K and a chemical potential of {at}. Grey: equilibration, which does not count.",
        reservoir.species,
        reservoir.temperature.get()
    );
    page.heading("Exchange with a reservoir")
        .table(&table(chains))
        .note(
            "Grand-canonical Monte Carlo in a fixed cell. Errors are standard errors from block means with their correlation; a chain that has not met what lies \
             behind a rare event does not know of it. Shares are accepted moves of those tried.",
        )
        .figure(&picture(job, exchange, chains).to_svg(WIDTH, HEIGHT), &caption)
}

fn table(chains: &[Exchanged]) -> Table {
    let heading = [
        "replica",
        "atoms",
        "variance",
        "trend",
        "insertion / %",
        "deletion / %",
        "displacement / %",
        "hybrid / %",
    ];
    let mut table = (1..8).fold(Table::new(&heading), Table::right);
    for chain in chains {
        let record = chain.checkpoint.record();
        let number =
            |value: Option<f64>, digits: usize| value.map_or("-".into(), |v| format!("{v:.digits$}"));
        let both =
            |value: Option<f64>, error: Option<f64>| format!("{} +- {}", number(value, 2), number(error, 2));
        let trend = record.trend();
        let mut row = vec![
            chain.replica.to_string(),
            both(record.mean(), record.mean_error()),
            number(record.variance(), 2),
            both(trend.map(|(trend, _)| trend), trend.map(|(_, error)| error)),
        ];
        row.extend(MoveKind::ALL.map(|kind| number(record.tally.share(kind).map(|s| 100.0 * s), 2)));
        table.push(&row);
    }
    table
}

fn picture(job: &BuildJob, exchange: &Exchange, chains: &[Exchanged]) -> Plot {
    let equilibration = job.deck.monte_carlo.as_ref().map_or(0, |table| table.equilibration_moves);
    let label = format!("{} in the cell", exchange.reservoir.species);
    let mut plot = Plot::new("").x("moves").y(&label);
    if equilibration > 0 {
        plot = plot.span("", 0.0, equilibration as f64);
    }
    for chain in chains {
        let series = &chain.checkpoint.record().series;
        let points: Vec<(f64, f64)> =
            series.iter().map(|sample| (sample.moves as f64, sample.atoms as f64)).collect();
        let name = if chains.len() > 1 { format!("replica {}", chain.replica) } else { String::new() };
        plot = plot.line(&name, &points);
    }
    plot
}
