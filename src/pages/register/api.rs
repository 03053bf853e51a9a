//! The server functions of a registration, one for each button.

#![expect(clippy::too_many_arguments, reason = "an argument is a field of the form, by its name")]

use crate::visit::{Fault, Outcome, Secret};
use leptos::prelude::*;

/// *Continue* on About you.
#[server(AboutYou, prefix = "/api", endpoint = "register-about-you")]
pub async fn about_you(
    /// As typed, like all that follow.
    #[server(default)]
    first_name: String,
    /// Last name.
    #[server(default)]
    last_name: String,
    /// A number or a name.
    #[server(default)]
    month: String,
    /// Day of the month.
    #[server(default)]
    day: String,
    /// Four digits.
    #[server(default)]
    year: String,
    /// Street address.
    #[server(default)]
    address_line1: String,
    /// Apartment or unit.
    #[server(default)]
    address_line2: String,
    /// City.
    #[server(default)]
    city: String,
    /// Two-letter code.
    #[server(default)]
    state: String,
    /// ZIP or ZIP+4.
    #[server(default)]
    postal_code: String,
    /// Social Security number, if given.
    #[server(default)]
    ssn: Secret,
    /// `yes` when covered by another family member's plan.
    #[server(default)]
    covered: String,
    /// The employee's Social Security number, if given.
    #[server(default)]
    employee_ssn: Secret,
) -> Result<Outcome, Fault> {
    use super::{load, problems};
    use crate::{routes::Place, server::visitor};
    use portico_access::registration::{self, AboutYouOutcome};
    use portico_rules::identity::Form;

    let (visitor, fields) = visitor::and_fields_of_post()?;
    let form = Form {
        first_name: &first_name,
        last_name: &last_name,
        month: &month,
        day: &day,
        year: &year,
        address_line1: &address_line1,
        address_line2: &address_line2,
        city: &city,
        state: &state,
        postal_code: &postal_code,
        ssn: &ssn.0,
        is_dependent: covered == "yes",
        employee_ssn: &employee_ssn.0,
    };
    let (access, token) = (&visitor.portal.access, load::token(&visitor));
    let (organization, source) = (&visitor.organization, load::source(&visitor));
    let outcome = registration::give_about_you(access, organization, token.as_ref(), &form, source).await;
    Ok(match outcome.map_err(|error| visitor.fault(&error))? {
        AboutYouOutcome::Next { token, step } => {
            visitor.set_cookie(visitor::cookies::REGISTRATION, token.expose(), None);
            visitor.go(load::place_of(step))
        }
        AboutYouOutcome::CannotGoOn { token } => {
            visitor.set_cookie(visitor::cookies::REGISTRATION, token.expose(), None);
            visitor.go(Place::RegisterStopped)
        }
        AboutYouOutcome::Problems(mistakes) => visitor
            .again(mistakes.into_iter().map(|mistake| problems::about_you(&visitor, mistake)).collect()),
        AboutYouOutcome::TooYoung => load::go_too_young(&visitor, &fields),
        AboutYouOutcome::NotOffered => visitor.go(Place::SignIn),
    })
}

/// *Continue* on A few questions. The form has as many answers as questions were asked. An answer is the number of the
/// option, counted from 1.
#[server(AnswerQuestions, prefix = "/api", endpoint = "register-questions")]
pub async fn answer_questions() -> Result<Outcome, Fault> {
    use super::{CHOICES, load, questions};
    use crate::{routes::Place, server::visitor};
    use portico_access::registration::{self, AnswerOutcome};

    let (visitor, fields) = visitor::and_fields_of_post()?;
    let (access, token) = (&visitor.portal.access, load::token(&visitor));
    let answers = CHOICES.map(|choice| fields.get(choice));
    let (organization, source) = (&visitor.organization, load::source(&visitor));
    let outcome =
        registration::answer_questions(access, organization, token.as_ref(), &answers, source).await;
    Ok(match outcome.map_err(|error| visitor.fault(&error))? {
        AnswerOutcome::Next(step) => visitor.go(load::place_of(step)),
        AnswerOutcome::CannotGoOn => visitor.go(Place::RegisterStopped),
        AnswerOutcome::Unanswered { questions: asked, at } => {
            visitor.again(at.into_iter().map(|at| questions::unanswered(&visitor, &asked, at)).collect())
        }
        AnswerOutcome::Elsewhere(elsewhere) => visitor.go(load::place_elsewhere(elsewhere)),
    })
}

