//! D over temperature: one line through ln D for all runs.
//!
//! ```text
//! ln D_i = ln D_0 - E_a/(k_B T_i) + e_i + u_i,   e_i ~ N(0, s_i^2),  u_i ~ N(0, tau^2)
//! ```
//!
//! s_i is the relative error of run i, tau what runs differ by beyond their errors (other starting structures, sites that one run never finds):
//! a hierarchical model of the replicas at all temperatures together. Flat priors on ln D_0 and E_a; tau has an exponential prior of mean
//! [`TAU_MEAN`], and is summed over on a grid. For each tau the posterior of the line is a normal distribution (Aitken) and its evidence a
//! formula, so that nothing is sampled: the same runs give the same bits. With a single temperature the same model combines its replicas.

use nalgebra::{Matrix2, Vector2};
use natron_atoms::units::BOLTZMANN_EV_PER_K;
use statrs::distribution::{ContinuousCDF, Normal};

/// Mean of the prior of tau, the scatter between runs in ln D: runs of one system are expected to agree within about 10 %.
pub const TAU_MEAN: f64 = 0.1;
/// Grid of tau: 0 and a ladder up to a factor of 20 between runs.
const TAUS: usize = 60;
/// Temperatures beyond the measured ones by more than this fraction are extrapolated to.
const EXTRAPOLATION: f64 = 0.05;

/// D of one run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// K.
    pub temperature_k: f64,
    /// m2/s, above 0.
    pub d_m2_per_s: f64,
    /// Half-width of its 68 % interval, m2/s.
    pub err_m2_per_s: f64,
}

/// A credible interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Credible {
    /// Posterior median.
    pub median: f64,
    /// Ends of the central 68 % interval.
    pub in68: (f64, f64),
    /// Ends of the central 95 % interval.
    pub in95: (f64, f64),
}

/// Why there is no line.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ArrheniusError {
    /// Nothing to fit.
    #[error("{found} temperatures with a number for D; at least {needed} are needed")]
    TooFew {
        /// Different temperatures.
        found: usize,
        /// Needed.
        needed: usize,
    },
    /// A point is no positive number with a positive error.
    #[error(
        "D = {d_m2_per_s} +- {err_m2_per_s} m2/s at {temperature_k} K is no positive number with an error"
    )]
    Point {
        /// K.
        temperature_k: f64,
        /// m2/s.
        d_m2_per_s: f64,
        /// m2/s.
        err_m2_per_s: f64,
    },
}

/// The posterior of the line: a mixture of normal distributions, one for each tau.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    parts: Vec<Part>,
    /// 1/(k_B T) the line is written around, 1/eV.
    middle: f64,
    range_k: (f64, f64),
}

/// Given tau: ln D at the middle and E_a are normal.
#[derive(Debug, Clone, PartialEq)]
struct Part {
    weight: f64,
    tau: f64,
    mean: Vector2<f64>,
    covariance: Matrix2<f64>,
}

fn beta(temperature_k: f64) -> f64 {
    1.0 / (BOLTZMANN_EV_PER_K * temperature_k)
}

/// The line through runs at two or more temperatures.
///
/// # Errors
/// Fewer than two temperatures, or a D that is no positive number with an error.
pub fn arrhenius(points: &[Point]) -> Result<Line, ArrheniusError> {
    let mut temperatures: Vec<f64> = points.iter().map(|p| p.temperature_k).collect();
    temperatures.sort_by(f64::total_cmp);
    temperatures.dedup_by(|a, b| *a - *b <= 1e-3 * *b);
    if temperatures.len() < 2 {
        return Err(ArrheniusError::TooFew { found: temperatures.len(), needed: 2 });
    }
    posterior(points, true)
}

/// The common ln D of replicas at one temperature.
///
/// # Errors
/// No point, or a D that is no positive number with an error.
pub fn combine(points: &[Point]) -> Result<Line, ArrheniusError> {
    if points.is_empty() {
        return Err(ArrheniusError::TooFew { found: 0, needed: 1 });
    }
    posterior(points, false)
}

fn posterior(points: &[Point], sloped: bool) -> Result<Line, ArrheniusError> {
    for &Point { temperature_k, d_m2_per_s, err_m2_per_s } in points {
        let good = |x: f64| x.is_finite() && x > 0.0;
        if !(good(temperature_k) && good(d_m2_per_s) && good(err_m2_per_s)) {
            return Err(ArrheniusError::Point { temperature_k, d_m2_per_s, err_m2_per_s });
        }
    }
    let middle = points.iter().map(|p| beta(p.temperature_k)).sum::<f64>() / points.len() as f64;
    let mut parts: Vec<Part> =
        taus().iter().map(|&(tau, width)| part(points, middle, sloped, tau, width)).collect();
    let best = parts.iter().map(|part| part.weight).fold(f64::NEG_INFINITY, f64::max);
    parts.iter_mut().for_each(|part| part.weight = (part.weight - best).exp());
    let total: f64 = parts.iter().map(|part| part.weight).sum();
    parts.iter_mut().for_each(|part| part.weight /= total);
    let temperatures = || points.iter().map(|p| p.temperature_k);
    let range_k = (temperatures().fold(f64::INFINITY, f64::min), temperatures().fold(0.0, f64::max));
    Ok(Line { parts, middle, range_k })
}

