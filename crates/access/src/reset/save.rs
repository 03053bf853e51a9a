//! *Save my new password*.

use portico_mail::Message;
use portico_rules::Lang;
use portico_rules::code::CodeProblem;
use portico_rules::password::Context;
use portico_store::{accounts, known_browsers, recoveries};
use serde_json::json;

use super::link::{self, Good, ProveOutcome, prove_code};
use super::{Barred, LinkPage, LinkToken};
use crate::audit::{self, Event};
use crate::disavowal;
use crate::lockout::{self, Lifted};
use crate::new_password::{self, PasswordMistake};
use crate::organization::Organization;
use crate::passwords::{self, Preparation};
use crate::secret::Password;
use crate::sessions::{self, EndReason};
use crate::{Access, AccessError, letters};

/// What came of saving a new password.
#[derive(Debug, Clone)]
pub enum SaveOutcome {
    /// *Your new password is now set*: sign in with it. The link's cookie can go.
    Saved,
    /// Not a code at all. It does not count as an entry.
    CodeProblem(CodeProblem),
    /// Another code than the one sent.
    WrongCode {
        /// How many wrong entries are left.
        left: u32,
    },
    /// Too many wrong entries: this code is no longer good, a new one may be asked for.
    CodeEnded,
    /// The code was good until a while ago, or none was asked for; a new one may be.
    CodeExpired,
    /// The code was right, the password is not taken. The code is not asked for again.
    Password {
        /// What is wrong with it.
        mistake: PasswordMistake,
        /// For the cookie, in place of the one there is.
        token: LinkToken,
    },
    /// The code was right, but the account may not be used: whom to contact.
    Barred(Barred),
    /// The link is not good.
    Link(LinkPage),
}

/// Sets the password that was forgotten, or the first one. The code is checked before any password is hashed, unless it
/// came back in this browser already. With the password set the link is used and every other one of the account void,
/// failures are forgotten, locks are lifted, all sessions have ended and all browsers are strangers: in one
/// transaction, or not at all. The mail that says so is in `language`, that of the page, as the two before it were.
///
/// # Errors
/// [`AccessError`].
pub async fn save(
    access: &Access,
    organization: &Organization,
    token: &LinkToken,
    code: &str,
    password: &Password,
    repeated: &Password,
    language: Lang,
) -> Result<SaveOutcome, AccessError> {
    let mut unit = access.store.read().await?;
    let recovery = match link::find(&mut unit, access, organization, token).await? {
        Ok(good) => good.recovery,
        Err(page) => return Ok(SaveOutcome::Link(page)),
    };
    drop(unit);
    let token = if link::is_proven(access, organization, &recovery, token)? {
        token.clone()
    } else {
        match prove_code(access, organization, token, code).await? {
            ProveOutcome::Proven { token } => token,
            ProveOutcome::Problem(problem) => return Ok(SaveOutcome::CodeProblem(problem)),
            ProveOutcome::Wrong { left } => return Ok(SaveOutcome::WrongCode { left }),
            ProveOutcome::Ended => return Ok(SaveOutcome::CodeEnded),
            ProveOutcome::Expired => return Ok(SaveOutcome::CodeExpired),
            ProveOutcome::Barred(barred) => return Ok(SaveOutcome::Barred(barred)),
            ProveOutcome::Link(page) => return Ok(SaveOutcome::Link(page)),
        }
    };

    let mut unit = access.store.read().await?;
    let Good { account, .. } = match link::find(&mut unit, access, organization, &token).await? {
        Ok(good) => good,
        Err(page) => return Ok(SaveOutcome::Link(page)),
    };
    if let Some(barred) = link::barred(&mut unit, organization, &account, access.now()).await? {
        return Ok(SaveOutcome::Barred(barred));
    }
    let names = link::names(&mut unit, access, &account).await?;
    drop(unit);
    let context = Context {
        first_name: &names.first,
        last_name: &names.last,
        user_id: &names.user_id,
        email: &names.email,
        names: &organization.definition.own_names(),
    };
    if let Err(mistake) = new_password::read(&organization.policy, &context, password, repeated) {
        return Ok(SaveOutcome::Password { mistake, token });
    }
    let policy = &organization.policy;
    let prepared = match passwords::prepare(access, policy, &organization.id, &account.id, password).await? {
        Preparation::Ready(prepared) => prepared,
        Preparation::UsedBefore => {
            return Ok(SaveOutcome::Password { mistake: PasswordMistake::UsedBefore, token });
        }
    };
    commit(access, organization, &token, &account.id, &prepared, language).await
}

async fn commit(
    access: &Access,
    organization: &Organization,
    token: &LinkToken,
    account_id: &str,
    prepared: &passwords::Prepared,
    language: Lang,
) -> Result<SaveOutcome, AccessError> {
    let now = access.now();
    let id = &organization.id;
    let mut unit = access.store.begin().await?;
    // The account first: whatever else changes it, or uses another of its links, waits or has happened.
    accounts::hold(&mut unit, id, account_id).await?;
    let Good { recovery, account } = match link::find(&mut unit, access, organization, token).await? {
        Ok(good) => good,
        Err(page) => return Ok(SaveOutcome::Link(page)),
    };
    if let Some(barred) = link::barred(&mut unit, organization, &account, now).await? {
        return Ok(SaveOutcome::Barred(barred));
    }
    if !link::is_proven(access, organization, &recovery, token)?
        || !recoveries::consume(&mut unit, &recovery.id, recovery.code_round, now).await?
    {
        return Ok(SaveOutcome::CodeExpired);
    }
    recoveries::void_all(&mut unit, &account.id, now).await?;
    if !passwords::set(&mut unit, &organization.policy, id, &account.id, prepared, now).await? {
        return Err(AccessError::Interrupted);
    }
    let lifted = lockout::lift(&mut unit, &account).await?;
    known_browsers::void_all(&mut unit, &account.id, None).await?;
    let change = format!("password-changed/{}", recovery.id);
    let not_me = disavowal::link(&mut unit, access, organization, &account.id).await?;
    let message = Message::PasswordChanged { at: now, not_me };
    let reader = link::in_language(&account, language);
    letters::send(&mut unit, access, organization, &reader, &message, &change, None).await?;
    sessions::end_all(&mut unit, access, id, &account.id, None, EndReason::PasswordSet).await?;
    let is_first = account.password_hash.is_none();
    let detail = json!({ "recovery": recovery.id, "first": is_first });
    audit::append(&mut unit, access, id, Event::AccountPasswordSet, Some(&account.id), detail).await?;
    if lifted == Lifted::Lock {
        let detail = json!({ "recovery": recovery.id });
        audit::append(&mut unit, access, id, Event::AccountUnlocked, Some(&account.id), detail).await?;
    }
    unit.commit().await?;
    Ok(SaveOutcome::Saved)
}
