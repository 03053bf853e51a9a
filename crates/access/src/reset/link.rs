//! The link, and the code that its page sends.

use jiff::{SignedDuration, Timestamp};
use portico_mail::Message;
use portico_rules::Lang;
use portico_rules::code::CodeProblem;
use portico_rules::password::PasswordRules;
use portico_store::accounts::{self, Account};
use portico_store::limits::{self, Limit};
use portico_store::recoveries::{self, Recovery};
use portico_store::registrations::{CODE_ATTEMPTS, NewCode};
use portico_store::{Unit, encode_base32};
use serde_json::json;

use super::{Barred, CODE, LinkPage, LinkToken, Names, Purpose, Ready, Stage, TOKEN};
use crate::accounts::State;
use crate::audit::{self, Event};
use crate::organization::Organization;
use crate::registration::read_code;
use crate::secret::{Code, Token};
use crate::{Access, AccessError, letters, people};

/// Mails with a code for one account, over all its links.
const MAILS: Limit = Limit { kind: "recovery_code_mail", at_most: 10, within: SignedDuration::from_hours(1) };

/// What came of *Get my security code*.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendCodeOutcome {
    /// The second mail is on its way.
    Sent {
        /// The first moment at which the code is no longer good.
        until: Timestamp,
    },
    /// As many mails as one account may have for now.
    TooMany,
    /// The link is not good.
    Link(LinkPage),
}

/// What came of entering a code.
#[derive(Debug, Clone)]
pub enum ProveOutcome {
    /// It is the one that was sent.
    Proven {
        /// For the cookie, in place of the one there is.
        token: LinkToken,
    },
    /// Not a code at all. It does not count as an entry.
    Problem(CodeProblem),
    /// Another code than the one sent.
    Wrong {
        /// How many wrong entries are left.
        left: u32,
    },
    /// Too many wrong entries: this code is no longer good, a new one may be asked for.
    Ended,
    /// The code was good until a while ago, or none was asked for; a new one may be.
    Expired,
    /// The code was right, but the account may not be used.
    Barred(Barred),
    /// The link is not good.
    Link(LinkPage),
}

/// A link that is good, and the account it is for.
pub(super) struct Good {
    pub(super) recovery: Recovery,
    pub(super) account: Account,
}

/// The link, if it is good at this moment.
pub(super) async fn find(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    token: &LinkToken,
) -> Result<Result<Good, LinkPage>, AccessError> {
    let hash = access.keys.token_hash(TOKEN, &token.link);
    let Some(recovery) = recoveries::find_by_token(unit, &organization.id, &hash).await? else {
        return Ok(Err(LinkPage::Unknown));
    };
    let Some(account_id) = &recovery.account_id else {
        return Ok(Err(LinkPage::Unknown));
    };
    let Some(account) = accounts::lookup(unit, &organization.id, account_id).await? else {
        return Ok(Err(LinkPage::Unknown));
    };
    if recovery.used_at.is_some() || recovery.voided_at.is_some() {
        return Ok(Err(LinkPage::Used));
    }
    if recovery.expires_at <= access.now() || recovery.created_at <= account.void_before {
        let welcome = recovery.invited_at.is_some() && account.password_hash.is_none();
        return Ok(Err(LinkPage::Expired { welcome }));
    }
    Ok(Ok(Good { recovery, account }))
}

/// The proof that the code of a link's round came back. It follows from the keys, so that nothing has to be kept and
/// every browser that has entered the code has it.
fn proof(access: &Access, recovery: &Recovery) -> Result<Token, AccessError> {
    let bytes = [recovery.id.as_bytes(), b"/", &recovery.code_round.to_be_bytes()].concat();
    let mac = access.keys.mac("recovery proof", &bytes);
    // The last 32 bytes are the hash; before them is the name of the key.
    mac.split_last_chunk::<32>()
        .and_then(|(_, hash)| Token::parse(&encode_base32(hash)))
        .ok_or(AccessError::Interrupted)
}

/// Whether the code came back in this browser, lately enough: as long ago as a code is good for, at most.
pub(super) fn is_proven(
    access: &Access,
    organization: &Organization,
    recovery: &Recovery,
    token: &LinkToken,
) -> Result<bool, AccessError> {
    let minutes = SignedDuration::from_mins(i64::from(organization.policy.code_minutes));
    let is_recent = recovery
        .code_proven_at
        .and_then(|at| at.checked_add(minutes).ok())
        .is_some_and(|until| until > access.now());
    Ok(is_recent && token.has(&proof(access, recovery)?))
}

