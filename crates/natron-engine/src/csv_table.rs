//! Tables with a first line of names, as the files of charges, maps and runs are.

use std::path::Path;

use csv::{Reader, StringRecord};

use crate::RunError;

/// A whole table.
pub(crate) struct CsvTable {
    names: StringRecord,
    rows: Vec<StringRecord>,
}

impl CsvTable {
    /// Reads a file of this program's own.
    ///
    /// # Errors
    /// It cannot be read, or a row has other fields than the first line names.
    pub(crate) fn read(path: &Path) -> Result<Self, RunError> {
        let unreadable =
            |error: csv::Error| RunError::new(format!("cannot read {}: {error}", path.display()));
        let mut reader = Reader::from_path(path).map_err(unreadable)?;
        let names = reader.headers().map_err(unreadable)?.clone();
        let rows = reader.records().collect::<Result<_, _>>().map_err(unreadable)?;
        Ok(Self { names, rows })
    }

    /// Where the fields of a name are.
    pub(crate) fn column(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|other| other == name)
    }

    pub(crate) fn rows(&self) -> &[StringRecord] {
        &self.rows
    }
}

/// The number in a field; NaN where there is none.
pub(crate) fn number(row: &StringRecord, column: usize) -> f64 {
    row.get(column).and_then(|field| field.parse().ok()).unwrap_or(f64::NAN)
}

/// A text between quotes, in which commas part nothing.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_read_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("table.csv");
        let name = "a, \"b\"";
        std::fs::write(&path, format!("file,{}\n{},2.5\n\"c\",\n", quoted(name), quoted(name)))
            .expect("writes");
        let table = CsvTable::read(&path).expect("reads");
        let column = table.column(name).expect("is named");
        assert_eq!(&table.rows()[0][0], name);
        assert_eq!(number(&table.rows()[0], column), 2.5);
        assert!(number(&table.rows()[1], column).is_nan());
        assert!(table.column("b").is_none());
    }

    #[test]
    fn a_row_of_other_length_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("table.csv");
        std::fs::write(&path, "x,y\n1\n").expect("writes");
        let error = CsvTable::read(&path).err().expect("is refused").message;
        assert!(error.contains("table.csv") && error.contains("line: 2"), "{error}");
    }
}
