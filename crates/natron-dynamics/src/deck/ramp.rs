//! A number of a deck that may change over a stage: `600`, or `{ from = 300, to = 600 }`.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A constant or a ramp as written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RampDeck {
    /// One number.
    Constant(f64),
    /// From one number to another, linearly over the stage.
    Ramp(Ends),
}

/// `{ from = ..., to = ... }`
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ends {
    /// At the start of the stage.
    pub from: f64,
    /// At its end.
    pub to: f64,
}

impl RampDeck {
    /// The numbers at start and end.
    pub fn ends(self) -> Ends {
        match self {
            Self::Constant(value) => Ends { from: value, to: value },
            Self::Ramp(ends) => ends,
        }
    }
}

impl Serialize for RampDeck {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Constant(value) => serializer.serialize_f64(*value),
            Self::Ramp(ends) => ends.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for RampDeck {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RampVisitor)
    }
}

struct RampVisitor;

/// What a derived enum would not say is where in a table the mistake is.
impl<'de> Visitor<'de> for RampVisitor {
    type Value = RampDeck;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number or { from = ..., to = ... }")
    }

    fn visit_f64<E>(self, value: f64) -> Result<RampDeck, E> {
        Ok(RampDeck::Constant(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<RampDeck, E> {
        Ok(RampDeck::Constant(value as f64))
    }

    fn visit_u64<E>(self, value: u64) -> Result<RampDeck, E> {
        Ok(RampDeck::Constant(value as f64))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RampDeck, A::Error> {
        Ends::deserialize(MapAccessDeserializer::new(map)).map(RampDeck::Ramp)
    }
}
