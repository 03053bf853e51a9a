//! The page of the journey.

use super::api;
use crate::{
    components::{
        field::Page,
        form::portal_form,
        parts::submit,
        password::{NewPassword, current_password, password_fields},
    },
    pages::Sheet,
    routes::Place,
    text::{change_password as text, components as words, reset_password},
};
use leptos::{prelude::*, server_fn::ServerFn};

pub(crate) fn sheet(page: &Page, new: &NewPassword) -> Sheet {
    let fields = view! {
        {current_password(page, new.reveal)}
        {password_fields(page, words::NEW_PASSWORD, new)}
        {submit(page.say(reset_password::SAVE))}
    };
    Sheet::with_form(view! {
        <p class="lead">{page.say(text::LEAD)}</p>
        {portal_form(page, api::ChangePassword::PATH, fields)}
    })
    .back(Place::Account.of(&page.slug))
}
