//! A signed-in person changes their own email address: the current password begins it (ASVS 5.0, V7.5.1), and the code
//! that went to the new address ends it.
//!
//! What is seen says nothing about whether somebody else has the address. People of one household may share one; where it
//! is all that somebody signs in with it may not. Then no code goes out and none is right, and the owner of the
//! address, and nobody else, is told by mail.

use jiff::{SignedDuration, Timestamp};
use portico_mail::Message;
use portico_mail::outbox::{Letter, enqueue, message_id_domain};
use portico_rules::Lang;
use portico_rules::code::CodeProblem;
use portico_rules::email::{self, EmailAddress, EmailProblem};
use portico_rules::policy::SignInWith;
use portico_store::Unit;
use portico_store::accounts::{self, Account};
use portico_store::email_changes::{self, EMAIL, EmailChange, NewEmailChange};
use portico_store::keys::Sealed;
use portico_store::limits::Limit;
use portico_store::registrations::CODE_ATTEMPTS;
use serde_json::json;
use tracing::Instrument as _;

use crate::audit::{self, Event};
use crate::current_password::{self, CurrentMistake};
use crate::disavowal;
use crate::organization::Organization;
use crate::people::Sought;
use crate::registration::read_code;
use crate::reset::{find_by_address, may_mail};
use crate::secret::{Code, Password, Token};
use crate::sessions::{self, SignedIn};
use crate::{Access, AccessError, invite, letters};

/// Sets the codes of these changes apart from all others.
const CODE: &str = "email change";

/// Mails with a code that one account asks for, to whatever address.
const MAILS: Limit = Limit { kind: "email_change_mail", at_most: 10, within: SignedDuration::from_hours(1) };

/// Codes of one account. Each bears five guesses, so fifty a day of a hundred million.
const CODES: Limit = Limit { kind: "email_change_code", at_most: 10, within: SignedDuration::from_hours(24) };

/// The owner of an address is told once a day that somebody wanted it, so that nobody can flood them.
const OWNER_TOLD: Limit = Limit { kind: "email_in_use", at_most: 1, within: SignedDuration::from_hours(24) };

/// How far a person has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// The new address, and the current password.
    Ask,
    /// The code.
    Code {
        /// Where it went, as it was typed.
        address: String,
        /// The first moment at which it is no longer good.
        until: Timestamp,
    },
}

/// What is wrong with a new address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmailMistake {
    /// It is none.
    Problem(EmailProblem),
    /// It is the one that the account has.
    Same,
}

/// What came of asking.
#[derive(Debug)]
pub enum StartOutcome {
    /// A code is on its way to the address, if it may be had. The session goes on under another token.
    Sent {
        /// For the cookie, in place of the one there is.
        token: Token,
    },
    /// Something is to be put right; at least one of the two is there.
    Again {
        /// About the address.
        email: Option<EmailMistake>,
        /// About the current password.
        current: Option<CurrentMistake>,
    },
    /// As many mails or codes as one account may have for now.
    TooMany,
    /// The session ended meanwhile.
    SessionOver,
}

/// What came of asking for the code once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendOutcome {
    /// It is on its way.
    Sent,
    /// As many mails or codes as one account may have for now.
    TooMany,
    /// There is nothing under way, or no longer: address and password are asked for.
    Over,
}

/// What came of entering the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProveOutcome {
    /// The address is the account's. It and the one before have been told.
    Changed,
    /// Not a code at all. It does not count as an entry.
    Problem(CodeProblem),
    /// Another code than the one sent, if one was.
    Wrong {
        /// How many wrong entries are left.
        left: u32,
    },
    /// Too many wrong entries: a new code may be asked for.
    Ended,
    /// There is nothing under way, or no longer: address and password are asked for.
    Over,
}

/// How far the person has come. It changes nothing: for the GET of the page.
///
/// # Errors
/// [`AccessError`].
pub async fn stage(
    access: &Access,
    organization: &Organization,
    signed_in: &SignedIn,
) -> Result<Stage, AccessError> {
    let mut unit = access.store.read().await?;
    let Some((_, change)) = find(&mut unit, access, organization, &signed_in.account_id).await? else {
        return Ok(Stage::Ask);
    };
    let address = access.keys.open_text(EMAIL.of(&change.id), &change.email)?.to_string();
    Ok(Stage::Code { address, until: change.code.expires_at })
}

