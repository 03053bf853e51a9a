//! The email address: a code goes there, and comes back.

use jiff::{SignedDuration, Timestamp};
use portico_mail::Message;
use portico_mail::outbox::{Letter, enqueue, message_id_domain};
use portico_rules::Lang;
use portico_rules::code::{CodeProblem, EnteredCode};
use portico_rules::email::{self, EmailAddress, EmailProblem};
use portico_rules::policy::{EmailSource, Policy};
use portico_rules::registration::{Step, first_gap};
use portico_store::Unit;
use portico_store::limits::{self, Limit};
use portico_store::registrations::{self, CODE_ATTEMPTS, EMAIL, NewCode, Registration};
use serde_json::json;

use super::{Address, Elsewhere, state};
use crate::audit::{self, Event};
use crate::organization::Organization;
use crate::people::{self, Record};
use crate::secret::{Code, Token};
use crate::{Access, AccessError};

/// Sets the codes of registrations apart from all others.
const CODE: &str = "registration";

/// Mails with a code for one person of the roster, whoever asks for them.
const MAILS: Limit = Limit { kind: "registration_mail", at_most: 10, within: SignedDuration::from_hours(1) };

/// Codes for one person of the roster. Each bears five guesses, so fifty a day of a hundred million.
const CODES: Limit = Limit { kind: "registration_code", at_most: 10, within: SignedDuration::from_hours(24) };

/// A code on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Where to.
    pub address: Address,
    /// The first moment at which the code is no longer good.
    pub until: Timestamp,
}

/// What came of asking for a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendOutcome {
    /// It is on its way: [`Step::EmailCode`].
    Sent(Sent),
    /// The address entered is none.
    Problem(EmailProblem),
    /// The address is proven already; the first step still to be done.
    Proven(Step),
    /// As many mails or codes as one person may have for now.
    TooMany,
    /// There is no address on file and the policy takes no other: the neutral page.
    CannotGoOn,
    /// Another step is to be done first.
    Elsewhere(Elsewhere),
}

/// What came of entering a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeOutcome {
    /// The address is proven; the first step still to be done.
    Next(Step),
    /// Not a code at all. It does not count as an entry.
    Problem(CodeProblem),
    /// Another code than the one sent.
    Wrong {
        /// How many wrong entries are left.
        left: u32,
    },
    /// Too many wrong entries: this code is no longer good, a new one may be asked for.
    Ended,
    /// The code was good until a while ago; a new one may be asked for.
    Expired,
    /// Another step is to be done first.
    Elsewhere(Elsewhere),
}

/// Where a policy sends the code of a person.
enum Destination {
    OnFile(EmailAddress),
    Entered,
    Nowhere,
}

/// The address that the roster has of a person, if mail can be sent there.
pub(super) fn on_file(record: &Record) -> Option<EmailAddress> {
    email::check(&record.email).ok()
}

/// `vouched`: whether there is more than the form About you to say that they are this person. Without it no address is
/// taken from them.
fn destination(policy: &Policy, record: &Record, vouched: bool) -> Destination {
    match (policy.email_source, on_file(record)) {
        (EmailSource::OnFile | EmailSource::Either, Some(address)) => Destination::OnFile(address),
        (EmailSource::OnFile, None) => Destination::Nowhere,
        (EmailSource::Either | EmailSource::Entered, _) if vouched => Destination::Entered,
        (EmailSource::Either | EmailSource::Entered, _) => Destination::Nowhere,
    }
}

/// Whether a person has an address to prove without a questionnaire: where the policy asks for one, an address that they
/// enter needs the Social Security number that is on file.
pub(super) fn has_address(policy: &Policy, record: &Record, ssn_agreed: bool) -> bool {
    let vouched = policy.questionnaire == 0 || ssn_agreed;
    !matches!(destination(policy, record, vouched), Destination::Nowhere)
}

/// Right answers, or the Social Security number on file (DESIGN.md, Register); nothing where nothing is asked.
fn is_vouched(policy: &Policy, registration: &Registration) -> bool {
    policy.questionnaire == 0
        || registration.questions_passed_at.is_some()
        || registration.ssn_agreed_at.is_some()
}

/// The address a code was sent to, or is to be proven; `None` before there is one.
pub(super) fn chosen(
    access: &Access,
    registration: &Registration,
) -> Result<Option<EmailAddress>, AccessError> {
    let Some(sealed) = &registration.email else {
        return Ok(None);
    };
    let text = access.keys.open_text(EMAIL.of(&registration.id), sealed)?;
    let unreadable = AccessError::Unreadable { place: "registrations.email" };
    email::check(&text).map(Some).map_err(|_| unreadable)
}

/// Whether the address that was proven is still the one that the policy and the roster ask for.
pub(super) fn is_current(
    policy: &Policy,
    record: &Record,
    registration: &Registration,
    proven: &EmailAddress,
) -> bool {
    match destination(policy, record, is_vouched(policy, registration)) {
        Destination::OnFile(address) => address.normalised() == proven.normalised(),
        Destination::Entered => true,
        Destination::Nowhere => false,
    }
}

