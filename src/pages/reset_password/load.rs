//! How far a reset has come, and what its page shows.

use super::{LinkState, ResetPage};
use crate::{
    components::password::NewPassword,
    pages::{Content, Loaded, token_of_link},
    routes::Place,
    server::visitor::{Visitor, cookies},
    text::reset_password as text,
    visit::Fault,
};
use portico_access::reset::{self, LinkPage, LinkToken, Names, Purpose, Ready, Stage};
use portico_mail::moment;
use portico_rules::policy::Recovery;

/// The token that the link in a mail brought.
pub(super) fn token(visitor: &Visitor) -> Option<LinkToken> {
    visitor.cookie(cookies::RECOVERY).and_then(LinkToken::parse)
}

/// Whether the organization's people reset passwords here.
fn is_offered(visitor: &Visitor) -> bool {
    visitor.organization.policy.recovery == Recovery::LinkAndCode
}

/// Asks for the email.
pub(crate) fn ask(visitor: &Visitor) -> Result<Loaded, Fault> {
    if !is_offered(visitor) {
        return Ok(Loaded::Go { to: visitor.path(Place::ForgotPassword), document: false });
    }
    Ok(Loaded::page(visitor, text::HEADING, Content::Reset(ResetPage::Ask)))
}

/// The email is on its way, if there is an account.
pub(crate) fn sent(visitor: &Visitor) -> Result<Loaded, Fault> {
    if !is_offered(visitor) {
        return Ok(Loaded::Go { to: visitor.path(Place::ForgotPassword), document: false });
    }
    let address = visitor.left.value("email").to_owned();
    Ok(Loaded::page(visitor, text::CHECK_EMAIL, Content::Reset(ResetPage::Sent { address })))
}

/// Where the link in a mail leads.
pub(crate) async fn new_password(visitor: &Visitor, address: &str) -> Result<Loaded, Fault> {
    if let Some(clean) = token_of_link(visitor, address, cookies::RECOVERY, Place::NewPassword) {
        return Ok(clean);
    }
    let Some(token) = token(visitor) else { return Ok(dead(visitor, &LinkPage::Unknown)) };
    let page = reset::open_link(&visitor.portal.access, &visitor.organization, &token).await;
    match page.map_err(|error| visitor.fault(&error))? {
        LinkPage::Ready(ready) => Ok(ready_page(visitor, *ready)),
        page => Ok(dead(visitor, &page)),
    }
}

fn ready_page(visitor: &Visitor, Ready { purpose, stage, rules }: Ready) -> Loaded {
    let heading = match purpose {
        Purpose::First => text::CHOOSE,
        Purpose::Change => text::CHANGE,
    };
    let (state, names) = match stage {
        Stage::Start | Stage::CodeOver => (LinkState::Fresh, Names::default()),
        Stage::CodeSent { until } => {
            let until = moment::in_words(until, &visitor.organization.time_zone, visitor.language);
            (LinkState::CodeSent { until }, Names::default())
        }
        Stage::Proven(names) => (LinkState::Proven, names),
    };
    let new = NewPassword {
        rules,
        reveal: visitor.organization.policy.password_reveal,
        first_name: names.first,
        last_name: names.last,
        email: names.email,
        names: visitor.organization.definition.own_names(),
        username: names.user_id.clone(),
        user_id: names.user_id,
    };
    Loaded::page(visitor, heading, Content::Reset(ResetPage::Link { state, new }))
}

/// A link that leads no further: why, and a fresh start.
fn dead(visitor: &Visitor, page: &LinkPage) -> Loaded {
    let why = match page {
        LinkPage::Expired { welcome: true } => text::DEAD_WELCOME,
        LinkPage::Expired { welcome: false } => text::DEAD_EXPIRED,
        LinkPage::Used => text::DEAD_USED,
        LinkPage::Unknown | LinkPage::Ready(_) => text::DEAD_UNKNOWN,
    };
    Loaded::page(visitor, text::DEAD_HEADING, Content::Reset(ResetPage::Dead { why: visitor.say(why) }))
}
