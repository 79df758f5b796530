//! Marks coloured by a value, and the scale that says which colour is which.
//!
//! The colours are seven of viridis (S. van der Walt, N. Smith, 2015; public domain), evenly spaced in lightness: they
//! stay in order in print and for colour-blind readers. Between them it is interpolated.

use crate::marks::{Frame, dots};
use crate::text::{coordinate as c, escape, width_em};
use crate::ticks::minus;

/// Red, green and blue from the lowest value to the highest.
const ANCHORS: [[u8; 3]; 7] = [
    [68, 1, 84],
    [68, 58, 131],
    [49, 104, 142],
    [33, 145, 140],
    [53, 183, 121],
    [144, 215, 67],
    [253, 231, 37],
];
/// Steps of colour: more cannot be told apart, and each is one element of the picture.
const STEPS: usize = 24;
/// Size of the bar of the scale, pixels.
const BAR: (f64, f64) = (96.0, 10.0);

/// The colour of a share between 0 and 1.
fn colour(share: f64) -> String {
    let place = share.clamp(0.0, 1.0) * (ANCHORS.len() - 1) as f64;
    let low = (place.floor() as usize).min(ANCHORS.len() - 2);
    let part = place - low as f64;
    let channel = |k: usize| {
        let (a, b) = (f64::from(ANCHORS[low][k]), f64::from(ANCHORS[low + 1][k]));
        (a + part * (b - a)).round() as u8
    };
    format!("#{:02x}{:02x}{:02x}", channel(0), channel(1), channel(2))
}

fn range(points: &[(f64, f64, f64)]) -> (f64, f64) {
    let values = points.iter().map(|p| p.2);
    (values.clone().fold(f64::INFINITY, f64::min), values.fold(f64::NEG_INFINITY, f64::max))
}

/// Which step of colour a value has.
fn step(value: f64, (low, high): (f64, f64)) -> usize {
    let share = if high > low { (value - low) / (high - low) } else { 0.5 };
    ((share * STEPS as f64) as usize).min(STEPS - 1)
}

/// The marks, one path for each step of colour.
pub(crate) fn draw(frame: &Frame, points: &[(f64, f64, f64)]) -> String {
    let ends = range(points);
    let mut steps: Vec<Vec<(f64, f64)>> = vec![Vec::new(); STEPS];
    for &(x, y, value) in points {
        steps[step(value, ends)].extend(frame.place(x, y));
    }
    let size = if points.len() > 600 { 4.0 } else { 6.0 };
    let all: Vec<(f64, f64)> = steps.iter().flatten().copied().collect();
    // A rim in the colour of the text: the darkest colours vanish on a dark screen, the lightest on paper.
    let rim = format!(
        "<path class=\"ink-line\" d=\"{}\" fill=\"none\" stroke=\"#222222\" stroke-opacity=\"0.55\" stroke-width=\"{}\" stroke-linecap=\"round\"/>",
        dots(&all),
        size + 1.6
    );
    let path = |(k, pixels): (usize, &Vec<(f64, f64)>)| {
        let colour = colour((k as f64 + 0.5) / STEPS as f64);
        format!(
            "<path d=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{size}\" stroke-linecap=\"round\"/>",
            dots(pixels)
        )
    };
    let marks: String = steps.iter().enumerate().filter(|(_, pixels)| !pixels.is_empty()).map(path).collect();
    if all.is_empty() { marks } else { rim + &marks }
}

/// The scale, right above the frame: what is shown, lowest value, bar, highest value.
pub(crate) fn scale(frame: &Frame, name: &str, points: &[(f64, f64, f64)], font: f64) -> String {
    if points.is_empty() {
        return String::new();
    }
    let (low, high) = range(points);
    let (low, high) = (number(low), number(high));
    let right = frame.left + frame.width;
    let bar = right - width_em(&high) * font - 6.0 - BAR.0;
    let (top, baseline) = (frame.top - 18.0, frame.top - 9.0);
    let mut svg: String = (0..STEPS)
        .map(|k| {
            let width = BAR.0 / STEPS as f64;
            let (x, colour) = (bar + k as f64 * width, colour((k as f64 + 0.5) / STEPS as f64));
            // A little wider than its share, so that no seams show.
            let (x, y, w, h) = (c(x), c(top), c(width + 0.4), c(BAR.1));
            format!("<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" fill=\"{colour}\"/>")
        })
        .collect();
    let text = |x: f64, anchor: &str, text: &str| {
        let (x, y, text) = (c(x), c(baseline), escape(text));
        format!(
            "<text class=\"ink\" x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\" fill=\"#222222\">{text}</text>"
        )
    };
    svg.push_str(&text(right, "end", &high));
    let label = if name.is_empty() { low } else { format!("{name}: {low}") };
    svg.push_str(&text(bar - 6.0, "end", &label));
    svg
}

/// A value in three digits.
fn number(value: f64) -> String {
    let digits = match value.abs() {
        _ if value.fract() == 0.0 && value.abs() < 1e6 => return minus(&format!("{value}")),
        size if !(1e-3..1e5).contains(&size) => return minus(&format!("{value:.2e}")),
        size if size < 1.0 => 3,
        size if size < 100.0 => 2,
        _ => 0,
    };
    minus(&format!("{value:.digits$}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Plot;

    #[test]
    fn colours_run_from_end_to_end() {
        assert_eq!(colour(0.0), "#440154");
        assert_eq!(colour(1.0), "#fde725");
        assert_eq!(colour(0.5), "#21918c");
        assert_eq!((step(1.0, (1.0, 1.0)), step(0.0, (0.0, 2.0)), step(2.0, (0.0, 2.0))), (12, 0, STEPS - 1));
    }

    #[test]
    fn the_scale_says_what_is_lowest_and_highest() {
        let points: Vec<(f64, f64, f64)> =
            (0..50).map(|k| (f64::from(k), f64::from(k * k % 7), f64::from(k) - 4.25)).collect();
        let svg = Plot::new("").graded("charge / e", &points).to_svg(400.0, 300.0);
        assert!(svg.contains("charge / e: \u{2212}4.25") && svg.contains("44.75"), "{svg}");
        assert!(svg.matches("stroke-linecap").count() >= STEPS);
        let nothing = Plot::new("").graded("x", &[(1.0, 1.0, f64::NAN)]).to_svg(400.0, 300.0);
        assert!(nothing.contains("no data"));
    }
}
