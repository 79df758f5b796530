//! A plot as a value: what is shown, not yet how.

/// One series of a plot.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Series {
    pub name: String,
    pub kind: Kind,
    pub colour: &'static str,
}

/// How a series is drawn.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    /// Points joined by lines.
    Line { points: Vec<(f64, f64)>, dashed: bool },
    /// Separate marks.
    Scatter { points: Vec<(f64, f64)> },
    /// Small grey marks behind everything.
    Faint { points: Vec<(f64, f64)> },
    /// The area between two curves: (x, low, high).
    Band { points: Vec<(f64, f64, f64)> },
    /// Marks with vertical bars: (x, y, half-height).
    Bars { points: Vec<(f64, f64, f64)> },
    /// Marks coloured by a value: (x, y, value), and what the value is.
    Graded { points: Vec<(f64, f64, f64)> },
    /// Crosses over what is drawn below them.
    Crosses { points: Vec<(f64, f64)> },
    /// A vertical range: (from, to).
    Span { from: f64, to: f64 },
}

/// Colours that stay apart for colour-blind readers and in print (Okabe and Ito, 2008), yellow left out.
pub const COLOURS: [&str; 7] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#6b6b6b"];

/// Curves beside each other that a reader can tell apart.
const MOST_CURVES: usize = 6;

/// Of things that each want a curve up to as many as can be told apart, evenly spaced, the first and the last among them.
pub fn told_apart<T>(all: &[T]) -> Vec<&T> {
    match all.len() {
        0..=MOST_CURVES => all.iter().collect(),
        n => (0..MOST_CURVES).map(|k| &all[k * (n - 1) / (MOST_CURVES - 1)]).collect(),
    }
}

/// A plot with named series, built step by step and drawn by [`Plot::to_svg`].
#[derive(Debug, Clone, PartialEq)]
pub struct Plot {
    pub(crate) title: String,
    pub(crate) x_label: String,
    pub(crate) y_label: String,
    pub(crate) series: Vec<Series>,
    pub(crate) notes: Vec<String>,
    pub(crate) log: (bool, bool),
    pub(crate) diagonal: bool,
}

impl Plot {
    /// An empty plot; an empty title takes no room.
    pub fn new(title: &str) -> Self {
        Self {
            title: title.into(),
            x_label: String::new(),
            y_label: String::new(),
            series: Vec::new(),
            notes: Vec::new(),
            log: (false, false),
            diagonal: false,
        }
    }

    /// The same under another title.
    pub fn titled(mut self, title: &str) -> Self {
        self.title = title.into();
        self
    }

    /// Label of the x axis, with its unit: "t / ps".
    pub fn x(mut self, label: &str) -> Self {
        self.x_label = label.into();
        self
    }

    /// Label of the y axis, with its unit.
    pub fn y(mut self, label: &str) -> Self {
        self.y_label = label.into();
        self
    }

    /// A solid line through `points`; it breaks where a value cannot be shown (NaN, or <= 0 on a logarithmic axis).
    pub fn line(self, name: &str, points: &[(f64, f64)]) -> Self {
        let colour = self.next_colour();
        self.push(name, Kind::Line { points: points.to_vec(), dashed: false }, colour)
    }

    /// A dashed line, dark, for fits and references.
    pub fn dashed(self, name: &str, points: &[(f64, f64)]) -> Self {
        self.push(name, Kind::Line { points: points.to_vec(), dashed: true }, "#222222")
    }

    /// An error band (x, low, high) in the colour of the line added before it.
    pub fn band(self, name: &str, points: &[(f64, f64, f64)]) -> Self {
        let colour = self.last_colour();
        self.push(name, Kind::Band { points: points.to_vec() }, colour)
    }

    /// Like [`Plot::band`], in grey: the band of a dashed line.
    pub fn grey_band(self, name: &str, points: &[(f64, f64, f64)]) -> Self {
        self.push(name, Kind::Band { points: points.to_vec() }, "#6b6b6b")
    }

    /// Small grey marks behind everything else, for orientation.
    pub fn faint(self, points: &[(f64, f64)]) -> Self {
        self.push("", Kind::Faint { points: points.to_vec() }, "#8a8a8a")
    }

    /// Marks; of many marks on one spot one is drawn.
    pub fn scatter(self, name: &str, points: &[(f64, f64)]) -> Self {
        let colour = self.next_colour();
        self.push(name, Kind::Scatter { points: points.to_vec() }, colour)
    }

    /// Marks with error bars (x, y, half-height).
    pub fn error_bars(self, name: &str, points: &[(f64, f64, f64)]) -> Self {
        let colour = self.next_colour();
        self.push(name, Kind::Bars { points: points.to_vec() }, colour)
    }

    /// Marks (x, y, value) coloured by value from dark blue over green to yellow (viridis), with a scale above the frame that
    /// says what is lowest and highest. Marks without a finite value are left out.
    pub fn graded(self, name: &str, points: &[(f64, f64, f64)]) -> Self {
        let points = points.iter().copied().filter(|p| p.2.is_finite()).collect();
        self.push(name, Kind::Graded { points }, "#6b6b6b")
    }

    /// Black crosses over marks drawn before, such as those that are not to be trusted; of many on one spot one is drawn.
    pub fn crosses(self, name: &str, points: &[(f64, f64)]) -> Self {
        self.push(name, Kind::Crosses { points: points.to_vec() }, "#1a1a1a")
    }

    /// A shaded range of x, such as the window of a fit.
    pub fn span(self, name: &str, from: f64, to: f64) -> Self {
        self.push(name, Kind::Span { from, to }, "#8a8a8a")
    }

    /// Parity plots: equal ranges on both axes and the line y = x.
    pub fn diagonal(mut self) -> Self {
        self.diagonal = true;
        self
    }

    /// Logarithmic x axis.
    pub fn log_x(mut self) -> Self {
        self.log.0 = true;
        self
    }

    /// Logarithmic y axis.
    pub fn log_y(mut self) -> Self {
        self.log.1 = true;
        self
    }

    /// Both axes logarithmic.
    pub fn log_log(self) -> Self {
        self.log_x().log_y()
    }

    /// A line of text inside the frame.
    pub fn note(mut self, text: &str) -> Self {
        self.notes.push(text.into());
        self
    }

    fn push(mut self, name: &str, kind: Kind, colour: &'static str) -> Self {
        self.series.push(Series { name: name.into(), kind, colour });
        self
    }

    fn coloured(&self) -> usize {
        let takes_colour = |s: &&Series| match s.kind {
            Kind::Line { dashed, .. } => !dashed,
            Kind::Scatter { .. } | Kind::Bars { .. } => true,
            Kind::Faint { .. }
            | Kind::Band { .. }
            | Kind::Graded { .. }
            | Kind::Crosses { .. }
            | Kind::Span { .. } => false,
        };
        self.series.iter().filter(takes_colour).count()
    }

    fn next_colour(&self) -> &'static str {
        COLOURS[self.coloured() % COLOURS.len()]
    }

    fn last_colour(&self) -> &'static str {
        COLOURS[self.coloured().saturating_sub(1) % COLOURS.len()]
    }
}
