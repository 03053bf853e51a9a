//! How far the demo's clock is moved.

use jiff::SignedDuration;

/// As far as the clock moves at once: ten years.
const FARTHEST: SignedDuration = SignedDuration::from_hours(10 * 365 * 24);

/// A stretch of time, as `90d`, `12h`, `15m` or `30s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shift(pub(super) SignedDuration);

impl Shift {
    /// What the mailbox offers, with its label.
    pub(super) const OFFERED: [(&'static str, &'static str); 5] = [
        ("5m", "5 minutes"),
        ("15m", "15 minutes"),
        ("90m", "90 minutes"),
        ("1d", "1 day"),
        ("90d", "90 days"),
    ];

    /// Reads one; `None` for anything else, and for more than ten years.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (number, unit) = text.trim().split_at_checked(text.trim().len().checked_sub(1)?)?;
        let seconds: i64 = match unit {
            "d" => 24 * 3_600,
            "h" => 3_600,
            "m" => 60,
            "s" => 1,
            _ => return None,
        };
        let number: u32 =
            number.bytes().all(|b| b.is_ascii_digit()).then(|| number.parse().ok()).flatten()?;
        let shift = SignedDuration::from_secs(i64::from(number).checked_mul(seconds)?);
        (shift <= FARTHEST).then_some(Self(shift))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_of_time() {
        for (text, seconds) in [
            ("90d", 7_776_000),
            ("2h", 7_200),
            ("15m", 900),
            ("30s", 30),
            (" 1s ", 1),
            ("0s", 0),
            ("007s", 7),
        ] {
            assert_eq!(Shift::parse(text), Some(Shift(SignedDuration::from_secs(seconds))), "{text}");
        }
        for text in
            ["", "d", "90", "90 d", "-1d", "+1d", "1.5h", "1w", "1D", "1é", "4000d", "99999999999999999999s"]
        {
            assert_eq!(Shift::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_offered_can_be_read() {
        assert!(Shift::OFFERED.iter().all(|(value, _)| Shift::parse(value).is_some()));
    }
}
