//! A picture of atoms in their cell: shaded balls and sticks, drawn from back to front.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::draw::{FONTS, INK, document, sane};
use crate::elements::{look, shade};
use crate::text::{coordinate as c, escape, width_em};

type Point = [f64; 3];

/// Coordinates beyond this, A, are no picture of atoms.
const FARTHEST_A: f64 = 1e6;

/// Atoms, bonds and a cell seen from one side.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StructurePicture {
    title: String,
    cell: Option<[Point; 3]>,
    atoms: Vec<(String, Point)>,
    bonds: Vec<(String, String, f64)>,
    view_deg: (f64, f64),
}

impl StructurePicture {
    /// A picture of nothing, seen from slightly above and to the side. `cell` holds the lattice vectors as rows (A); atoms are
    /// drawn where they are, so wrap them into the cell first.
    pub fn new(cell: Option<[[f64; 3]; 3]>) -> Self {
        let cell = cell.filter(|rows| rows.iter().flatten().all(|x| x.abs() < FARTHEST_A));
        Self { cell, view_deg: (-24.0, 14.0), ..Self::default() }
    }

    /// A title above the picture.
    pub fn title(mut self, text: &str) -> Self {
        self.title = text.into();
        self
    }

    /// Atoms of one element at Cartesian positions, A. Positions that are not finite or farther than
    /// 1e6 A from the origin are left out.
    pub fn atoms(mut self, symbol: &str, positions_a: &[[f64; 3]]) -> Self {
        let drawable = positions_a.iter().filter(|p| p.iter().all(|x| x.abs() < FARTHEST_A));
        self.atoms.extend(drawable.map(|p| (symbol.to_string(), *p)));
        self
    }

    /// A stick between atoms of these elements that are closer than `longest_a` (A).
    pub fn bonds(mut self, a: &str, b: &str, longest_a: f64) -> Self {
        self.bonds.push((a.into(), b.into(), longest_a));
        self
    }

    /// Turns the view: `around_deg` about the vertical (y) axis, then `above_deg` towards the viewer.
    pub fn view(mut self, around_deg: f64, above_deg: f64) -> Self {
        self.view_deg = (around_deg, above_deg);
        self
    }

    /// The picture, `width` x `height` pixels, as a complete SVG document.
    pub fn to_svg(&self, width: f64, height: f64) -> String {
        let (width, height) = (sane(width), sane(height));
        let top = if self.title.is_empty() { 8.0 } else { 34.0 };
        let legend = if self.atoms.is_empty() { 8.0 } else { 32.0 };
        let camera = Camera::new(self, width, height, top, legend);
        let mut pieces = self.draw_bonds(&camera);
        pieces.extend(self.draw_atoms(&camera));
        pieces.extend(self.draw_cell(&camera));
        // From far to near: what is closer to the viewer covers what is behind.
        pieces.sort_by(|a, b| a.depth.total_cmp(&b.depth));
        let mut svg = self.gradients();
        if !self.title.is_empty() {
            let _ = write!(
                svg,
                "<text class=\"ink\" x=\"16\" y=\"24\" font-size=\"14\" font-weight=\"600\" fill=\"{INK}\">{}</text>",
                escape(&self.title)
            );
        }
        svg.push_str("<g class=\"structure\">");
        svg.extend(pieces.into_iter().map(|p| p.svg));
        svg.push_str("</g>");
        svg.push_str(&self.draw_legend(width, height));
        document(width, height, &svg)
    }

    fn counts(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for (symbol, _) in &self.atoms {
            *counts.entry(symbol.as_str()).or_default() += 1;
        }
        counts
    }

    /// One shading per element. Pictures on one page repeat the same definitions under the same ids.
    fn gradients(&self) -> String {
        let mut svg = String::from("<defs>");
        for symbol in self.counts().keys() {
            let colour = look(symbol).colour;
            let _ = write!(
                svg,
                "<radialGradient id=\"{}\" cx=\"0.36\" cy=\"0.32\" r=\"0.75\"><stop offset=\"0\" stop-color=\"{}\"/>\
                 <stop offset=\"0.45\" stop-color=\"{}\"/><stop offset=\"1\" stop-color=\"{}\"/></radialGradient>",
                gradient_id(symbol),
                shade(colour, 0.62),
                shade(colour, 0.0),
                shade(colour, -0.38)
            );
        }
        svg + "</defs>"
    }

