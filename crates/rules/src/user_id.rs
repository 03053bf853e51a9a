//! User IDs: what one may be, and which ones to offer.

use crate::letters;

/// What is wrong with a User ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserIdProblem {
    /// Nothing was entered.
    Missing,
    /// Fewer than [`SHORTEST`] characters.
    TooShort,
    /// More than [`LONGEST`] characters.
    TooLong,
    /// An `@`: it looks like an email address, and sign-in could not tell them apart.
    HasAt,
    /// Another character than letters, digits, `.`, `_`, `-`.
    BadCharacter,
    /// Nine digits: it looks like a Social Security number, and people would use theirs.
    NineDigits,
    /// The member id: it is printed on cards and letters.
    IsMemberId,
}

/// Fewest characters.
pub const SHORTEST: usize = 4;
/// Most characters.
pub const LONGEST: usize = 64;

/// The form under which a User ID is looked up: without spaces around it, in lower case.
pub fn normalise(entered: &str) -> String {
    entered.trim().to_ascii_lowercase()
}

/// Reads a User ID that a person chose (DESIGN.md, Register), giving it as it was typed but for the spaces around
/// it. `member_id` is the person's, empty where there is none.
///
/// # Errors
///
/// What is wrong with it. Whether it is taken is another question.
pub fn check<'a>(entered: &'a str, member_id: &str) -> Result<&'a str, UserIdProblem> {
    let chosen = entered.trim();
    let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
    if chosen.is_empty() {
        return Err(UserIdProblem::Missing);
    }
    if chosen.contains('@') {
        return Err(UserIdProblem::HasAt);
    }
    if !chosen.bytes().all(|b| b.is_ascii_alphanumeric() || is_mark(b)) {
        return Err(UserIdProblem::BadCharacter);
    }
    if chosen.len() < SHORTEST {
        return Err(UserIdProblem::TooShort);
    }
    if chosen.len() > LONGEST {
        return Err(UserIdProblem::TooLong);
    }
    // With hyphens or dots between them they are the same nine digits.
    if digits(chosen) == 9 && chosen.bytes().all(|b| b.is_ascii_digit() || is_mark(b)) {
        return Err(UserIdProblem::NineDigits);
    }
    if !member_id.trim().is_empty() && bare(chosen) == bare(member_id) {
        return Err(UserIdProblem::IsMemberId);
    }
    Ok(chosen)
}

fn is_mark(b: u8) -> bool {
    matches!(b, b'.' | b'_' | b'-')
}

