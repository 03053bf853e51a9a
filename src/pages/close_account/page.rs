//! The page of the journey.

use super::api;
use crate::{
    components::{field::Page, form::portal_form, parts::submit, password::current_password},
    pages::Sheet,
    routes::Place,
    text::close_account as text,
    view::{AnyView, IntoAny},
};
use leptos::{prelude::*, server_fn::ServerFn};
use serde::{Deserialize, Serialize};

/// What closing means.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ClosePage {
    /// What goes and what stays, a paragraph each.
    pub means: Vec<String>,
    /// Whether the policy lets a password be shown while it is typed.
    pub reveal: bool,
}

pub(crate) fn sheet(page: &Page, data: &ClosePage) -> Sheet {
    let means: Vec<AnyView> =
        data.means.iter().cloned().map(|one| view! { <p>{one}</p> }.into_any()).collect();
    let fields = view! {
        {current_password(page, data.reveal)}
        {submit(page.say(text::CLOSE))}
    };
    Sheet::with_form(view! {
        {means}
        {portal_form(page, api::CloseAccount::PATH, fields)}
    })
    .back(Place::Account.of(&page.slug))
}
