//! Numbers to little-endian bytes and back, bounded by the bytes that are there.

use natron_atoms::{Mat3, Vec3};

/// Collects bytes.
#[derive(Debug, Default)]
pub(crate) struct Writer(pub(crate) Vec<u8>);

impl Writer {
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub(crate) fn u64(&mut self, value: u64) {
        self.raw(&value.to_le_bytes());
    }

    pub(crate) fn f64(&mut self, value: f64) {
        self.raw(&value.to_le_bytes());
    }

    pub(crate) fn bool(&mut self, value: bool) {
        self.0.push(u8::from(value));
    }

    pub(crate) fn optional_f64(&mut self, value: Option<f64>) {
        self.bool(value.is_some());
        self.f64(value.unwrap_or(0.0));
    }

    pub(crate) fn optional_u64(&mut self, value: Option<u64>) {
        self.bool(value.is_some());
        self.u64(value.unwrap_or(0));
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.u64(text.len() as u64);
        self.raw(text.as_bytes());
    }

    pub(crate) fn f64s(&mut self, values: &[f64]) {
        self.u64(values.len() as u64);
        values.iter().for_each(|&v| self.f64(v));
    }

    pub(crate) fn vectors(&mut self, vectors: &[Vec3]) {
        self.u64(vectors.len() as u64);
        vectors.iter().flatten().for_each(|&v| self.f64(v));
    }

    pub(crate) fn matrix(&mut self, matrix: &Mat3) {
        (0..3).for_each(|i| (0..3).for_each(|j| self.f64(matrix[(i, j)])));
    }
}

/// The bytes end early or hold what no writer writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

/// Takes bytes from the front.
#[derive(Debug)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn raw(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let (head, tail) = self.0.split_at_checked(count).ok_or(Malformed)?;
        self.0 = tail;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        self.raw(N)?.try_into().map_err(|_| Malformed)
    }

    pub(crate) fn byte_array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        self.array()
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Malformed> {
        Ok(self.array::<1>()?[0])
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Malformed> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub(crate) fn f64(&mut self) -> Result<f64, Malformed> {
        Ok(f64::from_le_bytes(self.array()?))
    }

    pub(crate) fn bool(&mut self) -> Result<bool, Malformed> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed),
        }
    }

    pub(crate) fn optional_f64(&mut self) -> Result<Option<f64>, Malformed> {
        let there = self.bool()?;
        let value = self.f64()?;
        Ok(there.then_some(value))
    }

    pub(crate) fn optional_u64(&mut self) -> Result<Option<u64>, Malformed> {
        let there = self.bool()?;
        let value = self.u64()?;
        Ok(there.then_some(value))
    }

    /// A count of things of `size` bytes each, no larger than the bytes left allow.
    pub(crate) fn count(&mut self, size: usize) -> Result<usize, Malformed> {
        let count = usize::try_from(self.u64()?).map_err(|_| Malformed)?;
        if count.checked_mul(size).is_some_and(|bytes| bytes <= self.0.len()) {
            Ok(count)
        } else {
            Err(Malformed)
        }
    }

    pub(crate) fn text(&mut self) -> Result<String, Malformed> {
        let length = self.count(1)?;
        String::from_utf8(self.raw(length)?.to_vec()).map_err(|_| Malformed)
    }

    pub(crate) fn f64s(&mut self) -> Result<Vec<f64>, Malformed> {
        let count = self.count(8)?;
        (0..count).map(|_| self.f64()).collect()
    }

    pub(crate) fn vectors(&mut self) -> Result<Vec<Vec3>, Malformed> {
        let count = self.count(24)?;
        (0..count).map(|_| self.vector()).collect()
    }

    fn vector(&mut self) -> Result<Vec3, Malformed> {
        Ok(Vec3::new(self.f64()?, self.f64()?, self.f64()?))
    }

    pub(crate) fn matrix(&mut self) -> Result<Mat3, Malformed> {
        Ok(Mat3::from_rows(&[
            self.vector()?.transpose(),
            self.vector()?.transpose(),
            self.vector()?.transpose(),
        ]))
    }
}