/// What there is behind a link. It changes nothing: for the GET of a page.
///
/// # Errors
/// [`AccessError`].
pub async fn open_link(
    access: &Access,
    organization: &Organization,
    token: &LinkToken,
) -> Result<LinkPage, AccessError> {
    let now = access.now();
    let mut unit = access.store.read().await?;
    let Good { recovery, account } = match find(&mut unit, access, organization, token).await? {
        Ok(good) => good,
        Err(page) => return Ok(page),
    };
    let stage = if is_proven(access, organization, &recovery, token)? {
        Stage::Proven(names(&mut unit, access, &account).await?)
    } else {
        match &recovery.code {
            None => Stage::Start,
            Some(code) if code.expires_at > now && code.failures < CODE_ATTEMPTS => {
                Stage::CodeSent { until: code.expires_at }
            }
            Some(_) => Stage::CodeOver,
        }
    };
    let purpose = if account.password_hash.is_none() { Purpose::First } else { Purpose::Change };
    Ok(LinkPage::Ready(Box::new(Ready { purpose, stage, rules: PasswordRules::of(&organization.policy) })))
}

/// *Get my security code*: sends the second mail. Within the life of the code the same one goes out again.
///
/// # Errors
/// [`AccessError`].
pub async fn send_code(
    access: &Access,
    organization: &Organization,
    token: &LinkToken,
    language: Lang,
) -> Result<SendCodeOutcome, AccessError> {
    let now = access.now();
    let mut unit = access.store.read().await?;
    let account_id = match find(&mut unit, access, organization, token).await? {
        Ok(good) => good.account.id,
        Err(page) => return Ok(SendCodeOutcome::Link(page)),
    };
    drop(unit);

    let mut unit = access.store.begin().await?;
    let subject = access.keys.fingerprint(MAILS.kind, &organization.id, &account_id);
    if !limits::take(&mut unit, MAILS, &subject, now).await? {
        return Ok(SendCodeOutcome::TooMany);
    }
    // Asked again, now that nobody else sends codes for this account.
    let Good { recovery, account } = match find(&mut unit, access, organization, token).await? {
        Ok(good) => good,
        Err(page) => return Ok(SendCodeOutcome::Link(page)),
    };
    let under_way = recovery
        .code
        .as_ref()
        .filter(|code| code.expires_at > now && code.failures < CODE_ATTEMPTS)
        .and_then(|issued| {
            let code = access.keys.code_again(CODE, &recovery.id, recovery.code_round, &issued.hash)?;
            Some((code, issued.expires_at))
        });
    let (code, until) = match under_way {
        Some(under_way) => under_way,
        None => {
            let round = recovery.code_round + 1;
            let code = access.keys.code(CODE, &recovery.id, round);
            let minutes = SignedDuration::from_mins(i64::from(organization.policy.code_minutes));
            // A code is of no use without its link.
            let until = now.checked_add(minutes).unwrap_or(Timestamp::MAX).min(recovery.expires_at);
            let hash = access.keys.code_hash(CODE, &recovery.id, &code);
            let new = NewCode { round, hash: &hash, expires_at: until };
            if !recoveries::issue_code(&mut unit, &recovery.id, &new, now).await? {
                return Err(AccessError::Interrupted);
            }
            (code, until)
        }
    };
    let message = Message::SecurityCode { code, valid_until: until };
    let change = format!("security-code/{}/{}", recovery.id, access.id());
    let reader = in_language(&account, language);
    letters::send(&mut unit, access, organization, &reader, &message, &change, Some(until)).await?;
    let detail = json!({ "recovery": recovery.id });
    audit::append(&mut unit, access, &organization.id, Event::RecoveryCodeSent, Some(&account.id), detail)
        .await?;
    unit.commit().await?;
    Ok(SendCodeOutcome::Sent { until })
}

