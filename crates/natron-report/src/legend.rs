//! Where the legend and the notes go: into the emptiest corners.

use crate::marks::Frame;
use crate::plot::{Kind, Plot};

/// A box in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Area {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

impl Area {
    fn holds(&self, (x, y): (f64, f64)) -> bool {
        (self.x..=self.x + self.width).contains(&x) && (self.y..=self.y + self.height).contains(&y)
    }

    fn meets(&self, other: &Self) -> bool {
        self.x < other.x + other.width
            && other.x < self.x + self.width
            && self.y < other.y + other.height
            && other.y < self.y + self.height
    }
}

/// Distance of a box from the frame, pixels.
const GAP: f64 = 8.0;

/// The place in the frame where a box of this size hides the fewest points and none of the `taken` boxes, and how many
/// points it hides there.
pub(crate) fn corner(
    frame: &Frame,
    pixels: &[(f64, f64)],
    size: (f64, f64),
    taken: &[Area],
) -> (Area, usize) {
    let (width, height) = size;
    let right = frame.left + frame.width - width - GAP;
    let bottom = frame.top + frame.height - height - GAP;
    let middle = frame.left + 0.5 * (frame.width - width);
    let places = [
        (frame.left + GAP, frame.top + GAP),
        (right, frame.top + GAP),
        (right, bottom),
        (frame.left + GAP, bottom),
        (middle, frame.top + GAP),
        (middle, bottom),
    ];
    let areas = places.map(|(x, y)| Area { x, y, width, height });
    let cost = |area: &Area| {
        let hidden = pixels.iter().filter(|p| area.holds(**p)).count();
        hidden + if taken.iter().any(|t| t.meets(area)) { 1_000_000 } else { 0 }
    };
    // The first of equals wins: upper left before upper right before the lower ones.
    let mut best = areas[0];
    for area in &areas[1..] {
        if cost(area) < cost(&best) {
            best = *area;
        }
    }
    (best, cost(&best))
}

/// Points of all series in pixels, lines filled in between their points, so that a box avoids segments too.
pub(crate) fn occupied(frame: &Frame, plot: &Plot) -> Vec<(f64, f64)> {
    let mut pixels = Vec::new();
    for series in &plot.series {
        match &series.kind {
            Kind::Line { points, .. } => {
                let placed: Vec<_> = points.iter().filter_map(|&(x, y)| frame.place(x, y)).collect();
                pixels.extend(placed.first());
                placed.windows(2).for_each(|pair| pixels.extend(between(pair[0], pair[1])));
            }
            Kind::Scatter { points } | Kind::Crosses { points } => {
                pixels.extend(points.iter().filter_map(|&(x, y)| frame.place(x, y)));
            }
            Kind::Band { points } => {
                for &(x, low, high) in points {
                    pixels.extend(frame.place(x, low));
                    pixels.extend(frame.place(x, high));
                }
            }
            Kind::Graded { points } => {
                pixels.extend(points.iter().filter_map(|&(x, y, _)| frame.place(x, y)));
            }
            Kind::Bars { points } => {
                for &(x, y, half) in points {
                    pixels.extend([y - half, y, y + half].iter().filter_map(|&y| frame.place(x, y)));
                }
            }
            Kind::Span { .. } | Kind::Faint { .. } => {}
        }
    }
    pixels
}

fn between(a: (f64, f64), b: (f64, f64)) -> impl Iterator<Item = (f64, f64)> {
    let steps = ((b.0 - a.0).hypot(b.1 - a.1) / 6.0).ceil().clamp(1.0, 200.0) as usize;
    (1..=steps).map(move |k| {
        let share = k as f64 / steps as f64;
        (a.0 + share * (b.0 - a.0), a.1 + share * (b.1 - a.1))
    })
}
