//! Lockout: how often somebody may be wrong about what an account's owner knows (DESIGN.md, Lockout).
//!
//! An account has a counter for strangers, and one for each browser that has signed in to it before. Failures to sign in,
//! of the current password and of the security answers count together, on the counter of the browser they come from. As
//! many as the policy's `lockout_attempts` lock that side alone: no session ends, and the other sides stay as they are.
//!
//! Whoever asks for a secret holds the account, [`count`]s and commits before anything is hashed or compared, and then
//! calls [`fail`] in a second unit or [`settle`] in the one that does what the secret was asked for.

use jiff::{SignedDuration, Timestamp};
use portico_mail::{LockedFor, Message};
use portico_rules::policy::{Policy, Recovery};
use portico_store::accounts::{self, Account};
use portico_store::known_browsers::{self, KnownBrowser};
use portico_store::{Unit, to_micros};
use serde_json::json;

use crate::audit::{self, Event};
use crate::known_browsers::Known;
use crate::organization::Organization;
use crate::{Access, AccessError, letters};

/// An attempt older than this was cut off before it was decided.
const CUT_OFF: SignedDuration = SignedDuration::from_mins(1);

/// Whose attempts a counter counts.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Side {
    /// Those of browsers that never signed in to the account.
    Strangers,
    /// Those of one that did, by its id.
    Known(String),
}

/// A counter as it stands.
struct Counter {
    side: Side,
    failures: i64,
    failed_at: Option<Timestamp>,
    locked_at: Option<Timestamp>,
    locks: u32,
    /// Whether no time lifts its lock.
    stays: bool,
}

impl Counter {
    fn of_strangers(account: &Account) -> Self {
        Self {
            side: Side::Strangers,
            failures: account.failures,
            failed_at: account.failed_at,
            locked_at: account.locked_at,
            locks: account.locks,
            stays: account.disavowed_at.is_some(),
        }
    }

    fn of_browser(browser: KnownBrowser) -> Self {
        Self {
            side: Side::Known(browser.id),
            failures: browser.failures,
            failed_at: browser.failed_at,
            locked_at: browser.locked_at,
            locks: browser.locks,
            stays: false,
        }
    }

    /// When its lock lifts by itself; `None` when it is not locked, or only recovery or the desk lifts it.
    fn lifts_at(&self, policy: &Policy, in_all: u32) -> Option<Timestamp> {
        let locked_at = self.locked_at.filter(|_| !self.stays)?;
        let minutes = SignedDuration::from_mins(i64::from(policy.lock_minutes(self.locks, in_all)?));
        Some(locked_at.checked_add(minutes).unwrap_or(Timestamp::MAX))
    }
}

/// All counters of an account, the strangers' first.
async fn counters(unit: &mut Unit, account: &Account) -> Result<Vec<Counter>, AccessError> {
    let browsers = known_browsers::of_account(unit, &account.id).await?;
    let browsers = browsers.into_iter().map(Counter::of_browser);
    Ok(std::iter::once(Counter::of_strangers(account)).chain(browsers).collect())
}

/// How often an account was locked, on whichever side.
fn locks_in_all(counters: &[Counter]) -> u32 {
    counters.iter().fold(0, |sum, counter| sum.saturating_add(counter.locks))
}

/// A lock that holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lock {
    /// Since when, where it is known.
    pub(crate) since: Option<Timestamp>,
    /// When it lifts by itself, if it does.
    pub(crate) until: Option<Timestamp>,
}

/// The lock of an account at a moment: the strangers', or else that of a browser.
///
/// # Errors
/// [`AccessError::Store`].
pub(crate) async fn lock_of(
    unit: &mut Unit,
    policy: &Policy,
    account: &Account,
    now: Timestamp,
) -> Result<Option<Lock>, AccessError> {
    let counters = counters(unit, account).await?;
    let in_all = locks_in_all(&counters);
    let holds = |counter: &Counter| {
        let is_spent = counter.failures >= i64::from(policy.lockout_attempts);
        let until = counter.lifts_at(policy, in_all);
        ((is_spent || counter.locked_at.is_some()) && until.is_none_or(|until| until > now))
            .then_some(Lock { since: counter.locked_at, until })
    };
    Ok(counters.iter().find_map(holds))
}

