//! Series to path data in pixels: broken at gaps, thinned where marks fall on one another.

use std::collections::HashSet;

use crate::axis::Axis;
use crate::text::coordinate;

/// The frame of a plot in pixels, with its two axes.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
    pub x: Axis,
    pub y: Axis,
}

/// Pixel coordinates beyond the frame are cut here: renderers dislike huge numbers, and a clip hides the rest.
const FAR: f64 = 20.0;

impl Frame {
    /// Pixel position of a point of data; None where it cannot be shown.
    pub fn place(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        Some((self.x_pixel(self.x.position(x)?), self.y_pixel(self.y.position(y)?)))
    }

    pub fn x_pixel(&self, share: f64) -> f64 {
        self.left + self.width * share.clamp(-FAR, FAR)
    }

    pub fn y_pixel(&self, share: f64) -> f64 {
        self.top + self.height * (1.0 - share.clamp(-FAR, FAR))
    }

    fn holds(&self, (x, y): (f64, f64)) -> bool {
        (self.left..=self.left + self.width).contains(&x) && (self.top..=self.top + self.height).contains(&y)
    }
}

/// Path data of a line, one piece per run of points that can be shown; empty if there is none.
pub(crate) fn line(frame: &Frame, points: &[(f64, f64)]) -> String {
    let mut path = String::new();
    for run in points.split(|&(x, y)| frame.place(x, y).is_none()) {
        let pixels: Vec<(f64, f64)> = run.iter().filter_map(|&(x, y)| frame.place(x, y)).collect();
        for (k, (x, y)) in columns(&pixels).into_iter().enumerate() {
            path.push(if k == 0 { 'M' } else { 'L' });
            path.push_str(&format!("{} {}", coordinate(x), coordinate(y)));
        }
    }
    path
}

/// Of the points of one half-pixel column keeps first, lowest, highest and last, in order: the drawn line is the same.
fn columns(pixels: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let column = |k: usize| (pixels[k].0 * 2.0).floor() as i64;
    let mut kept = Vec::new();
    let mut start = 0;
    while start < pixels.len() {
        let mut end = start + 1;
        while end < pixels.len() && column(end) == column(start) {
            end += 1;
        }
        let by_height = |a: &usize, b: &usize| pixels[*a].1.total_cmp(&pixels[*b].1);
        let mut keep = vec![start, end - 1];
        keep.extend((start..end).min_by(by_height));
        keep.extend((start..end).max_by(by_height));
        keep.sort_unstable();
        keep.dedup();
        kept.extend(keep.into_iter().map(|k| pixels[k]));
        start = end;
    }
    kept
}

/// Side of the cells in which one mark stands for all, pixels.
const CELL: f64 = 1.5;

/// Marks inside the frame, one per cell of 1.5 pixels: the first of each, so the picture never depends on chance.
pub(crate) fn marks(frame: &Frame, points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut taken = HashSet::new();
    points
        .iter()
        .filter_map(|&(x, y)| frame.place(x, y))
        .filter(|&at| frame.holds(at))
        .filter(|&(x, y)| taken.insert(((x / CELL).floor() as i64, (y / CELL).floor() as i64)))
        .collect()
}

/// Path data that a round line cap turns into dots.
pub(crate) fn dots(pixels: &[(f64, f64)]) -> String {
    pixels.iter().map(|&(x, y)| format!("M{} {}h0", coordinate(x), coordinate(y))).collect()
}

/// Path data of a band (x, low, high), one closed piece per run of points that can be shown.
pub(crate) fn band(frame: &Frame, points: &[(f64, f64, f64)]) -> String {
    let place = |&(x, low, high): &(f64, f64, f64)| {
        let (low, high) = (frame.y.clamped(low)?, frame.y.clamped(high)?);
        Some((frame.x_pixel(frame.x.position(x)?), frame.y_pixel(low), frame.y_pixel(high)))
    };
    let mut path = String::new();
    for run in points.split(|p| place(p).is_none()) {
        let pixels: Vec<(f64, f64, f64)> = run.iter().filter_map(place).collect();
        let upper = pixels.iter().map(|&(x, _, high)| (x, high));
        let lower = pixels.iter().rev().map(|&(x, low, _)| (x, low));
        for (k, (x, y)) in upper.chain(lower).enumerate() {
            path.push(if k == 0 { 'M' } else { 'L' });
            path.push_str(&format!("{} {}", coordinate(x), coordinate(y)));
        }
        if !pixels.is_empty() {
            path.push('Z');
        }
    }
    path
}

/// Path data of vertical error bars (x, y, half-height).
pub(crate) fn bars(frame: &Frame, points: &[(f64, f64, f64)]) -> String {
    let mut path = String::new();
    for &(x, y, half) in points {
        let ends = (frame.x.position(x), frame.y.clamped(y - half), frame.y.clamped(y + half));
        if let (Some(x), Some(low), Some(high)) = ends {
            let (x, low, high) = (frame.x_pixel(x), frame.y_pixel(low), frame.y_pixel(high));
            path.push_str(&format!("M{} {}V{}", coordinate(x), coordinate(low), coordinate(high)));
            path.push_str(&format!(
                "M{} {}h6M{} {}h6",
                coordinate(x - 3.0),
                coordinate(low),
                coordinate(x - 3.0),
                coordinate(high)
            ));
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame() -> Frame {
        let axis = |log| Axis::around([1.0, 10.0].into_iter(), log);
        Frame { left: 0.0, top: 0.0, width: 100.0, height: 100.0, x: axis(false), y: axis(true) }
    }

    #[test]
    fn lines_break_at_gaps() {
        let path =
            line(&frame(), &[(1.0, 1.0), (2.0, 2.0), (3.0, f64::NAN), (4.0, 4.0), (5.0, -1.0), (6.0, 5.0)]);
        assert_eq!(path.matches('M').count(), 3);
        assert!(line(&frame(), &[(f64::NAN, 1.0)]).is_empty());
    }

    #[test]
    fn thinning_keeps_extremes_and_is_bounded() {
        let noisy: Vec<(f64, f64)> = (0..100_000)
            .map(|k| {
                (
                    1.0 + 9.0 * f64::from(k) / 1e5,
                    if k == 54_321 { 10.0 } else { 1.0 + f64::from(k % 7) / 7.0 },
                )
            })
            .collect();
        let path = line(&frame(), &noisy);
        assert!(path.matches('L').count() < 1000);
        let peak = frame().place(5.0, 10.0).expect("inside").1;
        assert!(path.contains(&format!(" {}", coordinate(peak))));
        assert!(marks(&frame(), &noisy).len() < 4500);
    }

    #[test]
    fn one_mark_per_cell() {
        assert_eq!(marks(&frame(), &[(5.0, 5.0); 50]).len(), 1);
        assert_eq!(marks(&frame(), &[(5.0, 5.0), (8.0, 5.0), (5.0, f64::INFINITY)]).len(), 2);
    }
}
