//! Who a person is, made comparable: the form About you and the roster lead to the same type.

use std::fmt;

use jiff::civil::Date;

use crate::date::{self, DateProblem};
use crate::normalise;
use crate::ssn::{Ssn, SsnProblem};
use crate::state::{self, StateProblem};
use crate::zip::{self, ZipProblem};

/// A person as entered or on file, not yet normalised.
#[derive(Clone, Copy)]
pub struct Details<'a> {
    /// First name.
    pub first_name: &'a str,
    /// Last name.
    pub last_name: &'a str,
    /// Date of birth.
    pub date_of_birth: Date,
    /// Street address.
    pub address_line1: &'a str,
    /// Apartment or unit; empty without one.
    pub address_line2: &'a str,
    /// City; empty where the roster has none.
    pub city: &'a str,
    /// State, by code or name; empty where the roster has none.
    pub state: &'a str,
    /// ZIP or ZIP+4 code.
    pub postal_code: &'a str,
}

/// What is compared between a registration and the roster, normalised; the Social Security number apart, which exists
/// only as a fingerprint. Does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Facts {
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Date of birth.
    pub date_of_birth: Date,
    /// Both lines of the address.
    pub address: String,
    /// Five digits.
    pub zip: String,
    /// City, where there is one.
    pub city: Option<String>,
    /// Two-letter code, where there is one.
    pub state: Option<String>,
}

impl Facts {
    /// Normalises the details of a person. A ZIP code or state that is none is compared as it stands.
    pub fn of(details: &Details<'_>) -> Self {
        let on_file = |normal: String| Some(normal).filter(|normal| !normal.is_empty());
        Self {
            first_name: normalise::name(details.first_name),
            last_name: normalise::name(details.last_name),
            date_of_birth: details.date_of_birth,
            address: normalise::address(details.address_line1, details.address_line2),
            zip: zip::parse(details.postal_code).unwrap_or_else(|_| normalise::name(details.postal_code)),
            city: on_file(normalise::city(details.city)),
            state: on_file(
                state::parse(details.state).map_or_else(|_| normalise::name(details.state), str::to_owned),
            ),
        }
    }
}

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Facts(..)")
    }
}

/// The form About you as it was sent, every field there, perhaps empty.
#[derive(Clone, Copy, Default)]
pub struct Form<'a> {
    /// First name.
    pub first_name: &'a str,
    /// Last name.
    pub last_name: &'a str,
    /// Month of birth.
    pub month: &'a str,
    /// Day of birth.
    pub day: &'a str,
    /// Year of birth.
    pub year: &'a str,
    /// Street address.
    pub address_line1: &'a str,
    /// Apartment or unit (optional).
    pub address_line2: &'a str,
    /// City.
    pub city: &'a str,
    /// State.
    pub state: &'a str,
    /// ZIP code.
    pub postal_code: &'a str,
    /// Social Security number (optional).
    pub ssn: &'a str,
    /// The box "I am covered by another family member's plan" is ticked.
    pub is_dependent: bool,
    /// The employee's Social Security number; read only with the box ticked.
    pub employee_ssn: &'a str,
}

/// A form About you without mistakes. Does not print itself.
pub struct AboutYou {
    /// What is compared with the roster.
    pub facts: Facts,
    /// Their own Social Security number, if they gave it.
    pub ssn: Option<Ssn>,
    /// They are covered by another family member's plan.
    pub is_dependent: bool,
    /// The employee's Social Security number, if they gave it.
    pub employee_ssn: Option<Ssn>,
}

impl fmt::Debug for AboutYou {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AboutYou(..)")
    }
}

/// What is wrong with a field of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextProblem {
    /// Nothing was entered, or nothing but punctuation.
    Missing,
    /// More than [`LONGEST_TEXT`] characters.
    TooLong,
}

/// Most characters of a name or of a line of an address.
pub const LONGEST_TEXT: usize = 200;

/// A mistake in the form, with its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// First name.
    FirstName(TextProblem),
    /// Last name.
    LastName(TextProblem),
    /// Date of birth; [`DateProblem::part`] has the field.
    DateOfBirth(DateProblem),
    /// Street address.
    AddressLine1(TextProblem),
    /// Apartment or unit.
    AddressLine2(TextProblem),
    /// City.
    City(TextProblem),
    /// State.
    State(StateProblem),
    /// ZIP code.
    PostalCode(ZipProblem),
    /// Social Security number.
    Ssn(SsnProblem),
    /// Employee's Social Security number.
    EmployeeSsn(SsnProblem),
}

impl Form<'_> {
    /// Reads the form, as seen from `today`.
    ///
    /// # Errors
    ///
    /// Every mistake, in the order of the fields on the page.
    pub fn read(&self, today: Date) -> Result<AboutYou, Vec<Mistake>> {
        let mut mistakes = Vec::new();
        text(self.first_name, Mistake::FirstName, &mut mistakes);
        text(self.last_name, Mistake::LastName, &mut mistakes);
        let date_of_birth = noted(
            date::parse_parts(self.month, self.day, self.year, today),
            Mistake::DateOfBirth,
            &mut mistakes,
        );
        text(self.address_line1, Mistake::AddressLine1, &mut mistakes);
        if self.address_line2.chars().count() > LONGEST_TEXT {
            mistakes.push(Mistake::AddressLine2(TextProblem::TooLong));
        }
        text(self.city, Mistake::City, &mut mistakes);
        noted(state::parse(self.state), Mistake::State, &mut mistakes);
        noted(zip::parse(self.postal_code), Mistake::PostalCode, &mut mistakes);
        let ssn = optional_ssn(self.ssn, Mistake::Ssn, &mut mistakes);
        let employee_ssn = if self.is_dependent {
            optional_ssn(self.employee_ssn, Mistake::EmployeeSsn, &mut mistakes)
        } else {
            None
        };
        let Some(date_of_birth) = date_of_birth.filter(|_| mistakes.is_empty()) else {
            return Err(mistakes);
        };
        let facts = Facts::of(&Details {
            first_name: self.first_name,
            last_name: self.last_name,
            date_of_birth,
            address_line1: self.address_line1,
            address_line2: self.address_line2,
            city: self.city,
            state: self.state,
            postal_code: self.postal_code,
        });
        Ok(AboutYou { facts, ssn, is_dependent: self.is_dependent, employee_ssn })
    }
}

