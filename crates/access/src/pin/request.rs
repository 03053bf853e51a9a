//! Asking for a PIN.

use std::fmt;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use portico_mail::Message;
use portico_rules::Lang;
use portico_rules::date::{self, DateProblem};
use portico_rules::email::{self, EmailAddress, EmailProblem};
use portico_rules::policy::Recovery;
use portico_store::Unit;
use portico_store::accounts::Account;
use portico_store::limits::Limit;
use portico_store::pins::{self, NewPin, Request};
use serde_json::json;

use super::{DateOfBirth, Forgotten, PIN, PinToken, is_good, sets_password};
use crate::audit::{self, Event};
use crate::organization::Organization;
use crate::reset::{MAILS, find_by_address, in_language, may_mail, tell_stranger};
use crate::secret::Code;
use crate::{Access, AccessError, letters, people};

/// PINs of one account (DESIGN.md, Lockout).
const PINS: Limit = Limit { kind: "pin", at_most: 5, within: SignedDuration::from_hours(24) };

/// What a person enters to get a PIN.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// As typed.
    pub email: &'a str,
    /// As typed.
    pub born: DateOfBirth<'a>,
    /// On which of the two pages.
    pub forgotten: Forgotten,
}

impl fmt::Debug for Asked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Asked(…)")
    }
}

/// What came of asking.
#[derive(Debug, Clone)]
pub enum RequestOutcome {
    /// *If we have an account for what you entered, an email is on its way.* It says nothing about whether there is.
    Requested {
        /// For the cookie.
        token: PinToken,
    },
    /// Mistakes in the form.
    Problems {
        /// With the address.
        email: Option<EmailProblem>,
        /// With the date of birth.
        date: Option<DateProblem>,
    },
    /// The organization's people recover access another way.
    NotOffered,
}

/// Sends a PIN to everybody who has both the address and the date of birth, to the address on file, or *No account
/// found* where nobody has. Within its life the same PIN goes out again. `network` is where the request came from, as
/// coarse as its limit is to be.
///
/// # Errors
/// [`AccessError`].
pub async fn request(
    access: &Access,
    organization: &Organization,
    asked: &Asked<'_>,
    language: Lang,
    network: &str,
) -> Result<RequestOutcome, AccessError> {
    if organization.policy.recovery != Recovery::Pin {
        return Ok(RequestOutcome::NotOffered);
    }
    let now = access.now();
    let DateOfBirth { month, day, year } = asked.born;
    let born = date::parse_parts(month, day, year, organization.day(now));
    let (address, born) = match (email::check(asked.email), born) {
        (Ok(address), Ok(born)) => (address, born),
        (email, date) => return Ok(RequestOutcome::Problems { email: email.err(), date: date.err() }),
    };
    let id = &organization.id;
    let subject = access.keys.fingerprint(PIN, id, &format!("{} {born}", address.normalised()));
    let minutes = SignedDuration::from_mins(i64::from(organization.policy.pin_minutes));
    let until = now.checked_add(minutes).unwrap_or(Timestamp::MAX);
    let mut unit = access.store.begin().await?;
    let request = pins::open_request(&mut unit, id, &subject, &access.id(), now, until).await?;
    let owners = find(&mut unit, access, organization, &address, born).await?;
    let mut requested = Vec::new();
    for account in &owners {
        let reader = in_language(account, language);
        let pin = send(&mut unit, access, organization, &request, &reader).await?;
        let detail = json!({ "request": request.id, "pin": pin, "sent": pin.is_some() });
        requested.push((Some(account.id.as_str()), detail));
    }
    if owners.is_empty() {
        let message = Message::NoAccountFound {
            try_again: organization.url(access, asked.forgotten.page()),
            with_birthday: true,
        };
        let sent =
            tell_stranger(&mut unit, access, organization, &address, &message, language, network).await?;
        requested.push((None, json!({ "request": request.id, "sent": sent })));
    }
    for (account_id, detail) in requested {
        audit::append(&mut unit, access, id, Event::RecoveryRequested, account_id, detail).await?;
    }
    unit.commit().await?;
    Ok(RequestOutcome::Requested { token: PinToken::new(access, organization, &request.id, None) })
}

/// The accounts that have the address, of people who were born on the day. PINs are for the people of the roster.
async fn find(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    address: &EmailAddress,
    born: Date,
) -> Result<Vec<Account>, AccessError> {
    let mut found = Vec::new();
    for account in find_by_address(unit, access, organization, address).await? {
        let Some(person_id) = &account.person_id else { continue };
        let record = people::lookup(unit, access, &organization.id, person_id).await?;
        if record.is_some_and(|record| date::parse_iso(&record.date_of_birth) == Some(born)) {
            found.push(account);
        }
    }
    Ok(found)
}

/// Mails the PIN that the account has under the request, or a new one. The PIN's id; `None` when as much as may was sent.
async fn send(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    request: &Request,
    account: &Account,
) -> Result<Option<String>, AccessError> {
    if !may_mail(unit, access, organization, MAILS, &account.id).await? {
        return Ok(None);
    }
    let Some((id, code)) = pin_under_way(unit, access, organization, request, account).await? else {
        return Ok(None);
    };
    let until = request.expires_at;
    let message = Message::Pin { code, valid_until: until };
    let change = format!("pin/{id}/{}", access.id());
    letters::send(unit, access, organization, account, &message, &change, Some(until)).await?;
    Ok(Some(id))
}

async fn pin_under_way(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    request: &Request,
    account: &Account,
) -> Result<Option<(String, Code)>, AccessError> {
    let now = access.now();
    for pin in pins::of_request(unit, &organization.id, &request.id).await? {
        if pin.account_id == account.id
            && is_good(&pin, account, now)
            && sets_password(&pin, account)
            && let Some(code) = access.keys.code_again(PIN, &pin.id, 0, &pin.hash)
        {
            return Ok(Some((pin.id, code)));
        }
    }
    if !may_mail(unit, access, organization, PINS, &account.id).await? {
        return Ok(None);
    }
    let id = access.id();
    let code = access.keys.code(PIN, &id, 0);
    let new = NewPin {
        id: &id,
        organization_id: &organization.id,
        account_id: &account.id,
        request_id: &request.id,
        hash: &access.keys.code_hash(PIN, &id, &code),
        now,
        // With its request, so that the time tells nothing: a PIN in place of one that a lock killed lives no longer.
        expires_at: request.expires_at,
    };
    pins::add(unit, &new).await?;
    Ok(Some((id, code)))
}
