//! Numbers as people type them: digits, with spaces and hyphens that do not matter.

use zeroize::Zeroize;

/// What reading a number of so many digits gives.
pub(crate) enum Entered<const N: usize> {
    /// Nothing was entered.
    Nothing,
    /// That many ASCII digits.
    Digits([u8; N]),
    /// Anything else.
    Other,
}

/// Reads a number of exactly `N` digits. What was read of another is wiped.
pub(crate) fn read<const N: usize>(entered: &str) -> Entered<N> {
    let mut digits = [0; N];
    let mut count = 0;
    for c in entered.chars().filter(|c| !is_separator(*c)) {
        if !c.is_ascii_digit() || count == N {
            digits.zeroize();
            return Entered::Other;
        }
        digits[count] = c as u8;
        count += 1;
    }
    if count == N {
        return Entered::Digits(digits);
    }
    digits.zeroize();
    if count == 0 { Entered::Nothing } else { Entered::Other }
}

/// Spaces, hyphens and the dashes that word processors make of them.
pub(crate) fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}')
}
