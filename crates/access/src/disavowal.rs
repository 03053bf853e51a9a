//! "This was not me": the owner of an account says that something in it was somebody else.
//!
//! Mails about access bring a link to it, good for ten days and once; a signed-in person finds it beside the sessions and
//! the recent activity. It locks the account until recovery, signs it out everywhere, makes strangers of all browsers and
//! kills the links, codes and PINs sent before. Opening the link changes nothing: mail scanners open them all.
//!
//! A link also brings back the email address that the account had when it was made: otherwise whoever changed the address
//! would get the mail that lifts the lock. For the same reason nothing that is done under another address voids it.

use jiff::SignedDuration;
use portico_mail::{LockedFor, Message};
use portico_rules::{Lang, email};
use portico_store::accounts::{self, Account};
use portico_store::disavowals::{self, Disavowal, EMAIL, NewDisavowal};
use portico_store::keys::Fingerprint;
use portico_store::{Unit, known_browsers, to_micros};
use serde_json::json;
use zeroize::Zeroizing;

use crate::audit::{self, Event};
use crate::lockout::recovery_page;
use crate::organization::Organization;
use crate::people::Sought;
use crate::reset::in_language;
use crate::secret::Token;
use crate::sessions::{self, EndReason, SignedIn};
use crate::{Access, AccessError, email_change, letters};

/// What stands before the token in the link of a mail, below the organization's address.
pub const LINK: &str = "/not-me?token=";

/// How long a link is good (DESIGN.md, Signed in).
const GOOD: SignedDuration = SignedDuration::from_hours(10 * 24);

/// Sets the tokens of these links apart from all others.
const TOKEN: &str = "this was not me";

/// What there is behind a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotMe {
    /// It is good.
    Ready,
    /// It was good until a while ago.
    Expired,
    /// It was used, or another one of the account was.
    Used,
    /// No link of this organization.
    Unknown,
}

/// Makes a link for a mail to the owner of an account, at the address that the account has: pressing it brings that back.
///
/// # Errors
/// [`AccessError`].
pub(crate) async fn link(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    account_id: &str,
) -> Result<String, AccessError> {
    let token = Token::new(&*access.randomness);
    let hash = access.keys.token_hash(TOKEN, &token);
    let expires_at = access.now().checked_add(GOOD).unwrap_or(jiff::Timestamp::MAX);
    let id = access.id();
    let email = match accounts::lookup(unit, &organization.id, account_id).await? {
        Some(account) => address_of(access, &account)?,
        None => None,
    };
    let email = email.map(|(text, fingerprint)| {
        (access.keys.seal(&*access.randomness, EMAIL.of(&id), text.as_bytes()), fingerprint)
    });
    let new = NewDisavowal {
        id: &id,
        organization_id: &organization.id,
        account_id,
        token: &hash,
        expires_at,
        email: email.as_ref().map(|(kept, fingerprint)| (kept, fingerprint)),
    };
    disavowals::add(unit, &new).await?;
    Ok(organization.url(access, &format!("{LINK}{}", token.expose())))
}

/// What there is behind a link. It changes nothing: for the GET of a page.
///
/// # Errors
/// [`AccessError::Store`].
pub async fn open(access: &Access, organization: &Organization, token: &Token) -> Result<NotMe, AccessError> {
    let hash = access.keys.token_hash(TOKEN, token);
    let mut unit = access.store.read().await?;
    let found = disavowals::find_by_token(&mut unit, &organization.id, &hash).await?;
    let Some(found) = found else { return Ok(NotMe::Unknown) };
    if accounts::lookup(&mut unit, &organization.id, &found.account_id).await?.is_none() {
        return Ok(NotMe::Unknown);
    }
    Ok(if found.used_at.is_some() {
        NotMe::Used
    } else if found.expires_at <= access.now() {
        NotMe::Expired
    } else {
        NotMe::Ready
    })
}

