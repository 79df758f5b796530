//! Reads `nep.txt`, the text format of GPUMD (https://gpumd.org/potentials/nep.html).
//!
//! | line | holds |
//! |---|---|
//! | `nep4 2 C Na`, `nep4_zbl 2 C Na`, `nep3 ...` | version, number of types, elements |
//! | `zbl 0.7 1.4` | with `_zbl`: where walls start to fade and end, A; a third number scales type-wise ends; `0 0`: flexible |
//! | `cutoff 8 4 100 80` | radial and angular cutoff (A), neighbours to expect; three more numbers are factors of type-wise cutoffs (radial, angular, walls); or both cutoffs type by type |
//! | `n_max 4 4`, `basis_size 8 8`, `l_max 4 2 1`, `ANN 30 0` | sizes |
//! | numbers | networks, expansion coefficients, factors of descriptors, flexible walls |

use natron_atoms::Species;

use super::model::{Model, Network, Reach, Shape};
use super::radii::radius_a;
use super::wall::Wall;

/// Why a text is no NEP potential that can be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct NepError {
    /// Line of the file, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

/// More of anything than any potential has; keeps what a header can ask for small.
const MOST: usize = 4096;

/// Lines of the header and then numbers, with where they stand.
struct Text<'t> {
    lines: std::iter::Enumerate<std::str::Lines<'t>>,
    line: usize,
    /// Numbers read from the current line and not used yet.
    rest: std::str::SplitAsciiWhitespace<'t>,
}

impl<'t> Text<'t> {
    fn error(&self, message: impl Into<String>) -> NepError {
        NepError { line: self.line, message: message.into() }
    }

    /// The next line that is not blank.
    fn next_line(&mut self) -> Option<&'t str> {
        let (number, text) = self.lines.by_ref().find(|(_, text)| !text.trim().is_empty())?;
        self.line = number + 1;
        Some(text)
    }

    /// What follows `keyword` on the next line.
    fn keyword(&mut self, keyword: &str) -> Result<Vec<&'t str>, NepError> {
        let line = self.next_line();
        let mut words = line.unwrap_or_default().split_ascii_whitespace();
        match words.next() {
            Some(word) if word == keyword => Ok(words.collect()),
            Some(other) => Err(self.error(format!("`{keyword}` is expected here, not `{other}`"))),
            None => Err(self.error(format!("the file ends where `{keyword}` is expected"))),
        }
    }

    /// The numbers after `keyword`, all of them finite.
    fn numbers(&mut self, keyword: &str) -> Result<Vec<f64>, NepError> {
        let words = self.keyword(keyword)?;
        words.into_iter().map(|word| self.number(word)).collect()
    }

    /// The counts after `keyword`.
    fn counts(&mut self, keyword: &str, at_least: usize) -> Result<Vec<usize>, NepError> {
        let words = self.keyword(keyword)?;
        let count = |word: &&str| {
            let count = word.parse::<usize>().ok().filter(|&count| count <= MOST);
            count.ok_or_else(|| self.error(format!("`{word}` is no count up to {MOST}")))
        };
        let counts: Vec<usize> = words.iter().map(count).collect::<Result<_, _>>()?;
        if counts.len() < at_least {
            return Err(
                self.error(format!("`{keyword}` takes {at_least} numbers, here are {}", counts.len()))
            );
        }
        Ok(counts)
    }

    fn number(&self, word: &str) -> Result<f64, NepError> {
        let number = word.parse::<f64>().ok().filter(|number| number.is_finite());
        number.ok_or_else(|| self.error(format!("`{word}` is no finite number")))
    }

    /// The next number of the body.
    fn next_number(&mut self, what: &str) -> Result<f64, NepError> {
        loop {
            if let Some(word) = self.rest.next() {
                return self.number(word);
            }
            match self.next_line() {
                Some(line) => self.rest = line.split_ascii_whitespace(),
                None => return Err(self.error(format!("the file ends within {what}"))),
            }
        }
    }

    /// The next `count` numbers of the body.
    fn take(&mut self, count: usize, what: &str) -> Result<Vec<f64>, NepError> {
        // Grown as they are found: a header cannot make it allocate what the file does not hold.
        let mut numbers = Vec::new();
        for _ in 0..count {
            numbers.push(self.next_number(what)?);
        }
        Ok(numbers)
    }
}

/// What the first line says.
struct Title {
    version: u8,
    walls: bool,
    species: Vec<Species>,
}

