//! The current password, which pages behind sign-in ask for. Its failures count with those of signing in, and it
//! costs what signing in costs: counted and committed first, then one hash.

use portico_store::Unit;
use portico_store::accounts::{self, Account, PasswordHash};
use serde_json::json;

use crate::accounts::lift_lock;
use crate::audit::{self, Event};
use crate::organization::Organization;
use crate::secret::Password;
use crate::sign_in::lock_when_spent;
use crate::{Access, AccessError};

/// What is wrong with what was entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CurrentMistake {
    /// Nothing was entered. It does not count.
    Missing,
    /// It is another one.
    Wrong,
    /// Too many attempts, this one or earlier ones: the account is locked, and its owner has been told by mail.
    Locked,
}

/// The right password was entered. It holds until the unit that [`settle`]s it.
#[derive(Debug, Clone)]
pub struct Proof {
    account: Account,
    hash: PasswordHash,
}

impl Proof {
    /// Whose password it was, as the account stood then.
    #[must_use]
    pub fn account(&self) -> &Account {
        &self.account
    }
}

/// Checks the current password of an account. Call it in a task of its own: hanging up must not save a guess.
///
/// # Errors
/// [`AccessError::Busy`], and then the attempt does not count; any other.
pub async fn check(
    access: &Access,
    organization: &Organization,
    account_id: &str,
    password: &Password,
) -> Result<Result<Proof, CurrentMistake>, AccessError> {
    if password.expose().is_empty() {
        return Ok(Err(CurrentMistake::Missing));
    }
    let id = &organization.id;
    let limit = i64::from(organization.policy.lockout_attempts);
    let mut unit = access.store.begin().await?;
    if let Some(account) = accounts::hold(&mut unit, id, account_id).await? {
        lift_lock(&mut unit, access, organization, &account).await?;
    }
    let counted = accounts::count_attempt(&mut unit, id, account_id, limit, access.now()).await?;
    unit.commit().await?;
    let Some(account) = counted else {
        access.hasher.verify_nobody(password).await?;
        return Ok(Err(CurrentMistake::Locked));
    };
    let Some(hash) = account.password_hash.clone() else {
        return Err(AccessError::Unreadable { place: "accounts.password_hash" });
    };
    match access.hasher.verify(password, &hash.0).await {
        Ok(true) => Ok(Ok(Proof { account, hash })),
        Ok(false) => {
            let mut unit = access.store.begin().await?;
            lock_when_spent(&mut unit, access, organization, &account).await?;
            audit::append(&mut unit, access, id, Event::AccountPasswordFailed, Some(&account.id), json!({}))
                .await?;
            unit.commit().await?;
            let spent = account.failures >= limit;
            Ok(Err(if spent { CurrentMistake::Locked } else { CurrentMistake::Wrong }))
        }
        Err(busy) => {
            let mut unit = access.store.begin().await?;
            accounts::return_attempt(&mut unit, id, &account.id).await?;
            unit.commit().await?;
            Err(busy.into())
        }
    }
}

/// Forgets the attempts, as the first statement of the unit that does what the password was asked for. `false` when
/// the account was locked, or given another password, since it was checked: then nothing may be done.
///
/// # Errors
/// [`AccessError::Store`].
pub async fn settle(unit: &mut Unit, proof: &Proof) -> Result<bool, AccessError> {
    let Account { organization_id, id, .. } = &proof.account;
    Ok(accounts::clear_attempts(unit, organization_id, id, &proof.hash).await?.is_some())
}
