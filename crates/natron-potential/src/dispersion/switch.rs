//! Where sums over neighbours end.

use natron_descriptor::{CHANNELS, Path, Wide};

/// 1 - x^3 (10 - 15 x + 6 x^2) with x from 0 to 1 in the square of the distance, from where the switch begins to the cutoff:
/// two continuous derivatives without a square root.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Switch {
    inner_squared: f64,
    outer_squared: f64,
    /// 1 / (outer^2 - inner^2), 1/A^2; 0 where the sum is cut sharply.
    scale: f64,
}

impl Switch {
    /// A switch over the last `width_a` (A) before `cutoff_a` (A).
    pub fn new(cutoff_a: f64, width_a: f64) -> Self {
        let (inner_squared, outer_squared) = ((cutoff_a - width_a).powi(2), cutoff_a.powi(2));
        let scale = if width_a > 0.0 { 1.0 / (outer_squared - inner_squared) } else { 0.0 };
        Self { inner_squared, outer_squared, scale }
    }

    /// The values at squared distances (A^2), and their derivatives by those (1/A^2); 0 from the cutoff on.
    #[inline(always)]
    pub fn at<P: Path>(&self, path: P, squared: &[f64; CHANNELS]) -> (Wide<f64, P>, Wide<f64, P>) {
        let (mut values, mut slopes) = ([0.0; CHANNELS], [0.0; CHANNELS]);
        for lane in 0..CHANNELS {
            let x = ((squared[lane] - self.inner_squared) * self.scale).clamp(0.0, 1.0);
            let within = if squared[lane] < self.outer_squared { 1.0 } else { 0.0 };
            values[lane] = within * (1.0 - x * x * x * (10.0 - 15.0 * x + 6.0 * x * x));
            slopes[lane] = within * (-30.0 * self.scale * x * x * (1.0 - x) * (1.0 - x));
        }
        (Wide::new(path, values), Wide::new(path, slopes))
    }
}
