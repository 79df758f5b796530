//! A number with its error.

/// A value and the half-width of its 68 % interval, in the same unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Value {
    /// The value.
    pub value: f64,
    /// Half-width of the 68 % interval.
    pub err: f64,
}

impl Value {
    /// Times a factor known exactly.
    pub fn times(self, factor: f64) -> Self {
        Self { value: self.value * factor, err: self.err * factor.abs() }
    }

    /// Over another that errs independently: relative errors add in squares.
    pub fn over(self, other: Self) -> Self {
        let value = self.value / other.value;
        Self { value, err: value.abs() * (self.err / self.value).hypot(other.err / other.value) }
    }
}