/// An attempt that was counted, and is to be checked.
#[derive(Debug, Clone)]
pub struct Attempt {
    account: Box<Account>,
    side: Side,
    failures: i64,
}

impl Attempt {
    /// Whose secret is to be checked, as the account stood when the attempt was counted.
    #[must_use]
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Whether it comes from a browser that never signed in to the account.
    #[must_use]
    pub fn is_by_stranger(&self) -> bool {
        self.side == Side::Strangers
    }

    /// Whether no further one is granted on this counter, should it fail.
    #[must_use]
    pub fn is_last(&self, policy: &Policy) -> bool {
        self.failures >= i64::from(policy.lockout_attempts)
    }
}

/// What counting an attempt came to.
#[derive(Debug, Clone)]
pub enum Counted {
    /// It is to be checked.
    Granted(Attempt),
    /// The account is locked for this browser.
    Locked,
    /// As many as may be are being checked at this moment.
    Spent,
}

impl Counted {
    /// The attempt, if it is to be checked.
    #[must_use]
    pub fn granted(self) -> Option<Attempt> {
        match self {
            Self::Granted(attempt) => Some(attempt),
            Self::Locked | Self::Spent => None,
        }
    }
}

/// Counts an attempt on an account that the unit holds, on the counter of the browser it comes from. To be committed
/// before anything is checked. A lock whose time is over is lifted first.
///
/// # Errors
/// [`AccessError`].
pub async fn count(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    account: &Account,
    known: &Known,
) -> Result<Counted, AccessError> {
    let (id, policy, now) = (&organization.id, &organization.policy, access.now());
    let limit = i64::from(policy.lockout_attempts);
    let mut counters = counters(unit, account).await?;
    let in_all = locks_in_all(&counters);
    let is_own = |counter: &Counter| matches!(&counter.side, Side::Known(id) if known.holds(id));
    let own = counters.iter().position(is_own).unwrap_or(0);
    let counter = counters.swap_remove(own);
    let over = counter.lifts_at(policy, in_all).filter(|until| *until <= now);
    if over.is_some() {
        match &counter.side {
            Side::Strangers => accounts::end_lock(unit, id, &account.id).await?,
            Side::Known(browser) => known_browsers::end_lock(unit, browser).await?,
        }
    }
    let counted = match &counter.side {
        Side::Strangers => {
            let counted = accounts::count_attempt(unit, id, &account.id, limit, now).await?;
            counted.map(|account| account.failures)
        }
        Side::Known(browser) => known_browsers::count_attempt(unit, browser, limit, now).await?,
    };
    if let Some(until) = over {
        let detail = json!({ "because": "time", "until": until.to_string() });
        audit::append(unit, access, id, Event::AccountUnlocked, Some(&account.id), detail).await?;
    }
    let quiet_since = now.checked_sub(CUT_OFF).unwrap_or(Timestamp::MIN);
    if counted.is_none() && counter.failed_at.is_some_and(|at| at < quiet_since) {
        // The attempt that was to lock was cut off.
        lock(unit, access, organization, account, &counter.side).await?;
    }
    Ok(match counted {
        Some(failures) => {
            Counted::Granted(Attempt { account: Box::new(account.clone()), side: counter.side, failures })
        }
        None if counter.locked_at.is_some() => Counted::Locked,
        None => Counted::Spent,
    })
}

/// Writes as much as counting an attempt on an account does, so that the time it takes does not tell that there is none.
///
/// # Errors
/// [`AccessError::Store`].
pub async fn count_on_nobody(unit: &mut Unit, organization: &Organization) -> Result<(), AccessError> {
    known_browsers::of_account(unit, "").await?;
    Ok(accounts::count_attempt_on_nobody(unit, &organization.id).await?)
}

/// Takes an attempt back that was counted and never checked, since there was too much to do: it tells nobody anything,
/// and a flood must not lock those it crowds out.
///
/// # Errors
/// [`AccessError::Store`].
pub async fn give_back(unit: &mut Unit, attempt: &Attempt) -> Result<(), AccessError> {
    let Account { organization_id, id, .. } = &*attempt.account;
    match &attempt.side {
        Side::Strangers => accounts::return_attempt(unit, organization_id, id).await?,
        Side::Known(browser) => {
            accounts::hold(unit, organization_id, id).await?;
            known_browsers::return_attempt(unit, browser).await?;
        }
    }
    Ok(())
}

