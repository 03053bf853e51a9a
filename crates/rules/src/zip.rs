//! ZIP codes.

use crate::digits::is_separator;

/// What is wrong with a ZIP code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZipProblem {
    /// Nothing was entered.
    Missing,
    /// Neither five nor nine digits.
    NotAZip,
}

/// The first five digits of a ZIP or ZIP+4 code, which is what is compared.
///
/// # Errors
///
/// What is wrong with it.
pub fn parse(entered: &str) -> Result<String, ZipProblem> {
    let mut digits: String = entered.chars().filter(|c| !is_separator(*c)).collect();
    if digits.is_empty() {
        return Err(ZipProblem::Missing);
    }
    if !matches!(digits.len(), 5 | 9) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(ZipProblem::NotAZip);
    }
    digits.truncate(5);
    Ok(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_first_five() {
        for entered in ["02139", " 02139 ", "02139-4307", "021394307", "02139 4307", "0 2 1 3 9"] {
            assert_eq!(parse(entered).as_deref(), Ok("02139"), "{entered}");
        }
    }

    #[test]
    fn refuses() {
        for entered in ["2139", "021394", "K1A 0B1", "02139+4307", "0213é", "ééé9", "0213９"] {
            assert_eq!(parse(entered), Err(ZipProblem::NotAZip), "{entered}");
        }
        assert_eq!(parse(" - "), Err(ZipProblem::Missing));
    }
}
