//! A plot to SVG.
//!
//! Colours are plain attributes, so that every viewer shows them, with class names beside them, so that the page of a
//! report can repaint `ink`, `paper`, `grid` and `rule` for a dark screen. The inner `<svg>` clips the series
//! without an id: several pictures share one HTML page, and ids would clash.

use crate::axis::Axis;
use crate::grade;
use crate::legend::{Area, corner, occupied};
use crate::marks::{Frame, band, bars, dots, line, marks};
use crate::plot::{Kind, Plot, Series};
use crate::text::{coordinate as c, escape, width_em};
use crate::ticks::{Tick, Ticks, minus};

/// Fonts that exist somewhere on every system.
pub(crate) const FONTS: &str = "Helvetica Neue, Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif";
pub(crate) const INK: &str = "#222222";
const GREY: &str = "#5c5c5c";
const FONT: f64 = 12.0;
const TITLE: f64 = 14.0;
/// Height of a line of the legend and of notes, pixels.
const ROW: f64 = 17.0;
/// Least room for a mark of the y axis, pixels.
const ROW_OF_MARKS: f64 = 45.0;
/// A legend that would hide more of the data than this (points, or 6 pixels of line each) goes above the frame.
const HIDDEN: usize = 6;
/// Lines of more points are drawn thin.
const DENSE: usize = 400;
/// Marks above this number are drawn smaller and fainter.
const MANY: usize = 600;

impl Plot {
    /// The picture, `width` x `height` pixels, as a complete SVG document.
    pub fn to_svg(&self, width: f64, height: f64) -> String {
        let (width, height) = (sane(width), sane(height));
        document(width, height, &self.inside(width, height, 0.0))
    }

    /// Room that the labels of the y axis need, pixels.
    pub(crate) fn left_margin(&self, height: f64) -> f64 {
        let (_, y) = self.axes();
        let ticks = y.ticks(tick_target(height, ROW_OF_MARKS));
        let widest = ticks.major.iter().map(|t| label_em(t) * FONT).fold(0.0, f64::max);
        widest + if self.y_label.is_empty() { 16.0 } else { 38.0 }
    }

    /// The picture without the document around it; `least_left` aligns panels.
    pub(crate) fn inside(&self, width: f64, height: f64, least_left: f64) -> String {
        let frame = self.frame(width, height, least_left);
        // Equal axes get equal marks.
        let per_x = if self.diagonal { ROW_OF_MARKS } else { 80.0 };
        let (x_ticks, y_ticks) = (
            frame.x.ticks(tick_target(frame.width, per_x)),
            frame.y.ticks(tick_target(frame.height, ROW_OF_MARKS)),
        );
        let mut svg = grid(&frame, &x_ticks, &y_ticks);
        svg.push_str(&self.draw_series(&frame));
        svg.push_str(&border(&frame, &x_ticks, &y_ticks));
        svg.push_str(&tick_labels(&frame, &x_ticks, &y_ticks));
        svg.push_str(&self.draw_labels(&frame, &x_ticks, &y_ticks, height));
        svg.push_str(&self.draw_boxes(&frame));
        svg
    }

    fn frame(&self, width: f64, height: f64, least_left: f64) -> Frame {
        let (x, y) = self.axes();
        let left = self.left_margin(height).max(least_left);
        // A scale of colours has a row of its own below the title.
        let top = match (self.title.is_empty(), self.is_graded()) {
            (true, _) => 24.0,
            (false, false) => 38.0,
            (false, true) => 54.0,
        };
        let bottom = if self.x_label.is_empty() { 28.0 } else { 48.0 };
        let (mut w, mut h) = ((width - left - 18.0).max(10.0), (height - top - bottom).max(10.0));
        if self.diagonal {
            // A parity plot is read by the eye as distances from a 45 degree line.
            (w, h) = (w.min(h), w.min(h));
        }
        Frame { left, top, width: w, height: h, x, y }
    }

    fn is_graded(&self) -> bool {
        self.series.iter().any(|series| matches!(series.kind, Kind::Graded { .. }))
    }

    fn axes(&self) -> (Axis, Axis) {
        if !self.diagonal {
            return (Axis::around(self.xs(), self.log.0), Axis::around(self.ys(), self.log.1));
        }
        // One scale for both axes of a parity plot: logarithmic only if both were asked to be.
        let both = Axis::around(self.xs().chain(self.ys()), self.log.0 && self.log.1);
        (both.clone(), both)
    }