/// *Send code*, and *Send it again*.
#[server(SendCode, prefix = "/api", endpoint = "register-send-code")]
pub async fn send_code(
    /// The address entered; empty where the one on file is used, or the same again.
    #[server(default)]
    email: String,
) -> Result<Outcome, Fault> {
    use super::{load, problems};
    use crate::{
        routes::Place,
        server::{forms, visitor},
        text::register as text,
    };
    use portico_access::registration::{self, SendOutcome};

    let visitor = visitor::of_post()?;
    let (access, token) = (&visitor.portal.access, load::token(&visitor));
    let outcome =
        registration::send_code(access, &visitor.organization, token.as_ref(), &email, visitor.language)
            .await;
    Ok(match outcome.map_err(|error| visitor.fault(&error))? {
        SendOutcome::Sent(_) => {
            let page = visitor.path(Place::RegisterCode);
            if visitor.page == page {
                forms::leave_notice(&visitor, &page, visitor.say(text::SENT_AGAIN));
            }
            visitor.go(Place::RegisterCode)
        }
        SendOutcome::Problem(problem) => visitor.again(vec![problems::email(&visitor, problem)]),
        SendOutcome::Proven(step) => visitor.go(load::place_of(step)),
        SendOutcome::TooMany => visitor.again(vec![visitor.mistake("", text::TOO_MANY)]),
        SendOutcome::CannotGoOn => visitor.go(Place::RegisterStopped),
        SendOutcome::Elsewhere(elsewhere) => visitor.go(load::place_elsewhere(elsewhere)),
    })
}

/// *Continue* on Check your email.
#[server(ProveCode, prefix = "/api", endpoint = "register-prove-code")]
pub async fn prove_code(
    /// The code that the mail brought.
    #[server(default)]
    code: Secret,
) -> Result<Outcome, Fault> {
    use super::{load, problems};
    use crate::{server::visitor, text::register as text};
    use portico_access::registration::{self, CodeOutcome};

    let visitor = visitor::of_post()?;
    let (access, token) = (&visitor.portal.access, load::token(&visitor));
    let outcome = registration::prove_code(access, &visitor.organization, token.as_ref(), &code.0).await;
    Ok(match outcome.map_err(|error| visitor.fault(&error))? {
        CodeOutcome::Next(step) => visitor.go(load::place_of(step)),
        CodeOutcome::Problem(problem) => visitor.again(vec![problems::code(&visitor, problem)]),
        CodeOutcome::Wrong { left } => visitor.again(vec![visitor.wrong_code("code", left)]),
        CodeOutcome::Ended => visitor.again(vec![visitor.mistake("code", text::CODE_ENDED)]),
        CodeOutcome::Expired => visitor.again(vec![visitor.mistake("code", text::CODE_EXPIRED)]),
        CodeOutcome::Elsewhere(elsewhere) => visitor.go(load::place_elsewhere(elsewhere)),
    })
}

/// *Continue* on Create your sign-in.
#[server(ChooseSignInDetails, prefix = "/api", endpoint = "register-sign-in-details")]
pub async fn choose_sign_in_details(
    /// As typed.
    #[server(default)]
    user_id: String,
    /// As typed.
    #[server(default)]
    password: Secret,
    /// The same once more.
    #[server(default)]
    confirm: Secret,
) -> Result<Outcome, Fault> {
    use super::{load, problems};
    use crate::server::visitor;
    use portico_access::{
        registration::{self, SignInDetailsOutcome},
        secret::Password,
    };

    let visitor = visitor::of_post()?;
    let (access, token) = (&visitor.portal.access, load::token(&visitor));
    let (password, confirm) = (Password::new(password.0), Password::new(confirm.0));
    let outcome = registration::choose_sign_in_details(
        access,
        &visitor.organization,
        token.as_ref(),
        &user_id,
        &password,
        &confirm,
    )
    .await;
    Ok(match outcome.map_err(|error| visitor.fault(&error))? {
        SignInDetailsOutcome::Next(step) => visitor.go(load::place_of(step)),
        SignInDetailsOutcome::Mistakes { user_id, password } => {
            let user_id = user_id.map(|mistake| problems::user_id(&visitor, &mistake));
            let password = password.map(|mistake| problems::password(&visitor, &mistake));
            visitor.again(user_id.into_iter().chain(password).collect())
        }
        SignInDetailsOutcome::Elsewhere(elsewhere) => visitor.go(load::place_elsewhere(elsewhere)),
    })
}

/// *Continue* on Security questions. The form has as many questions and answers as the policy asks for.
#[server(ChooseSecurityQuestions, prefix = "/api", endpoint = "register-security-questions")]
pub async fn choose_security_questions() -> Result<Outcome, Fault> {
    use super::load;
    use crate::{pages::security_questions::words, server::visitor};
    use portico_access::registration::{self, SecurityQuestionsOutcome};

    let (visitor, fields) = visitor::and_fields_of_post()?;
    let (access, token) = (&visitor.portal.access, load::token(&visitor));
    let chosen = words::chosen(&visitor, &fields);
    let organization = &visitor.organization;
    let outcome =
        registration::choose_security_questions(access, organization, token.as_ref(), &chosen).await;
    Ok(match outcome.map_err(|error| visitor.fault(&error))? {
        SecurityQuestionsOutcome::Next(step) => visitor.go(load::place_of(step)),
        SecurityQuestionsOutcome::Mistakes(mistakes) => {
            visitor.again(mistakes.into_iter().map(|mistake| words::mistake(&visitor, mistake)).collect())
        }
        SecurityQuestionsOutcome::Elsewhere(elsewhere) => visitor.go(load::place_elsewhere(elsewhere)),
    })
}

