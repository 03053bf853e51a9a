//! Inviting staff: the account is made, *Welcome to …* goes out, and its link leads to the first password
//! ([`crate::reset`]).

use std::fmt;

use jiff::SignedDuration;
use portico_rules::Lang;
use portico_rules::email::{self, EmailAddress, EmailProblem};
use portico_rules::identity::LONGEST_TEXT;
use portico_rules::policy::SignInWith;
use portico_store::Unit;
use portico_store::accounts::{self, NewAccount};
use portico_store::limits::{self, Limit};
use serde_json::json;

use crate::audit::{self, Event};
use crate::organization::Organization;
use crate::people::Sought;
use crate::reset;
use crate::{Access, AccessError};

/// Mails with an invitation to one address.
const MAILS: Limit = Limit { kind: "invitation", at_most: 10, within: SignedDuration::from_hours(1) };

/// What came of inviting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InviteOutcome {
    /// The welcome mail is on its way.
    Invited {
        /// The account.
        account_id: String,
        /// They had been invited before and had not chosen a password: a fresh link, the account as it was.
        again: bool,
    },
    /// Nothing happened.
    Refused(InviteRefusal),
}

/// Why nobody was invited. Each prints a sentence that says what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InviteRefusal {
    /// The address is none.
    Email(EmailProblem),
    /// No name, control characters in it, or more than 200 characters.
    Name,
    /// `support` and `administrator` are not built yet.
    OperatorsNotYet,
    /// No such role.
    UnknownRole,
    /// The organization's people do not sign in with an email.
    NotByEmail,
    /// The address has an account whose password is chosen.
    HasAccount,
    /// The address has an account that the desk disabled.
    Disabled,
    /// As many invitations as one address may have for now.
    TooMany,
}

impl fmt::Display for InviteRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Email(EmailProblem::Missing) => "the email address is empty: give one such as sam@clinic.example",
            Self::Email(EmailProblem::NotAnAddress) => {
                "this is no email address: give one such as sam@clinic.example"
            }
            Self::Email(EmailProblem::TooLong) => "the email address is longer than mail servers take: give another",
            Self::Name => "the name must be 1 to 200 characters on one line",
            Self::OperatorsNotYet => {
                "the roles support and administrator are not available in this version: invite with --role user"
            }
            Self::UnknownRole => "the role must be user",
            Self::NotByEmail => {
                "this organization's people sign in with a User ID and register themselves: \
                 to invite staff, set sign_in_with to \"email\" or \"either\" under [policy]"
            }
            Self::HasAccount => {
                "this address has an account and its password is chosen: its owner can use Reset your password"
            }
            Self::Disabled => "this address has an account that is disabled: use `portico account reactivate`",
            Self::TooMany => "this address was invited ten times within an hour: wait before inviting it again",
        })
    }
}

/// Waits until nobody else gives an address to an account, and makes others wait until the unit ends.
///
/// # Errors
/// [`AccessError::Store`].
pub(crate) async fn take_turn(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    address: &EmailAddress,
) -> Result<(), AccessError> {
    let subject = access.keys.fingerprint(MAILS.kind, &organization.id, &address.normalised());
    Ok(limits::take_turn(unit, MAILS, &subject, access.now()).await?)
}

/// Invites somebody, or once more somebody who has not chosen a password yet. Earlier links stay good until one is used.
///
/// # Errors
/// [`AccessError`].
pub async fn invite(
    access: &Access,
    organization: &Organization,
    email: &str,
    name: &str,
    role: &str,
    language: Lang,
) -> Result<InviteOutcome, AccessError> {
    let refuse = |refusal| Ok(InviteOutcome::Refused(refusal));
    match role {
        "user" => {}
        "support" | "administrator" => return refuse(InviteRefusal::OperatorsNotYet),
        _ => return refuse(InviteRefusal::UnknownRole),
    }
    if organization.policy.sign_in_with == SignInWith::UserId {
        return refuse(InviteRefusal::NotByEmail);
    }
    let address = match email::check(email) {
        Ok(address) => address,
        Err(problem) => return refuse(InviteRefusal::Email(problem)),
    };
    let name = name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_TEXT || name.chars().any(char::is_control) {
        return refuse(InviteRefusal::Name);
    }

    let now = access.now();
    let mut unit = access.store.begin().await?;
    // Invitations of one address take turns here, with those who change theirs to it, so that it gets one account.
    let subject = access.keys.fingerprint(MAILS.kind, &organization.id, &address.normalised());
    if !limits::take(&mut unit, MAILS, &subject, now).await? {
        return refuse(InviteRefusal::TooMany);
    }
    let mut found = reset::find_by_address(&mut unit, access, organization, &address).await?;
    if found.iter().any(|account| account.password_hash.is_some()) {
        return refuse(InviteRefusal::HasAccount);
    }
    if found.iter().any(|account| account.disabled_at.is_some()) {
        return refuse(InviteRefusal::Disabled);
    }
    let again = found.pop();
    let account_id = match &again {
        Some(account) => account.id.clone(),
        None => {
            let id = access.id();
            let seal = |place, text: &str| access.keys.seal(&*access.randomness, place, text.as_bytes());
            let fingerprint = Sought::Email(address.as_str()).fingerprint(&access.keys, &organization.id);
            let mut history_salt = [0; 16];
            access.randomness.fill(&mut history_salt);
            accounts::add(
                &mut unit,
                NewAccount {
                    id: &id,
                    organization_id: &organization.id,
                    person_id: None,
                    role,
                    name: &seal(accounts::NAME.of(&id), name),
                    user_id: None,
                    email: Some((&seal(accounts::EMAIL.of(&id), address.as_str()), &fingerprint)),
                    language: language.code(),
                    history_salt: &history_salt,
                    created_at: now,
                },
            )
            .await?;
            id
        }
    };
    let account = accounts::lookup(&mut unit, &organization.id, &account_id)
        .await?
        .ok_or(AccessError::Unreadable { place: "accounts.id" })?;
    let life = SignedDuration::from_hours(i64::from(organization.policy.welcome_hours));
    let recovery =
        reset::send_link(&mut unit, access, organization, Some(&account), true, life, true).await?;
    let detail = json!({ "recovery": recovery, "role": role, "again": again.is_some() });
    audit::append(&mut unit, access, &organization.id, Event::AccountInvited, Some(&account_id), detail)
        .await?;
    unit.commit().await?;
    Ok(InviteOutcome::Invited { account_id, again: again.is_some() })
}
