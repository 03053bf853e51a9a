//! How what people type and what a roster says are made comparable (DESIGN.md, Register).
//!
//! Each function is idempotent and does not tell case, diacritics, spaces and punctuation apart. What comes out is for
//! comparing and looking up only; what is shown and mailed is what was entered.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::letters;

/// A name of a person: letters and digits, without case and diacritics. `O'Brien-Núñez` is `obriennunez`.
pub fn name(entered: &str) -> String {
    tokens(entered).concat()
}

/// A city: as a name, with Saint, Fort and Mount abbreviated as in addresses (USPS Publication 28, 223).
pub fn city(entered: &str) -> String {
    let abbreviate = |token: &String| match token.as_str() {
        "saint" => "st".to_owned(),
        "fort" => "ft".to_owned(),
        "mount" => "mt".to_owned(),
        _ => token.clone(),
    };
    until_settled(entered, |text| tokens(text).iter().map(abbreviate).collect())
}

/// A street address, both lines read as one: suffixes, directionals and unit designators of USPS Publication 28 are
/// abbreviated wherever they stand. The words for a unit that say nothing of it (Apartment, Unit, Suite, Room, #) are
/// dropped, because a form with a field for the unit gets `4B` where a roster has `Apt 4B`.
pub fn address(line1: &str, line2: &str) -> String {
    until_settled(&format!("{line1} {line2}"), |text| {
        tokens(text).iter().map(|token| WORDS.get(token.as_str()).copied().unwrap_or(token)).collect()
    })
}

/// Abbreviating can leave letters that, run together, are a word themselves (`s treet`). Once more until nothing
/// changes makes the result its own normal form. That is soon: after the first step each run of letters is one word,
/// and what a word is folded to is never folded again.
fn until_settled(entered: &str, step: impl Fn(&str) -> String) -> String {
    let mut text = step(entered);
    loop {
        let next = step(&text);
        if next == text {
            return text;
        }
        text = next;
    }
}

/// Runs of letters and runs of digits, without case and diacritics. Everything else separates them.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut previous = None;
    for c in letters::fold(text).chars().flat_map(char::to_lowercase) {
        let kind = if c.is_alphabetic() {
            Some('a')
        } else if c.is_numeric() {
            Some('0')
        } else {
            None
        };
        match (kind, tokens.last_mut()) {
            (None, _) => {}
            (Some(_), Some(token)) if kind == previous => token.push(c),
            (Some(_), _) => tokens.push(c.to_string()),
        }
        previous = kind;
    }
    tokens
}

/// Street suffixes (USPS Publication 28, appendix C1): a line each, the abbreviation first, then what is written for
/// it.
const SUFFIXES: &str = include_str!("normalise/suffixes.txt");

/// Directionals (233), and `Saint`, which shares its abbreviation with `Street`.
const DIRECTIONS: &str = "\
n north norte
s south sur
e east este
w west oeste
ne northeast
nw northwest
se southeast
sw southwest
st saint
";

/// Secondary unit designators (appendix C2) that tell one kind of unit from another.
const UNITS: &str = "\
bldg building
bsmt basement
dept department
fl floor
frnt front
hngr hanger hangar
lbby lobby
lowr lower
ofc office
ph penthouse
spc space
uppr upper
";

/// Unit designators, English and Spanish, that only say that what follows is the unit.
const SILENT_UNITS: [&str; 10] =
    ["apartment", "apt", "apartamento", "apto", "unit", "unidad", "suite", "ste", "room", "rm"];