/// Takes the code that was mailed. Entries are counted before they are compared: of any number at once, five are. A
/// right code stays good for its life, since the password that comes with it may be refused.
///
/// # Errors
/// [`AccessError`].
pub async fn prove_code(
    access: &Access,
    organization: &Organization,
    token: &LinkToken,
    entered: &str,
) -> Result<ProveOutcome, AccessError> {
    let now = access.now();
    let mut unit = access.store.read().await?;
    let Good { recovery, account } = match find(&mut unit, access, organization, token).await? {
        Ok(good) => good,
        Err(page) => return Ok(ProveOutcome::Link(page)),
    };
    drop(unit);
    let entered = match read_code(entered) {
        Ok(code) => code,
        Err(problem) => return Ok(ProveOutcome::Problem(problem)),
    };

    let mut unit = access.store.begin().await?;
    let Some(counted) = recoveries::take_attempt(&mut unit, &recovery.id, now).await? else {
        return why_not(&mut unit, access, organization, token).await;
    };
    let detail = json!({ "recovery": counted.id });
    let is_right = is_right(access, &counted, &entered);
    if is_right {
        recoveries::prove_code(&mut unit, &counted.id, now).await?;
    }
    let event = if is_right { Event::RecoveryCodeProven } else { Event::RecoveryCodeFailed };
    audit::append(&mut unit, access, &organization.id, event, Some(&account.id), detail).await?;
    unit.commit().await?;
    if !is_right {
        let failures = counted.code.map_or(CODE_ATTEMPTS, |code| code.failures);
        return Ok(match u32::try_from(CODE_ATTEMPTS - failures).unwrap_or(0) {
            0 => ProveOutcome::Ended,
            left => ProveOutcome::Wrong { left },
        });
    }
    let mut unit = access.store.read().await?;
    Ok(match barred(&mut unit, organization, &account, now).await? {
        Some(barred) => ProveOutcome::Barred(barred),
        None => {
            let proof = Some(proof(access, &counted)?);
            ProveOutcome::Proven { token: LinkToken { link: token.link.clone(), proof } }
        }
    })
}

fn is_right(access: &Access, counted: &Recovery, entered: &Code) -> bool {
    let code = counted.code.as_ref();
    code.is_some_and(|code| access.keys.code_matches(CODE, &counted.id, entered, &code.hash))
}

/// Why there was no code to compare with.
async fn why_not(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    token: &LinkToken,
) -> Result<ProveOutcome, AccessError> {
    Ok(match find(unit, access, organization, token).await? {
        Ok(good) => match good.recovery.code {
            Some(code) if code.expires_at > access.now() => ProveOutcome::Ended,
            _ => ProveOutcome::Expired,
        },
        Err(page) => ProveOutcome::Link(page),
    })
}

/// Why an account may not be used, for somebody who has proven that it is theirs.
pub(crate) async fn barred(
    unit: &mut Unit,
    organization: &Organization,
    account: &Account,
    now: Timestamp,
) -> Result<Option<Barred>, AccessError> {
    Ok(match crate::accounts::state(unit, organization, account, now).await? {
        State::Disabled { .. } => Some(Barred::Disabled),
        State::Expired { since } => Some(Barred::Expired { since }),
        State::Ended { last_day } => Some(Barred::CoverageEnded { last_day }),
        State::Invited | State::Active | State::Locked { .. } => None,
    })
}

/// What a password may not be: the names of the roster, and for those who are not on it the first word of the name and
/// the rest; the User ID and the address.
pub(crate) async fn names(unit: &mut Unit, access: &Access, account: &Account) -> Result<Names, AccessError> {
    let text = |place, sealed: &Option<_>| match sealed {
        Some(sealed) => access.keys.open_text(place, sealed).map(|text| text.to_string()),
        None => Ok(String::new()),
    };
    let user_id = text(accounts::USER_ID.of(&account.id), &account.user_id)?;
    let email = text(accounts::EMAIL.of(&account.id), &account.email)?;
    if let Some(person_id) = &account.person_id
        && let Some(record) = people::lookup(unit, access, &account.organization_id, person_id).await?
    {
        let (first, last) = (record.first_name.clone(), record.last_name.clone());
        return Ok(Names { first, last, user_id, email });
    }
    let name = access.keys.open_text(accounts::NAME.of(&account.id), &account.name)?;
    let (first, last) = name.split_once(' ').unwrap_or((&name, ""));
    Ok(Names { first: first.to_owned(), last: last.to_owned(), user_id, email })
}

/// The account as the reader of a mail they asked for in `language`.
pub(crate) fn in_language(account: &Account, language: Lang) -> Account {
    Account { language: language.code().to_owned(), ..account.clone() }
}