/// The address as the person may see it; `None` before About you is done.
pub(super) async fn address(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    registration: &Registration,
) -> Result<Option<Address>, AccessError> {
    let Some(record) = record(unit, access, organization, registration).await? else {
        return Ok(None);
    };
    Ok(match destination(&organization.policy, &record, is_vouched(&organization.policy, registration)) {
        Destination::OnFile(address) => Some(Address::OnFile(email::mask(&address))),
        Destination::Entered => {
            let chosen = chosen(access, registration)?;
            Some(Address::Entered(chosen.map(|address| address.as_str().to_owned())))
        }
        Destination::Nowhere => None,
    })
}

/// The roster's record of the person a registration is for.
pub(super) async fn record(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    registration: &Registration,
) -> Result<Option<Record>, AccessError> {
    match &registration.person_id {
        Some(person_id) => people::lookup(unit, access, &organization.id, person_id).await,
        None => Ok(None),
    }
}

/// Sends the code: to the address on file where the policy wants that one, else to the one entered. Where nothing is
/// entered it goes to the address it went to before.
///
/// Within the life of a code the same one goes out again. Another address begins anew: nothing of the first counts.
///
/// # Errors
/// [`AccessError`].
pub async fn send_code(
    access: &Access,
    organization: &Organization,
    token: Option<&Token>,
    entered: &str,
    language: Lang,
) -> Result<SendOutcome, AccessError> {
    let mut unit = access.store.read().await?;
    let registration = match state::find_at(&mut unit, access, organization, token, Step::Email).await? {
        Ok(registration) => registration,
        Err(elsewhere) => return Ok(SendOutcome::Elsewhere(elsewhere)),
    };
    let Some(record) = record(&mut unit, access, organization, &registration).await? else {
        return Ok(SendOutcome::Elsewhere(Elsewhere::Begin));
    };
    drop(unit);
    let (to, masked) =
        match destination(&organization.policy, &record, is_vouched(&organization.policy, &registration)) {
            Destination::OnFile(address) => {
                let masked = Address::OnFile(email::mask(&address));
                (address, masked)
            }
            Destination::Entered => {
                let again = if entered.trim().is_empty() { chosen(access, &registration)? } else { None };
                let address = match again.map_or_else(|| email::check(entered), Ok) {
                    Ok(address) => address,
                    Err(problem) => return Ok(SendOutcome::Problem(problem)),
                };
                let shown = Address::Entered(Some(address.as_str().to_owned()));
                (address, shown)
            }
            Destination::Nowhere => return Ok(SendOutcome::CannotGoOn),
        };

    let mut unit = access.store.begin().await?;
    if !may_send(&mut unit, access, organization, &registration, MAILS).await? {
        return Ok(SendOutcome::TooMany);
    }
    // Asked again, now that nobody else sends codes for this person.
    let mut registration = match state::find_at(&mut unit, access, organization, token, Step::Email).await? {
        Ok(registration) => registration,
        Err(elsewhere) => return Ok(SendOutcome::Elsewhere(elsewhere)),
    };
    let before = chosen(access, &registration)?;
    let is_same = before.is_some_and(|before| before.normalised() == to.normalised());
    if is_same && registration.email_proven_at.is_some() {
        return Ok(SendOutcome::Proven(first_gap(&state::progress(&registration), &organization.policy)));
    }
    if !is_same {
        let sealed =
            access.keys.seal(&*access.randomness, EMAIL.of(&registration.id), to.as_str().as_bytes());
        registrations::change_email(&mut unit, &registration.id, &sealed).await?;
        registration.code = None;
    }
    let Some(until) = mail_code(&mut unit, access, organization, &registration, &to, language).await? else {
        return Ok(SendOutcome::TooMany);
    };
    registrations::touch(&mut unit, &registration.id, state::alive(&organization.policy, access.now()))
        .await?;
    let detail = json!({ "registration": registration.id });
    audit::append(&mut unit, access, &organization.id, Event::RegistrationCodeSent, None, detail).await?;
    unit.commit().await?;
    Ok(SendOutcome::Sent(Sent { address: masked, until }))
}

/// Takes one of what a person may be sent. Registrations of one person take turns here.
pub(super) async fn may_send(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    registration: &Registration,
    limit: Limit,
) -> Result<bool, AccessError> {
    let person_id = registration.person_id.as_deref().unwrap_or_default();
    let subject = access.keys.fingerprint(limit.kind, &organization.id, person_id);
    Ok(limits::take(unit, limit, &subject, access.now()).await?)
}

pub(super) async fn may_mail(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    registration: &Registration,
) -> Result<bool, AccessError> {
    may_send(unit, access, organization, registration, MAILS).await
}

