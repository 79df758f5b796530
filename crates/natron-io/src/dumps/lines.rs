//! Lines of a stream that know their number, and the numbers that Fortran prints into them.

use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};

use natron_atoms::Vec3;

use crate::{ReadError, number};

/// No program prints a longer line.
const LONGEST: u64 = 16 << 20;

/// A stream of lines. Bytes that are no UTF-8 (names in old encodings) are replaced, not refused.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    input: R,
    path: PathBuf,
    bytes: Vec<u8>,
    text: String,
    number: usize,
    /// Bytes before the present line.
    offset: u64,
    /// The present line is to be read again.
    again: bool,
}

impl<R: BufRead> Lines<R> {
    pub fn new(input: R, path: &Path) -> Self {
        Self {
            input,
            path: path.to_owned(),
            bytes: Vec::new(),
            text: String::new(),
            number: 0,
            offset: 0,
            again: false,
        }
    }

    /// Goes on to the next line; `false` at the end.
    pub fn advance(&mut self) -> Result<bool, ReadError> {
        if std::mem::take(&mut self.again) {
            return Ok(true);
        }
        self.offset += self.bytes.len() as u64;
        self.bytes.clear();
        let read = (&mut self.input).take(LONGEST + 1).read_until(b'\n', &mut self.bytes);
        let read = read.map_err(|error| {
            let (line, message) = (self.number + 1, format!("cannot read the file: {error}"));
            ReadError::at(&self.path, line, 1, message, "the file is cut short or damaged: copy it again")
        })?;
        if read == 0 {
            return Ok(false);
        }
        self.number += 1;
        if self.bytes.len() as u64 > LONGEST {
            return Err(self.refuse("a line of more than 16 MiB", "is this a text file?"));
        }
        self.text.clear();
        self.text.push_str(&String::from_utf8_lossy(self.bytes.trim_ascii_end()));
        Ok(true)
    }

    /// The next line, which must be there.
    pub fn expect(&mut self, what: &str) -> Result<&str, ReadError> {
        if self.advance()? { Ok(&self.text) } else { Err(self.ends_in(what)) }
    }

    /// The present line.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Gives the present line back: the next [`Lines::advance`] stays on it.
    pub fn stay(&mut self) {
        self.again = true;
    }

    /// Number of the present line, from 1.
    pub fn number(&self) -> usize {
        self.number
    }

    /// Bytes before the present line.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Says that the stream begins at so many bytes and lines of its file.
    pub fn beginning_at(mut self, offset: u64, line: usize) -> Self {
        (self.offset, self.number) = (offset, line.saturating_sub(1));
        self
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A refusal of the present line.
    pub fn refuse(&self, message: impl Into<String>, help: impl Into<String>) -> ReadError {
        let column = 1 + self.text.chars().take_while(|c| c.is_whitespace()).count();
        ReadError::at(&self.path, self.number.max(1), column, message, help)
    }

    /// The file ends too early.
    pub fn ends_in(&self, what: &str) -> ReadError {
        let message = format!("the file ends within {what}");
        let help =
            "the run was stopped while it wrote, or the file was cut: cut it back to its last complete step";
        ReadError::at(&self.path, self.number + 1, 1, message, help)
    }

    /// All numbers of a text of the present line; `what` names them in the refusal.
    pub fn reals(&self, text: &str, what: &str) -> Result<Vec<f64>, ReadError> {
        separated(text)
            .split_whitespace()
            .map(|word| {
                number::real(word).ok_or_else(|| {
                    let (message, help) = number::refuse(what, word);
                    self.refuse(message, help)
                })
            })
            .collect()
    }

    /// The first `N` numbers of a text of the present line; words behind them do not matter.
    pub fn first<const N: usize>(&self, text: &str, what: &str) -> Result<[f64; N], ReadError> {
        let text = separated(text);
        let words: Vec<&str> = text.split_whitespace().take(N).collect();
        let found = self.reals(&words.join(" "), what)?;
        found.try_into().map_err(|found: Vec<f64>| {
            self.refuse(
                format!("{} numbers where {what} should be {N}", found.len()),
                "the line is cut short or of an unknown form",
            )
        })
    }

    /// The number behind the first `=` of the present line.
    pub fn after_equals(&self, what: &str) -> Result<f64, ReadError> {
        let (_, text) = self.text.split_once('=').ok_or_else(|| {
            self.refuse(format!("no `=` before {what}"), "the line is cut short or of an unknown form")
        })?;
        self.first::<1>(text, what).map(|[x]| x)
    }

    /// The next three lines, three numbers each.
    pub fn three_rows(&mut self, what: &str) -> Result<[[f64; 3]; 3], ReadError> {
        let mut rows = [[0.0; 3]; 3];
        for row in &mut rows {
            self.expect(what)?;
            *row = self.first(&self.text, what)?;
        }
        Ok(rows)
    }

    /// Three numbers of the present line from word `k` on.
    pub fn vector_at(&self, k: usize, what: &str) -> Result<Vec3, ReadError> {
        let words: Vec<&str> = self.text.split_whitespace().skip(k).collect();
        self.first::<3>(&words.join(" "), what).map(Vec3::from)
    }
}

/// Fixed columns run into each other where a number fills its own: `-10.1-20.2` is two.
fn separated(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut before = ' ';
    for c in text.chars() {
        if c == '-' && (before.is_ascii_digit() || before == '.') {
            out.push(' ');
        }
        out.push(c);
        before = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_run_into_each_other_are_told_apart() {
        let mut lines = Lines::new(&b" 1.5-20.25 -3.0E-05-1.0D+02\n"[..], Path::new("a"));
        assert!(lines.advance().expect("a line"));
        let found = lines.reals(lines.text(), "a number").expect("numbers");
        assert_eq!(found, [1.5, -20.25, -3e-5, -100.0]);
    }

    #[test]
    fn stars_are_refused_with_their_line() {
        let mut lines = Lines::new(&b"\n  1.0 *****\n"[..], Path::new("a"));
        assert!(lines.advance().expect("a line") && lines.advance().expect("another"));
        let error = lines.reals(lines.text(), "a force").expect_err("stars");
        assert_eq!((error.line, error.column), (Some(2), Some(3)));
        assert!(error.message.contains("a force is not a number: `*****`"), "{error}");
    }
}
