//! How often errors of force components, or of energies, stay within their predicted standard deviations.

use std::collections::BTreeMap;

use natron_atoms::Vec3;
use serde_json::{Map, Value, json};

use super::Thinned;

/// 95 % of a normal distribution lie within so many standard deviations.
const Z95: f64 = 1.959_963_985;
/// Bins of [`Coverage::reliability`].
const BINS: usize = 10;

/// What the data of a [`Coverage`] are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Of {
    /// Components of forces, eV/A.
    #[default]
    Forces,
    /// Energies of frames, eV/atom.
    Energies,
}

impl Of {
    /// In a sentence.
    fn name(self) -> &'static str {
        match self {
            Self::Forces => "force components",
            Self::Energies => "energies",
        }
    }

    /// The key of their number, and the unit in keys (a thousandth of the own).
    fn keys(self) -> (&'static str, &'static str) {
        match self {
            Self::Forces => ("n_components", "meV_per_A"),
            Self::Energies => ("n_frames", "meV_per_atom"),
        }
    }
}

/// Counts over force components or energies, by host.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    of: Of,
    by_host: BTreeMap<String, Counts>,
    /// Standard deviation and error.
    components: Thinned<(f64, f64)>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    components: usize,
    /// Within one standard deviation (68.3 %), and within 1.96 (95 %).
    within: [usize; 2],
}

/// A share of components with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// The share.
    pub fraction: f64,
    /// Its interval.
    pub interval: [f64; 2],
}

impl Coverage {
    /// An empty one, of energies.
    pub fn of_energies() -> Self {
        Self { of: Of::Energies, ..Self::default() }
    }

    /// Adds a datum.
    pub fn add_one(&mut self, host: &str, std: f64, error: f64) {
        let counts = self.by_host.entry(host.to_string()).or_default();
        counts.components += 1;
        counts.within[0] += usize::from(error.abs() <= std);
        counts.within[1] += usize::from(error.abs() <= Z95 * std);
        self.components.push((std, error.abs()));
    }

    /// Adds the atoms of a frame; all in eV/A, `[n]`.
    pub fn add(&mut self, host: &str, predicted: &[Vec3], stds: &[Vec3], reference: &[Vec3]) {
        for ((force, std), reference) in predicted.iter().zip(stds).zip(reference) {
            for k in 0..3 {
                self.add_one(host, std[k], force[k] - reference[k]);
            }
        }
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.components.added() == 0
    }

    /// Share within the 68 % interval.
    pub fn within_68(&self) -> Share {
        self.share(0)
    }

    /// Share within the 95 % interval.
    pub fn within_95(&self) -> Share {
        self.share(1)
    }

    /// A share with the binomial interval of Wilson (DOI 10.1080/01621459.1927.10502953). Components of one host are not
    /// independent: the variance between hosts says how many components count.
    fn share(&self, level: usize) -> Share {
        let total = self.components.added() as f64;
        let within: usize = self.by_host.values().map(|counts| counts.within[level]).sum();
        let fraction = within as f64 / total;
        let hosts = self.by_host.len() as f64;
        let spread: f64 = self
            .by_host
            .values()
            .map(|counts| (counts.within[level] as f64 - fraction * counts.components as f64).powi(2))
            .sum::<f64>()
            / (total * total);
        let between = if hosts > 1.0 { spread * hosts / (hosts - 1.0) } else { 0.0 };
        let alone = fraction * (1.0 - fraction) / total;
        let count = if between > alone && alone > 0.0 { total * alone / between } else { total };
        let (z2, middle) = (Z95 * Z95, fraction + Z95 * Z95 / (2.0 * count));
        let half = Z95 * (fraction * (1.0 - fraction) / count + z2 / (4.0 * count * count)).sqrt();
        let scale = 1.0 + z2 / count;
        Share { fraction, interval: [(middle - half) / scale, (middle + half) / scale] }
    }

    /// Components in ten bins of rising standard deviation: root-mean-square standard deviation and error of each, eV/A or eV/atom.
    pub fn reliability(&self) -> Vec<(f64, f64)> {
        let mut sorted = self.components.kept().to_vec();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
        let size = sorted.len().div_ceil(BINS).max(1);
        let root = |bin: &[(f64, f64)], of: fn(&(f64, f64)) -> f64| {
            (bin.iter().map(|c| of(c).powi(2)).sum::<f64>() / bin.len() as f64).sqrt()
        };
        sorted.chunks(size).map(|bin| (root(bin, |c| c.0), root(bin, |c| c.1))).collect()
    }

