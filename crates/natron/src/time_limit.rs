//! `--max-time`: hours, minutes and seconds of wall time.

use std::time::Duration;

/// `23:50:00`, `50:00` (minutes and seconds) or `3000` (seconds); `1-02:00:00` has days in front.
pub fn parse(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no time; write HH:MM:SS, such as 23:50:00");
    let (days, clock) = match text.split_once('-') {
        Some((days, clock)) => (days.parse::<u64>().map_err(|_| wrong())?, clock),
        None => (0, text),
    };
    let parts: Vec<u64> =
        clock.split(':').map(|part| part.parse().map_err(|_| wrong())).collect::<Result<_, _>>()?;
    if parts.len() > 3 || parts.iter().skip(1).any(|part| *part >= 60) {
        return Err(wrong());
    }
    let seconds = parts.iter().try_fold(0u64, |sum, part| sum.checked_mul(60)?.checked_add(*part));
    let total = days.checked_mul(86_400).and_then(|days| days.checked_add(seconds?));
    match total {
        Some(total) if total > 0 => Ok(Duration::from_secs(total)),
        _ => Err(wrong()),
    }
}

/// A duration as `HH:MM:SS`.
pub fn shown(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_are_shown() {
        assert_eq!(parse("23:50:00").map(shown), Ok("23:50:00".into()));
        assert_eq!(parse("50:00"), Ok(Duration::from_secs(3000)));
        assert_eq!(parse("3000"), Ok(Duration::from_secs(3000)));
        assert_eq!(parse("1-02:00:00"), Ok(Duration::from_secs(26 * 3600)));
        for bad in ["", "1:2:3:4", "1:99", "0", "x", "-1", "99999999999999999999", "1:-2"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