/// The button behind a link was pressed. [`NotMe::Ready`] says that it was done; otherwise nothing was. The mail that
/// tells of it is in `language`, that of the page.
///
/// # Errors
/// [`AccessError`].
pub async fn by_link(
    access: &Access,
    organization: &Organization,
    token: &Token,
    language: Lang,
) -> Result<NotMe, AccessError> {
    let hash = access.keys.token_hash(TOKEN, token);
    let mut unit = access.store.begin().await?;
    let found = disavowals::find_by_token(&mut unit, &organization.id, &hash).await?;
    let Some(found) = found else { return Ok(NotMe::Unknown) };
    accounts::hold(&mut unit, &organization.id, &found.account_id).await?;
    if !disavowals::consume(&mut unit, &found.id, access.now()).await? {
        drop(unit);
        return open(access, organization, token).await;
    }
    if !disavow(&mut unit, access, organization, &found.account_id, Some(&found), language).await? {
        return Ok(NotMe::Unknown);
    }
    unit.commit().await?;
    Ok(NotMe::Ready)
}

/// A person who is signed in says it. `false` when their account is gone.
///
/// # Errors
/// [`AccessError`].
pub async fn by_owner(
    access: &Access,
    organization: &Organization,
    signed_in: &SignedIn,
    language: Lang,
) -> Result<bool, AccessError> {
    let mut unit = access.store.begin().await?;
    let done = disavow(&mut unit, access, organization, &signed_in.account_id, None, language).await?;
    if done {
        unit.commit().await?;
    }
    Ok(done)
}

/// The address of an account, in clear and as it is looked up.
fn address_of(
    access: &Access,
    account: &Account,
) -> Result<Option<(Zeroizing<String>, Fingerprint)>, AccessError> {
    let Some(sealed) = &account.email else { return Ok(None) };
    let text = access.keys.open_text(accounts::EMAIL.of(&account.id), sealed)?;
    let fingerprint = Sought::Email(&text).fingerprint(&access.keys, &account.organization_id);
    Ok(Some((text, fingerprint)))
}

/// What comes of it, by `link` or else by somebody signed in. `false` when the account is gone.
async fn disavow(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    account_id: &str,
    link: Option<&Disavowal>,
    language: Lang,
) -> Result<bool, AccessError> {
    let (id, now) = (&organization.id, access.now());
    let Some(mut account) = accounts::disavow(unit, id, account_id, now).await? else { return Ok(false) };
    let brought_back = match link {
        Some(link) => bring_back(unit, access, organization, &mut account, link).await?,
        None => false,
    };
    known_browsers::void_all(unit, account_id, None).await?;
    let email = address_of(access, &account)?.map(|(_, fingerprint)| fingerprint);
    let pressed = link.map(|link| link.expires_at);
    disavowals::end_but_ways_back(unit, account_id, email.as_ref(), pressed, now).await?;
    let message = Message::Locked {
        at: now,
        until: None,
        recover: recovery_page(access, organization),
        locked_for: LockedFor::Everyone,
    };
    let change = format!("disavowed/{account_id}/{}", to_micros(now));
    let reader = in_language(&account, language);
    letters::send(unit, access, organization, &reader, &message, &change, None).await?;
    sessions::end_all(unit, access, id, account_id, None, EndReason::Disavowed).await?;
    let by = if link.is_some() { "mail" } else { "session" };
    let detail = json!({ "by": by, "email_brought_back": brought_back });
    audit::append(unit, access, id, Event::AccountDisavowed, Some(account_id), detail).await?;
    Ok(true)
}

/// Makes the address of a link the account's again, and says whether it did: not where it is so anyway, nor where the
/// account may no longer have it, since somebody else has got it meanwhile.
async fn bring_back(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    account: &mut Account,
    link: &Disavowal,
) -> Result<bool, AccessError> {
    let Some(kept) = &link.email else { return Ok(false) };
    let text = access.keys.open_text(EMAIL.of(&link.id), kept)?;
    let address = email::check(&text).map_err(|_| AccessError::Unreadable { place: "disavowals.email" })?;
    if email_change::is_own(access, account, &address)?
        || email_change::is_open_to(unit, access, organization, account, &address).await?.is_err()
    {
        return Ok(false);
    }
    account.email = Some(email_change::give(unit, access, organization, &account.id, &address).await?);
    Ok(true)
}
