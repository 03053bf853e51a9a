//! The page of the journey: one button.

use super::api;
use crate::{
    components::{
        field::Page,
        form::portal_form,
        parts::{links, prose, submit},
    },
    pages::Sheet,
    routes::Place,
    text::{common, not_me as text},
};
use leptos::{prelude::*, server_fn::ServerFn};
use serde::{Deserialize, Serialize};

/// What the page says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NotMePage {
    /// What the button does, or why there is none.
    pub lead: String,
    /// What comes after it, or what to do instead.
    pub then: String,
    /// Whether there is something that the button could do.
    pub offered: bool,
}

pub(crate) fn sheet(page: &Page, data: &NotMePage) -> Sheet {
    let action = if data.offered {
        portal_form(page, api::NotMe::PATH, submit(page.say(text::NOT_ME)))
    } else {
        links(vec![(Place::SignIn.of(&page.slug), page.say(common::GO_TO_SIGN_IN))])
    };
    let body = view! {
        <p class="lead">{data.lead.clone()}</p>
        <p>{prose(page, &data.then)}</p>
        {action}
    };
    Sheet { form: data.offered, ..Sheet::plain(body) }
}
