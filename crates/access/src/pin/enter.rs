//! Entering a PIN, and what it shows.

use portico_mail::Message;
use portico_rules::Lang;
use portico_rules::code::CodeProblem;
use portico_store::Unit;
use portico_store::accounts::{self, Account};
use portico_store::pins::{self, Pin};
use portico_store::registrations::CODE_ATTEMPTS;
use serde_json::json;

use super::{Forgotten, Good, PIN, PinToken, find, is_good};
use crate::audit::{self, Event};
use crate::disavowal;
use crate::organization::Organization;
use crate::registration::read_code;
use crate::reset::{Barred, barred, in_language};
use crate::secret::Code;
use crate::{Access, AccessError, letters};

/// What came of entering a PIN.
#[derive(Debug, Clone)]
pub enum EnterOutcome {
    /// It is one that was sent.
    Proven {
        /// For the cookie, in place of the one there is.
        token: PinToken,
    },
    /// Not a PIN at all. It does not count as an entry.
    Problem(CodeProblem),
    /// Another PIN than the one sent, if one was.
    Wrong {
        /// How many wrong entries are left.
        left: u32,
    },
    /// Too many wrong entries: a new PIN may be asked for.
    Ended,
    /// The PIN was good until a while ago, or none was asked for; a new one may be.
    Expired,
    /// The PIN was right, but the account may not be used: whom to contact.
    Barred(Barred),
}

/// What came of asking for the User ID with a PIN that was entered before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShowOutcome {
    /// The page shows it now.
    Shown,
    /// The PIN is no longer good: a new one may be asked for.
    Expired,
    /// The account may not be used: whom to contact.
    Barred(Barred),
}

/// Takes the PIN that was mailed, and shows the User ID where that was forgotten. Entries are counted before they are
/// compared, also where there is nothing to compare them with: of any number at once, five are. A right PIN stays good
/// for its life. A mail about it is in `language`, that of the page.
///
/// # Errors
/// [`AccessError`].
pub async fn enter(
    access: &Access,
    organization: &Organization,
    token: &PinToken,
    entered: &str,
    forgotten: Forgotten,
    language: Lang,
) -> Result<EnterOutcome, AccessError> {
    let (now, id) = (access.now(), &organization.id);
    let entered = match read_code(entered) {
        Ok(code) => code,
        Err(problem) => return Ok(EnterOutcome::Problem(problem)),
    };
    let mut unit = access.store.begin().await?;
    let Some(counted) = pins::take_attempt(&mut unit, id, &token.request, now).await? else {
        let request = pins::find_request(&mut unit, id, &token.request).await?;
        let is_spent = request.is_some_and(|request| request.expires_at > now);
        return Ok(if is_spent { EnterOutcome::Ended } else { EnterOutcome::Expired });
    };
    let sent = pins::of_request(&mut unit, id, &counted.id).await?;
    let Some((pin, account)) = right_one(&mut unit, access, organization, &sent, &entered).await? else {
        let detail = json!({ "request": counted.id });
        let account_id = sent.first().map(|pin| pin.account_id.as_str());
        audit::append(&mut unit, access, id, Event::RecoveryCodeFailed, account_id, detail).await?;
        unit.commit().await?;
        return Ok(match u32::try_from(CODE_ATTEMPTS - counted.failures).unwrap_or(0) {
            0 => EnterOutcome::Ended,
            left => EnterOutcome::Wrong { left },
        });
    };
    pins::return_attempt(&mut unit, &counted.id).await?;
    let barred = barred(&mut unit, organization, &account, now).await?;
    let is_shown = barred.is_none()
        && forgotten == Forgotten::UserId
        && show(&mut unit, access, organization, pin, &in_language(&account, language)).await?;
    let detail = json!({ "request": counted.id, "pin": pin.id });
    audit::append(&mut unit, access, id, Event::RecoveryCodeProven, Some(&account.id), detail).await?;
    if is_shown {
        note_shown(&mut unit, access, pin, &account).await?;
    }
    unit.commit().await?;
    Ok(match barred {
        Some(barred) => EnterOutcome::Barred(barred),
        None => {
            EnterOutcome::Proven { token: PinToken::new(access, organization, &counted.id, Some(&pin.id)) }
        }
    })
}

/// Shows the User ID with a PIN that was entered in this browser, perhaps for the password.
///
/// # Errors
/// [`AccessError`].
pub async fn show_user_id(
    access: &Access,
    organization: &Organization,
    token: &PinToken,
    language: Lang,
) -> Result<ShowOutcome, AccessError> {
    let mut unit = access.store.begin().await?;
    let Some(Good { pin, account }) = find(&mut unit, access, organization, token).await? else {
        return Ok(ShowOutcome::Expired);
    };
    if let Some(barred) = barred(&mut unit, organization, &account, access.now()).await? {
        return Ok(ShowOutcome::Barred(barred));
    }
    if show(&mut unit, access, organization, &pin, &in_language(&account, language)).await? {
        note_shown(&mut unit, access, &pin, &account).await?;
    }
    unit.commit().await?;
    Ok(ShowOutcome::Shown)
}

/// The PIN among those of a request that was entered and is good for anything. All are compared, so that the time does
/// not tell how many there are before the right one.
async fn right_one<'a>(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    sent: &'a [Pin],
    entered: &Code,
) -> Result<Option<(&'a Pin, Account)>, AccessError> {
    let mut right = None;
    for pin in sent {
        let account = accounts::lookup(unit, &organization.id, &pin.account_id).await?;
        if access.keys.code_matches(PIN, &pin.id, entered, &pin.hash) {
            right =
                account.filter(|account| is_good(pin, account, access.now())).map(|account| (pin, account));
        }
    }
    Ok(right)
}

/// Notes that the page shows the User ID from now on, and tells the owner the first time. Returns whether it is that.
async fn show(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    pin: &Pin,
    account: &Account,
) -> Result<bool, AccessError> {
    let at = access.now();
    if !pins::show_user_id(unit, &pin.id, at).await? {
        return Ok(false);
    }
    let change = format!("user-id-looked-up/{}", pin.id);
    let not_me = disavowal::link(unit, access, organization, &account.id).await?;
    let message = Message::UserIdLookedUp { at, not_me };
    letters::send(unit, access, organization, account, &message, &change, None).await?;
    Ok(true)
}

async fn note_shown(
    unit: &mut Unit,
    access: &Access,
    pin: &Pin,
    account: &Account,
) -> Result<(), AccessError> {
    let detail = json!({ "pin": pin.id });
    let id = &account.organization_id;
    audit::append(unit, access, id, Event::UserIdLookedUp, Some(&account.id), detail).await
}
