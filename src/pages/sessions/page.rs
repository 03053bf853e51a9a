//! The page of the journey.

use super::api;
use crate::{
    components::{
        field::Page,
        form::small_form,
        parts::{fact_list, way_out},
    },
    pages::Sheet,
    routes::Place,
    text::{not_me, sessions as text},
    view::{AnyView, IntoAny},
};
use leptos::{prelude::*, server_fn::ServerFn};
use serde::{Deserialize, Serialize};

/// The living sessions of an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SessionsPage {
    /// What is known of the one that looks at the page: label and value, in the visitor's language.
    pub here: Vec<(String, String)>,
    /// The others, the latest first.
    pub others: Vec<OtherSession>,
}

/// A session elsewhere.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OtherSession {
    /// Its id, to end it by.
    pub id: String,
    /// Such as *Firefox on Windows*, in the visitor's language.
    pub browser: String,
    /// What is known of it: label and value, in the visitor's language.
    pub facts: Vec<(String, String)>,
}

pub(crate) fn sheet(page: &Page, data: &SessionsPage) -> Sheet {
    let others: Vec<AnyView> = data.others.iter().cloned().map(|other| elsewhere(page, other)).collect();
    let others = if others.is_empty() {
        view! { <p>{page.say(text::NOWHERE_ELSE)}</p> }.into_any()
    } else {
        let button = view! { <button class="button">{page.say(text::END_OTHERS)}</button> };
        view! {
            <p>{page.say(text::UNKNOWN_ONE)}</p>
            {others}
            {small_form(page, api::EndOtherSessions::PATH, button)}
        }
        .into_any()
    };
    Sheet::plain(view! {
        <h2>{page.say(text::HERE)}</h2>
        {fact_list(data.here.clone())}
        <h2>{page.say(text::ELSEWHERE)}</h2>
        {others}
        <h2>{page.say(not_me::HEADING)}</h2>
        <p>{page.say(text::NOT_ME_LEAD)}</p>
        {way_out(page)}
    })
    .back(Place::Account.of(&page.slug))
}

fn elsewhere(page: &Page, OtherSession { id, browser, facts }: OtherSession) -> AnyView {
    let button = view! {
        <input type="hidden" name="session" value=id/>
        <button class="button quiet">{page.say(text::END)}<span class="sr">": "{browser.clone()}</span></button>
    };
    view! {
        <h3>{browser}</h3>
        {fact_list(facts)}
        {small_form(page, api::EndSession::PATH, button)}
    }
    .into_any()
}
