//! The server function behind the sign-in form.

use crate::visit::{Fault, Outcome, Secret};
use leptos::prelude::*;

/// Tries to sign in. Every failure, whatever its cause, has the same answer.
#[server(SignIn, prefix = "/api", endpoint = "sign-in")]
pub async fn sign_in(
    /// User ID or email, as typed.
    #[server(default)]
    identifier: String,
    /// As typed.
    #[server(default)]
    password: Secret,
    /// The page to go to afterwards.
    #[server(default)]
    next: String,
) -> Result<Outcome, Fault> {
    use crate::{routes::Place, server, text::sign_in as text};
    use portico_access::{secret::Password, sign_in as access};
    use portico_rules::{next, policy::SignInWith};

    let visitor = server::visitor::of_post()?;
    let (missing, refused) = match visitor.organization.policy.sign_in_with {
        SignInWith::UserId => (text::ENTER_USER_ID, text::REFUSED_USER_ID),
        SignInWith::Email => (text::ENTER_EMAIL, text::REFUSED_EMAIL),
        SignInWith::Either => (text::ENTER_EITHER, text::REFUSED_EMAIL),
    };
    let mut mistakes = Vec::new();
    if identifier.trim().is_empty() {
        mistakes.push(visitor.mistake("identifier", missing));
    }
    if password.0.is_empty() {
        mistakes.push(visitor.mistake("password", text::ENTER_PASSWORD));
    }
    if !mistakes.is_empty() {
        return Ok(visitor.again(mistakes));
    }
    let (portal, organization) = (&visitor.portal, &visitor.organization);
    let outcome = access::sign_in(
        &portal.access,
        organization,
        &identifier,
        Password::new(password.0),
        visitor.to_browser(),
    )
    .await
    .map_err(|error| visitor.fault(&error))?;
    Ok(match outcome {
        access::SignIn::In { token, known_browser, .. } => {
            visitor.begin_session(&token, &known_browser);
            let to = Some(next).filter(|next| next::is_inside(next, &organization.definition.slug));
            Outcome::Go { to: to.unwrap_or_else(|| visitor.path(Place::Home)), document: true }
        }
        access::SignIn::Refused => visitor.again(vec![visitor.mistake("identifier", refused)]),
        access::SignIn::Expired { since } => visitor.unavailable("expired", Some(organization.day(since))),
        access::SignIn::Disabled => visitor.unavailable("disabled", None),
        access::SignIn::CoverageEnded { since } => visitor.unavailable("ended", Some(since)),
        access::SignIn::Busy => return Err(Fault::Busy),
    })
}
