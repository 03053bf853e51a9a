//! A person of a roster file.

use std::fmt;

use jiff::civil::Date;
use portico_rules::email::EmailAddress;
use portico_rules::identity::{Details, Facts};
use portico_rules::ssn::Ssn;

/// How a person is related to the employee (the subscriber) of their plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Relationship {
    /// The person is the subscriber; also where the file says nothing.
    #[default]
    Myself,
    /// Spouse.
    Spouse,
    /// Child.
    Child,
    /// Any other dependent.
    Other,
}

impl Relationship {
    /// Every relationship.
    pub const ALL: [Self; 4] = [Self::Myself, Self::Spouse, Self::Child, Self::Other];

    /// The word in roster files and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Myself => "self",
            Self::Spouse => "spouse",
            Self::Child => "child",
            Self::Other => "other",
        }
    }

    /// The relationship of a word, whatever its case.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|relationship| name.eq_ignore_ascii_case(relationship.name()))
    }
}

/// A person, with the enrolments of all their rows. Values are as in the file but for the spaces around them; what
/// the file leaves empty is `None`. Does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// Line of their first row, counted from 1.
    pub line: u64,
    /// What makes them one person, whatever its case.
    pub member_id: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Date of birth.
    pub date_of_birth: Date,
    /// Street address.
    pub address_line1: String,
    /// Apartment or unit.
    pub address_line2: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Two-letter code.
    pub state: Option<String>,
    /// ZIP or ZIP+4 code.
    pub postal_code: String,
    /// Social Security number.
    pub ssn: Option<Ssn>,
    /// Email address.
    pub email: Option<EmailAddress>,
    /// Phone number.
    pub phone: Option<String>,
    /// Relationship to the subscriber.
    pub relationship: Relationship,
    /// Member id of the subscriber.
    pub subscriber_member_id: Option<String>,
    /// What they are enrolled in, at least one, in the order of the rows.
    pub enrolments: Vec<Enrolment>,
}

impl Person {
    /// What a registration is compared with.
    pub fn facts(&self) -> Facts {
        Facts::of(&Details {
            first_name: &self.first_name,
            last_name: &self.last_name,
            date_of_birth: self.date_of_birth,
            address_line1: &self.address_line1,
            address_line2: self.address_line2.as_deref().unwrap_or_default(),
            city: self.city.as_deref().unwrap_or_default(),
            state: self.state.as_deref().unwrap_or_default(),
            postal_code: &self.postal_code,
        })
    }

    /// The first column, in the order of CONTRACT.md, in which two rows say something else of the person.
    pub(crate) fn differs_from(&self, other: &Self) -> Option<&'static str> {
        let same = [
            ("first_name", self.first_name == other.first_name),
            ("last_name", self.last_name == other.last_name),
            ("date_of_birth", self.date_of_birth == other.date_of_birth),
            ("address_line1", self.address_line1 == other.address_line1),
            ("address_line2", self.address_line2 == other.address_line2),
            ("city", self.city == other.city),
            ("state", self.state == other.state),
            ("postal_code", self.postal_code == other.postal_code),
            ("ssn", self.ssn == other.ssn),
            ("email", self.email == other.email),
            ("phone", self.phone == other.phone),
            ("relationship", self.relationship == other.relationship),
            ("subscriber_member_id", self.subscriber_member_id == other.subscriber_member_id),
        ];
        same.into_iter().find(|(_, same)| !same).map(|(column, _)| column)
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Person").field("line", &self.line).finish_non_exhaustive()
    }
}

/// What a person is enrolled in: one row. Does not print itself: what someone is treated for is theirs.
#[derive(Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// Slug of the program; `None` for someone listed only under an employer.
    pub program: Option<String>,
    /// Name of the plan.
    pub plan_name: Option<String>,
    /// Clinic.
    pub clinic: Option<String>,
    /// Slug of the employer.
    pub employer: Option<String>,
    /// First day of coverage; `None`: it has begun.
    pub coverage_start: Option<Date>,
    /// Last day of coverage; `None`: it has no end yet.
    pub coverage_end: Option<Date>,
}

impl fmt::Debug for Enrolment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Enrolment(..)")
    }
}

/// What makes two rows of one person the same enrolment: everything but its end, which is what changes.
pub type EnrolmentIdentity<'a> =
    (Option<&'a str>, Option<&'a str>, Option<&'a str>, Option<&'a str>, Option<Date>);

impl Enrolment {
    /// Program, employer, plan, clinic and first day.
    pub fn identity(&self) -> EnrolmentIdentity<'_> {
        (
            self.program.as_deref(),
            self.employer.as_deref(),
            self.plan_name.as_deref(),
            self.clinic.as_deref(),
            self.coverage_start,
        )
    }
}
