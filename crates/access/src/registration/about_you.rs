//! The first step: who they are.

use std::fmt;

use jiff::SignedDuration;
use portico_mail::Message;
use portico_rules::identity::Form;
use portico_rules::policy::TooFew;
use portico_rules::registration::{Progress, first_gap};
use portico_store::keys::Keys;
use portico_store::limits::{self, Limit};
use portico_store::registrations::{self, ANSWERS, Bits, NewRegistration, Registration};
use portico_store::{Unit, accounts};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::person::{self, Examined, Refusal};
use super::questions::{self, Asked};
use super::state::{self, Standing};
use super::tries::{self, Masked};
use super::{AboutYouOutcome, Source, TOKEN, email};
use crate::audit::{self, Event};
use crate::organization::Organization;
use crate::secret::Token;
use crate::{Access, AccessError, letters};

/// An owner is told of attempts in their name once a day, so that a stranger cannot flood them.
const OWNER_TOLD: Limit =
    Limit { kind: "tried_to_register", at_most: 1, within: SignedDuration::from_hours(24) };

/// What was typed in About you, as it was typed; Social Security numbers are not kept. It does not print, and is wiped
/// when dropped.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct Typed {
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Month of birth.
    pub month: String,
    /// Day of birth.
    pub day: String,
    /// Year of birth.
    pub year: String,
    /// Street address.
    pub address_line1: String,
    /// Apartment or unit.
    pub address_line2: String,
    /// City.
    pub city: String,
    /// State.
    pub state: String,
    /// ZIP code.
    pub postal_code: String,
    /// The box "I am covered by another family member's plan" was ticked.
    pub is_dependent: bool,
}

impl fmt::Debug for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Typed(…)")
    }
}

impl Typed {
    fn of(form: &Form<'_>) -> Self {
        Self {
            first_name: form.first_name.to_owned(),
            last_name: form.last_name.to_owned(),
            month: form.month.to_owned(),
            day: form.day.to_owned(),
            year: form.year.to_owned(),
            address_line1: form.address_line1.to_owned(),
            address_line2: form.address_line2.to_owned(),
            city: form.city.to_owned(),
            state: form.state.to_owned(),
            postal_code: form.postal_code.to_owned(),
            is_dependent: form.is_dependent,
        }
    }

    /// The form that these answers fill in, without Social Security numbers.
    pub(super) fn form(&self) -> Form<'_> {
        Form {
            first_name: &self.first_name,
            last_name: &self.last_name,
            month: &self.month,
            day: &self.day,
            year: &self.year,
            address_line1: &self.address_line1,
            address_line2: &self.address_line2,
            city: &self.city,
            state: &self.state,
            postal_code: &self.postal_code,
            ssn: "",
            is_dependent: self.is_dependent,
            employee_ssn: "",
        }
    }
}

/// The answers that a registration keeps.
pub(super) fn open(keys: &Keys, registration: &Registration) -> Result<Typed, AccessError> {
    let unreadable = AccessError::Unreadable { place: "registrations.answers" };
    let Some(sealed) = &registration.answers else {
        return Err(unreadable);
    };
    let plain = keys.open(ANSWERS.of(&registration.id), sealed)?;
    serde_json::from_slice(&plain).map_err(|_| unreadable)
}

