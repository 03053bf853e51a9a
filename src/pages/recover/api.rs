//! The server functions of the journey. Each leads back to the page its form stands on, which shows how far it has come.

use crate::visit::{Fault, Outcome, Secret};
use leptos::prelude::*;

/// *Request a PIN*. The answer is the same whether or not there is an account.
#[server(RequestPin, prefix = "/api", endpoint = "pin-request")]
pub async fn request_pin(
    /// As typed.
    #[server(default)]
    email: String,
    /// A number or a name.
    #[server(default)]
    month: String,
    /// Day of the month.
    #[server(default)]
    day: String,
    /// Four digits.
    #[server(default)]
    year: String,
) -> Result<Outcome, Fault> {
    use crate::{
        pages::register::problems,
        server::{forms, visitor},
        visit::Form,
    };
    use portico_access::pin::{self, Asked, DateOfBirth, RequestOutcome};

    let visitor = visitor::of_post()?;
    let place = ssr::place(&visitor);
    let born = DateOfBirth { month: &month, day: &day, year: &year };
    let asked = Asked { email: &email, born, forgotten: ssr::forgotten(place) };
    let (access, organization) = (&visitor.portal.access, &visitor.organization);
    let outcome = pin::request(access, organization, &asked, visitor.language, &visitor.network).await;
    Ok(match outcome.map_err(|error| visitor.fault(&error))? {
        RequestOutcome::Requested { token } => {
            ssr::keep(&visitor, &token);
            let values = vec![("email".to_owned(), email)];
            forms::leave(&visitor, &visitor.path(place), Form { values, ..Form::default() });
            visitor.go(place)
        }
        RequestOutcome::Problems { email, date } => {
            let email = email.map(|problem| problems::email(&visitor, problem));
            let date = date.map(|problem| problems::date(&visitor, problem));
            visitor.again(email.into_iter().chain(date).collect())
        }
        RequestOutcome::NotOffered => visitor.go(place),
    })
}

/// *Continue* with the PIN.
#[server(EnterPin, prefix = "/api", endpoint = "pin-enter")]
pub async fn enter_pin(
    /// As typed.
    #[server(default)]
    pin: Secret,
) -> Result<Outcome, Fault> {
    use crate::{server::visitor, text::recover as text, visit::Mistake};
    use portico_access::pin::{self as access, EnterOutcome};
    use portico_rules::code::CodeProblem;

    let visitor = visitor::of_post()?;
    let place = ssr::place(&visitor);
    let Some(token) = super::load::token(&visitor) else {
        return Ok(ssr::ask_anew(&visitor, place, text::PIN_EXPIRED));
    };
    let (portal, organization) = (&visitor.portal, &visitor.organization);
    let (forgotten, language) = (ssr::forgotten(place), visitor.language);
    let outcome = access::enter(&portal.access, organization, &token, &pin.0, forgotten, language).await;
    Ok(match outcome.map_err(|error| visitor.fault(&error))? {
        EnterOutcome::Proven { token } => {
            ssr::keep(&visitor, &token);
            visitor.go(place)
        }
        EnterOutcome::Problem(CodeProblem::Missing) => {
            visitor.again(vec![visitor.mistake("pin", text::PIN_MISSING)])
        }
        EnterOutcome::Problem(CodeProblem::NotEightDigits) => {
            visitor.again(vec![visitor.mistake("pin", text::PIN_EIGHT)])
        }
        EnterOutcome::Wrong { left } => {
            let message = text::PIN_WRONG.fill(visitor.language, &[("left", &left.to_string())]);
            visitor.again(vec![Mistake { field: "pin".to_owned(), message }])
        }
        EnterOutcome::Ended => ssr::ask_anew(&visitor, place, text::PIN_ENDED),
        EnterOutcome::Expired => ssr::ask_anew(&visitor, place, text::PIN_EXPIRED),
        EnterOutcome::Barred(barred) => visitor.barred(barred),
    })
}

/// *Show my User ID*, with a PIN that was entered for the password.
#[server(ShowUserId, prefix = "/api", endpoint = "pin-show-user-id")]
pub async fn show_user_id() -> Result<Outcome, Fault> {
    use crate::{routes::Place, server::visitor, text::recover as text};
    use portico_access::pin::{self as access, ShowOutcome};

    let visitor = visitor::of_post()?;
    let Some(token) = super::load::token(&visitor) else {
        return Ok(ssr::ask_anew(&visitor, Place::ForgotUserId, text::PIN_EXPIRED));
    };
    let (portal, organization) = (&visitor.portal, &visitor.organization);
    let outcome = access::show_user_id(&portal.access, organization, &token, visitor.language).await;
    Ok(match outcome.map_err(|error| visitor.fault(&error))? {
        ShowOutcome::Shown => visitor.go(Place::ForgotUserId),
        ShowOutcome::Expired => ssr::ask_anew(&visitor, Place::ForgotUserId, text::PIN_EXPIRED),
        ShowOutcome::Barred(barred) => visitor.barred(barred),
    })
}

