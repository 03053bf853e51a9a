//! How far a recovery has come in this browser, and what its page shows.

use super::{RecoverPage, Step};
use crate::{
    components::password::NewPassword,
    pages::{Content, Loaded, help, not_found, security_questions::words},
    routes::Place,
    server::visitor::{Visitor, cookies},
    text::help as text,
    visit::Fault,
};
use portico_access::pin::{self, PinToken, Proven, Stage};
use portico_access::reset::Names;
use portico_mail::moment;
use portico_rules::policy::Recovery;

/// Which request, and perhaps which PIN, this browser has.
pub(super) fn token(visitor: &Visitor) -> Option<PinToken> {
    let text = visitor.cookie(cookies::PIN)?;
    PinToken::parse(&visitor.portal.access, &visitor.organization, text)
}

/// *Forgot your User ID?* and *Forgot your password?* Where there are no PINs, a password is reset with two emails, and
/// whom to call is told about a User ID.
pub(crate) async fn load(visitor: &Visitor, place: Place) -> Result<Loaded, Fault> {
    if visitor.organization.policy.recovery != Recovery::Pin {
        return match place {
            _ if !visitor.frame().registers => Ok(not_found(visitor)),
            Place::ForgotUserId => help::forgot(visitor),
            _ => Ok(Loaded::Go { to: visitor.path(Place::ResetPassword), document: false }),
        };
    }
    let stage = pin::stage(&visitor.portal.access, &visitor.organization, token(visitor).as_ref()).await;
    let for_password = place == Place::ForgotPassword;
    let step = match stage.map_err(|error| visitor.fault(&error))? {
        Stage::Ask => Step::Ask,
        Stage::Enter { until } => Step::Enter {
            address: visitor.left.value("email").to_owned(),
            until: moment::in_words(until, &visitor.organization.time_zone, visitor.language),
        },
        Stage::Proven(proven) if for_password => new_password(visitor, *proven),
        Stage::Proven(proven) if proven.shows_user_id => {
            Step::UserId { user_id: proven.names.user_id, sets_password: proven.rules.is_some() }
        }
        Stage::Proven(_) => Step::OfferUserId,
    };
    let heading = if for_password { text::FORGOT_PASSWORD } else { text::FORGOT_USER_ID };
    Ok(Loaded::page(visitor, heading, Content::Recover(RecoverPage { for_password, step })))
}

fn new_password(visitor: &Visitor, Proven { names, rules, questions, shows_user_id, .. }: Proven) -> Step {
    let Some(rules) = rules else { return Step::Used };
    // The User ID is looked up with a mail to its owner, and not by reading this page.
    let names = if shows_user_id { names } else { Names::default() };
    Step::Password {
        asked: words::asked(visitor, &questions),
        new: NewPassword {
            rules,
            reveal: visitor.organization.policy.password_reveal,
            first_name: names.first,
            last_name: names.last,
            email: names.email,
            names: visitor.organization.definition.own_names(),
            username: names.user_id.clone(),
            user_id: names.user_id,
        },
    }
}