    /// As JSON: `n_components` or `n_frames`, `n_hosts`, `coverage_68`, `coverage_95`, `by_host`, `reliability`.
    pub fn json(&self) -> Value {
        let (number, unit) = self.of.keys();
        let share = |share: Share| json!({ "fraction": share.fraction, "interval_95": share.interval });
        let host = |(host, counts): (&String, &Counts)| {
            let part = |level: usize| counts.within[level] as f64 / counts.components as f64;
            json!({
                "host": host, (number): counts.components,
                "coverage_68": part(0), "coverage_95": part(1),
            })
        };
        let bin = |(std, error): (f64, f64)| json!({ (format!("std_{unit}")): std * 1e3, (format!("error_{unit}")): error * 1e3 });
        let mut map = Map::new();
        map.insert(number.into(), self.components.added().into());
        map.insert("n_hosts".into(), self.by_host.len().into());
        map.insert("coverage_68".into(), share(self.within_68()));
        map.insert("coverage_95".into(), share(self.within_95()));
        map.insert("by_host".into(), self.by_host.iter().map(host).collect());
        map.insert("reliability".into(), self.reliability().into_iter().map(bin).collect());
        map.into()
    }

    /// One line for a terminal.
    pub fn text(&self) -> String {
        let percent = |share: Share| {
            let [low, high] = share.interval;
            format!("{:.0} % ({:.0} to {:.0})", 100.0 * share.fraction, 100.0 * low, 100.0 * high)
        };
        format!(
            "{} {} of {} host{}: {} within one standard deviation (68 expected), {} within 1.96 (95 expected)",
            self.components.added(),
            self.of.name(),
            self.by_host.len(),
            if self.by_host.len() == 1 { "" } else { "s" },
            percent(self.within_68()),
            percent(self.within_95())
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(hosts: &[(&str, usize, usize)]) -> Coverage {
        let mut coverage = Coverage::default();
        for &(host, inside, outside) in hosts {
            for (count, error) in [(inside, 0.5), (outside, 1.5)] {
                let zeros = vec![Vec3::zeros(); count];
                let (stds, errors) = (vec![Vec3::repeat(1.0); count], vec![Vec3::repeat(error); count]);
                coverage.add(host, &errors, &stds, &zeros);
            }
        }
        coverage
    }

    #[test]
    fn shares_are_counted_and_hosts_widen_their_intervals() {
        let one = of(&[("a", 68, 32)]);
        assert!((one.within_68().fraction - 0.68).abs() < 1e-12);
        assert_eq!(one.within_95().fraction, 1.0);
        // scipy.stats.binomtest(204, 300).proportion_ci(method="wilson")
        let [low, high] = one.within_68().interval;
        assert!((low - 0.625_223_9).abs() < 1e-6 && (high - 0.730_224_6).abs() < 1e-6, "{low} {high}");
        let alike = of(&[("a", 34, 16), ("b", 34, 16)]);
        assert_eq!(alike.within_68(), one.within_68());
        let unlike = of(&[("a", 48, 2), ("b", 20, 30)]).within_68();
        assert_eq!(unlike.fraction, 0.68);
        assert!(unlike.interval[1] - unlike.interval[0] > 0.5, "{unlike:?}");
    }

    #[test]
    fn the_reliability_of_honest_errors_lies_on_the_diagonal() {
        let mut coverage = Coverage::default();
        for k in 1..=1000 {
            let std = f64::from(k) * 1e-3;
            let error = if k % 2 == 0 { 1.2 * std } else { (2.0 - 1.44_f64).sqrt() * std };
            coverage.add("", &[Vec3::repeat(error)], &[Vec3::repeat(std)], &[Vec3::zeros()]);
        }
        let bins = coverage.reliability();
        assert_eq!(bins.len(), 10);
        assert!(bins.iter().all(|(std, error)| (error / std - 1.0).abs() < 0.02), "{bins:?}");
    }
}
