//! Mails to the owner of an account.

use jiff::Timestamp;
use portico_mail::Message;
use portico_mail::outbox::{Letter, enqueue, message_id_domain};
use portico_rules::Lang;
use portico_store::Unit;
use portico_store::accounts::{self, Account};

use crate::organization::Organization;
use crate::{Access, AccessError, people};

/// Puts a mail to the owner into the unit; nothing where the account has no address. `change` names what the mail is
/// about, so that it goes out once: see [`Letter::change`].
///
/// # Errors
/// [`AccessError`]; the unit must not be committed then.
pub async fn send(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    account: &Account,
    message: &Message,
    change: &str,
    expires_at: Option<Timestamp>,
) -> Result<(), AccessError> {
    let Some(email) = &account.email else {
        return Ok(());
    };
    let to = access.keys.open_text(accounts::EMAIL.of(&account.id), email)?;
    let name = greeting(unit, access, account).await?;
    let letter = Letter {
        organization_id: &organization.id,
        account_id: Some(&account.id),
        to: &to,
        first_name: Some(&name),
        language: Lang::from_code(&account.language).unwrap_or_default(),
        message,
        sender: &organization.sender(),
        message_id_domain: &message_id_domain(&access.public_url),
        change,
        expires_at,
    };
    enqueue(unit, &access.keys, &*access.randomness, access.now(), &letter).await?;
    Ok(())
}

/// The first name on the roster; of those who are not on it, the whole name.
async fn greeting(unit: &mut Unit, access: &Access, account: &Account) -> Result<String, AccessError> {
    if let Some(person_id) = &account.person_id
        && let Some(record) = people::lookup(unit, access, &account.organization_id, person_id).await?
    {
        return Ok(record.first_name.clone());
    }
    Ok(access.keys.open_text(accounts::NAME.of(&account.id), &account.name)?.to_string())
}