/// The potential a text holds.
pub(super) fn parse(bytes: &[u8]) -> Result<Model, NepError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + bytes[..error.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count();
        NepError { line, message: "this is no text".into() }
    })?;
    let mut text = Text { lines: text.lines().enumerate(), line: 1, rest: "".split_ascii_whitespace() };
    let title = title(&mut text)?;
    let mut walls = if title.walls { Some(walls(&mut text)?) } else { None };
    let (reach, wall_factor) = cutoffs(&mut text, &title.species)?;
    if let (Some(Walls::Universal { typewise, .. }), Some(factor)) = (&mut walls, wall_factor) {
        *typewise = typewise.or(Some((factor, 0.5)));
    }
    if let Some(Walls::Universal { typewise: Some(_), .. }) = walls {
        check_radii(&text, &title.species)?;
    }
    let shape = shape(&mut text)?;
    let types = title.species.len();
    let (descriptors, neurons) = (shape.descriptors(), shape.neurons);
    let mut networks = Vec::new();
    for _ in 0..if title.version == 4 { types } else { 1 } {
        networks.push(Network {
            weight: text.take(neurons * descriptors, "the weights of a network")?,
            bias: text.take(neurons, "the biases of a network")?,
            out: text.take(neurons, "the outer weights of a network")?,
        });
    }
    let offset_ev = text.next_number("the networks")?;
    let pairs = types * types;
    let radial = text.take(shape.radial * shape.radial_basis * pairs, "the radial coefficients")?;
    let angular = text.take(shape.angular * shape.angular_basis * pairs, "the angular coefficients")?;
    let scale = text.take(descriptors, "the factors of descriptors")?;
    let walls = match walls {
        Some(Walls::Universal { inner_a, outer_a, typewise }) => {
            Some(by_pair(&title.species, |a, b| universal(a, b, inner_a, outer_a, typewise)))
        }
        Some(Walls::Flexible) => Some(flexible(&mut text, &title.species)?),
        None => None,
    };
    if text.rest.next().is_some() || text.next_line().is_some() {
        return Err(text.error("there are more numbers than the header announces"));
    }
    let Title { version, species, .. } = title;
    Ok(Model { version, species, shape, reach, walls, networks, offset_ev, radial, angular, scale })
}

fn title(text: &mut Text<'_>) -> Result<Title, NepError> {
    let line = text.next_line().unwrap_or_default();
    let mut words = line.split_ascii_whitespace();
    let kind = words.next().unwrap_or_default();
    let (version, walls) = match kind {
        "nep3" => (3, false),
        "nep3_zbl" => (3, true),
        "nep4" => (4, false),
        "nep4_zbl" => (4, true),
        other if other.starts_with("nep") => {
            let message = format!("`{other}` is not read: only nep3 and nep4, with or without _zbl");
            return Err(text.error(message));
        }
        other => {
            return Err(text.error(format!("a NEP potential starts with `nep4` or `nep3`, not `{other}`")));
        }
    };
    let announced = words.next().and_then(|word| word.parse::<usize>().ok());
    let mut species = Vec::new();
    for symbol in words {
        let element = Species::from_symbol(symbol);
        let element = element.ok_or_else(|| text.error(format!("`{symbol}` is no element")))?;
        if species.contains(&element) {
            return Err(text.error(format!("{symbol} is there twice")));
        }
        species.push(element);
    }
    if announced != Some(species.len()) || species.is_empty() {
        let message = format!("the number of elements is followed by {} of them", species.len());
        return Err(text.error(message));
    }
    Ok(Title { version, walls, species })
}

enum Walls {
    Universal {
        inner_a: f64,
        outer_a: f64,
        /// Factor of type-wise ends, and at which share of its end such a wall starts to fade.
        typewise: Option<(f64, f64)>,
    },
    /// Behind everything else.
    Flexible,
}

/// A value for each ordered pair of types.
fn by_pair<V>(species: &[Species], value: impl Fn(Species, Species) -> V) -> Vec<V> {
    species.iter().flat_map(|&a| species.iter().map(move |&b| (a, b))).map(|(a, b)| value(a, b)).collect()
}

/// Sum of the radii of two types, A; infinite where one is not tabulated (and the text is refused before).
fn radii_a(a: Species, b: Species) -> f64 {
    radius_a(a).unwrap_or(f64::INFINITY) + radius_a(b).unwrap_or(f64::INFINITY)
}

fn check_radii(text: &Text<'_>, species: &[Species]) -> Result<(), NepError> {
    match species.iter().find(|&&s| radius_a(s).is_none()) {
        Some(s) => Err(text.error(format!("there is no radius of {s} for type-wise cutoffs"))),
        None => Ok(()),
    }
}

fn walls(text: &mut Text<'_>) -> Result<Walls, NepError> {
    let numbers = text.numbers("zbl")?;
    let (inner_a, outer_a, factor) = match numbers[..] {
        [0.0, 0.0] => return Ok(Walls::Flexible),
        [inner, outer] => (inner, outer, None),
        [inner, outer, factor] => (inner, outer, Some(factor)),
        _ => return Err(text.error("`zbl` takes two cutoffs and, for type-wise ones, a factor")),
    };
    if !(0.0 <= inner_a && inner_a < outer_a && factor.is_none_or(|factor| factor > 0.0)) {
        return Err(text.error("walls need 0 <= inner < outer cutoff, and a positive factor"));
    }
    // Where the factor stands here, walls fade from contact on; where it stands among the cutoffs, from half way on.
    Ok(Walls::Universal { inner_a, outer_a, typewise: factor.map(|factor| (factor, 0.0)) })
}

