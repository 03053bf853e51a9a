//! The page of the journey.

use super::api;
use crate::{
    components::{
        field::{Field, Page, field},
        form::{portal_form, small_form},
        parts::submit,
        password::current_password,
    },
    pages::Sheet,
    routes::Place,
    text::{common, email as text, register},
};
use leptos::{prelude::*, server_fn::ServerFn};
use serde::{Deserialize, Serialize};

/// How far the journey has come.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum EmailPage {
    /// The new address, and the current password.
    Ask {
        /// The address there is, in words; empty where there is none.
        now: String,
        /// Whether the policy lets a password be shown while it is typed.
        reveal: bool,
    },
    /// The code.
    Code {
        /// Where it went, in words.
        sent: String,
        /// Until when it is good, in words.
        until: String,
    },
}

pub(crate) fn sheet(page: &Page, data: &EmailPage) -> Sheet {
    let sheet = match data {
        EmailPage::Ask { now, reveal } => {
            let fields = view! {
                {field(page, Field::new("email", text::NEW).email())}
                {current_password(page, *reveal)}
                {submit(page.say(register::SEND_CODE))}
            };
            Sheet::with_form(view! {
                <p class="lead">{page.say(text::LEAD)}</p>
                <p>{now.clone()}</p>
                {portal_form(page, api::ChangeEmail::PATH, fields)}
            })
        }
        EmailPage::Code { sent, until } => {
            let fields = view! {
                {field(page, Field::new("code", register::CODE).code())}
                {submit(page.say(common::CONTINUE_BUTTON))}
            };
            let again = view! { <button class="link">{page.say(register::SEND_AGAIN)}</button> };
            let another = view! { <button class="link">{page.say(text::ANOTHER)}</button> };
            Sheet::with_form(view! {
                <p class="lead">{sent.clone()}" "{until.clone()}</p>
                {portal_form(page, api::ProveNewEmail::PATH, fields)}
                {small_form(page, api::SendNewEmailCode::PATH, again)}
                {small_form(page, api::UseAnotherEmail::PATH, another)}
            })
        }
    };
    sheet.back(Place::Account.of(&page.slug))
}
