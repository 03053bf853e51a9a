//! What a person can put right, in words: the problems of the rules and of `access`, each at its field.

use crate::{
    server::visitor::Visitor,
    text::{Text, register as text},
    visit::Mistake,
};
use portico_access::{new_password::PasswordMistake, registration::UserIdMistake};
use portico_rules::{
    code::CodeProblem,
    date::{DateProblem, Part},
    email::EmailProblem,
    identity::{self, TextProblem},
    ssn::SsnProblem,
    state::StateProblem,
    user_id::UserIdProblem,
    zip::ZipProblem,
};

/// A mistake of About you.
pub(super) fn about_you(visitor: &Visitor, mistake: identity::Mistake) -> Mistake {
    use identity::Mistake as M;
    let of_text = |problem: TextProblem, missing: Text| match problem {
        TextProblem::Missing => missing,
        TextProblem::TooLong => text::TOO_LONG,
    };
    let of_ssn = |problem: SsnProblem, nine: Text| match problem {
        SsnProblem::Missing => text::SSN_MISSING,
        SsnProblem::NotNineDigits => nine,
    };
    let (field, words) = match mistake {
        M::FirstName(problem) => ("first_name", of_text(problem, text::FIRST_NAME_MISSING)),
        M::LastName(problem) => ("last_name", of_text(problem, text::LAST_NAME_MISSING)),
        M::DateOfBirth(problem) => return date(visitor, problem),
        M::AddressLine1(problem) => ("address_line1", of_text(problem, text::ADDRESS_MISSING)),
        M::AddressLine2(problem) => ("address_line2", of_text(problem, text::TOO_LONG)),
        M::City(problem) => ("city", of_text(problem, text::CITY_MISSING)),
        M::State(StateProblem::Missing | StateProblem::NotAState) => ("state", text::STATE_MISSING),
        M::PostalCode(ZipProblem::Missing) => ("postal_code", text::POSTAL_CODE_MISSING),
        M::PostalCode(ZipProblem::NotAZip) => ("postal_code", text::POSTAL_CODE_WRONG),
        M::Ssn(problem) => ("ssn", of_ssn(problem, text::SSN_NINE)),
        M::EmployeeSsn(problem) => ("employee_ssn", of_ssn(problem, text::EMPLOYEE_SSN_NINE)),
    };
    visitor.mistake(field, words)
}

/// A mistake in a date of birth, at its first wrong part.
pub(crate) fn date(visitor: &Visitor, problem: DateProblem) -> Mistake {
    let field = match problem.part() {
        Part::Month => "month",
        Part::Day => "day",
        Part::Year => "year",
    };
    let words = match problem {
        DateProblem::Missing => text::DATE_MISSING,
        DateProblem::MissingPart(Part::Month) => text::MONTH_MISSING,
        DateProblem::MissingPart(Part::Day) => text::DAY_MISSING,
        DateProblem::MissingPart(Part::Year) => text::YEAR_MISSING,
        DateProblem::ShortYear => text::YEAR_SHORT,
        DateProblem::NotPast => text::DATE_FUTURE,
        DateProblem::NotReal(_) => text::DATE_WRONG,
    };
    visitor.mistake(field, words)
}

/// A mistake in an email address.
pub(crate) fn email(visitor: &Visitor, problem: EmailProblem) -> Mistake {
    visitor.mistake(
        "email",
        match problem {
            EmailProblem::Missing => text::EMAIL_MISSING,
            EmailProblem::NotAnAddress | EmailProblem::TooLong => text::EMAIL_WRONG,
        },
    )
}

/// A mistake in a code: it was not even one.
pub(crate) fn code(visitor: &Visitor, problem: CodeProblem) -> Mistake {
    visitor.mistake(
        "code",
        match problem {
            CodeProblem::Missing => text::CODE_MISSING,
            CodeProblem::NotEightDigits => text::CODE_EIGHT,
        },
    )
}

/// A mistake in a User ID.
pub(super) fn user_id(visitor: &Visitor, mistake: &UserIdMistake) -> Mistake {
    let words = match mistake {
        UserIdMistake::Taken { suggestions } => {
            let suggestions = suggestions.join(", ");
            let message = text::USER_ID_TAKEN.fill(visitor.language, &[("suggestions", &suggestions)]);
            return Mistake { field: "user_id".to_owned(), message };
        }
        UserIdMistake::Problem(problem) => match problem {
            UserIdProblem::Missing => text::USER_ID_MISSING,
            UserIdProblem::TooShort => text::USER_ID_SHORT,
            UserIdProblem::TooLong => text::USER_ID_LONG,
            UserIdProblem::HasAt => text::USER_ID_AT,
            UserIdProblem::BadCharacter => text::USER_ID_CHARACTERS,
            UserIdProblem::NineDigits => text::USER_ID_NINE,
            UserIdProblem::IsMemberId => text::USER_ID_NOT_THIS,
        },
    };
    visitor.mistake("user_id", words)
}

/// A mistake with a new password.
pub(super) fn password(visitor: &Visitor, mistake: &PasswordMistake) -> Mistake {
    visitor.mistake_with_password(mistake)
}
