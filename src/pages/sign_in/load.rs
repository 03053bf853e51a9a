//! Who may see the sign-in page, and what it shows.

use super::{SignInPage, UnavailablePage};
use crate::{
    pages::{Content, Loaded, in_query},
    routes::Place,
    server::visitor::Visitor,
    text::sign_in as text,
    visit::Fault,
};
use portico_rules::{date, next, policy::Preset};

/// The sign-in page. Someone who is signed in already is led on.
pub(crate) fn sign_in(visitor: &Visitor, address: &str) -> Result<Loaded, Fault> {
    let next = next_of(visitor, address);
    if visitor.signed_in().is_some() {
        return Ok(Loaded::Go { to: next.unwrap_or_else(|| visitor.path(Place::Home)), document: false });
    }
    let policy = &visitor.organization.policy;
    let data = SignInPage {
        with: policy.sign_in_with,
        reveal: policy.password_reveal,
        next: next.unwrap_or_default(),
    };
    Ok(Loaded::page(visitor, text::HEADING, Content::SignIn(data)))
}

/// Whether a page asked for from outside leads through sign-in even while a session lives: *we'll always require you to
/// go through the log in process* (the member help page, Security).
pub(crate) fn asks_from_outside(visitor: &Visitor) -> bool {
    visitor.organization.definition.preset == Preset::Member
}

/// The page to go to afterwards, where the address names one inside this portal. A failed form and the language switch
/// come back without it in the address.
pub(crate) fn next_of(visitor: &Visitor, address: &str) -> Option<String> {
    let next = in_query(address, "next").unwrap_or_else(|| visitor.left.value("next").to_owned());
    next::is_inside(&next, &visitor.organization.definition.slug).then_some(next)
}

/// Where the right password leads on an account that cannot be used. Only the sign-in that found it out leads here, and
/// the language switch back.
pub(crate) fn unavailable(visitor: &Visitor) -> Result<Loaded, Fault> {
    let state = visitor.left.value("state");
    let (heading, why) = match state {
        "expired" => (text::EXPIRED_HEADING, text::EXPIRED),
        "disabled" => (text::DISABLED_HEADING, text::DISABLED),
        "ended" => (text::ENDED_HEADING, text::ENDED),
        _ => return Ok(Loaded::Go { to: visitor.path(Place::SignIn), document: false }),
    };
    let since = visitor.left.value("since");
    let day = date::parse_iso(since).map(|day| visitor.day(day)).unwrap_or_default();
    let data = UnavailablePage { why: why.fill(visitor.language, &[("since", &day)]) };
    Ok(Loaded::page(visitor, heading, Content::Unavailable(data)))
}
