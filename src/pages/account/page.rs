//! The pages of a signed-in person.

use crate::{
    components::{
        field::Page,
        form::{hidden_fields, portal_form, small_form},
        parts::{ProgramCard, fact_list, links, programs, prose},
    },
    pages::{Sheet, change_password::api::PutOffReminder},
    routes::{Place, help_on},
    text::{Text, account as text, close_account, register, security_questions},
    view::{AnyView, IntoAny},
};
use leptos::{prelude::*, server_fn::ServerFn};
use serde::{Deserialize, Serialize};

/// The programs of a person.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HomePage {
    /// In the order of the organization file.
    pub programs: Vec<Program>,
    /// To be reminded of changing the password: why, in words.
    pub reminder: Option<String>,
}

/// A program with its link.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Program {
    /// In the visitor's language.
    pub name: String,
    /// One sentence.
    pub description: String,
    /// Where it lives.
    pub url: String,
}

pub(crate) fn home_sheet(page: &Page, data: &HomePage) -> Sheet {
    let reminder = data.reminder.clone().map(|why| reminder(page, why));
    if data.programs.is_empty() {
        return Sheet::plain(view! {
            {reminder}
            <p class="lead">{page.say(text::NO_PROGRAMS)}</p>
        });
    }
    let cards = data.programs.iter().cloned();
    let cards =
        cards.map(|Program { name, description, url }| ProgramCard { name, description, url }).collect();
    Sheet::plain(view! {
        {reminder}
        <p class="lead">{page.say(text::HOME_LEAD)}</p>
        {programs(page, cards)}
    })
}

/// To change the password, or not now.
fn reminder(page: &Page, why: String) -> AnyView {
    let not_now = view! { <button class="link">{page.say(text::NOT_NOW)}</button> };
    view! {
        <div class="note">
            <p>{why}</p>
            <p><a href=Place::AccountPassword.of(&page.slug)>{page.say(text::CHANGE_PASSWORD)}</a></p>
            {small_form(page, PutOffReminder::PATH, not_now)}
        </div>
    }
    .into_any()
}

/// What the portal knows of a person, read-only.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccountPage {
    /// Label and value, in the visitor's language, in order.
    pub rows: Vec<(String, String)>,
    /// Whom to ask for a correction.
    pub contact: String,
    /// When the person signed in the time before, in words; empty for the first time.
    pub last: String,
    /// Whether there are security questions to change.
    pub security_questions: bool,
    /// Whether the person may close the account.
    pub closes: bool,
}

pub(crate) fn account_sheet(page: &Page, data: &AccountPage) -> Sheet {
    let last = (!data.last.is_empty()).then(|| view! { <p>{data.last.clone()}</p> });
    let of = |place: Place, label: Text| (place.of(&page.slug), page.say(label));
    let mut ways = vec![
        of(Place::AccountPassword, text::CHANGE_PASSWORD),
        of(Place::AccountEmail, register::YOUR_EMAIL),
    ];
    if data.security_questions {
        ways.push(of(Place::AccountSecurityQuestions, security_questions::HEADING));
    }
    ways.push(of(Place::AccountSessions, text::SESSIONS));
    ways.push(of(Place::AccountActivity, text::ACTIVITY));
    if data.closes {
        ways.push(of(Place::AccountClose, close_account::HEADING));
    }
    Sheet::plain(view! {
        {fact_list(data.rows.clone())}
        <h2>{page.say(text::CORRECT_HEADING)}</h2>
        <p>{prose(page, &data.contact)}</p>
        <h2>{page.say(text::ACCESS_HEADING)}</h2>
        {last}
        {links(ways)}
    })
}

/// Shortly before the session ends, without scripts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StillTherePage {
    /// The page to go back to.
    pub next: String,
    /// How long the session still lives, in words.
    pub left: String,
}

pub(crate) fn still_there_sheet(page: &Page, data: &StillTherePage) -> Sheet {
    let stay = view! {
        <input type="hidden" name="next" value=data.next.clone()/>
        <div class="actions"><button class="button">{page.say(text::STAY)}</button></div>
    };
    Sheet::with_form(view! {
        <p class="lead">{data.left.clone()}</p>
        {portal_form(page, super::api::StayHere::PATH, stay)}
        <form method="post" action=super::api::LogOut::PATH>
            {hidden_fields(page)}
            <button class="button quiet">{page.say(text::LOG_OUT_NOW)}</button>
        </form>
    })
}

/// After signing out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SignedOutPage {
    /// Why, and what to do.
    pub why: String,
    /// Whether it was the clock.
    pub timeout: bool,
    /// Sign-in, and from there back to where the person was.
    pub again: String,
}

pub(crate) fn signed_out_sheet(page: &Page, data: &SignedOutPage) -> Sheet {
    let answer = data.timeout.then(|| {
        let timers = help_on(&page.slug, "timers");
        links(vec![(timers, page.say(crate::text::help::TIMERS))])
    });
    Sheet::plain(view! {
        <p class="lead">{data.why.clone()}</p>
        <div class="actions"><a class="button" href=data.again.clone()>{page.say(text::SIGN_IN_AGAIN)}</a></div>
        {answer}
        <h2>{page.say(text::SHARED_HEADING)}</h2>
        <ul>
            <li>{page.say(text::SHARED_CLOSE)}</li>
            <li>{page.say(text::SHARED_PASSWORD)}</li>
            <li>{page.say(text::SHARED_FILES)}</li>
        </ul>
    })
}
