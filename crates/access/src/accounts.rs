//! Accounts as the desk and the command line see them: found, shown, and changed with a reason.

use jiff::Timestamp;
use jiff::civil::Date;
use portico_mail::Message;
use portico_rules::{Lang, policy::Policy};
use portico_store::accounts::{self, Account};
use portico_store::{Unit, known_browsers, to_micros};
use serde::Serialize;
use serde_json::json;

use crate::audit::{self, Event};
use crate::lockout::{self, Lifted, Lock};
use crate::organization::Organization;
use crate::people::{self, Sought};
use crate::sessions::{self, EndReason};
use crate::{Access, AccessError, letters};

/// Whom a name given on the command line stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// The account of this id.
    One(String),
    /// No account of the organization.
    Nobody,
    /// An email address that several accounts share: these ids.
    Several(Vec<String>),
}

/// The state of an account, decided now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum State {
    /// No password was set yet.
    Invited,
    /// In use.
    Active,
    /// Too many failures: for strangers, or else in a browser that has signed in before.
    Locked {
        /// Since when, where it is known.
        since: Option<Timestamp>,
        /// When it lifts by itself, if it does.
        until: Option<Timestamp>,
    },
    /// Nobody used it for the policy's `expire_days`.
    Expired {
        /// Since when.
        since: Timestamp,
    },
    /// The desk disabled it.
    Disabled {
        /// Since when.
        since: Timestamp,
    },
    /// The last coverage has ended.
    Ended {
        /// The last day covered.
        last_day: Date,
    },
}

/// An account, opened.
#[derive(Debug, Clone, Serialize)]
pub struct View {
    /// Its id.
    pub id: String,
    /// `member`, `user`, `support` or `administrator`.
    pub role: String,
    /// As it is shown.
    pub name: String,
    /// As it was typed.
    pub user_id: Option<String>,
    /// Where mails go.
    pub email: Option<String>,
    /// `en` or `es`.
    pub language: String,
    /// Decided now.
    #[serde(flatten)]
    pub state: State,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its first password was set.
    pub activated_at: Option<Timestamp>,
    /// The last sign-in.
    pub signed_in_at: Option<Timestamp>,
    /// When it expires if nobody uses it.
    pub expires_at: Option<Timestamp>,
    /// Attempts by browsers that never signed in, since the last right password of one of them.
    pub failures: i64,
    /// Living sessions.
    pub sessions: usize,
}

/// What asking for a change came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// It was changed.
    Changed,
    /// It was so already; nothing happened.
    AlreadySo,
    /// No such account in the organization.
    NoSuchAccount,
}

/// When an account that nobody uses expires, if the policy says so: so many days after the first password, the last
/// sign-in or the last reactivation, whichever was latest. It is expired *at* that moment.
#[must_use]
pub fn expires_at(policy: &Policy, account: &Account) -> Option<Timestamp> {
    if policy.expire_days == 0 {
        return None;
    }
    let used = [account.activated_at, account.signed_in_at, account.reactivated_at];
    let last = used.into_iter().flatten().max()?;
    let days = i64::from(policy.expire_days) * 24 * 60 * 60 * 1_000_000;
    Some(portico_store::from_micros(to_micros(last).saturating_add(days)))
}

/// The state of an account at a moment. Where several hold, the one that must be undone first.
///
/// # Errors
/// [`AccessError`].
pub async fn state(
    unit: &mut Unit,
    organization: &Organization,
    account: &Account,
    now: Timestamp,
) -> Result<State, AccessError> {
    if let Some(since) = account.disabled_at {
        return Ok(State::Disabled { since });
    }
    if let Some(person_id) = &account.person_id
        && let Some(last_day) = people::covered_until(unit, person_id, organization.day(now)).await?
    {
        return Ok(State::Ended { last_day });
    }
    if let Some(since) = expires_at(&organization.policy, account).filter(|at| *at <= now) {
        return Ok(State::Expired { since });
    }
    if let Some(Lock { since, until }) = lockout::lock_of(unit, &organization.policy, account, now).await? {
        return Ok(State::Locked { since, until });
    }
    Ok(if account.password_hash.is_none() { State::Invited } else { State::Active })
}