    fn xs(&self) -> impl Iterator<Item = f64> {
        self.series.iter().flat_map(|s| match &s.kind {
            Kind::Line { points, .. }
            | Kind::Scatter { points }
            | Kind::Faint { points }
            | Kind::Crosses { points } => points.iter().map(|p| p.0).collect(),
            Kind::Band { points } | Kind::Bars { points } | Kind::Graded { points } => {
                points.iter().map(|p| p.0).collect()
            }
            Kind::Span { .. } => Vec::new(),
        })
    }

    /// What the y axis must hold. The lower edge of a band reaches towards zero where errors are large; on a logarithmic
    /// axis it would squeeze the data into a corner and is cut off instead.
    fn ys(&self) -> impl Iterator<Item = f64> {
        let log = self.log.1;
        self.series.iter().flat_map(move |s| match &s.kind {
            Kind::Line { points, .. }
            | Kind::Scatter { points }
            | Kind::Faint { points }
            | Kind::Crosses { points } => points.iter().map(|p| p.1).collect(),
            Kind::Graded { points } => points.iter().map(|p| p.1).collect(),
            Kind::Band { points } if log => points.iter().map(|p| p.2).collect(),
            Kind::Band { points } => points.iter().flat_map(|p| [p.1, p.2]).collect(),
            Kind::Bars { points } => points.iter().flat_map(|p| [p.1, p.1 + p.2, p.1 - p.2]).collect(),
            Kind::Span { .. } => Vec::new(),
        })
    }

    fn draw_series(&self, frame: &Frame) -> String {
        let (x, y, w, h) = (c(frame.left), c(frame.top), c(frame.width), c(frame.height));
        let mut svg =
            format!("<svg x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" viewBox=\"{x} {y} {w} {h}\">");
        // Areas lie below lines and marks, whatever order they were added in.
        let is_area =
            |s: &&Series| matches!(s.kind, Kind::Band { .. } | Kind::Span { .. } | Kind::Faint { .. });
        for series in self.series.iter().filter(is_area) {
            svg.push_str(&draw_one(frame, series));
        }
        if self.diagonal {
            let (low, high) = frame.x.ends();
            let path = line(frame, &[(low, low), (high, high)]);
            svg.push_str(&format!("<path class=\"rule\" d=\"{path}\" fill=\"none\" stroke=\"{GREY}\"/>"));
        }
        for series in self.series.iter().filter(|s| !is_area(s)) {
            svg.push_str(&draw_one(frame, series));
        }
        svg + "</svg>"
    }

    fn draw_labels(&self, frame: &Frame, x: &Ticks, y: &Ticks, height: f64) -> String {
        let mut svg = String::new();
        let centre = (frame.left + 0.5 * frame.width, frame.top + 0.5 * frame.height);
        if !self.title.is_empty() {
            svg.push_str(&format!(
                "<text class=\"ink\" x=\"{}\" y=\"24\" font-size=\"{TITLE}\" font-weight=\"600\" fill=\"{INK}\">{}</text>",
                c(frame.left),
                escape(&self.title)
            ));
        }
        let baseline = (frame.top + frame.height + 38.0).min(height - 6.0);
        svg.push_str(&format!(
            "<text class=\"ink\" x=\"{}\" y=\"{}\" text-anchor=\"middle\" fill=\"{INK}\">{}</text>",
            c(centre.0),
            c(baseline),
            scaled_label(&self.x_label, x.exponent)
        ));
        svg.push_str(&format!(
            "<text class=\"ink\" transform=\"translate(16 {}) rotate(-90)\" text-anchor=\"middle\" fill=\"{INK}\">{}</text>",
            c(centre.1),
            scaled_label(&self.y_label, y.exponent)
        ));
        svg
    }

