//! The comment line: `key=value` pairs with quotes, brackets and escapes.

use crate::error::LineError;

/// A pair as written, before anyone asks what it means.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub key: String,
    /// Column of the key, from 1.
    pub column: usize,
    /// `None` for a bare key, which means true.
    pub value: Option<Value>,
}

/// A value as written, without its delimiters.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Value {
    pub text: String,
    pub form: Form,
    /// Column where it starts, from 1.
    pub column: usize,
}

/// How a value was delimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Not at all.
    Bare,
    /// By quotes.
    Quoted,
    /// By quotes, with a backslash inside: certainly meant as text.
    Escaped,
    /// By [ ] or { }.
    Bracketed,
}

impl Value {
    /// The words of a list, whatever separates them: blanks, commas, inner brackets.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        words(&self.text)
    }
}

pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || matches!(c, ',' | '[' | ']' | '{' | '}' | '(' | ')'))
        .filter(|w| !w.is_empty())
}

/// Splits a comment line into its pairs.
pub(super) fn parse(line: &str) -> Result<Vec<Entry>, LineError> {
    let mut cursor = Cursor { rest: line, column: 1 };
    let mut entries = Vec::new();
    loop {
        cursor.skip_blanks();
        let Some(first) = cursor.peek() else { return Ok(entries) };
        let column = cursor.column;
        let key = match first {
            '"' | '\'' => cursor.quoted(first)?.0,
            _ => cursor.take_while(|c| !c.is_whitespace() && !matches!(c, '=' | '"' | '\'')).to_owned(),
        };
        if key.is_empty() {
            let help = "write key=value, with quotes around a value that has blanks";
            return Err(LineError::new(column, format!("expected a key, found `{first}`"), help));
        }
        let value = if cursor.equals_sign() { Some(cursor.value()?) } else { None };
        entries.push(Entry { key, column, value });
    }
}

struct Cursor<'a> {
    rest: &'a str,
    column: usize,
}

impl<'a> Cursor<'a> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.rest = &self.rest[c.len_utf8()..];
        self.column += 1;
        Some(c)
    }

    fn take_while(&mut self, keep: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !keep(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        self.column += taken.chars().count();
        taken
    }

    fn skip_blanks(&mut self) {
        self.take_while(char::is_whitespace);
    }

    /// Consumes `=` with blanks around it; a blank that no `=` follows is left alone.
    fn equals_sign(&mut self) -> bool {
        if !self.rest.trim_start().starts_with('=') {
            return false;
        }
        self.skip_blanks();
        self.next();
        self.skip_blanks();
        true
    }

    fn value(&mut self) -> Result<Value, LineError> {
        let column = self.column;
        let (text, form) = match self.peek() {
            Some(quote @ ('"' | '\'')) => {
                let (text, escaped) = self.quoted(quote)?;
                (text, if escaped { Form::Escaped } else { Form::Quoted })
            }
            Some(open @ ('[' | '{')) => (self.bracketed(open)?, Form::Bracketed),
            _ => (self.take_while(|c| !c.is_whitespace()).to_owned(), Form::Bare),
        };
        if text.is_empty() && form == Form::Bare {
            let help = "write key=value, or the bare key if it means true";
            return Err(LineError::new(column, "nothing follows `=`", help));
        }
        Ok(Value { text, form, column })
    }

    /// The text between quotes, and whether it had an escape. `\n` is a new line, `\x` any other x itself.
    fn quoted(&mut self, quote: char) -> Result<(String, bool), LineError> {
        let column = self.column;
        self.next();
        let (mut text, mut escaped) = (String::new(), false);
        while let Some(c) = self.next() {
            if c == quote {
                return Ok((text, escaped));
            }
            if c != '\\' {
                text.push(c);
                continue;
            }
            escaped = true;
            match self.next() {
                Some('n') => text.push('\n'),
                Some('r') => text.push('\r'),
                Some(c) => text.push(c),
                None => break,
            }
        }
        Err(LineError::new(column, format!("this {quote} is never closed"), format!("add a closing {quote}")))
    }

    /// The text between matching brackets, inner ones included.
    fn bracketed(&mut self, open: char) -> Result<String, LineError> {
        let close = if open == '[' { ']' } else { '}' };
        let column = self.column;
        self.next();
        let (mut text, mut depth) = (String::new(), 1_usize);
        while let Some(c) = self.next() {
            depth = if c == open {
                depth + 1
            } else if c == close {
                depth - 1
            } else {
                depth
            };
            if depth == 0 {
                return Ok(text);
            }
            text.push(c);
        }
        Err(LineError::new(column, format!("this {open} is never closed"), format!("add a closing {close}")))
    }
}
