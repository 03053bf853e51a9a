//! Which person of the roster somebody says they are, and whether that person may register here.
//!
//! What agrees with what is [`portico_roster::matching`]'s to say. Here is what it is asked about: who the store finds,
//! and how the Social Security numbers compare, of which there are only fingerprints. The database is asked the same
//! whoever is found, so that the time tells nothing.

use jiff::civil::Date;
use portico_roster::matching::{Agreement, Candidate, Comparison, Match, compare, decide};
use portico_rules::date;
use portico_rules::identity::AboutYou;
use portico_rules::policy::{EmailSource, EmployeeSsn, Policy};
use portico_rules::questionnaire::{Enrolled, Known};
use portico_store::people::{Enrolment, Person};
use portico_store::{Unit, accounts, people as roster};

use crate::organization::Organization;
use crate::people::{self, Record, Sought};
use crate::{Access, AccessError};

/// What is asked of the database about nobody.
const NOBODY: &str = "";

/// How many people are compared, for each thing that may differ, to find the nearest.
const COMPARED: u32 = 5;

/// The one person, and what the roster says of them.
pub(super) struct Found {
    pub(super) person_id: String,
    pub(super) record: Record,
}

/// Why a registration leads nowhere. For the audit log and the desk, never for a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    NoMatch,
    Ambiguous,
    HasAccount,
    /// A dependent did not give the employee's Social Security number, or another one than is on file.
    NoEmployee,
    NotInAProgram,
    NotOfEmployer,
    CoverageEnded,
    TooYoung,
    NoEmail,
    /// The roster knows too little of them to ask as many questions as the policy wants.
    TooFewFacts,
    /// The questionnaire was answered wrong as often as it may be for now.
    TooManyTries,
    WrongAnswers,
    /// Too many registrations from there, or for this person, could not go on.
    Limited,
}

impl Refusal {
    /// As the database has it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::NoMatch => "no_match",
            Self::Ambiguous => "ambiguous",
            Self::HasAccount => "has_account",
            Self::NoEmployee => "no_employee",
            Self::NotInAProgram => "not_in_a_program",
            Self::NotOfEmployer => "not_of_employer",
            Self::CoverageEnded => "coverage_ended",
            Self::TooYoung => "too_young",
            Self::NoEmail => "no_email",
            Self::TooFewFacts => "too_few_facts",
            Self::TooManyTries => "too_many_tries",
            Self::WrongAnswers => "wrong_answers",
            Self::Limited => "limited",
        }
    }
}

/// What the answers of About you come to.
pub(super) struct Examined {
    /// The person that they match exactly, if that person may register.
    pub(super) found: Result<Found, Refusal>,
    /// The one person whom names, date of birth, address and ZIP code point to, whether or not they may register: what is
    /// asked next follows from this one alone, so that it does not tell whether the rest was right.
    pub(super) asked_id: Option<String>,
    /// That person, or else the one who is nearest, and how they agree: for the desk alone.
    pub(super) nearest: Option<(String, Comparison)>,
    /// What questions may be asked about that person.
    pub(super) known: Known,
    /// They gave the Social Security number that is on file.
    pub(super) ssn_agreed: bool,
}

/// Finds the person of the roster whom the answers match.
pub(super) async fn examine(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    about: &AboutYou,
    employer: Option<&str>,
) -> Result<Examined, AccessError> {
    let mut near = Vec::new();
    for fingerprint in Sought::Facts(&about.facts).fingerprints(&access.keys, &organization.id) {
        for person in roster::find_by_match(unit, &organization.id, &fingerprint).await? {
            let record = people::open(&access.keys, &person)?;
            let ssn = ssn_agreement(access, organization, about, &person);
            near.push((person, record, ssn));
        }
    }
    let mut candidates = Vec::new();
    for (at, (_, record, ssn)) in near.iter().enumerate() {
        candidates.push(Candidate { id: at, facts: record.facts()?, ssn: *ssn });
    }
    let matched = decide(&about.facts, candidates);
    let (at, refusal) = match matched {
        Match::One(at) => (Some(at), None),
        Match::None => ((near.len() == 1).then_some(0), Some(Refusal::NoMatch)),
        Match::Ambiguous => (None, Some(Refusal::Ambiguous)),
    };
    let near = at.map(|at| near.swap_remove(at));
    let nearest = nearest(unit, access, organization, about, near.as_ref()).await?;
    let asked_id = near.as_ref().map(|(person, ..)| person.id.clone());
    let id = asked_id.as_deref().unwrap_or(NOBODY);
    let employee = employee_agreement(unit, access, organization, about, near.as_ref()).await?;
    let has_account = accounts::find_by_person(unit, &organization.id, id).await?.is_some();
    let enrolments = roster::enrolments(unit, id).await?;
    let today = organization.day(access.now());
    let known = known(&enrolments, today);
    let ssn_agreed = near.as_ref().is_some_and(|(.., ssn)| *ssn == Agreement::Agrees);
    let found = match (near, refusal) {
        (Some((person, record, _)), None) => if has_account {
            Err(Refusal::HasAccount)
        } else if !is_vouched_for(&organization.policy, &person, employee) {
            Err(Refusal::NoEmployee)
        } else {
            may_register(&organization.policy, today, &record, &enrolments, employer)?
        }
        .map(|()| Found { person_id: person.id, record }),
        (_, refusal) => Err(refusal.unwrap_or(Refusal::NoMatch)),
    };
    Ok(Examined { found, asked_id, nearest, known, ssn_agreed })
}

