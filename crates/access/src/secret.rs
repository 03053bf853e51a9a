//! Secrets as types: they do not print, and are wiped when dropped.

use std::fmt;

use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfc_quick};
use zeroize::Zeroizing;

pub use portico_store::secret::{Code, Token};

/// A password as a person typed it: never trimmed, folded or cut.
///
/// Keyboards write one character as one code point or as several: `é`, or `e` with an accent that follows it. Both are
/// the same password, in the composed form (NIST SP 800-63B-4 3.1.1.2), in which its characters are counted too.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// What was typed.
    #[must_use]
    pub fn new(typed: String) -> Self {
        let typed = Zeroizing::new(typed);
        if is_nfc_quick(typed.chars()) == IsNormalized::Yes {
            return Self(typed);
        }
        // Room for all it can become (three times as long at most, UAX #15), so that growing leaves no copy behind.
        let mut composed = Zeroizing::new(String::with_capacity(3 * typed.len()));
        composed.extend(typed.nfc());
        Self(composed)
    }

    /// The text, for the rules and the hash.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Password {
    fn from(typed: &str) -> Self {
        Self::new(typed.to_owned())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_is_one_password_however_it_is_composed() {
        for (typed, kept) in [
            ("walking42", "walking42"),
            ("café-au-lait", "café-au-lait"),
            ("cafe\u{301}-au-lait", "café-au-lait"),
            // Two marks in either order, Korean in syllables or letters, a sign that is another one's twin.
            ("s\u{323}\u{307}", "\u{1e69}"),
            ("s\u{307}\u{323}", "\u{1e69}"),
            ("\u{1112}\u{1161}\u{11ab}", "\u{d55c}"),
            ("\u{212b}", "\u{c5}"),
            // Neither folded nor cut: what only looks alike stays another password.
            (" Stra\u{df}e \u{fb01} \u{ff11} ", " Stra\u{df}e \u{fb01} \u{ff11} "),
            // The one that grows most.
            ("\u{1d160}", "\u{1d158}\u{1d165}\u{1d16e}"),
            ("", ""),
        ] {
            assert_eq!(Password::new(typed.to_owned()).expose(), kept, "{typed:?}");
        }
        assert_eq!(Password::from("e\u{301}").expose().chars().count(), 1);
    }
}