/// Takes the answers of About you, and begins a registration with them. Where the policy asks questions, everybody comes
/// to them, whether or not they are on the roster.
///
/// The same answers once more lead on to where the registration was. Other answers begin another one: what was proven
/// and chosen for the first is not carried over. Either way the browser has another token, so that it does not tell which
/// of the two it was; and a Social Security number leads to the questions again, which hide whether it is right.
///
/// # Errors
/// [`AccessError`].
pub async fn give_about_you(
    access: &Access,
    organization: &Organization,
    token: Option<&Token>,
    form: &Form<'_>,
    source: Source<'_>,
) -> Result<AboutYouOutcome, AccessError> {
    if !state::is_offered(organization) {
        return Ok(AboutYouOutcome::NotOffered);
    }
    let now = access.now();
    let about = match form.read(organization.day(now)) {
        Ok(about) => about,
        Err(mistakes) => return Ok(AboutYouOutcome::Problems(mistakes)),
    };
    // By what was typed and nothing else, before the roster is looked at.
    if person::is_too_young(&organization.policy, about.facts.date_of_birth, organization.day(now)) {
        return Ok(AboutYouOutcome::TooYoung);
    }
    let typed = Typed::of(form);

    let mut unit = access.store.begin().await?;
    let examined = person::examine(&mut unit, access, organization, &about, source.employer).await?;
    let asked = questions::ask(&mut unit, access, organization, &about, &examined).await?;
    let is_limited = tries::begin(&mut unit, access, organization, &about, source).await?;
    let refusal = refusal(organization, &examined, &asked).or(is_limited.then_some(Refusal::Limited));
    let questionnaire_id = match &asked {
        Asked::Questions { id, is_spent: false, .. } if !is_limited => Some(id.as_str()),
        Asked::Questions { .. } | Asked::Nothing | Asked::Waived => None,
    };
    let stopped = refusal.is_some() && questionnaire_id.is_none();
    let found = examined.found.as_ref().ok().filter(|_| refusal.is_none());
    let person_id = found.map(|found| found.person_id.as_str());
    let earlier = state::find(&mut unit, access, organization, token).await?.ok();
    let token = Token::new(&*access.randomness);
    let token_hash = access.keys.token_hash(TOKEN, &token);
    let gives_number = about.ssn.is_some() || about.employee_ssn.is_some();
    if let Some(earlier) = &earlier
        && state::standing(earlier, &organization.policy, now) == Standing::Going
    {
        let progress = state::progress(earlier);
        let unchanged = progress.matched
            && earlier.person_id.as_deref() == person_id
            && earlier.employer.as_deref() == source.employer
            && (progress.questions_passed || earlier.questionnaire_id.as_deref() == questionnaire_id)
            && !(progress.questions_passed && gives_number)
            && open(&access.keys, earlier)? == typed;
        let alive = state::alive(&organization.policy, now);
        if unchanged
            && !stopped
            && registrations::renew_token(&mut unit, &earlier.id, &token_hash, alive).await?
        {
            if examined.ssn_agreed && earlier.ssn_agreed_at.is_none() {
                registrations::note_ssn(&mut unit, &earlier.id, now).await?;
            }
            unit.commit().await?;
            let step = first_gap(&progress, &organization.policy);
            return Ok(AboutYouOutcome::Next { token, step });
        }
    }
    if let Some(earlier) = &earlier {
        registrations::end(&mut unit, &earlier.id, now).await?;
    }

    let id = access.id();
    let plain = serde_json::to_vec(&typed).map(zeroize::Zeroizing::new);
    let plain = plain.map_err(|_| AccessError::Unreadable { place: "registrations.answers" })?;
    let questions_waived = matches!(asked, Asked::Waived);
    let near_id = examined.nearest.as_ref().map(|(id, _)| id.as_str());
    let agreement = examined.nearest.as_ref().map(|(_, comparison)| {
        let (compared, agreed) = comparison.bits();
        Bits { compared, agreed }
    });
    registrations::add(
        &mut unit,
        &NewRegistration {
            id: &id,
            organization_id: &organization.id,
            token_hash: &token_hash,
            person_id,
            employer: source.employer,
            refusal: refusal.map(Refusal::word),
            near_id,
            agreement,
            masked: &Masked::of(&typed, &about).seal(access, &id)?,
            questionnaire_id,
            questions_waived,
            ssn_agreed: examined.ssn_agreed,
            stopped,
            answers: &access.keys.seal(&*access.randomness, ANSWERS.of(&id), &plain),
            now,
        },
    )
    .await?;
    let outcome = match refusal.filter(|_| stopped) {
        None => {
            let detail = json!({ "registration": id });
            audit::append(&mut unit, access, &organization.id, Event::RegistrationStarted, None, detail)
                .await?;
            let progress =
                Progress { matched: true, questions_passed: questions_waived, ..Progress::default() };
            AboutYouOutcome::Next { token, step: first_gap(&progress, &organization.policy) }
        }
        Some(refusal) => {
            let alerts = tries::count(&mut unit, access, organization, Some(&about), source).await?;
            refuse(&mut unit, access, organization, &id, refusal.word(), near_id, alerts).await?;
            AboutYouOutcome::CannotGoOn { token }
        }
    };
    unit.commit().await?;
    Ok(outcome)
}

/// Why it leads nowhere, if it does. Whoever is asked questions learns of it only when they have answered.
fn refusal(organization: &Organization, examined: &Examined, asked: &Asked) -> Option<Refusal> {
    let found = match &examined.found {
        Ok(found) => found,
        Err(refusal) => return Some(*refusal),
    };
    let policy = &organization.policy;
    match asked {
        Asked::Questions { is_theirs: false, .. } if policy.questionnaire_too_few == TooFew::GoOn => {
            Some(Refusal::NoEmail)
        }
        Asked::Questions { is_theirs: false, .. } => Some(Refusal::TooFewFacts),
        Asked::Questions { is_spent: true, .. } => Some(Refusal::TooManyTries),
        Asked::Questions { .. } | Asked::Waived => None,
        Asked::Nothing => {
            (!email::has_address(policy, &found.record, examined.ssn_agreed)).then_some(Refusal::NoEmail)
        }
    }
}

/// What is due when a registration cannot go on: the owner of an account is told, and the log has why.
pub(super) async fn refuse(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    registration: &str,
    refusal: &str,
    near_id: Option<&str>,
    alerts: Vec<Value>,
) -> Result<(), AccessError> {
    if refusal == Refusal::HasAccount.word()
        && let Some(person_id) = near_id
    {
        tell_owner(unit, access, organization, person_id).await?;
    }
    let detail = json!({ "registration": registration, "why": refusal });
    audit::append(unit, access, &organization.id, Event::RegistrationRefused, None, detail).await?;
    for alert in alerts {
        audit::append(unit, access, &organization.id, Event::RosterProbed, None, alert).await?;
    }
    Ok(())
}

/// Tells the owner of an account that somebody gave their details.
async fn tell_owner(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    person_id: &str,
) -> Result<(), AccessError> {
    let Some(account) = accounts::find_by_person(unit, &organization.id, person_id).await? else {
        return Ok(());
    };
    let subject = access.keys.fingerprint(OWNER_TOLD.kind, &organization.id, &account.id);
    if limits::take(unit, OWNER_TOLD, &subject, access.now()).await? {
        let message = Message::TriedToRegister { sign_in: organization.url(access, "/sign-in") };
        let change = format!("tried-to-register/{}", access.id());
        letters::send(unit, access, organization, &account, &message, &change, None).await?;
    }
    Ok(())
}