/// Begins a change with the current password, in place of any that is under way. What is wrong with the address is said
/// first and costs nothing. As with signing in, the decision runs on when the caller goes away. The mail with the code is
/// in `language`, that of the page.
///
/// # Errors
/// [`AccessError`]; with [`AccessError::Busy`] the attempt does not count.
pub async fn start(
    access: &Access,
    organization: &Organization,
    signed_in: &SignedIn,
    entered: &str,
    current: Password,
    language: Lang,
) -> Result<StartOutcome, AccessError> {
    let (access, organization, signed_in) = (access.clone(), organization.clone(), signed_in.clone());
    let entered = email::check(entered);
    let decision =
        async move { decide(&access, &organization, &signed_in, entered, &current, language).await };
    let decision = tokio::spawn(decision.in_current_span());
    decision.await.unwrap_or(Err(AccessError::Interrupted))
}

async fn decide(
    access: &Access,
    organization: &Organization,
    signed_in: &SignedIn,
    entered: Result<EmailAddress, EmailProblem>,
    current: &Password,
    language: Lang,
) -> Result<StartOutcome, AccessError> {
    let (id, SignedIn { account_id, session_id, .. }) = (&organization.id, signed_in);
    let mut unit = access.store.read().await?;
    let Some(account) = accounts::lookup(&mut unit, id, account_id).await? else {
        return Ok(StartOutcome::SessionOver);
    };
    drop(unit);
    let address = match entered {
        Ok(address) if !is_own(access, &account, &address)? => Ok(address),
        Ok(_) => Err(EmailMistake::Same),
        Err(problem) => Err(EmailMistake::Problem(problem)),
    };
    let address = match address {
        Ok(address) => address,
        Err(mistake) => {
            let current = current.expose().is_empty().then_some(CurrentMistake::Missing);
            return Ok(StartOutcome::Again { email: Some(mistake), current });
        }
    };
    let again = |mistake| Ok(StartOutcome::Again { email: None, current: Some(mistake) });
    let proof = match current_password::check(access, organization, signed_in, current).await? {
        Ok(proof) => proof,
        Err(mistake) => return again(mistake),
    };

    let now = access.now();
    let mut unit = access.store.begin().await?;
    if !current_password::settle(&mut unit, &proof).await? {
        return again(CurrentMistake::Wrong);
    }
    if !may_mail(&mut unit, access, organization, MAILS, account_id).await?
        || !may_mail(&mut unit, access, organization, CODES, account_id).await?
    {
        // The password was right, whatever becomes of the mail: the attempts are forgotten.
        unit.commit().await?;
        return Ok(StartOutcome::TooMany);
    }
    let Some(token) = sessions::rotate(&mut unit, access, id, session_id).await? else {
        return Ok(StartOutcome::SessionOver);
    };
    let change_id = access.id();
    let email = access.keys.seal(&*access.randomness, EMAIL.of(&change_id), address.as_str().as_bytes());
    let round = Round { change_id: &change_id, email: &email, number: 1, started_at: now };
    let issued = issue(&mut unit, access, organization, account_id, &round).await?;
    mail(&mut unit, access, organization, proof.account(), &address, issued, language).await?;
    let detail = json!({ "change": change_id });
    audit::append(&mut unit, access, id, Event::AccountEmailCodeSent, Some(account_id), detail).await?;
    unit.commit().await?;
    Ok(StartOutcome::Sent { token })
}

/// *Send it again*: the same code, or after five wrong entries another one.
///
/// # Errors
/// [`AccessError`].
pub async fn send_again(
    access: &Access,
    organization: &Organization,
    signed_in: &SignedIn,
    language: Lang,
) -> Result<SendOutcome, AccessError> {
    let (id, account_id) = (&organization.id, &signed_in.account_id);
    let mut unit = access.store.begin().await?;
    accounts::hold(&mut unit, id, account_id).await?;
    let Some((account, change)) = find(&mut unit, access, organization, account_id).await? else {
        return Ok(SendOutcome::Over);
    };
    if !may_mail(&mut unit, access, organization, MAILS, account_id).await? {
        return Ok(SendOutcome::TooMany);
    }
    let address = address_of(access, &change)?;
    let under_way = (change.code.failures < CODE_ATTEMPTS)
        .then(|| access.keys.code_again(CODE, &change.id, change.code_round, &change.code.hash))
        .flatten();
    let issued = match under_way {
        Some(code) => Issued { code, until: change.code.expires_at },
        None => {
            if !may_mail(&mut unit, access, organization, CODES, account_id).await? {
                return Ok(SendOutcome::TooMany);
            }
            let round = Round {
                change_id: &change.id,
                email: &change.email,
                number: change.code_round + 1,
                started_at: change.started_at,
            };
            issue(&mut unit, access, organization, account_id, &round).await?
        }
    };
    mail(&mut unit, access, organization, &account, &address, issued, language).await?;
    let detail = json!({ "change": change.id });
    audit::append(&mut unit, access, id, Event::AccountEmailCodeSent, Some(account_id), detail).await?;
    unit.commit().await?;
    Ok(SendOutcome::Sent)
}

