//! What the sign-in page shows.

use super::SignInPage;
use crate::{
    pages::{Content, Loaded},
    server::visitor::Visitor,
    text::sign_in as text,
    visit::Fault,
};

/// Loads the sign-in page.
pub(crate) async fn load(visitor: &Visitor, _address: &str, _outside: bool) -> Result<Loaded, Fault> {
    let with = visitor.organization.policy.sign_in_with;
    Ok(Loaded::page(visitor, text::HEADING, Content::SignIn(SignInPage { with, next: String::new() })))
}
