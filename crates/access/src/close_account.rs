//! A member closes their own account.
//!
//! What identifies them goes: name, User ID, email address, password and those before it, security questions, and from
//! the registration whose it was. The roster stays, since it is their plan's or employer's, and with it they may
//! register anew. The audit log stays, and names the account by an id that leads to nobody any more.

use portico_mail::Message;
use portico_store::{
    accounts, disavowals, email_changes, known_browsers, password_history, people, registrations,
    security_answers, sessions as stored_sessions,
};
use serde_json::json;
use tracing::Instrument as _;

use crate::audit::{self, Event};
use crate::current_password::{self, CurrentMistake};
use crate::organization::Organization;
use crate::secret::Password;
use crate::sessions::{self, EndReason, SignedIn};
use crate::{Access, AccessError, letters, registration};

/// What came of closing an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseOutcome {
    /// It is closed, and every session has ended.
    Closed,
    /// Something is wrong with the current password.
    Again(CurrentMistake),
    /// The session ended meanwhile. The account is as it was.
    SessionOver,
    /// They are no member: others have their account from the organization, which closes it.
    NotOffered,
}

/// Whether the person who is signed in may close their account: members alone, who registered themselves.
#[must_use]
pub fn is_offered(signed_in: &SignedIn) -> bool {
    signed_in.role == "member"
}

/// Closes the account of the person who is signed in, once the current password is right. As with signing in, the
/// decision runs on when the caller goes away.
///
/// # Errors
/// [`AccessError`]; with [`AccessError::Busy`] the attempt does not count.
pub async fn close(
    access: &Access,
    organization: &Organization,
    signed_in: &SignedIn,
    current: Password,
) -> Result<CloseOutcome, AccessError> {
    if !is_offered(signed_in) {
        return Ok(CloseOutcome::NotOffered);
    }
    let (access, organization, signed_in) = (access.clone(), organization.clone(), signed_in.clone());
    let decision = async move { decide(&access, &organization, &signed_in, &current).await };
    let decision = tokio::spawn(decision.in_current_span());
    decision.await.unwrap_or(Err(AccessError::Interrupted))
}

async fn decide(
    access: &Access,
    organization: &Organization,
    signed_in: &SignedIn,
    current: &Password,
) -> Result<CloseOutcome, AccessError> {
    let (id, SignedIn { account_id, session_id, .. }) = (&organization.id, signed_in);
    let proof = match current_password::check(access, organization, signed_in, current).await? {
        Ok(proof) => proof,
        Err(mistake) => return Ok(CloseOutcome::Again(mistake)),
    };
    let now = access.now();
    let mut unit = access.store.begin().await?;
    if !current_password::settle(&mut unit, &proof).await? {
        return Ok(CloseOutcome::Again(CurrentMistake::Wrong));
    }
    let reason = EndReason::Closed;
    if stored_sessions::end(&mut unit, id, session_id, reason.name(), now).await?.is_none() {
        return Ok(CloseOutcome::SessionOver);
    }
    // While there is an address to send it to.
    let enrolments = match &proof.account().person_id {
        Some(person_id) => people::enrolments(&mut unit, person_id).await?,
        None => Vec::new(),
    };
    let page = registration::page_of(&enrolments, organization.day(now));
    let message = Message::Closed { at: now, register: organization.url(access, &page) };
    let change = format!("closed/{account_id}");
    letters::send(&mut unit, access, organization, proof.account(), &message, &change, None).await?;
    known_browsers::void_all(&mut unit, account_id, None).await?;
    disavowals::end_all(&mut unit, account_id, now).await?;
    password_history::forget_all(&mut unit, account_id).await?;
    security_answers::forget(&mut unit, account_id).await?;
    email_changes::end(&mut unit, account_id).await?;
    registrations::forget_account(&mut unit, account_id).await?;
    let no_name = access.keys.seal(&*access.randomness, accounts::NAME.of(account_id), b"");
    if !accounts::close(&mut unit, id, account_id, &no_name, now).await? {
        return Ok(CloseOutcome::SessionOver);
    }
    sessions::end_all(&mut unit, access, id, account_id, None, reason).await?;
    let detail = json!({ "session": session_id });
    audit::append(&mut unit, access, id, Event::AccountClosed, Some(account_id), detail).await?;
    unit.commit().await?;
    Ok(CloseOutcome::Closed)
}
