//! Who may see the sign-in page, and what it shows.

use super::{SignInPage, UnavailablePage};
use crate::{
    pages::{Content, Loaded},
    routes::Place,
    server::visitor::Visitor,
    text::sign_in as text,
    visit::Fault,
};
use portico_rules::{next, policy::Preset};

/// The sign-in page. Someone who is signed in already is led on, but not one who comes from outside in the member
/// preset: *we'll always require you to go through the log in process* (the member help page, Security).
pub(crate) fn sign_in(visitor: &Visitor, address: &str, outside: bool) -> Result<Loaded, Fault> {
    // A failed form comes back without it in the address.
    let next = next_of(visitor, address).or_else(|| inside(visitor, visitor.left.value("next")));
    if visitor.signed_in().is_some() && !(outside && asks_from_outside(visitor)) {
        return Ok(Loaded::Go { to: next.unwrap_or_else(|| visitor.path(Place::Home)), document: false });
    }
    let with = visitor.organization.policy.sign_in_with;
    let data = SignInPage { with, next: next.unwrap_or_default() };
    Ok(Loaded::page(visitor, text::HEADING, Content::SignIn(data)))
}

/// Whether a page asked for from outside leads through sign-in even while a session lives.
pub(crate) fn asks_from_outside(visitor: &Visitor) -> bool {
    visitor.organization.definition.preset == Preset::Member
}

/// The page to go to after signing in, where the address names one inside this portal.
fn next_of(visitor: &Visitor, address: &str) -> Option<String> {
    let (_, query) = address.split_once('?')?;
    let fields: Vec<(String, String)> = serde_urlencoded::from_str(query).ok()?;
    let (_, next) = fields.into_iter().find(|(name, _)| name == "next")?;
    inside(visitor, &next)
}

fn inside(visitor: &Visitor, next: &str) -> Option<String> {
    next::is_inside(next, &visitor.organization.definition.slug).then(|| next.to_owned())
}

/// Where the right password leads on an account that cannot be used. Only the sign-in that found it out leads here.
pub(crate) fn unavailable(visitor: &Visitor) -> Result<Loaded, Fault> {
    let state = visitor.left.value("state");
    let (heading, why) = match state {
        "expired" => (text::EXPIRED_HEADING, text::EXPIRED),
        "disabled" => (text::DISABLED_HEADING, text::DISABLED),
        "ended" => (text::ENDED_HEADING, text::ENDED),
        _ => return Ok(Loaded::Go { to: visitor.path(Place::SignIn), document: false }),
    };
    let since = visitor.left.value("since");
    let data = UnavailablePage { why: why.fill(visitor.language, &[("since", since)]) };
    Ok(Loaded::page(visitor, heading, Content::Unavailable(data)))
}
