//! Social Security numbers.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::digits::{self, Entered};

/// Nine digits. Does not print itself and is wiped when dropped.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Ssn([u8; 9]);

/// What is wrong with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SsnProblem {
    /// Nothing was entered.
    Missing,
    /// Not nine digits, or nine zeros.
    NotNineDigits,
}

impl Ssn {
    /// Reads a number; spaces and hyphens do not matter. Ranges that are never issued are accepted: invented people
    /// have such numbers, and nobody's matches.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn parse(entered: &str) -> Result<Self, SsnProblem> {
        match digits::read(entered) {
            Entered::Nothing => Err(SsnProblem::Missing),
            Entered::Digits(digits) if digits != [b'0'; 9] => Ok(Self(digits)),
            Entered::Digits(_) | Entered::Other => Err(SsnProblem::NotNineDigits),
        }
    }

    /// The nine digits, to make the fingerprint from and for nothing else.
    pub fn digits(&self) -> &[u8; 9] {
        &self.0
    }
}

impl fmt::Debug for Ssn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ssn(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads() {
        for entered in ["900123456", "900-12-3456", " 900 12 3456 ", "900–12–3456", "9-0-0-1-2-3-4-5-6"] {
            assert_eq!(Ssn::parse(entered).unwrap().digits(), b"900123456", "{entered}");
        }
    }

    #[test]
    fn refuses() {
        for (entered, problem) in [
            ("", SsnProblem::Missing),
            (" - ", SsnProblem::Missing),
            ("12345678", SsnProblem::NotNineDigits),
            ("1234567890", SsnProblem::NotNineDigits),
            ("900-12-345X", SsnProblem::NotNineDigits),
            ("***-**-3456", SsnProblem::NotNineDigits),
            ("000-00-0000", SsnProblem::NotNineDigits),
            ("９００１２３４５６", SsnProblem::NotNineDigits),
        ] {
            assert_eq!(Ssn::parse(entered), Err(problem), "{entered}");
        }
    }

    #[test]
    fn prints_nothing() {
        assert_eq!(format!("{:?}", Ssn::parse("900123456").unwrap()), "Ssn(..)");
    }
}