/// Puts the mail with the code into the unit, and returns when the code ends: the code under way, or a new one.
/// `None` when no more codes are to be had for now.
pub(super) async fn mail_code(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    registration: &Registration,
    to: &EmailAddress,
    language: Lang,
) -> Result<Option<Timestamp>, AccessError> {
    let now = access.now();
    let under_way = registration
        .code
        .as_ref()
        .filter(|code| code.expires_at > now && code.failures < CODE_ATTEMPTS)
        .and_then(|issued| {
            let round = registration.code_round;
            let code = access.keys.code_again(CODE, &registration.id, round, &issued.hash)?;
            Some((code, issued.expires_at))
        });
    let (code, until) = match under_way {
        Some(under_way) => under_way,
        None => {
            if !may_send(unit, access, organization, registration, CODES).await? {
                return Ok(None);
            }
            let round = registration.code_round + 1;
            let code = access.keys.code(CODE, &registration.id, round);
            let minutes = SignedDuration::from_mins(i64::from(organization.policy.code_minutes));
            let until = state::after(now, minutes);
            let hash = access.keys.code_hash(CODE, &registration.id, &code);
            let new = NewCode { round, hash: &hash, expires_at: until };
            if !registrations::issue_code(unit, &registration.id, &new).await? {
                return Err(AccessError::Interrupted);
            }
            (code, until)
        }
    };
    let message = Message::RegistrationCode { code, valid_until: until };
    let letter = Letter {
        organization_id: &organization.id,
        account_id: None,
        to: to.as_str(),
        first_name: None,
        language,
        message: &message,
        sender: &organization.sender(),
        message_id_domain: &message_id_domain(&access.public_url),
        change: &format!("registration-code/{}/{}", registration.id, access.id()),
        expires_at: Some(until),
    };
    enqueue(unit, &access.keys, &*access.randomness, now, &letter).await?;
    Ok(Some(until))
}

/// Takes the code that was mailed. Entries are counted before they are compared: of any number at once, five are.
///
/// # Errors
/// [`AccessError`].
pub async fn prove_code(
    access: &Access,
    organization: &Organization,
    token: Option<&Token>,
    entered: &str,
) -> Result<CodeOutcome, AccessError> {
    let now = access.now();
    let mut unit = access.store.read().await?;
    let registration = match state::find_at(&mut unit, access, organization, token, Step::EmailCode).await? {
        Ok(registration) => registration,
        Err(elsewhere) => return Ok(CodeOutcome::Elsewhere(elsewhere)),
    };
    drop(unit);
    if registration.email_proven_at.is_some() {
        return Ok(CodeOutcome::Next(first_gap(&state::progress(&registration), &organization.policy)));
    }
    let entered = match read_code(entered) {
        Ok(code) => code,
        Err(problem) => return Ok(CodeOutcome::Problem(problem)),
    };
    let mut unit = access.store.begin().await?;
    let Some(counted) = registrations::take_attempt(&mut unit, &registration.id, false, now).await? else {
        drop(unit);
        return why_not(access, organization, token).await;
    };
    let detail = json!({ "registration": counted.id });
    let outcome = if is_right(access, &counted, &entered) {
        registrations::prove_email(&mut unit, &counted.id, now).await?;
        audit::append(&mut unit, access, &organization.id, Event::RegistrationEmailProven, None, detail)
            .await?;
        let progress = state::progress(&registration).after(Step::EmailCode);
        CodeOutcome::Next(first_gap(&progress, &organization.policy))
    } else {
        audit::append(&mut unit, access, &organization.id, Event::RegistrationCodeFailed, None, detail)
            .await?;
        match left(&counted) {
            0 => CodeOutcome::Ended,
            left => CodeOutcome::Wrong { left },
        }
    };
    unit.commit().await?;
    Ok(outcome)
}

/// Reads a code as it was typed.
pub(crate) fn read_code(entered: &str) -> Result<Code, CodeProblem> {
    let digits = EnteredCode::parse(entered)?;
    std::str::from_utf8(digits.digits()).ok().and_then(Code::parse).ok_or(CodeProblem::NotEightDigits)
}

/// Whether an entry that was counted is the code.
pub(super) fn is_right(access: &Access, counted: &Registration, entered: &Code) -> bool {
    let code = counted.code.as_ref();
    code.is_some_and(|code| access.keys.code_matches(CODE, &counted.id, entered, &code.hash))
}

/// How many entries are left after the one counted.
pub(super) fn left(counted: &Registration) -> u32 {
    let failures = counted.code.as_ref().map_or(CODE_ATTEMPTS, |code| code.failures);
    u32::try_from(CODE_ATTEMPTS - failures).unwrap_or(0)
}

/// Why there was no code to compare with.
async fn why_not(
    access: &Access,
    organization: &Organization,
    token: Option<&Token>,
) -> Result<CodeOutcome, AccessError> {
    let mut unit = access.store.read().await?;
    let registration = match state::find_at(&mut unit, access, organization, token, Step::EmailCode).await? {
        Ok(registration) => registration,
        Err(elsewhere) => return Ok(CodeOutcome::Elsewhere(elsewhere)),
    };
    let gap = first_gap(&state::progress(&registration), &organization.policy);
    Ok(match registration.code {
        _ if registration.email_proven_at.is_some() => CodeOutcome::Next(gap),
        None => CodeOutcome::Elsewhere(Elsewhere::Step(gap)),
        Some(code) if code.expires_at <= access.now() => CodeOutcome::Expired,
        Some(_) => CodeOutcome::Ended,
    })
}
