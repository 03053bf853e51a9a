//! Who may see the page, and what it shows.

use super::{OtherSession, SessionsPage};
use crate::{
    pages::{Content, Loaded, account},
    server::visitor::Visitor,
    text::sessions as text,
    visit::Fault,
};
use jiff::Timestamp;
use portico_access::sessions::{self, OwnSession};
use portico_mail::moment;

/// *Where you are signed in*.
pub(crate) async fn load(visitor: &Visitor, address: &str, outside: bool) -> Result<Loaded, Fault> {
    let signed_in = match account::signed_in(visitor, address, outside) {
        Ok(signed_in) => signed_in,
        Err(elsewhere) => return Ok(*elsewhere),
    };
    let own = sessions::own(&visitor.portal.access, &visitor.organization, signed_in).await;
    let (here, others): (Vec<_>, Vec<_>) =
        own.map_err(|error| visitor.fault(&error))?.into_iter().partition(|session| session.is_this);
    let data = SessionsPage {
        here: here.iter().flat_map(|here| own_facts(visitor, here)).collect(),
        others: others
            .iter()
            .map(|other| OtherSession {
                id: other.id.clone(),
                browser: browser_in_words(visitor, &other.browser),
                facts: facts(visitor, other),
            })
            .collect(),
    };
    Ok(Loaded::page(visitor, text::HEADING, Content::Sessions(data)))
}

fn own_facts(visitor: &Visitor, session: &OwnSession) -> Vec<(String, String)> {
    let mut facts = vec![(visitor.say(text::BROWSER), browser_in_words(visitor, &session.browser))];
    facts.extend(self::facts(visitor, session));
    facts
}

fn facts(visitor: &Visitor, session: &OwnSession) -> Vec<(String, String)> {
    let active =
        if session.is_this { visitor.say(text::NOW) } else { moment_in_words(visitor, session.active_at) };
    let mut facts = vec![
        (visitor.say(text::SINCE), moment_in_words(visitor, session.began_at)),
        (visitor.say(text::ACTIVE), active),
    ];
    if !session.network.is_empty() {
        facts.push((visitor.say(text::NETWORK), session.network.clone()));
    }
    facts
}

/// A moment in the organization's time zone, to stand alone.
pub(crate) fn moment_in_words(visitor: &Visitor, at: Timestamp) -> String {
    let at = moment::in_words(at, &visitor.organization.time_zone, visitor.language);
    text::MOMENT.fill(visitor.language, &[("at", &at)])
}

/// A browser as it was noted when it signed in, in the visitor's language.
pub(crate) fn browser_in_words(visitor: &Visitor, label: &str) -> String {
    match label.split_once(" on ") {
        Some((browser, system)) => {
            text::BROWSER_ON.fill(visitor.language, &[("browser", browser), ("system", system)])
        }
        None if label.is_empty() => visitor.say(text::UNKNOWN_BROWSER),
        None => label.to_owned(),
    }
}
