//! The pages of the journey.

use super::api;
use crate::{
    components::{
        field::{Field, Page, field},
        form::{portal_form, small_form},
        parts::submit,
        password::{NewPassword, password_fields},
    },
    pages::Sheet,
    routes::Place,
    text::{components as words, reset_password as text},
    view::{AnyView, IntoAny},
    visit::Frame,
};
use leptos::{prelude::*, server_fn::ServerFn};
use serde::{Deserialize, Serialize};

/// A page of the journey.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ResetPage {
    /// The email to reset for.
    Ask,
    /// The email is on its way, if there is an account.
    Sent {
        /// As it was typed.
        address: String,
    },
    /// The page that the link in the mail opens.
    Link {
        /// How far it has come.
        state: LinkState,
        /// The rules of the new password. Neither name nor address: whoever opens the link has only the link.
        new: NewPassword,
    },
    /// A link that leads no further.
    Dead {
        /// Why, and what to do.
        why: String,
    },
}

/// How far a link has come.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum LinkState {
    /// Nothing was sent yet.
    Fresh,
    /// The code is on its way.
    CodeSent {
        /// Until when it is good, in words.
        until: String,
    },
    /// The right code was entered; it is not asked again.
    Proven,
}

pub(crate) fn sheet(page: &Page, data: &ResetPage, frame: &Frame) -> Sheet {
    let sign_in = Place::SignIn.of(&page.slug);
    match data {
        ResetPage::Ask => Sheet::with_form(ask(page)).back(sign_in),
        ResetPage::Sent { address } => {
            Sheet::with_form(sent(page, address, frame)).back(Place::ResetPassword.of(&page.slug))
        }
        ResetPage::Link { state, new } => Sheet::with_form(link(page, state, new)),
        ResetPage::Dead { why } => Sheet::plain(view! {
            <p class="lead">{why.clone()}</p>
            <div class="actions">
                <a class="button" href=Place::ResetPassword.of(&page.slug)>{page.say(text::START_AFRESH)}</a>
            </div>
        }),
    }
}

fn ask(page: &Page) -> AnyView {
    let fields = view! {
        {field(page, Field::new("email", text::EMAIL).email())}
        {submit(page.say(text::RESET))}
    };
    view! {
        <p class="lead">{page.say(text::ASK_LEAD)}</p>
        {portal_form(page, api::RequestReset::PATH, fields)}
    }
    .into_any()
}

fn sent(page: &Page, address: &str, frame: &Frame) -> AnyView {
    let again = view! {
        <input type="hidden" name="email" value=address.to_owned()/>
        <button class="link">{page.say(text::SEND_AGAIN)}</button>
    };
    let typed = (!address.is_empty()).then(|| view! { <p class="inset">{address.to_owned()}</p> });
    let write = text::NOTHING_WRITE.fill(page.lang, &[("email", &frame.email)]);
    view! {
        <p class="lead">{page.say(text::SENT)}</p>
        {typed}
        <h2>{page.say(text::NOTHING)}</h2>
        <ul>
            <li>{page.say(text::NOTHING_ADDRESS)}</li>
            <li>{page.say(text::NOTHING_SPAM)}</li>
            <li>{write}</li>
        </ul>
        {portal_form(page, api::RequestReset::PATH, again)}
    }
    .into_any()
}

fn link(page: &Page, state: &LinkState, new: &NewPassword) -> AnyView {
    let until = match state {
        LinkState::Fresh => {
            return view! {
                <p class="lead">{page.say(text::LINK_LEAD)}</p>
                {portal_form(page, api::SendSecurityCode::PATH, submit(page.say(text::GET_CODE)))}
            }
            .into_any();
        }
        LinkState::CodeSent { until } => Some(until.clone()),
        LinkState::Proven => None,
    };
    let code = until.is_some().then(|| field(page, Field::new("code", text::CODE).code()));
    let lead = match &until {
        Some(until) => text::CODE_LEAD.fill(page.lang, &[("until", until)]),
        None => page.say(text::PROVEN_LEAD).to_owned(),
    };
    let again = until.is_some().then(|| {
        let button = view! { <button class="link">{page.say(text::SEND_AGAIN)}</button> };
        small_form(page, api::SendSecurityCode::PATH, button)
    });
    let fields = view! {
        {code}
        {password_fields(page, words::NEW_PASSWORD, new)}
        {submit(page.say(text::SAVE))}
    };
    view! {
        <p class="lead">{lead}</p>
        {portal_form(page, api::SaveNewPassword::PATH, fields)}
        {again}
    }
    .into_any()
}
