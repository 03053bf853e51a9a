//! What a letter is, and which plain one it stands for.
//!
//! The tables of `char::is_alphabetic` and `char::to_lowercase` weigh more than the rules that would use them, so the
//! Latin letters of Europe, Turkey and Vietnam are here in 656 bytes: exact for those (a test holds them against
//! Unicode's own data), approximate for other scripts.

/// U+00C0 to U+024F, one cell a character: the plain letter in the case of the character, a digit for an entry of
/// [`SEVERAL`], `!` and `-` for an uppercase and another letter that stands for itself, a space for no letter.
const LATIN: &[u8] = b"\
AAAAAA0CEEEEIIIIDNOOOOO OUUUUY32aaaaaa1ceeeeiiiidnooooo ouuuuy4y\
AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIi78JjKkkLlLlLlL\
lLlNnNnNnnNnOoOoOo56RrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs\
-!!-!-!!-!!!--!!!!-!!-!!!---!!-!Oo!-!-!!-!--!-!Uu!!!-!-!!---!---\
----!--!--!--AaIiOoUuUuUuUuUu-AaAa01!-GgKkOoOo!-j!--Gg!!NnAa01Oo\
AaAaEeEeIiIiOoOoRrRrUuUuSsTt!-Hh!-!-!-AaEeOoOoOoOoYy------!!-!!-\
-!-!!!!-!-!-!-!-";
const LATIN_FIRST: u32 = 0xC0;

/// U+1E00 to U+1EFF, in the same way.
const LATIN_ADDITIONAL: &[u8] = b"\
AaBbBbBbCcDdDdDdDdDdEeEeEeEeEeFfGgHhHhHhHhHhIiIiKkKkKkLlLlLlLlMm\
MmMmNnNnNnNnOoOoOoOoPpPpRrRrRrRrSsSsSsSsSsTtTtTtTtUuUuUuUuUuVvVv\
WwWwWwWwWwXxXxYyZzZzZzhtwy-s--9-AaAaAaAaAaAaAaAaAaAaAaAaEeEeEeEe\
EeEeEeEeIiIiOoOoOoOoOoOoOoOoOoOoOoOoUuUuUuUuUuUuUuYyYyYyYy!-!-!-";
const LATIN_ADDITIONAL_FIRST: u32 = 0x1E00;

/// Letters written as two, with whether they are uppercase.
const SEVERAL: [(&str, bool); 10] = [
    ("ae", true),
    ("ae", false),
    ("ss", false),
    ("th", true),
    ("th", false),
    ("oe", true),
    ("oe", false),
    ("ij", true),
    ("ij", false),
    ("ss", true),
];

/// A character of a Latin alphabet.
struct Latin {
    plain: Plain,
    uppercase: bool,
}

/// What a character reads as once case and diacritics are gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Plain {
    /// One character: a lowercase letter of ASCII, or any other character as it is.
    One(char),
    /// Two lowercase letters of ASCII.
    Two(&'static str),
    /// Nothing: a combining mark.
    Nothing,
}

fn latin(c: char) -> Option<Latin> {
    if c.is_ascii_alphabetic() {
        return Some(Latin { plain: Plain::One(c.to_ascii_lowercase()), uppercase: c.is_ascii_uppercase() });
    }
    let code = u32::from(c);
    let (table, first) = if code >= LATIN_ADDITIONAL_FIRST {
        (LATIN_ADDITIONAL, LATIN_ADDITIONAL_FIRST)
    } else {
        (LATIN, LATIN_FIRST)
    };
    let cell = *table.get(usize::try_from(code.checked_sub(first)?).ok()?)?;
    match cell {
        b' ' => None,
        b'!' | b'-' => Some(Latin { plain: Plain::One(c), uppercase: cell == b'!' }),
        b'0'..=b'9' => {
            let (letters, uppercase) = SEVERAL[usize::from(cell - b'0')];
            Some(Latin { plain: Plain::Two(letters), uppercase })
        }
        letter => {
            let plain = Plain::One(char::from(letter.to_ascii_lowercase()));
            Some(Latin { plain, uppercase: letter.is_ascii_uppercase() })
        }
    }
}