/// *Save my new password*. The form has as many answers as questions were asked. It never signs anybody in. The browser keeps its PIN until somebody signs in with it: it still
/// shows the User ID.
#[server(SaveForgottenPassword, prefix = "/api", endpoint = "pin-save")]
pub async fn save_forgotten_password(
    /// As typed.
    #[server(default)]
    password: Secret,
    /// The same once more.
    #[server(default)]
    confirm: Secret,
) -> Result<Outcome, Fault> {
    use crate::{
        components::security_questions::FIELDS,
        pages::security_questions::words,
        routes::Place,
        server::{forms, visitor},
        text::{recover as text, reset_password},
    };
    use portico_access::{
        pin::{self as access, NewPassword, SaveOutcome},
        secret::Password,
    };
    use portico_rules::security_questions::{AnswerMistake, Mistake};

    let (visitor, fields) = visitor::and_fields_of_post()?;
    let Some(token) = super::load::token(&visitor) else {
        return Ok(ssr::ask_anew(&visitor, Place::ForgotPassword, text::PIN_EXPIRED));
    };
    let [password, repeated] = [password, confirm].map(|typed| Password::new(typed.0));
    let form = NewPassword { answers: words::answers(&fields), password, repeated };
    let (portal, organization) = (&visitor.portal, &visitor.organization);
    let outcome =
        access::save(&portal.access, organization, &token, form, &visitor.known(), visitor.language).await;
    Ok(match outcome.map_err(|error| visitor.fault(&error))? {
        SaveOutcome::Saved => {
            let saved = visitor.say(reset_password::SAVED);
            forms::leave_notice(&visitor, &visitor.path(Place::SignIn), saved);
            visitor.go_afresh(Place::SignIn)
        }
        SaveOutcome::Again { unanswered, password } => {
            let unanswered = unanswered
                .into_iter()
                .map(|at| words::mistake(&visitor, Mistake::Answer(at, AnswerMistake::Missing)));
            let password = password.map(|mistake| visitor.mistake_with_password(&mistake));
            visitor.again(unanswered.chain(password).collect())
        }
        SaveOutcome::WrongAnswers => {
            let (_, first) = FIELDS.first().copied().unwrap_or_default();
            visitor.again(vec![visitor.mistake(first, text::ANSWERS_WRONG)])
        }
        SaveOutcome::Locked => ssr::ask_anew(&visitor, Place::ForgotPassword, text::ANSWERS_LOCKED),
        SaveOutcome::Ended => ssr::ask_anew(&visitor, Place::ForgotPassword, text::ANSWERS_ENDED),
        SaveOutcome::Used => visitor.go(Place::ForgotPassword),
        SaveOutcome::Expired => ssr::ask_anew(&visitor, Place::ForgotPassword, text::PIN_EXPIRED),
        SaveOutcome::Barred(barred) => visitor.barred(barred),
    })
}

/// Asks for address and date of birth again.
#[server(StartOver, prefix = "/api", endpoint = "pin-start-over")]
pub async fn start_over() -> Result<Outcome, Fault> {
    use crate::server::visitor::{self, cookies};

    let visitor = visitor::of_post()?;
    visitor.end_cookie(cookies::PIN);
    Ok(visitor.go(ssr::place(&visitor)))
}

#[cfg(feature = "ssr")]
mod ssr {
    use crate::{
        routes::Place,
        server::{
            forms,
            visitor::{Visitor, cookies},
        },
        text::Text,
        visit::Outcome,
    };
    use portico_access::pin::{Forgotten, PinToken};

    /// Which of the two pages a form stands on.
    pub(super) fn place(visitor: &Visitor) -> Place {
        let is_user_id = visitor.page == visitor.path(Place::ForgotUserId);
        if is_user_id { Place::ForgotUserId } else { Place::ForgotPassword }
    }

    /// What was forgotten, by the page.
    pub(super) fn forgotten(place: Place) -> Forgotten {
        if place == Place::ForgotUserId { Forgotten::UserId } else { Forgotten::Password }
    }

    /// Gives the browser what it needs to go on, for as long as a PIN may live.
    pub(super) fn keep(visitor: &Visitor, token: &PinToken) {
        let seconds = 60 * i64::from(visitor.organization.policy.pin_minutes);
        visitor.set_cookie(cookies::PIN, &token.to_text(), Some(seconds));
    }

    /// The browser has no PIN that is good: the page asks for address and date of birth again, and says why.
    pub(super) fn ask_anew(visitor: &Visitor, place: Place, why: Text) -> Outcome {
        visitor.end_cookie(cookies::PIN);
        forms::leave_mistakes(visitor, &visitor.path(place), vec![visitor.mistake("", why)]);
        visitor.go(place)
    }
}