/// Values of tau and how much of the axis each stands for.
fn taus() -> Vec<(f64, f64)> {
    // Even in the root of tau: dense near zero, where the prior is.
    let edge = |k: usize| 3.0 * (k as f64 / TAUS as f64).powi(2);
    (0..TAUS).map(|k| (0.5 * (edge(k) + edge(k + 1)), edge(k + 1) - edge(k))).collect()
}

/// The normal posterior given tau; its weight is the logarithm of evidence times prior.
fn part(points: &[Point], middle: f64, sloped: bool, tau: f64, width: f64) -> Part {
    let (mut precision, mut right, mut log) = (Matrix2::zeros(), Vector2::zeros(), 0.0);
    let rows = || {
        points.iter().map(|p| {
            let row = Vector2::new(1.0, if sloped { middle - beta(p.temperature_k) } else { 0.0 });
            // The half-width of 68 % of a normal distribution is 0.9945 of its standard deviation.
            let error = p.err_m2_per_s / p.d_m2_per_s / 0.994_458;
            (row, p.d_m2_per_s.ln(), 1.0 / (error * error + tau * tau))
        })
    };
    for (row, y, weight) in rows() {
        precision += row * row.transpose() * weight;
        right += row * (y * weight);
        log += 0.5 * weight.ln();
    }
    let determinant = if sloped { precision.determinant() } else { precision[(0, 0)] };
    let covariance = match precision.try_inverse() {
        Some(inverse) if sloped => inverse,
        _ => Matrix2::new(1.0 / precision[(0, 0)], 0.0, 0.0, 0.0),
    };
    let mean = covariance * right;
    let misfit: f64 = rows().map(|(row, y, weight)| weight * (y - row.dot(&mean)).powi(2)).sum();
    let weight = log - 0.5 * determinant.ln() - 0.5 * misfit - tau / TAU_MEAN + width.ln();
    Part { weight, tau, mean, covariance }
}

impl Line {
    /// Activation energy, eV.
    pub fn activation_energy_ev(&self) -> Credible {
        self.credible(&Vector2::new(0.0, 1.0))
    }

    /// ln of D_0 in m2/s.
    pub fn ln_d0(&self) -> Credible {
        self.credible(&Vector2::new(1.0, self.middle))
    }

    /// D at a temperature, m2/s: of the line, not of another run, which scatters by tau around it.
    pub fn d_m2_per_s(&self, temperature_k: f64) -> Credible {
        let Credible { median, in68, in95 } =
            self.credible(&Vector2::new(1.0, self.middle - beta(temperature_k)));
        let both = |(low, high): (f64, f64)| (low.exp(), high.exp());
        Credible { median: median.exp(), in68: both(in68), in95: both(in95) }
    }

    /// Posterior mean of tau, the scatter between runs in ln D.
    pub fn between_runs(&self) -> f64 {
        self.parts.iter().map(|part| part.weight * part.tau).sum()
    }

    /// The lowest and the highest temperature of the runs, K.
    pub fn range_k(&self) -> (f64, f64) {
        self.range_k
    }

    /// Whether a temperature lies outside the measured ones, by more than 5 %.
    pub fn extrapolates_to(&self, temperature_k: f64) -> bool {
        let (low, high) = self.range_k;
        temperature_k < low * (1.0 - EXTRAPOLATION) || temperature_k > high * (1.0 + EXTRAPOLATION)
    }

    /// The posterior of a linear function of (ln D at the middle, E_a).
    fn credible(&self, of: &Vector2<f64>) -> Credible {
        let parts: Vec<(f64, f64, f64)> = self
            .parts
            .iter()
            .map(|part| {
                let variance = of.dot(&(part.covariance * of));
                (part.weight, of.dot(&part.mean), variance.max(0.0).sqrt())
            })
            .collect();
        let at = |probability: f64| quantile_of_mixture(&parts, probability);
        Credible { median: at(0.5), in68: (at(0.16), at(0.84)), in95: (at(0.025), at(0.975)) }
    }
}

