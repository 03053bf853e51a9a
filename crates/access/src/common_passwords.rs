//! The passwords that many people have, and those that begin a guesser's list.
//!
//! The list stays on the server: `common_passwords/list.txt`, whose README says where it comes from and how it is made.
//! It holds short passwords as their roots, so that it stands for all that are made of them by decorating and repeating,
//! and long ones as they are.

use std::cmp::Ordering;

use portico_rules::password::{drawn_like, is_pattern, plain_forms};

/// One entry a line, in lowercase, in the order of what [`drawn_like`] makes of them, no two of them the same.
static LIST: &str = include_str!("common_passwords/list.txt");

/// Whether a password is common, a common one made longer, or a pattern. Everything is compared with the whole of it: a
/// common word inside a longer password is none of this (NIST SP 800-63B-4 3.1.1.2).
pub fn is_common(candidate: &str) -> bool {
    is_pattern(candidate) || plain_forms(candidate).iter().any(|form| is_listed(form))
}

/// Finds the line of `form` by halving the text.
fn is_listed(form: &str) -> bool {
    let mut rest = LIST;
    while !rest.is_empty() {
        let middle = rest.as_bytes()[..rest.len() / 2].iter().rposition(|byte| *byte == b'\n');
        let (before, from_middle) = rest.split_at(middle.map_or(0, |end_of_line| end_of_line + 1));
        let (line, after) = from_middle.split_once('\n').unwrap_or((from_middle, ""));
        match line.chars().map(drawn_like).cmp(form.chars()) {
            Ordering::Equal => return true,
            Ordering::Less => rest = after,
            Ordering::Greater => rest = before,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn drawn(text: &str) -> String {
        text.chars().map(drawn_like).collect()
    }

    fn lines() -> Vec<&'static str> {
        LIST.lines().collect()
    }

    #[test]
    fn the_list_can_be_searched() {
        assert!(lines().windows(2).all(|pair| drawn(pair[0]) < drawn(pair[1])), "in order, none twice");
        assert!(lines().iter().all(|line| line.len() >= 4 && line.bytes().all(|b| b.is_ascii_graphic())));
        assert!(LIST.ends_with('\n') && !LIST.contains('\r'));
    }

    /// ASVS 6.2.4: at least the 3,000 most common that the policy would let pass.
    #[test]
    fn three_thousand_are_as_long_as_the_policy_wants_and_all_are_refused() {
        assert!(lines().iter().filter(|line| line.chars().count() >= 15).count() >= 3000);
        for line in lines() {
            assert!(is_common(line), "{line}");
        }
    }

    #[test]
    fn refuses_common_ones_however_they_are_dressed() {
        for candidate in [
            "password",
            "passwordpassword",
            "PasswordPassword1!",
            "P@ssw0rd!2024!!!!",
            "p.a.s.s.w.o.r.d.1",
            "$$$pa55w0rd$$$$$",
            "Michae1-2024-2025",
            "1234567-iloveyou",
            "letmein letmein letmein",
            "trustno1!!!!!!!!!",
            "Tru5tn01trustno1",
            "qwertyuiopasdfgh",
            "1qaz2wsx3edc4rfv",
            "123456789012345",
            "abcdefghijklmno",
            "aaaaaaaaaaaaaaaa",
            "çontraseñacontraseña",
        ] {
            assert!(is_common(candidate), "{candidate}");
        }
    }

    #[test]
    fn takes_what_only_contains_a_common_one() {
        for candidate in [
            "correct horse battery staple",
            "my password is not here",
            "monkey-bicycle-fog",
            "Verde-lluvia-tren-9",
            "8471 2996 0038 5127",
            "dragon8mountain",
            "xK4!vTq9-wLm2$pZ",
            "漢字の長いパスフレーズを使います",
        ] {
            assert!(!is_common(candidate), "{candidate}");
        }
    }

    proptest! {
        #[test]
        fn an_entry_stays_refused_when_it_is_decorated_drawn_or_repeated(
            at in any::<prop::sample::Index>(),
            before in "[0-9 !#%._-]{0,6}",
            after in "[0-9 !#%._-]{0,12}",
            times in 1..4_usize,
            draw in proptest::collection::vec(any::<bool>(), 64),
        ) {
            let lines = lines();
            let entry = *at.get(&lines);
            let dressed: String = entry
                .chars()
                .enumerate()
                .map(|(n, c)| match (c, draw.get(n)) {
                    ('o', Some(true)) => '0',
                    ('i' | 'l', Some(true)) => '1',
                    ('e', Some(true)) => '3',
                    ('a', Some(true)) => '@',
                    ('s', Some(true)) => '$',
                    (c, Some(true)) => c.to_ascii_uppercase(),
                    (c, _) => c,
                })
                .collect();
            prop_assert!(is_common(&dressed), "{dressed}");
            prop_assert!(is_common(&entry.repeat(times)), "{entry} {times} times");
            // Only a root can be told from what was put around it.
            if entry.bytes().all(|b| b.is_ascii_alphabetic()) {
                let decorated = format!("{before}{entry}{after}");
                prop_assert!(is_common(&decorated), "{decorated}");
            }
        }

        #[test]
        fn four_random_words_are_taken(words in proptest::collection::vec("[b-df-hj-np-tv-z]{2}[aeiou][b-df-hj-np-tv-z]{2}", 4)) {
            let candidate = words.join("-");
            prop_assert!(!is_common(&candidate), "{candidate}");
        }

        #[test]
        fn any_text_has_an_answer(candidate in "\\PC{0,200}") {
            let _ = is_common(&candidate);
        }
    }
}