/// Each word that is folded, and what it becomes.
static WORDS: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let mut words = HashMap::new();
    for line in [SUFFIXES, DIRECTIONS, UNITS].into_iter().flat_map(str::lines) {
        let mut variants = line.split_ascii_whitespace();
        if let Some(abbreviation) = variants.next() {
            words.extend(variants.map(|variant| (variant, abbreviation)));
        }
    }
    words.extend(SILENT_UNITS.map(|unit| (unit, "")));
    words
});

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names() {
        for (entered, normal) in [
            ("Maria", "maria"),
            ("  MARÍA ", "maria"),
            ("Mari\u{301}a", "maria"),
            ("O'Brien", "obrien"),
            ("O’Brien", "obrien"),
            ("Núñez-García", "nunezgarcia"),
            ("Mary Ann", "maryann"),
            ("De la Cruz", "delacruz"),
            ("Strauß", "strauss"),
            ("Łukasz Żółć", "lukaszzolc"),
            ("Nguyễn", "nguyen"),
            ("İpek Işık", "ipekisik"),
            ("Søren Æbelø", "sorenaebelo"),
            ("John 3rd", "john3rd"),
            ("Ольга", "ольга"),
            ("李小龍", "李小龍"),
            ("...", ""),
        ] {
            assert_eq!(name(entered), normal, "{entered}");
        }
    }

    /// Each line: addresses that are the same place.
    #[test]
    fn same_addresses() {
        let same: &[&[(&str, &str)]] = &[
            &[
                ("12 Main Street", ""),
                ("12 main st.", ""),
                ("12  MAIN ST", " "),
                ("12 Main Str", ""),
                ("12 Main Strt", ""),
                ("12Main St", ""),
            ],
            &[
                ("12 Main St", "Apt 4B"),
                ("12 Main Street", "Apartment 4-B"),
                ("12 Main St Apt 4B", ""),
                ("12 Main St", "#4B"),
                ("12 Main St #4 b", ""),
                ("12 Main St", "Unit 4B"),
                ("12 Main St", "Suite 4B"),
                ("12 Main St", "apto. 4B"),
                ("12 Main St", "Apt4B"),
                ("12 Main St", "4B"),
                ("12 Main St, 4B", ""),
            ],
            &[
                ("400 North Oak Avenue", ""),
                ("400 N Oak Ave", ""),
                ("400 N. Oak Av", ""),
                ("400 Norte Oak Avenue", ""),
            ],
            &[
                ("7 Elm Boulevard Southwest", ""),
                ("7 Elm Blvd SW", ""),
                ("7 Elm Blvd S.W.", ""),
                ("7 Elm Blvd South West", ""),
            ],
            &[("1 Saint James Place", ""), ("1 St. James Pl", ""), ("1 ST JAMES PL", "")],
            &[("9 MacArthur Court", "Floor 2"), ("9 Mac Arthur Ct", "Fl. 2"), ("9 MacArthur Ct Fl 2", "")],
            &[("100 Calle José Martí", ""), ("100 CALLE JOSE MARTI", "")],
            &[("P.O. Box 12", ""), ("PO Box 12", ""), ("", "po box #12")],
            &[("2207 Riverbend Crossing", "Building 3"), ("2207 Riverbend Xing", "Bldg. 3")],
        ];
        for group in same {
            let normal = address(group[0].0, group[0].1);
            for (line1, line2) in *group {
                assert_eq!(address(line1, line2), normal, "{line1} / {line2}");
            }
        }
    }

    #[test]
    fn different_addresses() {
        let addresses = [
            ("12 Main Street", ""),
            ("12 Main Avenue", ""),
            ("12 North Main Street", ""),
            ("12 South Main Street", ""),
            ("21 Main Street", ""),
            ("12 Main Street", "4"),
            ("12 Main Street", "Floor 4"),
            ("12 Main Street", "Building 4"),
            ("12 Maine Street", ""),
        ];
        for (n, a) in addresses.iter().enumerate() {
            for b in &addresses[..n] {
                assert_ne!(address(a.0, a.1), address(b.0, b.1), "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn cities() {
        assert_eq!(city("Saint Louis"), city("ST. LOUIS"));
        assert_eq!(city("Fort Worth"), city("Ft Worth"));
        assert_eq!(city("Mount Vernon"), city("mt vernon"));
        assert_eq!(city("San José"), city("SAN JOSE"));
        assert_ne!(city("Springfield"), city("Summerfield"));
    }

    #[test]
    fn each_word_is_folded_once() {
        let mut seen = HashMap::new();
        for line in [SUFFIXES, DIRECTIONS, UNITS].into_iter().flat_map(str::lines) {
            let words: Vec<_> = line.split(' ').collect();
            for variant in &words[1..] {
                assert_eq!(seen.insert(*variant, words[0]), None, "{variant} is there twice");
            }
        }
        for (variant, abbreviation) in &*WORDS {
            assert!(!WORDS.contains_key(abbreviation), "{variant} leads on from {abbreviation}");
        }
        assert!(seen.len() > 350);
    }

    /// Words as addresses have them, so that the folds come to bear.
    fn address_text() -> impl Strategy<Value = String> {
        let word = prop_oneof![
            "[0-9]{1,4}",
            "[A-Za-zÁÉñüßØ]{1,9}",
            proptest::sample::select(WORDS.keys().copied().collect::<Vec<_>>()).prop_map(str::to_owned),
            proptest::sample::select(vec!["s", "treet", "a", "pt", "uni", "t", "nor", "th"])
                .prop_map(str::to_owned),
        ];
        proptest::collection::vec(word, 0..7).prop_map(|words| words.join(" "))
    }

    proptest! {
        #[test]
        fn idempotent(text in ".{0,40}", line1 in address_text(), line2 in address_text()) {
            prop_assert_eq!(name(&name(&text)), name(&text));
            prop_assert_eq!(city(&city(&text)), city(&text));
            prop_assert_eq!(address(&address(&text, ""), ""), address(&text, ""));
            let once = address(&line1, &line2);
            prop_assert_eq!(address(&once, ""), once);
        }

        #[test]
        fn case_spaces_and_punctuation_do_not_matter(
            line1 in address_text(),
            line2 in address_text(),
            noise in "[ .,;'\\-#/]{1,3}",
        ) {
            let once = address(&line1, &line2);
            let noisy = |line: &str| format!("{noise}{}{noise}", line.replace(' ', &format!(" {noise}")));
            prop_assert_eq!(&address(&noisy(&line1), &noisy(&line2)), &once);
            prop_assert_eq!(&address(&line1.to_ascii_uppercase(), &line2.to_ascii_uppercase()), &once);
            prop_assert_eq!(&address(&format!("{line1} {line2}"), ""), &once);
            prop_assert_eq!(&address("", &format!("{line1}, {line2}")), &once);
        }

        #[test]
        fn names_without_case_spaces_punctuation_and_accents(text in "[A-Za-zÀ-ÖØ-öø-ÿ '.-]{0,20}") {
            let normal = name(&text);
            prop_assert!(normal.bytes().all(|b| b.is_ascii_lowercase()));
            prop_assert_eq!(&name(&text.replace([' ', '\'', '.', '-'], "")), &normal);
            // ß has no single uppercase letter, and gives the same.
            prop_assert_eq!(&name(&text.to_uppercase()), &normal);
        }
    }
}
