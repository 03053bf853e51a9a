//! The server functions of the journey.

use crate::visit::{Fault, Outcome};
use leptos::prelude::*;

/// Ends one of the person's own sessions elsewhere.
#[server(EndSession, prefix = "/api", endpoint = "end-session")]
pub async fn end_session(
    /// Its id.
    #[server(default)]
    session: String,
) -> Result<Outcome, Fault> {
    use crate::{
        routes::Place,
        server::{forms, visitor},
        text::sessions as text,
    };
    use portico_access::sessions;

    let visitor = visitor::of_post()?;
    if let Some(signed_in) = visitor.signed_in() {
        let (access, organization) = (&visitor.portal.access, &visitor.organization);
        let ended = sessions::end_own(access, organization, signed_in, &session).await;
        if ended.map_err(|error| visitor.fault(&error))? {
            forms::leave_notice(&visitor, &visitor.path(Place::AccountSessions), visitor.say(text::ENDED));
        }
    }
    Ok(visitor.go(Place::AccountSessions))
}

/// Ends all of the person's own sessions but this one.
#[server(EndOtherSessions, prefix = "/api", endpoint = "end-other-sessions")]
pub async fn end_other_sessions() -> Result<Outcome, Fault> {
    use crate::{
        routes::Place,
        server::{forms, visitor},
        text::sessions as text,
    };
    use portico_access::sessions;

    let visitor = visitor::of_post()?;
    if let Some(signed_in) = visitor.signed_in() {
        let (access, organization) = (&visitor.portal.access, &visitor.organization);
        let ended = sessions::end_others(access, organization, signed_in).await;
        if ended.map_err(|error| visitor.fault(&error))? > 0 {
            let page = visitor.path(Place::AccountSessions);
            forms::leave_notice(&visitor, &page, visitor.say(text::OTHERS_ENDED));
        }
    }
    Ok(visitor.go(Place::AccountSessions))
}
