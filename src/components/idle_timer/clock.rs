//! What the time means, as pure functions.

use crate::text::{Text, components as words};
use portico_rules::Lang;

/// How often the server is asked at the most while nothing is due, in seconds. Asking does not extend a session.
#[cfg(any(feature = "hydrate", test))]
const POLL: f64 = 60.0;

/// How long after the end the server is asked whether it agrees, in seconds: it counts in whole ones.
#[cfg(any(feature = "hydrate", test))]
const GRACE: f64 = 1.0;

/// What is due.
#[cfg(any(feature = "hydrate", test))]
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Due {
    /// Nothing; look again after so many seconds.
    Nothing(f64),
    /// The warning, with so many whole seconds on it; it changes after so many seconds.
    Warning(u32, f64),
    /// The end.
    End,
}

/// What is due with `left` seconds to the end, if the warning comes `warning` seconds before it.
#[cfg(any(feature = "hydrate", test))]
pub(super) fn due(left: f64, warning: f64) -> Due {
    if left > warning {
        Due::Nothing((left - warning).min(POLL))
    } else if left > -GRACE {
        let shown = left.max(0.0).ceil();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and a day")]
        Due::Warning(shown as u32, if left > 0.0 { left - (shown - 1.0) } else { left + GRACE })
    } else {
        Due::End
    }
}

/// Activity is reported at most once in so many seconds: a minute, or a quarter of the idle time if that is shorter.
#[cfg(any(feature = "hydrate", test))]
pub(super) fn report_every(idle: u32) -> u32 {
    (idle / 4).clamp(1, 60)
}

/// Whether the countdown is spoken at this second: every half minute, and at the last 20 and 10 seconds. A screen
/// reader that spoke each of them would not let anyone read the dialog.
#[cfg(any(feature = "hydrate", test))]
pub(super) fn speaks(seconds: u32) -> bool {
    seconds > 0 && (seconds.is_multiple_of(30) || seconds == 20 || seconds == 10)
}

/// The countdown as it is seen: minutes and seconds.
pub(super) fn face(seconds: u32) -> String {
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    let zero = if seconds < 10 { "0" } else { "" };
    [&minutes.to_string(), ":", zero, &seconds.to_string()].concat()
}

/// The countdown as it is heard.
pub(super) fn spoken(seconds: u32, lang: Lang) -> String {
    let part = |count: u32, one: Text, many: Text| match count {
        0 => None,
        1 => Some(one.of(lang).to_owned()),
        _ => Some(many.fill(lang, &[("count", &count.to_string())])),
    };
    let minutes = part(seconds / 60, words::ONE_MINUTE, words::MINUTES);
    let seconds = part(seconds % 60, words::ONE_SECOND, words::SECONDS);
    let time = match (minutes, seconds) {
        (Some(minutes), Some(seconds)) => [&minutes, " ", seconds.as_str()].concat(),
        (Some(time), None) | (None, Some(time)) => time,
        (None, None) => return String::new(),
    };
    words::TIME_LEFT.fill(lang, &[("time", &time)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due() {
        for (left, warning, expected) in [
            (900.0, 120.0, Due::Nothing(60.0)),
            (150.0, 120.0, Due::Nothing(30.0)),
            (120.5, 120.0, Due::Nothing(0.5)),
            (120.0, 120.0, Due::Warning(120, 1.0)),
            (107.25, 120.0, Due::Warning(108, 0.25)),
            (0.5, 120.0, Due::Warning(1, 0.5)),
            (0.0, 120.0, Due::Warning(0, 1.0)),
            (-0.75, 120.0, Due::Warning(0, 0.25)),
            (-1.0, 120.0, Due::End),
            (-9_000.0, 120.0, Due::End),
        ] {
            assert_eq!(due(left, warning), expected, "{left}");
        }
    }

    #[test]
    fn activity_is_reported_once_a_minute_or_four_times_in_an_idle_time() {
        for (idle, every) in [(30, 7), (60, 15), (239, 59), (240, 60), (900, 60), (86_400, 60), (0, 1)] {
            assert_eq!(report_every(idle), every, "{idle}");
        }
    }

    #[test]
    fn the_countdown_is_spoken_now_and_then() {
        let spoken: Vec<u32> = (0..=125).rev().filter(|seconds| speaks(*seconds)).collect();
        assert_eq!(spoken, [120, 90, 60, 30, 20, 10]);
    }

    #[test]
    fn the_countdown_in_figures_and_words() {
        for (seconds, seen, en, es) in [
            (108, "1:48", "1 minute 48 seconds left", "Tiempo restante: 1 minuto 48 segundos"),
            (120, "2:00", "2 minutes left", "Tiempo restante: 2 minutos"),
            (61, "1:01", "1 minute 1 second left", "Tiempo restante: 1 minuto 1 segundo"),
            (10, "0:10", "10 seconds left", "Tiempo restante: 10 segundos"),
            (0, "0:00", "", ""),
        ] {
            assert_eq!(face(seconds), seen);
            assert_eq!(super::spoken(seconds, Lang::En), en);
            assert_eq!(super::spoken(seconds, Lang::Es), es);
        }
    }
}
