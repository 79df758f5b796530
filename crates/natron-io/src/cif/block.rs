//! Tokens into data blocks: single values and loops by name.

use std::collections::HashMap;

use super::token::{Token, Value};
use crate::ReadError;
use crate::text::Word;

/// A data block.
#[derive(Debug)]
pub(super) struct Block<'a> {
    /// `data_NAME` as written.
    pub heading: Word<'a>,
    values: HashMap<String, Value<'a>>,
    loops: Vec<Loop<'a>>,
}

/// A loop: rows of values under names.
#[derive(Debug)]
pub(super) struct Loop<'a> {
    pub heading: Word<'a>,
    names: Vec<String>,
    values: Vec<Value<'a>>,
}

impl<'a> Loop<'a> {
    /// The column of the first of these names.
    pub fn column(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| self.names.iter().position(|known| known == name))
    }

    /// The rows.
    pub fn rows(&self) -> impl Iterator<Item = &[Value<'a>]> {
        self.values.chunks_exact(self.names.len())
    }
}

impl<'a> Block<'a> {
    /// A known single value under the first of these names that has one.
    pub fn value(&self, names: &[&str]) -> Option<Value<'a>> {
        names.iter().find_map(|name| self.values.get(*name).copied().filter(Value::is_known))
    }

    /// The loop that has one of these columns.
    pub fn table(&self, names: &[&str]) -> Option<&Loop<'a>> {
        self.loops.iter().find(|table| table.column(names).is_some())
    }
}

/// Names do not mind case; the dots of newer dictionaries stand where older ones had `_`.
fn normal(name: Word<'_>) -> String {
    name.text.to_ascii_lowercase().replace('.', "_")
}

/// The blocks of a file.
pub(super) fn blocks<'a>(tokens: &[Token<'a>]) -> Result<Vec<Block<'a>>, ReadError> {
    let mut blocks: Vec<Block<'a>> = Vec::new();
    let mut tokens = tokens.iter().copied().peekable();
    while let Some(token) = tokens.next() {
        if let Token::Block(heading) = token {
            blocks.push(Block { heading, values: HashMap::new(), loops: Vec::new() });
            continue;
        }
        let Some(block) = blocks.last_mut() else {
            let word = match token {
                Token::Loop(word) | Token::Name(word) | Token::Block(word) => word,
                Token::Value(value) => value.word,
            };
            return Err(word.refuse("nothing may come before the first data block", "begin with data_NAME"));
        };
        match token {
            Token::Name(name) => {
                let help = "write the value behind the name, ? if it is not known";
                match tokens.next() {
                    Some(Token::Value(value)) => block.values.insert(normal(name), value),
                    _ => return Err(name.refuse(format!("`{}` has no value", name.text), help)),
                };
            }
            Token::Loop(heading) => {
                let (mut names, mut values) = (Vec::new(), Vec::new());
                while let Some(Token::Name(name)) = tokens.next_if(|t| matches!(t, Token::Name(_))) {
                    names.push(normal(name));
                }
                while let Some(Token::Value(value)) = tokens.next_if(|t| matches!(t, Token::Value(_))) {
                    values.push(value);
                }
                if names.is_empty() || !values.len().is_multiple_of(names.len()) {
                    let message = format!("{} values in a loop over {} names", values.len(), names.len());
                    let help = "every row of the loop needs a value for each name; quote values with blanks";
                    return Err(heading.refuse(message, help));
                }
                block.loops.push(Loop { heading, names, values });
            }
            Token::Value(value) => {
                let message = format!("`{}` belongs to no name", value.word.text);
                return Err(value.word.refuse(message, "quote a value that has blanks, or remove this word"));
            }
            Token::Block(_) => unreachable!("headings were taken before"),
        }
    }
    Ok(blocks)
}
