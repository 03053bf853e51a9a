//! How long what is over is kept: long enough to answer a question about it, and no longer.
//!
//! Only what is over goes: nobody is signed in by it, nothing can be taken up again, no mail waits. Kept for good are
//! the registrations that became accounts, which hold nothing personal but, until the account is closed, whose it is, and
//! the audit log.

use std::fmt;
use std::ops::RangeInclusive;

use jiff::{SignedDuration, Timestamp};
use portico_store::{
    StoreError, Unit, disavowals, email_changes, known_browsers, limits, outbox, pins, questionnaires,
    recoveries, registrations, sessions,
};

use crate::known_browsers::COOKIE_DAYS;
use crate::{Access, AccessError};

/// How many rows one transaction forgets at most, so that nobody who signs in meanwhile has to wait for long.
pub const BATCH: u32 = 500;

/// For how many days something may be kept. A day is the least, since that is the longest that a session may be idle
/// and still be alive, and that a code outlives its link.
pub const DAYS: RangeInclusive<u32> = 1..=3_650;

/// How many days what is over is kept, by kind of record. Each is one of [`DAYS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Sessions, after their end or the last activity.
    pub sessions_days: u32,
    /// Registrations that became no account, after their end. What was typed is wiped then already.
    pub registrations_days: u32,
    /// The same of those that could not go on, of which the desk sees what agreed with whom, masked.
    pub tries_days: u32,
    /// Links of invitations, resets and "this was not me", PINs, and email addresses that were never proven, after they
    /// expired.
    pub recoveries_days: u32,
    /// Mails, after they were delivered or given up. Recipient and body are wiped then already.
    pub mails_days: u32,
    /// Browsers that an account knows, after they signed in to it last. Theirs are cookies of
    /// [`COOKIE_DAYS`](crate::known_browsers::COOKIE_DAYS): later nobody has one.
    pub known_browsers_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            sessions_days: 90,
            registrations_days: 30,
            tries_days: 30,
            recoveries_days: 30,
            mails_days: 90,
            known_browsers_days: COOKIE_DAYS,
        }
    }
}

/// A kind of record that is not kept for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Sessions.
    Sessions,
    /// Registrations that became no account.
    Registrations,
    /// Registrations that could not go on.
    Tries,
    /// Links of invitations, resets and "this was not me", PINs, and email addresses that were never proven.
    Recoveries,
    /// Mails.
    Mails,
    /// Browsers that accounts know.
    KnownBrowsers,
    /// Identity questionnaires: the ninety days that they are asked again, and the thirty that a try is counted.
    Questionnaires,
    /// What is counted of mails and codes, so that only so many go out. Two days: the longest limit looks back one.
    Limits,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Sessions,
        Self::Registrations,
        Self::Tries,
        Self::Recoveries,
        Self::Mails,
        Self::KnownBrowsers,
        Self::Questionnaires,
        Self::Limits,
    ];

    /// Its records are forgotten when they were over at this moment or before.
    fn due(self, retention: &Retention, now: Timestamp) -> Timestamp {
        let days = match self {
            Self::Sessions => retention.sessions_days,
            Self::Registrations => retention.registrations_days,
            Self::Tries => retention.tries_days,
            Self::Recoveries => retention.recoveries_days,
            Self::Mails => retention.mails_days,
            Self::KnownBrowsers => retention.known_browsers_days,
            Self::Questionnaires => 120,
            Self::Limits => 2,
        };
        now.checked_sub(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MIN)
    }

    /// Forgets a batch, the oldest first.
    async fn forget(self, unit: &mut Unit, until: Timestamp) -> Result<u64, StoreError> {
        match self {
            Self::Sessions => sessions::forget(unit, until, BATCH).await,
            Self::Registrations => registrations::forget(unit, until, false, BATCH).await,
            Self::Tries => registrations::forget(unit, until, true, BATCH).await,
            Self::Recoveries => {
                let pins = pins::forget(unit, until, BATCH).await?;
                let changes = email_changes::forget(unit, until, BATCH).await?;
                let disavowals = disavowals::forget(unit, until, BATCH).await?;
                Ok(pins + changes + disavowals + recoveries::forget(unit, until, BATCH).await?)
            }
            Self::Mails => outbox::forget(unit, until, BATCH).await,
            Self::KnownBrowsers => known_browsers::forget(unit, until, BATCH).await,
            Self::Questionnaires => questionnaires::forget(unit, until, BATCH).await,
            Self::Limits => limits::forget(unit, until, BATCH).await,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sessions => "sessions",
            Self::Registrations => "registrations",
            Self::Tries => "registrations that could not go on",
            Self::Recoveries => "recoveries",
            Self::Mails => "mails",
            Self::KnownBrowsers => "known browsers",
            Self::Questionnaires => "questionnaires",
            Self::Limits => "limits",
        })
    }
}

/// Forgets what has been over for long enough, and says how much of each kind; kinds of which there was nothing are left
/// out. For a task that runs now and then; nothing depends on it but that it is not kept.
///
/// # Errors
/// [`AccessError`]. What was forgotten before stays forgotten.
pub async fn sweep(access: &Access, retention: &Retention) -> Result<Vec<(Kind, u64)>, AccessError> {
    let now = access.now();
    let mut swept = Vec::new();
    for kind in Kind::ALL {
        let mut forgotten = 0;
        loop {
            let mut unit = access.store.begin().await?;
            let batch = kind.forget(&mut unit, kind.due(retention, now)).await?;
            unit.commit().await?;
            forgotten += batch;
            if batch < u64::from(BATCH) {
                break;
            }
        }
        if forgotten > 0 {
            swept.push((kind, forgotten));
        }
    }
    Ok(swept)
}
