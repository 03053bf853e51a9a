//! The server function behind the sign-in form.

use crate::visit::{Fault, Outcome, Secret};
use leptos::prelude::*;

/// Tries to sign in. Every failure, whatever its cause, has the same answer.
#[server(SignIn, prefix = "/api", endpoint = "sign-in")]
pub async fn sign_in(
    #[server(default)] identifier: String,
    #[server(default)] password: Secret,
    #[server(default)] next: String,
) -> Result<Outcome, Fault> {
    let visitor = crate::server::visitor::of_post()?;
    let _ = (identifier, password, next);
    Ok(visitor.again(vec![visitor.mistake("identifier", crate::text::sign_in::REFUSED_USER_ID)]))
}
