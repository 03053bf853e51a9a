//! Secrets as types: they do not print, and are wiped when dropped.

use std::fmt;

use zeroize::Zeroizing;

pub use portico_store::secret::{Code, Token};

/// A password as a person typed it: never trimmed, folded or cut.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// What was typed.
    #[must_use]
    pub fn new(typed: String) -> Self {
        Self(Zeroizing::new(typed))
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
