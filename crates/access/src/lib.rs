//! What Portico does: every decision about access, each in one transaction.
//!
//! A change of state, its mail and its audit row commit together. What may happen to a person is a value (an enum of
//! outcomes); an [`AccessError`] is never a person's doing. Time and chance come in through [`Access`].

pub mod accounts;
pub mod activity;
pub mod audit;
pub mod change_password;
pub mod close_account;
pub mod common_passwords;
pub mod current_password;
pub mod disavowal;
pub mod email_change;
pub mod hasher;
pub mod invite;
pub mod known_browsers;
pub mod letters;
pub mod lockout;
pub mod new_password;
pub mod organization;
pub mod password_reminder;
pub mod passwords;
pub mod people;
pub mod pin;
pub mod registration;
pub mod reset;
pub mod retention;
pub mod roster_import;
pub mod secret;
pub mod security_questions;
pub mod sessions;
pub mod sign_in;
#[cfg(feature = "testing")]
pub mod testing;

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use portico_store::keys::Keys;
use portico_store::{Store, StoreError};

pub use hasher::{Busy, Hasher, Parameters};
pub use portico_store::environment::{
    Clock, ManualClock, Randomness, SeededRandomness, ShiftedClock, SystemClock, SystemRandomness,
};
pub use secret::{Code, Password, Token};

/// Everything a decision needs. Cloning is cheap.
#[derive(Clone)]
pub struct Access {
    /// The database.
    pub store: Store,
    /// The keys file.
    pub keys: Arc<Keys>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub randomness: Arc<dyn Randomness>,
    /// Password hashing.
    pub hasher: Hasher,
    /// The only origin that links in mail are built from, without a slash at its end.
    pub public_url: Arc<str>,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").field("store", &self.store).finish_non_exhaustive()
    }
}

impl Access {
    /// The current moment, to the microsecond that the database keeps.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        portico_store::from_micros(portico_store::to_micros(self.clock.now()))
    }

    /// A new id for a row.
    #[must_use]
    pub fn id(&self) -> String {
        self.randomness.id()
    }
}

/// What went wrong, none of it a person's doing.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The database, or a value in it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// More passwords are waiting to be hashed than the queue holds: try again in a moment (503).
    #[error(transparent)]
    Busy(#[from] Busy),
    /// A mail could not be written.
    #[error(transparent)]
    Mail(#[from] portico_mail::outbox::EnqueueError),
    /// A value in the database is not what this version writes.
    #[error("{place} holds a value that this version cannot read")]
    Unreadable {
        /// Table and column.
        place: &'static str,
    },
    /// A task of our own ended before its answer: the server is shutting down, or it failed and said so in the log.
    #[error("the work was interrupted; nothing of it was kept")]
    Interrupted,
}
