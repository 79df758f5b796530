//! Where a series has forgotten how it began.
//!
//! The first samples are discarded such that the number of independent ones among the rest is largest (Chodera, J. Chem. Theory Comput. 12,
//! 1799 (2016), DOI 10.1021/acs.jctc.5b00784): N_eff(t0) = (N - t0) / g(t0), with the statistical inefficiency
//! g = 1 + 2 sum_t (1 - t/N) C(t) summed up to the first correlation C(t) that is not above 0.

/// What to discard of a series, and what is left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Equilibration {
    /// Samples to discard.
    pub start: usize,
    /// Samples that count as one, at least 1.
    pub inefficiency: f64,
    /// Independent samples in the rest.
    pub effective: f64,
}

/// Starts that are tried, evenly over the series.
const TRIED: usize = 50;
/// Independent samples without which the rest says nothing.
const EFFECTIVE_MIN: f64 = 10.0;

/// The best start of a series; `None` with fewer than 20 samples.
pub fn equilibration(values: &[f64]) -> Option<Equilibration> {
    let n = values.len();
    if n < 20 {
        return None;
    }
    let tried = (0..TRIED).map(|k| k * n / TRIED).filter(|start| n - start >= 10);
    let judged = tried.map(|start| {
        let rest = &values[start..];
        let inefficiency = inefficiency(rest);
        Equilibration { start, inefficiency, effective: rest.len() as f64 / inefficiency }
    });
    judged.max_by(|a, b| a.effective.total_cmp(&b.effective))
}

impl Equilibration {
    /// Whether at most half of `samples` is to be discarded and enough independent ones are left.
    pub fn is_reached(&self, samples: usize) -> bool {
        2 * self.start <= samples && self.effective >= EFFECTIVE_MIN
    }
}

/// g of a series.
fn inefficiency(values: &[f64]) -> f64 {
    let n = values.len();
    let mean = values.iter().sum::<f64>() / n as f64;
    let off: Vec<f64> = values.iter().map(|value| value - mean).collect();
    let variance = off.iter().map(|x| x * x).sum::<f64>() / n as f64;
    if variance <= 0.0 {
        return 1.0;
    }
    let mut g = 1.0;
    for lag in 1..n {
        let products = off[lag..].iter().zip(&off).map(|(a, b)| a * b).sum::<f64>();
        let correlation = products / ((n - lag) as f64 * variance);
        if correlation <= 0.0 {
            break;
        }
        g += 2.0 * (1.0 - lag as f64 / n as f64) * correlation;
    }
    g.max(1.0)
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    /// x' = a x + noise, whose inefficiency is (1 + a) / (1 - a).
    fn correlated(seed: u64, n: usize, a: f64) -> Vec<f64> {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        let mut x = 0.0;
        (0..n)
            .map(|_| {
                let noise: f64 = (0..12).map(|_| generator.random::<f64>()).sum::<f64>() - 6.0;
                x = a * x + noise;
                x
            })
            .collect()
    }

    #[test]
    fn the_inefficiency_of_a_correlated_series_is_known() {
        // a = 0.8: 9. The estimate of 20 000 samples scatters by about a tenth.
        let mean = (0..5).map(|seed| inefficiency(&correlated(seed, 20_000, 0.8))).sum::<f64>() / 5.0;
        assert!((mean - 9.0).abs() < 1.2, "{mean}");
        assert!(inefficiency(&correlated(1, 20_000, 0.0)) < 1.2);
    }

    /// A decay over 200 samples in front of 1 800 in equilibrium: it is cut off, and hardly more.
    #[test]
    fn a_decay_is_discarded_and_the_rest_kept() {
        for seed in 0..20 {
            let mut values = correlated(seed, 2000, 0.5);
            values.iter_mut().enumerate().for_each(|(k, x)| *x += 40.0 * (-(k as f64) / 60.0).exp());
            let found = equilibration(&values).expect("long enough");
            assert!((120..700).contains(&found.start), "seed {seed}: {found:?}");
            assert!(found.is_reached(values.len()));
        }
    }

    #[test]
    fn a_series_that_still_drifts_is_not_in_equilibrium() {
        for seed in 0..20 {
            let mut values = correlated(seed, 400, 0.5);
            values.iter_mut().enumerate().for_each(|(k, x)| *x += 0.2 * k as f64);
            let found = equilibration(&values).expect("long enough");
            assert!(!found.is_reached(values.len()), "seed {seed}: {found:?}");
        }
        assert_eq!(equilibration(&[1.0; 10]), None);
    }
}
