//! An entry of a group's `indices`: `7`, or `"10-19"`, both ends included.

use std::fmt;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One index or a range as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexDeck {
    /// One atom, from 0.
    One(u64),
    /// First and last atom, as text.
    Range(String),
}

impl IndexDeck {
    /// As the deck has it.
    pub fn written(&self) -> String {
        match self {
            Self::One(index) => index.to_string(),
            Self::Range(text) => text.clone(),
        }
    }

    /// First and last atom; `None` if the text is no range.
    pub fn ends(&self) -> Option<(usize, usize)> {
        let number = |text: &str| text.trim().parse::<usize>().ok();
        match self {
            Self::One(index) => usize::try_from(*index).ok().map(|index| (index, index)),
            Self::Range(text) => match text.split_once('-') {
                Some((first, last)) => number(first).zip(number(last)).filter(|(first, last)| first <= last),
                None => number(text).map(|index| (index, index)),
            },
        }
    }
}

impl Serialize for IndexDeck {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(index) => serializer.serialize_u64(*index),
            Self::Range(text) => serializer.serialize_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for IndexDeck {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IndexVisitor)
    }
}

struct IndexVisitor;

impl Visitor<'_> for IndexVisitor {
    type Value = IndexDeck;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an index from 0, or a range such as \"10-19\"")
    }

    fn visit_u64<E>(self, value: u64) -> Result<IndexDeck, E> {
        Ok(IndexDeck::One(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<IndexDeck, E> {
        let wrong = |_| E::invalid_value(serde::de::Unexpected::Signed(value), &self);
        u64::try_from(value).map(IndexDeck::One).map_err(wrong)
    }

    fn visit_str<E>(self, value: &str) -> Result<IndexDeck, E> {
        Ok(IndexDeck::Range(value.to_owned()))
    }
}