/// *Use another address*: ends what is under way. With nothing under way it is no mistake.
///
/// # Errors
/// [`AccessError`].
pub async fn cancel(access: &Access, signed_in: &SignedIn) -> Result<(), AccessError> {
    let mut unit = access.store.begin().await?;
    email_changes::end(&mut unit, &signed_in.account_id).await?;
    unit.commit().await?;
    Ok(())
}

/// Takes the code that was mailed, and gives the account its new address. Entries are counted before they are compared:
/// of any number at once, five are. Links, codes and PINs that were sent to the address before are void.
///
/// # Errors
/// [`AccessError`].
pub async fn prove(
    access: &Access,
    organization: &Organization,
    signed_in: &SignedIn,
    entered: &str,
) -> Result<ProveOutcome, AccessError> {
    let (now, id, account_id) = (access.now(), &organization.id, &signed_in.account_id);
    let entered = match read_code(entered) {
        Ok(code) => code,
        Err(problem) => return Ok(ProveOutcome::Problem(problem)),
    };
    let mut unit = access.store.begin().await?;
    // The account first: whatever else changes it waits or has happened, and may have ended the change.
    accounts::hold(&mut unit, id, account_id).await?;
    let Some((account, _)) = find(&mut unit, access, organization, account_id).await? else {
        return Ok(ProveOutcome::Over);
    };
    let Some(change) = email_changes::take_attempt(&mut unit, account_id, now).await? else {
        return Ok(ProveOutcome::Ended);
    };
    let address = address_of(access, &change)?;
    let detail = json!({ "change": change.id });
    // The mailbox is theirs, but somebody may have been given the address since the code went out.
    let is_right = access.keys.code_matches(CODE, &change.id, &entered, &change.code.hash)
        && is_open_to(&mut unit, access, organization, &account, &address).await?.is_ok();
    if !is_right {
        audit::append(&mut unit, access, id, Event::AccountEmailCodeFailed, Some(account_id), detail).await?;
        unit.commit().await?;
        return Ok(match u32::try_from(CODE_ATTEMPTS - change.code.failures).unwrap_or(0) {
            0 => ProveOutcome::Ended,
            left => ProveOutcome::Wrong { left },
        });
    }
    // Before the address changes, since it brings back the one that the account has now.
    let not_me = disavowal::link(&mut unit, access, organization, account_id).await?;
    let sealed = give(&mut unit, access, organization, account_id, &address).await?;
    accounts::void_issued(&mut unit, id, account_id, now).await?;
    email_changes::end(&mut unit, account_id).await?;
    let moved = Account { email: Some(sealed), ..account.clone() };
    // The new mailbox may be a thief's, who is not to use up the owner's way out.
    for (to, which, not_me) in [(&account, "before", Some(not_me)), (&moved, "after", None)] {
        let message = Message::EmailChanged { at: now, not_me };
        let mail = format!("email-changed/{}/{which}", change.id);
        letters::send(&mut unit, access, organization, to, &message, &mail, None).await?;
    }
    audit::append(&mut unit, access, id, Event::AccountEmailChanged, Some(account_id), detail).await?;
    unit.commit().await?;
    Ok(ProveOutcome::Changed)
}

/// The account and what it has under way: not when the code has expired, nor when anything since then has voided what was
/// issued for the account.
async fn find(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    account_id: &str,
) -> Result<Option<(Account, EmailChange)>, AccessError> {
    let account = accounts::lookup(unit, &organization.id, account_id).await?;
    let change = email_changes::lookup(unit, account_id).await?;
    Ok(account.zip(change).filter(|(account, change)| {
        change.code.expires_at > access.now() && change.started_at > account.void_before
    }))
}

fn address_of(access: &Access, change: &EmailChange) -> Result<EmailAddress, AccessError> {
    let text = access.keys.open_text(EMAIL.of(&change.id), &change.email)?;
    email::check(&text).map_err(|_| AccessError::Unreadable { place: "email_changes.email" })
}