    fn draw_boxes(&self, frame: &Frame) -> String {
        let pixels = occupied(frame, self);
        if pixels.is_empty() {
            return format!(
                "<text class=\"ink\" x=\"{}\" y=\"{}\" text-anchor=\"middle\" fill=\"{GREY}\">no data</text>",
                c(frame.left + 0.5 * frame.width),
                c(frame.top + 0.5 * frame.height)
            );
        }
        let in_legend = |s: &&Series| !s.name.is_empty() && !matches!(s.kind, Kind::Graded { .. });
        let named: Vec<&Series> = self.series.iter().filter(in_legend).collect();
        let mut taken = Vec::new();
        let mut svg = String::new();
        for series in &self.series {
            if let Kind::Graded { points } = &series.kind {
                svg.push_str(&grade::scale(frame, &series.name, points, FONT));
            }
        }
        if !named.is_empty() {
            let widest = named.iter().map(|s| width_em(&s.name)).fold(0.0, f64::max) * FONT;
            let (area, hidden) =
                corner(frame, &pixels, (widest + 42.0, ROW * named.len() as f64 + 8.0), &taken);
            let in_a_row: f64 = named.iter().map(|s| width_em(&s.name) * FONT + 48.0).sum();
            let room = frame.width - TITLE * 1.1 * width_em(&self.title);
            if hidden > HIDDEN && in_a_row < room && !self.is_graded() {
                svg.push_str(&draw_legend_above(frame, &named, in_a_row));
            } else {
                svg.push_str(&draw_legend(&area, &named));
                taken.push(area);
            }
        }
        if !self.notes.is_empty() {
            let widest = self.notes.iter().map(|n| width_em(n)).fold(0.0, f64::max) * FONT;
            let (area, _) =
                corner(frame, &pixels, (widest + 14.0, ROW * self.notes.len() as f64 + 8.0), &taken);
            svg.push_str(&paper(&area));
            for (k, note) in self.notes.iter().enumerate() {
                svg.push_str(&format!(
                    "<text class=\"ink\" x=\"{}\" y=\"{}\" fill=\"{INK}\">{}</text>",
                    c(area.x + 7.0),
                    c(area.y + ROW * (k as f64 + 1.0)),
                    escape(note)
                ));
            }
        }
        svg
    }
}

/// A picture of at least 10 and at most 20000 pixels a side.
pub(crate) fn sane(size: f64) -> f64 {
    if size.is_finite() { size.clamp(10.0, 20_000.0) } else { 400.0 }
}

/// An SVG document of this size around `inside`, on paper.
pub(crate) fn document(width: f64, height: f64, inside: &str) -> String {
    let (w, h) = (c(width), c(height));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" \
         font-family=\"{FONTS}\" font-size=\"{FONT}\" role=\"img\">\
         <rect class=\"paper\" width=\"{w}\" height=\"{h}\" fill=\"#ffffff\"/>{inside}</svg>"
    )
}

fn tick_target(pixels: f64, each: f64) -> usize {
    (pixels / each).round().clamp(2.0, 9.0) as usize
}

fn label_em(tick: &Tick) -> f64 {
    width_em(&tick.label.0) + tick.label.1.as_deref().map_or(0.0, |raised| 0.75 * width_em(raised))
}

/// An axis label with the power of ten that its marks leave out.
fn scaled_label(label: &str, exponent: i32) -> String {
    if exponent == 0 {
        return escape(label);
    }
    let raised = minus(&exponent.to_string());
    format!("{} (10<tspan dy=\"-4\" font-size=\"9\">{raised}</tspan><tspan dy=\"4\">)</tspan>", escape(label))
}

/// Pixel positions along x of marks inside the frame.
fn x_pixels<'a>(frame: &'a Frame, at: impl Iterator<Item = f64> + 'a) -> impl Iterator<Item = f64> + 'a {
    at.filter_map(|v| frame.x.position(v)).filter(|s| (0.0..=1.0).contains(s)).map(|s| frame.x_pixel(s))
}

fn y_pixels<'a>(frame: &'a Frame, at: impl Iterator<Item = f64> + 'a) -> impl Iterator<Item = f64> + 'a {
    at.filter_map(|v| frame.y.position(v)).filter(|s| (0.0..=1.0).contains(s)).map(|s| frame.y_pixel(s))
}

fn grid(frame: &Frame, x: &Ticks, y: &Ticks) -> String {
    let lines = |x_at: &[f64], y_at: &[f64]| {
        let mut path = String::new();
        for px in x_pixels(frame, x_at.iter().copied()) {
            path.push_str(&format!("M{} {}v{}", c(px), c(frame.top), c(frame.height)));
        }
        for py in y_pixels(frame, y_at.iter().copied()) {
            path.push_str(&format!("M{} {}h{}", c(frame.left), c(py), c(frame.width)));
        }
        path
    };
    let at = |ticks: &Ticks| ticks.major.iter().map(|t| t.at).collect::<Vec<f64>>();
    format!(
        "<path class=\"minor\" d=\"{}\" stroke=\"#f3f3f3\" stroke-width=\"0.75\"/>\
         <path class=\"grid\" d=\"{}\" stroke=\"#e2e2e2\" stroke-width=\"0.75\"/>",
        lines(&x.minor, &y.minor),
        lines(&at(x), &at(y))
    )
}

