//! The pages, by journey. Each journey has its data and view (`page.rs`, built for both sides), its server
//! functions (`api.rs`) and its loader (`load.rs`, native only).

pub mod account;
pub mod activity;
pub mod change_password;
pub mod close_account;
pub mod components;
pub mod email;
pub mod help;
pub mod not_me;
pub mod recover;
pub mod register;
pub mod reset_password;
pub mod security_questions;
pub mod sessions;
pub mod sign_in;

use crate::view::{AnyView, IntoAny};
use crate::{components::field::Page, routes::Place, text, visit::Visit};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What a page shows, as data: one variant for each page.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Content {
    /// The sign-in form.
    SignIn(sign_in::SignInPage),
    /// The right password on an account that cannot be used.
    Unavailable(sign_in::UnavailablePage),
    /// The programs of a signed-in person.
    Home(account::HomePage),
    /// Their own information.
    Account(account::AccountPage),
    /// A new password in place of the current one.
    ChangePassword(crate::components::password::NewPassword),
    /// Another email address in place of the one there is.
    Email(email::EmailPage),
    /// Security questions in place of those chosen before.
    SecurityQuestions(security_questions::SecurityQuestionsPage),
    /// Where the person is signed in.
    Sessions(sessions::SessionsPage),
    /// What happened to their account lately.
    Activity(activity::ActivityPage),
    /// To close the account.
    CloseAccount(close_account::ClosePage),
    /// "This was not me".
    NotMe(not_me::NotMePage),
    /// Shortly before the session ends, without scripts.
    StillThere(account::StillTherePage),
    /// After it has ended.
    SignedOut(account::SignedOutPage),
    /// Login Help.
    Help(help::HelpPage),
    /// A forgotten User ID, where there are no PINs.
    Forgot(help::ForgotPage),
    /// A forgotten User ID or password, recovered with a PIN.
    Recover(recover::RecoverPage),
    /// A step of a registration.
    Register(register::RegisterPage),
    /// Every component in every state, in the demo.
    Components(components::ComponentsPage),
    /// A page of a reset.
    Reset(reset_password::ResetPage),
    /// No such page, or none for this person.
    NotFound,
}

/// What a page puts between header and footer, below its heading.
pub(crate) struct Sheet {
    /// Where the back link leads, if the page has one.
    pub(crate) back: Option<String>,
    /// Whether the page has the portal's form, so that the language switch takes along what was typed.
    pub(crate) form: bool,
    pub(crate) body: AnyView,
}

impl Sheet {
    /// A page without a form of its own.
    pub(crate) fn plain(body: impl IntoView + 'static) -> Self {
        Self { back: None, form: false, body: body.into_any() }
    }

    /// A page with the portal's form.
    pub(crate) fn with_form(body: impl IntoView + 'static) -> Self {
        Self { back: None, form: true, body: body.into_any() }
    }

    /// The same with a back link.
    pub(crate) fn back(self, to: String) -> Self {
        Self { back: Some(to), ..self }
    }
}

/// The page of a visit.
pub(crate) fn sheet(visit: &Visit, page: &Page) -> Sheet {
    match &visit.content {
        Content::SignIn(data) => sign_in::sheet(page, data, &visit.frame),
        Content::Unavailable(data) => sign_in::unavailable_sheet(page, data, &visit.frame),
        Content::Home(data) => account::home_sheet(page, data),
        Content::Account(data) => account::account_sheet(page, data),
        Content::ChangePassword(new) => change_password::sheet(page, new),
        Content::Email(data) => email::sheet(page, data),
        Content::SecurityQuestions(data) => security_questions::sheet(page, data),
        Content::Sessions(data) => sessions::sheet(page, data),
        Content::Activity(data) => activity::sheet(page, data),
        Content::CloseAccount(data) => close_account::sheet(page, data),
        Content::NotMe(data) => not_me::sheet(page, data),
        Content::StillThere(data) => account::still_there_sheet(page, data),
        Content::SignedOut(data) => account::signed_out_sheet(page, data),
        Content::Help(data) => help::help_sheet(page, data),
        Content::Forgot(data) => help::forgot_sheet(page, data, &visit.frame),
        Content::Recover(data) => recover::sheet(page, data, &visit.frame),
        Content::Register(data) => register::sheet(page, data, &visit.frame),
        Content::Components(data) => components::sheet(page, data),
        Content::Reset(data) => reset_password::sheet(page, data, &visit.frame),
        Content::NotFound => not_found_sheet(page, visit),
    }
}

/// What to do at an address that has no page.
fn not_found_sheet(page: &Page, visit: &Visit) -> Sheet {
    let (place, label) = match visit.frame.person {
        Some(_) => (Place::Home, text::register::TO_PROGRAMS),
        None => (Place::SignIn, text::common::GO_TO_SIGN_IN),
    };
    Sheet::plain(view! {
        <p class="lead">{page.say(text::common::NOT_FOUND_LEAD)}</p>
        <div class="actions"><a class="button" href=place.of(&page.slug)>{page.say(label)}</a></div>
    })
}

