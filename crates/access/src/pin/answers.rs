//! The answers to the security questions, before a password is set.

use portico_store::accounts;
use portico_store::pins;
use portico_store::registrations::CODE_ATTEMPTS;
use portico_store::security_answers::Kept;
use serde_json::json;

use super::{Good, PinToken, find, sets_password};
use crate::accounts::lift_lock;
use crate::audit::{self, Event};
use crate::organization::Organization;
use crate::security_questions::{self, Answer};
use crate::sign_in::lock_when_spent;
use crate::{Access, AccessError};

/// What came of answering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Checked {
    /// All are right. The attempt is still counted: see [`give_back`].
    Right(Attempt),
    /// Not all are; which is not said.
    Wrong,
    /// Too many failures, these or others: the account is locked, and what was issued before with it.
    Locked,
    /// Too many wrong answers after this PIN.
    Ended,
    /// The PIN is no longer good.
    Expired,
}

/// Where an attempt was counted besides at its PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attempt {
    at_account: bool,
}

/// Compares the answers, in the order of the questions. The attempt is counted and committed before the one hash that it
/// costs: on the account, with the failures of its password, and at the PIN.
///
/// An account that is locked counts no more of its own, and a PIN asked for since recovers it: then the PIN's five tries,
/// and the five PINs a day, are the bound.
pub(super) async fn check(
    access: &Access,
    organization: &Organization,
    token: &PinToken,
    account_id: &str,
    kept: &Kept,
    answers: &[Answer],
) -> Result<Checked, AccessError> {
    let id = &organization.id;
    let limit = i64::from(organization.policy.lockout_attempts);
    let mut unit = access.store.begin().await?;
    // The account first: whatever else changes it waits or has happened, and may have ended the PIN.
    if let Some(account) = accounts::hold(&mut unit, id, account_id).await? {
        lift_lock(&mut unit, access, organization, &account).await?;
    }
    let Some(Good { account, pin }) = find(&mut unit, access, organization, token).await? else {
        return Ok(Checked::Expired);
    };
    if !sets_password(&pin, &account) {
        return Ok(Checked::Expired);
    }
    let Some(at_pin) = pins::take_answers(&mut unit, &pin.id).await? else {
        return Ok(Checked::Ended);
    };
    let is_locked = account.locked_at.is_some();
    let counted = if is_locked {
        None
    } else {
        accounts::count_attempt(&mut unit, id, &account.id, limit, access.now()).await?
    };
    unit.commit().await?;
    let attempt = Attempt { at_account: counted.is_some() };
    let right = if is_locked || counted.is_some() {
        security_questions::check(access, kept, answers).await
    } else {
        // As many as may be are being compared at this moment.
        access.hasher.verify_nobody(&"".into()).await.map(|()| false)
    };
    match right {
        Ok(true) => Ok(Checked::Right(attempt)),
        Ok(false) => {
            let mut unit = access.store.begin().await?;
            if let Some(counted) = &counted {
                lock_when_spent(&mut unit, access, organization, counted).await?;
            }
            let detail = json!({ "pin": pin.id });
            audit::append(&mut unit, access, id, Event::AccountAnswersFailed, Some(&account.id), detail)
                .await?;
            unit.commit().await?;
            Ok(match counted {
                Some(counted) if counted.failures < limit => Checked::Wrong,
                None if is_locked && at_pin < CODE_ATTEMPTS => Checked::Wrong,
                None if is_locked => Checked::Ended,
                Some(_) | None => Checked::Locked,
            })
        }
        Err(busy) => {
            give_back(access, organization, &account.id, &pin.id, attempt).await?;
            Err(busy.into())
        }
    }
}

/// Takes back an attempt with right answers, or with answers that were never compared, where no password is set after it.
pub(super) async fn give_back(
    access: &Access,
    organization: &Organization,
    account_id: &str,
    pin_id: &str,
    attempt: Attempt,
) -> Result<(), AccessError> {
    let mut unit = access.store.begin().await?;
    if attempt.at_account {
        accounts::return_attempt(&mut unit, &organization.id, account_id).await?;
    }
    pins::return_answers(&mut unit, pin_id).await?;
    unit.commit().await?;
    Ok(())
}