fn noted<T, P>(result: Result<T, P>, mistake: fn(P) -> Mistake, mistakes: &mut Vec<Mistake>) -> Option<T> {
    result.map_err(|problem| mistakes.push(mistake(problem))).ok()
}

fn text(entered: &str, mistake: fn(TextProblem) -> Mistake, mistakes: &mut Vec<Mistake>) {
    if normalise::name(entered).is_empty() {
        mistakes.push(mistake(TextProblem::Missing));
    } else if entered.chars().count() > LONGEST_TEXT {
        mistakes.push(mistake(TextProblem::TooLong));
    }
}

fn optional_ssn(
    entered: &str,
    mistake: fn(SsnProblem) -> Mistake,
    mistakes: &mut Vec<Mistake>,
) -> Option<Ssn> {
    match Ssn::parse(entered) {
        Ok(ssn) => Some(ssn),
        Err(SsnProblem::Missing) => None,
        Err(problem) => {
            mistakes.push(mistake(problem));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const TODAY: Date = date(2025, 6, 15);

    fn form() -> Form<'static> {
        Form {
            first_name: "María",
            last_name: "O'Brien",
            month: "January",
            day: "19",
            year: "1980",
            address_line1: "12 North Main Street",
            address_line2: "4B",
            city: "St. Louis",
            state: "MO",
            postal_code: "63101-1234",
            ssn: "",
            is_dependent: false,
            employee_ssn: "not read",
        }
    }

    #[test]
    fn leads_to_the_facts_of_the_roster() {
        let about = form().read(TODAY).unwrap();
        let on_file = Facts::of(&Details {
            first_name: "MARIA",
            last_name: "OBRIEN",
            date_of_birth: date(1980, 1, 19),
            address_line1: "12 N MAIN ST APT 4B",
            address_line2: "",
            city: "SAINT LOUIS",
            state: "Missouri",
            postal_code: "63101",
        });
        assert!(about.facts == on_file);
        assert!(about.ssn.is_none() && about.employee_ssn.is_none() && !about.is_dependent);
        assert_eq!(format!("{about:?} {on_file:?}"), "AboutYou(..) Facts(..)");
    }

    #[test]
    fn what_the_roster_does_not_have_is_none() {
        let facts = Facts::of(&Details {
            first_name: "A",
            last_name: "B",
            date_of_birth: TODAY,
            address_line1: "1 Elm",
            address_line2: "",
            city: " ",
            state: "",
            postal_code: "63101",
        });
        assert_eq!((facts.city, facts.state), (None, None));
    }

    #[test]
    fn reads_the_numbers() {
        let about = Form { ssn: "900-12-3456", is_dependent: true, employee_ssn: "900 65 4321", ..form() };
        let about = about.read(TODAY).unwrap();
        assert_eq!(about.ssn.unwrap().digits(), b"900123456");
        assert_eq!(about.employee_ssn.unwrap().digits(), b"900654321");
    }

    #[test]
    fn finds_every_mistake_in_the_order_of_the_page() {
        let long = "a".repeat(LONGEST_TEXT + 1);
        let mistakes =
            Form { is_dependent: true, employee_ssn: "1", address_line2: &long, ssn: "1", ..Form::default() }
                .read(TODAY)
                .unwrap_err();
        assert_eq!(
            mistakes,
            [
                Mistake::FirstName(TextProblem::Missing),
                Mistake::LastName(TextProblem::Missing),
                Mistake::DateOfBirth(DateProblem::Missing),
                Mistake::AddressLine1(TextProblem::Missing),
                Mistake::AddressLine2(TextProblem::TooLong),
                Mistake::City(TextProblem::Missing),
                Mistake::State(StateProblem::Missing),
                Mistake::PostalCode(ZipProblem::Missing),
                Mistake::Ssn(SsnProblem::NotNineDigits),
                Mistake::EmployeeSsn(SsnProblem::NotNineDigits),
            ]
        );
        let one = |form: Form<'_>| form.read(TODAY).unwrap_err();
        assert_eq!(one(Form { first_name: "-", ..form() }), [Mistake::FirstName(TextProblem::Missing)]);
        assert_eq!(one(Form { last_name: &long, ..form() }), [Mistake::LastName(TextProblem::TooLong)]);
        assert_eq!(one(Form { state: "XX", ..form() }), [Mistake::State(StateProblem::NotAState)]);
        assert_eq!(
            one(Form { year: "", ..form() }),
            [Mistake::DateOfBirth(DateProblem::MissingPart(date::Part::Year))]
        );
    }
}
