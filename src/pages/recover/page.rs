//! The pages of the journey.

use super::api;
use crate::{
    components::{
        field::{DateField, Field, Page, date_field, field},
        form::{hidden_fields, portal_form, submit_handler},
        parts::{keep, links, submit},
        password::{NewPassword, password_fields},
        security_questions::answer_fields,
    },
    pages::Sheet,
    routes::{Place, help_on},
    text::{common, components as words, help, recover as text, register, reset_password},
    view::{AnyView, IntoAny},
    visit::Frame,
};
use leptos::{prelude::*, server_fn::ServerFn};
use serde::{Deserialize, Serialize};

/// A page of the journey.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RecoverPage {
    /// Whether it is the page for a forgotten password, not the one for a forgotten User ID.
    pub for_password: bool,
    /// How far it has come.
    pub step: Step,
}

/// How far the journey has come.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Step {
    /// Address and date of birth.
    Ask,
    /// The PIN is on its way, if there is an account.
    Enter {
        /// The address as it was typed; empty once the page was left.
        address: String,
        /// Until when the PIN is good, in words.
        until: String,
    },
    /// The PIN was entered for the password; the User ID is shown when asked for.
    OfferUserId,
    /// The User ID.
    UserId {
        /// To keep.
        user_id: String,
        /// Whether the PIN still sets a password.
        sets_password: bool,
    },
    /// The new password, after the security questions.
    Password {
        /// What is asked, as labels of the answers; nothing where the account has chosen no questions.
        asked: Vec<String>,
        /// The rules, and whose it is.
        new: NewPassword,
    },
    /// The PIN has set a password already.
    Used,
}

pub(crate) fn sheet(page: &Page, data: &RecoverPage, frame: &Frame) -> Sheet {
    let sign_in = Place::SignIn.of(&page.slug);
    match &data.step {
        Step::Ask => Sheet::with_form(ask(page, data.for_password)).back(sign_in),
        Step::Enter { address, until } => {
            Sheet::with_form(enter(page, data.for_password, address, until, frame)).back(sign_in)
        }
        Step::OfferUserId => Sheet::with_form(view! {
            <p class="lead">{page.say(text::SHOW_LEAD)}</p>
            {portal_form(page, api::ShowUserId::PATH, submit(page.say(text::SHOW)))}
        })
        .back(sign_in),
        Step::UserId { user_id, sets_password } => Sheet::plain(show(page, user_id.clone(), *sets_password)),
        Step::Password { asked, new } => Sheet::with_form(password(page, asked, new)).back(sign_in),
        Step::Used => Sheet::plain(view! {
            <p class="lead">{page.say(text::USED_LEAD)}</p>
            {to_sign_in(page)}
            {start_over(page)}
        }),
    }
}

/// The way to the other page of the two.
fn the_other(page: &Page, for_password: bool) -> AnyView {
    let (place, label) = if for_password {
        (Place::ForgotUserId, text::USER_ID_TOO)
    } else {
        (Place::ForgotPassword, text::PASSWORD_TOO)
    };
    links(vec![(place.of(&page.slug), page.say(label))])
}

fn ask(page: &Page, for_password: bool) -> AnyView {
    let lead = if for_password { text::ASK_PASSWORD } else { text::ASK_USER_ID };
    let fields = view! {
        {field(page, Field::new("email", register::EMAIL).email())}
        {date_field(page, DateField::birth(register::DATE_OF_BIRTH))}
        {submit(page.say(text::REQUEST))}
    };
    view! {
        <p class="lead">{page.say(lead)}</p>
        {portal_form(page, api::RequestPin::PATH, fields)}
        {the_other(page, for_password)}
        {links(vec![(help_on(&page.slug, "pin"), page.say(help::PIN))])}
    }
    .into_any()
}

fn enter(page: &Page, for_password: bool, address: &str, until: &str, frame: &Frame) -> AnyView {
    let typed = (!address.is_empty()).then(|| view! { <p class="inset">{address.to_owned()}</p> });
    let fields = view! {
        {field(page, Field::new("pin", text::PIN).code())}
        {submit(page.say(common::CONTINUE_BUTTON))}
    };
    view! {
        <p class="lead">{page.say(reset_password::SENT)}</p>
        {typed}
        <p>{text::UNTIL.fill(page.lang, &[("until", until)])}</p>
        {portal_form(page, api::EnterPin::PATH, fields)}
        <h2>{page.say(reset_password::NOTHING)}</h2>
        <ul>
            <li>{page.say(text::NOTHING_ADDRESS)}</li>
            <li>{page.say(reset_password::NOTHING_SPAM)}</li>
            <li>{text::NOTHING_CALL.fill(page.lang, &[("phone", &frame.phone)])}</li>
        </ul>
        {start_over(page)}
        {the_other(page, for_password)}
    }
    .into_any()
}

/// Back to address and date of birth: a form of its own, so that it sends no half-entered PIN.
fn start_over(page: &Page) -> AnyView {
    let on_submit = submit_handler(page);
    view! {
        <form method="post" action=api::StartOver::PATH on:submit=on_submit>
            {hidden_fields(page)}
            <button class="link">{page.say(text::START_OVER)}</button>
        </form>
    }
    .into_any()
}

fn show(page: &Page, user_id: String, sets_password: bool) -> AnyView {
    let password = sets_password
        .then(|| links(vec![(Place::ForgotPassword.of(&page.slug), page.say(text::SET_PASSWORD))]));
    view! {
        {keep(page.say(register::YOUR_USER_ID), user_id)}
        <p>{page.say(text::KEEP)}</p>
        {to_sign_in(page)}
        {password}
    }
    .into_any()
}

fn to_sign_in(page: &Page) -> AnyView {
    view! {
        <div class="actions">
            <a class="button" href=Place::SignIn.of(&page.slug)>{page.say(text::SIGN_IN)}</a>
        </div>
    }
    .into_any()
}

fn password(page: &Page, asked: &[String], new: &NewPassword) -> AnyView {
    let lead = if asked.is_empty() { text::PROVEN_LEAD } else { text::ANSWER_LEAD };
    let fields = view! {
        {answer_fields(page, asked)}
        {password_fields(page, words::NEW_PASSWORD, new)}
        {submit(page.say(reset_password::SAVE))}
    };
    view! {
        <p class="lead">{page.say(lead)}</p>
        {portal_form(page, api::SaveForgottenPassword::PATH, fields)}
        {the_other(page, true)}
    }
    .into_any()
}
