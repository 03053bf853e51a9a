//! Setting a password with two emails: the first has a link, the page behind it sends the second with a code, and link
//! and code together set the password. The same way sets the first one after an invitation.
//!
//! Opening a link changes nothing, however often and by whomever: mail scanners do. What a page of this journey may
//! show before the code is proven says nothing about whose account it is. Nothing here signs anybody in.

mod link;
mod request;
mod save;

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use portico_rules::password::PasswordRules;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::secret::Token;

pub use link::{ProveOutcome, SendCodeOutcome, open_link, prove_code, send_code};
pub use request::{RequestOutcome, request};
pub use save::{SaveOutcome, save};

pub(crate) use link::{barred, in_language, names};
pub(crate) use request::{MAILS, find as find_by_address, may_mail, send_link, tell_stranger};

/// What stands before the token in the link of a mail, below the organization's address.
pub const LINK: &str = "/new-password?token=";

/// Sets the tokens of links apart from all others.
const TOKEN: &str = "recovery";

/// Sets the codes of links apart from all others.
const CODE: &str = "recovery";

/// What a link carries, and once its code is proven in this browser, the proof of that. For the link's address and for
/// the cookie that takes its place; it does not print.
#[derive(Clone)]
pub struct LinkToken {
    link: Token,
    proof: Option<Token>,
}

impl LinkToken {
    fn of(link: Token) -> Self {
        Self { link, proof: None }
    }

    /// What came back; `None` when it cannot be one. Nothing is trimmed, folded or completed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once('.') {
            None => Token::parse(text).map(Self::of),
            Some((link, proof)) => {
                Some(Self { link: Token::parse(link)?, proof: Some(Token::parse(proof)?) })
            }
        }
    }

    /// The text, for the address or the cookie.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let proof = self.proof.as_ref().map(Token::expose);
        Zeroizing::new(match proof {
            Some(proof) => format!("{}.{proof}", self.link.expose()),
            None => self.link.expose().to_owned(),
        })
    }

    /// Whether it carries this proof.
    fn has(&self, proof: &Token) -> bool {
        self.proof.as_ref().is_some_and(|own| own.expose().as_bytes().ct_eq(proof.expose().as_bytes()).into())
    }
}

impl fmt::Debug for LinkToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkToken(…)")
    }
}

/// What there is behind a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkPage {
    /// It is good.
    Ready(Box<Ready>),
    /// It was good until a while ago; asking again makes a new one.
    Expired {
        /// It was an invitation's: *Welcome to …*.
        welcome: bool,
    },
    /// It set a password, or another link of the account did.
    Used,
    /// No link of this organization.
    Unknown,
}

/// A link that is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ready {
    /// What it is good for.
    pub purpose: Purpose,
    /// How far it has come.
    pub stage: Stage,
    /// What the new password must be.
    pub rules: PasswordRules,
}

/// What a link is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// *Choose your password*: the account has none yet.
    First,
    /// *Change your password*.
    Change,
}

/// How far a link has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// *Get my security code*.
    Start,
    /// The second mail is on its way: code and new password.
    CodeSent {
        /// The first moment at which the code is no longer good.
        until: Timestamp,
    },
    /// The code is no longer good: *Get my security code*, again.
    CodeOver,
    /// The code came back in this browser: the new password alone.
    Proven(Names),
}

/// Whose password it is, for the rules that it may be neither a name nor the address. It does not print.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// First name.
    pub first: String,
    /// Last name.
    pub last: String,
    /// User ID; empty for staff.
    pub user_id: String,
    /// Email address.
    pub email: String,
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Names(…)")
    }
}

/// Why an account whose link was proven gets no new password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Barred {
    /// The desk disabled it.
    Disabled,
    /// Nobody used it for the policy's `expire_days`.
    Expired {
        /// Since when.
        since: Timestamp,
    },
    /// The last coverage has ended.
    CoverageEnded {
        /// Its last day.
        last_day: Date,
    },
}