/// Makes an address that of an account, and returns it as the account has it. See [`is_open_to`].
///
/// # Errors
/// [`AccessError::Store`].
pub(crate) async fn give(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    account_id: &str,
    address: &EmailAddress,
) -> Result<Sealed, AccessError> {
    let place = accounts::EMAIL.of(account_id);
    let sealed = access.keys.seal(&*access.randomness, place, address.as_str().as_bytes());
    let fingerprint = Sought::Email(address.as_str()).fingerprint(&access.keys, &organization.id);
    accounts::set_email(unit, &organization.id, account_id, (&sealed, &fingerprint)).await?;
    Ok(sealed)
}

/// Whether an address is the one that an account has.
///
/// # Errors
/// [`AccessError`] when that was sealed with other keys.
pub(crate) fn is_own(
    access: &Access,
    account: &Account,
    address: &EmailAddress,
) -> Result<bool, AccessError> {
    let Some(sealed) = &account.email else { return Ok(false) };
    let own = access.keys.open_text(accounts::EMAIL.of(&account.id), sealed)?;
    Ok(email::normalise(&own) == address.normalised())
}

/// Whether an account may have an address: yes where everybody signs in with a User ID, since households share addresses;
/// not where it belongs to another account and either of the two has no User ID, and so nothing else to sign in with.
/// Those that have it, if not.
///
/// # Errors
/// [`AccessError::Store`].
pub(crate) async fn is_open_to(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    account: &Account,
    address: &EmailAddress,
) -> Result<Result<(), Vec<Account>>, AccessError> {
    if organization.policy.sign_in_with == SignInWith::UserId {
        return Ok(Ok(()));
    }
    // Whoever else gives the address to an account waits here.
    invite::take_turn(unit, access, organization, address).await?;
    let mut others = find_by_address(unit, access, organization, address).await?;
    others.retain(|other| other.id != account.id);
    let has_user_id = |account: &Account| account.user_id.is_some();
    let is_open = others.is_empty() || (has_user_id(account) && others.iter().all(has_user_id));
    Ok(if is_open { Ok(()) } else { Err(others) })
}

/// A code to be made: the `number`th of a change.
struct Round<'a> {
    change_id: &'a str,
    email: &'a Sealed,
    number: u32,
    started_at: Timestamp,
}

/// A code to be sent.
struct Issued {
    code: Code,
    until: Timestamp,
}

async fn issue(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    account_id: &str,
    round: &Round<'_>,
) -> Result<Issued, AccessError> {
    let code = access.keys.code(CODE, round.change_id, round.number);
    let minutes = SignedDuration::from_mins(i64::from(organization.policy.code_minutes));
    let until = access.now().checked_add(minutes).unwrap_or(Timestamp::MAX);
    let new = NewEmailChange {
        account_id,
        id: round.change_id,
        email: round.email,
        round: round.number,
        hash: &access.keys.code_hash(CODE, round.change_id, &code),
        expires_at: until,
        started_at: round.started_at,
    };
    email_changes::put(unit, &new).await?;
    Ok(Issued { code, until })
}

/// Puts the mail into the unit: the code to the address, or where it may not be had the news to those who have it.
async fn mail(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    account: &Account,
    address: &EmailAddress,
    issued: Issued,
    language: Lang,
) -> Result<(), AccessError> {
    let Issued { code, until } = issued;
    match is_open_to(unit, access, organization, account, address).await? {
        Ok(()) => {
            let letter = Letter {
                organization_id: &organization.id,
                account_id: None,
                to: address.as_str(),
                // The address may be a stranger's.
                first_name: None,
                language,
                message: &Message::EmailCode { code, valid_until: until },
                sender: &organization.sender(),
                message_id_domain: &message_id_domain(&access.public_url),
                change: &format!("email-code/{}", access.id()),
                expires_at: Some(until),
            };
            enqueue(unit, &access.keys, &*access.randomness, access.now(), &letter).await?;
        }
        Err(owners) => {
            for owner in &owners {
                if may_mail(unit, access, organization, OWNER_TOLD, &owner.id).await? {
                    let change = format!("address-in-use/{}", access.id());
                    let message = Message::AddressInUse;
                    letters::send(unit, access, organization, owner, &message, &change, None).await?;
                }
            }
        }
    }
    Ok(())
}
