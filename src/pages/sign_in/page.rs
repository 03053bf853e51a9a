//! The sign-in page.

use crate::view::IntoAny;
use crate::{
    components::{
        field::{Field, Page, field},
        form::portal_form,
        parts::prose,
    },
    pages::Sheet,
    routes::{Place, help_on},
    text::sign_in as text,
    visit::Frame,
};
use leptos::{prelude::*, server_fn::ServerFn};
use portico_rules::policy::SignInWith;
use serde::{Deserialize, Serialize};

/// What the sign-in page needs to know.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SignInPage {
    /// What people identify themselves with.
    pub with: SignInWith,
    /// Whether the policy lets a password be shown while it is typed.
    pub reveal: bool,
    /// The path to go to afterwards; empty for the programs.
    pub next: String,
}

pub(crate) fn sheet(page: &Page, data: &SignInPage, frame: &Frame) -> Sheet {
    let identifier = match data.with {
        SignInWith::UserId => Field::new("identifier", text::USER_ID),
        SignInWith::Email => Field::new("identifier", text::EMAIL).email(),
        SignInWith::Either => Field::new("identifier", text::EITHER),
    };
    let fields = view! {
        <input type="hidden" name="next" value=data.next.clone()/>
        {field(page, identifier.autocomplete("username"))}
        {field(page, Field::new("password", text::PASSWORD).password("current-password").reveal(data.reveal))}
        <div class="actions"><button class="button">{page.say(text::SUBMIT)}</button></div>
    };
    let link = |place: Place, label| {
        view! { <li><a href=place.of(&page.slug)>{page.say(label)}</a></li> }.into_any()
    };
    let mut links = Vec::new();
    if frame.registers {
        links.push(link(Place::Register, text::REGISTER));
        links.push(link(Place::ForgotUserId, text::FORGOT_USER_ID));
    }
    if frame.registers && !frame.resets {
        links.push(link(Place::ForgotPassword, text::FORGOT_PASSWORD));
    } else {
        links.push(link(Place::ResetPassword, text::RESET));
    }
    if !frame.registers {
        links.push(link(Place::Help, text::NO_ACCOUNT));
    }
    let cannot = help_on(&page.slug, "cannot-sign-in");
    links.push(view! { <li><a href=cannot>{page.say(crate::text::help::CANNOT)}</a></li> }.into_any());
    Sheet::with_form(view! {
        {portal_form(page, super::api::SignIn::PATH, fields)}
        <ul class="links">{links}</ul>
    })
}

/// Why the right password did not open the account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UnavailablePage {
    /// Since when, and what it means.
    pub why: String,
}

pub(crate) fn unavailable_sheet(page: &Page, data: &UnavailablePage, frame: &Frame) -> Sheet {
    let contact = text::CONTACT.fill(page.lang, &[("phone", &frame.phone), ("email", &frame.email)]);
    Sheet::plain(view! {
        <p class="lead">{data.why.clone()}</p>
        <p>{prose(page, &contact)}</p>
        <div class="actions"><a class="button quiet" href=Place::SignIn.of(&page.slug)>{page.say(text::TO_SIGN_IN)}</a></div>
    })
}
