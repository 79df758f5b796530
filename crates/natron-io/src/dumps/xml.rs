//! XML as a stream of elements that knows its lines and lets nothing grow without end.

use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::ReadError;

/// An element or a text between two tags is not longer.
const LONGEST: usize = 16 << 20;
/// vasprun.xml nests about ten deep.
const DEEPEST: usize = 64;

/// What is found next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// An element begins: its tag and the attribute `name`; it is on the path now.
    Start,
    /// An element ends; it is still on the path and leaves it with the next step.
    End,
    /// Text within the element on top of the path.
    Text(String),
    /// The end of the file.
    Eof,
}

/// A stream of XML.
pub(super) struct Xml<R> {
    reader: Reader<Counting<R>>,
    file: PathBuf,
    buffer: Vec<u8>,
    /// Tag and `name` of the open elements, outermost first.
    path: Vec<(String, String)>,
    leaving: bool,
    /// An element without content: its end follows its start.
    empty: bool,
}

impl<R: BufRead> Xml<R> {
    pub fn new(input: R, file: &Path) -> Self {
        let reader = Reader::from_reader(Counting { input, line: 1, since: 0 });
        Self {
            reader,
            file: file.to_owned(),
            buffer: Vec::new(),
            path: Vec::new(),
            leaving: false,
            empty: false,
        }
    }

    /// Goes on to the next thing that matters here.
    pub fn step(&mut self) -> Result<Found, ReadError> {
        if std::mem::take(&mut self.leaving) {
            self.path.pop();
        }
        if std::mem::take(&mut self.empty) {
            self.leaving = true;
            return Ok(Found::End);
        }
        loop {
            self.buffer.clear();
            self.reader.get_mut().since = 0;
            let event = self.reader.read_event_into(&mut self.buffer);
            let line = self.reader.get_ref().line;
            let event = event.map_err(|error| malformed(&self.file, line, &error.to_string()))?;
            match event {
                Event::Start(tag) => push(&mut self.path, &tag),
                Event::Empty(tag) => {
                    push(&mut self.path, &tag);
                    self.empty = true;
                }
                Event::End(_) => {
                    self.leaving = true;
                    return Ok(Found::End);
                }
                Event::Text(text) => return Ok(Found::Text(String::from_utf8_lossy(&text).into_owned())),
                Event::Eof => return Ok(Found::Eof),
                _ => continue,
            }
            if self.path.len() > DEEPEST {
                return Err(malformed(&self.file, line, "elements nested too deep"));
            }
            return Ok(Found::Start);
        }
    }

    /// Whether the innermost open elements have these tags and names, outermost first; an empty name fits all.
    pub fn at(&self, ends: &[(&str, &str)]) -> bool {
        let fits = |((tag, name), (t, n)): (&(String, String), &(&str, &str))| {
            tag == t && (n.is_empty() || name == n)
        };
        self.path.len() >= ends.len() && self.path[self.path.len() - ends.len()..].iter().zip(ends).all(fits)
    }

    /// The `name` of the innermost element.
    pub fn name(&self) -> &str {
        self.path.last().map_or("", |(_, name)| name)
    }

    /// How deep in the element `tag` (outermost of it) the stream is; 0 where it is not within.
    pub fn within(&self, tag: &str) -> usize {
        self.path.iter().position(|(t, _)| t == tag).map_or(0, |k| self.path.len() - k)
    }

    /// Tag of the innermost open element.
    pub fn tag(&self) -> &str {
        self.path.last().map_or("", |(tag, _)| tag)
    }

    /// The line where reading stands, from 1.
    pub fn line(&self) -> usize {
        self.reader.get_ref().line
    }

    pub fn file(&self) -> &Path {
        &self.file
    }

    pub fn refuse(&self, message: impl Into<String>, help: &str) -> ReadError {
        ReadError::at(&self.file, self.line(), 1, message, help)
    }
}

fn push(path: &mut Vec<(String, String)>, tag: &BytesStart<'_>) {
    let name = tag.attributes().with_checks(false).flatten().find(|a| a.key.as_ref() == b"name");
    let name = name.map_or(String::new(), |a| String::from_utf8_lossy(&a.value).trim().to_owned());
    path.push((String::from_utf8_lossy(tag.name().as_ref()).into_owned(), name));
}

fn malformed(file: &Path, line: usize, why: &str) -> ReadError {
    let help = "the file is damaged here, or cut short: copy it again";
    ReadError::at(file, line, 1, format!("not well-formed XML: {why}"), help)
}

/// A stream that counts lines, and fails where one element takes too much.
struct Counting<R> {
    input: R,
    line: usize,
    since: usize,
}

impl<R: BufRead> Read for Counting<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let n = available.len().min(out.len());
        out[..n].copy_from_slice(&available[..n]);
        self.consume(n);
        Ok(n)
    }
}

impl<R: BufRead> BufRead for Counting<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.since > LONGEST {
            return Err(io::Error::other("an element of more than 16 MiB"));
        }
        self.input.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        // The bytes are those that `fill_buf` just gave: asking again reads nothing.
        if let Ok(bytes) = self.input.fill_buf() {
            self.line += bytes[..amount.min(bytes.len())].iter().filter(|b| **b == b'\n').count();
        }
        self.since += amount;
        self.input.consume(amount);
    }
}
