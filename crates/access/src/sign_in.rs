//! Signing in: one answer for every failure, at the cost of one hash, and no more guesses than the policy grants.

use jiff::Timestamp;
use jiff::civil::Date;
use portico_mail::Message;
use portico_rules::Lang;
use portico_rules::policy::SignInWith;
use portico_store::Unit;
use portico_store::accounts::{self, Account, PasswordHash};
use portico_store::keys::Fingerprint;
use serde_json::json;
use tracing::Instrument as _;

use crate::accounts::expires_at;
use crate::audit::{self, Event};
use crate::disavowal;
use crate::known_browsers::{self, Known};
use crate::lockout::{self, Attempt};
use crate::organization::Organization;
use crate::people::{self, Sought};
use crate::reset::in_language;
use crate::secret::{Password, Token};
use crate::sessions::{self, EndReason};
use crate::{Access, AccessError, Busy, letters};

/// What an attempt to sign in came to.
#[derive(Debug)]
pub enum SignIn {
    /// Signed in.
    In {
        /// For the session's cookie.
        token: Token,
        /// What the account knows the browser by, for its cookie.
        known_browser: String,
        /// Who.
        account_id: String,
        /// The language that mails to the person are written in.
        language: Lang,
    },
    /// Not signed in, whatever the cause: one answer for all.
    Refused,
    /// The right password, but nobody used the account for the policy's `expire_days`.
    Expired {
        /// Since when.
        since: Timestamp,
    },
    /// The right password, but the desk disabled the account.
    Disabled,
    /// The right password, but the last coverage has ended.
    CoverageEnded {
        /// Its last day.
        since: Date,
    },
    /// Too many passwords are waiting to be hashed (503). The attempt does not count.
    Busy,
}

/// What came with the form, besides identifier and password.
#[derive(Debug, Clone, Default)]
pub struct Browser {
    /// Such as "Firefox on Windows".
    pub label: String,
    /// The range of network addresses it is in; empty when it is not known.
    pub network: String,
    /// The session its cookie named: it ends when the person signs in.
    pub session: Option<Token>,
    /// The accounts it has signed in to before.
    pub known: Known,
    /// The language that was chosen there with the switch: from now on mails are written in it.
    pub language: Option<Lang>,
}

/// Signs a person in.
///
/// The attempt is counted and committed before the password is hashed, and the decision runs on when the caller goes
/// away: hanging up saves no guess. However many come at once, of each counter at most the policy's `lockout_attempts`
/// are checked against the account's password; every one costs one hash.
///
/// # Errors
/// [`AccessError`].
pub async fn sign_in(
    access: &Access,
    organization: &Organization,
    identifier: &str,
    password: Password,
    browser: Browser,
) -> Result<SignIn, AccessError> {
    let identifier = Identifier::read(organization.policy.sign_in_with, identifier);
    let (access, organization) = (access.clone(), organization.clone());
    let decision = async move { decide(&access, &organization, identifier, password, browser).await };
    // In the span of the request, so that a fault can be found by its id.
    let decision = tokio::spawn(decision.in_current_span());
    decision.await.unwrap_or(Err(AccessError::Interrupted))
}

enum Identifier {
    UserId(String),
    Email(String),
}

impl Identifier {
    /// A User ID has no `@`, an email address has one. Where the policy asks for the address, a User ID does as well for
    /// whoever has one: people who share an address can sign in with nothing else.
    fn read(sign_in_with: SignInWith, typed: &str) -> Self {
        let typed = typed.trim().to_owned();
        if sign_in_with != SignInWith::UserId && typed.contains('@') {
            Self::Email(typed)
        } else {
            Self::UserId(typed)
        }
    }

    fn fingerprints(&self, access: &Access, organization: &Organization) -> Vec<Fingerprint> {
        let sought = match self {
            Self::UserId(typed) => Sought::UserId(typed),
            Self::Email(typed) => Sought::Email(typed),
        };
        sought.fingerprints(&access.keys, &organization.id)
    }
}

async fn decide(
    access: &Access,
    organization: &Organization,
    identifier: Identifier,
    password: Password,
    browser: Browser,
) -> Result<SignIn, AccessError> {
    let attempt = count(access, organization, &identifier, &browser.known).await?;
    let proven = match check(access, attempt.as_ref(), &password).await {
        Ok(proven) => proven,
        Err(Busy) => {
            if let Some(attempt) = &attempt {
                let mut unit = access.store.begin().await?;
                lockout::give_back(&mut unit, attempt).await?;
                unit.commit().await?;
            }
            return Ok(SignIn::Busy);
        }
    };
    match (attempt, proven) {
        (Some(attempt), Some(proven)) => {
            let rehashed = rehash(access, &password, &proven).await;
            succeed(access, organization, attempt, rehashed, browser).await
        }
        (attempt, _) => {
            fail(access, organization, attempt).await?;
            Ok(SignIn::Refused)
        }
    }
}