/// Letters and digits alone: `W-123.456` on a card is `w123456`.
fn bare(id: &str) -> String {
    id.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// User IDs made from a name, the best first, without end: what the caller finds taken it leaves out. Nothing but
/// the name goes into them, as they are shown and spoken.
pub fn candidates(first_name: &str, last_name: &str) -> impl Iterator<Item = String> {
    let letters = |name: &str| -> String {
        letters::fold(name).chars().filter(char::is_ascii_lowercase).take(LONGEST / 2 - 4).collect()
    };
    let (first, last) = (letters(first_name), letters(last_name));
    let mut bases: Vec<String> = Vec::new();
    if first.is_empty() || last.is_empty() {
        let name = if first.is_empty() { last } else { first };
        bases.push(if name.is_empty() { "member".to_owned() } else { name });
    } else {
        let initial = &first[..1];
        for base in [
            format!("{first}.{last}"),
            format!("{initial}{last}"),
            format!("{first}{last}"),
            format!("{last}.{first}"),
        ] {
            // A first name may be its own initial, and both names the same.
            if !bases.contains(&base) {
                bases.push(base);
            }
        }
    }
    let numbered = (2_u64..).flat_map({
        let bases = bases.clone();
        move |number| bases.clone().into_iter().map(move |base| format!("{base}{number}"))
    });
    bases.into_iter().chain(numbered).filter(|candidate| candidate.len() >= SHORTEST)
}

/// The first `count` of [`candidates`] that may be had: not the member id, and not taken.
pub fn suggest(
    first_name: &str,
    last_name: &str,
    member_id: &str,
    count: usize,
    taken: impl Fn(&str) -> bool,
) -> Vec<String> {
    candidates(first_name, last_name)
        .filter(|candidate| check(candidate, member_id).is_ok() && !taken(candidate))
        .take(count)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts() {
        for entered in [
            "abcd",
            "Maria.Lopez",
            " maria_72 ",
            "1234",
            "12345678",
            "1234567890",
            "m-1",
            "....",
            "x123456789",
        ] {
            if entered.trim().len() >= SHORTEST {
                assert_eq!(check(entered, "W100"), Ok(entered.trim()), "{entered}");
            }
        }
        assert_eq!(normalise(" Maria.Lopez "), "maria.lopez");
        assert!(check(&"a".repeat(64), "").is_ok());
        assert!(check("....", "").is_ok());
    }

    #[test]
    fn refuses() {
        let long = "a".repeat(65);
        for (entered, problem) in [
            ("", UserIdProblem::Missing),
            ("  ", UserIdProblem::Missing),
            ("abc", UserIdProblem::TooShort),
            (&long, UserIdProblem::TooLong),
            ("maria@example.com", UserIdProblem::HasAt),
            ("@", UserIdProblem::HasAt),
            ("maria lopez", UserIdProblem::BadCharacter),
            ("maría", UserIdProblem::BadCharacter),
            ("maria/..", UserIdProblem::BadCharacter),
            ("maria\u{0}", UserIdProblem::BadCharacter),
            ("123456789", UserIdProblem::NineDigits),
            ("123-45-6789", UserIdProblem::NineDigits),
            ("W1000042", UserIdProblem::IsMemberId),
            ("w-1000042", UserIdProblem::IsMemberId),
            ("w.1000.042", UserIdProblem::IsMemberId),
        ] {
            assert_eq!(check(entered, "W1000042"), Err(problem), "{entered}");
        }
    }

    #[test]
    fn suggests_from_the_name() {
        let free = |_: &str| false;
        assert_eq!(
            suggest("María José", "López", "", 3, free),
            ["mariajose.lopez", "mlopez", "mariajoselopez"]
        );
        assert_eq!(suggest("Li", "", "", 2, free), ["li10", "li11"]);
        assert_eq!(suggest("小龍", "李", "", 2, free), ["member", "member2"]);
        assert_eq!(suggest("Al", "Wu", "", 3, free), ["al.wu", "alwu", "wu.al"]);
        assert_eq!(suggest("Ann", "Lee", "alee", 2, |id| id == "ann.lee"), ["annlee", "lee.ann"]);
        assert_eq!(suggest("Omar", "Omar", "", 4, free), ["omar.omar", "oomar", "omaromar", "omar.omar2"]);
        assert_eq!(suggest("Fu", "Fu", "", 4, free), ["fu.fu", "fufu", "fu.fu2", "ffu2"]);
    }

    #[cfg(not(target_arch = "wasm32"))]
    mod properties {
        use std::collections::HashSet;

        use proptest::prelude::*;

        use super::*;

        proptest! {
            #[test]
            fn suggestions_can_be_had(first in "\\PC{0,80}", last in "\\PC{0,80}", taken in 0_usize..40) {
                let taken: HashSet<String> = candidates(&first, &last).take(taken).collect();
                let offered = suggest(&first, &last, "W100", 3, |id| taken.contains(id));
                prop_assert_eq!(offered.iter().collect::<HashSet<_>>().len(), 3);
                for id in &offered {
                    prop_assert_eq!(check(id, "W100"), Ok(id.as_str()));
                    prop_assert!(!taken.contains(id));
                }
                prop_assert_eq!(&suggest(&first, &last, "W100", 3, |id| taken.contains(id)), &offered);
            }

            #[test]
            fn case_does_not_matter(entered in "[A-Za-z0-9._-]{4,64}") {
                prop_assert_eq!(normalise(&entered), normalise(&entered.to_ascii_uppercase()));
                prop_assert_eq!(check(&entered, "").is_ok(), check(&entered.to_ascii_uppercase(), "").is_ok());
            }
        }
    }
}
