//! A signed-in person changes their password, after entering the current one.

use portico_mail::Message;
use portico_rules::password::Context;
use portico_store::{accounts, known_browsers};
use serde_json::json;
use tracing::Instrument as _;

use crate::audit::{self, Event};
use crate::current_password::{self, CurrentMistake};
use crate::disavowal;
use crate::new_password::{self, PasswordMistake};
use crate::organization::Organization;
use crate::passwords::{self, Preparation};
use crate::reset::{Names, names};
use crate::secret::{Password, Token};
use crate::sessions::{self, EndReason, SignedIn};
use crate::{Access, AccessError, letters};

/// What the form holds.
#[derive(Debug)]
pub struct Change {
    /// The password there is.
    pub current: Password,
    /// The new one.
    pub password: Password,
    /// The new one once more.
    pub repeated: Password,
}

/// What came of changing a password.
#[derive(Debug)]
pub enum ChangeOutcome {
    /// *Your new password is now set.* Every other session of the account has ended, and other browsers are strangers; this
    /// one goes on under another token.
    Changed {
        /// For the cookie, in place of the one there is.
        token: Token,
    },
    /// Something is to be put right; at least one of the two is there.
    Again {
        /// About the current password.
        current: Option<CurrentMistake>,
        /// About the new one.
        new: Option<PasswordMistake>,
    },
    /// The session ended meanwhile. The password is as it was.
    SessionOver,
}

/// What the password may not be; `None` when there is no such account.
///
/// # Errors
/// [`AccessError`].
pub async fn names_of(
    access: &Access,
    organization: &Organization,
    account_id: &str,
) -> Result<Option<Names>, AccessError> {
    let mut unit = access.store.read().await?;
    match accounts::lookup(&mut unit, &organization.id, account_id).await? {
        Some(account) => names(&mut unit, access, &account).await.map(Some),
        None => Ok(None),
    }
}

/// Changes the password of the person who is signed in.
///
/// What the new password breaks by itself is said first and costs nothing. Then the current one is checked, and only
/// with it right is the new one compared with those before it. As with signing in, the decision runs on when the caller
/// goes away.
///
/// # Errors
/// [`AccessError`]; with [`AccessError::Busy`] the attempt does not count.
pub async fn change(
    access: &Access,
    organization: &Organization,
    signed_in: &SignedIn,
    change: Change,
) -> Result<ChangeOutcome, AccessError> {
    let (access, organization, signed_in) = (access.clone(), organization.clone(), signed_in.clone());
    let decision = async move { decide(&access, &organization, &signed_in, &change).await };
    let decision = tokio::spawn(decision.in_current_span());
    decision.await.unwrap_or(Err(AccessError::Interrupted))
}

async fn decide(
    access: &Access,
    organization: &Organization,
    signed_in: &SignedIn,
    Change { current, password, repeated }: &Change,
) -> Result<ChangeOutcome, AccessError> {
    let (id, policy) = (&organization.id, &organization.policy);
    let SignedIn { account_id, session_id, known_browser, .. } = signed_in;
    let Some(names) = names_of(access, organization, account_id).await? else {
        return Ok(ChangeOutcome::SessionOver);
    };
    let context = Context {
        first_name: &names.first,
        last_name: &names.last,
        user_id: &names.user_id,
        email: &names.email,
        names: &organization.definition.own_names(),
    };
    if let Err(new) = new_password::read(policy, &context, password, repeated) {
        let current = current.expose().is_empty().then_some(CurrentMistake::Missing);
        return Ok(ChangeOutcome::Again { current, new: Some(new) });
    }
    let proof = match current_password::check(access, organization, signed_in, current).await? {
        Ok(proof) => proof,
        Err(mistake) => return Ok(ChangeOutcome::Again { current: Some(mistake), new: None }),
    };
    let preparation = passwords::prepare(access, policy, id, account_id, password).await;

    let now = access.now();
    let mut unit = access.store.begin().await?;
    if !current_password::settle(&mut unit, &proof).await? {
        return Ok(ChangeOutcome::Again { current: Some(CurrentMistake::Wrong), new: None });
    }
    let prepared = match preparation {
        Ok(Preparation::Ready(prepared)) => prepared,
        // The current password was right, whatever becomes of the new one: the attempts are forgotten.
        Ok(Preparation::UsedBefore) => {
            unit.commit().await?;
            return Ok(ChangeOutcome::Again { current: None, new: Some(PasswordMistake::UsedBefore) });
        }
        Err(error) => {
            unit.commit().await?;
            return Err(error);
        }
    };
    if !passwords::set(&mut unit, policy, id, account_id, &prepared, now).await? {
        return Err(AccessError::Interrupted);
    }
    known_browsers::void_all(&mut unit, account_id, known_browser.as_deref()).await?;
    let Some(token) = sessions::rotate(&mut unit, access, id, session_id).await? else {
        return Ok(ChangeOutcome::SessionOver);
    };
    let mail = format!("password-changed/{session_id}/{}", portico_store::to_micros(now));
    let not_me = disavowal::link(&mut unit, access, organization, account_id).await?;
    let message = Message::PasswordChanged { at: now, not_me };
    letters::send(&mut unit, access, organization, proof.account(), &message, &mail, None).await?;
    sessions::end_all(&mut unit, access, id, account_id, Some(session_id), EndReason::PasswordSet).await?;
    let detail = json!({ "session": session_id });
    audit::append(&mut unit, access, id, Event::AccountPasswordSet, Some(account_id), detail).await?;
    unit.commit().await?;
    Ok(ChangeOutcome::Changed { token })
}
