//! The people of the roster: their records, and what they are found by.

use std::fmt;

use jiff::civil::Date;
use portico_roster::matching::{match_key, near_keys};
use portico_rules::identity::{Details, Facts};
use portico_rules::{date, email, user_id};
use portico_store::keys::{Fingerprint, Keys};
use portico_store::people::{self, Coverage, Near, Person};
use portico_store::{Unit, accounts};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::organization::Organization;
use crate::{Access, AccessError};

/// The personal fields of a person. It is sealed as one; it does not print, and is wiped when dropped.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct Record {
    /// By which the person is known from file to file.
    pub member_id: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// ISO 8601.
    pub date_of_birth: String,
    /// Street address.
    pub address_line1: String,
    /// Apartment or unit; empty without one.
    pub address_line2: String,
    /// Empty where the roster has none.
    pub city: String,
    /// Empty where the roster has none.
    pub state: String,
    /// ZIP code.
    pub postal_code: String,
    /// Empty where the roster has none.
    pub email: String,
    /// Empty where the roster has none.
    pub phone: String,
    /// The member id of the employee whose plan covers the person; empty for the employee, and for those who have not been
    /// imported since it is kept.
    #[serde(default)]
    pub subscriber_member_id: String,
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Record(…)")
    }
}

impl Record {
    /// What the person is called on a page.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }

    /// What a registration is compared with.
    ///
    /// # Errors
    /// [`AccessError::Unreadable`] when the date of birth is none.
    pub fn facts(&self) -> Result<Facts, AccessError> {
        let unreadable = AccessError::Unreadable { place: "people.record" };
        let date_of_birth: Date = date::parse_iso(&self.date_of_birth).ok_or(unreadable)?;
        Ok(Facts::of(&Details {
            first_name: &self.first_name,
            last_name: &self.last_name,
            date_of_birth,
            address_line1: &self.address_line1,
            address_line2: &self.address_line2,
            city: &self.city,
            state: &self.state,
            postal_code: &self.postal_code,
        }))
    }
}

