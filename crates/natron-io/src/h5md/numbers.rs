//! A dataset of numbers that can be read without harm.

use hdf5_metno::filters::Filter;
use hdf5_metno::plist::dataset_create::Layout;
use hdf5_metno::{Dataset, Group, H5Type};
use ndarray::IxDyn;

use super::library::{Class, class_of};
use super::link;
use super::refusal::Refusal;
use super::series::rows_of;

/// Deflate makes at most 1032 bytes of one (RFC 1951): a dataset that says it is larger still is not in the file.
const MOST_EXPANSION: u64 = 1032;
/// The largest single row or chunk, bytes.
const LARGEST_ROW: u64 = 1 << 30;
/// What a dataset may claim beyond what is stored: one that was never written has nothing stored.
const UNWRITTEN: u64 = 1 << 20;

/// Kinds of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Integer,
    /// Integers are taken too.
    Real,
}

/// A dataset that was looked over.
#[derive(Debug)]
pub(super) struct Numbers {
    pub dataset: Dataset,
    /// Path below its group, for messages.
    pub name: String,
    pub shape: Vec<usize>,
}

impl Numbers {
    /// The dataset at a path below a group, if it is there and can be read.
    pub fn open(at: &Group, path: &str, kind: Kind) -> Result<Option<Self>, Refusal> {
        let Some(dataset) = link::dataset(at, path)? else { return Ok(None) };
        let numbers = Self { shape: dataset.get_shape()?, dataset, name: path.to_owned() };
        numbers.check_type(kind)?;
        numbers.check_storage()?;
        numbers.check_size()?;
        Ok(Some(numbers))
    }

    pub fn refusal(&self, what: &str, help: &str) -> Refusal {
        Refusal::new(format!("`{}` {what}", self.name), help)
    }

    fn check_type(&self, kind: Kind) -> Result<(), Refusal> {
        match class_of(&self.dataset.dtype()?) {
            Class::Integer => Ok(()),
            Class::Float if kind == Kind::Real => Ok(()),
            _ => {
                let what =
                    if kind == Kind::Real { "does not hold numbers" } else { "does not hold integers" };
                Err(self.refusal(what, "see the H5MD standard, nongnu.org/h5md"))
            }
        }
    }

    /// Nothing from other files, nothing that needs code from other files.
    fn check_storage(&self) -> Result<(), Refusal> {
        let plan = self.dataset.create_plist()?;
        if plan.get_layout()? == Layout::Virtual || !plan.get_external()?.is_empty() {
            return Err(self.refusal(
                "keeps its data in other files, which are not opened",
                "copy it with h5repack or h5py so that it holds its data itself",
            ));
        }
        let filters = plan.get_filters()?;
        if filters.iter().any(|filter| matches!(filter, Filter::User(..))) {
            return Err(self.refusal(
                "is compressed by a filter that is not part of HDF5",
                "repack the file: h5repack -f GZIP=1 IN OUT",
            ));
        }
        if filters.iter().filter(|filter| matches!(filter, Filter::Deflate(_))).count() > 1 {
            return Err(self.refusal("is compressed twice", "repack the file: h5repack -f GZIP=1 IN OUT"));
        }
        Ok(())
    }

    /// What a shape promises is what will be asked of memory, so it is held against the bytes that are there.
    fn check_size(&self) -> Result<(), Refusal> {
        let size = self.dataset.dtype()?.size() as u64;
        let bytes = |shape: &[usize]| {
            shape.iter().try_fold(size, |bytes, &n| bytes.checked_mul(n as u64)).unwrap_or(u64::MAX)
        };
        let stored = self.dataset.storage_size().min(self.dataset.file()?.size());
        let row = bytes(self.shape.get(1..).unwrap_or_default());
        let chunk = self.dataset.chunk().map_or(0, |chunk| bytes(&chunk));
        let most = stored.saturating_mul(MOST_EXPANSION).saturating_add(UNWRITTEN);
        if bytes(&self.shape) > most || row.max(chunk) > LARGEST_ROW {
            return Err(self.refusal(
                &format!("claims the shape {:?}, for which {stored} bytes are stored", self.shape),
                "the file is damaged, or has larger frames than can be read",
            ));
        }
        Ok(())
    }

    /// Number of rows; of a scalar none.
    pub fn rows(&self) -> usize {
        self.shape.first().copied().unwrap_or(0)
    }

    /// Bytes of a row in memory as 8-byte numbers.
    pub fn row_bytes(&self) -> usize {
        8 * self.shape.iter().skip(1).product::<usize>()
    }

    /// Rows in a chunk.
    pub fn rows_per_chunk(&self) -> usize {
        self.dataset.chunk().map_or(1, |chunk| chunk[0].max(1))
    }

    /// The rows `from..to`, flat.
    pub fn read_rows<T: H5Type>(&self, from: usize, to: usize) -> Result<Vec<T>, Refusal> {
        let selection = rows_of(from, to, &self.shape[1..]);
        let array = self.dataset.read_slice::<T, _, IxDyn>(selection)?;
        Ok(array.into_raw_vec_and_offset().0)
    }

    /// As [`Numbers::read_rows`], every number finite.
    pub fn read_finite(&self, from: usize, to: usize) -> Result<Vec<f64>, Refusal> {
        let values = self.read_rows::<f64>(from, to)?;
        match values.iter().position(|x| !x.is_finite()) {
            None => Ok(values),
            Some(k) => {
                let frame = from + k / (self.row_bytes() / 8).max(1);
                Err(self.refusal(
                    &format!("has a number that is not finite in row {frame} (counted from 0)"),
                    "the run that wrote it had failed; cut the trajectory before that row",
                ))
            }
        }
    }

    /// The whole of a small dataset, flat.
    pub fn read_all<T: H5Type>(&self) -> Result<Vec<T>, Refusal> {
        Ok(self.dataset.read_raw::<T>()?)
    }
}
