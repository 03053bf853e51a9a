//! Which person of the roster somebody says they are, and whether that person may register here.
//!
//! What agrees with what is [`portico_roster::matching`]'s to say. Here is what it is asked about: who the store finds, and
//! how the Social Security numbers compare, of which there are only fingerprints.

use portico_roster::matching::{Agreement, Candidate, Match, decide};
use portico_rules::date;
use portico_rules::identity::AboutYou;
use portico_rules::policy::EmailSource;
use portico_store::people::Person;
use portico_store::{Unit, accounts, people as roster};

use crate::organization::Organization;
use crate::people::{self, Record, Sought};
use crate::{Access, AccessError};

/// The one person, and what the roster says of them.
pub(super) struct Found {
    pub(super) person_id: String,
    pub(super) record: Record,
}

/// Why nobody was found who may go on. For the audit log, never for a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    NoMatch,
    Ambiguous,
    HasAccount { person_id: String },
    NotSelf,
    NotInAProgram,
    CoverageEnded,
    TooYoung,
    NoEmail,
}

impl Refusal {
    /// As the audit log has it.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::NoMatch => "no_match",
            Self::Ambiguous => "ambiguous",
            Self::HasAccount { .. } => "has_account",
            Self::NotSelf => "not_self",
            Self::NotInAProgram => "not_in_a_program",
            Self::CoverageEnded => "coverage_ended",
            Self::TooYoung => "too_young",
            Self::NoEmail => "no_email",
        }
    }
}

/// The person of the roster that the answers match exactly, if they may register.
pub(super) async fn find(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    about: &AboutYou,
) -> Result<Result<Found, Refusal>, AccessError> {
    let mut candidates = Vec::new();
    for fingerprint in Sought::Facts(&about.facts).fingerprints(&access.keys, &organization.id) {
        for person in roster::find_by_match(unit, &organization.id, &fingerprint).await? {
            let record = people::open(&access.keys, &person)?;
            let facts = record.facts()?;
            let ssn = ssn_agreement(access, organization, about, &person);
            candidates.push(Candidate { id: (person, record), facts, ssn });
        }
    }
    let (person, record) = match decide(&about.facts, candidates) {
        Match::One(found) => found,
        Match::None => return Ok(Err(Refusal::NoMatch)),
        Match::Ambiguous => return Ok(Err(Refusal::Ambiguous)),
    };
    if accounts::find_by_person(unit, &organization.id, &person.id).await?.is_some() {
        return Ok(Err(Refusal::HasAccount { person_id: person.id }));
    }
    Ok(match may_register(unit, access, organization, &person, &record).await? {
        Ok(()) => Ok(Found { person_id: person.id, record }),
        Err(refusal) => Err(refusal),
    })
}

/// Whether this person of the roster may register, whoever asks. An account is another question.
async fn may_register(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    person: &Person,
    record: &Record,
) -> Result<Result<(), Refusal>, AccessError> {
    let today = organization.day(access.now());
    if person.relationship != "self" {
        return Ok(Err(Refusal::NotSelf));
    }
    let enrolments = roster::enrolments(unit, &person.id).await?;
    if enrolments.iter().all(|enrolment| enrolment.program.is_empty()) {
        return Ok(Err(Refusal::NotInAProgram));
    }
    let last_day = today.to_string();
    let goes_on = |end: Option<&str>| end.is_none_or(|end| end >= last_day.as_str());
    if !enrolments
        .iter()
        .any(|enrolment| !enrolment.program.is_empty() && goes_on(enrolment.coverage_end.as_deref()))
    {
        return Ok(Err(Refusal::CoverageEnded));
    }
    let policy = &organization.policy;
    let birth =
        date::parse_iso(&record.date_of_birth).ok_or(AccessError::Unreadable { place: "people.record" })?;
    if i64::from(date::age(birth, today)) < i64::from(policy.minimum_age) {
        return Ok(Err(Refusal::TooYoung));
    }
    if policy.email_source == EmailSource::OnFile && super::email::on_file(record).is_none() {
        return Ok(Err(Refusal::NoEmail));
    }
    Ok(Ok(()))
}

/// How the Social Security numbers compare: they exist only as fingerprints.
fn ssn_agreement(
    access: &Access,
    organization: &Organization,
    about: &AboutYou,
    person: &Person,
) -> Agreement {
    let (Some(given), Some(on_file)) = (&about.ssn, &person.ssn_fingerprint) else {
        return Agreement::NotCompared;
    };
    let given = Sought::Ssn(given.digits()).fingerprints(&access.keys, &organization.id);
    if given.contains(on_file) { Agreement::Agrees } else { Agreement::Differs }
}