fn border(frame: &Frame, x: &Ticks, y: &Ticks) -> String {
    let base = frame.top + frame.height;
    let mut path = format!("M{} {}v{}h{}", c(frame.left), c(frame.top), c(frame.height), c(frame.width));
    let mut marks = |at: &mut dyn Iterator<Item = f64>, length: f64, along_x: bool| {
        for p in at {
            path.push_str(&if along_x {
                format!("M{} {}v{length}", c(p), c(base))
            } else {
                format!("M{} {}h-{length}", c(frame.left), c(p))
            });
        }
    };
    marks(&mut x_pixels(frame, x.major.iter().map(|t| t.at)), 5.0, true);
    marks(&mut x_pixels(frame, x.minor.iter().copied()), 2.5, true);
    marks(&mut y_pixels(frame, y.major.iter().map(|t| t.at)), 5.0, false);
    marks(&mut y_pixels(frame, y.minor.iter().copied()), 2.5, false);
    format!("<path class=\"rule\" d=\"{path}\" fill=\"none\" stroke=\"{GREY}\"/>")
}

fn tick_labels(frame: &Frame, x: &Ticks, y: &Ticks) -> String {
    let mut svg = String::from("<g class=\"ticks\">");
    for tick in &x.major {
        for px in x_pixels(frame, std::iter::once(tick.at)) {
            let (px, py) = (c(px), c(frame.top + frame.height + 18.0));
            svg.push_str(&format!(
                "<text class=\"ink\" x=\"{px}\" y=\"{py}\" text-anchor=\"middle\" fill=\"{INK}\">{}</text>",
                raised(tick)
            ));
        }
    }
    for tick in &y.major {
        for py in y_pixels(frame, std::iter::once(tick.at)) {
            let (px, py) = (c(frame.left - 8.0), c(py + 4.0));
            svg.push_str(&format!(
                "<text class=\"ink\" x=\"{px}\" y=\"{py}\" text-anchor=\"end\" fill=\"{INK}\">{}</text>",
                raised(tick)
            ));
        }
    }
    svg + "</g>"
}

fn raised(tick: &Tick) -> String {
    let (base, exponent) = &tick.label;
    match exponent {
        Some(e) => format!("{}<tspan dy=\"-4\" font-size=\"9\">{}</tspan>", escape(base), escape(e)),
        None => escape(base),
    }
}

fn draw_one(frame: &Frame, series: &Series) -> String {
    let colour = series.colour;
    let body = match &series.kind {
        Kind::Line { points, dashed } => {
            let dash = if *dashed { " stroke-dasharray=\"6 4\"" } else { "" };
            let class = if *dashed { " class=\"ink-line\"" } else { "" };
            let width = if points.len() > DENSE { "0.9" } else { "1.75" };
            format!(
                "<path{class} d=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\" stroke-linejoin=\"round\"{dash}/>",
                line(frame, points)
            )
        }
        Kind::Scatter { points } => draw_dots(&marks(frame, points), colour),
        Kind::Crosses { points } => draw_crosses(&marks(frame, points), colour),
        Kind::Faint { points } => format!(
            "<path d=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-opacity=\"0.75\" stroke-width=\"2.6\" stroke-linecap=\"round\"/>",
            dots(&marks(frame, points))
        ),
        Kind::Band { points } => {
            format!("<path d=\"{}\" fill=\"{colour}\" fill-opacity=\"0.18\"/>", band(frame, points))
        }
        Kind::Bars { points } => {
            let centres: Vec<(f64, f64)> = points.iter().filter_map(|p| frame.place(p.0, p.1)).collect();
            format!(
                "<path d=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.25\"/>{}",
                bars(frame, points),
                draw_dots(&centres, colour)
            )
        }
        Kind::Graded { points } => grade::draw(frame, points),
        Kind::Span { from, to } => draw_span(frame, *from, *to, colour),
    };
    format!("<g class=\"series\" data-name=\"{}\">{body}</g>", escape(&series.name))
}

