//! The current password, which pages behind sign-in ask for. Its failures count with those of signing in, and it
//! costs what signing in costs: counted and committed first, then one hash.

use portico_store::Unit;
use portico_store::accounts::{self, Account};
use serde_json::json;

use crate::audit::{self, Event};
use crate::known_browsers::Known;
use crate::lockout::{self, Attempt};
use crate::organization::Organization;
use crate::secret::Password;
use crate::sessions::SignedIn;
use crate::{Access, AccessError};

/// What is wrong with what was entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CurrentMistake {
    /// Nothing was entered. It does not count.
    Missing,
    /// It is another one.
    Wrong,
    /// Too many attempts, this one or earlier ones: the account is locked for this browser, and its owner has been told by
    /// mail.
    Locked,
}

/// The right password was entered. It holds until the unit that [`settle`]s it.
#[derive(Debug, Clone)]
pub struct Proof {
    attempt: Attempt,
}

impl Proof {
    /// Whose password it was, as the account stood then.
    #[must_use]
    pub fn account(&self) -> &Account {
        self.attempt.account()
    }
}

/// Checks the current password of the person who is signed in. Failures count on the counter of the browser that signed
/// in. Call it in a task of its own: hanging up must not save a guess.
///
/// # Errors
/// [`AccessError::Busy`], and then the attempt does not count; any other.
pub async fn check(
    access: &Access,
    organization: &Organization,
    signed_in: &SignedIn,
    password: &Password,
) -> Result<Result<Proof, CurrentMistake>, AccessError> {
    if password.expose().is_empty() {
        return Ok(Err(CurrentMistake::Missing));
    }
    let id = &organization.id;
    let known = Known::of_session(signed_in.known_browser.as_deref());
    let mut unit = access.store.begin().await?;
    let attempt = match accounts::hold(&mut unit, id, &signed_in.account_id).await? {
        Some(account) => lockout::count(&mut unit, access, organization, &account, &known).await?.granted(),
        None => None,
    };
    unit.commit().await?;
    let Some(attempt) = attempt else {
        access.hasher.verify_nobody(password).await?;
        return Ok(Err(CurrentMistake::Locked));
    };
    let Some(hash) = &attempt.account().password_hash else {
        return Err(AccessError::Unreadable { place: "accounts.password_hash" });
    };
    match access.hasher.verify(password, &hash.0).await {
        Ok(true) => Ok(Ok(Proof { attempt })),
        Ok(false) => {
            let mut unit = access.store.begin().await?;
            lockout::fail(&mut unit, access, organization, &attempt).await?;
            let account_id = Some(attempt.account().id.as_str());
            audit::append(&mut unit, access, id, Event::AccountPasswordFailed, account_id, json!({})).await?;
            unit.commit().await?;
            let is_last = attempt.is_last(&organization.policy);
            Ok(Err(if is_last { CurrentMistake::Locked } else { CurrentMistake::Wrong }))
        }
        Err(busy) => {
            let mut unit = access.store.begin().await?;
            lockout::give_back(&mut unit, &attempt).await?;
            unit.commit().await?;
            Err(busy.into())
        }
    }
}

/// Forgets the attempts, as the first statement of the unit that does what the password was asked for. `false` when
/// the browser was locked, or the account given another password, since it was checked: then nothing may be done.
///
/// # Errors
/// [`AccessError::Store`].
pub async fn settle(unit: &mut Unit, proof: &Proof) -> Result<bool, AccessError> {
    Ok(lockout::settle(unit, &proof.attempt).await?.is_some())
}
