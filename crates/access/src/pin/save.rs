//! *Save my new password*.

use portico_mail::Message;
use portico_rules::Lang;
use portico_rules::password::Context;
use portico_store::{accounts, pins};
use serde_json::json;

use super::{Good, PinToken, find, sets_password};
use crate::audit::{self, Event};
use crate::new_password::{self, PasswordMistake};
use crate::organization::Organization;
use crate::passwords::{self, Preparation};
use crate::reset::{Barred, barred, in_language, names};
use crate::secret::Password;
use crate::sessions::{self, EndReason};
use crate::{Access, AccessError, letters};

/// What came of saving a new password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SaveOutcome {
    /// *Your new password is now set*: sign in with it.
    Saved,
    /// The password is not taken. The PIN stays good.
    Password(PasswordMistake),
    /// The PIN has set a password already.
    Used,
    /// The PIN is no longer good, or was not entered in this browser: a new one may be asked for.
    Expired,
    /// The account may not be used: whom to contact.
    Barred(Barred),
}

/// Sets the password that was forgotten. With it the PIN is used, everything else that was issued for the account is
/// void, failures are forgotten, a lock is lifted, and all sessions have ended: in one transaction, or not at all. No
/// password is hashed for a PIN that was not entered. The mail that says so is in `language`, that of the page.
///
/// # Errors
/// [`AccessError`].
pub async fn save(
    access: &Access,
    organization: &Organization,
    token: &PinToken,
    password: &Password,
    repeated: &Password,
    language: Lang,
) -> Result<SaveOutcome, AccessError> {
    let mut unit = access.store.read().await?;
    let Some(Good { pin, account }) = find(&mut unit, access, organization, token).await? else {
        return Ok(SaveOutcome::Expired);
    };
    if !sets_password(&pin, &account) {
        return Ok(SaveOutcome::Used);
    }
    if let Some(barred) = barred(&mut unit, organization, &account, access.now()).await? {
        return Ok(SaveOutcome::Barred(barred));
    }
    let names = names(&mut unit, access, &account).await?;
    drop(unit);
    let policy = &organization.policy;
    let context = Context {
        first_name: &names.first,
        last_name: &names.last,
        user_id: &names.user_id,
        email: &names.email,
        names: &organization.definition.own_names(),
    };
    if let Err(mistake) = new_password::read(policy, &context, password, repeated) {
        return Ok(SaveOutcome::Password(mistake));
    }
    match passwords::prepare(access, policy, &organization.id, &account.id, password).await? {
        Preparation::Ready(prepared) => {
            commit(access, organization, token, &account.id, &prepared, language).await
        }
        Preparation::UsedBefore => Ok(SaveOutcome::Password(PasswordMistake::UsedBefore)),
    }
}

async fn commit(
    access: &Access,
    organization: &Organization,
    token: &PinToken,
    account_id: &str,
    prepared: &passwords::Prepared,
    language: Lang,
) -> Result<SaveOutcome, AccessError> {
    let (now, id) = (access.now(), &organization.id);
    let mut unit = access.store.begin().await?;
    // The account first: whatever else changes it, or uses another of its PINs, waits or has happened.
    accounts::hold(&mut unit, id, account_id).await?;
    let Some(Good { pin, account }) = find(&mut unit, access, organization, token).await? else {
        return Ok(SaveOutcome::Expired);
    };
    if let Some(barred) = barred(&mut unit, organization, &account, now).await? {
        return Ok(SaveOutcome::Barred(barred));
    }
    if !sets_password(&pin, &account) || !pins::consume(&mut unit, &pin.id, now).await? {
        return Ok(SaveOutcome::Used);
    }
    if !passwords::set(&mut unit, &organization.policy, id, &account.id, prepared, now).await? {
        return Err(AccessError::Interrupted);
    }
    let change = format!("password-changed/{}", pin.id);
    let message = Message::PasswordChanged { at: now };
    let reader = in_language(&account, language);
    letters::send(&mut unit, access, organization, &reader, &message, &change, None).await?;
    sessions::end_all(&mut unit, access, id, &account.id, None, EndReason::PasswordSet).await?;
    let is_first = account.password_hash.is_none();
    let detail = json!({ "pin": pin.id, "first": is_first });
    audit::append(&mut unit, access, id, Event::AccountPasswordSet, Some(&account.id), detail).await?;
    if account.locked_at.is_some() {
        let detail = json!({ "pin": pin.id });
        audit::append(&mut unit, access, id, Event::AccountUnlocked, Some(&account.id), detail).await?;
    }
    unit.commit().await?;
    Ok(SaveOutcome::Saved)
}
