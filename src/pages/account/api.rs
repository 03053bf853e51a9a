//! The server functions that keep a session alive, and end it.

use crate::visit::{Fault, Outcome, Timer};
use leptos::prelude::*;

/// *Log out*.
#[server(LogOut, prefix = "/api", endpoint = "log-out")]
pub async fn log_out() -> Result<Outcome, Fault> {
    use crate::{routes::Place, server::visitor};
    use portico_access::sessions::{self, EndReason};

    let visitor = visitor::of_post()?;
    if let Some(token) = visitor.session_token() {
        let ended =
            sessions::end(&visitor.portal.access, &visitor.organization, &token, EndReason::SignedOut).await;
        ended.map_err(|error| visitor.fault(&error))?;
        visitor.end_cookie(visitor::cookies::SESSION);
    }
    Ok(visitor.go_afresh(Place::SignedOut))
}

/// Something was done on the page: the idle time starts anew, as with every form. Answers what is left, or nothing
/// where there is no session any more.
#[server(Stay, prefix = "/api", endpoint = "stay")]
pub async fn stay() -> Result<Option<Timer>, Fault> {
    Ok(crate::server::visitor::of_post()?.timer())
}

/// A document of the session goes: the tab was closed, or leads elsewhere. Sent by the document's own script.
#[server(Leave, prefix = "/api", endpoint = "leave")]
pub async fn leave(
    /// When it was opened, in microseconds since 1970, as the server told it.
    #[server(default)]
    document: i64,
) -> Result<(), Fault> {
    let visitor = crate::server::visitor::of_post()?;
    let opened = jiff::Timestamp::from_microsecond(document).ok();
    if let Some((token, opened)) = visitor.session_token().zip(opened) {
        let left =
            portico_access::sessions::leave(&visitor.portal.access, &visitor.organization, &token, opened);
        left.await.map_err(|error| visitor.fault(&error))?;
    }
    Ok(())
}

/// *Stay signed in* on the page for browsers without scripts: back to where the person was.
#[server(StayHere, prefix = "/api", endpoint = "stay-here")]
pub async fn stay_here(
    /// The page to go back to.
    #[server(default)]
    next: String,
) -> Result<Outcome, Fault> {
    use crate::{routes::Place, server::visitor};
    use portico_rules::next::is_inside;

    let visitor = visitor::of_post()?;
    if visitor.signed_in().is_none() {
        return Ok(visitor.go_afresh(Place::SignedOut));
    }
    let slug = &visitor.organization.definition.slug;
    let to = Some(next).filter(|next| is_inside(next, slug)).unwrap_or_else(|| visitor.path(Place::Home));
    Ok(Outcome::Go { to, document: false })
}
