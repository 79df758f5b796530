//! `natron schema`.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use natron_engine::schema;
use serde_json::Value;

use crate::output::Output;

/// Decks that have a schema.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Deck {
    /// The deck of natron md
    Md,
    /// The deck of natron map
    Map,
    /// The deck of natron build
    Build,
    /// The deck of natron study
    Study,
    /// The deck of natron voltage
    Voltage,
    /// The deck of natron neb
    Neb,
    /// The deck of natron charges
    Charges,
}

/// Which schema.
#[derive(Debug, Clone, Args)]
#[command(
    long_about = "\
Print the JSON schema of a deck. Editors complete and explain keys with it and mark mistakes while you type.

An editor with TOML support (taplo, Even Better TOML) takes it from a first line `#:schema ./md.schema.json` in the \
deck. What depends on several values together, or on files, is found by natron md DECK --check alone.",
    after_help = "\
Examples:
  natron schema md > md.schema.json"
)]
pub struct Arguments {
    /// Which deck
    #[arg(value_enum, value_name = "DECK")]
    pub deck: Deck,
}

/// Runs the command.
pub fn run(arguments: &Arguments, output: &Output) -> ExitCode {
    let schema = match arguments.deck {
        Deck::Md => schema::md(),
        Deck::Map => natron_engine::map::schema(),
        Deck::Build => schema::build(),
        Deck::Study => schema::study(),
        Deck::Voltage => schema::voltage(),
        Deck::Neb => schema::neb(),
        Deck::Charges => schema::charges(),
    };
    let text = format!("{schema:#}\n");
    let mut map = output.build.envelope("schema");
    map.insert("json_schema".into(), schema);
    output.result(&Value::Object(map), &text)
}