    fn draw_atoms(&self, camera: &Camera) -> Vec<Piece> {
        let draw = |(symbol, position): &(String, Point)| {
            let (x, y, depth, scale) = camera.project(position);
            let radius = c(look(symbol).radius_a * scale);
            let fog = camera.fog(depth);
            let svg = format!(
                "<circle cx=\"{0}\" cy=\"{1}\" r=\"{radius}\" fill=\"url(#{2})\" stroke=\"{3}\" stroke-width=\"0.6\"/>\
                 <circle class=\"paper\" cx=\"{0}\" cy=\"{1}\" r=\"{radius}\" fill=\"#ffffff\" fill-opacity=\"{fog}\"/>",
                c(x),
                c(y),
                gradient_id(symbol),
                shade(look(symbol).colour, -0.45)
            );
            Piece { depth, svg }
        };
        self.atoms.iter().map(draw).collect()
    }

    fn draw_bonds(&self, camera: &Camera) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for (i, (a, from)) in self.atoms.iter().enumerate() {
            for (b, to) in &self.atoms[i + 1..] {
                let joins = |(p, q, _): &&(String, String, f64)| (p == a && q == b) || (p == b && q == a);
                let longest = self.bonds.iter().filter(joins).map(|bond| bond.2).fold(0.0, f64::max);
                if distance(from, to) < longest {
                    pieces.push(draw_bond(camera, from, to));
                }
            }
        }
        pieces
    }

    fn draw_cell(&self, camera: &Camera) -> Vec<Piece> {
        let Some(rows) = self.cell else { return Vec::new() };
        let corner = |bits: usize| -> Point {
            std::array::from_fn(|k| (0..3).filter(|v| bits >> v & 1 == 1).map(|v| rows[v][k]).sum())
        };
        let mut pieces = Vec::new();
        for bits in 0..8usize {
            for vector in (0..3).filter(|v| bits >> v & 1 == 0) {
                pieces.push(draw_edge(camera, &corner(bits), &corner(bits | 1 << vector)));
            }
        }
        pieces
    }

    fn draw_legend(&self, width: f64, height: f64) -> String {
        let counts = self.counts();
        let label = |symbol: &str, count: usize| format!("{symbol} ({count})");
        let room = |symbol: &str, count: usize| 12.0 * width_em(&label(symbol, count)) + 36.0;
        let total: f64 = counts.iter().map(|(s, n)| room(s, *n)).sum();
        let mut x = 0.5 * (width - total);
        let y = height - 14.0;
        let mut svg = format!("<g class=\"legend\" font-family=\"{FONTS}\">");
        for (symbol, count) in &counts {
            let _ = write!(
                svg,
                "<circle cx=\"{}\" cy=\"{}\" r=\"7\" fill=\"url(#{})\"/><text class=\"ink\" x=\"{}\" y=\"{}\" fill=\"{INK}\">{}</text>",
                c(x + 9.0),
                c(y - 4.0),
                gradient_id(symbol),
                c(x + 21.0),
                c(y),
                escape(&label(symbol, *count))
            );
            x += room(symbol, *count);
        }
        svg + "</g>"
    }
}

/// Something drawn, and how near it is to the viewer.
struct Piece {
    depth: f64,
    svg: String,
}

/// An id that holds nothing but letters and digits, whatever the symbol is.
fn gradient_id(symbol: &str) -> String {
    let safe: String = symbol
        .bytes()
        .map(|b| if b.is_ascii_alphanumeric() { (b as char).into() } else { format!("-{b:x}") })
        .collect();
    format!("ball-{safe}")
}

fn distance(a: &Point, b: &Point) -> f64 {
    (0..3).map(|k| (a[k] - b[k]).powi(2)).sum::<f64>().sqrt()
}

fn draw_bond(camera: &Camera, from: &Point, to: &Point) -> Piece {
    let ((x1, y1, z1, s), (x2, y2, z2, _)) = (camera.project(from), camera.project(to));
    let depth = 0.5 * (z1 + z2);
    let line = format!("d=\"M{} {}L{} {}\" stroke-linecap=\"round\"", c(x1), c(y1), c(x2), c(y2));
    let fog = camera.fog(depth);
    let svg = format!(
        "<path {line} stroke=\"#3c4248\" stroke-width=\"{0}\"/><path {line} stroke=\"#9aa1a8\" stroke-width=\"{1}\"/>\
         <path class=\"paper-line\" {line} stroke=\"#ffffff\" stroke-opacity=\"{fog}\" stroke-width=\"{0}\"/>",
        c(0.30 * s),
        c(0.20 * s)
    );
    // A stick ends inside its balls: drawn just before the farther of them would leave it on top of the nearer.
    Piece { depth: depth - 1e-3, svg }
}