fn draw_dots(pixels: &[(f64, f64)], colour: &str) -> String {
    let (size, opacity) = if pixels.len() > MANY { (2.6, 0.45) } else { (5.0, 0.85) };
    format!(
        "<path d=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-opacity=\"{opacity}\" stroke-width=\"{size}\" stroke-linecap=\"round\"/>",
        dots(pixels)
    )
}

/// Half of the width of a cross, pixels.
const CROSS: f64 = 3.5;

fn draw_crosses(pixels: &[(f64, f64)], colour: &str) -> String {
    let side = c(2.0 * CROSS);
    let one = |&(x, y): &(f64, f64)| {
        let (left, top, bottom) = (c(x - CROSS), c(y - CROSS), c(y + CROSS));
        format!("M{left} {top}l{side} {side}M{left} {bottom}l{side} -{side}")
    };
    let path: String = pixels.iter().map(one).collect();
    format!("<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.1\"/>")
}

fn draw_span(frame: &Frame, from: f64, to: f64, colour: &str) -> String {
    let (Some(from), Some(to)) = (frame.x.clamped(from), frame.x.clamped(to)) else { return String::new() };
    let (left, right) = (frame.x_pixel(from.min(to)), frame.x_pixel(from.max(to)));
    format!(
        "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{colour}\" fill-opacity=\"0.12\"/>",
        c(left),
        c(frame.top),
        c(right - left),
        c(frame.height)
    )
}

/// A sheet of paper under a legend, so that grid lines do not cross the text.
fn paper(area: &Area) -> String {
    format!(
        "<rect class=\"paper\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"3\" fill=\"#ffffff\" fill-opacity=\"0.85\"/>",
        c(area.x),
        c(area.y),
        c(area.width),
        c(area.height)
    )
}

fn draw_legend(area: &Area, named: &[&Series]) -> String {
    let mut svg = paper(area);
    svg.push_str("<g class=\"legend\">");
    for (k, series) in named.iter().enumerate() {
        let middle = area.y + ROW * (k as f64 + 0.5) + 4.0;
        svg.push_str(&sample(series, area.x + 7.0, middle));
        svg.push_str(&format!(
            "<text class=\"ink\" x=\"{}\" y=\"{}\" fill=\"{INK}\">{}</text>",
            c(area.x + 36.0),
            c(middle + 4.0),
            escape(&series.name)
        ));
    }
    svg + "</g>"
}

/// The legend as one row above the frame, at its right end.
fn draw_legend_above(frame: &Frame, named: &[&Series], total: f64) -> String {
    let mut svg = String::from("<g class=\"legend\">");
    let (mut x, y) = (frame.left + frame.width - total, frame.top - 14.0);
    for series in named {
        svg.push_str(&sample(series, x + 8.0, y));
        svg.push_str(&format!(
            "<text class=\"ink\" x=\"{}\" y=\"{}\" fill=\"{INK}\">{}</text>",
            c(x + 36.0),
            c(y + 4.0),
            escape(&series.name)
        ));
        x += width_em(&series.name) * FONT + 48.0;
    }
    svg + "</g>"
}

/// What stands for a series in the legend, 22 pixels wide.
fn sample(series: &Series, x: f64, y: f64) -> String {
    let (colour, x1, y0) = (series.colour, c(x), c(y));
    match &series.kind {
        Kind::Line { dashed, .. } => {
            let extra = if *dashed { " class=\"ink-line\" stroke-dasharray=\"6 4\"" } else { "" };
            format!("<path d=\"M{x1} {y0}h22\" stroke=\"{colour}\" stroke-width=\"1.75\"{extra}/>")
        }
        Kind::Scatter { .. } | Kind::Faint { .. } | Kind::Graded { .. } => {
            draw_dots(&[(x + 11.0, y)], colour)
        }
        Kind::Crosses { .. } => draw_crosses(&[(x + 11.0, y)], colour),
        Kind::Bars { .. } => {
            let bar = format!(
                "<path d=\"M{} {}v12\" stroke=\"{colour}\" stroke-width=\"1.25\"/>",
                c(x + 11.0),
                c(y - 6.0)
            );
            bar + &draw_dots(&[(x + 11.0, y)], colour)
        }
        Kind::Band { .. } | Kind::Span { .. } => format!(
            "<rect x=\"{x1}\" y=\"{}\" width=\"22\" height=\"10\" fill=\"{colour}\" fill-opacity=\"0.2\"/>",
            c(y - 5.0)
        ),
    }
}
