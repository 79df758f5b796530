//! Lines and words of a text file that know where they stand: what the small formats are read with.

use std::io::Read;
use std::path::{Path, PathBuf};

use natron_atoms::{Species, Vec3};

use crate::{ReadError, number};

/// A text file in memory.
#[derive(Debug)]
pub(crate) struct Text {
    pub path: PathBuf,
    content: String,
}

impl Text {
    /// Reads a stream to its end; `path` names it in errors.
    ///
    /// # Errors
    /// The stream fails, holds more than `limit` bytes, or is no UTF-8 text.
    pub fn read(input: impl Read, path: &Path, limit: u64) -> Result<Self, ReadError> {
        let mut bytes = Vec::new();
        input.take(limit + 1).read_to_end(&mut bytes).map_err(|error| {
            ReadError::of_file(path, format!("cannot read the file: {error}"), "check the disk")
        })?;
        if bytes.len() as u64 > limit {
            let message = format!("more than {limit} bytes are too many for one structure");
            return Err(ReadError::of_file(path, message, "convert it to extended XYZ, which may be longer"));
        }
        let content = String::from_utf8(bytes).map_err(|error| not_text(path, &error))?;
        Ok(Self { path: path.to_owned(), content })
    }

    /// Its lines from the first.
    pub fn lines(&self) -> Lines<'_> {
        let content = self.content.strip_prefix('\u{feff}').unwrap_or(&self.content);
        Lines { path: &self.path, lines: content.lines(), number: 0 }
    }
}

fn not_text(path: &Path, error: &std::string::FromUtf8Error) -> ReadError {
    let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
    let line = before.iter().filter(|&&b| b == b'\n').count() + 1;
    let start = before.iter().rposition(|&b| b == b'\n').map_or(0, |k| k + 1);
    let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
    let help = "save the file as UTF-8, uncompressed";
    ReadError::at(path, line, column, "a byte that is not UTF-8 text", help)
}

/// An iterator over lines.
#[derive(Debug, Clone)]
pub(crate) struct Lines<'a> {
    path: &'a Path,
    lines: std::str::Lines<'a>,
    number: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        let text = self.lines.next()?;
        self.number += 1;
        Some(Line { path: self.path, number: self.number, text })
    }
}

impl<'a> Lines<'a> {
    /// The next line, which must be there.
    pub fn expect(&mut self, what: &str) -> Result<Line<'a>, ReadError> {
        let end = self.number + 1;
        let path = self.path;
        self.next().ok_or_else(|| {
            let message = format!("the file ends where {what} should be");
            ReadError::at(path, end, 1, message, "the file is cut short, or one of its counts is wrong")
        })
    }
}

/// A line and its number from 1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'a> {
    path: &'a Path,
    pub number: usize,
    pub text: &'a str,
}

impl<'a> Line<'a> {
    /// The words between blanks.
    pub fn words(self) -> impl Iterator<Item = Word<'a>> {
        let base = self.text.as_ptr() as usize;
        self.text.split_whitespace().map(move |text| Word {
            line: self,
            text,
            start: text.as_ptr() as usize - base,
        })
    }

    /// The same line up to a comment sign, and what follows the sign.
    pub fn split_comment(self, sign: char) -> (Self, &'a str) {
        match self.text.split_once(sign) {
            Some((text, comment)) => (Self { text, ..self }, comment.trim()),
            None => (self, ""),
        }
    }

    pub fn is_blank(self) -> bool {
        self.text.trim().is_empty()
    }

    /// A refusal at the first word.
    pub fn refuse(self, message: impl Into<String>, help: impl Into<String>) -> ReadError {
        let column = 1 + self.text.chars().take_while(|c| c.is_whitespace()).count();
        ReadError::at(self.path, self.number, column, message, help)
    }

    /// A refusal after the last word.
    pub fn refuse_end(self, message: impl Into<String>, help: impl Into<String>) -> ReadError {
        let column = self.text.trim_end().chars().count() + 1;
        ReadError::at(self.path, self.number, column, message, help)
    }
}

/// A word and where it stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Word<'a> {
    pub line: Line<'a>,
    pub text: &'a str,
    /// Byte offset in the line.
    start: usize,
}

impl<'a> Word<'a> {
    /// A part of a line as a word: `start` is its byte offset.
    pub fn part(line: Line<'a>, start: usize, end: usize) -> Self {
        Self { line, text: &line.text[start..end], start }
    }

    /// The same word without its last `bytes`.
    pub fn shortened(self, bytes: usize) -> Self {
        Self { text: &self.text[..self.text.len() - bytes], ..self }
    }

    pub fn refuse(self, message: impl Into<String>, help: impl Into<String>) -> ReadError {
        let column = self.line.text[..self.start].chars().count() + 1;
        ReadError::at(self.line.path, self.line.number, column, message, help)
    }

    /// A finite number.
    pub fn real(self, what: &str) -> Result<f64, ReadError> {
        number::real(self.text).ok_or_else(|| {
            let (message, help) = number::refuse(what, self.text);
            self.refuse(message, help)
        })
    }

    /// A whole number of any type.
    pub fn whole<T: std::str::FromStr>(self, what: &str) -> Result<T, ReadError> {
        self.text.parse().map_err(|_| {
            let message = format!("{what} is not a whole number that can be used: `{}`", self.text);
            self.refuse(message, "write a whole number in digits")
        })
    }

    /// An element by its symbol.
    pub fn element(self) -> Result<Species, ReadError> {
        Species::from_symbol(self.text).ok_or_else(|| {
            let help = "write its symbol, such as Na, with its capital letter";
            self.refuse(format!("`{}` is no element", self.text), help)
        })
    }
}

/// The next three words as a vector.
pub(crate) fn vector<'a>(
    line: Line<'a>,
    words: &mut impl Iterator<Item = Word<'a>>,
    what: &str,
) -> Result<Vec3, ReadError> {
    let mut vector = Vec3::zeros();
    for k in 0..3 {
        let word = words.next().ok_or_else(|| {
            line.refuse_end(format!("the line ends where {what} should be"), "three numbers belong here")
        })?;
        vector[k] = word.real(what)?;
    }
    Ok(vector)
}
