//! Recovering with a PIN: a member asks for it with address and date of birth, it comes by mail, and shows the User ID,
//! sets a new password, or both.
//!
//! Whoever asks has a request, which counts the entries and ends with the time that page and mail print, whether or not
//! there is anybody to send a PIN to: all that is seen before a right PIN depends on the request alone. People who
//! share address and date of birth each have a PIN of their own under it. Nothing here signs anybody in.

mod answers;
mod enter;
mod request;
mod save;

use std::fmt;

use jiff::Timestamp;
use portico_rules::password::PasswordRules;
use portico_rules::security_questions::Question;
use portico_store::accounts::{self, Account};
use portico_store::pins::{self, Pin};
use portico_store::registrations::CODE_ATTEMPTS;
use portico_store::{Unit, decode_hex, encode_hex};
use zeroize::Zeroizing;

use crate::organization::Organization;
use crate::reset;
use crate::security_questions;
use crate::{Access, AccessError};

pub use crate::registration::DateOfBirth;
pub use crate::reset::{Barred, Names};
pub use enter::{EnterOutcome, ShowOutcome, enter, show_user_id};
pub use request::{Asked, RequestOutcome, request};
pub use save::{NewPassword, SaveOutcome, save};

/// Sets PINs apart from codes, and their tokens from all others.
const PIN: &str = "pin";

/// What was forgotten. It says what a PIN is for at first; afterwards it is good for the other too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forgotten {
    /// The User ID.
    UserId,
    /// The password.
    Password,
}

impl Forgotten {
    fn page(self) -> &'static str {
        match self {
            Self::UserId => "/forgot-user-id",
            Self::Password => "/forgot-password",
        }
    }
}

/// What the browser keeps in a cookie: which request a PIN may be entered for, and once the right one was entered, which
/// PIN that was. It is signed, so nothing has to be kept for it; it does not print.
#[derive(Clone)]
pub struct PinToken {
    request: String,
    pin: Option<String>,
    mac: Vec<u8>,
}

impl PinToken {
    fn new(access: &Access, organization: &Organization, request: &str, pin: Option<&str>) -> Self {
        let mac = access.keys.mac(PIN, &signed(organization, request, pin));
        Self { request: request.to_owned(), pin: pin.map(str::to_owned), mac }
    }

    /// What came back; `None` when it is not what this organization gave out.
    #[must_use]
    pub fn parse(access: &Access, organization: &Organization, text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let (request, pin, hex) = (parts.next()?, parts.next()?, parts.next()?);
        let pin = (!pin.is_empty()).then_some(pin);
        let mac = decode_hex(hex)?;
        // Nothing is folded or left over: only the text that was given out comes back.
        let is_whole = parts.next().is_none() && encode_hex(&mac) == hex;
        let is_ours = is_whole && access.keys.mac_holds(PIN, &signed(organization, request, pin), &mac);
        is_ours.then(|| Self { request: request.to_owned(), pin: pin.map(str::to_owned), mac })
    }

    /// The text, for the cookie.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let pin = self.pin.as_deref().unwrap_or_default();
        Zeroizing::new(format!("{}.{pin}.{}", self.request, encode_hex(&self.mac)))
    }
}

impl fmt::Debug for PinToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PinToken(…)")
    }
}

/// What the signature covers. Ids have no dots.
fn signed(organization: &Organization, request: &str, pin: Option<&str>) -> Vec<u8> {
    [organization.id.as_str(), request, pin.unwrap_or_default()].join(".").into_bytes()
}

/// How far a browser has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// There is no PIN to enter, or none any more: one may be asked for.
    Ask,
    /// A PIN is on its way, if there is anybody to send it to.
    Enter {
        /// The first moment at which it is no longer good.
        until: Timestamp,
    },
    /// The PIN was entered in this browser.
    Proven(Box<Proven>),
}

/// What a PIN that was entered is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// Whose it is; nothing of it was shown before.
    pub names: Names,
    /// Whether it has shown the User ID, and may go on showing it without being asked to.
    pub shows_user_id: bool,
    /// What the new password must be; `None` once the PIN has set one.
    pub rules: Option<PasswordRules>,
    /// What is asked before it is set: the same for the life of the PIN, since changing the questions ends it. None where
    /// the account has chosen none.
    pub questions: Vec<Question>,
}

/// How far a browser has come. It changes nothing: for the GET of a page.
///
/// # Errors
/// [`AccessError`].
pub async fn stage(
    access: &Access,
    organization: &Organization,
    token: Option<&PinToken>,
) -> Result<Stage, AccessError> {
    let Some(token) = token else { return Ok(Stage::Ask) };
    let mut unit = access.store.read().await?;
    if let Some(Good { pin, account }) = find(&mut unit, access, organization, token).await? {
        if reset::barred(&mut unit, organization, &account, access.now()).await?.is_some() {
            return Ok(Stage::Ask);
        }
        let kept = security_questions::lookup(&mut unit, organization, &account.id).await?;
        return Ok(Stage::Proven(Box::new(Proven {
            names: reset::names(&mut unit, access, &account).await?,
            shows_user_id: pin.user_id_shown_at.is_some(),
            rules: sets_password(&pin, &account).then(|| PasswordRules::of(&organization.policy)),
            questions: kept.as_ref().map(security_questions::questions).transpose()?.unwrap_or_default(),
        })));
    }
    let request = pins::find_request(&mut unit, &organization.id, &token.request).await?;
    Ok(match request {
        Some(request) if token.pin.is_none() && request.is_open(access.now()) => {
            Stage::Enter { until: request.expires_at }
        }
        _ => Stage::Ask,
    })
}

/// A PIN that was entered in this browser and is still good, and the account it is of.
struct Good {
    pin: Pin,
    account: Account,
}

async fn find(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    token: &PinToken,
) -> Result<Option<Good>, AccessError> {
    let Some(id) = &token.pin else { return Ok(None) };
    let Some(pin) = pins::lookup(unit, &organization.id, id).await? else { return Ok(None) };
    let Some(account) = accounts::lookup(unit, &organization.id, &pin.account_id).await? else {
        return Ok(None);
    };
    Ok(is_good(&pin, &account, access.now()).then_some(Good { pin, account }))
}

/// Whether a PIN is good for anything. What was issued before a lock is dead, and what was issued before a new password
/// too, except that the PIN which set it still shows the User ID.
fn is_good(pin: &Pin, account: &Account, now: Timestamp) -> bool {
    let has_set_the_password = pin.used_at == Some(account.void_before);
    pin.expires_at > now && (sets_password(pin, account) || has_set_the_password)
}

/// Whether a PIN may still set a password, for as long as it is good. Too many wrong answers after it end it altogether.
fn sets_password(pin: &Pin, account: &Account) -> bool {
    pin.used_at.is_none() && pin.created_at > account.void_before && pin.answer_failures < CODE_ATTEMPTS
}