/// An attempt was wrong. If it was the last that the policy grants, its side locks: the owner is told, and what was
/// issued before is dead. Whoever counted the last one locks, so that a right secret still being checked among the
/// others can come first. The audit row of the failure itself is the caller's.
///
/// # Errors
/// [`AccessError`].
pub async fn fail(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    attempt: &Attempt,
) -> Result<(), AccessError> {
    if attempt.is_last(&organization.policy) {
        lock(unit, access, organization, &attempt.account, &attempt.side).await?;
    }
    Ok(())
}

/// Locks a side that all attempts of were used up, unless that was done, or undone, before.
async fn lock(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    account: &Account,
    side: &Side,
) -> Result<(), AccessError> {
    let (id, now) = (&organization.id, access.now());
    let limit = i64::from(organization.policy.lockout_attempts);
    match side {
        Side::Strangers => {
            if accounts::lock(unit, id, &account.id, limit, now).await?.is_none() {
                return Ok(());
            }
        }
        Side::Known(browser) => {
            accounts::hold(unit, id, &account.id).await?;
            if !known_browsers::lock(unit, browser, limit, now).await? {
                return Ok(());
            }
            accounts::void_issued(unit, id, &account.id, now).await?;
        }
    }
    let Some(account) = accounts::lookup(unit, id, &account.id).await? else { return Ok(()) };
    let counters = counters(unit, &account).await?;
    let counter = counters.iter().find(|counter| counter.side == *side);
    let until = counter.and_then(|counter| counter.lifts_at(&organization.policy, locks_in_all(&counters)));
    let (locked_for, word, browser) = match side {
        Side::Strangers => (LockedFor::Strangers, "strangers", ""),
        Side::Known(browser) => (LockedFor::Browser, "browser", browser.as_str()),
    };
    let recover = recovery_page(access, organization);
    let message = Message::Locked { at: now, until, recover, locked_for };
    let change = format!("locked/{}/{browser}/{}", account.id, to_micros(now));
    letters::send(unit, access, organization, &account, &message, &change, None).await?;
    let detail = json!({ "side": word });
    audit::append(unit, access, id, Event::AccountLocked, Some(&account.id), detail).await
}

/// Where the owner of an account recovers access.
pub(crate) fn recovery_page(access: &Access, organization: &Organization) -> String {
    organization.url(
        access,
        match organization.policy.recovery {
            Recovery::LinkAndCode => "/reset-password",
            Recovery::Pin => "/forgot-password",
        },
    )
}

/// An attempt was right: forgets those before it on its side, as the first statement of the unit that does what the
/// secret was asked for. `None` when that side was locked, the browser voided, or the password changed since the
/// attempt was counted: then nothing may be done. The account is held from here on.
///
/// # Errors
/// [`AccessError::Store`].
pub async fn settle(unit: &mut Unit, attempt: &Attempt) -> Result<Option<Account>, AccessError> {
    let Account { organization_id, id, password_hash, .. } = &*attempt.account;
    let held = accounts::hold(unit, organization_id, id).await?;
    let Some(account) = held.filter(|account| account.password_hash == *password_hash) else {
        return Ok(None);
    };
    let is_clear = match &attempt.side {
        Side::Strangers => accounts::clear_attempts(unit, organization_id, id).await?,
        Side::Known(browser) => known_browsers::clear_attempts(unit, browser).await?,
    };
    Ok(is_clear.then_some(account))
}

/// What lifting came upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lifted {
    /// No attempt since the last right password.
    Nothing,
    /// Attempts, too few to lock.
    Attempts,
    /// A lock, on whichever side.
    Lock,
}

/// Lifts the locks of all sides of an account that the unit holds, and forgets the attempts. Mail and audit row are the
/// caller's.
///
/// # Errors
/// [`AccessError::Store`].
pub(crate) async fn lift(unit: &mut Unit, account: &Account) -> Result<Lifted, AccessError> {
    let counters = counters(unit, account).await?;
    accounts::unlock(unit, &account.organization_id, &account.id).await?;
    known_browsers::unlock_all(unit, &account.id).await?;
    Ok(if counters.iter().any(|counter| counter.locked_at.is_some()) {
        Lifted::Lock
    } else if counters.iter().any(|counter| counter.failures > 0 || counter.locks > 0) {
        Lifted::Attempts
    } else {
        Lifted::Nothing
    })
}
