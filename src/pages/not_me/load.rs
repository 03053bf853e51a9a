//! Who may see the page, and what it says.

use super::NotMePage;
use crate::{
    pages::{Content, Loaded, account, token_of_link},
    routes::Place,
    server::visitor::{Visitor, cookies},
    text::{Text, not_me as text},
    visit::Fault,
};
use portico_access::{
    disavowal::{self, NotMe},
    secret::Token,
};

/// The token that the link in a mail brought.
pub(super) fn token(visitor: &Visitor) -> Option<Token> {
    visitor.cookie(cookies::NOT_ME).and_then(Token::parse)
}

/// Where the link in a mail leads.
pub(crate) async fn by_link(visitor: &Visitor, address: &str) -> Result<Loaded, Fault> {
    if let Some(clean) = token_of_link(visitor, address, cookies::NOT_ME, Place::NotMe) {
        return Ok(clean);
    }
    let found = match token(visitor) {
        Some(token) => {
            let found = disavowal::open(&visitor.portal.access, &visitor.organization, &token).await;
            found.map_err(|error| visitor.fault(&error))?
        }
        None => NotMe::Unknown,
    };
    Ok(match found {
        NotMe::Ready => {
            let then = [visitor.say(text::ADDRESS), with_phone(visitor, text::THEN)].join(" ");
            page(visitor, text::LEAD, then, true)
        }
        NotMe::Expired => page(visitor, text::EXPIRED, with_phone(visitor, text::INSTEAD), false),
        NotMe::Used => page(visitor, text::USED, with_phone(visitor, text::USED_THEN), false),
        NotMe::Unknown => page(visitor, text::UNKNOWN, with_phone(visitor, text::INSTEAD), false),
    })
}

/// For a person who is signed in.
pub(crate) fn by_owner(visitor: &Visitor, address: &str, outside: bool) -> Result<Loaded, Fault> {
    match account::signed_in(visitor, address, outside) {
        Ok(_) => Ok(page(visitor, text::LEAD, with_phone(visitor, text::THEN), true)),
        Err(elsewhere) => Ok(*elsewhere),
    }
}

/// A sentence that says whom to call.
fn with_phone(visitor: &Visitor, text: Text) -> String {
    let phone = visitor.organization.definition.phone_in(visitor.language);
    text.fill(visitor.language, &[("phone", phone)])
}

fn page(visitor: &Visitor, lead: Text, then: String, offered: bool) -> Loaded {
    let data = NotMePage { lead: visitor.say(lead), then, offered };
    Loaded::page(visitor, text::HEADING, Content::NotMe(data))
}
