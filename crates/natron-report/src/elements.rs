//! How elements look: colours in the tradition of Corey, Pauling and Koltun, radii in proportion to the atoms'.

/// How one element is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    /// Fill colour, red, green, blue.
    pub colour: [u8; 3],
    /// Radius of the ball, A.
    pub radius_a: f64,
}

/// The look of an element symbol; symbols without one of their own get a colour from their letters.
pub fn look(symbol: &str) -> Look {
    let (colour, radius_a) = match symbol {
        "H" => ([0xee, 0xee, 0xee], 0.28),
        "Li" => ([0xb0, 0x6c, 0xe0], 0.62),
        "C" => ([0x5f, 0x66, 0x6d], 0.36),
        "N" => ([0x3f, 0x63, 0xd8], 0.36),
        "O" => ([0xe0, 0x3c, 0x31], 0.36),
        "F" => ([0x6c, 0xc0, 0x4a], 0.34),
        "Na" => ([0xf0, 0xa0, 0x2c], 0.80),
        "Mg" => ([0x4f, 0xb0, 0x5c], 0.70),
        "Si" => ([0xc9, 0xa0, 0x78], 0.55),
        "P" => ([0xe5, 0x80, 0x20], 0.52),
        "S" => ([0xe6, 0xc2, 0x2f], 0.52),
        "Cl" => ([0x3f, 0xb5, 0x3f], 0.52),
        "K" => ([0x8f, 0x4f, 0xc8], 0.98),
        "Al" => ([0xa8, 0xa8, 0xb8], 0.60),
        _ => (from_letters(symbol), 0.60),
    };
    Look { colour, radius_a }
}

/// A colour of medium brightness that depends on nothing but the letters (FNV-1a).
fn from_letters(symbol: &str) -> [u8; 3] {
    let hash = symbol.bytes().fold(0x811c_9dc5_u32, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193));
    let part = |shift: u32| 0x50 + ((hash >> shift) & 0x7f) as u8;
    [part(0), part(8), part(16)]
}

/// `#rrggbb` of a colour mixed with white (`share` > 0) or black (`share` < 0).
pub(crate) fn shade(colour: [u8; 3], share: f64) -> String {
    let target = if share > 0.0 { 255.0 } else { 0.0 };
    let mix = |c: u8| (f64::from(c) + share.abs().min(1.0) * (target - f64::from(c))).round() as u8;
    format!("#{:02x}{:02x}{:02x}", mix(colour[0]), mix(colour[1]), mix(colour[2]))
}
