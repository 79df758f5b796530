//! Symmetry operations as `x,y,z` triplets: f' = R f + t in fractional coordinates.

use natron_atoms::{Mat3, Vec3};

/// A symmetry operation.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Operation {
    rotation: Mat3,
    translation: Vec3,
}

impl Operation {
    /// Nothing moves.
    pub fn identity() -> Self {
        Self { rotation: Mat3::identity(), translation: Vec3::zeros() }
    }

    /// Reads a triplet such as `-x+1/2, y, 0.5+z`; `None` if it is none, or keeps no volume.
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split(',').collect();
        let mut operation = Self { rotation: Mat3::zeros(), translation: Vec3::zeros() };
        if parts.len() != 3 {
            return None;
        }
        for (k, part) in parts.into_iter().enumerate() {
            let (row, shift) = expression(part)?;
            operation.rotation.set_row(k, &row.transpose());
            operation.translation[k] = shift;
        }
        let keeps_volume = (operation.rotation.determinant().abs() - 1.0).abs() < 1e-6;
        keeps_volume.then_some(operation)
    }

    /// The image of a point.
    pub fn apply(&self, fractional: &Vec3) -> Vec3 {
        self.rotation * fractional + self.translation
    }
}

/// A sum of variables and numbers: coefficients of x, y, z, and the constant.
fn expression(text: &str) -> Option<(Vec3, f64)> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
    let (mut row, mut shift) = (Vec3::zeros(), 0.0);
    let mut rest = text.as_str();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let sign = if rest.starts_with('-') { -1.0 } else { 1.0 };
        // Only the first term may lack a sign.
        if rest.len() != text.len() && !rest.starts_with(['+', '-']) {
            return None;
        }
        rest = rest.strip_prefix(['+', '-']).unwrap_or(rest);
        let end = rest.find(['+', '-']).unwrap_or(rest.len());
        let (term, after) = rest.split_at(end);
        match term.strip_suffix(['x', 'y', 'z']) {
            Some(factor) => {
                let axis = usize::from(term.as_bytes()[term.len() - 1] - b'x');
                let factor = factor.strip_suffix('*').unwrap_or(factor);
                row[axis] += sign * if factor.is_empty() { 1.0 } else { number(factor)? };
            }
            None => shift += sign * number(term)?,
        }
        rest = after;
    }
    Some((row, shift))
}

/// A decimal number or a fraction.
fn number(text: &str) -> Option<f64> {
    let digits = |text: &str| text.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let value = match text.split_once('/') {
        Some((above, below)) if digits(above) && digits(below) => {
            above.parse::<f64>().ok()? / below.parse::<f64>().ok()?
        }
        None if digits(text) => text.parse().ok()?,
        _ => return None,
    };
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triplets_in_the_spellings_of_the_field() {
        let point = Vec3::new(0.1, 0.2, 0.3);
        for (text, image) in [
            ("x,y,z", [0.1, 0.2, 0.3]),
            (" -X+1/2 , Y , 0.5+Z ", [0.4, 0.2, 0.8]),
            ("x-y,x,z+1/6", [-0.1, 0.1, 0.3 + 1.0 / 6.0]),
            ("+y,-x,.25-z", [0.2, -0.1, -0.05]),
            ("1*x,y,z", [0.1, 0.2, 0.3]),
        ] {
            let found = Operation::parse(text).expect(text).apply(&point);
            assert!((found - Vec3::from(image)).norm() < 1e-12, "{text}: {found}");
        }
    }

    #[test]
    fn what_is_no_operation() {
        for text in [
            "",
            "x,y",
            "x,y,z,z",
            "x,x,z",
            "x,y,",
            "a,y,z",
            "2x,y,z",
            "x,y,z+1/0",
            "xy,y,z",
            "x,y,z+-",
            "x,y,zz",
        ] {
            assert_eq!(Operation::parse(text), None, "{text}");
        }
    }
}
