//! The page of the journey.

use crate::{
    components::{
        field::Page,
        parts::{fact_list, links, prose, way_out},
    },
    pages::Sheet,
    routes::Place,
    text::account as text,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What happened lately.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ActivityPage {
    /// What to do about something that one does not recognize.
    pub lead: String,
    /// When and what, in the visitor's language, the newest first.
    pub happened: Vec<(String, String)>,
}

pub(crate) fn sheet(page: &Page, data: &ActivityPage) -> Sheet {
    Sheet::plain(view! {
        <p class="lead">{prose(page, &data.lead)}</p>
        {fact_list(data.happened.clone())}
        {way_out(page)}
        {links(vec![
            (Place::AccountPassword.of(&page.slug), page.say(text::CHANGE_PASSWORD)),
            (Place::AccountSessions.of(&page.slug), page.say(text::SESSIONS)),
        ])}
    })
    .back(Place::Account.of(&page.slug))
}