/// What something is looked up by: it is normalised the same way when it is kept and when it is sought.
#[derive(Clone, Copy)]
pub enum Sought<'a> {
    /// The member id of the roster, whatever its case.
    MemberId(&'a str),
    /// Names, date of birth, address and ZIP code together.
    Facts(&'a Facts),
    /// Date of birth, address and ZIP code.
    BornAtHome(&'a Facts),
    /// Names, address and ZIP code.
    NamedAtHome(&'a Facts),
    /// Names and date of birth.
    NamedBorn(&'a Facts),
    /// Nine digits.
    Ssn(&'a [u8; 9]),
    /// An email address, whatever its case.
    Email(&'a str),
    /// A User ID, whatever its case.
    UserId(&'a str),
}

impl fmt::Debug for Sought<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}

impl Sought<'_> {
    fn kind(&self) -> &'static str {
        match self {
            Self::MemberId(_) => "member_id",
            Self::Facts(_) => "facts",
            Self::BornAtHome(_) => "born_at_home",
            Self::NamedAtHome(_) => "named_at_home",
            Self::NamedBorn(_) => "named_born",
            Self::Ssn(_) => "ssn",
            Self::Email(_) => "email",
            Self::UserId(_) => "user_id",
        }
    }

    fn normalised(&self) -> String {
        match self {
            Self::MemberId(member_id) => member_id.trim().to_lowercase(),
            Self::Facts(facts) => match_key(facts),
            Self::BornAtHome(facts) => {
                let [born_at_home, ..] = near_keys(facts);
                born_at_home
            }
            Self::NamedAtHome(facts) => {
                let [_, named_at_home, _] = near_keys(facts);
                named_at_home
            }
            Self::NamedBorn(facts) => {
                let [.., named_born] = near_keys(facts);
                named_born
            }
            Self::Ssn(digits) => digits.iter().copied().map(char::from).collect(),
            Self::Email(address) => email::normalise(address),
            Self::UserId(typed) => user_id::normalise(typed),
        }
    }

    /// The fingerprint to keep.
    #[must_use]
    pub fn fingerprint(&self, keys: &Keys, organization_id: &str) -> Fingerprint {
        keys.fingerprint(self.kind(), organization_id, &self.normalised())
    }

    /// The fingerprints to look for, the newest key's first.
    #[must_use]
    pub fn fingerprints(&self, keys: &Keys, organization_id: &str) -> Vec<Fingerprint> {
        keys.fingerprints(self.kind(), organization_id, &self.normalised())
    }
}

/// What somebody is found by of whom not everything agrees.
#[must_use]
pub fn near(facts: &Facts, keys: &Keys, organization_id: &str) -> Near {
    Near {
        born_at_home: Sought::BornAtHome(facts).fingerprint(keys, organization_id),
        named_at_home: Sought::NamedAtHome(facts).fingerprint(keys, organization_id),
        named_born: Sought::NamedBorn(facts).fingerprint(keys, organization_id),
    }
}

/// Opens the record of a person.
///
/// # Errors
/// [`AccessError`] when it was sealed with other keys.
pub fn open(keys: &Keys, person: &Person) -> Result<Record, AccessError> {
    let plain = keys.open(people::RECORD.of(&person.id), &person.record)?;
    serde_json::from_slice(&plain).map_err(|_| AccessError::Unreadable { place: "people.record" })
}

/// The record of a person by id.
///
/// # Errors
/// [`AccessError`].
pub async fn lookup(
    unit: &mut Unit,
    access: &Access,
    organization_id: &str,
    person_id: &str,
) -> Result<Option<Record>, AccessError> {
    let person = people::lookup(unit, organization_id, person_id).await?;
    person.map(|person| open(&access.keys, &person)).transpose()
}

/// The last day a person was covered, when that is before `today`: the state *ended*.
///
/// # Errors
/// [`AccessError`].
pub async fn covered_until(
    unit: &mut Unit,
    person_id: &str,
    today: Date,
) -> Result<Option<Date>, AccessError> {
    match people::coverage(unit, person_id).await? {
        Coverage::Open => Ok(None),
        Coverage::Until(last_day) => {
            let unreadable = AccessError::Unreadable { place: "enrolments.coverage_end" };
            let last_day = date::parse_iso(&last_day).ok_or(unreadable)?;
            Ok((last_day < today).then_some(last_day))
        }
    }
}

/// What a signed-in person sees of themselves.
#[derive(Debug, Clone)]
pub struct Own {
    /// The personal fields; none for those who are not on the roster.
    pub record: Option<Record>,
    /// The enrolments that have not ended.
    pub enrolments: Vec<people::Enrolment>,
    /// The slugs of the programs they may use, in the order of the organization file: those of their enrolments and of
    /// their employers; every one for those who are not on the roster.
    pub programs: Vec<String>,
    /// The User ID as it was typed.
    pub user_id: Option<String>,
    /// The address that mails go to.
    pub email: Option<String>,
}

/// What the person of an account sees of themselves; `None` when there is no such account in the organization.
///
/// # Errors
/// [`AccessError`].
pub async fn own(
    access: &Access,
    organization: &Organization,
    account_id: &str,
) -> Result<Option<Own>, AccessError> {
    let mut unit = access.store.read().await?;
    let Some(account) = accounts::lookup(&mut unit, &organization.id, account_id).await? else {
        return Ok(None);
    };
    let text = |place, sealed: &Option<_>| match sealed {
        Some(sealed) => access.keys.open_text(place, sealed).map(|text| Some(text.to_string())),
        None => Ok(None),
    };
    let user_id = text(accounts::USER_ID.of(&account.id), &account.user_id)?;
    let email = text(accounts::EMAIL.of(&account.id), &account.email)?;
    let all = organization.definition.programs.iter().map(|program| program.slug.clone());
    let Some(person_id) = &account.person_id else {
        return Ok(Some(Own {
            record: None,
            enrolments: Vec::new(),
            programs: all.collect(),
            user_id,
            email,
        }));
    };
    let record = lookup(&mut unit, access, &organization.id, person_id).await?;
    let today = organization.day(access.now()).to_string();
    let mut enrolments = people::enrolments(&mut unit, person_id).await?;
    enrolments.retain(|enrolment| enrolment.coverage_end.as_ref().is_none_or(|last_day| *last_day >= today));
    let by_employer = |program: &String| {
        organization
            .definition
            .employers
            .iter()
            .filter(|employer| enrolments.iter().any(|enrolment| enrolment.employer == employer.slug))
            .any(|employer| employer.programs.contains(program))
    };
    let programs = all
        .filter(|program| {
            enrolments.iter().any(|enrolment| enrolment.program == *program) || by_employer(program)
        })
        .collect();
    Ok(Some(Own { record, enrolments, programs, user_id, email }))
}
