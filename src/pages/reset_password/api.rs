//! The server functions of the journey.

use crate::visit::{Fault, Outcome, Secret};
use leptos::prelude::*;

/// *Reset Password*, and *Send it again*. The answer is the same whether or not there is an account.
#[server(RequestReset, prefix = "/api", endpoint = "reset-request")]
pub async fn request_reset(
    /// As typed.
    #[server(default)]
    email: String,
) -> Result<Outcome, Fault> {
    use crate::{
        routes::Place,
        server::{forms, visitor},
        text::reset_password as text,
        visit::Form,
    };
    use portico_access::reset::{self, RequestOutcome};
    use portico_rules::email::EmailProblem;

    let visitor = visitor::of_post()?;
    let access = &visitor.portal.access;
    let outcome =
        reset::request(access, &visitor.organization, &email, visitor.language, &visitor.network).await;
    Ok(match outcome.map_err(|error| visitor.fault(&error))? {
        RequestOutcome::Requested => {
            let page = visitor.path(Place::ResetSent);
            let notice = (visitor.page == page).then(|| visitor.say(text::SENT_AGAIN));
            let values = vec![("email".to_owned(), email)];
            forms::leave(&visitor, &page, Form { values, notice, ..Form::default() });
            visitor.go(Place::ResetSent)
        }
        RequestOutcome::Problem(problem) => {
            let words = match problem {
                EmailProblem::Missing => text::EMAIL_MISSING,
                EmailProblem::NotAnAddress | EmailProblem::TooLong => text::EMAIL_WRONG,
            };
            let mistakes = vec![visitor.mistake("email", words)];
            Outcome::Again { page: visitor.path(Place::ResetPassword), mistakes }
        }
        RequestOutcome::NotOffered => visitor.go(Place::ForgotPassword),
    })
}

/// *Get my security code*: pressing it, and only that, sends the second email.
#[server(SendSecurityCode, prefix = "/api", endpoint = "reset-send-code")]
pub async fn send_security_code() -> Result<Outcome, Fault> {
    use super::load;
    use crate::{
        routes::Place,
        server::{forms, visitor},
        text::reset_password as text,
    };
    use portico_access::reset::{self, LinkPage, SendCodeOutcome, Stage};

    let visitor = visitor::of_post()?;
    let Some(token) = load::token(&visitor) else { return Ok(visitor.go(Place::NewPassword)) };
    let (access, organization) = (&visitor.portal.access, &visitor.organization);
    let before =
        reset::open_link(access, organization, &token).await.map_err(|error| visitor.fault(&error))?;
    let outcome = reset::send_code(access, organization, &token, visitor.language).await;
    Ok(match outcome.map_err(|error| visitor.fault(&error))? {
        SendCodeOutcome::Sent { .. } => {
            let again =
                matches!(&before, LinkPage::Ready(ready) if matches!(ready.stage, Stage::CodeSent { .. }));
            if again {
                forms::leave_notice(
                    &visitor,
                    &visitor.path(Place::NewPassword),
                    visitor.say(text::CODE_AGAIN),
                );
            }
            visitor.go(Place::NewPassword)
        }
        SendCodeOutcome::TooMany => visitor.again(vec![visitor.mistake("", text::TOO_MANY)]),
        SendCodeOutcome::Link(_) => visitor.go(Place::NewPassword),
    })
}

/// *Save my new password*. It never signs anybody in: a session does not come from a mail.
#[server(SaveNewPassword, prefix = "/api", endpoint = "reset-save")]
pub async fn save_new_password(
    /// The code from the second email; empty once it was proven in this browser.
    #[server(default)]
    code: Secret,
    /// As typed.
    #[server(default)]
    password: Secret,
    /// The same once more.
    #[server(default)]
    confirm: Secret,
) -> Result<Outcome, Fault> {
    use super::load;
    use crate::{
        routes::Place,
        server::{
            forms,
            visitor::{self, Visitor},
        },
        text::reset_password as text,
    };
    use portico_access::{
        reset::{self, SaveOutcome},
        secret::Password,
    };
    use portico_rules::code::CodeProblem;

    // The page has no field for a code any more: it is back at the button that sends one.
    let another_code = |visitor: &Visitor, why| {
        let page = visitor.path(Place::NewPassword);
        forms::leave_mistakes(visitor, &page, vec![visitor.mistake("", why)]);
        visitor.go(Place::NewPassword)
    };
    let visitor = visitor::of_post()?;
    let Some(token) = load::token(&visitor) else { return Ok(visitor.go(Place::NewPassword)) };
    let (password, confirm) = (Password::new(password.0), Password::new(confirm.0));
    let (access, organization) = (&visitor.portal.access, &visitor.organization);
    let outcome =
        reset::save(access, organization, &token, &code.0, &password, &confirm, visitor.language).await;
    Ok(match outcome.map_err(|error| visitor.fault(&error))? {
        SaveOutcome::Saved => {
            visitor.end_cookie(visitor::cookies::RECOVERY);
            forms::leave_notice(&visitor, &visitor.path(Place::SignIn), visitor.say(text::SAVED));
            visitor.go_afresh(Place::SignIn)
        }
        SaveOutcome::CodeProblem(CodeProblem::Missing) => {
            visitor.again(vec![visitor.mistake("code", text::CODE_MISSING)])
        }
        SaveOutcome::CodeProblem(CodeProblem::NotEightDigits) => {
            visitor.again(vec![visitor.mistake("code", text::CODE_EIGHT)])
        }
        SaveOutcome::WrongCode { left } => visitor.again(vec![visitor.wrong_code("code", left)]),
        SaveOutcome::CodeEnded => another_code(&visitor, text::CODE_ENDED),
        SaveOutcome::CodeExpired => another_code(&visitor, text::CODE_EXPIRED),
        SaveOutcome::Password { mistake, token } => {
            visitor.set_cookie(visitor::cookies::RECOVERY, &token.to_text(), Some(24 * 3_600));
            // The page changes with it: the code was right and is not asked for again.
            let page = visitor.path(Place::NewPassword);
            let mistakes = vec![visitor.mistake_with_password(&mistake)];
            forms::leave_mistakes(&visitor, &page, mistakes);
            visitor.go(Place::NewPassword)
        }
        SaveOutcome::Barred(barred) => visitor.barred(barred),
        SaveOutcome::Link(_) => visitor.go(Place::NewPassword),
    })
}
