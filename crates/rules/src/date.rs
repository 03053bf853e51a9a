//! Dates as people type them in three fields.

use jiff::civil::Date;

use crate::letters;

/// One of the three fields of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The month: a number, or a name in English or Spanish.
    Month,
    /// The day of the month.
    Day,
    /// The year, four digits.
    Year,
}

/// What is wrong with a date of birth. When several things are: what is missing before what is impossible, and that
/// before the rest (UX.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateProblem {
    /// Nothing was entered.
    Missing,
    /// This part was left out.
    MissingPart(Part),
    /// There is no such date; the part is where the trouble is.
    NotReal(Part),
    /// The year has fewer than four digits, so its century is a guess.
    ShortYear,
    /// The date is today or later.
    NotPast,
}

impl DateProblem {
    /// The field that the error leads to.
    pub const fn part(self) -> Part {
        match self {
            Self::Missing | Self::NotPast => Part::Month,
            Self::MissingPart(part) | Self::NotReal(part) => part,
            Self::ShortYear => Part::Year,
        }
    }
}

/// The oldest year of birth that is taken for real: nobody alive was born before.
pub const FIRST_YEAR: i16 = 1900;

/// The names of the months in English and Spanish. Their first three letters tell them apart in both.
const MONTHS: [&[&str]; 12] = [
    &["january", "enero"],
    &["february", "febrero"],
    &["march", "marzo"],
    &["april", "abril"],
    &["may", "mayo"],
    &["june", "junio"],
    &["july", "julio"],
    &["august", "agosto"],
    &["september", "septiembre", "setiembre"],
    &["october", "octubre"],
    &["november", "noviembre"],
    &["december", "diciembre"],
];

/// Reads a date of birth from its three fields. Months may be names in English or Spanish, or their first three
/// letters or more; stray spaces, commas and points do not matter.
///
/// # Errors
///
/// What is wrong with it, seen from `today`.
pub fn parse_parts(month: &str, day: &str, year: &str, today: Date) -> Result<Date, DateProblem> {
    let [month, day, year] = [month, day, year].map(tidy);
    if month.is_empty() && day.is_empty() && year.is_empty() {
        return Err(DateProblem::Missing);
    }
    for (entered, part) in [(&month, Part::Month), (&day, Part::Day), (&year, Part::Year)] {
        if entered.is_empty() {
            return Err(DateProblem::MissingPart(part));
        }
    }
    let month = month_number(&month).ok_or(DateProblem::NotReal(Part::Month))?;
    let day = number(&day).filter(|day| (1..=31).contains(day)).ok_or(DateProblem::NotReal(Part::Day))?;
    let digits = year.len();
    let year = number(&year).ok_or(DateProblem::NotReal(Part::Year))?;
    if digits < 4 {
        return Err(DateProblem::ShortYear);
    }
    if digits > 4 || year < FIRST_YEAR {
        return Err(DateProblem::NotReal(Part::Year));
    }
    // The month is 1 to 12 and the day 1 to 31 by now: both fit, and only the day can still be wrong.
    let date = Date::new(year, i8::try_from(month).unwrap_or(0), i8::try_from(day).unwrap_or(0))
        .map_err(|_| DateProblem::NotReal(Part::Day))?;
    if date >= today { Err(DateProblem::NotPast) } else { Ok(date) }
}

/// Reads a date in the one form that roster files have: `YYYY-MM-DD`. `None` for anything else.
pub fn parse_iso(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if (year.len(), month.len(), day.len()) != (4, 2, 2) || parts.next().is_some() {
        return None;
    }
    let small = |text| number(text).and_then(|n| i8::try_from(n).ok());
    Date::new(number(year)?, small(month)?, small(day)?).ok()
}

/// Whole years from birth to `today`. Someone born on 29 February comes of age on 1 March.
pub fn age(birth: Date, today: Date) -> i16 {
    let before_birthday = (today.month(), today.day()) < (birth.month(), birth.day());
    today.year() - birth.year() - i16::from(before_birthday)
}

fn tidy(field: &str) -> String {
    letters::fold(field).chars().filter(|c| !c.is_ascii_punctuation() && !c.is_whitespace()).collect()
}