#[cfg(feature = "ssr")]
pub(crate) use load::{Loaded, in_query, load, not_found, token_of_link};

#[cfg(feature = "ssr")]
mod load {
    use super::{
        Content, account, activity, change_password, close_account, email, help, not_me, recover, register,
        reset_password, security_questions, sessions, sign_in,
    };
    use crate::{
        routes::Place,
        server::visitor::Visitor,
        text::{self, Text},
        visit::Fault,
    };
    use axum::http::StatusCode;

    /// What loading a page comes to.
    pub(crate) enum Loaded {
        /// Show it.
        Page {
            status: StatusCode,
            heading: String,
            content: Box<Content>,
            /// What the fields start with, unless a failed form has left something.
            values: Vec<(String, String)>,
        },
        /// Go elsewhere; with a new document where one person's state must not outlive it.
        Go { to: String, document: bool },
    }

    impl Loaded {
        /// The page with its heading.
        pub(crate) fn page(visitor: &Visitor, heading: Text, content: Content) -> Self {
            let heading = heading.of(visitor.language).to_owned();
            Self::Page { status: StatusCode::OK, heading, content: Box::new(content), values: Vec::new() }
        }

        /// The same, its fields filled in.
        pub(crate) fn with_values(mut self, filled: Vec<(&str, String)>) -> Self {
            if let Self::Page { values, .. } = &mut self {
                values.extend(filled.into_iter().map(|(name, value)| (name.to_owned(), value)));
            }
            self
        }
    }

    /// The first value of that name in the query of an address.
    pub(crate) fn in_query(address: &str, name: &str) -> Option<String> {
        let query = address.split_once('?')?.1;
        let fields: Vec<(String, String)> = serde_urlencoded::from_str(query).ok()?;
        fields.into_iter().find(|(n, _)| n == name).map(|(_, value)| value)
    }

    /// Loads a page for a visitor: decides whether they may see it, and gathers what it shows. `address` is the whole
    /// address asked for; `outside` says that it was typed, bookmarked or linked from another site.
    pub(crate) async fn load(
        visitor: &Visitor,
        place: Place,
        address: &str,
        outside: bool,
    ) -> Result<Loaded, Fault> {
        match place {
            Place::SignIn => sign_in::sign_in(visitor, address),
            Place::Unavailable => sign_in::unavailable(visitor),
            Place::Home => account::home(visitor, address, outside).await,
            Place::Account => account::account(visitor, address, outside).await,
            Place::AccountPassword => change_password::load(visitor, address, outside).await,
            Place::AccountEmail => email::load(visitor, address, outside).await,
            Place::AccountSecurityQuestions => security_questions::load(visitor, address, outside).await,
            Place::AccountSessions => sessions::load(visitor, address, outside).await,
            Place::AccountActivity => activity::load(visitor, address, outside).await,
            Place::AccountClose => close_account::load(visitor, address, outside),
            Place::AccountNotMe => not_me::by_owner(visitor, address, outside),
            Place::NotMe => not_me::by_link(visitor, address).await,
            Place::StillThere => account::still_there(visitor, address),
            Place::SignedOut => account::signed_out(visitor, address),
            Place::Help => help::help(visitor, address),
            Place::ForgotUserId | Place::ForgotPassword => recover::load(visitor, place).await,
            Place::Register
            | Place::RegisterQuestions
            | Place::RegisterEmail
            | Place::RegisterCode
            | Place::RegisterSignInDetails
            | Place::RegisterSecurityQuestions
            | Place::RegisterCheck
            | Place::RegisterDone
            | Place::RegisterResume
            | Place::RegisterStopped
            | Place::RegisterTooYoung => register::load(visitor, place, address, outside).await,
            Place::ResetPassword => reset_password::ask(visitor),
            Place::ResetSent => reset_password::sent(visitor),
            Place::NewPassword => reset_password::new_password(visitor, address).await,
        }
    }

    /// More than any token has: one with its proof has 105 characters.
    const LONGEST_TOKEN: usize = 256;

    /// Takes the token out of the address that a mail's link leads to: it goes into a cookie, and the page is asked for again
    /// without it. Opening a link changes nothing that is kept, since mail scanners open them all.
    pub(crate) fn token_of_link(
        visitor: &Visitor,
        address: &str,
        cookie: &'static str,
        place: Place,
    ) -> Option<Loaded> {
        let (_, token) = address.split_once("?token=")?;
        // Anything else than what a token is made of is none, and could add attributes to the cookie.
        let is_whole = token.len() <= LONGEST_TOKEN
            && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
        if is_whole {
            visitor.set_cookie(cookie, token, Some(24 * 3_600));
        } else {
            visitor.end_cookie(cookie);
        }
        Some(Loaded::Go { to: visitor.path(place), document: true })
    }

    /// The page for an address that leads nowhere.
    pub(crate) fn not_found(visitor: &Visitor) -> Loaded {
        let heading = visitor.say(text::common::NOT_FOUND);
        Loaded::Page {
            status: StatusCode::NOT_FOUND,
            heading,
            content: Box::new(Content::NotFound),
            values: Vec::new(),
        }
    }
}