fn universal(a: Species, b: Species, inner_a: f64, outer_a: f64, typewise: Option<(f64, f64)>) -> Wall {
    match typewise {
        Some((factor, share)) => {
            let end_a = outer_a.min(factor * radii_a(a, b));
            Wall::universal(a, b, share * end_a, end_a)
        }
        None => Wall::universal(a, b, inner_a, outer_a),
    }
}

/// How far descriptors reach, and the factor of type-wise walls where it stands in this line.
fn cutoffs(text: &mut Text<'_>, species: &[Species]) -> Result<(Vec<Reach>, Option<f64>), NepError> {
    let numbers = text.numbers("cutoff")?;
    let types = species.len();
    let mut wall_factor = None;
    let reach = match numbers[..] {
        [radial_a, angular_a, _, _] => by_pair(species, |_, _| Reach { radial_a, angular_a }),
        [radial_a, angular_a, _, _, radial_factor, angular_factor, wall] => {
            check_radii(text, species)?;
            wall_factor = Some(wall).filter(|&wall| wall > 0.0);
            // A factor of zero or less switches type-wise cutoffs off.
            let shorten = |cutoff_a: f64, factor: f64, a, b| {
                if radial_factor > 0.0 { cutoff_a.min(factor * radii_a(a, b)) } else { cutoff_a }
            };
            by_pair(species, |a, b| Reach {
                radial_a: shorten(radial_a, radial_factor, a, b),
                angular_a: shorten(angular_a, angular_factor, a, b),
            })
        }
        _ if numbers.len() == 2 * types + 2 => {
            let mean = |a: usize, b: usize, k: usize| 0.5 * (numbers[2 * a + k] + numbers[2 * b + k]);
            let pair = |ab: usize| (ab / types, ab % types);
            let reach = |(a, b)| Reach { radial_a: mean(a, b, 0), angular_a: mean(a, b, 1) };
            (0..types * types).map(|ab| reach(pair(ab))).collect()
        }
        _ => {
            let message =
                format!("`cutoff` takes 4, 7 or {} numbers, here are {}", 2 * types + 2, numbers.len());
            return Err(text.error(message));
        }
    };
    let good =
        |reach: &Reach| 0.0 < reach.angular_a && reach.angular_a <= reach.radial_a && reach.radial_a <= 100.0;
    if reach.iter().all(good) {
        Ok((reach, wall_factor))
    } else {
        Err(text.error("cutoffs need 0 < angular <= radial <= 100 A for every pair"))
    }
}

fn shape(text: &mut Text<'_>) -> Result<Shape, NepError> {
    let n_max = text.counts("n_max", 2)?;
    let basis = text.counts("basis_size", 2)?;
    let l_max = text.counts("l_max", 3)?;
    let four = l_max[1] > 0;
    let five = l_max[2] > 0;
    if !(1..=8).contains(&l_max[0]) || (four && l_max[0] < 2) {
        return Err(text.error("l_max is 1 to 8, and at least 2 where there are four-body descriptors"));
    }
    if l_max[3..].iter().any(|&flag| flag > 0) {
        return Err(text.error("of the many-body descriptors only (2, 2, 2) and (1, 1, 1, 1) are known"));
    }
    let neurons = text.counts("ANN", 1)?[0];
    Ok(Shape {
        radial: n_max[0] + 1,
        angular: n_max[1] + 1,
        radial_basis: basis[0] + 1,
        angular_basis: basis[1] + 1,
        l_max: l_max[0],
        four_body: four,
        five_body: five,
        neurons,
    })
}

/// Walls with coefficients of their own, ten numbers for each pair of types a <= b.
fn flexible(text: &mut Text<'_>, species: &[Species]) -> Result<Vec<Wall>, NepError> {
    let types = species.len();
    let mut walls = vec![Wall::universal(species[0], species[0], 0.0, 1.0); types * types];
    for a in 0..types {
        for b in a..types {
            let n = text.take(10, "the walls")?;
            if !(0.0 <= n[0] && n[0] < n[1]) {
                return Err(text.error("walls need 0 <= inner < outer cutoff"));
            }
            let screening = std::array::from_fn(|k| (n[2 + 2 * k], n[3 + 2 * k]));
            let wall = Wall::flexible(species[a], species[b], n[0], n[1], screening);
            walls[a * types + b] = wall;
            walls[b * types + a] = wall;
        }
    }
    Ok(walls)
}
