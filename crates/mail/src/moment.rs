//! Moments in words, as mails and pages print them.

use jiff::{Timestamp, Zoned, tz::TimeZone};
use portico_rules::Lang;

const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const MONTHS_ES: [&str; 12] = [
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
];

/// A moment in the words of `lang`, in the organization's time zone, to the minute:
/// *3:45 PM PST on November 22, 2026*, *las 3:45 p. m. (PST) del 22 de noviembre de 2026*.
///
/// The Spanish begins with its article, to stand after *hasta* or *a*.
#[must_use]
pub fn in_words(at: Timestamp, zone: &TimeZone, lang: Lang) -> String {
    let at = at.to_zoned(zone.clone());
    let hour = match at.hour() % 12 {
        0 => 12,
        hour => hour,
    };
    let (minute, day, year) = (at.minute(), at.day(), at.year());
    let month = usize::try_from(at.month() - 1).unwrap_or(0);
    let zone = abbreviation(&at);
    let morning = at.hour() < 12;
    match lang {
        Lang::En => {
            let half = if morning { "AM" } else { "PM" };
            format!("{hour}:{minute:02} {half} {zone} on {} {day}, {year}", MONTHS_EN[month])
        }
        Lang::Es => {
            let article = if hour == 1 { "la" } else { "las" };
            let half = if morning { "a. m." } else { "p. m." };
            let day = if day == 1 { "1.º".to_owned() } else { day.to_string() };
            format!(
                "{article} {hour}:{minute:02} {half} ({zone}) del {day} de {} de {year}",
                MONTHS_ES[month]
            )
        }
    }
}

/// `PST`; `UTC-03` for the zones that have only a number.
fn abbreviation(at: &Zoned) -> String {
    let abbreviation = at.strftime("%Z").to_string();
    if abbreviation.starts_with(['+', '-']) { format!("UTC{abbreviation}") } else { abbreviation }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_on_the_wall() {
        #[rustfmt::skip]
        let cases = [
            ("2026-11-22T23:45:00Z", "America/Los_Angeles", "3:45 PM PST on November 22, 2026", "las 3:45 p. m. (PST) del 22 de noviembre de 2026"),
            ("2026-07-01T19:05:59Z", "America/Los_Angeles", "12:05 PM PDT on July 1, 2026", "las 12:05 p. m. (PDT) del 1.º de julio de 2026"),
            ("2026-01-10T06:00:00Z", "America/Chicago", "12:00 AM CST on January 10, 2026", "las 12:00 a. m. (CST) del 10 de enero de 2026"),
            ("2026-12-31T18:30:00Z", "America/New_York", "1:30 PM EST on December 31, 2026", "la 1:30 p. m. (EST) del 31 de diciembre de 2026"),
            ("2026-03-03T12:00:00Z", "America/Sao_Paulo", "9:00 AM UTC-03 on March 3, 2026", "las 9:00 a. m. (UTC-03) del 3 de marzo de 2026"),
            ("2026-03-03T12:00:00Z", "UTC", "12:00 PM UTC on March 3, 2026", "las 12:00 p. m. (UTC) del 3 de marzo de 2026"),
        ];
        for (at, zone, en, es) in cases {
            let at: Timestamp = at.parse().unwrap();
            let zone = TimeZone::get(zone).unwrap();
            assert_eq!(in_words(at, &zone, Lang::En), en);
            assert_eq!(in_words(at, &zone, Lang::Es), es);
        }
    }
}