/// A quantile of normal distributions (weight, mean, standard deviation), by bisection.
fn quantile_of_mixture(parts: &[(f64, f64, f64)], probability: f64) -> f64 {
    let standard = Normal::new(0.0, 1.0).expect("the standard normal distribution");
    let below = |x: f64| -> f64 {
        let share = |&(weight, mean, deviation): &(f64, f64, f64)| match deviation > 0.0 {
            true => weight * standard.cdf((x - mean) / deviation),
            false => weight * f64::from(u8::from(x >= mean)),
        };
        parts.iter().map(share).sum()
    };
    let reach = |sign: f64| parts.iter().map(move |&(_, mean, deviation)| mean + sign * 9.0 * deviation);
    let (mut low, mut high) =
        (reach(-1.0).fold(f64::INFINITY, f64::min), reach(1.0).fold(f64::NEG_INFINITY, f64::max));
    for _ in 0..80 {
        let middle = 0.5 * (low + high);
        if below(middle) < probability { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_distr::{Distribution, StandardNormal};

    const E_A_EV: f64 = 0.25;
    const D0: f64 = 3e-7;

    fn exact(temperature_k: f64) -> f64 {
        D0 * (-E_A_EV * beta(temperature_k)).exp()
    }

    #[test]
    fn exact_points_give_the_exact_line() {
        let point =
            |&t: &f64| Point { temperature_k: t, d_m2_per_s: exact(t), err_m2_per_s: 1e-4 * exact(t) };
        let points: Vec<Point> = [500.0, 600.0, 800.0, 1000.0].iter().map(point).collect();
        let line = arrhenius(&points).expect("a line");
        let energy = line.activation_energy_ev();
        assert!((energy.median - E_A_EV).abs() < 1e-6 && energy.in95.0 < E_A_EV && E_A_EV < energy.in95.1);
        assert!((line.ln_d0().median - D0.ln()).abs() < 1e-4);
        assert!((line.d_m2_per_s(300.0).median / exact(300.0) - 1.0).abs() < 1e-4);
        assert!(line.extrapolates_to(300.0) && line.extrapolates_to(1200.0) && !line.extrapolates_to(700.0));
        assert!(arrhenius(&points[..1]).is_err() && arrhenius(&[points[0], points[0]]).is_err());
        let bad = Point { d_m2_per_s: f64::NAN, ..points[0] };
        assert!(arrhenius(&[bad, points[1]]).is_err());
    }

    /// Intervals of E_a and of D at 300 K, with errors of 15 % and with or without scatter between runs of 20 %; 400 repeats each.
    #[test]
    fn intervals_hold_the_truth_as_often_as_they_say() {
        for (seed, scatter) in [(1, 0.0), (2, 0.2)] {
            let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
            let mut normal = || -> f64 { StandardNormal.sample(&mut rng) };
            let mut hits = [0; 4];
            for _ in 0..400 {
                let mut points = Vec::new();
                for temperature_k in [500.0, 600.0, 800.0, 1000.0] {
                    for _ in 0..3 {
                        let d = exact(temperature_k) * (scatter * normal() + 0.15 * normal()).exp();
                        points.push(Point { temperature_k, d_m2_per_s: d, err_m2_per_s: 0.15 * d });
                    }
                }
                let line = arrhenius(&points).expect("a line");
                let held = |c: &Credible, truth: f64| {
                    [(c.in68.0..c.in68.1).contains(&truth), (c.in95.0..c.in95.1).contains(&truth)]
                };
                let energy = held(&line.activation_energy_ev(), E_A_EV);
                let cold = held(&line.d_m2_per_s(300.0), exact(300.0));
                for (hit, held) in hits.iter_mut().zip([energy, cold].concat()) {
                    *hit += usize::from(held);
                }
            }
            // Standard errors of the shares: 0.023 and 0.011. Where there is no scatter the prior of tau makes intervals a little too wide.
            for (k, hit) in hits.iter().enumerate() {
                let share = *hit as f64 / 400.0;
                let good = if k % 2 == 0 { 0.61..0.80 } else { 0.915..0.995 };
                assert!(good.contains(&share), "scatter {scatter}, {k}: {share}");
            }
        }
    }

    /// Replicas that disagree beyond their errors: the common D is as uncertain as they differ.
    #[test]
    fn replicas_that_disagree_widen_their_mean() {
        let point = |factor: f64| Point {
            temperature_k: 600.0,
            d_m2_per_s: 1e-9 * factor,
            err_m2_per_s: 0.03e-9 * factor,
        };
        let width = |factors: &[f64]| {
            let points: Vec<Point> = factors.iter().map(|&f| point(f)).collect();
            let line = combine(&points).expect("a mean");
            let d = line.d_m2_per_s(600.0);
            assert!((d.median / 1e-9 - 1.0).abs() < 0.05, "{}", d.median);
            (d.in68.1 / d.in68.0).ln()
        };
        let (agree, differ) = (width(&[0.99, 1.0, 1.01, 1.0]), width(&[0.7, 1.0 / 0.7, 1.2, 1.0 / 1.2]));
        assert!(agree < 0.08 && differ > 0.2, "{agree} {differ}");
    }
}
