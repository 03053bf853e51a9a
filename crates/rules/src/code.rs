//! Codes and PINs as people type them from a mail.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::digits::{self, Entered};

/// How many digits a code or PIN has.
pub const DIGITS: usize = 8;

/// A code as it was entered; whether it is right only the server can tell. Does not print itself and is wiped when
/// dropped.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct EnteredCode([u8; DIGITS]);

/// What is wrong with an entered code before it is compared with anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeProblem {
    /// Nothing was entered.
    Missing,
    /// Not eight digits.
    NotEightDigits,
}

impl EnteredCode {
    /// Reads a code; spaces and hyphens do not matter.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn parse(entered: &str) -> Result<Self, CodeProblem> {
        match digits::read(entered) {
            Entered::Nothing => Err(CodeProblem::Missing),
            Entered::Digits(digits) => Ok(Self(digits)),
            Entered::Other => Err(CodeProblem::NotEightDigits),
        }
    }

    /// The eight ASCII digits.
    pub fn digits(&self) -> &[u8; DIGITS] {
        &self.0
    }
}

impl fmt::Debug for EnteredCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EnteredCode(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads() {
        for entered in ["01234567", " 0123 4567 ", "0123-4567", "01 23 45 67", "0123\u{a0}4567\n"] {
            assert_eq!(EnteredCode::parse(entered).unwrap().digits(), b"01234567", "{entered}");
        }
    }

    #[test]
    fn refuses() {
        for (entered, problem) in [
            ("", CodeProblem::Missing),
            (" -\t", CodeProblem::Missing),
            ("1234567", CodeProblem::NotEightDigits),
            ("123456789", CodeProblem::NotEightDigits),
            ("O1234567", CodeProblem::NotEightDigits),
            ("１２３４５６７８", CodeProblem::NotEightDigits),
        ] {
            assert_eq!(EnteredCode::parse(entered), Err(problem), "{entered}");
        }
        assert_eq!(format!("{:?}", EnteredCode::parse("01234567").unwrap()), "EnteredCode(..)");
    }
}
