//! Taking up a registration that has idled out: it shows nothing before the date of birth and a fresh code.

use jiff::Timestamp;
use portico_rules::Lang;
use portico_rules::code::CodeProblem;
use portico_rules::date::{self, DateProblem};
use portico_rules::registration::{Step, first_gap};
use portico_store::Unit;
use portico_store::registrations::{self, Registration};
use serde_json::json;

use super::state::{self, Standing};
use super::{Elsewhere, about_you, email};
use crate::audit::{self, Event};
use crate::organization::Organization;
use crate::secret::Token;
use crate::{Access, AccessError};

/// What came of asking for a fresh code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResumeCodeOutcome {
    /// It is on its way to the proven address, which is not shown.
    Sent {
        /// The first moment at which the code is no longer good.
        until: Timestamp,
    },
    /// As many mails or codes as one person may have for now.
    TooMany,
    /// There is nothing to take up.
    Elsewhere(Elsewhere),
}

/// What came of taking up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResumeOutcome {
    /// It goes on; the first step still to be done.
    Next(Step),
    /// Mistakes in the form. They do not count as an entry.
    Problems {
        /// With the date of birth.
        date: Option<DateProblem>,
        /// With the code.
        code: Option<CodeProblem>,
    },
    /// Date of birth or code are not right; which of them is not said.
    Wrong {
        /// How many wrong entries are left.
        left: u32,
    },
    /// Too many wrong entries: this code is no longer good, a new one may be asked for.
    Ended,
    /// There is no code that is good: none was asked for, or it was good until a while ago.
    Expired,
    /// There is nothing to take up.
    Elsewhere(Elsewhere),
}

/// A date of birth as it was typed.
#[derive(Clone, Copy)]
pub struct DateOfBirth<'a> {
    /// A number or a name.
    pub month: &'a str,
    /// Day of the month.
    pub day: &'a str,
    /// Four digits.
    pub year: &'a str,
}

impl std::fmt::Debug for DateOfBirth<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DateOfBirth(…)")
    }
}

/// Sends a fresh code to the address that was proven. Within its life the same one goes out again.
///
/// # Errors
/// [`AccessError`].
pub async fn send_resume_code(
    access: &Access,
    organization: &Organization,
    token: Option<&Token>,
    language: Lang,
) -> Result<ResumeCodeOutcome, AccessError> {
    let mut unit = access.store.read().await?;
    let registration = match find_idle(&mut unit, access, organization, token).await? {
        Ok(registration) => registration,
        Err(elsewhere) => return Ok(ResumeCodeOutcome::Elsewhere(elsewhere)),
    };
    drop(unit);

    let mut unit = access.store.begin().await?;
    if !email::may_mail(&mut unit, access, organization, &registration).await? {
        return Ok(ResumeCodeOutcome::TooMany);
    }
    let registration = match find_idle(&mut unit, access, organization, token).await? {
        Ok(registration) => registration,
        Err(elsewhere) => return Ok(ResumeCodeOutcome::Elsewhere(elsewhere)),
    };
    let Some(to) = email::chosen(access, &registration)? else {
        return Ok(ResumeCodeOutcome::Elsewhere(Elsewhere::Begin));
    };
    let Some(until) = email::mail_code(&mut unit, access, organization, &registration, &to, language).await?
    else {
        return Ok(ResumeCodeOutcome::TooMany);
    };
    let detail = json!({ "registration": registration.id, "resuming": true });
    audit::append(&mut unit, access, &organization.id, Event::RegistrationCodeSent, None, detail).await?;
    unit.commit().await?;
    Ok(ResumeCodeOutcome::Sent { until })
}

/// Takes up a registration with the date of birth and the fresh code.
///
/// # Errors
/// [`AccessError`].
pub async fn resume(
    access: &Access,
    organization: &Organization,
    token: Option<&Token>,
    born: DateOfBirth<'_>,
    code: &str,
) -> Result<ResumeOutcome, AccessError> {
    let now = access.now();
    let today = organization.day(now);
    let mut unit = access.store.read().await?;
    let registration = match find_idle(&mut unit, access, organization, token).await? {
        Ok(registration) => registration,
        Err(elsewhere) => return Ok(ResumeOutcome::Elsewhere(elsewhere)),
    };
    drop(unit);
    let (born, code) =
        match (date::parse_parts(born.month, born.day, born.year, today), email::read_code(code)) {
            (Ok(born), Ok(code)) => (born, code),
            (born, code) => {
                return Ok(ResumeOutcome::Problems { date: born.err(), code: code.err() });
            }
        };
    let typed = about_you::open(&access.keys, &registration)?;
    let given = date::parse_parts(&typed.month, &typed.day, &typed.year, today);

    let mut unit = access.store.begin().await?;
    let Some(counted) = registrations::take_attempt(&mut unit, &registration.id, true, now).await? else {
        drop(unit);
        let mut unit = access.store.read().await?;
        return Ok(match find_idle(&mut unit, access, organization, token).await? {
            Ok(Registration { code: Some(code), .. }) if code.expires_at > now => ResumeOutcome::Ended,
            Ok(_) => ResumeOutcome::Expired,
            Err(elsewhere) => ResumeOutcome::Elsewhere(elsewhere),
        });
    };
    let outcome = if email::is_right(access, &counted, &code) && given == Ok(born) {
        registrations::resume(&mut unit, &counted.id, now).await?;
        let detail = json!({ "registration": counted.id, "resuming": true });
        audit::append(&mut unit, access, &organization.id, Event::RegistrationEmailProven, None, detail)
            .await?;
        ResumeOutcome::Next(first_gap(&state::progress(&registration), &organization.policy))
    } else {
        let detail = json!({ "registration": counted.id, "resuming": true });
        audit::append(&mut unit, access, &organization.id, Event::RegistrationCodeFailed, None, detail)
            .await?;
        match email::left(&counted) {
            0 => ResumeOutcome::Ended,
            left => ResumeOutcome::Wrong { left },
        }
    };
    unit.commit().await?;
    Ok(outcome)
}

async fn find_idle(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    token: Option<&Token>,
) -> Result<Result<Registration, Elsewhere>, AccessError> {
    let registration = match state::find(unit, access, organization, token).await? {
        Ok(registration) => registration,
        Err(elsewhere) => return Ok(Err(elsewhere)),
    };
    Ok(match state::standing(&registration, &organization.policy, access.now()) {
        Standing::Idle => Ok(registration),
        Standing::Going => {
            Err(Elsewhere::Step(first_gap(&state::progress(&registration), &organization.policy)))
        }
        Standing::Done => Err(Elsewhere::Done),
        Standing::Over => Err(Elsewhere::Begin),
    })
}