/// Whom of the roster what was typed is nearest to: the person it points to, or else whoever shares most of it.
async fn nearest(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    about: &AboutYou,
    meant: Option<&(Person, Record, Agreement)>,
) -> Result<Option<(String, Comparison)>, AccessError> {
    let near = people::near(&about.facts, &access.keys, &organization.id);
    let found = roster::find_near(unit, &organization.id, &near, COMPARED).await?;
    if let Some((person, record, ssn)) = meant {
        return Ok(Some((person.id.clone(), compare(&about.facts, &record.facts()?, *ssn))));
    }
    let mut nearest: Option<(String, Comparison)> = None;
    for person in found {
        let facts = people::open(&access.keys, &person)?.facts()?;
        let ssn = ssn_agreement(access, organization, about, &person);
        let comparison = compare(&about.facts, &facts, ssn);
        let is_nearer = |(_, other): &(String, Comparison)| comparison.agreed().len() > other.agreed().len();
        if nearest.as_ref().is_none_or(is_nearer) {
            nearest = Some((person.id, comparison));
        }
    }
    Ok(nearest)
}

/// Whether a registration may still become the account of its person, of whom `about` was typed. What was proven by a
/// Social Security number, their own or the employee's, or by answers stays proven.
pub(super) async fn examine_again(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    about: &AboutYou,
    person_id: &str,
    employer: Option<&str>,
) -> Result<Result<Found, Refusal>, AccessError> {
    let Some(person) = roster::lookup(unit, &organization.id, person_id).await? else {
        return Ok(Err(Refusal::NoMatch));
    };
    let record = people::open(&access.keys, &person)?;
    if !compare(&about.facts, &record.facts()?, Agreement::NotCompared).is_match() {
        return Ok(Err(Refusal::NoMatch));
    }
    if accounts::find_by_person(unit, &organization.id, person_id).await?.is_some() {
        return Ok(Err(Refusal::HasAccount));
    }
    let enrolments = roster::enrolments(unit, person_id).await?;
    let today = organization.day(access.now());
    Ok(may_register(&organization.policy, today, &record, &enrolments, employer)?
        .map(|()| Found { person_id: person.id, record }))
}

/// Whether this person of the roster may register, whoever asks: by an enrolment in a program, or on an employer's page
/// by one with this employer. An account is another question.
fn may_register(
    policy: &Policy,
    today: Date,
    record: &Record,
    enrolments: &[Enrolment],
    employer: Option<&str>,
) -> Result<Result<(), Refusal>, AccessError> {
    let entitles = |enrolment: &&Enrolment| match employer {
        Some(employer) => enrolment.employer == employer,
        None => !enrolment.program.is_empty(),
    };
    let mut entitling = enrolments.iter().filter(entitles).peekable();
    if entitling.peek().is_none() {
        let refusal = if employer.is_some() { Refusal::NotOfEmployer } else { Refusal::NotInAProgram };
        return Ok(Err(refusal));
    }
    if !entitling.any(|enrolment| goes_on(enrolment, today)) {
        return Ok(Err(Refusal::CoverageEnded));
    }
    let birth =
        date::parse_iso(&record.date_of_birth).ok_or(AccessError::Unreadable { place: "people.record" })?;
    if is_too_young(policy, birth, today) {
        return Ok(Err(Refusal::TooYoung));
    }
    if policy.email_source == EmailSource::OnFile && super::email::on_file(record).is_none() {
        return Ok(Err(Refusal::NoEmail));
    }
    Ok(Ok(()))
}