/// Counts the attempt, whether or not there is an account to count it on: it writes as much either way. The account is
/// held first, by whichever key its identifier was kept, so that its attempts are counted one after the other.
async fn count(
    access: &Access,
    organization: &Organization,
    identifier: &Identifier,
    known: &Known,
) -> Result<Option<Attempt>, AccessError> {
    let id = organization.id.as_str();
    let mut unit = access.store.begin().await?;
    let mut held = None;
    for fingerprint in identifier.fingerprints(access, organization) {
        let found = match identifier {
            Identifier::UserId(_) => accounts::hold_by_user_id(&mut unit, id, &fingerprint).await?,
            Identifier::Email(_) => accounts::hold_by_email(&mut unit, id, &fingerprint).await?,
        };
        held = held.or(found);
    }
    let attempt = match &held {
        Some(account) => lockout::count(&mut unit, access, organization, account, known).await?.granted(),
        None => {
            lockout::count_on_nobody(&mut unit, organization).await?;
            None
        }
    };
    unit.commit().await?;
    Ok(attempt)
}

/// One hash. The account's password, when it is the right one.
async fn check(
    access: &Access,
    attempt: Option<&Attempt>,
    password: &Password,
) -> Result<Option<PasswordHash>, Busy> {
    match attempt.and_then(|attempt| attempt.account().password_hash.as_ref()) {
        Some(stored) => Ok(access.hasher.verify(password, &stored.0).await?.then(|| stored.clone())),
        None => access.hasher.verify_nobody(password).await.map(|()| None),
    }
}

async fn fail(
    access: &Access,
    organization: &Organization,
    attempt: Option<Attempt>,
) -> Result<(), AccessError> {
    let mut unit = access.store.begin().await?;
    let id = &organization.id;
    if let Some(attempt) = &attempt {
        lockout::fail(&mut unit, access, organization, attempt).await?;
    }
    let account_id = attempt.as_ref().map(|attempt| attempt.account().id.as_str());
    audit::append(&mut unit, access, id, Event::AccountSignInFailed, account_id, json!({})).await?;
    unit.commit().await?;
    Ok(())
}

/// The same password with the work that new hashes have. Being too busy for it is no reason to refuse anyone.
async fn rehash(access: &Access, password: &Password, proven: &PasswordHash) -> Option<PasswordHash> {
    if !access.hasher.is_outdated(&proven.0) {
        return None;
    }
    access.hasher.hash(&*access.randomness, password).await.ok().map(PasswordHash)
}

async fn succeed(
    access: &Access,
    organization: &Organization,
    attempt: Attempt,
    rehashed: Option<PasswordHash>,
    browser: Browser,
) -> Result<SignIn, AccessError> {
    let now = access.now();
    let id = &organization.id;
    let mut unit = access.store.begin().await?;
    let Some(account) = lockout::settle(&mut unit, &attempt).await? else {
        // Locked, or given another password, while this one was hashed.
        drop(unit);
        fail(access, organization, Some(attempt)).await?;
        return Ok(SignIn::Refused);
    };
    let account_id = Some(account.id.as_str());
    if let Some(barred) = barred(&mut unit, organization, &account, now).await? {
        let detail = json!({ "because": barred.0 });
        audit::append(&mut unit, access, id, Event::AccountSignInBarred, account_id, detail).await?;
        unit.commit().await?;
        return Ok(barred.1);
    }
    accounts::sign_in(&mut unit, id, &account.id, rehashed.as_ref(), now).await?;
    let known_browser = known_browsers::remember(&mut unit, access, id, &account.id, &browser.known).await?;
    let token = sessions::open(&mut unit, access, id, &account.id, &browser, &known_browser).await?;
    if let Some(old) = &browser.session {
        sessions::end_in(&mut unit, access, id, old, EndReason::Replaced).await?;
    }
    let kept = Lang::from_code(&account.language).unwrap_or_default();
    let language = browser.language.unwrap_or(kept);
    let mut detail = json!({ "browser": browser.label });
    if attempt.is_by_stranger() && account.signed_in_at.is_some() {
        let not_me = disavowal::link(&mut unit, access, organization, &account.id).await?;
        let (browser, network) = (browser.label.clone(), browser.network.clone());
        let message = Message::NewSignIn { at: now, browser, network, not_me };
        let (change, reader) = (format!("new-sign-in/{known_browser}"), in_language(&account, language));
        letters::send(&mut unit, access, organization, &reader, &message, &change, None).await?;
    }
    if language != kept {
        accounts::set_language(&mut unit, id, &account.id, language.code()).await?;
        detail["language"] = language.code().into();
    }
    audit::append(&mut unit, access, id, Event::AccountSignedIn, account_id, detail).await?;
    unit.commit().await?;
    Ok(SignIn::In { token, known_browser, account_id: account.id, language })
}

/// Why an account whose password was right may not be signed in to, if so.
async fn barred(
    unit: &mut Unit,
    organization: &Organization,
    account: &Account,
    now: Timestamp,
) -> Result<Option<(&'static str, SignIn)>, AccessError> {
    if account.disabled_at.is_some() {
        return Ok(Some(("disabled", SignIn::Disabled)));
    }
    if let Some(person_id) = &account.person_id
        && let Some(since) = people::covered_until(unit, person_id, organization.day(now)).await?
    {
        return Ok(Some(("coverage_ended", SignIn::CoverageEnded { since })));
    }
    if let Some(since) = expires_at(&organization.policy, account).filter(|at| *at <= now) {
        return Ok(Some(("expired", SignIn::Expired { since })));
    }
    Ok(None)
}
