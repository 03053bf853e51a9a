//! Setting passwords: the history, and the hash that is kept.

use jiff::Timestamp;
use portico_rules::policy::{History, Policy};
use portico_store::Unit;
use portico_store::accounts::{self, PasswordHash};
use portico_store::password_history::{self, Earlier};
use subtle::ConstantTimeEq;

use crate::hasher::Parameters;
use crate::secret::Password;
use crate::{Access, AccessError};

/// A password hashed for an account: all that is kept of it.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// For checking sign-ins.
    pub hash: PasswordHash,
    /// The salt of the account's history.
    pub history_salt: Vec<u8>,
    /// For telling later whether a password was used before.
    pub history: Earlier,
}

/// What preparing a password came to.
#[derive(Debug, Clone)]
pub enum Preparation {
    /// It may be set.
    Ready(Prepared),
    /// The policy wants one that differs from it: it is the current one or an earlier one.
    UsedBefore,
}

/// Hashes the first password of an account that does not exist yet. The rules must have been checked before.
///
/// # Errors
/// [`AccessError::Busy`].
pub async fn prepare_first(access: &Access, password: &Password) -> Result<Prepared, AccessError> {
    let mut salt = vec![0; 16];
    access.randomness.fill(&mut salt);
    let parameters = access.hasher.parameters().clone();
    let derived = access.hasher.derive(password, &parameters, &salt).await?;
    let history = Earlier { parameters: parameters.name(), hash: derived.to_vec() };
    finish(access, password, salt, history).await
}

/// Compares a password with the history of an account and hashes it. The rules must have been checked before.
///
/// The history costs one slow hash for each set of parameters in it, however deep it is. This takes no lock: call it
/// before the unit that sets the password.
///
/// # Errors
/// [`AccessError`]; [`AccessError::Unreadable`] when there is no such account.
pub async fn prepare(
    access: &Access,
    policy: &Policy,
    organization_id: &str,
    account_id: &str,
    password: &Password,
) -> Result<Preparation, AccessError> {
    let mut unit = access.store.read().await?;
    let account = accounts::lookup(&mut unit, organization_id, account_id)
        .await?
        .ok_or(AccessError::Unreadable { place: "accounts.id" })?;
    let compared = match policy.password_history {
        History::Last(count) => i64::from(count),
        History::All => i64::MAX,
    };
    let earlier = password_history::latest(&mut unit, account_id, compared).await?;
    drop(unit);

    let current = access.hasher.parameters().clone();
    let mut names: Vec<String> = earlier.iter().map(|earlier| earlier.parameters.clone()).collect();
    names.push(current.name());
    names.sort();
    names.dedup();
    let mut history = None;
    for name in names {
        let parameters = Parameters::from_name(&name)
            .ok_or(AccessError::Unreadable { place: "password_history.parameters" })?;
        let derived = access.hasher.derive(password, &parameters, &account.history_salt).await?;
        let same = |earlier: &&Earlier| {
            earlier.parameters == name && bool::from(earlier.hash.ct_eq(derived.as_slice()))
        };
        // All of them, so that the time does not tell how long ago a password was used.
        if earlier.iter().filter(same).count() > 0 {
            return Ok(Preparation::UsedBefore);
        }
        if name == current.name() {
            history = Some(Earlier { parameters: name, hash: derived.to_vec() });
        }
    }
    let history = history.ok_or(AccessError::Interrupted)?;
    Ok(Preparation::Ready(finish(access, password, account.history_salt, history).await?))
}

async fn finish(
    access: &Access,
    password: &Password,
    history_salt: Vec<u8>,
    history: Earlier,
) -> Result<Prepared, AccessError> {
    let hash = PasswordHash(access.hasher.hash(&*access.randomness, password).await?);
    Ok(Prepared { hash, history_salt, history })
}

/// Sets a prepared password: see [`accounts::set_password`] for what it lifts and kills. `false` when there is no
/// such account. Sessions, mail and audit row are the caller's.
///
/// # Errors
/// [`AccessError::Store`].
pub async fn set(
    unit: &mut Unit,
    policy: &Policy,
    organization_id: &str,
    account_id: &str,
    prepared: &Prepared,
    now: Timestamp,
) -> Result<bool, AccessError> {
    let salt = &prepared.history_salt;
    if !accounts::set_password(unit, organization_id, account_id, &prepared.hash, salt, now).await? {
        return Ok(false);
    }
    password_history::add(unit, account_id, &prepared.history, now).await?;
    if let History::Last(count) = policy.password_history {
        // The current one always stays, should the policy begin to look back.
        password_history::keep_latest(unit, account_id, i64::from(count.max(1))).await?;
    }
    Ok(true)
}