fn draw_edge(camera: &Camera, from: &Point, to: &Point) -> Piece {
    let ((x1, y1, z1, _), (x2, y2, z2, _)) = (camera.project(from), camera.project(to));
    let opacity = c(1.0 - 0.6 * camera.share(0.5 * (z1 + z2)));
    let svg = format!(
        "<path class=\"rule\" d=\"M{} {}L{} {}\" stroke=\"#5c5c5c\" stroke-width=\"1.1\" stroke-opacity=\"{opacity}\"/>",
        c(x1),
        c(y1),
        c(x2),
        c(y2)
    );
    Piece { depth: 0.5 * (z1 + z2), svg }
}

/// Weak perspective onto the page.
struct Camera {
    rows: [Point; 3],
    centre: Point,
    distance: f64,
    scale: f64,
    middle: (f64, f64),
    nearest: f64,
    farthest: f64,
}

impl Camera {
    fn new(picture: &StructurePicture, width: f64, height: f64, top: f64, bottom: f64) -> Self {
        let mut points: Vec<Point> = picture.atoms.iter().map(|a| a.1).collect();
        if let Some(rows) = picture.cell {
            points.extend((0..8usize).map(|bits| -> Point {
                std::array::from_fn(|k| (0..3).filter(|v| bits >> v & 1 == 1).map(|v| rows[v][k]).sum())
            }));
        }
        let count = points.len().max(1) as f64;
        let (low, high) = bounds(&points);
        let centre =
            if points.is_empty() { [0.0; 3] } else { std::array::from_fn(|k| 0.5 * (low[k] + high[k])) };
        let size = points.iter().map(|p| distance(p, &centre)).fold(1.0, f64::max);
        let mut camera = Self {
            rows: rotation(picture.view_deg),
            centre,
            distance: 6.0 * size,
            scale: 1.0,
            middle: (0.0, 0.0),
            nearest: size / count,
            farthest: -size,
        };
        camera.fit(&points, width, height, top, bottom);
        camera
    }

    /// Scale and shift so that all points and their balls lie on the page.
    fn fit(&mut self, points: &[Point], width: f64, height: f64, top: f64, bottom: f64) {
        let seen: Vec<Point> = points.iter().map(|p| self.project(p)).map(|(x, y, z, _)| [x, y, z]).collect();
        if seen.is_empty() {
            self.middle = (0.5 * width, 0.5 * height);
            return;
        }
        let (low, high) = bounds(&seen);
        let margin = 1.0;
        let scale_x = (width - 16.0) / (high[0] - low[0] + 2.0 * margin);
        let scale_y = (height - top - bottom) / (high[1] - low[1] + 2.0 * margin);
        self.scale = scale_x.min(scale_y).max(1e-6);
        self.middle = (
            0.5 * width - 0.5 * self.scale * (low[0] + high[0]),
            0.5 * (top + height - bottom) - 0.5 * self.scale * (low[1] + high[1]),
        );
        (self.farthest, self.nearest) = (low[2], high[2]);
    }

    /// Pixel position, depth (A, larger is nearer) and pixels per A there.
    fn project(&self, point: &Point) -> (f64, f64, f64, f64) {
        let from_centre: Point = std::array::from_fn(|k| point[k] - self.centre[k]);
        let turned: Point = std::array::from_fn(|i| (0..3).map(|k| self.rows[i][k] * from_centre[k]).sum());
        let scale = self.scale * self.distance / (self.distance - turned[2]);
        (self.middle.0 + scale * turned[0], self.middle.1 - scale * turned[1], turned[2], scale)
    }

    /// 0 at the nearest, 1 at the farthest point.
    fn share(&self, depth: f64) -> f64 {
        ((self.nearest - depth) / (self.nearest - self.farthest).max(1e-9)).clamp(0.0, 1.0)
    }

    /// How much a thing at this depth fades into the paper.
    fn fog(&self, depth: f64) -> String {
        c(0.62 * self.share(depth).powf(1.3))
    }
}

fn bounds(points: &[Point]) -> (Point, Point) {
    let fold = |start: f64, pick: fn(f64, f64) -> f64| -> Point {
        std::array::from_fn(|k| points.iter().map(|p| p[k]).fold(start, pick))
    };
    (fold(f64::INFINITY, f64::min), fold(f64::NEG_INFINITY, f64::max))
}

/// Rows of the rotation: about y by the first angle, then about x by the second.
fn rotation((around_deg, above_deg): (f64, f64)) -> [Point; 3] {
    let ((sa, ca), (sb, cb)) = (around_deg.to_radians().sin_cos(), above_deg.to_radians().sin_cos());
    [[ca, 0.0, sa], [sa * sb, cb, -ca * sb], [-sa * cb, sb, ca * cb]]
}
