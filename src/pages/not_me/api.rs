//! The server function of the journey.

use crate::visit::{Fault, Outcome};
use leptos::prelude::*;

/// *This was not me*: for the account of the link that this browser brought, or on the page of the account for the person
/// who is signed in. It goes on with the recovery of the account.
#[server(NotMe, prefix = "/api", endpoint = "not-me")]
pub async fn not_me() -> Result<Outcome, Fault> {
    use super::load;
    use crate::{
        routes::Place,
        server::{
            forms,
            visitor::{self, cookies},
        },
        text::not_me as text,
    };
    use portico_access::disavowal::{self, NotMe as Found};
    use portico_rules::policy::Recovery;

    let visitor = visitor::of_post()?;
    let (access, organization) = (&visitor.portal.access, &visitor.organization);
    if visitor.page == visitor.path(Place::AccountNotMe) {
        let Some(signed_in) = visitor.signed_in() else { return Ok(visitor.go(Place::AccountNotMe)) };
        let done = disavowal::by_owner(access, organization, signed_in, visitor.language).await;
        done.map_err(|error| visitor.fault(&error))?;
        visitor.end_cookie(cookies::SESSION);
    } else {
        let Some(token) = load::token(&visitor) else { return Ok(visitor.go(Place::NotMe)) };
        let found = disavowal::by_link(access, organization, &token, visitor.language).await;
        if found.map_err(|error| visitor.fault(&error))? != Found::Ready {
            return Ok(visitor.go(Place::NotMe));
        }
        visitor.end_cookie(cookies::NOT_ME);
    }
    let next = match organization.policy.recovery {
        Recovery::Pin => Place::ForgotPassword,
        Recovery::LinkAndCode => Place::ResetPassword,
    };
    // A PIN of before is dead: the page shall ask for a new one.
    visitor.end_cookie(cookies::PIN);
    forms::leave_notice(&visitor, &visitor.path(next), visitor.say(text::DONE));
    Ok(visitor.go_afresh(next))
}