/// Where a person of the roster registers, below the organization's address: on the page for programs if they are enrolled
/// in one, or else on that of an employer who lists them.
pub(crate) fn page_of(enrolments: &[Enrolment], today: Date) -> String {
    let going_on = || enrolments.iter().filter(|enrolment| goes_on(enrolment, today));
    let in_a_program = going_on().any(|enrolment| !enrolment.program.is_empty());
    match going_on().find(|enrolment| !enrolment.employer.is_empty()) {
        Some(Enrolment { employer, .. }) if !in_a_program => format!("/employers/{employer}/register"),
        _ => "/register".to_owned(),
    }
}

/// Whether a dependent may register by the employee's Social Security number, as the policy asks for it. One that is
/// given must be the one on file even where it is not asked for, as with one's own.
fn is_vouched_for(policy: &Policy, person: &Person, employee: Agreement) -> bool {
    let is_asked = match policy.employee_ssn {
        EmployeeSsn::Off => return true,
        EmployeeSsn::WhenNoOwn => person.ssn_fingerprint.is_none(),
        EmployeeSsn::Always => true,
    };
    person.relationship == "self"
        || match employee {
            Agreement::Agrees => true,
            Agreement::Differs => false,
            Agreement::NotCompared => !is_asked,
        }
}

/// How the number that was given as the employee's compares with that of the employee whose plan covers the person.
async fn employee_agreement(
    unit: &mut Unit,
    access: &Access,
    organization: &Organization,
    about: &AboutYou,
    meant: Option<&(Person, Record, Agreement)>,
) -> Result<Agreement, AccessError> {
    let (keys, id) = (&access.keys, &organization.id);
    let member_id = meant.map_or(NOBODY, |(_, record, _)| record.subscriber_member_id.as_str());
    let mut employees = Sought::MemberId(member_id).fingerprints(keys, id);
    employees.extend(meant.and_then(|(person, ..)| person.subscriber_fingerprint.clone()));
    let mut on_file = None;
    for employee in &employees {
        let found = roster::find_by_member_id(unit, id, employee).await?;
        on_file = on_file.or(found.and_then(|employee| employee.ssn_fingerprint));
    }
    let (Some(given), Some(on_file)) = (&about.employee_ssn, on_file) else {
        return Ok(Agreement::NotCompared);
    };
    let given = Sought::Ssn(given.digits()).fingerprints(keys, id);
    Ok(if given.contains(&on_file) { Agreement::Agrees } else { Agreement::Differs })
}

/// What questions may be asked about somebody: what goes on, or all there was where nothing does.
pub(super) fn known(enrolments: &[Enrolment], today: Date) -> Known {
    let nothing_goes_on = !enrolments.iter().any(|enrolment| goes_on(enrolment, today));
    let asked = enrolments.iter().filter(|enrolment| nothing_goes_on || goes_on(enrolment, today));
    Known::of(asked.map(enrolled), today)
}

/// Whether somebody born on this day is too young to register, as the policy has it.
pub(super) fn is_too_young(policy: &Policy, birth: Date, today: Date) -> bool {
    i64::from(date::age(birth, today)) < i64::from(policy.minimum_age)
}

/// What the rules of the questionnaire read of an enrolment.
pub(super) fn enrolled(enrolment: &Enrolment) -> Enrolled<'_> {
    Enrolled {
        clinic: &enrolment.clinic,
        plan: &enrolment.plan_name,
        program: &enrolment.program,
        employer: &enrolment.employer,
        coverage_start: &enrolment.coverage_start,
    }
}

fn goes_on(enrolment: &Enrolment, today: Date) -> bool {
    enrolment.coverage_end.as_ref().is_none_or(|last_day| *last_day >= today.to_string())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn enrolment(program: &str, employer: &str, coverage_end: Option<&str>) -> Enrolment {
        Enrolment {
            program: program.to_owned(),
            plan_name: String::new(),
            clinic: String::new(),
            employer: employer.to_owned(),
            coverage_start: String::new(),
            coverage_end: coverage_end.map(str::to_owned),
        }
    }

    #[test]
    fn who_is_in_no_program_registers_at_the_employer() {
        let today = jiff::civil::date(2025, 6, 15);
        let employers = "/employers/acme/register";
        for (enrolments, page) in [
            (vec![], "/register"),
            (vec![enrolment("steps", "", None)], "/register"),
            (vec![enrolment("steps", "acme", None)], "/register"),
            (vec![enrolment("", "acme", None)], employers),
            (vec![enrolment("", "acme", Some("2025-06-15"))], employers),
            (vec![enrolment("", "acme", Some("2025-06-14"))], "/register"),
            (vec![enrolment("", "acme", None), enrolment("steps", "", None)], "/register"),
            (vec![enrolment("", "acme", None), enrolment("steps", "", Some("2025-06-14"))], employers),
        ] {
            assert_eq!(page_of(&enrolments, today), page, "{enrolments:?}");
        }
    }
}