/// *Create my account*.
#[server(CreateAccount, prefix = "/api", endpoint = "register-create")]
pub async fn create_account(
    /// Stands for what the page showed.
    #[server(default)]
    shown: String,
) -> Result<Outcome, Fault> {
    use super::{load, problems};
    use crate::{
        routes::Place,
        server::{forms, visitor},
        text::register as text,
    };
    use portico_access::registration::{self, CreateOutcome, UserIdMistake};

    let visitor = visitor::of_post()?;
    let (access, token) = (&visitor.portal.access, load::token(&visitor));
    let (organization, browser) = (&visitor.organization, visitor.to_browser());
    let outcome =
        registration::create(access, organization, token.as_ref(), &shown, &browser, visitor.language).await;
    Ok(match outcome.map_err(|error| visitor.fault(&error))? {
        CreateOutcome::Created { session, known_browser, .. } => {
            visitor.begin_session(&session, &known_browser);
            visitor.go_afresh(Place::RegisterDone)
        }
        CreateOutcome::Changed => {
            // The page once more, as it is now, and not only the mistake on the one that is shown.
            let changed = vec![visitor.mistake("", text::CHECK_CHANGED)];
            forms::leave_mistakes(&visitor, &visitor.path(Place::RegisterCheck), changed);
            visitor.go(Place::RegisterCheck)
        }
        CreateOutcome::CannotGoOn => visitor.go(Place::RegisterStopped),
        CreateOutcome::UserIdTaken { suggestions } => {
            let page = visitor.path(Place::RegisterSignInDetails);
            let mistakes = vec![problems::user_id(&visitor, &UserIdMistake::Taken { suggestions })];
            forms::leave_mistakes(&visitor, &page, mistakes);
            visitor.go(Place::RegisterSignInDetails)
        }
        CreateOutcome::Elsewhere(elsewhere) => visitor.go(load::place_elsewhere(elsewhere)),
    })
}

/// *Send it again* on the page that takes up a registration.
#[server(SendResumeCode, prefix = "/api", endpoint = "register-send-resume-code")]
pub async fn send_resume_code() -> Result<Outcome, Fault> {
    use super::load;
    use crate::{
        routes::Place,
        server::{forms, visitor},
        text::register as text,
    };
    use portico_access::registration::{self, ResumeCodeOutcome};

    let visitor = visitor::of_post()?;
    let (access, token) = (&visitor.portal.access, load::token(&visitor));
    let outcome =
        registration::send_resume_code(access, &visitor.organization, token.as_ref(), visitor.language).await;
    Ok(match outcome.map_err(|error| visitor.fault(&error))? {
        ResumeCodeOutcome::Sent { .. } => {
            forms::leave_notice(
                &visitor,
                &visitor.path(Place::RegisterResume),
                visitor.say(text::RESUME_SENT),
            );
            visitor.go(Place::RegisterResume)
        }
        ResumeCodeOutcome::TooMany => visitor.again(vec![visitor.mistake("", text::TOO_MANY)]),
        ResumeCodeOutcome::Elsewhere(elsewhere) => visitor.go(load::place_elsewhere(elsewhere)),
    })
}

/// *Continue* on the page that takes up a registration.
#[server(Resume, prefix = "/api", endpoint = "register-resume")]
pub async fn resume(
    /// A number or a name.
    #[server(default)]
    month: String,
    /// Day of the month.
    #[server(default)]
    day: String,
    /// Four digits.
    #[server(default)]
    year: String,
    /// The fresh code.
    #[server(default)]
    code: Secret,
) -> Result<Outcome, Fault> {
    use super::{load, problems};
    use crate::{server::visitor, text::register as text};
    use portico_access::registration::{self, DateOfBirth, ResumeOutcome};

    let visitor = visitor::of_post()?;
    let (access, token) = (&visitor.portal.access, load::token(&visitor));
    let born = DateOfBirth { month: &month, day: &day, year: &year };
    let outcome = registration::resume(access, &visitor.organization, token.as_ref(), born, &code.0).await;
    Ok(match outcome.map_err(|error| visitor.fault(&error))? {
        ResumeOutcome::Next(step) => visitor.go(load::place_of(step)),
        ResumeOutcome::Problems { date, code } => {
            let date = date.map(|problem| problems::date(&visitor, problem));
            let code = code.map(|problem| problems::code(&visitor, problem));
            visitor.again(date.into_iter().chain(code).collect())
        }
        ResumeOutcome::Wrong { .. } => visitor.again(vec![visitor.mistake("", text::RESUME_WRONG)]),
        ResumeOutcome::Ended => visitor.again(vec![visitor.mistake("code", text::CODE_ENDED)]),
        ResumeOutcome::Expired => visitor.again(vec![visitor.mistake("code", text::CODE_EXPIRED)]),
        ResumeOutcome::Elsewhere(elsewhere) => visitor.go(load::place_elsewhere(elsewhere)),
    })
}