/// Whom `who` stands for: a User ID, an email address, a member id or an account id.
///
/// # Errors
/// [`AccessError`].
pub async fn find(access: &Access, organization: &Organization, who: &str) -> Result<Found, AccessError> {
    let mut unit = access.store.read().await?;
    let mut found = Vec::new();
    let id = &organization.id;
    if let Some(account) = accounts::lookup(&mut unit, id, who).await? {
        found.push(account.id);
    }
    for fingerprint in Sought::UserId(who).fingerprints(&access.keys, id) {
        found.extend(accounts::find_by_user_id(&mut unit, id, &fingerprint).await?.map(|account| account.id));
    }
    for fingerprint in Sought::Email(who).fingerprints(&access.keys, id) {
        let accounts = accounts::find_by_email(&mut unit, id, &fingerprint).await?;
        found.extend(accounts.into_iter().map(|account| account.id));
    }
    for fingerprint in Sought::MemberId(who).fingerprints(&access.keys, id) {
        let person = portico_store::people::find_by_member_id(&mut unit, id, &fingerprint).await?;
        if let Some(person) = person {
            let account = accounts::find_by_person(&mut unit, id, &person.id).await?;
            found.extend(account.map(|account| account.id));
        }
    }
    found.sort();
    found.dedup();
    Ok(match found.len() {
        0 => Found::Nobody,
        1 => Found::One(found.remove(0)),
        _ => Found::Several(found),
    })
}

/// An account, opened; `None` when the organization has none of this id.
///
/// # Errors
/// [`AccessError`].
pub async fn show(
    access: &Access,
    organization: &Organization,
    account_id: &str,
) -> Result<Option<View>, AccessError> {
    let sessions = sessions::living(access, organization, account_id).await?.len();
    let mut unit = access.store.read().await?;
    let Some(account) = accounts::lookup(&mut unit, &organization.id, account_id).await? else {
        return Ok(None);
    };
    let text = |place, sealed: &Option<_>| match sealed {
        Some(sealed) => access.keys.open_text(place, sealed).map(|text| Some(text.to_string())),
        None => Ok(None),
    };
    Ok(Some(View {
        name: access.keys.open_text(accounts::NAME.of(&account.id), &account.name)?.to_string(),
        user_id: text(accounts::USER_ID.of(&account.id), &account.user_id)?,
        email: text(accounts::EMAIL.of(&account.id), &account.email)?,
        state: state(&mut unit, organization, &account, access.now()).await?,
        expires_at: expires_at(&organization.policy, &account),
        id: account.id,
        role: account.role,
        language: account.language,
        created_at: account.created_at,
        activated_at: account.activated_at,
        signed_in_at: account.signed_in_at,
        failures: account.failures,
        sessions,
    }))
}

/// Lifts the locks of an account, of strangers and of every browser, and forgets the failures. The owner is told.
///
/// # Errors
/// [`AccessError`].
pub async fn unlock(
    access: &Access,
    organization: &Organization,
    account_id: &str,
    reason: &str,
) -> Result<Done, AccessError> {
    let mut unit = access.store.begin().await?;
    let Some(account) = accounts::hold(&mut unit, &organization.id, account_id).await? else {
        return Ok(Done::NoSuchAccount);
    };
    if lockout::lift(&mut unit, &account).await? == Lifted::Nothing {
        return Ok(Done::AlreadySo);
    }
    let message = Message::Unlocked { sign_in: organization.url(access, "/sign-in") };
    tell(&mut unit, access, organization, &account, &message).await?;
    note(&mut unit, access, &account, Event::AccountUnlocked, reason).await?;
    unit.commit().await?;
    Ok(Done::Changed)
}

/// Disables an account: its sessions end, and what was sent to its owner is dead. The owner is told.
///
/// # Errors
/// [`AccessError`].
pub async fn disable(
    access: &Access,
    organization: &Organization,
    account_id: &str,
    reason: &str,
) -> Result<Done, AccessError> {
    let id = &organization.id;
    let mut unit = access.store.begin().await?;
    let Some(account) = accounts::disable(&mut unit, id, account_id, access.now()).await? else {
        return unchanged(unit, organization, account_id).await;
    };
    tell(&mut unit, access, organization, &account, &Message::Disabled).await?;
    known_browsers::void_all(&mut unit, account_id, None).await?;
    sessions::end_all(&mut unit, access, id, account_id, None, EndReason::Barred).await?;
    note(&mut unit, access, &account, Event::AccountDisabled, reason).await?;
    unit.commit().await?;
    Ok(Done::Changed)
}