/// The character without case and diacritics.
pub(crate) fn plain(c: char) -> Plain {
    match latin(c) {
        Some(latin) => latin.plain,
        None if is_combining(c) => Plain::Nothing,
        None => Plain::One(c),
    }
}

/// The text without case and diacritics: `José` and `JOSE` both give `jose`.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        match plain(c) {
            Plain::One(c) => folded.push(c),
            Plain::Two(letters) => folded.push_str(letters),
            Plain::Nothing => {}
        }
    }
    folded
}

/// Whether the character is a letter. Beyond the Latin alphabets, whatever is not known to be something else.
pub(crate) fn is_letter(c: char) -> bool {
    latin(c).is_some()
        || matches!(c, 'ª' | 'µ' | 'º')
        || (u32::from(c) >= 0x250 && !is_combining(c) && !is_symbol(c) && !is_blank(c))
}

/// Whether the character is an uppercase letter of a Latin alphabet.
pub(crate) fn is_uppercase(c: char) -> bool {
    latin(c).is_some_and(|latin| latin.uppercase)
}

/// Whether the character is a punctuation mark or symbol: those of ASCII and Latin-1, the general blocks and emoji.
/// A space is neither.
pub(crate) fn is_symbol(c: char) -> bool {
    c.is_ascii_punctuation()
        || matches!(c, '\u{a1}'..='\u{bf}' if !matches!(c, 'ª' | 'µ' | 'º' | '\u{ad}'))
        || matches!(c, '×' | '÷')
        || matches!(u32::from(c),
            0x2010..=0x2027 | 0x2030..=0x205E | 0x20A0..=0x20CF | 0x2100..=0x2BFF | 0x3001..=0x3020
                | 0xFE0F | 0x1F000..=0x1FAFF)
}

/// A diacritic that follows its letter as a character of its own.
fn is_combining(c: char) -> bool {
    matches!(u32::from(c), 0x300..=0x36F)
}

/// Spaces and invisible characters beyond Latin-1.
fn is_blank(c: char) -> bool {
    matches!(u32::from(c), 0x1680 | 0x2000..=0x200F | 0x2028..=0x202F | 0x205F..=0x206F | 0x3000 | 0xFEFF)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use unicode_normalization::UnicodeNormalization;

    use super::*;

    fn table() -> impl Iterator<Item = char> {
        (0x20..0x250).chain(0x1E00..0x1F00).filter_map(char::from_u32)
    }

    #[test]
    fn letters_and_case_are_those_of_unicode() {
        assert_eq!(LATIN.len(), 0x250 - 0xC0);
        assert_eq!(LATIN_ADDITIONAL.len(), 0x100);
        for c in table() {
            assert_eq!(is_letter(c), c.is_alphabetic(), "{c:?} {:04x}", u32::from(c));
            assert_eq!(is_uppercase(c), c.is_uppercase(), "{c:?} {:04x}", u32::from(c));
        }
    }

    #[test]
    fn folds_what_unicode_decomposes() {
        for c in table() {
            let decomposed: String = c.nfd().collect();
            let base = decomposed.chars().next().unwrap();
            if base.is_ascii_alphabetic() {
                assert_eq!(fold(&c.to_string()), base.to_ascii_lowercase().to_string(), "{c:?}");
                assert_eq!(fold(&decomposed), fold(&c.to_string()), "{c:?} composed and not");
            }
        }
    }

    #[test]
    fn case_does_not_matter() {
        for c in table() {
            let upper: String = c.to_uppercase().collect();
            if fold(&c.to_string()).is_ascii() && upper.chars().count() == 1 {
                assert_eq!(fold(&upper), fold(&c.to_string()), "{c:?}");
            }
        }
    }

    #[test]
    fn tells_symbols_from_letters_and_spaces() {
        for c in "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~¡¿§€×÷—…™😀".chars() {
            assert!(is_symbol(c) && !is_letter(c), "{c:?}");
        }
        for c in " \t\n\u{a0}\u{2003}\u{200b}\u{feff}09aZéÑßŁжΩ漢".chars() {
            assert!(!is_symbol(c), "{c:?}");
        }
        for c in "aZéÑßŁжΩ漢".chars() {
            assert!(is_letter(c), "{c:?}");
        }
    }
}
