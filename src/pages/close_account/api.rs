//! The server function of the journey.

use crate::visit::{Fault, Outcome, Secret};
use leptos::prelude::*;

/// *Close my account*.
#[server(CloseAccount, prefix = "/api", endpoint = "close-account")]
pub async fn close_account(
    /// The password there is, as typed.
    #[server(default)]
    current: Secret,
) -> Result<Outcome, Fault> {
    use crate::{
        routes::Place,
        server::{
            forms,
            visitor::{self, cookies},
        },
        text::close_account as text,
    };
    use portico_access::{
        close_account::{CloseOutcome, close},
        secret::Password,
    };

    let visitor = visitor::of_post()?;
    let place = Place::AccountClose;
    let Some(signed_in) = visitor.signed_in() else { return Ok(visitor.go(place)) };
    let current = Password::new(current.0);
    let outcome = close(&visitor.portal.access, &visitor.organization, signed_in, current).await;
    Ok(match outcome.map_err(|error| visitor.fault(&error))? {
        CloseOutcome::Closed => {
            visitor.end_cookie(cookies::SESSION);
            forms::leave_notice(&visitor, &visitor.path(Place::SignedOut), visitor.say(text::CLOSED));
            visitor.go_afresh(Place::SignedOut)
        }
        CloseOutcome::Again(mistake) => {
            let mistakes = vec![visitor.mistake_with_current(mistake)];
            Outcome::Again { page: visitor.path(place), mistakes }
        }
        CloseOutcome::SessionOver | CloseOutcome::NotOffered => visitor.go(place),
    })
}
