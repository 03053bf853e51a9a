//! The answers to the security questions, before a password is set.

use portico_store::accounts;
use portico_store::pins;
use portico_store::registrations::CODE_ATTEMPTS;
use portico_store::security_answers::Kept;
use serde_json::json;

use super::{Good, PinToken, find, sets_password};
use crate::audit::{self, Event};
use crate::known_browsers::Known;
use crate::lockout::{self, Counted};
use crate::organization::Organization;
use crate::security_questions::{self, Answer};
use crate::{Access, AccessError};

/// What came of answering.
#[derive(Debug, Clone)]
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
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    /// `None` where the account was locked for this browser.
    at_account: Option<lockout::Attempt>,
}

/// Compares the answers, in the order of the questions. The attempt is counted and committed before the one hash that it
/// costs: on the account, with the failures of its password in this browser, and at the PIN.
///
/// An account that is locked for this browser counts no more of its own, and a PIN asked for since recovers it: then
/// the PIN's five tries, and the five PINs a day, are the bound.
pub(super) async fn check(
    access: &Access,
    organization: &Organization,
    token: &PinToken,
    account_id: &str,
    kept: &Kept,
    answers: &[Answer],
    known: &Known,
) -> Result<Checked, AccessError> {
    let id = &organization.id;
    let mut unit = access.store.begin().await?;
    // The account first: whatever else changes it waits or has happened, and may have ended the PIN.
    accounts::hold(&mut unit, id, account_id).await?;
    let Some(Good { account, pin }) = find(&mut unit, access, organization, token).await? else {
        return Ok(Checked::Expired);
    };
    if !sets_password(&pin, &account) {
        return Ok(Checked::Expired);
    }
    let Some(at_pin) = pins::take_answers(&mut unit, &pin.id).await? else {
        return Ok(Checked::Ended);
    };
    let counted = lockout::count(&mut unit, access, organization, &account, known).await?;
    unit.commit().await?;
    let right = match counted {
        Counted::Granted(_) | Counted::Locked => security_questions::check(access, kept, answers).await,
        // As many as may be are being compared at this moment.
        Counted::Spent => access.hasher.verify_nobody(&"".into()).await.map(|()| false),
    };
    match right {
        Ok(true) => Ok(Checked::Right(Attempt { at_account: counted.granted() })),
        Ok(false) => {
            let mut unit = access.store.begin().await?;
            if let Counted::Granted(attempt) = &counted {
                lockout::fail(&mut unit, access, organization, attempt).await?;
            }
            let detail = json!({ "pin": pin.id });
            audit::append(&mut unit, access, id, Event::AccountAnswersFailed, Some(&account.id), detail)
                .await?;
            unit.commit().await?;
            Ok(match counted {
                Counted::Granted(attempt) if !attempt.is_last(&organization.policy) => Checked::Wrong,
                Counted::Locked if at_pin < CODE_ATTEMPTS => Checked::Wrong,
                Counted::Locked => Checked::Ended,
                Counted::Granted(_) | Counted::Spent => Checked::Locked,
            })
        }
        Err(busy) => {
            give_back(access, &pin.id, &Attempt { at_account: counted.granted() }).await?;
            Err(busy.into())
        }
    }
}

/// Takes back an attempt with right answers, or with answers that were never compared, where no password is set after it.
pub(super) async fn give_back(access: &Access, pin_id: &str, attempt: &Attempt) -> Result<(), AccessError> {
    let mut unit = access.store.begin().await?;
    if let Some(at_account) = &attempt.at_account {
        lockout::give_back(&mut unit, at_account).await?;
    }
    pins::return_answers(&mut unit, pin_id).await?;
    unit.commit().await?;
    Ok(())
}
