//! The server functions of the journey.

use crate::visit::{Fault, Outcome, Secret};
use leptos::prelude::*;

/// *Save my new password*. The session goes on under another token, in a new document.
#[server(ChangePassword, prefix = "/api", endpoint = "change-password")]
pub async fn change_password(
    /// The password there is, as typed.
    #[server(default)]
    current: Secret,
    /// The new one, as typed.
    #[server(default)]
    password: Secret,
    /// The same once more.
    #[server(default)]
    confirm: Secret,
) -> Result<Outcome, Fault> {
    use crate::{
        routes::Place,
        server::{forms, visitor},
        text::reset_password,
    };
    use portico_access::{
        change_password::{Change, ChangeOutcome, change},
        secret::Password,
    };

    let visitor = visitor::of_post()?;
    let Some(signed_in) = visitor.signed_in() else { return Ok(visitor.go(Place::AccountPassword)) };
    let [current, password, repeated] = [current, password, confirm].map(|typed| Password::new(typed.0));
    let form = Change { current, password, repeated };
    let outcome = change(&visitor.portal.access, &visitor.organization, signed_in, form).await;
    Ok(match outcome.map_err(|error| visitor.fault(&error))? {
        ChangeOutcome::Changed { token } => {
            visitor.go_on_with_session(&token);
            forms::leave_notice(&visitor, &visitor.path(Place::Account), visitor.say(reset_password::SAVED));
            visitor.go_afresh(Place::Account)
        }
        ChangeOutcome::Again { current, new } => {
            let current = current.map(|mistake| visitor.mistake_with_current(mistake));
            let new = new.map(|mistake| visitor.mistake_with_password(&mistake));
            let page = visitor.path(Place::AccountPassword);
            Outcome::Again { page, mistakes: current.into_iter().chain(new).collect() }
        }
        ChangeOutcome::SessionOver => visitor.go(Place::AccountPassword),
    })
}

/// *Not now*: the reminder comes again after another such time.
#[server(PutOffReminder, prefix = "/api", endpoint = "put-off-password-reminder")]
pub async fn put_off_reminder() -> Result<Outcome, Fault> {
    use crate::{routes::Place, server::visitor};
    use portico_access::password_reminder;

    let visitor = visitor::of_post()?;
    if let Some(signed_in) = visitor.signed_in() {
        let put_off =
            password_reminder::put_off(&visitor.portal.access, &visitor.organization, signed_in).await;
        put_off.map_err(|error| visitor.fault(&error))?;
    }
    Ok(visitor.go(Place::Home))
}
