//! Text into names and values.

use crate::ReadError;
use crate::text::{Line, Lines, Word};

/// A piece of a file.
#[derive(Debug, Clone, Copy)]
pub(super) enum Token<'a> {
    /// `data_NAME`.
    Block(Word<'a>),
    /// `loop_`.
    Loop(Word<'a>),
    /// `_name`.
    Name(Word<'a>),
    /// A value without its quotes.
    Value(Value<'a>),
}

/// A value. Text fields of several lines keep their first line alone: nothing natron reads needs more.
#[derive(Debug, Clone, Copy)]
pub(super) struct Value<'a> {
    pub word: Word<'a>,
    quoted: bool,
}

impl<'a> Value<'a> {
    /// Whether the file says anything: `?` is unknown, `.` does not apply.
    pub fn is_known(&self) -> bool {
        self.quoted || !matches!(self.word.text, "?" | ".")
    }

    /// A number; a standard uncertainty in parentheses is dropped.
    pub fn real(&self, what: &str) -> Result<f64, ReadError> {
        match self.word.text.split_once('(') {
            Some((number, _)) => {
                let end = self.word.text.len() - number.len();
                self.word.shortened(end).real(what)
            }
            None => self.word.real(what),
        }
    }
}

/// The tokens of a file.
pub(super) fn tokens<'a>(lines: Lines<'a>) -> Result<Vec<Token<'a>>, ReadError> {
    let mut tokens = Vec::new();
    let mut lines = lines;
    while let Some(line) = lines.next() {
        match line.text.strip_prefix(';') {
            Some(_) => {
                tokens.push(Token::Value(Value { word: Word::part(line, 1, line.text.len()), quoted: true }));
                if !lines.by_ref().any(|line| line.text.starts_with(';')) {
                    let help =
                        "a line that starts with ; begins a text field, which a line with ; alone must end";
                    return Err(line.refuse("this text field is never closed", help));
                }
            }
            None => split(line, &mut tokens)?,
        }
    }
    Ok(tokens)
}

/// The tokens of one line.
fn split<'a>(line: Line<'a>, tokens: &mut Vec<Token<'a>>) -> Result<(), ReadError> {
    let mut at = 0;
    loop {
        let rest = &line.text[at..];
        let start = at + (rest.len() - rest.trim_start().len());
        let Some(first) = line.text[start..].chars().next().filter(|c| *c != '#') else { return Ok(()) };
        if matches!(first, '\'' | '"') {
            let end = closing(&line.text[start + 1..], first).ok_or_else(|| {
                let word = Word::part(line, start, line.text.len());
                word.refuse(format!("this {first} is never closed"), format!("add a closing {first}"))
            })?;
            let word = Word::part(line, start + 1, start + 1 + end);
            tokens.push(Token::Value(Value { word, quoted: true }));
            at = start + end + 2;
        } else {
            let length = line.text[start..].find(char::is_whitespace).unwrap_or(line.text.len() - start);
            tokens.push(bare(Word::part(line, start, start + length)));
            at = start + length;
        }
    }
}

/// Where the quote closes: a quote that a blank or the end follows.
fn closing(text: &str, quote: char) -> Option<usize> {
    text.match_indices(quote)
        .map(|(k, _)| k)
        .find(|k| text[k + 1..].chars().next().is_none_or(char::is_whitespace))
}

fn bare(word: Word<'_>) -> Token<'_> {
    let starts =
        |keyword: &str| word.text.get(..keyword.len()).is_some_and(|s| s.eq_ignore_ascii_case(keyword));
    if word.text.starts_with('_') {
        Token::Name(word)
    } else if starts("data_") {
        Token::Block(word)
    } else if word.text.eq_ignore_ascii_case("loop_") {
        Token::Loop(word)
    } else {
        Token::Value(Value { word, quoted: false })
    }
}
