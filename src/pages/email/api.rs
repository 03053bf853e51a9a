//! The server functions of the journey. Each leads back to its page, which shows how far it has come.

use crate::visit::{Fault, Outcome, Secret};
use leptos::prelude::*;

/// *Send code*. The session goes on under another token, in a new document.
#[server(ChangeEmail, prefix = "/api", endpoint = "change-email")]
pub async fn change_email(
    /// The new address, as typed.
    #[server(default)]
    email: String,
    /// The password there is, as typed.
    #[server(default)]
    current: Secret,
) -> Result<Outcome, Fault> {
    use crate::{
        pages::register::problems,
        routes::Place,
        server::visitor,
        text::{email as text, register},
    };
    use portico_access::{
        email_change::{EmailMistake, StartOutcome, start},
        secret::Password,
    };

    let visitor = visitor::of_post()?;
    let Some(signed_in) = visitor.signed_in() else { return Ok(visitor.go(Place::AccountEmail)) };
    let (access, organization) = (&visitor.portal.access, &visitor.organization);
    let current = Password::new(current.0);
    let outcome = start(access, organization, signed_in, &email, current, visitor.language).await;
    Ok(match outcome.map_err(|error| visitor.fault(&error))? {
        StartOutcome::Sent { token } => {
            visitor.go_on_with_session(&token);
            visitor.go_afresh(Place::AccountEmail)
        }
        StartOutcome::Again { email, current } => {
            let email = email.map(|mistake| match mistake {
                EmailMistake::Problem(problem) => problems::email(&visitor, problem),
                EmailMistake::Same => visitor.mistake("email", text::SAME),
            });
            let current = current.map(|mistake| visitor.mistake_with_current(mistake));
            visitor.again(email.into_iter().chain(current).collect())
        }
        StartOutcome::TooMany => visitor.again(vec![visitor.mistake("", register::TOO_MANY)]),
        StartOutcome::SessionOver => visitor.go(Place::AccountEmail),
    })
}

/// *Send it again*.
#[server(SendNewEmailCode, prefix = "/api", endpoint = "change-email-send-again")]
pub async fn send_new_email_code() -> Result<Outcome, Fault> {
    use crate::{
        routes::Place,
        server::{forms, visitor},
        text::{email as text, register},
    };
    use portico_access::email_change::{SendOutcome, send_again};

    let visitor = visitor::of_post()?;
    let place = Place::AccountEmail;
    let Some(signed_in) = visitor.signed_in() else { return Ok(visitor.go(place)) };
    let (access, organization) = (&visitor.portal.access, &visitor.organization);
    let outcome = send_again(access, organization, signed_in, visitor.language).await;
    Ok(match outcome.map_err(|error| visitor.fault(&error))? {
        SendOutcome::Sent => {
            forms::leave_notice(&visitor, &visitor.path(place), visitor.say(register::SENT_AGAIN));
            visitor.go(place)
        }
        SendOutcome::TooMany => visitor.again(vec![visitor.mistake("", register::TOO_MANY)]),
        SendOutcome::Over => {
            forms::leave_mistakes(&visitor, &visitor.path(place), vec![visitor.mistake("", text::OVER)]);
            visitor.go(place)
        }
    })
}

/// *Continue* with the code.
#[server(ProveNewEmail, prefix = "/api", endpoint = "change-email-code")]
pub async fn prove_new_email(
    /// As typed.
    #[server(default)]
    code: Secret,
) -> Result<Outcome, Fault> {
    use crate::{
        pages::register::problems,
        routes::Place,
        server::{forms, visitor},
        text::email as text,
    };
    use portico_access::email_change::{ProveOutcome, prove};

    let visitor = visitor::of_post()?;
    let place = Place::AccountEmail;
    let Some(signed_in) = visitor.signed_in() else { return Ok(visitor.go(place)) };
    let (access, organization) = (&visitor.portal.access, &visitor.organization);
    let outcome = prove(access, organization, signed_in, &code.0).await;
    Ok(match outcome.map_err(|error| visitor.fault(&error))? {
        ProveOutcome::Changed => {
            forms::leave_notice(&visitor, &visitor.path(Place::Account), visitor.say(text::CHANGED));
            visitor.go(Place::Account)
        }
        ProveOutcome::Problem(problem) => visitor.again(vec![problems::code(&visitor, problem)]),
        ProveOutcome::Wrong { left } => visitor.again(vec![visitor.wrong_code("code", left)]),
        ProveOutcome::Ended => visitor.again(vec![visitor.mistake("code", text::ENDED)]),
        ProveOutcome::Over => {
            forms::leave_mistakes(&visitor, &visitor.path(place), vec![visitor.mistake("", text::OVER)]);
            visitor.go(place)
        }
    })
}

/// *Use another address*.
#[server(UseAnotherEmail, prefix = "/api", endpoint = "change-email-cancel")]
pub async fn use_another_email() -> Result<Outcome, Fault> {
    use crate::{routes::Place, server::visitor};
    use portico_access::email_change::cancel;

    let visitor = visitor::of_post()?;
    if let Some(signed_in) = visitor.signed_in() {
        let cancelled = cancel(&visitor.portal.access, signed_in).await;
        cancelled.map_err(|error| visitor.fault(&error))?;
    }
    Ok(visitor.go(Place::AccountEmail))
}
