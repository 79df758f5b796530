//! Numbers and truth values as files spell them.

/// A finite number; `1.0D-3` as Fortran prints it included.
pub(crate) fn real(token: &str) -> Option<f64> {
    let parsed = token.parse::<f64>().ok().or_else(|| {
        let exponent = token.find(['d', 'D'])?;
        let (mantissa, power) = (&token[..exponent], &token[exponent + 1..]);
        // Hexadecimal or names would get here too: only digits may follow.
        power.parse::<i32>().ok()?;
        format!("{mantissa}e{power}").parse().ok()
    });
    parsed.filter(|x| x.is_finite())
}

/// A truth value: T, F, true, false in any of the usual cases, not 0 or 1.
pub(crate) fn truth(token: &str) -> Option<bool> {
    match token {
        "T" | "true" | "True" | "TRUE" => Some(true),
        "F" | "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

/// Whether a token is NaN or an infinity in any spelling: worth its own message.
pub(crate) fn is_not_finite(token: &str) -> bool {
    token.parse::<f64>().is_ok_and(|x| !x.is_finite())
}

/// What to say of a token that should be a finite number.
pub(crate) fn refuse(what: &str, token: &str) -> (String, &'static str) {
    if is_not_finite(token) {
        (
            format!("{what} is not finite: `{token}`"),
            "remove the frame, or repeat the calculation that made it",
        )
    } else {
        (format!("{what} is not a number: `{token}`"), "write a decimal number such as -1.25 or 3e-4")
    }
}
