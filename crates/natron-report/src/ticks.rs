//! Where an axis is marked and what is written there.

/// One labelled mark.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// Position in data coordinates.
    pub at: f64,
    /// What is written: plain text and, for powers of ten, an exponent to raise.
    pub label: (String, Option<String>),
}

/// Marks of an axis.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ticks {
    /// Labelled marks.
    pub major: Vec<Tick>,
    /// Marks without a label.
    pub minor: Vec<f64>,
    /// Common factor 10^e that the labels leave out (0 = none).
    pub exponent: i32,
}

/// Round marks for `low..=high` (low < high), about `target` of them: steps of 1, 2 or 5 times a power of ten.
pub fn linear(low: f64, high: f64, target: usize) -> Ticks {
    let step = nice_step((high - low) / target.max(2) as f64);
    let largest = low.abs().max(high.abs());
    let magnitude = largest.log10().floor() as i32;
    let exponent = if (-3..5).contains(&magnitude) { 0 } else { magnitude };
    let unit = 10f64.powi(exponent);
    let decimals = (-(step / unit).log10() - 1e-9).ceil().clamp(0.0, 12.0) as usize;
    let label = |at: f64| {
        let text = format!("{:.decimals$}", at / unit);
        let zero = text.trim_start_matches('-').chars().all(|c| c == '0' || c == '.');
        (minus(if zero { text.trim_start_matches('-') } else { &text }), None)
    };
    let major = multiples(low, high, step).into_iter().map(|at| Tick { at, label: label(at) }).collect();
    let parts = if leading_digit(step) == 2 { 4.0 } else { 5.0 };
    Ticks { major, minor: multiples(low, high, step / parts), exponent }
}

/// Marks for a logarithmic axis, 0 < low < high: decades, and where there are few of them also 2 and 5.
pub fn logarithmic(low: f64, high: f64, target: usize) -> Ticks {
    let decades = high.log10() - low.log10();
    if decades < 0.7 {
        let mut ticks = linear(low, high, target);
        ticks.major.retain(|t| t.at > 0.0);
        ticks.minor.retain(|&at| at > 0.0);
        return ticks;
    }
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    let inside = |at: f64| at >= low * (1.0 - 1e-9) && at <= high * (1.0 + 1e-9);
    let stride = (decades / target.max(2) as f64).ceil().max(1.0) as i32;
    let mantissas: &[i32] = if decades <= 1.8 { &[1, 2, 5] } else { &[1] };
    let mut ticks = Ticks::default();
    for decade in first..=last {
        for mantissa in 1..10 {
            let at = f64::from(mantissa) * 10f64.powi(decade);
            if !inside(at) {
                continue;
            }
            if mantissas.contains(&mantissa) && decade.rem_euclid(stride) == 0 {
                ticks.major.push(Tick { at, label: decade_label(mantissa, decade, decades) });
            } else if stride == 1 || mantissa == 1 {
                ticks.minor.push(at);
            }
        }
    }
    ticks
}

fn decade_label(mantissa: i32, decade: i32, decades: f64) -> (String, Option<String>) {
    if (-2..=3).contains(&decade) && decades <= 5.0 {
        let decimals = (-decade).max(0) as usize;
        return (format!("{:.decimals$}", f64::from(mantissa) * 10f64.powi(decade)), None);
    }
    let base = if mantissa == 1 { "10".to_string() } else { format!("{mantissa}·10") };
    (base, Some(minus(&decade.to_string())))
}

/// A proper minus sign instead of a hyphen.
pub fn minus(text: &str) -> String {
    text.replace('-', "\u{2212}")
}

fn nice_step(rough: f64) -> f64 {
    let power = 10f64.powf(rough.log10().floor());
    let digit = rough / power;
    let nice = if digit <= 1.0 + 1e-9 {
        1.0
    } else if digit <= 2.0 + 1e-9 {
        2.0
    } else if digit <= 5.0 + 1e-9 {
        5.0
    } else {
        10.0
    };
    nice * power
}

fn leading_digit(step: f64) -> i32 {
    (step / 10f64.powf((step.log10() + 1e-9).floor())).round() as i32
}

fn multiples(low: f64, high: f64, step: f64) -> Vec<f64> {
    let (first, last) = ((low / step - 1e-6).ceil(), (high / step + 1e-6).floor());
    if !(last - first).is_finite() || last - first > 1000.0 {
        return Vec::new();
    }
    (0..=(last - first) as i64).map(|k| (first + k as f64) * step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: &Ticks) -> Vec<String> {
        ticks.major.iter().map(|t| format!("{}{}", t.label.0, t.label.1.as_deref().unwrap_or(""))).collect()
    }

    #[test]
    fn linear_marks_are_round() {
        assert_eq!(labels(&linear(0.0, 20.0, 5)), ["0", "5", "10", "15", "20"]);
        assert_eq!(labels(&linear(-0.13, 0.11, 5)), ["\u{2212}0.10", "\u{2212}0.05", "0.00", "0.05", "0.10"]);
        let far = linear(1.0e-9, 5.0e-9, 4);
        assert_eq!(
            (labels(&far), far.exponent),
            (vec!["1".into(), "2".into(), "3".into(), "4".into(), "5".into()], -9)
        );
    }

    #[test]
    fn logarithmic_marks_are_decades() {
        assert_eq!(labels(&logarithmic(0.5, 200.0, 6)), ["1", "10", "100"]);
        assert_eq!(labels(&logarithmic(0.9, 21.0, 6)), ["1", "2", "5", "10", "20"]);
        assert_eq!(
            labels(&logarithmic(1e-9, 2e-5, 6)),
            ["10\u{2212}9", "10\u{2212}8", "10\u{2212}7", "10\u{2212}6", "10\u{2212}5"]
        );
    }

    #[test]
    fn any_range_gives_a_bounded_number_of_marks() {
        for (low, high) in [(0.0, 1e-300), (-1e300, 1e300), (1.0, 1.0 + 1e-12), (1e-300, 1e300)] {
            let ticks = linear(low, high, 6);
            assert!(ticks.major.len() < 20 && ticks.minor.len() < 100, "{low} {high}");
            if low > 0.0 {
                let ticks = logarithmic(low, high, 6);
                assert!(ticks.major.len() < 20 && ticks.minor.len() < 700, "{low} {high}");
            }
        }
    }
}
