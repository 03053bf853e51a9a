//! Asking for a link.

use jiff::{SignedDuration, Timestamp};
use portico_mail::Message;
use portico_mail::outbox::{Letter, enqueue, message_id_domain};
use portico_rules::Lang;
use portico_rules::email::{self, EmailAddress, EmailProblem};
use portico_rules::policy::Recovery;
use portico_store::Unit;
use portico_store::accounts::{self, Account};
use portico_store::limits::{self, Limit};
use portico_store::recoveries::{self, NewRecovery};
use serde_json::json;

use super::link::in_language;
use super::{LINK, TOKEN};
use crate::audit::{self, Event};
use crate::organization::Organization;
use crate::people::Sought;
use crate::secret::Token;
use crate::{Access, AccessError, letters};

/// Mails with a link or a PIN for one account (CONTRACT.md, Pages).
pub(crate) const MAILS: Limit =
    Limit { kind: "recovery_mail", at_most: 10, within: SignedDuration::from_hours(1) };

/// Mails to one address without an account (CONTRACT.md, Pages).
const NO_ACCOUNT: Limit = Limit { kind: "no_account", at_most: 1, within: SignedDuration::from_hours(24) };

/// Mails to addresses without an account that one network asks for (CONTRACT.md, Pages).
const NO_ACCOUNT_BY_NETWORK: Limit =
    Limit { kind: "no_account_by_network", at_most: 10, within: SignedDuration::from_hours(1) };

/// What came of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestOutcome {
    /// *If we have an account for what you entered, an email is on its way.* It says nothing about whether there is.
    Requested,
    /// Not an address at all.
    Problem(EmailProblem),
    /// The organization's people recover access another way.
    NotOffered,
}

/// Sends a link to every account that has the address, or *No account found* to an address that none has. Links sent
/// before stay good until one is used. `network` is where the request came from, as coarse as its limit is to be.
///
/// # Errors
/// [`AccessError`].
pub async fn request(
    access: &Access,
    organization: &Organization,
    entered: &str,
    language: Lang,
    network: &str,
) -> Result<RequestOutcome, AccessError> {
    if organization.policy.recovery != Recovery::LinkAndCode {
        return Ok(RequestOutcome::NotOffered);
    }
    let address = match email::check(entered) {
        Ok(address) => address,
        Err(problem) => return Ok(RequestOutcome::Problem(problem)),
    };
    let mut unit = access.store.begin().await?;
    let accounts = find(&mut unit, access, organization, &address).await?;
    let mut requested = Vec::new();
    for account in &accounts {
        let may = may_mail(&mut unit, access, organization, MAILS, &account.id).await?;
        let reader = in_language(account, language);
        let minutes = SignedDuration::from_mins(i64::from(organization.policy.link_minutes));
        let recovery = send_link(&mut unit, access, organization, Some(&reader), false, minutes, may).await?;
        requested.push((Some(account.id.as_str()), json!({ "recovery": recovery, "sent": may })));
    }
    if accounts.is_empty() {
        // Nobody's link is never sent: it is kept so that a request costs the same whoever it is for.
        let recovery =
            send_link(&mut unit, access, organization, None, false, SignedDuration::ZERO, false).await?;
        let message = Message::NoAccountFound {
            try_again: organization.url(access, "/reset-password"),
            with_birthday: false,
        };
        let sent =
            tell_stranger(&mut unit, access, organization, &address, &message, language, network).await?;
        requested.push((None, json!({ "recovery": recovery, "sent": sent })));
    }
    for (account_id, detail) in requested {
        let event = Event::RecoveryRequested;
        audit::append(&mut unit, access, &organization.id, event, account_id, detail).await?;
    }
    unit.commit().await?;
    Ok(RequestOutcome::Requested)
}

/// The accounts of an address, by whichever key it was kept.
pub(crate) async fn find(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    address: &EmailAddress,
) -> Result<Vec<Account>, AccessError> {
    let mut found = Vec::new();
    for fingerprint in Sought::Email(address.as_str()).fingerprints(&access.keys, &organization.id) {
        found.extend(accounts::find_by_email(unit, &organization.id, &fingerprint).await?);
    }
    Ok(found)
}

/// Takes one of a limit on mails about `subject`, unless that would be more than the limit.
pub(crate) async fn may_mail(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    limit: Limit,
    subject: &str,
) -> Result<bool, AccessError> {
    let subject = access.keys.fingerprint(limit.kind, &organization.id, subject);
    Ok(limits::take(unit, limit, &subject, access.now()).await?)
}

/// Keeps a new link that is good for `life`, and puts the mail with it into the unit unless it is not to be sent. The
/// link's id.
pub(crate) async fn send_link(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    account: Option<&Account>,
    invited: bool,
    life: SignedDuration,
    sent: bool,
) -> Result<String, AccessError> {
    let now = access.now();
    let id = access.id();
    let token = Token::new(&*access.randomness);
    let expires_at = now.checked_add(life).unwrap_or(Timestamp::MAX);
    recoveries::add(
        unit,
        &NewRecovery {
            id: &id,
            organization_id: &organization.id,
            account_id: account.map(|account| account.id.as_str()),
            invited,
            token_hash: &access.keys.token_hash(TOKEN, &token),
            now,
            expires_at,
            sent,
        },
    )
    .await?;
    if let Some(account) = account.filter(|_| sent) {
        let link = organization.url(access, &format!("{LINK}{}", token.expose()));
        let message = if invited {
            Message::Welcome { link, hours: organization.policy.welcome_hours }
        } else {
            Message::ResetPassword { link, valid_until: expires_at }
        };
        let change = format!("link/{id}");
        letters::send(unit, access, organization, account, &message, &change, Some(expires_at)).await?;
    }
    Ok(id)
}

/// Puts a mail to an address that nobody asked for has into the unit, as far as the limits on such mails let it. Returns
/// whether it did.
pub(crate) async fn tell_stranger(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    address: &EmailAddress,
    message: &Message,
    language: Lang,
    network: &str,
) -> Result<bool, AccessError> {
    if !may_mail(unit, access, organization, NO_ACCOUNT, &address.normalised()).await?
        || !may_mail(unit, access, organization, NO_ACCOUNT_BY_NETWORK, network).await?
    {
        return Ok(false);
    }
    let letter = Letter {
        organization_id: &organization.id,
        account_id: None,
        to: address.as_str(),
        first_name: None,
        language,
        message,
        sender: &organization.sender(),
        message_id_domain: &message_id_domain(&access.public_url),
        change: &format!("no-account/{}", access.id()),
        expires_at: None,
    };
    enqueue(unit, &access.keys, &*access.randomness, access.now(), &letter).await?;
    Ok(true)
}