fn number(digits: &str) -> Option<i16> {
    if digits.bytes().all(|b| b.is_ascii_digit()) { digits.parse().ok() } else { None }
}

fn month_number(entered: &str) -> Option<i16> {
    if let Some(number) = number(entered) {
        return Some(number).filter(|number| (1..=12).contains(number));
    }
    if entered.len() < 3 {
        return None;
    }
    let place = MONTHS.iter().position(|names| names.iter().any(|name| name.starts_with(entered)))?;
    i16::try_from(place + 1).ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const TODAY: Date = date(2025, 6, 15);

    #[test]
    fn accepts() {
        for (month, day, year, expected) in [
            ("1", "19", "2000", date(2000, 1, 19)),
            (" 01 ", "05", " 1980 ", date(1980, 1, 5)),
            ("January", "19", "2000", date(2000, 1, 19)),
            ("sept.", "1,", "1999", date(1999, 9, 1)),
            ("DIC", "31", "1999", date(1999, 12, 31)),
            ("Setiembre", "9", "1961", date(1961, 9, 9)),
            ("mayo", "1", "1970", date(1970, 5, 1)),
            ("Mar", "1", "1970", date(1970, 3, 1)),
            ("febréro", "29", "2000", date(2000, 2, 29)),
            ("6", "14", "2025", date(2025, 6, 14)),
        ] {
            assert_eq!(parse_parts(month, day, year, TODAY), Ok(expected), "{month} {day} {year}");
        }
    }

    #[test]
    fn refuses() {
        use DateProblem::{Missing, MissingPart, NotPast, NotReal, ShortYear};
        for (month, day, year, problem) in [
            ("", "", "", Missing),
            (" ", ".", "", Missing),
            ("", "19", "2000", MissingPart(Part::Month)),
            ("1", "", "2000", MissingPart(Part::Day)),
            ("1", "19", "", MissingPart(Part::Year)),
            ("", "", "2000", MissingPart(Part::Month)),
            ("13", "", "2000", MissingPart(Part::Day)),
            ("13", "1", "2000", NotReal(Part::Month)),
            ("0", "1", "2000", NotReal(Part::Month)),
            ("ja", "1", "2000", NotReal(Part::Month)),
            ("janu4ry", "1", "2000", NotReal(Part::Month)),
            ("1", "32", "2000", NotReal(Part::Day)),
            ("1", "0", "2000", NotReal(Part::Day)),
            ("1", "one", "2000", NotReal(Part::Day)),
            ("2", "29", "2001", NotReal(Part::Day)),
            ("2", "30", "2000", NotReal(Part::Day)),
            ("4", "31", "2000", NotReal(Part::Day)),
            ("1", "19", "00", ShortYear),
            ("1", "19", "200", ShortYear),
            ("1", "19", "20000", NotReal(Part::Year)),
            ("1", "19", "99999", NotReal(Part::Year)),
            ("1", "19", "1899", NotReal(Part::Year)),
            ("1", "19", "mm", NotReal(Part::Year)),
            ("6", "15", "2025", NotPast),
            ("1", "1", "2999", NotPast),
        ] {
            assert_eq!(parse_parts(month, day, year, TODAY), Err(problem), "{month}/{day}/{year}");
        }
    }

    #[test]
    fn reads_roster_dates() {
        assert_eq!(parse_iso("2000-02-29"), Some(date(2000, 2, 29)));
        for text in [
            "",
            "2000-2-29",
            "02/29/2000",
            "2001-02-29",
            "2000-02-29T00:00",
            "2000-02-29-",
            "+200-02-29",
            "20000229",
        ] {
            assert_eq!(parse_iso(text), None, "{text}");
        }
    }

    #[test]
    fn counts_years() {
        let birth = date(2000, 2, 29);
        assert_eq!(age(birth, date(2018, 2, 28)), 17);
        assert_eq!(age(birth, date(2018, 3, 1)), 18);
        assert_eq!(age(birth, date(2020, 2, 29)), 20);
        assert_eq!(age(birth, date(2000, 3, 1)), 0);
    }
}
