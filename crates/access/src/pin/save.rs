//! *Save my new password*.

use portico_mail::Message;
use portico_rules::Lang;
use portico_rules::password::Context;
use portico_store::security_answers::{self, Kept};
use portico_store::{accounts, known_browsers, pins};
use serde_json::json;
use tracing::Instrument as _;

use super::answers::{self, Attempt, Checked};
use super::{Good, PinToken, find, sets_password};
use crate::audit::{self, Event};
use crate::disavowal;
use crate::known_browsers::Known;
use crate::lockout::{self, Lifted};
use crate::new_password::{self, PasswordMistake};
use crate::organization::Organization;
use crate::passwords::{self, Preparation};
use crate::reset::{Barred, barred, in_language, names};
use crate::secret::Password;
use crate::security_questions::{self, Answer};
use crate::sessions::{self, EndReason};
use crate::{Access, AccessError, letters};

/// What the form holds.
#[derive(Debug, Clone)]
pub struct NewPassword {
    /// Answers to the security questions, in the order of [`Proven::questions`](super::Proven::questions).
    pub answers: Vec<Answer>,
    /// The new password.
    pub password: Password,
    /// The same once more.
    pub repeated: Password,
}

/// What came of saving a new password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SaveOutcome {
    /// *Your new password is now set*: sign in with it.
    Saved,
    /// Something is to be put right. The PIN stays good, and nothing was counted.
    Again {
        /// The numbers of the questions without an answer; the first is 0.
        unanswered: Vec<usize>,
        /// About the password.
        password: Option<PasswordMistake>,
    },
    /// Not all answers are right; which is not said. It counts with the failures of the password.
    WrongAnswers,
    /// Too many failures: the account is locked, its owner has been told by mail, and the PIN is void. One that is asked
    /// for from now on recovers it.
    Locked,
    /// Too many wrong answers after this PIN: a new one may be asked for.
    Ended,
    /// The PIN has set a password already.
    Used,
    /// The PIN is no longer good, or was not entered in this browser: a new one may be asked for.
    Expired,
    /// The account may not be used: whom to contact.
    Barred(Barred),
}

/// Sets the password that was forgotten, once the security questions that the account has are answered. With it the PIN is
/// used, everything else that was issued for the account is void, failures are forgotten, locks are lifted, all sessions
/// have ended and all browsers are strangers: in one transaction, or not at all.
///
/// Nothing is hashed for a PIN that was not entered, and no password before the answers are right. Answers are counted
/// before they are compared, on the counter of the browser, and the decision runs on when the caller goes away. The mail
/// that says so is in `language`, that of the page.
///
/// # Errors
/// [`AccessError`]; with [`AccessError::Busy`] the answers do not count.
pub async fn save(
    access: &Access,
    organization: &Organization,
    token: &PinToken,
    form: NewPassword,
    known: &Known,
    language: Lang,
) -> Result<SaveOutcome, AccessError> {
    let (access, organization, token) = (access.clone(), organization.clone(), token.clone());
    let known = known.clone();
    let decision = async move { decide(&access, &organization, &token, &form, &known, language).await };
    let decision = tokio::spawn(decision.in_current_span());
    decision.await.unwrap_or(Err(AccessError::Interrupted))
}

async fn decide(
    access: &Access,
    organization: &Organization,
    token: &PinToken,
    NewPassword { answers, password, repeated }: &NewPassword,
    known: &Known,
    language: Lang,
) -> Result<SaveOutcome, AccessError> {
    let (id, policy) = (&organization.id, &organization.policy);
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
    let kept = security_questions::lookup(&mut unit, organization, &account.id).await?;
    drop(unit);
    let context = Context {
        first_name: &names.first,
        last_name: &names.last,
        user_id: &names.user_id,
        email: &names.email,
        names: &organization.definition.own_names(),
    };
    let asked = kept.as_ref().map_or(0, |kept| kept.questions.len());
    let unanswered: Vec<usize> =
        (0..asked).filter(|at| answers.get(*at).is_none_or(Answer::is_empty)).collect();
    let mistake = new_password::read(policy, &context, password, repeated).err();
    if !unanswered.is_empty() || mistake.is_some() {
        return Ok(SaveOutcome::Again { unanswered, password: mistake });
    }
    let mut proof = Proof::default();
    if let Some(kept) = &kept {
        match answers::check(access, organization, token, &account.id, kept, answers, known).await? {
            Checked::Right(attempt) => {
                let rehashed = security_questions::rehash(access, kept, answers).await;
                proof = Proof { attempt: Some(attempt), rehashed };
            }
            Checked::Wrong => return Ok(SaveOutcome::WrongAnswers),
            Checked::Locked => return Ok(SaveOutcome::Locked),
            Checked::Ended => return Ok(SaveOutcome::Ended),
            Checked::Expired => return Ok(SaveOutcome::Expired),
        }
    }
    let preparation = passwords::prepare(access, policy, id, &account.id, password).await;
    if let Ok(Preparation::Ready(prepared)) = &preparation {
        return commit(access, organization, token, &account.id, prepared, proof, language).await;
    }
    // The answers were right, whatever becomes of the password.
    if let Some(attempt) = &proof.attempt {
        answers::give_back(access, &pin.id, attempt).await?;
    }
    preparation?;
    Ok(SaveOutcome::Again { unanswered: Vec::new(), password: Some(PasswordMistake::UsedBefore) })
}

/// What right answers leave to be settled.
#[derive(Default)]
struct Proof {
    /// Where they were counted; `None` where nothing was asked.
    attempt: Option<Attempt>,
    /// The same answers with the work that new hashes have.
    rehashed: Option<Kept>,
}

async fn commit(
    access: &Access,
    organization: &Organization,
    token: &PinToken,
    account_id: &str,
    prepared: &passwords::Prepared,
    Proof { attempt, rehashed }: Proof,
    language: Lang,
) -> Result<SaveOutcome, AccessError> {
    let (now, id) = (access.now(), &organization.id);
    let mut unit = access.store.begin().await?;
    // The account first: whatever else changes it, or uses another of its PINs, waits or has happened.
    accounts::hold(&mut unit, id, account_id).await?;
    if let (Some(_), Some(pin_id)) = (attempt, &token.pin) {
        // Else the fifth try, though right, would look like a PIN that five wrong ones have ended.
        pins::return_answers(&mut unit, pin_id).await?;
    }
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
    let lifted = lockout::lift(&mut unit, &account).await?;
    known_browsers::void_all(&mut unit, &account.id, None).await?;
    if let Some(kept) = rehashed {
        security_answers::set(&mut unit, account_id, &kept, now).await?;
    }
    let change = format!("password-changed/{}", pin.id);
    let not_me = disavowal::link(&mut unit, access, organization, &account.id).await?;
    let message = Message::PasswordChanged { at: now, not_me };
    let reader = in_language(&account, language);
    letters::send(&mut unit, access, organization, &reader, &message, &change, None).await?;
    sessions::end_all(&mut unit, access, id, &account.id, None, EndReason::PasswordSet).await?;
    let is_first = account.password_hash.is_none();
    let detail = json!({ "pin": pin.id, "first": is_first });
    audit::append(&mut unit, access, id, Event::AccountPasswordSet, Some(&account.id), detail).await?;
    if lifted == Lifted::Lock {
        let detail = json!({ "pin": pin.id });
        audit::append(&mut unit, access, id, Event::AccountUnlocked, Some(&account.id), detail).await?;
    }
    unit.commit().await?;
    Ok(SaveOutcome::Saved)
}