/// Makes a disabled or expired account usable again, as of now. A lock stays: that is what [`unlock`] is for. The
/// owner is told.
///
/// # Errors
/// [`AccessError`].
pub async fn reactivate(
    access: &Access,
    organization: &Organization,
    account_id: &str,
    reason: &str,
) -> Result<Done, AccessError> {
    let now = access.now();
    let mut unit = access.store.begin().await?;
    let Some(before) = accounts::hold(&mut unit, &organization.id, account_id).await? else {
        return Ok(Done::NoSuchAccount);
    };
    let is_expired = expires_at(&organization.policy, &before).is_some_and(|at| at <= now);
    if before.disabled_at.is_none() && !is_expired {
        return Ok(Done::AlreadySo);
    }
    let Some(account) = accounts::reactivate(&mut unit, &organization.id, account_id, now).await? else {
        return Ok(Done::NoSuchAccount);
    };
    let message = Message::Reactivated { sign_in: organization.url(access, "/sign-in") };
    tell(&mut unit, access, organization, &account, &message).await?;
    note(&mut unit, access, &account, Event::AccountReactivated, reason).await?;
    unit.commit().await?;
    Ok(Done::Changed)
}

/// Ends every session of an account. Browsers that signed in before are strangers from now on.
///
/// # Errors
/// [`AccessError`].
pub async fn end_sessions(
    access: &Access,
    organization: &Organization,
    account_id: &str,
    reason: &str,
) -> Result<Done, AccessError> {
    let id = &organization.id;
    let mut unit = access.store.begin().await?;
    let now = access.now();
    let by = EndReason::EndedByDesk;
    accounts::hold(&mut unit, id, account_id).await?;
    let browsers = known_browsers::void_all(&mut unit, account_id, None).await?;
    let ended = portico_store::sessions::end_all(&mut unit, id, account_id, None, by.name(), now).await?;
    if ended == 0 && browsers == 0 {
        return unchanged(unit, organization, account_id).await;
    }
    let detail = json!({ "because": reason, "reason": by.name(), "sessions": ended });
    audit::append(&mut unit, access, id, Event::SessionsEnded, Some(account_id), detail).await?;
    unit.commit().await?;
    Ok(Done::Changed)
}

/// Writes the mails to an account in `language` from now on.
///
/// # Errors
/// [`AccessError`].
pub async fn set_language(
    access: &Access,
    organization: &Organization,
    account_id: &str,
    language: Lang,
) -> Result<Done, AccessError> {
    let id = &organization.id;
    let mut unit = access.store.begin().await?;
    let Some(account) = accounts::hold(&mut unit, id, account_id).await? else {
        return Ok(Done::NoSuchAccount);
    };
    if account.language == language.code() {
        return Ok(Done::AlreadySo);
    }
    accounts::set_language(&mut unit, id, account_id, language.code()).await?;
    let detail = json!({ "language": language.code() });
    audit::append(&mut unit, access, id, Event::AccountLanguageSet, Some(account_id), detail).await?;
    unit.commit().await?;
    Ok(Done::Changed)
}

async fn unchanged(
    mut unit: Unit,
    organization: &Organization,
    account_id: &str,
) -> Result<Done, AccessError> {
    let account = accounts::lookup(&mut unit, &organization.id, account_id).await?;
    Ok(if account.is_some() { Done::AlreadySo } else { Done::NoSuchAccount })
}

async fn tell(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    account: &Account,
    message: &Message,
) -> Result<(), AccessError> {
    let change = format!("{}/{}/{}", message.kind(), account.id, to_micros(access.now()));
    letters::send(unit, access, organization, account, message, &change, None).await
}

async fn note(
    unit: &mut Unit,
    access: &Access,
    account: &Account,
    event: Event,
    reason: &str,
) -> Result<(), AccessError> {
    let detail = json!({ "because": reason });
    audit::append(unit, access, &account.organization_id, event, Some(&account.id), detail).await
}
