//! The server functions of the journey.

use crate::visit::{Fault, Outcome, Secret};
use leptos::prelude::*;

/// *Save my security questions*. The form has as many questions and answers as the policy asks for. The session goes on
/// under another token, in a new document.
#[server(ChangeSecurityQuestions, prefix = "/api", endpoint = "change-security-questions")]
pub async fn change_security_questions(
    /// The password there is, as typed.
    #[server(default)]
    current: Secret,
) -> Result<Outcome, Fault> {
    use super::words;
    use crate::{
        routes::Place,
        server::{forms, visitor},
        text::security_questions as text,
    };
    use portico_access::{
        secret::Password,
        security_questions::{Change, ChangeOutcome, change},
    };

    let (visitor, fields) = visitor::and_fields_of_post()?;
    let place = Place::AccountSecurityQuestions;
    let Some(signed_in) = visitor.signed_in() else { return Ok(visitor.go(place)) };
    let form = Change { current: Password::new(current.0), chosen: words::chosen(&visitor, &fields) };
    let outcome = change(&visitor.portal.access, &visitor.organization, signed_in, form).await;
    Ok(match outcome.map_err(|error| visitor.fault(&error))? {
        ChangeOutcome::Changed { token } => {
            visitor.go_on_with_session(&token);
            forms::leave_notice(&visitor, &visitor.path(Place::Account), visitor.say(text::SAVED));
            visitor.go_afresh(Place::Account)
        }
        ChangeOutcome::Again { current, mistakes } => {
            let current = current.map(|mistake| visitor.mistake_with_current(mistake));
            let mistakes = mistakes.into_iter().map(|mistake| words::mistake(&visitor, mistake));
            Outcome::Again { page: visitor.path(place), mistakes: mistakes.chain(current).collect() }
        }
        ChangeOutcome::NotAsked | ChangeOutcome::SessionOver => visitor.go(place),
    })
}
