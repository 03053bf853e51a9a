//! States, territories and military addresses of the United States.

use crate::letters;

/// What is wrong with a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateProblem {
    /// Nothing was chosen.
    Missing,
    /// Neither a two-letter code nor a name.
    NotAState,
}

/// Code and English name, in the order of the codes (USPS Publication 28, appendix B).
const STATES: [(&str, &str); 62] = [
    ("AA", "armed forces americas"),
    ("AE", "armed forces europe"),
    ("AK", "alaska"),
    ("AL", "alabama"),
    ("AP", "armed forces pacific"),
    ("AR", "arkansas"),
    ("AS", "american samoa"),
    ("AZ", "arizona"),
    ("CA", "california"),
    ("CO", "colorado"),
    ("CT", "connecticut"),
    ("DC", "district of columbia"),
    ("DE", "delaware"),
    ("FL", "florida"),
    ("FM", "federated states of micronesia"),
    ("GA", "georgia"),
    ("GU", "guam"),
    ("HI", "hawaii"),
    ("IA", "iowa"),
    ("ID", "idaho"),
    ("IL", "illinois"),
    ("IN", "indiana"),
    ("KS", "kansas"),
    ("KY", "kentucky"),
    ("LA", "louisiana"),
    ("MA", "massachusetts"),
    ("MD", "maryland"),
    ("ME", "maine"),
    ("MH", "marshall islands"),
    ("MI", "michigan"),
    ("MN", "minnesota"),
    ("MO", "missouri"),
    ("MP", "northern mariana islands"),
    ("MS", "mississippi"),
    ("MT", "montana"),
    ("NC", "north carolina"),
    ("ND", "north dakota"),
    ("NE", "nebraska"),
    ("NH", "new hampshire"),
    ("NJ", "new jersey"),
    ("NM", "new mexico"),
    ("NV", "nevada"),
    ("NY", "new york"),
    ("OH", "ohio"),
    ("OK", "oklahoma"),
    ("OR", "oregon"),
    ("PA", "pennsylvania"),
    ("PR", "puerto rico"),
    ("PW", "palau"),
    ("RI", "rhode island"),
    ("SC", "south carolina"),
    ("SD", "south dakota"),
    ("TN", "tennessee"),
    ("TX", "texas"),
    ("UT", "utah"),
    ("VA", "virginia"),
    ("VI", "virgin islands"),
    ("VT", "vermont"),
    ("WA", "washington"),
    ("WI", "wisconsin"),
    ("WV", "west virginia"),
    ("WY", "wyoming"),
];

/// The two-letter codes, in order, for the select of a form.
pub fn codes() -> impl Iterator<Item = &'static str> {
    STATES.iter().map(|(code, _)| *code)
}

/// The code of a state given by its code or its English name; case, spaces and points do not matter.
///
/// # Errors
///
/// What is wrong with it.
pub fn parse(entered: &str) -> Result<&'static str, StateProblem> {
    let letters =
        |text: &str| letters::fold(text).chars().filter(char::is_ascii_lowercase).collect::<String>();
    if entered.trim().is_empty() {
        return Err(StateProblem::Missing);
    }
    if entered.chars().any(|c| !(letters::is_letter(c) || c.is_whitespace() || c == '.')) {
        return Err(StateProblem::NotAState);
    }
    let entered = letters(entered);
    STATES
        .iter()
        .find(|(code, name)| entered.eq_ignore_ascii_case(code) || entered == letters(name))
        .map(|(code, _)| *code)
        .ok_or(StateProblem::NotAState)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_codes_and_names() {
        for (entered, code) in [
            ("CA", "CA"),
            ("ca", "CA"),
            (" Ca ", "CA"),
            ("California", "CA"),
            ("D.C.", "DC"),
            ("NEW YORK", "NY"),
            ("new  york", "NY"),
            ("Puerto Rico", "PR"),
        ] {
            assert_eq!(parse(entered), Ok(code), "{entered}");
        }
        for (code, name) in STATES {
            assert_eq!(parse(code), Ok(code));
            assert_eq!(parse(name), Ok(code));
        }
        assert!(codes().is_sorted());
    }

    #[test]
    fn refuses() {
        for entered in ["XX", "Cali", "C A 1", "-", "México", "CA,"] {
            assert_eq!(parse(entered), Err(StateProblem::NotAState), "{entered}");
        }
        assert_eq!(parse("  "), Err(StateProblem::Missing));
    }
}
