//! A dataset that grows by one row per frame.

use hdf5_metno::{Dataset, Group, H5Type, Hyperslab, SliceOrIndex};
use ndarray::{ArrayViewD, IxDyn};

/// A dataset that grows along its first axis, and the rows that wait to be written.
#[derive(Debug)]
pub(super) struct Series<T> {
    dataset: Dataset,
    row: Vec<usize>,
    written: usize,
    waiting: Vec<T>,
}

impl<T: H5Type> Series<T> {
    pub fn open(group: &Group, path: &str) -> hdf5_metno::Result<Self> {
        let dataset = group.dataset(path)?;
        let shape = dataset.shape();
        let (written, row) = shape.split_first().map_or((0, Vec::new()), |(rows, row)| (*rows, row.to_vec()));
        Ok(Self { dataset, row, written, waiting: Vec::new() })
    }

    /// Shape of a row.
    pub fn row(&self) -> &[usize] {
        &self.row
    }

    /// Rows in a chunk.
    pub fn rows_per_chunk(&self) -> usize {
        self.dataset.chunk().map_or(1, |chunk| chunk[0])
    }

    /// Numbers in a row.
    pub fn row_len(&self) -> usize {
        self.row.iter().product()
    }

    /// Rows, those that wait included.
    pub fn rows(&self) -> usize {
        self.written + self.rows_waiting()
    }

    pub fn rows_waiting(&self) -> usize {
        self.waiting.len() / self.row_len().max(1)
    }

    pub fn push(&mut self, row: impl IntoIterator<Item = T>) {
        self.waiting.extend(row);
    }

    /// Hands the rows that wait to HDF5. A failure leaves them waiting.
    pub fn write(&mut self) -> hdf5_metno::Result<()> {
        let rows = self.rows_waiting();
        if rows == 0 {
            return Ok(());
        }
        let to = self.written + rows;
        self.dataset.resize(self.shape(to))?;
        let view = ArrayViewD::from_shape(self.shape(rows), &self.waiting)
            .map_err(|error| hdf5_metno::Error::from(error.to_string()))?;
        self.dataset.write_slice(view, rows_of(self.written, to, &self.row))?;
        self.written = to;
        self.waiting.clear();
        Ok(())
    }

    /// Writes all rows, down to the file.
    pub fn flush(&mut self) -> hdf5_metno::Result<()> {
        self.write()?;
        self.dataset.flush()
    }

    /// Leaves the dataset open for the rest of the process: closing would write.
    pub fn abandon(&self) {
        std::mem::forget(self.dataset.clone());
    }

    /// Cuts the dataset back. Not for files in single-writer mode.
    pub fn cut(&mut self, rows: usize) -> hdf5_metno::Result<()> {
        self.dataset.resize(self.shape(rows))?;
        self.written = rows;
        Ok(())
    }

    /// The rows `from..to`, flat; of rows in the file.
    pub fn read(&self, from: usize, to: usize) -> hdf5_metno::Result<Vec<T>> {
        let rows = self.dataset.read_slice::<T, _, IxDyn>(rows_of(from, to, &self.row))?;
        Ok(rows.into_raw_vec_and_offset().0)
    }

    fn shape(&self, rows: usize) -> Vec<usize> {
        [&[rows], self.row.as_slice()].concat()
    }
}

/// The rows `from..to` of a dataset, `row` the shape of one.
pub(super) fn rows_of(from: usize, to: usize, row: &[usize]) -> Hyperslab {
    let range = |start, end| SliceOrIndex::SliceTo { start, step: 1, end, block: 1 };
    let rest = row.iter().map(|&size| range(0, size));
    std::iter::once(range(from, to)).chain(rest).collect::<Vec<_>>().into()
}
